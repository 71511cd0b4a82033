/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_LIMITS_H
#define _FSN_LINUX_LIMITS_H

#pragma GCC system_header
#include_next <linux/limits.h>
#include <limits.h>

#endif /* _FSN_LINUX_LIMITS_H */
