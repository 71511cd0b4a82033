/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_WAIT_H
#define _FSN_LINUX_WAIT_H

#include "../fsn/wait.h"
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#define WQ_FLAG_EXCLUSIVE FSN_WQ_FLAG_EXCLUSIVE
#define WQ_FLAG_WOKEN FSN_WQ_FLAG_WOKEN
#define WQ_FLAG_CUSTOM FSN_WQ_FLAG_CUSTOM
#define WQ_FLAG_DONE FSN_WQ_FLAG_DONE
#define WQ_FLAG_PRIORITY FSN_WQ_FLAG_PRIORITY
#define DECLARE_WAIT_QUEUE_HEAD(name) fsn_DECLARE_WAIT_QUEUE_HEAD(name)
#define DEFINE_WAIT(name) fsn_DEFINE_WAIT(name)
#define DEFINE_WAIT_FUNC(name, function) fsn_DEFINE_WAIT_FUNC(name, function)
#define init_waitqueue_head(head) fsn_init_waitqueue_head(head)
#define wake_up(head) fsn_wake_up(head)
#define wake_up_nr(head, nr) fsn_wake_up_nr(head, nr)
#define wake_up_all(head) fsn_wake_up_all(head)
#define wake_up_interruptible(head) fsn_wake_up_interruptible(head)
#define wake_up_interruptible_all(head) fsn_wake_up_interruptible_all(head)
#define wake_up_poll(head, key) fsn_wake_up_poll(head, key)
#define wait_event(head, condition) fsn_wait_event(head, condition)
#define wait_event_timeout(head, condition, timeout) fsn_wait_event_timeout(head, condition, timeout)
#define wait_event_interruptible(head, condition) fsn_wait_event_interruptible(head, condition)
#define wait_event_interruptible_timeout(head, condition, timeout) fsn_wait_event_interruptible_timeout(head, condition, timeout)
#define wait_event_killable(head, condition) fsn_wait_event_killable(head, condition)
#define wait_event_state(head, condition, state) fsn_wait_event_state(head, condition, state)


static inline int waitqueue_active(struct wait_queue_head *head)
{
	return fsn_waitqueue_active(head);
}

static inline void init_waitqueue_entry(struct wait_queue_entry *entry, struct task_struct *task)
{
	fsn_init_waitqueue_entry(entry, task);
}

static inline void add_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	fsn_add_wait_queue(head, entry);
}

static inline void add_wait_queue_exclusive(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	fsn_add_wait_queue_exclusive(head, entry);
}

static inline void remove_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	fsn_remove_wait_queue(head, entry);
}

static inline void prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry, int state)
{
	fsn_prepare_to_wait(head, entry, state);
}

static inline void finish_wait(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
	fsn_finish_wait(head, entry);
}

static inline long wait_woken(struct wait_queue_entry *entry, unsigned int mode, long timeout)
{
	return fsn_wait_woken(entry, mode, timeout);
}

static inline int woken_wake_function(struct wait_queue_entry *entry, unsigned int mode, int sync, void *key)
{
	return fsn_woken_wake_function(entry, mode, sync, key);
}

static inline int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int sync, void *key)
{
	return fsn_autoremove_wake_function(entry, mode, sync, key);
}

static inline int default_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	return fsn_default_wake_function(entry, mode, flags, key);
}

#include <linux/wait_bit.h>

#endif /* _FSN_LINUX_WAIT_H */
