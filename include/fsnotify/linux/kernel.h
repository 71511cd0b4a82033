/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too; and many of the kernel's files rely on what comes along with it.
 */
#ifndef _FSN_LINUX_KERNEL_H
#define _FSN_LINUX_KERNEL_H

#pragma GCC system_header
#include_next <linux/kernel.h>

#include <limits.h>
#include <stdarg.h>
#include "array_size.h"
#include "bits.h"
#include "build_bug.h"
#include "compiler.h"
#include "container_of.h"
#include "export.h"
#include "init.h"
#include "math.h"
#include "minmax.h"
#include "panic.h"
#include "printk.h"
#include "stddef.h"
#include "types.h"

#define upper_32_bits(n) ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n) ((u32)((n) & 0xffffffff))
#define might_sleep() ((void)0)
#define might_sleep_if(condition) ((void)0)

/* Options of a kernel's configuration: what this host has is 1 in autoconf.h. */
#include "kconfig.h"

#endif /* _FSN_LINUX_KERNEL_H */
