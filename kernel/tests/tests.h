/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test program that a kernel runs as init. A group of checks is a function in groups[] of main.c; each check prints one
 * line of TAP, the same in every run and on every kernel, so that two kernels' outputs can be compared. What may differ (times,
 * sizes) goes into lines of "#".
 */
#ifndef KERNEL_TESTS_H
#define KERNEL_TESTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A check: printf-like description. Returns the condition. */
bool check(bool condition, const char *description, ...) __attribute__((__format__(__printf__, 2, 3)));
/* A line of "#" for people and for figures. */
void note(const char *text, ...) __attribute__((__format__(__printf__, 1, 2)));
/* Ends the program with a failed check; for what a test cannot go on without. */
void must(bool condition, const char *what);

/* A fresh, empty directory for a group of checks, on the tmpfs; the current directory of the group. */
const char *workdir(void);

/* One line of a file of the system, without the newline; "" if it cannot be read. */
const char *value_of(const char *path);
bool set_value(const char *path, const char *value);
/* A number that stands behind a key in a file such as /proc/meminfo; -1 if it is not there. */
long number_of(const char *path, const char *key);

void write_file(const char *path, const char *text);
/* Seconds on the monotonic clock. */
double now(void);
/* Waits for a condition, at most ten seconds. */
#define within(condition) \
	({ \
		double until = now() + 10; \
		bool met; \
\
		while (!(met = (condition)) && now() < until) \
			usleep(1000); \
		met; \
	})

/* A child that runs a function and ends with what it returns; joined() waits for it, ten seconds at most, and returns that, or -1. */
pid_t child(int (*run)(void *), void *arg);
int joined(pid_t pid);

/* What the program does instead of tests as "--after-exec DESCRIPTOR". */
int after_exec(const char *number);

/* Does the kernel run its checkers (kmemleak, failslab)? */
bool is_debug_kernel(void);
bool is_series(const char *series);

#endif /* KERNEL_TESTS_H */
