// SPDX-License-Identifier: GPL-2.0-or-later
/* memfs: attributes, extended attributes, the working directory. */
#include <linux/fs.h>

#include "memfs_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

#define NO_ID ((unsigned int)-1)

/* --- the common end of everything that changes attributes --- */

static int may_setattr(struct inode *inode, unsigned int valid)
{
	if ((valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_TIMES_SET)) && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if (!(valid & ATTR_TOUCH))
		return 0;
	if (IS_IMMUTABLE(inode))
		return -EPERM;
	return mem_acts_for_owner(inode) ? 0 : inode_permission(NULL, inode, MAY_WRITE);
}

static int setattr_prepare(struct inode *inode, struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;
	bool owner = uid_eq(inode->i_uid, current_fsuid());
	kgid_t gid;

	if (valid & ATTR_FORCE)
		return 0;
	if ((valid & ATTR_UID) && !(owner && attr->ia_uid.val == inode->i_uid.val) && !capable_wrt_inode_uidgid(NULL, inode, CAP_CHOWN))
		return -EPERM;
	if ((valid & ATTR_GID) && !(owner && (attr->ia_gid.val == inode->i_gid.val || in_group_p(attr->ia_gid))) &&
	    !capable_wrt_inode_uidgid(NULL, inode, CAP_CHOWN))
		return -EPERM;
	if (valid & ATTR_MODE) {
		if (!mem_acts_for_owner(inode))
			return -EPERM;
		gid = valid & ATTR_GID ? attr->ia_gid : inode->i_gid;
		if (!in_group_p(gid) && !capable_wrt_inode_uidgid(NULL, inode, CAP_FSETID))
			attr->ia_mode &= ~S_ISGID;
	}
	if ((valid & (ATTR_MTIME_SET | ATTR_ATIME_SET | ATTR_TIMES_SET)) && !mem_acts_for_owner(inode))
		return -EPERM;
	return 0;
}

static int setattr(struct inode *inode, const struct iattr *attr)
{
	unsigned int valid = attr->ia_valid;
	int err;

	if (valid & ATTR_SIZE) {
		if (attr->ia_size != inode->i_size) {
			err = mem_resize(inode, (size_t)attr->ia_size);
			if (err)
				return err;
			mem_touch(inode, false, true, true);
		}
	}
	if (valid & ATTR_UID)
		inode->i_uid = attr->ia_uid;
	if (valid & ATTR_GID)
		inode->i_gid = attr->ia_gid;
	if (valid & ATTR_MODE)
		inode->i_mode = attr->ia_mode;
	if (valid & ATTR_ATIME) {
		inode->i_atime_sec = attr->ia_atime.tv_sec;
		inode->i_atime_nsec = (__u32)attr->ia_atime.tv_nsec;
	}
	if (valid & ATTR_MTIME) {
		inode->i_mtime_sec = attr->ia_mtime.tv_sec;
		inode->i_mtime_nsec = (__u32)attr->ia_mtime.tv_nsec;
	}
	if (valid & ATTR_CTIME)
		mem_touch(inode, false, false, true);
	return 0;
}

/* Set-user-ID and set-group-ID that are to go become a change of the mode. */
static void kill_bits(struct inode *inode, struct iattr *attr)
{
	umode_t mode = attr->ia_valid & ATTR_MODE ? attr->ia_mode : inode->i_mode, left = mode;

	if (attr->ia_valid & ATTR_KILL_SUID)
		left &= ~S_ISUID;
	if (attr->ia_valid & ATTR_KILL_SGID)
		left &= ~S_ISGID;
	if (left != mode) {
		attr->ia_valid |= ATTR_MODE;
		attr->ia_mode = left;
	}
}

int mem_notify_change(struct dentry *dentry, struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct timespec now;
	int err;

	err = may_setattr(inode, attr->ia_valid);
	if (err)
		return err;
	if ((attr->ia_valid & ATTR_MODE) && S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (!(attr->ia_valid & ATTR_ATIME_SET)) {
		attr->ia_atime.tv_sec = now.tv_sec;
		attr->ia_atime.tv_nsec = now.tv_nsec;
	}
	if (!(attr->ia_valid & ATTR_MTIME_SET)) {
		attr->ia_mtime.tv_sec = now.tv_sec;
		attr->ia_mtime.tv_nsec = now.tv_nsec;
	}
	kill_bits(inode, attr);
	if (!(attr->ia_valid & ~(ATTR_KILL_SUID | ATTR_KILL_SGID)))
		return 0;
	err = setattr_prepare(inode, attr);
	if (!err)
		err = setattr(inode, attr);
	if (!err)
		fsnotify_change(dentry, attr->ia_valid);
	return err;
}

/* The same for a place, with the inode locked for it. */
static int change(const struct path *path, struct iattr *attr)
{
	struct inode *inode = d_inode(path->dentry);
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	inode_lock(inode);
	err = mem_notify_change(path->dentry, attr);
	inode_unlock(inode);
	return err;
}

int mem_do_truncate(struct dentry *dentry, loff_t size, unsigned int time_attrs, struct file *file)
{
	struct inode *inode = d_inode(dentry);
	struct iattr attr = { .ia_valid = ATTR_SIZE | time_attrs, .ia_size = size, .ia_file = file };
	int err;

	if (size < 0)
		return -EINVAL;
	if (file)
		attr.ia_valid |= ATTR_FILE;
	if (!capable(CAP_FSETID) && (inode->i_mode & S_ISUID))
		attr.ia_valid |= ATTR_KILL_SUID | ATTR_FORCE;
	if (!capable(CAP_FSETID) && (inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		attr.ia_valid |= ATTR_KILL_SGID | ATTR_FORCE;
	inode_lock(inode);
	err = mem_notify_change(dentry, &attr);
	inode_unlock(inode);
	return err;
}

int mem_truncate(const char *name, off_t size)
{
	struct inode *inode;
	struct path path;
	int err;

	if (size < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	inode = d_inode(path.dentry);
	if (!S_ISREG(inode->i_mode))
		err = S_ISDIR(inode->i_mode) ? -EISDIR : -EINVAL;
	if (!err)
		err = mnt_want_write(path.mnt);
	if (!err)
		err = inode_permission(NULL, inode, MAY_WRITE);
	if (!err && IS_APPEND(inode))
		err = -EPERM;
	if (!err)
		err = get_write_access(inode);
	if (!err) {
		err = mem_do_truncate(path.dentry, size, 0, NULL);
		put_write_access(inode);
	}
	path_put(&path);
	return err;
}

int mem_ftruncate(int fd, off_t size)
{
	struct file *file;
	struct fd f;
	int err;

	if (size < 0)
		return -EINVAL;
	f = fdget((unsigned int)fd);
	if (fd_empty(f))
		return -EBADF;
	file = fd_file(f);
	err = -EINVAL;
	if (S_ISREG(file_inode(file)->i_mode) && (file->f_mode & FMODE_WRITE))
		err = IS_APPEND(file_inode(file)) ? -EPERM :
			mem_do_truncate(file->f_path.dentry, size, ATTR_MTIME | ATTR_CTIME, file);
	fdput(f);
	return err;
}

static int do_chmod(const struct path *path, int mode)
{
	struct iattr attr = { .ia_valid = ATTR_MODE | ATTR_CTIME };

	attr.ia_mode = (umode_t)((mode & S_IALLUGO) | (d_inode(path->dentry)->i_mode & ~S_IALLUGO));
	return change(path, &attr);
}

int mem_chmod(const char *name, int mode)
{
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = do_chmod(&path, mode);
	path_put(&path);
	return err;
}

int mem_fchmod(int fd, int mode)
{
	struct fd f = fdget((unsigned int)fd);
	int err = -EBADF;

	if (!fd_empty(f))
		err = do_chmod(&fd_file(f)->f_path, mode);
	fdput(f);
	return err;
}

int mem_chown(const char *name, unsigned int uid, unsigned int gid)
{
	struct iattr attr = { .ia_valid = ATTR_CTIME };
	struct inode *inode;
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	inode = d_inode(path.dentry);
	if (uid != NO_ID) {
		attr.ia_valid |= ATTR_UID;
		attr.ia_uid.val = uid;
	}
	if (gid != NO_ID) {
		attr.ia_valid |= ATTR_GID;
		attr.ia_gid.val = gid;
	}
	if (!S_ISDIR(inode->i_mode))
		attr.ia_valid |= ATTR_KILL_SUID;
	if (!S_ISDIR(inode->i_mode) && (inode->i_mode & S_ISGID) && (inode->i_mode & S_IXGRP))
		attr.ia_valid |= ATTR_KILL_SGID;
	err = change(&path, &attr);
	path_put(&path);
	return err;
}

static bool bad_nsec(const struct timespec *time)
{
	return time->tv_nsec != UTIME_NOW && time->tv_nsec != UTIME_OMIT && (time->tv_nsec < 0 || time->tv_nsec > 999999999);
}

static void wanted_time(const struct timespec *time, struct iattr *attr, unsigned int which, unsigned int set,
			struct timespec64 *to)
{
	if (time->tv_nsec == UTIME_OMIT) {
		attr->ia_valid &= ~which;
	} else if (time->tv_nsec != UTIME_NOW) {
		to->tv_sec = time->tv_sec;
		to->tv_nsec = time->tv_nsec;
		attr->ia_valid |= set;
	}
}

int mem_utimens(const char *name, const struct timespec times[2], int flags)
{
	struct iattr attr = { .ia_valid = ATTR_CTIME | ATTR_MTIME | ATTR_ATIME };
	struct path path;
	int err;

	/* nothing to do, not even to find it */
	if (times && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (flags & ~AT_SYMLINK_NOFOLLOW)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	if (times && (bad_nsec(&times[0]) || bad_nsec(&times[1])))
		err = -EINVAL;
	if (times && times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW)
		times = NULL;
	if (!err && times) {
		wanted_time(&times[0], &attr, ATTR_ATIME, ATTR_ATIME_SET, &attr.ia_atime);
		wanted_time(&times[1], &attr, ATTR_MTIME, ATTR_MTIME_SET, &attr.ia_mtime);
		attr.ia_valid |= ATTR_TIMES_SET;
	} else {
		attr.ia_valid |= ATTR_TOUCH;
	}
	if (!err)
		err = change(&path, &attr);
	path_put(&path);
	return err;
}

/* --- extended attributes --- */

static struct mem_xattr **find_xattr(struct inode *inode, const char *name)
{
	struct mem_xattr **at = &mem_i(inode)->xattrs;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	return at;
}

/* The namespaces of tmpfs: "user." as the file's permissions say, "trusted." and writing "security." for the administrator. */
static int may_xattr(struct inode *inode, const char *name, int mask)
{
	bool write = mask & MAY_WRITE;

	if (write && (IS_IMMUTABLE(inode) || IS_APPEND(inode)))
		return -EPERM;
	if (!strncmp(name, "trusted.", 8))
		return capable(CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (!strncmp(name, "security.", 9))
		return write && !capable(CAP_SYS_ADMIN) ? -EPERM : 0;
	if (strncmp(name, "user.", 5))
		return -EOPNOTSUPP;
	if (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode))
		return write ? -EPERM : -ENODATA;
	if (S_ISDIR(inode->i_mode) && (inode->i_mode & S_ISVTX) && write && !mem_acts_for_owner(inode))
		return -EPERM;
	return inode_permission(NULL, inode, mask);
}

/* The inode is locked. @value NULL removes it. */
static int store_xattr(struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	struct mem_xattr **at = find_xattr(inode, name), *old = *at, *new = NULL;

	if (old && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!old && (!value || (flags & XATTR_REPLACE)))
		return -ENODATA;
	if (value) {
		new = kzalloc(sizeof(*new) + strlen(name) + 1, GFP_KERNEL_ACCOUNT);
		if (new)
			new->value = kmalloc(size + 1, GFP_KERNEL_ACCOUNT);
		if (!new || !new->value) {
			kfree(new);
			return -ENOMEM;
		}
		strcpy(new->name, name);
		memcpy(new->value, value, size);
		new->size = size;
		new->next = old ? old->next : NULL;
	}
	*at = new ? new : old->next;
	if (old) {
		kfree(old->value);
		kfree(old);
	}
	mem_touch(inode, false, false, true);
	return 0;
}

static int set_xattr(const char *path_name, const char *name, const void *value, size_t size, int flags)
{
	struct inode *inode;
	struct path path;
	int err;

	if (!*name || strlen(name) > 255)
		return -ERANGE;
	err = user_path_at(AT_FDCWD, path_name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	inode = d_inode(path.dentry);
	err = mnt_want_write(path.mnt);
	if (!err) {
		inode_lock(inode);
		err = may_xattr(inode, name, MAY_WRITE);
		if (!err)
			err = store_xattr(inode, name, value, size, flags);
		if (!err)
			fsnotify_xattr(path.dentry);
		inode_unlock(inode);
	}
	path_put(&path);
	return err;
}

int mem_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (size > 65536)
		return -E2BIG;
	return set_xattr(path, name, value ? value : "", size, flags);
}

int mem_removexattr(const char *path, const char *name)
{
	return set_xattr(path, name, NULL, 0, 0);
}

ssize_t mem_getxattr(const char *path_name, const char *name, void *value, size_t size)
{
	struct mem_xattr *xattr;
	struct inode *inode;
	struct path path;
	ssize_t n;

	n = user_path_at(AT_FDCWD, path_name, LOOKUP_FOLLOW, &path);
	if (n)
		return n;
	inode = d_inode(path.dentry);
	n = may_xattr(inode, name, MAY_READ);
	inode_lock_shared(inode);
	xattr = *find_xattr(inode, name);
	if (!n && !xattr)
		n = -ENODATA;
	else if (!n && size && xattr->size > size)
		n = -ERANGE;
	else if (!n)
		n = size && copy_to_user(value, xattr->value, xattr->size) ? -EFAULT : (ssize_t)xattr->size;
	inode_unlock_shared(inode);
	path_put(&path);
	return n;
}

/* --- stat() and access() --- */

static void fill_stat(const struct path *path, struct stat *st)
{
	struct inode *inode = d_inode(path->dentry);

	memset(st, 0, sizeof(*st));
	st->st_dev = inode->i_sb->s_dev;
	st->st_ino = inode->i_ino;
	st->st_mode = inode->i_mode;
	st->st_nlink = inode->i_nlink;
	st->st_uid = inode->i_uid.val;
	st->st_gid = inode->i_gid.val;
	st->st_size = inode->i_size;
	st->st_blksize = 4096;
	st->st_blocks = (inode->i_size + 511) / 512;
	st->st_atim.tv_sec = inode->i_atime_sec;
	st->st_atim.tv_nsec = inode->i_atime_nsec;
	st->st_mtim.tv_sec = inode->i_mtime_sec;
	st->st_mtim.tv_nsec = inode->i_mtime_nsec;
	st->st_ctim.tv_sec = inode->i_ctime_sec;
	st->st_ctim.tv_nsec = inode->i_ctime_nsec;
}

static int do_stat(const char *name, unsigned int flags, struct stat *st)
{
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, flags, &path);
	if (err)
		return err;
	fill_stat(&path, st);
	path_put(&path);
	return 0;
}

int mem_stat(const char *name, struct stat *st)
{
	return do_stat(name, LOOKUP_FOLLOW, st);
}

int mem_lstat(const char *name, struct stat *st)
{
	return do_stat(name, 0, st);
}

int mem_fstat(int fd, struct stat *st)
{
	struct fd f = fdget_raw((unsigned int)fd);
	int err = -EBADF;

	if (!fd_empty(f)) {
		fill_stat(&fd_file(f)->f_path, st);
		err = 0;
	}
	fdput(f);
	return err;
}

int mem_access(const char *name, int mode)
{
	struct path path;
	int err;

	if (mode & ~7)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = path_permission(&path, mode | MAY_ACCESS);
	path_put(&path);
	return err;
}

/* --- where the process stands --- */

static int do_chdir(const struct path *path)
{
	int err = path_permission(path, MAY_EXEC | MAY_CHDIR);

	if (!err)
		fsn_set_fs_pwd(path);
	return err;
}

int mem_chdir(const char *name)
{
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (err)
		return err;
	err = do_chdir(&path);
	path_put(&path);
	return err;
}

int mem_fchdir(int fd)
{
	struct fd f = fdget_raw((unsigned int)fd);
	int err = -EBADF;

	if (!fd_empty(f))
		err = fsn_d_can_lookup(fd_file(f)->f_path.dentry) ? do_chdir(&fd_file(f)->f_path) : -ENOTDIR;
	fdput(f);
	return err;
}

int mem_chroot(const char *name)
{
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (err)
		return err;
	err = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (!err)
		fsn_set_fs_root(&path);
	path_put(&path);
	return err;
}

int mem_umask(int mask)
{
	return fsn_set_umask(mask);
}
