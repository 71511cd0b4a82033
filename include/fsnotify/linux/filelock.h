/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases, as those see them who are told that one is set.
 */
#ifndef _FSN_LINUX_FILELOCK_H
#define _FSN_LINUX_FILELOCK_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/wait.h>

#define FL_POSIX 1
#define FL_FLOCK 2
#define FL_DELEG 4
#define FL_ACCESS 8
#define FL_EXISTS 16
#define FL_LEASE 32
#define FL_CLOSE 64
#define FL_SLEEP 128

#ifdef FSNOTIFY_API_6_1
struct file_lock {
	struct list_head fl_list;
	void *fl_owner;
	unsigned int fl_flags;
	unsigned char fl_type;
	unsigned int fl_pid;
	wait_queue_head_t fl_wait;
	struct file *fl_file;
};
#else
struct file_lock_core {
	struct list_head flc_list;
	void *flc_owner;
	unsigned int flc_flags;
	unsigned char flc_type;
	pid_t flc_pid;
	wait_queue_head_t flc_wait;
	struct file *flc_file;
};

struct file_lease {
	struct file_lock_core c;
};
#endif

static inline int lease_register_notifier(struct notifier_block *nb)
{
	return fsn_lease_register_notifier(nb);
}

static inline void lease_unregister_notifier(struct notifier_block *nb)
{
	fsn_lease_unregister_notifier(nb);
}

#endif /* _FSN_LINUX_FILELOCK_H */
