/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands where fs/notify/fsnotify.h of a kernel tree looks for fs/mount.h: "../mount.h". */
#ifndef SHADOW_FS_MOUNT_H
#define SHADOW_FS_MOUNT_H

#include <linux/mount.h>
#include <fsnotify/mount.h>

static inline struct mount *real_mount(struct vfsmount *mnt)
{
	return fsn_real_mount(mnt);
}

#endif /* SHADOW_FS_MOUNT_H */
