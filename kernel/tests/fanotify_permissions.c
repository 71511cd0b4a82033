/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fanotify's questions: permission events, allowed and denied. */
#include "fanotify.h"

#include <poll.h>

struct action {
	int group;
	bool (*act)(void);
};

static int acts(void *arg)
{
	const struct action *action = arg;

	close(action->group);
	errno = 0;
	return action->act() ? 0 : errno;
}

static bool opens(void)
{
	return open("p", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool reads(void)
{
	return pread(open("p", O_RDONLY | O_CLOEXEC), (char[1]){ 0 }, 1, 0) == 1;
}

static bool executes(void)
{
	execl("./run", "init", "--after-exec", "99", (char *)NULL);
	return false;
}

/* A child acts, and its questions get this answer: the number of questions; status: what the child ended with. */
static int questions(int fd, bool (*act)(void), uint64_t mask, uint32_t answer, int *status)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };
	struct action action = { .group = fd, .act = act };
	pid_t pid = child(acts, &action), ended = 0;
	int asked = 0, end;

	for (double until = now() + 10; !(ended = waitpid(pid, &end, WNOHANG)) && now() < until;) {
		struct fanotify_event_metadata event;

		if (poll(&polled, 1, 5) != 1 || read(fd, &event, sizeof(event)) != sizeof(event))
			continue;
		asked += event.mask == mask && event.pid == pid;
		must(write(fd, &(struct fanotify_response){ .fd = event.fd, .response = answer }, sizeof(struct fanotify_response)) > 0, "answer");
		close(event.fd);
	}
	*status = ended == pid && WIFEXITED(end) ? WEXITSTATUS(end) : -1;
	return asked;
}

static void asked(int fd, bool (*act)(void), uint64_t mask, const char *what)
{
	int status, n;

	must(!fanotify_mark(fd, FAN_MARK_ADD, mask, AT_FDCWD, act == executes ? "run" : "p"), "fanotify_mark");
	n = questions(fd, act, mask, FAN_ALLOW, &status);
	/* What is executed then ends with 3: it has no descriptor 99. */
	check(n >= 1 && status == (act == executes ? 3 : 0), "%s is asked for, and allowed", what);
	n = questions(fd, act, mask, FAN_DENY, &status);
	check(n >= 1 && status == EPERM, "%s is asked for, and denied", what);
	must(!fanotify_mark(fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL), "FAN_MARK_FLUSH");
}

static void copy_of_this_program(void)
{
	char bytes[65536];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = open("run", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t length;

	must(from >= 0 && to >= 0, "run");
	while ((length = read(from, bytes, sizeof(bytes))) > 0)
		must(write(to, bytes, (size_t)length) == length, "run");
	close(from);
	close(to);
}

void fanotify_permissions(void)
{
	int fd = fanotify(FAN_CLASS_CONTENT), none;
	struct fanotify_response stray = { .fd = 77, .response = FAN_ALLOW };

	write_file("p", "text");
	copy_of_this_program();
	asked(fd, opens, FAN_OPEN_PERM, "an open");
	asked(fd, reads, FAN_ACCESS_PERM, "a read");
	asked(fd, executes, FAN_OPEN_EXEC_PERM, "an execution");
	check(write(fd, &stray, sizeof(stray)) < 0 && errno == ENOENT, "an answer that nobody asked for");
	none = fanotify(FAN_CLASS_NOTIF);
	check(fanotify_mark(none, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "p") < 0 && errno == EINVAL, "a group that only hears is not asked");
	close(none);
	close(fd);
}
