/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout table as assertions at compile time, in C and in C++, in both modes (c-tests/headers/matrix.sh).
 */
#ifdef FSN_TEST_BACKEND
#include <linux/fsnotify.h>
#include <linux/mount.h>
#else
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#endif
#include "embedded.h"

/* 6.1 has an object under this name, here behind a pointer. */
#undef f_owner

#define FSN_LAYOUT_EMBEDDED
#define FSN_SIZE(type, bytes) FSN_STATIC_ASSERT(sizeof(struct type) == bytes, "sizeof " #type);
#define FSN_SIZE_C(type, bytes) FSN_SIZE(type, bytes)
#define FSN_OFFSET(type, rust, member, bytes) FSN_OFFSET_C(type, member, bytes)
#define FSN_OFFSET_C(type, member, bytes) \
	FSN_STATIC_ASSERT(__builtin_offsetof(struct type, member) == bytes, "offset of " #type "." #member);
#define FSN_CONST(name, value) FSN_STATIC_ASSERT((unsigned long)(name) == (unsigned long)(value), #name);
#define FSN_CONST_C(name, value) FSN_CONST(name, value)
#define FSN_ENUM(type, name, value) FSN_STATIC_ASSERT((int)(name) == (value) && sizeof(enum type) == sizeof(int), #name);
#include <fsnotify/fsn/layout.def>
