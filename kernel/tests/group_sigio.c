/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGIO of a group's descriptor, and descriptors that processes inherit. */
#include "group.h"

/* Takes a signal that is blocked, if it is there or comes soon. */
static bool took(int signal, siginfo_t *info)
{
	struct timespec soon = { .tv_nsec = 100000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return sigtimedwait(&set, info, &soon) == signal;
}

static int owner(void *arg)
{
	int *pipes = arg;
	siginfo_t info;
	bool told;

	told = write(pipes[1], "r", 1) == 1;
	for (int i = 0; i < 50; i++)
		if (took(SIGIO, &info))
			return told ? 0 : 1;
	return 2;
}

void group_sigio(void)
{
	int fd = inotify(), pipes[2], flags = fcntl(fd, F_GETFL), copy;
	sigset_t set, old;
	siginfo_t info;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &set, &old);
	touch("f");
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
	must(!fcntl(fd, F_SETOWN, getpid()), "F_SETOWN");
	touch("f");
	check(!took(SIGIO, &info), "no signal without O_ASYNC");
	check(!fcntl(fd, F_SETFL, flags | O_ASYNC), "O_ASYNC is set on an inotify descriptor");
	inotify_events(fd);
	touch("f");
	check(took(SIGIO, &info), "an event sends SIGIO to its owner");
	check(!took(SIGIO, &info), "once");
	must(!fcntl(fd, F_SETSIG, SIGRTMIN + 3), "F_SETSIG");
	inotify_events(fd);
	touch("f");
	check(took(SIGRTMIN + 3, &info), "or the signal of F_SETSIG");
	check(info.si_fd == fd && info.si_code == POLL_IN && info.si_band & POLLIN, "which names the descriptor and POLL_IN");
	check(!took(SIGIO, &info), "instead of SIGIO");
	must(!fcntl(fd, F_SETFL, flags), "F_SETFL");
	inotify_events(fd);
	touch("f");
	check(!took(SIGRTMIN + 3, &info) && !took(SIGIO, &info), "no more when O_ASYNC is cleared");

	must(!pipe2(pipes, O_CLOEXEC), "pipe");
	pid = child(owner, pipes);
	must(read(pipes[0], (char[1]){ 0 }, 1) == 1, "owner");
	must(!fcntl(fd, F_SETSIG, 0) && !fcntl(fd, F_SETOWN, pid) && !fcntl(fd, F_SETFL, flags | O_ASYNC), "another owner");
	inotify_events(fd);
	touch("f");
	check(joined(pid) == 0, "another process may be the owner");
	check(!took(SIGIO, &info), "and then nobody else gets it");
	close(pipes[0]);
	close(pipes[1]);

	must(!fcntl(fd, F_SETOWN, getpid()), "F_SETOWN");
	copy = dup(fd);
	must(copy >= 0, "dup");
	close(fd);
	inotify_events(copy);
	touch("f");
	check(took(SIGIO, &info), "a copy of the descriptor keeps the signals");
	close(copy);
	touch("f");
	check(!took(SIGIO, &info), "closing the last ends them");
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Run after exec: is there one event on an inherited descriptor, or is it not there? */
int after_exec(const char *number)
{
	char buffer[4096];
	ssize_t length = read(atoi(number), buffer, sizeof(buffer));

	if (length < 0)
		return errno == EBADF ? 3 : 4;
	return length >= (ssize_t)sizeof(struct inotify_event) ? 0 : 5;
}

static int execs(void *arg)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", *(int *)arg);
	execl("/proc/self/exe", "init", "--after-exec", number, (char *)NULL);
	return 6;
}

static int closes(void *arg)
{
	return close(*(int *)arg) ? 1 : 0;
}

static int waits_then_ends(void *arg)
{
	return read(*(int *)arg, (char[1]){ 0 }, 1) == 1 ? 0 : 1;
}

void group_inherited(void)
{
	static const char instances[] = "/proc/sys/fs/inotify/max_user_instances";
	int fd = inotify_init1(IN_NONBLOCK), kept, pipes[2];
	char before[64];
	pid_t pid;

	must(fd >= 0, "inotify_init1");
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
	check(joined(child(closes, &fd)) == 0, "a child closes what it inherits");
	touch("f");
	same(inotify_events(fd), "1 OPEN", "which takes nothing from the parent");
	touch("f");
	check(joined(child(execs, &fd)) == 0, "another program reads from an inherited descriptor");
	same(inotify_events(fd), "", "what it has read has been read");
	close(fd);
	kept = inotify();
	check(joined(child(execs, &kept)) == 3, "IN_CLOEXEC keeps it from the program");
	close(kept);

	/* A child keeps the group alive. */
	snprintf(before, sizeof(before), "%s", value_of(instances));
	must(set_value(instances, "1") && !pipe2(pipes, O_CLOEXEC), "one instance");
	fd = inotify();
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
	pid = child(waits_then_ends, &pipes[0]);
	close(fd);
	check(inotify_init1(0) < 0 && errno == EMFILE, "a group lives while a child has its descriptor");
	must(write(pipes[1], "e", 1) == 1, "pipe");
	check(joined(pid) == 0, "the child ends");
	fd = inotify_init1(0);
	check(fd >= 0, "and with it the group");
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
	must(set_value(instances, before), instances);
}
