// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The listener that counts: one mark on the superblock sees everything in it, whatever the directory. It ignores that files
 * are opened and read. Its priority is higher, so its callback runs before the printer's; it has no queue.
 */
#include <errno.h>
#include <string.h>

#include "listeners.h"

#define COUNTER_MASK (FS_CREATE | FS_DELETE | FS_MOVE | FS_RENAME | FS_MODIFY | FS_ATTRIB | FS_OPEN | FS_ACCESS | \
		      FS_CLOSE_WRITE | FS_CLOSE_NOWRITE | FS_DELETE_SELF | FS_MOVE_SELF | FS_ISDIR)
#define COUNTER_IGNORED (FS_OPEN | FS_ACCESS | FS_CLOSE_NOWRITE | FS_ISDIR)

static int counter_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type,
				struct inode *dir, const struct qstr *file_name, __u32 cookie,
				struct fsnotify_iter_info *iter_info)
{
	struct counter *c = group->private;

	(void)data;
	(void)data_type;
	(void)dir;
	(void)file_name;
	(void)cookie;
	(void)iter_info;
	event_count(c->counts, mask);
	return 0;
}

static const struct fsnotify_ops counter_ops = {
	.handle_event = counter_handle_event,
	.free_mark = listener_free_mark,
};

/* 0 or a negative errno. */
int counter_start(struct counter *c, struct mirror *m)
{
	memset(c, 0, sizeof(*c));
	c->group = fsnotify_alloc_group(&counter_ops, 0);
	if (fsn_IS_ERR(c->group)) {
		c->group = NULL;
		return -ENOMEM;
	}
	c->group->private = c;
	/* Before the first mark: marks are sorted by it. */
	c->group->priority = FSNOTIFY_PRIO_CONTENT;
	/* A modified file is of interest again, says the kernel, and forgets what was ignored: unless it is to survive that. */
	return listener_mark(c->group, &m->sb, FSNOTIFY_OBJ_TYPE_SB, COUNTER_MASK, COUNTER_IGNORED,
			     FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY | FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS);
}
