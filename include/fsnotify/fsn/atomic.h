/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters and bits that several threads change. Order is the kernel's: an operation that returns something about the value
 * is fully ordered, one that returns nothing is not ordered at all, a failed conditional one neither.
 */
#ifndef FSN_ATOMIC_H
#define FSN_ATOMIC_H

#include <stdbool.h>
#include <asm/types.h>

#include "compiler.h"

typedef struct atomic_t {
	int counter;
} atomic_t;

typedef struct atomic_long_t {
	long counter;
} atomic_long_t;

typedef struct atomic64_t {
	__s64 counter;
} atomic64_t;

#define FSN_ATOMIC_INIT(value) { (value) }
#define FSN_ATOMIC_LONG_INIT(value) { (value) }
#define FSN_ATOMIC64_INIT(value) { (value) }

/* fsn_<name>_add() and its family for one operator: without result, with the new value, with the old one. */
#define FSN_ATOMIC_OPERATOR(name, type, number, op, builtin)				\
static inline void fsn_##name##_##op(number by, type *v)				\
{											\
	(void)__atomic_fetch_##builtin(&v->counter, by, __ATOMIC_RELAXED);		\
}											\
static inline number fsn_##name##_##op##_return(number by, type *v)			\
{											\
	return __atomic_##builtin##_fetch(&v->counter, by, __ATOMIC_SEQ_CST);		\
}											\
static inline number fsn_##name##_fetch_##op(number by, type *v)			\
{											\
	return __atomic_fetch_##builtin(&v->counter, by, __ATOMIC_SEQ_CST);		\
}

/* Everything that one width of counter can do. */
#define FSN_ATOMIC_FAMILY(name, type, number)						\
FSN_ATOMIC_OPERATOR(name, type, number, add, add)					\
FSN_ATOMIC_OPERATOR(name, type, number, sub, sub)					\
FSN_ATOMIC_OPERATOR(name, type, number, and, and)					\
FSN_ATOMIC_OPERATOR(name, type, number, or, or)						\
FSN_ATOMIC_OPERATOR(name, type, number, xor, xor)					\
static inline number fsn_##name##_read(const type *v)					\
{											\
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);				\
}											\
static inline number fsn_##name##_read_acquire(const type *v)				\
{											\
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);				\
}											\
static inline void fsn_##name##_set(type *v, number value)				\
{											\
	__atomic_store_n(&v->counter, value, __ATOMIC_RELAXED);				\
}											\
static inline void fsn_##name##_set_release(type *v, number value)			\
{											\
	__atomic_store_n(&v->counter, value, __ATOMIC_RELEASE);				\
}											\
static inline void fsn_##name##_andnot(number bits, type *v)				\
{											\
	fsn_##name##_and(~bits, v);							\
}											\
static inline void fsn_##name##_inc(type *v)						\
{											\
	fsn_##name##_add(1, v);								\
}											\
static inline void fsn_##name##_dec(type *v)						\
{											\
	fsn_##name##_sub(1, v);								\
}											\
static inline number fsn_##name##_inc_return(type *v)					\
{											\
	return fsn_##name##_add_return(1, v);						\
}											\
static inline number fsn_##name##_dec_return(type *v)					\
{											\
	return fsn_##name##_sub_return(1, v);						\
}											\
static inline number fsn_##name##_fetch_inc(type *v)					\
{											\
	return fsn_##name##_fetch_add(1, v);						\
}											\
static inline number fsn_##name##_fetch_dec(type *v)					\
{											\
	return fsn_##name##_fetch_sub(1, v);						\
}											\
static inline bool fsn_##name##_sub_and_test(number by, type *v)			\
{											\
	return fsn_##name##_sub_return(by, v) == 0;					\
}											\
static inline bool fsn_##name##_dec_and_test(type *v)					\
{											\
	return fsn_##name##_sub_return(1, v) == 0;					\
}											\
static inline bool fsn_##name##_inc_and_test(type *v)					\
{											\
	return fsn_##name##_add_return(1, v) == 0;					\
}											\
static inline bool fsn_##name##_add_negative(number by, type *v)			\
{											\
	return fsn_##name##_add_return(by, v) < 0;					\
}											\
static inline number fsn_##name##_xchg(type *v, number value)				\
{											\
	return __atomic_exchange_n(&v->counter, value, __ATOMIC_SEQ_CST);		\
}											\
/* Stores @value if it finds *@old; otherwise tells in *@old what it found. */		\
static inline bool fsn_##name##_try_cmpxchg(type *v, number *old, number value)		\
{											\
	return __atomic_compare_exchange_n(&v->counter, old, value, false,		\
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);		\
}											\
static inline number fsn_##name##_cmpxchg(type *v, number old, number value)		\
{											\
	(void)fsn_##name##_try_cmpxchg(v, &old, value);					\
	return old;									\
}											\
/* Adds @by unless the value is @unless; returns the old value. */			\
static inline number fsn_##name##_fetch_add_unless(type *v, number by, number unless)	\
{											\
	number old = fsn_##name##_read(v);						\
											\
	while (old != unless && !fsn_##name##_try_cmpxchg(v, &old, old + by))		\
		;									\
	return old;									\
}											\
static inline bool fsn_##name##_add_unless(type *v, number by, number unless)		\
{											\
	return fsn_##name##_fetch_add_unless(v, by, unless) != unless;			\
}											\
static inline bool fsn_##name##_inc_not_zero(type *v)					\
{											\
	return fsn_##name##_add_unless(v, 1, 0);					\
}											\
/* Subtracts one unless the result were negative; returns the result all the same. */	\
static inline number fsn_##name##_dec_if_positive(type *v)				\
{											\
	number old = fsn_##name##_read(v);						\
											\
	while (old > 0 && !fsn_##name##_try_cmpxchg(v, &old, old - 1))			\
		;									\
	return old - 1;									\
}

FSN_ATOMIC_FAMILY(atomic, atomic_t, int)
FSN_ATOMIC_FAMILY(atomic_long, atomic_long_t, long)
FSN_ATOMIC_FAMILY(atomic64, atomic64_t, __s64)

/* The same for a plain variable or pointer: fully ordered. */
#define fsn_xchg(ptr, value) __atomic_exchange_n((ptr), (value), __ATOMIC_SEQ_CST)

#define fsn_cmpxchg(ptr, old, value) __extension__ ({					\
	__typeof__(*(ptr)) fsn_found = (old);						\
	(void)__atomic_compare_exchange_n((ptr), &fsn_found, (value), false,		\
					  __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);		\
	fsn_found;									\
})

#define fsn_try_cmpxchg(ptr, oldp, value)						\
	__atomic_compare_exchange_n((ptr), (oldp), (value), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

/* Bits of an array of unsigned long, counted from 0. */
#define FSN_BITS_PER_LONG (8 * (long)sizeof(unsigned long))

static inline unsigned long fsn_bit_mask(long nr)
{
	return 1UL << (nr % FSN_BITS_PER_LONG);
}

static inline void fsn_set_bit(long nr, volatile unsigned long *bits)
{
	(void)__atomic_fetch_or(bits + nr / FSN_BITS_PER_LONG, fsn_bit_mask(nr), __ATOMIC_RELAXED);
}

static inline void fsn_clear_bit(long nr, volatile unsigned long *bits)
{
	(void)__atomic_fetch_and(bits + nr / FSN_BITS_PER_LONG, ~fsn_bit_mask(nr), __ATOMIC_RELAXED);
}

static inline bool fsn_test_bit(long nr, const volatile unsigned long *bits)
{
	return (__atomic_load_n(bits + nr / FSN_BITS_PER_LONG, __ATOMIC_RELAXED) & fsn_bit_mask(nr)) != 0;
}

static inline bool fsn_test_and_set_bit(long nr, volatile unsigned long *bits)
{
	unsigned long old = __atomic_fetch_or(bits + nr / FSN_BITS_PER_LONG, fsn_bit_mask(nr), __ATOMIC_SEQ_CST);

	return (old & fsn_bit_mask(nr)) != 0;
}

static inline bool fsn_test_and_clear_bit(long nr, volatile unsigned long *bits)
{
	unsigned long old = __atomic_fetch_and(bits + nr / FSN_BITS_PER_LONG, ~fsn_bit_mask(nr), __ATOMIC_SEQ_CST);

	return (old & fsn_bit_mask(nr)) != 0;
}

/* Not atomic: for an array that nobody else changes meanwhile. */
static inline void fsn___set_bit(long nr, volatile unsigned long *bits)
{
	bits[nr / FSN_BITS_PER_LONG] |= fsn_bit_mask(nr);
}

static inline void fsn___clear_bit(long nr, volatile unsigned long *bits)
{
	bits[nr / FSN_BITS_PER_LONG] &= ~fsn_bit_mask(nr);
}

#endif /* FSN_ATOMIC_H */
