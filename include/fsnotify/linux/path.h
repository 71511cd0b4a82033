/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PATH_H
#define _FSN_LINUX_PATH_H

#include "../fsn/types.h"
#include "../fsn/mount.h"

static inline void path_get(const struct path *path)
{
	fsn_path_get(path);
}

static inline void path_put(const struct path *path)
{
	fsn_path_put(path);
}

static inline int path_equal(const struct path *first, const struct path *second)
{
	return first->mnt == second->mnt && first->dentry == second->dentry;
}

#endif /* _FSN_LINUX_PATH_H */
