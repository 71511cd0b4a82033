// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the listeners share: names of events, events with a path, groups that pay for their own memory, marks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "listeners.h"

const struct event_type event_types[EVENT_TYPES] = {
	{ FS_CREATE, "CREATE" },
	{ FS_DELETE, "DELETE" },
	{ FS_MOVED_FROM, "MOVED_FROM" },
	{ FS_MOVED_TO, "MOVED_TO" },
	{ FS_RENAME, "RENAME" },
	{ FS_MODIFY, "MODIFY" },
	{ FS_ATTRIB, "ATTRIB" },
	{ FS_CLOSE_WRITE, "CLOSE_WRITE" },
	{ FS_DELETE_SELF, "DELETE_SELF" },
	{ FS_MOVE_SELF, "MOVE_SELF" },
	{ FS_OPEN, "OPEN" },
	{ FS_ACCESS, "ACCESS" },
	{ FS_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
	{ FS_Q_OVERFLOW, "OVERFLOW" },
};

void event_count(unsigned long *counts, __u32 mask)
{
	int i;

	for (i = 0; i < EVENT_TYPES; i++)
		counts[i] += !!(mask & event_types[i].mask);
}

const char *event_name(__u32 mask)
{
	int i;

	for (i = 0; i < EVENT_TYPES; i++) {
		if (mask & event_types[i].mask)
			return event_types[i].name;
	}
	return "?";
}

/* @result: of fsnotify_insert_event(), whose merge callback returns 1. */
void queue_result(struct queue_figures *figures, int result)
{
	if (result == 0)
		figures->queued++;
	else if (result == 1)
		figures->merged++;
	else
		figures->dropped++;
}

/* Charged to the listener, not to whoever caused the event; NULL if its memory group is at its limit, or without memory. */
struct tree_event *tree_event_alloc(struct fsnotify_group *group, __u32 mask, __u32 cookie, const char *path)
{
	size_t len = strlen(path);
	struct mem_cgroup *before = fsn_set_active_memcg(group->memcg);
	struct tree_event *event = fsn_kmalloc(sizeof(*event) + len + 1, FSN_GFP_KERNEL_ACCOUNT);

	fsn_set_active_memcg(before);
	if (!event)
		return NULL;
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	event->cookie = cookie;
	memcpy(event->path, path, len + 1);
	return event;
}

/* free_event of the groups that queue. */
void tree_event_free(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	fsn_kfree(fsn_container_of(event, struct tree_event, fse));
}

/* A group whose memory @memcg pays for, the overflow event included; or NULL. */
struct fsnotify_group *listener_group(const struct fsnotify_ops *ops, struct mem_cgroup *memcg)
{
	struct fsnotify_group *group;
	struct tree_event *overflow;

	if (fsn_memcg_set_current(memcg))
		return NULL;
	group = fsnotify_alloc_group(ops, FSNOTIFY_GROUP_USER);
	if (!fsn_IS_ERR(group))
		/* A reference that the group puts at its end. */
		group->memcg = fsn_get_mem_cgroup_from_mm(NULL);
	fsn_memcg_set_current(NULL);
	if (fsn_IS_ERR(group))
		return NULL;
	overflow = tree_event_alloc(group, FS_Q_OVERFLOW, 0, "");
	if (!overflow) {
		fsnotify_destroy_group(group);
		return NULL;
	}
	group->overflow_event = &overflow->fse;
	return group;
}

/* 0 or a negative errno. */
int listener_mark(struct fsnotify_group *group, void *object, unsigned int type, __u32 mask, __u32 ignore_mask,
		  unsigned int flags)
{
	struct fsnotify_mark *mark = calloc(1, sizeof(*mark));
	int err;

	if (!mark)
		return -ENOMEM;
	fsnotify_init_mark(mark, group);
	mark->mask = mask;
	mark->ignore_mask = ignore_mask;
	mark->flags |= flags;
	err = fsnotify_add_mark(mark, object, type, 0);
	/* Attached, it is the group's; otherwise this frees it. */
	fsnotify_put_mark(mark);
	return err;
}

/* free_mark of all three groups. */
void listener_free_mark(struct fsnotify_mark *mark)
{
	free(mark);
}
