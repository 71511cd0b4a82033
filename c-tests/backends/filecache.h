/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rest of nfsd, for the tests of its file cache: a small filesystem of regular files, requests with a user and a file
 * handle, and what the cache calls. Shared by the programs filecache*.c; filecache_nfsd.c has the server,
 * filecache_tree.c the filesystem (filecache_memfs.c one of its own).
 */
#ifndef FILECACHE_WORLD_H
#define FILECACHE_WORLD_H

#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "fs/nfsd/vfs.h"
#include "fs/nfsd/filecache.h"
#include "fs/nfsd/trace.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tap.h"

#ifdef FSNOTIFY_API_6_1
#define ON_6_1 1
#else
#define ON_6_1 0
#endif

#define bump(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_SEQ_CST)
#define peek(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define put_value(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_SEQ_CST)

/* Waits for something that another thread is sure to do; after some twenty seconds the test has failed. */
#define wait_until(condition) do {					\
	for (int tries_ = 0; !(condition); tries_++) {			\
		if (tries_ > 75000)					\
			gave_up(#condition);				\
		usleep(200);						\
	}								\
} while (0)

__attribute__((unused))
static void gave_up(const char *condition)
{
	ok(false, "came true: %s", condition);
	done_testing();
	fflush(stdout);
	_exit(1);
}

/* What tests_begin() found is what there is now. */
bool nothing_left(void);
extern int n_warnings, files_open;

/* The first and the last thing that a program does. */
void tests_begin(void);

static inline int tests_end(void)
{
	ok(nothing_left(), "end: nothing of the library's is left");
	is(files_open, 0, "end: no file is left open");
	is(n_warnings, 0, "end: the library warned of nothing");
	return done_testing();
}

/* ---- the filesystem ---- */

#define WORLD_FILES 10240

/* Makes it, empty. */
void world_begin(void);
/* Ends it, with the files that are left. */
void world_end(void);
/* A new file of the number, which is its name, too; its inode, without a reference. */
struct inode *world_create(int number);
/* What the system calls do, as far as the hooks go. */
void world_unlink(int number);
void world_link(int number, int second);
void world_rename(int from, int to);
void world_chmod(int number);
struct inode *world_inode(int number);
/* The file's dentry, with a reference for the caller; NULL if there is no such file. */
struct dentry *world_lookup(int number);
struct vfsmount *world_mount(void);

extern struct export_operations world_exports;
/* Files that have been opened; files_open of them are open. */
extern int files_opened;

/* ---- the server ---- */

extern struct net net_a, net_b;
extern struct nfsd_net nfsd_a, nfsd_b;

/* A request of a user (and, with @groups, of the groups 100, 101, ...) on a file. */
struct request {
	struct svc_rqst rqst;
	struct svc_xprt xprt;
	struct svc_fh fh;
	int groups;
};
struct request *request(struct net *net, unsigned int user, int groups, int number);
/* What a server's thread does at the end of a request: it becomes itself again. */
void request_end(void);

/* nfsd_file_acquire_gc() and nfsd_file_acquire() for user 1000 in net_a; NULL, with the answer in last_status. */
struct nfsd_file *cached(int number, unsigned int may);
struct nfsd_file *uncached(int number, unsigned int may);
struct nfsd_file *cached_for(struct request *request, unsigned int may);
extern __thread __be32 last_status;

/* What the next openings answer: 0 once used up. */
extern int open_errors[8];
/* An opening waits while this is set; how many do. */
extern int hold_openings, openings_held;
/* What nfsd_open_break_lease() answers. */
extern int lease_error;
/* How often the cache called. */
extern int verifier_resets, wakes;
/* How often a trace point was passed, and the last value that it showed. */
extern int points[POINTS];
extern long point_values[POINTS];
void points_reset(void);

/* Starts and stops the cache with both namespaces, as nfsd does; the first returns nfsd_file_cache_init()'s result. */
int cache_up(void);
void cache_down(void);
/* Closes what the cache has left for a thread of the server to close. */
void dispose(void);
/* Asks the shrinkers for all there is, and closes. */
void pressure(void);
/* A line of the cache's statistics: stat("lru entries"). */
long cache_stat(const char *name);

#endif /* FILECACHE_WORLD_H */
