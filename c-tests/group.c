// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups (fs/notify/group.c): references, the end in its order, what is charged for them.
 */
#include <linux/fsnotify_backend.h>
#include <linux/memcontrol.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include "support.h"

static void alloc_and_references(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&full_ops, FSNOTIFY_GROUP_DUPS);
	int freed = n_free_priv;

	ok(!IS_ERR_OR_NULL(group), "alloc: a group");
	is(group_refs(group), 1, "alloc: one reference, the caller's");
	is_ptr(group->ops, &full_ops, "alloc: the table of callbacks is referred to, not copied");
	is(group->flags, FSNOTIFY_GROUP_DUPS, "alloc: the flags are kept");
	is(group->max_events, UINT_MAX, "alloc: no bound on the queue");
	is(group->q_len, 0, "alloc: an empty queue");
	ok(list_empty(&group->notification_list) && list_empty(&group->marks_list), "alloc: both lists are empty");
	is(group->priority, FSNOTIFY_PRIO_NORMAL, "alloc: the lowest priority");
	ok(!group->shutdown, "alloc: takes events");
	ok(!group->overflow_event && !group->memcg && !group->private && !group->fsn_fa, "alloc: the rest is zero");
	is(atomic_read(&group->user_waits), 0, "alloc: nobody waits");
	ok(!mutex_is_locked(&group->mark_mutex) && !spin_is_locked(&group->notification_lock), "alloc: the locks are free");

	group->private = kzalloc(sizeof(struct backend), GFP_KERNEL);
	fsnotify_get_group(group);
	is(group_refs(group), 2, "get: one reference more");
	fsnotify_put_group(group);
	is(group_refs(group), 1, "put: one less");
	is(n_free_priv - freed, 0, "put: not freed while referenced");
	memset(&last_priv, 0, sizeof(last_priv));
	fsnotify_put_group(group);
	is(n_free_priv - freed, 1, "put: the last one calls free_group_priv once");
	ok(last_priv.group == group && last_priv.ops == &full_ops && last_priv.unlocked, "free_group_priv: the group is still whole");
	is(last_priv.refcnt, 0, "free_group_priv: no reference is left");
}

static void group_without_priv(void)
{
	static const struct fsnotify_ops ops = { .free_event = t_free_event, .free_mark = t_free_mark };
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	struct fsn_stats before, after;

	fsn_stats(&before);
	fsnotify_destroy_group(group);
	fsn_stats(&after);
	is(before.groups - after.groups, 1, "put: a table without free_group_priv will do");
}

/* Where a letter stands first and last; -1 if it is missing. */
static int first_of(char letter)
{
	char *at = strchr(trail, letter);

	return at ? (int)(at - trail) : -1;
}

static int last_of(char letter)
{
	char *at = strrchr(trail, letter);

	return at ? (int)(at - trail) : -1;
}

static int count_of(char letter)
{
	int n = 0;

	for (char *at = trail; *at; at++)
		n += *at == letter;
	return n;
}

static void destroy_in_order(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *group = group_bounded(&full_ops, 2);
	struct super_block *sb = &fs->sb;

	watch(group, fs->root->d_inode, FS_CREATE);
	watch(group, file->d_inode, FS_MODIFY);
	watch_sb(group, sb, FS_OPEN);
	backend_of(group)->queues = true;
	for (int i = 0; i < 3; i++)
		fsnotify(FS_MODIFY, file->d_inode, FSNOTIFY_EVENT_INODE, NULL, NULL, file->d_inode, 0);
	is(group->q_len, 3, "destroy: two events and the overflow event are queued");
	trail_reset();
	memset(&last_priv, 0, sizeof(last_priv));
	fsnotify_destroy_group(group);
	is(count_of('f'), 3, "destroy: freeing_mark was called for each mark");
	is(count_of('m'), 3, "destroy: free_mark was called for each mark before the return");
	is(count_of('e'), 2, "destroy: free_event was called for each queued event");
	is(count_of('o'), 1, "destroy: the overflow event was freed through free_event, once, though it was queued");
	is(count_of('p'), 1, "destroy: free_group_priv was called");
	ok(last_of('f') < first_of('e') && last_of('m') < first_of('e'), "destroy: marks are freed before the queue is flushed");
	ok(first_of('f') < first_of('m'), "destroy: freeing_mark comes before free_mark");
	ok(last_of('e') < first_of('o'), "destroy: the overflow event is freed after the queue was flushed");
	ok(first_of('p') == (int)strlen(trail) - 1, "destroy: free_group_priv comes last");
	ok(last_priv.shutdown && last_priv.q_len == 0, "destroy: free_group_priv sees an emptied group");
	is(icount(file->d_inode), 1, "destroy: the inode references were dropped");
	is(watched(fs, 0), 0, "destroy: nothing of the superblock is watched any more");
	ok(!fs->root->d_inode->i_fsnotify_mask && !file->d_inode->i_fsnotify_mask && !sb->s_fsnotify_mask,
	   "destroy: the masks of the objects are zero");
	fs_end(fs);
}

static int answer_while_freeing, shutdown_while_freeing;

static void insert_while_freeing(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	struct tevent *event = event_new(1);

	(void)mark;
	shutdown_while_freeing = group->shutdown;
	answer_while_freeing = fsnotify_add_event(group, &event->fse, NULL);
	if (answer_while_freeing)
		fsnotify_destroy_event(group, &event->fse);
}

static void destroy_stops_queueing_first(void)
{
	static const struct fsnotify_ops ops = {
		.handle_event = t_handle_event, .free_group_priv = t_free_group_priv, .freeing_mark = insert_while_freeing,
		.free_event = t_free_event, .free_mark = t_free_mark,
	};
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&ops);
	struct fsn_stats before, after;

	fsn_stats(&before);
	watch(group, fs->root->d_inode, FS_CREATE);
	fsnotify_destroy_group(group);
	fsn_stats(&after);
	ok(shutdown_while_freeing, "destroy: the group is shut down before its marks are cleared");
	is(answer_while_freeing, 2, "destroy: an event inserted by freeing_mark is answered with 2");
	is(after.events_dropped - before.events_dropped, 1, "destroy: the event that came too late is counted");
	fs_end(fs);
}

static void stop_queueing(void)
{
	struct fsnotify_group *group = group_bounded(&full_ops, 4);
	struct tevent *first = event_new(1), *second = event_new(2);

	is(fsnotify_add_event(group, &first->fse, NULL), 0, "stop_queueing: an event before it is queued");
	fsnotify_group_stop_queueing(group);
	ok(group->shutdown, "stop_queueing: the group is shut down");
	is(fsnotify_add_event(group, &second->fse, NULL), 2, "stop_queueing: an event after it gets 2");
	fsnotify_queue_overflow(group);
	is(group->q_len, 1, "stop_queueing: what was queued stays, and no overflow event comes");
	fsnotify_destroy_event(group, &second->fse);
	fsnotify_destroy_group(group);
}

static void destroy_with_a_referenced_mark(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = mark_new(group, FS_CREATE | FS_DELETE);
	int freed = n_free_mark, privs = n_free_priv, freeing = n_freeing_mark;

	is(group_refs(group), 2, "init_mark: the mark holds a reference on its group");
	fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	is(mark_refs(mark), 2, "add_mark: the group's list holds a reference on the mark");
	fsnotify_destroy_group(group);
	is(n_freeing_mark - freeing, 1, "destroy with a referenced mark: freeing_mark was called");
	is(n_free_mark - freed, 0, "destroy with a referenced mark: it returns, the mark is not freed");
	is(n_free_priv - privs, 0, "destroy with a referenced mark: the mark keeps its group");
	is(group_refs(group), 1, "destroy with a referenced mark: the mark's reference is left");
	ok(group->shutdown && list_empty(&group->marks_list), "destroy with a referenced mark: the group has no marks any more");
	is(mark->flags & (FSNOTIFY_MARK_FLAG_ALIVE | FSNOTIFY_MARK_FLAG_ATTACHED), 0,
	   "destroy with a referenced mark: the mark is neither alive nor attached");
	is(inode->i_fsnotify_mask, FS_CREATE | FS_DELETE,
	   "behaviour 2: a destroyed mark that is referenced stays on its object, with its mask bits");
	is(icount(inode), 2, "behaviour 2: ... and with its inode reference");
	ok(inode->i_fsnotify_marks && inode->i_fsnotify_marks->list.first == &mark->obj_list,
	   "behaviour 2: ... and on the object's list");
	is_ptr(fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group), NULL, "behaviour 2: ... but is not found any more");
	fsnotify_put_mark(mark);
	is(icount(inode), 1, "behaviour 2: the last put drops the inode reference at once");
	is(inode->i_fsnotify_mask, 0, "behaviour 2: ... and the object's mask");
	is_ptr(inode->i_fsnotify_marks, NULL, "behaviour 2: ... and the connector");
	fsnotify_wait_marks_destroyed();
	is(n_free_mark - freed, 1, "destroy with a referenced mark: the mark is freed after its last put");
	is(n_free_priv - privs, 1, "destroy with a referenced mark: and the group with it");
	fs_end(fs);
}

static void destroy_with_another_reference(void)
{
	struct fsnotify_group *group = group_bounded(&full_ops, 2);
	int privs = n_free_priv, overflows = n_free_overflow;
	struct tevent *event = event_new(1);

	fsnotify_get_group(group);
	fsnotify_destroy_group(group);
	is(n_free_overflow - overflows, 1, "destroy with another reference: the overflow event is freed");
	is(n_free_priv - privs, 0, "destroy with another reference: the group stays");
	is(group_refs(group), 1, "destroy with another reference: one reference was dropped");
	is(fsnotify_add_event(group, &event->fse, NULL), 2, "destroy with another reference: it takes no events any more");
	kfree(event);
	n_events_made--;
	fsnotify_put_group(group);
	is(n_free_priv - privs, 1, "destroy with another reference: the last put frees it");
}

static void never_attached(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
	int freed = n_free_mark, idx;

	/* Inside the read side no grace period can end, so what is freed now is freed without one. */
	idx = srcu_read_lock(&fsnotify_mark_srcu);
	fsnotify_get_mark(mark);
	fsnotify_put_mark(mark);
	is(n_free_mark - freed, 0, "put_mark: a mark that was never attached stays while it is referenced");
	fsnotify_put_mark(mark);
	is(n_free_mark - freed, 1, "behaviour 2: a mark that was never attached is freed at its last put at once");
	srcu_read_unlock(&fsnotify_mark_srcu, idx);
	is(group_refs(group), 1, "put_mark: its reference on the group is gone");
	fsnotify_destroy_group(group);
}

static void accounting(void)
{
	struct mem_cgroup *memcg = fsn_memcg_create("listeners");
	struct fsnotify_group *group, *other;
	unsigned long empty;

	fsn_memcg_set_current(memcg);
	empty = fsn_memcg_usage(memcg);
	other = fsnotify_alloc_group(&bare_ops, 0);
	is(fsn_memcg_usage(memcg), empty, "accounting: a group without FSNOTIFY_GROUP_USER is not charged");
	group = fsnotify_alloc_group(&bare_ops, FSNOTIFY_GROUP_USER);
	ok(fsn_memcg_usage(memcg) >= empty + sizeof(struct fsnotify_group), "accounting: one with FSNOTIFY_GROUP_USER is charged");
	fsnotify_put_group(group);
	is(fsn_memcg_usage(memcg), empty, "accounting: and uncharged when it is freed");
	fsn_memcg_set_limit(memcg, empty);
	group = fsnotify_alloc_group(&bare_ops, FSNOTIFY_GROUP_USER);
	is(PTR_ERR(group), -ENOMEM, "accounting: ERR_PTR(-ENOMEM) at the memory group's limit");
	fsnotify_put_group(other);
	other = fsnotify_alloc_group(&bare_ops, 0);
	ok(!IS_ERR(other), "accounting: the limit does not concern one that is not charged");
	fsn_memcg_set_limit(memcg, ~0UL);
	fsn_memcg_set_current(NULL);
	/* As inotify and fanotify do: the group has a reference of its own on the memory group. */
	other->memcg = fsn_memcg_get(memcg);
	fsn_memcg_put(memcg);
	is(fsn_memcg_usage(other->memcg), empty, "accounting: the group keeps its memory group");
	fsnotify_put_group(other);
}

static struct fsnotify_ops ops_seen_alive;
static int priv_saw_memcg;

static void priv_reads_memcg(struct fsnotify_group *group)
{
	priv_saw_memcg = fsn_memcg_usage(group->memcg) == 0 && group->ops == &ops_seen_alive;
}

static void priv_before_memcg(void)
{
	struct mem_cgroup *memcg = fsn_memcg_create("last");
	struct fsnotify_group *group;
	struct fsn_stats before, after;

	ops_seen_alive = bare_ops;
	ops_seen_alive.free_group_priv = priv_reads_memcg;
	group = fsnotify_alloc_group(&ops_seen_alive, 0);
	group->memcg = memcg;
	fsn_stats(&before);
	fsnotify_put_group(group);
	fsn_stats(&after);
	ok(priv_saw_memcg, "free_group_priv: the memory group is still there");
	is(before.memcgs - after.memcgs, 1, "put: the group's reference on its memory group is dropped");
}

/* ---- a destruction that finds a lock held ---- */

static int destroyed, holding, let_go;

static void *destroy_group(void *arg)
{
	fsnotify_destroy_group((struct fsnotify_group *)arg);
	put_value(destroyed, 1);
	return NULL;
}

static void destroy_while_a_mark_is_added(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsnotify_mark *mark = mark_new(group, FS_CREATE);
	int freed = n_free_mark, privs = n_free_priv;
	pthread_t thread;

	put_value(destroyed, 0);
	fsnotify_group_lock(group);
	pthread_create(&thread, NULL, destroy_group, group);
	wait_until(peek(group->shutdown));
	usleep(50000);
	ok(!peek(destroyed), "destroy while a mark is added: waits for who holds the lock, though the group has no marks yet");
	fsnotify_add_mark_locked(mark, fs->root->d_inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	fsnotify_group_unlock(group);
	fsnotify_put_mark(mark);
	pthread_join(thread, NULL);
	is(n_free_mark - freed, 1, "destroy while a mark is added: the mark is freed before the return");
	is(n_free_priv - privs, 1, "destroy while a mark is added: and the group with it");
	is_ptr(fs->root->d_inode->i_fsnotify_marks, NULL, "destroy while a mark is added: nothing is left on the object");
	fs_end(fs);
}

static void *hold_the_queue(void *arg)
{
	struct fsnotify_group *group = (struct fsnotify_group *)arg;

	spin_lock(&group->notification_lock);
	put_value(holding, 1);
	wait_until(peek(let_go));
	spin_unlock(&group->notification_lock);
	return NULL;
}

static pthread_t holder;

static void let_hold_the_queue(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	(void)mark;
	pthread_create(&holder, NULL, hold_the_queue, group);
	wait_until(peek(holding));
}

static void destroy_while_the_queue_is_held(void)
{
	static const struct fsnotify_ops ops = {
		.handle_event = t_handle_event, .free_group_priv = t_free_group_priv, .freeing_mark = let_hold_the_queue,
		.free_event = t_free_event, .free_mark = t_free_mark,
	};
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&ops);
	int privs = n_free_priv;
	pthread_t thread;

	put_value(destroyed, 0);
	others_hold_locks = true;
	fsnotify_get_group(group);
	watch(group, fs->root->d_inode, FS_CREATE);
	pthread_create(&thread, NULL, destroy_group, group);
	wait_until(peek(holding));
	usleep(50000);
	ok(!peek(destroyed), "destroy while the queue is held: waits for who holds its lock, though the queue is empty");
	put_value(let_go, 1);
	pthread_join(holder, NULL);
	pthread_join(thread, NULL);
	others_hold_locks = false;
	fsnotify_put_group(group);
	is(n_free_priv - privs, 1, "destroy while the queue is held: the last put frees it");
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	alloc_and_references();
	group_without_priv();
	destroy_in_order();
	destroy_stops_queueing_first();
	stop_queueing();
	destroy_with_a_referenced_mark();
	destroy_with_another_reference();
	destroy_while_a_mark_is_added();
	destroy_while_the_queue_is_held();
	never_attached();
	accounting();
	priv_before_memcg();
	return tests_end();
}
