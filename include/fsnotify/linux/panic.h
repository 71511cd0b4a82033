/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PANIC_H
#define _FSN_LINUX_PANIC_H

#include <linux/compiler.h>
#include <linux/lockdep.h>
#include "../fsn/log.h"

#define panic(...) fsn_panic(__VA_ARGS__)

#define TAINT_USER 6
#define TAINT_WARN 9
#define TAINT_AUX 16
/* There is no lockdep to be told. */
#define add_taint(flag, lockdep) ((void)(lockdep), fsn_add_taint(flag))
#define get_taint() fsn_get_taint()
#define test_taint(flag) ((int)(fsn_get_taint() >> (flag) & 1))

#endif /* _FSN_LINUX_PANIC_H */
