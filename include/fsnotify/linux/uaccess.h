/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_UACCESS_H
#define _FSN_LINUX_UACCESS_H

#include "../fsn/uaccess.h"
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#define access_ok(address, size) fsn_access_ok(address, size)
#define put_user(value, address) fsn_put_user(value, address)
#define get_user(value, address) fsn_get_user(value, address)
#define __put_user(value, address) fsn_put_user(value, address)
#define __get_user(value, address) fsn_get_user(value, address)

static inline unsigned long __must_check copy_from_user(void *to, const void __user *from, unsigned long size)
{
	return fsn_copy_from_user(to, from, size);
}

static inline unsigned long __must_check copy_to_user(void __user *to, const void *from, unsigned long size)
{
	return fsn_copy_to_user(to, from, size);
}

static inline unsigned long __must_check __copy_from_user(void *to, const void __user *from, unsigned long size)
{
	return fsn_copy_from_user(to, from, size);
}

static inline unsigned long __must_check __copy_to_user(void __user *to, const void *from, unsigned long size)
{
	return fsn_copy_to_user(to, from, size);
}

static inline unsigned long __must_check clear_user(void __user *to, unsigned long size)
{
	return fsn_clear_user(to, size);
}

static inline int __must_check copy_struct_from_user(void *to, size_t size, const void __user *from, size_t theirs)
{
	return fsn_copy_struct_from_user(to, size, from, theirs);
}

static inline long __must_check strncpy_from_user(char *to, const char __user *from, long max)
{
	return fsn_strncpy_from_user(to, from, max);
}

static inline long __must_check strnlen_user(const char __user *from, long max)
{
	return fsn_strnlen_user(from, max);
}

#endif /* _FSN_LINUX_UACCESS_H */
