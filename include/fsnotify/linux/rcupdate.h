/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RCUPDATE_H
#define _FSN_LINUX_RCUPDATE_H

#include "../fsn/rcu.h"
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define rcu_assign_pointer(p, value) smp_store_release(&(p), value)
#define RCU_INIT_POINTER(p, value) WRITE_ONCE(p, value)
#define RCU_INITIALIZER(value) (value)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_dereference(p) smp_load_acquire(&(p))
#define rcu_dereference_raw(p) smp_load_acquire(&(p))
#define rcu_dereference_check(p, condition) smp_load_acquire(&(p))
#define rcu_dereference_protected(p, condition) (p)
#define rcu_replace_pointer(p, value, condition) xchg(&(p), value)
#define kfree_rcu(ptr, member) fsn_kfree_rcu(ptr, member)

static inline void rcu_read_lock(void)
{
	fsn_rcu_read_lock();
}

static inline void rcu_read_unlock(void)
{
	fsn_rcu_read_unlock();
}

static inline int rcu_read_lock_held(void)
{
	return fsn_rcu_read_lock_held();
}

static inline void synchronize_rcu(void)
{
	fsn_synchronize_rcu();
}

static inline void rcu_barrier(void)
{
	fsn_rcu_barrier();
}

static inline void call_rcu(struct callback_head *head, void (*func)(struct callback_head *head))
{
	fsn_call_rcu(head, func);
}

#endif /* _FSN_LINUX_RCUPDATE_H */
