/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FDTABLE_H
#define _FSN_LINUX_FDTABLE_H

#include <linux/compiler.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct files_struct;

/* The calling thread's descriptor, with a reference; a read side is not needed. */
static inline struct file *lookup_fdget_rcu(unsigned int fd)
{
	return fsn_fget_raw(fd);
}

#ifdef FSNOTIFY_API_6_1
/* Without a reference: good for a comparison. */
static inline struct file *lookup_fd_rcu(unsigned int fd)
{
	return fsn_lookup_fd_rcu(fd);
}
#endif

/* There is one table. */
static inline struct file *files_lookup_fd_rcu(struct files_struct *files, unsigned int fd)
{
	(void)files;
	return fsn_lookup_fd_rcu(fd);
}

#endif /* _FSN_LINUX_FDTABLE_H */
