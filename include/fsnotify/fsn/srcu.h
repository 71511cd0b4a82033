/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleepable read-copy-update. The prototypes stand in abi.h, the reasoning in src/host/process/srcu.rs.
 */
#ifndef FSN_SRCU_H
#define FSN_SRCU_H

#include "compiler.h"
#include "types.h"

FSN_STATIC_ASSERT(sizeof(struct srcu_struct) == 384, "a program may hold the only copy of a domain");

/* Zeroed memory is an idle domain. */
#define fsn_DEFINE_SRCU(name) struct srcu_struct name
#define fsn_DEFINE_STATIC_SRCU(name) static struct srcu_struct name

#define fsn_synchronize_srcu_expedited(ssp) fsn_synchronize_srcu(ssp)

/* Acquire, where a kernel relies on the dependency: it costs nothing on x86 and little elsewhere. */
#define fsn_srcu_dereference(p, ssp) fsn_smp_load_acquire(&(p))
#define fsn_srcu_dereference_check(p, ssp, condition) fsn_smp_load_acquire(&(p))
#define fsn_srcu_dereference_notrace(p, ssp) fsn_smp_load_acquire(&(p))

FSN_BEGIN_DECLS

/* What follows the unlock comes after it, for those who need more order than the unlock gives. */
static inline void fsn_smp_mb__after_srcu_read_unlock(void)
{
	fsn_smp_mb();
}

FSN_END_DECLS

#endif /* FSN_SRCU_H */
