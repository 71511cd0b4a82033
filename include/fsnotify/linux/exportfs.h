/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File handles: words that identify an inode for as long as its filesystem exists. A filesystem without operations for them
 * gets handles from its inodes' numbers, which identify and cannot be opened.
 */
#ifndef _FSN_LINUX_EXPORTFS_H
#define _FSN_LINUX_EXPORTFS_H

#include "../fsn/types.h"
#include "../fsn/vfs.h"
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/types.h>

/* What the C library has only on request. */
#ifndef MAX_HANDLE_SZ
#define MAX_HANDLE_SZ 128
struct file_handle {
	__u32 handle_bytes;
	int handle_type;
	unsigned char f_handle[];
};
#endif

/* How the words are laid out; a filesystem may have types of its own. */
enum fid_type {
	FILEID_ROOT = 0,
	FILEID_INO32_GEN = 1,
	FILEID_INO32_GEN_PARENT = 2,
	FILEID_INO64_GEN = 0x81,
	FILEID_INO64_GEN_PARENT = 0x82,
	FILEID_INVALID = 0xff,
};

struct fid {
	__extension__ union {
		struct {
			u32 ino;
			u32 gen;
			u32 parent_ino;
			u32 parent_gen;
		} i32;
		struct {
			u64 ino;
			u32 gen;
		} __attribute__((__packed__)) i64;
		/* as many as there are */
		__u32 raw[4];
	};
};

/* A handle with its parent; one that need not be opened again; of a directory only. */
#define EXPORT_FH_CONNECTABLE 0x1
#define EXPORT_FH_FID 0x2
#define EXPORT_FH_DIR_ONLY 0x4

/* In the flags of struct export_operations: what a server that hands out the filesystem must know. */
#define EXPORT_OP_NOWCC 0x1
#define EXPORT_OP_NOSUBTREECHK 0x2
#define EXPORT_OP_CLOSE_BEFORE_UNLINK 0x4
#define EXPORT_OP_REMOTE_FS 0x8
#define EXPORT_OP_NOATOMIC_ATTR 0x10
#define EXPORT_OP_FLUSH_ON_CLOSE 0x20

/* Flags of a filesystem's operations. */
#define EXPORT_OP_NOWCC 0x1
#define EXPORT_OP_NOSUBTREECHK 0x2
#define EXPORT_OP_CLOSE_BEFORE_UNLINK 0x4
#define EXPORT_OP_REMOTE_FS 0x8
#define EXPORT_OP_NOATOMIC_ATTR 0x10
#define EXPORT_OP_FLUSH_ON_CLOSE 0x20

static inline bool exportfs_can_encode_fid(const struct export_operations *nop)
{
	return nop ? nop->encode_fh != NULL : true;
}

static inline bool exportfs_can_decode_fh(const struct export_operations *nop)
{
	return nop ? nop->fh_to_dentry != NULL : false;
}

static inline bool exportfs_can_encode_fh(const struct export_operations *nop, int flags)
{
	return flags & EXPORT_FH_FID ? exportfs_can_encode_fid(nop) : exportfs_can_decode_fh(nop);
}

static inline int generic_encode_ino32_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	return fsn_generic_encode_ino32_fh(inode, fh, words, parent);
}

static inline struct dentry *generic_fh_to_dentry(struct super_block *sb, struct fid *fid, int words, int type,
						  struct inode *(*get_inode)(struct super_block *sb, u64 ino, u32 gen))
{
	return fsn_generic_fh_to_dentry(sb, fid, words, type, get_inode);
}

static inline struct dentry *generic_fh_to_parent(struct super_block *sb, struct fid *fid, int words, int type,
						  struct inode *(*get_inode)(struct super_block *sb, u64 ino, u32 gen))
{
	return fsn_generic_fh_to_parent(sb, fid, words, type, get_inode);
}

#ifdef FSNOTIFY_API_6_1
static inline int exportfs_encode_inode_fh(struct inode *inode, struct fid *fid, int *words, struct inode *parent)
{
	return fsn_v61_exportfs_encode_inode_fh(inode, fid, words, parent);
}
#else
static inline int exportfs_encode_inode_fh(struct inode *inode, struct fid *fid, int *words, struct inode *parent, int flags)
{
	return fsn_exportfs_encode_inode_fh(inode, fid, words, parent, flags);
}

static inline int exportfs_encode_fid(struct inode *inode, struct fid *fid, int *words)
{
	return fsn_exportfs_encode_inode_fh(inode, fid, words, NULL, EXPORT_FH_FID);
}
#endif

static inline struct dentry *exportfs_decode_fh_raw(struct vfsmount *mnt, struct fid *fid, int words, int type,
						    unsigned int flags, int (*acceptable)(void *, struct dentry *),
						    void *context)
{
	return fsn_exportfs_decode_fh_raw(mnt, fid, words, type, flags, acceptable, context);
}

/* As the one above, where nothing but a missing memory is told from a stale handle. */
static inline struct dentry *exportfs_decode_fh(struct vfsmount *mnt, struct fid *fid, int words, int type,
						int (*acceptable)(void *, struct dentry *), void *context)
{
	struct dentry *dentry = fsn_exportfs_decode_fh_raw(mnt, fid, words, type, 0, acceptable, context);

	if (dentry && (unsigned long)dentry < (unsigned long)-4095)
		return dentry;
	return (long)dentry == -ENOMEM ? dentry : (struct dentry *)(long)-ESTALE;
}

#endif /* _FSN_LINUX_EXPORTFS_H */
