/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands where fs/notify/fdinfo.c of a kernel tree looks for fs/internal.h: "../internal.h". */
#ifndef SHADOW_FS_INTERNAL_H
#define SHADOW_FS_INTERNAL_H

#include <linux/fs.h>
#include <linux/rwsem.h>

/* Takes s_umount for reading if the superblock is in use and nobody holds the lock for writing. */
static inline bool super_trylock_shared(struct super_block *sb)
{
	if (!down_read_trylock(&sb->s_umount))
		return false;
	if (sb->s_root && (sb->s_flags & SB_BORN) && !(sb->s_flags & SB_DYING))
		return true;
	up_read(&sb->s_umount);
	return false;
}

#endif /* SHADOW_FS_INTERNAL_H */
