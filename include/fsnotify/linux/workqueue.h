/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_WORKQUEUE_H
#define _FSN_LINUX_WORKQUEUE_H

#include "../fsn/work.h"
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/types.h>

#define DECLARE_WORK(name, func) fsn_DECLARE_WORK(name, func)
#define DECLARE_DELAYED_WORK(name, func) fsn_DECLARE_DELAYED_WORK(name, func)
#define INIT_WORK(work, func) fsn_INIT_WORK(work, func)
#define INIT_DELAYED_WORK(work, func) fsn_INIT_DELAYED_WORK(work, func)
/* One queue serves all. */
#define system_wq fsn_system_wq()
#define system_long_wq fsn_system_wq()
#define system_unbound_wq fsn_system_wq()

/* The name and the limit make no difference: one queue serves all. */
#define alloc_workqueue(...) fsn_alloc_workqueue(__VA_ARGS__)
#define alloc_ordered_workqueue(...) fsn_alloc_ordered_workqueue(__VA_ARGS__)

static inline void flush_workqueue(struct workqueue_struct *wq)
{
	fsn_flush_workqueue(wq);
}

static inline void destroy_workqueue(struct workqueue_struct *wq)
{
	fsn_destroy_workqueue(wq);
}

static inline bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return fsn_queue_work(wq, work);
}

static inline bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *work, unsigned long delay)
{
	return fsn_queue_delayed_work(wq, work, delay);
}

static inline bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *work, unsigned long delay)
{
	return fsn_mod_delayed_work(wq, work, delay);
}

static inline bool schedule_work(struct work_struct *work)
{
	return fsn_schedule_work(work);
}

static inline bool schedule_delayed_work(struct delayed_work *work, unsigned long delay)
{
	return fsn_schedule_delayed_work(work, delay);
}

static inline bool flush_work(struct work_struct *work)
{
	return fsn_flush_work(work);
}

static inline bool flush_delayed_work(struct delayed_work *work)
{
	return fsn_flush_delayed_work(work);
}

static inline bool cancel_work(struct work_struct *work)
{
	return fsn_cancel_work(work);
}

static inline bool cancel_work_sync(struct work_struct *work)
{
	return fsn_cancel_work_sync(work);
}

static inline bool cancel_delayed_work(struct delayed_work *work)
{
	return fsn_cancel_delayed_work(work);
}

static inline bool cancel_delayed_work_sync(struct delayed_work *work)
{
	return fsn_cancel_delayed_work_sync(work);
}

#endif /* _FSN_LINUX_WORKQUEUE_H */
