/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FSNOTIFY_BACKEND_H
#define _FSN_LINUX_FSNOTIFY_BACKEND_H

#include "../fsn/backend.h"
#include "atomic.h"
#include "fs.h"
#include "idr.h"
#include "list.h"
#include "mempool.h"
#include "path.h"
#include "refcount.h"
#include "sched/mm.h"
#include "spinlock.h"
#include "types.h"
#include "user_namespace.h"

#endif /* _FSN_LINUX_FSNOTIFY_BACKEND_H */
