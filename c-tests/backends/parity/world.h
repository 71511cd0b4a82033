/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where operations are carried out: the machine's own kernel with tmpfs (kernel.c), or the library with memfs (library.c).
 *
 * Functions return what the system call of their name does, an error as a negative errno. Paths are relative to a directory
 * that is the world's own, in which "m" and "n" are mount points with an empty filesystem each.
 */
#ifndef PARITY_WORLD_H
#define PARITY_WORLD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What an object is known by as long as its filesystem is mounted. */
struct identity {
	int fsid[2];
	unsigned int dev;	/* as the kernel itself writes it */
	unsigned long ino;
};

/* A file handle as name_to_handle_at() gives it. */
struct handle {
	unsigned int type, len;
	unsigned char bytes[128];
};

struct world {
	/* False, and why, if this machine cannot have it. */
	bool (*begin)(char *why, size_t size);
	/* One line that says what carries the operations out. */
	void (*describe)(char *line, size_t size);

	long (*mkdir)(const char *path, int mode);
	long (*rmdir)(const char *path);
	long (*mknod)(const char *path, int mode);
	long (*symlink)(const char *target, const char *path);
	long (*link)(const char *from, const char *to);
	long (*unlink)(const char *path);
	long (*rename)(const char *from, const char *to, unsigned int flags);
	long (*chmod)(const char *path, int mode);
	long (*chown)(const char *path, int uid);
	/* Which of atime (1) and mtime (2) are set. */
	long (*utimes)(const char *path, int which);
	long (*truncate)(const char *path, long size);
	long (*setxattr)(const char *path, const char *name, const void *value, size_t size);
	long (*removexattr)(const char *path, const char *name);
	/* Executes a file that is no program: as far as -ENOEXEC. */
	long (*exec)(const char *path);
	long (*readlink)(const char *path, char *target, size_t size);

	long (*open)(const char *path, int flags, int mode);
	long (*close)(int fd);
	long (*dup)(int fd);
	long (*read)(int fd, void *buf, size_t size);
	long (*write)(int fd, const void *buf, size_t size);
	long (*pread)(int fd, void *buf, size_t size, long at);
	long (*pwrite)(int fd, const void *buf, size_t size, long at);
	long (*lseek)(int fd, long to);
	long (*ftruncate)(int fd, long size);
	long (*fallocate)(int fd, int mode, long from, long size);
	long (*fchmod)(int fd, int mode);
	/* Reads all entries, from the first on; 0, or an error. */
	long (*readdir)(int fd);
	/* F_SETOWN, F_SETSIG, F_NOTIFY, F_GETFL and F_SETFL. */
	long (*fcntl)(int fd, int cmd, long arg);

	long (*mount)(const char *path);
	long (*bind)(const char *from, const char *to);
	long (*umount)(const char *path, int flags);

	/* Of the path itself, never of what a symbolic link leads to. */
	long (*identify)(const char *path, struct identity *identity);
	long (*identify_file)(int fd, struct identity *identity);
	long (*handle)(const char *path, struct handle *handle);

	long (*poll)(int fd, short events);
	long (*fionread)(int fd);
	/* The text of /proc/self/fdinfo of a descriptor, with a NUL. */
	long (*fdinfo)(int fd, char *text, size_t size);

	long (*inotify_init)(int flags);
	long (*inotify_add_watch)(int fd, const char *path, unsigned int mask);
	long (*inotify_rm_watch)(int fd, int wd);

	long (*fanotify_init)(unsigned int flags, unsigned int event_flags);
	long (*fanotify_mark)(int fd, unsigned int flags, unsigned long mask, int dir, const char *path);
};

/* The one that the program is linked with. */
extern const struct world world;

#endif /* PARITY_WORLD_H */
