/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SCHED_TASK_H
#define _FSN_LINUX_SCHED_TASK_H

#include <linux/sched.h>

#endif /* _FSN_LINUX_SCHED_TASK_H */
