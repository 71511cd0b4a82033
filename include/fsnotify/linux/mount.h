/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_MOUNT_H
#define _FSN_LINUX_MOUNT_H

#pragma GCC system_header
#include_next <linux/mount.h>
#include "../fsn/mount.h"
#include <linux/errno.h>
#include <linux/types.h>

static inline struct vfsmount *mntget(struct vfsmount *mnt)
{
	return fsn_mntget(mnt);
}

static inline void mntput(struct vfsmount *mnt)
{
	fsn_mntput(mnt);
}

#define MNT_NOSUID 0x01
#define MNT_NODEV 0x02
#define MNT_NOEXEC 0x04
#define MNT_NOATIME 0x08
#define MNT_NODIRATIME 0x10
#define MNT_RELATIME 0x20
#define MNT_READONLY 0x40
#define MNT_NOSYMFOLLOW 0x80

/* No mount maps user ids. */
static inline struct mnt_idmap *mnt_idmap(const struct vfsmount *mnt)
{
	return mnt->mnt_idmap;
}

static inline bool __mnt_is_readonly(const struct vfsmount *mnt)
{
	return (mnt->mnt_flags & MNT_READONLY) || (mnt->mnt_sb->s_flags & SB_RDONLY);
}

/* A mount does not turn read-only under its writers here, so they are not counted. */
static inline int mnt_want_write(struct vfsmount *mnt)
{
	return __mnt_is_readonly(mnt) ? -EROFS : 0;
}

static inline void mnt_drop_write(struct vfsmount *mnt)
{
	(void)mnt;
}

static inline struct vfsmount *collect_mounts(const struct path *path)
{
	return fsn_collect_mounts(path);
}

static inline void drop_collected_mounts(struct vfsmount *mnt)
{
	fsn_drop_collected_mounts(mnt);
}

static inline int iterate_mounts(int (*f)(struct vfsmount *, void *), void *arg, struct vfsmount *root)
{
	return fsn_iterate_mounts(f, arg, root);
}

static inline struct vfsmount *lookup_mnt(const struct path *path)
{
	return fsn_lookup_mnt(path);
}

#endif /* _FSN_LINUX_MOUNT_H */
