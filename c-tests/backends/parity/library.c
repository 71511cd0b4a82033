// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The library: Linux's own backends, unmodified, on memfs.
 */
#define _GNU_SOURCE
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>

#include "../memfs.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The system calls of the backends, which return a negative errno like those of memfs. */
long sys_inotify_init1(int flags);
long sys_inotify_add_watch(int fd, const char *path, __u32 mask);
long sys_inotify_rm_watch(int fd, __s32 wd);
long sys_fanotify_init(unsigned int flags, unsigned int event_f_flags);
long sys_fanotify_mark(int fd, unsigned int flags, __u64 mask, int dfd, const char *path);

/* The rest of a kernel: no audit daemon listens. */
struct fanotify_response_info_audit_rule;
extern __u32 audit_enabled;
void __audit_fanotify(__u32 response, struct fanotify_response_info_audit_rule *rule);
__u32 audit_enabled;

void __audit_fanotify(__u32 response, struct fanotify_response_info_audit_rule *rule)
{
	(void)response;
	(void)rule;
}

static long l_mount(const char *path)
{
	return mem_mount(path);
}

/* The queues are as long as the running kernel's. */
static int same_limits(void)
{
	static const char *const limits[] = { "/proc/sys/fs/inotify/max_queued_events", "/proc/sys/fs/fanotify/max_queued_events" };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		FILE *file = fopen(limits[i], "re");
		char text[32];
		size_t len = file ? fread(text, 1, sizeof(text), file) : 0;
		long n = len ? fsn_sysctl_write(limits[i], text, len) : 0;

		if (file)
			fclose(file);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

static bool l_begin(char *why, size_t size)
{
	int error = mem_init();

	if (!error)
		mem_umask(0);
	if (!error)
		error = same_limits();
	if (!error && !(error = mem_mkdir("m", 0755)) && !(error = mem_mkdir("n", 0755)) && !(error = mem_mount("m")))
		error = mem_mount("n");
	if (error)
		snprintf(why, size, "memfs cannot be had: %s", strerror(-error));
	return !error;
}

static void l_describe(char *line, size_t size)
{
	snprintf(line, size, "the backends of Linux %s on libfsnotify", FSN_LINUX_SERIES);
}

/* ---- the tree ---- */

static long l_mkdir(const char *path, int mode)
{
	return mem_mkdir(path, mode);
}

static long l_rmdir(const char *path)
{
	return mem_rmdir(path);
}

static long l_mknod(const char *path, int mode)
{
	return mem_mknod(path, mode);
}

static long l_symlink(const char *target, const char *path)
{
	return mem_symlink(target, path);
}

static long l_link(const char *from, const char *to)
{
	return mem_link(from, to);
}

static long l_unlink(const char *path)
{
	return mem_unlink(path);
}

static long l_rename(const char *from, const char *to, unsigned int flags)
{
	return mem_rename(from, to, flags);
}

static long l_chmod(const char *path, int mode)
{
	return mem_chmod(path, mode);
}

static long l_chown(const char *path, int uid)
{
	return mem_chown(path, (unsigned int)uid, (unsigned int)-1);
}

static long l_utimes(const char *path, int which)
{
	struct timespec times[2] = {
		{ .tv_sec = 1000, .tv_nsec = which & 1 ? 0 : UTIME_OMIT },
		{ .tv_sec = 1000, .tv_nsec = which & 2 ? 0 : UTIME_OMIT },
	};

	return mem_utimens(path, times, 0);
}

static long l_truncate(const char *path, long size)
{
	return mem_truncate(path, size);
}

static long l_setxattr(const char *path, const char *name, const void *value, size_t size)
{
	return mem_setxattr(path, name, value, size, 0);
}

static long l_removexattr(const char *path, const char *name)
{
	return mem_removexattr(path, name);
}

static long l_exec(const char *path)
{
	return mem_execve(path);
}

static long l_readlink(const char *path, char *target, size_t size)
{
	return mem_readlink(path, target, size);
}

/* ---- open files ---- */

static long l_open(const char *path, int flags, int mode)
{
	return mem_open(path, flags, mode);
}

static long l_close(int fd)
{
	return fsn_sys_close(fd);
}

static long l_dup(int fd)
{
	return fsn_sys_dup(fd);
}

static long l_read(int fd, void *buf, size_t size)
{
	return fsn_sys_read(fd, buf, size);
}

static long l_write(int fd, const void *buf, size_t size)
{
	return fsn_sys_write(fd, buf, size);
}

static long l_pread(int fd, void *buf, size_t size, long at)
{
	return mem_pread(fd, buf, size, at);
}

static long l_pwrite(int fd, const void *buf, size_t size, long at)
{
	return mem_pwrite(fd, buf, size, at);
}

static long l_lseek(int fd, long to)
{
	return mem_lseek(fd, to, SEEK_SET);
}

static long l_ftruncate(int fd, long size)
{
	return mem_ftruncate(fd, size);
}

static long l_fallocate(int fd, int mode, long from, long size)
{
	return mem_fallocate(fd, mode, from, size);
}

static long l_fchmod(int fd, int mode)
{
	return mem_fchmod(fd, mode);
}

static long l_readdir(int fd)
{
	char entries[4096];
	long n = mem_lseek(fd, 0, SEEK_SET);

	if (n < 0)
		return n;
	do {
		n = mem_getdents(fd, entries, sizeof(entries));
	} while (n > 0);
	return n;
}

static long l_fcntl(int fd, int cmd, long arg)
{
	return fsn_sys_fcntl(fd, cmd, (unsigned long)arg);
}

/* ---- mounts ---- */

/* Of a filesystem's root: memfs mounts a filesystem once, the library as often as one likes. */
static long l_bind(const char *from, const char *to)
{
	struct path source, place;
	struct vfsmount *mnt;
	int error = fsn_kern_path(from, FSN_LOOKUP_FOLLOW, &source);

	if (error)
		return error;
	error = fsn_kern_path(to, FSN_LOOKUP_FOLLOW, &place);
	if (!error) {
		mnt = source.dentry == source.mnt->mnt_root ? fsn_alloc_mount(source.mnt->mnt_sb) : NULL;
		error = mnt ? fsn_attach_mount(mnt, &place) : -ENOMEM;
		if (mnt)
			fsn_mntput(mnt);
		fsn_path_put(&place);
	}
	fsn_path_put(&source);
	return error;
}

static long l_umount(const char *path, int flags)
{
	return mem_umount(path, flags);
}

/* ---- objects ---- */

static long identify(struct dentry *dentry, struct identity *identity)
{
	struct inode *inode = dentry->d_inode;
	struct kstatfs fs = { .f_type = 0 };
	int error = inode->i_sb->s_op && inode->i_sb->s_op->statfs ? inode->i_sb->s_op->statfs(dentry, &fs) : -ENOSYS;

	if (error)
		return error;
	memcpy(identity->fsid, &fs.f_fsid, sizeof(identity->fsid));
	identity->dev = inode->i_sb->s_dev;
	identity->ino = inode->i_ino;
	return 0;
}

static long l_identify_file(int fd, struct identity *identity)
{
	struct file *file = fsn_fget_raw((unsigned int)fd);
	long error = file ? identify(file->f_path.dentry, identity) : -EBADF;

	if (file)
		fsn_fput(file);
	return error;
}

static long l_identify(const char *path, struct identity *identity)
{
	struct path place;
	long error = fsn_kern_path(path, 0, &place);

	if (!error) {
		error = identify(place.dentry, identity);
		fsn_path_put(&place);
	}
	return error;
}

static long l_handle(const char *path, struct handle *handle)
{
	int words = (int)(sizeof(handle->bytes) / 4), type;
	const struct export_operations *ops;
	struct path place;
	long error = fsn_kern_path(path, 0, &place);

	if (error)
		return error;
	ops = place.dentry->d_sb->s_export_op;
	type = ops && ops->encode_fh ? ops->encode_fh(place.dentry->d_inode, (__u32 *)handle->bytes, &words, NULL) : -EOPNOTSUPP;
	fsn_path_put(&place);
	if (type < 0)
		return type;
	handle->type = (unsigned int)type;
	handle->len = 4 * (unsigned int)words;
	return 0;
}

/* ---- instances ---- */

static long l_poll(int fd, short events)
{
	struct pollfd asked = { .fd = fd, .events = events };
	long n = fsn_sys_poll(&asked, 1, 0);

	return n < 0 ? n : asked.revents;
}

static long l_fionread(int fd)
{
	int n = 0;
	long error = fsn_sys_ioctl(fd, FIONREAD, (unsigned long)&n);

	return error < 0 ? error : n;
}

static long l_fdinfo(int fd, char *text, size_t size)
{
	long error = fsn_sys_fdinfo(fd, text, size);

	return error < 0 ? error : 0;
}

static long l_inotify_init(int flags)
{
	return sys_inotify_init1(flags);
}

static long l_inotify_add_watch(int fd, const char *path, unsigned int mask)
{
	return sys_inotify_add_watch(fd, path, mask);
}

static long l_inotify_rm_watch(int fd, int wd)
{
	return sys_inotify_rm_watch(fd, wd);
}

static long l_fanotify_init(unsigned int flags, unsigned int event_flags)
{
	return sys_fanotify_init(flags, event_flags);
}

static long l_fanotify_mark(int fd, unsigned int flags, unsigned long mask, int dir, const char *path)
{
	return sys_fanotify_mark(fd, flags, mask, dir, path);
}

const struct world world = {
	.begin = l_begin, .describe = l_describe,
	.mkdir = l_mkdir, .rmdir = l_rmdir, .mknod = l_mknod, .symlink = l_symlink, .link = l_link, .unlink = l_unlink,
	.rename = l_rename, .chmod = l_chmod, .chown = l_chown, .utimes = l_utimes, .truncate = l_truncate,
	.setxattr = l_setxattr, .removexattr = l_removexattr, .exec = l_exec, .readlink = l_readlink,
	.open = l_open, .close = l_close, .dup = l_dup, .read = l_read, .write = l_write, .pread = l_pread, .pwrite = l_pwrite,
	.lseek = l_lseek, .ftruncate = l_ftruncate, .fallocate = l_fallocate, .fchmod = l_fchmod, .readdir = l_readdir,
	.fcntl = l_fcntl,
	.mount = l_mount, .bind = l_bind, .umount = l_umount,
	.identify = l_identify, .identify_file = l_identify_file, .handle = l_handle,
	.poll = l_poll, .fionread = l_fionread, .fdinfo = l_fdinfo,
	.inotify_init = l_inotify_init, .inotify_add_watch = l_inotify_add_watch, .inotify_rm_watch = l_inotify_rm_watch,
	.fanotify_init = l_fanotify_init, .fanotify_mark = l_fanotify_mark,
};
