/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_ATOMIC_H
#define _FSN_LINUX_ATOMIC_H

#include "../fsn/atomic.h"
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define ATOMIC_LONG_INIT(value) FSN_ATOMIC_LONG_INIT(value)
#define ATOMIC64_INIT(value) FSN_ATOMIC64_INIT(value)

/* atomic_add() and its family for one operator */
#define FSN_KERNEL_OPERATOR(name, type, number, op) \
	static inline void name##_##op(number by, type *v) \
	{ \
		fsn_##name##_##op(by, v); \
	} \
	static inline number name##_##op##_return(number by, type *v) \
	{ \
		return fsn_##name##_##op##_return(by, v); \
	} \
	static inline number name##_fetch_##op(number by, type *v) \
	{ \
		return fsn_##name##_fetch_##op(by, v); \
	}

/* without an operand */
#define FSN_KERNEL_STEP(name, type, result, op) \
	static inline result name##_##op(type *v) \
	{ \
		return fsn_##name##_##op(v); \
	}

#define FSN_KERNEL_ATOMIC(name, type, number) \
	FSN_KERNEL_OPERATOR(name, type, number, add) \
	FSN_KERNEL_OPERATOR(name, type, number, sub) \
	FSN_KERNEL_OPERATOR(name, type, number, and) \
	FSN_KERNEL_OPERATOR(name, type, number, or) \
	FSN_KERNEL_OPERATOR(name, type, number, xor) \
	FSN_KERNEL_STEP(name, const type, number, read) \
	FSN_KERNEL_STEP(name, const type, number, read_acquire) \
	FSN_KERNEL_STEP(name, type, number, inc_return) \
	FSN_KERNEL_STEP(name, type, number, dec_return) \
	FSN_KERNEL_STEP(name, type, number, fetch_inc) \
	FSN_KERNEL_STEP(name, type, number, fetch_dec) \
	FSN_KERNEL_STEP(name, type, number, dec_if_positive) \
	FSN_KERNEL_STEP(name, type, bool, dec_and_test) \
	FSN_KERNEL_STEP(name, type, bool, inc_and_test) \
	FSN_KERNEL_STEP(name, type, bool, inc_not_zero) \
	static inline void name##_set(type *v, number value) \
	{ \
		fsn_##name##_set(v, value); \
	} \
	static inline void name##_set_release(type *v, number value) \
	{ \
		fsn_##name##_set_release(v, value); \
	} \
	static inline void name##_inc(type *v) \
	{ \
		fsn_##name##_inc(v); \
	} \
	static inline void name##_dec(type *v) \
	{ \
		fsn_##name##_dec(v); \
	} \
	static inline bool name##_sub_and_test(number by, type *v) \
	{ \
		return fsn_##name##_sub_and_test(by, v); \
	} \
	static inline bool name##_add_unless(type *v, number by, number unless) \
	{ \
		return fsn_##name##_add_unless(v, by, unless); \
	} \
	static inline number name##_xchg(type *v, number value) \
	{ \
		return fsn_##name##_xchg(v, value); \
	} \
	static inline number name##_cmpxchg(type *v, number old, number value) \
	{ \
		return fsn_##name##_cmpxchg(v, old, value); \
	} \
	static inline bool name##_try_cmpxchg(type *v, number *old, number value) \
	{ \
		return fsn_##name##_try_cmpxchg(v, old, value); \
	}

FSN_KERNEL_ATOMIC(atomic, atomic_t, int)
FSN_KERNEL_ATOMIC(atomic_long, atomic_long_t, long)
FSN_KERNEL_ATOMIC(atomic64, atomic64_t, s64)

#define xchg(ptr, value) fsn_xchg(ptr, value)
#define cmpxchg(ptr, old, value) fsn_cmpxchg(ptr, old, value)
#define try_cmpxchg(ptr, oldp, value) fsn_try_cmpxchg(ptr, oldp, value)

#define smp_mb() fsn_smp_mb()
#define smp_rmb() fsn_smp_rmb()
#define smp_wmb() fsn_smp_wmb()
#define smp_load_acquire(p) fsn_smp_load_acquire(p)
#define smp_store_release(p, value) fsn_smp_store_release(p, value)
#define smp_mb__before_atomic() fsn_smp_mb()
#define smp_mb__after_atomic() fsn_smp_mb()

#endif /* _FSN_LINUX_ATOMIC_H */
