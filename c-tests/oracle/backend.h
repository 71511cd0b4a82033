/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The groups' callbacks: each call is told, with all that it was given; then the callback itself may draw calls, among them
 * user waits, as deep as two.
 */
#ifndef ORACLE_BACKEND_H
#define ORACLE_BACKEND_H

#include "state.h"

/* Callbacks around the current call. */
static int depth;
/* Read sides that this thread is in, and other places where nothing may wait for marks to be freed. */
static int in_read;
static pthread_t main_thread;
static int n_out_of_order;

/* Makes one of the calls that are possible here. */
static void any_call(void);
static void insert_event(struct group *group);
static struct mark *mark_get(struct mark *mark);
static void mark_put(struct mark *mark);
static void add_mark(struct group *group, void *object, int type);

/* ---- the order of groups within one event ---- */

static struct {
	__u32 event;
	const struct inode *inode;
	const struct fsnotify_group *last;
} order[8];

static void check_order(const struct fsnotify_group *group, __u32 mask, const struct inode *inode)
{
	__u32 event = mask & ALL_FSNOTIFY_EVENTS;
	const struct fsnotify_group *last = order[depth].last;

	if (last && last != group && order[depth].event == event && order[depth].inode == inode &&
	    (last->priority < group->priority || (last->priority == group->priority && last < group))) {
		emit("  out of order: g%d after g%d\n", group_of(group)->id, group_of(last)->id);
		n_out_of_order++;
	}
	order[depth].event = event;
	order[depth].inode = inode;
	order[depth].last = group;
}

/* ---- handlers ---- */

/* A handler may hold a permission event until somebody answers; other things happen meanwhile. */
static void user_wait(struct fsnotify_iter_info *iter_info)
{
	bool left = fsnotify_prepare_user_wait(iter_info);

	emit("  prepare_user_wait %d\n", left);
	if (!left)
		return;
	tell_state();
	in_read--;
	for (unsigned int n = below(4); n; n--)
		any_call();
	in_read++;
	fsnotify_finish_user_wait(iter_info);
	emit("  finish_user_wait\n");
}

static int respond(struct group *group, struct fsnotify_mark *mark, struct fsnotify_iter_info *iter_info)
{
	int answer = one_in(5) ? -(int)(1 + below(3)) : 0;

	order[depth + 1].last = NULL;
	depth++;
	in_read++;
	if (depth <= 2) {
		switch (below(10)) {
		case 0:
		case 1:
			insert_event(group);
			break;
		case 2:
			emit("  its own mark is destroyed\n");
			fsnotify_destroy_mark(mark, mark->group);
			break;
		case 3:
			any_call();
			break;
		}
		if (iter_info && one_in(4))
			user_wait(iter_info);
	}
	in_read--;
	depth--;
	emit("  <- %d\n", answer);
	return answer;
}

static void emit_name(const struct qstr *name)
{
	if (name)
		emit(" name '%.*s'", (int)name->len, (const char *)name->name);
}

static int handle_event(struct fsnotify_group *fsn, __u32 mask, const void *data, int data_type, struct inode *dir,
			const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	struct fsnotify_mark *mark = NULL, *one;
	int type;

	emit("  -> g%d handle_event %x data %s dir %s cookie %u", group_of(fsn)->id, mask, data_name(data, data_type),
	     inode_name(dir), cookie);
	emit_name(name);
	emit(" report %x", iter_info->report_mask);
	fsnotify_foreach_iter_mark_type(iter_info, one, type) {
		emit(" %d:m%d", type, mark_of(one)->id);
		mark = one;
	}
	emit("%s\n", iter_info->current_group == fsn ? "" : " of ANOTHER GROUP");
	check_order(fsn, mask, fsnotify_data_inode(data, data_type));
	return respond(group_of(fsn), mark, iter_info);
}

static int handle_inode_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
			      const struct qstr *name, __u32 cookie)
{
	emit("  -> g%d handle_inode_event m%d %x inode %s dir %s cookie %u", group_of(mark->group)->id, mark_of(mark)->id, mask,
	     inode_name(inode), inode_name(dir), cookie);
	emit_name(name);
	emit("\n");
	check_order(mark->group, mask, inode);
	return respond(group_of(mark->group), mark, NULL);
}

/* ---- what is freed ---- */

static void freeing_mark(struct fsnotify_mark *mark, struct fsnotify_group *fsn)
{
	struct fsnotify_mark_connector *conn = mark->connector;

	emit("  freeing_mark m%d of g%d flags %x\n", mark_of(mark)->id, group_of(fsn)->id, mark->flags);
	if (depth >= 2)
		return;
	depth++;
	in_read++;
	order[depth].last = NULL;
	if (one_in(8))
		any_call();
	/* the object may just be losing its marks */
	if (one_in(8) && conn && conn->type != FSNOTIFY_OBJ_TYPE_DETACHED) {
		for (int i = 0; i < GROUPS; i++) {
			if (groups[i].state == ALIVE) {
				add_mark(&groups[i], conn->obj, conn->type);
				break;
			}
		}
	}
	in_read--;
	depth--;
}

static void free_mark(struct fsnotify_mark *fsn)
{
	struct mark *mark = mark_of(fsn);
	bool at_once = pthread_equal(pthread_self(), main_thread) && !mark->attached_once;

	pthread_mutex_lock(&freed_lock);
	if (mark->freed)
		n_freed_twice++;
	mark->freed = true;
	mark->freed_told = at_once;
	/* whoever still goes that way gets lost */
	memset(&fsn->obj_list, 0x5a, sizeof(fsn->obj_list));
	memset(&fsn->connector, 0x5a, sizeof(fsn->connector));
	pthread_mutex_unlock(&freed_lock);
	if (at_once)
		emit("  free_mark m%d at once\n", mark->id);
}

static void free_group_priv(struct fsnotify_group *fsn)
{
	struct group *group = group_of(fsn);

	pthread_mutex_lock(&freed_lock);
	if (group->gone)
		n_freed_twice++;
	group->gone = true;
	pthread_mutex_unlock(&freed_lock);
}

static void free_event(struct fsnotify_group *group, struct fsnotify_event *fse)
{
	struct event *event = (struct event *)fse;

	emit("  free_event %s of g%d\n", event_name(event), group_of(group)->id);
	if (event->freed)
		n_freed_twice++;
	event->freed = true;
}

/* Like fanotify; like inotify; with no more than there must be. */
static const struct fsnotify_ops tables[] = {
	{ .handle_event = handle_event, .free_group_priv = free_group_priv, .freeing_mark = freeing_mark,
	  .free_event = free_event, .free_mark = free_mark },
	{ .handle_inode_event = handle_inode_event, .free_group_priv = free_group_priv, .freeing_mark = freeing_mark,
	  .free_event = free_event, .free_mark = free_mark },
	{ .handle_event = handle_event, .free_group_priv = free_group_priv, .free_event = free_event, .free_mark = free_mark },
};

#endif /* ORACLE_BACKEND_H */
