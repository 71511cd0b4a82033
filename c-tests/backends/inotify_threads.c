/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: readers that wait, signals, and threads that do everything at once.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
/* fsn-cflags: -D_GNU_SOURCE */
#include <linux/inotify.h>
#include <linux/sched.h>
#include "inotify.h"
#include <pthread.h>
#include <signal.h>

#define peek(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define bump(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_SEQ_CST)

/* Something that another thread is sure to do; after some twenty seconds the test has failed. */
#define wait_until(condition) do {				\
	int tries_ = 0;						\
								\
	while (!(condition) && tries_++ < 100000)		\
		usleep(200);					\
	if (!(condition)) {					\
		ok(false, "came true: %s", #condition);		\
		exit(done_testing());				\
	}							\
} while (0)

/* ---- readers that wait ---- */

struct reader {
	pthread_t thread;
	struct task_struct *task;
	int fd, polled;
	ssize_t size;
	bool started, done;
	char raw[4096];
};

static void *read_once(void *argument)
{
	struct reader *reader = argument;

	reader->task = current;
	__atomic_store_n(&reader->started, true, __ATOMIC_SEQ_CST);
	if (reader->polled) {
		struct pollfd ready = { .fd = reader->fd, .events = POLLIN };

		reader->polled = fsn_sys_poll(&ready, 1, -1);
	}
	if (reader->polled >= 0)
		reader->size = fsn_sys_read(reader->fd, reader->raw, sizeof(reader->raw));
	__atomic_store_n(&reader->done, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Started, and given time to fall asleep; whether it really sleeps is of no importance to what must come of it. */
static void start(struct reader *reader, int fd, int polled)
{
	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	reader->polled = polled;
	pthread_create(&reader->thread, NULL, read_once, reader);
	wait_until(peek(reader->started));
	usleep(20000);
}

static const char *result(struct reader *reader)
{
	wait_until(peek(reader->done));
	pthread_join(reader->thread, NULL);
	return events_text(reader->raw, reader->size);
}

static void waiting(void)
{
	static struct reader one, two;
	int fd = inotify_of(0), wd;

	mem_mkdir("/w", 0755);
	is(watch(fd, "/w", IN_CREATE | IN_DELETE), 1, "a watch of an instance that blocks");
	start(&one, fd, 0);
	ok(!peek(one.done), "a reader waits");
	make_file("/w/a");
	is_str(result(&one), "1 CREATE a", "until there is an event");
	start(&one, fd, 1);
	ok(!peek(one.done), "one that polls waits, too");
	mem_unlink("/w/a");
	is_str(result(&one), "1 DELETE a", "and has it then");
	is(one.polled, 1, "by its own word");

	make_file("/w/a");
	start(&one, fd, 0);
	is_str(result(&one), "1 CREATE a", "what is there already is read at once");
	start(&one, fd, 0);
	start(&two, fd, 0);
	mem_unlink("/w/a");
	wait_until(peek(one.done) || peek(two.done));
	usleep(20000);
	ok(!(peek(one.done) && peek(two.done)), "of two readers one has the event");
	make_file("/w/a");
	result(&one);
	result(&two);
	ok(one.size == two.size && one.size == 2 * (ssize_t)sizeof(struct inotify_event), "and the other one the next");
	wd = watch(fd, "/w", IN_CREATE);
	start(&one, fd, 0);
	unwatch(fd, wd);
	is_str(result(&one), "1 IGNORED", "the end of a watch wakes a reader");

	is(watch(fd, "/w", IN_DELETE), 2, "another watch");
	start(&one, fd, 0);
	fsn_sys_close(fd);
	ok(!peek(one.done), "a reader keeps a closed instance");
	mem_unlink("/w/a");
	is_str(result(&one), "2 DELETE a", "and has its event");
}

static void interrupted(void)
{
#ifdef _FSN_LINUX_SCHED_H
	static struct reader reader;
	int fd = inotify_of(0);

	start(&reader, fd, 0);
	fsn_task_interrupt(reader.task);
	result(&reader);
	is(reader.size, -EINTR, "a signal ends a read");
	start(&reader, fd, 1);
	fsn_task_kill(reader.task);
	result(&reader);
	is(reader.polled, -EINTR, "and so does the end of its thread a poll");
	fsn_sys_close(fd);
#endif
}

/* ---- signals ---- */

static int got, got_signo, got_fd;
static long got_band;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	got_signo = signo;
	got_fd = info->si_fd;
	got_band = info->si_band;
	bump(got);
}

static void signals(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	int fd = inotify_of(IN_NONBLOCK), wd = watch(fd, "/", IN_CREATE | IN_DELETE);

	sigaction(SIGIO, &action, NULL);
	sigaction(SIGRTMIN + 2, &action, NULL);
	is(fsn_sys_fcntl(fd, F_SETOWN, getpid()), 0, "F_SETOWN");
	is(fsn_sys_fcntl(fd, F_GETOWN, 0), getpid(), "F_GETOWN");
	make_file("/s1");
	usleep(20000);
	is(peek(got), 0, "no signal without O_ASYNC");
	is(fsn_sys_fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC), 0, "O_ASYNC");
	make_file("/s2");
	wait_until(peek(got) == 1);
	is(got_signo, SIGIO, "SIGIO, by itself");
	is(fsn_sys_fcntl(fd, F_SETSIG, SIGRTMIN + 2), 0, "F_SETSIG");
	make_file("/s3");
	wait_until(peek(got) == 2);
	is(got_signo, SIGRTMIN + 2, "another signal");
	is(got_fd, fd, "tells the descriptor");
	is(got_band, POLLIN | POLLRDNORM, "and that it can be read");
	mem_unlink("/s3");
	mem_unlink("/s2");
	wait_until(peek(got) == 4);
	ok(true, "each event has its signal");
	is(fsn_sys_fcntl(fd, F_SETFL, O_NONBLOCK), 0, "without O_ASYNC again");
	mem_unlink("/s1");
	usleep(20000);
	is(peek(got), 4, "there is none");
	is_str(events(fd), "1 CREATE s1; 1 CREATE s2; 1 CREATE s3; 1 DELETE s3; 1 DELETE s2; 1 DELETE s1", "no event is missing");
	is(fsn_sys_fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC), 0, "O_ASYNC once more");
	unwatch(fd, wd);
	wait_until(peek(got) == 5);
	fsn_sys_close(fd);
	usleep(20000);
	is(peek(got), 5, "the end of a watch has one, that of the instance none");
	signal(SIGIO, SIG_DFL);
}

/* ---- everything at once ---- */

#define ROUNDS 300

static int shared, made, seen, strange;

static void *makes(void *argument)
{
	char path[64], other[64];
	int i, fd;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(path, sizeof(path), "/t/%s-%d", (const char *)argument, i);
		snprintf(other, sizeof(other), "/t/sub/%s-%d", (const char *)argument, i);
		fd = mem_open(path, O_CREAT | O_RDWR, 0644);
		if (fd < 0)
			bump(strange);
		bump(made);
		mem_write(fd, "x", 1);
		mem_close(fd);
		mem_rename(path, other, 0);
		mem_unlink(other);
	}
	return NULL;
}

static void *watches(void *argument)
{
	int i, wd, error;

	(void)argument;
	for (i = 0; i < ROUNDS; i++) {
		wd = watch(shared, "/t/sub", i % 3 ? IN_ALL_EVENTS : IN_MOVED_TO | IN_ONESHOT);
		if (wd <= 0)
			bump(strange);
		error = unwatch(shared, wd);
		/* the other thread's hand, or the one event, may have come first */
		if (error && error != -EINVAL)
			bump(strange);
	}
	return NULL;
}

static void *comes_and_goes(void *argument)
{
	int i, fd;

	(void)argument;
	for (i = 0; i < ROUNDS; i++) {
		fd = inotify_of(IN_NONBLOCK);
		if (fd < 0 || watch(fd, "/t", IN_ALL_EVENTS) != 1 || watch(fd, "/t/sub", IN_ALL_EVENTS) != 2)
			bump(strange);
		events(fd);
		fsn_sys_close(fd);
	}
	return NULL;
}

/* Until it reads the end of the watch 1. Counts what was made in /t. */
static void *reads(void *argument)
{
	char raw[512];
	ssize_t size, at;
	bool end = false;

	(void)argument;
	while (!end) {
		size = fsn_sys_read(shared, raw, sizeof(raw));
		if (size <= 0) {
			bump(strange);
			break;
		}
		for (at = 0; at < size;) {
			struct inotify_event event;

			memcpy(&event, raw + at, sizeof(event));
			at += sizeof(event) + event.len;
			if (event.wd == 1 && event.mask & IN_CREATE)
				bump(seen);
			if (event.wd == 1 && event.mask & IN_IGNORED)
				end = true;
			if (event.mask & IN_Q_OVERFLOW || at > size)
				bump(strange);
		}
	}
	return NULL;
}

static void all_at_once(void)
{
	void *(*const work[])(void *) = { makes, makes, watches, watches, comes_and_goes };
	static const char *const names[] = { "a", "b", "", "", "" };
	pthread_t threads[5], reader;
	int i;

	mem_mkdir("/t", 0755);
	mem_mkdir("/t/sub", 0755);
	shared = inotify_of(0);
	is(watch(shared, "/t", IN_CREATE | IN_MOVED_FROM | IN_CLOSE), 1, "a watch for the whole time");
	pthread_create(&reader, NULL, reads, NULL);
	for (i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, work[i], (void *)names[i]);
	for (i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	is(unwatch(shared, 1), 0, "it is removed");
	pthread_join(reader, NULL);
	is(strange, 0, "nothing strange happened");
	is(made, 2 * ROUNDS, "files were made");
	is(seen, made, "and each one was seen once");
	fsn_sys_close(shared);
}

int main(void)
{
	tests_begin();
	waiting();
	interrupted();
	signals();
	all_at_once();
	return tests_end();
}
