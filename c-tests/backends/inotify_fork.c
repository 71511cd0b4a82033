/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: after a fork parent and child have an instance each, with what was queued and watched
 * in it; beside busy threads what the child makes itself, and what only its thread used, works.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"
#include <pthread.h>
#include <sys/wait.h>

static bool stop;

/* The number of the first step of the child that was wrong, 0 for none; 200 if it hung or crashed. */
static int child_says(int (*work)(int), int argument)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(30);
		_exit(work(argument));
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 200;
	return WEXITSTATUS(status);
}

static int quiet_child(int fd)
{
	int other;

	if (strcmp(events(fd), "1 CREATE before"))
		return 1;
	make_file("/f/child");
	if (strcmp(events(fd), "1 CREATE child"))
		return 2;
	if (watch(fd, "/", IN_CREATE) != 2 || unwatch(fd, 1))
		return 3;
	if (strcmp(events(fd), "1 IGNORED"))
		return 4;
	other = inotify_of(IN_NONBLOCK);
	if (other != fd + 1 || watch(other, "/f", IN_DELETE) != 1)
		return 5;
	mem_unlink("/f/child");
	if (strcmp(events(other), "1 DELETE child"))
		return 6;
	if (fsn_sys_close(fd) || fsn_sys_close(other) || fsn_sys_close(fd) != -EBADF)
		return 7;
	return 0;
}

static void quiet(void)
{
	int fd = inotify_of(IN_NONBLOCK);

	mem_mkdir("/f", 0755);
	is(watch(fd, "/f", IN_CREATE | IN_DELETE), 1, "a watch");
	make_file("/f/before");
	is(child_says(quiet_child, fd), 0, "a child uses the instance, a new one, and closes both");
	is_str(events(fd), "1 CREATE before", "the parent has its own event");
	make_file("/f/after");
	is_str(events(fd), "1 CREATE after", "and its watch");
	fsn_sys_close(fd);
}

static void *busy(void *argument)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/f/%s", (const char *)argument);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		fd = inotify_of(IN_NONBLOCK);
		watch(fd, "/f", IN_ALL_EVENTS);
		make_file(path);
		mem_unlink(path);
		events(fd);
		fsn_sys_close(fd);
	}
	return NULL;
}

/* Objects that other threads use may be locked for ever in the child: it makes its own, on a filesystem that they leave alone. */
static int busy_child(int own)
{
	int fd = inotify_of(IN_NONBLOCK);

	if (fd < 0 || watch(fd, ".", IN_CREATE) != 1)
		return 1;
	make_file("child");
	if (strcmp(events(fd), "1 CREATE child"))
		return 2;
	if (strcmp(events(own), "1 CREATE child") || unwatch(own, 1))
		return 3;
	return fsn_sys_close(fd) || fsn_sys_close(own) ? 4 : 0;
}

static void beside_threads(void)
{
	pthread_t threads[2];
	int fd, i, wrong = 0;

	mem_mkdir("/g", 0755);
	mem_mount("/g");
	is(mem_chdir("/g"), 0, "a filesystem of this thread alone");
	fd = inotify_of(IN_NONBLOCK);
	is(watch(fd, ".", IN_CREATE), 1, "and an instance");
	pthread_create(&threads[0], NULL, busy, (void *)"a");
	pthread_create(&threads[1], NULL, busy, (void *)"b");
	for (i = 0; i < 20 && !wrong; i++)
		wrong = child_says(busy_child, fd);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	is(wrong, 0, "children that were forked beside busy threads use it and one of their own, and end");
	fsn_sys_close(fd);
	mem_chdir("/");
	mem_umount("/g", 0);
}

int main(void)
{
	tests_begin();
	quiet();
#ifdef __SANITIZE_ADDRESS__
	/* whose own locks may be held at the fork */
	ok(true, "# SKIP beside threads");
	(void)beside_threads;
#else
	beside_threads();
#endif
	return tests_end();
}
