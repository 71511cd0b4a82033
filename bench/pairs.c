// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include "pairs.h"

#define load(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define store(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELEASE)

void contended(long n, void (*body)(void *arg, int number))
{
	struct meter meter;
	long each = n / 20;

	on_threads(2, body, &each);
	each = n / 2;
	bench_begin(&meter);
	on_threads(2, body, &each);
	bench_end(&meter, (double)n);
}

/* ---- an idle waiter ---- */

static pthread_t waiter;
static int waiter_ready;

static void *run_waiter(void *arg)
{
	pin_thread(1);
	store(waiter_ready, 1);
	((void (*)(void))arg)();
	return NULL;
}

static double time_of(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

void idle_waiter(long n, void (*take)(void), void (*unused)(void))
{
	int left = 50;
	clockid_t clock;
	double before;

	(void)unused;
	pthread_create(&waiter, NULL, run_waiter, (void *)take);
	while (!load(waiter_ready))
		usleep(100);
	pthread_getcpuclockid(waiter, &clock);
	/* on a busy machine it may be a while before it has its turn, and goes to sleep */
	do {
		before = time_of(clock);
		usleep(20000);
	} while (--left && time_of(clock) != before);
	before = time_of(clock);
	usleep((useconds_t)(n * 1000));
	report("percent", (time_of(clock) - before) / (n * 1e6) * 100);
}

void idle_waiter_done(void)
{
	pthread_join(waiter, NULL);
}

/* ---- readers ---- */

static pthread_t readers[64];
static int n_readers, stop;

int stopped(void)
{
	return load(stop);
}

void start_readers(int n, void *(*body)(void *arg), void *arg)
{
	for (n_readers = 0; n_readers < n; n_readers++)
		pthread_create(&readers[n_readers], NULL, body, arg);
	usleep(20000);
}

void stop_readers(void)
{
	store(stop, 1);
	while (n_readers)
		pthread_join(readers[--n_readers], NULL);
}

/* ---- objects ---- */

enum { BATCH = 1000 };

static void *objects[BATCH];
static pthread_barrier_t full, empty;
static void (*give_back)(void *object);
static long batches;

static void *run_giver(void *arg)
{
	long left;
	int i;

	(void)arg;
	pin_thread(1);
	for (left = batches; left; left--) {
		pthread_barrier_wait(&full);
		for (i = 0; i < BATCH; i++)
			give_back(objects[i]);
		pthread_barrier_wait(&empty);
	}
	return NULL;
}

void freed_by_other(long n, void *(*take)(void), void (*give)(void *object))
{
	struct meter meter;
	pthread_t giver;
	long left;
	int i;

	pthread_barrier_init(&full, NULL, 2);
	pthread_barrier_init(&empty, NULL, 2);
	give_back = give;
	batches = n / BATCH;
	pin_thread(0);
	bench_begin(&meter);
	pthread_create(&giver, NULL, run_giver, NULL);
	for (left = batches; left; left--) {
		for (i = 0; i < BATCH; i++)
			objects[i] = take();
		pthread_barrier_wait(&full);
		pthread_barrier_wait(&empty);
	}
	pthread_join(giver, NULL);
	bench_end(&meter, (double)batches * BATCH);
}

void held_for_a_while(long n, void *(*take)(void), void (*give)(void *object))
{
	struct meter meter;
	long left;
	int i;

	bench_begin(&meter);
	for (left = n / BATCH; left; left--) {
		for (i = 0; i < BATCH; i++)
			objects[i] = take();
		for (i = 0; i < BATCH; i++)
			give(objects[i]);
	}
	bench_end(&meter, (double)(n / BATCH * BATCH));
}

/* ---- a second thread ---- */

static void *sleep_on(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* glibc's locks leave out their atomics while a process has one thread; nobody needs a lock then. */
void be_threaded(void)
{
	static pthread_t thread;

	if (!thread)
		pthread_create(&thread, NULL, sleep_on, NULL);
}
