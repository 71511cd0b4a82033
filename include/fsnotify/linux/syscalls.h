/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls are ordinary functions here: SYSCALL_DEFINE1(inotify_init1, int, flags) defines
 * long sys_inotify_init1(int flags), which returns a result or a negative errno.
 */
#ifndef _FSN_LINUX_SYSCALLS_H
#define _FSN_LINUX_SYSCALLS_H

#include <linux/capability.h>
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/types.h>

/* Pairs of a type and a name as parameters. */
#define FSN_PARAMETERS1(type, name) type name
#define FSN_PARAMETERS2(type, name, ...) type name, FSN_PARAMETERS1(__VA_ARGS__)
#define FSN_PARAMETERS3(type, name, ...) type name, FSN_PARAMETERS2(__VA_ARGS__)
#define FSN_PARAMETERS4(type, name, ...) type name, FSN_PARAMETERS3(__VA_ARGS__)
#define FSN_PARAMETERS5(type, name, ...) type name, FSN_PARAMETERS4(__VA_ARGS__)
#define FSN_PARAMETERS6(type, name, ...) type name, FSN_PARAMETERS5(__VA_ARGS__)

#define FSN_SYSCALL(function, ...) \
	long function(__VA_ARGS__); \
	long function(__VA_ARGS__)

#define SYSCALL_DEFINE0(name) FSN_SYSCALL(sys_##name, void)
#define SYSCALL_DEFINE1(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS1(__VA_ARGS__))
#define SYSCALL_DEFINE2(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS2(__VA_ARGS__))
#define SYSCALL_DEFINE3(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS3(__VA_ARGS__))
#define SYSCALL_DEFINE4(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS4(__VA_ARGS__))
#define SYSCALL_DEFINE5(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS5(__VA_ARGS__))
#define SYSCALL_DEFINE6(name, ...) FSN_SYSCALL(sys_##name, FSN_PARAMETERS6(__VA_ARGS__))

/* A value of 64 bits where parameters have 32: its halves, the lower one first, and the value again. */
#define SC_ARG64(name) u32, name##_lo, u32, name##_hi
#define SC_VAL64(type, name) ((type)name##_hi << 32 | name##_lo)

/* Where a 32-bit program passes 64 bits in two parts: a system call of its own beside that of 64-bit programs. */
#define SYSCALL32_DEFINE1 COMPAT_SYSCALL_DEFINE1
#define SYSCALL32_DEFINE2 COMPAT_SYSCALL_DEFINE2
#define SYSCALL32_DEFINE3 COMPAT_SYSCALL_DEFINE3
#define SYSCALL32_DEFINE4 COMPAT_SYSCALL_DEFINE4
#define SYSCALL32_DEFINE5 COMPAT_SYSCALL_DEFINE5
#define SYSCALL32_DEFINE6 COMPAT_SYSCALL_DEFINE6

#endif /* _FSN_LINUX_SYSCALLS_H */
