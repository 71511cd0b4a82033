/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A backend as small as one can be, for the rows of the core: events from kmalloc, marks from a cache, as inotify has them. */
#ifndef BENCH_BACKEND_H
#define BENCH_BACKEND_H

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "bench.h"

#define T_UNUSED __attribute__((unused))
#define T_GFP FSN_GFP_KERNEL
#define bump(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_RELAXED)
#define put_value(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_SEQ_CST)
#define peek(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#include "hand_fs.h"

/* A bit that marks of uninterested groups have, and events never. */
#define NOT_FIRED FS_CREATE
#define FIRED FS_ATTRIB

struct bench_event {
	struct fsnotify_event fse;
	__u32 mask;
	int wd;
};

/* Queues an event for each call; silent_ops only take note. */
extern const struct fsnotify_ops queueing_ops, silent_ops;

struct fsnotify_group *new_group(const struct fsnotify_ops *ops);
/* Gives a mark of the group to the inode; the group's list holds the one reference. */
struct fsnotify_mark *mark_inode(struct fsnotify_group *group, struct inode *inode, __u32 mask);
void destroy_mark(struct fsnotify_mark *mark);
/* A filesystem made by hand with @n inodes besides its root. */
struct tfs *new_fs(void);
struct inode **new_inodes(struct tfs *fs, long n);
/* Fires, takes the event off the queue and frees it. */
void fire_and_take(struct fsnotify_group *group, struct inode *inode);

#endif /* BENCH_BACKEND_H */
