// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marks (fs/notify/mark.c): references, adding and finding, their order on an object, the masks of the objects, the ways to
 * take marks away. The connectors between marks and objects have a program of their own.
 */
#include <linux/fsnotify_backend.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include "support.h"

static void init(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tmark *tmark = kmem_cache_alloc(mark_cache, GFP_KERNEL);
	struct fsnotify_mark *mark = &tmark->fsn;

	memset(tmark, 0xa5, sizeof(*tmark));
	n_marks_made++;
	fsnotify_init_mark(mark, group);
	is(mark_refs(mark), 1, "init_mark: one reference");
	is_ptr(mark->group, group, "init_mark: the group is set");
	is(group_refs(group), 2, "init_mark: the group is referenced");
	ok(!mark->mask && !mark->ignore_mask && !mark->flags && !mark->connector && !mark->obj_list.next &&
	   !mark->obj_list.pprev, "init_mark: the rest is zero");
	ok(!spin_is_locked(&mark->lock), "init_mark: the lock is free");
	ok(tmark->id == (int)0xa5a5a5a5, "init_mark: writes nothing behind the mark");
	fsnotify_get_mark(mark);
	is(mark_refs(mark), 2, "get_mark: one more");
	fsnotify_put_mark(mark);
	is(mark_refs(mark), 1, "put_mark: one less");
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
}

/* Adds, finds and destroys a mark on one type of object. */
static void on_object(const char *what, void *object, enum fsnotify_obj_type type, __u32 *mask, struct tfs *fs)
{
	struct fsnotify_group *group = group_new(&full_ops), *other = group_new(&full_ops);
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN | FS_MODIFY), *second;
	struct fsn_stats before, after;

	fsn_quiesce();
	fsn_stats(&before);
	is_ptr(fsnotify_find_mark(object, type, group), NULL, "%s: nothing is found before", what);
	is(fsnotify_add_mark(mark, object, type, 0), 0, "%s: added", what);
	fsn_stats(&after);
	is(after.connectors - before.connectors, 1, "%s: a connector was made", what);
	is(mark_refs(mark), 2, "%s: the group's list has a reference", what);
	is(mark->flags, FSNOTIFY_MARK_FLAG_ALIVE | FSNOTIFY_MARK_FLAG_ATTACHED, "%s: alive and attached", what);
	ok(group->marks_list.next == &mark->g_list && group->marks_list.prev == &mark->g_list, "%s: on the group's list", what);
	ok(mark->connector && mark->connector->list.first == &mark->obj_list, "%s: on the object's list", what);
	is(mark->connector->type, type, "%s: the connector knows the type", what);
	is_ptr(mark->connector->obj, object, "%s: and the object", what);
	is(*mask, FS_OPEN | FS_MODIFY, "%s: the object's mask is calculated", what);
	is(fsnotify_conn_mask(mark->connector), FS_OPEN | FS_MODIFY, "%s: conn_mask says the same", what);
	ok(fs->sb.s_fsnotify_info, "%s: the superblock has its state", what);

	is_ptr(fsnotify_find_mark(object, type, group), mark, "%s: found", what);
	is(mark_refs(mark), 3, "%s: with a reference", what);
	fsnotify_put_mark(mark);
	is_ptr(fsnotify_find_mark(object, type, other), NULL, "%s: not for another group", what);

	second = mark_new(group, FS_ACCESS);
	is(fsnotify_add_mark(second, object, type, 0), -EEXIST, "%s: -EEXIST for a second mark of the group", what);
	is(second->flags, 0, "%s: -EEXIST leaves no flags", what);
	is(mark_refs(second), 1, "%s: -EEXIST leaves the caller's reference", what);
	ok(!second->connector && list_empty(&second->g_list), "%s: -EEXIST leaves it on no list", what);
	is(*mask, FS_OPEN | FS_MODIFY, "%s: -EEXIST leaves the mask", what);
	is(watched(fs, 0), type == FSNOTIFY_OBJ_TYPE_INODE ? 2 : 1, "CVE-2026-46040: %s: -EEXIST leaks no watch count", what);
	fsnotify_put_mark(second);

	mark->mask = FS_ATTRIB;
	is(*mask, FS_OPEN | FS_MODIFY, "%s: a changed mark does not change the object at once", what);
	fsnotify_recalc_mask(mark->connector);
	is(*mask, FS_ATTRIB, "%s: recalc_mask does", what);

	second = watch_with(other, object, type, FS_CLOSE_WRITE, 0, 0);
	is(*mask, FS_ATTRIB | FS_CLOSE_WRITE, "%s: the masks of two groups are combined", what);
	fsnotify_destroy_mark(mark, group);
	is(mark->flags, 0, "%s: destroyed: neither alive nor attached", what);
	is(mark_refs(mark), 1, "%s: destroyed: the caller's reference is left", what);
	ok(list_empty(&group->marks_list), "%s: destroyed: off the group's list", what);
	is_ptr(fsnotify_find_mark(object, type, group), NULL, "%s: destroyed: not found", what);
	is(*mask, FS_ATTRIB | FS_CLOSE_WRITE, "behaviour 2: %s: a destroyed mark that is referenced keeps its mask bits", what);
	fsnotify_put_mark(mark);
	is(*mask, FS_CLOSE_WRITE, "behaviour 2: %s: the last put takes them away", what);
	is_ptr(second->connector->list.first, &second->obj_list, "behaviour 2: %s: and the mark off the object's list", what);
	fsnotify_destroy_group(other);
	is(*mask, 0, "%s: the mask is zero without marks", what);
	is(watched(fs, 0), 0, "%s: nothing is watched", what);
	fsnotify_destroy_group(group);
}

static void on_objects(void)
{
	struct tfs *fs = fs_by_hand();

	on_object("inode", fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, &fs->root->d_inode->i_fsnotify_mask, fs);
	on_object("mount", &fs->mount.mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT, &fs->mount.mnt_fsnotify_mask, fs);
	on_object("superblock", &fs->sb, FSNOTIFY_OBJ_TYPE_SB, &fs->sb.s_fsnotify_mask, fs);
	ok(!fs->root->d_inode->i_fsnotify_marks && !fs->mount.mnt_fsnotify_marks && !fs->sb.s_fsnotify_info->sb_marks,
	   "objects: no connector is left");
	fs_end(fs);
}

static void reused_after_failure(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark;

	watch(group, fs->root->d_inode, FS_OPEN);
	mark = mark_new(group, FS_OPEN);
	is(fsnotify_add_mark(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0), -EEXIST, "failed add: -EEXIST");
	is(fsnotify_add_mark(mark, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0), 0, "failed add: the mark can be added elsewhere");
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void locked_variants(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
	int freeing = n_freeing_mark, freed = n_free_mark;

	fsnotify_group_lock(group);
	ok(mutex_is_locked(&group->mark_mutex), "group_lock: takes the mutex");
	is(fsnotify_add_mark_locked(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0), 0, "add_mark_locked: added");
	fsnotify_group_unlock(group);
	ok(!mutex_is_locked(&group->mark_mutex), "group_unlock: gives it back");
	fsnotify_group_lock(group);
	fsnotify_detach_mark(mark);
	fsnotify_group_unlock(group);
	is(mark->flags, FSNOTIFY_MARK_FLAG_ALIVE, "detach_mark: alive but not attached");
	is(mark_refs(mark), 1, "detach_mark: the list's reference is dropped");
	is(n_freeing_mark - freeing, 0, "detach_mark: does not call freeing_mark");
	fsnotify_group_lock(group);
	fsnotify_detach_mark(mark);
	fsnotify_group_unlock(group);
	is(mark_refs(mark), 1, "detach_mark: a second time does nothing");
	fsnotify_free_mark(mark);
	is(n_freeing_mark - freeing, 1, "free_mark: calls freeing_mark");
	fsnotify_free_mark(mark);
	is(n_freeing_mark - freeing, 1, "free_mark: once");
	fsnotify_destroy_mark(mark, group);
	is(n_freeing_mark - freeing, 1, "destroy_mark: nothing is left to do");
	is(mark_refs(mark), 1, "destroy_mark: of a destroyed mark drops nothing");
	is(n_free_mark - freed, 0, "free_mark: the mark is there while it is referenced");
	fsnotify_put_mark(mark);
	fsnotify_wait_marks_destroyed();
	is(n_free_mark - freed, 1, "wait_marks_destroyed: free_mark was called");
	is(group_refs(group), 1, "wait_marks_destroyed: and the group's reference dropped");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* A reader that may still look at the mark keeps free_mark away. */
static int reader_in, reader_leave;

static void *read_side(void *arg)
{
	int idx = srcu_read_lock(&fsnotify_mark_srcu);

	(void)arg;
	put_value(reader_in, 1);
	wait_until(peek(reader_leave));
	srcu_read_unlock(&fsnotify_mark_srcu, idx);
	return NULL;
}

static void *call_wait_destroyed(void *arg)
{
	fsnotify_wait_marks_destroyed();
	put_value(*(int *)arg, 1);
	return NULL;
}

static void grace_period(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = watch(group, fs->root->d_inode, FS_OPEN);
	pthread_t thread, waiter;
	int freed = n_free_mark, waited = 0;

	put_value(reader_in, 0);
	put_value(reader_leave, 0);
	pthread_create(&thread, NULL, read_side, NULL);
	wait_until(peek(reader_in));
	unwatch(mark);
	is_ptr(fs->root->d_inode->i_fsnotify_marks, NULL, "behaviour 2: the connector goes at the last put, without a grace period");
	is(icount(fs->root->d_inode), 1, "behaviour 2: and so does the inode reference");
	pthread_create(&waiter, NULL, call_wait_destroyed, &waited);
	a_while();
	is(peek(n_free_mark) - freed, 0, "behaviour 2: free_mark waits for the read side");
	is(peek(waited), 0, "wait_marks_destroyed: waits for it");
	put_value(reader_leave, 1);
	pthread_join(waiter, NULL);
	is(peek(n_free_mark) - freed, 1, "wait_marks_destroyed: free_mark has been called when it returns");
	pthread_join(thread, NULL);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* ---- order ---- */

#define GROUPS 50

static int before(const struct fsnotify_group *a, const struct fsnotify_group *b)
{
	return a->priority != b->priority ? a->priority > b->priority : a > b;
}

static int in_order(struct fsnotify_mark_connector *conn)
{
	struct fsnotify_mark *mark, *last = NULL;
	int n = 0;

	hlist_for_each_entry(mark, &conn->list, obj_list) {
		if (last && !before(last->group, mark->group))
			return -1;
		last = mark;
		n++;
	}
	return n;
}

static void order(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *groups[GROUPS];
	struct fsnotify_mark *marks[GROUPS];
	int wrong = 0, idx, n = 0;

	/* Addresses and priorities in no order; each insertion is somewhere else. */
	for (int i = 0; i < GROUPS; i++)
		groups[i] = group_with(&full_ops, 0, (i * 7) % 3);
	for (int i = 0; i < GROUPS; i++) {
		int k = (i * 29) % GROUPS;

		marks[k] = watch(groups[k], inode, FS_OPEN);
		wrong += in_order(inode->i_fsnotify_marks) != i + 1;
	}
	is(wrong, 0, "behaviour 1: the object's list is by priority, then by descending address, after each of %d insertions", GROUPS);
	idx = srcu_read_lock(&fsnotify_mark_srcu);
	for (struct fsnotify_mark *mark = hlist_entry_safe(inode->i_fsnotify_marks->list.first, struct fsnotify_mark, obj_list);
	     mark; mark = fsnotify_next_mark(mark))
		n++;
	srcu_read_unlock(&fsnotify_mark_srcu, idx);
	is(n, GROUPS, "next_mark: walks all of them");
	is_ptr(fsnotify_next_mark(NULL), NULL, "next_mark: NULL after NULL");

	calls_reset();
	fsnotify(FS_OPEN, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0);
	is(ncalls, GROUPS, "behaviour 1: every group is called once");
	wrong = 0;
	for (int i = 1; i < GROUPS; i++)
		wrong += !before(calls[i - 1].group, calls[i].group);
	is(wrong, 0, "behaviour 1: groups are called by priority, those of equal priority by descending address");

	wrong = 0;
	for (int i = 0; i < GROUPS; i++) {
		struct fsnotify_mark *found = fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, groups[i]);

		wrong += found != marks[i];
		if (found)
			fsnotify_put_mark(found);
	}
	is(wrong, 0, "find_mark: finds each among %d", GROUPS);
	for (int i = 0; i < GROUPS; i += 2)
		unwatch(marks[i]);
	is(in_order(inode->i_fsnotify_marks), GROUPS / 2, "order: kept when every other mark is gone");
	wrong = 0;
	for (int i = 0; i < GROUPS; i += 2) {
		struct fsnotify_mark *found = fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, groups[i]);

		wrong += found != NULL;
	}
	is(wrong, 0, "find_mark: finds none that was destroyed");
	for (int i = 0; i < GROUPS; i++)
		fsnotify_destroy_group(groups[i]);
	fs_end(fs);
}

static void comparing(void)
{
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops), *low = a < b ? a : b, *high = a < b ? b : a;

	is(fsnotify_compare_groups(a, a), 0, "compare_groups: a group with itself");
	is(fsnotify_compare_groups(NULL, NULL), 0, "compare_groups: NULL with itself");
	is(fsnotify_compare_groups(NULL, a), 1, "compare_groups: NULL comes last");
	is(fsnotify_compare_groups(a, NULL), -1, "compare_groups: before NULL");
	is(fsnotify_compare_groups(low, high), 1, "compare_groups: the higher address comes first");
	is(fsnotify_compare_groups(high, low), -1, "compare_groups: and the lower one second");
	low->priority = FSNOTIFY_PRIO_CONTENT;
	is(fsnotify_compare_groups(low, high), -1, "compare_groups: a higher priority comes first, whatever its address");
	is(fsnotify_compare_groups(high, low), 1, "compare_groups: and a lower one second");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
}

static void dups(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_with(&full_ops, FSNOTIFY_GROUP_DUPS, 0), *other = group_new(&full_ops);
	struct fsnotify_mark *marks[3], *found;

	watch(other, inode, FS_ATTRIB);
	for (int i = 0; i < 3; i++) {
		marks[i] = watch(group, inode, FS_OPEN << i);
		ok(marks[i], "DUPS: mark %d on one object", i);
	}
	found = fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group);
	is_ptr(found, marks[2], "behaviour 1: in a DUPS group find gives the newest mark");
	fsnotify_put_mark(found);
	is_ptr(fsnotify_next_mark(marks[2]), marks[1], "behaviour 1: newest first on the object's list");
	is_ptr(fsnotify_next_mark(marks[1]), marks[0], "behaviour 1: the oldest last");
	marks[0]->mask = marks[1]->mask = marks[2]->mask = FS_OPEN;
	fsnotify_recalc_mask(marks[0]->connector);
	calls_reset();
	fsnotify(FS_OPEN, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0);
	is(ncalls, 3, "DUPS: a call for each of the marks");
	ok(calls[0].marks[0] == marks[2] && calls[1].marks[0] == marks[1] && calls[2].marks[0] == marks[0],
	   "behaviour 1: in a DUPS group the newest mark is called first");
	unwatch(marks[2]);
	found = fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group);
	is_ptr(found, marks[1], "DUPS: the next newest when that is gone");
	fsnotify_put_mark(found);
	fsnotify_destroy_group(other);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* A mark that is destroyed but referenced does not stand in the way of a new one. */
static void replaced_while_referenced(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *old = mark_new(group, FS_OPEN), *new, *found;

	fsnotify_add_mark(old, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	fsnotify_destroy_mark(old, group);
	new = watch(group, inode, FS_MODIFY);
	ok(new, "behaviour 2: a new mark may be added while the destroyed one is referenced");
	is(inode->i_fsnotify_mask, FS_MODIFY, "behaviour 2: a recalculation leaves the destroyed one out");
	found = fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group);
	is_ptr(found, new, "behaviour 2: find gives the new one");
	fsnotify_put_mark(found);
	is(icount(inode), 2, "behaviour 2: one inode reference for both");
	fsnotify_put_mark(old);
	is(icount(inode), 2, "behaviour 2: which stays for the new one");
	fsnotify_destroy_group(group);
	is(icount(inode), 1, "behaviour 2: and goes with it");
	fs_end(fs);
}

/* ---- clearing ---- */

static void clear_by_type(void)
{
	static const struct { enum fsnotify_obj_type type; const char *name; } types[] = {
		{ FSNOTIFY_OBJ_TYPE_INODE, "inode" }, { FSNOTIFY_OBJ_TYPE_VFSMOUNT, "mount" }, { FSNOTIFY_OBJ_TYPE_SB, "sb" },
	};
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *group = group_new(&full_ops), *other = group_new(&full_ops);

	watch(other, inode, FS_ATTRIB);
	watch_mount(other, &fs->mount, FS_ATTRIB);
	watch_sb(other, &fs->sb, FS_ATTRIB);
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		int freeing = n_freeing_mark;
		int wanted = types[i].type == FSNOTIFY_OBJ_TYPE_INODE ? 2 : 1;
		struct fsnotify_mark *mark;
		int left = 0;

		watch(group, inode, FS_OPEN);
		watch(group, file->d_inode, FS_OPEN);
		watch_mount(group, &fs->mount, FS_OPEN);
		watch_sb(group, &fs->sb, FS_OPEN);
		fsnotify_clear_marks_by_group(group, types[i].type);
		is(n_freeing_mark - freeing, wanted, "clear_marks_by_group: %s: as many as there were", types[i].name);
		list_for_each_entry(mark, &group->marks_list, g_list)
			left += mark->connector->type == types[i].type ? 100 : 1;
		is(left, 4 - wanted, "clear_marks_by_group: %s: all others are left", types[i].name);
		is(inode->i_fsnotify_mask, types[i].type == FSNOTIFY_OBJ_TYPE_INODE ? FS_ATTRIB : FS_ATTRIB | FS_OPEN,
		   "clear_marks_by_group: %s: the inode's mask", types[i].name);
		is(fs->mount.mnt_fsnotify_mask, types[i].type == FSNOTIFY_OBJ_TYPE_VFSMOUNT ? FS_ATTRIB : FS_ATTRIB | FS_OPEN,
		   "clear_marks_by_group: %s: the mount's mask", types[i].name);
		is(fs->sb.s_fsnotify_mask, types[i].type == FSNOTIFY_OBJ_TYPE_SB ? FS_ATTRIB : FS_ATTRIB | FS_OPEN,
		   "clear_marks_by_group: %s: the superblock's mask", types[i].name);
		fsnotify_clear_marks_by_group(group, FSNOTIFY_OBJ_TYPE_ANY);
		ok(list_empty(&group->marks_list), "clear_marks_by_group: any: nothing is left");
	}
	watch(group, inode, FS_OPEN);
	watch_mount(group, &fs->mount, FS_OPEN);
	watch_sb(group, &fs->sb, FS_OPEN);
	fsnotify_clear_inode_marks_by_group(group);
	ok(!fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group), "clear_inode_marks_by_group");
	fsnotify_clear_vfsmount_marks_by_group(group);
	ok(!fsnotify_find_mark(&fs->mount.mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT, group), "clear_vfsmount_marks_by_group");
	fsnotify_clear_sb_marks_by_group(group);
	ok(list_empty(&group->marks_list), "clear_sb_marks_by_group");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(other);
	fs_end(fs);
}

/* ---- masks ---- */

static void masks(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = watch_with(group, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_OPEN, FS_ACCESS, 0);

	is(inode->i_fsnotify_mask, FS_OPEN | FS_ACCESS | FS_MODIFY,
	   "calc_mask: an ignore mask is interest, and in FS_MODIFY, which clears it");
	mark->flags |= FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY;
	fsnotify_recalc_mask(mark->connector);
	is(inode->i_fsnotify_mask, FS_OPEN | FS_ACCESS, "calc_mask: not in FS_MODIFY if the ignore mask survives it");
	mark->ignore_mask = FS_ISDIR | FS_EVENT_ON_CHILD;
	mark->flags = (mark->flags & ~FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY) | FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS;
	fsnotify_recalc_mask(mark->connector);
	is(inode->i_fsnotify_mask, FS_OPEN, "calc_mask: an ignore mask of flags alone ignores nothing");
	mark->ignore_mask |= FS_CLOSE_WRITE;
	fsnotify_recalc_mask(mark->connector);
	is(inode->i_fsnotify_mask, FS_OPEN | FS_CLOSE_WRITE | FS_MODIFY | FS_ISDIR | FS_EVENT_ON_CHILD,
	   "calc_mask: its flags count with its events");
	mark->mask = 0;
	mark->ignore_mask = 0;
	fsnotify_recalc_mask(mark->connector);
	is(inode->i_fsnotify_mask, 0, "calc_mask: nothing");
	is(fsnotify_conn_mask(mark->connector), 0, "conn_mask: nothing");
	fsnotify_recalc_mask(NULL);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* Nobody waits for the marks: each time the worker comes by itself. */
static void freed_unasked(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	int i, k, freed;

	for (i = 0; i < 5; i++) {
		freed = peek(n_free_mark);
		for (k = 0; k <= i; k++)
			unwatch(watch(group, fs->root->d_inode, FS_CREATE));
		wait_until(peek(n_free_mark) == freed + i + 1);
	}
	ok(true, "reaper: the marks are freed without anybody's asking, each time");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	init();
	on_objects();
	reused_after_failure();
	locked_variants();
	grace_period();
	comparing();
	order();
	dups();
	replaced_while_referenced();
	clear_by_type();
	masks();
	freed_unasked();
	return tests_end();
}
