/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_KTHREAD_H
#define _FSN_LINUX_KTHREAD_H

#include <stdarg.h>
#include <stdio.h>
#include <linux/err.h>
#include <linux/sched.h>

#define NUMA_NO_NODE (-1)

__attribute__((__format__(__printf__, 4, 5)))
static inline struct task_struct *kthread_create_on_node(int (*threadfn)(void *data), void *data, int node,
							 const char *namefmt, ...)
{
	char name[4 * TASK_COMM_LEN];	/* what is too long is cut later */
	va_list args;

	(void)node;
	va_start(args, namefmt);
	if (vsnprintf(name, sizeof(name), namefmt, args) < 0)
		name[0] = 0;
	va_end(args);
	return fsn_kthread_create(threadfn, data, name);
}

#define kthread_create(threadfn, data, ...) kthread_create_on_node(threadfn, data, NUMA_NO_NODE, __VA_ARGS__)

#define kthread_run(threadfn, data, ...) \
	(__extension__({ \
		struct task_struct *fsn_thread_ = kthread_create(threadfn, data, __VA_ARGS__); \
		if (!IS_ERR(fsn_thread_)) \
			wake_up_process(fsn_thread_); \
		fsn_thread_; \
	}))

static inline int kthread_stop(struct task_struct *task)
{
	return fsn_kthread_stop(task);
}

static inline bool kthread_should_stop(void)
{
	return fsn_kthread_should_stop();
}

#endif /* _FSN_LINUX_KTHREAD_H */
