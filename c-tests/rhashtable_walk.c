/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over a hash table that changes its size, and readers, walks and writers in threads.
 */
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "rhashtable.h"

static void walks(void)
{
	struct thing *things = things_new(3000);
	struct rhashtable_iter iter;
	struct thing *thing;
	struct rhashtable ht;
	struct rhltable hlt;
	int wrong = 0, seen = 0;

	rhashtable_init(&ht, &by_key);
	for (int i = 0; i < 1000; i++)
		rhashtable_insert_fast(&ht, &things[i].node, by_key);
	resized();

	/* stopped and started after every few objects, and each taken out as it comes */
	rhashtable_walk_enter(&ht, &iter);
	is(rhashtable_walk_start_check(&iter), 0, "a walk starts");
	while ((thing = rhashtable_walk_next(&iter)) && !IS_ERR(thing)) {
		thing->seen++;
		if (++seen % 3 == 0) {
			rhashtable_walk_stop(&iter);
			wrong += rhashtable_walk_start_check(&iter) != 0;
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	for (int i = 0; i < 1000; i++)
		wrong += things[i].seen != 1;
	is(wrong, 0, "a walk with stops sees each object once");

	rhashtable_walk_enter(&ht, &iter);
	rhashtable_walk_start(&iter);
	for (int i = 0; i < 10; i++)
		rhashtable_walk_next(&iter);
	rhashtable_walk_stop(&iter);
	for (int i = 1000; i < 3000; i++)
		rhashtable_insert_fast(&ht, &things[i].node, by_key);
	resized();
	fsn_rcu_barrier();
	is(rhashtable_walk_start_check(&iter), -EAGAIN, "a walk whose table is replaced at a stop begins anew");
	for (int i = 0; i < 3000; i++)
		things[i].seen = 0;
	while ((thing = rhashtable_walk_next(&iter)) && !IS_ERR(thing))
		thing->seen++;
	ok(!thing, "and comes to an end");
	ok(!rhashtable_walk_next(&iter), "where it stays");
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	for (int i = 0; i < 3000; i++)
		wrong += things[i].seen != 1;
	is(wrong, 0, "it sees each object");

	/* a walk that ends while its table is replaced leaves nothing behind */
	rhashtable_walk_enter(&ht, &iter);
	for (int i = 0; i < 3000; i++)
		rhashtable_remove_fast(&ht, &things[i].node, by_key);
	for (int i = 0; i < 8; i++)
		resized();
	fsn_rcu_barrier();
	rhashtable_walk_exit(&iter);
	rhashtable_destroy(&ht);

	/* nfsd's way: everything that is seen is taken out */
	rhltable_init(&hlt, &by_key_list);
	for (int i = 0; i < 3000; i++) {
		things[i].key = (unsigned long)(i / 3) * 64;
		things[i].seen = 0;
		rhltable_insert(&hlt, &things[i].list, by_key_list);
	}
	rhltable_walk_enter(&hlt, &iter);
	do {
		rhashtable_walk_start(&iter);
		thing = rhashtable_walk_next(&iter);
		while (!IS_ERR_OR_NULL(thing)) {
			if (!thing->seen++)
				wrong += rhltable_remove(&hlt, &thing->list, by_key_list) != 0;
			thing = rhashtable_walk_next(&iter);
		}
		rhashtable_walk_stop(&iter);
	} while (thing == ERR_PTR(-EAGAIN));
	rhashtable_walk_exit(&iter);
	for (int i = 0; i < 3000; i++)
		wrong += !things[i].seen;
	is(wrong, 0, "a walk that takes out all that it sees sees all");
	is(atomic_read(&hlt.ht.nelems), 0, "and leaves the table empty");
	rhltable_destroy(&hlt);
	kfree(things);
}

/* ---- threads ---- */

#define STABLE 64
#define CHURN 3000
#define ROUNDS 12

static struct rhashtable shared;
static int churning, missed, strange;

static void *look(void *arg)
{
	struct thing *things = arg;

	while (peek(churning)) {
		for (int i = 0; i < STABLE; i++) {
			struct thing *thing;

			rcu_read_lock();
			thing = rhashtable_lookup(&shared, &things[i].key, by_key);
			if (!thing)
				bump(missed);
			else if (thing != &things[i])
				bump(strange);
			rcu_read_unlock();
		}
	}
	return NULL;
}

static void *stroll(void *arg)
{
	struct thing *things = arg;
	bool last = false;

	while (!last) {
		struct rhashtable_iter iter;
		bool seen[STABLE] = { false };
		struct thing *thing;

		last = !peek(churning);
		rhashtable_walk_enter(&shared, &iter);
		do {
			rhashtable_walk_start(&iter);
			while (!IS_ERR_OR_NULL(thing = rhashtable_walk_next(&iter)))
				if (thing >= things && thing < things + STABLE)
					seen[thing->id] = true;
			rhashtable_walk_stop(&iter);
		} while (IS_ERR(thing));
		rhashtable_walk_exit(&iter);
		for (int i = 0; i < STABLE && last; i++)
			if (!seen[i])
				bump(strange);
	}
	return NULL;
}

static void free_thing(struct callback_head *head)
{
	kfree(container_of(head, struct thing, rcu));
}

/* Makes the table grow and shrink; its objects are freed, so that a reader who is led astray is seen. */
static void *churn(void *arg)
{
	unsigned long base = (unsigned long)(uintptr_t)arg;
	static __thread struct thing *mine[CHURN];

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CHURN; i++) {
			struct thing *thing = mine[i] = kzalloc(sizeof(*thing), GFP_KERNEL);
			int error;

			thing->id = -1;
			thing->key = base + (unsigned long)i;
			while ((error = rhashtable_lookup_insert_fast(&shared, &thing->node, by_key)) == -EBUSY)
				sched_yield();
			if (error)
				bump(strange);
		}
		for (int i = 0; i < CHURN; i++) {
			if (rhashtable_remove_fast(&shared, &mine[i]->node, by_key))
				bump(strange);
			call_rcu(&mine[i]->rcu, free_thing);
		}
		resized();
	}
	return NULL;
}

static void threads(void)
{
	struct thing *things = things_new(STABLE);
	pthread_t looking[2], strolling, changing[2];

	rhashtable_init(&shared, &by_key);
	for (int i = 0; i < STABLE; i++)
		rhashtable_insert_fast(&shared, &things[i].node, by_key);
	put_value(churning, 1);
	for (int i = 0; i < 2; i++) {
		pthread_create(&looking[i], NULL, look, things);
		pthread_create(&changing[i], NULL, churn, (void *)(uintptr_t)((i + 1) * 1000001));
	}
	pthread_create(&strolling, NULL, stroll, things);
	for (int i = 0; i < 2; i++)
		pthread_join(changing[i], NULL);
	put_value(churning, 0);
	for (int i = 0; i < 2; i++)
		pthread_join(looking[i], NULL);
	pthread_join(strolling, NULL);
	is(missed, 0, "readers never miss what is there all the time");
	is(strange, 0, "and nothing else goes wrong");
	is(atomic_read(&shared.nelems), STABLE, "what is left is counted");
	rhashtable_destroy(&shared);
	fsn_rcu_barrier();
	kfree(things);
}

int main(void)
{
	tests_begin();
	walks();
	threads();
	return tests_end();
}
