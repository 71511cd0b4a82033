/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FSNOTIFY_BACKEND_H
#define _FSN_LINUX_FSNOTIFY_BACKEND_H

#include "../fsn/backend.h"
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mempool.h>
#include <linux/path.h>
#include <linux/refcount.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/user_namespace.h>

#endif /* _FSN_LINUX_FSNOTIFY_BACKEND_H */
