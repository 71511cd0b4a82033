/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects that events happen on. The prototypes stand in the generated abi.h with their rules for references, locks and
 * NULL; the inlines beside them in one header for each kind of object.
 */
#ifndef FSN_VFS_H
#define FSN_VFS_H

#include "inode.h"
#include "dentry.h"
#include "super.h"
#include "path.h"
#include "file.h"

#endif /* FSN_VFS_H */
