/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FS_STRUCT_H
#define _FSN_LINUX_FS_STRUCT_H

#include "../fsn/types.h"
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/* All threads share one. */
static inline void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	(void)fs;
	fsn_set_fs_root(path);
}

static inline void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	(void)fs;
	fsn_set_fs_pwd(path);
}

static inline void get_fs_root(struct fs_struct *fs, struct path *root)
{
	(void)fs;
	fsn_get_fs_root(root);
}

static inline void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	(void)fs;
	fsn_get_fs_pwd(pwd);
}

static inline int current_umask(void)
{
	return current->fs->umask;
}

#endif /* _FSN_LINUX_FS_STRUCT_H */
