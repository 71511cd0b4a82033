/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals on behalf of a file: registrations, owners, and what arrives where. Each way of sending (signal.rs) has its
 * tests: to oneself, by the system through a pipe, and the fallbacks, which are forced with fsn_fasync_without().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fsnotify/fsnotify.h>
#include <fsnotify/fsn/fasync.h>
#include <fsnotify/fsn/mem.h>
#include <fsnotify/fsn/stats.h>

#include "tap.h"

#define RT (SIGRTMIN + 3)
#define BAND_IN 0x41
#define NO_PIPE 1
#define NO_EMPTY_TABLE 2

static volatile int got, got_signo, got_code, got_fd, got_tid;
static volatile long got_band;
static struct fasync_struct *queue;
static struct file file;

static int gettid_(void)
{
	return (int)syscall(SYS_gettid);
}

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)context;
	got_signo = signo;
	got_code = info->si_code;
	got_fd = info->si_fd;
	got_band = info->si_band;
	got_tid = gettid_();
	__atomic_add_fetch(&got, 1, __ATOMIC_SEQ_CST);
}

static void forget(void)
{
	got = got_signo = got_code = got_fd = got_tid = 0;
	got_band = 0;
}

/* Waits until @count signals have arrived, or for very long. */
static bool arrived(int count)
{
	struct timespec pause = { 0, 1000000 };
	int patience = 10000;

	while (__atomic_load_n(&got, __ATOMIC_SEQ_CST) < count && patience--)
		nanosleep(&pause, NULL);
	return got == count;
}

static void handle(int signo)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = handler;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigaction(signo, &action, NULL);
}

static void block(int how, int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(how, &set, NULL);
}

static void *kick(void *unused)
{
	(void)unused;
	fsn_kill_fasync(&queue, SIGIO, POLL_IN);
	return NULL;
}

/* A thread that could take the signal itself raises it. */
static void kick_elsewhere(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, kick, NULL);
	pthread_join(thread, NULL);
}

static int count_descriptors(void)
{
	int fd, open = 0;

	for (fd = 0; fd < 1024; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	return open;
}

/* One signal, with these details. */
static bool exact(int signo, int code, int fd, long band)
{
	if (arrived(1) && got_signo == signo && got_code == code && got_fd == fd && got_band == band)
		return true;
	printf("# got %d: signal %d code %d fd %d band %lx\n", got, got_signo, got_code, got_fd, got_band);
	return false;
}

static bool same(long long value, long long wanted)
{
	if (value != wanted)
		printf("# got %lld, want %lld\n", value, wanted);
	return value == wanted;
}

#define exactly(signo, code, fd, band, ...) ok(exact((signo), (code), (fd), (band)), __VA_ARGS__)
#define is(value, wanted, ...) ok(same((value), (wanted)), __VA_ARGS__)

static void set_up(int fd, int owner, int signo)
{
	fsn_fasync_helper(fd, &file, 1, &queue);
	fsn_f_setown(&file, owner, 1);
	fsn_f_setsig(&file, signo);
	forget();
}

static void tear_down(void)
{
	fsn_fasync_helper(-1, &file, 0, &queue);
	fsn_file_f_owner_release(&file);
	fsn_rcu_barrier();
}

static void test_registering(void)
{
	struct file other;

	memset(&other, 0, sizeof(other));
	is(fsn_fasync_helper(3, &file, 0, &queue), 0, "nothing to remove: 0");
	is(fsn_fasync_helper(3, &file, 1, &queue), 1, "a first registration: 1");
	ok(file.f_flags & FSN_FASYNC, "FASYNC is set");
	is(queue->magic, FSN_FASYNC_MAGIC, "the magic number");
	ok(queue->fa_file == &file, "its file");
	is(fsn_fasync_helper(4, &file, 1, &queue), 0, "the same file again: 0");
	is(queue->fa_fd, 4, "and the new descriptor counts");
	ok(queue->fa_next == NULL, "one registration only");
	is(fsn_fasync_helper(5, &other, 1, &queue), 1, "another file: 1");
	ok(queue->fa_file == &other, "the newest comes first");
	is(fsn_fasync_helper(-1, &file, 0, &queue), 1, "removed from behind: 1");
	ok(!(file.f_flags & FSN_FASYNC), "FASYNC is cleared");
	ok(other.f_flags & FSN_FASYNC, "of that file only");
	is(fsn_fasync_helper(-1, &other, 0, &queue), 1, "removed: 1");
	ok(queue == NULL, "the list is empty");
	fsn_fail_alloc(0, 1);
	is(fsn_fasync_helper(3, &file, 1, &queue), -ENOMEM, "no memory: -ENOMEM");
	is(fsn_fail_alloc(0, 0), 1, "injected once");
	ok(!queue && !(file.f_flags & FSN_FASYNC), "and nothing changed");
	is(fsn_fasync_helper(3, NULL, 1, &queue), -EINVAL, "a NULL file: -EINVAL");
	fsn_kill_fasync(NULL, SIGIO, POLL_IN);
	fsn_kill_fasync(&queue, SIGIO, POLL_IN);
	fsn_rcu_barrier();
}

static void test_owners(void)
{
	struct pid *me, *again;

	is(fsn_f_getown(&file), 0, "no owner at first");
	ok(fsn_file_f_owner(&file) == NULL, "nor room for one");
	fsn_fail_alloc(0, 1);
	is(fsn_f_setown(&file, getpid(), 1), -ENOMEM, "no memory for an owner: -ENOMEM");
	fsn_fail_alloc(1, 1);
	is(fsn_f_setown(&file, getpid(), 1), -ENOMEM, "no memory for a pid: -ENOMEM");
	fsn_fail_alloc(0, 0);
	is(fsn_f_setown(&file, 0x3ffffff0, 1), -ESRCH, "an owner that does not exist: -ESRCH");
	is(fsn_f_setown(&file, -0x7fffffff - 1, 1), -EINVAL, "INT_MIN: -EINVAL");
	is(fsn_f_setown_ex(&file, PIDTYPE_SID, getpid()), -EINVAL, "a session: -EINVAL");
	is(fsn_f_setown(&file, getpid(), 1), 0, "this process");
	is(fsn_f_getown(&file), getpid(), "is the owner");
	is(fsn_f_setown(&file, -getpgrp(), 0), 0, "not by force");
	is(fsn_f_getown(&file), getpid(), "the owner stays");
	is(fsn_f_setown(&file, -getpgrp(), 1), 0, "by force");
	is(fsn_f_getown(&file), -getpgrp(), "the group, negative");
	fsn_f_delown(&file);
	is(fsn_f_getown(&file), 0, "nobody again");
	is(fsn_f_setsig(&file, -1), -EINVAL, "no signal: -EINVAL");
	is(fsn_f_setsig(&file, SIGRTMAX + 1), -EINVAL, "past the last signal: -EINVAL");
	is(fsn_f_setsig(&file, RT), 0, "a signal");
	is(fsn_f_getsig(&file), RT, "is kept");

	me = fsn_find_get_pid(getpid());
	again = fsn_find_get_pid(getpid());
	ok(me == again, "one object for each number");
	is(fsn_pid_vnr(me), getpid(), "with that number");
	ok(fsn_pid_has_task(me, PIDTYPE_TGID), "and a process");
	ok(fsn_find_get_pid(0x3ffffff0) == NULL, "none for a number that nobody has");
	fsn___f_setown(&file, me, PIDTYPE_TGID, 0);
	fsn_put_pid(again);
	fsn_put_pid(me);
	is(fsn_f_getown(&file), getpid(), "the owner keeps its pid");
	tear_down();
	ok(file.f_owner == NULL, "gone with the file");
}

static void test_oneself(void)
{
	sigset_t before, after;
	int signo, differ = 0;

	set_up(33, getpid(), 0);
	errno = 77;
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	kick(NULL);
	exactly(SIGIO, 0x80, 0, 0, "SIGIO without details");
	is(errno, 77, "errno is left alone");
	fsn_f_setsig(&file, RT), forget(), kick(NULL);
	exactly(RT, POLL_IN, 33, BAND_IN, "a chosen signal with POLL_IN, descriptor and band");
	fsn_f_setsig(&file, SIGIO), forget(), kick(NULL);
	exactly(SIGIO, POLL_IN, 33, BAND_IN, "a chosen SIGIO has details too");
	fsn_f_setsig(&file, SIGCHLD), forget(), kick(NULL);
	exactly(SIGCHLD, -5, 33, BAND_IN, "a signal with codes of its own gets SI_SIGIO");
	fsn_f_setsig(&file, RT), forget();
	fsn_send_sigio(file.f_owner, 12345, POLL_MSG);
	exactly(RT, POLL_MSG, 12345, 0x441, "send_sigio() with dnotify's band, no registration");
	fsn_f_setsig(&file, 0), forget();
	fsn_kill_fasync(&queue, SIGURG, POLL_IN);
	is(got, 0, "SIGURG is for files with a signal of their own");
	fsn_f_setown_ex(&file, PIDTYPE_PID, gettid_()), fsn_f_setsig(&file, RT), forget(), kick(NULL);
	exactly(RT, POLL_IN, 33, BAND_IN, "to the calling thread by its number");
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (signo = 1; signo <= SIGRTMAX; signo++)
		differ += sigismember(&before, signo) != sigismember(&after, signo);
	is(differ, 0, "the signal mask is left alone");
	tear_down();
	forget();
	kick(NULL);
	is(got, 0, "nothing after the removal");
}

static volatile int target_tid, target_stop;

static void *target(void *unused)
{
	struct timespec pause = { 0, 1000000 };

	(void)unused;
	block(SIG_UNBLOCK, RT);
	target_tid = gettid_();
	while (!target_stop)
		nanosleep(&pause, NULL);
	return NULL;
}

static pthread_t start_target(void)
{
	pthread_t thread;

	target_tid = target_stop = 0;
	pthread_create(&thread, NULL, target, NULL);
	while (!target_tid)
		sched_yield();
	return thread;
}

static void stop_target(pthread_t thread)
{
	target_stop = 1;
	pthread_join(thread, NULL);
}

/* What the kernel does whoever raises the event; @how names the way in the results. */
static void test_threads(const char *how)
{
	pthread_t thread;
	int twice;

	set_up(44, getpid(), 0);
	kick_elsewhere();
	exactly(SIGIO, 0x80, 0, 0, "%s: SIGIO from another thread", how);
	fsn_f_setsig(&file, RT), forget(), kick_elsewhere();
	exactly(RT, POLL_IN, 44, BAND_IN, "%s: a chosen signal from another thread", how);
	is(got_tid, getpid(), "%s: the first thread gets it", how);
	for (twice = 0; twice < 2; twice++) {
		fsn_fasync_helper(45 + twice, &file, 1, &queue), forget(), kick_elsewhere();
		exactly(RT, POLL_IN, 45 + twice, BAND_IN, "%s: the descriptor follows the registration", how);
	}
	thread = start_target();
	fsn_f_setown_ex(&file, PIDTYPE_PID, target_tid), forget(), kick(NULL);
	exactly(RT, POLL_IN, 46, BAND_IN, "%s: to a thread", how);
	is(got_tid, target_tid, "%s: to that thread", how);
	/* A process may be named by any of its threads, as dnotify does. */
	block(SIG_BLOCK, RT);
	fsn_f_setown(&file, target_tid, 1), forget(), kick(NULL);
	exactly(RT, POLL_IN, 46, BAND_IN, "%s: to the process of a thread", how);
	block(SIG_UNBLOCK, RT);
	stop_target(thread);
	forget();
	kick(NULL);
	is(got, 0, "%s: an owner that has ended gets nothing", how);
	is(fsn_f_getown(&file), 0, "%s: and is none", how);
	tear_down();
}

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
	exactly(RT, POLL_IN, pipe_fds[0], BAND_IN, "the program took our descriptors away");
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

static void test_odd_numbers(void)
{
	set_up(0x7ffffff0, getpid(), RT);
	kick_elsewhere();
	exactly(RT, POLL_IN, 0x7ffffff0, BAND_IN, "a number that can be no descriptor");
	fsn_fasync_helper(-7, &file, 1, &queue), forget(), kick_elsewhere();
	exactly(RT, POLL_IN, -7, BAND_IN, "a negative number");
	tear_down();
}

static void test_full_queue(void)
{
	struct rlimit old, none;

	set_up(66, getpid(), RT);
	getrlimit(RLIMIT_SIGPENDING, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_SIGPENDING, &none);
	kick(NULL);
	ok(arrived(1) && got_signo == SIGIO, "a full queue: plain SIGIO to oneself");
	forget(), kick_elsewhere();
	ok(arrived(1) && got_signo == SIGIO, "a full queue: plain SIGIO from another thread");
	setrlimit(RLIMIT_SIGPENDING, &old);
	tear_down();
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

static void test_several(void)
{
	struct file files[3];
	int n;

	memset(files, 0, sizeof(files));
	for (n = 0; n < 3; n++) {
		fsn_fasync_helper(80 + n, &files[n], 1, &queue);
		if (n)
			fsn_f_setown(&files[n], getpid(), 1);
		fsn_f_setsig(&files[n], RT);
	}
	forget();
	kick(NULL);
	ok(arrived(2), "each file with an owner gets its signal");
	for (n = 0; n < 3; n++) {
		fsn_fasync_helper(-1, &files[n], 0, &queue);
		fsn_file_f_owner_release(&files[n]);
	}
	fsn_rcu_barrier();
}

static volatile bool churning;

static void *churn(void *arg)
{
	struct file own;

	(void)arg;
	memset(&own, 0, sizeof(own));
	fsn_f_setown(&own, getpid(), 1);
	fsn_f_setsig(&own, RT);
	while (churning) {
		fsn_fasync_helper(90, &own, 1, &queue);
		kick(NULL);
		fsn_fasync_helper(-1, &own, 0, &queue);
	}
	fsn_file_f_owner_release(&own);
	return NULL;
}

static void test_stress(void)
{
	int before = count_descriptors(), n;
	struct fsn_stats stats;
	pthread_t threads[3];

	set_up(88, getpid(), RT);
	churning = true;
	for (n = 0; n < 3; n++)
		pthread_create(&threads[n], NULL, churn, NULL);
	for (n = 0; n < 300; n++)
		kick(NULL);
	churning = false;
	for (n = 0; n < 3; n++)
		pthread_join(threads[n], NULL);
	ok(got >= 300, "registrations come and go while signals are sent");
	tear_down();
	ok(queue == NULL, "the list is empty");
	is(count_descriptors(), before, "no descriptor is left");
	fsn_stats(&stats);
	is(stats.allocations, 0, "no allocation is left");
}

int main(void)
{
	int signals[] = { SIGIO, SIGCHLD, RT }, n;

	for (n = 0; n < 3; n++)
		handle(signals[n]);
	if (pipe(report_pipe))
		return 1;
	test_registering();
	test_owners();
	test_oneself();
	test_threads("by the system");
	handle(SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	test_processes("by the system", true);
	fsn_fasync_without(NO_EMPTY_TABLE);
	test_threads("from a copied table");
	fsn_fasync_without(NO_PIPE);
	test_processes("without a pipe", false);
	fsn_fasync_without(0);
	test_descriptors();
	test_odd_numbers();
	test_full_queue();
	test_fork();
	test_several();
	test_stress();
	return done_testing();
}
