/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_LIST_H
#define _FSN_LINUX_LIST_H

#include "../fsn/list.h"
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/poison.h>
#include <linux/types.h>

#define LIST_HEAD_INIT(name) FSN_LIST_HEAD_INIT(name)
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)
#define HLIST_HEAD_INIT { NULL }
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT
#define INIT_HLIST_HEAD(head) fsn_INIT_HLIST_HEAD(head)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	fsn_INIT_LIST_HEAD(list);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	fsn_list_add(entry, head);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	fsn_list_add_tail(entry, head);
}

static inline void list_del(struct list_head *entry)
{
	fsn_list_del(entry);
}

static inline void list_del_init(struct list_head *entry)
{
	fsn_list_del_init(entry);
}

static inline int list_empty(const struct list_head *head)
{
	return fsn_list_empty(head);
}

static inline int list_is_singular(const struct list_head *head)
{
	return fsn_list_is_singular(head);
}

static inline int list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return fsn_list_is_first(entry, head);
}

static inline int list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return fsn_list_is_last(entry, head);
}

static inline int list_is_head(const struct list_head *entry, const struct list_head *head)
{
	return fsn_list_is_head(entry, head);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	fsn_list_move(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	fsn_list_move_tail(entry, head);
}

static inline void list_replace(struct list_head *old, struct list_head *by)
{
	fsn_list_replace(old, by);
}

static inline void list_replace_init(struct list_head *old, struct list_head *by)
{
	fsn_list_replace_init(old, by);
}

static inline void list_splice(const struct list_head *list, struct list_head *head)
{
	fsn_list_splice(list, head);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	fsn_list_splice_tail(list, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	fsn_list_splice_init(list, head);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	fsn_list_splice_tail_init(list, head);
}

static inline size_t list_count_nodes(struct list_head *head)
{
	return fsn_list_count_nodes(head);
}

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
	fsn_INIT_HLIST_NODE(node);
}

static inline int hlist_empty(const struct hlist_head *head)
{
	return fsn_hlist_empty(head);
}

static inline int hlist_unhashed(const struct hlist_node *node)
{
	return fsn_hlist_unhashed(node);
}

static inline int hlist_unhashed_lockless(const struct hlist_node *node)
{
	return fsn_hlist_unhashed_lockless(node);
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	fsn_hlist_add_head(node, head);
}

static inline void hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
	fsn_hlist_add_before(node, next);
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *prev)
{
	fsn_hlist_add_behind(node, prev);
}

static inline void hlist_del(struct hlist_node *node)
{
	fsn_hlist_del(node);
}

static inline void hlist_del_init(struct hlist_node *node)
{
	fsn_hlist_del_init(node);
}

#define list_entry(ptr, type, member) fsn_list_entry(ptr, type, member)
#define list_first_entry(head, type, member) fsn_list_first_entry(head, type, member)
#define list_last_entry(head, type, member) fsn_list_last_entry(head, type, member)
#define list_first_entry_or_null(head, type, member) fsn_list_first_entry_or_null(head, type, member)
#define list_next_entry(pos, member) fsn_list_next_entry(pos, member)
#define list_prev_entry(pos, member) fsn_list_prev_entry(pos, member)
#define list_entry_is_head(pos, head, member) fsn_list_entry_is_head(pos, head, member)
#define list_for_each(pos, head) fsn_list_for_each(pos, head)
#define list_for_each_safe(pos, n, head) fsn_list_for_each_safe(pos, n, head)
#ifndef FSNOTIFY_API_6_1
#define list_for_each_entry(pos, head, member) fsn_list_for_each_entry(pos, head, member)
#else
/*
 * A dentry's children are on a doubly linked list in 6.1 (<linux/dcache.h> has the names) and on one with a single head here:
 * the type of the head tells which of them is walked.
 */
static inline void *fsn_v61_first(const void *head, bool single)
{
	return single ? (void *)((const struct hlist_head *)head)->first : (void *)((const struct list_head *)head)->next;
}

static inline void *fsn_v61_next(const void *node, bool single)
{
	return single ? (void *)((const struct hlist_node *)node)->next : (void *)((const struct list_head *)node)->next;
}

#define FSN_V61_SINGLE(head) __builtin_types_compatible_p(__typeof__(*(head)), struct hlist_head)
#define FSN_V61_ENTRY(from, pos, member) __extension__ ({ \
		char *fsn_node_ = (from); \
\
		(__typeof__(pos))(void *)(fsn_node_ ? fsn_node_ - offsetof(__typeof__(*(pos)), member) : NULL); \
	})
#define list_for_each_entry(pos, head, member) \
	for ((pos) = FSN_V61_ENTRY(fsn_v61_first(head, FSN_V61_SINGLE(head)), pos, member); \
	     FSN_V61_SINGLE(head) ? (pos) != NULL : (const void *)&(pos)->member != (const void *)(head); \
	     (pos) = FSN_V61_ENTRY(fsn_v61_next(&(pos)->member, FSN_V61_SINGLE(head)), pos, member))
#endif
#define list_for_each_entry_reverse(pos, head, member) fsn_list_for_each_entry_reverse(pos, head, member)
#define list_for_each_entry_safe(pos, n, head, member) fsn_list_for_each_entry_safe(pos, n, head, member)
#define hlist_entry(ptr, type, member) fsn_hlist_entry(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) fsn_hlist_entry_safe(ptr, type, member)
#define hlist_for_each(pos, head) fsn_hlist_for_each(pos, head)
#define hlist_for_each_entry(pos, head, member) fsn_hlist_for_each_entry(pos, head, member)
#define hlist_for_each_entry_safe(pos, n, head, member) fsn_hlist_for_each_entry_safe(pos, n, head, member)

#endif /* _FSN_LINUX_LIST_H */
