/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_STRINGHASH_H
#define _FSN_LINUX_STRINGHASH_H

#include "../fsn/dentry.h"
#include <linux/hash.h>

#define hashlen_hash(hashlen) ((u32)(hashlen))
#define hashlen_len(hashlen) ((u32)((hashlen) >> 32))
#define hashlen_create(hash, len) ((u64)(len) << 32 | (u32)(hash))

static inline unsigned int full_name_hash(const void *salt, const char *name, unsigned int len)
{
	return fsn_full_name_hash(salt, name, len);
}

static inline u64 hashlen_string(const void *salt, const char *name)
{
	return fsn_hashlen_string(salt, name);
}

#endif /* _FSN_LINUX_STRINGHASH_H */
