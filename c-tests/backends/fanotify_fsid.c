// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Which filesystems a group with file handles can watch, how, and which of them together.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"
#include "lazyfs.h"

static struct lazy one, two, nameless, other;

static void touch_attributes(const char *path)
{
	struct path at;

	if (!path_of(path, &at)) {
		fsnotify_dentry(at.dentry, FS_ATTRIB);
		path_put(&at);
	}
}

static void test_alone(void)
{
	int group = group_new(FAN_REPORT_FID);

	is(mark(group, ADD, FAN_ATTRIB, "/one/1"), 0, "an inode of a filesystem with an id");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/one"), 0, "its mount");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/one"), 0, "all of it");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/nameless"), -ENODEV, "the mount of one without an id");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/nameless"), -ENODEV, "all of one without");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/other/7"), -EXDEV, "the mount by a part with an id of its own");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/other/7"), -EXDEV, "all by such a part");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/other"), 0, "all by its root");
	fsn_sys_close(group);

	group = group_new(FAN_CLASS_NOTIF);
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/nameless"), 0, "without handles an id is not needed");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/other/7"), 0, "nor that it is the root's");
	fsn_sys_close(group);
}

static void test_together(void)
{
	int group = group_new(FAN_REPORT_FID);

	label("/one/1", "one/1");
	label("/two/1", "two/1");
	is(mark(group, ADD, FAN_ATTRIB, "/one/1"), 0, "one filesystem with an id");
	is(mark(group, ADD, FAN_ATTRIB, "/two/1"), 0, "and another");
	touch_attributes("/one/1");
	touch_attributes("/two/1");
	expect(group, "each event has the id of its own", "ATTRIB fid=one/1", "ATTRIB fid=two/1");
	is(mark(group, ADD, FAN_ATTRIB, "/nameless/1"), -EXDEV, "none without an id beside them");
	is(mark(group, ADD, FAN_ATTRIB, "/other/7"), -EXDEV, "nor a part with an id of its own");
	is(mark(group, FAN_MARK_FLUSH, 0, "/"), 0, "when they are gone");
	is(mark(group, ADD, FAN_ATTRIB, "/nameless/1"), 0, "one without an id");
	is(mark(group, ADD, FAN_ATTRIB, "/nameless/2"), 0, "and more of that one");
	is(mark(group, ADD, FAN_ATTRIB, "/one/1"), -EXDEV, "but none with an id");
	is(mark(group, ADD, FAN_ATTRIB, "/other/7"), -EXDEV, "and no other without");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/one"), -EXDEV, "of any kind");
	label("/nameless/1", "nameless/1");
	touch_attributes("/nameless/1");
	expect(group, "the handle counts, with no id", "ATTRIB fid=nameless/1");
	is(mark(group, FAN_MARK_FLUSH, 0, "/"), 0, "when they are gone");
	is(mark(group, ADD, FAN_ATTRIB, "/other/7"), 0, "a part with an id of its own");
	is(mark(group, ADD, FAN_ATTRIB, "/other/1"), -EXDEV, "not with the rest of its filesystem");
	label("/other/7", "part");
	touch_attributes("/other/7");
	expect(group, "the part's id", "ATTRIB fid=part");
	fsn_sys_close(group);
}

static void test_handles(void)
{
	static const struct export_operations none = { .flags = 0 };
	struct export_operations no_way_back = lazy_export_operations;
	int group = group_new(FAN_REPORT_FID);

	no_way_back.fh_to_dentry = NULL;
	two.sb->s_export_op = &no_way_back;
	is(mark(group, ADD, FAN_ATTRIB, "/two/1"), 0, "handles that cannot be opened identify an inode");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/two"), -EOPNOTSUPP, "but no filesystem is watched with them");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/two"), -EOPNOTSUPP, "and no mount");
	two.sb->s_export_op = &none;
	is(mark(group, ADD, FAN_ATTRIB, "/two/2"), -EOPNOTSUPP, "a filesystem that makes none");
	two.sb->s_export_op = NULL;
	is(mark(group, ADD, FAN_ATTRIB, "/two/2"), 0, "one that has nothing to say on it gets them by number");
	label("/two/2", "two/2");
	touch_attributes("/two/2");
	expect(group, "told as any", "ATTRIB fid=two/2");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/two"), -EOPNOTSUPP, "still only for inodes");
	two.sb->s_export_op = &lazy_export_operations;
	fsn_sys_close(group);
}

/* Longer than what an event has room for. */
static int long_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	int i, room = *words;

	(void)parent;
	*words = 16;
	if (room < 16)
		return FILEID_INVALID;
	for (i = 0; i < 16; i++)
		fh[i] = (__u32)inode->i_ino * 1000 + (__u32)i;
	return 2;
}

static int bad_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	(void)inode, (void)parent;
	if (*words < 2) {
		*words = 2;
		return FILEID_INVALID;
	}
	fh[0] = 0;
	return FILEID_INVALID;
}

static void test_encoding(void)
{
	struct export_operations odd = lazy_export_operations;
	int group = group_new(FAN_REPORT_FID), warnings = n_warnings;

	two.sb->s_export_op = &odd;
	odd.encode_fh = long_fh;
	mark(group, ADD, FAN_ATTRIB, "/two/3");
	mark(group, ADD, FAN_ATTRIB, "/two/4");
	label("/two/3", "two/3");
	label("/two/4", "two/4");
	touch_attributes("/two/3");
	touch_attributes("/two/4");
	touch_attributes("/two/3");
	expect(group, "handles of 64 bytes are told in full, and merged", "ATTRIB fid=two/3", "ATTRIB fid=two/4");
	log_expected = true;
	fsn_fail_alloc(1, 1);
	touch_attributes("/two/3");
	fsn_fail_alloc(0, 0);
	expect(group, "without memory for the handle the event is told without", "ATTRIB");
	odd.encode_fh = bad_fh;
	touch_attributes("/two/3");
	expect(group, "an object whose handle cannot be made is told without", "ATTRIB");
	ok(n_warnings > warnings && strstr(log_message, "failed to encode fid"), "with a message");
	log_expected = false;
	n_warnings = 0;
	two.sb->s_export_op = &lazy_export_operations;
	fsn_sys_close(group);
}

static void test_kinds(void)
{
	int perm = group_new(FAN_CLASS_CONTENT), group = group_new(FAN_CLASS_NOTIF);

	one.type.fs_flags = FS_DISALLOW_NOTIFY_PERM;
	is(mark(perm, ADD, FAN_OPEN_PERM, "/one/1"), -EINVAL, "a filesystem where nobody may be asked");
	is(mark(perm, ADD, FAN_OPEN, "/one/1"), 0, "may be watched");
	one.type.fs_flags = 0;
	is(mark(perm, ADD, FAN_OPEN_PERM, "/one/1"), 0, "any other may");
	one.sb->s_flags |= SB_NOUSER;
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/one"), -EINVAL, "an internal filesystem as a whole");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/one"), -EINVAL, "or its mount");
	is(mark(group, ADD, FAN_OPEN, "/one"), 0, "its inodes may");
	one.sb->s_flags &= ~SB_NOUSER;
	fsn_sys_close(perm);
	fsn_sys_close(group);
}

int main(void)
{
	static const char *const where[] = { "/one", "/two", "/nameless", "/other" };
	struct lazy *const all[] = { &one, &two, &nameless, &other };
	int i;

	tests_begin();
	for (i = 0; i < 4; i++) {
		mem_mkdir(where[i], 0755);
		is(lazy_mount(all[i], where[i], i == 2 ? 0 : 100 + i), 0, "%s is mounted", where[i]);
	}
	other.part.val[0] = 999;
	test_alone();
	test_together();
	test_handles();
	test_encoding();
	test_kinds();
	for (i = 0; i < 4; i++)
		is(lazy_umount(all[i]), 0, "%s is unmounted", where[i]);
	return tests_end();
}
