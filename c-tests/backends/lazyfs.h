/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems whose objects are in memory only while somebody needs them, as those on disks are: a root with the files 1 to 7,
 * found on lookup, forgotten by lazy_shrink(). What tells filesystems apart (ids, file handles, flags) is each one's own.
 */
#ifndef C_TESTS_BACKENDS_LAZYFS_H
#define C_TESTS_BACKENDS_LAZYFS_H

#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/statfs.h>

#define LAZY_FILES 8

struct lazy {
	struct file_system_type type;
	/* of the filesystem, and of file 7, which is the root of a part of its own */
	__kernel_fsid_t fsid, part;
	struct super_block *sb;
	struct vfsmount *mnt;
	/* in memory, by their numbers; the root is 1 with the name "/" */
	struct inode *inodes[LAZY_FILES + 1];
	int evicted;
};

static struct lazy *lazy_of(struct super_block *sb)
{
	return (struct lazy *)sb->s_fs_info;
}

static const struct inode_operations lazy_dir_operations;
static const struct file_operations lazy_file_operations;

/* The inode with a reference: the one in memory, or a new one. */
static struct inode *lazy_iget(struct super_block *sb, unsigned long number)
{
	struct inode **slot = &lazy_of(sb)->inodes[number];

	if (*slot)
		return igrab(*slot);
	*slot = new_inode(sb);
	if (*slot) {
		(*slot)->i_ino = number;
		(*slot)->i_mode = number == LAZY_FILES ? 0040755 : 0100644;
		(*slot)->i_fop = &lazy_file_operations;
		if (number == LAZY_FILES)
			(*slot)->i_op = &lazy_dir_operations;
	}
	return *slot;
}

static struct dentry *lazy_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	const unsigned char *name = dentry->d_name.name;
	struct inode *inode = NULL;

	(void)flags;
	if (dentry->d_name.len == 1 && name[0] > '0' && name[0] < '0' + LAZY_FILES) {
		inode = lazy_iget(dir->i_sb, (unsigned long)(name[0] - '0'));
		if (!inode)
			return (struct dentry *)ERR_PTR(-ENOMEM);
	}
	fsn_d_add(dentry, inode);
	return NULL;
}

static const struct inode_operations lazy_dir_operations = { .lookup = lazy_lookup };

static void lazy_evict_inode(struct inode *inode)
{
	struct lazy *lazy = lazy_of(inode->i_sb);

	clear_inode(inode);
	lazy->inodes[inode->i_ino] = NULL;
	lazy->evicted++;
}

static int lazy_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct lazy *lazy = lazy_of(dentry->d_sb);

	buf->f_fsid = dentry->d_inode->i_ino == 7 ? lazy->part : lazy->fsid;
	return 0;
}

static const struct super_operations lazy_super_operations = {
	.drop_inode = fsn_generic_delete_inode,
	.evict_inode = lazy_evict_inode,
	.statfs = lazy_statfs,
};

/* A handle as most filesystems have it: the number and a generation. */
static int lazy_encode_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	(void)parent;
	if (*words < 2) {
		*words = 2;
		return FILEID_INVALID;
	}
	*words = 2;
	fh[0] = (__u32)inode->i_ino;
	fh[1] = 1;
	return 1;
}

static struct dentry *lazy_fh_to_dentry(struct super_block *sb, struct fid *fid, int words, int type)
{
	(void)sb, (void)fid, (void)words, (void)type;
	return (struct dentry *)ERR_PTR(-ESTALE);
}

static const struct export_operations lazy_export_operations = {
	.encode_fh = lazy_encode_fh,
	.fh_to_dentry = lazy_fh_to_dentry,
};

/* Mounts a filesystem with such an id on a directory. */
__attribute__((__unused__)) static int lazy_mount(struct lazy *lazy, const char *where, int id)
{
	struct path at;
	int err;

	memset(lazy, 0, sizeof(*lazy));
	lazy->type.name = "lazy";
	lazy->fsid.val[0] = lazy->part.val[0] = id;
	lazy->sb = fsn_alloc_super(&lazy->type, &lazy_super_operations, 0);
	lazy->sb->s_fs_info = lazy;
	lazy->sb->s_export_op = &lazy_export_operations;
	lazy->sb->s_root = fsn_d_make_root(lazy_iget(lazy->sb, LAZY_FILES));
	lazy->mnt = fsn_alloc_mount(lazy->sb);
	/* The mount has one of its own. */
	fsn_deactivate_super(lazy->sb);
	err = kern_path(where, LOOKUP_DIRECTORY, &at);
	if (!err) {
		err = fsn_attach_mount(lazy->mnt, &at);
		path_put(&at);
	}
	return err;
}

__attribute__((__unused__)) static int lazy_umount(struct lazy *lazy)
{
	int err = fsn_umount(lazy->mnt, 0);

	mntput(lazy->mnt);
	return err;
}

/* What nobody uses leaves memory. Returns how many inodes did. */
__attribute__((__unused__)) static int lazy_shrink(struct lazy *lazy)
{
	int before = lazy->evicted;

	fsn_shrink_dcache_sb(lazy->sb);
	return lazy->evicted - before;
}

#endif /* C_TESTS_BACKENDS_LAZYFS_H */
