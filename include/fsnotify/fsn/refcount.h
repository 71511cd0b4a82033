/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference counts that saturate and warn instead of wrapping: a count that went wrong stays at FSN_REFCOUNT_SATURATED, so
 * its object leaks rather than being freed while it is used. Order: getting a reference gives none, dropping one releases,
 * dropping the last one acquires as well.
 */
#ifndef FSN_REFCOUNT_H
#define FSN_REFCOUNT_H

#include <limits.h>

#include "atomic.h"
#include "lock.h"

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

#define FSN_REFCOUNT_INIT(n) { { (n) } }
#define FSN_REFCOUNT_MAX INT_MAX
#define FSN_REFCOUNT_SATURATED (INT_MIN / 2)

/* What went wrong with a count. */
enum fsn_refcount_saturation {
	/* taken by inc_not_zero or add_not_zero past the largest count */
	FSN_REFCOUNT_ADD_NOT_ZERO_OVF,
	/* taken past the largest count */
	FSN_REFCOUNT_ADD_OVF,
	/* taken where there was none */
	FSN_REFCOUNT_ADD_UAF,
	/* dropped where there was none */
	FSN_REFCOUNT_SUB_UAF,
	/* the last one dropped by a function that cannot free */
	FSN_REFCOUNT_DEC_LEAK
};

FSN_BEGIN_DECLS
void fsn_refcount_warn_saturate(struct refcount_struct *r, __u32 kind) FSN_COLD;
FSN_END_DECLS

/* Whether @by more on top of @old is beyond what a count can be; computed without signed overflow. */
static inline bool fsn_refcount_overflows(int old, int by)
{
	return old < 0 || (int)((unsigned int)old + (unsigned int)by) < 0;
}

static inline void fsn_refcount_set(refcount_t *r, int n)
{
	fsn_atomic_set(&r->refs, n);
}

static inline unsigned int fsn_refcount_read(const refcount_t *r)
{
	return (unsigned int)fsn_atomic_read(&r->refs);
}

static inline void fsn_refcount_add(int i, refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs.counter, i, __ATOMIC_RELAXED);

	if (fsn_unlikely(old == 0))
		fsn_refcount_warn_saturate(r, FSN_REFCOUNT_ADD_UAF);
	else if (fsn_unlikely(fsn_refcount_overflows(old, i)))
		fsn_refcount_warn_saturate(r, FSN_REFCOUNT_ADD_OVF);
}

static inline void fsn_refcount_inc(refcount_t *r)
{
	fsn_refcount_add(1, r);
}

static inline FSN_MUST_CHECK bool fsn_refcount_add_not_zero(int i, refcount_t *r)
{
	int old = fsn_atomic_read(&r->refs);

	while (old != 0) {
		int sum = (int)((unsigned int)old + (unsigned int)i);

		if (!__atomic_compare_exchange_n(&r->refs.counter, &old, sum, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		if (fsn_unlikely(fsn_refcount_overflows(old, i)))
			fsn_refcount_warn_saturate(r, FSN_REFCOUNT_ADD_NOT_ZERO_OVF);
		return true;
	}
	return false;
}

static inline FSN_MUST_CHECK bool fsn_refcount_inc_not_zero(refcount_t *r)
{
	return fsn_refcount_add_not_zero(1, r);
}

static inline FSN_MUST_CHECK bool fsn_refcount_sub_and_test(int i, refcount_t *r)
{
	/* one operation, not a release and a fence, which ThreadSanitizer does not understand */
	int old = __atomic_fetch_sub(&r->refs.counter, i, __ATOMIC_ACQ_REL);

	if (old > 0 && old == i)
		return true;
	if (fsn_unlikely(old <= 0 || old < i))
		fsn_refcount_warn_saturate(r, FSN_REFCOUNT_SUB_UAF);
	return false;
}

static inline FSN_MUST_CHECK bool fsn_refcount_dec_and_test(refcount_t *r)
{
	return fsn_refcount_sub_and_test(1, r);
}

static inline void fsn_refcount_dec(refcount_t *r)
{
	if (fsn_unlikely(__atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_RELEASE) <= 1))
		fsn_refcount_warn_saturate(r, FSN_REFCOUNT_DEC_LEAK);
}

/* Drops the reference if it is the only one. */
static inline FSN_MUST_CHECK bool fsn_refcount_dec_if_one(refcount_t *r)
{
	int one = 1;

	return __atomic_compare_exchange_n(&r->refs.counter, &one, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Drops a reference unless it is the only one; true as well for a count that has gone wrong. */
static inline FSN_MUST_CHECK bool fsn_refcount_dec_not_one(refcount_t *r)
{
	int old = fsn_atomic_read(&r->refs);

	while (old > 1) {
		if (__atomic_compare_exchange_n(&r->refs.counter, &old, old - 1, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			return true;
	}
	if (old == 1)
		return false;
	if (old != FSN_REFCOUNT_SATURATED)
		fsn_refcount_warn_saturate(r, FSN_REFCOUNT_SUB_UAF);
	return true;
}

/* Drops a reference, the last one only under @lock; true, with the lock held, if it was the last. */
static inline FSN_MUST_CHECK bool fsn_refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	if (fsn_refcount_dec_not_one(r))
		return false;
	fsn_spin_lock(lock);
	if (fsn_refcount_dec_and_test(r))
		return true;
	fsn_spin_unlock(lock);
	return false;
}

static inline FSN_MUST_CHECK bool fsn_refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
{
	if (fsn_refcount_dec_not_one(r))
		return false;
	fsn_mutex_lock(lock);
	if (fsn_refcount_dec_and_test(r))
		return true;
	fsn_mutex_unlock(lock);
	return false;
}

/* The same for a plain counter. */
static inline FSN_MUST_CHECK bool fsn_atomic_dec_and_lock(atomic_t *v, spinlock_t *lock)
{
	if (fsn_atomic_add_unless(v, -1, 1))
		return false;
	fsn_spin_lock(lock);
	if (fsn_atomic_dec_and_test(v))
		return true;
	fsn_spin_unlock(lock);
	return false;
}

#endif /* FSN_REFCOUNT_H */
