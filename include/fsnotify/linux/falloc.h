/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_FALLOC_H
#define _FSN_LINUX_FALLOC_H

#pragma GCC system_header
#include_next <linux/falloc.h>

#endif /* _FSN_LINUX_FALLOC_H */
