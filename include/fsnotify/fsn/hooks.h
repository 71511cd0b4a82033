/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For whoever owns the tree: the hooks of the kernel's <linux/fsnotify.h>. Each reports one thing that has happened. Where
 * nothing on the superblock is watched a hook does no more than find that out: it loads, and neither writes nor calls
 * (fsnotify_move() takes its cookie first, the deletions drop marks in any case).
 *
 * A caller keeps what it passes alive and the names stable, as the kernel's callers do by holding the directory's lock.
 */
#ifndef FSN_HOOKS_H
#define FSN_HOOKS_H

#include "backend.h"
#include "dentry.h"
#include "inode.h"

/* What changed, for fsnotify_change(). */
#define ATTR_MODE (1 << 0)
#define ATTR_UID (1 << 1)
#define ATTR_GID (1 << 2)
#define ATTR_SIZE (1 << 3)
#define ATTR_ATIME (1 << 4)
#define ATTR_MTIME (1 << 5)
#define ATTR_CTIME (1 << 6)
#define ATTR_ATIME_SET (1 << 7)
#define ATTR_MTIME_SET (1 << 8)
#define ATTR_FORCE (1 << 9)
#define ATTR_KILL_SUID (1 << 11)
#define ATTR_KILL_SGID (1 << 12)
#define ATTR_FILE (1 << 13)
#define ATTR_KILL_PRIV (1 << 14)
#define ATTR_OPEN (1 << 15)
#define ATTR_TIMES_SET (1 << 16)
#define ATTR_TOUCH (1 << 17)

/* What file_set_fsnotify_mode() found out when the file was opened: no events; permission events; pre-content events too. */
#define FMODE_FSNOTIFY_NONE(mode) (((mode) & FMODE_FSNOTIFY_MASK) == FMODE_NONOTIFY)
#define FMODE_FSNOTIFY_HSM(mode) (((mode) & FMODE_FSNOTIFY_MASK) == 0)
#define FMODE_FSNOTIFY_PERM(mode) \
	(FMODE_FSNOTIFY_HSM(mode) || ((mode) & FMODE_FSNOTIFY_MASK) == FMODE_FSNOTIFY_MASK)

/* The kernel's numbers, as they stand in i_mode on every system that Linux programs see. */
#define FSN_S_IFMT 00170000
#define FSN_S_IFDIR 0040000
#define FSN_S_ISDIR(mode) (((mode) & FSN_S_IFMT) == FSN_S_IFDIR)

#define FSN_MAY_READ 0x00000004
#define FSN_MAY_OPEN 0x00000020

FSN_BEGIN_DECLS

/* Is any inode, mount or the superblock itself watched by a group of at least this priority? */
static inline bool fsnotify_sb_has_priority_watchers(struct super_block *sb, int prio)
{
	struct fsnotify_sb_info *info = fsnotify_sb_info(sb);

	return info && fsn_READ_ONCE(info->watched_objects[prio].counter) != 0;
}

static inline bool fsnotify_sb_has_watchers(struct super_block *sb)
{
	return fsnotify_sb_has_priority_watchers(sb, FSNOTIFY_PRIO_NORMAL);
}

/* To the directory, whether or not it watches its children: the entry @name in it changed. */
static inline int fsnotify_name(__u32 mask, const void *data, int data_type, struct inode *dir, const struct qstr *name,
				__u32 cookie)
{
	return fsnotify_sb_has_watchers(dir->i_sb) ? fsnotify(mask, data, data_type, dir, name, NULL, cookie) : 0;
}

static inline void fsnotify_dirent(struct inode *dir, struct dentry *dentry, __u32 mask)
{
	fsnotify_name(mask, dentry, FSNOTIFY_EVENT_DENTRY, dir, &dentry->d_name, 0);
}

/* To the inode alone. */
static inline void fsnotify_inode(struct inode *inode, __u32 mask)
{
	if (fsnotify_sb_has_watchers(inode->i_sb))
		fsnotify(FSN_S_ISDIR(inode->i_mode) ? mask | FS_ISDIR : mask, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0);
}

/*
 * To the object and to a parent that watches its children. A root has no parent to tell; a directory's name is only the
 * parent's business, so without a watching parent the event goes to the directory alone.
 */
static inline int fsnotify_parent(struct dentry *dentry, __u32 mask, const void *data, int data_type)
{
	struct inode *inode = dentry->d_inode;
	bool with_parent = true;

	if (!fsnotify_sb_has_watchers(inode->i_sb))
		return 0;
	if (FSN_S_ISDIR(inode->i_mode)) {
		mask |= FS_ISDIR;
		with_parent = dentry->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED;
	}
	if (with_parent && dentry->d_parent != dentry)
		return __fsnotify_parent(dentry, mask, data, data_type);
	return fsnotify(mask, data, data_type, NULL, NULL, inode, 0);
}

static inline void fsnotify_dentry(struct dentry *dentry, __u32 mask)
{
	fsnotify_parent(dentry, mask, dentry, FSNOTIFY_EVENT_DENTRY);
}

static inline int fsnotify_path(const struct path *path, __u32 mask)
{
	return fsnotify_parent(path->dentry, mask, path, FSNOTIFY_EVENT_PATH);
}

static inline int fsnotify_file(struct file *file, __u32 mask)
{
	return FMODE_FSNOTIFY_NONE(file->f_mode) ? 0 : fsnotify_path(&file->f_path, mask);
}

/* May this range be accessed? @perm_mask: only reading (bit 2, the kernel's MAY_READ) is asked about. */
static inline int fsnotify_file_area_perm(struct file *file, int perm_mask, const int64_t *ppos, size_t count)
{
	(void)ppos;
	(void)count;
	if (!(perm_mask & FSN_MAY_READ) || fsn_likely(!FMODE_FSNOTIFY_PERM(file->f_mode)))
		return 0;
	return fsnotify_path(&file->f_path, FS_ACCESS_PERM);
}

static inline int fsnotify_file_perm(struct file *file, int perm_mask)
{
	return fsnotify_file_area_perm(file, perm_mask, NULL, 0);
}

/* May this file be opened, and first, if that is what it is opened for, executed? */
static inline int fsnotify_open_perm(struct file *file)
{
	int denied = 0;

	if (fsn_likely(!FMODE_FSNOTIFY_PERM(file->f_mode)))
		return 0;
	if (file->f_flags & FMODE_EXEC)
		denied = fsnotify_path(&file->f_path, FS_OPEN_EXEC_PERM);
	return denied ? denied : fsnotify_path(&file->f_path, FS_OPEN_PERM);
}

#ifdef FSNOTIFY_API_6_1
/* 6.1's one hook for both questions. */
static inline int fsnotify_perm(struct file *file, int mask)
{
	int denied = 0;

	if (!(mask & (FSN_MAY_READ | FSN_MAY_OPEN)))
		return 0;
	if (!(mask & FSN_MAY_OPEN))
		return fsnotify_file(file, FS_ACCESS_PERM);
	if (file->f_flags & FMODE_EXEC)
		denied = fsnotify_file(file, FS_OPEN_EXEC_PERM);
	return denied ? denied : fsnotify_file(file, FS_OPEN_PERM);
}
#endif

static inline void fsnotify_link_count(struct inode *inode)
{
	fsnotify_inode(inode, FS_ATTRIB);
}

/*
 * @moved was @old_name in @old_dir and has its new name and parent now; @target is the inode that it replaced, if any.
 * Both directories get one half each, joined by a cookie; FS_RENAME carries both at once.
 */
static inline void fsnotify_move(struct inode *old_dir, struct inode *new_dir, const struct qstr *old_name, int isdir,
				 struct inode *target, struct dentry *moved)
{
	__u32 cookie = fsnotify_get_cookie();
	__u32 flags = isdir ? FS_ISDIR : 0;
	struct inode *inode = moved->d_inode;

	fsnotify_name(FS_RENAME | flags, moved, FSNOTIFY_EVENT_DENTRY, old_dir, old_name, 0);
	fsnotify_name(FS_MOVED_FROM | flags, inode, FSNOTIFY_EVENT_INODE, old_dir, old_name, cookie);
	fsnotify_name(FS_MOVED_TO | flags, inode, FSNOTIFY_EVENT_INODE, new_dir, &moved->d_name, cookie);
	if (target)
		fsnotify_link_count(target);
	fsnotify_inode(inode, FS_MOVE_SELF);
}

/* The inode leaves memory: its marks go, without an event. */
static inline void fsnotify_inode_delete(struct inode *inode)
{
	__fsnotify_inode_delete(inode);
}

/* The last name and the last use of the inode are gone. */
static inline void fsnotify_inoderemove(struct inode *inode)
{
	fsnotify_inode(inode, FS_DELETE_SELF);
	__fsnotify_inode_delete(inode);
}

/* @dentry is new in @dir; it may still be negative. */
static inline void fsnotify_create(struct inode *dir, struct dentry *dentry)
{
	fsnotify_dirent(dir, dentry, FS_CREATE);
}

/* @new_dentry is another name of @inode; it may still be negative. */
static inline void fsnotify_link(struct inode *dir, struct inode *inode, struct dentry *new_dentry)
{
	fsnotify_link_count(inode);
	fsnotify_name(FS_CREATE, inode, FSNOTIFY_EVENT_INODE, dir, &new_dentry->d_name, 0);
}

/* @dentry, which named @inode, was unhashed; it may be negative by now. */
static inline void fsnotify_delete(struct inode *dir, struct inode *inode, struct dentry *dentry)
{
	__u32 mask = FSN_S_ISDIR(inode->i_mode) ? FS_DELETE | FS_ISDIR : FS_DELETE;

	fsnotify_name(mask, inode, FSNOTIFY_EVENT_INODE, dir, &dentry->d_name, 0);
}

/* d_delete() and the event, in the order that lets nobody find the name once the event is out. */
static inline void d_delete_notify(struct inode *dir, struct dentry *dentry)
{
	struct inode *victim = dentry->d_inode;

	fsn_ihold(victim);
	fsn_d_delete(dentry);
	fsnotify_delete(dir, victim, dentry);
	fsn_iput(victim);
}

/* @dentry, still positive, was unlinked. */
static inline void fsnotify_unlink(struct inode *dir, struct dentry *dentry)
{
	if (!fsn_WARN_ON_ONCE(fsn_d_is_negative(dentry)))
		fsnotify_delete(dir, dentry->d_inode, dentry);
}

/* @dentry is a new directory in @dir; it may still be negative. */
static inline void fsnotify_mkdir(struct inode *dir, struct dentry *dentry)
{
	fsnotify_dirent(dir, dentry, FS_CREATE | FS_ISDIR);
}

/* @dentry, still positive, was removed. */
static inline void fsnotify_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!fsn_WARN_ON_ONCE(fsn_d_is_negative(dentry)))
		fsnotify_delete(dir, dentry->d_inode, dentry);
}

static inline void fsnotify_access(struct file *file)
{
	fsnotify_file(file, FS_ACCESS);
}

static inline void fsnotify_modify(struct file *file)
{
	fsnotify_file(file, FS_MODIFY);
}

static inline void fsnotify_open(struct file *file)
{
	fsnotify_file(file, file->f_flags & FMODE_EXEC ? FS_OPEN | FS_OPEN_EXEC : FS_OPEN);
}

static inline void fsnotify_close(struct file *file)
{
	fsnotify_file(file, file->f_mode & FMODE_WRITE ? FS_CLOSE_WRITE : FS_CLOSE_NOWRITE);
}

static inline void fsnotify_xattr(struct dentry *dentry)
{
	fsnotify_dentry(dentry, FS_ATTRIB);
}

/* Attributes changed: ATTR_*. Both times at once are a utimes(), one of them is an access or a modification. */
static inline void fsnotify_change(struct dentry *dentry, unsigned int ia_valid)
{
	bool atime = ia_valid & ATTR_ATIME, mtime = ia_valid & ATTR_MTIME;
	__u32 mask = 0;

	if ((ia_valid & (ATTR_UID | ATTR_GID | ATTR_MODE)) || (atime && mtime))
		mask |= FS_ATTRIB;
	if ((ia_valid & ATTR_SIZE) || (mtime && !atime))
		mask |= FS_MODIFY;
	if (atime && !mtime)
		mask |= FS_ACCESS;
	if (mask)
		fsnotify_dentry(dentry, mask);
}

/* The mount goes away, and its marks. */
static inline void fsnotify_vfsmount_delete(struct vfsmount *mnt)
{
	__fsnotify_vfsmount_delete(mnt);
}

/* The filesystem found an error, a negative errno; @inode may be NULL. */
static inline int fsnotify_sb_error(struct super_block *sb, struct inode *inode, int error)
{
	struct fs_error_report report;

	report.error = error;
	report.inode = inode;
	report.sb = sb;
	return fsnotify(FS_ERROR, &report, FSNOTIFY_EVENT_ERROR, NULL, NULL, NULL, 0);
}

FSN_END_DECLS

#endif /* FSN_HOOKS_H */
