/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freed memory that the library keeps for the next allocation: by thread, exchanged between threads, bounded. Whatever comes out of it
 * is charged, counted, refused and zeroed as new memory is. The program runs itself with FSN_MAGAZINES=1, for a debug build and a
 * sanitized one keep nothing, and with the variable's other values to see that it is heeded.
 */
#include <malloc.h>
#include "life/forked.h"

enum { SMALL = 72, HEADER = 16 };

static int n_messages;

static void count_message(void *arg, int level, const char *function, const char *message)
{
	(void)arg, (void)level, (void)function, (void)message;
	bump(n_messages);
}

static void *take(size_t size)
{
	return fsn_kmalloc(size, T_GFP);
}

/* ---- who keeps ---- */

#if defined(__SANITIZE_ADDRESS__)
int __asan_address_is_poisoned(const volatile void *address);
#endif

/* Whether a freed object is kept, or malloc's again. */
static int keeps(void)
{
	void *object = take(SMALL), *block;

	fsn_kfree(object);
#if defined(__SANITIZE_ADDRESS__)
	(void)block;
	return !__asan_address_is_poisoned(object);
#else
	block = malloc(SMALL + HEADER);
	return block != (char *)object - HEADER;
#endif
}

/* This program; by its name, for /proc/self/exe itself would be valgrind. */
static const char *self(void)
{
	static char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = 0;
	return path;
}

/* The exit status of this program in another environment. */
static int elsewhere(const char *value)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (value)
			setenv("FSN_MAGAZINES", value, 1);
		else
			unsetenv("FSN_MAGAZINES");
		execl(self(), "magazines", "keeps", (char *)NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_environment(void)
{
	int unasked = 1;

#if defined(FSN_TESTS_DEBUG_BUILD) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	unasked = 0;
#endif
	is(elsewhere("1"), 1, "FSN_MAGAZINES=1: freed memory is kept");
	is(elsewhere("0"), 0, "FSN_MAGAZINES=0: it is malloc's again");
	is(elsewhere(NULL), unasked, "unasked: kept, but not in a debug build nor under a sanitizer");
}

/* ---- one thread ---- */

static bool all_bytes(const void *memory, int value, size_t size)
{
	const unsigned char *byte = memory;

	while (size)
		if (byte[--size] != value)
			return false;
	return true;
}

enum { MANY = 3000 };
static void *many[MANY];

static void take_many(size_t size, gfp_t gfp)
{
	int i;

	for (i = 0; i < MANY; i++)
		many[i] = fsn_kmalloc(size, gfp);
}

static void free_many(void)
{
	int i;

	for (i = 0; i < MANY; i++)
		fsn_kfree(many[i]);
}

static void test_again(void)
{
	static const size_t sizes[] = { 1, 8, 9, 72, 100, 999, 1016, 1017, 5000 };
	struct kmem_cache *cache = fsn_kmem_cache_create("zeroed", 100, 0, 0, NULL);
	unsigned int i, k, dirty;
	void *one = take(SMALL), *two = take(SMALL), *zeroed;

	fsn_kfree(one);
	fsn_kfree(two);
	is_ptr(take(SMALL), two, "the object freed last comes first");
	is_ptr(take(SMALL), one, "then the one before");
	fsn_kfree(one);
	fsn_kfree(two);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		take_many(sizes[i], T_GFP);
		for (k = 0; k < MANY; k++)
			memset(many[k], 0xff, sizes[i]);
		free_many();
		take_many(sizes[i], T_GFP | FSN___GFP_ZERO);
		for (k = dirty = 0; k < MANY; k++)
			dirty += !all_bytes(many[k], 0, sizes[i]) || fsn_ksize(many[k]) != sizes[i] || ((uintptr_t)many[k] & 15);
		is(dirty, 0, "%u objects of %zu bytes, used before: zeroed, of their size, aligned", MANY, sizes[i]);
		free_many();
	}
	one = take(100);
	memset(one, 0xff, 100);
	fsn_kfree(one);
	zeroed = fsn_kmem_cache_zalloc(cache, T_GFP);
	is_ptr(zeroed, one, "a cache and kmalloc() use the same memory");
	ok(all_bytes(zeroed, 0, 100), "zeroed for the cache");
	fsn_kmem_cache_free(cache, zeroed);
	fsn_kmem_cache_destroy(cache);
}

static void test_no_overlap(void)
{
	int i, wrong = 0;

	for (i = 0; i < MANY; i++) {
		many[i] = take(1 + i % 1100);
		memset(many[i], i, 1 + i % 1100);
	}
	for (i = 0; i < MANY; i += 2)
		fsn_kfree(many[i]);
	for (i = 0; i < MANY; i += 2) {
		many[i] = take(1 + i % 1100);
		memset(many[i], i, 1 + i % 1100);
	}
	for (i = 0; i < MANY; i++)
		wrong += !all_bytes(many[i], i & 255, 1 + i % 1100);
	is(wrong, 0, "objects of all sizes do not overlap");
	free_many();
}

static void test_failures(void)
{
	struct fsn_stats before, after;
	void *object;

	fsn_kfree(take(SMALL));
	fsn_stats(&before);
	fsn_fail_alloc(1, 1);
	object = take(SMALL);
	ok(object && !take(SMALL), "an injected failure comes with memory at hand, too");
	is(fsn_fail_alloc(0, -1), 1, "once");
	fsn_kfree(object);
	object = fsn_kmalloc(SMALL, T_GFP | FSN___GFP_NOFAIL);
	ok(object != NULL, "and not where there may be none");
	is(fsn_fail_alloc(0, 0), 0, "nor is it counted");
	fsn_kfree(object);
	fsn_stats(&after);
	is(after.allocations_failed - before.allocations_failed, 1, "one failure was counted");
	is(after.allocations, before.allocations, "no object is left");
}

static void test_charges(void)
{
	struct mem_cgroup *memcg = fsn_memcg_create("payer"), *old;
	struct kmem_cache *cache = fsn_kmem_cache_create("accounted", SMALL, 0, FSN_SLAB_ACCOUNT, NULL);
	void *unpaid = take(SMALL), *object, *second;

	fsn_kfree(unpaid);
	old = fsn_set_active_memcg(memcg);
	object = fsn_kmem_cache_alloc(cache, T_GFP);
	is_ptr(object, unpaid, "memory that was not paid for");
	is(fsn_memcg_usage(memcg), SMALL + HEADER, "is paid for now");
	fsn_memcg_set_limit(memcg, SMALL + HEADER);
	fsn_kfree(fsn_kmalloc(SMALL, T_GFP));
	second = fsn_kmem_cache_alloc(cache, T_GFP);
	ok(!second, "the limit holds with memory at hand");
	fsn_kmem_cache_free(cache, object);
	is(fsn_memcg_usage(memcg), 0, "memory that is kept is nobody's");
	fsn_set_active_memcg(old);
	object = fsn_kmem_cache_alloc(cache, T_GFP);
	is_ptr(object, unpaid, "and is taken by the root");
	is(fsn_memcg_usage(memcg), 0, "which pays nothing");
	fsn_kmem_cache_free(cache, object);
	fsn_kmem_cache_destroy(cache);
	fsn_mem_cgroup_put(memcg);
}

static void test_misuse(void)
{
	struct kmem_cache *cache, *other;
	struct fsn_stats before, after;
	void *object, *second;

	fsn_stats(&before);
	cache = fsn_kmem_cache_create("one", SMALL, 0, 0, NULL);
	other = fsn_kmem_cache_create("other", SMALL, 0, 0, NULL);
	n_messages = 0;
	fsn_set_log(count_message, NULL);
	object = fsn_kmem_cache_alloc(cache, T_GFP);
	fsn_kmem_cache_free(cache, object);
	fsn_kmem_cache_free(cache, object);
	is(n_messages, 1, "an object freed twice is reported");
	fsn_kfree(object);
	is(n_messages, 2, "three times, too");
	object = fsn_kmem_cache_alloc(cache, T_GFP);
	second = fsn_kmem_cache_alloc(cache, T_GFP);
	ok(object != second, "and not given out twice");
	fsn_kmem_cache_free(other, second);
	is(n_messages, 3, "an object of another cache is reported");
	fsn_kmem_cache_destroy(cache);
	is(n_messages, 4, "so is a cache that is destroyed with an object out");
	fsn_kmem_cache_free(cache, object);
	fsn_kmem_cache_destroy(cache);
	fsn_kmem_cache_destroy(other);
	is(n_messages, 4, "and nothing else");
	fsn_set_log(NULL, NULL);
	fsn_stats(&after);
	is(after.allocations, before.allocations, "misuse leaves the counts right");
}

/* ---- threads ---- */

enum { THREADS = 4, SHARED = 256, LIVE = 0x600d };

struct shared_object {
	__u64 check;
	__u32 live;
	__u32 size;
	char rest[];
};

static struct shared_object *shared[SHARED];
static struct kmem_cache *shared_cache;
static long rounds;
static int stop_storm, n_broken;
static long n_taken;
static int seeds[THREADS] = { 1, 2, 3, 4 };

static __u64 check_of(const struct shared_object *object)
{
	return (__u64)(uintptr_t)object * 0x9e3779b97f4a7c15ull ^ object->size;
}

static void end_shared(struct shared_object *object)
{
	if (!object)
		return;
	if (object->check != check_of(object) || object->live != LIVE ||
	    object->rest[object->size - sizeof(*object) - 1] != (char)object->size)
		bump(n_broken);
	object->live = 0;
	if (object->size == SMALL)
		fsn_kmem_cache_free(shared_cache, object);
	else
		fsn_kfree(object);
}

static unsigned int dice_of(__u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned int)(*state >> 33);
}

/* Takes an object, leaves it somewhere for any thread, and ends what was there. */
static void *exchange_objects(void *arg)
{
	__u64 dice = *(int *)arg * 977 + 1;
	long left;

	for (left = rounds; left && !peek(stop_storm); left--) {
		unsigned int drawn = dice_of(&dice);
		__u32 size = drawn & 3 ? SMALL : 32 + drawn % 1200;
		struct shared_object *object = size == SMALL ? fsn_kmem_cache_alloc(shared_cache, T_GFP) : take(size);

		object->size = size;
		object->live = LIVE;
		object->check = check_of(object);
		object->rest[size - sizeof(*object) - 1] = (char)size;
		bump(n_taken);
		end_shared(__atomic_exchange_n(&shared[dice_of(&dice) % SHARED], object, __ATOMIC_ACQ_REL));
	}
	return NULL;
}

/* A process of its own: what was there at the fork is whole, and as much again can be had. */
static void child_of_the_storm(void)
{
	struct fsn_stats before, after;
	pthread_t thread;
	int i;

	for (i = 0; i < MANY; i++)
		want(all_bytes(many[i], i & 255, 1 + i % 1100));
	fsn_stats(&before);
	rounds = 2000;
	stop_storm = 0;
	n_taken = n_broken = 0;
	memset(shared, 0, sizeof(shared));
	want(pthread_create(&thread, NULL, exchange_objects, &seeds[0]) == 0);
	exchange_objects(&seeds[1]);
	pthread_join(thread, NULL);
	for (i = 0; i < SHARED; i++)
		end_shared(shared[i]);
	want_equal(n_broken, 0);
	fsn_stats(&after);
	want_equal(after.allocations, before.allocations);
	want_equal(after.allocated_bytes, before.allocated_bytes);
	want_equal(after.allocations_total - before.allocations_total, n_taken);
	for (i = 0; i < MANY; i++)
		want(all_bytes(many[i], i & 255, 1 + i % 1100));
}

static void test_storm(void)
{
	const char *percent = getenv("FSN_STRESS");
	struct fsn_stats before, after;
	pthread_t threads[THREADS];
	int i, forks, wrong = 0;

	shared_cache = fsn_kmem_cache_create("shared", SMALL, 0, 0, NULL);
	for (i = 0; i < MANY; i++) {
		many[i] = take(1 + i % 1100);
		memset(many[i], i, 1 + i % 1100);
	}
	fsn_stats(&before);
	rounds = 40000 * (percent ? atol(percent) : 100) / 100;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, exchange_objects, &seeds[i]);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	/* and with forks in between */
	rounds = 1L << 40;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, exchange_objects, &seeds[i]);
#if defined(__SANITIZE_ADDRESS__)
	(void)forks;
	ok(true, "forks beside threads # SKIP AddressSanitizer's allocator may be caught locked by a fork");
	(void)child_of_the_storm;
#else
	for (forks = 0; forks < 10; forks++)
		wrong += in_child(child_of_the_storm, 30) != 0;
	is(wrong, 0, "%d forks beside threads: the children are whole", forks);
#endif
	put_value(stop_storm, 1);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	n_messages = 0;
	fsn_set_log(count_message, NULL);
	fsn_kmem_cache_destroy(shared_cache);
	is(n_messages, 1, "a cache knows of its objects, whoever has freed the others");
	fsn_set_log(NULL, NULL);
	for (i = 0; i < SHARED; i++)
		end_shared(shared[i]);
	is(n_broken, 0, "%ld objects, freed by any thread, were whole", n_taken);
	fsn_stats(&after);
	is(after.allocations, before.allocations, "as many objects as before");
	is(after.allocated_bytes, before.allocated_bytes, "as many bytes");
	is(after.allocations_total - before.allocations_total, n_taken, "each was counted");
	fsn_kmem_cache_destroy(shared_cache);
	for (i = wrong = 0; i < MANY; i++)
		wrong += !all_bytes(many[i], i & 255, 1 + i % 1100);
	is(wrong, 0, "objects that were there all the time are whole");
	free_many();
}

/* ---- bounds ---- */

enum { SIZES = 12, AT_ONCE = 40, KEPT = 160000 };

static size_t in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static pthread_barrier_t together;

/* Frees as much of several sizes as a thread keeps at most, and more. */
static void *free_some(void *arg)
{
	void *objects[SIZES][40];
	int i, k;

	(void)arg;
	for (i = 0; i < SIZES; i++)
		for (k = 0; k < 40; k++)
			objects[i][k] = take(80 + 70 * i);
	pthread_barrier_wait(&together);
	for (i = 0; i < SIZES; i++)
		for (k = 0; k < 40; k++)
			fsn_kfree(objects[i][k]);
	pthread_barrier_wait(&together);
	return NULL;
}

static void test_bounds(void)
{
	pthread_t threads[AT_ONCE];
	size_t before, after;
	int i;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	ok(true, "# SKIP the sanitizer's malloc does not tell what is in use");
	return;
#endif
	before = in_use();
	for (i = 0; i < 10; i++) {
		take_many(300, T_GFP);
		free_many();
		take_many(900, T_GFP);
		free_many();
	}
	after = in_use();
	/* of a size 16 KiB are the thread's, 128 KiB all threads'; the rest is for the magazines */
	ok(after < before + 2 * KEPT, "what is kept is bounded: %zd bytes more than before", (ssize_t)(after - before));
	before = in_use();
	pthread_barrier_init(&together, NULL, AT_ONCE);
	for (i = 0; i < AT_ONCE; i++)
		pthread_create(&threads[i], NULL, free_some, NULL);
	for (i = 0; i < AT_ONCE; i++)
		pthread_join(threads[i], NULL);
	after = in_use();
	ok(after < before + SIZES * KEPT, "threads that end leave no more than that: %zd bytes", (ssize_t)(after - before));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "keeps") == 0)
		return keeps();
	if (!getenv("FSN_MAGAZINES")) {
		setenv("FSN_MAGAZINES", "1", 1);
		execv(self(), argv);
		perror(self());
		return 1;
	}
	test_environment();
	test_again();
	test_no_overlap();
	test_failures();
	test_charges();
	test_misuse();
	test_bounds();
	test_storm();
	return done_testing();
}
