/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rest of the audit system for the tests of audit_watch.c, audit_fsnotify.c and audit_tree.c: rules with fields that watch
 * files, trees and executables; the lists and the hash that they are on; system calls of a thread with the objects that they
 * touched, matched against the rules; the log.
 *
 * A program that uses it names it and the three backends: fsn-sources: audit_rules.c audit_calls.c
 */
#ifndef AUDIT_RULES_H
#define AUDIT_RULES_H

#include <linux/slab.h>
#include "shadow/all/kernel/audit.h"

/* A rule as user space writes it. NULL and 0 leave a field out; a rule without a list is for AUDIT_FILTER_EXIT. */
struct rule {
	u32 list;
	const char *watch;	/* AUDIT_WATCH: a file by its path, which need not exist */
	const char *dir;	/* AUDIT_DIR: a tree */
	const char *exe;	/* AUDIT_EXE: an executable by its path */
	u64 inode;		/* AUDIT_INODE */
	const char *key;	/* AUDIT_FILTERKEY */
	u32 op;			/* of watch, dir and exe */
	bool prepend;
};

/* auditctl -a and -d: 0 or what the kernel says (-EEXIST, -ENOENT, -EINVAL, -ENOMEM, an error of the path walk). */
int rule_add(const struct rule *rule);
int rule_del(const struct rule *rule);
/* auditctl -t, and what a mount does: tells the trees above @old about what is new at @new. */
void rules_trim(void);
int rules_tag(const char *old, const char *new);
/* The rules that there are, in the order of their priority: their number, and one of them. */
int rules_count(void);
struct audit_krule *rules_find(const char *key);
/* The bucket of the inode hash that a rule is in, -1 if it is in none. */
int rules_bucket(const char *key);
/* Waits for the rules that are being freed; how many entries there are in all, freed ones not counted. */
int rules_settle(void);

/* How many marks there are on an object, of whatever group; nobody adds or removes any meanwhile. */
int marks_on(const char *path);

/* One system call of the calling thread. What it touches is matched at its end: the keys of the rules, each followed by a
 * space, in @keys if it is not NULL. Returns how many matched. Trees that died within it are pruned at its end. */
void call_begin(void);
void call_touch(const char *path);
int call_end(char *keys, size_t size);
/* A whole call that touches one path. */
int call_with(const char *path, char *keys, size_t size);

/* The log: how many records there are, the text of one (the last: -1), forget them. */
int log_count(void);
const char *log_text(int number);
void log_clear(void);
/* How often the audit system has panicked. */
int audit_panics(void);

/* Between audit_rules.c and audit_calls.c: whether all fields of a rule match a call, or one object of it. */
bool rule_matches(struct audit_krule *krule, struct audit_context *context, const struct audit_name *name);

#endif /* AUDIT_RULES_H */
