/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SRCU_H
#define _FSN_LINUX_SRCU_H

#include "../fsn/srcu.h"
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

/* Zero is an idle domain. */
#define DEFINE_SRCU(name) struct srcu_struct name
#define DEFINE_STATIC_SRCU(name) static struct srcu_struct name
#define srcu_dereference(p, ssp) smp_load_acquire(&(p))
#define srcu_dereference_check(p, ssp, condition) smp_load_acquire(&(p))

static inline int init_srcu_struct(struct srcu_struct *ssp)
{
	return fsn_init_srcu_struct(ssp);
}

static inline void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	fsn_cleanup_srcu_struct(ssp);
}

static inline int srcu_read_lock(struct srcu_struct *ssp)
{
	return fsn_srcu_read_lock(ssp);
}

static inline void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	fsn_srcu_read_unlock(ssp, idx);
}

static inline void synchronize_srcu(struct srcu_struct *ssp)
{
	fsn_synchronize_srcu(ssp);
}

static inline void srcu_barrier(struct srcu_struct *ssp)
{
	fsn_srcu_barrier(ssp);
}

static inline int srcu_read_lock_held(const struct srcu_struct *ssp)
{
	return fsn_srcu_read_lock_held((struct srcu_struct *)ssp);
}

static inline void call_srcu(struct srcu_struct *ssp, struct callback_head *head, void (*func)(struct callback_head *head))
{
	fsn_call_srcu(ssp, head, func);
}

#endif /* _FSN_LINUX_SRCU_H */
