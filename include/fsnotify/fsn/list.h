/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's lists: circular doubly linked (list_head) and hash chains (hlist_head), with the forms that readers may walk
 * while a writer works (_rcu). A deleted entry is poisoned, so that a second deletion faults instead of corrupting a list.
 */
#ifndef FSN_LIST_H
#define FSN_LIST_H

#include "types.h"

#define FSN_LIST_POISON1 ((void *)(uintptr_t)0xdead000000000100ULL)
#define FSN_LIST_POISON2 ((void *)(uintptr_t)0xdead000000000122ULL)

#define FSN_LIST_HEAD_INIT(name) { &(name), &(name) }

FSN_BEGIN_DECLS

static inline void fsn_INIT_LIST_HEAD(struct list_head *list)
{
	fsn_WRITE_ONCE(list->next, list);
	list->prev = list;
}

/* Between two neighbours; the store that readers see comes last and publishes the entry. */
static inline void fsn_list_insert_between(struct list_head *entry, struct list_head *before, struct list_head *after)
{
	entry->prev = before;
	entry->next = after;
	after->prev = entry;
	fsn_smp_store_release(&before->next, entry);
}

static inline void fsn_list_add(struct list_head *entry, struct list_head *head)
{
	fsn_list_insert_between(entry, head, head->next);
}

static inline void fsn_list_add_tail(struct list_head *entry, struct list_head *head)
{
	fsn_list_insert_between(entry, head->prev, head);
}

static inline void fsn_list_add_rcu(struct list_head *entry, struct list_head *head)
{
	fsn_list_insert_between(entry, head, head->next);
}

static inline void fsn_list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	fsn_list_insert_between(entry, head->prev, head);
}

/* Joins the neighbours; the entry's own links stay as they were. */
static inline void fsn_list_bridge(struct list_head *entry)
{
	struct list_head *before = entry->prev, *after = entry->next;

	after->prev = before;
	fsn_WRITE_ONCE(before->next, after);
}

static inline void fsn_list_del(struct list_head *entry)
{
	fsn_list_bridge(entry);
	entry->next = (struct list_head *)FSN_LIST_POISON1;
	entry->prev = (struct list_head *)FSN_LIST_POISON2;
}

static inline void fsn_list_del_init(struct list_head *entry)
{
	fsn_list_bridge(entry);
	fsn_INIT_LIST_HEAD(entry);
}

/* Readers that stand on the entry can still go on. */
static inline void fsn_list_del_rcu(struct list_head *entry)
{
	fsn_list_bridge(entry);
	entry->prev = (struct list_head *)FSN_LIST_POISON2;
}

static inline bool fsn_list_empty(const struct list_head *head)
{
	return fsn_READ_ONCE(head->next) == head;
}

static inline bool fsn_list_is_singular(const struct list_head *head)
{
	return !fsn_list_empty(head) && head->next == head->prev;
}

static inline bool fsn_list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return entry->prev == head;
}

static inline bool fsn_list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

static inline bool fsn_list_is_head(const struct list_head *entry, const struct list_head *head)
{
	return entry == head;
}

static inline void fsn_list_move(struct list_head *entry, struct list_head *head)
{
	fsn_list_bridge(entry);
	fsn_list_add(entry, head);
}

static inline void fsn_list_move_tail(struct list_head *entry, struct list_head *head)
{
	fsn_list_bridge(entry);
	fsn_list_add_tail(entry, head);
}

/* An empty list is replaced by an empty list. */
static inline void fsn_list_replace(struct list_head *old, struct list_head *by)
{
	if (fsn_list_empty(old))
		fsn_INIT_LIST_HEAD(by);
	else
		fsn_list_insert_between(by, old->prev, old->next);
}

static inline void fsn_list_replace_init(struct list_head *old, struct list_head *by)
{
	fsn_list_replace(old, by);
	fsn_INIT_LIST_HEAD(old);
}

static inline void fsn_list_replace_rcu(struct list_head *old, struct list_head *by)
{
	fsn_list_replace(old, by);
	old->prev = (struct list_head *)FSN_LIST_POISON2;
}

/* All of a non-empty @list, between two neighbours. */
static inline void fsn_list_insert_all(const struct list_head *list, struct list_head *before, struct list_head *after)
{
	list->prev->next = after;
	after->prev = list->prev;
	list->next->prev = before;
	fsn_WRITE_ONCE(before->next, list->next);
}

static inline void fsn_list_splice(const struct list_head *list, struct list_head *head)
{
	if (!fsn_list_empty(list))
		fsn_list_insert_all(list, head, head->next);
}

static inline void fsn_list_splice_tail(const struct list_head *list, struct list_head *head)
{
	if (!fsn_list_empty(list))
		fsn_list_insert_all(list, head->prev, head);
}

static inline void fsn_list_splice_init(struct list_head *list, struct list_head *head)
{
	fsn_list_splice(list, head);
	fsn_INIT_LIST_HEAD(list);
}

static inline void fsn_list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	fsn_list_splice_tail(list, head);
	fsn_INIT_LIST_HEAD(list);
}

static inline size_t fsn_list_count_nodes(const struct list_head *head)
{
	const struct list_head *at;
	size_t count = 0;

	for (at = head->next; at != head; at = at->next)
		count++;
	return count;
}

static inline void fsn_INIT_HLIST_NODE(struct hlist_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline void fsn_INIT_HLIST_HEAD(struct hlist_head *head)
{
	head->first = NULL;
}

static inline bool fsn_hlist_empty(const struct hlist_head *head)
{
	return !fsn_READ_ONCE(head->first);
}

static inline bool fsn_hlist_unhashed(const struct hlist_node *node)
{
	return !node->pprev;
}

static inline bool fsn_hlist_unhashed_lockless(const struct hlist_node *node)
{
	return !fsn_READ_ONCE(node->pprev);
}

/* Into the place that @link names, ahead of what stands there. */
static inline void fsn_hlist_insert_at(struct hlist_node *node, struct hlist_node **link)
{
	struct hlist_node *after = *link;

	node->next = after;
	node->pprev = link;
	fsn_smp_store_release(link, node);
	if (after)
		fsn_WRITE_ONCE(after->pprev, &node->next);
}

static inline void fsn_hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	fsn_hlist_insert_at(node, &head->first);
}

static inline void fsn_hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
	fsn_hlist_insert_at(node, &head->first);
}

static inline void fsn_hlist_add_before(struct hlist_node *node, struct hlist_node *next)
{
	fsn_hlist_insert_at(node, next->pprev);
}

static inline void fsn_hlist_add_before_rcu(struct hlist_node *node, struct hlist_node *next)
{
	fsn_hlist_insert_at(node, next->pprev);
}

static inline void fsn_hlist_add_behind(struct hlist_node *node, struct hlist_node *prev)
{
	fsn_hlist_insert_at(node, &prev->next);
}

static inline void fsn_hlist_add_behind_rcu(struct hlist_node *node, struct hlist_node *prev)
{
	fsn_hlist_insert_at(node, &prev->next);
}

/* Takes the node out; its own links stay as they were. */
static inline void fsn_hlist_bridge(struct hlist_node *node)
{
	struct hlist_node *after = node->next;

	fsn_WRITE_ONCE(*node->pprev, after);
	if (after)
		fsn_WRITE_ONCE(after->pprev, node->pprev);
}

static inline void fsn_hlist_del(struct hlist_node *node)
{
	fsn_hlist_bridge(node);
	node->next = (struct hlist_node *)FSN_LIST_POISON1;
	node->pprev = (struct hlist_node **)FSN_LIST_POISON2;
}

static inline void fsn_hlist_del_rcu(struct hlist_node *node)
{
	fsn_hlist_bridge(node);
	fsn_WRITE_ONCE(node->pprev, (struct hlist_node **)FSN_LIST_POISON2);
}

static inline void fsn_hlist_del_init(struct hlist_node *node)
{
	if (fsn_hlist_unhashed(node))
		return;
	fsn_hlist_bridge(node);
	fsn_INIT_HLIST_NODE(node);
}

/* Readers that stand on the node can still go on. */
static inline void fsn_hlist_del_init_rcu(struct hlist_node *node)
{
	if (fsn_hlist_unhashed(node))
		return;
	fsn_hlist_bridge(node);
	fsn_WRITE_ONCE(node->pprev, (struct hlist_node **)NULL);
}

static inline void fsn_INIT_HLIST_BL_NODE(struct hlist_bl_node *node)
{
	node->next = NULL;
	node->pprev = NULL;
}

static inline bool fsn_hlist_bl_unhashed(const struct hlist_bl_node *node)
{
	return !fsn_READ_ONCE(node->pprev);
}

FSN_END_DECLS

#define fsn_list_entry(ptr, type, member) fsn_container_of(ptr, type, member)
#define fsn_list_first_entry(head, type, member) fsn_list_entry((head)->next, type, member)
#define fsn_list_last_entry(head, type, member) fsn_list_entry((head)->prev, type, member)
#define fsn_list_next_entry(pos, member) fsn_list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define fsn_list_prev_entry(pos, member) fsn_list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define fsn_list_entry_is_head(pos, head, member) (&(pos)->member == (head))
#define fsn_list_first_entry_or_null(head, type, member) \
	(fsn_list_empty(head) ? (type *)NULL : fsn_list_first_entry(head, type, member))

#define fsn_list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define fsn_list_for_each_safe(pos, n, head) \
	for ((pos) = (head)->next, (n) = (pos)->next; (pos) != (head); (pos) = (n), (n) = (pos)->next)

#define fsn_list_for_each_entry(pos, head, member) \
	for ((pos) = fsn_list_first_entry(head, __typeof__(*(pos)), member); !fsn_list_entry_is_head(pos, head, member); \
	     (pos) = fsn_list_next_entry(pos, member))
#define fsn_list_for_each_entry_reverse(pos, head, member) \
	for ((pos) = fsn_list_last_entry(head, __typeof__(*(pos)), member); !fsn_list_entry_is_head(pos, head, member); \
	     (pos) = fsn_list_prev_entry(pos, member))
/* The body may remove @pos. */
#define fsn_list_for_each_entry_safe(pos, n, head, member) \
	for ((pos) = fsn_list_first_entry(head, __typeof__(*(pos)), member), (n) = fsn_list_next_entry(pos, member); \
	     !fsn_list_entry_is_head(pos, head, member); (pos) = (n), (n) = fsn_list_next_entry(n, member))

/* The last argument is the member; what may follow it (the kernel's lockdep expression) is not evaluated. */
#define fsn_first_argument(first, ...) first
#define fsn_list_for_each_entry_rcu(pos, head, ...) \
	fsn_list_walk_rcu(pos, head, fsn_first_argument(__VA_ARGS__, 0))
#define fsn_list_walk_rcu(pos, head, member) \
	for ((pos) = fsn_list_entry(fsn_smp_load_acquire(&(head)->next), __typeof__(*(pos)), member); \
	     !fsn_list_entry_is_head(pos, head, member); \
	     (pos) = fsn_list_entry(fsn_smp_load_acquire(&(pos)->member.next), __typeof__(*(pos)), member))

#define fsn_hlist_entry(ptr, type, member) fsn_container_of(ptr, type, member)
#define fsn_hlist_entry_safe(ptr, type, member) \
	(__extension__({ \
		struct hlist_node *fsn_node_ = (ptr); \
		fsn_node_ ? fsn_hlist_entry(fsn_node_, type, member) : (type *)NULL; \
	}))
#define fsn_hlist_for_each(pos, head) for ((pos) = (head)->first; (pos); (pos) = (pos)->next)
#define fsn_hlist_for_each_entry(pos, head, member) \
	for ((pos) = fsn_hlist_entry_safe((head)->first, __typeof__(*(pos)), member); (pos); \
	     (pos) = fsn_hlist_entry_safe((pos)->member.next, __typeof__(*(pos)), member))
/* The body may remove @pos. */
#define fsn_hlist_for_each_entry_safe(pos, n, head, member) \
	for ((pos) = fsn_hlist_entry_safe((head)->first, __typeof__(*(pos)), member); \
	     (pos) && (((n) = (pos)->member.next), 1); (pos) = fsn_hlist_entry_safe(n, __typeof__(*(pos)), member))
#define fsn_hlist_for_each_entry_rcu(pos, head, ...) \
	fsn_hlist_walk_rcu(pos, head, fsn_first_argument(__VA_ARGS__, 0))
#define fsn_hlist_walk_rcu(pos, head, member) \
	for ((pos) = fsn_hlist_entry_safe(fsn_smp_load_acquire(&(head)->first), __typeof__(*(pos)), member); (pos); \
	     (pos) = fsn_hlist_entry_safe(fsn_smp_load_acquire(&(pos)->member.next), __typeof__(*(pos)), member))

#endif /* FSN_LIST_H */
