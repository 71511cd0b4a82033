/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_HASH_H
#define _FSN_LINUX_HASH_H

#include "../fsn/hash.h"
#include <linux/types.h>

#define GOLDEN_RATIO_32 FSN_GOLDEN_RATIO_32
#define GOLDEN_RATIO_64 FSN_GOLDEN_RATIO_64

static inline u32 hash_32(u32 value, unsigned int bits)
{
	return fsn_hash_32(value, bits);
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return (u32)fsn_hash_64(value, bits);
}

static inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return fsn_hash_ptr(ptr, bits);
}

static inline unsigned long hash_long(unsigned long value, unsigned int bits)
{
	return fsn_hash_long(value, bits);
}

#endif /* _FSN_LINUX_HASH_H */
