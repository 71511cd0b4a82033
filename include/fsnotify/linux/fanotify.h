/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sets of flags and events that fanotify tells apart.
 */
#ifndef _FSN_LINUX_FANOTIFY_H
#define _FSN_LINUX_FANOTIFY_H

#include <uapi/linux/fanotify.h>

/* ---- groups ---- */

#define FAN_GROUP_FLAG(group, flag) ((group)->fanotify_data.flags & (flag))

#define FANOTIFY_PERM_CLASSES (FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT)
#define FANOTIFY_CLASS_BITS (FANOTIFY_PERM_CLASSES | FAN_CLASS_NOTIF)

/* which file handles an event tells, and with what else records follow the metadata */
#define FANOTIFY_FID_BITS FAN_REPORT_DFID_NAME_TARGET
#define FANOTIFY_INFO_MODES (FAN_REPORT_PIDFD | FANOTIFY_FID_BITS)

/* fanotify_init()'s flags: with CAP_SYS_ADMIN only, and for everybody */
#ifdef FSNOTIFY_API_6_1
#define FSN_FANOTIFY_FD_ERROR 0
#else
#define FSN_FANOTIFY_FD_ERROR FAN_REPORT_FD_ERROR
#endif
#define FANOTIFY_ADMIN_INIT_FLAGS \
	(FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_TID | FAN_REPORT_PIDFD | FSN_FANOTIFY_FD_ERROR | \
	 FANOTIFY_PERM_CLASSES)
#define FANOTIFY_USER_INIT_FLAGS (FAN_CLOEXEC | FAN_NONBLOCK | FANOTIFY_FID_BITS | FAN_CLASS_NOTIF)
#define FANOTIFY_INIT_FLAGS (FANOTIFY_USER_INIT_FLAGS | FANOTIFY_ADMIN_INIT_FLAGS)

/* that fanotify itself sets: made without CAP_SYS_ADMIN */
#define FANOTIFY_UNPRIV 0x80000000
#define FANOTIFY_INTERNAL_GROUP_FLAGS FANOTIFY_UNPRIV

/* ---- marks ---- */

#define FANOTIFY_MARK_CMD_BITS (FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH)
#define FANOTIFY_MARK_TYPE_BITS (FAN_MARK_INODE | FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)
#define FANOTIFY_MARK_IGNORE_BITS (FAN_MARK_IGNORE | FAN_MARK_IGNORED_MASK)
#define FANOTIFY_MARK_FLAGS \
	(FANOTIFY_MARK_CMD_BITS | FANOTIFY_MARK_TYPE_BITS | FANOTIFY_MARK_IGNORE_BITS | FAN_MARK_IGNORED_SURV_MODIFY | \
	 FAN_MARK_EVICTABLE | FAN_MARK_DONT_FOLLOW | FAN_MARK_ONLYDIR)

/* ---- events ---- */

/* with a path, of an open file (FAN_MODIFY of an inode alone, too: truncate()) */
#define FANOTIFY_PATH_EVENTS (FAN_OPEN | FAN_OPEN_EXEC | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE)
/* that wait for an answer */
#define FANOTIFY_PERM_EVENTS (FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_ACCESS_PERM)
/* for which read() can open a descriptor */
#define FANOTIFY_FD_EVENTS (FANOTIFY_PERM_EVENTS | FANOTIFY_PATH_EVENTS)

/* told to the directory whose entry it is, and to no parent of that */
#define FANOTIFY_DIRENT_EVENTS (FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_RENAME)
/* with an inode and no path */
#define FANOTIFY_INODE_EVENTS (FAN_DELETE_SELF | FAN_MOVE_SELF | FAN_ATTRIB | FANOTIFY_DIRENT_EVENTS)
#define FANOTIFY_ERROR_EVENTS FAN_FS_ERROR

/* all that one can ask for, permission events apart */
#define FANOTIFY_EVENTS (FANOTIFY_ERROR_EVENTS | FANOTIFY_INODE_EVENTS | FANOTIFY_PATH_EVENTS)
/* bits of a mask that are no events */
#define FANOTIFY_EVENT_FLAGS (FAN_ONDIR | FAN_EVENT_ON_CHILD)
/* all that read() may show */
#define FANOTIFY_OUTGOING_EVENTS (FAN_ONDIR | FAN_Q_OVERFLOW | FANOTIFY_PERM_EVENTS | FANOTIFY_EVENTS)
/* what makes no sense for the mark of a file */
#define FANOTIFY_DIRONLY_EVENT_BITS (FANOTIFY_EVENT_FLAGS | FANOTIFY_DIRENT_EVENTS)
#define ALL_FANOTIFY_EVENT_BITS (FANOTIFY_EVENT_FLAGS | FANOTIFY_OUTGOING_EVENTS)

/* ---- answers ---- */

#ifndef FSNOTIFY_API_6_1
#define FANOTIFY_RESPONSE_ACCESS (FAN_DENY | FAN_ALLOW)
#define FANOTIFY_RESPONSE_FLAGS (FAN_INFO | FAN_AUDIT)
#define FANOTIFY_RESPONSE_VALID_MASK (FANOTIFY_RESPONSE_FLAGS | FANOTIFY_RESPONSE_ACCESS)
#endif

/* The sets of old programs are not for fanotify itself: they do not grow. A program has them from <sys/fanotify.h>. */
#ifndef _SYS_FANOTIFY_H
#undef FAN_ALL_CLASS_BITS
#undef FAN_ALL_INIT_FLAGS
#undef FAN_ALL_MARK_FLAGS
#undef FAN_ALL_EVENTS
#undef FAN_ALL_PERM_EVENTS
#undef FAN_ALL_OUTGOING_EVENTS
#endif

#endif /* _FSN_LINUX_FANOTIFY_H */
