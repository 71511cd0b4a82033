// SPDX-License-Identifier: GPL-2.0-or-later
/* The primitives of the process host. Each row has its peer of the same name in bench/peers.c. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <fsnotify/fsnotify.h>
#include "bench.h"
#include "pairs.h"

static FSN_DEFINE_SPINLOCK(spin);
static struct mutex mutex;
static struct srcu_struct srcu;

static void spin_pair(void)
{
	fsn_spin_lock(&spin);
	fsn_spin_unlock(&spin);
}

static void mutex_pair(void)
{
	fsn_mutex_lock(&mutex);
	fsn_mutex_unlock(&mutex);
}

static void spin_1(long n)
{
	TIMED_THREADED(n, spin_pair());
}

static void mutex_1(long n)
{
	fsn_mutex_init(&mutex);
	TIMED_THREADED(n, mutex_pair());
}

/* A few instructions inside and outside, so that the other thread has a chance. */
#define CONTEND(lock, unlock) do {					\
	long left_;							\
									\
	for (left_ = *(long *)arg; left_; left_--) {			\
		lock;							\
		inside++;						\
		unlock;							\
		spin_a_little();					\
	}								\
} while (0)

static volatile long inside;

static void contend_spin(void *arg, int number)
{
	(void)number;
	CONTEND(fsn_spin_lock(&spin), fsn_spin_unlock(&spin));
}

static void contend_mutex(void *arg, int number)
{
	(void)number;
	CONTEND(fsn_mutex_lock(&mutex), fsn_mutex_unlock(&mutex));
}

static void spin_2(long n)
{
	contended(n, contend_spin);
}

static void mutex_2(long n)
{
	fsn_mutex_init(&mutex);
	contended(n, contend_mutex);
}

static void take_spin(void)
{
	spin_pair();
}

static void take_mutex(void)
{
	mutex_pair();
}

static void spin_idle(long n)
{
	fsn_spin_lock(&spin);
	idle_waiter(n, take_spin, NULL);
	fsn_spin_unlock(&spin);
	idle_waiter_done();
}

static void mutex_idle(long n)
{
	fsn_mutex_init(&mutex);
	fsn_mutex_lock(&mutex);
	idle_waiter(n, take_mutex, NULL);
	fsn_mutex_unlock(&mutex);
	idle_waiter_done();
}

/* ---- SRCU ---- */

static void srcu_1(long n)
{
	fsn_init_srcu_struct(&srcu);
	TIMED_THREADED(n, fsn_srcu_read_unlock(&srcu, fsn_srcu_read_lock(&srcu)));
}

static void srcu_sync(long n)
{
	fsn_init_srcu_struct(&srcu);
	fsn_srcu_read_unlock(&srcu, fsn_srcu_read_lock(&srcu));
	TIMED_THREADED(n, fsn_synchronize_srcu(&srcu));
}

static void *srcu_reader(void *arg)
{
	while (!stopped()) {
		fsn_srcu_read_unlock(&srcu, fsn_srcu_read_lock(&srcu));
		if (arg)
			do_something_else();
	}
	return NULL;
}

static void sync_beside_readers(long n, void *busy)
{
	fsn_init_srcu_struct(&srcu);
	start_readers(8, srcu_reader, busy);
	WALL(n, fsn_synchronize_srcu(&srcu));
	stop_readers();
}

static void srcu_sync_8(long n)
{
	sync_beside_readers(n, NULL);
}

static void srcu_sync_8_busy(long n)
{
	sync_beside_readers(n, &srcu);
}

/* ---- memory ---- */

struct object {
	char bytes[72];
};

static struct kmem_cache *cache;

static void cache_cycle(long n, unsigned int flags)
{
	cache = FSN_KMEM_CACHE(object, FSN_SLAB_PANIC | flags);
	TIMED_THREADED(n, fsn_kmem_cache_free(cache, fsn_kmem_cache_alloc(cache, FSN_GFP_KERNEL)));
}

static void cache_1(long n)
{
	cache_cycle(n, 0);
}

static void cache_accounted(long n)
{
	cache_cycle(n, FSN_SLAB_ACCOUNT);
}

static void *take_object(void)
{
	return fsn_kmem_cache_alloc(cache, FSN_GFP_KERNEL);
}

static void give_object(void *object)
{
	fsn_kmem_cache_free(cache, object);
}

static void cache_other(long n)
{
	cache = FSN_KMEM_CACHE(object, FSN_SLAB_PANIC);
	freed_by_other(n, take_object, give_object);
}

static void cache_batch(long n)
{
	cache = FSN_KMEM_CACHE(object, FSN_SLAB_PANIC);
	held_for_a_while(n, take_object, give_object);
}

/* ---- waking ---- */

static struct wait_queue_head queue[2];
static int turn;

/* The two take turns. */
static void *pong(void *arg)
{
	long left;

	for (left = *(long *)arg; left; left--) {
		fsn_wait_event(queue[1], __atomic_load_n(&turn, __ATOMIC_ACQUIRE) == 1);
		__atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
		fsn_wake_up(&queue[0]);
	}
	return NULL;
}

static void wake_round_trip(long n)
{
	pthread_t thread;
	struct meter meter;
	long left;

	fsn_init_waitqueue_head(&queue[0]);
	fsn_init_waitqueue_head(&queue[1]);
	bench_begin(&meter);
	pthread_create(&thread, NULL, pong, &n);
	for (left = n; left; left--) {
		__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
		fsn_wake_up(&queue[1]);
		fsn_wait_event(queue[0], __atomic_load_n(&turn, __ATOMIC_ACQUIRE) == 0);
	}
	pthread_join(thread, NULL);
	bench_end(&meter, (double)n);
}

static void wake_nobody(long n)
{
	fsn_init_waitqueue_head(&queue[0]);
	TIMED_THREADED(n, fsn_wake_up(&queue[0]));
}

/* ---- work ---- */

static volatile long worked;

static void do_work(struct work_struct *work)
{
	(void)work;
	worked++;
}

static void work_round_trip(long n)
{
	struct work_struct work;

	fsn_INIT_WORK(&work, do_work);
	TIMED_THREADED(n, fsn_schedule_work(&work); fsn_flush_work(&work));
}

static void delayed_flush(long n)
{
	struct delayed_work work;

	fsn_INIT_DELAYED_WORK(&work, do_work);
	TIMED_THREADED(n, fsn_schedule_delayed_work(&work, 1000); fsn_flush_delayed_work(&work));
}

const struct row rows[] = {
	{ "spin", spin_1, 20000000, 1 },
	{ "mutex", mutex_1, 20000000, 1 },
	{ "spin-2", spin_2, 4000000, 2 },
	{ "mutex-2", mutex_2, 4000000, 2 },
	{ "spin-idle", spin_idle, 100, 2 },
	{ "mutex-idle", mutex_idle, 100, 2 },
	{ "srcu", srcu_1, 20000000, 1 },
	{ "srcu-sync", srcu_sync, 100000, 1 },
	{ "srcu-sync-8", srcu_sync_8, 100, 2 },
	{ "srcu-sync-8-busy", srcu_sync_8_busy, 5000, 2 },
	{ "cache", cache_1, 10000000, 1 },
	{ "cache-accounted", cache_accounted, 10000000, 1 },
	{ "cache-other", cache_other, 5000000, 2 },
	{ "cache-batch", cache_batch, 5000000, 1 },
	{ "wake-round-trip", wake_round_trip, 100000, 1 },
	{ "wake-nobody", wake_nobody, 50000000, 1 },
	{ "work", work_round_trip, 50000, 1 },
	{ "delayed-work", delayed_flush, 50000, 1 },
	{ NULL, NULL, 0, 0 },
};
