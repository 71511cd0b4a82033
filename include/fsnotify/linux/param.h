/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_PARAM_H
#define _FSN_LINUX_PARAM_H

#pragma GCC system_header
#include_next <linux/param.h>

#endif /* _FSN_LINUX_PARAM_H */
