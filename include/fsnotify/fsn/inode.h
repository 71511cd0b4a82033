/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inodes. Making one: fsn_new_inode(sb), then i_mode, i_ino, i_op as the program likes; or one of the program's own, inside
 * its struct, zeroed, with i_sb, i_mode, i_count and the number of links set (fsn_inode_init_once() and
 * fsn_inode_init_always() do so). Its end is the last fsn_iput(), through super_operations.
 */
#ifndef FSN_INODE_H
#define FSN_INODE_H

#include "types.h"

FSN_BEGIN_DECLS

static inline int64_t fsn_i_size_read(const struct inode *inode)
{
	return fsn_READ_ONCE(inode->i_size);
}

/* The caller serialises changes of the size. */
static inline void fsn_i_size_write(struct inode *inode, int64_t i_size)
{
	fsn_WRITE_ONCE(inode->i_size, i_size);
}

/* In no hash: nobody can find it again, so it goes at its last put. */
static inline bool fsn_inode_unhashed(const struct inode *inode)
{
	return !inode->i_hash.pprev;
}

static inline unsigned int fsn_i_count_read(const struct inode *inode)
{
	return (unsigned int)fsn_READ_ONCE(inode->i_count.counter);
}

static inline bool fsn_inode_is_open_for_write(const struct inode *inode)
{
	return fsn_READ_ONCE(inode->i_writecount.counter) > 0;
}

FSN_END_DECLS

#endif /* FSN_INODE_H */
