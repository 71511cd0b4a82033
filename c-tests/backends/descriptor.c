/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, behind a descriptor of the system's: in a program's event loop, and in another process. Also
 * what differs there from inotify's own read: merging, FIONREAD, short buffers, and the end.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"
#include <linux/file.h>
#include <linux/poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Waits for something that is sure to come; after some twenty seconds the test has failed. */
#define wait_until(condition) do {								\
	int tries_ = 0;										\
												\
	while (!(condition) && tries_++ < 75000)						\
		usleep(200);									\
	if (!(condition))									\
		ok(false, "came true: %s", #condition);						\
} while (0)

/* A real descriptor for an instance of the library's table. */
static int descriptor_of(int fd, int flags)
{
	struct file *file = fsn_fget((unsigned int)fd);
	int real = fsn_file_descriptor(file, flags);

	fsn_fput(file);
	return real;
}

static bool readable(int real, int ms)
{
	struct pollfd pfd = { .fd = real, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1 && pfd.revents & POLLIN;
}

/* What one read() gives, once there is something. */
static const char *next(int real)
{
	static char raw[8192];

	if (!readable(real, 20000))
		return "nothing";
	return events_text(raw, read(real, raw, sizeof(raw)));
}

/* References on an instance's file besides the one taken to look. */
static long references(int fd)
{
	struct file *file = fsn_fget((unsigned int)fd);
	long count = __atomic_load_n(&file->f_count.counter, __ATOMIC_SEQ_CST) - 1;

	fsn_fput(file);
	return count;
}

static void event_loops(void)
{
	struct epoll_event event = { .events = EPOLLIN }, edge = { .events = EPOLLIN | EPOLLET };
	int fd = inotify_of(IN_NONBLOCK), level_set = epoll_create1(0), edge_set = epoll_create1(0);
	int real = descriptor_of(fd, O_NONBLOCK | O_CLOEXEC), wd = watch(fd, "/", IN_CREATE | IN_DELETE);
	char raw[4096], want[64];
	struct timeval long_time = { .tv_sec = 20 };
	fd_set set;
	int i, good = 0;

	ok(real >= 0 && wd == 1, "a real descriptor, and a watch");
	epoll_ctl(level_set, EPOLL_CTL_ADD, real, &event);
	epoll_ctl(edge_set, EPOLL_CTL_ADD, real, &edge);
	is(epoll_wait(level_set, &event, 1, 0), 0, "nothing yet");
	is(read(real, raw, sizeof(raw)), -1, "nothing to read");
	is(errno, EAGAIN, "as errno says");
	for (i = 0; i < 100; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/file-%d", i);
		make_file(path);
		snprintf(want, sizeof(want), "1 CREATE file-%d", i);
		if (epoll_wait(level_set, &event, 1, 20000) != 1 || epoll_wait(edge_set, &event, 1, 20000) != 1)
			break;
		good += !strcmp(events_text(raw, read(real, raw, sizeof(raw))), want);
		mem_unlink(path);
		snprintf(want, sizeof(want), "1 DELETE file-%d", i);
		FD_ZERO(&set);
		FD_SET(real, &set);
		if (select(real + 1, &set, NULL, NULL, &long_time) != 1 || epoll_wait(edge_set, &event, 1, 20000) != 1)
			break;
		good += !strcmp(events_text(raw, read(real, raw, sizeof(raw))), want);
	}
	is(good, 200, "level-triggered, edge-triggered and by select(): each event is told and read");
	close(level_set);
	close(edge_set);
	close(real);
	wait_until(references(fd) == 1);
	is(references(fd), 1, "closing the descriptor gives its reference back");
	make_file("/after");
	is_str(events(fd), "1 CREATE after", "the instance itself reads on");
	mem_unlink("/after");
	fsn_sys_close(fd);
}

static void differences(void)
{
	int fd = inotify_of(IN_NONBLOCK), real, file = mem_open("/file", O_CREAT | O_RDWR, 0644), bytes = -1;
	char raw[64];

	watch(fd, "/file", IN_MODIFY);
	mem_write(file, "x", 1);
	mem_write(file, "x", 1);
	is_str(events(fd), "1 MODIFY", "inotify merges an event with an equal one that is queued");
	real = descriptor_of(fd, 0);
	mem_write(file, "x", 1);
	wait_until(queued(fd) == 0);
	mem_write(file, "x", 1);
	is(queued(fd), 16, "not with one that has moved into a descriptor");
	is_str(next(real), "1 MODIFY", "so the reader gets one");
	is_str(next(real), "1 MODIFY", "and another");

	mem_write(file, "x", 1);
	ok(readable(real, 20000), "an event has moved");
	is(ioctl(real, FIONREAD, &bytes), 0, "FIONREAD of the descriptor");
	is(bytes, 16, "counts what has moved");
	is(queued(fd), 0, "that of the instance what has not");
	is(read(real, raw, 10), 10, "a short buffer gets a part of an event, where inotify says EINVAL");
	is(read(real, raw + 10, sizeof(raw) - 10), 6, "the rest comes next");
	is_str(events_text(raw, 16), "1 MODIFY", "together they are the event");
	mem_write(file, "x", 1);
	wait_until(queued(fd) == 0);
	is(fsn_sys_read(fd, raw, sizeof(raw)), -EAGAIN, "what has moved is not read from the instance");
	is_str(next(real), "1 MODIFY", "but from the descriptor");

	mem_close(file);
	mem_unlink("/file");
	is_str(next(real), "1 IGNORED", "the end of a watch");
	close(real);
	wait_until(references(fd) == 1);
	fsn_sys_close(fd);
}

static void long_queue(void)
{
	static char raw[8192], name[256];
	int fd = inotify_of(IN_NONBLOCK), real, i, seen = 0, reads = 0;
	bool whole = true;

	memset(name, 'n', 255);
	name[0] = '/';
	watch(fd, "/", IN_CREATE | IN_DELETE);
	real = descriptor_of(fd, O_NONBLOCK);
	for (i = 0; i < 200; i++) {
		snprintf(name + 1, 5, "%04d", i);
		name[5] = 'n';
		make_file(name);
	}
	while (seen < 200 && whole && readable(real, 20000)) {
		ssize_t got = read(real, raw, sizeof(raw)), at = 0;

		reads++;
		whole &= got > 0 && got <= 4096;
		while (whole && at < got) {
			struct inotify_event event;

			memcpy(&event, raw + at, sizeof(event));
			whole &= event.mask == IN_CREATE && event.len == 256 && atoi(raw + at + sizeof(event)) == seen++;
			at += (ssize_t)(sizeof(event) + event.len);
		}
		whole &= at == got;
	}
	is(seen, 200, "200 events with long names arrive in order");
	ok(whole && reads >= 14, "whole, in buffers");
	for (i = 0; i < 200; i++) {
		snprintf(name + 1, 5, "%04d", i);
		name[5] = 'n';
		mem_unlink(name);
	}
	close(real);
	wait_until(references(fd) == 1);
	fsn_sys_close(fd);
}

/* ---- another process ---- */

static void send_descriptor(int socket, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	sendmsg(socket, &message, 0);
}

static int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int reader(int socket)
{
	static const char *const expected[] = { "1 CREATE one", "1 CREATE+ISDIR two", "1 DELETE one" };
	int real = receive_descriptor(socket), i;
	char byte;

	for (i = 0; i < 3; i++) {
		if (strcmp(next(real), expected[i]))
			return 1 + i;
		if (write(socket, "", 1) != 1 || read(socket, &byte, 1) != 1)
			return 10;
	}
	return 0;
}

static void other_process(void)
{
	int ends[2], fd, real, status, i;
	pid_t child;
	char byte;

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	child = fork();
	if (!child) {
		close(ends[0]);
		_exit(reader(ends[1]));
	}
	close(ends[1]);
	fd = inotify_of(0);
	watch(fd, "/", IN_CREATE | IN_DELETE);
	real = descriptor_of(fd, 0);
	send_descriptor(ends[0], real);
	close(real);
	for (i = 0; i < 3; i++) {
		if (i == 0)
			make_file("/one");
		else if (i == 1)
			mem_mkdir("/two", 0755);
		else
			mem_unlink("/one");
		is(read(ends[0], &byte, 1), 1, "another process has seen event %d", i + 1);
		is(write(ends[0], "", 1), 1, "and goes on");
	}
	waitpid(child, &status, 0);
	is(status, 0, "all that it saw was right");
	wait_until(references(fd) == 1);
	is(references(fd), 1, "its end closes the descriptor");
	mem_rmdir("/two");
	fsn_sys_close(fd);
	close(ends[0]);
}

/* ---- the end of the file ---- */

static void the_last_reference(void)
{
	int fd = inotify_of(0), real, limit = 0;
	struct fsn_stats stats;
	long groups;

	fsn_stats(&stats);
	groups = (long)stats.groups;
	watch(fd, "/", IN_CREATE);
	real = descriptor_of(fd, 0);
	fsn_sys_close(fd);
	make_file("/kept");
	is_str(next(real), "1 CREATE kept", "the descriptor alone keeps the instance");
	make_file("/unread");
	close(real);
	do {
		fsn_stats(&stats);
		usleep(200);
	} while ((long)stats.groups != groups - 1 && limit++ < 75000);
	is(stats.groups, groups - 1, "closing it ends the instance, its watches, and what nobody has read");
	mem_unlink("/kept");
	mem_unlink("/unread");
}

/* A fork with a descriptor open. */
static void fork_with_descriptor(void)
{
	int fd = inotify_of(IN_NONBLOCK), real, status;
	pid_t child;

	watch(fd, "/", IN_CREATE | IN_DELETE);
	real = descriptor_of(fd, 0);
	make_file("/before");
	ok(readable(real, 20000), "an event before a fork");
	child = fork();
	if (!child) {
		int mine, bad = 0;

		/* The inherited descriptor carries the parent's events, not those of the child's own copy of the tree. */
		make_file("/child");
		bad |= strcmp(next(real), "1 CREATE before") ? 1 : 0;
		bad |= readable(real, 20) ? 2 : 0;
		bad |= strcmp(events(fd), "1 CREATE child") ? 4 : 0;
		/* And the child makes one of its own. */
		mine = descriptor_of(fd, 0);
		mem_unlink("/child");
		bad |= mine < 0 || strcmp(next(mine), "1 DELETE child") ? 8 : 0;
		_exit(bad);
	}
	waitpid(child, &status, 0);
	is(status, 0, "a child reads the parent's events from what it inherited, and may make a descriptor of its own");
	mem_unlink("/before");
	is_str(next(real), "1 DELETE before", "the parent's goes on");
	close(real);
	wait_until(references(fd) == 1);
	fsn_sys_close(fd);
}

int main(void)
{
	tests_begin();
	event_loops();
	differences();
	long_queue();
	other_process();
	the_last_reference();
	fork_with_descriptor();
	return tests_end();
}
