/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_NAMEI_H
#define _FSN_LINUX_NAMEI_H

#include "../fsn/types.h"
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/path.h>

/* <sys/param.h> has another one. */
#undef MAXSYMLINKS
#define MAXSYMLINKS FSN_MAXSYMLINKS

#define LOOKUP_FOLLOW FSN_LOOKUP_FOLLOW
#define LOOKUP_DIRECTORY FSN_LOOKUP_DIRECTORY
#define LOOKUP_PARENT FSN_LOOKUP_PARENT
#define LOOKUP_MOUNTPOINT FSN_LOOKUP_MOUNTPOINT
#define LOOKUP_OPEN FSN_LOOKUP_OPEN
#define LOOKUP_CREATE FSN_LOOKUP_CREATE
#define LOOKUP_EXCL FSN_LOOKUP_EXCL
#define LOOKUP_RENAME_TARGET FSN_LOOKUP_RENAME_TARGET
#define LOOKUP_EMPTY FSN_LOOKUP_EMPTY
#define LOOKUP_NO_SYMLINKS FSN_LOOKUP_NO_SYMLINKS
#define LOOKUP_NO_XDEV FSN_LOOKUP_NO_XDEV

static inline int kern_path(const char *name, unsigned int flags, struct path *path)
{
	return fsn_kern_path(name, flags, path);
}

static inline struct dentry *kern_path_parent(const char *name, struct path *path)
{
	return fsn_kern_path_parent(name, path);
}

static inline struct dentry *kern_path_locked(const char *name, struct path *path)
{
	return fsn_kern_path_locked(name, path);
}

static inline struct dentry *kern_path_create(int dfd, const char *name, struct path *path, unsigned int flags)
{
	return fsn_kern_path_create(dfd, name, path, flags);
}

static inline struct dentry *user_path_create(int dfd, const char __user *name, struct path *path, unsigned int flags)
{
	return fsn_user_path_create(dfd, name, path, flags);
}

static inline void done_path_create(struct path *path, struct dentry *dentry)
{
	fsn_done_path_create(path, dentry);
}

static inline int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	return fsn_user_path_at(dfd, name, flags, path);
}

#ifdef FSNOTIFY_API_6_1
/* @empty: set if the path is empty, for callers that have another meaning for it. */
static inline int user_path_at_empty(int dfd, const char __user *name, unsigned int flags, struct path *path, int *empty)
{
	int err = fsn_user_path_at(dfd, name, flags, path);

	if (empty && err != -EFAULT && !*name)
		*empty = 1;
	return err;
}
#endif

static inline int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name, unsigned int flags,
				  struct path *path)
{
	return fsn_vfs_path_lookup(dentry, mnt, name, flags, path);
}

static inline struct dentry *lookup_one_qstr_excl(const struct qstr *name, struct dentry *base, unsigned int flags)
{
	return fsn_lookup_one_qstr_excl(name, base, flags);
}

static inline struct dentry *lookup_one_len(const char *name, struct dentry *base, int len)
{
	return fsn_lookup_one_len(name, base, len);
}

static inline struct dentry *lookup_one_len_unlocked(const char *name, struct dentry *base, int len)
{
	return fsn_lookup_one_len_unlocked(name, base, len);
}

#endif /* _FSN_LINUX_NAMEI_H */
