/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_BUILD_BUG_H
#define _FSN_LINUX_BUILD_BUG_H

#include <linux/compiler.h>

/* An error at compile time, also where only the optimiser knows the answer. */
#define BUILD_BUG_ON(condition) ((void)sizeof(char[1 - 2 * !!(condition)]))
#define BUILD_BUG_ON_MSG(condition, text) BUILD_BUG_ON(condition)
#define BUILD_BUG_ON_ZERO(condition) ((int)(sizeof(char[1 - 2 * !!(condition)]) - 1))
#ifndef static_assert
#define static_assert(condition, ...) _Static_assert(condition, #condition)
#endif

#endif /* _FSN_LINUX_BUILD_BUG_H */
