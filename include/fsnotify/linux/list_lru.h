/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_LIST_LRU_H
#define _FSN_LINUX_LIST_LRU_H

#include "../fsn/reclaim.h"
#include <linux/list.h>
#include <linux/shrinker.h>
#include <linux/spinlock.h>

/* Lists of a node are not told apart, and 6.1 has no such form. */
#ifdef FSNOTIFY_API_6_1
#define list_lru_add(lru, item) fsn_list_lru_add_obj(lru, item)
#define list_lru_del(lru, item) fsn_list_lru_del_obj(lru, item)
#else
#define list_lru_add(lru, item, nid, memcg) ((void)(nid), (void)(memcg), fsn_list_lru_add_obj(lru, item))
#define list_lru_del(lru, item, nid, memcg) ((void)(nid), (void)(memcg), fsn_list_lru_del_obj(lru, item))

static inline bool list_lru_add_obj(struct list_lru *lru, struct list_head *item)
{
	return fsn_list_lru_add_obj(lru, item);
}

static inline bool list_lru_del_obj(struct list_lru *lru, struct list_head *item)
{
	return fsn_list_lru_del_obj(lru, item);
}
#endif

static inline int list_lru_init(struct list_lru *lru)
{
	return fsn_list_lru_init(lru);
}

static inline void list_lru_destroy(struct list_lru *lru)
{
	fsn_list_lru_destroy(lru);
}

static inline unsigned long list_lru_count(struct list_lru *lru)
{
	return fsn_list_lru_count(lru);
}

static inline unsigned long list_lru_shrink_count(struct list_lru *lru, struct shrink_control *sc)
{
	return fsn_list_lru_shrink_count(lru, sc);
}

static inline void list_lru_isolate(struct list_lru_one *list, struct list_head *item)
{
	fsn_list_lru_isolate(list, item);
}

static inline void list_lru_isolate_move(struct list_lru_one *list, struct list_head *item, struct list_head *head)
{
	fsn_list_lru_isolate_move(list, item, head);
}

static inline unsigned long list_lru_walk(struct list_lru *lru, list_lru_walk_cb isolate, void *cb_arg, unsigned long nr_to_walk)
{
	return fsn_list_lru_walk(lru, isolate, cb_arg, nr_to_walk);
}

static inline unsigned long list_lru_shrink_walk(struct list_lru *lru, struct shrink_control *sc, list_lru_walk_cb isolate, void *cb_arg)
{
	return fsn_list_lru_shrink_walk(lru, sc, isolate, cb_arg);
}

#endif /* _FSN_LINUX_LIST_LRU_H */
