/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks. fsn_alloc_super(), or fsn_init_super() for one inside a struct of the program's; then s_root. The end is
 * fsn_deactivate_super() by whoever made it and fsn_mntput() of its mounts, in any order.
 */
#ifndef FSN_SUPER_H
#define FSN_SUPER_H

#include "types.h"

FSN_BEGIN_DECLS

static inline bool fsn_sb_rdonly(const struct super_block *sb)
{
	return sb->s_flags & SB_RDONLY;
}

FSN_END_DECLS

#endif /* FSN_SUPER_H */
