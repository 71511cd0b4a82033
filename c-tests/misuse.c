// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Misuse that is detected while the object still exists (goes beyond the original, which crashes or corrupts itself in most of
 * these cases; where it warns too, the test says so): no crash, a warning that names the function, the kernel's error code
 * where there is one, and nothing lost: every counter of the library is what it was.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include "support.h"

static struct fsn_stats counters;

static void expect_warning(void)
{
	log_reset();
	fsn_stats(&counters);
}

static void warned(const char *function, const char *what)
{
	struct fsn_stats now;

	fsn_stats(&now);
	ok(n_warnings > 0, "%s: warns", what);
	is_str(log_function, function, "%s: the warning names the function", what);
	ok(now.groups == counters.groups && now.marks == counters.marks && now.connectors == counters.connectors &&
	   now.events_pending == counters.events_pending && now.allocations == counters.allocations &&
	   now.allocated_bytes == counters.allocated_bytes && now.sb_infos == counters.sb_infos, "%s: nothing is lost", what);
}

#define MISUSE(function, statement, what) do { expect_warning(); statement; warned(#function, what); } while (0)

static void null_groups(void)
{
	struct fsnotify_group *bad = NULL;
	struct tmark *mark = kmem_cache_alloc(mark_cache, GFP_KERNEL);
	struct tevent *event = event_new(1);
	struct fsnotify_event *peeked = &event->fse;
	struct file file;
	int result = 0;

	for (int i = 0; i < 2; i++, bad = ERR_PTR(-ENOMEM)) {
		const char *kind = i ? "an error pointer for a group" : "a NULL group";

		MISUSE(fsnotify_get_group, fsnotify_get_group(bad), kind);
		MISUSE(fsnotify_put_group, fsnotify_put_group(bad), kind);
		MISUSE(fsnotify_group_stop_queueing, fsnotify_group_stop_queueing(bad), kind);
		MISUSE(fsnotify_destroy_group, fsnotify_destroy_group(bad), kind);
		MISUSE(fsnotify_init_mark, fsnotify_init_mark(&mark->fsn, bad), kind);
		MISUSE(fsnotify_clear_marks_by_group, fsnotify_clear_marks_by_group(bad, FSNOTIFY_OBJ_TYPE_ANY), kind);
		MISUSE(fsnotify_flush_notify, fsnotify_flush_notify(bad), kind);
		MISUSE(fsnotify_destroy_event, fsnotify_destroy_event(bad, &event->fse), kind);
		MISUSE(fsnotify_insert_event, result = fsnotify_insert_event(bad, &event->fse, NULL, NULL), kind);
		is(result, 2, "%s: insert_event returns 2", kind);
		MISUSE(fsnotify_peek_first_event, peeked = fsnotify_peek_first_event(bad), kind);
		is_ptr(peeked, NULL, "%s: peek_first_event returns NULL", kind);
		MISUSE(fsnotify_remove_first_event, peeked = fsnotify_remove_first_event(bad), kind);
		is_ptr(peeked, NULL, "%s: remove_first_event returns NULL", kind);
		MISUSE(fsnotify_remove_queued_event, fsnotify_remove_queued_event(bad, &event->fse), kind);
		memset(&file, 0, sizeof(file));
		file.private_data = bad;
		MISUSE(fsnotify_fasync, result = fsnotify_fasync(-1, &file, 1), kind);
		is(result, -EIO, "%s: fasync returns -EIO", kind);
	}
	kmem_cache_free(mark_cache, mark);
	kfree(event);
	n_events_made--;
}

static void null_others(void)
{
	struct fsnotify_group *group = group_new(&full_ops), *made;
	struct tfs *fs = fs_by_hand();
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN), *found = mark;
	int result = 0;
	u32 mask = 1;

	MISUSE(fsnotify_alloc_group, made = fsnotify_alloc_group(NULL, 0), "NULL ops");
	is(PTR_ERR(made), -EINVAL, "NULL ops: ERR_PTR(-EINVAL)");
	MISUSE(fsnotify_fasync, result = fsnotify_fasync(-1, NULL, 1), "a NULL file");
	is(result, -EIO, "a NULL file: -EIO");
	MISUSE(fsnotify_init_mark, fsnotify_init_mark(NULL, group), "a NULL mark");
	is(group_refs(group), 2, "a NULL mark: no reference on the group was taken");
	MISUSE(fsnotify_get_mark, fsnotify_get_mark(NULL), "a NULL mark");
	MISUSE(fsnotify_put_mark, fsnotify_put_mark(NULL), "a NULL mark");
	MISUSE(fsnotify_detach_mark, fsnotify_detach_mark(NULL), "a NULL mark");
	MISUSE(fsnotify_free_mark, fsnotify_free_mark(NULL), "a NULL mark");
	MISUSE(fsnotify_destroy_mark, fsnotify_destroy_mark(NULL, group), "a NULL mark");
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(NULL, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0), "a NULL mark");
	is(result, -EINVAL, "a NULL mark: -EINVAL");
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, NULL, FSNOTIFY_OBJ_TYPE_INODE, 0), "a NULL object");
	is(result, -EINVAL, "a NULL object: -EINVAL");
	MISUSE(fsnotify_find_mark, found = fsnotify_find_mark(NULL, FSNOTIFY_OBJ_TYPE_INODE, group), "a NULL object");
	is_ptr(found, NULL, "a NULL object: nothing is found");
	MISUSE(fsnotify_conn_mask, mask = fsnotify_conn_mask(NULL), "a NULL connector");
	is(mask, 0, "a NULL connector: no mask");
	MISUSE(__fsnotify_inode_delete, __fsnotify_inode_delete(NULL), "a NULL inode");
	MISUSE(__fsnotify_vfsmount_delete, __fsnotify_vfsmount_delete(NULL), "a NULL mount");
	MISUSE(fsnotify_sb_delete, fsnotify_sb_delete(NULL), "a NULL superblock");
	MISUSE(fsnotify_sb_free, fsnotify_sb_free(NULL), "a NULL superblock");
	MISUSE(__fsnotify_parent, result = __fsnotify_parent(NULL, FS_OPEN, NULL, FSNOTIFY_EVENT_NONE), "a NULL dentry");
	is(result, 0, "a NULL dentry: 0");
	MISUSE(file_set_fsnotify_mode, file_set_fsnotify_mode(NULL), "a NULL file");
	MISUSE(fsnotify_prepare_user_wait, result = fsnotify_prepare_user_wait(NULL), "a NULL iterator");
	is(result, 0, "a NULL iterator: false");
	MISUSE(fsnotify_finish_user_wait, fsnotify_finish_user_wait(NULL), "a NULL iterator");
	log_reset();
	fsnotify_destroy_marks(NULL);
	fsnotify_recalc_mask(NULL);
	fsnotify_destroy_event(group, NULL);
	is(n_warnings, 0, "NULL is allowed for destroy_marks, recalc_mask and the event of destroy_event");
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void object_types(void)
{
	static const unsigned int types[] = { FSNOTIFY_OBJ_TYPE_COUNT, FSNOTIFY_OBJ_TYPE_COUNT + 1, 99, -1u };
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN), *found, *steady = watch_sb(group, &fs->sb, FS_OPEN);
	int result = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, fs->root->d_inode, types[i], 0),
		       "an object type out of range");
		is(result, -EINVAL, "an object type out of range (%u): -EINVAL, as in the original", types[i]);
		ok(mark_refs(mark) == 1 && !mark->flags, "an object type out of range (%u): the mark is as it was", types[i]);
		MISUSE(fsnotify_find_mark, found = fsnotify_find_mark(fs->root->d_inode, types[i], group),
		       "an object type out of range");
		is_ptr(found, NULL, "an object type out of range (%u): nothing is found", types[i]);
		if (types[i] == -1u)
			continue;
		MISUSE(fsnotify_clear_marks_by_group, fsnotify_clear_marks_by_group(group, types[i]), "an object type out of range");
		is(mark_refs(steady), 1, "an object type out of range (%u): clears nothing", types[i]);
	}
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void added_twice(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
	int result = 0;

	fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0), "a mark added twice");
	is(result, -EEXIST, "a mark added twice: -EEXIST");
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0),
	       "a mark added to a second object");
	is(result, -EEXIST, "a mark added to a second object: -EEXIST");
	ok(mark_refs(mark) == 2 && mark->connector == inode->i_fsnotify_marks &&
	   mark->flags == (FSNOTIFY_MARK_FLAG_ALIVE | FSNOTIFY_MARK_FLAG_ATTACHED), "a mark added twice: it is where it was");
	is(watched(fs, 0), 2, "a mark added twice: counted once");
	calls_reset();
	fsnotify_inode(inode, FS_OPEN);
	is(ncalls, 1, "a mark added twice: called once");
	fsnotify_destroy_mark(mark, group);
	/* destroyed, still on its object */
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0), "a destroyed mark added again");
	is(result, -EEXIST, "a destroyed mark added again: -EEXIST");
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	is(icount(inode), 1, "a mark added twice: one inode reference, given back");
	fs_end(fs);
}

static void events_on_queues(void)
{
	struct fsnotify_group *group = group_bounded(&full_ops, 10), *other = group_bounded(&full_ops, 10);
	struct tevent *a = event_new(1), *b = event_new(2);
	int result = 0, n = 0, freed;
	struct fsnotify_event *event;

	fsnotify_add_event(group, &a->fse, NULL);
	fsnotify_add_event(group, &b->fse, NULL);
	MISUSE(fsnotify_insert_event, result = fsnotify_add_event(group, &a->fse, NULL), "an event queued twice");
	is(result, 0, "an event queued twice: it is queued: 0");
	MISUSE(fsnotify_insert_event, result = fsnotify_add_event(other, &a->fse, NULL), "an event queued for a second group");
	is(result, 2, "an event queued for a second group: 2");
	ok(group->q_len == 2 && other->q_len == 0, "an event queued twice: counted once");
	list_for_each_entry(event, &group->notification_list, list)
		n++;
	is(n, 2, "an event queued twice: the queue is whole");

	freed = n_free_event;
	expect_warning();
	fsnotify_destroy_event(group, &a->fse);
	ok(n_warnings == 1, "destroy_event of a queued event: warns, as the original does");
	is_str(log_function, "fsnotify_destroy_event", "destroy_event of a queued event: the warning names the function");
	is(n_free_event - freed, 1, "destroy_event of a queued event: free_event is called, as in the original");
	is(group->q_len, 1, "destroy_event of a queued event: it is off the queue");
	ok(group->notification_list.next == &b->fse.list && group->notification_list.prev == &b->fse.list,
	   "destroy_event of a queued event: the queue is whole");

	spin_lock(&group->notification_lock);
	fsnotify_remove_queued_event(group, &b->fse);
	MISUSE(fsnotify_remove_queued_event, fsnotify_remove_queued_event(group, &b->fse), "an event taken off twice");
	is(group->q_len, 0, "an event taken off twice: counted once");
	MISUSE(fsnotify_remove_queued_event, fsnotify_remove_queued_event(group, NULL), "a NULL event");
	spin_unlock(&group->notification_lock);
	fsnotify_add_event(group, &b->fse, NULL);
	MISUSE(fsnotify_peek_first_event, event = fsnotify_peek_first_event(group), "peek without the queue's lock");
	is_ptr(event, &b->fse, "peek without the queue's lock: the original warns too (assert_spin_locked), and goes on");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(other);
}

/* A group's last reference goes: inside free_group_priv it is there for the last time. */
static void touch_dead_group(struct fsnotify_group *group)
{
	MISUSE(fsnotify_get_group, fsnotify_get_group(group), "get of a group on its way out");
	MISUSE(fsnotify_put_group, fsnotify_put_group(group), "put of a group on its way out");
	MISUSE(fsnotify_destroy_group, fsnotify_destroy_group(group), "destroy of a group on its way out");
	is(group_refs(group), 0, "a group on its way out: it stays without references");
	t_free_group_priv(group);
}

static void references_of_groups(void)
{
	static const struct fsnotify_ops ops = {
		.handle_event = t_handle_event, .free_group_priv = touch_dead_group, .free_event = t_free_event, .free_mark = t_free_mark,
	};
	struct fsnotify_group *group = group_new(&ops);
	struct tfs *fs;
	int privs = n_free_priv;

	fsnotify_put_group(group);
	is(n_free_priv - privs, 1, "a group on its way out: it goes once");

	group = group_bounded(&full_ops, 4);
	privs = n_free_priv;
	fsnotify_get_group(group);
	fsnotify_get_group(group);
	fsnotify_destroy_group(group);
	MISUSE(fsnotify_destroy_group, fsnotify_destroy_group(group), "a second destroy of a group that lives");
	is(group_refs(group), 2, "a second destroy: drops no reference");
	is(n_free_priv - privs, 0, "a second destroy: frees nothing");
	fsnotify_put_group(group);
	fsnotify_put_group(group);
	is(n_free_priv - privs, 1, "a second destroy: the last put frees the group");

	/* While it has a mark the group is there, and nobody can tell whose reference was put. */
	fs = fs_by_hand();
	group = group_new(&full_ops);
	privs = n_free_priv;
	watch(group, fs->root->d_inode, FS_OPEN);
	fsnotify_put_group(group);
	log_reset();
	fsnotify_destroy_group(group);
	ok(n_warnings == 1, "destroy of a group that was put once too often: warns");
	is_str(log_function, "fsnotify_destroy_group", "destroy of a group that was put once too often: names the function");
	is(n_free_priv - privs, 1, "a group that was put once too often: it goes once, whole");
	fs_end(fs);
}

/* A mark whose last reference has gone is there until the grace period ends. */
static void references_of_marks(void)
{
	struct fsnotify_group *group = group_new(&full_ops), *other = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct fsnotify_mark *mark = watch(group, fs->root->d_inode, FS_OPEN), *live, *found;
	int freed = n_free_mark, freeing, result = 0, idx = srcu_read_lock(&fsnotify_mark_srcu);

	unwatch(mark);
	MISUSE(fsnotify_put_mark, fsnotify_put_mark(mark), "one put too many on a mark");
	MISUSE(fsnotify_get_mark, fsnotify_get_mark(mark), "get of a mark on its way out");
	is(mark_refs(mark), 0, "a mark on its way out: it stays without references");
	MISUSE(fsnotify_add_mark, result = fsnotify_add_mark(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0),
	       "a mark on its way out added");
	is(result, -EINVAL, "a mark on its way out added: -EINVAL");
	srcu_read_unlock(&fsnotify_mark_srcu, idx);
	fsnotify_wait_marks_destroyed();
	is(n_free_mark - freed, 1, "one put too many: the mark is freed once");

	live = watch(group, fs->root->d_inode, FS_OPEN);
	MISUSE(fsnotify_put_mark, fsnotify_put_mark(live), "a put too many on an attached mark");
	is(mark_refs(live), 1, "a put too many on an attached mark: the list keeps its reference");
	found = fsnotify_find_inode_mark(fs->root->d_inode, group);
	is_ptr(found, live, "a put too many on an attached mark: it is found");
	fsnotify_put_mark(found);
	freeing = n_freeing_mark;
	MISUSE(fsnotify_destroy_mark, fsnotify_destroy_mark(live, other), "destroy_mark with another group");
	is(n_freeing_mark - freeing, 0, "destroy_mark with another group: the mark stays");
	MISUSE(fsnotify_destroy_mark, fsnotify_destroy_mark(live, NULL), "destroy_mark with a NULL group");
	fsnotify_destroy_group(group);
	fsnotify_destroy_group(other);
	fs_end(fs);
}

static void detached_connector(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
	u32 mask = 1;

	fsnotify_add_mark(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	__fsnotify_inode_delete(fs->root->d_inode);
	MISUSE(fsnotify_conn_mask, mask = fsnotify_conn_mask(mark->connector), "the mask of a detached connector");
	is(mask, 0, "the mask of a detached connector: 0, with a warning as in the original");
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

static void locks(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN);

	log_reset();
	is(fsnotify_add_mark_locked(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0), 0,
	   "add_mark_locked without the group's lock: the mark is added");
	ok(n_warnings > 0, "add_mark_locked without the group's lock: warns, as the original does");
	is_str(log_function, "fsnotify_add_mark_locked", "add_mark_locked without the group's lock: the warning names the function");
	log_reset();
	fsnotify_detach_mark(mark);
	ok(n_warnings > 0, "detach_mark without the group's lock: warns, as the original does");
	is_str(log_function, "fsnotify_detach_mark", "detach_mark without the group's lock: the warning names the function");
	fsnotify_free_mark(mark);
	fsnotify_put_mark(mark);
	fsnotify_destroy_group(group);
	fs_end(fs);
}

/* Tables of callbacks that do not fit the marks. */
static void wrong_tables(void)
{
	static const struct fsnotify_ops no_handler = {
		.free_group_priv = t_free_group_priv, .free_event = t_free_event, .free_mark = t_free_mark,
	};
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *simple = group_new(&inode_ops), *none = group_new(&no_handler), *after = group_new(&full_ops);

	after->priority = FSNOTIFY_PRIO_NORMAL;
	simple->priority = none->priority = FSNOTIFY_PRIO_CONTENT;
	watch_sb(simple, &fs->sb, FS_OPEN);
	watch(none, inode, FS_OPEN);
	watch(after, inode, FS_OPEN);
	calls_reset();
	log_reset();
	is(fsnotify(FS_OPEN, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0), 0, "no handler: 0");
	ok(ncalls == 1 && calls[0].group == after, "no handler, or a superblock mark with handle_inode_event: not called, the walk goes on");
	ok(n_warnings >= 1, "no handler: warns, as the original does");
	fsnotify_destroy_group(simple);
	fsnotify_destroy_group(none);
	fsnotify_destroy_group(after);
	fs_end(fs);
}

static void wrong_priority(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);

	group->priority = (enum fsnotify_group_prio)7;
	log_reset();
	ok(watch(group, fs->root->d_inode, FS_OPEN), "a priority out of range: the mark is added");
	ok(n_warnings > 0, "a priority out of range: warns, as the original does");
	is(watched(fs, 1) + watched(fs, 2), 0, "a priority out of range: counts as normal");
	fsnotify_destroy_group(group);
	is(watched(fs, 0), 0, "a priority out of range: nothing stays counted");
	fs_end(fs);
}

static void negative_dentries(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *negative = dentry_by_hand(fs, fs->root, "negative", NULL);
	struct fsnotify_group *group = group_new(&full_ops);

	watch(group, fs->root->d_inode, ALL_FSNOTIFY_EVENTS | FS_EVENT_ON_CHILD);
	calls_reset();
	log_reset();
	fsnotify_unlink(fs->root->d_inode, negative);
	is(ncalls, 0, "fsnotify_unlink of a negative dentry: no event, as in the original");
	ok(n_warnings > 0, "fsnotify_unlink of a negative dentry: warns, as the original does");
	log_reset();
	fsnotify_rmdir(fs->root->d_inode, negative);
	is(ncalls, 0, "fsnotify_rmdir of a negative dentry: no event, as in the original");
	ok(n_warnings > 0, "fsnotify_rmdir of a negative dentry: warns, as the original does");
	MISUSE(__fsnotify_parent, __fsnotify_parent(negative, FS_OPEN, negative, FSNOTIFY_EVENT_DENTRY), "a negative dentry");
	fsnotify_destroy_group(group);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	log_expected = true;
	null_groups();
	null_others();
	object_types();
	added_twice();
	events_on_queues();
	references_of_groups();
	references_of_marks();
	detached_connector();
	locks();
	wrong_tables();
	wrong_priority();
	negative_dentries();
	return tests_end();
}
