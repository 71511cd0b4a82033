// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dispatch (fs/notify/fsnotify.c): which groups an event reaches, in which order, with which marks, and what their answers do.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include "support.h"

#define INODE (1U << FSNOTIFY_ITER_TYPE_INODE)
#define MOUNT (1U << FSNOTIFY_ITER_TYPE_VFSMOUNT)
#define SB (1U << FSNOTIFY_ITER_TYPE_SB)
#define PARENT (1U << FSNOTIFY_ITER_TYPE_PARENT)
#define INODE2 (1U << FSNOTIFY_ITER_TYPE_INODE2)

/* fsnotify() on an inode alone. */
static int fire(__u32 mask, struct inode *inode, u32 cookie)
{
	return fsnotify(mask, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, cookie);
}

static void interest(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);

	calls_reset();
	is(fire(FS_OPEN, inode, 0), 0, "no marks: 0");
	watch(group, inode, FS_OPEN | FS_MODIFY);
	fire(FS_CLOSE_WRITE, inode, 0);
	is(ncalls, 0, "interest: an event that nobody asked for reaches nobody");
	is(fire(FS_OPEN | FS_ISDIR, inode, 0), 0, "interest: 0 for an event that was delivered");
	is(ncalls, 1, "interest: an event that somebody asked for reaches it");
	is(calls[0].mask, FS_OPEN | FS_ISDIR, "interest: the mask comes whole, flags included");
	fire(FS_ISDIR, inode, 0);
	is(ncalls, 1, "interest: flags alone are no event");
	fire(FS_MODIFY | FS_CLOSE_WRITE, inode, 0);
	is(ncalls, 2, "interest: one of several bits is enough");
	fsnotify_destroy_group(group);
	fire(FS_OPEN, inode, 0);
	is(ncalls, 2, "interest: a destroyed group is not called");
	fs_end(fs);
}

/* One event that concerns all four objects, with marks of one group on each. */
static void four_objects(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *group = group_new(&full_ops), *other = group_new(&full_ops);
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };
	struct fsnotify_mark *inode, *mount, *sb, *parent, *others;
	struct call *c = &calls[0];

	inode = watch(group, file->d_inode, FS_OPEN);
	mount = watch_mount(group, &fs->mount, FS_OPEN);
	sb = watch_sb(group, &fs->sb, FS_OPEN);
	parent = watch(group, fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
	others = watch_sb(other, &fs->sb, FS_OPEN);
	calls_reset();
	is(fsnotify_path(&path, FS_OPEN), 0, "four objects: 0");
	is(ncalls, 2, "four objects: one call a group");
	if (c->group != group)
		c = &calls[1];
	is(c->report_mask, INODE | MOUNT | SB | PARENT, "four objects: all are reported");
	ok(c->marks[FSNOTIFY_ITER_TYPE_INODE] == inode && c->marks[FSNOTIFY_ITER_TYPE_VFSMOUNT] == mount &&
	   c->marks[FSNOTIFY_ITER_TYPE_SB] == sb && c->marks[FSNOTIFY_ITER_TYPE_PARENT] == parent &&
	   !c->marks[FSNOTIFY_ITER_TYPE_INODE2], "four objects: each mark in its place");
	is(c->mask, FS_OPEN | FS_EVENT_ON_CHILD, "four objects: the mask says that the parent watches");
	ok(c->dir == fs->root->d_inode && c->named && !strcmp(c->name, "file"), "four objects: with directory and name");
	ok(c->data == &path && c->data_type == FSNOTIFY_EVENT_PATH && c->inode == file->d_inode, "four objects: with the path");
	c = c == &calls[0] ? &calls[1] : &calls[0];
	is(c->report_mask, SB, "four objects: the other group's call reports its own mark only");
	is_ptr(c->marks[FSNOTIFY_ITER_TYPE_SB], others, "four objects: and that is its mark");

	/* The parent's own events, and those of the file without a path. */
	calls_reset();
	fsnotify_dentry(file, FS_OPEN);
	c = calls[0].group == group ? &calls[0] : &calls[1];
	is(c->report_mask, INODE | SB | PARENT, "four objects: without a path there is no mount");
	calls_reset();
	fire(FS_OPEN, file->d_inode, 0);
	c = calls[0].group == group ? &calls[0] : &calls[1];
	is(c->report_mask, INODE | SB, "four objects: to the inode alone there is no parent");
	unwatch(sb);
	unwatch(inode);
	calls_reset();
	fsnotify_path(&path, FS_OPEN);
	c = calls[0].group == group ? &calls[0] : &calls[1];
	is(c->report_mask, MOUNT | PARENT, "four objects: marks that are gone are not reported");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(other);
	fs_end(fs);
}

/* Groups whose marks are on different objects are called in one order. */
static void merged_order(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };
	struct fsnotify_group *groups[12];
	int wrong = 0;

	for (int i = 0; i < 12; i++) {
		groups[i] = group_with(&full_ops, 0, i % 3);
		switch (i % 4) {
		case 0:
			watch(groups[i], file->d_inode, FS_OPEN);
			break;
		case 1:
			watch_mount(groups[i], &fs->mount, FS_OPEN);
			break;
		case 2:
			watch_sb(groups[i], &fs->sb, FS_OPEN);
			break;
		default:
			watch(groups[i], fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
		}
	}
	calls_reset();
	fsnotify_path(&path, FS_OPEN);
	is(ncalls, 12, "merged order: every group is called");
	for (int i = 1; i < 12; i++)
		wrong += fsnotify_compare_groups(calls[i - 1].group, calls[i].group) != -1;
	is(wrong, 0, "behaviour 1: one order by priority and address over inode, mount, superblock and parent");
	for (int i = 0; i < 12; i++)
		fsnotify_destroy_group(groups[i]);
	fs_end(fs);
}

/* The marks of a group are looked at together: one interested mark reports all. */
static void combined_masks(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct inode *inode = file->d_inode;
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops);

	watch(a, inode, FS_OPEN);
	watch_sb(a, &fs->sb, FS_MODIFY);
	watch(b, inode, FS_OPEN);
	calls_reset();
	fire(FS_MODIFY, inode, 0);
	is(ncalls, 1, "combined masks: only the interested group is called");
	ok(calls[0].group == a && calls[0].report_mask == (INODE | SB), "combined masks: with both of its marks");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);

	a = group_new(&full_ops);
	b = group_new(&full_ops);
	watch(a, fs->root->d_inode, FS_MODIFY | FS_EVENT_ON_CHILD);
	watch(a, inode, FS_OPEN);
	watch(b, fs->root->d_inode, FS_MODIFY);
	watch(b, inode, FS_OPEN);
	calls_reset();
	fsnotify_dentry(file, FS_MODIFY);
	is(ncalls, 1, "behaviour 10: a parent mark that does not watch children makes no call");
	ok(calls[0].group == a && calls[0].report_mask == (INODE | PARENT),
	   "behaviour 10: parent and child mark are both in the iterator though only the parent's matches");
	calls_reset();
	watch_sb(b, &fs->sb, FS_MODIFY);
	fsnotify_dentry(file, FS_MODIFY);
	is(ncalls, 2, "behaviour 10: the other group is called for its superblock mark");
	is((calls[0].group == b ? calls[0] : calls[1]).report_mask, INODE | SB,
	   "behaviour 10: without the parent mark that does not watch children");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);

	a = group_new(&full_ops);
	watch(a, fs->root->d_inode, FS_MODIFY | FS_EVENT_ON_CHILD);
	watch(a, inode, FS_OPEN);
	calls_reset();
	fsnotify(FS_OPEN | FS_EVENT_ON_CHILD, file, FSNOTIFY_EVENT_DENTRY, fs->root->d_inode, &file->d_name, inode, 0);
	ok(ncalls == 1 && calls[0].report_mask == (INODE | PARENT),
	   "behaviour 10: nor is the parent's left out when only the child's matches");
	fsnotify_destroy_group(a);
	fs_end(fs);
}

static void permission(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *groups[3];

	for (int i = 0; i < 3; i++) {
		groups[i] = group_with(&full_ops, 0, 2 - i);
		watch(groups[i], inode, FS_OPEN_PERM | FS_ACCESS_PERM | FS_OPEN_EXEC_PERM | FS_OPEN);
	}
	calls_reset();
	is(fire(FS_OPEN_PERM, inode, 0), 0, "permission: 0 when everybody agrees");
	is(ncalls, 3, "permission: everybody is asked");
	backend_of(groups[1])->answer = -EPERM;
	for (int i = 0; i < 3; i++) {
		static const __u32 events[] = { FS_OPEN_PERM, FS_ACCESS_PERM, FS_OPEN_EXEC_PERM };

		calls_reset();
		is(fire(events[i], inode, 0), -EPERM, "permission: the first refusal is the answer (event 0x%x)", events[i]);
		is(ncalls, 2, "permission: it ends the walk");
	}
	backend_of(groups[2])->answer = -EIO;
	is(fire(FS_OPEN_PERM, inode, 0), -EPERM, "permission: not a later one's");
	backend_of(groups[0])->answer = 17;
	calls_reset();
	is(fire(FS_OPEN_PERM, inode, 0), 17, "permission: any non-zero answer counts, as it is");
	is(ncalls, 1, "permission: and ends the walk at the first group");
	calls_reset();
	is(fire(FS_OPEN, inode, 0), 0, "permission: answers to other events are dropped");
	is(ncalls, 3, "permission: and end no walk");
	for (int i = 0; i < 3; i++)
		fsnotify_destroy_group(groups[i]);
	fs_end(fs);
}

static void renames(void)
{
	static const unsigned char old[] = "old";
	struct tfs *fs = fs_by_hand();
	struct dentry *from = dir_by_hand(fs, fs->root, "from"), *to = dir_by_hand(fs, fs->root, "to"),
		      *moved = file_by_hand(fs, to, "new");
	struct qstr name = { .len = 3, .name = old };
	struct fsnotify_group *full = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT), *simple = group_new(&inode_ops);
	struct fsnotify_mark *on_from, *on_to;

	on_from = watch(full, from->d_inode, FS_RENAME);
	on_to = watch(full, to->d_inode, FS_RENAME);
	watch(simple, from->d_inode, FS_RENAME);
	watch(simple, to->d_inode, FS_RENAME);
	calls_reset();
	fsnotify_name(FS_RENAME, moved, FSNOTIFY_EVENT_DENTRY, from->d_inode, &name, 5);
	is(ncalls, 1, "FS_RENAME: to another directory: handle_inode_event is not called");
	is(calls[0].report_mask, INODE | INODE2, "FS_RENAME: both directories are reported");
	ok(calls[0].marks[FSNOTIFY_ITER_TYPE_INODE] == on_from && calls[0].marks[FSNOTIFY_ITER_TYPE_INODE2] == on_to,
	   "FS_RENAME: INODE is the old one, INODE2 the new one");
	ok(call_was(0, FS_RENAME, from->d_inode, "old", 5), "FS_RENAME: with the old directory and name");
	ok(calls[0].data == moved && calls[0].data_type == FSNOTIFY_EVENT_DENTRY && calls[0].inode == moved->d_inode,
	   "FS_RENAME: with the dentry that moved");

	unwatch(on_from);
	calls_reset();
	fsnotify_name(FS_RENAME, moved, FSNOTIFY_EVENT_DENTRY, from->d_inode, &name, 0);
	is(calls[0].report_mask, INODE2, "FS_RENAME: reported to the new directory's mark alone");
	ok(call_was(0, FS_RENAME, from->d_inode, "old", 0), "FS_RENAME: still with the old directory");

	calls_reset();
	fsnotify_name(FS_RENAME, moved, FSNOTIFY_EVENT_DENTRY, to->d_inode, &name, 9);
	is(ncalls, 2, "FS_RENAME: within one directory both are called");
	is(calls[0].report_mask, INODE | INODE2, "FS_RENAME: within one directory its mark is there twice");
	ok(call_was(1, FS_RENAME, to->d_inode, "old", 9) && calls[1].group == simple && calls[1].inode == moved->d_inode,
	   "FS_RENAME: within one directory handle_inode_event is called once, with directory, name and cookie");
	fsnotify_destroy_group(full);
	fsnotify_destroy_group(simple);
	fs_end(fs);
}

/* handle_inode_event() */
static void simple_variant(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct inode *dir = fs->root->d_inode, *inode = file->d_inode;
	struct fsnotify_group *group = group_new(&inode_ops), *last = group_new(&full_ops);
	struct fsnotify_mark *on_dir, *on_file;
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };
	const __u32 both = FS_ATTRIB | FS_EVENT_ON_CHILD;

	on_dir = watch(group, dir, both | FS_CREATE | FS_ACCESS);
	on_file = watch(group, inode, FS_ATTRIB | FS_MODIFY);
	calls_reset();
	fsnotify(both, file, FSNOTIFY_EVENT_DENTRY, dir, &file->d_name, inode, 77);
	is(ncalls, 2, "handle_inode_event: parent and child are told, one after the other");
	ok(calls[0].mark == on_dir && call_was(0, both, dir, "file", 0) && calls[0].inode == inode,
	   "behaviour 8: the parent's call has directory, name, and always cookie 0");
	ok(calls[1].mark == on_file && call_was(1, FS_ATTRIB, NULL, NULL, 77) && calls[1].inode == inode,
	   "behaviour 8: the child's has neither directory nor name nor FS_EVENT_ON_CHILD");

	calls_reset();
	fsnotify(FS_ACCESS | FS_EVENT_ON_CHILD, file, FSNOTIFY_EVENT_DENTRY, dir, &file->d_name, inode, 0);
	ok(ncalls == 1 && calls[0].mark == on_dir, "handle_inode_event: only the parent asked for this one");
	calls_reset();
	fsnotify(FS_MODIFY | FS_EVENT_ON_CHILD, file, FSNOTIFY_EVENT_DENTRY, dir, &file->d_name, inode, 0);
	ok(ncalls == 1 && calls[0].mark == on_file, "handle_inode_event: only the child asked for this one");

	calls_reset();
	fsnotify(FS_CREATE, file, FSNOTIFY_EVENT_DENTRY, dir, &file->d_name, NULL, 3);
	ok(ncalls == 1 && calls[0].mark == on_dir && call_was(0, FS_CREATE, dir, "file", 3),
	   "behaviour 8: directory and name reach an inode mark for entry events");

	backend_of(group)->answer = 1;
	watch_sb(last, &fs->sb, FS_ATTRIB);
	calls_reset();
	is(fsnotify(both, file, FSNOTIFY_EVENT_DENTRY, dir, &file->d_name, inode, 0), 0,
	   "behaviour 8: the answer to no permission event is dropped");
	is(ncalls, 2, "behaviour 8: a non-zero answer of the parent's call suppresses the child's");
	ok((calls[0].group == last) != (calls[1].group == last) && (calls[0].mark == on_dir || calls[1].mark == on_dir),
	   "behaviour 8: in that group only");
	backend_of(group)->answer = 0;

	on_file->flags |= FSNOTIFY_MARK_FLAG_EXCL_UNLINK;
	calls_reset();
	fsnotify(FS_MODIFY, &path, FSNOTIFY_EVENT_PATH, NULL, NULL, inode, 0);
	is(ncalls, 1, "EXCL_UNLINK: a file with a name is reported");
	file->d_hash.pprev = NULL;
	fsnotify(FS_MODIFY, &path, FSNOTIFY_EVENT_PATH, NULL, NULL, inode, 0);
	is(ncalls, 1, "EXCL_UNLINK: an unlinked one is not");
	fire(FS_MODIFY, inode, 0);
	is(ncalls, 2, "EXCL_UNLINK: without a path it cannot be known");
	on_file->flags &= ~FSNOTIFY_MARK_FLAG_EXCL_UNLINK;
	fsnotify(FS_MODIFY, &path, FSNOTIFY_EVENT_PATH, NULL, NULL, inode, 0);
	is(ncalls, 3, "EXCL_UNLINK: without the flag it is reported");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(last);
	fs_end(fs);
}

static void simple_permission(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&inode_ops);

	watch(group, inode, FS_OPEN_PERM);
	backend_of(group)->answer = -EACCES;
	is(fire(FS_OPEN_PERM, inode, 0), -EACCES, "handle_inode_event: its answer to a permission event is returned");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void data_types(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct inode *inode = file->d_inode;
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };
	struct fs_error_report report = { .error = -EIO, .inode = inode, .sb = &fs->sb };
	struct fsnotify_group *group = group_new(&full_ops);

	is_ptr(fsnotify_data_inode(inode, FSNOTIFY_EVENT_INODE), inode, "data_inode: of an inode");
	is_ptr(fsnotify_data_inode(file, FSNOTIFY_EVENT_DENTRY), inode, "data_inode: of a dentry");
	is_ptr(fsnotify_data_inode(&path, FSNOTIFY_EVENT_PATH), inode, "data_inode: of a path");
	is_ptr(fsnotify_data_inode(&report, FSNOTIFY_EVENT_ERROR), inode, "data_inode: of an error");
	is_ptr(fsnotify_data_inode(inode, FSNOTIFY_EVENT_NONE), NULL, "data_inode: of nothing");
	is_ptr(fsnotify_data_dentry(file, FSNOTIFY_EVENT_DENTRY), file, "data_dentry: of a dentry");
	is_ptr(fsnotify_data_dentry(&path, FSNOTIFY_EVENT_PATH), file, "data_dentry: of a path");
	is_ptr(fsnotify_data_dentry(inode, FSNOTIFY_EVENT_INODE), NULL, "data_dentry: an inode has none");
	is_ptr(fsnotify_data_path(&path, FSNOTIFY_EVENT_PATH), &path, "data_path: of a path");
	is_ptr(fsnotify_data_path(file, FSNOTIFY_EVENT_DENTRY), NULL, "data_path: a dentry has none");
	is_ptr(fsnotify_data_sb(inode, FSNOTIFY_EVENT_INODE), &fs->sb, "data_sb: of an inode");
	is_ptr(fsnotify_data_sb(file, FSNOTIFY_EVENT_DENTRY), &fs->sb, "data_sb: of a dentry");
	is_ptr(fsnotify_data_sb(&path, FSNOTIFY_EVENT_PATH), &fs->sb, "data_sb: of a path");
	is_ptr(fsnotify_data_sb(&report, FSNOTIFY_EVENT_ERROR), &fs->sb, "data_sb: of an error");
	is_ptr(fsnotify_data_sb(NULL, FSNOTIFY_EVENT_NONE), NULL, "data_sb: of nothing");
	is_ptr(fsnotify_data_error_report(&report, FSNOTIFY_EVENT_ERROR), &report, "data_error_report: of an error");
	is_ptr(fsnotify_data_error_report(inode, FSNOTIFY_EVENT_INODE), NULL, "data_error_report: an inode has none");

	watch_sb(group, &fs->sb, FS_ERROR | FS_OPEN);
	calls_reset();
	is(fsnotify_sb_error(&fs->sb, inode, -EIO), 0, "sb_error: 0");
	ok(ncalls == 1 && calls[0].mask == FS_ERROR && calls[0].data_type == FSNOTIFY_EVENT_ERROR && calls[0].inode == inode &&
	   calls[0].report_mask == SB && !calls[0].dir && !calls[0].named, "sb_error: to the superblock's mark");
	fsnotify_sb_error(&fs->sb, NULL, -EIO);
	ok(ncalls == 2 && !calls[1].inode, "sb_error: an error may have no inode");
	fsnotify(FS_OPEN, file, FSNOTIFY_EVENT_DENTRY, NULL, NULL, inode, 0);
	ok(ncalls == 3 && calls[2].data == file && calls[2].inode == inode, "dentry data reaches the handler as it is");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* An event's superblock is that of its data. */
static void two_filesystems(void)
{
	struct tfs *a = fs_by_hand(), *b = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);

	watch_sb(group, &a->sb, FS_OPEN);
	calls_reset();
	fire(FS_OPEN, b->root->d_inode, 0);
	is(ncalls, 0, "superblock mark: another superblock's events are not its");
	fire(FS_OPEN, a->root->d_inode, 0);
	is(ncalls, 1, "superblock mark: its own are");
	is_ptr(b->sb.s_fsnotify_info, NULL, "a superblock that is not watched gets no state");
	fsnotify_destroy_group(group);
	fs_end(a);
	fs_end(b);
}

static struct fsnotify_mark *to_destroy;

static void destroy_inside(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	(void)iter_info;
	if (to_destroy) {
		struct fsnotify_mark *mark = to_destroy;

		to_destroy = NULL;
		fsnotify_destroy_mark(mark, mark->group);
	}
}

/* A handler may take marks away while the walk stands on them. */
static void marks_go_during_the_walk(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *groups[3];
	struct fsnotify_mark *marks[3];

	for (int i = 0; i < 3; i++) {
		groups[i] = group_with(&full_ops, 0, 2 - i);
		marks[i] = watch(groups[i], inode, FS_OPEN);
	}
	backend_of(groups[0])->inside = destroy_inside;
	to_destroy = marks[0];
	calls_reset();
	fire(FS_OPEN, inode, 0);
	is(ncalls, 3, "walk: goes on from a mark that was destroyed under it");
	marks[0] = watch(groups[0], inode, FS_OPEN);
	to_destroy = marks[1];
	calls_reset();
	fire(FS_OPEN, inode, 0);
	is(ncalls, 2, "walk: does not reach a later mark that was destroyed before");
	ok(calls[1].group == groups[2], "walk: but the one after it");
	for (int i = 0; i < 3; i++)
		fsnotify_destroy_group(groups[i]);
	fs_end(fs);
}

static void open_modes(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *normal = group_new(&full_ops), *content = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT),
			      *pre = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);
	const unsigned int bits = FMODE_NONOTIFY | FMODE_NONOTIFY_PERM;
	struct file f;

	file_init_by_hand(&f, fs, file, FMODE_READ);
	file_set_fsnotify_mode(&f);
	is(f.f_mode, FMODE_READ | FMODE_NONOTIFY_PERM, "file_set_fsnotify_mode: no watchers ever: no permission events");
	watch(normal, file->d_inode, FS_OPEN);
	file_init_by_hand(&f, fs, file, FMODE_READ);
	file_set_fsnotify_mode(&f);
	is(f.f_mode & bits, FMODE_NONOTIFY_PERM, "file_set_fsnotify_mode: normal watchers: no permission events");
	calls_reset();
	backend_of(content)->answer = -EPERM;
	watch_sb(content, &fs->sb, FS_OPEN_PERM | FS_ACCESS_PERM);
	is(fsnotify_file_area_perm(&f, MAY_READ, NULL, 1), 0, "file_area_perm: a file opened before the watcher is not asked about");
	is(ncalls, 0, "file_area_perm: nobody is asked");
	file_init_by_hand(&f, fs, file, FMODE_READ);
	file_set_fsnotify_mode(&f);
	is(f.f_mode & bits, bits, "file_set_fsnotify_mode: content watchers: permission but no pre-content events");
	is(fsnotify_file_area_perm(&f, MAY_READ, NULL, 1), -EPERM, "file_area_perm: asked about");
	is(fsnotify_file_perm(&f, MAY_READ), -EPERM, "file_perm: asked about");
	is(fsnotify_file_area_perm(&f, MAY_WRITE, NULL, 1), 0, "file_area_perm: writing is not");
	is(fsnotify_open_perm(&f), -EPERM, "open_perm: asked about");
	watch_sb(pre, &fs->sb, FS_ACCESS_PERM);
	file_init_by_hand(&f, fs, file, FMODE_READ);
	file_set_fsnotify_mode(&f);
	is(f.f_mode & bits, 0, "file_set_fsnotify_mode: pre-content watchers: everything");
	is(fsnotify_file_perm(&f, MAY_READ), -EPERM, "file_perm: asked about then too");
	file_init_by_hand(&f, fs, file, FMODE_READ | FMODE_NONOTIFY);
	file_set_fsnotify_mode(&f);
	is(f.f_mode, FMODE_READ | FMODE_NONOTIFY, "file_set_fsnotify_mode: a file that makes no events stays so");
	calls_reset();
	fsnotify_access(&f);
	is(fsnotify_open_perm(&f), 0, "open_perm: not asked about a file that makes no events");
	is(ncalls, 0, "a file that makes no events makes none");
	fsnotify_destroy_group(pre);
	fsnotify_destroy_group(content);
	file_init_by_hand(&f, fs, file, FMODE_READ);
	file_set_fsnotify_mode(&f);
	is(f.f_mode & bits, FMODE_NONOTIFY_PERM, "file_set_fsnotify_mode: when they are gone it is as before");
	fsnotify_destroy_group(normal);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	interest();
	four_objects();
	merged_order();
	combined_masks();
	permission();
	renames();
	simple_variant();
	simple_permission();
	data_types();
	two_filesystems();
	marks_go_during_the_walk();
	open_modes();
	return tests_end();
}
