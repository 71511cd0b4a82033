// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of a superblock (fsnotify_sb_delete()): FS_UNMOUNT for each watched inode, then its marks go; then the superblock's
 * own; what it waits for; fsnotify_sb_free().
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/fs.h>
#include "support.h"

static void note_unmount(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	(void)iter_info;
	step('u');
}

/* When a mark is freed is the worker's business: its letter may come anywhere. */
static char *without_free_mark(void)
{
	static char rest[sizeof(trail)];
	char *from, *to = rest;

	for (from = trail; *from; from++) {
		if (*from != 'm')
			*to++ = *from;
	}
	*to = '\0';
	return rest;
}

static void order(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file"), *unwatched = file_by_hand(fs, fs->root, "unwatched");
	struct inode *fresh = inode_by_hand(fs, S_IFREG), *freeing = inode_by_hand(fs, S_IFREG), *unused = inode_by_hand(fs, S_IFREG);
	struct fsnotify_group *group = group_new(&inode_ops), *whole = group_new(&full_ops);

	watch(group, fs->root->d_inode, FS_UNMOUNT | FS_OPEN);
	watch(group, file->d_inode, FS_UNMOUNT);
	watch_sb(whole, &fs->sb, FS_UNMOUNT);
	fresh->i_state = I_NEW;
	freeing->i_state = I_FREEING;
	unused->i_count.counter = 0;
	backend_of(group)->inside = note_unmount;
	calls_reset();
	trail_reset();
	fsnotify_sb_delete(&fs->sb);
	is(ncalls, 5, "sb_delete: FS_UNMOUNT for each inode that is there, to each mark that asked for it");
	is_str(without_free_mark(), "ufuff", "sb_delete: an inode's event, then its mark, then the next inode; the superblock's mark last");
	{
		int roots = 0, files = 0, others = 0, wrong = 0;

		for (int i = 0; i < ncalls; i++) {
			if (calls[i].inode == fs->root->d_inode)
				roots += calls[i].mask == (FS_UNMOUNT | FS_ISDIR) ? 1 : 100;
			else if (calls[i].inode == file->d_inode)
				files += calls[i].mask == FS_UNMOUNT ? 1 : 100;
			else if (calls[i].inode == unwatched->d_inode && calls[i].group == whole)
				others++;
			else
				wrong++;
			if (calls[i].dir || calls[i].named || calls[i].cookie)
				wrong++;
		}
		is(roots, 2, "sb_delete: the directory's events say that it is one");
		is(files, 2, "sb_delete: the file's do not");
		is(others, 1, "sb_delete: an inode without marks is reported to the superblock's mark");
		is(wrong, 0, "sb_delete: inodes that are new, being freed or without references are left out; no names");
	}
	ok(list_empty(&group->marks_list) && list_empty(&whole->marks_list), "sb_delete: no mark is left in the groups");
	ok(!fs->root->d_inode->i_fsnotify_marks && !file->d_inode->i_fsnotify_marks && !fs->sb.s_fsnotify_info->sb_marks,
	   "sb_delete: nor on an object");
	ok(!fs->sb.s_fsnotify_mask && !file->d_inode->i_fsnotify_mask, "sb_delete: the masks are zero");
	is(watched(fs, 0) + watched(fs, 1) + watched(fs, 2), 0, "sb_delete: nothing is counted");
	is(icount(file->d_inode), 1, "sb_delete: no inode reference is left");
	is(icount(unwatched->d_inode), 1, "sb_delete: nor of an inode that it only looked at");
	is(icount(unused), 0, "sb_delete: an inode without references is not touched");
	fresh->i_state = freeing->i_state = 0;
	unused->i_count.counter = 1;
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(whole);
	fs_end(fs);
}

static void never_watched(void)
{
	struct tfs *fs = fs_by_hand();

	fsnotify_sb_delete(&fs->sb);
	is_ptr(fs->sb.s_fsnotify_info, NULL, "sb_delete: of a superblock that was never watched does nothing");
	fsnotify_sb_free(&fs->sb);
	ok(1, "sb_free: nothing to free");
	fs_end(fs);
}

static void freeing_state(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsn_stats before, between, after;

	fsn_quiesce();
	fsn_stats(&before);
	unwatch(watch(group, fs->root->d_inode, FS_OPEN));
	fsn_quiesce();
	fsn_stats(&between);
	is(between.sb_infos - before.sb_infos, 1, "superblock state: made with the first mark and kept when the last is gone");
	fsnotify_sb_delete(&fs->sb);
	fsnotify_sb_free(&fs->sb);
	fsn_stats(&after);
	is(after.sb_infos, before.sb_infos, "sb_free: frees it");
	fs->sb.s_fsnotify_info = NULL;
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* A mount's mark keeps the superblock: whoever deletes it first waits. */
static int deleted;

static void *delete_sb(void *arg)
{
	fsnotify_sb_delete(arg);
	put_value(deleted, 1);
	return NULL;
}

static void waits_for_mounts(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	pthread_t thread;

	watch_mount(group, &fs->mount, FS_OPEN);
	watch(group, fs->root->d_inode, FS_OPEN);
	pthread_create(&thread, NULL, delete_sb, &fs->sb);
	wait_until(!peek(fs->root->d_inode->i_fsnotify_marks));
	a_while();
	ok(!peek(deleted), "sb_delete: waits while an object of the superblock is watched");
	fsnotify_vfsmount_delete(&fs->mount.mnt);
	wait_until(peek(deleted));
	pthread_join(thread, NULL);
	ok(deleted, "sb_delete: returns when the last one is not any more");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* A mark that somebody still references does not hold the superblock up. */
static void referenced_marks(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *on_inode = mark_new(group, FS_OPEN), *on_sb = mark_new(group, FS_OPEN);

	fsnotify_add_mark(on_inode, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	fsnotify_add_mark(on_sb, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0);
	fsnotify_sb_delete(&fs->sb);
	is(watched(fs, 0), 0, "behaviour 3: sb_delete does not wait for marks that are still referenced");
	is(icount(fs->root->d_inode), 1, "behaviour 3: the inode reference is gone");
	ok(!fs->root->d_inode->i_fsnotify_marks && !fs->sb.s_fsnotify_info->sb_marks, "behaviour 3: and the connectors");
	fsnotify_sb_free(&fs->sb);
	fs->sb.s_fsnotify_info = NULL;
	fsnotify_put_mark(on_inode);
	fsnotify_put_mark(on_sb);
	ok(1, "put_mark: after its superblock's state was freed");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* Marks come while the superblock goes; those that came too late are refused or destroyed. */
static struct tfs *contended;
static int adders_stop, adds;

static void *adder(void *arg)
{
	struct fsnotify_group *group = arg;

	while (!peek(adders_stop)) {
		struct fsnotify_mark *mark = mark_new(group, FS_OPEN | FS_UNMOUNT);

		if (!fsnotify_add_mark(mark, contended->dentries->vfs.d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0))
			bump(adds);
		fsnotify_put_mark(mark);
		sched_yield();
	}
	return NULL;
}

static void against_adders(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	pthread_t thread;

	contended = fs_by_hand();
	pthread_create(&thread, NULL, adder, group);
	for (int i = 0; i < 100; i++) {
		wait_until(peek(adds) > i);
		fsnotify_clear_inode_marks_by_group(group);
		__fsnotify_inode_delete(contended->root->d_inode);
	}
	put_value(adders_stop, 1);
	pthread_join(thread, NULL);
	fsnotify_sb_delete(&contended->sb);
	ok(list_empty(&group->marks_list) && !watched(contended, 0), "stress: sb_delete leaves nothing");
	fsnotify_destroy_group(group);
	fs_end(contended);
}

int main(void)
{
	tests_begin();
	order();
	never_watched();
	freeing_state();
	waits_for_mounts();
	referenced_marks();
	others_hold_locks = true;
	against_adders();
	others_hold_locks = false;
	return tests_end();
}
