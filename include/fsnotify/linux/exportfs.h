/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_EXPORTFS_H
#define _FSN_LINUX_EXPORTFS_H

#include "../fsn/types.h"
#include <linux/types.h>

#ifndef MAX_HANDLE_SZ
#define MAX_HANDLE_SZ 128
#endif

#endif /* _FSN_LINUX_EXPORTFS_H */
