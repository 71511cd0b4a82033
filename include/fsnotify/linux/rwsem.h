/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RWSEM_H
#define _FSN_LINUX_RWSEM_H

#include "../fsn/lock.h"
#include <linux/atomic.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define __RWSEM_INITIALIZER(name) FSN_RWSEM_INITIALIZER(name)
#define DECLARE_RWSEM(name) FSN_DECLARE_RWSEM(name)
#define init_rwsem(sem) fsn_init_rwsem(sem)
#define down_read_nested(sem, subclass) fsn_down_read_nested(sem, subclass)
#define down_write_nested(sem, subclass) fsn_down_write_nested(sem, subclass)

static inline void down_read(struct rw_semaphore *sem)
{
	fsn_down_read(sem);
}

static inline int down_read_trylock(struct rw_semaphore *sem)
{
	return fsn_down_read_trylock(sem);
}

static inline void up_read(struct rw_semaphore *sem)
{
	fsn_up_read(sem);
}

static inline void down_write(struct rw_semaphore *sem)
{
	fsn_down_write(sem);
}

static inline int down_write_trylock(struct rw_semaphore *sem)
{
	return fsn_down_write_trylock(sem);
}

static inline void up_write(struct rw_semaphore *sem)
{
	fsn_up_write(sem);
}

static inline void downgrade_write(struct rw_semaphore *sem)
{
	fsn_downgrade_write(sem);
}

static inline int rwsem_is_locked(struct rw_semaphore *sem)
{
	return fsn_rwsem_is_locked(sem);
}

#endif /* _FSN_LINUX_RWSEM_H */
