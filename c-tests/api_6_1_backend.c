/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 6.1 mode for backends: the way from a connector to its object as that series writes it, and the names of a directory's children.
 */
/* fsn-cflags: -DFSNOTIFY_API_6_1 -Iinclude/fsnotify */
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>
#include <fsnotify/mount.h>
#include "tap.h"

static int handle_inode_event(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir,
			      const struct qstr *name, u32 cookie)
{
	(void)mark;
	(void)mask;
	(void)inode;
	(void)dir;
	(void)name;
	(void)cookie;
	return 0;
}

static void free_mark(struct fsnotify_mark *mark)
{
	mark->mask = 0;
}

static const struct fsnotify_ops ops = { .handle_inode_event = handle_inode_event, .free_mark = free_mark };

static void objects(struct fsnotify_group *group, struct inode *inode, struct mount *mount, struct super_block *sb)
{
	static struct fsnotify_mark marks[3];
	fsnotify_connp_t *connp[] = { &inode->i_fsnotify_marks, &mount->mnt_fsnotify_marks, &sb->s_fsnotify_marks };
	int type;

	for (type = 0; type < 3; type++) {
		fsnotify_init_mark(&marks[type], group);
		is(fsnotify_add_mark(&marks[type], connp[type], type, 0, NULL), 0, "a mark on the object of type %d", type);
	}
	is_ptr(container_of(marks[0].connector->obj, struct inode, i_fsnotify_marks), inode, "the connector leads to the inode");
	is_ptr(container_of(marks[1].connector->obj, struct mount, mnt_fsnotify_marks), mount, "to the mount");
	is_ptr(container_of(marks[2].connector->obj, struct super_block, s_fsnotify_marks), sb, "to the superblock");
	is_ptr(container_of(connp[0], struct inode, i_fsnotify_marks), inode, "a pointer to a member does as ever");
	ok(!(marks[0].connector->flags & FSNOTIFY_CONN_FLAG_HAS_FSID), "no connector has a filesystem's id");
	ok(atomic_long_read(&sb->s_fsnotify_connectors) == 4, "three connectors and a pinned inode");
	fsnotify_destroy_group(group);
	for (type = 0; type < 3; type++)
		fsnotify_put_mark(&marks[type]);
	is(atomic_long_read(&sb->s_fsnotify_connectors), 0, "none is left with the group");
}

static int children(struct dentry *parent)
{
	struct dentry *child;
	int count = 0;

	list_for_each_entry(child, &parent->d_subdirs, d_child) {
		ok(child->d_parent == parent, "child %d", count);
		count++;
	}
	return count;
}

struct item {
	struct list_head link;
};

static void lists(struct dentry *root)
{
	LIST_HEAD(head);
	struct item items[3], *item;
	struct dentry *first, *second;
	int count = 0;

	list_for_each_entry(item, &head, link)
		count++;
	is(count, 0, "an ordinary list without members");
	for (count = 0; count < 3; count++)
		list_add_tail(&items[count].link, &head);
	count = 0;
	list_for_each_entry(item, &head, link)
		ok(item == &items[count++], "its members in order");
	is(count, 3, "and all of them");

	is(children(root), 0, "a directory without children");
	first = d_alloc_name(root, "first");
	second = d_alloc_name(root, "second");
	is(children(root), 2, "a directory with two");
	dput(first);
	dput(second);
}

int main(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, FSNOTIFY_GROUP_NOFS);
	struct super_block *sb = fsn_alloc_super(NULL, NULL, SB_ACTIVE);
	struct inode *inode;
	struct vfsmount *mnt;

	if (!ok(!IS_ERR(group) && sb, "a group and a superblock"))
		return done_testing();
	inode = new_inode(sb);
	inode->i_mode = S_IFDIR | 0755;
	sb->s_root = d_make_root(inode);
	mnt = fsn_alloc_mount(sb);
	objects(group, inode, fsn_real_mount(mnt), sb);
	lists(sb->s_root);
	mntput(mnt);
	deactivate_super(sb);
	return done_testing();
}
