/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FILE_H
#define _FSN_LINUX_FILE_H

#include "../fsn/file.h"
#include <linux/errno.h>
#include <linux/types.h>

static inline struct file *get_file(struct file *file)
{
	return fsn_get_file(file);
}

static inline void fput(struct file *file)
{
	fsn_fput(file);
}

#endif /* _FSN_LINUX_FILE_H */
