/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_REFCOUNT_H
#define _FSN_LINUX_REFCOUNT_H

#include "../fsn/refcount.h"
#include <linux/atomic.h>

#define REFCOUNT_INIT(n) FSN_REFCOUNT_INIT(n)
#define REFCOUNT_MAX FSN_REFCOUNT_MAX
#define REFCOUNT_SATURATED FSN_REFCOUNT_SATURATED

static inline void refcount_set(refcount_t *r, int n)
{
	fsn_refcount_set(r, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return fsn_refcount_read(r);
}

static inline void refcount_add(int i, refcount_t *r)
{
	fsn_refcount_add(i, r);
}

static inline void refcount_inc(refcount_t *r)
{
	fsn_refcount_inc(r);
}

static inline void refcount_dec(refcount_t *r)
{
	fsn_refcount_dec(r);
}

static inline __must_check bool refcount_add_not_zero(int i, refcount_t *r)
{
	return fsn_refcount_add_not_zero(i, r);
}

static inline __must_check bool refcount_inc_not_zero(refcount_t *r)
{
	return fsn_refcount_inc_not_zero(r);
}

static inline __must_check bool refcount_sub_and_test(int i, refcount_t *r)
{
	return fsn_refcount_sub_and_test(i, r);
}

static inline __must_check bool refcount_dec_and_test(refcount_t *r)
{
	return fsn_refcount_dec_and_test(r);
}

static inline __must_check bool refcount_dec_if_one(refcount_t *r)
{
	return fsn_refcount_dec_if_one(r);
}

static inline __must_check bool refcount_dec_not_one(refcount_t *r)
{
	return fsn_refcount_dec_not_one(r);
}

static inline __must_check bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	return fsn_refcount_dec_and_lock(r, lock);
}

static inline __must_check bool refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
{
	return fsn_refcount_dec_and_mutex_lock(r, lock);
}

#endif /* _FSN_LINUX_REFCOUNT_H */
