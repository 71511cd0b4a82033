/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long close(2) of an inotify descriptor takes: medians, in microseconds. Nothing is asserted. */
#include "events.h"

#include <pthread.h>

#define PARALLEL 64

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void tell(const char *what, double *seconds, size_t n)
{
	qsort(seconds, n, sizeof(*seconds), ascending);
	note("close of a descriptor with %s: %.0f us", what, seconds[n / 2] * 1e6);
}

static int watching(int watches)
{
	int fd = inotify();
	char name[16];

	for (int i = 0; i < watches; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		must(inotify_add_watch(fd, name, IN_MODIFY) > 0, "watch");
	}
	return fd;
}

static double closed(int fd)
{
	double start = now();

	close(fd);
	return now() - start;
}

static pthread_barrier_t barrier;

static void *closes(void *arg)
{
	double *seconds = arg;
	int fd = (int)*seconds;

	pthread_barrier_wait(&barrier);
	*seconds = closed(fd);
	return NULL;
}

static void parallel(void)
{
	double seconds[5 * PARALLEL];
	pthread_t threads[PARALLEL];

	for (int round = 0; round < 5; round++) {
		double *own = seconds + round * PARALLEL;

		pthread_barrier_init(&barrier, NULL, PARALLEL);
		for (int i = 0; i < PARALLEL; i++) {
			own[i] = watching(1);
			must(!pthread_create(&threads[i], NULL, closes, &own[i]), "thread");
		}
		for (int i = 0; i < PARALLEL; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&barrier);
	}
	tell("1 watch, 64 descriptors in parallel", seconds, 5 * PARALLEL);
}

void test_latency(void)
{
	double seconds[101];
	char name[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		touch(name);
	}
	for (int i = 0; i < 101; i++)
		seconds[i] = closed(watching(1));
	tell("1 watch", seconds, 101);
	for (int i = 0; i < 21; i++)
		seconds[i] = closed(watching(1000));
	tell("1,000 watches", seconds, 21);
	parallel();
}
