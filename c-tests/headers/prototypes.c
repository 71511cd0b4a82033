/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exported names declared once more, with the kernel's types: an error unless ours are the same. Backends do so, some
 * on purpose, and link against whatever we declare.
 */
#ifdef FSN_TEST_BACKEND
#include <linux/fsnotify.h>
#else
#include <fsnotify/fsnotify.h>
typedef __u32 u32;
#endif

FSN_BEGIN_DECLS

extern int fsnotify(__u32 mask, const void *data, int data_type, struct inode *dir, const struct qstr *name,
		    struct inode *inode, u32 cookie);
extern int __fsnotify_parent(struct dentry *dentry, __u32 mask, const void *data, int data_type);
extern void __fsnotify_inode_delete(struct inode *inode);
extern void __fsnotify_vfsmount_delete(struct vfsmount *mnt);
extern void fsnotify_sb_delete(struct super_block *sb);
extern void fsnotify_sb_free(struct super_block *sb);
extern u32 fsnotify_get_cookie(void);
extern void file_set_fsnotify_mode(struct file *file);

extern struct fsnotify_group *fsnotify_alloc_group(const struct fsnotify_ops *ops, int flags);
extern void fsnotify_get_group(struct fsnotify_group *group);
extern void fsnotify_put_group(struct fsnotify_group *group);
extern void fsnotify_group_stop_queueing(struct fsnotify_group *group);
extern void fsnotify_destroy_group(struct fsnotify_group *group);
extern int fsnotify_fasync(int fd, struct file *file, int on);

extern void fsnotify_destroy_event(struct fsnotify_group *group, struct fsnotify_event *event);
extern int fsnotify_insert_event(struct fsnotify_group *group, struct fsnotify_event *event,
				 int (*merge)(struct fsnotify_group *, struct fsnotify_event *),
				 void (*insert)(struct fsnotify_group *, struct fsnotify_event *));
extern struct fsnotify_event *fsnotify_peek_first_event(struct fsnotify_group *group);
extern struct fsnotify_event *fsnotify_remove_first_event(struct fsnotify_group *group);
extern void fsnotify_remove_queued_event(struct fsnotify_group *group, struct fsnotify_event *event);
extern void fsnotify_flush_notify(struct fsnotify_group *group);

extern __u32 fsnotify_conn_mask(struct fsnotify_mark_connector *conn);
extern void fsnotify_recalc_mask(struct fsnotify_mark_connector *conn);
extern void fsnotify_init_mark(struct fsnotify_mark *mark, struct fsnotify_group *group);
#ifdef FSNOTIFY_API_6_1
extern struct fsnotify_mark *fsnotify_find_mark(fsnotify_connp_t *connp, struct fsnotify_group *group);
extern int fsnotify_add_mark(struct fsnotify_mark *mark, fsnotify_connp_t *connp, unsigned int obj_type, int add_flags,
			     __kernel_fsid_t *fsid);
extern int fsnotify_add_mark_locked(struct fsnotify_mark *mark, fsnotify_connp_t *connp, unsigned int obj_type,
				    int add_flags, __kernel_fsid_t *fsid);
#else
extern struct fsnotify_mark *fsnotify_find_mark(void *obj, unsigned int obj_type, struct fsnotify_group *group);
extern int fsnotify_add_mark(struct fsnotify_mark *mark, void *obj, unsigned int obj_type, int add_flags);
extern int fsnotify_add_mark_locked(struct fsnotify_mark *mark, void *obj, unsigned int obj_type, int add_flags);
#endif
extern void fsnotify_destroy_mark(struct fsnotify_mark *mark, struct fsnotify_group *group);
extern void fsnotify_detach_mark(struct fsnotify_mark *mark);
extern void fsnotify_free_mark(struct fsnotify_mark *mark);
extern void fsnotify_wait_marks_destroyed(void);
extern void fsnotify_clear_marks_by_group(struct fsnotify_group *group, unsigned int obj_type);
extern void fsnotify_get_mark(struct fsnotify_mark *mark);
extern void fsnotify_put_mark(struct fsnotify_mark *mark);
extern struct fsnotify_mark *fsnotify_next_mark(struct fsnotify_mark *mark);
extern void fsnotify_finish_user_wait(struct fsnotify_iter_info *iter_info);
extern bool fsnotify_prepare_user_wait(struct fsnotify_iter_info *iter_info);

/* the kernel's private header */
#ifndef FSNOTIFY_API_6_1
typedef struct fsnotify_mark_connector *fsnotify_connp_t;
#endif
extern int fsnotify_compare_groups(struct fsnotify_group *a, struct fsnotify_group *b);
extern void fsnotify_destroy_marks(fsnotify_connp_t *connp);
extern void fsnotify_set_children_dentry_flags(struct inode *inode);
extern struct srcu_struct fsnotify_mark_srcu;
extern struct kmem_cache *fsnotify_mark_connector_cachep;

FSN_END_DECLS
