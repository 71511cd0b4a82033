/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls on groups, marks and queues. Each draws what it is about, says so, and makes the call.
 */
#ifndef ORACLE_CALLS_H
#define ORACLE_CALLS_H

#include "backend.h"

/* ---- choosing ---- */

static struct group *pick_group(void)
{
	struct group *found[GROUPS];
	unsigned int n = 0;

	for (int i = 0; i < GROUPS; i++)
		if (groups[i].state == ALIVE)
			found[n++] = &groups[i];
	return n ? found[below(n)] : NULL;
}

/* One that we have a reference on, or that its group keeps. */
static struct mark *pick_mark(void)
{
	static struct mark *found[3][MARKS];
	unsigned int n = 0;

	for (int i = 0; i < n_marks; i++)
		if (marks[i].refs > 0)
			found[depth][n++] = &marks[i];
	for (int i = 0; i < GROUPS; i++) {
		struct fsnotify_group *fsn = groups[i].fsn;

		if (groups[i].state != ALIVE)
			continue;
		for (struct list_head *link = fsn->marks_list.next; link != &fsn->marks_list; link = link->next) {
			struct mark *mark = mark_of(fsn_container_of(link, struct fsnotify_mark, g_list));

			if (!mark->refs)
				found[depth][n++] = mark;
		}
	}
	return n ? found[depth][below(n)] : NULL;
}

static struct tree *pick_tree(void)
{
	return mounted[below(4) == 0];
}

static struct dentry *pick_name(struct tree *tree)
{
	return tree->names[below(NAMES)];
}

/* An inode that has not ended, kept for the caller by a reference. */
static struct inode *pick_inode(struct tree *tree)
{
	struct inode *inode;

	do {
		inode = tree->inodes[below(one_in(4) ? (unsigned int)tree->n_inodes : NAMES)];
	} while (((struct tinode *)inode)->ended || !inode->i_count.counter);
	fsn_ihold(inode);
	return inode;
}

static struct vfsmount *pick_mount(struct tree *tree)
{
	return one_in(3) ? &tree->second.mnt : &tree->fs->mount.mnt;
}

/* An object to mark; release_object() gives it back. */
static void *pick_object(int *type)
{
	struct tree *tree = pick_tree();

	*type = below(8) > 2 ? FSNOTIFY_OBJ_TYPE_INODE : below(2) ? FSNOTIFY_OBJ_TYPE_SB : FSNOTIFY_OBJ_TYPE_VFSMOUNT;
	if (*type == FSNOTIFY_OBJ_TYPE_INODE)
		return pick_inode(tree);
	if (*type == FSNOTIFY_OBJ_TYPE_SB)
		return &tree->fs->sb;
	return pick_mount(tree);
}

static void release_object(void *object, int type)
{
	if (type == FSNOTIFY_OBJ_TYPE_INODE)
		fsn_iput((struct inode *)object);
}

static const __u32 event_bits[] = {
	FS_ACCESS, FS_MODIFY, FS_ATTRIB, FS_CLOSE_WRITE, FS_CLOSE_NOWRITE, FS_OPEN, FS_MOVED_FROM, FS_MOVED_TO, FS_CREATE,
	FS_DELETE, FS_DELETE_SELF, FS_MOVE_SELF, FS_OPEN_EXEC, FS_UNMOUNT, FS_ERROR, FS_OPEN_PERM, FS_ACCESS_PERM,
	FS_OPEN_EXEC_PERM, FS_RENAME,
};

static __u32 pick_event(void)
{
	return event_bits[below(sizeof(event_bits) / sizeof(event_bits[0]))];
}

static __u32 pick_mask(void)
{
	__u32 mask = 0;

	switch (below(6)) {
	case 0:
		mask = ALL_FSNOTIFY_EVENTS;
		break;
	case 1:
		mask = draw();
		break;
	default:
		for (unsigned int n = 1 + below(6); n; n--)
			mask |= pick_event();
	}
	if (one_in(2))
		mask |= FS_EVENT_ON_CHILD;
	if (one_in(2))
		mask |= FS_ISDIR;
	return mask;
}

static __u32 pick_mark_flags(void)
{
	static const __u32 flags[] = {
		FSNOTIFY_MARK_FLAG_EXCL_UNLINK, FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY, FSNOTIFY_MARK_FLAG_NO_IREF,
		FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS,
	};
	__u32 chosen = 0;

	for (int i = 0; i < 4; i++)
		if (one_in(3))
			chosen |= flags[i];
	return chosen;
}

/* ---- groups ---- */

static void group_begin(void)
{
	struct group *group = &groups[below(GROUPS)];
	int alive = 0;

	for (int i = 0; i < GROUPS; i++)
		alive += groups[i].state == ALIVE;
	if (group->state != UNUSED || alive >= 12)
		return;
	group->state = ALIVE;
	group->fsn->priority = (enum fsnotify_group_prio)below(3);
	if (one_in(2)) {
		group->fsn->max_events = below(5);
		group->overflow.id = -1 - group->id;
		fsnotify_init_event(&group->overflow.fse);
		group->fsn->overflow_event = &group->overflow.fse;
	}
	emit("group g%d begins: priority %d max_events %u flags %d\n", group->id, group->fsn->priority, group->fsn->max_events,
	     group->flags);
}

static void group_destroy(struct group *group)
{
	emit("fsnotify_destroy_group g%d\n", group->id);
	group->state = DYING;
	fsnotify_destroy_group(group->fsn);
	group->state = DESTROYED;
	tell_freed(group);
}

static void destroy_some_group(void)
{
	struct group *group = pick_group();

	if (in_read || !group || group->fsn->user_waits.counter || !one_in(2))
		return;
	group_destroy(group);
}

static void group_refs(void)
{
	struct group *group = &groups[below(GROUPS)];

	if (group->state == ALIVE && one_in(2)) {
		emit("fsnotify_get_group g%d\n", group->id);
		fsnotify_get_group(group->fsn);
		group->extra_refs++;
	} else if (group->extra_refs) {
		emit("fsnotify_put_group g%d\n", group->id);
		group->extra_refs--;
		fsnotify_put_group(group->fsn);
	}
}

static void compare_groups(void)
{
	struct group *a = pick_group(), *b = pick_group();

	if (!a)
		return;
	emit("fsnotify_compare_groups g%d g%d", a->id, b->id);
	emit(" = %d", fsnotify_compare_groups(a->fsn, b->fsn));
	emit(", with NULL %d %d\n", fsnotify_compare_groups(a->fsn, NULL), fsnotify_compare_groups(NULL, b->fsn));
}

static void clear_marks(void)
{
	struct group *group = pick_group();
	unsigned int type = one_in(4) ? (unsigned int)FSNOTIFY_OBJ_TYPE_ANY : below(3);

	if (!group)
		return;
	emit("fsnotify_clear_marks_by_group g%d %d\n", group->id, (int)type);
	fsnotify_clear_marks_by_group(group->fsn, type);
}

static void stop_queueing(void)
{
	struct group *group = pick_group();

	if (!group || !one_in(4))
		return;
	emit("fsnotify_group_stop_queueing g%d\n", group->id);
	fsnotify_group_stop_queueing(group->fsn);
}

/* ---- marks ---- */

static struct mark *mark_get(struct mark *mark)
{
	fsnotify_get_mark(&mark->fsn);
	mark->refs++;
	return mark;
}

static void mark_put(struct mark *mark)
{
	mark->refs--;
	fsnotify_put_mark(&mark->fsn);
}

static void mark_add(struct mark *mark, void *object, int type)
{
	unsigned int fail = below(24);
	bool locked = one_in(2);
	int err;

	emit("fsnotify_add_mark%s m%d of g%d to %s mask %x ignore %x flags %x", locked ? "_locked" : "", mark->id, mark->group->id,
	     object_name(object, type), mark->fsn.mask, mark->fsn.ignore_mask, mark->fsn.flags);
	if (fail < 2)
		fsn_fail_alloc((long)fail, 1);
	if (locked) {
		fsnotify_group_lock(mark->group->fsn);
		err = fsnotify_add_mark_locked(&mark->fsn, object, (unsigned int)type, 0);
		fsnotify_group_unlock(mark->group->fsn);
	} else {
		err = fsnotify_add_mark(&mark->fsn, object, (unsigned int)type, 0);
	}
	if (fail < 2)
		fsn_fail_alloc(0, 0);
	emit(" = %d\n", err);
	if (!err)
		mark->attached_once = true;
}

static void add_mark(struct group *group, void *object, int type)
{
	struct mark *mark = &marks[n_marks];

	if (n_marks == MARKS)
		return;
	mark->id = n_marks++;
	mark->group = group;
	mark->refs = 1;
	fsnotify_init_mark(&mark->fsn, group->fsn);
	mark->fsn.mask = pick_mask();
	mark->fsn.ignore_mask = one_in(3) ? pick_mask() : 0;
	mark->fsn.flags = pick_mark_flags();
	mark_add(mark, object, type);
	if (one_in(3))
		return;
	emit("fsnotify_put_mark m%d\n", mark->id);
	mark_put(mark);
}

static void add_some_mark(void)
{
	struct group *group = pick_group();
	void *object;
	int type;

	if (!group)
		return;
	object = pick_object(&type);
	add_mark(group, object, type);
	release_object(object, type);
}

/* One that could not be added the first time. */
static void add_again(void)
{
	struct mark *mark = pick_mark();
	void *object;
	int type;

	if (!mark || mark->attached_once || mark->group->state != ALIVE)
		return;
	object = pick_object(&type);
	mark_add(mark, object, type);
	release_object(object, type);
}

static void find_mark(void)
{
	struct group *group = pick_group();
	struct fsnotify_mark *found;
	void *object;
	int type;

	if (!group)
		return;
	object = pick_object(&type);
	emit("fsnotify_find_mark %s g%d", object_name(object, type), group->id);
	found = fsnotify_find_mark(object, (unsigned int)type, group->fsn);
	if (found) {
		emit(" = m%d\n", mark_of(found)->id);
		mark_of(found)->refs++;
	} else {
		emit(" = NULL\n");
	}
	release_object(object, type);
}

static void put_some_mark(void)
{
	struct mark *mark = pick_mark();

	if (!mark || !mark->refs)
		return;
	emit("fsnotify_put_mark m%d\n", mark->id);
	mark_put(mark);
}

static void get_some_mark(void)
{
	struct mark *mark = pick_mark();

	if (!mark)
		return;
	emit("fsnotify_get_mark m%d\n", mark->id);
	mark_get(mark);
}

/* With a reference meanwhile, as the function wants it; not one of ours, which a callback might put. */
static void end_mark(void)
{
	struct mark *mark = pick_mark();
	struct fsnotify_group *group;

	if (!mark)
		return;
	group = mark->fsn.group;
	fsnotify_get_mark(&mark->fsn);
	if (one_in(2)) {
		emit("fsnotify_destroy_mark m%d\n", mark->id);
		fsnotify_destroy_mark(&mark->fsn, group);
	} else {
		bool detach = !one_in(4), end = !one_in(4);

		emit("m%d:%s%s\n", mark->id, detach ? " fsnotify_detach_mark" : "", end ? " fsnotify_free_mark" : "");
		if (detach) {
			fsnotify_group_lock(group);
			fsnotify_detach_mark(&mark->fsn);
			fsnotify_group_unlock(group);
		}
		if (end)
			fsnotify_free_mark(&mark->fsn);
	}
	fsnotify_put_mark(&mark->fsn);
}

static void change_mark(void)
{
	struct mark *mark = pick_mark();
	const __u32 drawn = FSNOTIFY_MARK_FLAG_EXCL_UNLINK | FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY |
			    FSNOTIFY_MARK_FLAG_NO_IREF | FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS;

	if (!mark)
		return;
	fsnotify_get_mark(&mark->fsn);
	fsn_spin_lock(&mark->fsn.lock);
	if (!one_in(3))
		mark->fsn.mask = pick_mask();
	if (one_in(2))
		mark->fsn.ignore_mask = one_in(3) ? 0 : pick_mask();
	if (one_in(2))
		mark->fsn.flags = (mark->fsn.flags & ~drawn) | pick_mark_flags();
	fsn_spin_unlock(&mark->fsn.lock);
	emit("m%d is changed to mask %x ignore %x flags %x: fsnotify_recalc_mask\n", mark->id, mark->fsn.mask,
	     mark->fsn.ignore_mask, mark->fsn.flags);
	fsnotify_recalc_mask(mark->fsn.connector);
	if (mark->fsn.connector && mark->fsn.connector->type != FSNOTIFY_OBJ_TYPE_DETACHED)
		emit("  fsnotify_conn_mask %x\n", fsnotify_conn_mask(mark->fsn.connector));
	fsnotify_put_mark(&mark->fsn);
}

static void walk_marks(void)
{
	struct inode *inode = pick_inode(pick_tree());
	int idx = fsn_srcu_read_lock(&fsnotify_mark_srcu);
	struct fsnotify_mark_connector *conn = inode->i_fsnotify_marks;
	struct fsnotify_mark *mark = NULL;

	emit("fsnotify_next_mark %s:", inode_name(inode));
	if (conn && conn->list.first)
		mark = fsn_container_of(conn->list.first, struct fsnotify_mark, obj_list);
	for (; mark; mark = fsnotify_next_mark(mark))
		emit(" m%d", mark_of(mark)->id);
	emit("\n");
	fsn_srcu_read_unlock(&fsnotify_mark_srcu, idx);
	fsn_iput(inode);
}

static void wait_destroyed(void)
{
	if (in_read)
		return;
	emit("fsnotify_wait_marks_destroyed\n");
	fsnotify_wait_marks_destroyed();
	tell_freed(NULL);
}

/* ---- queues ---- */

static int merge_answer;

static int merge(struct fsnotify_group *group, struct fsnotify_event *event)
{
	emit("  merge %s into g%d = %d\n", event_name((struct event *)event), group_of(group)->id, merge_answer);
	return merge_answer;
}

static void inserted(struct fsnotify_group *group, struct fsnotify_event *event)
{
	emit("  inserted %s into g%d, which has %u\n", event_name((struct event *)event), group_of(group)->id, group->q_len);
}

static void insert_event(struct group *group)
{
	struct event *event = &events[n_events];
	int result;

	if (n_events == EVENTS)
		return;
	event->id = n_events++;
	fsnotify_init_event(&event->fse);
	merge_answer = one_in(2) ? 0 : (int)below(4);
	emit("fsnotify_insert_event %s g%d\n", event_name(event), group->id);
	result = fsnotify_insert_event(group->fsn, &event->fse, one_in(3) ? NULL : merge, one_in(2) ? NULL : inserted);
	emit("  = %d\n", result);
	if (result)
		fsnotify_destroy_event(group->fsn, &event->fse);
}

static void insert_some_event(void)
{
	struct group *group = pick_group();

	if (!group)
		return;
	if (group->fsn->overflow_event && one_in(6)) {
		emit("fsnotify_insert_event of the overflow event g%d\n", group->id);
		emit("  = %d\n", fsnotify_insert_event(group->fsn, group->fsn->overflow_event, merge, inserted));
		fsnotify_destroy_event(group->fsn, group->fsn->overflow_event);
	} else {
		insert_event(group);
	}
}

static void take_event(void)
{
	struct group *group = pick_group();
	struct fsnotify_event *event;
	unsigned int steps;

	if (!group)
		return;
	if (one_in(6)) {
		emit("fsnotify_flush_notify g%d\n", group->id);
		fsnotify_flush_notify(group->fsn);
		return;
	}
	fsn_spin_lock(&group->fsn->notification_lock);
	event = fsnotify_peek_first_event(group->fsn);
	emit("fsnotify_peek_first_event g%d = %s\n", group->id, event_name((struct event *)event));
	if (event && one_in(3)) {
		struct list_head *link = &event->list;

		for (steps = below(group->fsn->q_len); steps; steps--)
			link = link->next;
		event = fsn_container_of(link, struct fsnotify_event, list);
		emit("fsnotify_remove_queued_event %s\n", event_name((struct event *)event));
		fsnotify_remove_queued_event(group->fsn, event);
	} else {
		event = fsnotify_remove_first_event(group->fsn);
		emit("fsnotify_remove_first_event = %s\n", event_name((struct event *)event));
	}
	fsn_spin_unlock(&group->fsn->notification_lock);
	fsnotify_destroy_event(group->fsn, event);
}

#endif /* ORACLE_CALLS_H */
