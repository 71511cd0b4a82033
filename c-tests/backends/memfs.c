// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memfs, the filesystem: names are dentries that each hold a reference on themselves from their making to their removal, as
 * in Linux's tmpfs; contents are a piece of memory. No hooks are called here, that is for the system calls.
 */
#include "memfs_parts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <linux/exportfs.h>
#include <linux/statfs.h>

#define MEM_MAGIC 0x01021994
/* what an entry adds to the size of its directory, in tmpfs */
#define MEM_DIRENT_SIZE 20

static atomic_uint last_device;

struct mem_super {
	atomic_ulong last_ino;
};

/* --- contents --- */

int mem_reserve(struct inode *inode, size_t size)
{
	struct mem_inode *mem = mem_i(inode);
	size_t room = mem->room ? mem->room : 64;
	char *data;

	if (size <= mem->room)
		return 0;
	if (size > 1UL << 32)
		return -ENOSPC;
	while (room < size)
		room *= 2;
	data = kvmalloc(room, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOSPC;
	if (mem->room)
		memcpy(data, mem->data, mem->room);
	memset(data + mem->room, 0, room - mem->room);
	kvfree(mem->data);
	mem->data = data;
	mem->room = room;
	return 0;
}

int mem_resize(struct inode *inode, size_t size)
{
	size_t old = (size_t)inode->i_size;
	int err = 0;

	if (size < old)
		memset(mem_i(inode)->data + size, 0, old - size);
	else
		err = mem_reserve(inode, size);
	if (!err)
		inode->i_size = (loff_t)size;
	return err;
}

void mem_touch(struct inode *inode, bool atime, bool mtime, bool ctime)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (atime) {
		inode->i_atime_sec = now.tv_sec;
		inode->i_atime_nsec = (__u32)now.tv_nsec;
	}
	if (mtime) {
		inode->i_mtime_sec = now.tv_sec;
		inode->i_mtime_nsec = (__u32)now.tv_nsec;
	}
	if (ctime) {
		inode->i_ctime_sec = now.tv_sec;
		inode->i_ctime_nsec = (__u32)now.tv_nsec;
	}
}

/* --- credentials --- */

bool mem_acts_for_owner(struct inode *inode)
{
	return uid_eq(inode->i_uid, current_fsuid()) || capable_wrt_inode_uidgid(NULL, inode, CAP_FOWNER);
}

/* --- inodes --- */

static struct inode *mem_alloc_inode(struct super_block *sb)
{
	struct mem_inode *mem = kzalloc(sizeof(*mem), GFP_KERNEL_ACCOUNT);

	(void)sb;
	if (!mem)
		return NULL;
	inode_init_once(&mem->vfs_inode);
	return &mem->vfs_inode;
}

static void mem_free_inode(struct inode *inode)
{
	kfree(inode->i_link);
	kfree(mem_i(inode));
}

static void mem_evict_inode(struct inode *inode)
{
	struct mem_inode *mem = mem_i(inode);
	struct mem_xattr *xattr;

	while ((xattr = mem->xattrs)) {
		mem->xattrs = xattr->next;
		kfree(xattr->value);
		kfree(xattr);
	}
	kvfree(mem->data);
	mem->data = NULL;
	mem->room = 0;
	clear_inode(inode);
}

static struct inode *mem_new_inode(struct super_block *sb, const struct inode *dir, umode_t mode, __u32 rdev)
{
	struct mem_super *super = sb->s_fs_info;
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = ++super->last_ino;
	inode->i_generation = (__u32)random();
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_mode = mode;
	if (dir && (dir->i_mode & S_ISGID)) {
		inode->i_gid = dir->i_gid;
		if (S_ISDIR(mode))
			inode->i_mode |= S_ISGID;
	}
	mem_touch(inode, true, true, true);
	inode->i_op = &mem_file_inode_operations;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_fop = &mem_file_operations;
		break;
	case S_IFDIR:
		inc_nlink(inode);
		inode->i_size = 2 * MEM_DIRENT_SIZE;
		inode->i_op = &mem_dir_inode_operations;
		inode->i_fop = &mem_file_operations;
		break;
	case S_IFLNK:
		inode->i_op = &mem_symlink_inode_operations;
		break;
	default:
		inode->i_rdev = rdev;
		inode->i_fop = S_ISFIFO(mode) && &mem_fifo_operations ? &mem_fifo_operations : &mem_file_operations;
		break;
	}
	return inode;
}

/* --- names --- */

static int mem_always_delete(const struct dentry *dentry)
{
	(void)dentry;
	return 1;
}

static const struct dentry_operations mem_dentry_operations = {
	.d_delete = mem_always_delete,
};

/* All names are dentries, so what is asked for is not there. */
static struct dentry *mem_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	(void)dir;
	(void)flags;
	if (dentry->d_name.len > 255)
		return ERR_PTR(-ENAMETOOLONG);
	fsn_d_add(dentry, NULL);
	return NULL;
}

static void mem_entry_added(struct inode *dir)
{
	dir->i_size += MEM_DIRENT_SIZE;
	mem_touch(dir, false, true, true);
}

static void mem_entry_removed(struct inode *dir)
{
	dir->i_size -= MEM_DIRENT_SIZE;
	mem_touch(dir, false, true, true);
}

static int mem_add(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	if (!inode)
		return -ENOSPC;
	mem_entry_added(dir);
	fsn_d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

static int mem_mknod_op(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode, __u32 rdev)
{
	(void)idmap;
	return mem_add(dir, dentry, mem_new_inode(dir->i_sb, dir, mode, rdev));
}

static int mem_create_op(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	(void)excl;
	return mem_mknod_op(idmap, dir, dentry, mode | S_IFREG, 0);
}

static int mem_mkdir_op(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, umode_t mode)
{
	int err = mem_mknod_op(idmap, dir, dentry, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);
	return err;
}

static int mem_symlink_op(struct mnt_idmap *idmap, struct inode *dir, struct dentry *dentry, const char *target)
{
	struct inode *inode;

	(void)idmap;
	inode = mem_new_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);
	if (!inode)
		return -ENOSPC;
	inode->i_size = (loff_t)strlen(target);
	inode->i_link = kmalloc(strlen(target) + 1, GFP_KERNEL_ACCOUNT);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	strcpy(inode->i_link, target);
	return mem_add(dir, dentry, inode);
}

static int mem_link_op(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(old_dentry);

	mem_entry_added(dir);
	mem_touch(inode, false, false, true);
	inc_nlink(inode);
	ihold(inode);
	dget(dentry);
	fsn_d_instantiate(dentry, inode);
	return 0;
}

static int mem_unlink_op(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	mem_entry_removed(dir);
	mem_touch(inode, false, false, true);
	drop_nlink(inode);
	dput(dentry);
	return 0;
}

bool mem_is_empty(struct dentry *dentry)
{
	struct dentry *child;
	bool empty = true;

	spin_lock(&dentry->d_lock);
	for (child = fsn_d_first_child(dentry); child && empty; child = fsn_d_next_sibling(child)) {
		spin_lock(&child->d_lock);
		empty = fsn_d_really_is_negative(child) || d_unhashed(child);
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&dentry->d_lock);
	return empty;
}

static int mem_rmdir_op(struct inode *dir, struct dentry *dentry)
{
	if (!mem_is_empty(dentry))
		return -ENOTEMPTY;
	drop_nlink(d_inode(dentry));
	drop_nlink(dir);
	return mem_unlink_op(dir, dentry);
}

static int mem_exchange(struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir, struct dentry *new_dentry)
{
	bool old_is_dir = d_is_dir(old_dentry), new_is_dir = d_is_dir(new_dentry);

	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		drop_nlink(old_is_dir ? old_dir : new_dir);
		inc_nlink(old_is_dir ? new_dir : old_dir);
	}
	mem_touch(old_dir, false, true, true);
	mem_touch(new_dir, false, true, true);
	mem_touch(d_inode(old_dentry), false, false, true);
	mem_touch(d_inode(new_dentry), false, false, true);
	return 0;
}

static int mem_rename_op(struct mnt_idmap *idmap, struct inode *old_dir, struct dentry *old_dentry, struct inode *new_dir,
			 struct dentry *new_dentry, unsigned int flags)
{
	struct inode *target = d_inode(new_dentry);
	bool is_dir = d_is_dir(old_dentry);

	(void)idmap;
	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (flags & RENAME_EXCHANGE)
		return mem_exchange(old_dir, old_dentry, new_dir, new_dentry);
	if (!mem_is_empty(new_dentry))
		return -ENOTEMPTY;
	if (target) {
		mem_unlink_op(new_dir, new_dentry);
		if (is_dir) {
			drop_nlink(target);
			drop_nlink(old_dir);
		}
	} else if (is_dir) {
		drop_nlink(old_dir);
		inc_nlink(new_dir);
	}
	mem_entry_removed(old_dir);
	mem_entry_added(new_dir);
	mem_touch(d_inode(old_dentry), false, false, true);
	return 0;
}

const struct inode_operations mem_dir_inode_operations = {
	.lookup = mem_lookup,
	.create = mem_create_op,
	.link = mem_link_op,
	.unlink = mem_unlink_op,
	.symlink = mem_symlink_op,
	.mkdir = mem_mkdir_op,
	.rmdir = mem_rmdir_op,
	.mknod = mem_mknod_op,
	.rename = mem_rename_op,
};
const struct inode_operations mem_file_inode_operations = { .lookup = NULL };
const struct inode_operations mem_symlink_inode_operations = { .lookup = NULL };

/* --- file handles, as tmpfs has them: generation and number; an inode is hashed when it gets its first --- */

static int mem_encode_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	static DEFINE_SPINLOCK(hashing);
	int room = *words;

	(void)parent;
	*words = 3;
	if (room < 3)
		return FILEID_INVALID;
	spin_lock(&hashing);
	if (inode_unhashed(inode))
		__insert_inode_hash(inode, inode->i_ino + inode->i_generation);
	spin_unlock(&hashing);
	fh[0] = inode->i_generation;
	fh[1] = (__u32)inode->i_ino;
	fh[2] = (__u32)((__u64)inode->i_ino >> 32);
	return FILEID_INO32_GEN;
}

static int mem_match(struct inode *inode, void *words)
{
	const __u32 *fh = words;

	return inode->i_ino == ((__u64)fh[2] << 32 | fh[1]) && inode->i_generation == fh[0];
}

static struct dentry *mem_fh_to_dentry(struct super_block *sb, struct fid *fid, int words, int type)
{
	const __u32 *fh = fid->raw;
	struct dentry *dentry;
	struct inode *inode;

	if (words < 3 || type != FILEID_INO32_GEN)
		return NULL;
	inode = ilookup5(sb, ((unsigned long)fh[2] << 32 | fh[1]) + fh[0], mem_match, fid->raw);
	if (!inode)
		return NULL;
	dentry = fsn_d_find_alias(inode);
	if (!dentry)
		dentry = fsn_d_find_any_alias(inode);
	iput(inode);
	return dentry;
}

static const struct export_operations mem_export_operations = {
	.encode_fh = mem_encode_fh,
	.fh_to_dentry = mem_fh_to_dentry,
};

/* --- superblocks --- */

static int mem_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	buf->f_type = MEM_MAGIC;
	buf->f_bsize = 4096;
	buf->f_namelen = 255;
	buf->f_fsid = uuid_to_fsid(dentry->d_sb->s_uuid);
	return 0;
}

static void mem_put_super(struct super_block *sb)
{
	kfree(sb->s_fs_info);
	sb->s_fs_info = NULL;
}

static const struct super_operations mem_super_operations = {
	.alloc_inode = mem_alloc_inode,
	.free_inode = mem_free_inode,
	.evict_inode = mem_evict_inode,
	.drop_inode = fsn_generic_delete_inode,
	.put_super = mem_put_super,
	.statfs = mem_statfs,
};

/* Each name's own reference goes first. */
static void mem_kill_sb(struct super_block *sb)
{
	if (sb->s_root)
		fsn_d_genocide(sb->s_root);
	generic_shutdown_super(sb);
}

static struct file_system_type mem_fs_type = {
	.name = "tmpfs",
	.kill_sb = mem_kill_sb,
};

static struct super_block *mem_new_super(void)
{
	struct super_block *sb = fsn_alloc_super(&mem_fs_type, &mem_super_operations, 0);

	if (!sb)
		return NULL;
	sb->s_fs_info = kzalloc(sizeof(struct mem_super), GFP_KERNEL_ACCOUNT);
	sb->s_magic = MEM_MAGIC;
	sb->s_blocksize = 4096;
	sb->s_blocksize_bits = 12;
	sb->s_maxbytes = 0x7fffffffffffffffLL;
	sb->s_time_gran = 1;
	sb->s_dev = ++last_device;
	sb->s_d_op = &mem_dentry_operations;
	sb->s_export_op = &mem_export_operations;
	if (getrandom(sb->s_uuid, sizeof(sb->s_uuid), 0) != sizeof(sb->s_uuid))
		memset(sb->s_uuid, (int)sb->s_dev, sizeof(sb->s_uuid));
	if (sb->s_fs_info)
		sb->s_root = fsn_d_make_root(mem_new_inode(sb, NULL, S_IFDIR | 01777, 0));
	if (!sb->s_root) {
		fsn_deactivate_super(sb);
		return NULL;
	}
	return sb;
}

/* --- mounts --- */

/* A mount of a new filesystem, with a reference. */
static struct vfsmount *mem_new_mount(void)
{
	struct super_block *sb = mem_new_super();
	struct vfsmount *mnt;

	if (!sb)
		return NULL;
	mnt = fsn_alloc_mount(sb);
	fsn_deactivate_super(sb);
	return mnt;
}

static int mem_mount_root(void)
{
	struct vfsmount *mnt = mem_new_mount();
	struct path root;
	int err;

	if (!mnt)
		return -ENOMEM;
	err = fsn_attach_mount(mnt, NULL);
	if (!err) {
		root.mnt = mnt;
		root.dentry = mnt->mnt_root;
		fsn_set_fs_root(&root);
		fsn_set_fs_pwd(&root);
	}
	mntput(mnt);
	return err;
}

int mem_init(void)
{
	int err = mem_mount_root();

	return err == -EBUSY ? 0 : err;
}

void mem_exit(void)
{
	struct path root;

	if (fsn_get_fs_root(&root))
		return;
	fsn_set_fs_pwd(NULL);
	fsn_set_fs_root(NULL);
	fsn_umount(root.mnt, FSN_MNT_DETACH);
	path_put(&root);
}

int mem_mount(const char *name)
{
	struct vfsmount *mnt;
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err == -ENOENT && !strcmp(name, "/"))
		return mem_mount_root();
	if (err)
		return err;
	mnt = mem_new_mount();
	err = mnt ? fsn_attach_mount(mnt, &path) : -ENOMEM;
	mntput(mnt);
	path_put(&path);
	return err;
}

int mem_umount(const char *name, int flags)
{
	struct vfsmount *mnt;
	struct path path;
	int err;

	if (flags & ~FSN_MNT_DETACH)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_MOUNTPOINT, &path);
	if (err)
		return err;
	mnt = path.mnt;
	err = path.dentry == mnt->mnt_root ? 0 : -EINVAL;
	/* the mount is held, its root no longer */
	dput(path.dentry);
	if (!err)
		err = fsn_umount(mnt, flags);
	mntput(mnt);
	return err;
}
