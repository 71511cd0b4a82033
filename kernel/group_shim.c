// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What group_rs.o asks of a kernel: its inlines and macros, and the fields of a group, whose places only the kernel's own
 * compiler knows. There is no logic here: each function is one primitive on one field, called by the method of the
 * same name in src/host/kernel/. Initialisers are the kernel's macros in place, so that lock classes are the group's own.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/wait.h>

#include "fsnotify.h"

struct fsnotify_group *fsn_k_alloc(bool charged);
struct fsnotify_group *fsn_k_alloc(bool charged)
{
	/* what the other side knows by value */
	BUILD_BUG_ON(FSNOTIFY_GROUP_USER != 0x01);
	BUILD_BUG_ON(EIO != 5 || ENOMEM != 12);
	BUILD_BUG_ON((unsigned int)FSNOTIFY_OBJ_TYPE_ANY != ~0U);
	BUILD_BUG_ON(sizeof(bool) != 1 || sizeof(int) != 4);

	return kzalloc(sizeof(struct fsnotify_group), charged ? GFP_KERNEL_ACCOUNT : GFP_KERNEL);
}

void fsn_k_free(struct fsnotify_group *group);
void fsn_k_free(struct fsnotify_group *group)
{
	kfree(group);
}

void fsn_k_set_ops(struct fsnotify_group *group, const struct fsnotify_ops *ops);
void fsn_k_set_ops(struct fsnotify_group *group, const struct fsnotify_ops *ops)
{
	group->ops = ops;
}

void fsn_k_free_priv(struct fsnotify_group *group);
void fsn_k_free_priv(struct fsnotify_group *group)
{
	if (group->ops->free_group_priv)
		group->ops->free_group_priv(group);
}

void fsn_k_free_event(struct fsnotify_group *group, struct fsnotify_event *event);
void fsn_k_free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	group->ops->free_event(group, event);
}

void fsn_k_set_flags(struct fsnotify_group *group, int flags);
void fsn_k_set_flags(struct fsnotify_group *group, int flags)
{
	group->flags = flags;
}

void fsn_k_init_refcnt(struct fsnotify_group *group);
void fsn_k_init_refcnt(struct fsnotify_group *group)
{
	refcount_set(&group->refcnt, 1);
}

void fsn_k_init_user_waits(struct fsnotify_group *group);
void fsn_k_init_user_waits(struct fsnotify_group *group)
{
	atomic_set(&group->user_waits, 0);
}

void fsn_k_take_ref(struct fsnotify_group *group);
void fsn_k_take_ref(struct fsnotify_group *group)
{
	refcount_inc(&group->refcnt);
}

bool fsn_k_drop_ref(struct fsnotify_group *group);
bool fsn_k_drop_ref(struct fsnotify_group *group)
{
	return refcount_dec_and_test(&group->refcnt);
}

bool fsn_k_is_referenced(struct fsnotify_group *group);
bool fsn_k_is_referenced(struct fsnotify_group *group)
{
	return refcount_read(&group->refcnt) != 0;
}

void fsn_k_init_notification_lock(struct fsnotify_group *group);
void fsn_k_init_notification_lock(struct fsnotify_group *group)
{
	spin_lock_init(&group->notification_lock);
}

void fsn_k_init_notification_list(struct fsnotify_group *group);
void fsn_k_init_notification_list(struct fsnotify_group *group)
{
	INIT_LIST_HEAD(&group->notification_list);
}

void fsn_k_init_notification_waitq(struct fsnotify_group *group);
void fsn_k_init_notification_waitq(struct fsnotify_group *group)
{
	init_waitqueue_head(&group->notification_waitq);
}

void fsn_k_set_max_events(struct fsnotify_group *group, unsigned int max);
void fsn_k_set_max_events(struct fsnotify_group *group, unsigned int max)
{
	group->max_events = max;
}

void fsn_k_init_mark_mutex(struct fsnotify_group *group, int flags);
void fsn_k_init_mark_mutex(struct fsnotify_group *group, int flags)
{
	mutex_init(&group->mark_mutex);
#ifdef FSNOTIFY_GROUP_NOFS
	/* 6.1: groups with evictable marks take the mutex inside reclaim, the others allocate inside the mutex. */
	if (flags & FSNOTIFY_GROUP_NOFS) {
		static struct lock_class_key evictable_marks;

		lockdep_set_class(&group->mark_mutex, &evictable_marks);
	}
#endif
}

void fsn_k_init_marks_list(struct fsnotify_group *group);
void fsn_k_init_marks_list(struct fsnotify_group *group)
{
	INIT_LIST_HEAD(&group->marks_list);
}

void fsn_k_destroy_mark_mutex(struct fsnotify_group *group);
void fsn_k_destroy_mark_mutex(struct fsnotify_group *group)
{
	mutex_destroy(&group->mark_mutex);
}

void fsn_k_lock_notification(struct fsnotify_group *group);
void fsn_k_lock_notification(struct fsnotify_group *group)
{
	spin_lock(&group->notification_lock);
}

void fsn_k_unlock_notification(struct fsnotify_group *group);
void fsn_k_unlock_notification(struct fsnotify_group *group)
{
	spin_unlock(&group->notification_lock);
}

void fsn_k_set_shutdown(struct fsnotify_group *group);
void fsn_k_set_shutdown(struct fsnotify_group *group)
{
	group->shutdown = true;
}

void fsn_k_wait_for_user_waits(struct fsnotify_group *group);
void fsn_k_wait_for_user_waits(struct fsnotify_group *group)
{
	wait_event(group->notification_waitq, !atomic_read(&group->user_waits));
}

struct fsnotify_event *fsn_k_overflow_event(struct fsnotify_group *group);
struct fsnotify_event *fsn_k_overflow_event(struct fsnotify_group *group)
{
	return group->overflow_event;
}

void fsn_k_put_memcg(struct fsnotify_group *group);
void fsn_k_put_memcg(struct fsnotify_group *group)
{
	mem_cgroup_put(group->memcg);
}

struct fsnotify_group *fsn_k_file_group(const struct file *file);
struct fsnotify_group *fsn_k_file_group(const struct file *file)
{
	return file->private_data;
}

int fsn_k_fasync_helper(int fd, struct file *file, int on, struct fsnotify_group *group);
int fsn_k_fasync_helper(int fd, struct file *file, int on, struct fsnotify_group *group)
{
	return fasync_helper(fd, file, on, &group->fsn_fa);
}

void fsn_k_warn(const char *function, int function_len, const char *message, int message_len);
void fsn_k_warn(const char *function, int function_len, const char *message, int message_len)
{
	WARN_ONCE(1, "%.*s: %.*s\n", function_len, function, message_len, message);
}

EXPORT_SYMBOL_GPL(fsnotify_alloc_group);
EXPORT_SYMBOL_GPL(fsnotify_put_group);
