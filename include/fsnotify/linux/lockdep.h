/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No validator stands behind these; that somebody holds the lock is checked.
 */
#ifndef _FSN_LINUX_LOCKDEP_H
#define _FSN_LINUX_LOCKDEP_H

#include "../fsn/lock.h"
#include <linux/compiler.h>

struct lock_class_key {
	char unused;
};

enum lockdep_ok {
	LOCKDEP_STILL_OK,
	LOCKDEP_NOW_UNRELIABLE,
};

#define lockdep_is_held(lock) fsn_lockdep_is_held(lock)
#define lockdep_assert_held(lock) fsn_lockdep_assert_held(lock)
#define lockdep_assert_once(condition) ((void)0)
#define lockdep_set_class(lock, key) ((void)(lock), (void)(key))
#define lockdep_set_subclass(lock, subclass) ((void)(lock))
#define lockdep_init_map(map, name, key, subclass) ((void)0)
#define SINGLE_DEPTH_NESTING 1

#endif /* _FSN_LINUX_LOCKDEP_H */
