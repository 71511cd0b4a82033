// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes of the mirror. Each does what a real filesystem and the kernel's fs/namei.c do together for that system call, in
 * their order: the tree, the hook, and at last the reference of a name that has gone.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "mirror.h"

/* A new name for an inode, whose reference goes to it. NULL without memory: the reference is put. */
static struct dentry *add_name(struct mirror *m, struct dentry *dir, const char *name, struct inode *inode)
{
	struct dentry *dentry = fsn_d_alloc_name(dir, name);

	if (!dentry) {
		fsn_iput(inode);
		return NULL;
	}
	fsn_d_add(dentry, inode);
	m->names++;
	return dentry;
}

/* open(O_CREAT), mkdir(), symlink(), mknod(): NULL without memory. */
struct dentry *mirror_create(struct mirror *m, struct dentry *dir, const char *name, const struct attributes *attr)
{
	struct inode *inode = mirror_inode(m, attr);
	struct dentry *dentry = inode ? add_name(m, dir, name, inode) : NULL;

	if (!dentry)
		return NULL;
	if (S_ISDIR(attr->mode)) {
		m->directories++;
		fsn_inc_nlink(dir->d_inode);
		fsnotify_mkdir(dir->d_inode, dentry);
	} else {
		fsnotify_create(dir->d_inode, dentry);
	}
	return dentry;
}

/* link(): NULL without memory. */
struct dentry *mirror_link(struct mirror *m, struct dentry *dir, const char *name, struct inode *inode)
{
	struct dentry *dentry;

	fsn_ihold(inode);
	dentry = add_name(m, dir, name, inode);
	if (!dentry)
		return NULL;
	fsn_inc_nlink(inode);
	fsnotify_link(dir->d_inode, inode, dentry);
	return dentry;
}

/* Tells whoever keeps this name in a variable (see source.c) that it goes. */
static void forget_name(struct dentry *dentry)
{
	struct dentry **keeper = dentry->d_fsdata;

	if (keeper)
		*keeper = NULL;
	dentry->d_fsdata = NULL;
}

/* The link that a name was. */
static void drop_link(struct dentry *dentry, struct dentry *parent)
{
	struct inode *inode = dentry->d_inode;

	if (S_ISDIR(inode->i_mode)) {
		fsn_drop_nlink(parent->d_inode);
		fsn_clear_nlink(inode);
	} else {
		fsn_drop_nlink(inode);
	}
}

/* unlink() or rmdir(); what is still below a directory goes first. */
void mirror_remove(struct mirror *m, struct dentry *dentry)
{
	struct dentry *parent = dentry->d_parent;
	struct inode *inode = dentry->d_inode;
	struct dentry *child;
	struct hlist_node *next;

	fsn_hlist_for_each_entry_safe(child, next, &dentry->d_children, d_sib)
		mirror_remove(m, child);
	forget_name(dentry);
	m->names--;
	drop_link(dentry, parent);
	if (S_ISDIR(inode->i_mode))
		m->directories--;
	else
		fsnotify_link_count(inode);
	d_delete_notify(parent->d_inode, dentry);
	fsn_dput(dentry);
}

/* What a rename of @dentry replaces: the name that is there, or a new one without an inode. */
static struct dentry *rename_target(struct mirror *m, struct dentry *dentry, struct dentry *dir, const char *name)
{
	struct dentry *target = mirror_lookup(dir, name);
	struct dentry *child;
	struct hlist_node *next;

	if (!target) {
		target = fsn_d_alloc_name(dir, name);
		if (target)
			fsn_d_add(target, NULL);
		return target;
	}
	if (target == dentry)
		return dentry;
	/* Only an empty directory can be replaced; what we still see below it must have gone. */
	fsn_hlist_for_each_entry_safe(child, next, &target->d_children, d_sib)
		mirror_remove(m, child);
	forget_name(target);
	return target;
}

/* A directory's entry for its parent. */
static void move_link(struct dentry *dentry, struct dentry *from, struct dentry *to)
{
	if (S_ISDIR(dentry->d_inode->i_mode)) {
		fsn_drop_nlink(from->d_inode);
		fsn_inc_nlink(to->d_inode);
	}
}

/* rename(): the dentry under its new name, or NULL without memory. @dir is not below @dentry, nor its target above. */
struct dentry *mirror_rename(struct mirror *m, struct dentry *dentry, struct dentry *dir, const char *name)
{
	bool is_dir = S_ISDIR(dentry->d_inode->i_mode);
	struct dentry *old_dir = fsn_dget(dentry->d_parent);
	struct name_snapshot old_name;
	struct dentry *target;
	struct inode *replaced;

	forget_name(dentry);
	target = rename_target(m, dentry, dir, name);
	if (!target || target == dentry) {
		fsn_dput(old_dir);
		return target;
	}
	replaced = target->d_inode;
	if (replaced) {
		m->names--;
		m->directories -= S_ISDIR(replaced->i_mode);
		drop_link(target, dir);
	}
	move_link(dentry, old_dir, dir);
	fsn_take_dentry_name_snapshot(&old_name, dentry);
	fsn_d_move(dentry, target);
	fsnotify_move(old_dir->d_inode, dir->d_inode, &old_name.name, is_dir, replaced, dentry);
	fsn_release_dentry_name_snapshot(&old_name);
	/* The replaced file goes here, if that was its last name. */
	fsn_dput(target);
	fsn_dput(old_dir);
	return dentry;
}

/* renameat2(RENAME_EXCHANGE): the two change places. Neither is below the other. */
void mirror_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *dir_a = a->d_parent, *dir_b = b->d_parent;
	struct name_snapshot name_a;

	forget_name(a);
	forget_name(b);
	move_link(a, dir_a, dir_b);
	move_link(b, dir_b, dir_a);
	fsn_take_dentry_name_snapshot(&name_a, a);
	fsn_d_exchange(a, b);
	fsnotify_move(dir_a->d_inode, dir_b->d_inode, &name_a.name, S_ISDIR(a->d_inode->i_mode), NULL, a);
	fsnotify_move(dir_b->d_inode, dir_a->d_inode, &a->d_name, S_ISDIR(b->d_inode->i_mode), NULL, b);
	fsn_release_dentry_name_snapshot(&name_a);
}

/* Takes over what the system says, without an event. */
void mirror_attributes(struct dentry *dentry, const struct attributes *attr)
{
	struct inode *inode = dentry->d_inode;

	inode->i_mode = (inode->i_mode & S_IFMT) | (attr->mode & ~S_IFMT);
	inode->i_uid.val = attr->uid;
	inode->i_gid.val = attr->gid;
	inode->i_size = attr->size;
}

/* chmod(), chown(), or else utimes(), which is what remains (or setxattr(), which looks the same from outside). */
void mirror_changed_attributes(struct dentry *dentry, const struct attributes *attr)
{
	struct inode *inode = dentry->d_inode;
	unsigned int changed = 0;

	if (attr) {
		if ((inode->i_mode ^ attr->mode) & 07777)
			changed |= ATTR_MODE;
		if (inode->i_uid.val != attr->uid)
			changed |= ATTR_UID;
		if (inode->i_gid.val != attr->gid)
			changed |= ATTR_GID;
		mirror_attributes(dentry, attr);
	}
	fsnotify_change(dentry, changed ? changed : ATTR_ATIME | ATTR_MTIME);
}

/*
 * A file server has its clients' open files; from outside only the path is known, so the file lives as long as the event.
 */
static void with_file(struct mirror *m, struct dentry *dentry, unsigned int mode, void (*hook)(struct file *file))
{
	struct file file = {
		.f_path = { .mnt = &m->mount.mnt, .dentry = dentry },
		.f_inode = dentry->d_inode,
		.f_mode = mode,
		.f_flags = mode & FMODE_WRITE ? O_RDWR : O_RDONLY,
		.f_count = { 1 },
	};

	file_set_fsnotify_mode(&file);
	hook(&file);
}

void mirror_opened(struct mirror *m, struct dentry *dentry)
{
	with_file(m, dentry, FMODE_READ, fsnotify_open);
}

void mirror_accessed(struct mirror *m, struct dentry *dentry)
{
	with_file(m, dentry, FMODE_READ, fsnotify_access);
}

void mirror_modified(struct mirror *m, struct dentry *dentry)
{
	with_file(m, dentry, FMODE_READ | FMODE_WRITE, fsnotify_modify);
}

void mirror_closed(struct mirror *m, struct dentry *dentry, bool written)
{
	with_file(m, dentry, written ? FMODE_READ | FMODE_WRITE : FMODE_READ, fsnotify_close);
}
