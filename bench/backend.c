// SPDX-License-Identifier: GPL-2.0-or-later
#include "backend.h"

static struct kmem_cache *mark_cache;

static int queue_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		       const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	struct bench_event *event = (struct bench_event *)fsn_kmalloc(sizeof(*event), FSN_GFP_KERNEL_ACCOUNT);

	(void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter_info;
	if (!event)
		return -ENOMEM;
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	event->wd = 1;
	if (fsnotify_insert_event(group, &event->fse, NULL, NULL))
		fsnotify_destroy_event(group, &event->fse);
	return 0;
}

static int take_note(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		     const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	(void)group, (void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter_info;
	return 0;
}

static void free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	fsn_kfree(event);
}

static void free_mark(struct fsnotify_mark *mark)
{
	fsn_kmem_cache_free(mark_cache, mark);
}

const struct fsnotify_ops queueing_ops = { .handle_event = queue_event, .free_event = free_event, .free_mark = free_mark };
const struct fsnotify_ops silent_ops = { .handle_event = take_note, .free_event = free_event, .free_mark = free_mark };

struct fsnotify_group *new_group(const struct fsnotify_ops *ops)
{
	struct fsnotify_group *group = fsnotify_alloc_group(ops, FSNOTIFY_GROUP_USER);

	if (fsn_IS_ERR(group))
		abort();
	group->max_events = 1u << 30;
	return group;
}

struct fsnotify_mark *mark_inode(struct fsnotify_group *group, struct inode *inode, __u32 mask)
{
	struct fsnotify_mark *mark;

	if (!mark_cache)
		mark_cache = FSN_KMEM_CACHE(fsnotify_mark, FSN_SLAB_PANIC | FSN_SLAB_ACCOUNT);
	mark = (struct fsnotify_mark *)fsn_kmem_cache_alloc(mark_cache, FSN_GFP_KERNEL);
	fsnotify_init_mark(mark, group);
	mark->mask = mask;
	if (fsnotify_add_inode_mark(mark, inode, 0))
		abort();
	fsnotify_put_mark(mark);
	return mark;
}

void destroy_mark(struct fsnotify_mark *mark)
{
	fsnotify_get_mark(mark);
	fsnotify_destroy_mark(mark, mark->group);
	fsnotify_put_mark(mark);
}

struct tfs *new_fs(void)
{
	return fs_by_hand();
}

struct inode **new_inodes(struct tfs *fs, long n)
{
	struct inode **inodes = (struct inode **)malloc(n * sizeof(*inodes));
	long i;

	for (i = 0; i < n; i++)
		inodes[i] = inode_by_hand(fs, S_IFREG | 0644);
	return inodes;
}

void fire_and_take(struct fsnotify_group *group, struct inode *inode)
{
	struct fsnotify_event *event;

	fsnotify_inode(inode, FIRED);
	fsn_spin_lock(&group->notification_lock);
	event = fsnotify_remove_first_event(group);
	fsn_spin_unlock(&group->notification_lock);
	if (event)
		fsnotify_destroy_event(group, event);
}
