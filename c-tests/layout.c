/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every size and offset of the layout table, one result each, in plain mode; layout_backend.c is the same in backend mode.
 */
#ifndef C_TESTS_BACKEND_MODE
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#endif
#include "headers/embedded.h"
#include "tap.h"

int main(void)
{
#define FSN_LAYOUT_EMBEDDED
#define FSN_SIZE(type, bytes) row(sizeof(struct type), bytes, "sizeof(struct " #type ")");
#define FSN_SIZE_C(type, bytes) FSN_SIZE(type, bytes)
#define FSN_OFFSET(type, rust, member, bytes) FSN_OFFSET_C(type, member, bytes)
#define FSN_OFFSET_C(type, member, bytes) row(offsetof(struct type, member), bytes, #type "." #member);
#include <fsnotify/fsn/layout.def>
	return done_testing();
}
