/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SEQ_FILE_H
#define _FSN_LINUX_SEQ_FILE_H

#include <linux/fs.h>
#include <linux/types.h>

struct seq_file;

#endif /* _FSN_LINUX_SEQ_FILE_H */
