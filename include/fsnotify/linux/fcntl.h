/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FCNTL_H
#define _FSN_LINUX_FCNTL_H

#include <fcntl.h>
#include <linux/types.h>

/* Where all files are large the C library has 0; the kernel keeps the bit in f_flags. */
#undef O_LARGEFILE
#define O_LARGEFILE 0100000
/* the C library has them only on request */
#ifndef DN_ACCESS
#define DN_ACCESS 0x00000001
#define DN_MODIFY 0x00000002
#define DN_CREATE 0x00000004
#define DN_DELETE 0x00000008
#define DN_RENAME 0x00000010
#define DN_ATTRIB 0x00000020
#define DN_MULTISHOT 0x80000000
#endif
#ifndef O_DIRECT
#define O_DIRECT 040000
#endif
#ifndef O_NOATIME
#define O_NOATIME 01000000
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef O_DSYNC
#define O_DSYNC 010000
#endif
#ifndef __O_SYNC
#define __O_SYNC 04000000
#endif
#define force_o_largefile() (sizeof(long) == 8)

#endif /* _FSN_LINUX_FCNTL_H */
