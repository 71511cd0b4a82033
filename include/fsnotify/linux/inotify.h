/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an inotify program and inotify itself agree upon. Struct and masks are the C library's, so that its <sys/inotify.h> may
 * come before or after; what an old one of them does not know is added.
 */
#ifndef _FSN_LINUX_INOTIFY_H
#define _FSN_LINUX_INOTIFY_H

#include <sys/inotify.h>
#include <linux/fcntl.h>
#include <linux/types.h>
#include <asm/ioctl.h>

#ifndef IN_EXCL_UNLINK
#define IN_EXCL_UNLINK 0x04000000
#endif
#ifndef IN_MASK_CREATE
#define IN_MASK_CREATE 0x10000000
#endif

/* The watch descriptor that the next new watch gets. */
#define INOTIFY_IOC_SETNEXTWD _IOW('I', 0, __s32)

#define FSN_INOTIFY_EVENTS_OF_FILES (IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_OPEN | IN_CLOSE | IN_DELETE_SELF | IN_MOVE_SELF)
#define FSN_INOTIFY_EVENTS_OF_NAMES (IN_CREATE | IN_DELETE | IN_MOVE)
#define FSN_INOTIFY_EVENTS_ALWAYS (IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR)
#define FSN_INOTIFY_FLAGS (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT)

/* All that a mask may hold. */
#define ALL_INOTIFY_BITS \
	(FSN_INOTIFY_EVENTS_OF_FILES | FSN_INOTIFY_EVENTS_OF_NAMES | FSN_INOTIFY_EVENTS_ALWAYS | FSN_INOTIFY_FLAGS)

#endif /* _FSN_LINUX_INOTIFY_H */
