/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Powers of two. Of a constant these are constants, fit for the width of a bit field.
 */
#ifndef _FSN_LINUX_LOG2_H
#define _FSN_LINUX_LOG2_H

#include <linux/types.h>

/* The number of the highest bit; @n is not 0. */
#define ilog2(n) (63 - __builtin_clzll((unsigned long long)(n)))
/* of 0 to 2^63 */
#define roundup_pow_of_two(n) ((n) <= 1 ? 1UL : 1UL << (ilog2((n) - 1) + 1))
#define rounddown_pow_of_two(n) (1UL << ilog2(n))

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

#endif /* _FSN_LINUX_LOG2_H */
