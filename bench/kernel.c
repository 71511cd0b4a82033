// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The running kernel's inotify through its system calls, in the same pattern as bench/inotify.c. Of the writes only what watching
 * adds counts: watched less unwatched.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>
#include "bench.h"

enum { BATCH = 1000 };

static int files[2];

static double write_batch(long batch)
{
	double start = now_cpu();
	long i;

	for (i = 0; i < batch; i++)
		if (pwrite(files[i & 1], "x", 1, 0) != 1)
			abort();
	return now_cpu() - start;
}

static int new_file(const char *dir, char *path, size_t size)
{
	int fd;

	snprintf(path, size, "%s/fsnotify-bench-XXXXXX", dir);
	fd = mkstemp(path);
	return fd;
}

static void fire_and_read(long n, long batch)
{
	static char buffer[BATCH * sizeof(struct inotify_event)];
	double watched = 0, unwatched = 0, reading = 0, start;
	char path[2][64];
	int fd = inotify_init1(IN_NONBLOCK), watches[2], i;
	long done, size;

	for (i = 0; i < 2; i++) {
		/* a tmpfs, where a write costs least */
		files[i] = new_file("/dev/shm", path[i], sizeof(path[i]));
		if (files[i] < 0)
			files[i] = new_file("/tmp", path[i], sizeof(path[i]));
		if (files[i] < 0)
			exit(1);
	}
	write_batch(batch);
	for (done = 0; done < n; done += batch) {
		unwatched += write_batch(batch);
		for (i = 0; i < 2; i++)
			watches[i] = inotify_add_watch(fd, path[i], IN_MODIFY);
		watched += write_batch(batch);
		start = now_cpu();
		size = read(fd, buffer, sizeof(buffer));
		reading += now_cpu() - start;
		if (size != batch * (long)sizeof(struct inotify_event))
			exit(1);
		for (i = 0; i < 2; i++)
			inotify_rm_watch(fd, watches[i]);
		/* IN_IGNORED */
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
	}
	for (i = 0; i < 2; i++)
		unlink(path[i]);
	report("cpu", (watched - unwatched + reading) / n);
	report("write", (watched - unwatched) / n);
	report("read", reading / n);
}

static void fire_1000(long n)
{
	fire_and_read(n, BATCH);
}

const struct row rows[] = {
	{ "fire-1000", fire_1000, 300000, 1 },
	{ NULL, NULL, 0, 0 },
};
