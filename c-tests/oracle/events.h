/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens to the objects: every hook, with every kind of data, and the ends of inodes, mounts and superblocks.
 */
#ifndef ORACLE_EVENTS_H
#define ORACLE_EVENTS_H

#include "calls.h"

/* ---- names ---- */

static void unlink_name(struct dentry *dentry)
{
	dentry->d_hash.pprev = NULL;
}

static void hash_name(struct dentry *dentry)
{
	dentry->d_hash.pprev = &((struct tdentry *)dentry)->bucket;
}

/* The dentry gets another parent, by hand, as d_move() would do it. */
static void reparent(struct dentry *dentry, struct dentry *parent)
{
	*dentry->d_sib.pprev = dentry->d_sib.next;
	if (dentry->d_sib.next)
		dentry->d_sib.next->pprev = dentry->d_sib.pprev;
	dentry->d_parent->d_lockref.count--;
	dentry->d_parent = parent;
	parent->d_lockref.count++;
	dentry->d_sib.next = parent->d_children.first;
	if (dentry->d_sib.next)
		dentry->d_sib.next->pprev = &dentry->d_sib.next;
	parent->d_children.first = &dentry->d_sib;
	dentry->d_sib.pprev = &parent->d_children.first;
	fsn_spin_lock(&dentry->d_lock);
	fsnotify_update_flags(dentry);
	fsn_spin_unlock(&dentry->d_lock);
}

static void rename_name(void)
{
	struct tree *tree = pick_tree();
	struct dentry *moved = tree->names[FILE_A + below(NAMES - FILE_A)];
	struct dentry *to = tree->names[below(FILE_A)], *from = moved->d_parent;
	struct inode *target = one_in(3) ? pick_inode(tree) : NULL;
	struct qstr old_name = fsn_qstr("before");

	emit("fsnotify_move %s from %s to %s over %s\n", dentry_name(moved), dentry_name(from), dentry_name(to),
	     inode_name(target));
	reparent(moved, to);
	fsnotify_move(from->d_inode, to->d_inode, &old_name, S_ISDIR(moved->d_inode->i_mode), target, moved);
	if (target)
		fsn_iput(target);
}

/* A file loses its name, and with it perhaps its last use; the name gets another inode. */
static void replace_inode(void)
{
	struct tree *tree = pick_tree();
	struct dentry *dentry = tree->names[FILE_A + below(NAMES - FILE_A)];
	struct inode *inode = dentry->d_inode;
	bool removed = one_in(2);

	if (depth || !tree_has_room(tree))
		return;
	emit("%s of %s %s\n", inode_name(inode), dentry_name(dentry), removed ? "is removed" : "leaves memory");
	if (removed) {
		fsnotify_unlink(dentry->d_parent->d_inode, dentry);
		inode->i_nlink = 0;
	}
	/* the dentry becomes negative: nobody plays with it meanwhile */
	depth += 2;
	*dentry->d_u.d_alias.pprev = dentry->d_u.d_alias.next;
	dentry->d_u.d_alias.next = NULL;
	dentry->d_u.d_alias.pprev = NULL;
	dentry->d_inode = NULL;
	if (removed)
		fsnotify_inoderemove(inode);
	fsn_iput(inode);
	/* and positive again */
	dentry->d_inode = tree_inode(tree, inode->i_mode);
	dentry->d_u.d_alias.pprev = &dentry->d_inode->i_dentry.first;
	dentry->d_inode->i_dentry.first = &dentry->d_u.d_alias;
	fsn_spin_lock(&dentry->d_lock);
	fsnotify_update_flags(dentry);
	fsn_spin_unlock(&dentry->d_lock);
	depth -= 2;
	fsnotify_create(dentry->d_parent->d_inode, dentry);
}

/* ---- hooks ---- */

static void on_file(void)
{
	struct tree *tree = pick_tree();
	struct dentry *dentry = pick_name(tree);
	struct inode *inode = dentry->d_inode;
	struct file file;
	unsigned int mode = (one_in(2) ? FMODE_READ : 0) | (one_in(2) ? FMODE_WRITE : 0) | (one_in(12) ? FMODE_NONOTIFY : 0);
	int64_t pos = 0;

	fsn_ihold(inode);
	file_init_by_hand(&file, tree->fs, dentry, mode);
	file.f_path.mnt = pick_mount(tree);
	if (one_in(5))
		file.f_flags |= FMODE_EXEC;
	if (!one_in(6)) {
		file_set_fsnotify_mode(&file);
		emit("file_set_fsnotify_mode %s = %x\n", dentry_name(dentry), (unsigned int)file.f_mode);
	}
	for (unsigned int n = 1 + below(2); n; n--) {
		unsigned int what = below(7);

		order[depth].last = NULL;
		emit("file hook %u %s by %s flags %x\n", what, dentry_name(dentry), object_name(file.f_path.mnt, 1), file.f_flags);
		switch (what) {
		case 0:
			fsnotify_open(&file);
			break;
		case 1:
			fsnotify_access(&file);
			break;
		case 2:
			fsnotify_modify(&file);
			break;
		case 3:
			fsnotify_close(&file);
			break;
		case 4:
			emit("  = %d\n", fsnotify_open_perm(&file));
			break;
		case 5:
			emit("  = %d\n", fsnotify_file_area_perm(&file, FSN_MAY_READ, &pos, 10));
			break;
		case 6:
			emit("  = %d\n", fsnotify_file(&file, pick_mask()));
			break;
		}
	}
	fsn_iput(inode);
}

static void on_name(void)
{
	struct tree *tree = pick_tree();
	struct dentry *dentry = pick_name(tree);
	struct inode *inode = dentry->d_inode, *dir = dentry->d_parent->d_inode;
	unsigned int what = below(10), attributes = draw();

	fsn_ihold(inode);
	emit("name hook %u %s in %s\n", what, dentry_name(dentry), inode_name(dir));
	switch (what) {
	case 0:
		fsnotify_create(dir, dentry);
		break;
	case 1:
		fsnotify_mkdir(dir, dentry);
		break;
	case 2:
		fsnotify_unlink(dir, dentry);
		break;
	case 3:
		fsnotify_rmdir(dir, dentry);
		break;
	case 4:
		fsnotify_link(dir, inode, dentry);
		break;
	case 5:
		fsnotify_xattr(dentry);
		break;
	case 6:
		fsnotify_change(dentry, attributes);
		break;
	case 7:
		fsnotify_link_count(inode);
		break;
	case 8:
		unlink_name(dentry);
		fsnotify_delete(dir, inode, dentry);
		break;
	case 9:
		hash_name(dentry);
		fsnotify_dentry(dentry, pick_mask());
		break;
	}
	fsn_iput(inode);
}

/* fsnotify() and __fsnotify_parent() themselves, with what the hooks never pass too. */
static void on_anything(void)
{
	struct tree *tree = pick_tree();
	struct dentry *dentry = pick_name(tree);
	struct path path = { .mnt = pick_mount(tree), .dentry = dentry };
	struct inode *inode = one_in(3) ? NULL : one_in(3) ? pick_inode(tree) : dentry->d_inode, *given = inode;
	struct inode *dir = one_in(3) ? NULL : dentry->d_parent->d_inode, *kept = dentry->d_inode;
	struct fs_error_report report = { .error = -EIO, .inode = kept, .sb = &tree->fs->sb };
	struct qstr name = fsn_qstr("name");
	const void *data[] = { &path, kept, dentry, &report };
	unsigned int type = below(4);
	__u32 mask = one_in(3) ? pick_mask() : pick_event() | (one_in(3) ? FS_EVENT_ON_CHILD : 0) | (one_in(4) ? FS_ISDIR : 0);
	__u32 cookie = below(3);
	bool named = one_in(2);
	int result;

	fsn_ihold(kept);
	if (mask & FS_RENAME && type != 0)
		type = 2;
	if (one_in(3) && type != 3) {
		emit("__fsnotify_parent %s %x data %s\n", dentry_name(dentry), mask, data_name(data[type], (int)type + 1));
		result = __fsnotify_parent(dentry, mask, data[type], (int)type + 1);
	} else {
		emit("fsnotify %x data %s dir %s%s inode %s cookie %u\n", mask, data_name(data[type], (int)type + 1),
		     inode_name(dir), named ? " named" : "", inode_name(inode), cookie);
		result = fsnotify(mask, data[type], (int)type + 1, dir, named ? &name : NULL, inode, cookie);
	}
	emit("  = %d\n", result);
	if (given && given != kept)
		fsn_iput(given);
	fsn_iput(kept);
}

static void on_error(void)
{
	struct tree *tree = pick_tree();
	struct inode *inode = one_in(2) ? NULL : pick_inode(tree);

	emit("fsnotify_sb_error %s\n", inode_name(inode));
	emit("  = %d\n", fsnotify_sb_error(&tree->fs->sb, inode, -EIO));
	if (inode)
		fsn_iput(inode);
}

static void flag_children(void)
{
	struct dentry *dentry = pick_name(pick_tree());

	emit("fsnotify_set_children_dentry_flags %s\n", dentry_name(dentry));
	fsnotify_set_children_dentry_flags(dentry->d_inode);
}

/* ---- ends ---- */

static void end_object(void)
{
	struct tree *tree = pick_tree();
	struct inode *inode;
	struct mount *mount;

	switch (below(6)) {
	case 0:
		mount = fsn_real_mount(pick_mount(tree));
		emit("__fsnotify_vfsmount_delete %s\n", object_name(&mount->mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT));
		__fsnotify_vfsmount_delete(&mount->mnt);
		break;
	case 1:
		if (!tree->fs->sb.s_fsnotify_info)
			break;
		emit("fsnotify_destroy_marks %s\n", object_name(&tree->fs->sb, FSNOTIFY_OBJ_TYPE_SB));
		fsnotify_destroy_marks(&tree->fs->sb.s_fsnotify_info->sb_marks);
		break;
	default:
		inode = pick_inode(tree);
		emit("__fsnotify_inode_delete %s\n", inode_name(inode));
		__fsnotify_inode_delete(inode);
		fsn_iput(inode);
	}
}

static void tree_unmount(struct tree *tree)
{
	struct super_block *sb = &tree->fs->sb;

	emit("t%d is unmounted\n", tree->id);
	/* nobody may watch it anew meanwhile */
	depth += 2;
	__fsnotify_vfsmount_delete(&tree->fs->mount.mnt);
	__fsnotify_vfsmount_delete(&tree->second.mnt);
	sb->s_flags &= ~(unsigned long)SB_ACTIVE;
	fsnotify_sb_delete(sb);
	depth -= 2;
	tree_state(tree);
	fsnotify_sb_free(sb);
	sb->s_fsnotify_info = NULL;
}

static void unmount_and_mount(void)
{
	int slot = one_in(2);

	if (depth || n_trees == TREES || !one_in(2))
		return;
	tree_unmount(mounted[slot]);
	mounted[slot] = tree_new();
	emit("t%d is mounted\n", mounted[slot]->id);
}

/* What is left of the filesystems goes, when no reader can see it any more. */
static void trees_free(void)
{
	for (int i = 0; i < n_trees; i++)
		fs_end(trees[i].fs);
}

#endif /* ORACLE_EVENTS_H */
