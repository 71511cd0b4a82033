/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Auditing, as far as notification backends name it. All functions are the rest of the audit system: the program that links
 * such a backend has them. Constants have the values of the kernel's interface to user space.
 */
#ifndef _FSN_LINUX_AUDIT_H
#define _FSN_LINUX_AUDIT_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* No such inode or device (yet). */
#define AUDIT_INO_UNSET ((u64)-1)
#define AUDIT_DEV_UNSET ((dev_t)-1)

/* Types of records. */
#define AUDIT_CONFIG_CHANGE 1305
#define AUDIT_FANOTIFY 1331

/* Lists of rules. */
#define AUDIT_FILTER_USER 0x00
#define AUDIT_FILTER_TASK 0x01
#define AUDIT_FILTER_ENTRY 0x02
#define AUDIT_FILTER_WATCH 0x03
#define AUDIT_FILTER_EXIT 0x04
#define AUDIT_FILTER_EXCLUDE 0x05
#define AUDIT_FILTER_FS 0x06
#define AUDIT_FILTER_URING_EXIT 0x07
#define AUDIT_NR_FILTERS 8
#define AUDIT_FILTER_PREPEND 0x10

/* What a rule that matches does. */
#define AUDIT_NEVER 0
#define AUDIT_POSSIBLE 1
#define AUDIT_ALWAYS 2

/* Fields of rules. */
#define AUDIT_PID 0
#define AUDIT_DEVMAJOR 100
#define AUDIT_DEVMINOR 101
#define AUDIT_INODE 102
#define AUDIT_EXIT 103
#define AUDIT_SUCCESS 104
#define AUDIT_WATCH 105
#define AUDIT_PERM 106
#define AUDIT_DIR 107
#define AUDIT_EXE 112
#define AUDIT_FILTERKEY 210

#define AUDIT_MAX_FIELDS 64
#define AUDIT_MAX_KEY_LEN 256
#define AUDIT_BITMASK_SIZE 64

/* How a field is compared. */
enum {
	Audit_equal,
	Audit_not_equal,
	Audit_bitmask,
	Audit_bittest,
	Audit_lt,
	Audit_gt,
	Audit_le,
	Audit_ge,
	Audit_bad
};

/* Values of audit_enabled. */
#define AUDIT_OFF 0
#define AUDIT_ON 1
#define AUDIT_LOCKED 2

struct audit_buffer;
struct audit_context;
struct audit_fsnotify_mark;
struct audit_tree;
struct audit_watch;
struct fanotify_response_info_audit_rule;

struct audit_field {
	u32 type;
	__extension__ union {
		u32 val;
		kuid_t uid;
		kgid_t gid;
		__extension__ struct {
			char *lsm_str;
			void *lsm_rule;
		};
	};
	u32 op;
};

struct audit_krule {
	u32 pflags;
	u32 flags;
	u32 listnr;
	u32 action;
	u32 mask[AUDIT_BITMASK_SIZE];
	u32 buflen;
	u32 field_count;
	char *filterkey;		/* ties records to rules */
	struct audit_field *fields;
	struct audit_field *arch_f;	/* shortcuts into fields */
	struct audit_field *inode_f;
	struct audit_watch *watch;
	struct audit_tree *tree;
	struct audit_fsnotify_mark *exe;
	struct list_head rlist;		/* the rules of a watch or a tree */
	struct list_head list;		/* the rules in the order of their priority */
	u64 prio;
};

/*
 * Whatever of audit the files of audit name is the program's. A program without any runs fanotify all the same, as a kernel
 * without audit does, so these two are weak.
 */
extern u32 audit_enabled __attribute__((__weak__));

struct audit_buffer *audit_log_start(struct audit_context *context, gfp_t gfp_mask, int type);
__attribute__((__format__(__printf__, 2, 3))) void audit_log_format(struct audit_buffer *buffer, const char *format, ...);
void audit_log_untrustedstring(struct audit_buffer *buffer, const char *string);
void audit_log_key(struct audit_buffer *buffer, char *key);
void audit_log_end(struct audit_buffer *buffer);

/* Of the calling thread; NULL: it is not audited. */
static inline struct audit_context *audit_context(void)
{
	return (struct audit_context *)current->audit_context;
}

static inline void audit_set_context(struct task_struct *task, struct audit_context *context)
{
	task->audit_context = context;
}

/* Whether nothing of the system call is to be recorded; a context begins with an int that says so. */
static inline bool audit_dummy_context(void)
{
	const int *dummy = (const int *)audit_context();

	return !dummy || *dummy;
}

#ifdef FSNOTIFY_API_6_1
void __audit_fanotify(unsigned int response) __attribute__((__weak__));

static inline void audit_fanotify(unsigned int response)
{
	if (__audit_fanotify && !audit_dummy_context())
		__audit_fanotify(response);
}
#else
void __audit_fanotify(u32 response, struct fanotify_response_info_audit_rule *friar) __attribute__((__weak__));

static inline void audit_fanotify(u32 response, struct fanotify_response_info_audit_rule *friar)
{
	if (&audit_enabled && audit_enabled && __audit_fanotify)
		__audit_fanotify(response, friar);
}
#endif

#endif /* _FSN_LINUX_AUDIT_H */
