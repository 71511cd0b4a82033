/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals on behalf of a file, within a process: registrations, owners, and what arrives where. Each way of sending
 * (signal.rs) has its tests: to oneself, by the system through a pipe, and the fallbacks, which are forced with
 * fsn_fasync_without().
 */
#include "signals.h"

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
	/* Joined is not gone yet. */
	while (!syscall(SYS_tgkill, getpid(), target_tid, 0))
		sched_yield();
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
	ok(got_tid == getpid() || !system_chooses(), "%s: the first thread gets it", how);
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

/* The same without a pipe: only a thread's own signal loses its si_code. */
static void test_threads_without_pipe(void)
{
	pthread_t thread;

	set_up(47, getpid(), 0);
	kick_elsewhere();
	exactly(SIGIO, 0x80, 0, 0, "without a pipe: SIGIO from another thread");
	fsn_f_setsig(&file, RT), forget(), kick_elsewhere();
	exactly(RT, POLL_IN, 47, BAND_IN, "without a pipe: a chosen signal from another thread");
	block(SIG_BLOCK, RT), forget(), kick_elsewhere();
	is(got, 0, "without a pipe: every thread blocks it");
	block(SIG_UNBLOCK, RT);
	exactly(RT, POLL_IN, 47, BAND_IN, "without a pipe: it waits for a thread that takes it");
	is(got_tid, getpid(), "without a pipe: whichever that is");
	thread = start_target();
	fsn_f_setown_ex(&file, PIDTYPE_PID, target_tid), forget(), kick(NULL);
	exactly(RT, -5, 47, BAND_IN, "without a pipe: to a thread, with SI_SIGIO");
	is(got_tid, target_tid, "without a pipe: to that thread");
	fsn_f_setsig(&file, 0), forget(), kick(NULL);
	ok(arrived(1) && got_signo == SIGIO, "without a pipe: SIGIO to a thread");
	is(got_tid, target_tid, "without a pipe: to that thread");
	stop_target(thread);
	tear_down();
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

static int no_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		    const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)group, (void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter;
	return 0;
}

static void free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	fsn_kfree(event);
}

/* What the signals are for: a group has something to read. */
static void test_group(void)
{
	struct fsnotify_ops ops;
	struct fsnotify_group *group;
	struct fsnotify_event *event;

	memset(&ops, 0, sizeof(ops));
	ops.handle_event = no_event;
	ops.free_event = free_event;
	group = fsnotify_alloc_group(&ops, 0);
	group->max_events = 16;
	file.private_data = group;
	is(fsnotify_fasync(91, &file, 1), 0, "a group's file is registered");
	fsn_f_setown(&file, getpid(), 1);
	fsn_f_setsig(&file, RT);
	forget();
	event = (struct fsnotify_event *)fsn_kzalloc(sizeof(*event), FSN_GFP_KERNEL);
	fsnotify_init_event(event);
	is(fsnotify_insert_event(group, event, NULL, NULL), 0, "an event is queued");
	exactly(RT, POLL_IN, 91, BAND_IN, "and its reader signalled");
	is(fsnotify_fasync(-1, &file, 0), 0, "removed");
	fsn_file_f_owner_release(&file);
	fsnotify_destroy_group(group);
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
	test_registering();
	test_owners();
	test_oneself();
	test_threads("by the system");
	fsn_fasync_without(NO_EMPTY_TABLE);
	test_threads("from a copied table");
	fsn_fasync_without(NO_CLOSE_RANGE);
	test_threads("by unshare()");
	fsn_fasync_without(NO_PIPE);
	test_threads_without_pipe();
	fsn_fasync_without(0);
	test_odd_numbers();
	test_full_queue();
	test_several();
	test_group();
	test_stress();
	return done_testing();
}
