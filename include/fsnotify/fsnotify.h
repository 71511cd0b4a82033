/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libfsnotify, plain mode: all that a program needs that serves files and reports what happens to them, or that listens with
 * its own table of callbacks.
 *
 * Names: structs, the fsnotify_*() functions and their constants are the kernel's; every helper is fsn_ and the kernel's name
 * (fsn_iput(), fsn_list_for_each_entry()). No macro without one of these prefixes is defined. In C++ a member whose name is a
 * keyword has a trailing underscore (group->private_).
 *
 * FSNOTIFY_API_6_1, defined before the first header of this library, gives the interface of Linux 6.1 where it differs:
 * fsnotify_find_mark() and fsnotify_add_mark() take the address of the object's i_fsnotify_marks.
 */
#ifndef FSNOTIFY_FSNOTIFY_H
#define FSNOTIFY_FSNOTIFY_H

/* names of things */
#include "fsn/err.h"
#include "fsn/hash.h"
#include "fsn/list.h"
#include "fsn/types.h"

/* the host */
#include "fsn/cred.h"
#include "fsn/fasync.h"
#include "fsn/idr.h"
#include "fsn/log.h"
#include "fsn/mem.h"
#include "fsn/percpu.h"
#include "fsn/rcu.h"
#include "fsn/seq_file.h"
#include "fsn/srcu.h"
#include "fsn/stats.h"
#include "fsn/sysctl.h"
#include "fsn/task.h"
#include "fsn/uaccess.h"
#include "fsn/wait.h"
#include "fsn/work.h"

/* the tree */
#include "fsn/vfs.h"

/* listeners, and those who tell them */
#include "fsn/backend.h"
#include "fsn/hooks.h"

#endif /* FSNOTIFY_FSNOTIFY_H */
