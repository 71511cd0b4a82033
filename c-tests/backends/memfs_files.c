// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memfs: opening, reading, writing and closing. The hooks of what happens to an open file stand in its operations, so that
 * they are called whoever uses the file: a system call below, read() of the library's table, a backend that opened it.
 */
#include <linux/fs.h>

#include "memfs_parts.h"

#include <stddef.h>
#include <string.h>
#include <linux/syscalls.h>

#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE 0x01
#endif

/* --- the operations of open files --- */

static int file_open(struct inode *inode, struct file *file)
{
	int err = fsnotify_open_perm(file);

	(void)inode;
	if (!err)
		fsnotify_open(file);
	return err;
}

static int file_release(struct inode *inode, struct file *file)
{
	(void)inode;
	fsnotify_close(file);
	return 0;
}

static ssize_t file_read(struct file *file, char *buf, size_t size, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	ssize_t n = 0;
	int err;

	if (*pos < 0)
		return -EINVAL;
	err = fsnotify_file_area_perm(file, MAY_READ, pos, size);
	if (err)
		return err;
	if (S_ISDIR(inode->i_mode))
		return -EISDIR;
	if (!S_ISREG(inode->i_mode))
		return -ENXIO;
	inode_lock_shared(inode);
	if (*pos < inode->i_size)
		n = inode->i_size - *pos < (loff_t)size ? inode->i_size - *pos : (ssize_t)size;
	if (n && copy_to_user(buf, mem_i(inode)->data + *pos, (size_t)n))
		n = -EFAULT;
	inode_unlock_shared(inode);
	if (n > 0) {
		*pos += n;
		mem_touch(inode, true, false, false);
		fsnotify_access(file);
	}
	return n;
}

/* Writing takes set-user-ID and set-group-ID away. The inode is locked. */
static int remove_privs(struct dentry *dentry)
{
	struct iattr attr = { .ia_valid = ATTR_FORCE };
	umode_t mode = d_inode(dentry)->i_mode;

	if (capable(CAP_FSETID) || !S_ISREG(mode))
		return 0;
	if (mode & S_ISUID)
		attr.ia_valid |= ATTR_KILL_SUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		attr.ia_valid |= ATTR_KILL_SGID;
	return attr.ia_valid == ATTR_FORCE ? 0 : mem_notify_change(dentry, &attr);
}

static ssize_t write_locked(struct file *file, const char *buf, size_t size, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	loff_t at = file->f_flags & O_APPEND ? inode->i_size : *pos;
	int err;

	if (!size)
		return 0;
	err = remove_privs(file->f_path.dentry);
	if (err)
		return err;
	err = mem_reserve(inode, (size_t)at + size);
	if (err)
		return err;
	if (copy_from_user(mem_i(inode)->data + at, buf, size))
		return -EFAULT;
	*pos = at + (loff_t)size;
	if (inode->i_size < *pos)
		inode->i_size = *pos;
	mem_touch(inode, false, true, true);
	return (ssize_t)size;
}

static ssize_t file_write(struct file *file, const char *buf, size_t size, loff_t *pos)
{
	struct inode *inode = file_inode(file);
	ssize_t n;
	int err;

	if (*pos < 0)
		return -EINVAL;
	err = fsnotify_file_area_perm(file, MAY_WRITE, pos, size);
	if (err)
		return err;
	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	inode_lock(inode);
	n = write_locked(file, buf, size, pos);
	inode_unlock(inode);
	if (n > 0)
		fsnotify_modify(file);
	return n;
}

static loff_t file_llseek(struct file *file, loff_t offset, int whence)
{
	struct inode *inode = file_inode(file);
	loff_t base = 0;

	if (S_ISFIFO(inode->i_mode) || S_ISSOCK(inode->i_mode))
		return -ESPIPE;
	if (whence == SEEK_CUR)
		base = file->f_pos;
	else if (whence == SEEK_END)
		base = inode->i_size;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (base + offset < 0)
		return -EINVAL;
	file->f_pos = base + offset;
	return file->f_pos;
}

const struct file_operations mem_file_operations = {
	.open = file_open,
	.release = file_release,
	.read = file_read,
	.write = file_write,
	.llseek = file_llseek,
};

/* --- open --- */

static int acc_mode_of(int flags)
{
	int acc = flags & O_ACCMODE;

	/* 0, 1, 2 and 3 ask for reading, writing, both and both */
	acc = acc == O_RDONLY ? MAY_READ : acc == O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
	if (flags & __FMODE_EXEC)
		acc = MAY_EXEC;
	if (flags & O_PATH)
		return 0;
	if (flags & O_TRUNC)
		acc |= MAY_WRITE;
	return flags & O_APPEND ? acc | MAY_APPEND : acc;
}

/* What is mounted there, on top of each other. */
static void through_mounts(struct path *path)
{
	struct vfsmount *mnt;

	while ((mnt = lookup_mnt(path))) {
		struct path top = { .mnt = mnt, .dentry = dget(mnt->mnt_root) };

		path_put(path);
		*path = top;
	}
}

/*
 * The last name of an open that may make it: its place with references, and whether it is new. A symbolic link at the end is
 * followed, also one to nowhere.
 */
static int create_last(int dfd, const char *name, int flags, int mode, struct path *found, bool *created)
{
	struct path base = { NULL, NULL }, parent, link = { NULL, NULL };
	struct inode *dir;
	struct qstr last;
	int err, type, links = 0;

	for (;;) {
		struct dentry *dentry;

		err = fsn_path_parentat(dfd, base.dentry ? &base : NULL, name, 0, &parent, &last, &type);
		if (err)
			break;
		if (type != FSN_LAST_NORM || last.name[last.len]) {
			path_put(&parent);
			err = type != FSN_LAST_NORM && (flags & O_EXCL) ? -EEXIST : -EISDIR;
			break;
		}
		dir = d_inode(parent.dentry);
		inode_lock(dir);
		dentry = lookup_one_qstr_excl(&last, parent.dentry, LOOKUP_OPEN | LOOKUP_CREATE);
		err = IS_ERR(dentry) ? (int)PTR_ERR(dentry) : 0;
		if (!err && d_is_negative(dentry)) {
			err = mnt_want_write(parent.mnt);
			if (!err)
				err = inode_permission(NULL, dir, MAY_WRITE | MAY_EXEC);
			if (!err)
				err = dir->i_op->create(NULL, dir, dentry, mem_prepare_mode(dir, mode & S_IALLUGO), flags & O_EXCL);
			if (!err) {
				*created = true;
				fsnotify_create(dir, dentry);
			}
		}
		inode_unlock(dir);
		if (err) {
			if (!IS_ERR(dentry))
				dput(dentry);
			path_put(&parent);
			break;
		}
		found->mnt = mntget(parent.mnt);
		found->dentry = dentry;
		if (!*created)
			through_mounts(found);
		if (!fsn_d_is_symlink(found->dentry) || (flags & (O_NOFOLLOW | O_EXCL))) {
			path_put(&parent);
			break;
		}
		/* The text stays for as long as the link is held. */
		name = d_inode(found->dentry)->i_link;
		path_put(&base);
		path_put(&link);
		base = parent;
		link = *found;
		err = ++links > MAXSYMLINKS ? -ELOOP : 0;
		if (err)
			break;
	}
	path_put(&base);
	path_put(&link);
	return err;
}

static int may_open(const struct path *path, int acc, int flags)
{
	struct inode *inode = d_inode(path->dentry);
	int err;

	switch (inode->i_mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc & MAY_WRITE)
			return -EISDIR;
		if (acc & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if ((acc & MAY_EXEC) && (path->mnt->mnt_flags & MNT_NOEXEC))
			return -EACCES;
		break;
	default:
		if (acc & MAY_EXEC)
			return -EACCES;
		break;
	}
	err = inode_permission(NULL, inode, MAY_OPEN | acc);
	if (err)
		return err;
	if (IS_APPEND(inode) && ((((flags & O_ACCMODE) != O_RDONLY) && !(flags & O_APPEND)) || (flags & O_TRUNC)))
		return -EPERM;
	return flags & O_NOATIME && !mem_acts_for_owner(inode) ? -EPERM : 0;
}

static int handle_truncate(struct file *file)
{
	struct inode *inode = file_inode(file);
	int err = get_write_access(inode);

	if (err)
		return err;
	err = mem_do_truncate(file->f_path.dentry, 0, ATTR_MTIME | ATTR_CTIME | ATTR_OPEN, file);
	put_write_access(inode);
	return err;
}

/* Opens what was found. */
static struct file *open_place(const struct path *path, int flags, bool created)
{
	bool truncate = !created && d_is_reg(path->dentry) && (flags & O_TRUNC);
	int acc = created ? 0 : acc_mode_of(flags);
	struct file *file;
	int err;

	if (!created && (flags & O_CREAT) && (flags & O_EXCL))
		return ERR_PTR(-EEXIST);
	if ((flags & O_CREAT) && d_is_dir(path->dentry))
		return ERR_PTR(-EISDIR);
	if (!(flags & O_PATH)) {
		err = truncate || (acc & MAY_WRITE && d_is_reg(path->dentry)) ? mnt_want_write(path->mnt) : 0;
		if (!err)
			err = may_open(path, acc, flags);
		if (!err && d_is_special(path->dentry) && d_inode(path->dentry)->i_fop == &mem_file_operations)
			err = -ENXIO;
		if (err)
			return ERR_PTR(err);
	}
	file = dentry_open(path, flags & ~O_CLOEXEC, current_cred());
	if (IS_ERR(file) || !truncate)
		return file;
	err = handle_truncate(file);
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

static struct file *open_path(int dfd, const char *name, int flags, int mode)
{
	unsigned int lookup = (flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0);
	bool created = false;
	struct file *file;
	struct path path;
	int err;

	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if ((flags & O_CREAT) && (flags & O_DIRECTORY))
		return ERR_PTR(-EINVAL);
	if (flags & O_CREAT)
		err = create_last(dfd, name, flags, mode, &path, &created);
	else
		err = user_path_at(dfd, name, lookup, &path);
	if (err)
		return ERR_PTR(err);
	file = open_place(&path, flags, created);
	path_put(&path);
	return file;
}

int mem_openat(int dfd, const char *name, int flags, int mode)
{
	struct file *file;
	int fd;

	fd = get_unused_fd_flags((unsigned int)flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = open_path(dfd, name, flags | (force_o_largefile() ? O_LARGEFILE : 0), mode);
	if (IS_ERR(file)) {
		put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(file);
	}
	fd_install((unsigned int)fd, file);
	return fd;
}

int mem_open(const char *name, int flags, int mode)
{
	return mem_openat(AT_FDCWD, name, flags, mode);
}

int mem_close(int fd)
{
	return (int)fsn_sys_close((unsigned int)fd);
}

int mem_make(const char *name, int mode)
{
	int fd = mem_open(name, O_CREAT | O_RDWR, mode);

	return fd < 0 ? fd : mem_close(fd);
}

int mem_dup(int fd)
{
	return (int)fsn_sys_dup((unsigned int)fd);
}

int mem_execve(const char *name)
{
	struct file *file = open_path(AT_FDCWD, name, O_RDONLY | O_LARGEFILE | __FMODE_EXEC, 0);
	loff_t pos = 0;
	char head[256];
	bool filled;
	ssize_t n;
	int err;

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	/* nobody writes a program that runs, but who fills it in when it is read */
	filled = FMODE_FSNOTIFY_HSM(file->f_mode);
	err = filled ? 0 : deny_write_access(file);
	if (!err) {
		n = file->f_op->read(file, head, sizeof(head), &pos);
		err = n < 0 ? (int)n : -ENOEXEC;
		if (!filled)
			allow_write_access(file);
	}
	fput(file);
	return err;
}

/* --- on descriptors --- */

ssize_t mem_read(int fd, void *buf, size_t size)
{
	return fsn_sys_read((unsigned int)fd, buf, size);
}

ssize_t mem_write(int fd, const void *buf, size_t size)
{
	return fsn_sys_write((unsigned int)fd, buf, size);
}

/* A file that can be read or written at a place, by @mode; what is wrong with it otherwise. */
static int positioned(struct fd f, fmode_t mode)
{
	if (fd_empty(f))
		return -EBADF;
	if (fd_file(f)->f_op != &mem_file_operations)
		return -ESPIPE;
	return fd_file(f)->f_mode & mode ? 0 : -EBADF;
}

ssize_t mem_pread(int fd, void *buf, size_t size, off_t offset)
{
	struct fd f = fdget((unsigned int)fd);
	loff_t pos = offset;
	ssize_t n = positioned(f, FMODE_READ);

	if (offset < 0)
		n = -EINVAL;
	if (!n)
		n = file_read(fd_file(f), buf, size, &pos);
	fdput(f);
	return n;
}

ssize_t mem_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	struct fd f = fdget((unsigned int)fd);
	loff_t pos = offset;
	ssize_t n = positioned(f, FMODE_WRITE);

	if (offset < 0)
		n = -EINVAL;
	if (!n)
		n = file_write(fd_file(f), buf, size, &pos);
	fdput(f);
	return n;
}

off_t mem_lseek(int fd, off_t offset, int whence)
{
	return fsn_sys_lseek((unsigned int)fd, offset, (unsigned int)whence);
}

static int do_fallocate(struct file *file, int mode, off_t offset, off_t size)
{
	struct inode *inode = file_inode(file);
	loff_t pos = offset;
	int err;

	if (offset < 0 || size <= 0)
		return -EINVAL;
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (IS_IMMUTABLE(inode))
		return -EPERM;
	err = fsnotify_file_area_perm(file, MAY_WRITE, &pos, (size_t)size);
	if (err)
		return err;
	if (!S_ISREG(inode->i_mode))
		return S_ISFIFO(inode->i_mode) ? -ESPIPE : S_ISDIR(inode->i_mode) ? -EISDIR : -ENODEV;
	inode_lock(inode);
	if (!(mode & FALLOC_FL_KEEP_SIZE) && offset + size > inode->i_size)
		err = mem_resize(inode, (size_t)(offset + size));
	else
		err = mem_reserve(inode, (size_t)(offset + size));
	if (!err)
		mem_touch(inode, false, false, true);
	inode_unlock(inode);
	if (!err)
		fsnotify_modify(file);
	return err;
}

int mem_fallocate(int fd, int mode, off_t offset, off_t size)
{
	struct fd f = fdget((unsigned int)fd);
	int err = -EBADF;

	if (!fd_empty(f))
		err = do_fallocate(fd_file(f), mode, offset, size);
	fdput(f);
	return err;
}

/* --- directories --- */

/* as getdents64() has them */
struct linux_dirent64 {
	__u64 d_ino;
	__s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

struct listing {
	char *to;
	size_t left;
};

static bool put_entry(struct listing *list, const char *name, size_t len, unsigned long ino, umode_t mode, loff_t next)
{
	size_t size = (offsetof(struct linux_dirent64, d_name) + len + 1 + 7) & ~(size_t)7;
	struct linux_dirent64 *entry = (struct linux_dirent64 *)list->to;

	if (size > list->left)
		return false;
	memset(entry, 0, size);
	entry->d_ino = ino;
	entry->d_off = next;
	entry->d_reclen = (unsigned short)size;
	entry->d_type = (unsigned char)(mode >> 12 & 15);
	memcpy(entry->d_name, name, len);
	list->to += size;
	list->left -= size;
	return true;
}

/* From the position on; -EINVAL if not even one entry has room. */
static ssize_t list_dir(struct file *file, char *buf, size_t size)
{
	struct dentry *dir = file->f_path.dentry, *child;
	struct dentry *parent = dget_parent(dir);
	struct listing list = { buf, size };
	loff_t at = 0, pos = file->f_pos;
	bool room = true;

	if (pos <= at++)
		room = put_entry(&list, ".", 1, d_inode(dir)->i_ino, S_IFDIR, at);
	if (room && pos <= at++)
		room = put_entry(&list, "..", 2, d_inode(parent)->i_ino, S_IFDIR, at);
	dput(parent);
	spin_lock(&dir->d_lock);
	for (child = fsn_d_first_child(dir); room && child; child = fsn_d_next_sibling(child)) {
		spin_lock(&child->d_lock);
		if (child->d_inode && !d_unhashed(child) && pos <= at++)
			room = put_entry(&list, (const char *)child->d_name.name, child->d_name.len, child->d_inode->i_ino,
					  child->d_inode->i_mode, at);
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&dir->d_lock);
	file->f_pos = room ? at : at - 1;
	return !room && list.left == size ? -EINVAL : (ssize_t)(size - list.left);
}

static ssize_t do_getdents(struct file *file, void *buf, size_t size)
{
	struct inode *inode = file_inode(file);
	ssize_t n;
	int err;

	if (!S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	err = fsnotify_file_perm(file, MAY_READ);
	if (err)
		return err;
	inode_lock_shared(inode);
	n = -ENOENT;
	if (!IS_DEADDIR(inode)) {
		n = list_dir(file, buf, size);
		fsnotify_access(file);
		mem_touch(inode, true, false, false);
	}
	inode_unlock_shared(inode);
	return n;
}

ssize_t mem_getdents(int fd, void *buf, size_t size)
{
	struct fd f = fdget((unsigned int)fd);
	ssize_t n = -EBADF;

	if (!fd_empty(f))
		n = do_getdents(fd_file(f), buf, size);
	fdput(f);
	return n;
}
