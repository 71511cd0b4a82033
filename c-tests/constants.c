/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every value of the layout table, in plain mode; constants_backend.c is the same in backend mode.
 */
#ifndef C_TESTS_BACKEND_MODE
#include <fsnotify/fsnotify.h>
#endif
#include "headers/embedded.h"
#include "tap.h"

/* Against a mask as the callbacks get it: a constant of another signedness would make the compiler complain. */
#define FSN_CONST(name, value) row((unsigned long)(name), value, #name);
#define FSN_CONST_C(name, value) FSN_CONST(name, value)
#define FSN_ENUM(type, name, value) { enum type it = name; row(it, value, #type " " #name); }

int main(void)
{
	unsigned int mask = 0;
	unsigned long flags = ~0UL;

#include <fsnotify/fsn/layout.def>

	mask |= ALL_FSNOTIFY_BITS;
	ok(mask == ALL_FSNOTIFY_BITS, "a mask compares with a constant");
	mask &= ~FS_ISDIR;
	ok(!(mask & FS_ISDIR) && (mask & FS_EVENT_ON_CHILD), "a constant's complement clears one bit");
	flags &= ~SB_NOUSER;
	row(flags, ~0UL - 0x80000000UL, "so does one of a superblock's, in all 64 bits");
	flags = SB_NOUSER;
	row(flags, 0x80000000UL, "SB_NOUSER is not sign-extended");
	row(FSNOTIFY_OBJ_TYPE_DETACHED, FSNOTIFY_OBJ_TYPE_COUNT, "the type of a connector without object");
	ok(!fsnotify_valid_obj_type(FSNOTIFY_OBJ_TYPE_DETACHED), "which is no valid type");
	ok(!fsnotify_valid_obj_type(FSNOTIFY_OBJ_TYPE_ANY), "nor is the one for all");
	ok(fsnotify_valid_obj_type(FSNOTIFY_OBJ_TYPE_SB), "while the superblock's is");
	return done_testing();
}
