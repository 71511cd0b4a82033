/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For listeners: the inline half of the kernel's <linux/fsnotify_backend.h>. The other half, the exported functions, is
 * declared in abi.h; the structs stand there and in group.h.
 */
#ifndef FSN_BACKEND_H
#define FSN_BACKEND_H

#include "group.h"
#include "list.h"
#include "lock.h"
#include "task.h"
#include "log.h"

#ifdef FSNOTIFY_API_6_1
#define fsnotify_find_mark fsn_v61_fsnotify_find_mark
#define fsnotify_add_mark fsn_v61_fsnotify_add_mark
#define fsnotify_add_mark_locked fsn_v61_fsnotify_add_mark_locked

#define FS_PRIO_0 FSNOTIFY_PRIO_NORMAL
#define FS_PRIO_1 FSNOTIFY_PRIO_CONTENT
#define FS_PRIO_2 FSNOTIFY_PRIO_PRE_CONTENT
/* Since 6.12 the group's lock always implies it. */
#define FSNOTIFY_GROUP_NOFS 0x04
#endif

FSN_BEGIN_DECLS

/* The group's lock; its holder's allocations do not call back into filesystems, which may need the same lock. */
static inline void fsnotify_group_lock(struct fsnotify_group *group)
{
	fsn_mutex_lock(&group->mark_mutex);
	group->owner_flags = fsn_memalloc_nofs_save();
}

static inline void fsnotify_group_unlock(struct fsnotify_group *group)
{
	unsigned int before = group->owner_flags;

	fsn_memalloc_nofs_restore(before);
	fsn_mutex_unlock(&group->mark_mutex);
}

static inline void fsnotify_group_assert_locked(struct fsnotify_group *group)
{
	(void)fsn_WARN_ON_ONCE(!fsn_mutex_is_locked(&group->mark_mutex));
	(void)fsn_WARN_ON_ONCE(!(fsn_current()->flags & FSN_PF_MEMALLOC_NOFS));
}

/*
 * What an event's data pointer leads to, by its type; NULL where the type has no such object.
 */
static inline struct inode *fsnotify_data_inode(const void *data, int data_type)
{
	if (data_type == FSNOTIFY_EVENT_INODE)
		return (struct inode *)data;
	if (data_type == FSNOTIFY_EVENT_DENTRY)
		return ((const struct dentry *)data)->d_inode;
	if (data_type == FSNOTIFY_EVENT_PATH)
		return ((const struct path *)data)->dentry->d_inode;
	if (data_type == FSNOTIFY_EVENT_ERROR)
		return ((const struct fs_error_report *)data)->inode;
	return NULL;
}

static inline struct dentry *fsnotify_data_dentry(const void *data, int data_type)
{
	if (data_type == FSNOTIFY_EVENT_DENTRY)
		return (struct dentry *)data;
	if (data_type == FSNOTIFY_EVENT_PATH)
		return ((const struct path *)data)->dentry;
	return NULL;
}

static inline const struct path *fsnotify_data_path(const void *data, int data_type)
{
	return data_type == FSNOTIFY_EVENT_PATH ? (const struct path *)data : NULL;
}

static inline struct super_block *fsnotify_data_sb(const void *data, int data_type)
{
	if (data_type == FSNOTIFY_EVENT_INODE)
		return ((const struct inode *)data)->i_sb;
	if (data_type == FSNOTIFY_EVENT_DENTRY)
		return ((const struct dentry *)data)->d_sb;
	if (data_type == FSNOTIFY_EVENT_PATH)
		return ((const struct path *)data)->dentry->d_sb;
	if (data_type == FSNOTIFY_EVENT_ERROR)
		return ((const struct fs_error_report *)data)->sb;
	return NULL;
}

static inline struct fs_error_report *fsnotify_data_error_report(const void *data, int data_type)
{
	return data_type == FSNOTIFY_EVENT_ERROR ? (struct fs_error_report *)data : NULL;
}

static inline bool fsnotify_valid_obj_type(unsigned int obj_type)
{
	return obj_type < (unsigned int)FSNOTIFY_OBJ_TYPE_COUNT;
}

/*
 * The marks that one call of handle_event() is about: iter_info->marks may hold more, the report mask selects.
 */
static inline bool fsnotify_iter_should_report_type(struct fsnotify_iter_info *iter_info, int iter_type)
{
	return (iter_info->report_mask >> iter_type) & 1;
}

static inline void fsnotify_iter_set_report_type(struct fsnotify_iter_info *iter_info, int iter_type)
{
	iter_info->report_mask |= 1U << iter_type;
}

static inline struct fsnotify_mark *fsnotify_iter_mark(struct fsnotify_iter_info *iter_info, int iter_type)
{
	return fsnotify_iter_should_report_type(iter_info, iter_type) ? iter_info->marks[iter_type] : NULL;
}

/* The first mark at or after @type, into @markp; its type, or FSNOTIFY_ITER_TYPE_COUNT and NULL. */
static inline int fsnotify_iter_step(struct fsnotify_iter_info *iter, int type, struct fsnotify_mark **markp)
{
	for (; type < FSNOTIFY_ITER_TYPE_COUNT; type++) {
		*markp = fsnotify_iter_mark(iter, type);
		if (*markp)
			return type;
	}
	return type;
}

static inline struct fsnotify_mark *fsnotify_iter_inode_mark(struct fsnotify_iter_info *iter_info)
{
	return fsnotify_iter_mark(iter_info, FSNOTIFY_ITER_TYPE_INODE);
}

static inline struct fsnotify_mark *fsnotify_iter_parent_mark(struct fsnotify_iter_info *iter_info)
{
	return fsnotify_iter_mark(iter_info, FSNOTIFY_ITER_TYPE_PARENT);
}

static inline struct fsnotify_mark *fsnotify_iter_vfsmount_mark(struct fsnotify_iter_info *iter_info)
{
	return fsnotify_iter_mark(iter_info, FSNOTIFY_ITER_TYPE_VFSMOUNT);
}

static inline struct fsnotify_mark *fsnotify_iter_sb_mark(struct fsnotify_iter_info *iter_info)
{
	return fsnotify_iter_mark(iter_info, FSNOTIFY_ITER_TYPE_SB);
}

#define fsnotify_foreach_iter_type(type) for ((type) = 0; (type) < FSNOTIFY_ITER_TYPE_COUNT; (type)++)
#define fsnotify_foreach_iter_mark_type(iter, mark, type) \
	for ((type) = fsnotify_iter_step(iter, 0, &(mark)); (type) < FSNOTIFY_ITER_TYPE_COUNT; \
	     (type) = fsnotify_iter_step(iter, (type) + 1, &(mark)))

/*
 * A superblock's marks and counts. In C the functions have the names of the struct and its member, as in the kernel.
 */
static inline struct fsnotify_sb_info *fsnotify_sb_info(struct super_block *sb)
{
	return fsn_READ_ONCE(sb->s_fsnotify_info);
}

/* Only where the superblock is known to have its struct fsnotify_sb_info. */
static inline atomic_long_t *fsnotify_sb_watched_objects(struct super_block *sb)
{
	return fsnotify_sb_info(sb)->watched_objects;
}

/* Of @mask, the events that need parent and name; 0 unless the mark asked for them. */
static inline __u32 fsnotify_parent_needed_mask(__u32 mask)
{
	return mask & FS_EVENT_ON_CHILD ? mask & FS_EVENTS_POSS_TO_PARENT : 0;
}

/* The events of its children that some mark on the directory is about. */
static inline int fsnotify_inode_watches_children(struct inode *inode)
{
	__u32 wanted = fsn_READ_ONCE(inode->i_fsnotify_mask);

	return wanted & FS_EVENT_ON_CHILD ? wanted & FS_EVENTS_POSS_ON_CHILD : 0;
}

/*
 * Brings the dentry's PARENT_WATCHED flag up to date with its parent, when it got a new one. Under d_lock, which
 * fsnotify_set_children_dentry_flags() takes too: a watch that comes now finds the dentry there.
 */
static inline void fsnotify_update_flags(struct dentry *dentry)
{
	unsigned int flags = dentry->d_flags & ~DCACHE_FSNOTIFY_PARENT_WATCHED;

	fsn_assert_spin_locked(&dentry->d_lock);
	if (fsnotify_inode_watches_children(dentry->d_parent->d_inode))
		flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
	fsn_WRITE_ONCE(dentry->d_flags, flags);
}

/* fsnotify_insert_event() without the callback after the insertion. */
static inline int fsnotify_add_event(struct fsnotify_group *group, struct fsnotify_event *event,
				     int (*merge)(struct fsnotify_group *, struct fsnotify_event *))
{
	return fsnotify_insert_event(group, event, merge, NULL);
}

/* For an event that could not even be allocated. Without an overflow event nothing is queued, and the loss is counted. */
static inline void fsnotify_queue_overflow(struct fsnotify_group *group)
{
	(void)fsnotify_insert_event(group, group->overflow_event, NULL, NULL);
}

static inline bool fsnotify_is_overflow_event(__u32 mask)
{
	return mask & FS_Q_OVERFLOW;
}

/* Under notification_lock. */
static inline bool fsnotify_notify_queue_is_empty(struct fsnotify_group *group)
{
	fsn_assert_spin_locked(&group->notification_lock);
	return fsn_list_empty(&group->notification_list);
}

/*
 * What a mark ignores, flags included. A mark without HAS_IGNORE_FLAGS ignores on directories too, and on children exactly
 * if it watches them.
 */
static inline __u32 fsnotify_ignore_mask(struct fsnotify_mark *mark)
{
	if (mark->flags & FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS)
		return mark->ignore_mask;
	return (mark->ignore_mask & ~FS_EVENT_ON_CHILD) | FS_ISDIR | (mark->mask & FS_EVENT_ON_CHILD);
}

static inline __u32 fsnotify_ignored_events(struct fsnotify_mark *mark)
{
	return mark->ignore_mask & ALL_FSNOTIFY_EVENTS;
}

/* Directories are meant only with FS_ISDIR, a parent's mark only with FS_EVENT_ON_CHILD. */
static inline bool fsnotify_mask_applicable(__u32 mask, bool is_dir, int iter_type)
{
	__u32 needed = is_dir ? FS_ISDIR : 0;

	if (iter_type == FSNOTIFY_ITER_TYPE_PARENT)
		needed |= FS_EVENT_ON_CHILD;
	return (mask & needed) == needed;
}

/* The events that a mark ignores for this victim in this role. */
static inline __u32 fsnotify_effective_ignore_mask(struct fsnotify_mark *mark, bool is_dir, int iter_type)
{
	__u32 ignored = fsnotify_ignored_events(mark);

	if (!ignored || (!is_dir && iter_type != FSNOTIFY_ITER_TYPE_PARENT))
		return ignored;
	return fsnotify_mask_applicable(fsnotify_ignore_mask(mark), is_dir, iter_type) ? ignored : 0;
}

/*
 * What a mark contributes to its object's mask. Ignored events count, because the object must show interest for the
 * parent's sake; FS_MODIFY does where it will clear the ignore mask.
 */
static inline __u32 fsnotify_calc_mask(struct fsnotify_mark *mark)
{
	__u32 interest = mark->mask;

	if (fsnotify_ignored_events(mark)) {
		interest |= mark->ignore_mask;
		if (!(mark->flags & FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY))
			interest |= FS_MODIFY;
	}
	return interest;
}

#ifdef FSNOTIFY_API_6_1
static inline int fsnotify_add_inode_mark(struct fsnotify_mark *mark, struct inode *inode, int add_flags)
{
	return fsnotify_add_mark(mark, &inode->i_fsnotify_marks, FSNOTIFY_OBJ_TYPE_INODE, add_flags, NULL);
}

static inline int fsnotify_add_inode_mark_locked(struct fsnotify_mark *mark, struct inode *inode, int add_flags)
{
	return fsnotify_add_mark_locked(mark, &inode->i_fsnotify_marks, FSNOTIFY_OBJ_TYPE_INODE, add_flags, NULL);
}
#else
static inline int fsnotify_add_inode_mark(struct fsnotify_mark *mark, struct inode *inode, int add_flags)
{
	return fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, add_flags);
}

/* With the group's lock held. */
static inline int fsnotify_add_inode_mark_locked(struct fsnotify_mark *mark, struct inode *inode, int add_flags)
{
	return fsnotify_add_mark_locked(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, add_flags);
}

/* The group's mark on the inode with a new reference, or NULL. */
static inline struct fsnotify_mark *fsnotify_find_inode_mark(struct inode *inode, struct fsnotify_group *group)
{
	return fsnotify_find_mark(inode, FSNOTIFY_OBJ_TYPE_INODE, group);
}
#endif

static inline void fsnotify_clear_inode_marks_by_group(struct fsnotify_group *group)
{
	fsnotify_clear_marks_by_group(group, FSNOTIFY_OBJ_TYPE_INODE);
}

static inline void fsnotify_clear_sb_marks_by_group(struct fsnotify_group *group)
{
	fsnotify_clear_marks_by_group(group, FSNOTIFY_OBJ_TYPE_SB);
}

static inline void fsnotify_clear_vfsmount_marks_by_group(struct fsnotify_group *group)
{
	fsnotify_clear_marks_by_group(group, FSNOTIFY_OBJ_TYPE_VFSMOUNT);
}

/* Before the first insertion: an event whose link is empty is not queued. */
static inline void fsnotify_init_event(struct fsnotify_event *event)
{
	fsn_INIT_LIST_HEAD(&event->list);
}

FSN_END_DECLS

#endif /* FSN_BACKEND_H */
