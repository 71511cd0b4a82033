/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A descriptor of the system's for a file of the library's: that its events arrive, whole and in order, in every kind of
 * event loop and in another process; that one buffer is on its way at most; that the file goes with the last reader.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "stream.h"

/* The file of a new stream, with the only reference, and a real descriptor with its own. */
static struct fsnotify_group *make(int *real, int flags)
{
	int fd;
	struct fsnotify_group *group = stream_open(&fd, 0);
	struct file *file = fsn_fget((unsigned int)fd);

	*real = fsn_file_descriptor(file, flags);
	fsn_fput(file);
	fsn_sys_close(fd);
	return group;
}

static bool readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, ms) == 1 && pfd.revents & POLLIN;
}

static int queued(struct fsnotify_group *group)
{
	return (int)peek(group->q_len);
}

/* Threads of this process with the pump's name. */
static int pumps(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int found = 0;

	while ((entry = readdir(dir))) {
		char path[300], name[32] = "";
		FILE *comm;

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		comm = fopen(path, "r");
		if (comm && fgets(name, sizeof(name), comm))
			found += !strcmp(name, "fsn_pump\n");
		if (comm)
			fclose(comm);
	}
	closedir(dir);
	return found;
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int found = 0;

	while (readdir(dir))
		found++;
	closedir(dir);
	return found;
}

/* What the tests of endings compare with. */
static int released_before;

static void expect_release(const char *what)
{
	wait_until(peek(stream_released) == released_before + 1);
	is(peek(stream_released) - released_before, 1, "%s", what);
	released_before = peek(stream_released);
}

static void test_arguments(void)
{
	static const struct file_operations no_ops;
	static const struct file_operations write_only = { .read = stream_read, .poll = stream_poll };
	struct file *file = fsn_anon_inode_getfile("none", &no_ops, NULL, O_RDONLY);
	struct file *writer = fsn_anon_inode_getfile("none", &write_only, NULL, O_WRONLY);

	is(fsn_file_descriptor(NULL, 0), -EINVAL, "no file: -EINVAL");
	is(fsn_file_descriptor(file, 0), -EINVAL, "a file that cannot be read: -EINVAL");
	is(fsn_file_descriptor(writer, 0), -EBADF, "one that is not open for reading: -EBADF");
	is(fsn_file_descriptor(writer, O_APPEND), -EINVAL, "other flags: -EINVAL");
	is(file->f_count.counter, 1, "no reference is left");
	fsn_fput(file);
	fsn_fput(writer);
	is(pumps(), 0, "no thread without a descriptor");
}

static void test_flags(void)
{
	int real;

	make(&real, 0);
	ok(real >= 0, "a descriptor");
	wait_until(pumps() == 1);
	is(pumps(), 1, "and a thread that serves it");
	is(fcntl(real, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY, "reads wait");
	is(fcntl(real, F_GETFD), 0, "and it outlives exec");
	close(real);
	expect_release("closing it ends the file");
	make(&real, O_NONBLOCK | O_CLOEXEC);
	ok(fcntl(real, F_GETFL) & O_NONBLOCK, "O_NONBLOCK");
	is(fcntl(real, F_GETFD), FD_CLOEXEC, "O_CLOEXEC");
	is(read(real, &real, 1), -1, "nothing to read yet");
	is(errno, EAGAIN, "EAGAIN");
	close(real);
	expect_release("closing that one, too");
	wait_until(pumps() == 0);
	is(pumps(), 0, "the thread ends with the last descriptor");
}

static void test_reading(void)
{
	static char buf[8192];
	fd_set set;
	struct timeval long_time = { .tv_sec = 20 };
	int real;
	struct fsnotify_group *group = make(&real, 0);

	ok(!readable(real, 0), "nothing yet");
	stream_put(group, 10, 1);
	ok(readable(real, 20000), "an event makes it readable");
	is(queued(group), 0, "and is off the queue");
	ok(are_packets(buf, read(real, buf, sizeof(buf)), 1, 10, 1), "it is read whole");
	ok(!readable(real, 0), "and nothing else");

	stream_put(group, 20, 2);
	wait_until(queued(group) == 0);
	for (int i = 3; i < 6; i++)
		stream_put(group, 20, (unsigned char)i);
	usleep(20000);
	is(queued(group), 3, "while one buffer is on its way, later events stay on the queue");
	ok(are_packets(buf, read(real, buf, sizeof(buf)), 1, 20, 2), "the first");
	FD_ZERO(&set);
	FD_SET(real, &set);
	is(select(real + 1, &set, NULL, NULL, &long_time), 1, "select() knows of the others");
	ok(are_packets(buf, read(real, buf, sizeof(buf)), 3, 20, 3), "they come together, in order");

	stream_put(group, 100, 9);
	ok(readable(real, 20000), "one more");
	is(read(real, buf, 30), 30, "a short buffer gets a part of an event");
	ok(readable(real, 0), "the rest can be read");
	is(read(real, buf + 30, sizeof(buf) - 30), 74, "by the next read");
	ok(are_packets(buf, 104, 1, 100, 9), "and together they are the event");
	close(real);
	expect_release("closed");
}

static void test_long_queue(void)
{
	static char buf[8192];
	int real, seen = 0, reads = 0;
	struct fsnotify_group *group = make(&real, 0);
	bool good = true, bounded = true;

	for (int i = 0; i < 1000; i++)
		stream_put(group, 60, (unsigned char)i);
	while (seen < 1000 && good) {
		long bytes = readable(real, 20000) ? read(real, buf, sizeof(buf)) : -1;

		good = bytes > 0 && bytes % 64 == 0 && are_packets(buf, bytes, (unsigned int)(bytes / 64), 60, (unsigned char)seen);
		bounded &= bytes <= 4096;
		seen += good ? (int)(bytes / 64) : 0;
		reads++;
	}
	is(seen, 1000, "a queue longer than a buffer arrives whole and in order");
	ok(bounded, "at most one buffer at a time");
	ok(reads >= 16, "in several");
	close(real);
	expect_release("closed");
}

static void test_large_event(void)
{
	static char buf[80000];
	int real;
	struct fsnotify_group *group = make(&real, 0);

	stream_put(group, 10, 1);
	stream_put(group, 9000, 2);
	stream_put(group, 60000, 3);
	stream_put(group, 10000, 4);
	ok(readable(real, 20000) && are_packets(buf, read(real, buf, sizeof(buf)), 1, 10, 1), "an event before a large one");
	ok(readable(real, 20000) && are_packets(buf, read(real, buf, 9004), 1, 9000, 2), "one larger than a buffer is whole when it is there");
	ok(readable(real, 20000), "an even larger one");
	is(read(real, buf, 5000), 5000, "read in parts");
	is(queued(group), 1, "of which nothing follows before it was read");
	is(read(real, buf + 5000, 55004), 55004, "the other part");
	ok(are_packets(buf, 60004, 1, 60000, 3), "it is right");
	ok(readable(real, 20000) && are_packets(buf, read(real, buf, sizeof(buf)), 1, 10000, 4), "and what follows it");
	for (int i = 0; i < 3; i++)
		stream_put(group, 10, (unsigned char)(5 + i));
	ok(readable(real, 20000), "as before");
	close(real);
	expect_release("closed");
}

static void test_epoll(bool edge)
{
	struct epoll_event event = { .events = EPOLLIN | (edge ? EPOLLET : 0) };
	const char *kind = edge ? "edge" : "level";
	int real, epoll = epoll_create1(0), good = 0;
	struct fsnotify_group *group = make(&real, O_NONBLOCK);
	char buf[4096];

	epoll_ctl(epoll, EPOLL_CTL_ADD, real, &event);
	is(epoll_wait(epoll, &event, 1, 0), 0, "%s-triggered: nothing yet", kind);
	for (int i = 0; i < 200; i++) {
		long bytes;

		stream_put(group, 8, (unsigned char)i);
		if (epoll_wait(epoll, &event, 1, 20000) != 1)
			break;
		bytes = read(real, buf, sizeof(buf));
		good += are_packets(buf, bytes, 1, 8, (unsigned char)i);
		if (edge && (read(real, buf, 1) != -1 || errno != EAGAIN))
			break;
	}
	is(good, 200, "%s-triggered: each event is told and read", kind);
	stream_put(group, 8, 0);
	is(epoll_wait(epoll, &event, 1, 20000), 1, "%s-triggered: told", kind);
	is(epoll_wait(epoll, &event, 1, 0), !edge, "%s-triggered: told again only if that is wanted", kind);
	close(epoll);
	close(real);
	expect_release("closed");
}

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

/* The other process: reads 300 events of a descriptor that it is sent, and closes it when it is told to. */
static int reader(int socket)
{
	int fd = receive_descriptor(socket), seen = 0;
	char buf[4096], byte;

	while (seen < 300) {
		long bytes = readable(fd, 20000) ? read(fd, buf, sizeof(buf)) : -1;

		if (bytes <= 0 || !are_packets(buf, bytes, (unsigned int)(bytes / 36), 32, (unsigned char)seen))
			return 1;
		seen += (int)(bytes / 36);
	}
	if (write(socket, "", 1) != 1 || read(socket, &byte, 1) != 1)
		return 2;
	return 0;
}

static void test_other_process(void)
{
	int ends[2], real, status;
	struct fsnotify_group *group;
	char byte;
	pid_t child;

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	child = fork();
	if (!child) {
		close(ends[0]);
		_exit(reader(ends[1]));
	}
	close(ends[1]);
	group = make(&real, 0);
	send_descriptor(ends[0], real);
	close(real);
	for (int i = 0; i < 300; i++)
		stream_put(group, 32, (unsigned char)i);
	is(read(ends[0], &byte, 1), 1, "another process has read all events");
	is(peek(stream_released), released_before, "its copy of the descriptor keeps the file");
	is(write(ends[0], "", 1), 1, "it closes it");
	waitpid(child, &status, 0);
	is(status, 0, "and all that it saw was right");
	expect_release("then the file ends");
	close(ends[0]);
}

static void test_reader_that_stops(void)
{
	int slow, fast, good = 0;
	struct fsnotify_group *slow_group = make(&slow, 0), *fast_group = make(&fast, 0);
	char buf[4096];

	for (int i = 0; i < 5000; i++)
		stream_put(slow_group, 60, (unsigned char)i);
	for (int i = 0; i < 100; i++) {
		stream_put(fast_group, 60, (unsigned char)i);
		good += readable(fast, 20000) && are_packets(buf, read(fast, buf, sizeof(buf)), 1, 60, (unsigned char)i);
	}
	is(good, 100, "a reader that stops keeps nobody else waiting");
	ok(queued(slow_group) >= 5000 - 64 && queued(slow_group) < 5000, "and one buffer of its events at most has been taken");
	close(slow);
	expect_release("closing it drops what it has not read");
	close(fast);
	expect_release("closed");
}

static void test_beside_own_read(void)
{
	int fd, real, seen = 0;
	struct fsnotify_group *group = stream_open(&fd, O_NONBLOCK);
	struct file *file = fsn_fget((unsigned int)fd);
	char buf[4096];

	real = fsn_file_descriptor(file, O_NONBLOCK);
	fsn_fput(file);
	for (int i = 0; i < 2000; i++) {
		long bytes;

		stream_put(group, 12, 0);
		bytes = fsn_sys_read(fd, buf, sizeof(buf));
		seen += bytes > 0 ? (int)(bytes / 16) : 0;
		bytes = read(real, buf, sizeof(buf));
		seen += bytes > 0 ? (int)(bytes / 16) : 0;
	}
	while (seen < 2000 && readable(real, 20000))
		seen += (int)(read(real, buf, sizeof(buf)) / 16);
	is(seen, 2000, "each event goes to the file's own readers or to the descriptor's");
	close(real);
	wait_until(file->f_count.counter == 1);
	is(peek(stream_released), released_before, "the table's descriptor keeps the file");
	fsn_sys_close(fd);
	expect_release("closed");
}

static void test_failing_read(void)
{
	int real;
	struct fsnotify_group *group = make(&real, 0);
	char buf[64];

	__atomic_store_n(&stream_fails, EIO, __ATOMIC_SEQ_CST);
	stream_put(group, 8, 1);
	ok(!readable(real, 50), "the file's read fails");
	__atomic_store_n(&stream_fails, 0, __ATOMIC_SEQ_CST);
	ok(readable(real, 20000), "and is tried again");
	ok(are_packets(buf, read(real, buf, sizeof(buf)), 1, 8, 1), "nothing is lost");
	close(real);
	expect_release("closed");
}

static void test_no_memory(void)
{
	int fd, real, before;
	struct file *file;

	wait_until(pumps() == 0);
	before = descriptors();

	stream_open(&fd, 0);
	file = fsn_fget((unsigned int)fd);
	fsn_fail_alloc(0, 1);
	is(fsn_file_descriptor(file, 0), -ENOMEM, "no memory: -ENOMEM");
	is(fsn_fail_alloc(0, 0), 1, "injected once");
	is(file->f_count.counter, 2, "no reference is left");
	is(descriptors(), before, "and no descriptor");
	real = fsn_file_descriptor(file, 0);
	ok(real >= 0, "it works afterwards");
	close(real);
	wait_until(file->f_count.counter == 2);
	fsn_fput(file);
	fsn_sys_close(fd);
	expect_release("closed");
	wait_until(pumps() == 0);
	is(descriptors(), before, "all of the system's descriptors are closed");
}

static void *storm(void *group)
{
	for (int i = 0; i < 3000; i++)
		stream_put(group, 24, 7);
	return NULL;
}

static void test_many(void)
{
	enum { MANY = 24 };
	struct fsnotify_group *groups[MANY];
	int real[MANY], seen[MANY] = { 0 }, left = MANY, good = 0;
	pthread_t threads[MANY];
	struct pollfd fds[MANY];
	char buf[4096];

	for (int i = 0; i < MANY; i++) {
		groups[i] = make(&real[i], O_NONBLOCK);
		fds[i] = (struct pollfd){ .fd = real[i], .events = POLLIN };
		pthread_create(&threads[i], NULL, storm, groups[i]);
	}
	wait_until(pumps() == 1);
	is(pumps(), 1, "one thread serves many descriptors");
	while (left && poll(fds, MANY, 20000) > 0) {
		for (int i = 0; i < MANY; i++) {
			long bytes = fds[i].revents & POLLIN ? read(real[i], buf, sizeof(buf)) : 0;

			seen[i] += (int)(bytes / 28);
			if (bytes > 0 && seen[i] == 3000)
				left--;
		}
	}
	for (int i = 0; i < MANY; i++) {
		good += seen[i] == 3000;
		pthread_join(threads[i], NULL);
		close(real[i]);
	}
	is(good, MANY, "while threads make events for all of them");
	wait_until(peek(stream_released) == released_before + MANY);
	released_before = peek(stream_released);
}

static int stop;

static void *put_until_told(void *group)
{
	while (!peek(stop)) {
		stream_put(group, 24, 7);
		usleep(100);
	}
	return NULL;
}

static void *read_until_told(void *real)
{
	static char buf[4096];

	while (!peek(stop))
		if (readable(*(int *)real, 1) && read(*(int *)real, buf, sizeof(buf)) <= 0)
			break;
	return NULL;
}

/* A child makes a stream of its own, whatever the pump and two threads were doing when it was made. */
static int child_of_many(void)
{
	int real;
	char buf[64];
	struct fsnotify_group *group = make(&real, 0);

	if (real < 0)
		return 1;
	stream_put(group, 8, 3);
	if (!readable(real, 20000))
		return 2;
	if (!are_packets(buf, read(real, buf, sizeof(buf)), 1, 8, 3))
		return 3;
	close(real);
	wait_until(peek(stream_released) == released_before + 1);
	return peek(stream_released) == released_before + 1 ? 0 : 4;
}

static void test_forks(void)
{
	int real, status, good = 0;
	struct fsnotify_group *group = make(&real, 0);
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, put_until_told, group);
	pthread_create(&threads[1], NULL, read_until_told, &real);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		if (!child) {
			alarm(60);
			_exit(child_of_many());
		}
		waitpid(child, &status, 0);
		if (status)
			printf("# status 0x%x\n", (unsigned int)status);
		good += status == 0;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	is(good, 100, "children that were made in the middle of it have a pump of their own");
	close(real);
	expect_release("closed");
}

static void test_signals(void)
{
	char path[64], line[256];
	unsigned long long blocked = 0;
	int real;
	DIR *dir;
	struct dirent *entry;

	make(&real, 0);
	wait_until(pumps() == 1);
	dir = opendir("/proc/self/task");
	while ((entry = readdir(dir))) {
		FILE *status;
		bool mine = false;

		snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", entry->d_name);
		status = fopen(path, "r");
		while (status && fgets(line, sizeof(line), status)) {
			mine |= !strcmp(line, "Name:\tfsn_pump\n");
			if (mine && sscanf(line, "SigBlk: %llx", &blocked) == 1)
				break;
		}
		if (status)
			fclose(status);
	}
	closedir(dir);
	ok(blocked >> (SIGTERM - 1) & blocked >> (SIGINT - 1) & blocked >> (SIGPIPE - 1) & 1, "the thread takes none of the program's signals");
	close(real);
	expect_release("closed");
}

int main(void)
{
	test_arguments();
	test_flags();
	test_reading();
	test_long_queue();
	test_large_event();
	test_epoll(false);
	test_epoll(true);
	test_other_process();
	test_reader_that_stops();
	test_beside_own_read();
	test_failing_read();
	test_no_memory();
	test_many();
#ifdef __SANITIZE_ADDRESS__
	ok(true, "forks beside threads # SKIP AddressSanitizer's allocator may be caught locked by a fork");
	(void)test_forks;
#else
	test_forks();
#endif
	test_signals();
	return done_testing();
}
