// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Errors of filesystems: told with the first error and how many there were, also when no memory is left.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"

static int report(const char *path, int error)
{
	struct path at;
	int err = path_of(path, &at);

	if (err)
		return err;
	err = fsnotify_sb_error(at.mnt->mnt_sb, at.dentry->d_inode, error);
	path_put(&at);
	return err;
}

/* Of no inode that the filesystem could name. */
static void report_nowhere(const char *path, int error)
{
	struct path at;

	path_of(path, &at);
	fsnotify_sb_error(at.mnt->mnt_sb, NULL, error);
	path_put(&at);
}

static int error_group(unsigned int flags, const char *path)
{
	int group = group_new(flags);

	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, path), 0, "flags %#x: errors of the filesystem of %s", flags, path);
	return group;
}

static void test_counted(void)
{
	int group = error_group(FAN_REPORT_FID, "/"), named = error_group(FAN_REPORT_DFID_NAME | FAN_REPORT_FID, "/");
	int plain = group_new(FAN_CLASS_NOTIF);

	mark(plain, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/");
	report("/d/a", EIO);
	expect(group, "an error of a file", "FS_ERROR fid=a error=5*1");
	expect(named, "also to who is told names", "FS_ERROR fid=a error=5*1");
	report("/d/a", ENOSPC);
	report("/b", EIO);
	report_nowhere("/b", EROFS);
	expect(group, "the first of three, counted until it is read", "FS_ERROR fid=a error=28*3");
	report("/d", EIO);
	expect(group, "then anew", "FS_ERROR fid=d error=5*1");
	report_nowhere("/", EIO);
	expect(group, "of no file", "FS_ERROR fid=none error=5*1");
	expect(plain, "nobody else hears of it");
	drain(named);

	mem_mkdir("/m", 0755);
	mem_mount("/m");
	label("/m", "m");
	report("/m", EIO);
	expect(group, "another filesystem is not watched");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/m"), 0, "until it is");
	report("/m", EIO);
	report("/d", EIO);
	report("/m", EIO);
	expect(group, "errors of two filesystems are two", "FS_ERROR fid=m error=5*2", "FS_ERROR fid=d error=5*1");
	is(mark(group, REMOVE | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/"), 0, "one is watched no longer");
	report("/d", EIO);
	report("/m", EIO);
	expect(group, "the other one still is", "FS_ERROR fid=m error=5*1");
	mem_umount("/m", 0);
	mem_rmdir("/m");
	fsn_sys_close(group);
	fsn_sys_close(named);
	fsn_sys_close(plain);
}

static void test_without_memory(void)
{
	int group = error_group(FAN_REPORT_FID, "/"), i, lost = 0;
	struct super_block *sb;
	struct inode *inode;
	struct fan_event event;
	struct path at;

	path_of("/d/a", &at);
	sb = at.mnt->mnt_sb;
	inode = at.dentry->d_inode;
	for (i = 0; i < 100; i++) {
		fsn_fail_alloc(0, -1);
		fsnotify_sb_error(sb, inode, EIO);
		fsnotify_sb_error(sb, inode, EIO);
		fsn_fail_alloc(0, 0);
		lost += read_one(group, &event) != 1 || event.error_count != 2;
	}
	path_put(&at);
	is(lost, 0, "no error is lost where nothing can be allocated, a hundred times over");
	report("/d", EIO);
	fsn_sys_close(group);

	group = group_new(FAN_REPORT_FID);
	fsn_fail_alloc(1, 1);
	i = mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/");
	fsn_fail_alloc(0, 0);
	ok(!i || i == -ENOMEM, "a mark for errors finds no memory (%d)", i);
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_FS_ERROR, "/"), 0, "and finds it later");
	report("/d", EIO);
	expect(group, "all there", "FS_ERROR fid=d error=5*1");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_FS_ERROR, "/"), 0,
	   "errors can be ignored");
	report("/d", EIO);
	expect(group, "then they are not told");
	fsn_sys_close(group);
}

int main(void)
{
	tests_begin();
	test_counted();
	test_without_memory();
	return tests_end();
}
