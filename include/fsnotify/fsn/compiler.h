/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the other headers ask of the compiler: GCC or clang, C99 and later, or C++17.
 */
#ifndef FSN_COMPILER_H
#define FSN_COMPILER_H

#include <stddef.h>

#ifdef __cplusplus
#define FSN_BEGIN_DECLS extern "C" {
#define FSN_END_DECLS }
/* A member whose kernel name is a keyword of C++ has a trailing underscore there. */
#define FSN_CXX_KEYWORD(name) name##_
#define FSN_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define FSN_BEGIN_DECLS
#define FSN_END_DECLS
#define FSN_CXX_KEYWORD(name) name
#define FSN_STATIC_ASSERT(condition, text) __extension__ _Static_assert(condition, text)
#endif

#define FSN_ALIGNED(bytes) __attribute__((__aligned__(bytes)))
#define FSN_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))
#define FSN_COLD __attribute__((__cold__))
#define FSN_MUST_CHECK __attribute__((__warn_unused_result__))

#define fsn_likely(x) __builtin_expect(!!(x), 1)
#define fsn_unlikely(x) __builtin_expect(!!(x), 0)

/* One load or store that the compiler neither repeats nor tears; no order. */
#define fsn_READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define fsn_WRITE_ONCE(x, value) __atomic_store_n(&(x), (value), __ATOMIC_RELAXED)
#define fsn_smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define fsn_smp_store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define fsn_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define fsn_smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define fsn_smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define fsn_smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/*
 * The struct of which @ptr points to a member. The conditional operator never picks its last operand: it is there so that
 * the compiler compares the types.
 */
#define fsn_container_of(ptr, type, member) \
	((type *)(void *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

#define fsn_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif /* FSN_COMPILER_H */
