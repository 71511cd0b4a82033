// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers for pointers: which number comes next, what is found, what a failed allocation leaves behind; a random sequence
 * beside a plain array; readers beside a writer.
 */
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/fsnotify_backend.h>
#include "support.h"

#define POINTER(n) ((void *)(uintptr_t)(((n) + 1) * 16))

static DEFINE_IDR(prepared);

static void smallest_first(void)
{
	struct idr idr;
	int nextid;

	idr_init(&idr);
	ok(idr_is_empty(&idr), "alloc: a new map is empty");
	is_ptr(idr_find(&idr, 0), NULL, "find: nothing in an empty map");
	for (int n = 0; n < 200; n++)
		if (idr_alloc(&idr, POINTER(n), 0, 0, GFP_KERNEL) != n)
			ok(false, "alloc: number %d", n);
	ok(!idr_is_empty(&idr), "alloc: a map with numbers is not empty");
	is_ptr(idr_find(&idr, 130), POINTER(130), "find: what is behind 130");
	is_ptr(idr_find(&idr, 200), NULL, "find: nothing behind a number that is free");
	is_ptr(idr_find(&idr, ~0UL), NULL, "find: nothing behind the largest number");
	is_ptr(idr_remove(&idr, 70), POINTER(70), "remove: returns what was there");
	is_ptr(idr_remove(&idr, 70), NULL, "remove: nothing the second time");
	is_ptr(idr_remove(&idr, 5000), NULL, "remove: nothing beyond the tree");
	idr_remove(&idr, 7);
	is(idr_alloc(&idr, POINTER(7), 8, 0, GFP_KERNEL), 70, "alloc: the smallest free number from 8 on");
	is(idr_alloc(&idr, POINTER(7), 0, 0, GFP_KERNEL), 7, "alloc: the smallest free number");
	is(idr_alloc(&idr, POINTER(0), 0, 200, GFP_KERNEL), -ENOSPC, "alloc: -ENOSPC when all before the end are taken");
	is(idr_alloc(&idr, POINTER(0), 300, 300, GFP_KERNEL), -ENOSPC, "alloc: -ENOSPC for an empty range");
	is(idr_alloc(&idr, POINTER(0), 300, 200, GFP_KERNEL), -ENOSPC, "alloc: -ENOSPC for a range that ends before it begins");
	is(idr_alloc(&idr, POINTER(0), 199, 201, GFP_KERNEL), 200, "alloc: the end is not among the numbers");
	is_ptr(idr_replace(&idr, POINTER(9999), 100), POINTER(100), "replace: returns the old pointer");
	is_ptr(idr_find(&idr, 100), POINTER(9999), "replace: the new one is found");
	is(PTR_ERR(idr_replace(&idr, POINTER(1), 4000)), -ENOENT, "replace: -ENOENT for a number that is free");
	is(idr_alloc(&idr, NULL, 1000, 0, GFP_KERNEL), 1000, "alloc: NULL may be behind a number");
	is(idr_alloc(&idr, POINTER(1), 1000, 1001, GFP_KERNEL), -ENOSPC, "alloc: which is taken then");
	nextid = 201;
	is_ptr(idr_get_next(&idr, &nextid), NULL, "get_next: steps over NULL");
	is_ptr(idr_replace(&idr, POINTER(4), 1000), NULL, "replace: of a number with NULL");
	is_ptr(idr_get_next(&idr, &nextid), POINTER(4), "get_next: the first at or behind a number");
	is(nextid, 1000, "get_next: says which");
	idr_destroy(&idr);
	ok(idr_is_empty(&idr), "destroy: leaves an empty map");
	is(idr_alloc(&idr, POINTER(0), INT_MAX, 0, GFP_KERNEL), INT_MAX, "alloc: the largest number");
	is(idr_alloc(&idr, POINTER(0), INT_MAX, 0, GFP_KERNEL), -ENOSPC, "alloc: there is none behind it");
	is_ptr(idr_find(&idr, INT_MAX), POINTER(0), "find: it is found");
	is(idr_alloc(&idr, POINTER(3), 3, 0, GFP_KERNEL), 3, "alloc: a small number in a tall tree");
	idr_remove(&idr, INT_MAX);
	is_ptr(idr_find(&idr, 3), POINTER(3), "remove: the small one is found when the tree has become low");
	idr_remove(&idr, 3);
	ok(idr_is_empty(&idr), "remove: the last number leaves an empty map");
	idr_destroy(&idr);
}

static void wide_numbers(void)
{
	struct idr idr;
	u32 id = 0xfffffff0;

	idr_init(&idr);
	is(idr_alloc_u32(&idr, POINTER(1), &id, UINT_MAX, GFP_KERNEL), 0, "alloc_u32: a number beyond INT_MAX");
	is(id, 0xfffffff0, "alloc_u32: says which");
	is_ptr(idr_find(&idr, id), POINTER(1), "alloc_u32: it is found");
	is(idr_alloc_u32(&idr, POINTER(2), &id, 0xfffffff0, GFP_KERNEL), -ENOSPC, "alloc_u32: the maximum is among the numbers");
	idr_destroy(&idr);
	idr_init_base(&idr, 100);
	is(idr_alloc(&idr, POINTER(1), 0, 0, GFP_KERNEL), 100, "base: the smallest number");
	is(idr_alloc(&idr, POINTER(2), 0, 102, GFP_KERNEL), 101, "base: the end counts from 0");
	is(idr_alloc(&idr, POINTER(3), 0, 102, GFP_KERNEL), -ENOSPC, "base: -ENOSPC before the end");
	is(idr_alloc(&idr, POINTER(3), 0, 50, GFP_KERNEL), -ENOSPC, "base: -ENOSPC for an end below the base");
	is_ptr(idr_find(&idr, 101), POINTER(2), "base: found");
	is_ptr(idr_find(&idr, 1), NULL, "base: nothing below it");
	is_ptr(idr_remove(&idr, 100), POINTER(1), "base: removed");
	idr_destroy(&idr);
}

static void round_and_round(void)
{
	struct idr idr;

	idr_init(&idr);
	is(idr_alloc_cyclic(&idr, POINTER(1), 1, 4, GFP_KERNEL), 1, "cyclic: begins at the start");
	is(idr_alloc_cyclic(&idr, POINTER(2), 1, 4, GFP_KERNEL), 2, "cyclic: goes on");
	idr_remove(&idr, 1);
	is(idr_alloc_cyclic(&idr, POINTER(3), 1, 4, GFP_KERNEL), 3, "cyclic: a number that was freed does not come at once");
	is(idr_alloc_cyclic(&idr, POINTER(1), 1, 4, GFP_KERNEL), 1, "cyclic: comes back to the start at the end");
	is(idr_alloc_cyclic(&idr, POINTER(1), 1, 4, GFP_KERNEL), -ENOSPC, "cyclic: -ENOSPC when all are taken");
	is(idr_get_cursor(&idr), 2, "cyclic: a failure leaves the cursor");
	idr_remove(&idr, 3);
	idr_set_cursor(&idr, 1);
	is(idr_alloc_cyclic(&idr, POINTER(3), 1, 4, GFP_KERNEL), 3, "cyclic: steps over what is taken");
	idr_destroy(&idr);
	is(idr_alloc_cyclic(&idr, POINTER(1), 1, 0, GFP_KERNEL), 4, "cyclic: destroying leaves the cursor");
	idr_set_cursor(&idr, INT_MAX);
	is(idr_alloc_cyclic(&idr, POINTER(5), 1, 0, GFP_KERNEL), INT_MAX, "cyclic: the largest number");
	is(idr_alloc_cyclic(&idr, POINTER(5), 1, 0, GFP_KERNEL), 1, "cyclic: behind it from the start again");
	idr_destroy(&idr);
}

static int sum_up(int id, void *pointer, void *data)
{
	*(long *)data += id;
	return pointer == POINTER(666) ? 42 : 0;
}

static int take_away(int id, void *pointer, void *data)
{
	(void)pointer;
	idr_remove(data, (unsigned long)id);
	return 0;
}

static void walks(void)
{
	long sum = 0, ids = 0;
	void *entry;
	int id;

	for (int n = 0; n < 10; n++)
		idr_alloc(&prepared, POINTER(n), n * n * 50, 0, GFP_KERNEL);
	is(idr_for_each(&prepared, sum_up, &sum), 0, "for_each: 0 at the end");
	is(sum, 50 * 285, "for_each: every number");
	idr_for_each_entry(&prepared, entry, id) {
		if (entry != POINTER(ids))
			ok(false, "for_each_entry: upwards");
		ids++;
	}
	is(ids, 10, "for_each_entry: every number");
	is_ptr(entry, NULL, "for_each_entry: NULL at the end");
	idr_replace(&prepared, POINTER(666), 200);
	sum = 0;
	is(idr_for_each(&prepared, sum_up, &sum), 42, "for_each: ends with the first value other than 0");
	is(sum, 250, "for_each: and does not go on");
	is(idr_for_each(&prepared, take_away, &prepared), 0, "for_each: the function may remove its number");
	ok(idr_is_empty(&prepared), "for_each: all of them");
}

/* A sequence drawn at random, beside an array that knows better. */
static void like_an_array(unsigned int seed)
{
	enum { NUMBERS = 6000 };
	static void *known[NUMBERS];
	struct idr idr;
	int wrong = 0;

	memset(known, 0, sizeof(known));
	idr_init(&idr);
	for (int step = 0; step < 60000; step++) {
		int start = rand_r(&seed) % NUMBERS, what = rand_r(&seed) % 8, want = start, got;

		/* now more is added, now more is taken away */
		if (what < (step / 10000 % 2 ? 3 : 5)) {
			while (want < NUMBERS && known[want])
				want++;
			got = idr_alloc(&idr, POINTER(step), start, NUMBERS, GFP_KERNEL);
			wrong += got != (want < NUMBERS ? want : -ENOSPC);
			if (got >= 0 && got < NUMBERS)
				known[got] = POINTER(step);
		} else if (what < 7) {
			wrong += idr_remove(&idr, (unsigned long)start) != known[start];
			known[start] = NULL;
		} else {
			while (want < NUMBERS && !known[want])
				want++;
			wrong += idr_find(&idr, (unsigned long)start) != known[start];
			got = start;
			wrong += idr_get_next(&idr, &got) != (want < NUMBERS ? known[want] : NULL);
			wrong += want < NUMBERS && got != want;
		}
	}
	is(wrong, 0, "random: 60000 steps as an array does it (seed %u)", seed);
	for (int n = 0; n < NUMBERS; n++)
		wrong += idr_find(&idr, (unsigned long)n) != known[n];
	is(wrong, 0, "random: the same in the end");
	for (int n = 0; n < NUMBERS; n++)
		if (known[n])
			idr_remove(&idr, (unsigned long)n);
	ok(idr_is_empty(&idr), "random: empty when all are removed");
}

static void no_memory(void)
{
	struct fsn_stats before, after;
	int got, failures = 0;
	struct idr idr;

	rcu_barrier();
	fsn_stats(&before);
	idr_init(&idr);
	idr_alloc(&idr, POINTER(0), 0, 0, GFP_KERNEL);
	for (long skip = 0; ; skip++) {
		idr_preload(GFP_KERNEL);
		fsn_fail_alloc(skip, 1);
		got = idr_alloc(&idr, POINTER(1), 1 << 28, 0, GFP_NOWAIT);
		fsn_fail_alloc(0, 0);
		idr_preload_end();
		if (got >= 0)
			break;
		failures++;
		is(got, -ENOMEM, "memory: -ENOMEM when allocation %ld fails", skip);
		is_ptr(idr_find(&idr, 0), POINTER(0), "memory: the old number is there");
		is_ptr(idr_find(&idr, 1 << 28), NULL, "memory: the new one is not");
	}
	ok(failures > 5, "memory: a tall tree has nodes to fail at");
	is(got, 1 << 28, "memory: the number comes once there is memory");
	idr_preload(GFP_KERNEL | __GFP_NOFAIL);
	fsn_fail_alloc(0, -1);
	is(idr_alloc(&idr, POINTER(2), 1 << 20, 0, GFP_NOWAIT), 1 << 20, "memory: what was preloaded cannot fail");
	fsn_fail_alloc(0, 0);
	idr_preload_end();
	fsn_fail_alloc(0, -1);
	is(idr_alloc(&idr, POINTER(2), 1 << 24, 0, GFP_NOWAIT), -ENOMEM, "memory: which ends with the section");
	fsn_fail_alloc(0, 0);
	idr_destroy(&idr);
	rcu_barrier();
	fsn_stats(&after);
	is(after.allocations, before.allocations, "memory: nothing is left of a map");
}

/* Readers look for a number that is always there while a writer makes the tree tall and low. */
static struct idr shared;
static int stop, missed;

static void *reads(void *unused)
{
	(void)unused;
	while (!peek(stop)) {
		void *entry;
		int id = 0;

		rcu_read_lock();
		if (idr_find(&shared, 5) != POINTER(5))
			bump(missed);
		entry = idr_get_next(&shared, &id);
		if (entry != POINTER(5) || id != 5)
			bump(missed);
		rcu_read_unlock();
	}
	return NULL;
}

static void beside_readers(void)
{
	pthread_t readers[2];

	idr_init(&shared);
	idr_alloc(&shared, POINTER(5), 5, 0, GFP_KERNEL);
	for (int n = 0; n < 2; n++)
		pthread_create(&readers[n], NULL, reads, NULL);
	for (int n = 0; n < 20000; n++) {
		int id = idr_alloc(&shared, POINTER(n), 1 << (6 + n % 24), 0, GFP_KERNEL);

		idr_remove(&shared, (unsigned long)id);
	}
	put_value(stop, 1);
	for (int n = 0; n < 2; n++)
		pthread_join(readers[n], NULL);
	is(missed, 0, "readers: a number that stays is always found");
	idr_destroy(&shared);
}

int main(void)
{
	tests_begin();
	smallest_first();
	wide_numbers();
	round_and_round();
	walks();
	like_an_array(1);
	like_an_array(20241117);
	no_memory();
	beside_readers();
	log_expected = true;
	is(idr_alloc(&prepared, POINTER(1), -1, 0, GFP_KERNEL), -EINVAL, "alloc: -EINVAL for a negative start");
	is(n_warnings, 1, "alloc: which is warned of, and nothing else was");
	return tests_end();
}
