/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RHASHTABLE_H
#define _FSN_LINUX_RHASHTABLE_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/rculist.h>
#include <linux/rhashtable-types.h>

#define rht_dereference(p, ht) fsn_rht_dereference(p, ht)
#define rht_dereference_rcu(p, ht) fsn_rht_dereference_rcu(p, ht)
#define rhl_for_each_rcu(pos, list) fsn_rhl_for_each_rcu(pos, list)
#define rhl_for_each_entry_rcu(tpos, pos, list, member) fsn_rhl_for_each_entry_rcu(tpos, pos, list, member)

static inline void rhashtable_free_and_destroy(struct rhashtable *ht, void (*free_fn)(void *ptr, void *arg), void *arg)
{
	fsn_rhashtable_free_and_destroy(ht, free_fn, arg);
}

static inline void rhashtable_destroy(struct rhashtable *ht)
{
	fsn_rhashtable_destroy(ht);
}

static inline void *rhashtable_lookup(struct rhashtable *ht, const void *key, const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup(ht, key, params);
}

static inline void *rhashtable_lookup_fast(struct rhashtable *ht, const void *key, const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup_fast(ht, key, params);
}

static inline int rhashtable_insert_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	return fsn_rhashtable_insert_fast(ht, obj, params);
}

static inline int rhashtable_lookup_insert_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup_insert_fast(ht, obj, params);
}

static inline void *rhashtable_lookup_get_insert_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup_get_insert_fast(ht, obj, params);
}

static inline int rhashtable_lookup_insert_key(struct rhashtable *ht, const void *key, struct rhash_head *obj,
					       const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup_insert_key(ht, key, obj, params);
}

static inline void *rhashtable_lookup_get_insert_key(struct rhashtable *ht, const void *key, struct rhash_head *obj,
						     const struct rhashtable_params params)
{
	return fsn_rhashtable_lookup_get_insert_key(ht, key, obj, params);
}

static inline int rhashtable_remove_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	return fsn_rhashtable_remove_fast(ht, obj, params);
}

static inline void rhashtable_walk_enter(struct rhashtable *ht, struct rhashtable_iter *iter)
{
	fsn_rhashtable_walk_enter(ht, iter);
}

static inline int rhashtable_walk_start_check(struct rhashtable_iter *iter)
{
	return fsn_rhashtable_walk_start_check(iter);
}

static inline void rhashtable_walk_start(struct rhashtable_iter *iter)
{
	fsn_rhashtable_walk_start(iter);
}

static inline void *rhashtable_walk_next(struct rhashtable_iter *iter)
{
	return fsn_rhashtable_walk_next(iter);
}

static inline void rhashtable_walk_stop(struct rhashtable_iter *iter)
{
	fsn_rhashtable_walk_stop(iter);
}

static inline void rhashtable_walk_exit(struct rhashtable_iter *iter)
{
	fsn_rhashtable_walk_exit(iter);
}

static inline void rhltable_free_and_destroy(struct rhltable *hlt, void (*free_fn)(void *ptr, void *arg), void *arg)
{
	fsn_rhltable_free_and_destroy(hlt, free_fn, arg);
}

static inline void rhltable_destroy(struct rhltable *hlt)
{
	fsn_rhltable_destroy(hlt);
}

static inline struct rhlist_head *rhltable_lookup(struct rhltable *hlt, const void *key, const struct rhashtable_params params)
{
	return fsn_rhltable_lookup(hlt, key, params);
}

static inline int rhltable_insert(struct rhltable *hlt, struct rhlist_head *list, const struct rhashtable_params params)
{
	return fsn_rhltable_insert(hlt, list, params);
}

static inline int rhltable_remove(struct rhltable *hlt, struct rhlist_head *list, const struct rhashtable_params params)
{
	return fsn_rhltable_remove(hlt, list, params);
}

static inline void rhltable_walk_enter(struct rhltable *hlt, struct rhashtable_iter *iter)
{
	fsn_rhltable_walk_enter(hlt, iter);
}

#endif /* _FSN_LINUX_RHASHTABLE_H */
