/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SPINLOCK_H
#define _FSN_LINUX_SPINLOCK_H

#include "../fsn/lock.h"
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define __SPIN_LOCK_UNLOCKED(name) (spinlock_t)FSN_SPIN_LOCK_UNLOCKED
#define DEFINE_SPINLOCK(name) FSN_DEFINE_SPINLOCK(name)
#define DEFINE_RWLOCK(name) FSN_DEFINE_RWLOCK(name)
#define spin_lock_init(lock) fsn_spin_lock_init(lock)
#define rwlock_init(lock) fsn_rwlock_init(lock)
#define spin_lock_nested(lock, subclass) fsn_spin_lock_nested(lock, subclass)
#define spin_lock_irqsave(lock, flags) fsn_spin_lock_irqsave(lock, flags)
#define read_lock(lock) fsn_read_lock(lock)
#define read_unlock(lock) fsn_read_unlock(lock)
#define write_lock(lock) fsn_write_lock(lock)
#define write_unlock(lock) fsn_write_unlock(lock)
#define read_lock_irq(lock) fsn_read_lock_irq(lock)
#define read_unlock_irq(lock) fsn_read_unlock_irq(lock)
#define write_lock_irq(lock) fsn_write_lock_irq(lock)
#define write_unlock_irq(lock) fsn_write_unlock_irq(lock)
#define read_lock_irqsave(lock, flags) fsn_read_lock_irqsave(lock, flags)
#define read_unlock_irqrestore(lock, flags) fsn_read_unlock_irqrestore(lock, flags)
#define write_lock_irqsave(lock, flags) fsn_write_lock_irqsave(lock, flags)
#define write_unlock_irqrestore(lock, flags) fsn_write_unlock_irqrestore(lock, flags)
#define assert_spin_locked(lock) fsn_assert_spin_locked(lock)
#define atomic_dec_and_lock(v, lock) fsn_atomic_dec_and_lock(v, lock)

static inline void spin_lock(spinlock_t *lock)
{
	fsn_spin_lock(lock);
}

static inline void spin_unlock(spinlock_t *lock)
{
	fsn_spin_unlock(lock);
}

static inline int spin_trylock(spinlock_t *lock)
{
	return fsn_spin_trylock(lock);
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	fsn_spin_lock_irq(lock);
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	fsn_spin_unlock_irq(lock);
}

static inline void spin_lock_bh(spinlock_t *lock)
{
	fsn_spin_lock_bh(lock);
}

static inline void spin_unlock_bh(spinlock_t *lock)
{
	fsn_spin_unlock_bh(lock);
}

static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	fsn_spin_unlock_irqrestore(lock, flags);
}

static inline int spin_is_locked(spinlock_t *lock)
{
	return fsn_spin_is_locked(lock);
}

static inline int spin_is_contended(spinlock_t *lock)
{
	return fsn_spin_is_contended(lock);
}

#endif /* _FSN_LINUX_SPINLOCK_H */
