// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Groups that are told file handles: of the object, of its directory with and without the name, of both; renames with both
 * names; which filesystems can be watched so, and which together.
 */
#include <linux/fanotify.h>
#include <linux/fsnotify.h>

#include "fanotify_test.h"

#define ENTRIES (FAN_CREATE | FAN_DELETE | FAN_MOVE)
#define ON_CHILD FAN_EVENT_ON_CHILD

static void make_and_remove(void)
{
	touch("/d/n");
	label("/d/n", "n");
	mem_unlink("/d/n");
	mem_mkdir("/d/s", 0755);
	label("/d/s", "s");
	mem_rmdir("/d/s");
}

static int dir_group(unsigned int flags, __u64 mask)
{
	int group = group_new(flags);

	is(mark(group, ADD, mask, "/d"), 0, "flags %#x: a directory is marked", flags);
	return group;
}

static void test_fid(void)
{
	int group = dir_group(FAN_REPORT_FID, FAN_OPEN | ENTRIES | FAN_ATTRIB | FAN_ONDIR | ON_CHILD);

	look("/d/a");
	look("/d");
	expect(group, "FID: the object", "OPEN fid=a", "OPEN|ONDIR fid=d");
	mem_chmod("/d/a", 0600);
	mem_chmod("/d", 0700);
	mem_chmod("/b", 0600);
	expect(group, "FID: attributes", "ATTRIB fid=a", "ATTRIB|ONDIR fid=d");
	make_and_remove();
	expect(group, "FID: entries are told of the directory, files apart from directories",
	       "CREATE|DELETE fid=d", "OPEN fid=n", "CREATE|DELETE|ONDIR fid=d");
	mem_chmod("/d/a", 0644);
	mem_chmod("/d", 0755);
	fsn_sys_close(group);
}

static void test_dir_fid(void)
{
	int group = dir_group(FAN_REPORT_DIR_FID, FAN_OPEN | ENTRIES | FAN_ONDIR | ON_CHILD);
	int both = dir_group(FAN_REPORT_DIR_FID | FAN_REPORT_FID, FAN_OPEN | ENTRIES | FAN_ONDIR | ON_CHILD);

	look("/d");
	expect(group, "DIR_FID: a directory", "OPEN|ONDIR dfid=d");
	expect(both, "DIR_FID and FID: a directory", "OPEN|ONDIR dfid=d");
	look("/d/a");
	expect(both, "DIR_FID and FID: a child and its directory", "OPEN dfid=d fid=a");
	drain(group);
	make_and_remove();
	expect(both, "DIR_FID and FID: entries", "CREATE|DELETE dfid=d", "OPEN dfid=d fid=n", "CREATE|DELETE|ONDIR dfid=d");
	fsn_sys_close(group);
	fsn_sys_close(both);
}

static void test_name(void)
{
	int group = dir_group(FAN_REPORT_DFID_NAME, FAN_OPEN | ENTRIES | FAN_ONDIR | ON_CHILD);
	int both = dir_group(FAN_REPORT_DFID_NAME | FAN_REPORT_FID, FAN_OPEN | ENTRIES | FAN_ONDIR | ON_CHILD);
	int target = dir_group(FAN_REPORT_DFID_NAME_TARGET, FAN_OPEN | ENTRIES | FAN_ONDIR | ON_CHILD);

	look("/d/a");
	look("/d");
	expect(group, "NAME: a child by its name, the directory itself as \".\"", "OPEN dfid=d/a", "OPEN|ONDIR dfid=d/.");
	expect(both, "NAME and FID", "OPEN dfid=d/a fid=a", "OPEN|ONDIR dfid=d/.");
	expect(target, "TARGET_FID", "OPEN dfid=d/a fid=a", "OPEN|ONDIR dfid=d/.");
	make_and_remove();
	expect(group, "NAME: entries", "OPEN|CREATE|DELETE dfid=d/n", "CREATE|DELETE|ONDIR dfid=d/s");
	expect(both, "NAME and FID: entries, the child only where it is the event's own object", "CREATE|DELETE dfid=d/n",
	       "OPEN dfid=d/n fid=n", "CREATE|DELETE|ONDIR dfid=d/s");
	expect(target, "TARGET_FID: the child with every entry", "OPEN|CREATE|DELETE dfid=d/n fid=n",
	       "CREATE|DELETE|ONDIR dfid=d/s fid=s");
	fsn_sys_close(group);
	fsn_sys_close(both);
	fsn_sys_close(target);
}

static void test_self(void)
{
	int group = group_new(FAN_REPORT_DFID_NAME_TARGET), named = group_new(FAN_REPORT_DFID_NAME);

	touch("/n");
	label("/n", "n");
	mark(group, ADD, FAN_DELETE_SELF | FAN_MOVE_SELF | FAN_ATTRIB, "/n");
	mark(named, ADD, FAN_DELETE_SELF | FAN_MOVE_SELF | FAN_ATTRIB, "/n");
	mem_rename("/n", "/o", 0);
	expect(group, "moved itself", "MOVE_SELF fid=n");
	drain(named);
	mem_unlink("/o");
	expect(group, "its links and then itself gone", "ATTRIB|DELETE_SELF fid=n");
	expect(named, "who is told of directories alone hears nothing of a file that is marked itself");
	fsn_sys_close(group);
	fsn_sys_close(named);
}

static void test_rename(void)
{
	int source = group_new(FAN_REPORT_DFID_NAME), target = group_new(FAN_REPORT_DFID_NAME);
	int both = group_new(FAN_REPORT_DFID_NAME_TARGET), all = group_new(FAN_REPORT_DFID_NAME_TARGET);

	mem_mkdir("/e", 0755);
	label("/e", "e");
	touch("/d/f");
	label("/d/f", "f");
	mark(source, ADD, FAN_RENAME | FAN_MOVE | FAN_ONDIR, "/d");
	mark(target, ADD, FAN_RENAME | FAN_MOVE | FAN_ONDIR, "/e");
	mark(both, ADD, FAN_RENAME | FAN_ONDIR, "/d");
	mark(both, ADD, FAN_RENAME | FAN_ONDIR, "/e");
	mark(all, ADD | FAN_MARK_FILESYSTEM, FAN_RENAME | FAN_ONDIR, "/");
	mem_rename("/d/f", "/e/g", 0);
	expect(source, "who watches the old directory is told the old name", "RENAME old=d/f", "MOVED_FROM dfid=d/f");
	expect(target, "who watches the new one, the new name", "RENAME new=e/g", "MOVED_TO dfid=e/g");
	expect(both, "who watches both, both", "RENAME old=d/f new=e/g fid=f");
	expect(all, "and so the filesystem's watcher", "RENAME old=d/f new=e/g fid=f");
	mem_rename("/e/g", "/h", 0);
	expect(source, "from and to elsewhere");
	drain(target);
	expect(both, "one of the two directories", "RENAME old=e/g fid=f");
	expect(all, "the filesystem's watcher sees both always", "RENAME old=e/g new=//h fid=f");
	mem_rename("/h", "/i", 0);
	mem_rename("/i", "/h", 0);
	expect(all, "renames are not merged when their names differ", "RENAME old=//h new=//i fid=f", "RENAME old=//i new=//h fid=f");
	mem_rename("/e", "/d/e", 0);
	expect(all, "a directory", "RENAME|ONDIR old=//e new=d/e fid=e");
	touch("/t");
	label("/t", "t");
	mem_rename("/h", "/t", 0);
	expect(all, "over another file", "RENAME old=//h new=//t fid=f");
	mem_unlink("/t");
	mem_rmdir("/d/e");
	fsn_sys_close(source);
	fsn_sys_close(target);
	fsn_sys_close(both);
	fsn_sys_close(all);
}

static void test_marks_of_all_kinds(void)
{
	int sb = group_new(FAN_REPORT_DFID_NAME | FAN_REPORT_FID), mount = group_new(FAN_REPORT_DFID_NAME | FAN_REPORT_FID);

	mark(sb, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | ENTRIES | FAN_ONDIR, "/");
	mark(mount, ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_ONDIR, "/");
	look("/d/a");
	look("/");
	expect(sb, "a filesystem's mark is told names", "OPEN dfid=d/a fid=a", "OPEN|ONDIR dfid=//.");
	expect(mount, "and a mount's", "OPEN dfid=d/a fid=a", "OPEN|ONDIR dfid=//.");
	make_and_remove();
	expect(sb, "entries", "CREATE|DELETE dfid=d/n", "OPEN dfid=d/n fid=n", "CREATE|DELETE|ONDIR dfid=d/s");
	fsn_sys_close(sb);
	fsn_sys_close(mount);
}

/* The length of the name that is told of a new one of @len bytes; 0 if the event is told as lost. */
static size_t told_of(int group, size_t len)
{
	static char name[4097];
	struct qstr text = { .len = (u32)len, .name = (const unsigned char *)name };
	static struct fan_event event;
	struct path at;

	memset(name, 'y', len);
	name[len] = 0;
	path_of("/d", &at);
	fsnotify_name(FS_CREATE, at.dentry->d_inode, FSNOTIFY_EVENT_INODE, at.dentry->d_inode, &text, 0);
	path_put(&at);
	if (read_one(group, &event) != 1)
		return 1;
	return event.mask == FAN_Q_OVERFLOW ? 0 : strlen(event.fids[0].name);
}

/* Names as long as names can be. */
static void test_long(void)
{
	int group = group_new(FAN_REPORT_DFID_NAME_TARGET);
	char path[300] = "/d/", want[400];

	memset(path + 3, 'x', 255);
	mark(group, ADD, FAN_CREATE, "/d");
	is(touch(path), 0, "a name of 255 bytes");
	label(path, "x");
	snprintf(want, sizeof(want), "CREATE dfid=d/%s fid=x", path + 3);
	expect(group, "is told in full", want);
	mem_unlink(path);
	drain(group);
	is(told_of(group, 3000), 3000, "a filesystem with names of 3000 bytes");
	is(told_of(group, 4095), 4095, "as long as a path can be");
	log_expected = true;
	is(told_of(group, 4096), 0, "what is longer can be in no path");
	ok(n_warnings > 0, "and is a defect of the filesystem");
	log_expected = false;
	n_warnings = 0;
	fsn_sys_close(group);
}

int main(void)
{
	tests_begin();
	test_fid();
	test_dir_fid();
	test_name();
	test_self();
	test_rename();
	test_marks_of_all_kinds();
	test_long();
	return tests_end();
}
