/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_JIFFIES_H
#define _FSN_LINUX_JIFFIES_H

#include "../fsn/work.h"
#include <linux/types.h>

/* The C library's <sys/param.h> has the number of another clock under this name. */
#undef HZ
#define HZ FSN_HZ
#define jiffies fsn_jiffies()
#define msecs_to_jiffies(ms) ((unsigned long)(ms) * HZ / 1000)
#define jiffies_to_msecs(count) ((unsigned int)((count) * 1000 / HZ))
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)

#endif /* _FSN_LINUX_JIFFIES_H */
