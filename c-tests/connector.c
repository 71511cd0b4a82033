// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connectors (fs/notify/mark.c): what stands between an object and its marks: one inode reference, the counts of watched
 * objects, and what becomes of them when the object or the last mark goes.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/slab.h>
#include "support.h"

#define IREF FSNOTIFY_CONN_FLAG_HAS_IREF

static unsigned int conn_flags(struct inode *inode)
{
	/* without the library's own bit for a connector with an index */
	return inode->i_fsnotify_marks ? inode->i_fsnotify_marks->flags & 0x7fff : 0;
}

static void counts(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *normal = group_new(&full_ops), *content = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT),
			      *pre = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);
	struct fsnotify_mark *mark, *low, *high;

	ok(!fsnotify_sb_has_watchers(&fs->sb), "watched_objects: no watchers before the first mark");
	mark = watch(normal, inode, FS_OPEN);
	is(watched(fs, 0), 2, "behaviour 4: a pinned inode counts twice");
	is(watched(fs, 1), 0, "watched_objects: a group of priority 0 counts in [0] alone");
	ok(fsnotify_sb_has_watchers(&fs->sb) && !fsnotify_sb_has_priority_watchers(&fs->sb, FSNOTIFY_PRIO_CONTENT),
	   "watched_objects: what the hooks make of it");
	is(icount(inode), 2, "iref: one inode reference");
	is(conn_flags(inode), IREF | FSNOTIFY_CONN_FLAG_IS_WATCHED, "iref: noted in the connector");

	high = watch(pre, inode, FS_OPEN);
	is(watched(fs, 0), 2, "watched_objects: a second mark on the inode does not count again in [0]");
	is(watched(fs, 1), 1, "watched_objects: a pre-content group counts in [1]");
	is(watched(fs, 2), 1, "watched_objects: and in [2]");
	is(inode->i_fsnotify_marks->prio, FSNOTIFY_PRIO_PRE_CONTENT, "connector: knows its highest priority");
	is(icount(inode), 2, "iref: still one inode reference");
	low = watch(content, inode, FS_OPEN);
	is(watched(fs, 1), 1, "watched_objects: an object counts once in [1]");
	unwatch(high);
	is(watched(fs, 2), 0, "watched_objects: the pre-content mark has gone from [2]");
	is(watched(fs, 1), 1, "watched_objects: the content mark is still in [1]");
	is(inode->i_fsnotify_marks->prio, FSNOTIFY_PRIO_CONTENT, "connector: its highest priority now");
	unwatch(low);
	is(watched(fs, 1), 0, "watched_objects: nothing is left in [1]");
	is(watched(fs, 0), 2, "watched_objects: [0] does not care");

	watch_sb(content, &fs->sb, FS_OPEN);
	is(watched(fs, 0), 3, "watched_objects: a superblock counts once");
	is(watched(fs, 1), 1, "watched_objects: by priority");
	watch_mount(pre, &fs->mount, FS_OPEN);
	is(watched(fs, 0), 4, "watched_objects: a mount counts once");
	is(watched(fs, 1), 2, "watched_objects: two objects in [1]");
	is(watched(fs, 2), 1, "watched_objects: one in [2]");
	unwatch(mark);
	is(watched(fs, 0), 2, "watched_objects: the inode has gone, with both of its counts");
	is(icount(inode), 1, "iref: and its reference");
	fsnotify_destroy_group(content);
	fsnotify_destroy_group(pre);
	is(watched(fs, 0) + watched(fs, 1) + watched(fs, 2), 0, "watched_objects: nothing is left");
	ok(!fsnotify_sb_has_watchers(&fs->sb), "watched_objects: no watchers any more");
	fsnotify_destroy_group(normal);
	fs_end(fs);
}

static void evictable(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops), *c = group_new(&full_ops);
	struct fsnotify_mark *evictable, *ordinary, *third;

	evictable = watch_with(a, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_OPEN, 0, FSNOTIFY_MARK_FLAG_NO_IREF);
	is(icount(inode), 1, "evictable: no inode reference");
	is(watched(fs, 0), 1, "behaviour 4: an inode with only NO_IREF marks counts once");
	is(conn_flags(inode), FSNOTIFY_CONN_FLAG_IS_WATCHED, "evictable: the connector has none");
	ordinary = watch(b, inode, FS_OPEN);
	is(icount(inode), 2, "evictable and ordinary: one inode reference");
	is(watched(fs, 0), 2, "evictable and ordinary: counts twice");
	unwatch(ordinary);
	is(icount(inode), 1, "CVE-2026-52990: the reference goes with the last ordinary mark while an evictable one is left");
	is(watched(fs, 0), 1, "CVE-2026-52990: and the second count");
	is(conn_flags(inode), FSNOTIFY_CONN_FLAG_IS_WATCHED, "CVE-2026-52990: and the flag");

	/* The other way round, and three marks. */
	ordinary = watch(b, inode, FS_OPEN);
	third = watch(c, inode, FS_OPEN);
	unwatch(evictable);
	is(icount(inode), 2, "evictable: its end does not matter to the ordinary ones");
	unwatch(ordinary);
	is(icount(inode), 2, "iref: stays for the last ordinary one");
	unwatch(third);
	is(icount(inode), 1, "iref: goes with it");
	is_ptr(inode->i_fsnotify_marks, NULL, "connector: goes with the last mark");

	/* fanotify makes an evictable mark ordinary by clearing the flag; the other direction it refuses. */
	evictable = watch_with(a, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_OPEN, 0, FSNOTIFY_MARK_FLAG_NO_IREF);
	evictable->flags &= ~FSNOTIFY_MARK_FLAG_NO_IREF;
	is(icount(inode), 1, "recalc_mask: nothing happens before it is called");
	fsnotify_recalc_mask(evictable->connector);
	is(icount(inode), 2, "behaviour 4: recalc_mask may take an inode reference");
	is(watched(fs, 0), 2, "behaviour 4: and counts it");
	fsnotify_recalc_mask(evictable->connector);
	is(icount(inode), 2, "recalc_mask: takes it once");
	evictable->flags |= FSNOTIFY_MARK_FLAG_NO_IREF;
	fsnotify_recalc_mask(evictable->connector);
	is(icount(inode), 2, "behaviour 4: recalc_mask never drops the inode reference");
	is(conn_flags(inode) & IREF, IREF, "behaviour 4: and keeps the flag");
	third = watch(c, inode, FS_MODIFY);
	unwatch(third);
	is(icount(inode), 1, "CVE-2026-52990: the next put drops it, for no mark wants it any more");
	is(watched(fs, 0), 1, "CVE-2026-52990: and its count");
	unwatch(evictable);
	is(icount(inode), 1, "evictable: gone");
	is(watched(fs, 0), 0, "evictable: and not counted");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	fsnotify_destroy_group(c);
	fs_end(fs);
}

/* A detached mark that wanted the reference, still on the list, while an evictable one is added. */
static void deferred_unpin(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops);
	struct fsnotify_mark *ordinary = mark_new(a, FS_OPEN);

	fsnotify_add_mark(ordinary, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	unwatch(ordinary);
	watch_with(b, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_MODIFY, 0, FSNOTIFY_MARK_FLAG_NO_IREF);
	is(icount(inode), 2, "CVE-2026-52990: the reference stays while the detached mark is referenced");
	is(inode->i_fsnotify_mask, FS_MODIFY, "CVE-2026-52990: the mask is the evictable mark's");
	fsnotify_put_mark(ordinary);
	is(icount(inode), 1, "CVE-2026-52990: the last put of the detached mark drops it");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	is(watched(fs, 0), 0, "CVE-2026-52990: nothing stays counted");
	fs_end(fs);
}

static void inode_delete(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops);
	struct fsnotify_mark *pinned = mark_new(a, FS_OPEN);
	struct fsnotify_mark_connector *conn;
	int freeing = n_freeing_mark, freed = n_free_mark;

	fsnotify_add_mark(pinned, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	watch(b, inode, FS_MODIFY);
	conn = pinned->connector;
	calls_reset();
	__fsnotify_inode_delete(inode);
	is(ncalls, 0, "inode_delete: no event");
	is(n_freeing_mark - freeing, 2, "inode_delete: freeing_mark for each mark");
	is(icount(inode), 1, "behaviour 3: inode_delete drops the inode reference at once, even if a mark is pinned");
	is_ptr(inode->i_fsnotify_marks, NULL, "behaviour 3: and detaches the connector");
	is(inode->i_fsnotify_mask, 0, "behaviour 3: and the mask is zero");
	is(watched(fs, 0), 0, "behaviour 3: and nothing is counted");
	is_ptr(pinned->connector, conn, "behaviour 3: the pinned mark stays on its connector");
	ok(conn->type == FSNOTIFY_OBJ_TYPE_DETACHED && !conn->obj, "behaviour 3: which has no object any more");
	ok(!(pinned->flags & (FSNOTIFY_MARK_FLAG_ALIVE | FSNOTIFY_MARK_FLAG_ATTACHED)), "inode_delete: the pinned mark is destroyed");
	fsnotify_recalc_mask(conn);
	is(inode->i_fsnotify_mask, 0, "recalc_mask: on a detached connector does nothing");
	fsnotify_put_mark(pinned);
	is(icount(inode), 1, "behaviour 3: the put of the pinned mark drops no second reference");
	fsnotify_wait_marks_destroyed();
	is(n_free_mark - freed, 2, "inode_delete: both marks are freed");
	ok(watch(a, inode, FS_OPEN), "inode_delete: marks may be added again");
	fsnotify_inode_delete(inode);
	is_ptr(inode->i_fsnotify_marks, NULL, "inode_delete: and deleted again");
	fsnotify_inode_delete(inode);
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	fs_end(fs);
}

static void mount_delete(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops);

	watch_mount(a, &fs->mount, FS_OPEN);
	watch_mount(b, &fs->mount, FS_OPEN);
	fsnotify_vfsmount_delete(&fs->mount.mnt);
	ok(!fs->mount.mnt_fsnotify_marks && !fs->mount.mnt_fsnotify_mask, "vfsmount_delete: its marks are gone");
	ok(list_empty(&a->marks_list) && list_empty(&b->marks_list), "vfsmount_delete: from the groups too");
	is(watched(fs, 0), 0, "vfsmount_delete: nothing is counted");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	fs_end(fs);
}

/* While an object loses its marks, freeing_mark tries to add another. */
static struct fsnotify_mark *late_mark;
static struct inode *late_inode;
static int late_error = 1;

static void add_while_freeing(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	(void)mark;
	(void)group;
	if (late_mark && late_error == 1)
		late_error = fsnotify_add_mark(late_mark, late_inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
}

static void add_while_deleting(void)
{
	static const struct fsnotify_ops ops = {
		.handle_event = t_handle_event, .free_group_priv = t_free_group_priv, .freeing_mark = add_while_freeing,
		.free_event = t_free_event, .free_mark = t_free_mark,
	};
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *deleted = group_new(&ops), *late = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);

	late_inode = fs->root->d_inode;
	watch(deleted, late_inode, FS_OPEN);
	late_mark = mark_new(late, FS_OPEN);
	__fsnotify_inode_delete(late_inode);
	is(late_error, -ENOENT, "behaviour 11: -ENOENT for a mark added while its inode is being deleted");
	is_ptr(late_inode->i_fsnotify_marks, NULL, "CVE-2026-99175: no mark survives the teardown of the connector");
	is(mark_refs(late_mark), 1, "CVE-2026-99175: the mark that was refused is the caller's alone");
	ok(list_empty(&late->marks_list), "CVE-2026-99175: and on no list");
	is(watched(fs, 0), 0, "CVE-2026-46040: a refused mark leaks no watch count");
	is(watched(fs, 2), 0, "CVE-2026-46040: of no priority");
	is(icount(late_inode), 1, "CVE-2026-99175: and no inode reference");
	fsnotify_put_mark(late_mark);
	late_mark = NULL;
	fsnotify_destroy_group(deleted);
	fsnotify_destroy_group(late);
	fs_end(fs);
}

/* Marks come while their inode goes, over and over: whatever was added is destroyed, whatever was refused is not attached. */
#define ROUNDS 300
static struct inode *contended;
static int go, adds_done;

static void *adder(void *arg)
{
	struct fsnotify_group *group = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
		int err = fsnotify_add_mark(mark, contended, FSNOTIFY_OBJ_TYPE_INODE, 0);

		if (!err && i % 2)
			unwatch(mark);
		else if (err && err != -EEXIST && err != -ENOENT)
			bump(go);
		fsnotify_put_mark(mark);
	}
	bump(adds_done);
	return NULL;
}

static void add_against_delete(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *a = group_new(&full_ops), *b = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	struct fsn_stats before, after;
	pthread_t threads[2];

	fsn_quiesce();
	fsn_stats(&before);
	contended = fs->root->d_inode;
	pthread_create(&threads[0], NULL, adder, a);
	pthread_create(&threads[1], NULL, adder, b);
	while (peek(adds_done) < 2)
		__fsnotify_inode_delete(contended);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	__fsnotify_inode_delete(contended);
	is(go, 0, "stress: an addition gives 0, -EEXIST or -ENOENT");
	is_ptr(contended->i_fsnotify_marks, NULL, "CVE-2026-99175: stress: no mark survives");
	ok(list_empty(&a->marks_list) && list_empty(&b->marks_list), "CVE-2026-99175: stress: nor in a group");
	is(icount(contended), 1, "stress: every inode reference is back");
	is(watched(fs, 0) + watched(fs, 1), 0, "CVE-2026-46040: stress: every count is back");
	fsn_quiesce();
	fsn_stats(&after);
	is(after.connectors, before.connectors,
	   "defect not inherited (goes beyond the original): no connector leaks when an inode goes while a mark is added");
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	fs_end(fs);
}

/*
 * The window of that leak made certain: an object whose connector is attached and has no mark yet, as another thread's
 * fsnotify_add_mark() leaves it between its two steps.
 */
static void empty_connector(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = watch_with(group, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_OPEN, 0, FSNOTIFY_MARK_FLAG_NO_IREF);
	struct fsnotify_mark_connector *conn = mark->connector;
	struct fsn_stats before, after;

	/* so that the superblock has another watched object */
	watch_sb(group, &fs->sb, FS_OPEN);
	/* undo what the second step did */
	hlist_del_init(&mark->obj_list);
	mark->connector = NULL;
	conn->flags &= 0x8000;
	inode->i_fsnotify_mask = 0;
	atomic_long_dec(&fs->sb.s_fsnotify_info->watched_objects[0]);
	fsn_quiesce();
	fsn_stats(&before);
	__fsnotify_inode_delete(inode);
	fsn_quiesce();
	fsn_stats(&after);
	is_ptr(inode->i_fsnotify_marks, NULL, "empty connector: detached when the inode is deleted");
	is(before.connectors - after.connectors, 1, "empty connector: it is gone");
	ok(before.allocations - after.allocations >= 1,
	   "defect not inherited (goes beyond the original): a connector without marks is freed when its inode is deleted");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* An inode whose only reference is the connector's goes with the last mark. */
static void last_reference(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = inode_by_hand(fs, S_IFREG);
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = watch(group, inode, FS_OPEN);
	int ended = n_inodes_ended;

	inode->i_nlink = 0;
	iput(inode);
	is(icount(inode), 1, "iref: keeps the inode when the program has dropped it");
	is(n_inodes_ended - ended, 0, "iref: it has not ended");
	unwatch(mark);
	is(n_inodes_ended - ended, 1, "iref: the inode ends with its last mark");
	is(watched(fs, 0), 0, "iref: and is not counted");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* With an evictable mark the inode goes when the program drops it, and takes the mark with it. */
static void evicted(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = inode_by_hand(fs, S_IFREG);
	struct fsnotify_group *group = group_new(&full_ops);
	int ended = n_inodes_ended, freeing = n_freeing_mark;

	watch_with(group, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_OPEN, 0, FSNOTIFY_MARK_FLAG_NO_IREF);
	inode->i_nlink = 0;
	iput(inode);
	is(n_inodes_ended - ended, 1, "evictable: the inode ends when the program drops it");
	is(n_freeing_mark - freeing, 1, "evictable: and takes its mark with it");
	ok(list_empty(&group->marks_list), "evictable: off the group's list");
	is(watched(fs, 0), 0, "evictable: and off the counts");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	counts();
	evictable();
	deferred_unpin();
	inode_delete();
	mount_delete();
	add_while_deleting();
	others_hold_locks = true;
	add_against_delete();
	others_hold_locks = false;
	empty_connector();
	last_reference();
	evicted();
	return tests_end();
}
