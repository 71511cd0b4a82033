/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resizable hash table: keys, growing and shrinking, several objects of a key, want of memory.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "rhashtable.h"

/* ---- the worker, held up so that a table keeps its successor ---- */

static int worker_held, worker_may_go;

static void hold_worker(struct work_struct *work)
{
	(void)work;
	put_value(worker_held, 1);
	wait_until(peek(worker_may_go));
	put_value(worker_held, 0);
}

static DECLARE_WORK(holder, hold_worker);

static void worker_stop(void)
{
	put_value(worker_may_go, 0);
	queue_work(system_wq, &holder);
	wait_until(peek(worker_held));
}

static void worker_go(void)
{
	put_value(worker_may_go, 1);
	resized();
}

/* ---- one thread ---- */

static void keys(void)
{
	static const struct rhashtable_params no_key = { .head_offset = 8 };
	struct thing *things = things_new(8), twin = { .key = 64 };
	struct rhashtable ht;

	is(rhashtable_init(&ht, &no_key), -EINVAL, "a table without keys is refused");
	is(rhashtable_init(&ht, &by_key), 0, "a table");
	is(ht.tbl->size, 64, "begins with 64 chains");
	for (int i = 0; i < 8; i++)
		is(rhashtable_lookup_insert_fast(&ht, &things[i].node, by_key), 0, "object %d goes in", i);
	is(atomic_read(&ht.nelems), 8, "eight keys");
	ok(find(&ht, 64 * 3) == &things[3], "an object is found");
	ok(!find(&ht, 63), "a key that is not there is not");
	is(rhashtable_lookup_insert_fast(&ht, &twin.node, by_key), -EEXIST, "a second object of a key is refused");
	ok(rhashtable_lookup_get_insert_fast(&ht, &twin.node, by_key) == &things[1], "and the first is told");
	ok(rhashtable_lookup_get_insert_key(&ht, &twin.key, &twin.node, by_key) == &things[1], "by its key, too");
	is(rhashtable_lookup_insert_key(&ht, &twin.key, &twin.node, by_key), -EEXIST, "likewise");
	is(rhashtable_remove_fast(&ht, &things[1].node, by_key), 0, "an object comes out");
	is(rhashtable_remove_fast(&ht, &things[1].node, by_key), -ENOENT, "once");
	ok(!find(&ht, 64), "and is not found");
	is(rhashtable_insert_fast(&ht, &twin.node, by_key), 0, "then the other one goes in");
	ok(find(&ht, 64) == &twin, "and is found");
	is(atomic_read(&ht.nelems), 8, "eight keys again");
	rhashtable_destroy(&ht);
	kfree(things);
}

#define MANY 10000

static void sizes(void)
{
	static const struct rhashtable_params stays = {
		.key_len = sizeof(unsigned long), .key_offset = offsetof(struct thing, key),
		.head_offset = offsetof(struct thing, node), .min_size = 16, .nelem_hint = 300,
	};
	static const struct rhashtable_params bounded = {
		.key_len = sizeof(unsigned long), .key_offset = offsetof(struct thing, key),
		.head_offset = offsetof(struct thing, node), .max_size = 32,
	};
	struct thing *things = things_new(MANY);
	struct rhashtable ht;
	int wrong = 0, error = 0, in = 0;

	rhashtable_init(&ht, &by_key);
	for (int i = 0; i < MANY; i++) {
		error |= rhashtable_lookup_insert_fast(&ht, &things[i].node, by_key);
		if (i % 97 == 0)
			for (int j = 0; j <= i; j += 31)
				wrong += find(&ht, things[j].key) != &things[j];
	}
	is(error, 0, "%d objects go in", MANY);
	is(wrong, 0, "each is found while the table grows");
	resized();
	ok(ht.tbl->size >= MANY && ht.tbl->size <= 4 * MANY, "it has as many chains as it needs: %u", ht.tbl->size);
	ok(!ht.tbl->future_tbl, "and is one table then");
	for (int i = 0; i < MANY; i++)
		wrong += find(&ht, things[i].key) != &things[i];
	is(wrong, 0, "each is found afterwards");
	for (int i = 10; i < MANY; i++)
		error |= rhashtable_remove_fast(&ht, &things[i].node, by_key);
	is(error, 0, "all but ten come out");
	for (int i = 0; i < 12; i++)
		resized();
	ok(ht.tbl->size <= 64, "the table is small again: %u chains", ht.tbl->size);
	for (int i = 0; i < 20; i++)
		wrong += find(&ht, things[i].key) != (i < 10 ? &things[i] : NULL);
	is(wrong, 0, "and has the ten");
	rhashtable_destroy(&ht);

	rhashtable_init(&ht, &stays);
	is(ht.tbl->size, 512, "a table whose owner expects 300 objects has 512 chains");
	rhashtable_insert_fast(&ht, &things[0].node, stays);
	rhashtable_remove_fast(&ht, &things[0].node, stays);
	resized();
	is(ht.tbl->size, 512, "and keeps them, if it is not to shrink");
	rhashtable_destroy(&ht);

	rhashtable_init(&ht, &bounded);
	for (int i = 0; i < 100; i++) {
		error = rhashtable_insert_fast(&ht, &things[i].node, bounded);
		in += !error;
		if (error == -EBUSY)
			resized();
	}
	resized();
	is(error, -E2BIG, "a table with a limit refuses what is too many");
	is(in, 64, "that is twice its chains");
	is(ht.tbl->size, 32, "which are as many as allowed");
	rhashtable_destroy(&ht);
	kfree(things);
}

/* Hashes and comparisons of the owner's. */
static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const char *name = data;

	(void)len;
	for (; *name; name++)
		seed = seed * 31 + (unsigned char)*name;
	return seed;
}

static u32 object_hash(const void *data, u32 len, u32 seed)
{
	return name_hash(((const struct thing *)data)->name, len, seed);
}

static int name_differs(struct rhashtable_compare_arg *arg, const void *object)
{
	return strcmp(arg->key, ((const struct thing *)object)->name);
}

static u32 same_hash(const void *data, u32 len, u32 seed)
{
	(void)data, (void)len, (void)seed;
	return 7;
}

static void functions(void)
{
	static const struct rhashtable_params by_name = {
		.head_offset = offsetof(struct thing, node), .hashfn = name_hash, .obj_hashfn = object_hash,
		.obj_cmpfn = name_differs,
	};
	static const struct rhashtable_params no_compare = { .head_offset = 8, .obj_hashfn = object_hash };
	static const struct rhashtable_params worst = {
		.key_len = sizeof(unsigned long), .key_offset = offsetof(struct thing, key),
		.head_offset = offsetof(struct thing, node), .hashfn = same_hash,
	};
	struct thing *things = things_new(500);
	struct rhashtable ht;
	int wrong = 0, busy = 0, error;

	is(rhashtable_init(&ht, &no_compare), -EINVAL, "hashes of objects without a comparison are refused");
	rhashtable_init(&ht, &by_name);
	for (int i = 0; i < 500; i++) {
		snprintf(things[i].name, sizeof(things[i].name), "name %d", i);
		wrong += rhashtable_lookup_insert_key(&ht, things[i].name, &things[i].node, by_name) != 0;
	}
	resized();
	for (int i = 0; i < 500; i++)
		wrong += rhashtable_lookup_fast(&ht, things[i].name, by_name) != &things[i];
	ok(!rhashtable_lookup_fast(&ht, "name 500", by_name), "a name that is not there is not found");
	is(rhashtable_lookup_insert_key(&ht, "name 5", &things[0].node, by_name), -EEXIST, "one that is there is refused");
	for (int i = 0; i < 500; i++)
		wrong += rhashtable_remove_fast(&ht, &things[i].node, by_name) != 0;
	is(wrong, 0, "objects are found by their owner's hash and comparison");
	rhashtable_destroy(&ht);

	rhashtable_init(&ht, &worst);
	for (int i = 0; i < 500; i++) {
		while ((error = rhashtable_lookup_insert_fast(&ht, &things[i].node, worst)) == -EBUSY) {
			busy++;
			resized();
		}
		wrong += error != 0;
	}
	resized();
	for (int i = 0; i < 500; i++)
		wrong += rhashtable_lookup_fast(&ht, &things[i].key, worst) != &things[i];
	is(wrong, 0, "with one hash for all, all are found (busy %d times)", busy);
	rhashtable_destroy(&ht);
	kfree(things);
}

/* The ids of the objects of a key, in the order of the list, as a number: 321 for objects 3, 2, 1. */
static int ids(struct rhltable *hlt, unsigned long key)
{
	struct rhlist_head *pos, *list;
	struct thing *thing;
	int number = 0;

	rcu_read_lock();
	list = rhltable_lookup(hlt, &key, by_key_list);
	rhl_for_each_entry_rcu(thing, pos, list, list)
		number = number * 10 + thing->id;
	rcu_read_unlock();
	return number;
}

static void count_free(void *object, void *arg)
{
	((struct thing *)object)->seen++;
	bump(*(int *)arg);
}

static void several_of_a_key(void)
{
	struct thing *things = things_new(2000);
	struct rhltable hlt;
	int freed = 0, wrong = 0;

	is(rhltable_init(&hlt, &by_key_list), 0, "a table for several objects of a key");
	is(hlt.ht.tbl->size, 256, "begins with what is asked for");
	for (int i = 1; i <= 4; i++) {
		things[i].key = 42;
		is(rhltable_insert(&hlt, &things[i].list, by_key_list), 0, "object %d", i);
	}
	is(atomic_read(&hlt.ht.nelems), 1, "they are one key");
	is(ids(&hlt, 42), 4321, "the newest comes first");
	is(rhltable_remove(&hlt, &things[2].list, by_key_list), 0, "one out of the middle");
	is(ids(&hlt, 42), 431, "the others stay");
	is(rhltable_remove(&hlt, &things[2].list, by_key_list), -ENOENT, "it is not there any more");
	is(rhltable_remove(&hlt, &things[4].list, by_key_list), 0, "the first");
	is(ids(&hlt, 42), 31, "the others stay");
	is(rhltable_remove(&hlt, &things[1].list, by_key_list), 0, "the last");
	is(ids(&hlt, 42), 3, "the others stay");
	is(atomic_read(&hlt.ht.nelems), 1, "still one key");
	rhltable_insert(&hlt, &things[4].list, by_key_list);
	is(ids(&hlt, 42), 43, "one comes back");
	/* beside others, and through changes of size */
	for (int i = 10; i < 2000; i++) {
		things[i].key = (unsigned long)(i / 2) * 8;
		wrong += rhltable_insert(&hlt, &things[i].list, by_key_list) != 0;
	}
	resized();
	ok(hlt.ht.tbl->size >= 1024, "the table has grown to %u chains", hlt.ht.tbl->size);
	is(atomic_read(&hlt.ht.nelems), 996, "it counts keys");
	is(ids(&hlt, 42), 43, "lists move as they are");
	for (int i = 10; i < 2000; i++) {
		struct rhlist_head *list;

		rcu_read_lock();
		list = rhltable_lookup(&hlt, &things[i].key, by_key_list);
		wrong += !list || !list->next || list->next->next ||
			 (list != &things[i].list && list->next != &things[i].list);
		rcu_read_unlock();
	}
	is(wrong, 0, "each pair is a pair");
	rhltable_free_and_destroy(&hlt, count_free, &freed);
	is(freed, 1992, "the end of a table gets every object");
	for (int i = 0; i < 2000; i++)
		wrong += things[i].seen != (i == 3 || i == 4 || i >= 10);
	is(wrong, 0, "once");
	kfree(things);
}

/* While a table has a successor: objects are in either. */
static void two_tables(void)
{
	struct thing *things = things_new(200);
	struct rhashtable_iter iter;
	struct rhashtable ht;
	struct thing *thing;
	int wrong = 0, again = 0, seen = 0;

	rhashtable_init(&ht, &by_key);
	worker_stop();
	for (int i = 0; i < 100; i++)
		wrong += rhashtable_lookup_insert_fast(&ht, &things[i].node, by_key) != 0;
	is(wrong, 0, "an insertion that finds the table full adds the next one");
	ok(ht.tbl->size == 64 && ht.tbl->future_tbl && ht.tbl->future_tbl->size == 128, "of twice the size");
	for (int i = 0; i < 100; i++)
		wrong += find(&ht, things[i].key) != &things[i];
	is(wrong, 0, "objects of both are found");
	is(rhashtable_lookup_insert_fast(&ht, &things[0].node, by_key), -EEXIST, "a key of the first is known");
	is(rhashtable_lookup_insert_fast(&ht, &things[99].node, by_key), -EEXIST, "and one of the second");
	is(rhashtable_remove_fast(&ht, &things[98].node, by_key), 0, "an object comes out of the second");
	is(rhashtable_remove_fast(&ht, &things[1].node, by_key), 0, "and one out of the first");
	ok(!find(&ht, things[98].key) && !find(&ht, things[1].key), "and they are gone");

	rhashtable_walk_enter(&ht, &iter);
	rhashtable_walk_start(&iter);
	while ((thing = rhashtable_walk_next(&iter))) {
		if (IS_ERR(thing)) {
			wrong += PTR_ERR(thing) != -EAGAIN;
			again++;
		} else {
			thing->seen++;
			seen++;
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	is(again, 1, "a walk is told of the second table");
	is(seen, 98, "and goes over both");
	is(wrong, 0, "with the right error");

	worker_go();
	ok(ht.tbl->size >= 128 && !ht.tbl->future_tbl, "the worker makes one table of them: %u", ht.tbl->size);
	for (int i = 0; i < 100; i++)
		wrong += find(&ht, things[i].key) != (i == 1 || i == 98 ? NULL : &things[i]);
	is(wrong, 0, "which has them all");
	rhashtable_destroy(&ht);

	/* destroyed with both */
	rhashtable_init(&ht, &by_key);
	worker_stop();
	for (int i = 0; i < 150; i++)
		rhashtable_insert_fast(&ht, &things[i].node, by_key);
	put_value(worker_may_go, 1);
	seen = 0;
	rhashtable_free_and_destroy(&ht, count_free, &seen);
	is(seen, 150, "a table that is destroyed meanwhile gives up all its objects");
	resized();
	kfree(things);
}

static void without_memory(void)
{
	struct thing *things = things_new(400);
	struct rhashtable ht;
	int in = 0, error = 0, wrong = 0;

	fsn_fail_alloc(0, -1);
	is(rhashtable_init(&ht, &by_key), 0, "a table can be had without memory");
	is(ht.tbl->size, 4, "a small one");
	for (int i = 0; i < 400 && !error; i++) {
		error = rhashtable_insert_fast(&ht, &things[i].node, by_key);
		in += !error;
	}
	fsn_fail_alloc(0, 0);
	is(error, -ENOMEM, "it refuses objects when it is full and cannot grow");
	is(in, 4, "and takes what it has room for");
	for (int i = 0; i < 400; i++)
		wrong += find(&ht, things[i].key) != (i < in ? &things[i] : NULL);
	for (int i = in; i < 400; i++)
		wrong += rhashtable_insert_fast(&ht, &things[i].node, by_key) != 0;
	resized();
	for (int i = 0; i < 400; i++)
		wrong += find(&ht, things[i].key) != &things[i];
	is(wrong, 0, "with memory it goes on");
	ok(ht.tbl->size >= 400, "and grows");
	/* shrinking is put off */
	fsn_fail_alloc(0, -1);
	for (int i = 1; i < 400; i++)
		wrong += rhashtable_remove_fast(&ht, &things[i].node, by_key) != 0;
	resized();
	fsn_fail_alloc(0, 0);
	ok(ht.tbl->size >= 400, "without memory it does not shrink");
	ok(find(&ht, things[0].key) == &things[0], "and has what it had");
	rhashtable_remove_fast(&ht, &things[0].node, by_key);
	resized();
	ok(ht.tbl->size < 400, "later it does");
	is(wrong, 0, "nothing was lost");
	rhashtable_destroy(&ht);
	kfree(things);
}

/* ---- a reader whose object moves to another chain while he compares it ---- */

static struct rhashtable trap;
static struct thing *bait;

static u32 own_hash(const void *data, u32 len, u32 seed)
{
	(void)len, (void)seed;
	return (u32)*(const unsigned long *)data;
}

static u32 own_object_hash(const void *data, u32 len, u32 seed)
{
	return own_hash(&((const struct thing *)data)->key, len, seed);
}

static int moving_compare(struct rhashtable_compare_arg *arg, const void *object);

static const struct rhashtable_params moving = {
	.key_len = sizeof(unsigned long), .head_offset = offsetof(struct thing, node), .hashfn = own_hash,
	.obj_hashfn = own_object_hash, .obj_cmpfn = moving_compare,
};

static int moving_compare(struct rhashtable_compare_arg *arg, const void *object)
{
	struct thing *thing = bait;

	if (object == thing) {
		bait = NULL;
		rhashtable_remove_fast(&trap, &thing->node, moving);
		thing->key = 1;
		rhashtable_insert_fast(&trap, &thing->node, moving);
	}
	return ((const struct thing *)object)->key != *(const unsigned long *)arg->key;
}

static void astray(void)
{
	struct thing *things = things_new(2);
	unsigned long key = 0;

	rhashtable_init(&trap, &moving);
	rhashtable_insert_fast(&trap, &things[0].node, moving);
	/* before the other in the chain of 0 */
	rhashtable_insert_fast(&trap, &things[1].node, moving);
	bait = &things[1];
	ok(rhashtable_lookup_fast(&trap, &key, moving) == &things[0], "a reader who is led into another chain comes back");
	ok(!bait, "(he was)");
	key = 1;
	ok(rhashtable_lookup_fast(&trap, &key, moving) == &things[1], "the object that led him is in the other");
	rhashtable_destroy(&trap);
	kfree(things);
}

int main(void)
{
	tests_begin();
	keys();
	sizes();
	functions();
	several_of_a_key();
	two_tables();
	without_memory();
	astray();
	return tests_end();
}
