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
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define upper_32_bits(n) ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n) ((u32)((n) & 0xffffffff))
#define might_sleep() ((void)0)
#define might_sleep_if(condition) ((void)0)

#endif /* _FSN_LINUX_KERNEL_H */
