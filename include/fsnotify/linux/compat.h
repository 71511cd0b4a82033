/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls of 32-bit programs, as functions compat_sys_*.
 */
#ifndef _FSN_LINUX_COMPAT_H
#define _FSN_LINUX_COMPAT_H

#include <linux/fs.h>
#include <linux/syscalls.h>
#include <linux/types.h>

typedef s32 compat_int_t;
typedef u32 compat_uint_t;
typedef s32 compat_long_t;
typedef u32 compat_ulong_t;
typedef u32 compat_uptr_t;
typedef u32 compat_size_t;
typedef s32 compat_ssize_t;

static inline void __user *compat_ptr(compat_uptr_t address)
{
	return (void __user *)(unsigned long)address;
}

#define COMPAT_SYSCALL_DEFINE0(name) FSN_SYSCALL(compat_sys_##name, void)
#define COMPAT_SYSCALL_DEFINE1(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS1(__VA_ARGS__))
#define COMPAT_SYSCALL_DEFINE2(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS2(__VA_ARGS__))
#define COMPAT_SYSCALL_DEFINE3(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS3(__VA_ARGS__))
#define COMPAT_SYSCALL_DEFINE4(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS4(__VA_ARGS__))
#define COMPAT_SYSCALL_DEFINE5(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS5(__VA_ARGS__))
#define COMPAT_SYSCALL_DEFINE6(name, ...) FSN_SYSCALL(compat_sys_##name, FSN_PARAMETERS6(__VA_ARGS__))

#endif /* _FSN_LINUX_COMPAT_H */
