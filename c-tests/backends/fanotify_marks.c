// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-series: 6.12 6.1 */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Marks of inodes, mounts and filesystems, what they see, what their ignore masks hide and for how long, how they are flushed.
 */
#include <linux/fanotify.h>
#include <linux/fsnotify.h>

#include "fanotify_test.h"

/*
 * 6.1's fanotify looks for the id of a filesystem in the connector, where 6.12's layout has no place for it: its groups with
 * handles are told nothing.
 */
#ifdef FSNOTIFY_API_6_1
#define expect_handles(group, what, ...) expect(group, what)
#else
#define expect_handles(...) expect(__VA_ARGS__)
#endif

#define FILE_EVENTS (FAN_OPEN | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE)

static void test_inode(void)
{
	int group = group_new(FAN_CLASS_NOTIF);

	is(mark(group, ADD, FILE_EVENTS, "/d/a"), 0, "a file is marked");
	look("/d/a");
	expect(group, "opened and closed", "CLOSE_NOWRITE|OPEN fd=a");
	scribble("/d/a");
	expect(group, "opened, written and closed", "MODIFY|CLOSE_WRITE|OPEN fd=a");
	peruse("/d/a");
	expect(group, "opened, read and closed", "ACCESS|CLOSE_NOWRITE|OPEN fd=a");
	peruse("/b");
	look("/d");
	expect(group, "not the file beside it, nor its directory");
	is(mark(group, REMOVE, FAN_OPEN | FAN_CLOSE, "/d/a"), 0, "less is asked for");
	peruse("/d/a");
	expect(group, "the reading alone", "ACCESS fd=a");
	mem_link("/d/a", "/hard");
	peruse("/hard");
	expect(group, "the file by its other name", "ACCESS fd=hard");
	mem_unlink("/hard");
	fsn_sys_close(group);
}

/* Executing opens and reads; truncating by a path has an inode to tell and no path to open. */
static void test_without_reading(void)
{
	int group = group_new(FAN_CLASS_NOTIF), fid = group_new(FAN_REPORT_FID);

	mark(group, ADD, FAN_OPEN | FAN_OPEN_EXEC | FAN_MODIFY, "/d/a");
	mark(fid, ADD, FAN_OPEN_EXEC | FAN_MODIFY | FAN_ATTRIB, "/d/a");
	mem_chmod("/d/a", 0755);
	is(mem_execve("/d/a"), -ENOEXEC, "a file is executed");
	expect(group, "which opens it, and for that", "OPEN|OPEN_EXEC fd=a");
	expect_handles(fid, "the same with a handle", "ATTRIB|OPEN_EXEC fid=a");
	is(mem_truncate("/d/a", 2), 0, "a file is cut");
	expect(group, "without a path there is no descriptor");
	expect_handles(fid, "but a handle", "MODIFY fid=a");
	mem_chmod("/d/a", 0644);
	fsn_sys_close(group);
	fsn_sys_close(fid);
}

/* Not everything can be opened for a listener: only files and directories are told with descriptors. */
static void test_special(void)
{
	int group = group_new(FAN_CLASS_NOTIF), fid = group_new(FAN_REPORT_FID);
	struct path at;

	is(mem_mknod("/fifo", S_IFIFO | 0644), 0, "a fifo");
	label("/fifo", "fifo");
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/");
	mark(fid, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/");
	path_of("/fifo", &at);
	fsnotify_path(&at, FS_OPEN);
	path_put(&at);
	expect(group, "is told nobody with a descriptor");
	expect_handles(fid, "but with its handle", "OPEN fid=fifo");
	mem_unlink("/fifo");
	fsn_sys_close(group);
	fsn_sys_close(fid);
}

static void test_directory(void)
{
	int group = group_new(FAN_CLASS_NOTIF);

	mem_mkdir("/d/s", 0755);
	touch("/d/s/deep");
	is(mark(group, ADD, FAN_OPEN, "/d"), 0, "a directory is marked");
	look("/d");
	look("/d/a");
	expect(group, "neither itself without FAN_ONDIR, nor children without FAN_EVENT_ON_CHILD");
	mark(group, ADD, FAN_ONDIR, "/d");
	look("/d");
	look("/d/s");
	look("/d/a");
	expect(group, "itself with FAN_ONDIR", "OPEN fd=d");
	mark(group, ADD, FAN_EVENT_ON_CHILD, "/d");
	look("/d/a");
	look("/d/s");
	look("/d/s/deep");
	expect(group, "children with FAN_EVENT_ON_CHILD, no grandchildren", "OPEN fd=a", "OPEN fd=s");
	mark(group, REMOVE, FAN_ONDIR, "/d");
	look("/d/a");
	look("/d/s");
	look("/d");
	expect(group, "children that are no directories without FAN_ONDIR", "OPEN fd=a");
	mem_unlink("/d/s/deep");
	mem_rmdir("/d/s");
	fsn_sys_close(group);
}

static void test_mounts(void)
{
	int by_mount = group_new(FAN_CLASS_NOTIF), by_sb = group_new(FAN_CLASS_NOTIF);

	mem_mkdir("/m", 0755);
	is(mem_mount("/m"), 0, "a second filesystem");
	touch("/m/x");
	is(mark(by_mount, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/d"), 0, "the mount of /d is marked");
	is(mark(by_sb, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/m/x"), 0, "the filesystem of /m/x is marked");
	look("/d/a");
	look("/b");
	look("/m/x");
	expect(by_mount, "everything of the mount", "OPEN fd=a", "OPEN fd=b");
	expect(by_sb, "everything of the filesystem", "OPEN fd=x");
	look("/d");
	look("/m");
	expect(by_mount, "no directories of the mount without FAN_ONDIR");
	expect(by_sb, "no directories of the filesystem without FAN_ONDIR");
	mark(by_mount, ADD | FAN_MARK_MOUNT, FAN_ONDIR, "/");
	mark(by_sb, ADD | FAN_MARK_FILESYSTEM, FAN_ONDIR, "/m");
	look("/d");
	look("/m");
	expect(by_mount, "directories of the mount", "OPEN fd=d");
	expect(by_sb, "directories of the filesystem", "OPEN fd=/");
	mark(by_mount, ADD, FAN_CLOSE, "/m/x");
	mark(by_mount, ADD, FAN_CLOSE, "/m");
	is(mem_umount("/m", 0), 0, "the second filesystem goes");
	drain(by_mount);
	drain(by_sb);
	is(mark(by_sb, REMOVE | FAN_MARK_FILESYSTEM, FAN_OPEN, "/"), -ENOENT, "and its mark with it");
	look("/d/a");
	expect(by_sb, "the other filesystem was never marked");
	expect(by_mount, "the other mount is marked as before", "OPEN fd=a");
	mem_rmdir("/m");
	fsn_sys_close(by_mount);
	fsn_sys_close(by_sb);
}

/* One filesystem seen through two mounts. */
static void test_second_mount(void)
{
	int first = group_new(FAN_CLASS_NOTIF), second = group_new(FAN_CLASS_NOTIF), both = group_new(FAN_CLASS_NOTIF);
	struct vfsmount *again;
	struct path root, at;

	mem_mkdir("/again", 0755);
	path_of("/", &root);
	path_of("/again", &at);
	again = fsn_alloc_mount(root.mnt->mnt_sb);
	is(fsn_attach_mount(again, &at), 0, "a filesystem is mounted a second time");
	path_put(&at);
	path_put(&root);
	mark(first, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/b");
	mark(second, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/again/b");
	mark(both, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/again/b");
	look("/b");
	look("/again/d/a");
	expect(first, "a mark of one mount", "OPEN fd=b");
	expect(second, "a mark of the other", "OPEN fd=a");
	expect(both, "a mark of the filesystem", "OPEN fd=b", "OPEN fd=a");
	look("/b");
	look("/again/b");
	expect(both, "one file through two mounts is two events", "OPEN fd=b", "OPEN fd=b");
	drain(first);
	drain(second);
	is(fsn_umount(again, 0), 0, "unmounted once");
	mntput(again);
	look("/b");
	expect(second, "the mount's mark is gone");
	expect(both, "the filesystem's is not", "OPEN fd=b");
	mem_rmdir("/again");
	fsn_sys_close(first);
	fsn_sys_close(second);
	fsn_sys_close(both);
}

static void test_three_marks_of_one_group(void)
{
	int group = group_new(FAN_CLASS_NOTIF);

	mark(group, ADD, FAN_OPEN, "/d/a");
	mark(group, ADD | FAN_MARK_MOUNT, FAN_ACCESS, "/");
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_NOWRITE, "/");
	mark(group, ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, "/d");
	peruse("/d/a");
	expect(group, "what any of the marks asks for, once", "ACCESS|CLOSE_NOWRITE|OPEN fd=a");

	is(mark(group, FAN_MARK_FLUSH | FAN_MARK_MOUNT, 0, "/"), 0, "flush the marks of mounts");
	peruse("/d/a");
	expect(group, "the others are there", "CLOSE_NOWRITE|OPEN fd=a");
	is(mark(group, FAN_MARK_FLUSH, 0, "/"), 0, "flush the marks of inodes");
	peruse("/d/a");
	expect(group, "the filesystem's is there", "CLOSE_NOWRITE fd=a");
	is(mark(group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, "/"), 0, "flush the marks of filesystems");
	peruse("/d/a");
	expect(group, "none is left");
	is(mark(group, FAN_MARK_FLUSH, FAN_OPEN, NULL), 0, "flush where nothing is, without a path");
	fsn_sys_close(group);
}

/* The old ignore mask: for directories always, for children if the mark watches them; until the next modification. */
static void test_ignored_mask(void)
{
	int group = group_new(FAN_CLASS_NOTIF);

	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_CLOSE | FAN_ONDIR, "/");
	is(mark(group, ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/d/a"), 0, "opens of a file are ignored");
	look("/d/a");
	look("/b");
	expect(group, "the other file's are not", "CLOSE_NOWRITE fd=a", "CLOSE_NOWRITE|OPEN fd=b");
	scribble("/d/a");
	expect(group, "the modification itself was opened unseen", "CLOSE_WRITE fd=a");
	look("/d/a");
	expect(group, "and cleared the mask", "CLOSE_NOWRITE|OPEN fd=a");

	mark(group, ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "/d/a");
	scribble("/d/a");
	look("/d/a");
	expect(group, "a mask that survives modifications", "CLOSE_WRITE|CLOSE_NOWRITE fd=a");
	mark(group, REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, "/d/a");
	look("/d/a");
	expect(group, "until it is removed", "CLOSE_NOWRITE|OPEN fd=a");

	mark(group, ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN | FAN_CLOSE, "/d");
	look("/d");
	look("/d/a");
	expect(group, "ignored is the directory itself, not its children", "CLOSE_NOWRITE|OPEN fd=a");
	mark(group, ADD, FAN_ACCESS | FAN_EVENT_ON_CHILD, "/d");
	look("/d/a");
	expect(group, "its children too once the mark watches them");
	fsn_sys_close(group);
}

/* The new one: with event flags of its own. */
static void test_ignore(void)
{
	int group = group_new(FAN_CLASS_NOTIF);

	mem_mkdir("/d/s", 0755);
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_ONDIR, "/");
	is(mark(group, ADD | FAN_MARK_IGNORE_SURV, FAN_OPEN, "/d"), 0, "opens of a directory are ignored");
	look("/d");
	look("/d/a");
	expect(group, "not even of the directory, without FAN_ONDIR", "OPEN fd=d", "OPEN fd=a");
	mark(group, ADD | FAN_MARK_IGNORE_SURV, FAN_ONDIR, "/d");
	look("/d");
	look("/d/a");
	look("/d/s");
	expect(group, "of the directory, with it", "OPEN fd=a", "OPEN fd=s");
	mark(group, REMOVE | FAN_MARK_IGNORE_SURV, FAN_ONDIR, "/d");
	mark(group, ADD | FAN_MARK_IGNORE_SURV, FAN_EVENT_ON_CHILD, "/d");
	look("/d");
	look("/d/a");
	look("/d/s");
	expect(group, "of children, with FAN_EVENT_ON_CHILD", "OPEN fd=d", "OPEN fd=s");
	mark(group, ADD | FAN_MARK_IGNORE_SURV, FAN_ONDIR, "/d");
	look("/d");
	look("/d/a");
	look("/d/s");
	look("/b");
	expect(group, "of all of them, with both", "OPEN fd=b");
	scribble("/d/a");
	look("/d/a");
	expect(group, "also after a modification");
	mem_rmdir("/d/s");

	/* For a file it may end with a modification. */
	mark(group, FAN_MARK_FLUSH, 0, "/");
	is(mark(group, ADD | FAN_MARK_IGNORE, FAN_OPEN, "/b"), 0, "opens of a file are ignored until it changes");
	look("/b");
	expect(group, "before");
	scribble("/b");
	look("/b");
	expect(group, "after", "OPEN fd=b");

	/* On a whole mount, against a mark of the filesystem. */
	mark(group, ADD | FAN_MARK_MOUNT | FAN_MARK_IGNORE_SURV, FAN_OPEN, "/");
	look("/d/a");
	look("/d");
	expect(group, "files of a mount ignored, directories not", "OPEN fd=d");
	fsn_sys_close(group);
}

static void test_ignoring_is_private(void)
{
	int one = group_new(FAN_CLASS_NOTIF), two = group_new(FAN_CLASS_CONTENT);

	mark(one, ADD, FAN_OPEN, "/b");
	mark(two, ADD, FAN_OPEN, "/b");
	mark(one, ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "/b");
	look("/b");
	expect(one, "who ignores does not see");
	expect(two, "who does not ignore sees", "OPEN fd=b");
	fsn_sys_close(one);
	fsn_sys_close(two);
}

int main(void)
{
	tests_begin();
	test_inode();
	test_without_reading();
	test_special();
	test_directory();
	test_mounts();
	test_second_mount();
	test_three_marks_of_one_group();
	test_ignored_mask();
	test_ignore();
	test_ignoring_is_private();
	return tests_end();
}
