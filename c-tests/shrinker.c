/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shrinkers: who is asked when the program says that memory is short, for how much, and how their end waits. And the chains of
 * functions that are told of something, leases among it.
 */
#include <linux/filelock.h>
#include <linux/notifier.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <sys/wait.h>
#include "support.h"

/* ---- shrinkers ---- */

struct cache {
	unsigned long objects;
	/* refuses from then on */
	int stop_after;
	int counts, scans;
	unsigned long asked, batch;
};

static int inside, may_leave;

static unsigned long count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cache *cache = shrinker->private_data;

	(void)sc;
	cache->counts++;
	return cache->objects;
}

static unsigned long scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cache *cache = shrinker->private_data;
	unsigned long n = sc->nr_to_scan < cache->objects ? sc->nr_to_scan : cache->objects;

	if (cache->stop_after >= 0 && cache->scans >= cache->stop_after)
		return SHRINK_STOP;
	cache->scans++;
	cache->asked += sc->nr_to_scan;
	if (sc->nr_to_scan > cache->batch)
		cache->batch = sc->nr_to_scan;
	cache->objects -= n;
	return n;
}

static struct shrinker *shrinker_for(struct cache *cache, long batch)
{
	struct shrinker *shrinker = shrinker_alloc(0, "test-%d", 1);

	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->private_data = cache;
	shrinker->batch = batch;
	shrinker_register(shrinker);
	return shrinker;
}

static void rounds(void)
{
	struct cache a = { .objects = 1000, .stop_after = -1 }, b = { .objects = 10, .stop_after = -1 };
	struct shrinker *first, *second;

	is(fsn_shrink(100), 0, "without shrinkers nothing goes");
	first = shrinker_for(&a, 0);
	second = shrinker_for(&b, 0);
	is(fsn_shrink(300), 310, "each is asked for as much, and gives what it has");
	is(a.objects, 700, "the first");
	is(b.objects, 0, "the second");
	is(a.asked, 300, "neither is asked for more than that");
	is(b.asked, 20, "or than twice what it has");
	is(a.batch, 128, "at once for 128 at most");
	is(a.scans, 3, "so three times");
	is(fsn_shrink(1), 1, "one object");
	is(b.counts, 2, "a shrinker without objects is counted");
	is(b.scans, 1, "and not asked for any");

	/* what had to be left is asked for the next time */
	a.stop_after = a.scans;
	is(fsn_shrink(50), 0, "a shrinker that cannot just now");
	a.stop_after = -1;
	a.asked = 0;
	is(fsn_shrink(10), 60, "is asked for the rest at the next call");
	is(a.asked, 60, "once");
	is(fsn_shrink(10), 10, "and owes nothing then");
	/* but an old debt does not empty it */
	a.stop_after = 0;
	for (int i = 0; i < 10; i++)
		fsn_shrink(1000);
	a.stop_after = -1;
	a.objects = 5;
	a.asked = 0;
	fsn_shrink(1);
	is(a.asked, 10, "a debt is called in up to twice what there is");
	shrinker_free(first);
	is(a.counts, 16, "(it was counted at each call)");
	b.objects = 7;
	is(fsn_shrink(7), 7, "the others stay when one goes");
	is(a.counts, 16, "which is not asked any more");
	shrinker_free(second);
	is(fsn_shrink(7), 0, "nobody is left");

	b.objects = 100;
	second = shrinker_for(&b, 9);
	b.batch = 0;
	b.scans = 0;
	fsn_shrink(20);
	is(b.batch, 9, "a shrinker may want other batches");
	is(b.scans, 3, "the last one smaller");
	shrinker_free(second);
}

static unsigned long scan_nested(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct cache *cache = shrinker->private_data;

	cache->scans++;
	cache->asked += fsn_shrink(sc->nr_to_scan);
	sc->nr_scanned = 0;
	cache->objects = 0;
	return 1;
}

static void odd_ones(void)
{
	struct cache cache = { .objects = 3, .stop_after = -1 };
	struct shrinker *shrinker;

	for (int skip = 0; skip < 2; skip++) {
		fsn_fail_alloc(skip, 1);
		ok(!shrinker_alloc(0, "none"), "no shrinker without memory (%d)", skip);
		fsn_fail_alloc(0, 0);
	}
	shrinker = shrinker_alloc(0, "unused");
	shrinker_free(shrinker);
	shrinker_free(NULL);
	shrinker = shrinker_alloc(0, "without functions");
	log_expected = true;
	log_reset();
	shrinker_register(shrinker);
	is(n_warnings, 1, "a shrinker without functions is warned of");
	log_expected = false;
	n_warnings = 0;
	is(fsn_shrink(1), 0, "and not asked");
	shrinker_free(shrinker);

	shrinker = shrinker_alloc(0, "nested");
	shrinker->count_objects = count;
	shrinker->scan_objects = scan_nested;
	shrinker->private_data = &cache;
	shrinker_register(shrinker);
	is(fsn_shrink(3), 3, "a shrinker that looks at nothing keeps nobody for ever");
	is(cache.scans, 3, "it was asked as often as it was meant to look at something");
	is(cache.asked, 0, "memory that is short inside a shrinker does nothing");
	shrinker_free(shrinker);
}

static unsigned long scan_slowly(struct shrinker *shrinker, struct shrink_control *sc)
{
	(void)shrinker, (void)sc;
	put_value(inside, 1);
	wait_until(peek(may_leave));
	put_value(inside, 0);
	return SHRINK_STOP;
}

static void *press(void *arg)
{
	(void)arg;
	fsn_shrink(10);
	return NULL;
}

static int gone;

static void *take_away(void *arg)
{
	shrinker_free(arg);
	put_value(gone, 1);
	return NULL;
}

static void the_end_waits(void)
{
	struct cache cache = { .objects = 3, .stop_after = -1 }, other = { .objects = 5, .stop_after = -1 };
	struct shrinker *slow = shrinker_alloc(0, "slow"), *behind;
	pthread_t pressing, taking;
	int status;
	pid_t child;

	slow->count_objects = count;
	slow->scan_objects = scan_slowly;
	slow->private_data = &cache;
	shrinker_register(slow);
	behind = shrinker_for(&other, 0);
	pthread_create(&pressing, NULL, press, NULL);
	wait_until(peek(inside));
	child = fork();
	if (!child) {
		/* the thread that is in the shrinker is not here */
		alarm(20);
		shrinker_free(slow);
		_exit(fsn_shrink(5) == 5 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "after a fork a shrinker does not wait for the parent's threads");
	pthread_create(&taking, NULL, take_away, slow);
	a_while();
	ok(!peek(gone), "a shrinker's end waits for who is in it");
	is(fsn_shrink(2), 2, "meanwhile the others are asked");
	is(cache.counts, 1, "and it is not");
	put_value(may_leave, 1);
	pthread_join(taking, NULL);
	pthread_join(pressing, NULL);
	is(other.objects, 0, "the round went on behind it");
	shrinker_free(behind);
}

/* ---- chains ---- */

static char told[32];

static int tell_with(const char *name, int answer)
{
	strcat(told, name);
	return answer;
}

static int tell_a(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb, (void)data;
	return tell_with("a", (int)action);
}

static int tell_b(struct notifier_block *nb, unsigned long action, void *data)
{
	(void)nb, (void)action;
	*(int *)data += 1;
	return tell_with("b", NOTIFY_OK);
}

static struct notifier_block a = { .notifier_call = tell_a }, b = { .notifier_call = tell_b },
			     first = { .notifier_call = tell_b, .priority = 10 };
static BLOCKING_NOTIFIER_HEAD(chain);

static bool tells(unsigned long action, int *data, int answer, const char *wanted)
{
	int got;

	told[0] = 0;
	got = blocking_notifier_call_chain(&chain, action, data);
	if (got != answer || strcmp(told, wanted))
		printf("# told %s, answered %d\n", told, got);
	return got == answer && strcmp(told, wanted) == 0;
}

static void chains(void)
{
	int seen = 0;

	ok(tells(0, NULL, 0, ""), "an empty chain tells nobody");
	is(blocking_notifier_chain_register(&chain, &a), 0, "one");
	is(blocking_notifier_chain_register(&chain, &b), 0, "another");
	is(blocking_notifier_chain_register(&chain, &first), 0, "one of higher priority");
	ok(tells(NOTIFY_DONE, &seen, NOTIFY_OK, "bab"), "the higher priority first, then the order of registration");
	is(seen, 2, "with the data");
	ok(tells(NOTIFY_STOP, &seen, NOTIFY_STOP, "ba"), "who stops it is the last");
	ok(tells(NOTIFY_BAD, &seen, NOTIFY_BAD, "ba"), "also with an error");
	log_expected = true;
	is(blocking_notifier_chain_register(&chain, &b), -EEXIST, "nobody twice");
	log_expected = false;
	n_warnings = 0;
	is(blocking_notifier_chain_unregister(&chain, &a), 0, "one leaves");
	is(blocking_notifier_chain_unregister(&chain, &a), -ENOENT, "once");
	ok(tells(0, &seen, NOTIFY_OK, "bb"), "the others stay");
	blocking_notifier_chain_unregister(&chain, &first);
	blocking_notifier_chain_unregister(&chain, &b);
	ok(tells(0, NULL, 0, ""), "nobody is left");
	is(notifier_to_errno(notifier_from_errno(-ENOMEM)), -ENOMEM, "an error survives being an answer");
	is(notifier_to_errno(NOTIFY_OK), 0, "no error either");
	ok(notifier_from_errno(-EPERM) & NOTIFY_STOP_MASK, "an error stops the chain");
}

static int lease_told;

static int slow_lease(struct notifier_block *nb, unsigned long arg, void *lease)
{
	(void)nb;
	bump(lease_told);
	ok(arg == 1 && lease == &lease_told, "with what was announced");
	put_value(inside, 1);
	wait_until(peek(may_leave));
	return 0;
}

static struct notifier_block slow_block = { .notifier_call = slow_lease };

static void *announce(void *arg)
{
	(void)arg;
	fsn_lease_announce(1, &lease_told);
	return NULL;
}

static void *unregister(void *arg)
{
	lease_unregister_notifier(arg);
	put_value(gone, 1);
	return NULL;
}

static void leases(void)
{
	pthread_t announcing, leaving;

	put_value(inside, 0);
	put_value(may_leave, 0);
	put_value(gone, 0);
	is(fsn_lease_announce(1, NULL), 0, "nobody listens");
	is(lease_register_notifier(&slow_block), 0, "somebody does");
	pthread_create(&announcing, NULL, announce, NULL);
	wait_until(peek(inside));
	pthread_create(&leaving, NULL, unregister, &slow_block);
	a_while();
	ok(!peek(gone), "who leaves waits for who is told");
	put_value(may_leave, 1);
	pthread_join(announcing, NULL);
	pthread_join(leaving, NULL);
	fsn_lease_announce(1, &lease_told);
	is(lease_told, 1, "and is not told any more");
}

int main(void)
{
	tests_begin();
	rounds();
	odd_ones();
	the_end_waits();
	chains();
	leases();
	return tests_end();
}
