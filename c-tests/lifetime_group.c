/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A destroyed group that lives on: a mark of it is still referenced, stays on its object's list, and may have its handler
 * called.
 */
#include "support.h"

/* The memory of the group's events, handed out again as soon as it is free, as malloc() likes to. */
static struct tevent room[2];
static bool taken[2];
static int n_given_back;

static struct tevent *take_room(void)
{
	int i = taken[0] ? 1 : 0;

	memset(&room[i], 0, sizeof(room[i]));
	fsnotify_init_event(&room[i].fse);
	taken[i] = true;
	return &room[i];
}

static void give_back(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	taken[fsn_container_of(event, struct tevent, fse) - room] = false;
	n_given_back++;
}

static const struct fsnotify_ops room_ops = {
	.handle_event = t_handle_event,
	.free_group_priv = t_free_group_priv,
	.free_event = give_back,
	.free_mark = t_free_mark,
};

static int insert_result;
static struct tevent *last_event;

/* Queues an event as backends do. */
static void queue_one(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)iter_info;
	last_event = take_room();
	insert_result = fsnotify_add_event(group, &last_event->fse, NULL);
	if (insert_result)
		fsnotify_destroy_event(group, &last_event->fse);
}

int main(void)
{
	struct fsnotify_group *group;
	struct fsnotify_mark *mark;
	struct tfs *fs;
	int freed;

	tests_begin();
	fs = fs_by_hand();
	group = group_new(&room_ops);
	backend_of(group)->inside = queue_one;
	group->max_events = 8;
	group->overflow_event = &take_room()->fse;
	mark = mark_new(group, FS_ATTRIB);
	is(fsnotify_add_inode_mark(mark, fs->root->d_inode, 0), 0, "a mark that stays referenced");
	fsnotify_inode(fs->root->d_inode, FS_ATTRIB);
	ok(ncalls == 1 && insert_result == 0 && group->q_len == 1, "before: the event is queued");
	freed = n_free_priv;
	fsnotify_destroy_group(group);
	is(n_free_priv, freed, "behaviour 2: the mark keeps its group");
	is(n_given_back, 2, "destroy: the queued event and the overflow event are freed");

	fsnotify_inode(fs->root->d_inode, FS_ATTRIB);
	is(ncalls, 2, "behaviour 2: a destroyed mark that is referenced is still called");
	is(insert_result, 2, "destroyed: its group queues nothing");
	ok(&last_event->fse == group->overflow_event, "destroyed: the event lies where the overflow event was");
	is(n_given_back, 3, "destroyed: and is freed none the less");
	ok(!taken[0] && !taken[1], "destroyed: nothing is lost");
	fsnotify_queue_overflow(group);
	ok(group->q_len == 0, "destroyed: an overflow is not queued");

	fsnotify_put_mark(mark);
	fsnotify_wait_marks_destroyed();
	is(n_free_priv - freed, 1, "the last put of the mark ends the group");
	is(last_priv.refcnt, 0, "which is still whole then");
	fs_end(fs);
	return tests_end();
}
