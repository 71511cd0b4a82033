/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The listener's memory cgroup pays for its events, gets everything back, and can be removed. */
#include "events.h"

/* The kernel charges and returns memory in batches of 64 pages on each CPU, and slabs in pages. */
#define BATCH (64 * 4096 * 2)

struct listener {
	int orders[2], answers[2];
	bool fanotify;
};

static bool ordered(int fd, char *order)
{
	return read(fd, order, 1) == 1;
}

/* Lives in the cgroup: makes a group, keeps it until it is told to close it, and ends. */
static int listens(void *arg)
{
	struct listener *listener = arg;
	char order;
	int fd = -1;

	while (ordered(listener->orders[0], &order)) {
		if (order == 'w' && listener->fanotify) {
			fd = fanotify_init(FAN_CLASS_NOTIF | FAN_UNLIMITED_QUEUE | FAN_REPORT_DFID_NAME, 0);
			if (fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, "files"))
				return 1;
		} else if (order == 'w') {
			fd = inotify_init1(IN_NONBLOCK);
			if (inotify_add_watch(fd, "files", IN_CREATE) < 0)
				return 1;
		} else if (order == 'c') {
			close(fd);
		} else {
			return 0;
		}
		if (write(listener->answers[1], &order, 1) != 1)
			return 2;
	}
	return 3;
}

static void order(const struct listener *listener, char what)
{
	char answer;

	must(write(listener->orders[1], &what, 1) == 1, "order");
	if (what != 'e')
		must(read(listener->answers[0], &answer, 1) == 1 && answer == what, "the listener's answer");
}

static long charged(void)
{
	return strtol(value_of("cg/l/memory.current"), NULL, 10);
}

static bool move_to(const char *path, pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)pid);
	return set_value(path, number);
}

/* Events that the listener does not read: 15,000 of them with their names are more than a megabyte. */
static void events(void)
{
	for (int i = 0; i < 15000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "files/a-name-that-is-rather-long-%d", i);
		touch(name);
		must(!unlink(name), name);
	}
}

static void charges(bool fanotify)
{
	struct listener listener = { .fanotify = fanotify };
	const char *who = fanotify ? "fanotify" : "inotify";
	long before, full, after;
	pid_t pid;

	must(!pipe2(listener.orders, O_CLOEXEC) && !pipe2(listener.answers, O_CLOEXEC), "pipes");
	must(!mkdir("cg/l", 0755), "cgroup");
	pid = child(listens, &listener);
	must(move_to("cg/l/cgroup.procs", pid), "cgroup.procs");
	order(&listener, 'w');
	order(&listener, 'c');
	order(&listener, 'w');
	before = charged();
	events();
	full = charged();
	order(&listener, 'c');
	within(charged() < before + BATCH);
	after = charged();
	note("%s: %ld kB, with events %ld kB, closed %ld kB", who, before / 1024, full / 1024, after / 1024);
	check(full - before > 600 * 1024, "%s: events are charged to their listener's cgroup, whoever causes them", who);
	check(after < before + BATCH, "%s: a closed group gives back what was charged", who);
	order(&listener, 'e');
	check(joined(pid) == 0, "%s: the listener ends", who);
	check(within(!rmdir("cg/l")), "%s: its cgroup is removed", who);
	check(within(number_of("cg/cgroup.stat", "nr_dying_descendants") == 0), "%s: and nothing keeps it", who);
	for (int i = 0; i < 2; i++) {
		close(listener.orders[i]);
		close(listener.answers[i]);
	}
}

void test_charges(void)
{
	must(!mkdir("files", 0755) && !mkdir("cg", 0755) && !mount("cg", "cg", "cgroup2", 0, NULL), "cgroup2");
	must(set_value("cg/cgroup.subtree_control", "+memory"), "memory controller");
	charges(false);
	charges(true);
	must(!umount("cg"), "umount");
}
