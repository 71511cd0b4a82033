/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listeners' inlines: masks, ignore masks, the iterator, what an event's data leads to. Each expectation is written out;
 * none is computed with the function under test.
 */
#include <fsnotify/fsnotify.h>
#include "tap.h"

static struct super_block sb;
static struct inode inode, other;
static struct dentry dentry, parent;
static struct vfsmount mnt;

static void data_of_an_event(void)
{
	struct path path;
	struct fs_error_report report;

	inode.i_sb = &sb;
	dentry.d_inode = &inode;
	dentry.d_sb = &sb;
	path.mnt = &mnt;
	path.dentry = &dentry;
	report.error = -5;
	report.inode = &other;
	report.sb = &sb;
	ok(fsnotify_data_inode(&inode, FSNOTIFY_EVENT_INODE) == &inode, "an inode leads to itself");
	ok(fsnotify_data_inode(&dentry, FSNOTIFY_EVENT_DENTRY) == &inode, "a dentry to its inode");
	ok(fsnotify_data_inode(&path, FSNOTIFY_EVENT_PATH) == &inode, "a path to its dentry's");
	ok(fsnotify_data_inode(&report, FSNOTIFY_EVENT_ERROR) == &other, "an error to the one it names");
	ok(!fsnotify_data_inode(&inode, FSNOTIFY_EVENT_NONE), "no data to none");
	ok(fsnotify_data_dentry(&dentry, FSNOTIFY_EVENT_DENTRY) == &dentry, "a dentry is its dentry");
	ok(fsnotify_data_dentry(&path, FSNOTIFY_EVENT_PATH) == &dentry, "a path has one");
	ok(!fsnotify_data_dentry(&inode, FSNOTIFY_EVENT_INODE), "an inode has none");
	ok(fsnotify_data_path(&path, FSNOTIFY_EVENT_PATH) == &path, "a path is a path");
	ok(!fsnotify_data_path(&dentry, FSNOTIFY_EVENT_DENTRY), "a dentry is none");
	ok(fsnotify_data_sb(&inode, FSNOTIFY_EVENT_INODE) == &sb && fsnotify_data_sb(&dentry, FSNOTIFY_EVENT_DENTRY) == &sb &&
	   fsnotify_data_sb(&path, FSNOTIFY_EVENT_PATH) == &sb && fsnotify_data_sb(&report, FSNOTIFY_EVENT_ERROR) == &sb,
	   "all have a superblock");
	ok(!fsnotify_data_sb(&inode, FSNOTIFY_EVENT_NONE), "but nothing has none");
	ok(fsnotify_data_error_report(&report, FSNOTIFY_EVENT_ERROR) == &report, "an error is a report");
	ok(!fsnotify_data_error_report(&inode, FSNOTIFY_EVENT_INODE), "an inode is none");
}

static void ignore_masks(void)
{
	struct fsnotify_mark mark;

	__builtin_memset(&mark, 0, sizeof(mark));
	mark.ignore_mask = FS_OPEN | FS_EVENT_ON_CHILD;
	ok(fsnotify_ignore_mask(&mark) == (FS_OPEN | FS_ISDIR), "an old ignore mask: on directories, on children if watched");
	mark.mask = FS_EVENT_ON_CHILD;
	ok(fsnotify_ignore_mask(&mark) == (FS_OPEN | FS_ISDIR | FS_EVENT_ON_CHILD), "and they are");
	mark.flags = FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS;
	ok(fsnotify_ignore_mask(&mark) == (FS_OPEN | FS_EVENT_ON_CHILD), "a new one is as it says");
	ok(fsnotify_ignored_events(&mark) == FS_OPEN, "flags are no events");
	ok(fsnotify_effective_ignore_mask(&mark, false, FSNOTIFY_ITER_TYPE_INODE) == FS_OPEN, "it holds for a file");
	ok(!fsnotify_effective_ignore_mask(&mark, true, FSNOTIFY_ITER_TYPE_INODE), "not for a directory without FS_ISDIR");
	ok(fsnotify_effective_ignore_mask(&mark, false, FSNOTIFY_ITER_TYPE_PARENT) == FS_OPEN, "for a child by FS_EVENT_ON_CHILD");
	mark.ignore_mask = FS_OPEN | FS_ISDIR;
	ok(fsnotify_effective_ignore_mask(&mark, true, FSNOTIFY_ITER_TYPE_SB) == FS_OPEN, "for a directory by FS_ISDIR");
	ok(!fsnotify_effective_ignore_mask(&mark, false, FSNOTIFY_ITER_TYPE_PARENT), "and then not for a child");
	mark.ignore_mask = FS_ISDIR | FS_EVENT_ON_CHILD;
	ok(!fsnotify_effective_ignore_mask(&mark, true, FSNOTIFY_ITER_TYPE_PARENT), "flags alone ignore nothing");

	mark.mask = FS_CREATE;
	ok(fsnotify_calc_mask(&mark) == FS_CREATE, "nor do they count in the object's mask");
	mark.ignore_mask = FS_OPEN | FS_EVENT_ON_CHILD;
	ok(fsnotify_calc_mask(&mark) == (FS_CREATE | FS_OPEN | FS_EVENT_ON_CHILD | FS_MODIFY),
	   "an ignored event does, and FS_MODIFY that clears the mask");
	mark.flags |= FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY;
	ok(fsnotify_calc_mask(&mark) == (FS_CREATE | FS_OPEN | FS_EVENT_ON_CHILD), "unless it survives modification");

	ok(fsnotify_mask_applicable(FS_OPEN, false, FSNOTIFY_ITER_TYPE_INODE), "a mask applies to a file");
	ok(!fsnotify_mask_applicable(FS_OPEN, true, FSNOTIFY_ITER_TYPE_INODE), "not to a directory");
	ok(fsnotify_mask_applicable(FS_ISDIR, true, FSNOTIFY_ITER_TYPE_INODE), "unless it says so");
	ok(!fsnotify_mask_applicable(FS_ISDIR, true, FSNOTIFY_ITER_TYPE_PARENT), "not to a directory's parent");
	ok(fsnotify_mask_applicable(FS_ISDIR | FS_EVENT_ON_CHILD, true, FSNOTIFY_ITER_TYPE_PARENT), "unless both are said");
}

static void iterator(void)
{
	struct fsnotify_mark marks[2], *mark = NULL;
	struct fsnotify_iter_info iter;
	int type, seen = 0;

	__builtin_memset(&iter, 0, sizeof(iter));
	iter.marks[FSNOTIFY_ITER_TYPE_INODE] = &marks[0];
	iter.marks[FSNOTIFY_ITER_TYPE_SB] = &marks[1];
	iter.marks[FSNOTIFY_ITER_TYPE_PARENT] = &marks[0];
	fsnotify_iter_set_report_type(&iter, FSNOTIFY_ITER_TYPE_SB);
	fsnotify_iter_set_report_type(&iter, FSNOTIFY_ITER_TYPE_PARENT);
	fsnotify_iter_set_report_type(&iter, FSNOTIFY_ITER_TYPE_INODE2);
	ok(iter.report_mask == 0x1c, "three types are reported");
	ok(!fsnotify_iter_should_report_type(&iter, FSNOTIFY_ITER_TYPE_INODE), "the inode's is not");
	ok(!fsnotify_iter_inode_mark(&iter), "so there is no inode mark, although one is there");
	ok(fsnotify_iter_sb_mark(&iter) == &marks[1] && fsnotify_iter_parent_mark(&iter) == &marks[0], "the others are");
	ok(!fsnotify_iter_vfsmount_mark(&iter), "and no mount mark");
	ok(fsnotify_iter_step(&iter, 0, &mark) == FSNOTIFY_ITER_TYPE_SB && mark == &marks[1], "the first step");
	ok(fsnotify_iter_step(&iter, 4, &mark) == FSNOTIFY_ITER_TYPE_COUNT && !mark, "a step to the end: type without mark");
	fsnotify_foreach_iter_mark_type(&iter, mark, type)
		seen |= 1 << type;
	ok(seen == 0x0c, "a walk meets those that are reported and there");
	seen = 0;
	fsnotify_foreach_iter_type(type)
		seen |= 1 << type;
	ok(seen == 0x1f, "a walk over types meets all five");
}

static void interest_of_a_parent(void)
{
	ok(!fsnotify_parent_needed_mask(FS_OPEN), "without FS_EVENT_ON_CHILD nobody needs the parent");
	ok(fsnotify_parent_needed_mask(FS_OPEN | FS_CREATE | FS_EVENT_ON_CHILD) == FS_OPEN, "with it, for events of a child");
	inode.i_fsnotify_mask = FS_OPEN | FS_CREATE;
	ok(!fsnotify_inode_watches_children(&inode), "the same of a directory");
	inode.i_fsnotify_mask |= FS_EVENT_ON_CHILD;
	ok(fsnotify_inode_watches_children(&inode) == FS_OPEN, "which watches children then");
	parent.d_inode = &inode;
	dentry.d_parent = &parent;
	dentry.d_flags = DCACHE_REGULAR_TYPE;
	fsn_spin_lock(&dentry.d_lock);
	fsnotify_update_flags(&dentry);
	ok(dentry.d_flags == (DCACHE_REGULAR_TYPE | DCACHE_FSNOTIFY_PARENT_WATCHED), "a new child of it is flagged");
	inode.i_fsnotify_mask = FS_OPEN;
	fsnotify_update_flags(&dentry);
	ok(dentry.d_flags == DCACHE_REGULAR_TYPE, "and unflagged");
	fsn_spin_unlock(&dentry.d_lock);
}

static void priorities(void)
{
	struct fsnotify_sb_info info;

	__builtin_memset(&info, 0, sizeof(info));
	ok(!fsnotify_sb_has_watchers(&sb), "a superblock that was never watched");
	sb.s_fsnotify_info = &info;
	ok(!fsnotify_sb_has_watchers(&sb), "that is watched no longer");
	info.watched_objects[FSNOTIFY_PRIO_NORMAL].counter = 2;
	ok(fsnotify_sb_has_watchers(&sb), "that is watched");
	ok(!fsnotify_sb_has_priority_watchers(&sb, FSNOTIFY_PRIO_CONTENT), "but not for permission");
	info.watched_objects[FSNOTIFY_PRIO_CONTENT].counter = 1;
	ok(fsnotify_sb_has_priority_watchers(&sb, FSNOTIFY_PRIO_CONTENT), "or for permission too");
	ok(fsnotify_sb_watched_objects(&sb) == &info.watched_objects[0], "the counts");
	sb.s_fsnotify_info = NULL;

	ok(FMODE_FSNOTIFY_NONE(FMODE_NONOTIFY) && !FMODE_FSNOTIFY_NONE(0) && !FMODE_FSNOTIFY_NONE(FMODE_NONOTIFY_PERM) &&
	   !FMODE_FSNOTIFY_NONE(FMODE_FSNOTIFY_MASK), "one of four modes means no events");
	ok(FMODE_FSNOTIFY_PERM(0) && FMODE_FSNOTIFY_PERM(FMODE_FSNOTIFY_MASK) && !FMODE_FSNOTIFY_PERM(FMODE_NONOTIFY) &&
	   !FMODE_FSNOTIFY_PERM(FMODE_NONOTIFY_PERM), "two mean permission events");
	ok(FMODE_FSNOTIFY_HSM(FMODE_READ) && !FMODE_FSNOTIFY_HSM(FMODE_FSNOTIFY_MASK), "one means pre-content events too");
}

static const struct fsnotify_ops ops;

static void locks_and_overflow(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	unsigned int flags = fsn_current()->flags;
	struct fsnotify_event event;
	struct fsn_stats before, after;

	if (!ok(!fsn_IS_ERR(group), "a group"))
		return;
	fsnotify_group_lock(group);
	ok(fsn_mutex_is_locked(&group->mark_mutex), "its lock is taken");
	ok(fsn_current()->flags & FSN_PF_MEMALLOC_NOFS, "and its holder does not call back into filesystems");
	fsnotify_group_assert_locked(group);
	fsnotify_group_unlock(group);
	ok(!fsn_mutex_is_locked(&group->mark_mutex) && fsn_current()->flags == flags, "both are undone");
	fsn_stats(&before);
	fsnotify_queue_overflow(group);
	fsn_stats(&after);
	ok(group->q_len == 0, "a group without an overflow event queues none");
	ok(after.events_dropped == before.events_dropped + 1, "and the loss is counted");
	fsnotify_init_event(&event);
	ok(fsn_list_empty(&event.list), "a new event is on no list");
	fsnotify_destroy_group(group);
}

int main(void)
{
	data_of_an_event();
	ignore_masks();
	iterator();
	interest_of_a_parent();
	priorities();
	locks_and_overflow();
	return done_testing();
}
