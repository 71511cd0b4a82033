/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fanotify program and fanotify itself agree upon, as of 6.12. The system's header of this name may be older, and
 * <sys/fanotify.h> gets this one in the backend mode.
 */
#ifndef _FSN_UAPI_LINUX_FANOTIFY_H
#define _FSN_UAPI_LINUX_FANOTIFY_H

/* The guards of the system's and of the kernel's own: whichever comes later has nothing to add. */
#ifndef _UAPI_LINUX_FANOTIFY_H
#define _UAPI_LINUX_FANOTIFY_H
#endif
#ifndef _LINUX_FANOTIFY_H
#define _LINUX_FANOTIFY_H
#endif

#include <linux/types.h>

/* ---- masks: the same bits in a mark and in an event ---- */

/* of files: read, written, opened, closed */
#define FAN_ACCESS 0x00000001
#define FAN_MODIFY 0x00000002
#define FAN_CLOSE_WRITE 0x00000008
#define FAN_CLOSE_NOWRITE 0x00000010
#define FAN_CLOSE (FAN_CLOSE_WRITE | FAN_CLOSE_NOWRITE)
#define FAN_OPEN 0x00000020
#define FAN_OPEN_EXEC 0x00001000

/* of inodes, which only a group with file handles gets */
#define FAN_ATTRIB 0x00000004
#define FAN_DELETE_SELF 0x00000400
#define FAN_MOVE_SELF 0x00000800

/* of the entries of a directory */
#define FAN_MOVED_FROM 0x00000040
#define FAN_MOVED_TO 0x00000080
#define FAN_MOVE (FAN_MOVED_FROM | FAN_MOVED_TO)
#define FAN_CREATE 0x00000100
#define FAN_DELETE 0x00000200
#define FAN_RENAME 0x10000000

/* that wait for an answer */
#define FAN_OPEN_PERM 0x00010000
#define FAN_ACCESS_PERM 0x00020000
#define FAN_OPEN_EXEC_PERM 0x00040000

/* of a whole filesystem, and of the queue */
#define FAN_FS_ERROR 0x00008000
#define FAN_Q_OVERFLOW 0x00004000

/* no events: for children of the marked directory; for directories */
#define FAN_EVENT_ON_CHILD 0x08000000
#define FAN_ONDIR 0x40000000

/* ---- fanotify_init() ---- */

#define FAN_CLOEXEC 0x00000001
#define FAN_NONBLOCK 0x00000002

/* one of three: events only; answers once the content is final; answers before that */
#define FAN_CLASS_NOTIF 0x00000000
#define FAN_CLASS_CONTENT 0x00000004
#define FAN_CLASS_PRE_CONTENT 0x00000008

#define FAN_UNLIMITED_QUEUE 0x00000010
#define FAN_UNLIMITED_MARKS 0x00000020
#define FAN_ENABLE_AUDIT 0x00000040

/* what an event tells: of the process, of the object, of its directory, its name; errors in place of descriptors */
#define FAN_REPORT_PIDFD 0x00000080
#define FAN_REPORT_TID 0x00000100
#define FAN_REPORT_FID 0x00000200
#define FAN_REPORT_DIR_FID 0x00000400
#define FAN_REPORT_NAME 0x00000800
#define FAN_REPORT_TARGET_FID 0x00001000
#ifndef FSNOTIFY_API_6_1
#define FAN_REPORT_FD_ERROR 0x00002000
#endif
#define FAN_REPORT_DFID_NAME (FAN_REPORT_DIR_FID | FAN_REPORT_NAME)
#define FAN_REPORT_DFID_NAME_TARGET (FAN_REPORT_DFID_NAME | FAN_REPORT_FID | FAN_REPORT_TARGET_FID)

/* ---- fanotify_mark() ---- */

/* what to do */
#define FAN_MARK_ADD 0x00000001
#define FAN_MARK_REMOVE 0x00000002
#define FAN_MARK_FLUSH 0x00000080

/* with which object; the first is none of the others */
#define FAN_MARK_INODE 0x00000000
#define FAN_MARK_MOUNT 0x00000010
#define FAN_MARK_FILESYSTEM 0x00000100

/* how the path is walked */
#define FAN_MARK_DONT_FOLLOW 0x00000004
#define FAN_MARK_ONLYDIR 0x00000008

/* the mark's ignore mask, in the old meaning and in the new one, and whether it outlives a modification */
#define FAN_MARK_IGNORED_MASK 0x00000020
#define FAN_MARK_IGNORE 0x00000400
#define FAN_MARK_IGNORED_SURV_MODIFY 0x00000040
#define FAN_MARK_IGNORE_SURV (FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY)

/* the mark does not keep its inode in memory */
#define FAN_MARK_EVICTABLE 0x00000200

/* ---- sets of old programs, which never grow ---- */

#define FAN_ALL_CLASS_BITS (FAN_CLASS_NOTIF | FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT)
#define FAN_ALL_INIT_FLAGS \
	(FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_ALL_CLASS_BITS)
#define FAN_ALL_MARK_FLAGS \
	(FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH | FAN_MARK_MOUNT | FAN_MARK_DONT_FOLLOW | FAN_MARK_ONLYDIR | \
	 FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY)
#define FAN_ALL_EVENTS (FAN_OPEN | FAN_CLOSE | FAN_ACCESS | FAN_MODIFY)
#define FAN_ALL_PERM_EVENTS (FAN_OPEN_PERM | FAN_ACCESS_PERM)
#define FAN_ALL_OUTGOING_EVENTS (FAN_Q_OVERFLOW | FAN_ALL_EVENTS | FAN_ALL_PERM_EVENTS)

/* ---- events, as read() gives them: this, then the records that the group asked for ---- */

#define FANOTIFY_METADATA_VERSION 3

struct fanotify_event_metadata {
	/* with the records behind it */
	__u32 event_len;
	__u8 vers;
	__u8 reserved;
	__u16 metadata_len;
	__aligned_u64 mask;
	/* open, the reader's to close; or FAN_NOFD */
	__s32 fd;
	/* who did it */
	__s32 pid;
};

#define FAN_NOFD -1
#define FAN_NOPIDFD FAN_NOFD
#define FAN_EPIDFD -2

#define FAN_EVENT_METADATA_LEN (sizeof(struct fanotify_event_metadata))
/* Whether @len bytes at @meta hold a whole event; the next one, with @len made smaller. */
#define FAN_EVENT_OK(meta, len) \
	((long)(len) >= (long)FAN_EVENT_METADATA_LEN && (long)(meta)->event_len >= (long)FAN_EVENT_METADATA_LEN && \
	 (long)(len) >= (long)(meta)->event_len)
#define FAN_EVENT_NEXT(meta, len) \
	((len) -= (meta)->event_len, (struct fanotify_event_metadata *)((char *)(meta) + (meta)->event_len))

#define FAN_EVENT_INFO_TYPE_FID 1
#define FAN_EVENT_INFO_TYPE_DFID_NAME 2
#define FAN_EVENT_INFO_TYPE_DFID 3
#define FAN_EVENT_INFO_TYPE_PIDFD 4
#define FAN_EVENT_INFO_TYPE_ERROR 5
/* of FAN_RENAME */
#define FAN_EVENT_INFO_TYPE_OLD_DFID_NAME 10
#define FAN_EVENT_INFO_TYPE_NEW_DFID_NAME 12

/* Each record begins with this. */
struct fanotify_event_info_header {
	__u8 info_type;
	__u8 pad;
	/* of the whole record, a multiple of 4 */
	__u16 len;
};

/* An object's identity; behind the handle, in the types with NAME, stands a name with its NUL. */
struct fanotify_event_info_fid {
	struct fanotify_event_info_header hdr;
	__kernel_fsid_t fsid;
	/* a struct file_handle */
	unsigned char handle[];
};

struct fanotify_event_info_pidfd {
	struct fanotify_event_info_header hdr;
	__s32 pidfd;
};

/* FAN_FS_ERROR: the first error, and how many there were until it was read. */
struct fanotify_event_info_error {
	struct fanotify_event_info_header hdr;
	__s32 error;
	__u32 error_count;
};

/* ---- answers, as write() takes them ---- */

struct fanotify_response {
	__s32 fd;
	__u32 response;
};

#define FAN_ALLOW 0x01
#define FAN_DENY 0x02
/* besides one of these: tell the audit system; more follows */
#define FAN_AUDIT 0x10
#ifndef FSNOTIFY_API_6_1
#define FAN_INFO 0x20

#define FAN_RESPONSE_INFO_NONE 0
#define FAN_RESPONSE_INFO_AUDIT_RULE 1

struct fanotify_response_info_header {
	__u8 type;
	__u8 pad;
	__u16 len;
};

/* The rule that decided, and how far its subject and its object were trusted. */
struct fanotify_response_info_audit_rule {
	struct fanotify_response_info_header hdr;
	__u32 rule_number;
	__u32 subj_trust;
	__u32 obj_trust;
};
#endif

#endif /* _FSN_UAPI_LINUX_FANOTIFY_H */
