// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The backend mode from outside: a small backend in the kernel's own words. Events come from a slab, are queued merged and
 * are read under the notification lock, as inotify does it. Ends with 0 if all of it came back.
 */
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <stdio.h>
#include <stdlib.h>

struct small_event {
	struct fsnotify_event fse;
	u32 mask;
};

static struct kmem_cache *small_event_cachep;
static atomic_t small_marks = ATOMIC_INIT(0);

static int small_merge(struct fsnotify_group *group, struct fsnotify_event *event)
{
	struct small_event *new = container_of(event, struct small_event, fse);
	struct small_event *last = list_entry(group->notification_list.prev, struct small_event, fse.list);

	return last->mask == new->mask;
}

static int small_handle_inode_event(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir,
				    const struct qstr *name, u32 cookie)
{
	struct small_event *event = kmem_cache_alloc(small_event_cachep, GFP_KERNEL);

	(void)inode;
	(void)dir;
	(void)name;
	(void)cookie;
	if (!event) {
		fsnotify_queue_overflow(mark->group);
		return -ENOMEM;
	}
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	if (fsnotify_add_event(mark->group, &event->fse, small_merge))
		fsnotify_destroy_event(mark->group, &event->fse);
	return 0;
}

static void small_free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	kmem_cache_free(small_event_cachep, container_of(event, struct small_event, fse));
}

static void small_free_mark(struct fsnotify_mark *mark)
{
	atomic_dec(&small_marks);
	kfree(mark);
}

static const struct fsnotify_ops small_ops = {
	.handle_inode_event = small_handle_inode_event,
	.free_event = small_free_event,
	.free_mark = small_free_mark,
};

#define expect(what) do { if (!(what)) { fprintf(stderr, "line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

/* The oldest event, off the queue; NULL if there is none. */
static struct fsnotify_event *take(struct fsnotify_group *group)
{
	struct fsnotify_event *event = NULL;

	spin_lock(&group->notification_lock);
	if (!fsnotify_notify_queue_is_empty(group))
		event = fsnotify_remove_first_event(group);
	spin_unlock(&group->notification_lock);
	return event;
}

int main(void)
{
	static struct super_block sb;
	static struct inode inode;
	struct fsnotify_group *group;
	struct fsnotify_mark *mark;
	u32 seen[3] = { 0 };
	struct fsnotify_event *event;
	int n = 0;

	small_event_cachep = KMEM_CACHE(small_event, SLAB_ACCOUNT);
	expect(small_event_cachep);
	group = fsnotify_alloc_group(&small_ops, FSNOTIFY_GROUP_USER);
	expect(!IS_ERR(group));
	group->max_events = UINT_MAX;
	inode.i_sb = &sb;
	inode.i_mode = S_IFREG | 0644;
	atomic_set(&inode.i_count, 1);

	mark = kzalloc(sizeof(*mark), GFP_KERNEL);
	expect(mark);
	atomic_inc(&small_marks);
	fsnotify_init_mark(mark, group);
	mark->mask = FS_ATTRIB | FS_MODIFY;
	fsnotify_group_lock(group);
	expect(fsnotify_add_mark_locked(mark, &inode, FSNOTIFY_OBJ_TYPE_INODE, 0) == 0);
	fsnotify_group_unlock(group);
	fsnotify_put_mark(mark);

	fsnotify_inode(&inode, FS_ATTRIB);
	fsnotify_inode(&inode, FS_ATTRIB);	/* merged */
	fsnotify_inode(&inode, FS_MODIFY);
	fsnotify_inode(&inode, FS_ACCESS);	/* not asked for */

	for (event = take(group); event && n < 3; event = take(group)) {
		seen[n++] = container_of(event, struct small_event, fse)->mask;
		fsnotify_destroy_event(group, event);
	}
	expect(n == 2 && seen[0] == FS_ATTRIB && seen[1] == FS_MODIFY);

	fsnotify_destroy_group(group);
	expect(atomic_read(&small_marks) == 0);
	expect(atomic_read(&inode.i_count) == 1);
	fsnotify_sb_free(&sb);
	kmem_cache_destroy(small_event_cachep);
	return 0;
}
