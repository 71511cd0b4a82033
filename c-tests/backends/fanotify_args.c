// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * fanotify_init() and fanotify_mark(): every argument that is refused, and what is taken instead.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"

#define FID_ALL FAN_REPORT_DFID_NAME_TARGET

static long init_once(unsigned int flags, unsigned int event_f_flags)
{
	long fd = sys_fanotify_init(flags, event_f_flags);

	if (fd >= 0)
		fsn_sys_close((int)fd);
	return fd < 0 ? fd : 0;
}

#define takes(flags, f_flags) is(init_once(flags, f_flags), 0, "init takes " #flags ", " #f_flags)
#define refuses(err, flags, f_flags) is(init_once(flags, f_flags), -(err), "init refuses " #flags ", " #f_flags)

static void test_init(void)
{
	static const unsigned int classes[] = { FAN_CLASS_NOTIF, FAN_CLASS_CONTENT, FAN_CLASS_PRE_CONTENT };
	unsigned int bit;
	int i, wrong = 0;

	for (i = 0; i < 3; i++)
		is(init_once(classes[i] | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY), 0, "init takes class %#x", classes[i]);
	refuses(EINVAL, FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT, O_RDONLY);
	for (bit = FAN_REPORT_FD_ERROR << 1; bit; bit <<= 1)
		wrong += init_once(bit, O_RDONLY) != -EINVAL;
	is(wrong, 0, "init refuses every unknown flag, its own internal one among them");

	takes(FAN_CLASS_NOTIF, O_RDWR | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_CLOEXEC | O_LARGEFILE | O_NOATIME);
	takes(FAN_CLASS_NOTIF, O_WRONLY);
	refuses(EINVAL, FAN_CLASS_NOTIF, O_ACCMODE);
	refuses(EINVAL, FAN_CLASS_NOTIF, O_CREAT);
	refuses(EINVAL, FAN_CLASS_NOTIF, O_DIRECTORY);
	refuses(EINVAL, FAN_CLASS_NOTIF, O_TRUNC);
	refuses(EINVAL, FAN_CLASS_NOTIF, 0x4000000 /* FMODE_NONOTIFY */);

	takes(FAN_REPORT_FID, O_RDONLY);
	takes(FAN_REPORT_DIR_FID, O_RDONLY);
	takes(FAN_REPORT_DIR_FID | FAN_REPORT_FID, O_RDONLY);
	takes(FAN_REPORT_DFID_NAME, O_RDONLY);
	takes(FAN_REPORT_DFID_NAME | FAN_REPORT_FID, O_RDONLY);
	takes(FAN_REPORT_DFID_NAME_TARGET, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_NAME, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_NAME | FAN_REPORT_FID, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_TARGET_FID, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_TARGET_FID | FAN_REPORT_FID, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_TARGET_FID | FAN_REPORT_DFID_NAME, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_FID | FAN_CLASS_CONTENT, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_DIR_FID | FAN_CLASS_PRE_CONTENT, O_RDONLY);

	takes(FAN_REPORT_PIDFD, O_RDONLY);
	takes(FAN_REPORT_PIDFD | FAN_REPORT_FID, O_RDONLY);
	takes(FAN_REPORT_TID, O_RDONLY);
	refuses(EINVAL, FAN_REPORT_PIDFD | FAN_REPORT_TID, O_RDONLY);
	takes(FAN_REPORT_FD_ERROR, O_RDONLY);
	takes(FAN_REPORT_FD_ERROR | FAN_REPORT_PIDFD | FAN_REPORT_DIR_FID, O_RDONLY);
	takes(FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS, O_RDONLY);
	takes(FAN_ENABLE_AUDIT | FAN_CLASS_CONTENT, O_RDONLY);
}

static void test_init_descriptor(void)
{
	int fd = (int)sys_fanotify_init(FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);
	int plain = (int)sys_fanotify_init(0, O_RDONLY);

	is(fsn_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "FAN_CLOEXEC closes it on exec");
	is(fsn_sys_fcntl(plain, F_GETFD, 0), 0, "without the flag it stays open");
	is(fsn_sys_fcntl(fd, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK | O_RDWR, "FAN_NONBLOCK is the file's O_NONBLOCK");
	is(fsn_sys_fcntl(plain, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_RDWR, "without the flag reads block");
	is(fsn_sys_ioctl(fd, 0x1234, 0), -ENOTTY, "an unknown ioctl is refused");
	is(fsn_sys_close(fd), 0, "close");
	is(fsn_sys_close(fd), -EBADF, "a closed group is no descriptor any more");
	fsn_sys_close(plain);
}

#define mark_is(err, group, flags, mask, path) \
	is(sys_fanotify_mark(group, flags, mask, AT_FDCWD, path), (err), "mark " #flags ", " #mask ", " #path)

static void test_mark_words(void)
{
	int group = group_new(FAN_CLASS_NOTIF), perm = group_new(FAN_CLASS_CONTENT), fid = group_new(FID_ALL);
	int dir_fid = group_new(FAN_REPORT_DIR_FID);
	__u64 bit;
	int wrong = 0;

	mark_is(0, group, ADD, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD, 0, "/d");
	mark_is(-EINVAL, group, REMOVE, 0, "/d");
	mark_is(-EINVAL, group, 0, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | REMOVE, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_FLUSH, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, FAN_MARK_FLUSH | FAN_MARK_ONLYDIR, 0, "/d");
	mark_is(-EINVAL, group, FAN_MARK_FLUSH | FAN_MARK_IGNORED_MASK, 0, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | 0x800, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | 0x80000000u, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD, FAN_OPEN | 1ull << 32, "/d");
	mark_is(-EINVAL, group, ADD, FAN_Q_OVERFLOW, "/d");
	for (bit = 1; bit <= 0x80000000u; bit <<= 1)
		if (!(bit & (FANOTIFY_EVENTS | FANOTIFY_EVENT_FLAGS | FANOTIFY_PERM_EVENTS)))
			wrong += mark(group, ADD, bit, "/d") != -EINVAL;
	is(wrong, 0, "mark refuses every bit that is no event");
	mark_is(-EINVAL, group, ADD | FAN_MARK_IGNORE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/d");

	mark_is(-EINVAL, group, ADD, FAN_OPEN_PERM, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_FILESYSTEM, FAN_ACCESS_PERM, "/d");
	mark_is(0, perm, ADD, FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_ACCESS_PERM, "/d");

	mark_is(-EINVAL, group, ADD, FAN_CREATE, "/d");
	mark_is(-EINVAL, group, ADD, FAN_ATTRIB, "/d");
	mark_is(-EINVAL, perm, ADD, FAN_DELETE_SELF, "/d");
	mark_is(0, fid, ADD, FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_ATTRIB | FAN_DELETE_SELF | FAN_MOVE_SELF, "/d");
	mark_is(-EINVAL, fid, ADD | FAN_MARK_MOUNT, FAN_CREATE, "/d");
	mark_is(0, fid, ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_ONDIR, "/d");
	mark_is(0, fid, ADD | FAN_MARK_FILESYSTEM, FAN_RENAME, "/d");
	mark_is(-EINVAL, dir_fid, ADD | FAN_MARK_FILESYSTEM, FAN_RENAME, "/d");
	mark_is(-EINVAL, fid, ADD, FAN_FS_ERROR, "/d");
	mark_is(-EINVAL, fid, ADD | FAN_MARK_MOUNT, FAN_FS_ERROR, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/d");
	mark_is(0, fid, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/d");

	mark_is(-EINVAL, fid, ADD | FAN_MARK_EVICTABLE | FAN_MARK_MOUNT, FAN_OPEN, "/d");
	mark_is(-EINVAL, fid, ADD | FAN_MARK_EVICTABLE | FAN_MARK_FILESYSTEM, FAN_OPEN, "/d");

	/* The newer a group's or a mark's words, the stricter: what only makes sense for a directory is refused for a file. */
	mark_is(-ENOTDIR, fid, ADD, FAN_CREATE, "/b");
	mark_is(-ENOTDIR, fid, ADD, FAN_OPEN | FAN_ONDIR, "/b");
	mark_is(-ENOTDIR, group, ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN | FAN_EVENT_ON_CHILD, "/b");
	mark_is(0, dir_fid, ADD, FAN_CREATE | FAN_ONDIR, "/b");

	fsn_sys_close(group);
	fsn_sys_close(perm);
	fsn_sys_close(fid);
	fsn_sys_close(dir_fid);
}

static void test_mark_ignore_words(void)
{
	int group = group_new(FAN_CLASS_NOTIF), fd;

	mark_is(-EISDIR, group, ADD | FAN_MARK_IGNORE, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_IGNORE | FAN_MARK_MOUNT, FAN_OPEN, "/d");
	mark_is(-EINVAL, group, ADD | FAN_MARK_IGNORE | FAN_MARK_FILESYSTEM, FAN_OPEN, "/d");
	mark_is(0, group, ADD | FAN_MARK_IGNORE, FAN_OPEN, "/b");
	mark_is(0, group, ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN, "/d");
	mark_is(0, group, ADD | FAN_MARK_IGNORE_SURV, FAN_ACCESS, "/b");
	/* What a mark's ignore mask once means, it means for ever. */
	mark_is(-EEXIST, group, ADD | FAN_MARK_IGNORE, FAN_OPEN, "/b");
	mark_is(-EEXIST, group, ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");
	mark_is(-EEXIST, group, ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "/b");
	mark_is(0, group, FAN_MARK_FLUSH, 0, "/");

	/* A mask that the next write would clear is not worth setting while a writer is there; nothing is told. */
	fd = mem_open("/b", O_WRONLY, 0);
	mark_is(0, group, ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");
	mark_is(-ENOENT, group, REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");
	mark_is(0, group, ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "/b");
	mark_is(0, group, REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");
	mem_close(fd);
	mark_is(0, group, ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");
	mark_is(0, group, REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/b");

	/* A mark that keeps its inode does not turn into one that does not; the other way it may. */
	mark_is(0, group, ADD, FAN_OPEN, "/b");
	mark_is(-EEXIST, group, ADD | FAN_MARK_EVICTABLE, FAN_ACCESS, "/b");
	mark_is(0, group, ADD | FAN_MARK_EVICTABLE, FAN_OPEN, "/d/a");
	mark_is(0, group, ADD | FAN_MARK_EVICTABLE, FAN_ACCESS, "/d/a");
	mark_is(0, group, ADD, FAN_ACCESS, "/d/a");
	mark_is(-EEXIST, group, ADD | FAN_MARK_EVICTABLE, FAN_ACCESS, "/d/a");
	fsn_sys_close(group);
}

static void test_mark_paths(void)
{
	int group = group_new(FAN_CLASS_NOTIF), other = mem_open("/b", O_RDONLY, 0), dir = mem_open("/d", O_RDONLY, 0);

	mark_is(-ENOENT, group, ADD, FAN_OPEN, "/none");
	mark_is(-ENOTDIR, group, ADD, FAN_OPEN, "/b/c");
	mark_is(-ENOTDIR, group, ADD | FAN_MARK_ONLYDIR, FAN_OPEN, "/b");
	mark_is(0, group, ADD | FAN_MARK_ONLYDIR, FAN_OPEN, "/d");
	mark_is(-EFAULT, group, ADD, FAN_OPEN, (const char *)8);
	is(sys_fanotify_mark(-1, ADD, FAN_OPEN, AT_FDCWD, "/d"), -EBADF, "no group: -1");
	is(sys_fanotify_mark(1000, ADD, FAN_OPEN, AT_FDCWD, "/d"), -EBADF, "no group: a number that is not open");
	is(sys_fanotify_mark(other, ADD, FAN_OPEN, AT_FDCWD, "/d"), -EINVAL, "no group: another file");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, dir, "a"), 0, "a path below a descriptor");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, 1000, "a"), -EBADF, "below none");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, other, "a"), -ENOTDIR, "below a file");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, dir, NULL), 0, "the descriptor itself");
	is(sys_fanotify_mark(group, ADD | FAN_MARK_ONLYDIR, FAN_OPEN, dir, NULL), 0, "which is a directory");
	is(sys_fanotify_mark(group, ADD | FAN_MARK_ONLYDIR, FAN_OPEN, other, NULL), -ENOTDIR, "or is not");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, 1000, NULL), -EBADF, "or is not open");
	is(sys_fanotify_mark(group, ADD, FAN_OPEN, AT_FDCWD, NULL), -EBADF, "the working directory is no descriptor");

	is(mem_symlink("/d/a", "/link"), 0, "a symbolic link");
	mark_is(0, group, FAN_MARK_FLUSH, 0, "/");
	mark_is(0, group, ADD, FAN_OPEN, "/link");
	mark_is(0, group, REMOVE, FAN_OPEN, "/d/a");
	mark_is(0, group, ADD | FAN_MARK_DONT_FOLLOW, FAN_OPEN, "/link");
	mark_is(-ENOENT, group, REMOVE, FAN_OPEN, "/d/a");
	mark_is(0, group, REMOVE | FAN_MARK_DONT_FOLLOW, FAN_OPEN, "/link");
	mem_unlink("/link");

	mark_is(-ENOENT, group, REMOVE, FAN_OPEN, "/b");
	mark_is(0, group, ADD, FAN_OPEN | FAN_ACCESS, "/b");
	mark_is(0, group, REMOVE, FAN_OPEN, "/b");
	mark_is(0, group, REMOVE, FAN_OPEN, "/b");
	mark_is(0, group, REMOVE, FAN_ACCESS, "/b");
	mark_is(-ENOENT, group, REMOVE, FAN_ACCESS, "/b");
	mem_close(other);
	mem_close(dir);
	fsn_sys_close(group);
}

int main(void)
{
	tests_begin();
	test_init();
	test_init_descriptor();
	test_mark_words();
	test_mark_ignore_words();
	test_mark_paths();
	return tests_end();
}
