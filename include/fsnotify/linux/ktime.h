/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_KTIME_H
#define _FSN_LINUX_KTIME_H

#include "../fsn/task.h"
#include <linux/jiffies.h>
#include <linux/types.h>

static inline ktime_t ktime_get(void)
{
	return fsn_ktime_get();
}

static inline ktime_t ktime_add(ktime_t lhs, ktime_t rhs)
{
	return fsn_ktime_add(lhs, rhs);
}

static inline ktime_t ktime_sub(ktime_t lhs, ktime_t rhs)
{
	return fsn_ktime_sub(lhs, rhs);
}

static inline s64 ktime_to_ns(ktime_t kt)
{
	return fsn_ktime_to_ns(kt);
}

static inline s64 ktime_to_ms(ktime_t kt)
{
	return fsn_ktime_to_ms(kt);
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return fsn_ms_to_ktime(ms);
}

#endif /* _FSN_LINUX_KTIME_H */
