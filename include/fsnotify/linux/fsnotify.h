/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FSNOTIFY_H
#define _FSN_LINUX_FSNOTIFY_H

#include "../fsn/hooks.h"
#include <linux/bug.h>
#include <linux/fsnotify_backend.h>
#include <linux/slab.h>

#endif /* _FSN_LINUX_FSNOTIFY_H */
