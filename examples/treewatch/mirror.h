/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree that treewatch serves: a copy in memory of a real directory, in the library's inodes and dentries.
 *
 * References, as in the kernel's in-memory filesystems: each name is a dentry with one reference of the mirror's own, which
 * goes when the name does; a dentry holds its inode and its parent. Everything here is called by one thread, which is
 * what a directory's lock would give a server with several.
 */
#ifndef TREEWATCH_MIRROR_H
#define TREEWATCH_MIRROR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>

/*
 * Which real file a node stands for. Numbers are reused as soon as a file is gone, so the time of birth belongs to it where
 * the filesystem has one. Number 0: not known, the file had gone before it could be looked at.
 */
struct identity {
	uint64_t dev;
	uint64_t ino;
	int64_t born;
	uint32_t born_nsec;
};

/* What the system says about a file. */
struct attributes {
	struct identity id;
	uint32_t mode;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	int64_t size;
};

struct node {
	struct inode inode;
	struct identity id;
	struct hlist_node by_id;
	/* of a directory: the watch of the system's inotify, or -1 */
	int wd;
};

#define MIRROR_BUCKETS 4096

struct mirror {
	struct super_block sb;
	struct mount mount;
	/* the real directory, absolute, without symbolic links */
	char path[PATH_MAX];
	struct hlist_head by_id[MIRROR_BUCKETS];
	unsigned long nodes;
	unsigned long names;
	unsigned long directories;
	/* a directory has come into the tree: watch it (may be NULL) */
	void (*on_directory)(void *arg, struct inode *dir);
	void *on_directory_arg;
	/* a directory's node is on its way out */
	void (*on_evict)(void *arg, struct node *node);
	void *on_evict_arg;
};

static inline struct node *node_of(struct inode *inode)
{
	return fsn_container_of(inode, struct node, inode);
}

/* mirror.c: making it, looking things up in it, taking it down */
int mirror_mount(struct mirror *m, const char *path);
void mirror_unmount(struct mirror *m);
struct inode *mirror_inode(struct mirror *m, const struct attributes *attr);
void mirror_identify(struct mirror *m, struct node *node, const struct identity *id);
struct inode *mirror_find_identity(struct mirror *m, const struct identity *id);
bool identity_equal(const struct identity *a, const struct identity *b);
struct dentry *mirror_root(struct mirror *m);
struct dentry *mirror_lookup(struct dentry *dir, const char *name);
struct dentry *mirror_alias(struct inode *inode);
int mirror_path(struct dentry *dentry, char *buf, size_t size);
int mirror_real_path(struct mirror *m, struct dentry *dentry, char *buf, size_t size);

/* change.c: what happens in it, each change with its hook, in the order of a real filesystem */
struct dentry *mirror_create(struct mirror *m, struct dentry *dir, const char *name, const struct attributes *attr);
struct dentry *mirror_link(struct mirror *m, struct dentry *dir, const char *name, struct inode *inode);
void mirror_remove(struct mirror *m, struct dentry *dentry);
struct dentry *mirror_rename(struct mirror *m, struct dentry *dentry, struct dentry *dir, const char *name);
void mirror_exchange(struct dentry *a, struct dentry *b);
void mirror_attributes(struct dentry *dentry, const struct attributes *attr);
void mirror_changed_attributes(struct dentry *dentry, const struct attributes *attr);
void mirror_opened(struct mirror *m, struct dentry *dentry);
void mirror_accessed(struct mirror *m, struct dentry *dentry);
void mirror_modified(struct mirror *m, struct dentry *dentry);
void mirror_closed(struct mirror *m, struct dentry *dentry, bool written);

#endif
