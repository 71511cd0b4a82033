/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's short names of types, over those that user space has.
 */
#ifndef _FSN_LINUX_TYPES_H
#define _FSN_LINUX_TYPES_H

#pragma GCC system_header
#include_next <linux/types.h>

#include <limits.h>
#include <sys/types.h>
#include "../fsn/atomic.h"
#include "../fsn/types.h"
#include <linux/compiler.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

typedef unsigned int gfp_t;
typedef unsigned int fmode_t;
typedef unsigned int slab_flags_t;
typedef unsigned short umode_t;
typedef s64 ktime_t;
typedef unsigned long pgoff_t;
typedef u64 sector_t;
typedef void *fl_owner_t;
#ifndef __USE_MISC
/* the C library has it only on request */
typedef int64_t loff_t;
#endif

#define ATOMIC_INIT(value) FSN_ATOMIC_INIT(value)

/* A callback that waits for a grace period. */
#define rcu_head callback_head

#endif /* _FSN_LINUX_TYPES_H */
