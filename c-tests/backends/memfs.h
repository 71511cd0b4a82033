/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An in-process tmpfs on the library's objects, for the tests of the backends. Each mem_NAME() is the system call NAME: it takes
 * a path of the tree below (through the library's path walk, so that mounts, symbolic links, the working directory and the
 * permissions of the current credentials count) or a descriptor of the library's table, returns what the system call does or a
 * negative errno, and calls the hooks where and in the order in which Linux's VFS calls them.
 *
 * A program that uses it names all of its parts: fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c, and besides
 * memfs_fifo.c if it opens FIFOs.
 *
 * Sizes are in bytes, offsets may be beyond the end as in any file, flags and modes are those of the system's headers. Threads
 * may call it side by side; mem_init() and mem_exit() are for one thread alone.
 */
#ifndef MEMFS_H
#define MEMFS_H

#include <stddef.h>
#include <sys/types.h>

struct stat;
struct timespec;

/* A tmpfs as "/", which is root and working directory of the process then. 0, also if it is there already. */
int mem_init(void);
/* The end of it: every mount goes (lazily where something is still open), and root and working directory. */
void mem_exit(void);

/* A new tmpfs on a directory; "/" for the first. Unlike mount() and umount() these two ask for no privilege. */
int mem_mount(const char *path);
/* @flags: 0 or MNT_DETACH (2). The last use of the filesystem gives FS_UNMOUNT. */
int mem_umount(const char *path, int flags);

/* A descriptor, close-on-exec only if asked for. O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW, O_PATH. */
int mem_open(const char *path, int flags, int mode);
int mem_openat(int dfd, const char *path, int flags, int mode);
int mem_close(int fd);
/* A new file without contents: open(O_CREAT) and close. */
int mem_make(const char *path, int mode);
int mem_dup(int fd);
ssize_t mem_read(int fd, void *buf, size_t size);
ssize_t mem_write(int fd, const void *buf, size_t size);
ssize_t mem_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t mem_pwrite(int fd, const void *buf, size_t size, off_t offset);
off_t mem_lseek(int fd, off_t offset, int whence);
int mem_truncate(const char *path, off_t size);
int mem_ftruncate(int fd, off_t size);
/* @mode: 0 or FALLOC_FL_KEEP_SIZE. */
int mem_fallocate(int fd, int mode, off_t offset, off_t size);
/* One getdents64(): struct linux_dirent64 entries; 0 at the end. */
ssize_t mem_getdents(int fd, void *buf, size_t size);
/*
 * What execve() does before it finds out that it cannot run the file: opens it for execution, reads its head, closes it and
 * returns -ENOEXEC (or what was in the way of that).
 */
int mem_execve(const char *path);

int mem_mkdir(const char *path, int mode);
int mem_rmdir(const char *path);
/* S_IFIFO, S_IFSOCK, S_IFREG. */
int mem_mknod(const char *path, int mode);
int mem_link(const char *old_path, const char *new_path);
int mem_symlink(const char *target, const char *path);
ssize_t mem_readlink(const char *path, char *buf, size_t size);
int mem_unlink(const char *path);
/* @flags: 0, RENAME_NOREPLACE (1), RENAME_EXCHANGE (2). */
int mem_rename(const char *old_path, const char *new_path, unsigned int flags);

int mem_chmod(const char *path, int mode);
int mem_fchmod(int fd, int mode);
/* (uid_t)-1 and (gid_t)-1 leave it as it is. */
int mem_chown(const char *path, unsigned int uid, unsigned int gid);
/* As utimensat(AT_FDCWD, ...): @times NULL is now; UTIME_NOW, UTIME_OMIT; @flags 0 or AT_SYMLINK_NOFOLLOW. */
int mem_utimens(const char *path, const struct timespec times[2], int flags);
int mem_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
ssize_t mem_getxattr(const char *path, const char *name, void *value, size_t size);
int mem_removexattr(const char *path, const char *name);
int mem_stat(const char *path, struct stat *st);
int mem_lstat(const char *path, struct stat *st);
int mem_fstat(int fd, struct stat *st);
int mem_access(const char *path, int mode);

int mem_chdir(const char *path);
int mem_fchdir(int fd);
int mem_chroot(const char *path);
/* The old mask. The process begins with 022. */
int mem_umask(int mask);

#endif /* MEMFS_H */
