/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies from and to memory of a caller that may not be there: -EFAULT in place of a signal. The functions are declared in
 * abi.h. What another thread unmaps during the copy is a fault all the same.
 */
#ifndef FSN_UACCESS_H
#define FSN_UACCESS_H

#include <errno.h>
#include "err.h"
#include "mem.h"
#include "types.h"

FSN_BEGIN_DECLS

/* A struct of a caller who may know fewer of its members, which are zero then, or more, which must be zero: -E2BIG. */
static inline int fsn_copy_struct_from_user(void *to, size_t size, const void *from, size_t theirs)
{
	const size_t common = size < theirs ? size : theirs;
	unsigned char byte;
	size_t at;

	for (at = common; at < theirs; at++) {
		if (fsn_copy_from_user(&byte, (const char *)from + at, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	__builtin_memset((char *)to + common, 0, size - common);
	return fsn_copy_from_user(to, from, common) ? -EFAULT : 0;
}

/* A copy made by fsn_kmalloc(), or ERR_PTR(-ENOMEM) or ERR_PTR(-EFAULT). */
static inline void *fsn_memdup_user(const void *from, size_t size)
{
	void *to = fsn_kmalloc(size, FSN_GFP_USER);

	if (!to)
		return fsn_ERR_PTR(-ENOMEM);
	if (fsn_copy_from_user(to, from, size)) {
		fsn_kfree(to);
		return fsn_ERR_PTR(-EFAULT);
	}
	return to;
}

/* The same for a string of at most @max bytes with its NUL: ERR_PTR(-EINVAL) if it is longer. */
static inline char *fsn_strndup_user(const char *from, long max)
{
	const long size = fsn_strnlen_user(from, max);
	char *to;

	if (!size)
		return (char *)fsn_ERR_PTR(-EFAULT);
	if (size > max)
		return (char *)fsn_ERR_PTR(-EINVAL);
	to = (char *)fsn_memdup_user(from, (size_t)size);
	if (!fsn_IS_ERR(to))
		to[size - 1] = '\0';
	return to;
}

/* The bits of a variable of 1, 2, 4 or 8 bytes. */
static inline int fsn_get_user_value(__u64 *value, const void *from, size_t size)
{
	union {
		__u8 u8;
		__u16 u16;
		__u32 u32;
		__u64 u64;
	} raw;
	const int error = fsn_copy_from_user(&raw, from, size) ? -EFAULT : 0;

	*value = size == 1 ? raw.u8 : size == 2 ? raw.u16 : size == 4 ? raw.u32 : raw.u64;
	return error;
}

FSN_END_DECLS

/* One value; each is an expression, 0 or -EFAULT. */
#define fsn_put_user(value, address) __extension__				\
	({									\
		__typeof__(*(address)) fsn_value = (value);			\
										\
		fsn_copy_to_user((address), &fsn_value, sizeof(fsn_value)) ? -EFAULT : 0; \
	})
/* The variable is 0 where there is nothing. */
#define fsn_get_user(variable, address) __extension__				\
	({									\
		__u64 fsn_value;						\
		const int fsn_error = fsn_get_user_value(&fsn_value, (address), sizeof(*(address))); \
										\
		(variable) = (__typeof__(*(address)))fsn_value;			\
		fsn_error;							\
	})

#endif /* FSN_UACCESS_H */
