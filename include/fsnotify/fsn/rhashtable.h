/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resizable hash table: lookups without a lock inside RCU's read side, while the table grows and shrinks by itself. The
 * prototypes stand in abi.h. As in the kernel the parameters are handed to each call; they are those of the initialisation.
 */
#ifndef FSN_RHASHTABLE_H
#define FSN_RHASHTABLE_H

#include <errno.h>

#include "compiler.h"
#include "err.h"
#include "rcu.h"
#include "types.h"

/* A table or a future one, inside RCU's read side; with the table's lock or mutex held. */
#define fsn_rht_dereference_rcu(p, ht) fsn_rcu_dereference(p)
#define fsn_rht_dereference(p, ht) (p)

/* Over the links of all objects of a key, from a lookup's result on, inside RCU's read side. */
#define fsn_rhl_for_each_rcu(pos, list) \
	for ((pos) = (list); (pos); (pos) = fsn_rcu_dereference_raw((pos)->next))
/* The same over the objects, whose member the link is. */
#define fsn_rhl_for_each_entry_rcu(tpos, pos, list, member)					\
	for ((pos) = (list);									\
	     (pos) && ((tpos) = fsn_container_of(pos, __typeof__(*(tpos)), member), true);	\
	     (pos) = fsn_rcu_dereference_raw((pos)->next))

FSN_BEGIN_DECLS

static inline void *fsn_rht_obj(const struct rhashtable *ht, const struct rhash_head *link)
{
	return (char *)(uintptr_t)link - ht->p.head_offset;
}

static inline struct rhash_head *fsn_rht_link(const struct rhashtable *ht, void *object)
{
	return (struct rhash_head *)(void *)((char *)object + ht->p.head_offset);
}

static inline void fsn_rhashtable_destroy(struct rhashtable *ht)
{
	fsn_rhashtable_free_and_destroy(ht, NULL, NULL);
}

/* The object stays as long as the caller is inside RCU's read side. */
static inline void *fsn_rhashtable_lookup(struct rhashtable *ht, const void *key, const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhashtable_find(ht, key);
}

/* The same for a caller outside of it, who knows that the object stays. */
static inline void *fsn_rhashtable_lookup_fast(struct rhashtable *ht, const void *key, const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhashtable_find(ht, key);
}

/* Whether there is one with the key is not looked at. */
static inline int fsn_rhashtable_insert_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	(void)params;
	return (int)fsn_PTR_ERR(fsn_rhashtable_put(ht, NULL, fsn_rht_obj(ht, obj)));
}

/* NULL, the object that has the key, or an error. */
static inline void *fsn_rhashtable_lookup_get_insert_key(struct rhashtable *ht, const void *key, struct rhash_head *obj,
							 const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhashtable_put(ht, key, fsn_rht_obj(ht, obj));
}

static inline void *fsn_rhashtable_lookup_get_insert_fast(struct rhashtable *ht, struct rhash_head *obj,
							  const struct rhashtable_params params)
{
	char *object = (char *)fsn_rht_obj(ht, obj);

	(void)params;
	return fsn_rhashtable_put(ht, object + ht->p.key_offset, object);
}

static inline int fsn_rhashtable_lookup_insert_key(struct rhashtable *ht, const void *key, struct rhash_head *obj,
						   const struct rhashtable_params params)
{
	void *other = fsn_rhashtable_lookup_get_insert_key(ht, key, obj, params);

	return fsn_IS_ERR(other) ? (int)fsn_PTR_ERR(other) : other ? -EEXIST : 0;
}

static inline int fsn_rhashtable_lookup_insert_fast(struct rhashtable *ht, struct rhash_head *obj,
						    const struct rhashtable_params params)
{
	void *other = fsn_rhashtable_lookup_get_insert_fast(ht, obj, params);

	return fsn_IS_ERR(other) ? (int)fsn_PTR_ERR(other) : other ? -EEXIST : 0;
}

static inline int fsn_rhashtable_remove_fast(struct rhashtable *ht, struct rhash_head *obj, const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhashtable_take(ht, obj);
}

static inline void fsn_rhltable_free_and_destroy(struct rhltable *hlt, void (*free_fn)(void *object, void *arg), void *arg)
{
	fsn_rhashtable_free_and_destroy(&hlt->ht, free_fn, arg);
}

static inline void fsn_rhltable_destroy(struct rhltable *hlt)
{
	fsn_rhashtable_destroy(&hlt->ht);
}

/* The newest object with the key; it leads to the others. */
static inline struct rhlist_head *fsn_rhltable_lookup(struct rhltable *hlt, const void *key, const struct rhashtable_params params)
{
	void *object = fsn_rhashtable_find(&hlt->ht, key);

	(void)params;
	return object ? fsn_container_of(fsn_rht_link(&hlt->ht, object), struct rhlist_head, rhead) : NULL;
}

static inline int fsn_rhltable_insert(struct rhltable *hlt, struct rhlist_head *list, const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhltable_put(hlt, list);
}

static inline int fsn_rhltable_remove(struct rhltable *hlt, struct rhlist_head *list, const struct rhashtable_params params)
{
	(void)params;
	return fsn_rhashtable_take(&hlt->ht, &list->rhead);
}

static inline void fsn_rhltable_walk_enter(struct rhltable *hlt, struct rhashtable_iter *iter)
{
	fsn_rhashtable_walk_enter(&hlt->ht, iter);
}

static inline void fsn_rhashtable_walk_start(struct rhashtable_iter *iter)
{
	(void)fsn_rhashtable_walk_start_check(iter);
}

FSN_END_DECLS

#endif /* FSN_RHASHTABLE_H */
