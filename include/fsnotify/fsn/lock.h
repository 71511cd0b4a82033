/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlock, mutex, reader-writer lock and reader-writer semaphore: the lock words, their states, and the inline functions
 * that take and release them while nobody waits. The library's own code works on the same words by the same rules
 * (src/host/process/spinlock.rs and rwlock.rs); this comment is the one place that states them.
 *
 * Each lock is one word; zeroed memory is a free lock. Where the kernel's structure is larger, the rest is unused.
 *
 * Spinlock (the word) and mutex (owner):
 *
 *	0			free
 *	LOCKED			held, nobody waits
 *	LOCKED|PARKED		held; somebody sleeps, or is about to and will look at the word once more before
 *	PARKED			free, but others still sleep: the unlocker has just woken one
 *
 *	lock, trylock		0 -> LOCKED, PARKED -> LOCKED|PARKED	(acquire)
 *	wait			LOCKED -> LOCKED|PARKED, then sleep while the word is LOCKED|PARKED
 *	unlock			LOCKED -> 0				(release)
 *	unlock with sleepers	LOCKED|PARKED -> PARKED or 0 (release) and wake one; now and then the word stays LOCKED
 *				and the one woken has the lock, so that nobody starves
 *
 * A spinlock's waiter spins only for a moment: in a process the holder may have lost its processor. It may be held across
 * whatever the kernel allows, and no interrupt is ever disabled: the _irq, _irqsave and _bh forms do the same as the plain one.
 *
 * Reader-writer lock (word) and semaphore (count):
 *
 *	0			free
 *	n * READER		held by n readers
 *	WRITER			held by a writer
 *	...|WAITERS		held, and somebody sleeps or is about to: only who is given the lock may have it
 *
 *	read lock		without WRITER and WAITERS: + READER	(acquire)
 *	write lock		0 -> WRITER				(acquire)
 *	wait			held -> held|WAITERS, then sleep until given the lock
 *	read unlock		- READER				(release), except
 *	last unlock with	READER|WAITERS or WRITER|WAITERS -> what the first waiter wants, or it and the readers
 *	waiters			behind it; WAITERS stays if more sleep	(release), and wake those
 *
 * Readers queue behind a waiting writer, so nobody starves and a thread must not read-lock what it has read-locked already.
 *
 * In all four the bit that says "somebody waits" is the same, so a lock is held when any other bit is set.
 */
#ifndef FSN_LOCK_H
#define FSN_LOCK_H

#include "atomic.h"
#include "compiler.h"

#define FSN_LOCKED 1
#define FSN_PARKED 2

#define FSN_RW_WRITER 1
#define FSN_RW_WAITERS 2
#define FSN_RW_READER 4

/* A link of a circular doubly linked list, or its head (functions: list.h). */
struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	__u32 word;
} arch_spinlock_t;

typedef struct raw_spinlock {
	arch_spinlock_t raw_lock;
} raw_spinlock_t;

__extension__ typedef struct spinlock {
	__extension__ union {
		struct raw_spinlock rlock;
	};
} spinlock_t;

typedef struct rwlock {
	__u32 word;
	/* unused */
	__u32 wait;
} rwlock_t;

struct optimistic_spin_queue {
	atomic_t tail;
};

struct mutex {
	/* the lock word */
	atomic_long_t owner;
	/* unused, as what follows */
	raw_spinlock_t wait_lock;
	struct optimistic_spin_queue osq;
	struct list_head wait_list;
};

struct rw_semaphore {
	/* the lock word */
	atomic_long_t count;
	/* unused, as what follows */
	atomic_long_t owner;
	struct optimistic_spin_queue osq;
	raw_spinlock_t wait_lock;
	struct list_head wait_list;
};

FSN_BEGIN_DECLS

/* src/capi/sync.rs: what to do when the word is not as the inline functions below would like it. */
void fsn_spin_lock_slow(struct spinlock *lock);
void fsn_spin_unlock_slow(struct spinlock *lock);
void fsn_mutex_lock_slow(struct mutex *lock);
void fsn_mutex_unlock_slow(struct mutex *lock);
void fsn_read_lock_slow(struct rwlock *lock);
void fsn_write_lock_slow(struct rwlock *lock);
void fsn_rwlock_pass_on(struct rwlock *lock);
void fsn_down_read_slow(struct rw_semaphore *sem);
void fsn_down_write_slow(struct rw_semaphore *sem);
void fsn_rwsem_pass_on(struct rw_semaphore *sem);
void fsn_downgrade_write(struct rw_semaphore *sem);
/* src/capi/mem.rs */
void fsn_log(int level, const char *function, const char *message);

FSN_END_DECLS

/*
 * ThreadSanitizer sees what is inline but not what the library does: tell it that a lock was got or given away there. The
 * word itself carries the order, so an acquire of it afterwards and a release of it before are enough.
 */
#if defined(__SANITIZE_THREAD__)
#define FSN_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FSN_TSAN 1
#endif
#endif
#ifdef FSN_TSAN
#define fsn_got_in_library(wordp) ((void)__atomic_load_n((wordp), __ATOMIC_ACQUIRE))
#define fsn_given_to_library(wordp) ((void)__atomic_fetch_or((wordp), 0, __ATOMIC_RELEASE))
#else
#define fsn_got_in_library(wordp) ((void)0)
#define fsn_given_to_library(wordp) ((void)0)
#endif

/* Moves a word from @from to @to; false if it is not @from. */
#define fsn_word_acquire(wordp, from, to) __extension__ ({				\
	__typeof__(*(wordp)) fsn_from = (from);						\
	__atomic_compare_exchange_n((wordp), &fsn_from, (to), false,			\
				    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);		\
})
#define fsn_word_release(wordp, from, to) __extension__ ({				\
	__typeof__(*(wordp)) fsn_from = (from);						\
	__atomic_compare_exchange_n((wordp), &fsn_from, (to), false,			\
				    __ATOMIC_RELEASE, __ATOMIC_RELAXED);		\
})

/* ---- spinlock ---- */

#define FSN_RAW_SPIN_LOCK_UNLOCKED { { 0 } }
#define FSN_SPIN_LOCK_UNLOCKED { { { { 0 } } } }
#define FSN_DEFINE_SPINLOCK(name) spinlock_t name = FSN_SPIN_LOCK_UNLOCKED

static inline void fsn_spin_lock_init(spinlock_t *lock)
{
	fsn_WRITE_ONCE(lock->rlock.raw_lock.word, 0);
}

static inline void fsn_spin_lock(spinlock_t *lock)
{
	__u32 *word = &lock->rlock.raw_lock.word;

	if (fsn_unlikely(!fsn_word_acquire(word, 0, FSN_LOCKED))) {
		fsn_spin_lock_slow(lock);
		fsn_got_in_library(word);
	}
}

static inline int fsn_spin_trylock(spinlock_t *lock)
{
	__u32 *word = &lock->rlock.raw_lock.word;
	__u32 state = fsn_READ_ONCE(*word);

	while (!(state & FSN_LOCKED)) {
		if (__atomic_compare_exchange_n(word, &state, state | FSN_LOCKED, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return 1;
	}
	return 0;
}

static inline void fsn_spin_unlock(spinlock_t *lock)
{
	__u32 *word = &lock->rlock.raw_lock.word;

	if (fsn_unlikely(!fsn_word_release(word, FSN_LOCKED, 0))) {
		fsn_given_to_library(word);
		fsn_spin_unlock_slow(lock);
	}
}

static inline int fsn_spin_is_locked(const spinlock_t *lock)
{
	return (fsn_READ_ONCE(lock->rlock.raw_lock.word) & FSN_LOCKED) != 0;
}

static inline int fsn_spin_is_contended(const spinlock_t *lock)
{
	return (fsn_READ_ONCE(lock->rlock.raw_lock.word) & FSN_PARKED) != 0;
}

static inline void fsn_spin_lock_nested(spinlock_t *lock, int subclass)
{
	(void)subclass;
	fsn_spin_lock(lock);
}

static inline void fsn_spin_lock_irq(spinlock_t *lock)
{
	fsn_spin_lock(lock);
}

static inline void fsn_spin_unlock_irq(spinlock_t *lock)
{
	fsn_spin_unlock(lock);
}

static inline void fsn_spin_lock_bh(spinlock_t *lock)
{
	fsn_spin_lock(lock);
}

static inline void fsn_spin_unlock_bh(spinlock_t *lock)
{
	fsn_spin_unlock(lock);
}

/* @flags is an unsigned long of the caller's. */
#define fsn_spin_lock_irqsave(lock, flags) ((flags) = 0, fsn_spin_lock(lock))

static inline void fsn_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	(void)flags;
	fsn_spin_unlock(lock);
}

/* ---- mutex ---- */

#define FSN_MUTEX_INITIALIZER(name) \
	{ { 0 }, FSN_RAW_SPIN_LOCK_UNLOCKED, { { 0 } }, { &(name).wait_list, &(name).wait_list } }
#define FSN_DEFINE_MUTEX(name) struct mutex name = FSN_MUTEX_INITIALIZER(name)

static inline void fsn_mutex_init(struct mutex *lock)
{
	fsn_WRITE_ONCE(lock->owner.counter, 0);
	fsn_WRITE_ONCE(lock->wait_lock.raw_lock.word, 0);
	fsn_WRITE_ONCE(lock->osq.tail.counter, 0);
	lock->wait_list.next = &lock->wait_list;
	lock->wait_list.prev = &lock->wait_list;
}

static inline void fsn_mutex_destroy(struct mutex *lock)
{
	(void)lock;
}

static inline void fsn_mutex_lock(struct mutex *lock)
{
	if (fsn_unlikely(!fsn_word_acquire(&lock->owner.counter, 0, FSN_LOCKED))) {
		fsn_mutex_lock_slow(lock);
		fsn_got_in_library(&lock->owner.counter);
	}
}

static inline void fsn_mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	(void)subclass;
	fsn_mutex_lock(lock);
}

static inline int fsn_mutex_trylock(struct mutex *lock)
{
	long state = fsn_READ_ONCE(lock->owner.counter);

	while (!(state & FSN_LOCKED)) {
		if (__atomic_compare_exchange_n(&lock->owner.counter, &state, state | FSN_LOCKED, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return 1;
	}
	return 0;
}

static inline void fsn_mutex_unlock(struct mutex *lock)
{
	if (fsn_unlikely(!fsn_word_release(&lock->owner.counter, FSN_LOCKED, 0))) {
		fsn_given_to_library(&lock->owner.counter);
		fsn_mutex_unlock_slow(lock);
	}
}

static inline bool fsn_mutex_is_locked(const struct mutex *lock)
{
	return (fsn_READ_ONCE(lock->owner.counter) & FSN_LOCKED) != 0;
}

/* ---- reader-writer lock ---- */

#define FSN_RW_LOCK_UNLOCKED { 0, 0 }
#define FSN_DEFINE_RWLOCK(name) rwlock_t name = FSN_RW_LOCK_UNLOCKED

/* The parts that lock and semaphore share; @wordp points to either's word. */
#define fsn_rw_try_read(wordp) __extension__ ({						\
	__typeof__(*(wordp)) fsn_state = fsn_READ_ONCE(*(wordp));			\
	bool fsn_taken = false;								\
											\
	while (!fsn_taken && !(fsn_state & (FSN_RW_WRITER | FSN_RW_WAITERS)))		\
		fsn_taken = __atomic_compare_exchange_n((wordp), &fsn_state,		\
							fsn_state + FSN_RW_READER, false,	\
							__ATOMIC_ACQUIRE, __ATOMIC_RELAXED);	\
	fsn_taken;									\
})

/* False: the caller is the last reader, still counted, and somebody waits. */
#define fsn_rw_leave_read(wordp) __extension__ ({					\
	__typeof__(*(wordp)) fsn_state = fsn_READ_ONCE(*(wordp));			\
	bool fsn_left = false;								\
											\
	while (!fsn_left && fsn_state != (FSN_RW_READER | FSN_RW_WAITERS))		\
		fsn_left = __atomic_compare_exchange_n((wordp), &fsn_state,		\
						       fsn_state - FSN_RW_READER, false,	\
						       __ATOMIC_RELEASE, __ATOMIC_RELAXED);	\
	fsn_left;									\
})

static inline void fsn_rwlock_init(rwlock_t *lock)
{
	fsn_WRITE_ONCE(lock->word, 0);
	fsn_WRITE_ONCE(lock->wait, 0);
}

static inline int fsn_read_trylock(rwlock_t *lock)
{
	return fsn_rw_try_read(&lock->word);
}

static inline void fsn_read_lock(rwlock_t *lock)
{
	if (fsn_unlikely(!fsn_rw_try_read(&lock->word))) {
		fsn_read_lock_slow(lock);
		fsn_got_in_library(&lock->word);
	}
}

static inline void fsn_read_unlock(rwlock_t *lock)
{
	if (fsn_unlikely(!fsn_rw_leave_read(&lock->word))) {
		fsn_given_to_library(&lock->word);
		fsn_rwlock_pass_on(lock);
	}
}

static inline int fsn_write_trylock(rwlock_t *lock)
{
	return fsn_word_acquire(&lock->word, 0, FSN_RW_WRITER);
}

static inline void fsn_write_lock(rwlock_t *lock)
{
	if (fsn_unlikely(!fsn_word_acquire(&lock->word, 0, FSN_RW_WRITER))) {
		fsn_write_lock_slow(lock);
		fsn_got_in_library(&lock->word);
	}
}

static inline void fsn_write_unlock(rwlock_t *lock)
{
	if (fsn_unlikely(!fsn_word_release(&lock->word, FSN_RW_WRITER, 0))) {
		fsn_given_to_library(&lock->word);
		fsn_rwlock_pass_on(lock);
	}
}

static inline void fsn_read_lock_irq(rwlock_t *lock)
{
	fsn_read_lock(lock);
}

static inline void fsn_read_unlock_irq(rwlock_t *lock)
{
	fsn_read_unlock(lock);
}

static inline void fsn_write_lock_irq(rwlock_t *lock)
{
	fsn_write_lock(lock);
}

static inline void fsn_write_unlock_irq(rwlock_t *lock)
{
	fsn_write_unlock(lock);
}

#define fsn_read_lock_irqsave(lock, flags) ((flags) = 0, fsn_read_lock(lock))
#define fsn_write_lock_irqsave(lock, flags) ((flags) = 0, fsn_write_lock(lock))

static inline void fsn_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	(void)flags;
	fsn_read_unlock(lock);
}

static inline void fsn_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	(void)flags;
	fsn_write_unlock(lock);
}

/* ---- reader-writer semaphore ---- */

#define FSN_RWSEM_INITIALIZER(name) \
	{ { 0 }, { 0 }, { { 0 } }, FSN_RAW_SPIN_LOCK_UNLOCKED, { &(name).wait_list, &(name).wait_list } }
#define FSN_DECLARE_RWSEM(name) struct rw_semaphore name = FSN_RWSEM_INITIALIZER(name)

static inline void fsn_init_rwsem(struct rw_semaphore *sem)
{
	fsn_WRITE_ONCE(sem->count.counter, 0);
	fsn_WRITE_ONCE(sem->owner.counter, 0);
	fsn_WRITE_ONCE(sem->osq.tail.counter, 0);
	fsn_WRITE_ONCE(sem->wait_lock.raw_lock.word, 0);
	sem->wait_list.next = &sem->wait_list;
	sem->wait_list.prev = &sem->wait_list;
}

static inline int fsn_down_read_trylock(struct rw_semaphore *sem)
{
	return fsn_rw_try_read(&sem->count.counter);
}

static inline void fsn_down_read(struct rw_semaphore *sem)
{
	if (fsn_unlikely(!fsn_rw_try_read(&sem->count.counter))) {
		fsn_down_read_slow(sem);
		fsn_got_in_library(&sem->count.counter);
	}
}

static inline void fsn_up_read(struct rw_semaphore *sem)
{
	if (fsn_unlikely(!fsn_rw_leave_read(&sem->count.counter))) {
		fsn_given_to_library(&sem->count.counter);
		fsn_rwsem_pass_on(sem);
	}
}

static inline int fsn_down_write_trylock(struct rw_semaphore *sem)
{
	return fsn_word_acquire(&sem->count.counter, 0, FSN_RW_WRITER);
}

static inline void fsn_down_write(struct rw_semaphore *sem)
{
	if (fsn_unlikely(!fsn_word_acquire(&sem->count.counter, 0, FSN_RW_WRITER))) {
		fsn_down_write_slow(sem);
		fsn_got_in_library(&sem->count.counter);
	}
}

static inline void fsn_up_write(struct rw_semaphore *sem)
{
	if (fsn_unlikely(!fsn_word_release(&sem->count.counter, FSN_RW_WRITER, 0))) {
		fsn_given_to_library(&sem->count.counter);
		fsn_rwsem_pass_on(sem);
	}
}

static inline void fsn_down_read_nested(struct rw_semaphore *sem, int subclass)
{
	(void)subclass;
	fsn_down_read(sem);
}

static inline void fsn_down_write_nested(struct rw_semaphore *sem, int subclass)
{
	(void)subclass;
	fsn_down_write(sem);
}

static inline int fsn_rwsem_is_locked(const struct rw_semaphore *sem)
{
	return (fsn_READ_ONCE(sem->count.counter) & ~(long)FSN_RW_WAITERS) != 0;
}

/* ---- checks: whether anybody holds the lock; who does is not recorded ---- */

/* @lock is any of the four, of @size bytes: the word comes first, an int in the small ones, a long in the large ones. */
static inline bool fsn_lock_word_is_held(const void *lock, size_t size)
{
	if (size <= sizeof(rwlock_t))
		return (__atomic_load_n((const __u32 *)lock, __ATOMIC_RELAXED) & ~(__u32)FSN_PARKED) != 0;
	return (__atomic_load_n((const long *)lock, __ATOMIC_RELAXED) & ~(long)FSN_PARKED) != 0;
}

#define fsn_lockdep_is_held(lock) fsn_lock_word_is_held((lock), sizeof(*(lock)))

/* Warns, with the name of the calling function, unless somebody holds @lock. */
#define fsn_lockdep_assert_held(lock)							\
	(fsn_likely(fsn_lockdep_is_held(lock)) ? (void)0 : fsn_log(FSN_LOG_WARNING, __func__, "not held: " #lock))
#define fsn_assert_spin_locked(lock)							\
	(fsn_likely(fsn_spin_is_locked(lock)) ? (void)0 : fsn_log(FSN_LOG_WARNING, __func__, "not held: " #lock))

#endif /* FSN_LOCK_H */
