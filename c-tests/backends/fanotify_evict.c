// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Marks that keep their inode in memory, and evictable ones that go with it; marks of what is deleted or unmounted.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"
#include "lazyfs.h"

/* As many as fdinfo shows. */
static int marks_of(int group)
{
	char text[4096] = "";
	const char *at = text;
	int n = 0;

	fsn_quiesce();
	fsn_sys_fdinfo(group, text, sizeof(text));
	while ((at = strstr(at, "mflags:")) != NULL)
		at++, n++;
	return n;
}

static void test_evictable(void)
{
	int group = group_new(FAN_CLASS_NOTIF);
	struct lazy lazy;

	mem_mkdir("/l", 0755);
	is(lazy_mount(&lazy, "/l", 77), 0, "a filesystem that forgets");
	is(mark(group, ADD, FAN_OPEN, "/l/1"), 0, "an ordinary mark");
	is(mark(group, ADD | FAN_MARK_EVICTABLE, FAN_OPEN, "/l/2"), 0, "an evictable one");
	is(mark(group, ADD | FAN_MARK_EVICTABLE, FAN_OPEN, "/l/3"), 0, "and one that becomes an ordinary one");
	is(mark(group, ADD, FAN_ACCESS, "/l/3"), 0, "with another mask");
	is(marks_of(group), 3, "three marks");
	is(lazy_shrink(&lazy), 1, "one inode goes");
	ok(lazy.inodes[1] && !lazy.inodes[2] && lazy.inodes[3], "the one with the evictable mark");
	is(marks_of(group), 2, "and its mark with it");
	is(mark(group, REMOVE, FAN_OPEN, "/l/2"), -ENOENT, "the file has none when it comes back");
	is(mark(group, REMOVE, FAN_OPEN, "/l/1"), 0, "the ordinary mark has stayed");
	is(lazy_shrink(&lazy), 2, "without it that inode goes, too");
	ok(!lazy.inodes[1], "as does the other one");

	is(mark(group, ADD | FAN_MARK_EVICTABLE, FAN_OPEN, "/l/4"), 0, "an evictable mark again");
	is(mark(group, FAN_MARK_FLUSH, 0, "/"), 0, "flushed");
	ok(!lazy.inodes[3] && lazy.inodes[4], "an inode that only its mark kept goes with it");
	is(lazy_shrink(&lazy), 1, "the other one when nobody uses it");
	is(marks_of(group), 0, "no mark is left");
	is(mark(group, ADD, FAN_OPEN, "/l/5"), 0, "a mark");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/l"), 0, "and one of the filesystem");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/l"), 0, "and one of the mount");
	is(lazy_umount(&lazy), 0, "the filesystem goes");
	is(marks_of(group), 0, "and all its marks");
	expect(group, "nobody is told of an unmount");
	fsn_sys_close(group);
	mem_rmdir("/l");
}

/* An ignore mask that costs no memory: what evictable marks are for. */
static void test_evictable_ignore(void)
{
	int group = group_new(FAN_REPORT_FID), other = group_new(FAN_REPORT_FID);
	struct lazy lazy;
	struct path at;

	mem_mkdir("/l", 0755);
	lazy_mount(&lazy, "/l", 78);
	label("/l/1", "1");
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_ATTRIB, "/l");
	mark(other, ADD | FAN_MARK_EVICTABLE, FAN_ATTRIB, "/l/1");
	is(mark(group, ADD | FAN_MARK_EVICTABLE | FAN_MARK_IGNORE_SURV, FAN_ATTRIB, "/l/1"), 0, "a file is ignored");
	path_of("/l/1", &at);
	fsnotify_dentry(at.dentry, FS_ATTRIB);
	path_put(&at);
	expect(group, "ignored");
	expect(other, "by one, not by the other", "ATTRIB fid=1");
	is(lazy_shrink(&lazy), 1, "until it leaves memory");
	path_of("/l/1", &at);
	fsnotify_dentry(at.dentry, FS_ATTRIB);
	path_put(&at);
	expect(group, "heard again", "ATTRIB fid=1");
	expect(other, "watched no more");
	fsn_sys_close(group);
	fsn_sys_close(other);
	lazy_umount(&lazy);
	mem_rmdir("/l");
}

/* Events hold what they are about, or a handle of it. */
static void test_deleted(void)
{
	int group = group_new(FAN_CLASS_NOTIF), fid = group_new(FAN_REPORT_FID);

	touch("/n");
	label("/n", "n");
	mark(group, ADD, FAN_OPEN, "/n");
	mark(fid, ADD, FAN_OPEN | FAN_DELETE_SELF, "/n");
	look("/n");
	is(marks_of(group) + marks_of(fid), 2, "two marks");
	mem_unlink("/n");
	is(marks_of(group) + marks_of(fid), 2, "stay while an event has the file open");
	expect(group, "the file can still be had", "OPEN fd=n(gone)");
	expect(fid, "or its handle", "OPEN|DELETE_SELF fid=n");
	is(marks_of(group) + marks_of(fid), 0, "then they are gone");
	fsn_sys_close(group);
	fsn_sys_close(fid);
}

int main(void)
{
	tests_begin();
	test_evictable();
	test_evictable_ignore();
	test_deleted();
	return tests_end();
}
