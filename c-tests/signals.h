/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of signals share: a handler that remembers, a file with its queue, and ways to raise the signal.
 */
#ifndef C_TESTS_SIGNALS_H
#define C_TESTS_SIGNALS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fsnotify/fsnotify.h>
#include <fsnotify/fsn/backend.h>
#include <fsnotify/fsn/fasync.h>
#include <fsnotify/fsn/mem.h>
#include <fsnotify/fsn/stats.h>

#include "tap.h"

#define RT (SIGRTMIN + 3)
#define BAND_IN 0x41
#define NO_PIPE 1
#define NO_EMPTY_TABLE 2
#define NO_CLOSE_RANGE 4

static volatile int got, got_signo, got_code, got_fd, got_tid;
static volatile long got_band;
static struct fasync_struct *queue;
static struct file file;

__attribute__((unused)) static int gettid_(void)
{
	return (int)syscall(SYS_gettid);
}

__attribute__((unused)) static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	got_signo = signo;
	got_code = info->si_code;
	got_fd = info->si_fd;
	got_band = info->si_band;
	got_tid = gettid_();
	__atomic_add_fetch(&got, 1, __ATOMIC_SEQ_CST);
}

__attribute__((unused)) static void forget(void)
{
	got = got_signo = got_code = got_fd = got_tid = 0;
	got_band = 0;
}

static void wait_for(int count)
{
	struct timespec pause = { 0, 1000000 };
	int patience = 10000;

	while (__atomic_load_n(&got, __ATOMIC_SEQ_CST) < count && patience--)
		nanosleep(&pause, NULL);
}

/* Waits until @count signals have arrived, or for very long; no more may have. */
__attribute__((unused)) static bool arrived(int count)
{
	wait_for(count);
	return got == count;
}

__attribute__((unused)) static bool arrived_some(void)
{
	wait_for(1);
	return got > 0;
}

__attribute__((unused)) static void handle(int signo)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = handler;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigaction(signo, &action, NULL);
}

__attribute__((unused)) static void block(int how, int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(how, &set, NULL);
}

__attribute__((unused)) static void *kick(void *unused)
{
	(void)unused;
	fsn_kill_fasync(&queue, SIGIO, POLL_IN);
	return NULL;
}

static volatile int kick_now;

__attribute__((unused)) static void *kick_when_told(void *unused)
{
	while (!kick_now)
		sched_yield();
	return kick(unused);
}

/*
 * A thread that could take the signal itself raises it; the first thread, which the system prefers, blocks nothing any more
 * (as it does inside pthread_create()).
 */
__attribute__((unused)) static void kick_elsewhere(void)
{
	pthread_t thread;

	kick_now = 0;
	pthread_create(&thread, NULL, kick_when_told, NULL);
	kick_now = 1;
	pthread_join(thread, NULL);
}

__attribute__((unused)) static int count_descriptors(void)
{
	int fd, open = 0;

	for (fd = 0; fd < 1024; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	return open;
}

/* One signal, with these details. */
__attribute__((unused)) static bool exact(int signo, int code, int fd, long band)
{
	if (arrived(1) && got_signo == signo && got_code == code && got_fd == fd && got_band == band)
		return true;
	printf("# got %d: signal %d code %d fd %d band %lx\n", got, got_signo, got_code, got_fd, got_band);
	return false;
}

/* Under valgrind, which hands signals out itself, the system's choice of a thread cannot be seen. */
__attribute__((unused)) static bool system_chooses(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return !preload || !strstr(preload, "vgpreload");
}

#define exactly(signo, code, fd, band, ...) ok(exact((signo), (code), (fd), (band)), __VA_ARGS__)

__attribute__((unused)) static void set_up(int fd, int owner, int signo)
{
	fsn_fasync_helper(fd, &file, 1, &queue);
	fsn_f_setown(&file, owner, 1);
	fsn_f_setsig(&file, signo);
	forget();
}

__attribute__((unused)) static void tear_down(void)
{
	fsn_fasync_helper(-1, &file, 0, &queue);
	fsn_file_f_owner_release(&file);
	fsn_rcu_barrier();
}

#endif /* C_TESTS_SIGNALS_H */
