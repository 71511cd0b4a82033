// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's own kernel: system calls, and tmpfs mounted in a mount namespace of our own, so that nobody else sees it
 * and nothing is left of it.
 */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

static long result(long value)
{
	return value < 0 ? -errno : value;
}

static bool put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

/* Namespaces in which we may mount: as root a mount namespace is enough. */
static bool own_namespace(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[64];

	if (!uid && unshare(CLONE_NEWNS) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	put("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!put("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return put("/proc/self/gid_map", map);
}

static long k_mount(const char *path)
{
	return result(mount("parity", path, "tmpfs", 0, "mode=0755"));
}

/* The new root has /proc, too: for fdinfo, and for sanitizers. */
static bool k_begin(char *why, size_t size)
{
	const char *step = "a namespace to mount in";

	if (own_namespace() &&
	    (step = "private mounts", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
	    (step = "a tmpfs", k_mount("/tmp") == 0) &&
	    (step = "its /proc", mkdir("/tmp/proc", 0755) == 0 && mount("/proc", "/tmp/proc", NULL, MS_BIND | MS_REC, NULL) == 0) &&
	    (step = "its root", chroot("/tmp") == 0 && chdir("/") == 0) &&
	    mkdir("m", 0755) == 0 && mkdir("n", 0755) == 0 && k_mount("m") == 0 && k_mount("n") == 0)
		return true;
	snprintf(why, size, "%s cannot be had: %s", step, strerror(errno));
	return false;
}

static void k_describe(char *line, size_t size)
{
	struct utsname name;

	uname(&name);
	snprintf(line, size, "%s %s", name.sysname, name.release);
}

/* ---- the tree ---- */

static long k_mkdir(const char *path, int mode)
{
	return result(mkdir(path, (mode_t)mode));
}

static long k_rmdir(const char *path)
{
	return result(rmdir(path));
}

static long k_mknod(const char *path, int mode)
{
	return result(mknod(path, (mode_t)mode, 0));
}

static long k_symlink(const char *target, const char *path)
{
	return result(symlink(target, path));
}

static long k_link(const char *from, const char *to)
{
	return result(link(from, to));
}

static long k_unlink(const char *path)
{
	return result(unlink(path));
}

static long k_rename(const char *from, const char *to, unsigned int flags)
{
	return result(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
}

static long k_chmod(const char *path, int mode)
{
	return result(chmod(path, (mode_t)mode));
}

static long k_chown(const char *path, int uid)
{
	return result(chown(path, (uid_t)uid, (gid_t)-1));
}

static long k_utimes(const char *path, int which)
{
	struct timespec times[2] = {
		{ .tv_sec = 1000, .tv_nsec = which & 1 ? 0 : UTIME_OMIT },
		{ .tv_sec = 1000, .tv_nsec = which & 2 ? 0 : UTIME_OMIT },
	};

	return result(utimensat(AT_FDCWD, path, times, 0));
}

static long k_truncate(const char *path, long size)
{
	return result(truncate(path, size));
}

static long k_setxattr(const char *path, const char *name, const void *value, size_t size)
{
	return result(setxattr(path, name, value, size, 0));
}

static long k_removexattr(const char *path, const char *name)
{
	return result(removexattr(path, name));
}

static long k_exec(const char *path)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { NULL };

	return result(execve(path, argv, envp));
}

static long k_readlink(const char *path, char *target, size_t size)
{
	return result(readlink(path, target, size));
}

/* ---- open files ---- */

static long k_open(const char *path, int flags, int mode)
{
	return result(open(path, flags, mode));
}

static long k_close(int fd)
{
	return result(close(fd));
}

static long k_dup(int fd)
{
	return result(dup(fd));
}

static long k_read(int fd, void *buf, size_t size)
{
	return result(read(fd, buf, size));
}

static long k_write(int fd, const void *buf, size_t size)
{
	return result(write(fd, buf, size));
}

static long k_pread(int fd, void *buf, size_t size, long at)
{
	return result(pread(fd, buf, size, at));
}

static long k_pwrite(int fd, const void *buf, size_t size, long at)
{
	return result(pwrite(fd, buf, size, at));
}

static long k_lseek(int fd, long to)
{
	return result(lseek(fd, to, SEEK_SET));
}

static long k_ftruncate(int fd, long size)
{
	return result(ftruncate(fd, size));
}

static long k_fallocate(int fd, int mode, long from, long size)
{
	return result(fallocate(fd, mode, from, size));
}

static long k_fchmod(int fd, int mode)
{
	return result(fchmod(fd, (mode_t)mode));
}

static long k_readdir(int fd)
{
	char entries[4096];
	long n = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;

	if (n < 0)
		return n;
	do {
		n = result(syscall(SYS_getdents64, fd, entries, sizeof(entries)));
	} while (n > 0);
	return n;
}

static long k_fcntl(int fd, int cmd, long arg)
{
	return result(fcntl(fd, cmd, arg));
}

/* ---- mounts ---- */

static long k_bind(const char *from, const char *to)
{
	return result(mount(from, to, NULL, MS_BIND, NULL));
}

static long k_umount(const char *path, int flags)
{
	return result(umount2(path, flags));
}

/* ---- objects ---- */

static long k_identify_file(int fd, struct identity *identity)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) != 0 || fstat(fd, &st) != 0)
		return -errno;
	memcpy(identity->fsid, &fs.f_fsid, sizeof(identity->fsid));
	identity->dev = major(st.st_dev) << 20 | minor(st.st_dev);
	identity->ino = st.st_ino;
	return 0;
}

static long k_identify(const char *path, struct identity *identity)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	long error = fd < 0 ? -errno : k_identify_file(fd, identity);

	if (fd >= 0)
		close(fd);
	return error;
}

static long k_handle(const char *path, struct handle *handle)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + sizeof(handle->bytes)];
	} got = { .head.handle_bytes = sizeof(handle->bytes) };
	int mount_id;

	if (name_to_handle_at(AT_FDCWD, path, &got.head, &mount_id, 0) != 0)
		return -errno;
	handle->type = (unsigned int)got.head.handle_type;
	handle->len = got.head.handle_bytes;
	memcpy(handle->bytes, got.head.f_handle, handle->len);
	return 0;
}

/* ---- instances ---- */

static long k_poll(int fd, short events)
{
	struct pollfd asked = { .fd = fd, .events = events };
	long n = result(poll(&asked, 1, 0));

	return n < 0 ? n : asked.revents;
}

static long k_fionread(int fd)
{
	int n = 0;
	long error = result(ioctl(fd, FIONREAD, &n));

	return error < 0 ? error : n;
}

static long k_fdinfo(int fd, char *text, size_t size)
{
	char file[64];
	size_t len = 0;
	ssize_t n;
	int info;

	snprintf(file, sizeof(file), "/proc/self/fdinfo/%d", fd);
	info = open(file, O_RDONLY | O_CLOEXEC);
	/* No such file is no such descriptor. */
	if (info < 0)
		return errno == ENOENT ? -EBADF : -errno;
	while ((n = read(info, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(info);
	return 0;
}

static long k_inotify_init(int flags)
{
	return result(inotify_init1(flags));
}

static long k_inotify_add_watch(int fd, const char *path, unsigned int mask)
{
	return result(inotify_add_watch(fd, path, mask));
}

static long k_inotify_rm_watch(int fd, int wd)
{
	return result(inotify_rm_watch(fd, wd));
}

static long k_fanotify_init(unsigned int flags, unsigned int event_flags)
{
	return result(syscall(SYS_fanotify_init, flags, event_flags));
}

static long k_fanotify_mark(int fd, unsigned int flags, unsigned long mask, int dir, const char *path)
{
	return result(syscall(SYS_fanotify_mark, fd, flags, mask, dir, path));
}

const struct world world = {
	.begin = k_begin, .describe = k_describe,
	.mkdir = k_mkdir, .rmdir = k_rmdir, .mknod = k_mknod, .symlink = k_symlink, .link = k_link, .unlink = k_unlink,
	.rename = k_rename, .chmod = k_chmod, .chown = k_chown, .utimes = k_utimes, .truncate = k_truncate,
	.setxattr = k_setxattr, .removexattr = k_removexattr, .exec = k_exec, .readlink = k_readlink,
	.open = k_open, .close = k_close, .dup = k_dup, .read = k_read, .write = k_write, .pread = k_pread, .pwrite = k_pwrite,
	.lseek = k_lseek, .ftruncate = k_ftruncate, .fallocate = k_fallocate, .fchmod = k_fchmod,
	.readdir = k_readdir, .fcntl = k_fcntl,
	.mount = k_mount, .bind = k_bind, .umount = k_umount,
	.identify = k_identify, .identify_file = k_identify_file, .handle = k_handle,
	.poll = k_poll, .fionread = k_fionread, .fdinfo = k_fdinfo,
	.inotify_init = k_inotify_init, .inotify_add_watch = k_inotify_add_watch, .inotify_rm_watch = k_inotify_rm_watch,
	.fanotify_init = k_fanotify_init, .fanotify_mark = k_fanotify_mark,
};
