/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The harness: one row a process. A program is a table of rows; `program ROW [N]` measures one of them and prints a line
 * "METRIC VALUE" for each thing measured, `program` alone lists the rows. The runner (bench/run) calls two programs in turn.
 *
 * cpu     ns of processor time per operation, of all threads of the process: what the background does counts
 * thread  ns of processor time per operation, of the measuring thread alone
 * instr   instructions in user space per operation, of all threads, where the machine counts them
 * wall    ns on the clock, per operation or as the row says
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>

struct row {
	const char *name;
	void (*run)(long n);
	/* operations, or objects: the default of N */
	long n;
	/* processors that the process is pinned to, at most */
	int cpus;
};

extern const struct row rows[];

/* What one measurement needs; bench_begin() starts it, bench_end() reports it for @n operations. */
struct meter {
	double cpu, thread, wall;
	long long instr;
};

/* Hides a loop's body from the compiler. */
#define barrier_() __asm__ volatile("" ::: "memory")

void bench_begin(struct meter *meter);
void bench_end(struct meter *meter, double n);
void report(const char *metric, double value);
/* ns since some time in the past */
double now_wall(void);
double now_cpu(void);
double now_thread(void);
/* Bytes of the process that lie in memory. */
double resident(void);
/* @n, or as many objects of @size bytes as half of the free memory takes; says so when that is less. */
long fitting(long n, double size);
/* A percentile of @n values, which are sorted by it. */
double percentile(double *values, long n, double percent);
/* Processor number @which of those that the process may run on, for the calling thread. */
void pin_thread(int which);
/* Runs @body(@arg, number) on @threads threads that start together, each on a processor of its own as far as there are some. */
void on_threads(int threads, void (*body)(void *arg, int number), void *arg);

/* A tenth to warm up, then @n times, measured. */
#define TIMED(n, ...) do {						\
	struct meter meter_;						\
	long left_;							\
									\
	for (left_ = (n) / 10 + 1; left_; left_--) {			\
		barrier_();						\
		__VA_ARGS__;						\
	}								\
	bench_begin(&meter_);						\
	for (left_ = (n); left_; left_--) {				\
		barrier_();						\
		__VA_ARGS__;						\
	}								\
	bench_end(&meter_, (n));					\
} while (0)

#endif /* BENCH_H */
