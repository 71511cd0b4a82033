/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SCHED_SIGNAL_H
#define _FSN_LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>
#include <linux/signal.h>

static inline int signal_pending(struct task_struct *task)
{
	return fsn_signal_pending(task);
}

static inline int fatal_signal_pending(struct task_struct *task)
{
	return fsn_fatal_signal_pending(task);
}

#endif /* _FSN_LINUX_SCHED_SIGNAL_H */
