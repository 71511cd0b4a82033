/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dnotify: signals for what happens in a directory. */
#include "events.h"

static sigset_t set;

/* Signals waiting, at most ten: "IO" for SIGIO, "RT" for a real-time signal that names the directory's descriptor. */
static const char *signals(int fd)
{
	static char text[64];
	struct timespec soon = { .tv_nsec = 20000000 };
	siginfo_t info;
	int got;

	text[0] = '\0';
	for (int i = 0; i < 10 && (got = sigtimedwait(&set, &info, &soon)) > 0; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 got == SIGIO ? "IO" : info.si_fd == fd ? "RT" : "other");
	return text;
}

static int watch(const char *path, unsigned long events)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(fd >= 0 && !fcntl(fd, F_SETSIG, SIGRTMIN + 1), path);
	must(!fcntl(fd, F_NOTIFY, events), "F_NOTIFY");
	return fd;
}

static void each_event(const char *place)
{
	int fd = watch(".", DN_CREATE | DN_MULTISHOT), file;

	touch("a");
	touch("b");
	same(signals(fd), "RT RT", "%s: DN_CREATE with DN_MULTISHOT tells of every file", place);
	must(!fcntl(fd, F_NOTIFY, DN_DELETE | DN_MULTISHOT), "F_NOTIFY");
	must(!unlink("b"), "unlink");
	touch("b");
	same(signals(fd), "RT RT", "%s: a second F_NOTIFY adds to the first", place);
	check(!fcntl(fd, F_NOTIFY, 0), "%s: F_NOTIFY with nothing ends it", place);
	touch("c");
	same(signals(fd), "", "%s: and nothing is told", place);
	must(!fcntl(fd, F_NOTIFY, DN_MODIFY | DN_ACCESS), "F_NOTIFY");
	file = open("a", O_RDWR | O_CLOEXEC);
	must(file >= 0 && write(file, "x", 1) == 1 && pread(file, (char[1]){ 0 }, 1, 0) == 1, "a");
	same(signals(fd), "RT", "%s: without DN_MULTISHOT, once", place);
	must(!fcntl(fd, F_NOTIFY, DN_ACCESS | DN_MULTISHOT), "F_NOTIFY");
	must(pread(file, (char[1]){ 0 }, 1, 0) == 1 && write(file, "x", 1) == 1, "a");
	same(signals(fd), "RT", "%s: DN_ACCESS is for reads", place);
	must(!fcntl(fd, F_NOTIFY, 0) && !fcntl(fd, F_NOTIFY, DN_MODIFY | DN_MULTISHOT), "F_NOTIFY");
	must(pread(file, (char[1]){ 0 }, 1, 0) == 1 && write(file, "x", 1) == 1, "a");
	same(signals(fd), "RT", "%s: DN_MODIFY is for writes", place);
	close(file);
	must(!fcntl(fd, F_NOTIFY, 0) && !fcntl(fd, F_NOTIFY, DN_ATTRIB | DN_RENAME | DN_MULTISHOT), "F_NOTIFY");
	must(!chmod("a", 0600) && !rename("a", "d"), "a");
	same(signals(fd), "RT RT", "%s: DN_ATTRIB and DN_RENAME", place);
	close(fd);
	touch("e");
	same(signals(fd), "", "%s: a closed descriptor tells nothing", place);
	for (const char *name = "bcde"; *name; name++)
		must(!unlink((char[2]){ *name, '\0' }), "unlink");
}

static void others(void)
{
	int fd = watch(".", DN_CREATE | DN_MULTISHOT), second = watch(".", DN_CREATE | DN_MULTISHOT), copy, file;

	must(!fcntl(fd, F_SETSIG, 0), "F_SETSIG");
	touch("f");
	check(!strcmp(signals(second), "IO RT") || !strcmp(signals(second), "RT IO"), "two descriptors of a directory, SIGIO and a signal of its own");
	close(second);
	copy = dup(fd);
	must(copy >= 0, "dup");
	close(copy);
	touch("g");
	same(signals(fd), "", "closing a copy ends the file's notifications for the process");
	close(fd);
	file = open("f", O_RDONLY | O_CLOEXEC);
	check(fcntl(file, F_NOTIFY, DN_CREATE) < 0 && errno == ENOTDIR, "a file is no directory");
	close(file);
}

static void switched_off(void)
{
	int fd = open(".", O_RDONLY | O_CLOEXEC);

	must(set_value("/proc/sys/fs/dir-notify-enable", "0"), "dir-notify-enable");
	check(fcntl(fd, F_NOTIFY, DN_CREATE) < 0 && errno == EINVAL, "dir-notify-enable switches it off");
	must(set_value("/proc/sys/fs/dir-notify-enable", "1"), "dir-notify-enable");
	check(!fcntl(fd, F_NOTIFY, DN_CREATE), "and on");
	close(fd);
}

void test_dnotify(void)
{
	sigset_t old;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, &old);
	each_event("tmpfs");
	if (access("/host", W_OK) == 0) {
		must(!chdir("/host"), "/host");
		each_event("hostfs");
		must(!chdir(workdir()), workdir());
	}
	others();
	switched_off();
	sigprocmask(SIG_SETMASK, &old, NULL);
}
