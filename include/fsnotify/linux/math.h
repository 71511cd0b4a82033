/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MATH_H
#define _FSN_LINUX_MATH_H

#include <linux/compiler.h>

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#ifndef roundup
#define roundup(x, y) (DIV_ROUND_UP(x, y) * (y))
#endif
#define rounddown(x, y) ((x) - (x) % (y))
#define round_up(x, y) ((((x) - 1) | (__typeof__(x))((y) - 1)) + 1)
#define round_down(x, y) ((x) & ~(__typeof__(x))((y) - 1))

#endif /* _FSN_LINUX_MATH_H */
