/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PANIC_H
#define _FSN_LINUX_PANIC_H

#include <linux/compiler.h>
#include "../fsn/log.h"

#define panic(...) fsn_panic(__VA_ARGS__)

/* The process has no taint mask. */
#define TAINT_WARN 9
#define TAINT_AUX 16
#define add_taint(flag, lockdep) ((void)(flag), (void)(lockdep))

#endif /* _FSN_LINUX_PANIC_H */
