/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MEMPOOL_H
#define _FSN_LINUX_MEMPOOL_H

#include "../fsn/group.h"
#include "gfp.h"
#include "wait.h"

#endif /* _FSN_LINUX_MEMPOOL_H */
