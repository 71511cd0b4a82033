/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tests of filecache.c once more on the in-process tmpfs, whose system calls call the hooks in the kernel's order.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/fs.h>
#include <linux/namei.h>
#include "memfs.h"
#include "filecache.c"

struct export_operations world_exports;
int files_opened;
int files_open;

static struct file_operations counting;
static const struct file_operations *plain;
static struct vfsmount *mount;

static int count_open(struct inode *inode, struct file *file)
{
	bump(files_opened);
	bump(files_open);
	return plain->open ? plain->open(inode, file) : 0;
}

static int count_release(struct inode *inode, struct file *file)
{
	__atomic_sub_fetch(&files_open, 1, __ATOMIC_SEQ_CST);
	return plain->release ? plain->release(inode, file) : 0;
}

static const char *name_of(int number)
{
	static __thread char names[2][16];
	static __thread int turn;

	turn = !turn;
	snprintf(names[turn], sizeof(names[turn]), "/%d", number);
	return names[turn];
}

void world_begin(void)
{
	struct path root;

	is(mem_init(), 0, "the tree");
	kern_path("/", LOOKUP_FOLLOW, &root);
	mount = mntget(root.mnt);
	path_put(&root);
}

void world_end(void)
{
	mntput(mount);
	mem_exit();
}

struct dentry *world_lookup(int number)
{
	struct dentry *dentry;
	struct path path;

	if (kern_path(name_of(number), 0, &path))
		return NULL;
	dentry = dget(path.dentry);
	path_put(&path);
	return dentry;
}

struct vfsmount *world_mount(void)
{
	return mount;
}

struct inode *world_inode(int number)
{
	struct dentry *dentry = world_lookup(number);
	struct inode *inode = dentry->d_inode;

	dput(dentry);
	return inode;
}

struct inode *world_create(int number)
{
	int fd = mem_open(name_of(number), O_CREAT | O_EXCL | O_RDWR, 0666);
	struct inode *inode = world_inode(number);

	mem_close(fd);
	if (!plain) {
		plain = inode->i_fop;
		counting = *plain;
		counting.open = count_open;
		counting.release = count_release;
	}
	inode->i_fop = &counting;
	return inode;
}

void world_unlink(int number)
{
	mem_unlink(name_of(number));
}

void world_link(int number, int second)
{
	mem_link(name_of(number), name_of(second));
}

void world_rename(int from, int to)
{
	mem_rename(name_of(from), name_of(to), 0);
}

void world_chmod(int number)
{
	mem_chmod(name_of(number), 0600);
}
