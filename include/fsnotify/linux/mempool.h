/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MEMPOOL_H
#define _FSN_LINUX_MEMPOOL_H

#include "../fsn/group.h"
#include <linux/gfp.h>
#include <linux/wait.h>

#endif /* _FSN_LINUX_MEMPOOL_H */
