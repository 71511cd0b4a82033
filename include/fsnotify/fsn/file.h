/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open files: fsn_dentry_open() or fsn_alloc_file(), the hooks fsnotify_open() and fsnotify_close() by whoever serves the
 * open and the close, fsn_fput().
 */
#ifndef FSN_FILE_H
#define FSN_FILE_H

#include "path.h"
#include "types.h"

FSN_BEGIN_DECLS

static inline struct inode *fsn_file_inode(const struct file *file)
{
	return file->f_inode;
}

static inline struct dentry *fsn_file_dentry(const struct file *file)
{
	return file->f_path.dentry;
}

static inline long fsn_file_count(const struct file *file)
{
	return fsn_READ_ONCE(file->f_count.counter);
}

FSN_END_DECLS

#endif /* FSN_FILE_H */
