/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the headers of linux/ have of their own, beyond other names for what fsn/ has: initcalls, configuration, arithmetic,
 * hash tables.
 */
#include <linux/bits.h>
#include <linux/hashtable.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "tap.h"

static char order[8];

static int __init third(void)
{
	strcat(order, "3");
	return 0;
}
device_initcall(third);

static int __init second(void)
{
	strcat(order, "2");
	return 0;
}
fs_initcall(second);

static int __init first(void)
{
	void *early = kmalloc(16, GFP_KERNEL);

	strcat(order, early ? "1" : "?");
	kfree(early);
	return 0;
}
core_initcall(first);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a test");

int exported(void);

int exported(void)
{
	return 1;
}
EXPORT_SYMBOL_GPL(exported);

struct entry {
	u32 key;
	struct hlist_node node;
};

struct counted {
	int count;
	u16 values[];
};

static DEFINE_HASHTABLE(table, 4);

static void hash_tables(void)
{
	struct entry entries[40], *entry;
	int i, bucket, found = 0, all = 0;

	ok(HASH_BITS(table) == 4, "a table of 16 chains");
	for (i = 0; i < 40; i++) {
		entries[i].key = i % 20;
		hash_add(table, &entries[i].node, entries[i].key);
	}
	hash_for_each_possible(table, entry, node, 7u)
		found += entry->key == 7;
	ok(found == 2, "both entries of a key are in its chain");
	hash_for_each(table, bucket, entry, node)
		all++;
	ok(all == 40, "a walk meets all");
	hash_del(&entries[7].node);
	found = 0;
	hash_for_each_possible(table, entry, node, 7u)
		found += entry->key == 7;
	ok(found == 1 && !hash_hashed(&entries[7].node), "one deleted");
}

static void caches(void)
{
	struct kmem_cache_args args = { .align = 64 };
	struct kmem_cache *old = kmem_cache_create("old", 24, 8, SLAB_ACCOUNT, NULL);
	struct kmem_cache *new = kmem_cache_create("new", 24, &args, SLAB_ACCOUNT);
	struct kmem_cache *typed = KMEM_CACHE(entry, SLAB_PANIC);
	void *object = new ? kmem_cache_alloc(new, GFP_KERNEL) : NULL;

	ok(old && kmem_cache_size(old) == 24, "a cache by the form with five arguments");
	ok(object && (uintptr_t)object % 64 == 0, "and by the form with a struct");
	ok(typed && kmem_cache_size(typed) == sizeof(struct entry), "and of a type");
	if (object)
		kmem_cache_free(new, object);
	kmem_cache_destroy(typed);
	kmem_cache_destroy(new);
	kmem_cache_destroy(old);
}

static void arithmetic(void)
{
	DEFINE_FLEX(struct counted, flex, values, count, 5);
	char text[4] = "abc", copy[4];

	ok(min(3, 4) == 3 && max(3, 4) == 4 && clamp(9, 1, 5) == 5 && clamp(-9, 1, 5) == 1, "min, max and clamp");
	ok(roundup(13, 8) == 16 && round_up(13, 8) == 16 && round_down(13, 8) == 8 && DIV_ROUND_UP(13, 8) == 2, "rounding");
	ok(BIT(31) == 0x80000000UL && HWEIGHT32(0xf0f) == 8 && upper_32_bits(0x123456789abcdef0ULL) == 0x12345678, "bits");
	ok(struct_size(flex, values, 5) == 4 + 10 && struct_size(flex, values, SIZE_MAX / 2 + 2) == SIZE_MAX, "sizes that saturate");
	ok(flex->count == 5 && (void *)&flex->values[5] <= (void *)(flex_u.bytes + sizeof(flex_u.bytes)), "a struct with its array");
	ok(copy_from_user(copy, text, 4) == 0 && strcmp(copy, "abc") == 0 && clear_user(copy, 4) == 0 && !copy[0], "user copies");
}

int main(void)
{
	ok(strcmp(order, "123") == 0, "initcalls ran by level, not in the order of the source: %s", order);
	ok(exported() == 1, "a symbol is exported");
	ok(IS_ENABLED(CONFIG_FSNOTIFY) == 1 && IS_ENABLED(CONFIG_NO_SUCH_OPTION) == 0, "options that are and that are not");
	hash_tables();
	caches();
	arithmetic();
	return done_testing();
}
