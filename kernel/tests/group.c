/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What group.c alone decides: how many groups there are, and that nothing of one is left. */
#include "group.h"

#define INSTANCES "/proc/sys/fs/inotify/max_user_instances"

/* A watched group's end is complete when close() returns: the place it took among its user's instances is free. */
static void ends_at_once(void)
{
	char before[64];
	int rounds = 0;

	snprintf(before, sizeof(before), "%s", value_of(INSTANCES));
	must(set_value(INSTANCES, "1"), INSTANCES);
	touch("f");
	for (; rounds < 200; rounds++) {
		int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

		if (fd < 0)
			break;
		must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
		close(fd);
	}
	check(rounds == 200, "the one instance allowed is there again when close() of a watching one returns, 200 times");
	must(set_value(INSTANCES, before), INSTANCES);
}

static long unreclaimable(void)
{
	return number_of("/proc/meminfo", "SUnreclaim");
}

/* 100,000 groups, of which no memory may be left: one small object of each would be 3 MB. */
static void many(void)
{
	int groups = is_debug_kernel() ? 5000 : 100000, failed = 0;
	long before, after;

	for (int i = 0; i < 200; i++)
		close(inotify());
	before = unreclaimable();
	for (int i = 0; i < groups; i++) {
		int fd = i % 10 ? inotify_init1(0) : fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);

		failed += fd < 0;
		close(fd);
	}
	check(!failed, "%d groups are created, one after the other", groups);
	within(unreclaimable() - before < 1024);
	after = unreclaimable();
	note("kernel memory grew by %ld kB", after - before);
	check(is_debug_kernel() || after - before < 1024, "and leave no memory behind");
}

void test_group(void)
{
	/* First, because everything else stands on it. */
	ends_at_once();
	group_sigio();
	group_inherited();
	group_audit();
	group_closes();
	many();
	group_frozen_opener();
}
