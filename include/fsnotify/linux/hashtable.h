/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of hash chains whose size is a power of two, known when it is compiled.
 */
#ifndef _FSN_LINUX_HASHTABLE_H
#define _FSN_LINUX_HASHTABLE_H

#include <linux/array_size.h>
#include <linux/hash.h>
#include <linux/rculist.h>

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
/* All heads are NULL, which is the empty chain. */
#define DEFINE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)] = { HLIST_HEAD_INIT }
#define HASH_SIZE(table) ARRAY_SIZE(table)
#define HASH_BITS(table) ((unsigned int)__builtin_ctzl(HASH_SIZE(table)))
#define hash_min(value, bits) (sizeof(value) <= 4 ? hash_32((u32)(value), bits) : hash_long((unsigned long)(value), bits))

static inline void __hash_init(struct hlist_head *table, unsigned int size)
{
	while (size)
		INIT_HLIST_HEAD(&table[--size]);
}

#define hash_init(table) __hash_init(table, HASH_SIZE(table))
#define hash_add(table, node, key) hlist_add_head(node, &(table)[hash_min(key, HASH_BITS(table))])
#define hash_add_rcu(table, node, key) hlist_add_head_rcu(node, &(table)[hash_min(key, HASH_BITS(table))])
#define hash_for_each_possible(table, pos, member, key) \
	hlist_for_each_entry(pos, &(table)[hash_min(key, HASH_BITS(table))], member)
#define hash_for_each(table, bucket, pos, member) \
	for ((bucket) = 0, (pos) = NULL; (pos) == NULL && (size_t)(bucket) < HASH_SIZE(table); (bucket)++) \
		hlist_for_each_entry(pos, &(table)[bucket], member)

static inline bool hash_hashed(struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

#endif /* _FSN_LINUX_HASHTABLE_H */
