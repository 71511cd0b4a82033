// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The operations of dnotify, and the signals that it and a descriptor's owner are sent.
 */
#define _GNU_SOURCE
#include "transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static sigset_t taken;

/* All threads of a run keep them blocked; they are taken one by one. */
void signals_begin(void)
{
	sigemptyset(&taken);
	sigaddset(&taken, SIGIO);
	sigaddset(&taken, SIGUSR1);
	for (int number = 34; number <= 36; number++)
		sigaddset(&taken, number);
	pthread_sigmask(SIG_BLOCK, &taken, NULL);
}

void signals_taken(void)
{
	static const struct timespec now;
	siginfo_t info;
	int number;

	while ((number = sigtimedwait(&taken, &info, &now)) > 0) {
		char name[32];

		flags_print('S', (unsigned long)number, name, sizeof(name));
		if (info.si_code == SI_KERNEL || info.si_code == SI_USER)
			line("signal %s code %d", name, info.si_code);
		else
			line("signal %s code %d band 0x%lx file %s", name, info.si_code, (unsigned long)info.si_band,
			     slot_by_file(info.si_fd));
	}
}

/* As a descriptor's owner: this process, nobody, or one that does not exist. */
static long set_owner(int fd, long who)
{
	return world.fcntl(fd, F_SETOWN, who == 0 ? 0 : who == 1 ? getpid() : -1000000);
}

bool dnotify_operation(const struct op *op, long *result)
{
	int fd = files[op->arg[0]];

	switch (op->code) {
	case OP_NOTIFY:
		*result = world.fcntl(fd, F_NOTIFY, op->arg[1]);
		return true;
	case OP_SETSIG:
		*result = world.fcntl(fd, F_SETSIG, op->arg[1]);
		return true;
	case OP_SETOWN:
		*result = set_owner(fd, op->arg[1]);
		return true;
	default:
		return false;
	}
}
