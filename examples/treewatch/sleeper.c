// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listener that never reads: its queue takes 64 events, then the overflow event in place of all others, and what waits
 * in it is paid for by its own memory group.
 */
#include <errno.h>
#include <string.h>

#include "listeners.h"

#define SLEEPER_MASK (FS_CREATE | FS_DELETE | FS_MOVE | FS_MODIFY | FS_ATTRIB | FS_CLOSE_WRITE | FS_OPEN)

static int sleeper_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type,
				struct inode *dir, const struct qstr *file_name, __u32 cookie,
				struct fsnotify_iter_info *iter_info)
{
	struct sleeper *s = group->private;
	struct tree_event *event;
	int result;

	(void)data;
	(void)data_type;
	(void)dir;
	(void)iter_info;
	event = tree_event_alloc(group, mask, cookie, file_name ? (const char *)file_name->name : "");
	if (!event) {
		s->figures.failed++;
		fsnotify_queue_overflow(group);
		return 0;
	}
	result = fsnotify_add_event(group, &event->fse, NULL);
	queue_result(&s->figures, result);
	if (result)
		fsnotify_destroy_event(group, &event->fse);
	return 0;
}

static const struct fsnotify_ops sleeper_ops = {
	.handle_event = sleeper_handle_event,
	.free_event = tree_event_free,
	.free_mark = listener_free_mark,
};

/* 0 or a negative errno. */
int sleeper_start(struct sleeper *s, struct mirror *m)
{
	memset(s, 0, sizeof(*s));
	s->memcg = fsn_memcg_create("sleeper");
	s->group = s->memcg ? listener_group(&sleeper_ops, s->memcg) : NULL;
	if (!s->group)
		return -ENOMEM;
	s->group->private = s;
	s->group->max_events = SLEEPER_MAX_EVENTS;
	s->group->priority = FSNOTIFY_PRIO_NORMAL;
	return listener_mark(s->group, &m->sb, FSNOTIFY_OBJ_TYPE_SB, SLEEPER_MASK, 0, 0);
}
