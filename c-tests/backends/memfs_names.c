// SPDX-License-Identifier: GPL-2.0-or-later
/* memfs: the system calls that make, remove and move names. */
#include <linux/fs.h>

#include "memfs_parts.h"

#include <stdio.h>
#include <string.h>

static DEFINE_MUTEX(rename_mutex);

static int may_delete(struct inode *dir, struct dentry *victim, bool is_dir)
{
	struct inode *inode = d_inode(victim);
	int err;

	if (!inode)
		return -ENOENT;
	err = inode_permission(NULL, dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (IS_APPEND(dir) || IS_APPEND(inode) || IS_IMMUTABLE(inode))
		return -EPERM;
	/* in a sticky directory: only the owner of either, or whoever acts for owners */
	if ((dir->i_mode & S_ISVTX) && !uid_eq(inode->i_uid, current_fsuid()) && !uid_eq(dir->i_uid, current_fsuid()) &&
	    !capable_wrt_inode_uidgid(NULL, inode, CAP_FOWNER))
		return -EPERM;
	if (is_dir && !d_is_dir(victim))
		return -ENOTDIR;
	if (is_dir && IS_ROOT(victim))
		return -EBUSY;
	if (!is_dir && d_is_dir(victim))
		return -EISDIR;
	return IS_DEADDIR(dir) ? -ENOENT : 0;
}

int mem_may_create(struct inode *dir, struct dentry *child)
{
	if (d_inode(child))
		return -EEXIST;
	if (IS_DEADDIR(dir))
		return -ENOENT;
	return inode_permission(NULL, dir, MAY_WRITE | MAY_EXEC);
}

umode_t mem_prepare_mode(struct inode *dir, umode_t mode)
{
	(void)dir;
	return mode & ~current_umask();
}

/* Nothing can be mounted on a name that is being removed. */
static void dont_mount(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	dentry->d_flags |= DCACHE_CANT_MOUNT;
	spin_unlock(&dentry->d_lock);
}

/* A new name: the directory locked and a negative dentry, or an error pointer. */
static struct dentry *begin_create(const char *name, unsigned int flags, struct path *path)
{
	struct dentry *dentry = user_path_create(AT_FDCWD, name, path, flags);
	int err;

	if (IS_ERR(dentry))
		return dentry;
	err = mnt_want_write(path->mnt);
	if (!err)
		return dentry;
	done_path_create(path, dentry);
	return ERR_PTR(err);
}

int mem_mkdir(const char *name, int mode)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path path;
	int err;

	dentry = begin_create(name, LOOKUP_DIRECTORY, &path);
	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	dir = d_inode(path.dentry);
	err = mem_may_create(dir, dentry);
	if (!err)
		err = dir->i_op->mkdir(NULL, dir, dentry, mem_prepare_mode(dir, mode & (S_IRWXUGO | S_ISVTX)));
	if (!err)
		fsnotify_mkdir(dir, dentry);
	done_path_create(&path, dentry);
	return err;
}

int mem_mknod(const char *name, int mode)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path path;
	int err;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	dentry = begin_create(name, 0, &path);
	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	dir = d_inode(path.dentry);
	err = mem_may_create(dir, dentry);
	if (!err && S_ISREG(mode))
		err = dir->i_op->create(NULL, dir, dentry, mem_prepare_mode(dir, mode), true);
	else if (!err)
		err = dir->i_op->mknod(NULL, dir, dentry, mem_prepare_mode(dir, mode), 0);
	if (!err)
		fsnotify_create(dir, dentry);
	done_path_create(&path, dentry);
	return err;
}

int mem_symlink(const char *target, const char *name)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path path;
	int err;

	if (!*target)
		return -ENOENT;
	if (strlen(target) >= FSN_PATH_MAX)
		return -ENAMETOOLONG;
	dentry = begin_create(name, 0, &path);
	if (IS_ERR(dentry))
		return (int)PTR_ERR(dentry);
	dir = d_inode(path.dentry);
	err = mem_may_create(dir, dentry);
	if (!err)
		err = dir->i_op->symlink(NULL, dir, dentry, target);
	if (!err)
		fsnotify_create(dir, dentry);
	done_path_create(&path, dentry);
	return err;
}

/* The directory is locked. */
static int do_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old_dentry);
	int err;

	err = mem_may_create(dir, dentry);
	if (err)
		return err;
	if (dir->i_sb != inode->i_sb)
		return -EXDEV;
	if (IS_APPEND(inode) || IS_IMMUTABLE(inode) || S_ISDIR(inode->i_mode))
		return -EPERM;
	inode_lock(inode);
	if (inode->i_nlink == 0)
		err = -ENOENT;
	else
		err = dir->i_op->link(old_dentry, dir, dentry);
	inode_unlock(inode);
	if (!err)
		fsnotify_link(dir, inode, dentry);
	return err;
}

int mem_link(const char *old_name, const char *name)
{
	struct path old_path, path;
	struct dentry *dentry;
	int err;

	err = user_path_at(AT_FDCWD, old_name, 0, &old_path);
	if (err)
		return err;
	dentry = begin_create(name, 0, &path);
	if (IS_ERR(dentry)) {
		path_put(&old_path);
		return (int)PTR_ERR(dentry);
	}
	err = old_path.mnt == path.mnt ? do_link(old_path.dentry, d_inode(path.dentry), dentry) : -EXDEV;
	done_path_create(&path, dentry);
	path_put(&old_path);
	return err;
}

ssize_t mem_readlink(const char *name, char *buf, size_t size)
{
	struct inode *inode;
	struct path path;
	ssize_t n;
	int err;

	if (!size)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, 0, &path);
	if (err)
		return err;
	inode = d_inode(path.dentry);
	n = -EINVAL;
	if (S_ISLNK(inode->i_mode)) {
		n = (ssize_t)strlen(inode->i_link);
		if ((size_t)n > size)
			n = (ssize_t)size;
		if (copy_to_user(buf, inode->i_link, (size_t)n))
			n = -EFAULT;
	}
	path_put(&path);
	return n;
}

/* The directory is locked. */
static int do_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *target = d_inode(dentry);
	int err;

	err = may_delete(dir, dentry, false);
	if (err)
		return err;
	inode_lock(target);
	if (fsn_is_local_mountpoint(dentry))
		err = -EBUSY;
	else
		err = dir->i_op->unlink(dir, dentry);
	if (!err)
		dont_mount(dentry);
	inode_unlock(target);
	if (!err) {
		fsnotify_link_count(target);
		d_delete_notify(dir, dentry);
	}
	return err;
}

int mem_unlink(const char *name)
{
	struct inode *dir, *inode = NULL;
	struct dentry *dentry;
	struct path path;
	struct qstr last;
	int err, type;

	err = fsn_path_parentat(AT_FDCWD, NULL, name, 0, &path, &last, &type);
	if (err)
		return err;
	if (type != FSN_LAST_NORM) {
		path_put(&path);
		return -EISDIR;
	}
	dir = d_inode(path.dentry);
	err = mnt_want_write(path.mnt);
	if (err)
		goto out;
	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_qstr_excl(&last, path.dentry, 0);
	err = (int)PTR_ERR(dentry);
	if (!IS_ERR(dentry)) {
		if (d_is_negative(dentry)) {
			err = -ENOENT;
		} else if (last.name[last.len]) {
			err = d_is_dir(dentry) ? -EISDIR : -ENOTDIR;
		} else {
			inode = d_inode(dentry);
			ihold(inode);
			err = do_unlink(dir, dentry);
		}
		dput(dentry);
	}
	inode_unlock(dir);
	iput(inode);
out:
	path_put(&path);
	return err;
}

/* The directory is locked. */
static int do_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *target = d_inode(dentry);
	int err;

	err = may_delete(dir, dentry, true);
	if (err)
		return err;
	dget(dentry);
	inode_lock(target);
	if (fsn_is_local_mountpoint(dentry))
		err = -EBUSY;
	else
		err = dir->i_op->rmdir(dir, dentry);
	if (!err) {
		fsn_shrink_dcache_parent(dentry);
		target->i_flags |= S_DEAD;
		dont_mount(dentry);
	}
	inode_unlock(target);
	dput(dentry);
	if (!err)
		d_delete_notify(dir, dentry);
	return err;
}

int mem_rmdir(const char *name)
{
	struct dentry *dentry;
	struct inode *dir;
	struct path path;
	struct qstr last;
	int err, type;

	err = fsn_path_parentat(AT_FDCWD, NULL, name, 0, &path, &last, &type);
	if (err)
		return err;
	if (type != FSN_LAST_NORM) {
		path_put(&path);
		return type == FSN_LAST_DOTDOT ? -ENOTEMPTY : type == FSN_LAST_DOT ? -EINVAL : -EBUSY;
	}
	dir = d_inode(path.dentry);
	err = mnt_want_write(path.mnt);
	if (!err) {
		inode_lock_nested(dir, I_MUTEX_PARENT);
		dentry = lookup_one_qstr_excl(&last, path.dentry, 0);
		err = IS_ERR(dentry) ? (int)PTR_ERR(dentry) : d_is_negative(dentry) ? -ENOENT : do_rmdir(dir, dentry);
		if (!IS_ERR(dentry))
			dput(dentry);
		inode_unlock(dir);
	}
	path_put(&path);
	return err;
}

/* --- rename --- */

/* Locks two directories, ancestors first. What may not be moved or replaced: the ancestor of one below the other, or NULL. */
static struct dentry *lock_rename(struct dentry *a, struct dentry *b)
{
	struct dentry *trap;

	if (a == b) {
		inode_lock_nested(d_inode(a), I_MUTEX_PARENT);
		return NULL;
	}
	mutex_lock(&rename_mutex);
	trap = fsn_d_ancestor(b, a);
	if (trap) {
		inode_lock_nested(d_inode(b), I_MUTEX_PARENT);
		inode_lock_nested(d_inode(a), I_MUTEX_PARENT2);
		return trap;
	}
	trap = fsn_d_ancestor(a, b);
	inode_lock_nested(d_inode(a), I_MUTEX_PARENT);
	inode_lock_nested(d_inode(b), I_MUTEX_PARENT2);
	return trap;
}

static void unlock_rename(struct dentry *a, struct dentry *b)
{
	inode_unlock(d_inode(a));
	if (a != b) {
		inode_unlock(d_inode(b));
		mutex_unlock(&rename_mutex);
	}
}

struct renaming {
	struct inode *old_dir, *new_dir;
	struct dentry *old_dentry, *new_dentry;
	unsigned int flags;
	/* locked, in this order */
	struct inode *first, *second;
};

/* A directory that gets another parent or goes, and whatever is no directory, is locked; directories first, then by address. */
static void lock_moved(struct renaming *rd)
{
	struct inode *source = d_inode(rd->old_dentry), *target = d_inode(rd->new_dentry);
	bool is_dir = d_is_dir(rd->old_dentry), new_is_dir = target && d_is_dir(rd->new_dentry);
	bool elsewhere = rd->new_dir != rd->old_dir;
	bool lock_source = !is_dir || elsewhere;
	bool lock_target = target && (!new_is_dir || elsewhere || !(rd->flags & RENAME_EXCHANGE));

	rd->first = lock_source ? source : NULL;
	rd->second = lock_target ? target : NULL;
	if (!is_dir && (new_is_dir || (rd->first && rd->second && rd->second < rd->first))) {
		rd->first = rd->second;
		rd->second = lock_source ? source : NULL;
	}
	if (rd->first)
		inode_lock(rd->first);
	if (rd->second)
		inode_lock(rd->second);
}

static int may_rename(const struct renaming *rd)
{
	struct inode *source = d_inode(rd->old_dentry), *target = d_inode(rd->new_dentry);
	bool is_dir = d_is_dir(rd->old_dentry), new_is_dir = target && d_is_dir(rd->new_dentry);
	int err;

	err = may_delete(rd->old_dir, rd->old_dentry, is_dir);
	if (err)
		return err;
	if (!target)
		err = mem_may_create(rd->new_dir, rd->new_dentry);
	else
		err = may_delete(rd->new_dir, rd->new_dentry, rd->flags & RENAME_EXCHANGE ? new_is_dir : is_dir);
	if (err || rd->new_dir == rd->old_dir)
		return err;
	/* ".." changes */
	if (is_dir)
		err = inode_permission(NULL, source, MAY_WRITE);
	if (!err && (rd->flags & RENAME_EXCHANGE) && new_is_dir)
		err = inode_permission(NULL, target, MAY_WRITE);
	return err;
}

static int move(struct renaming *rd)
{
	struct inode *target = d_inode(rd->new_dentry);
	bool is_dir = d_is_dir(rd->old_dentry);
	int err;

	if (fsn_is_local_mountpoint(rd->old_dentry) || fsn_is_local_mountpoint(rd->new_dentry))
		return -EBUSY;
	err = rd->old_dir->i_op->rename(NULL, rd->old_dir, rd->old_dentry, rd->new_dir, rd->new_dentry, rd->flags);
	if (err)
		return err;
	if (rd->flags & RENAME_EXCHANGE) {
		fsn_d_exchange(rd->old_dentry, rd->new_dentry);
		return 0;
	}
	if (target) {
		if (is_dir) {
			fsn_shrink_dcache_parent(rd->new_dentry);
			target->i_flags |= S_DEAD;
		}
		dont_mount(rd->new_dentry);
	}
	fsn_d_move(rd->old_dentry, rd->new_dentry);
	return 0;
}

static int do_rename(struct renaming *rd)
{
	struct inode *source = d_inode(rd->old_dentry), *target = d_inode(rd->new_dentry);
	bool is_dir = d_is_dir(rd->old_dentry), new_is_dir = target && d_is_dir(rd->new_dentry);
	bool exchange = rd->flags & RENAME_EXCHANGE;
	struct name_snapshot old_name;
	int err;

	if (source == target)
		return 0;
	err = may_rename(rd);
	if (err)
		return err;
	take_dentry_name_snapshot(&old_name, rd->old_dentry);
	dget(rd->new_dentry);
	lock_moved(rd);
	err = move(rd);
	if (rd->first)
		inode_unlock(rd->first);
	if (rd->second)
		inode_unlock(rd->second);
	dput(rd->new_dentry);
	if (!err) {
		fsnotify_move(rd->old_dir, rd->new_dir, &old_name.name, is_dir, exchange ? NULL : target, rd->old_dentry);
		if (exchange)
			fsnotify_move(rd->new_dir, rd->old_dir, &rd->old_dentry->d_name, new_is_dir, NULL, rd->new_dentry);
	}
	release_dentry_name_snapshot(&old_name);
	return err;
}

/* Trailing slashes, and names that stand above each other. */
static int refuse_names(const struct renaming *rd, const struct qstr *old_last, const struct qstr *new_last,
			const struct dentry *trap)
{
	bool exchange = rd->flags & RENAME_EXCHANGE, new_slash = new_last->name[new_last->len];

	if ((rd->flags & RENAME_NOREPLACE) && d_is_positive(rd->new_dentry))
		return -EEXIST;
	if (exchange && d_is_negative(rd->new_dentry))
		return -ENOENT;
	if (exchange && !d_is_dir(rd->new_dentry) && new_slash)
		return -ENOTDIR;
	if (!d_is_dir(rd->old_dentry) && (old_last->name[old_last->len] || (!exchange && new_slash)))
		return -ENOTDIR;
	if (rd->old_dentry == trap)
		return -EINVAL;
	if (rd->new_dentry == trap)
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_locked(const struct path *old_path, const struct qstr *old_last, const struct path *new_path,
			 const struct qstr *new_last, unsigned int flags, const struct dentry *trap)
{
	struct renaming rd = { .old_dir = d_inode(old_path->dentry), .new_dir = d_inode(new_path->dentry), .flags = flags };
	int err;

	rd.old_dentry = lookup_one_qstr_excl(old_last, old_path->dentry, 0);
	if (IS_ERR(rd.old_dentry))
		return (int)PTR_ERR(rd.old_dentry);
	err = -ENOENT;
	if (d_is_negative(rd.old_dentry))
		goto out_old;
	rd.new_dentry = lookup_one_qstr_excl(new_last, new_path->dentry, flags & RENAME_EXCHANGE ? 0 : LOOKUP_RENAME_TARGET);
	err = (int)PTR_ERR(rd.new_dentry);
	if (IS_ERR(rd.new_dentry))
		goto out_old;
	err = refuse_names(&rd, old_last, new_last, trap);
	if (!err)
		err = do_rename(&rd);
	dput(rd.new_dentry);
out_old:
	dput(rd.old_dentry);
	return err;
}

int mem_rename(const char *old_name, const char *new_name, unsigned int flags)
{
	struct path old_path, new_path;
	struct qstr old_last, new_last;
	int err, old_type, new_type;
	struct dentry *trap;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	err = fsn_path_parentat(AT_FDCWD, NULL, old_name, 0, &old_path, &old_last, &old_type);
	if (err)
		return err;
	err = fsn_path_parentat(AT_FDCWD, NULL, new_name, 0, &new_path, &new_last, &new_type);
	if (err)
		goto out_old;
	if (old_path.mnt != new_path.mnt)
		err = -EXDEV;
	else if (old_type != FSN_LAST_NORM)
		err = -EBUSY;
	else if (new_type != FSN_LAST_NORM)
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	else
		err = mnt_want_write(old_path.mnt);
	if (!err) {
		trap = lock_rename(new_path.dentry, old_path.dentry);
		err = rename_locked(&old_path, &old_last, &new_path, &new_last, flags, trap);
		unlock_rename(new_path.dentry, old_path.dentry);
	}
	path_put(&new_path);
out_old:
	path_put(&old_path);
	return err;
}
