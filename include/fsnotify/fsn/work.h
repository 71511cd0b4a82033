/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferred work. There is one queue and one worker, whatever queue is named. The prototypes stand in abi.h.
 */
#ifndef FSN_WORK_H
#define FSN_WORK_H

#include "compiler.h"
#include "types.h"

FSN_STATIC_ASSERT(sizeof(struct work_struct) == 32, "the kernel's size");
FSN_STATIC_ASSERT(offsetof(struct work_struct, func) == 24, "the kernel's place");
FSN_STATIC_ASSERT(sizeof(struct timer_list) == 40, "the kernel's size");
FSN_STATIC_ASSERT(offsetof(struct delayed_work, timer) == 32, "the kernel's place");
FSN_STATIC_ASSERT(sizeof(struct delayed_work) == 88, "the kernel's size");

#define FSN_WORK_INITIALIZER(func) { 0, { NULL, NULL }, (func) }
#define fsn_DECLARE_WORK(name, func) struct work_struct name = FSN_WORK_INITIALIZER(func)
#define fsn_DECLARE_DELAYED_WORK(name, func) \
	struct delayed_work name = { FSN_WORK_INITIALIZER(func), { { NULL, NULL }, 0, NULL, 0 }, NULL, 0 }

#define fsn_alloc_workqueue(format, flags, ...) fsn_alloc_workqueue_flags((flags), 0)
#define fsn_alloc_ordered_workqueue(format, ...) fsn_alloc_workqueue_flags(0, 1)
#define fsn_drain_workqueue(wq) fsn_flush_workqueue(wq)

FSN_BEGIN_DECLS

/* Any memory becomes an idle item; an item that is queued must not be initialised again. */
static inline void fsn_INIT_WORK(struct work_struct *work, work_func_t func)
{
	work->data = 0;
	work->entry.next = NULL;
	work->entry.prev = NULL;
	work->func = func;
}

static inline void fsn_INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func)
{
	fsn_INIT_WORK(&dwork->work, func);
	dwork->timer.entry.next = NULL;
	dwork->timer.entry.pprev = NULL;
	dwork->timer.expires = 0;
	dwork->timer.function = NULL;
	dwork->timer.flags = 0;
	dwork->wq = NULL;
	dwork->cpu = 0;
}

static inline bool fsn_work_pending(const struct work_struct *work)
{
	return __atomic_load_n(&work->data, __ATOMIC_ACQUIRE) & FSN_WORK_PENDING;
}

static inline bool fsn_delayed_work_pending(const struct delayed_work *dwork)
{
	return fsn_work_pending(&dwork->work);
}

static inline struct delayed_work *fsn_to_delayed_work(struct work_struct *work)
{
	return fsn_container_of(work, struct delayed_work, work);
}

static inline bool fsn_schedule_work(struct work_struct *work)
{
	return fsn_queue_work(fsn_system_wq(), work);
}

static inline bool fsn_schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return fsn_queue_delayed_work(fsn_system_wq(), dwork, delay);
}

FSN_END_DECLS

#endif /* FSN_WORK_H */
