/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address space: plain copies.
 */
#ifndef _FSN_LINUX_UACCESS_H
#define _FSN_LINUX_UACCESS_H

#include <string.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#define access_ok(address, size) ((void)(address), (void)(size), 1)

static inline unsigned long __must_check copy_from_user(void *to, const void __user *from, unsigned long size)
{
	memcpy(to, from, size);
	return 0;
}

static inline unsigned long __must_check copy_to_user(void __user *to, const void *from, unsigned long size)
{
	memcpy(to, from, size);
	return 0;
}

static inline unsigned long __must_check clear_user(void __user *to, unsigned long size)
{
	memset(to, 0, size);
	return 0;
}

#define put_user(value, address) (*(address) = (value), 0)
#define get_user(value, address) ((value) = *(address), 0)

#endif /* _FSN_LINUX_UACCESS_H */
