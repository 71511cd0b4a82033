/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything at once: groups made and destroyed, watches added and removed, events, closes while events pour in, forks. */
#include "events.h"

#include <pthread.h>
#include <stdatomic.h>

#define FILES 16
#define ROUNDS 300

static atomic_bool stop;
static atomic_int failed, done[5];

static void file_name(char name[static 16], unsigned int i)
{
	snprintf(name, 16, "c%u", i % FILES);
}

/* Events on all files until the others have ended. */
static void *fires(void *arg)
{
	char name[16];

	for (unsigned int i = (unsigned int)(uintptr_t)arg; !stop; i++) {
		int fd;

		file_name(name, i);
		fd = open(name, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "x", 1) != 1)
			failed++;
		close(fd);
		done[0]++;
	}
	return NULL;
}

/* Groups that are closed with watches and whatever has arrived. */
static void *makes_and_closes(void *arg)
{
	char name[16];

	(void)arg;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

		for (unsigned int i = 0; i < FILES; i++) {
			file_name(name, i + round);
			failed += inotify_add_watch(fd, name, IN_ALL_EVENTS) <= 0;
		}
		sched_yield();
		close(fd);
		done[1]++;
	}
	return NULL;
}

static int shared;

/* Watches of one group, added and removed by several threads; EINVAL: another one was faster. */
static void *adds_and_removes(void *arg)
{
	char buffer[4096], name[16];

	for (unsigned int round = 0; round < ROUNDS * 4; round++) {
		int wd;

		file_name(name, round * 7 + (unsigned int)(uintptr_t)arg);
		wd = inotify_add_watch(shared, name, IN_ALL_EVENTS);
		failed += wd <= 0;
		if (inotify_rm_watch(shared, wd) && errno != EINVAL)
			failed++;
		if (read(shared, buffer, sizeof(buffer)) < 0 && errno != EAGAIN)
			failed++;
		done[2]++;
	}
	return NULL;
}

/* Permission events, whose group goes away while openers wait. */
static void *asks(void *arg)
{
	(void)arg;
	for (unsigned int round = 0; round < ROUNDS / 4; round++) {
		int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

		failed += fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, round % 2 ? "c0" : "c1");
		usleep(500);
		close(fd);
		done[3]++;
	}
	return NULL;
}

/* Children that have all descriptors, and end with them. */
static void *forks(void *arg)
{
	(void)arg;
	for (unsigned int round = 0; round < ROUNDS / 4; round++) {
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(close(shared) ? 1 : 0);
		failed += pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status);
		done[4]++;
	}
	return NULL;
}

void test_concurrent(void)
{
	static void *(*const workers[])(void *) = { makes_and_closes, makes_and_closes, adds_and_removes, adds_and_removes, asks, forks };
	enum { N_WORKERS = sizeof(workers) / sizeof(workers[0]), N_FIRING = 3 };
	pthread_t threads[N_WORKERS], firing[N_FIRING];
	char name[16], before[64];

	set_value("/proc/sys/fs/inotify/max_user_instances", "4096");
	for (unsigned int i = 0; i < FILES; i++) {
		file_name(name, i);
		touch(name);
	}
	snprintf(before, sizeof(before), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	note("%s processors", before);
	shared = inotify();
	for (uintptr_t i = 0; i < N_FIRING; i++)
		must(!pthread_create(&firing[i], NULL, fires, (void *)i), "thread");
	for (uintptr_t i = 0; i < N_WORKERS; i++)
		must(!pthread_create(&threads[i], NULL, workers[i], (void *)i), "thread");
	for (unsigned int i = 0; i < N_WORKERS; i++)
		pthread_join(threads[i], NULL);
	stop = true;
	for (unsigned int i = 0; i < N_FIRING; i++)
		pthread_join(firing[i], NULL);
	close(shared);
	note("%d events' files, %d groups, %d watches, %d groups that ask, %d children", (int)done[0], (int)done[1], (int)done[2], (int)done[3], (int)done[4]);
	check(failed == 0, "threads that create, watch, fire, ask, close and fork at once: no call fails");
	check(done[1] == 2 * ROUNDS && done[2] == 8 * ROUNDS && done[3] == ROUNDS / 4 && done[4] == ROUNDS / 4, "and all of them end");
	set_value("/proc/sys/fs/inotify/max_user_instances", "1");
	shared = inotify_init1(IN_CLOEXEC);
	check(shared >= 0, "no group is left");
	close(shared);
}
