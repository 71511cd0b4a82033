/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_STRING_H
#define _FSN_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>
#include "../fsn/mem.h"

static inline char *kstrdup(const char *text, gfp_t flags)
{
	return fsn_kstrdup(text, flags);
}

static inline char *kstrndup(const char *text, size_t max, gfp_t flags)
{
	return fsn_kstrndup(text, max, flags);
}

static inline void *kmemdup(const void *from, size_t size, gfp_t flags)
{
	return fsn_kmemdup(from, size, flags);
}

#endif /* _FSN_LINUX_STRING_H */
