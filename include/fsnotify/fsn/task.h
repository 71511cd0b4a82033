/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calling thread as a task: its state, sleeping until woken, pending signals, the clock. The prototypes stand in abi.h.
 */
#ifndef FSN_TASK_H
#define FSN_TASK_H

#include "compiler.h"
#include "types.h"

/* Nanoseconds. */
typedef __s64 ktime_t;

#define FSN_NSEC_PER_MSEC 1000000L
#define FSN_NSEC_PER_SEC 1000000000L

/* Comparisons of times in jiffies that hold when the count wraps. */
#define fsn_time_after(a, b) ((long)((unsigned long)(b) - (unsigned long)(a)) < 0)
#define fsn_time_before(a, b) fsn_time_after(b, a)
#define fsn_time_after_eq(a, b) ((long)((unsigned long)(a) - (unsigned long)(b)) >= 0)
#define fsn_time_before_eq(a, b) fsn_time_after_eq(b, a)

FSN_BEGIN_DECLS

/* Without the fence of fsn_set_current_state(). */
static inline void fsn___set_current_state(unsigned int state)
{
	fsn_WRITE_ONCE(fsn_current()->__state, state);
}

static inline unsigned int fsn_get_current_state(void)
{
	return fsn_READ_ONCE(fsn_current()->__state);
}

static inline int fsn_signal_pending(const struct task_struct *task)
{
	return fsn_READ_ONCE(task->sigpending) != 0;
}

static inline int fsn_fatal_signal_pending(const struct task_struct *task)
{
	return fsn_READ_ONCE(task->sigpending) == FSN_SIG_KILL;
}

/* Whether a sleep in @state ends because of what is pending. */
static inline int fsn_signal_pending_state(unsigned int state, const struct task_struct *task)
{
	if (fsn_fatal_signal_pending(task))
		return (state & (FSN_TASK_INTERRUPTIBLE | FSN_TASK_WAKEKILL)) != 0;
	return (state & FSN_TASK_INTERRUPTIBLE) && fsn_signal_pending(task);
}

static inline long fsn_schedule_timeout_interruptible(long timeout)
{
	fsn___set_current_state(FSN_TASK_INTERRUPTIBLE);
	return fsn_schedule_timeout(timeout);
}

static inline long fsn_schedule_timeout_killable(long timeout)
{
	fsn___set_current_state(FSN_TASK_KILLABLE);
	return fsn_schedule_timeout(timeout);
}

static inline long fsn_schedule_timeout_uninterruptible(long timeout)
{
	fsn___set_current_state(FSN_TASK_UNINTERRUPTIBLE);
	return fsn_schedule_timeout(timeout);
}

/* Sleeps for @msecs milliseconds, whatever is pending. */
static inline void fsn_msleep(unsigned int msecs)
{
	long left = (long)msecs;

	while (left > 0)
		left = fsn_schedule_timeout_uninterruptible(left);
}

/* A process is preempted: nothing to do. */
static inline int fsn_cond_resched(void)
{
	return 0;
}

/* Marks what may sleep, for the reader. */
static inline void fsn_might_sleep(void)
{
}

static inline int fsn_task_pid_nr(const struct task_struct *task)
{
	return task->pid;
}

static inline int fsn_task_tgid_nr(const struct task_struct *task)
{
	return task->tgid;
}

static inline __u64 fsn_get_jiffies_64(void)
{
	return fsn_jiffies();
}

/* A jiffy is a millisecond. */
static inline unsigned long fsn_msecs_to_jiffies(unsigned int msecs)
{
	return msecs;
}

static inline unsigned int fsn_jiffies_to_msecs(unsigned long count)
{
	return (unsigned int)count;
}

static inline __s64 fsn_ktime_to_ns(ktime_t time)
{
	return time;
}

static inline __s64 fsn_ktime_to_ms(ktime_t time)
{
	return time / FSN_NSEC_PER_MSEC;
}

static inline ktime_t fsn_ktime_sub(ktime_t later, ktime_t earlier)
{
	return later - earlier;
}

static inline ktime_t fsn_ktime_add(ktime_t time, ktime_t span)
{
	return time + span;
}

static inline ktime_t fsn_ms_to_ktime(__u64 ms)
{
	return (ktime_t)ms * FSN_NSEC_PER_MSEC;
}

FSN_END_DECLS

#endif /* FSN_TASK_H */
