/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct mount around the vfsmount that paths name: every vfsmount is part of one. */
#ifndef FSN_MOUNT_H
#define FSN_MOUNT_H

#include "types.h"

FSN_BEGIN_DECLS

static inline struct mount *fsn_real_mount(struct vfsmount *mnt)
{
	return fsn_container_of(mnt, struct mount, mnt);
}

/* Mounted on something else than itself? */
static inline bool fsn_mnt_has_parent(const struct mount *mnt)
{
	return mnt != mnt->mnt_parent;
}

FSN_END_DECLS

#endif /* FSN_MOUNT_H */
