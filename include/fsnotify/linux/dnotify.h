/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directory notification by signals. The two functions are the backend's own: whoever links dnotify.c has them.
 */
#ifndef _FSN_LINUX_DNOTIFY_H
#define _FSN_LINUX_DNOTIFY_H

#include <linux/fs.h>

/* One descriptor that watches a directory, on the list of the directory's mark [mark->lock]. */
struct dnotify_struct {
	struct dnotify_struct *dn_next;
	__u32 dn_mask;
	int dn_fd;
	struct file *dn_filp;
	fl_owner_t dn_owner;
};

void dnotify_flush(struct file *filp, fl_owner_t id);
#ifdef FSNOTIFY_API_6_1
int fcntl_dirnotify(int fd, struct file *filp, unsigned long arg);
#else
int fcntl_dirnotify(int fd, struct file *filp, unsigned int arg);
#endif

#endif /* _FSN_LINUX_DNOTIFY_H */
