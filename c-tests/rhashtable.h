/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the hash table share: objects with a key, and tables of them. Include the headers of the library first. */
#ifndef C_TESTS_RHASHTABLE_H
#define C_TESTS_RHASHTABLE_H

#include "support.h"

struct thing {
	int id;
	unsigned long key;
	char name[16];
	union {
		struct rhash_head node;
		struct rhlist_head list;
	};
	struct callback_head rcu;
	int seen;
};

T_UNUSED static const struct rhashtable_params by_key = {
	.key_len = sizeof(unsigned long),
	.key_offset = offsetof(struct thing, key),
	.head_offset = offsetof(struct thing, node),
	.automatic_shrinking = true,
};

T_UNUSED static const struct rhashtable_params by_key_list = {
	.key_len = sizeof(unsigned long),
	.key_offset = offsetof(struct thing, key),
	.head_offset = offsetof(struct thing, list),
	.min_size = 256,
	.automatic_shrinking = true,
};

T_UNUSED static struct thing *things_new(int count)
{
	struct thing *things = kcalloc((size_t)count, sizeof(*things), GFP_KERNEL);

	for (int i = 0; i < count; i++) {
		things[i].id = i;
		things[i].key = (unsigned long)i * 64;
	}
	return things;
}

T_UNUSED static struct thing *find(struct rhashtable *ht, unsigned long key)
{
	return rhashtable_lookup_fast(ht, &key, by_key);
}

T_UNUSED static void resized(void)
{
	fsn_flush_workqueue(NULL);
}

#endif /* C_TESTS_RHASHTABLE_H */
