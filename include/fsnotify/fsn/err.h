/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pointers that carry a negative errno: the last FSN_MAX_ERRNO addresses are never those of an object.
 */
#ifndef FSN_ERR_H
#define FSN_ERR_H

#include "types.h"

#define FSN_MAX_ERRNO 4095

FSN_BEGIN_DECLS

static inline void *fsn_ERR_PTR(long error)
{
	return (void *)error;
}

static inline long fsn_PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool fsn_IS_ERR(const void *ptr)
{
	return fsn_unlikely((unsigned long)ptr >= -(unsigned long)FSN_MAX_ERRNO);
}

static inline bool fsn_IS_ERR_OR_NULL(const void *ptr)
{
	return fsn_unlikely(!ptr) || fsn_IS_ERR(ptr);
}

/* The same error as a pointer to another type. */
static inline void *fsn_ERR_CAST(const void *ptr)
{
	return (void *)(unsigned long)ptr;
}

static inline int fsn_PTR_ERR_OR_ZERO(const void *ptr)
{
	return fsn_IS_ERR(ptr) ? (int)fsn_PTR_ERR(ptr) : 0;
}

FSN_END_DECLS

#endif /* FSN_ERR_H */
