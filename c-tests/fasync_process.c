/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals on behalf of a file, beyond the process: other processes and groups, children, and the descriptors that the
 * library uses for it.
 */
#include "signals.h"

static int report_pipe[2];

struct report {
	int signo, code, fd;
	long band;
};

/* A process that reports one signal; it is ready when this returns. */
static pid_t start_listener(int signo, bool own_group)
{
	struct report report;
	siginfo_t info;
	sigset_t set;
	pid_t child;
	char ready;

	block(SIG_BLOCK, signo);
	child = fork();
	if (child) {
		block(SIG_UNBLOCK, signo);
		if (read(report_pipe[0], &ready, 1) != 1)
			printf("Bail out! the listener did not start\n");
		return child;
	}
	if (own_group)
		setpgid(0, 0);
	sigemptyset(&set);
	sigaddset(&set, signo);
	if (write(report_pipe[1], "r", 1) != 1)
		_exit(1);
	alarm(60);
	while (sigwaitinfo(&set, &info) < 0)
		;
	memset(&report, 0, sizeof(report));
	report.signo = info.si_signo;
	report.code = info.si_code;
	report.fd = info.si_fd;
	report.band = info.si_band;
	_exit(write(report_pipe[1], &report, sizeof(report)) != sizeof(report));
}

static struct report reported(pid_t child)
{
	struct report report = { 0, 0, 0, 0 };
	int status = 0;

	waitpid(child, &status, 0);
	if (status == 0 && read(report_pipe[0], &report, sizeof(report)) != sizeof(report))
		report.signo = -1;
	return report;
}

static void test_processes(const char *how, bool details)
{
	struct report r;
	pid_t child, second;

	child = start_listener(RT, false);
	set_up(55, child, RT);
	kick(NULL);
	r = reported(child);
	ok(r.signo == RT && r.fd == 55 && r.band == BAND_IN, "%s: another process gets the signal, descriptor and band",
	   how);
	is(r.code, details ? POLL_IN : -5, "%s: with %s", how, details ? "POLL_IN" : "SI_SIGIO");
	is(got, 0, "%s: and this one nothing", how);

	child = start_listener(RT, false);
	fsn_f_setown_ex(&file, PIDTYPE_PID, child);
	kick_elsewhere();
	r = reported(child);
	is(r.signo, RT, "%s: a thread of another process gets the signal", how);
	if (details)
		ok(r.code == POLL_IN && r.fd == 55, "%s: with details", how);

	child = start_listener(SIGIO, false);
	fsn_f_setown(&file, child, 1), fsn_f_setsig(&file, 0);
	kick_elsewhere();
	r = reported(child);
	is(r.signo, SIGIO, "%s: SIGIO to another process", how);
	is(r.code, details ? 0x80 : SI_USER, "%s: from the %s", how, details ? "kernel" : "user");

	child = start_listener(RT, true);
	second = start_listener(RT, false);
	setpgid(second, child);
	is(fsn_f_setown(&file, -child, 1), 0, "%s: a process group", how);
	fsn_f_setsig(&file, RT);
	kick(NULL);
	r = reported(child);
	ok(r.signo == RT && (!details || (r.code == POLL_IN && r.fd == 55 && r.band == BAND_IN)),
	   "%s: its first process gets the signal", how);
	r = reported(second);
	ok(r.signo == RT && (!details || (r.code == POLL_IN && r.fd == 55 && r.band == BAND_IN)), "%s: and its second",
	   how);
	is(got, 0, "%s: nobody else does", how);
	tear_down();
}

static void test_descriptors(void)
{
	int before = count_descriptors(), mine, pipe_fds[2], fd, moved[2] = { -1, -1 }, n = 0;
	struct fsn_stats stats;
	char byte;

	/* The number is in use by the program: its file is not touched. */
	mine = open("/dev/null", O_RDONLY);
	if (pipe(pipe_fds))
		printf("Bail out! no pipe\n");
	set_up(pipe_fds[0], getpid(), RT);
	kick_elsewhere();
	exactly(RT, POLL_IN, pipe_fds[0], BAND_IN, "a number that the program uses");
	ok(!(fcntl(pipe_fds[0], F_GETFL) & O_ASYNC), "the program's file is not registered");
	is(count_descriptors(), before + 5, "a registration in use has two descriptors");
	for (fd = 3; fd < 1024 && n < 2; fd++)
		if (fd > pipe_fds[1] && fcntl(fd, F_GETFD) >= 0) {
			moved[n++] = fd;
			ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "close-on-exec");
		}
	is(n, 2, "both found");

	/* A program that closes descriptors it does not know, and gets the numbers again for something else. */
	dup2(pipe_fds[1], moved[0]);
	dup2(pipe_fds[1], moved[1]);
	forget(), kick_elsewhere();
	/* The end of the old pipe may have been a signal of its own. */
	ok(arrived_some() && got_signo == RT && got_code == POLL_IN && got_fd == pipe_fds[0],
	   "the program took our descriptors away");
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	ok(read(pipe_fds[0], &byte, 1) < 0 && errno == EAGAIN, "nothing is written into what has their numbers now");
	close(moved[0]);
	close(moved[1]);
	tear_down();
	close(mine);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	is(count_descriptors(), before, "no descriptor is left");
	fsn_stats(&stats);
	is(stats.allocations, 0, "no allocation is left");
}

static void test_fork(void)
{
	int status = -1;
	pid_t child;

	set_up(77, getpid(), RT);
	kick_elsewhere();
	ok(arrived(1), "before the fork");
	forget();
	child = fork();
	if (!child) {
		/* The owner is the parent still; then the child itself. */
		kick(NULL);
		if (got)
			_exit(1);
		fsn_f_setown(&file, getpid(), 1);
		kick_elsewhere();
		if (!arrived(1) || got_code != POLL_IN || got_fd != 77)
			_exit(2);
		_exit(0);
	}
	waitpid(child, &status, 0);
	is(status, 0, "a child signals its parent, then itself");
	exactly(RT, POLL_IN, 77, BAND_IN, "the parent got one signal of the child's");
	forget(), kick_elsewhere();
	exactly(RT, POLL_IN, 77, BAND_IN, "and still gets its own: the child changed nothing for it");
	tear_down();
}

int main(void)
{
	handle(SIGIO);
	handle(RT);
	if (pipe(report_pipe))
		return 1;
	test_processes("by the system", true);
	fsn_fasync_without(NO_EMPTY_TABLE);
	test_processes("from a copied table", true);
	fsn_fasync_without(NO_CLOSE_RANGE);
	test_processes("by unshare()", true);
	test_descriptors();
	fsn_fasync_without(NO_PIPE);
	test_processes("without a pipe", false);
	fsn_fasync_without(0);
	test_descriptors();
	test_fork();
	return done_testing();
}
