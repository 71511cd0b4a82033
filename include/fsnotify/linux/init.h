/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Initcalls are constructors: each module (program or shared library) runs its own before main() or within dlopen(), level
 * by level, because the linker sorts constructors by priority.
 */
#ifndef _FSN_LINUX_INIT_H
#define _FSN_LINUX_INIT_H

#include <linux/bug.h>
#include <linux/compiler.h>

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#define FSN_INITCALL(call, level) \
	static void __attribute__((__constructor__(200 + (level)))) fsn_initcall_##call(void) \
	{ \
		int error = call(); \
\
		if (unlikely(error)) \
			fsn_initcall_failed(#call, error); \
	} \
	struct fsn_initcall_##call

#define early_initcall(call) FSN_INITCALL(call, 0)
#define pure_initcall(call) FSN_INITCALL(call, 0)
#define core_initcall(call) FSN_INITCALL(call, 1)
#define postcore_initcall(call) FSN_INITCALL(call, 2)
#define arch_initcall(call) FSN_INITCALL(call, 3)
#define subsys_initcall(call) FSN_INITCALL(call, 4)
#define fs_initcall(call) FSN_INITCALL(call, 5)
#define device_initcall(call) FSN_INITCALL(call, 6)
#define late_initcall(call) FSN_INITCALL(call, 7)
#define __initcall(call) device_initcall(call)
/* dnotify.c has no semicolon behind it */
#define module_init(call) device_initcall(call);
#define module_exit(call) \
	static void __attribute__((__destructor__)) fsn_exitcall_##call(void) \
	{ \
		call(); \
	} \
	struct fsn_exitcall_##call

static inline void fsn_initcall_failed(const char *name, int error)
{
	pr_warn("initcall %s returned %d\n", name, error);
}

#endif /* _FSN_LINUX_INIT_H */
