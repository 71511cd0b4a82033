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

/* words of FILEID_INO64_GEN */
#define FILEID_INO64_GEN_LEN 3

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

/* The number and the generation: @words is the room and becomes what it takes. */
static inline int fsn_encode_inode_number(struct inode *inode, struct fid *fid, int *words)
{
	int room = *words;

	*words = FILEID_INO64_GEN_LEN;
	if (room < FILEID_INO64_GEN_LEN)
		return FILEID_INVALID;
	fid->i64.ino = inode->i_ino;
	fid->i64.gen = inode->i_generation;
	return FILEID_INO64_GEN;
}

/* The same with 32 bits of the number, and with the parent's if there is one: @words as above. */
static inline int generic_encode_ino32_fh(struct inode *inode, __u32 *fh, int *words, struct inode *parent)
{
	int room = *words;

	*words = parent ? 4 : 2;
	if (room < *words)
		return FILEID_INVALID;
	fh[0] = (__u32)inode->i_ino;
	fh[1] = inode->i_generation;
	if (!parent)
		return FILEID_INO32_GEN;
	fh[2] = (__u32)parent->i_ino;
	fh[3] = parent->i_generation;
	return FILEID_INO32_GEN_PARENT;
}

/* Makes a handle of at most *@words words: its type, or a negative errno; their number in *@words, also if there is no room. */
static inline int fsn_exportfs_encode_inode_fh(struct inode *inode, struct fid *fid, int *words, struct inode *parent, int flags)
{
	const struct export_operations *nop = inode->i_sb->s_export_op;

	if (!exportfs_can_encode_fh(nop, flags))
		return -EOPNOTSUPP;
	if (!nop)
		return fsn_encode_inode_number(inode, fid, words);
	return nop->encode_fh(inode, (__u32 *)fid, words, parent);
}

#ifdef FSNOTIFY_API_6_1
static inline int exportfs_encode_inode_fh(struct inode *inode, struct fid *fid, int *words, struct inode *parent)
{
	const struct export_operations *nop = inode->i_sb->s_export_op;

	if (!nop || !nop->encode_fh)
		return generic_encode_ino32_fh(inode, (__u32 *)fid, words, parent);
	return nop->encode_fh(inode, (__u32 *)fid, words, parent);
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

#endif /* _FSN_LINUX_EXPORTFS_H */
