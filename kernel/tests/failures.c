/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocations that fail (failslab), at each step of a system call in turn: -ENOMEM, and nothing is left behind. */
#include "events.h"

#define SLAB "/sys/kernel/debug/failslab/"
#define FAIL "/proc/thread-self/fail-nth"

static int group, serial;

static bool makes_inotify(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return fd >= 0 && !close(fd);
}

static bool makes_fanotify(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);

	return fd >= 0 && !close(fd);
}

static bool makes_fanotify_with_names(void)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_DFID_NAME, O_RDONLY);

	return fd >= 0 && !close(fd);
}

static bool watches(void)
{
	char name[16];
	int wd;

	snprintf(name, sizeof(name), "f%d", serial);
	wd = inotify_add_watch(group, name, IN_OPEN);
	return wd >= 0 && !inotify_rm_watch(group, wd);
}

static bool marks(void)
{
	char name[16];

	snprintf(name, sizeof(name), "f%d", serial);
	return !fanotify_mark(group, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, name) && !fanotify_mark(group, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
}

static bool tells_directories(void)
{
	char name[16];
	bool done;
	int fd;

	snprintf(name, sizeof(name), "d%d", serial);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = !fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT);
	close(fd);
	return done;
}

/* Fails the first allocation, then the second, until all have succeeded. Every failure must be ENOMEM. */
static void each_step(const char *what, bool (*call)(void))
{
	int failed = 0, others = 0, step = 1;
	bool done = false;

	for (; !done && step < 100; step++) {
		char number[16];
		int fd = open(FAIL, O_RDWR | O_CLOEXEC), error;

		must(fd >= 0, FAIL);
		serial = step;
		snprintf(number, sizeof(number), "%d", step);
		must(write(fd, number, strlen(number)) > 0, FAIL);
		errno = 0;
		done = call();
		error = errno;
		memset(number, 0, sizeof(number));
		must(pread(fd, number, sizeof(number) - 1, 0) > 0, FAIL);
		/* A call that gets along without what failed has not been through all of its steps. */
		if (done && atoi(number) == 0)
			done = false;
		must(pwrite(fd, "0", 1, 0) > 0, FAIL);
		close(fd);
		failed += !done && error == ENOMEM;
		others += !done && error != ENOMEM && error != 0;
	}
	note("%s: %d steps, %d fail", what, step - 2, failed);
	check(done && failed > 0 && others == 0, "%s: each failing allocation is ENOMEM", what);
}

void test_failures(void)
{
	static const char instances[] = "/proc/sys/fs/inotify/max_user_instances", groups[] = "/proc/sys/fs/fanotify/max_user_groups";
	char name[16], before[2][64];

	if (access(SLAB, F_OK)) {
		note("no failing allocations in this kernel");
		return;
	}
	must(set_value(SLAB "verbose", "0") && set_value(SLAB "ignore-gfp-wait", "N"), SLAB);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		touch(name);
		snprintf(name, sizeof(name), "d%d", i);
		must(!mkdir(name, 0755), name);
	}
	snprintf(before[0], sizeof(before[0]), "%s", value_of(instances));
	snprintf(before[1], sizeof(before[1]), "%s", value_of(groups));
	must(set_value(instances, "1") && set_value(groups, "1"), "limits");
	/* With one allowed, a failure that kept its place would end in EMFILE. */
	each_step("inotify_init1", makes_inotify);
	each_step("fanotify_init", makes_fanotify);
	each_step("fanotify_init with names", makes_fanotify_with_names);
	group = inotify();
	each_step("inotify_add_watch", watches);
	close(group);
	group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
	must(group >= 0, "fanotify_init");
	each_step("fanotify_mark", marks);
	close(group);
	each_step("F_NOTIFY", tells_directories);
	must(set_value(instances, before[0]) && set_value(groups, before[1]), "limits");
}
