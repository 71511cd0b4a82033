// SPDX-License-Identifier: GPL-2.0-or-later
/* libfsnotify_group with just what group.c asks of its neighbours: nothing else of fs/notify has to be there. */
#include <fsnotify/fsnotify.h>
#include <stdio.h>
#include <string.h>

static char trace[64];

static void traced(const char *word)
{
	strcat(trace, word);
}

void fsnotify_clear_marks_by_group(struct fsnotify_group *group, unsigned int obj_type)
{
	(void)group;
	traced(obj_type == (unsigned int)FSNOTIFY_OBJ_TYPE_ANY ? "clear " : "clear-some ");
}

void fsnotify_wait_marks_destroyed(void)
{
	traced("wait ");
}

void fsnotify_flush_notify(struct fsnotify_group *group)
{
	(void)group;
	traced("flush ");
}

static void free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	traced(event == group->overflow_event ? "overflow " : "event ");
}

static void free_priv(struct fsnotify_group *group)
{
	traced(group->shutdown ? "priv" : "early");
}

static const struct fsnotify_ops ops = { .free_event = free_event, .free_group_priv = free_priv };

int main(void)
{
	static struct fsnotify_event overflow;
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, FSNOTIFY_GROUP_USER);

	group->overflow_event = &overflow;
	fsnotify_get_group(group);
	fsnotify_destroy_group(group);
	fsnotify_put_group(group);
	puts(trace);
	return strcmp(trace, "clear wait flush overflow priv") != 0;
}
