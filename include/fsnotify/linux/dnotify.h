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

/*
 * The library's table of descriptors learns of the two where they are linked. The second names are the same functions,
 * which may be missing.
 */
extern __typeof__(fcntl_dirnotify) fsn_fcntl_dirnotify_ __asm__("fcntl_dirnotify") __attribute__((__weak__));
extern __typeof__(dnotify_flush) fsn_dnotify_flush_ __asm__("dnotify_flush") __attribute__((__weak__));

static inline int fsn_dnotify_fcntl(int fd, struct file *filp, unsigned long arg)
{
	return fsn_fcntl_dirnotify_(fd, filp, arg);
}

static inline void __attribute__((__constructor__(199))) fsn_dnotify_is_linked(void)
{
	if (fsn_dnotify_flush_)
		fsn_set_dnotify(fsn_dnotify_fcntl, fsn_dnotify_flush_);
}

#endif /* _FSN_LINUX_DNOTIFY_H */
