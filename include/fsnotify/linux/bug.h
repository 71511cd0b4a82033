/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_BUG_H
#define _FSN_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/printk.h>
#include "../fsn/log.h"

#define WARN_ON(condition) fsn_WARN_ON(condition)
#define WARN_ON_ONCE(condition) fsn_WARN_ON_ONCE(condition)
#define WARN(condition, ...) fsn_WARN(condition, __VA_ARGS__)
#define WARN_ONCE(condition, ...) fsn_WARN_ONCE(condition, __VA_ARGS__)
#define BUG() fsn_BUG()
#define BUG_ON(condition) fsn_BUG_ON(condition)

#endif /* _FSN_LINUX_BUG_H */
