/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-copy-update: an SRCU domain of its own, so readers may sleep, though kernel code never does. The prototypes stand in
 * abi.h.
 */
#ifndef FSN_RCU_H
#define FSN_RCU_H

#include "compiler.h"
#include "types.h"

/* The kernel's other name of the struct; as a macro it serves in declarations, and in pointers to the type, alike. */
#define fsn_rcu_head callback_head

#define fsn_synchronize_rcu_expedited() fsn_synchronize_rcu()

/* Acquire, where a kernel relies on the dependency: it costs nothing on x86 and little elsewhere. */
#define fsn_rcu_dereference(p) fsn_smp_load_acquire(&(p))
#define fsn_rcu_dereference_check(p, condition) fsn_smp_load_acquire(&(p))
#define fsn_rcu_dereference_raw(p) fsn_smp_load_acquire(&(p))
/* The caller holds the lock that protects the pointer. */
#define fsn_rcu_dereference_protected(p, condition) (p)
/* Only to be compared with NULL. */
#define fsn_rcu_access_pointer(p) fsn_READ_ONCE(p)
#define fsn_rcu_assign_pointer(p, value) fsn_smp_store_release(&(p), value)
#define fsn_RCU_INIT_POINTER(p, value) fsn_WRITE_ONCE(p, value)
#define fsn_rcu_replace_pointer(p, value, condition) __atomic_exchange_n(&(p), value, __ATOMIC_ACQ_REL)

/* Frees @ptr, whose member @head is a struct callback_head, after a grace period. NULL is ignored. */
#define fsn_kfree_rcu(ptr, head) \
	do { \
		__typeof__(ptr) fsn_freed_ = (ptr); \
		if (fsn_freed_) \
			fsn_kvfree_call_rcu(&fsn_freed_->head, (void *)fsn_freed_); \
	} while (0)
#define fsn_kvfree_rcu(ptr, head) fsn_kfree_rcu(ptr, head)
/* Without a head: waits for the grace period. */
#define fsn_kfree_rcu_mightsleep(ptr) fsn_kvfree_call_rcu(NULL, (void *)(ptr))

#endif /* FSN_RCU_H */
