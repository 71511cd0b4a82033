/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_STATFS_H
#define _FSN_LINUX_STATFS_H

#include <string.h>
#include <sys/statfs.h>
#include "../fsn/types.h"
#include <linux/types.h>

#ifndef ST_RDONLY
#define ST_RDONLY 0x0001
#define ST_NOSUID 0x0002
#endif
#define ST_VALID 0x0020

static inline int vfs_statfs(const struct path *path, struct kstatfs *buf)
{
	return fsn_vfs_statfs(path, buf);
}

static inline int vfs_get_fsid(struct dentry *dentry, __kernel_fsid_t *fsid)
{
	return fsn_vfs_get_fsid(dentry, fsid);
}

static inline __kernel_fsid_t u64_to_fsid(u64 value)
{
	__kernel_fsid_t fsid = { { (int)(u32)value, (int)(u32)(value >> 32) } };

	return fsid;
}

/* Both halves of a UUID, as little-endian numbers, folded into one. */
static inline __kernel_fsid_t uuid_to_fsid(const __u8 *uuid)
{
	u64 value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value |= (u64)(uuid[i] ^ uuid[i + 8]) << (8 * i);
	return u64_to_fsid(value);
}

#endif /* _FSN_LINUX_STATFS_H */
