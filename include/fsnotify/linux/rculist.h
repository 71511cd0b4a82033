/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RCULIST_H
#define _FSN_LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	fsn_list_add_rcu(entry, head);
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	fsn_list_add_tail_rcu(entry, head);
}

static inline void list_del_rcu(struct list_head *entry)
{
	fsn_list_del_rcu(entry);
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *by)
{
	fsn_list_replace_rcu(old, by);
}

static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
	fsn_hlist_add_head_rcu(node, head);
}

static inline void hlist_add_before_rcu(struct hlist_node *node, struct hlist_node *next)
{
	fsn_hlist_add_before_rcu(node, next);
}

static inline void hlist_add_behind_rcu(struct hlist_node *node, struct hlist_node *prev)
{
	fsn_hlist_add_behind_rcu(node, prev);
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
	fsn_hlist_del_rcu(node);
}

static inline void hlist_del_init_rcu(struct hlist_node *node)
{
	fsn_hlist_del_init_rcu(node);
}

#define list_entry_rcu(ptr, type, member) list_entry(READ_ONCE(ptr), type, member)
#define list_for_each_entry_rcu(pos, head, ...) fsn_list_for_each_entry_rcu(pos, head, __VA_ARGS__)
#define hlist_for_each_entry_rcu(pos, head, ...) fsn_hlist_for_each_entry_rcu(pos, head, __VA_ARGS__)

#endif /* _FSN_LINUX_RCULIST_H */
