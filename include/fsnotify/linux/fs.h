/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many of the kernel's files rely on what comes along with it.
 */
#ifndef _FSN_LINUX_FS_H
#define _FSN_LINUX_FS_H

#include "../fsn/fasync.h"
#include "../fsn/file.h"
#include "../fsn/hooks.h"
#include "../fsn/inode.h"
#include "../fsn/mapping.h"
#include "../fsn/super.h"
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/lockref.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/stat.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define MAY_EXEC 0x00000001
#define MAY_WRITE 0x00000002
#define MAY_READ FSN_MAY_READ
#define MAY_APPEND 0x00000008
#define MAY_ACCESS 0x00000010
#define MAY_OPEN FSN_MAY_OPEN
#define MAY_CHDIR 0x00000040
#define MAY_NOT_BLOCK 0x00000080

#ifdef FSNOTIFY_API_6_1
/* 6.1's count of connectors and of the inodes that they pin; only where the superblock has its struct fsnotify_sb_info. */
#define s_fsnotify_connectors s_fsnotify_info->watched_objects[0]
#endif

/* of renameat2(), also in <stdio.h> */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE (1 << 0)
#endif
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

/* in i_flags */
#define S_SYNC (1 << 0)
#define S_NOATIME (1 << 1)
#define S_APPEND (1 << 2)
#define S_IMMUTABLE (1 << 3)
#define S_DEAD (1 << 4)
#define IS_APPEND(inode) ((inode)->i_flags & S_APPEND)
#define IS_IMMUTABLE(inode) ((inode)->i_flags & S_IMMUTABLE)
#define IS_DEADDIR(inode) ((inode)->i_flags & S_DEAD)
#define IS_RDONLY(inode) ((inode)->i_sb->s_flags & SB_RDONLY)

/* Which of several inodes a thread locks; there is nobody here to tell it to. */
#define I_MUTEX_NORMAL 0
#define I_MUTEX_PARENT 1
#define I_MUTEX_CHILD 2
#define I_MUTEX_XATTR 3
#define I_MUTEX_NONDIR2 4
#define I_MUTEX_PARENT2 5

/* in fs_flags of a type: nobody may wait for an answer before one of its files is opened */
#define FS_DISALLOW_NOTIFY_PERM 16

/* in f_flags */
#define __FMODE_EXEC ((int)FMODE_EXEC)
#define __FMODE_NONOTIFY ((int)FMODE_NONOTIFY)

static inline void inode_lock(struct inode *inode)
{
	down_write(&inode->i_rwsem);
}

static inline void inode_lock_nested(struct inode *inode, unsigned int subclass)
{
	(void)subclass;
	down_write(&inode->i_rwsem);
}

static inline int inode_trylock(struct inode *inode)
{
	return down_write_trylock(&inode->i_rwsem);
}

static inline void inode_unlock(struct inode *inode)
{
	up_write(&inode->i_rwsem);
}

static inline void inode_lock_shared(struct inode *inode)
{
	down_read(&inode->i_rwsem);
}

static inline void inode_unlock_shared(struct inode *inode)
{
	up_read(&inode->i_rwsem);
}

static inline int inode_is_locked(struct inode *inode)
{
	return rwsem_is_locked(&inode->i_rwsem);
}

#ifdef FSNOTIFY_API_6_1
static inline int inode_permission(struct user_namespace *mnt_userns, struct inode *inode, int mask)
{
	(void)mnt_userns;
	return fsn_inode_permission(NULL, inode, mask);
}

static inline int generic_permission(struct user_namespace *mnt_userns, struct inode *inode, int mask)
{
	(void)mnt_userns;
	return fsn_generic_permission(NULL, inode, mask);
}
#else
static inline int inode_permission(struct mnt_idmap *idmap, struct inode *inode, int mask)
{
	return fsn_inode_permission(idmap, inode, mask);
}

static inline int generic_permission(struct mnt_idmap *idmap, struct inode *inode, int mask)
{
	return fsn_generic_permission(idmap, inode, mask);
}
#endif

static inline int path_permission(const struct path *path, int mask)
{
	return fsn_inode_permission(path->mnt ? path->mnt->mnt_idmap : NULL, d_inode(path->dentry), mask);
}

static inline int file_permission(struct file *file, int mask)
{
	return path_permission(&file->f_path, mask);
}

static inline bool path_is_under(const struct path *path1, const struct path *path2)
{
	return fsn_path_is_under(path1, path2);
}

static inline void ihold(struct inode *inode)
{
	fsn_ihold(inode);
}

static inline void __iget(struct inode *inode)
{
	fsn___iget(inode);
}

static inline struct inode *igrab(struct inode *inode)
{
	return fsn_igrab(inode);
}

static inline void iput(struct inode *inode)
{
	fsn_iput(inode);
}

static inline void __insert_inode_hash(struct inode *inode, unsigned long hashval)
{
	fsn___insert_inode_hash(inode, hashval);
}

static inline void insert_inode_hash(struct inode *inode)
{
	fsn___insert_inode_hash(inode, inode->i_ino);
}

static inline void remove_inode_hash(struct inode *inode)
{
	fsn_remove_inode_hash(inode);
}

static inline int inode_unhashed(struct inode *inode)
{
	return fsn_inode_unhashed(inode);
}

static inline struct inode *ilookup(struct super_block *sb, unsigned long ino)
{
	return fsn_ilookup(sb, ino);
}

static inline struct inode *ilookup5(struct super_block *sb, unsigned long hashval, int (*test)(struct inode *, void *),
				     void *data)
{
	return fsn_ilookup5(sb, hashval, test, data);
}

static inline struct inode *iget_locked(struct super_block *sb, unsigned long ino)
{
	return fsn_iget_locked(sb, ino);
}

static inline void unlock_new_inode(struct inode *inode)
{
	fsn_unlock_new_inode(inode);
}

static inline struct inode *new_inode(struct super_block *sb)
{
	return fsn_new_inode(sb);
}

static inline struct inode *new_inode_pseudo(struct super_block *sb)
{
	return fsn_new_inode_pseudo(sb);
}

static inline void inode_init_once(struct inode *inode)
{
	fsn_inode_init_once(inode);
}

static inline int inode_init_always(struct super_block *sb, struct inode *inode)
{
	return fsn_inode_init_always(sb, inode);
}

static inline void inode_sb_list_add(struct inode *inode)
{
	fsn_inode_sb_list_add(inode);
}

static inline void clear_inode(struct inode *inode)
{
	fsn_clear_inode(inode);
}

static inline void set_nlink(struct inode *inode, unsigned int nlink)
{
	fsn_set_nlink(inode, nlink);
}

static inline void inc_nlink(struct inode *inode)
{
	fsn_inc_nlink(inode);
}

static inline void drop_nlink(struct inode *inode)
{
	fsn_drop_nlink(inode);
}

static inline void clear_nlink(struct inode *inode)
{
	fsn_clear_nlink(inode);
}

static inline int generic_drop_inode(struct inode *inode)
{
	return fsn_generic_drop_inode(inode);
}

static inline int generic_delete_inode(struct inode *inode)
{
	return fsn_generic_delete_inode(inode);
}

static inline void evict_inodes(struct super_block *sb)
{
	fsn_evict_inodes(sb);
}

static inline void generic_shutdown_super(struct super_block *sb)
{
	fsn_generic_shutdown_super(sb);
}

static inline void deactivate_super(struct super_block *sb)
{
	fsn_deactivate_super(sb);
}

static inline void deactivate_locked_super(struct super_block *sb)
{
	fsn_deactivate_locked_super(sb);
}

static inline struct inode *file_inode(const struct file *file)
{
	return fsn_file_inode(file);
}

static inline int get_write_access(struct inode *inode)
{
	return fsn_get_write_access(inode);
}

static inline void put_write_access(struct inode *inode)
{
	fsn_put_write_access(inode);
}

static inline int deny_write_access(struct file *file)
{
	return fsn_deny_write_access(fsn_file_inode(file));
}

static inline void allow_write_access(struct file *file)
{
	if (file)
		fsn_allow_write_access(fsn_file_inode(file));
}

static inline loff_t i_size_read(const struct inode *inode)
{
	return fsn_i_size_read(inode);
}

static inline void i_size_write(struct inode *inode, loff_t i_size)
{
	fsn_i_size_write(inode, i_size);
}

static inline bool inode_is_open_for_write(const struct inode *inode)
{
	return fsn_inode_is_open_for_write(inode);
}

static inline struct file *dentry_open(const struct path *path, int flags, const struct cred *cred)
{
	return fsn_dentry_open(path, flags, cred);
}

static inline int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **queue)
{
	return fsn_fasync_helper(fd, file, on, queue);
}

static inline void kill_fasync(struct fasync_struct **queue, int sig, int band)
{
	fsn_kill_fasync(queue, sig, band);
}

static inline void f_delown(struct file *file)
{
	fsn_f_delown(file);
}

static inline int f_setown(struct file *file, int who, int force)
{
	return fsn_f_setown(file, who, force);
}

static inline int f_getown(struct file *file)
{
	return fsn_f_getown(file);
}

static inline void send_sigio(struct fown_struct *owner, int fd, int band)
{
	fsn_send_sigio(owner, fd, band);
}

#ifdef FSNOTIFY_API_6_1

/* The owner was part of the file: &file->f_owner is its address, made by __f_setown() at the latest. */
#define f_owner f_owner[0]

static inline void __f_setown(struct file *file, struct pid *pid, enum pid_type type, int force)
{
	if (!fsn_file_f_owner_allocate(file))
		fsn___f_setown(file, pid, type, force);
}

#else

static inline struct fown_struct *file_f_owner(const struct file *file)
{
	return fsn_file_f_owner(file);
}

static inline int file_f_owner_allocate(struct file *file)
{
	return fsn_file_f_owner_allocate(file);
}

static inline void __f_setown(struct file *file, struct pid *pid, enum pid_type type, int force)
{
	fsn___f_setown(file, pid, type, force);
}

#endif

static inline int filp_close(struct file *file, fl_owner_t id)
{
	return fsn_filp_close(file, id);
}

static inline ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	return fsn_vfs_read(file, buf, count, pos);
}

static inline ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	return fsn_vfs_write(file, buf, count, pos);
}

static inline long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return fsn_vfs_ioctl(file, cmd, arg);
}

/* For tables of callbacks: their addresses are taken. */
#define noop_llseek fsn_noop_llseek
#define compat_ptr_ioctl fsn_compat_ptr_ioctl

#define PAGECACHE_TAG_DIRTY FSN_PAGECACHE_TAG_DIRTY
#define PAGECACHE_TAG_WRITEBACK FSN_PAGECACHE_TAG_WRITEBACK
#define PAGECACHE_TAG_TOWRITE FSN_PAGECACHE_TAG_TOWRITE

static inline bool mapping_tagged(const struct address_space *mapping, unsigned int tag)
{
	return fsn_mapping_tagged(mapping, tag);
}

#endif /* _FSN_LINUX_FS_H */
