/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables with a destructor that runs where their scope ends.
 */
#ifndef _FSN_LINUX_CLEANUP_H
#define _FSN_LINUX_CLEANUP_H

#include <linux/compiler.h>

#ifndef __cleanup
#define __cleanup(function) __attribute__((__cleanup__(function)))
#endif

/*
 * Defines the class @name of variables of @type: @make is the expression that a constructor with the remaining arguments
 * returns; @end may use the variable's last value as _T.
 */
#define DEFINE_CLASS(name, type, end, make, ...) \
	typedef type class_##name##_t; \
\
	static inline void class_##name##_destructor(type *variable) \
	{ \
		type _T = *variable; \
\
		end; \
	} \
\
	static inline type class_##name##_constructor(__VA_ARGS__) \
	{ \
		return make; \
	} \
	extern int fsn_class_##name##_defined

/* CLASS(name, variable)(arguments); */
#define CLASS(name, variable) \
	class_##name##_t variable __cleanup(class_##name##_destructor) = class_##name##_constructor

#endif /* _FSN_LINUX_CLEANUP_H */
