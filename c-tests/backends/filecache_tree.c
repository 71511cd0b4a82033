/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filesystem of the tests of nfsd's file cache, on the library's objects: see filecache.h. */
#include <linux/fs.h>
#include "filecache.h"

static struct super_block *sb;
static struct vfsmount *mnt;
static struct dentry *entries[WORLD_FILES];
/* Held by whoever changes an entry, and by who looks one up. */
static pthread_rwlock_t tree = PTHREAD_RWLOCK_INITIALIZER;
struct export_operations world_exports;
int files_opened, files_open;

static int file_open(struct inode *inode, struct file *file)
{
	(void)inode, (void)file;
	bump(files_opened);
	bump(files_open);
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	(void)inode, (void)file;
	__atomic_sub_fetch(&files_open, 1, __ATOMIC_SEQ_CST);
	return 0;
}

static const struct file_operations file_ops = { .open = file_open, .release = file_release };
static const struct super_operations super_ops = { .drop_inode = NULL };
static struct file_system_type world_type = { .name = "world" };

static struct inode *new_file_inode(umode_t mode)
{
	struct inode *inode = new_inode(sb);

	inode->i_mode = mode;
	inode->i_fop = &file_ops;
	inode->i_mapping = &inode->i_data;
	return inode;
}

void world_begin(void)
{
	sb = fsn_alloc_super(&world_type, &super_ops, 0);
	sb->s_export_op = &world_exports;
	sb->s_root = fsn_d_make_root(new_file_inode(S_IFDIR | 0755));
	mnt = fsn_alloc_mount(sb);
}

void world_end(void)
{
	for (int i = 0; i < WORLD_FILES; i++) {
		if (entries[i])
			dput(entries[i]);
		entries[i] = NULL;
	}
	mntput(mnt);
	deactivate_super(sb);
}

static struct dentry *named(int number, struct inode *inode)
{
	struct dentry *entry;
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	entry = fsn_d_alloc_name(sb->s_root, name);
	fsn_d_add(entry, inode);
	return entry;
}

struct inode *world_create(int number)
{
	struct inode *inode = new_file_inode(S_IFREG | 0644);

	pthread_rwlock_wrlock(&tree);
	entries[number] = named(number, inode);
	fsnotify_create(sb->s_root->d_inode, entries[number]);
	pthread_rwlock_unlock(&tree);
	return inode;
}

struct inode *world_inode(int number)
{
	return entries[number]->d_inode;
}

struct dentry *world_lookup(int number)
{
	struct dentry *entry;

	pthread_rwlock_rdlock(&tree);
	entry = entries[number];
	if (entry)
		dget(entry);
	pthread_rwlock_unlock(&tree);
	return entry;
}

struct vfsmount *world_mount(void)
{
	return mnt;
}

/* As the kernel's vfs_unlink() and do_unlinkat(). */
void world_unlink(int number)
{
	struct dentry *entry;
	struct inode *inode;

	pthread_rwlock_wrlock(&tree);
	entry = entries[number];
	inode = entry->d_inode;
	ihold(inode);
	drop_nlink(inode);
	fsnotify_link_count(inode);
	d_delete_notify(sb->s_root->d_inode, entry);
	entries[number] = NULL;
	pthread_rwlock_unlock(&tree);
	dput(entry);
	iput(inode);
}

void world_link(int number, int second)
{
	struct inode *inode = entries[number]->d_inode;

	ihold(inode);
	inc_nlink(inode);
	entries[second] = named(second, inode);
	fsnotify_link(sb->s_root->d_inode, inode, entries[second]);
}

/* As the kernel's vfs_rename() on a filesystem whose d_move() is the library's. */
void world_rename(int from, int to)
{
	struct inode *dir = sb->s_root->d_inode;
	struct dentry *entry, *place;
	struct inode *target;
	struct name_snapshot old_name;
	char name[16];

	pthread_rwlock_wrlock(&tree);
	entry = entries[from];
	place = entries[to];
	target = place ? place->d_inode : NULL;
	take_dentry_name_snapshot(&old_name, entry);
	if (target) {
		ihold(target);
		drop_nlink(target);
	} else {
		snprintf(name, sizeof(name), "%d", to);
		place = fsn_d_alloc_name(sb->s_root, name);
	}
	fsn_d_move(entry, place);
	fsnotify_move(dir, dir, &old_name.name, 0, target, entry);
	release_dentry_name_snapshot(&old_name);
	entries[to] = entry;
	entries[from] = NULL;
	pthread_rwlock_unlock(&tree);
	dput(place);
	if (target)
		iput(target);
}

void world_chmod(int number)
{
	fsnotify_change(entries[number], ATTR_MODE);
}
