/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closing a group in every state that it can be in. */
#include "group.h"

#define LIMITS "/proc/sys/fs/inotify/"

/* Closes with a queue that is full and has an overflow event; one small object left of each event would be megabytes. */
static void full_queue(void)
{
	int closes = is_debug_kernel() ? 2 : 10, full = 0, queued;
	long before = 0, grown;

	must(set_value(LIMITS "max_queued_events", "16384"), "max_queued_events");
	for (int i = 0; i < closes; i++) {
		int fd = inotify();

		must(inotify_add_watch(fd, ".", IN_OPEN | IN_CLOSE) == 1, "watch");
		for (int n = 0; n < 8200; n++)
			touch("f");
		must(!ioctl(fd, FIONREAD, &queued), "FIONREAD");
		full += queued == 16384 * 32 + 16;
		close(fd);
		/* Slabs that caches keep are there after the first. */
		if (i == 1)
			before = number_of("/proc/meminfo", "SUnreclaim");
	}
	check(full == closes, "%d queues are filled up to the overflow event, and closed", closes);
	within(number_of("/proc/meminfo", "SUnreclaim") - before < 1024);
	grown = number_of("/proc/meminfo", "SUnreclaim") - before;
	note("kernel memory grew by %ld kB", grown);
	check(is_debug_kernel() || grown < 1024, "which leaves no memory behind");
}

static void ten_thousand_watches(void)
{
	char before[64], name[32];
	int full = 0;

	snprintf(before, sizeof(before), "%s", value_of(LIMITS "max_user_watches"));
	must(set_value(LIMITS "max_user_watches", "10000") && !mkdir("w", 0755), "10,000 watches");
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "w/%d", i);
		touch(name);
	}
	for (int round = 0; round < 3; round++) {
		int fd = inotify(), watches = 0;

		for (int i = 0; i < 10000; i++) {
			snprintf(name, sizeof(name), "w/%d", i);
			watches += inotify_add_watch(fd, name, IN_ALL_EVENTS) > 0;
		}
		full += watches == 10000;
		close(fd);
	}
	check(full == 3, "a group with 10,000 watches is closed, and they are there for the next, three times");
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "w/%d", i);
		must(!unlink(name), name);
	}
	must(!rmdir("w") && set_value(LIMITS "max_user_watches", before), "10,000 watches");
}

struct opening {
	int group;
};

static int opens(void *arg)
{
	const struct opening *opening = arg;
	int fd;

	close(opening->group);
	fd = open("guarded", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? 0 : errno == EPERM ? 1 : 2;
}

static int closes(void *arg)
{
	return close(*(int *)arg) ? 1 : 0;
}

/* A group whose permission event somebody waits for; read: it has been read, but not answered. */
static int group_with_opener(pid_t *opener, bool read_it)
{
	struct pollfd polled = { .events = POLLIN };
	struct fanotify_event_metadata event;
	struct opening opening;

	touch("guarded");
	opening.group = polled.fd = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
	must(polled.fd >= 0 && !fanotify_mark(polled.fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "guarded"), "permission events");
	*opener = child(opens, &opening);
	must(poll(&polled, 1, 10000) == 1, "a permission event");
	if (read_it) {
		must(read(polled.fd, &event, sizeof(event)) == sizeof(event), "read");
		close(event.fd);
	}
	return polled.fd;
}

static void pending_permission(void)
{
	for (int read_it = 0; read_it < 2; read_it++) {
		const char *state = read_it ? "read" : "on the queue";
		pid_t opener, closer;
		int fd = group_with_opener(&opener, read_it);

		check(waitpid(opener, NULL, WNOHANG) == 0, "an opener waits for an answer, its event is %s", state);
		closer = child(closes, &fd);
		close(fd);
		check(joined(closer) == 0, "the group is closed, the event is %s", state);
		check(joined(opener) == 0, "the opener gets its file, the event was %s", state);
	}
}

static bool move_to(const char *path, pid_t pid)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", (int)pid);
	return set_value(path, number);
}

/*
 * An opener that a freezer holds does not come out of its wait; as long as it is in there it has a part in the group, and close()
 * must not return.
 */
void group_frozen_opener(void)
{
	pid_t opener, closer;
	int fd;

	if (is_series("6.1")) {
		note("6.1 does not freeze who waits for an answer");
		return;
	}
	must(!mkdir("freezer", 0755) && !mount("freezer", "freezer", "cgroup", 0, "freezer") && !mkdir("freezer/f", 0755), "freezer");
	for (int read_it = 0; read_it < 2; read_it++) {
		const char *state = read_it ? "read" : "on the queue";

		fd = group_with_opener(&opener, read_it);
		must(move_to("freezer/f/cgroup.procs", opener) && set_value("freezer/f/freezer.state", "FROZEN"), "freezer");
		check(within(!strcmp(value_of("freezer/f/freezer.state"), "FROZEN")), "a waiting opener is frozen, its event is %s", state);
		closer = child(closes, &fd);
		close(fd);
		usleep(500000);
		check(waitpid(closer, NULL, WNOHANG) == 0, "close() waits for the frozen opener, whose event is %s", state);
		must(set_value("freezer/f/freezer.state", "THAWED"), "thaw");
		check(joined(closer) == 0, "close() returns when the opener has been thawed, whose event was %s", state);
		check(joined(opener) == 0, "which gets its file, its event was %s", state);
	}
	must(!rmdir("freezer/f") && !umount("freezer"), "freezer");
}

void group_closes(void)
{
	int fd = inotify();

	check(!close(fd), "a group without watches is closed");
	fd = inotify();
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
	touch("f");
	check(!close(fd), "a group with one event on its queue is closed");
	fd = inotify();
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1 && !inotify_rm_watch(fd, 1), "watch");
	check(!close(fd), "a group is closed right after its watch was removed");
	full_queue();
	ten_thousand_watches();
	pending_permission();
}
