/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_ANON_INODES_H
#define _FSN_LINUX_ANON_INODES_H

#include "../fsn/file.h"
#include <linux/types.h>

static inline struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	return fsn_anon_inode_getfile(name, fops, priv, flags);
}

static inline int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	return fsn_anon_inode_getfd(name, fops, priv, flags);
}

#endif /* _FSN_LINUX_ANON_INODES_H */
