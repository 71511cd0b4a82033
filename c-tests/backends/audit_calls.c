// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The other half of audit_rules.h: system calls, what they touch and which rules that matches; the log.
 */
#include "audit_rules.h"

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>
#include <linux/rculist.h>
#include <linux/string.h>
#include <stdarg.h>
#include <stdio.h>

u32 audit_enabled = AUDIT_ON;

/* ---- names ---- */

/* 0 if @dname is the last component of @path, whose directory part is @plen bytes or has to be found. */
int audit_compare_dname_path(const struct qstr *dname, const char *path, int plen)
{
	size_t end = strlen(path), begin;

	while (plen == AUDIT_NAME_FULL && end > 1 && path[end - 1] == '/')
		end--;
	if (plen == AUDIT_NAME_FULL) {
		for (begin = end; begin && path[begin - 1] != '/'; begin--)
			;
	} else {
		begin = (size_t)plen;
	}
	return end - begin != dname->len || strncmp(path + begin, (const char *)dname->name, dname->len) != 0;
}

int marks_on(const char *path)
{
	struct fsnotify_mark_connector *connector;
	struct fsnotify_mark *mark;
	struct path found;
	int count = 0;

	if (kern_path(path, 0, &found))
		return -1;
	connector = READ_ONCE(d_backing_inode(found.dentry)->i_fsnotify_marks);
	if (connector) {
		hlist_for_each_entry(mark, &connector->list, obj_list)
			count++;
	}
	path_put(&found);
	return count;
}

/* ---- calls ---- */

static bool tree_matches(struct audit_context *context, struct audit_tree *tree)
{
	int i;

	for (i = 0; tree && i < context->chunk_count; i++) {
		if (audit_tree_match(context->chunks[i], tree))
			return true;
	}
	return false;
}

bool rule_matches(struct audit_krule *krule, struct audit_context *context, const struct audit_name *name)
{
	bool match = true;
	u32 i;

	for (i = 0; match && i < krule->field_count; i++) {
		switch (krule->fields[i].type) {
		case AUDIT_WATCH:
			match = name && audit_watch_compare(krule->watch, name->ino, name->dev);
			break;
		case AUDIT_INODE:
			match = name && (u32)name->ino == krule->fields[i].val;
			break;
		case AUDIT_DIR:
			match = tree_matches(context, krule->tree);
			break;
		case AUDIT_EXE:
			match = audit_exe_compare(current, krule->exe) == (krule->fields[i].op == Audit_equal);
			break;
		}
	}
	return match;
}

static void filter(struct audit_context *context, struct list_head *list, const struct audit_name *name)
{
	struct audit_entry *entry;
	size_t used = strlen(context->keys);

	list_for_each_entry_rcu(entry, list, list) {
		if (!rule_matches(&entry->rule, context, name))
			continue;
		context->matches++;
		if (entry->rule.filterkey)
			used += (size_t)snprintf(context->keys + used, sizeof(context->keys) - used, "%s ",
						 entry->rule.filterkey);
		if (used >= sizeof(context->keys))
			used = sizeof(context->keys) - 1;
	}
}

void audit_filter_inodes(struct task_struct *task, struct audit_context *context)
{
	int i;

	(void)task;
	rcu_read_lock();
	for (i = 0; i < context->name_count; i++)
		filter(context, &audit_inode_hash[audit_hash_ino(context->names[i].ino)], &context->names[i]);
	rcu_read_unlock();
}

struct list_head *audit_killed_trees(void)
{
	struct audit_context *context = audit_context();

	return context && context->in_syscall ? &context->killed_trees : NULL;
}

void call_begin(void)
{
	struct audit_context *context = kzalloc(sizeof(*context), GFP_KERNEL | __GFP_NOFAIL);

	INIT_LIST_HEAD(&context->killed_trees);
	context->in_syscall = true;
	audit_set_context(current, context);
}

/* The chunks of an object and of what is above it in its filesystem. */
static void collect_chunks(struct audit_context *context, struct dentry *dentry)
{
	rcu_read_lock();
	for (;; dentry = dentry->d_parent) {
		struct inode *inode = d_backing_inode(dentry);
		struct audit_chunk *chunk = NULL;

		if (inode && READ_ONCE(inode->i_fsnotify_marks))
			chunk = audit_tree_lookup(inode);
		if (chunk && context->chunk_count < AUDIT_NAMES)
			context->chunks[context->chunk_count++] = chunk;
		else if (chunk)
			audit_panic("too many chunks");
		if (IS_ROOT(dentry))
			break;
	}
	rcu_read_unlock();
}

void call_touch(const char *path)
{
	struct audit_context *context = audit_context();
	struct audit_name *name = &context->names[context->name_count];
	struct path found;

	if (context->name_count == AUDIT_NAMES || kern_path(path, 0, &found))
		return;
	name->ino = d_backing_inode(found.dentry)->i_ino;
	name->dev = found.dentry->d_sb->s_dev;
	context->name_count++;
	collect_chunks(context, found.dentry);
	path_put(&found);
}

int call_end(char *keys, size_t size)
{
	struct audit_context *context = audit_context();
	int matches;

	if (!list_empty(&context->killed_trees))
		audit_kill_trees(context);
	rcu_read_lock();
	filter(context, &audit_filter_list[AUDIT_FILTER_EXIT], NULL);
	rcu_read_unlock();
	audit_filter_inodes(current, context);
	matches = context->matches;
	if (keys)
		snprintf(keys, size, "%s", context->keys);
	while (context->chunk_count)
		audit_put_chunk(context->chunks[--context->chunk_count]);
	audit_set_context(current, NULL);
	kfree(context);
	return matches;
}

int call_with(const char *path, char *keys, size_t size)
{
	call_begin();
	call_touch(path);
	return call_end(keys, size);
}

/* ---- the log ---- */

#define RECORDS 64
#define RECORD 256

struct audit_buffer {
	char text[RECORD];
	size_t used;
};

static DEFINE_MUTEX(log_mutex);
static char records[RECORDS][RECORD];
static int n_records, n_panics;

struct audit_buffer *audit_log_start(struct audit_context *context, gfp_t gfp_mask, int type)
{
	struct audit_buffer *buffer = kzalloc(sizeof(*buffer), gfp_mask);

	(void)context;
	if (buffer)
		audit_log_format(buffer, "type=%d ", type);
	return buffer;
}

void audit_log_format(struct audit_buffer *buffer, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buffer->text + buffer->used, sizeof(buffer->text) - buffer->used, format, args);
	va_end(args);
	if (length > 0)
		buffer->used += (size_t)length;
	if (buffer->used >= sizeof(buffer->text))
		buffer->used = sizeof(buffer->text) - 1;
}

/* In quotes; in hexadecimal digits if a character could be taken for something else. */
void audit_log_untrustedstring(struct audit_buffer *buffer, const char *string)
{
	const unsigned char *at;

	for (at = (const unsigned char *)string; *at; at++) {
		if (*at == '"' || *at < 0x21 || *at > 0x7e)
			break;
	}
	if (!*at) {
		audit_log_format(buffer, "\"%s\"", string);
		return;
	}
	for (at = (const unsigned char *)string; *at; at++)
		audit_log_format(buffer, "%02X", *at);
}

void audit_log_key(struct audit_buffer *buffer, char *key)
{
	audit_log_format(buffer, " key=");
	if (key)
		audit_log_untrustedstring(buffer, key);
	else
		audit_log_format(buffer, "(null)");
}

void audit_log_session_info(struct audit_buffer *buffer)
{
	audit_log_format(buffer, "auid=%u ses=%u ", -1U, -1U);
}

void audit_log_end(struct audit_buffer *buffer)
{
	if (!buffer)
		return;
	mutex_lock(&log_mutex);
	if (n_records < RECORDS)
		memcpy(records[n_records++], buffer->text, RECORD);
	mutex_unlock(&log_mutex);
	kfree(buffer);
}

void audit_panic(const char *message)
{
	fprintf(stderr, "audit: %s\n", message);
	__atomic_add_fetch(&n_panics, 1, __ATOMIC_RELAXED);
}

int log_count(void)
{
	int count;

	mutex_lock(&log_mutex);
	count = n_records;
	mutex_unlock(&log_mutex);
	return count;
}

const char *log_text(int number)
{
	int count = log_count();

	if (number < 0)
		number += count;
	return number >= 0 && number < count ? records[number] : "(no such record)";
}

void log_clear(void)
{
	mutex_lock(&log_mutex);
	n_records = 0;
	mutex_unlock(&log_mutex);
}

int audit_panics(void)
{
	return __atomic_load_n(&n_panics, __ATOMIC_RELAXED);
}
