/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_CONTAINER_OF_H
#define _FSN_LINUX_CONTAINER_OF_H

#include <linux/compiler.h>

#ifdef FSNOTIFY_API_6_1
#include "../fsn/group.h"

/*
 * In 6.1 a connector's obj lies within the object that is asked for, like any member. Here it is the inode or superblock
 * itself, or the struct vfsmount in a struct mount.
 */
#define FSN_V61_MNT_IN_MOUNT 32
#define FSN_V61_IS_OBJECT(ptr) __builtin_types_compatible_p(__typeof__(ptr), fsn_v61_object_t)
#define container_of(ptr, type, member) \
	__builtin_choose_expr(FSN_V61_IS_OBJECT(ptr), \
		(type *)((char *)(ptr) - \
			 (__builtin_types_compatible_p(type, struct mount) ? FSN_V61_MNT_IN_MOUNT : 0)), \
		fsn_container_of(ptr, type, member))
#else
#define container_of(ptr, type, member) fsn_container_of(ptr, type, member)
#endif
#define container_of_const(ptr, type, member) fsn_container_of(ptr, type, member)

#endif /* _FSN_LINUX_CONTAINER_OF_H */
