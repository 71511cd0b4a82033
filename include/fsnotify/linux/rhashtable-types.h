/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RHASHTABLE_TYPES_H
#define _FSN_LINUX_RHASHTABLE_TYPES_H

#include "../fsn/rhashtable.h"
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#endif /* _FSN_LINUX_RHASHTABLE_TYPES_H */
