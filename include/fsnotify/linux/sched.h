/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SCHED_H
#define _FSN_LINUX_SCHED_H

#include "../fsn/task.h"
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define current fsn_current()
#define TASK_RUNNING FSN_TASK_RUNNING
#define TASK_INTERRUPTIBLE FSN_TASK_INTERRUPTIBLE
#define TASK_UNINTERRUPTIBLE FSN_TASK_UNINTERRUPTIBLE
#define TASK_WAKEKILL FSN_TASK_WAKEKILL
#define TASK_NOLOAD FSN_TASK_NOLOAD
#define TASK_FREEZABLE FSN_TASK_FREEZABLE
#define TASK_KILLABLE FSN_TASK_KILLABLE
#define TASK_IDLE FSN_TASK_IDLE
#define TASK_NORMAL FSN_TASK_NORMAL
#define PF_EXITING FSN_PF_EXITING
#define PF_MEMALLOC_NOFS FSN_PF_MEMALLOC_NOFS
#define PF_MEMALLOC_NOIO FSN_PF_MEMALLOC_NOIO
#define PF_KTHREAD FSN_PF_KTHREAD
#define MAX_SCHEDULE_TIMEOUT FSN_MAX_SCHEDULE_TIMEOUT
#define set_current_state(state) fsn_set_current_state(state)
#define __set_current_state(state) fsn___set_current_state(state)
#define TASK_COMM_LEN 16

static inline void schedule(void)
{
	fsn_schedule();
}

static inline long schedule_timeout(long timeout)
{
	return fsn_schedule_timeout(timeout);
}

static inline int wake_up_process(struct task_struct *task)
{
	return fsn_wake_up_process(task);
}

static inline int cond_resched(void)
{
	return fsn_cond_resched();
}

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	return fsn_get_task_struct(task);
}

static inline void put_task_struct(struct task_struct *task)
{
	fsn_put_task_struct(task);
}

#endif /* _FSN_LINUX_SCHED_H */
