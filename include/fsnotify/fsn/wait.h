/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wait queues. The prototypes stand in abi.h, the reasoning in src/host/process/waitqueue.rs: a wake-up that finds nobody
 * is a load, because whoever goes to sleep makes all processors of the process run a fence. So what a waker stores before
 * fsn_wake_up() needs no fence of its own, and fsn_waitqueue_active() beforehand gains nothing.
 */
#ifndef FSN_WAIT_H
#define FSN_WAIT_H

#include "compiler.h"
#include "list.h"
#include "lock.h"
#include "task.h"
#include "types.h"

typedef struct wait_queue_entry wait_queue_entry_t;
typedef struct poll_table_struct poll_table;
typedef unsigned int __poll_t;

FSN_STATIC_ASSERT(sizeof(struct wait_queue_head) == 24, "the kernel's size");
FSN_STATIC_ASSERT(sizeof(struct wait_queue_entry) == 40, "the kernel's size");

/* Zeroed memory is an empty queue as well. */
#define FSN_WAIT_QUEUE_HEAD_INIT(name) { FSN_SPIN_LOCK_UNLOCKED, { &(name).head, &(name).head } }
#define fsn_DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = FSN_WAIT_QUEUE_HEAD_INIT(name)

/* Entries: of a given task; of the calling thread with a function; of the calling thread for fsn_prepare_to_wait(). */
#define fsn_DECLARE_WAITQUEUE(name, task) \
	struct wait_queue_entry name = { 0, (task), fsn_default_wake_function, { NULL, NULL } }
#define fsn_DEFINE_WAIT_FUNC(name, function) \
	struct wait_queue_entry name = { 0, fsn_current(), (function), { &(name).entry, &(name).entry } }
#define fsn_DEFINE_WAIT(name) fsn_DEFINE_WAIT_FUNC(name, fsn_autoremove_wake_function)

FSN_BEGIN_DECLS

static inline void fsn_init_waitqueue_head(struct wait_queue_head *wq_head)
{
	fsn_spin_lock_init(&wq_head->lock);
	wq_head->head.prev = &wq_head->head;
	fsn_WRITE_ONCE(wq_head->head.next, &wq_head->head);
}

static inline void fsn_init_waitqueue_entry(struct wait_queue_entry *wq_entry, struct task_struct *task)
{
	wq_entry->flags = 0;
	wq_entry->FSN_CXX_KEYWORD(private) = task;
	wq_entry->func = fsn_default_wake_function;
}

static inline void fsn_init_waitqueue_func_entry(struct wait_queue_entry *wq_entry, wait_queue_func_t func)
{
	wq_entry->flags = 0;
	wq_entry->FSN_CXX_KEYWORD(private) = NULL;
	wq_entry->func = func;
}

/* Whether somebody is on the queue; a plain load. */
static inline int fsn_waitqueue_active(const struct wait_queue_head *wq_head)
{
	const struct list_head *first = fsn_READ_ONCE(wq_head->head.next);

	return first && first != &wq_head->head;
}

/* Between a waker's store and its look at the queue. */
static inline void fsn_waker_fence(void)
{
	if (fsn_likely(fsn_READ_ONCE(fsn_membarrier_ready)))
		fsn_barrier();
	else
		fsn_smp_mb();
}

static inline bool fsn_wq_has_sleeper(const struct wait_queue_head *wq_head)
{
	fsn_waker_fence();
	return fsn_waitqueue_active(wq_head);
}

/* Wakes the entries whose task is in a state of @mode: all plain ones, @nr exclusive ones (0: all). */
static inline int fsn___wake_up(struct wait_queue_head *wq_head, unsigned int mode, int nr, void *key)
{
	if (fsn_likely(!fsn_wq_has_sleeper(wq_head)))
		return 0;
	return fsn_wake_up_slow(wq_head, mode, nr, key);
}

FSN_END_DECLS

#define fsn_wake_up(wq) fsn___wake_up((wq), FSN_TASK_NORMAL, 1, NULL)
#define fsn_wake_up_nr(wq, nr) fsn___wake_up((wq), FSN_TASK_NORMAL, (nr), NULL)
#define fsn_wake_up_all(wq) fsn___wake_up((wq), FSN_TASK_NORMAL, 0, NULL)
#define fsn_wake_up_sync(wq) fsn_wake_up(wq)
#define fsn_wake_up_interruptible(wq) fsn___wake_up((wq), FSN_TASK_INTERRUPTIBLE, 1, NULL)
#define fsn_wake_up_interruptible_nr(wq, nr) fsn___wake_up((wq), FSN_TASK_INTERRUPTIBLE, (nr), NULL)
#define fsn_wake_up_interruptible_all(wq) fsn___wake_up((wq), FSN_TASK_INTERRUPTIBLE, 0, NULL)
#define fsn_wake_up_interruptible_sync(wq) fsn_wake_up_interruptible(wq)
/* The caller holds the queue's lock. */
#define fsn_wake_up_locked(wq) ((void)fsn_wake_up_locked_slow((wq), FSN_TASK_NORMAL, 1, NULL))
#define fsn_wake_up_all_locked(wq) ((void)fsn_wake_up_locked_slow((wq), FSN_TASK_NORMAL, 0, NULL))

/* Wake-ups that tell which poll events have come. */
#define fsn_poll_to_key(events) ((void *)(uintptr_t)(__poll_t)(events))
#define fsn_key_to_poll(key) ((__poll_t)(uintptr_t)(key))
#define fsn_wake_up_poll(wq, events) fsn___wake_up((wq), FSN_TASK_NORMAL, 1, fsn_poll_to_key(events))
#define fsn_wake_up_interruptible_poll(wq, events) \
	fsn___wake_up((wq), FSN_TASK_INTERRUPTIBLE, 1, fsn_poll_to_key(events))
#define fsn_wake_up_interruptible_sync_poll(wq, events) fsn_wake_up_interruptible_poll(wq, events)
#define fsn_wake_up_locked_poll(wq, events) \
	((void)fsn_wake_up_locked_slow((wq), FSN_TASK_NORMAL, 1, fsn_poll_to_key(events)))

/*
 * The loop of all waits below. @sleep is evaluated between two looks at @condition and may assign fsn_left_; the value is
 * -ERESTARTSYS if a signal came first, else what fsn_left_ is at the end. Names ending in an underscore are the macros' own.
 */
#define fsn_wait_loop_(queue, entry, condition, state, left, sleep) \
	long fsn_left_ = (left); \
	for (;;) { \
		long fsn_signal_ = fsn_prepare_to_wait_event((queue), (entry), (int)(state)); \
		if (condition) { \
			fsn_finish_wait((queue), (entry)); \
			break; \
		} \
		if (fsn_signal_) { \
			fsn_left_ = fsn_signal_; \
			break; \
		} \
		sleep; \
		/* before the queue's lock is wanted again, which whoever woke us may hold still */ \
		if (condition) { \
			fsn_finish_wait((queue), (entry)); \
			break; \
		} \
	}

#define fsn_wait_sleep_(queue, condition, state, flags, left, sleep) \
	(__extension__({ \
		struct wait_queue_head *fsn_queue_ = (queue); \
		struct wait_queue_entry fsn_entry_; \
		fsn_init_wait_entry(&fsn_entry_, (flags)); \
		fsn_wait_loop_(fsn_queue_, &fsn_entry_, condition, state, left, sleep) \
		fsn_left_; \
	}))

/* The condition of a wait with a limit: true as well when the time is up; fsn_left_ is then 0, else 1 at least. */
#define fsn_timed_condition_(condition) \
	(__extension__({ \
		bool fsn_met_ = (condition); \
		if (fsn_met_ && !fsn_left_) \
			fsn_left_ = 1; \
		fsn_met_ || !fsn_left_; \
	}))
#define fsn_timed_sleep_ fsn_left_ = fsn_schedule_timeout(fsn_left_)

/* Waits in a state: 0, or -ERESTARTSYS. */
#define fsn_wait_state_(queue, condition, state, flags, sleep) \
	(__extension__({ \
		int fsn_result_ = 0; \
		fsn_might_sleep(); \
		if (!(condition)) \
			fsn_result_ = (int)fsn_wait_sleep_(queue, condition, state, flags, 0, sleep); \
		fsn_result_; \
	}))

/* The same for @timeout jiffies at most: what is left, 1 at least; 0 if the time is up; -ERESTARTSYS. */
#define fsn_wait_limit_(queue, condition, state, flags, timeout) \
	(__extension__({ \
		long fsn_left_ = (timeout); \
		fsn_might_sleep(); \
		if (!fsn_timed_condition_(condition)) { \
			const long fsn_limit_ = fsn_left_; \
			fsn_left_ = fsn_wait_sleep_(queue, fsn_timed_condition_(condition), state, flags, fsn_limit_, \
						    fsn_timed_sleep_); \
		} \
		fsn_left_; \
	}))

/* @wq is the queue itself, not its address; @condition is evaluated again after each wake-up. */
#define fsn_wait_event(wq, condition) \
	((void)fsn_wait_state_(&(wq), condition, FSN_TASK_UNINTERRUPTIBLE, 0, fsn_schedule()))
#define fsn_wait_event_state(wq, condition, state) fsn_wait_state_(&(wq), condition, state, 0, fsn_schedule())
#define fsn_wait_event_interruptible(wq, condition) fsn_wait_event_state(wq, condition, FSN_TASK_INTERRUPTIBLE)
#define fsn_wait_event_killable(wq, condition) fsn_wait_event_state(wq, condition, FSN_TASK_KILLABLE)
#define fsn_wait_event_freezable(wq, condition) fsn_wait_event_interruptible(wq, condition)
#define fsn_wait_event_idle(wq, condition) ((void)fsn_wait_event_state(wq, condition, FSN_TASK_IDLE))
#define fsn_wait_event_interruptible_exclusive(wq, condition) \
	fsn_wait_state_(&(wq), condition, FSN_TASK_INTERRUPTIBLE, FSN_WQ_FLAG_EXCLUSIVE, fsn_schedule())
#define fsn_wait_event_killable_exclusive(wq, condition) \
	fsn_wait_state_(&(wq), condition, FSN_TASK_KILLABLE, FSN_WQ_FLAG_EXCLUSIVE, fsn_schedule())
#define fsn_wait_event_idle_exclusive(wq, condition) \
	((void)fsn_wait_state_(&(wq), condition, FSN_TASK_IDLE, FSN_WQ_FLAG_EXCLUSIVE, fsn_schedule()))

#define fsn_wait_event_timeout(wq, condition, timeout) \
	fsn_wait_limit_(&(wq), condition, FSN_TASK_UNINTERRUPTIBLE, 0, timeout)
#define fsn_wait_event_idle_timeout(wq, condition, timeout) \
	fsn_wait_limit_(&(wq), condition, FSN_TASK_IDLE, 0, timeout)
#define fsn_wait_event_interruptible_timeout(wq, condition, timeout) \
	fsn_wait_limit_(&(wq), condition, FSN_TASK_INTERRUPTIBLE, 0, timeout)
#define fsn_wait_event_killable_timeout(wq, condition, timeout) \
	fsn_wait_limit_(&(wq), condition, FSN_TASK_KILLABLE, 0, timeout)

/* @before and @after are evaluated around each sleep. */
#define fsn_wait_event_cmd(wq, condition, before, after) \
	((void)fsn_wait_state_(&(wq), condition, FSN_TASK_UNINTERRUPTIBLE, 0, before; fsn_schedule(); after))
/* The condition is evaluated with @lock held, which is given up for each sleep. */
#define fsn_wait_event_lock_irq(wq, condition, lock) \
	fsn_wait_event_cmd(wq, condition, fsn_spin_unlock_irq(&(lock)), fsn_spin_lock_irq(&(lock)))
#define fsn_wait_event_lock_irq_cmd(wq, condition, lock, cmd) \
	fsn_wait_event_cmd(wq, condition, fsn_spin_unlock_irq(&(lock)); cmd, fsn_spin_lock_irq(&(lock)))
#define fsn_wait_event_interruptible_lock_irq(wq, condition, lock) \
	fsn_wait_state_(&(wq), condition, FSN_TASK_INTERRUPTIBLE, 0, \
			fsn_spin_unlock_irq(&(lock)); fsn_schedule(); fsn_spin_lock_irq(&(lock)))

/* Variables: @var is an address, which is not followed; whoever changes @condition calls fsn_wake_up_var() with it. */
#define fsn___var_waitqueue(var) fsn_bit_waitqueue((void *)(var), -1)
#define fsn_wait_var_sleep_(var, condition, state, left, sleep) \
	(__extension__({ \
		struct wait_queue_head *fsn_queue_ = fsn___var_waitqueue(var); \
		struct wait_bit_queue_entry fsn_entry_; \
		fsn_init_wait_var_entry(&fsn_entry_, (void *)(var), 0); \
		fsn_wait_loop_(fsn_queue_, &fsn_entry_.wq_entry, condition, state, left, sleep) \
		fsn_left_; \
	}))
#define fsn_wait_var_state_(var, condition, state) \
	(__extension__({ \
		int fsn_result_ = 0; \
		fsn_might_sleep(); \
		if (!(condition)) \
			fsn_result_ = (int)fsn_wait_var_sleep_(var, condition, state, 0, fsn_schedule()); \
		fsn_result_; \
	}))
#define fsn_wait_var_event(var, condition) ((void)fsn_wait_var_state_(var, condition, FSN_TASK_UNINTERRUPTIBLE))
#define fsn_wait_var_event_interruptible(var, condition) fsn_wait_var_state_(var, condition, FSN_TASK_INTERRUPTIBLE)
#define fsn_wait_var_event_killable(var, condition) fsn_wait_var_state_(var, condition, FSN_TASK_KILLABLE)
#define fsn_wait_var_event_timeout(var, condition, timeout) \
	(__extension__({ \
		long fsn_left_ = (timeout); \
		fsn_might_sleep(); \
		if (!fsn_timed_condition_(condition)) { \
			const long fsn_limit_ = fsn_left_; \
			fsn_left_ = fsn_wait_var_sleep_(var, fsn_timed_condition_(condition), \
							FSN_TASK_UNINTERRUPTIBLE, fsn_limit_, fsn_timed_sleep_); \
		} \
		fsn_left_; \
	}))

FSN_BEGIN_DECLS

/* Bits of an array of words; order as the kernel's functions of these names. */
static inline bool fsn_wait_test_bit_(int bit, const unsigned long *word)
{
	const int bits = (int)(8 * sizeof(*word));

	return (__atomic_load_n(&word[bit / bits], __ATOMIC_ACQUIRE) >> (bit % bits)) & 1;
}

static inline bool fsn_wait_set_bit_(int bit, unsigned long *word)
{
	const int bits = (int)(8 * sizeof(*word));
	const unsigned long mask = 1UL << (bit % bits);

	return (__atomic_fetch_or(&word[bit / bits], mask, __ATOMIC_SEQ_CST) & mask) != 0;
}

/* Waits until the bit is clear. 0, or -EINTR for a signal that ends sleeps in @mode. */
static inline int fsn_wait_on_bit(unsigned long *word, int bit, unsigned int mode)
{
	if (!fsn_wait_test_bit_(bit, word))
		return 0;
	return fsn_out_of_line_wait_on_bit(word, bit, fsn_bit_wait, mode);
}

static inline int fsn_wait_on_bit_timeout(unsigned long *word, int bit, unsigned int mode, unsigned long timeout)
{
	if (!fsn_wait_test_bit_(bit, word))
		return 0;
	return fsn_out_of_line_wait_on_bit_timeout(word, bit, fsn_bit_wait_timeout, mode, timeout);
}

static inline int fsn_wait_on_bit_action(unsigned long *word, int bit, wait_bit_action_f action, unsigned int mode)
{
	if (!fsn_wait_test_bit_(bit, word))
		return 0;
	return fsn_out_of_line_wait_on_bit(word, bit, action, mode);
}

/* Waits until the caller has set the bit. */
static inline int fsn_wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode)
{
	if (!fsn_wait_set_bit_(bit, word))
		return 0;
	return fsn_out_of_line_wait_on_bit_lock(word, bit, fsn_bit_wait, mode);
}

static inline void fsn_clear_and_wake_up_bit(int bit, unsigned long *word)
{
	const int bits = (int)(8 * sizeof(*word));

	__atomic_fetch_and(&word[bit / bits], ~(1UL << (bit % bits)), __ATOMIC_SEQ_CST);
	fsn_wake_up_bit(word, bit);
}

/* A file's poll operation names a queue that will announce news. @p may be NULL. */
static inline void fsn_poll_wait(struct file *file, struct wait_queue_head *wait_address, struct poll_table_struct *p)
{
	if (p && p->_qproc && wait_address)
		p->_qproc(file, wait_address, p);
}

static inline bool fsn_poll_does_not_wait(const struct poll_table_struct *p)
{
	return !p || !p->_qproc;
}

static inline __poll_t fsn_poll_requested_events(const struct poll_table_struct *p)
{
	return p ? p->_key : ~(__poll_t)0;
}

FSN_END_DECLS

#endif /* FSN_WAIT_H */
