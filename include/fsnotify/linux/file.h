/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors of the library's own table. A struct fd always carries a reference: the table is shared with threads that
 * the library does not know.
 */
#ifndef _FSN_LINUX_FILE_H
#define _FSN_LINUX_FILE_H

#include "../fsn/file.h"
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/err.h>
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

/* The last reference goes at once anyway. */
static inline void __fput_sync(struct file *file)
{
	fsn_fput(file);
}

static inline void flush_delayed_fput(void)
{
	fsn_flush_delayed_fput();
}

#define FDPUT_FPUT 1

#ifdef FSNOTIFY_API_6_1

struct fd {
	struct file *file;
	unsigned int flags;
};

#define fd_file(f) ((f).file)
#define fd_empty(f) (!(f).file)

static inline struct fd fsn_struct_fd(struct file *file)
{
	struct fd f = { file, file ? FDPUT_FPUT : 0 };

	return f;
}

#else

struct fd {
	/* the file's address, and FDPUT_FPUT */
	unsigned long word;
};

#define fd_file(f) ((struct file *)((f).word & ~3UL))
#define fd_empty(f) (!(f).word)

static inline struct fd fsn_struct_fd(struct file *file)
{
	struct fd f = { file ? (unsigned long)file | FDPUT_FPUT : 0 };

	return f;
}

#endif

#define EMPTY_FD fsn_struct_fd(NULL)

static inline struct file *fget(unsigned int fd)
{
	return fsn_fget(fd);
}

static inline struct file *fget_raw(unsigned int fd)
{
	return fsn_fget_raw(fd);
}

static inline struct fd fdget(unsigned int fd)
{
	return fsn_struct_fd(fsn_fget(fd));
}

static inline struct fd fdget_raw(unsigned int fd)
{
	return fsn_struct_fd(fsn_fget_raw(fd));
}

static inline void fdput(struct fd f)
{
	fsn_fput(fd_file(f));
}

DEFINE_CLASS(fd, struct fd, fdput(_T), fdget(number), int number);
DEFINE_CLASS(fd_raw, struct fd, fdput(_T), fdget_raw(number), int number);

static inline int get_unused_fd_flags(unsigned int flags)
{
	return fsn_get_unused_fd_flags(flags);
}

static inline void put_unused_fd(unsigned int fd)
{
	fsn_put_unused_fd(fd);
}

static inline void fd_install(unsigned int fd, struct file *file)
{
	fsn_fd_install(fd, file);
}

static inline int close_fd(unsigned int fd)
{
	return fsn_close_fd(fd);
}

#endif /* _FSN_LINUX_FILE_H */
