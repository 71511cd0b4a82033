/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MUTEX_H
#define _FSN_LINUX_MUTEX_H

#include "../fsn/lock.h"
#include <linux/atomic.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define __MUTEX_INITIALIZER(name) FSN_MUTEX_INITIALIZER(name)
#define DEFINE_MUTEX(name) FSN_DEFINE_MUTEX(name)
#define mutex_init(lock) fsn_mutex_init(lock)
#define mutex_lock_nested(lock, subclass) fsn_mutex_lock_nested(lock, subclass)

static inline void mutex_destroy(struct mutex *lock)
{
	fsn_mutex_destroy(lock);
}

static inline void mutex_lock(struct mutex *lock)
{
	fsn_mutex_lock(lock);
}

static inline int mutex_trylock(struct mutex *lock)
{
	return fsn_mutex_trylock(lock);
}

static inline void mutex_unlock(struct mutex *lock)
{
	fsn_mutex_unlock(lock);
}

static inline bool mutex_is_locked(struct mutex *lock)
{
	return fsn_mutex_is_locked(lock);
}

#endif /* _FSN_LINUX_MUTEX_H */
