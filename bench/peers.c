// SPDX-License-Identifier: GPL-2.0-or-later
/* What a C programmer has at hand instead of the host's primitives: pthread, malloc, liburcu. And the floors of the machine. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HAVE_URCU
#define RCU_MEMBARRIER
#include <urcu/urcu-memb.h>
#endif
#include "bench.h"
#include "pairs.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void mutex_pair(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static void mutex_1(long n)
{
	TIMED_THREADED(n, mutex_pair());
}

static volatile long inside;

static void contend_mutex(void *arg, int number)
{
	long left;

	(void)number;
	for (left = *(long *)arg; left; left--) {
		pthread_mutex_lock(&mutex);
		inside++;
		pthread_mutex_unlock(&mutex);
		spin_a_little();
	}
}

static void mutex_2(long n)
{
	contended(n, contend_mutex);
}

static void mutex_idle(long n)
{
	pthread_mutex_lock(&mutex);
	idle_waiter(n, mutex_pair, NULL);
	pthread_mutex_unlock(&mutex);
	idle_waiter_done();
}

/* ---- liburcu ---- */

#ifdef HAVE_URCU
static void urcu_1(long n)
{
	urcu_memb_register_thread();
	TIMED_THREADED(n, urcu_memb_read_lock(); urcu_memb_read_unlock());
	urcu_memb_unregister_thread();
}

static void urcu_sync(long n)
{
	urcu_memb_register_thread();
	urcu_memb_read_lock();
	urcu_memb_read_unlock();
	TIMED_THREADED(n, urcu_memb_synchronize_rcu());
	urcu_memb_unregister_thread();
}

static void *urcu_reader(void *arg)
{
	urcu_memb_register_thread();
	while (!stopped()) {
		urcu_memb_read_lock();
		urcu_memb_read_unlock();
		if (arg)
			do_something_else();
	}
	urcu_memb_unregister_thread();
	return NULL;
}

static void sync_beside_readers(long n, void *busy)
{
	urcu_memb_register_thread();
	start_readers(8, urcu_reader, busy);
	WALL(n, urcu_memb_synchronize_rcu());
	stop_readers();
	urcu_memb_unregister_thread();
}

static void urcu_sync_8(long n)
{
	sync_beside_readers(n, NULL);
}

static void urcu_sync_8_busy(long n)
{
	sync_beside_readers(n, &mutex);
}
#else
static void no_urcu(long n)
{
	(void)n;
	fprintf(stderr, "bench: liburcu is missing (Debian: apt-get install liburcu-dev)\n");
	exit(1);
}
#define urcu_1 no_urcu
#define urcu_sync no_urcu
#define urcu_sync_8 no_urcu
#define urcu_sync_8_busy no_urcu
#endif

/* ---- memory ---- */

static void *take_object(void)
{
	return malloc(72);
}

static void malloc_1(long n)
{
	TIMED_THREADED(n, void *object = malloc(72); __asm__ volatile("" : : "r"(object) : "memory"); free(object));
}

static void malloc_other(long n)
{
	freed_by_other(n, take_object, free);
}

static void malloc_batch(long n)
{
	held_for_a_while(n, take_object, free);
}

/* ---- waking ---- */

static pthread_cond_t cond[2] = { PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER };
static int turn;

static void hand_over(int to)
{
	pthread_mutex_lock(&mutex);
	turn = to;
	pthread_cond_signal(&cond[to]);
	pthread_mutex_unlock(&mutex);
}

static void wait_for(int mine)
{
	pthread_mutex_lock(&mutex);
	while (turn != mine)
		pthread_cond_wait(&cond[mine], &mutex);
	pthread_mutex_unlock(&mutex);
}

static void *pong(void *arg)
{
	long left;

	for (left = *(long *)arg; left; left--) {
		wait_for(1);
		hand_over(0);
	}
	return NULL;
}

static void cond_round_trip(long n)
{
	pthread_t thread;
	struct meter meter;
	long left;

	bench_begin(&meter);
	pthread_create(&thread, NULL, pong, &n);
	for (left = n; left; left--) {
		hand_over(1);
		wait_for(0);
	}
	pthread_join(thread, NULL);
	bench_end(&meter, (double)n);
}

static int word;

static void load_1(long n)
{
	TIMED_THREADED(n, (void)__atomic_load_n(&word, __ATOMIC_SEQ_CST));
}

/* ---- floors ---- */

static void atomic_1(long n)
{
	TIMED_THREADED(n, __atomic_add_fetch(&word, 1, __ATOMIC_SEQ_CST));
}

static void atomic_2(long n)
{
	TIMED_THREADED(n, __atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE); __atomic_exchange_n(&word, 0, __ATOMIC_RELEASE));
}

/* What no event can do without: the queue's lock taken twice, an object taken and given back. */
static void event_floor(long n)
{
	TIMED_THREADED(n, void *object = malloc(64);
		__asm__ volatile("" : : "r"(object) : "memory");
		__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE);
		__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE);
		__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE);
		__atomic_exchange_n(&word, 0, __ATOMIC_RELEASE);
		free(object));
}

static void syscall_1(long n)
{
	TIMED_THREADED(n, syscall(SYS_getppid));
}

static void membarrier_1(long n)
{
	syscall(SYS_membarrier, 1 << 4, 0, 0);
	TIMED_THREADED(n, syscall(SYS_membarrier, 1 << 3, 0, 0));
}

static void *futex_pong(void *arg)
{
	long left;

	for (left = *(long *)arg; left; left--) {
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 1)
			syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
		__atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

static void futex_round_trip(long n)
{
	pthread_t thread;
	struct meter meter;
	long left;

	bench_begin(&meter);
	pthread_create(&thread, NULL, futex_pong, &n);
	for (left = n; left; left--) {
		__atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != 0)
			syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	}
	pthread_join(thread, NULL);
	bench_end(&meter, (double)n);
}

/* A load that misses every cache: a walk in random order through 256 MiB, a line a step. */
static void cache_miss(long n)
{
	enum { LINES = 1 << 22 };
	struct line {
		struct line *next;
		char rest[56];
	} *lines = (struct line *)mmap(NULL, LINES * sizeof(struct line), PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;
	unsigned int *order = (unsigned int *)malloc(LINES * sizeof(*order)), i, k, other;
	unsigned long random = 1;

	for (i = 0; i < LINES; i++)
		order[i] = i;
	for (i = LINES - 1; i; i--) {
		random = random * 6364136223846793005ul + 1442695040888963407ul;
		k = (unsigned int)((random >> 33) % (i + 1));
		other = order[i];
		order[i] = order[k];
		order[k] = other;
	}
	for (i = 0; i < LINES; i++)
		lines[order[i]].next = &lines[order[(i + 1) % LINES]];
	at = lines;
	TIMED_THREADED(n, at = at->next);
	__asm__ volatile("" : : "r"(at));
}

const struct row rows[] = {
	{ "mutex", mutex_1, 20000000, 1 },
	{ "mutex-2", mutex_2, 4000000, 2 },
	{ "mutex-idle", mutex_idle, 100, 2 },
	{ "urcu", urcu_1, 20000000, 1 },
	{ "urcu-sync", urcu_sync, 100000, 1 },
	{ "urcu-sync-8", urcu_sync_8, 100, 2 },
	{ "urcu-sync-8-busy", urcu_sync_8_busy, 5000, 2 },
	{ "malloc", malloc_1, 10000000, 1 },
	{ "malloc-other", malloc_other, 5000000, 2 },
	{ "malloc-batch", malloc_batch, 5000000, 1 },
	{ "cond-round-trip", cond_round_trip, 100000, 1 },
	{ "load", load_1, 50000000, 1 },
	{ "atomic", atomic_1, 20000000, 1 },
	{ "atomic-2", atomic_2, 20000000, 1 },
	{ "event-floor", event_floor, 10000000, 1 },
	{ "syscall", syscall_1, 1000000, 1 },
	{ "membarrier", membarrier_1, 100000, 1 },
	{ "futex-round-trip", futex_round_trip, 100000, 1 },
	{ "cache-miss", cache_miss, 2000000, 1 },
	{ NULL, NULL, 0, 0 },
};
