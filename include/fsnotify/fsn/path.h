/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place: a dentry as seen through a mount. fsn_path_get() and fsn_path_put() count both halves. */
#ifndef FSN_PATH_H
#define FSN_PATH_H

#include "types.h"

FSN_BEGIN_DECLS

static inline bool fsn_path_equal(const struct path *path1, const struct path *path2)
{
	return path1->mnt == path2->mnt && path1->dentry == path2->dentry;
}

/* Puts both halves and forgets them. */
static inline void fsn_path_put_init(struct path *path)
{
	fsn_path_put(path);
	path->mnt = NULL;
	path->dentry = NULL;
}

FSN_END_DECLS

#endif /* FSN_PATH_H */
