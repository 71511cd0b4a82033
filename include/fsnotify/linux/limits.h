/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_LIMITS_H
#define _FSN_LINUX_LIMITS_H

#pragma GCC system_header
#include_next <linux/limits.h>
#include <limits.h>

#define U8_MAX ((unsigned char)~0U)
#define S8_MAX ((signed char)(U8_MAX >> 1))
#define U16_MAX ((unsigned short)~0U)
#define S16_MAX ((short)(U16_MAX >> 1))
#define U32_MAX (~0U)
#define S32_MAX ((int)(U32_MAX >> 1))
#define U64_MAX (~0ULL)
#define S64_MAX ((long long)(U64_MAX >> 1))

#endif /* _FSN_LINUX_LIMITS_H */
