/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The patterns in which a primitive and its peer are measured, the same code for both. */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include "bench.h"

/* TIMED(), in a process that has a second thread, as the peer's has. */
#define TIMED_THREADED(n, ...) do {					\
	be_threaded();							\
	TIMED(n, __VA_ARGS__);						\
} while (0)

/* The same where other threads keep the processors busy: the clock and this thread's own time. */
#define WALL(n, ...) do {						\
	double wall_ = now_wall(), thread_ = now_thread();		\
	long left_;							\
									\
	for (left_ = (n); left_; left_--)				\
		__VA_ARGS__;						\
	report("wall", (now_wall() - wall_) / (n));			\
	report("thread", (now_thread() - thread_) / (n));		\
} while (0)

/* Gives the process a second thread, which sleeps. */
void be_threaded(void);

static inline void spin_a_little(void)
{
	int i;

	for (i = 0; i < 20; i++)
		barrier_();
}

/* A reader that does nothing but read is often inside when it is preempted, and is waited for until it runs again. */
static inline void do_something_else(void)
{
	int i;

	for (i = 0; i < 50; i++)
		spin_a_little();
}

/* @body on two threads, @n rounds together. */
void contended(long n, void (*body)(void *arg, int number));
/* A thread calls @take, which waits, for @n ms; reports the share of a processor it used meanwhile, in percent. */
void idle_waiter(long n, void (*take)(void), void (*unused)(void));
void idle_waiter_done(void);
/* Threads that run until they see stopped(). */
void start_readers(int n, void *(*body)(void *arg), void *arg);
void stop_readers(void);
int stopped(void);
/* One thread takes @n objects, another gives them back, 1,000 at a time. */
void freed_by_other(long n, void *(*take)(void), void (*give)(void *object));
/* As a queue does: 1,000 taken, then 1,000 given back. */
void held_for_a_while(long n, void *(*take)(void), void (*give)(void *object));

#endif /* BENCH_PAIRS_H */
