/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A handler that writes down each signal that it gets, for the tests of dnotify: signals queue up, so several of one kind are
 * told apart by what they carry.
 */
#ifndef SIGNAL_LOG_H
#define SIGNAL_LOG_H

#include <signal.h>
#include <string.h>
#include <time.h>

/* A signal that is queued; SIGIO is not. */
#define RT (SIGRTMIN + 4)

struct heard {
	int signo, code, fd;
	long band;
};

static struct heard heard[256];
static volatile int n_heard;

static void hear(int signo, siginfo_t *info, void *context)
{
	int number = __atomic_load_n(&n_heard, __ATOMIC_SEQ_CST);

	(void)context;
	if (number < 256) {
		heard[number].signo = signo;
		heard[number].code = info->si_code;
		heard[number].fd = info->si_fd;
		heard[number].band = info->si_band;
	}
	__atomic_store_n(&n_heard, number + 1, __ATOMIC_SEQ_CST);
}

static void listen_to(int signo)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = hear;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigfillset(&action.sa_mask);
	sigaction(signo, &action, NULL);
}

/*
 * How many signals have come since the last call. One that the process sends to itself has arrived when the call that sent it
 * returns; under memcheck with the next sleep.
 */
static int signals(void)
{
	const struct timespec moment = { 0, 1000 };

	nanosleep(&moment, NULL);
	return __atomic_exchange_n(&n_heard, 0, __ATOMIC_SEQ_CST);
}

/* How many of the first @count carry the descriptor. */
__attribute__((__unused__))
static int signals_about(int fd, int count)
{
	int i, about = 0;

	for (i = 0; i < count && i < 256; i++)
		about += heard[i].fd == fd;
	return about;
}

#endif /* SIGNAL_LOG_H */
