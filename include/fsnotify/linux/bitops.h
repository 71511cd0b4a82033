/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_BITOPS_H
#define _FSN_LINUX_BITOPS_H

#include "../fsn/atomic.h"
#include <linux/bits.h>

static inline void set_bit(long nr, volatile unsigned long *bits)
{
	fsn_set_bit(nr, bits);
}

static inline void clear_bit(long nr, volatile unsigned long *bits)
{
	fsn_clear_bit(nr, bits);
}

static inline bool test_bit(long nr, const volatile unsigned long *bits)
{
	return fsn_test_bit(nr, bits);
}

static inline bool test_and_set_bit(long nr, volatile unsigned long *bits)
{
	return fsn_test_and_set_bit(nr, bits);
}

static inline bool test_and_clear_bit(long nr, volatile unsigned long *bits)
{
	return fsn_test_and_clear_bit(nr, bits);
}

static inline void __set_bit(long nr, volatile unsigned long *bits)
{
	fsn___set_bit(nr, bits);
}

static inline void __clear_bit(long nr, volatile unsigned long *bits)
{
	fsn___clear_bit(nr, bits);
}

#endif /* _FSN_LINUX_BITOPS_H */
