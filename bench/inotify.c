// SPDX-License-Identifier: GPL-2.0-or-later
/* Linux's inotify, unmodified, on a tree in memory: from the hook of a write to the reader's buffer. */
#include <linux/inotify.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <fcntl.h>
#include <stdlib.h>
#include "bench.h"
#include "memfs.h"

long sys_inotify_init1(int flags);
long sys_inotify_add_watch(int fd, const char *pathname, u32 mask);

enum { BATCH = 1000 };

/* Events in batches: two files take turns, so that no event is merged with the one before. */
static void fire_and_read(long n, long batch)
{
	static char buffer[BATCH * sizeof(struct inotify_event)];
	struct file *files[2];
	struct meter meter;
	long done, i, size;
	int fd;

	if (mem_init())
		abort();
	fd = (int)sys_inotify_init1(IN_NONBLOCK);
	for (i = 0; i < 2; i++) {
		const char *path = i ? "/b" : "/a";

		files[i] = fget(mem_open(path, O_CREAT | O_RDWR, 0644));
		if (sys_inotify_add_watch(fd, path, IN_MODIFY) < 0)
			abort();
	}
	for (done = -batch * (n / 10 / batch + 1); done < n; done += batch) {
		if (done == 0)
			bench_begin(&meter);
		for (i = 0; i < batch; i++)
			fsnotify_modify(files[(done + i) & 1]);
		size = fsn_sys_read(fd, buffer, sizeof(buffer));
		if (size != batch * (long)sizeof(struct inotify_event)) {
			fprintf(stderr, "read %ld bytes\n", size);
			exit(1);
		}
	}
	bench_end(&meter, (double)n);
}

static void fire_1000(long n)
{
	fire_and_read(n, BATCH);
}

static void fire_1(long n)
{
	fire_and_read(n, 1);
}

const struct row rows[] = {
	{ "fire-1000", fire_1000, 1000000, 1 },
	{ "fire-1", fire_1, 1000000, 1 },
	{ NULL, NULL, 0, 0 },
};
