/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists in the order of use: what each answer of a walk does, and walks beside other threads.
 */
#include <linux/list_lru.h>
#include <linux/slab.h>
#include "support.h"

#define ITEMS 6

struct item {
	int id;
	struct list_head lru;
};

static struct item items[ITEMS];
static struct list_lru lru;
/* what the callback answers for each, and which it saw */
static enum lru_status answers[ITEMS];
static char order[64];
static LIST_HEAD(taken);

static struct item *item_of(struct list_head *at)
{
	return container_of(at, struct item, lru);
}

static enum lru_status isolate(struct list_head *at, struct list_lru_one *list, spinlock_t *lock, void *arg)
{
	struct item *item = item_of(at);
	enum lru_status answer = answers[item->id];

	ok(spin_is_locked(lock), "the list is locked for %d", item->id);
	sprintf(order + strlen(order), "%d", item->id);
	switch (answer) {
	case LRU_REMOVED:
		list_lru_isolate_move(list, at, arg);
		break;
	case LRU_REMOVED_RETRY:
		list_lru_isolate(list, at);
		spin_unlock(lock);
		spin_lock(lock);
		break;
	case LRU_RETRY:
		/* once */
		answers[item->id] = LRU_SKIP;
		spin_unlock(lock);
		spin_lock(lock);
		break;
	default:
		break;
	}
	return answer;
}

static void reset(void)
{
	for (int i = 0; i < ITEMS; i++) {
		if (!list_empty(&items[i].lru))
			list_lru_del_obj(&lru, &items[i].lru);
		items[i].id = i;
		list_lru_add_obj(&lru, &items[i].lru);
		answers[i] = LRU_SKIP;
	}
	order[0] = 0;
}

/* The order of the list, by a walk that changes nothing. */
static enum lru_status look(struct list_head *at, struct list_lru_one *list, spinlock_t *lock, void *arg)
{
	(void)list, (void)lock;
	sprintf((char *)arg + strlen(arg), "%d", item_of(at)->id);
	return LRU_SKIP;
}

static bool in_order(const char *wanted)
{
	char now[32] = "";

	list_lru_walk(&lru, look, now, 100);
	if (strcmp(now, wanted))
		printf("# the list is %s, not %s\n", now, wanted);
	return strcmp(now, wanted) == 0;
}

static void basics(void)
{
	fsn_fail_alloc(0, -1);
	is(list_lru_init(&lru), -ENOMEM, "a list wants memory");
	fsn_fail_alloc(0, 0);
	list_lru_destroy(&lru);
	is(list_lru_init(&lru), 0, "a list");
	is(list_lru_count(&lru), 0, "which is empty");
	for (int i = 0; i < ITEMS; i++)
		INIT_LIST_HEAD(&items[i].lru);
	ok(list_lru_add_obj(&lru, &items[0].lru), "an object is added");
	ok(!list_lru_add_obj(&lru, &items[0].lru), "once");
	is(list_lru_count(&lru), 1, "it is counted");
	ok(list_lru_del_obj(&lru, &items[0].lru), "it is taken off");
	ok(!list_lru_del_obj(&lru, &items[0].lru), "once");
	ok(list_empty(&items[0].lru), "and can be added again");
	is(list_lru_count(&lru), 0, "nothing is left");
	reset();
	ok(in_order("012345"), "the least recently used comes first");
	list_lru_del_obj(&lru, &items[2].lru);
	list_lru_add_obj(&lru, &items[2].lru);
	ok(in_order("013452"), "who is added anew comes last");
}

static void walks(void)
{
	struct shrink_control sc = { .nr_to_scan = 4 };
	unsigned long n;

	reset();
	is(list_lru_walk(&lru, isolate, &taken, 3), 0, "a walk that skips takes nothing");
	ok(strcmp(order, "012") == 0, "and sees as many as it was told");

	reset();
	answers[0] = answers[2] = LRU_ROTATE;
	is(list_lru_walk(&lru, isolate, &taken, 4), 0, "turning takes nothing");
	ok(strcmp(order, "0123") == 0, "a walk goes on behind what was turned");
	ok(in_order("134502"), "which is last then");
	is(list_lru_count(&lru), ITEMS, "and still counted");

	reset();
	answers[1] = answers[3] = LRU_REMOVED;
	is(list_lru_walk(&lru, isolate, &taken, 100), 2, "two are taken");
	ok(in_order("0245"), "the others stay");
	is(list_lru_count(&lru), ITEMS - 2, "and are counted");
	for (n = 0; !list_empty(&taken); n++)
		list_del_init(taken.next);
	is(n, 2, "the two are on the caller's list");

	reset();
	answers[1] = LRU_REMOVED_RETRY;
	is(list_lru_walk(&lru, isolate, &taken, 100), 1, "one is taken with the lock released");
	ok(strcmp(order, "0102345") == 0, "then the walk begins at the front again");
	list_lru_add_obj(&lru, &items[1].lru);

	reset();
	answers[2] = LRU_RETRY;
	is(list_lru_walk(&lru, isolate, &taken, 100), 0, "none is taken, the lock was released");
	ok(strcmp(order, "012012345") == 0, "then too it begins at the front");

	reset();
	answers[2] = LRU_RETRY;
	list_lru_walk(&lru, isolate, &taken, 4);
	ok(strcmp(order, "0120") == 0, "what was seen twice counts twice");

	reset();
	answers[0] = LRU_REMOVED;
	answers[3] = LRU_STOP;
	is(list_lru_walk(&lru, isolate, &taken, 100), 1, "a walk that is stopped tells what it took");
	ok(strcmp(order, "0123") == 0, "and goes no further");
	list_del_init(taken.next);

	reset();
	is(list_lru_shrink_count(&lru, &sc), ITEMS, "a shrinker's count");
	list_lru_shrink_walk(&lru, &sc, isolate, &taken);
	ok(strcmp(order, "0123") == 0, "a shrinker's walk sees as many as it was asked for");
	is(sc.nr_to_scan, 0, "and counts them down");
	for (int i = 0; i < ITEMS; i++)
		list_lru_del_obj(&lru, &items[i].lru);
}

/* ---- threads ---- */

#define THREADS 3
#define TURNS 4000

static int going, removed, rotated;

static enum lru_status drop(struct list_head *at, struct list_lru_one *list, spinlock_t *lock, void *arg)
{
	(void)arg, (void)lock;
	if (bump(rotated) % 3)
		return LRU_ROTATE;
	list_lru_isolate(list, at);
	bump(removed);
	return LRU_REMOVED;
}

static void *reaper(void *arg)
{
	(void)arg;
	while (peek(going))
		list_lru_walk(&lru, drop, NULL, 10);
	return NULL;
}

static void *user(void *arg)
{
	struct item *mine = kcalloc(16, sizeof(*mine), GFP_KERNEL);
	long balance = 0;

	for (int i = 0; i < 16; i++)
		INIT_LIST_HEAD(&mine[i].lru);
	for (int i = 0; i < TURNS; i++) {
		struct item *item = &mine[i * 7 % 16];

		if (i % 3)
			balance += list_lru_add_obj(&lru, &item->lru);
		else
			balance -= list_lru_del_obj(&lru, &item->lru);
	}
	for (int i = 0; i < 16; i++)
		balance -= list_lru_del_obj(&lru, &mine[i].lru);
	__atomic_fetch_add((long *)arg, balance, __ATOMIC_SEQ_CST);
	kfree(mine);
	return NULL;
}

static void threads(void)
{
	pthread_t users[THREADS], reaping;
	long balance = 0;

	put_value(going, 1);
	pthread_create(&reaping, NULL, reaper, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&users[i], NULL, user, &balance);
	for (int i = 0; i < THREADS; i++)
		pthread_join(users[i], NULL);
	put_value(going, 0);
	pthread_join(reaping, NULL);
	is(balance, removed, "each object that was added was taken off once, by its owner or by a walk");
	is(list_lru_count(&lru), 0, "nothing is left");
	list_lru_destroy(&lru);
	list_lru_destroy(&lru);
	ok(!lru.node, "a list is destroyed once");
}

int main(void)
{
	tests_begin();
	basics();
	walks();
	threads();
	return tests_end();
}
