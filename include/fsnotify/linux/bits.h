/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_BITS_H
#define _FSN_LINUX_BITS_H

#include <linux/types.h>

#define BITS_PER_BYTE 8
#define BITS_PER_LONG ((int)sizeof(long) * BITS_PER_BYTE)
#define BIT(nr) (1UL << (nr))
#define BIT_ULL(nr) (1ULL << (nr))
#define BIT_MASK(nr) (1UL << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
#define BITS_TO_LONGS(bits) (((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define HWEIGHT32(w) ((unsigned int)__builtin_popcount(w))

#endif /* _FSN_LINUX_BITS_H */
