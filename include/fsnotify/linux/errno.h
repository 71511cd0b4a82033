/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_ERRNO_H
#define _FSN_LINUX_ERRNO_H

#pragma GCC system_header
#include_next <linux/errno.h>

#include <errno.h>

/* Numbers that no program sees. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ENOIOCTLCMD 515
#define EPROBE_DEFER 517
#define EOPENSTALE 518
#define EBADHANDLE 521
#define ENOTSUPP 524
#define EIOCBQUEUED 529

#endif /* _FSN_LINUX_ERRNO_H */
