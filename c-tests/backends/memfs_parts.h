/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of memfs share: memfs.c is the filesystem, the others are the system calls on it. */
#ifndef MEMFS_PARTS_H
#define MEMFS_PARTS_H

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/fsnotify.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>

#include "memfs.h"

struct mem_xattr {
	struct mem_xattr *next;
	size_t size;
	char *value;
	char name[];
};

struct mem_inode {
	struct inode vfs_inode;
	/* the contents of a regular file [i_rwsem] */
	char *data;
	size_t room;
	struct mem_xattr *xattrs;
};

static inline struct mem_inode *mem_i(struct inode *inode)
{
	return container_of(inode, struct mem_inode, vfs_inode);
}

/* The contents have room for @size bytes; what is new is zero. */
int mem_reserve(struct inode *inode, size_t size);
/* Sets the size; what is cut off is zero if it comes back. */
int mem_resize(struct inode *inode, size_t size);
void mem_touch(struct inode *inode, bool atime, bool mtime, bool ctime);
/* Of a directory: has it no entries? */
bool mem_is_empty(struct dentry *dentry);
/* The owner of the inode, or whoever may act for owners. */
bool mem_acts_for_owner(struct inode *inode);

/* The end of chmod(), chown(), utimes() and truncate(): checks, sets, tells. The inode is locked. */
int mem_notify_change(struct dentry *dentry, struct iattr *attr);
int mem_do_truncate(struct dentry *dentry, loff_t size, unsigned int time_attrs, struct file *file);
int mem_may_create(struct inode *dir, struct dentry *child);
umode_t mem_prepare_mode(struct inode *dir, umode_t mode);

extern const struct inode_operations mem_dir_inode_operations, mem_file_inode_operations, mem_symlink_inode_operations;
extern const struct file_operations mem_file_operations;
/* Of memfs_fifo.c, which not every program has. */
extern const struct file_operations mem_fifo_operations __attribute__((__weak__));

#endif /* MEMFS_PARTS_H */
