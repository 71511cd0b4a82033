/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multiplicative hashes: the high bits of a product with the golden ratio.
 */
#ifndef FSN_HASH_H
#define FSN_HASH_H

#include "types.h"

#define FSN_GOLDEN_RATIO_32 0x61C88647U
#define FSN_GOLDEN_RATIO_64 0x61C8864680B583EBULL

FSN_BEGIN_DECLS

/* @bits of 1 to 32 */
static inline __u32 fsn_hash_32(__u32 value, unsigned int bits)
{
	return (value * FSN_GOLDEN_RATIO_32) >> (32 - bits);
}

/* @bits of 1 to 64 */
static inline __u64 fsn_hash_64(__u64 value, unsigned int bits)
{
	return (value * FSN_GOLDEN_RATIO_64) >> (64 - bits);
}

static inline unsigned long fsn_hash_long(unsigned long value, unsigned int bits)
{
	return sizeof(value) == sizeof(__u64) ? (unsigned long)fsn_hash_64(value, bits) : fsn_hash_32((__u32)value, bits);
}

static inline __u32 fsn_hash_ptr(const void *ptr, unsigned int bits)
{
	return (__u32)fsn_hash_long((unsigned long)ptr, bits);
}

FSN_END_DECLS

#endif /* FSN_HASH_H */
