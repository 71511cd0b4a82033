// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

/* Counts the whole process: opened before there are threads, which inherit it. */
static int instr_fd = -1;
static cpu_set_t allowed;

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

double now_wall(void)
{
	return now(CLOCK_MONOTONIC);
}

double now_cpu(void)
{
	return now(CLOCK_PROCESS_CPUTIME_ID);
}

double now_thread(void)
{
	return now(CLOCK_THREAD_CPUTIME_ID);
}

static void open_counter(void)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_HARDWARE;
	attr.size = sizeof(attr);
	attr.config = PERF_COUNT_HW_INSTRUCTIONS;
	attr.exclude_kernel = 1;
	attr.exclude_hv = 1;
	attr.inherit = 1;
	instr_fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static long long instructions(void)
{
	long long count = 0;

	if (instr_fd >= 0 && read(instr_fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	return count;
}

void bench_begin(struct meter *meter)
{
	meter->instr = instructions();
	meter->wall = now_wall();
	meter->thread = now_thread();
	meter->cpu = now_cpu();
}

void bench_end(struct meter *meter, double n)
{
	double cpu = now_cpu() - meter->cpu;
	double thread = now_thread() - meter->thread;
	double wall = now_wall() - meter->wall;
	long long instr = instructions() - meter->instr;

	report("cpu", cpu / n);
	report("thread", thread / n);
	report("wall", wall / n);
	if (instr > 0)
		report("instr", instr / n);
}

void report(const char *metric, double value)
{
	printf("%s %.6g\n", metric, value);
}

double resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long total, pages = 0;

	if (file) {
		if (fscanf(file, "%ld %ld", &total, &pages) != 2)
			pages = 0;
		fclose(file);
	}
	return (double)pages * sysconf(_SC_PAGESIZE);
}

long fitting(long n, double size)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	double free_bytes = 0;
	long fits;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lf", &free_bytes) == 1)
			break;
	if (file)
		fclose(file);
	fits = free_bytes ? (long)(free_bytes * 1024 / 2 / size) : n;
	if (fits >= n)
		return n;
	/* the runner shows it in the table */
	report("scaled", fits);
	return fits;
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double percentile(double *values, long n, double percent)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(long)((n - 1) * percent / 100 + 0.5)];
}

/* ---- processors ---- */

static int nth_cpu(int which)
{
	int count = CPU_COUNT(&allowed), cpu;

	/* from the last one: the first ones serve interrupts */
	which = count - 1 - which % count;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && which-- == 0)
			return cpu;
	return 0;
}

void pin_thread(int which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(nth_cpu(which), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void pin_process(int cpus)
{
	cpu_set_t set;
	int i;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	CPU_ZERO(&set);
	for (i = 0; i < cpus; i++)
		CPU_SET(nth_cpu(i), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

struct runner {
	pthread_t thread;
	pthread_barrier_t *start;
	void (*body)(void *arg, int number);
	void *arg;
	int number;
};

static void *run_thread(void *arg)
{
	struct runner *runner = (struct runner *)arg;

	pin_thread(runner->number);
	pthread_barrier_wait(runner->start);
	runner->body(runner->arg, runner->number);
	return NULL;
}

void on_threads(int threads, void (*body)(void *arg, int number), void *arg)
{
	struct runner runners[64];
	pthread_barrier_t start;
	int i;

	if (threads > 64)
		threads = 64;
	pthread_barrier_init(&start, NULL, threads);
	for (i = 0; i < threads; i++) {
		runners[i] = (struct runner){ .start = &start, .body = body, .arg = arg, .number = i };
		pthread_create(&runners[i].thread, NULL, run_thread, &runners[i]);
	}
	for (i = 0; i < threads; i++)
		pthread_join(runners[i].thread, NULL);
	pthread_barrier_destroy(&start);
}

int main(int argc, char **argv)
{
	const struct row *row;

	if (argc < 2) {
		for (row = rows; row->name; row++)
			puts(row->name);
		return 0;
	}
	for (row = rows; row->name; row++) {
		if (strcmp(row->name, argv[1]))
			continue;
		pin_process(row->cpus ? row->cpus : 1);
		open_counter();
		row->run(argc > 2 && atol(argv[2]) > 0 ? atol(argv[2]) : row->n);
		return 0;
	}
	fprintf(stderr, "%s: no row %s\n", argv[0], argv[1]);
	return 2;
}
