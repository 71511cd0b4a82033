/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes that saturate instead of wrapping.
 */
#ifndef _FSN_LINUX_OVERFLOW_H
#define _FSN_LINUX_OVERFLOW_H

#include <linux/types.h>

#define check_add_overflow(a, b, result) __builtin_add_overflow(a, b, result)
#define check_sub_overflow(a, b, result) __builtin_sub_overflow(a, b, result)
#define check_mul_overflow(a, b, result) __builtin_mul_overflow(a, b, result)

static inline size_t size_mul(size_t a, size_t b)
{
	size_t product;

	return check_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t sum;

	return check_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

#define array_size(a, b) size_mul(a, b)
#define flex_array_size(p, member, count) size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count) size_add(sizeof(*(p)), flex_array_size(p, member, count))
#define struct_size_t(type, member, count) struct_size((type *)NULL, member, count)

/* A struct with a flexible array of @count elements, on the stack. */
#define DEFINE_FLEX(type, name, member, counter, count) \
	union { \
		unsigned char bytes[sizeof(type) + (count) * sizeof(*((type *)0)->member)]; \
		type obj; \
	} name##_u = { .obj = { .counter = (count) } }; \
	type *name = (type *)&name##_u

#endif /* _FSN_LINUX_OVERFLOW_H */
