/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dentries. What a dentry is stands in type bits of d_flags, which readers may look at without a lock; whoever has a
 * reference on a positive dentry may use d_inode.
 */
#ifndef FSN_DENTRY_H
#define FSN_DENTRY_H

#include "types.h"

/* The two halves of qstr.hash_len. */
#define fsn_hashlen_hash(hashlen) ((__u32)(hashlen))
#define fsn_hashlen_len(hashlen) ((__u32)((hashlen) >> 32))
#define fsn_hashlen_create(hash, len) (((__u64)(len) << 32) | (__u32)(hash))

FSN_BEGIN_DECLS

/* A name that points to a C string; without its hash, which fsn_d_hash_and_lookup() fills in. */
static inline struct qstr fsn_qstr(const char *name)
{
	struct qstr q;

	q.hash_len = fsn_hashlen_create(0, __builtin_strlen(name));
	q.name = (const unsigned char *)name;
	return q;
}

/* A name with the hash that it has in @dir. */
static inline struct qstr fsn_qstr_in(const struct dentry *dir, const char *name)
{
	struct qstr q;

	q.hash_len = fsn_hashlen_string(dir, name);
	q.name = (const unsigned char *)name;
	return q;
}

static inline bool fsn_IS_ROOT(const struct dentry *dentry)
{
	return !dentry->d_parent || dentry == dentry->d_parent;
}

/* On no hash chain: fsn_d_lookup() does not find it. */
static inline bool fsn_d_unhashed(const struct dentry *dentry)
{
	return !fsn_READ_ONCE(dentry->d_hash.pprev);
}

/* Its name has been removed. */
static inline bool fsn_d_unlinked(const struct dentry *dentry)
{
	return fsn_d_unhashed(dentry) && !fsn_IS_ROOT(dentry);
}

static inline unsigned int fsn_d_count(const struct dentry *dentry)
{
	return (unsigned int)fsn_READ_ONCE(dentry->d_lockref.count);
}

/* For whoever holds d_lock. */
static inline struct dentry *fsn_dget_dlock(struct dentry *dentry)
{
	return fsn_dget(dentry);
}

static inline struct inode *fsn_d_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

/* For readers without a reference, under fsn_rcu_read_lock(). */
static inline struct inode *fsn_d_inode_rcu(const struct dentry *dentry)
{
	return fsn_READ_ONCE(dentry->d_inode);
}

/* The inode below an overlay; there are no overlays here. */
static inline struct inode *fsn_d_backing_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

static inline struct inode *fsn_d_real_inode(const struct dentry *dentry)
{
	return dentry->d_inode;
}

static inline bool fsn_d_really_is_negative(const struct dentry *dentry)
{
	return !dentry->d_inode;
}

static inline bool fsn_d_really_is_positive(const struct dentry *dentry)
{
	return dentry->d_inode != NULL;
}

static inline unsigned int fsn___d_entry_type(const struct dentry *dentry)
{
	return fsn_READ_ONCE(dentry->d_flags) & DCACHE_ENTRY_TYPE;
}

static inline bool fsn_d_is_negative(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_MISS_TYPE;
}

static inline bool fsn_d_is_positive(const struct dentry *dentry)
{
	return !fsn_d_is_negative(dentry);
}

static inline bool fsn_d_is_whiteout(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_WHITEOUT_TYPE;
}

static inline bool fsn_d_can_lookup(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_DIRECTORY_TYPE;
}

static inline bool fsn_d_is_autodir(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_AUTODIR_TYPE;
}

static inline bool fsn_d_is_dir(const struct dentry *dentry)
{
	return fsn_d_can_lookup(dentry) || fsn_d_is_autodir(dentry);
}

static inline bool fsn_d_is_symlink(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_SYMLINK_TYPE;
}

static inline bool fsn_d_is_reg(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_REGULAR_TYPE;
}

static inline bool fsn_d_is_special(const struct dentry *dentry)
{
	return fsn___d_entry_type(dentry) == DCACHE_SPECIAL_TYPE;
}

static inline bool fsn_d_is_file(const struct dentry *dentry)
{
	return fsn_d_is_reg(dentry) || fsn_d_is_special(dentry);
}

/* The children, under the parent's d_lock. */
static inline struct dentry *fsn_d_first_child(const struct dentry *dentry)
{
	struct hlist_node *first = dentry->d_children.first;

	return first ? fsn_container_of(first, struct dentry, d_sib) : (struct dentry *)NULL;
}

static inline struct dentry *fsn_d_next_sibling(const struct dentry *dentry)
{
	struct hlist_node *next = dentry->d_sib.next;

	return next ? fsn_container_of(next, struct dentry, d_sib) : (struct dentry *)NULL;
}

FSN_END_DECLS

#endif /* FSN_DENTRY_H */
