/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct mount, for programs that make mounts of their own and report what happens on them: the vfsmount that is part of
 * it is what paths and hooks name.
 */
#ifndef FSNOTIFY_MOUNT_H
#define FSNOTIFY_MOUNT_H

#include "fsn/mount.h"
#include "fsnotify.h"
#include "fsn/mount.h"

#endif /* FSNOTIFY_MOUNT_H */
