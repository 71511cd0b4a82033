/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FCNTL_H
#define _FSN_LINUX_FCNTL_H

#include <fcntl.h>
#include <linux/types.h>

#ifndef O_LARGEFILE
#define O_LARGEFILE 0100000
#endif
#define force_o_largefile() (sizeof(long) == 8)

#endif /* _FSN_LINUX_FCNTL_H */
