/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An index of marks where it is easy to get wrong: priorities that are changed late, marks that are put in front, and marks that leave
 * or change while a walk stands on them. many_marks.c compares the rest with a model.
 */
#include <fsnotify/fsnotify.h>
#include "support.h"

static struct tfs *fs;
static struct fsnotify_ops ops;
static __u64 dice = 77;

static unsigned int roll(unsigned int n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned int)(dice >> 24) % n;
}

static struct fsnotify_group *some_group(void)
{
	return group_with(&ops, roll(4) ? 0 : FSNOTIFY_GROUP_DUPS, (enum fsnotify_group_prio)roll(3));
}

/* A priority that is changed after the first mark: the original calls its groups in some order, each of them once. */
static int n_told[200];

static int count_call(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		      const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter;
	n_told[backend_of(group)->id]++;
	return 0;
}

static void late_priorities(void)
{
	struct fsnotify_group *groups[200];
	struct inode *dir;
	int missed = 0;

	fs = fs_by_hand();
	dir = fs->root->d_inode;
	ops.handle_event = count_call;
	for (int round = 0; round < 20; round++) {
		memset(n_told, 0, sizeof(n_told));
		/* the index is made before, or of a list that is not in order any more */
		fsn_index_marks_from(round % 2 ? 24 : 120);
		for (int i = 0; i < 200; i++) {
			groups[i] = some_group();
			backend_of(groups[i])->id = i;
			if (i < 100)
				watch(groups[i], dir, i % 8 ? FS_ACCESS : FS_OPEN);
		}
		for (int i = 0; i < 100; i++)
			if (roll(3) == 0)
				groups[i]->priority = (enum fsnotify_group_prio)roll(3);
		for (int i = 100; i < 200; i++)
			watch(groups[i], dir, i % 8 ? FS_ACCESS : FS_OPEN);
		for (int i = 0; i < 200; i++)
			if (roll(3) == 0)
				groups[i]->priority = (enum fsnotify_group_prio)roll(3);
		fsnotify(FS_OPEN, dir, FSNOTIFY_EVENT_INODE, NULL, NULL, dir, 0);
		for (int i = 0; i < 200; i++)
			missed += n_told[i] != (i % 8 ? 0 : 1);
		for (int i = 0; i < 200; i++)
			fsnotify_destroy_group(groups[i]);
	}
	fsn_index_marks_from(24);
	is(missed, 0, "priorities changed late: who is interested is told, once");
		fs_end(fs);
}

/* Groups whose addresses rise are each put in front: such an object is long, too. */
static void the_newest_in_front(void)
{
	struct fsnotify_group *group;
	struct fsn_stats before, after;

	fs = fs_by_hand();
	group = group_with(&ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL);
	for (int i = 0; i < 24; i++)
		watch(group, fs->root->d_inode, FS_ACCESS);
	fsn_stats(&before);
	watch(group, fs->root->d_inode, FS_ACCESS);
	fsn_stats(&after);
	ok(after.allocations - before.allocations > 25, "the 25th mark makes an index wherever its place is");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* What a walk stands on is there until it is over. */
static struct fsnotify_mark *leaving[20];
static long n_early;

static int end_marks(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		     const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	struct fsn_stats before, after;

	(void)group, (void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter;
	fsn_stats(&before);
	for (int i = 0; i < 20; i++)
		unwatch(leaving[i]);
	usleep(20000);
	fsn_stats(&after);
	n_early = (long)(before.allocations - after.allocations);
	return 0;
}

static void nodes_stay(void)
{
	struct fsnotify_group *group = group_with(&ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL), *first;

	fs = fs_by_hand();
	first = group_with(&ops, 0, FSNOTIFY_PRIO_CONTENT);
	ops.handle_event = end_marks;
	for (int i = 0; i < 60; i++) {
		struct fsnotify_mark *mark = watch(group, fs->root->d_inode, FS_ACCESS);

		if (i % 3 == 0)
			leaving[i / 3] = mark;
	}
	watch(first, fs->root->d_inode, FS_OPEN);
	fsnotify(FS_OPEN, fs->root->d_inode, FSNOTIFY_EVENT_INODE, NULL, NULL, fs->root->d_inode, 0);
	is(n_early, 0, "marks that leave during a walk: nothing of them is freed before it is over");
		fsnotify_destroy_group(first);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* A list's first mark leaves while a group on another list is called, and what comes later on changes: it is seen. */
static int change_behind(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			 const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie;
	if (group->priority == FSNOTIFY_PRIO_NORMAL) {
		n_told[0]++;
		return 0;
	}
	unwatch(iter->marks[FSNOTIFY_ITER_TYPE_INODE]);
	fsn_spin_lock(&leaving[0]->lock);
	leaving[0]->mask = FS_OPEN;
	fsn_spin_unlock(&leaving[0]->lock);
	fsnotify_recalc_mask(leaving[0]->connector);
	return 0;
}

static void changed_behind_a_removed_mark(void)
{
	n_told[0] = 0;
	ops.handle_event = change_behind;
	fsn_index_marks_from(0);
	for (int round = 0; round < 60; round++) {
		struct fsnotify_group *first, *group;

		fs = fs_by_hand();
		first = group_with(&ops, 0, FSNOTIFY_PRIO_CONTENT);
		group = group_with(&ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL);
		/* the newest comes first, so this is the third */
		leaving[0] = watch(group, fs->root->d_inode, FS_ACCESS);
		watch(group, fs->root->d_inode, FS_ACCESS);
		watch(group, fs->root->d_inode, FS_ACCESS);
		watch_sb(first, &fs->sb, FS_OPEN);
		fsnotify(FS_OPEN, fs->root->d_inode, FSNOTIFY_EVENT_INODE, NULL, NULL, fs->root->d_inode, 0);
		fsnotify_destroy_group(first);
		fsnotify_destroy_group(group);
		fs_end(fs);
	}
	fsn_index_marks_from(24);
	is(n_told[0], 60, "behind a mark that is removed under a walk: a change is seen");
	}

int main(void)
{
	tests_begin();
	ops = full_ops;
	late_priorities();
	the_newest_in_front();
	nodes_stay();
	changed_behind_a_removed_mark();
	return tests_end();
}
