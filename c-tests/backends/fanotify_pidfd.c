// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Descriptors of the processes that events come from: of this one, of one that forked this one off, of one that is gone.
 */
#include <linux/fanotify.h>

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fanotify_test.h"

/* Whose the system's own descriptor behind one of the library's table is; 0 if it is none, or nobody's any more. */
static int whose(int fd)
{
	struct file *file = fget((unsigned int)fd);
	char path[64], line[128];
	int pid = 0, number;
	FILE *info;

	if (!file)
		return 0;
	number = fsn_pidfd_number(file);
	if (number >= 0 && !syscall(SYS_pidfd_send_signal, number, 0, NULL, 0)) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", number);
		info = fopen(path, "r");
		while (info && fgets(line, sizeof(line), info))
			if (sscanf(line, "Pid: %d", &pid) == 1)
				break;
		if (info)
			fclose(info);
	}
	fput(file);
	return pid;
}

static void test_own(void)
{
	int plain = group_new(FAN_REPORT_PIDFD), fid = group_new(FAN_REPORT_PIDFD | FAN_REPORT_DFID_NAME_TARGET);
	struct fan_event event;

	mark(plain, ADD, FAN_OPEN, "/b");
	mark(fid, ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, "/");
	look("/b");
	is(read_one(plain, &event), 1, "an event");
	ok(event.has_pidfd && event.pidfd >= 0 && event.fd >= 0 && event.fd != event.pidfd, "with two descriptors");
	is(whose(event.pidfd), getpid(), "one is this process's");
	is_str(fd_name(event.fd), "b", "the other is the file");
	is(fsn_sys_fcntl(event.pidfd, F_GETFD, 0), FD_CLOEXEC, "a pidfd is closed on exec");
	close_event(&event);
	is(whose(event.pidfd), 0, "closed");
	expect(fid, "behind the handles", "OPEN dfid=//b fid=b pidfd");
	fsn_sys_close(plain);
	fsn_sys_close(fid);
}

static void test_no_descriptor(void)
{
	int group = group_new(FAN_REPORT_PIDFD | FAN_REPORT_FID);
	int told = group_new(FAN_REPORT_PIDFD | FAN_REPORT_FID | FAN_REPORT_FD_ERROR);
	struct rlimit before, none;

	mark(group, ADD, FAN_OPEN, "/b");
	mark(told, ADD, FAN_OPEN, "/b");
	look("/b");
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	expect(group, "no number left for a pidfd: FAN_EPIDFD", "OPEN fid=b pidfd=-2");
	expect(told, "or the error, if one asked", "OPEN fd=-9 fid=b pidfd=-24");
	setrlimit(RLIMIT_NOFILE, &before);
	fsn_sys_close(group);
	fsn_sys_close(told);
}

struct seen {
	int ours, whose, gone, gone_told, pid;
};

/* In the process that stays: an event of the one that ends, read before and after. */
static void watch_it_go(int group, int told, int go, int result)
{
	struct seen seen = { 0 };
	struct fan_event event;
	char byte;

	seen.ours = read_one(group, &event) == 1 && event.has_pidfd && event.pid == getppid();
	seen.whose = whose(event.pidfd) == getppid();
	close_event(&event);
	if (write(result, &seen, sizeof(seen)) != sizeof(seen) || read(go, &byte, 1) != 1)
		_exit(1);
	if (read_one(group, &event) == 1) {
		seen.gone = event.pidfd;
		seen.pid = event.pid;
	}
	if (read_one(told, &event) == 1)
		seen.gone_told = event.pidfd;
	if (write(result, &seen, sizeof(seen)) != sizeof(seen))
		_exit(1);
	_exit(0);
}

static void test_gone(void)
{
	int group = group_new(FAN_REPORT_PIDFD | FAN_REPORT_FID), told, go[2], result[2], middle, status = -1;
	struct seen seen = { 0 };

	told = group_new(FAN_REPORT_PIDFD | FAN_REPORT_FID | FAN_REPORT_FD_ERROR);
	mark(group, ADD, FAN_OPEN | FAN_ACCESS, "/d/a");
	mark(group, ADD, FAN_OPEN | FAN_ACCESS, "/b");
	mark(told, ADD, FAN_OPEN, "/b");
	if (pipe(go) || pipe(result))
		return;
	middle = fork();
	if (!middle) {
		struct seen first;

		look("/d/a");
		look("/b");
		if (!fork())
			watch_it_go(group, told, go[0], result[1]);
		/* It ends when the other has seen it alive. */
		_exit(read(result[0], &first, sizeof(first)) != sizeof(first) || !first.ours || !first.whose);
	}
	is(waitpid(middle, &status, 0), middle, "a process made events, forked another off, and is gone");
	is(status, 0, "its child had a descriptor of it while it was there");
	close(result[1]);
	ok(write(go[1], "x", 1) == 1 && read(result[0], &seen, sizeof(seen)) == sizeof(seen), "the child tells");
	is(seen.pid, middle, "the event still says who it was");
	is(seen.gone, FAN_NOPIDFD, "but there is no descriptor: FAN_NOPIDFD");
	is(seen.gone_told, -ESRCH, "or -ESRCH, if one asked for errors");
	expect(group, "this process had no event");
	close(go[0]);
	close(go[1]);
	close(result[0]);
	fsn_sys_close(group);
	fsn_sys_close(told);
}

int main(void)
{
	tests_begin();
	test_own();
	test_no_descriptor();
	test_gone();
	return tests_end();
}
