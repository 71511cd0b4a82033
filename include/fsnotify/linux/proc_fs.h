/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * There is no /proc in a process: what a kernel shows there of a file, fsn_show_fdinfo() asks of it.
 */
#ifndef _FSN_LINUX_PROC_FS_H
#define _FSN_LINUX_PROC_FS_H

#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/types.h>

#endif /* _FSN_LINUX_PROC_FS_H */
