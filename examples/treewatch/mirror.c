// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mirror's superblock, mount and inodes; finding things in it; its end.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mirror.h"

static struct mirror *mirror_of(struct super_block *sb)
{
	return fsn_container_of(sb, struct mirror, sb);
}

static struct hlist_head *bucket(struct mirror *m, const struct identity *id)
{
	uint64_t mixed = (id->ino ^ (id->dev << 32) ^ (uint64_t)id->born) * 0x9e3779b97f4a7c15ULL;

	return &m->by_id[mixed >> 52];
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->born == b->born && a->born_nsec == b->born_nsec;
}

/* The super_operations: a node is an inode with room for what only this program needs. */
static struct inode *node_alloc(struct super_block *sb)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	fsn_inode_init_once(&node->inode);
	node->wd = -1;
	mirror_of(sb)->nodes++;
	return &node->inode;
}

static void node_evict(struct inode *inode)
{
	struct mirror *m = mirror_of(inode->i_sb);
	struct node *node = node_of(inode);

	fsn_hlist_del_init(&node->by_id);
	if (S_ISDIR(inode->i_mode) && m->on_evict)
		m->on_evict(m->on_evict_arg, node);
	fsn_clear_inode(inode);
}

static void node_destroy(struct inode *inode)
{
	mirror_of(inode->i_sb)->nodes--;
	free(node_of(inode));
}

static const struct super_operations mirror_super_ops = {
	.alloc_inode = node_alloc,
	.evict_inode = node_evict,
	.destroy_inode = node_destroy,
};

/* A name that nobody holds is gone: there is no medium from which it could be read again. */
static int name_is_not_kept(const struct dentry *dentry)
{
	(void)dentry;
	return 1;
}

static const struct dentry_operations mirror_dentry_ops = {
	.d_delete = name_is_not_kept,
};

/* Drops the mirror's references on the names below @dir, deepest first. */
static void drop_names(struct mirror *m, struct dentry *dir)
{
	struct dentry *child;
	struct hlist_node *next;

	fsn_hlist_for_each_entry_safe(child, next, &dir->d_children, d_sib) {
		drop_names(m, child);
		m->names--;
		fsn_d_drop(child);
		fsn_dput(child);
	}
}

/* The last mount has gone. */
static void mirror_kill(struct super_block *sb)
{
	drop_names(mirror_of(sb), sb->s_root);
	fsn_generic_shutdown_super(sb);
}

static struct file_system_type mirror_type = {
	.name = "treewatch",
	.kill_sb = mirror_kill,
};

void mirror_identify(struct mirror *m, struct node *node, const struct identity *id)
{
	fsn_hlist_del_init(&node->by_id);
	node->id = *id;
	if (!id->ino)
		return;
	node->inode.i_ino = id->ino;
	fsn_hlist_add_head(&node->by_id, bucket(m, id));
}

/* The inode that stands for a real file; the mirror's names keep it, no reference is taken. */
struct inode *mirror_find_identity(struct mirror *m, const struct identity *id)
{
	struct node *node;

	if (!id->ino)
		return NULL;
	fsn_hlist_for_each_entry(node, bucket(m, id), by_id) {
		if (identity_equal(&node->id, id))
			return &node->inode;
	}
	return NULL;
}

/* A new inode with one reference, or NULL. */
struct inode *mirror_inode(struct mirror *m, const struct attributes *attr)
{
	struct inode *inode = fsn_new_inode(&m->sb);

	if (!inode)
		return NULL;
	inode->i_mode = attr->mode;
	inode->i_uid.val = attr->uid;
	inode->i_gid.val = attr->gid;
	inode->i_size = attr->size;
	/* i_nlink counts the names in this tree: the file may have others elsewhere, which nobody tells us about. */
	if (S_ISDIR(attr->mode))
		fsn_set_nlink(inode, 2);
	mirror_identify(m, node_of(inode), &attr->id);
	return inode;
}

/* Mounts an empty tree. 0 or a negative errno. */
int mirror_mount(struct mirror *m, const char *path)
{
	struct attributes attr = { .mode = S_IFDIR | 0755 };
	struct inode *root;
	struct stat st;

	memset(m, 0, sizeof(*m));
	if (!realpath(path, m->path) || stat(m->path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	fsn_init_super(&m->sb, &mirror_type, &mirror_super_ops, 0);
	m->sb.s_d_op = &mirror_dentry_ops;
	root = mirror_inode(m, &attr);
	/* Drops the reference on the inode itself if there is no memory for the dentry. */
	m->sb.s_root = root ? fsn_d_make_root(root) : NULL;
	if (!m->sb.s_root) {
		fsn_deactivate_super(&m->sb);
		return -ENOMEM;
	}
	m->directories = 1;
	fsn_init_mount(&m->mount, &m->sb);
	/* From here on it is the mount that keeps the superblock. */
	fsn_deactivate_super(&m->sb);
	return 0;
}

/* Puts the mount, and with it everything: mirror_kill() runs. */
void mirror_unmount(struct mirror *m)
{
	fsn_mntput(&m->mount.mnt);
}

struct dentry *mirror_root(struct mirror *m)
{
	return m->sb.s_root;
}

/* The name in a directory or NULL; the mirror's own reference keeps it. */
struct dentry *mirror_lookup(struct dentry *dir, const char *name)
{
	struct qstr qname = { .name = (const unsigned char *)name };
	struct dentry *dentry;

	qname.len = strlen(name);
	dentry = fsn_d_hash_and_lookup(dir, &qname);
	if (fsn_IS_ERR_OR_NULL(dentry))
		return NULL;
	fsn_dput(dentry);
	return dentry;
}

/* A name of the inode or NULL; the only one of a directory. */
struct dentry *mirror_alias(struct inode *inode)
{
	struct dentry *dentry = fsn_d_find_any_alias(inode);

	fsn_dput(dentry);
	return dentry;
}

/* The path from the root of the tree, without a slash in front; "." for the root. 0 or a negative errno. */
int mirror_path(struct dentry *dentry, char *buf, size_t size)
{
	char *path = fsn_dentry_path_raw(dentry, buf, size);

	if (fsn_IS_ERR(path))
		return fsn_PTR_ERR(path);
	path++;
	memmove(buf, path, strlen(path) + 1);
	if (!buf[0])
		strcpy(buf, ".");
	return 0;
}

/* The path of the real file. 0 or a negative errno. */
int mirror_real_path(struct mirror *m, struct dentry *dentry, char *buf, size_t size)
{
	size_t base = strlen(m->path);

	if (base >= size)
		return -ENAMETOOLONG;
	memcpy(buf, m->path, base + 1);
	if (dentry == mirror_root(m))
		return 0;
	buf[base] = '/';
	return mirror_path(dentry, buf + base + 1, size - base - 1);
}
