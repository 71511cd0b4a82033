/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SCHED_USER_H
#define _FSN_LINUX_SCHED_USER_H

#include <linux/refcount.h>
#include <linux/uidgid.h>

/* What a program knows of a user; nothing of the library's looks into it. */
struct user_struct {
	refcount_t __count;
	kuid_t uid;
};

#endif /* _FSN_LINUX_SCHED_USER_H */
