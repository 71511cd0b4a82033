/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_ERR_H
#define _FSN_LINUX_ERR_H

#include "../fsn/err.h"
#include <linux/errno.h>
#include <linux/types.h>

#define MAX_ERRNO FSN_MAX_ERRNO
#define IS_ERR_VALUE(x) ((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)
{
	return fsn_ERR_PTR(error);
}

static inline long PTR_ERR(const void *ptr)
{
	return fsn_PTR_ERR(ptr);
}

static inline bool IS_ERR(const void *ptr)
{
	return fsn_IS_ERR(ptr);
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return fsn_IS_ERR_OR_NULL(ptr);
}

static inline void *ERR_CAST(const void *ptr)
{
	return fsn_ERR_CAST(ptr);
}

static inline int PTR_ERR_OR_ZERO(const void *ptr)
{
	return fsn_PTR_ERR_OR_ZERO(ptr);
}

#endif /* _FSN_LINUX_ERR_H */
