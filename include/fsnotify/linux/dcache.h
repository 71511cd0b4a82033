/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_DCACHE_H
#define _FSN_LINUX_DCACHE_H

#include "../fsn/dentry.h"
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/lockref.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/stringhash.h>

#define IS_ROOT(dentry) ((dentry) == (dentry)->d_parent)
#define QSTR_INIT(text, length) { { { 0, (length) } }, (const unsigned char *)(text) }
#define DENTRY_D_LOCK_NESTED 1

static inline struct dentry *dget(struct dentry *dentry)
{
	return fsn_dget(dentry);
}

static inline struct dentry *dget_parent(struct dentry *dentry)
{
	return fsn_dget_parent(dentry);
}

static inline void dput(struct dentry *dentry)
{
	fsn_dput(dentry);
}

static inline struct inode *d_inode(const struct dentry *dentry)
{
	return fsn_d_inode(dentry);
}

static inline struct inode *d_backing_inode(const struct dentry *dentry)
{
	return fsn_d_backing_inode(dentry);
}

static inline struct inode *d_inode_rcu(const struct dentry *dentry)
{
	return fsn_d_inode_rcu(dentry);
}

static inline int d_unhashed(const struct dentry *dentry)
{
	return fsn_d_unhashed(dentry);
}

static inline int d_unlinked(const struct dentry *dentry)
{
	return fsn_d_unlinked(dentry);
}

static inline bool d_is_negative(const struct dentry *dentry)
{
	return fsn_d_is_negative(dentry);
}

static inline bool d_is_positive(const struct dentry *dentry)
{
	return fsn_d_is_positive(dentry);
}

static inline bool d_is_dir(const struct dentry *dentry)
{
	return fsn_d_is_dir(dentry);
}

static inline bool d_can_lookup(const struct dentry *dentry)
{
	return fsn_d_can_lookup(dentry);
}

static inline bool d_is_reg(const struct dentry *dentry)
{
	return fsn_d_is_reg(dentry);
}

static inline bool d_is_special(const struct dentry *dentry)
{
	return fsn_d_is_special(dentry);
}

static inline bool d_is_symlink(const struct dentry *dentry)
{
	return fsn_d_is_symlink(dentry);
}

static inline bool d_really_is_negative(const struct dentry *dentry)
{
	return fsn_d_really_is_negative(dentry);
}

static inline bool d_really_is_positive(const struct dentry *dentry)
{
	return fsn_d_really_is_positive(dentry);
}

static inline struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	return fsn_d_alloc(parent, name);
}

static inline struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	return fsn_d_alloc_name(parent, name);
}

static inline struct dentry *d_alloc_anon(struct super_block *sb)
{
	return fsn_d_alloc_anon(sb);
}

static inline struct dentry *d_make_root(struct inode *root)
{
	return fsn_d_make_root(root);
}

static inline void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	fsn_d_instantiate(dentry, inode);
}

static inline void d_add(struct dentry *dentry, struct inode *inode)
{
	fsn_d_add(dentry, inode);
}

static inline void d_delete(struct dentry *dentry)
{
	fsn_d_delete(dentry);
}

static inline void d_drop(struct dentry *dentry)
{
	fsn_d_drop(dentry);
}

static inline void d_rehash(struct dentry *dentry)
{
	fsn_d_rehash(dentry);
}

static inline void d_move(struct dentry *dentry, struct dentry *target)
{
	fsn_d_move(dentry, target);
}

static inline void d_exchange(struct dentry *first, struct dentry *second)
{
	fsn_d_exchange(first, second);
}

static inline struct dentry *d_lookup(const struct dentry *parent, const struct qstr *name)
{
	return fsn_d_lookup(parent, name);
}

static inline struct dentry *d_hash_and_lookup(struct dentry *dir, struct qstr *name)
{
	return fsn_d_hash_and_lookup(dir, name);
}

static inline struct dentry *d_find_alias(struct inode *inode)
{
	return fsn_d_find_alias(inode);
}

static inline struct dentry *d_find_any_alias(struct inode *inode)
{
	return fsn_d_find_any_alias(inode);
}

static inline struct dentry *d_splice_alias(struct inode *inode, struct dentry *dentry)
{
	return fsn_d_splice_alias(inode, dentry);
}

static inline struct dentry *d_ancestor(struct dentry *above, struct dentry *below)
{
	return fsn_d_ancestor(above, below);
}

static inline bool is_subdir(struct dentry *below, struct dentry *above)
{
	return fsn_is_subdir(below, above);
}

static inline void d_prune_aliases(struct inode *inode)
{
	fsn_d_prune_aliases(inode);
}

static inline void d_mark_dontcache(struct inode *inode)
{
	fsn_d_mark_dontcache(inode);
}

static inline void d_genocide(struct dentry *parent)
{
	fsn_d_genocide(parent);
}

static inline void d_set_d_op(struct dentry *dentry, const struct dentry_operations *op)
{
	fsn_d_set_d_op(dentry, op);
}

static inline void shrink_dcache_parent(struct dentry *parent)
{
	fsn_shrink_dcache_parent(parent);
}

static inline void shrink_dcache_sb(struct super_block *sb)
{
	fsn_shrink_dcache_sb(sb);
}

static inline char *dentry_path_raw(const struct dentry *dentry, char *buf, int buflen)
{
	return fsn_dentry_path_raw(dentry, buf, buflen);
}

static inline void take_dentry_name_snapshot(struct name_snapshot *name, struct dentry *dentry)
{
	fsn_take_dentry_name_snapshot(name, dentry);
}

static inline void release_dentry_name_snapshot(struct name_snapshot *name)
{
	fsn_release_dentry_name_snapshot(name);
}

#ifdef FSNOTIFY_API_6_1
/* 6.1's names of the links between a directory and its children; list_for_each_entry() takes them. */
#define d_subdirs d_children
#define d_child d_sib
#endif

#endif /* _FSN_LINUX_DCACHE_H */
