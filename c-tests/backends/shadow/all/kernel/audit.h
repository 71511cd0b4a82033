/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands where the audit files of the kernel look for "audit.h": what they share with each other and with the rest of the
 * audit system, which here is c-tests/backends/audit_rules.c.
 */
#ifndef _KERNEL_AUDIT_H_
#define _KERNEL_AUDIT_H_

#include <linux/fs.h>
#include <linux/audit.h>

struct audit_chunk;

/* A rule on its lists. */
struct audit_entry {
	struct list_head list;		/* audit_filter_list[] or audit_inode_hash[]: RCU, audit_filter_mutex */
	struct rcu_head rcu;
	struct audit_krule rule;
};

#define AUDIT_NAMES 16

/* What an object was when a system call touched it. */
struct audit_name {
	u64 ino;
	dev_t dev;
};

/* What is known of the system call that the calling thread is in. */
struct audit_context {
	int dummy;				/* first: audit_dummy_context() looks at it */
	bool in_syscall;
	struct list_head killed_trees;		/* to be pruned at its end */
	struct audit_name names[AUDIT_NAMES];
	int name_count;
	struct audit_chunk *chunks[AUDIT_NAMES];	/* of the directories above; each with a reference */
	int chunk_count;
	int matches;				/* rules that matched, and their keys */
	char keys[256];
};

/* Where a watched name is, told by an event; instead of a path walk. */
struct audit_watch_ctx {
	struct inode *dir;
	struct inode *child;
};

#define AUDIT_INODE_BUCKETS 32
#define AUDIT_NAME_FULL -1

extern struct list_head audit_inode_hash[AUDIT_INODE_BUCKETS];
extern struct list_head audit_filter_list[AUDIT_NR_FILTERS];
extern struct mutex audit_filter_mutex;

static inline int audit_hash_ino(u64 ino)
{
	return (int)((u32)ino & (AUDIT_INODE_BUCKETS - 1));
}

/* ---- the rest of the audit system ---- */

void audit_panic(const char *message);
void audit_log_session_info(struct audit_buffer *buffer);
int audit_compare_dname_path(const struct qstr *dname, const char *path, int plen);
int audit_del_rule(struct audit_entry *entry);
struct audit_entry *audit_dupe_rule(struct audit_krule *old, struct audit_watch_ctx *ctx);
void audit_free_rule_rcu(struct rcu_head *head);
void audit_filter_inodes(struct task_struct *task, struct audit_context *context);
struct list_head *audit_killed_trees(void);
void audit_ctl_lock(void);
void audit_ctl_unlock(void);

/* ---- audit_watch.c ---- */

int audit_to_watch(struct audit_krule *krule, char *path, int len, u32 op);
int audit_add_watch(struct audit_krule *krule, struct list_head **list);
void audit_remove_watch_rule(struct audit_krule *krule);
void audit_get_watch(struct audit_watch *watch);
void audit_put_watch(struct audit_watch *watch);
char *audit_watch_path(struct audit_watch *watch);
int audit_watch_compare(struct audit_watch *watch, u64 ino, dev_t dev);
int audit_dupe_exe(struct audit_krule *new, struct audit_krule *old, struct audit_watch_ctx *ctx);
int audit_exe_compare(struct task_struct *task, struct audit_fsnotify_mark *mark);

/* ---- audit_fsnotify.c ---- */

struct audit_fsnotify_mark *audit_alloc_mark(struct audit_krule *krule, char *pathname, int len,
					     struct audit_watch_ctx *ctx);
char *audit_mark_path(struct audit_fsnotify_mark *mark);
void audit_remove_mark(struct audit_fsnotify_mark *mark);
void audit_remove_mark_rule(struct audit_krule *krule);
int audit_mark_compare(struct audit_fsnotify_mark *mark, u64 ino, dev_t dev);

/* ---- audit_tree.c ---- */

struct audit_chunk *audit_tree_lookup(const struct inode *inode);
void audit_put_chunk(struct audit_chunk *chunk);
bool audit_tree_match(struct audit_chunk *chunk, struct audit_tree *tree);
int audit_make_tree(struct audit_krule *rule, char *pathname, u32 op);
int audit_add_tree_rule(struct audit_krule *rule);
int audit_remove_tree_rule(struct audit_krule *rule);
void audit_trim_trees(void);
int audit_tag_tree(char *old, char *new);
const char *audit_tree_path(struct audit_tree *tree);
void audit_put_tree(struct audit_tree *tree);
void audit_kill_trees(struct audit_context *context);

#endif /* _KERNEL_AUDIT_H_ */
