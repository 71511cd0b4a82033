/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filesystem made by hand: superblock, mount, inodes and dentries from zeroed memory with the kernel's usual initialisation
 * of their fields, without any call of the library. Part of support.h.
 */
#ifndef C_TESTS_HAND_FS_H
#define C_TESTS_HAND_FS_H

struct tinode {
	struct inode vfs;
	struct tfs *fs;
	struct tinode *next;
	int ended;
};

struct tdentry {
	struct dentry vfs;
	struct hlist_bl_node *bucket;
	struct tdentry *next;
};

struct tfs {
	struct super_block sb;
	struct mount mount;
	struct dentry *root;
	struct tinode *inodes;
	struct tdentry *dentries;
};

static int n_inodes_ended;

/* The last reference has gone: the memory stays until the filesystem ends, so that a test can look. */
static void t_destroy_inode(struct inode *inode)
{
	struct tinode *this = (struct tinode *)inode;

	put_value(this->ended, 1);
	bump(n_inodes_ended);
}

static const struct super_operations t_super_ops = {
	.destroy_inode = t_destroy_inode,
};

static void t_list_init(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

T_UNUSED static struct inode *inode_by_hand(struct tfs *fs, unsigned int mode)
{
	struct tinode *this = (struct tinode *)fsn_kzalloc(sizeof(*this), T_GFP);
	struct inode *inode = &this->vfs;

	inode->i_sb = &fs->sb;
	inode->i_mode = (unsigned short)mode;
	inode->i_nlink = 1;
	inode->i_count.counter = 1;
	t_list_init(&inode->i_lru);
	/* onto the superblock's list, at its end */
	inode->i_sb_list.next = &fs->sb.s_inodes;
	inode->i_sb_list.prev = fs->sb.s_inodes.prev;
	fs->sb.s_inodes.prev->next = &inode->i_sb_list;
	fs->sb.s_inodes.prev = &inode->i_sb_list;
	this->fs = fs;
	this->next = fs->inodes;
	fs->inodes = this;
	return inode;
}

/* A hashed dentry, positive if there is an inode, with one reference; its inode's one reference is the filesystem's. */
T_UNUSED static struct dentry *dentry_by_hand(struct tfs *fs, struct dentry *parent, const char *name, struct inode *inode)
{
	struct tdentry *this = (struct tdentry *)fsn_kzalloc(sizeof(*this), T_GFP);
	struct dentry *dentry = &this->vfs;
	size_t len = strlen(name);

	if (len >= sizeof(dentry->d_iname))
		abort();
	memcpy(dentry->d_iname, name, len);
	dentry->d_name.name = dentry->d_iname;
	dentry->d_name.len = (__u32)len;
	dentry->d_sb = &fs->sb;
	dentry->d_parent = parent ? parent : dentry;
	dentry->d_lockref.count = 1;
	dentry->d_hash.pprev = &this->bucket;
	t_list_init(&dentry->d_lru);
	if (parent) {
		parent->d_lockref.count++;
		dentry->d_sib.next = parent->d_children.first;
		if (dentry->d_sib.next)
			dentry->d_sib.next->pprev = &dentry->d_sib.next;
		parent->d_children.first = &dentry->d_sib;
		dentry->d_sib.pprev = &parent->d_children.first;
	}
	if (inode) {
		dentry->d_inode = inode;
		dentry->d_u.d_alias.next = inode->i_dentry.first;
		if (dentry->d_u.d_alias.next)
			dentry->d_u.d_alias.next->pprev = &dentry->d_u.d_alias.next;
		inode->i_dentry.first = &dentry->d_u.d_alias;
		dentry->d_u.d_alias.pprev = &inode->i_dentry.first;
		if (S_ISDIR(inode->i_mode))
			dentry->d_flags |= DCACHE_DIRECTORY_TYPE;
		else if (S_ISREG(inode->i_mode))
			dentry->d_flags |= DCACHE_REGULAR_TYPE;
		else if (S_ISLNK(inode->i_mode))
			dentry->d_flags |= DCACHE_SYMLINK_TYPE;
		else
			dentry->d_flags |= DCACHE_SPECIAL_TYPE;
		/* what the kernel does when a dentry becomes positive */
		if (parent && parent->d_inode && fsnotify_inode_watches_children(parent->d_inode))
			dentry->d_flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
	}
	this->next = fs->dentries;
	fs->dentries = this;
	return dentry;
}

T_UNUSED static struct dentry *file_by_hand(struct tfs *fs, struct dentry *parent, const char *name)
{
	return dentry_by_hand(fs, parent, name, inode_by_hand(fs, S_IFREG | 0644));
}

T_UNUSED static struct dentry *dir_by_hand(struct tfs *fs, struct dentry *parent, const char *name)
{
	return dentry_by_hand(fs, parent, name, inode_by_hand(fs, S_IFDIR | 0755));
}

T_UNUSED static struct tfs *fs_by_hand(void)
{
	struct tfs *fs = (struct tfs *)fsn_kzalloc(sizeof(*fs), T_GFP);

	t_list_init(&fs->sb.s_list);
	t_list_init(&fs->sb.s_mounts);
	t_list_init(&fs->sb.s_inodes);
	fs->sb.s_op = &t_super_ops;
	fs->sb.s_flags = SB_ACTIVE | SB_BORN;
	fs->sb.s_count = 1;
	fs->sb.s_active.counter = 1;
	fs->root = dir_by_hand(fs, NULL, "/");
	fs->sb.s_root = fs->root;
	fs->mount.mnt_parent = &fs->mount;
	fs->mount.mnt_count.counter = 1;
	fs->mount.mnt.mnt_root = fs->root;
	fs->mount.mnt.mnt_sb = &fs->sb;
	fs->mount.mnt_mountpoint = fs->root;
	t_list_init(&fs->mount.mnt_mounts);
	t_list_init(&fs->mount.mnt_child);
	t_list_init(&fs->mount.mnt_instance);
	t_list_init(&fs->mount.mnt_list);
	return fs;
}

/* The filesystem's end: the notification state through the library, the rest by hand as it was made. */
T_UNUSED static void fs_end(struct tfs *fs)
{
	struct tdentry *dentry;
	struct tinode *inode;

	__fsnotify_vfsmount_delete(&fs->mount.mnt);
	fs->sb.s_flags &= ~(unsigned long)SB_ACTIVE;
	fsnotify_sb_delete(&fs->sb);
	fsnotify_sb_free(&fs->sb);
	/* a reader may have seen a connector whose object these are */
	fsn_quiesce();
	while ((dentry = fs->dentries)) {
		fs->dentries = dentry->next;
		fsn_kfree(dentry);
	}
	while ((inode = fs->inodes)) {
		fs->inodes = inode->next;
		fsn_kfree(inode);
	}
	fsn_kfree(fs);
}

T_UNUSED static long watched(struct tfs *fs, int prio)
{
	return fs->sb.s_fsnotify_info ? fs->sb.s_fsnotify_info->watched_objects[prio].counter : 0;
}

T_UNUSED static int icount(struct inode *inode)
{
	return __atomic_load_n(&inode->i_count.counter, __ATOMIC_SEQ_CST);
}

/* A file opened on a dentry, without any call of the library. */
T_UNUSED static void file_init_by_hand(struct file *file, struct tfs *fs, struct dentry *dentry, unsigned int f_mode)
{
	memset(file, 0, sizeof(*file));
	file->f_count.counter = 1;
	file->f_mode = f_mode;
	file->f_path.mnt = &fs->mount.mnt;
	file->f_path.dentry = dentry;
	file->f_inode = dentry->d_inode;
}

#endif /* C_TESTS_HAND_FS_H */
