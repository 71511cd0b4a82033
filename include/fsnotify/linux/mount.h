/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_MOUNT_H
#define _FSN_LINUX_MOUNT_H

#pragma GCC system_header
#include_next <linux/mount.h>
#include "../fsn/mount.h"
#include <linux/types.h>

static inline struct vfsmount *mntget(struct vfsmount *mnt)
{
	return fsn_mntget(mnt);
}

static inline void mntput(struct vfsmount *mnt)
{
	fsn_mntput(mnt);
}

#endif /* _FSN_LINUX_MOUNT_H */
