/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 6.1 mode: marks by the address of the object's i_fsnotify_marks, as a backend written for that series has it; and the hook
 * that 6.12 has no more.
 */
/* fsn-cflags: -DFSNOTIFY_API_6_1 */
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "tap.h"

static __u32 seen;
static int events, answer;

static int handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	(void)data;
	(void)data_type;
	(void)dir;
	(void)name;
	(void)cookie;
	(void)iter_info;
	seen |= mask;
	events++;
	return answer;
}

static void free_mark(struct fsnotify_mark *mark)
{
	mark->mask = 0;
}

static const struct fsnotify_ops ops = { .handle_event = handle_event, .free_mark = free_mark };

static void marks(struct fsnotify_group *group, struct inode *inode, struct inode *other)
{
	static struct fsnotify_mark first, second, third;
	fsnotify_connp_t *connp = &inode->i_fsnotify_marks;

	ok(!fsnotify_find_mark(connp, group), "no mark yet");
	fsnotify_init_mark(&first, group);
	first.mask = FS_OPEN | FS_OPEN_PERM | FS_ACCESS_PERM;
	ok(fsnotify_add_inode_mark(&first, inode, 0) == 0, "a mark on the inode");
	ok(fsnotify_find_mark(connp, group) == &first, "is found by the address of the inode's marks");
	fsnotify_put_mark(&first);
	fsnotify_init_mark(&second, group);
	ok(fsnotify_add_mark(&second, connp, FSNOTIFY_OBJ_TYPE_INODE, 0, NULL) == -17, "a second one: -EEXIST");
	fsnotify_init_mark(&third, group);
	fsnotify_group_lock(group);
	ok(fsnotify_add_inode_mark_locked(&third, other, 0) == 0, "one on another inode, with the group's lock held");
	fsnotify_group_unlock(group);
	ok(fsnotify_find_mark(&other->i_fsnotify_marks, group) == &third && fsnotify_find_mark(connp, group) == &first,
	   "each object has its own");
	fsnotify_put_mark(&third);
	fsnotify_put_mark(&first);
	fsnotify_put_mark(&first);
	fsnotify_put_mark(&second);
	fsnotify_put_mark(&third);
}

static void permission(struct file *file)
{
	seen = 0;
	answer = 0;
	ok(fsnotify_perm(file, 0x10) == 0 && !seen, "fsnotify_perm() asks about opening and reading only");
	ok(fsnotify_perm(file, 0x04) == 0 && seen == FS_ACCESS_PERM, "reading");
	seen = 0;
	ok(fsnotify_perm(file, 0x20) == 0 && seen == FS_OPEN_PERM, "opening");
	answer = -1;
	ok(fsnotify_perm(file, 0x20) == -1, "and has the listener's answer");
}

/* A superblock and a mount by their connector pointers, from the first mark on. */
static void other_objects(struct fsnotify_group *group, struct super_block *sb, struct mount *mount)
{
	static struct fsnotify_mark of_sb, of_mount;

	ok(!fsnotify_find_mark(&sb->s_fsnotify_marks, group), "no mark on the superblock yet");
	fsnotify_init_mark(&of_sb, group);
	ok(fsnotify_add_mark(&of_sb, &sb->s_fsnotify_marks, FSNOTIFY_OBJ_TYPE_SB, 0, NULL) == 0, "the superblock's first mark");
	ok(fsnotify_find_mark(&sb->s_fsnotify_marks, group) == &of_sb, "is found by the address of the superblock's marks");
	fsnotify_put_mark(&of_sb);
	ok(sb->s_fsnotify_marks == sb->s_fsnotify_info->sb_marks, "which are those of 6.12");
	fsnotify_init_mark(&of_mount, group);
	ok(fsnotify_add_mark(&of_mount, &mount->mnt_fsnotify_marks, FSNOTIFY_OBJ_TYPE_VFSMOUNT, 0, NULL) == 0, "a mount's");
	ok(fsnotify_find_mark(&mount->mnt_fsnotify_marks, group) == &of_mount, "is found, too");
	fsnotify_put_mark(&of_mount);
	fsnotify_destroy_mark(&of_sb, group);
	fsnotify_destroy_mark(&of_mount, group);
	fsnotify_put_mark(&of_sb);
	fsnotify_put_mark(&of_mount);
	ok(!sb->s_fsnotify_marks && !fsnotify_find_mark(&sb->s_fsnotify_marks, group), "the superblock has no marks any more");
}

int main(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, FSNOTIFY_GROUP_USER | FSNOTIFY_GROUP_NOFS);
	struct super_block *sb = fsn_alloc_super(NULL, NULL, SB_ACTIVE);
	struct inode *inode, *other;
	struct vfsmount *mnt;
	struct file *file;
	struct path path;

	if (!ok(!fsn_IS_ERR(group) && sb, "a group with 6.1's flags, and a superblock"))
		return done_testing();
	group->priority = FS_PRIO_1;
	ok(FS_PRIO_0 == 0 && FS_PRIO_1 == 1 && FS_PRIO_2 == 2, "6.1's names of the priorities");
	inode = fsn_new_inode(sb);
	inode->i_mode = 0040755;
	other = fsn_new_inode(sb);
	sb->s_root = fsn_d_make_root(inode);
	marks(group, inode, other);
	fsnotify_inode(inode, FS_OPEN);
	ok(events == 1 && seen == (FS_OPEN | FS_ISDIR), "an event on the inode reaches the mark");

	mnt = fsn_alloc_mount(sb);
	other_objects(group, sb, fsn_real_mount(mnt));
	path.mnt = mnt;
	path.dentry = sb->s_root;
	/* a regular file's event carries no FS_ISDIR */
	inode->i_mode = 0100644;
	/* the file takes the references over */
	fsn_path_get(&path);
	file = fsn_alloc_file(&path, 0, NULL);
	if (ok(file && !fsn_IS_ERR(file), "a file")) {
		permission(file);
		fsn_fput(file);
	}
	inode->i_mode = 0040755;
	fsnotify_destroy_group(group);
	fsn_mntput(mnt);
	fsn_iput(other);
	fsn_deactivate_super(sb);
	return done_testing();
}
