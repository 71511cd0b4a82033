// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events of children told to their parents (__fsnotify_parent()): who is asked, the flag that makes it cheap, the name.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/fs.h>
#include <linux/spinlock.h>
#include "support.h"

#define FLAG DCACHE_FSNOTIFY_PARENT_WATCHED

static bool flagged(struct dentry *dentry)
{
	return dentry->d_flags & FLAG;
}

static void flags(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *dir = fs->root->d_inode;
	struct dentry *file = file_by_hand(fs, fs->root, "file"), *sub = dir_by_hand(fs, fs->root, "sub"),
		      *deep = file_by_hand(fs, sub, "deep"), *negative = dentry_by_hand(fs, fs->root, "negative", NULL), *late;
	struct fsnotify_group *group = group_new(&full_ops), *other = group_new(&full_ops);
	struct fsnotify_mark *mark = watch(group, dir, FS_CREATE | FS_EVENT_ON_CHILD), *second;

	ok(!flagged(file), "PARENT_WATCHED: not set for events that happen to no child");
	mark->mask = FS_OPEN;
	fsnotify_recalc_mask(mark->connector);
	ok(!flagged(file), "PARENT_WATCHED: not set without FS_EVENT_ON_CHILD");
	mark->mask = FS_OPEN | FS_EVENT_ON_CHILD;
	fsnotify_recalc_mask(mark->connector);
	ok(flagged(file) && flagged(sub), "PARENT_WATCHED: set on the children when the parent begins to watch");
	ok(!flagged(deep), "PARENT_WATCHED: not on the children's children");
	ok(!flagged(negative), "PARENT_WATCHED: not on a negative dentry");
	late = file_by_hand(fs, fs->root, "late");
	ok(flagged(late), "PARENT_WATCHED: a child that comes later has it (fsnotify_inode_watches_children)");

	calls_reset();
	fsnotify_dentry(file, FS_OPEN);
	ok(ncalls == 1 && call_was(0, FS_OPEN | FS_EVENT_ON_CHILD, dir, "file", 0), "parent: told of the child's event");
	fsnotify_dentry(file, FS_MODIFY);
	is(ncalls, 1, "parent: not of one that it did not ask for");
	ok(flagged(file), "PARENT_WATCHED: an event nobody asked for does not clear it");
	fsnotify_dentry(deep, FS_OPEN);
	is(ncalls, 1, "parent: grandchildren are not its");
	fsnotify_dentry(sub, FS_OPEN);
	ok(ncalls == 2 && call_was(1, FS_OPEN | FS_ISDIR | FS_EVENT_ON_CHILD, dir, "sub", 0), "parent: a child may be a directory");

	/* It stops watching: the flags stay until the next event. Something on the superblock is still watched. */
	watch(group, deep->d_inode, FS_ATTRIB);
	second = watch(other, dir, FS_ACCESS | FS_EVENT_ON_CHILD);
	unwatch(mark);
	ok(flagged(file), "PARENT_WATCHED: stays while another mark watches");
	unwatch(second);
	ok(flagged(file) && flagged(sub), "PARENT_WATCHED: stays when the last mark goes");
	calls_reset();
	fsnotify_dentry(file, FS_OPEN);
	is(ncalls, 0, "parent: tells nobody any more");
	ok(!flagged(file), "PARENT_WATCHED: the next event of the child clears it");
	ok(flagged(sub), "PARENT_WATCHED: of that child");
	mark = watch(group, dir, FS_ACCESS | FS_EVENT_ON_CHILD);
	ok(flagged(file), "PARENT_WATCHED: set again");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(other);
	fs_end(fs);
}

static void update_flags(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *group = group_new(&full_ops);

	file->d_flags |= FLAG;
	spin_lock(&file->d_lock);
	fsnotify_update_flags(file);
	spin_unlock(&file->d_lock);
	ok(!flagged(file), "update_flags: clears under a parent that does not watch");
	watch(group, fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
	file->d_flags &= ~FLAG;
	spin_lock(&file->d_lock);
	fsnotify_update_flags(file);
	spin_unlock(&file->d_lock);
	ok(flagged(file), "update_flags: sets under one that does");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* Without a watching parent: directory and name come only to those who want them. */
static void parent_needed(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file"), *sub = dir_by_hand(fs, fs->root, "sub");
	struct inode *dir = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = watch_sb(group, &fs->sb, FS_OPEN | FS_DELETE_SELF);
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };

	calls_reset();
	fsnotify_dentry(file, FS_OPEN);
	ok(ncalls == 1 && call_was(0, FS_OPEN, NULL, NULL, 0), "sb mark: neither directory nor name unless it asks for them");
	mark->mask |= FS_EVENT_ON_CHILD;
	fsnotify_recalc_mask(mark->connector);
	fsnotify_dentry(file, FS_OPEN);
	ok(ncalls == 2 && call_was(1, FS_OPEN, dir, "file", 0),
	   "sb mark: with FS_EVENT_ON_CHILD it gets both, and no FS_EVENT_ON_CHILD as no parent watches");
	fsnotify_dentry(sub, FS_OPEN);
	ok(ncalls == 3 && call_was(2, FS_OPEN | FS_ISDIR, NULL, NULL, 0), "sb mark: not for a directory");
	fsnotify_dentry(fs->root, FS_OPEN);
	ok(ncalls == 4 && call_was(3, FS_OPEN | FS_ISDIR, NULL, NULL, 0), "sb mark: not for a root");
	unwatch(mark);

	mark = watch_mount(group, &fs->mount, FS_OPEN | FS_EVENT_ON_CHILD);
	calls_reset();
	fsnotify_path(&path, FS_OPEN);
	ok(ncalls == 1 && call_was(0, FS_OPEN, dir, "file", 0), "mount mark: with FS_EVENT_ON_CHILD it gets directory and name");
	fsnotify_dentry(file, FS_OPEN);
	is(ncalls, 1, "mount mark: an event without a path is not its");
	unwatch(mark);

	watch(group, file->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
	calls_reset();
	fsnotify_dentry(file, FS_OPEN);
	ok(ncalls == 1 && call_was(0, FS_OPEN, dir, "file", 0), "inode mark: with FS_EVENT_ON_CHILD it gets directory and name");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void special_files(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *dir = fs->root->d_inode;
	struct dentry *fifo = dentry_by_hand(fs, fs->root, "fifo", inode_by_hand(fs, S_IFIFO | 0600)),
		      *link = dentry_by_hand(fs, fs->root, "link", inode_by_hand(fs, S_IFLNK | 0777));
	struct path path = { .mnt = &fs->mount.mnt, .dentry = fifo };
	struct fsnotify_group *group = group_new(&full_ops);
	const __u32 all = FS_ACCESS | FS_MODIFY | FS_OPEN | FS_ATTRIB;

	watch(group, dir, all | FS_EVENT_ON_CHILD);
	calls_reset();
	fsnotify_path(&path, FS_ACCESS);
	fsnotify_path(&path, FS_MODIFY);
	is(ncalls, 0, "special file: reading and writing it is not told to the parent");
	fsnotify_path(&path, FS_OPEN);
	ok(ncalls == 1 && call_was(0, FS_OPEN | FS_EVENT_ON_CHILD, dir, "fifo", 0), "special file: opening it is");
	fsnotify_dentry(fifo, FS_MODIFY);
	is(ncalls, 2, "special file: without a path it is told");
	path.dentry = link;
	fsnotify_path(&path, FS_ACCESS);
	is(ncalls, 3, "special file: a link is none");
	path.dentry = fifo;
	watch(group, fifo->d_inode, FS_MODIFY);
	fsnotify_path(&path, FS_MODIFY);
	ok(ncalls == 4 && call_was(3, FS_MODIFY, dir, NULL, 0), "special file: its own mark is told, without the name");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* The name is that of the moment when the event began, whatever a rename makes of the dentry meanwhile. */
static struct dentry *renamed;

static void rename_inside(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	(void)iter_info;
	spin_lock(&renamed->d_lock);
	memcpy(renamed->d_iname, "second-name", 12);
	renamed->d_name.len = 11;
	spin_unlock(&renamed->d_lock);
}

static void name_snapshot(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *first = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT), *last = group_new(&full_ops);

	renamed = file_by_hand(fs, fs->root, "first");
	watch(first, fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
	watch(last, fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);
	backend_of(first)->inside = rename_inside;
	calls_reset();
	fsnotify_dentry(renamed, FS_OPEN);
	is(ncalls, 2, "name: both groups are called");
	is_str(calls[1].name, "first", "CVE-2017-7533: a rename during the event does not change the event's name");
	fsnotify_dentry(renamed, FS_OPEN);
	is_str(calls[2].name, "second-name", "CVE-2017-7533: the next event has the new one");
	is(renamed->d_lockref.count, 1, "name: no reference on the dentry is left");
	is(fs->root->d_lockref.count, 2, "name: nor on the parent");
	fsnotify_destroy_group(first);
	fsnotify_destroy_group(last);
	fs_end(fs);
}

/* Answers come through. */
static void answers(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };
	struct fsnotify_group *group = group_new(&full_ops);

	is(__fsnotify_parent(file, FS_OPEN, &path, FSNOTIFY_EVENT_PATH), 0, "__fsnotify_parent: 0 when nobody watches");
	watch(group, fs->root->d_inode, FS_OPEN_PERM | FS_OPEN | FS_EVENT_ON_CHILD);
	backend_of(group)->answer = -EPERM;
	is(__fsnotify_parent(file, FS_OPEN_PERM, &path, FSNOTIFY_EVENT_PATH), -EPERM, "__fsnotify_parent: a parent may refuse");
	is(__fsnotify_parent(file, FS_OPEN, &path, FSNOTIFY_EVENT_PATH), 0, "__fsnotify_parent: but not what has happened");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	flags();
	update_flags();
	parent_needed();
	special_files();
	name_snapshot();
	answers();
	return tests_end();
}
