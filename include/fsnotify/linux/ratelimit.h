/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RATELIMIT_H
#define _FSN_LINUX_RATELIMIT_H

#include <linux/printk.h>
#include <linux/types.h>

#endif /* _FSN_LINUX_RATELIMIT_H */
