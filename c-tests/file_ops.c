/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls on a descriptor of the library's table: reading that waits and is interrupted, polling, ioctl, fcntl,
 * signals, fdinfo, process descriptors.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "stream.h"

/* ---- a file that remembers what it was asked ---- */

static char contents[64];
static long last_offset;

static long memory_read(struct file *file, char *buf, size_t count, int64_t *pos)
{
	size_t left = sizeof(contents) - (size_t)*pos;

	(void)file;
	last_offset = *pos;
	if (count > left)
		count = left;
	if (fsn_copy_to_user(buf, contents + *pos, count))
		return -EFAULT;
	*pos += (int64_t)count;
	return (long)count;
}

static long memory_write(struct file *file, const char *buf, size_t count, int64_t *pos)
{
	size_t left = sizeof(contents) - (size_t)*pos;

	(void)file;
	if (!left)
		return -ENOSPC;
	if (count > left)
		count = left;
	if (fsn_copy_from_user(contents + *pos, buf, count))
		return -EFAULT;
	*pos += (int64_t)count;
	return (long)count;
}

static const struct file_operations memory_ops = { .read = memory_read, .write = memory_write };

static void test_position(void)
{
	int fd = fsn_anon_inode_getfd("memory", &memory_ops, NULL, O_RDWR);
	int reader = fsn_anon_inode_getfd("memory", &memory_ops, NULL, O_RDONLY);
	int writer = fsn_anon_inode_getfd("memory", &memory_ops, NULL, O_WRONLY);
	struct file *file = fsn_fget((unsigned int)fd);
	char buf[100] = "";
	int64_t pos = 3;

	is(fsn_sys_write(fd, "0123456789", 10), 10, "write()");
	is(file->f_pos, 10, "moves the position");
	is(fsn_sys_read(fd, buf, 100), 54, "read() gets what is left");
	is(last_offset, 10, "from there on");
	is(fsn_sys_read(fd, buf, 100), 0, "then the end");
	is(fsn_vfs_read(file, buf, 4, &pos), 4, "a read elsewhere");
	is(memcmp(buf, "3456", 4), 0, "has its own position");
	is(pos, 7, "which moves");
	is(file->f_pos, 64, "the file's stays");
	is(fsn_sys_write(fd, "x", 1), -ENOSPC, "an error");
	is(file->f_pos, 64, "leaves it, too");
	is(fsn_sys_lseek(fd, 0, SEEK_SET), -ESPIPE, "a file without llseek: -ESPIPE");
	is(fsn_sys_read(reader, buf, 10), 10, "another file has another position");
	is(memcmp(buf, "0123456789", 10), 0, "and reads the same");
	is(fsn_sys_write(reader, buf, 1), -EBADF, "a file open for reading is not written");
	is(fsn_sys_read(writer, buf, 1), -EBADF, "one open for writing is not read");
	is(fsn_sys_read(77, buf, 1), -EBADF, "no descriptor: -EBADF");
	is(fsn_sys_ioctl(fd, FIONREAD, 0), -ENOTTY, "no ioctl: -ENOTTY");
	is(fsn_vfs_poll(file, NULL), 0x145, "no poll: always ready");
	is(fsn_sys_fcntl(fd, F_SETFL, O_ASYNC), 0, "no fasync: F_SETFL says nothing");
	fsn_fput(file);
	fsn_sys_close(fd);
	fsn_sys_close(reader);
	fsn_sys_close(writer);
}

static void test_bad_memory(void)
{
	int fd = fsn_anon_inode_getfd("memory", &memory_ops, NULL, O_RDWR);
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page + 4096, 4096, PROT_NONE);
	is(fsn_sys_read(fd, NULL, 10), -EFAULT, "read() to NULL: -EFAULT");
	is(fsn_sys_read(fd, page + 4096, 10), -EFAULT, "to what is not there");
	is(fsn_sys_read(fd, page + 4090, 10), -EFAULT, "to what is there in part");
	is(fsn_sys_read(fd, (char *)(1UL << 63), 10), -EFAULT, "to what can be nobody's");
	is(fsn_sys_read(fd, page + 4086, 10), 10, "the last bytes of a page");
	is(fsn_sys_write(fd, page + 4090, 10), -EFAULT, "write() from what is there in part");
	mprotect(page, 4096, PROT_READ);
	is(fsn_sys_read(fd, page, 10), -EFAULT, "read() to what may not be written");
	is(fsn_sys_write(fd, page, 10), 10, "write() from there");
	is(fsn_sys_poll((void *)8, 1, 0), -EFAULT, "poll() on bad memory");
	is(fsn_sys_fcntl(fd, 15 /* F_SETOWN_EX */, 8), -EFAULT, "F_SETOWN_EX from bad memory");
	is(fsn_sys_fcntl(fd, 16 /* F_GETOWN_EX */, (unsigned long)page), -EFAULT, "F_GETOWN_EX to it");
	is(fsn_sys_ioctl(fd, FIONBIO, 8), -EFAULT, "FIONBIO from it");
	munmap(page, 8192);
	fsn_sys_close(fd);
}

/* ---- waiting ---- */

static struct task_struct *waiter;
static int asleep;

struct wait_job {
	int fd;
	struct pollfd *fds;
	unsigned long count;
	int timeout;
	long result;
	char buf[64];
};

static void *wait_for_read(void *arg)
{
	struct wait_job *job = arg;

	__atomic_store_n(&waiter, fsn_current(), __ATOMIC_SEQ_CST);
	fsn_get_task_struct(waiter);
	job->result = fsn_sys_read(job->fd, job->buf, sizeof(job->buf));
	return NULL;
}

static void *wait_for_poll(void *arg)
{
	struct wait_job *job = arg;

	__atomic_store_n(&waiter, fsn_current(), __ATOMIC_SEQ_CST);
	fsn_get_task_struct(waiter);
	job->result = fsn_sys_poll(job->fds, job->count, job->timeout);
	return NULL;
}

/* Waits until the other thread sleeps. */
static void until_asleep(void)
{
	wait_until(peek(waiter) && peek(waiter->__state) & FSN_TASK_INTERRUPTIBLE);
	(void)asleep;
}

static void end_waiter(pthread_t thread)
{
	pthread_join(thread, NULL);
	fsn_put_task_struct(waiter);
	waiter = NULL;
}

static void test_waiting_read(void)
{
	struct wait_job job;
	pthread_t thread;
	struct fsnotify_group *group = stream_open(&job.fd, 0);
	struct file *file = fsn_fget((unsigned int)job.fd);

	pthread_create(&thread, NULL, wait_for_read, &job);
	until_asleep();
	stream_put(group, 10, 5);
	end_waiter(thread);
	ok(are_packets(job.buf, job.result, 1, 10, 5), "a read that waits gets the next event");
	for (int kill = 0; kill < 2; kill++) {
		pthread_create(&thread, NULL, wait_for_read, &job);
		until_asleep();
		if (kill)
			fsn_task_kill(waiter);
		else
			fsn_task_interrupt(waiter);
		end_waiter(thread);
		is(job.result, -EINTR, "one that is %s ends with -EINTR", kill ? "killed" : "interrupted");
	}
	pthread_create(&thread, NULL, wait_for_read, &job);
	until_asleep();
	is(fsn_sys_close(job.fd), 0, "closed while another thread reads");
	is(peek(file->f_count.counter), 2, "whose reference is the file's life");
	stream_put(group, 10, 6);
	end_waiter(thread);
	ok(are_packets(job.buf, job.result, 1, 10, 6), "it reads on");
	is(fsn_sys_read(job.fd, job.buf, 10), -EBADF, "but not twice");
	fsn_fput(file);
}

static void test_poll(void)
{
	enum { MANY = 40 };
	struct wait_job job;
	pthread_t thread;
	struct pollfd fds[MANY];
	struct fsnotify_group *groups[MANY];
	int before = stream_released, good = 0;

	for (int i = 0; i < MANY; i++) {
		groups[i] = stream_open(&fds[i].fd, O_NONBLOCK);
		fds[i].events = POLLIN;
		fds[i].revents = -1;
	}
	is(fsn_sys_poll(fds, MANY, 0), 0, "nothing to read, no wait");
	for (int i = 0; i < MANY; i++)
		good += fds[i].revents == 0;
	is(good, MANY, "and nothing is said of any");
	is(fsn_sys_poll(fds, MANY, 30), 0, "nor after a while");
	is(fsn_sys_poll(NULL, 0, 10), 0, "nobody to wait for: only the time");

	job = (struct wait_job){ .fds = fds, .count = MANY, .timeout = -1 };
	for (int i = MANY - 1; i >= 0; i -= 13) {
		pthread_create(&thread, NULL, wait_for_poll, &job);
		until_asleep();
		stream_put(groups[i], 4, 1);
		end_waiter(thread);
		is(job.result, 1, "one of many files wakes the poller");
		is(fds[i].revents, POLLIN, "it is number %d", i);
		fsn_sys_read(fds[i].fd, job.buf, sizeof(job.buf));
	}
	pthread_create(&thread, NULL, wait_for_poll, &job);
	until_asleep();
	fsn_task_interrupt(waiter);
	end_waiter(thread);
	is(job.result, -EINTR, "interrupted: -EINTR");

	stream_put(groups[2], 4, 1);
	stream_put(groups[4], 4, 1);
	fds[4].events = POLLOUT;
	fds[5].fd = -1 - fds[5].fd;
	fds[6].fd += 1000;
	is(fsn_sys_poll(fds, 8, -1), 2, "one can be read, one is no descriptor");
	is(fds[2].revents, POLLIN, "the first");
	is(fds[4].revents, 0, "what is not asked for is not told");
	is(fds[5].revents, 0, "a negative number is left out");
	is(fds[6].revents, POLLNVAL, "the other");
	fds[5].fd = -1 - fds[5].fd;
	fds[6].fd -= 1000;
	fsn_sys_read(fds[2].fd, job.buf, sizeof(job.buf));
	fsn_sys_read(fds[4].fd, job.buf, sizeof(job.buf));

	job = (struct wait_job){ .fds = fds, .count = 1, .timeout = 20000 };
	pthread_create(&thread, NULL, wait_for_poll, &job);
	until_asleep();
	fsn_sys_close(fds[0].fd);
	is(peek(stream_released), before, "a file that is polled is kept when its descriptor is closed");
	fsn_wake_up_all(&groups[0]->notification_waitq);
	end_waiter(thread);
	is(job.result, 1, "the poller looks again");
	is(fds[0].revents, POLLNVAL, "and the descriptor has gone");
	is(peek(stream_released), before + 1, "then the file goes");

	fsn_fail_alloc(0, 1);
	is(fsn_sys_poll(fds + 1, MANY - 1, 0), -ENOMEM, "no memory: -ENOMEM");
	fsn_fail_alloc(1, 1);
	is(fsn_sys_poll(fds + 1, MANY - 1, 10), -ENOMEM, "no memory for so many queues: -ENOMEM");
	fsn_fail_alloc(0, 0);
	is(fsn_sys_poll(fds, 1UL << 40, 0), -EINVAL, "more than there can be: -EINVAL");
	for (int i = 1; i < MANY; i++)
		fsn_sys_close(fds[i].fd);
	is(stream_released, before + MANY, "nothing is left");
}

/* ---- flags and signals ---- */

static void test_flags(void)
{
	struct { int type, pid; } owner = { 0, 0 };
	unsigned int uids[2] = { 1, 1 };
	int fd, on = 1, off = 0, queued = -1, *low;
	struct fsnotify_group *group = stream_open(&fd, 0);
	struct file *file = fsn_fget((unsigned int)fd);
	char byte;

	is(fsn_sys_fcntl(fd, F_GETFL, 0), O_RDONLY, "F_GETFL");
	is(fsn_sys_fcntl(fd, F_SETFL, O_NONBLOCK | O_CREAT | O_RDWR), 0, "F_SETFL");
	is(fsn_sys_fcntl(fd, F_GETFL, 0), O_NONBLOCK, "changes what may be changed");
	is(fsn_sys_read(fd, &byte, 1), -EAGAIN, "O_NONBLOCK counts");
	is(fsn_sys_ioctl(fd, FIONBIO, (unsigned long)&off), 0, "FIONBIO off");
	is(fsn_sys_fcntl(fd, F_GETFL, 0), 0, "clears it");
	is(fsn_sys_ioctl(fd, FIONBIO, (unsigned long)&on), 0, "FIONBIO on");
	is(fsn_sys_fcntl(fd, F_GETFL, 0), O_NONBLOCK, "sets it");
	stream_put(group, 1, 1);
	is(fsn_sys_ioctl(fd, FIONREAD, (unsigned long)&queued), 0, "the file's own ioctl");
	is(queued, 1, "answers");
	is(fsn_sys_ioctl(fd, 0x1234, 0), -ENOTTY, "one that it does not know: -ENOTTY");
	is(fsn_vfs_ioctl(file, 0x1234, 0), -ENOTTY, "also without a descriptor");
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	is(fsn_compat_ptr_ioctl(file, FIONREAD, (unsigned long)low | 0x500000000UL), 0, "a 32-bit caller's argument loses its upper half");
	is(*low, 1, "and is what it points to");
	munmap(low, 4096);
	is(fsn_sys_fcntl(fd, 9999, 0), -EINVAL, "an unknown command: -EINVAL");
	is(fsn_sys_fcntl(fd, F_NOTIFY, 0), -EINVAL, "F_NOTIFY without dnotify: -EINVAL");

	is(fsn_sys_fcntl(fd, F_GETOWN, 0), 0, "no owner");
	is(fsn_sys_fcntl(fd, 16, (unsigned long)&owner), 0, "F_GETOWN_EX");
	is(owner.pid, 0, "nobody");
	is(fsn_sys_fcntl(fd, F_SETOWN, (unsigned long)getpid()), 0, "F_SETOWN");
	is(fsn_sys_fcntl(fd, F_GETOWN, 0), getpid(), "is kept");
	is(fsn_sys_fcntl(fd, 17, (unsigned long)uids), 0, "F_GETOWNER_UIDS");
	ok(uids[0] == getuid() && uids[1] == geteuid(), "who set it");
	is(fsn_sys_fcntl(fd, F_SETOWN, (unsigned long)-getpgrp()), 0, "a group");
	is(fsn_sys_fcntl(fd, F_GETOWN, 0), -getpgrp(), "is negative");
	owner.type = 0;
	owner.pid = (int)syscall(SYS_gettid);
	is(fsn_sys_fcntl(fd, 15, (unsigned long)&owner), 0, "F_SETOWN_EX of a thread");
	owner.type = owner.pid = -1;
	is(fsn_sys_fcntl(fd, 16, (unsigned long)&owner), 0, "F_GETOWN_EX");
	ok(owner.type == 0 && owner.pid == syscall(SYS_gettid), "gives it back");
	owner.type = 7;
	is(fsn_sys_fcntl(fd, 15, (unsigned long)&owner), -EINVAL, "of an unknown kind: -EINVAL");
	is(fsn_sys_fcntl(fd, F_SETOWN, 0x3ffffff0), -ESRCH, "nobody has that number: -ESRCH");
	is(fsn_sys_fcntl(fd, 10, (unsigned long)SIGRTMIN), 0, "F_SETSIG");
	is(fsn_sys_fcntl(fd, 11, 0), SIGRTMIN, "F_GETSIG");
	is(fsn_sys_fcntl(fd, 10, 200), -EINVAL, "no signal: -EINVAL");
	fsn_fput(file);
	fsn_sys_close(fd);
}

static void test_signal(void)
{
	struct timespec long_time = { 20, 0 }, no_time = { 0, 0 };
	int fd, on = 1;
	struct fsnotify_group *group = stream_open(&fd, O_NONBLOCK);
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGIO);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fsn_sys_fcntl(fd, F_SETOWN, (unsigned long)getpid());
	fsn_sys_fcntl(fd, 10, (unsigned long)SIGRTMIN);
	is(fsn_sys_fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK), 0, "FASYNC");
	is(fsn_sys_fcntl(fd, F_GETFL, 0), O_ASYNC | O_NONBLOCK, "is a flag");
	stream_put(group, 4, 1);
	is(sigtimedwait(&set, &info, &long_time), SIGRTMIN, "an event sends the signal of F_SETSIG");
	is(info.si_fd, fd, "with the number of the table's descriptor");
	is(info.si_code, POLL_IN, "and what has happened");
	is(fsn_sys_fcntl(fd, F_SETFL, O_NONBLOCK), 0, "without FASYNC");
	stream_put(group, 4, 1);
	is(sigtimedwait(&set, &info, &no_time), -1, "no signal");
	is(fsn_sys_ioctl(fd, FIOASYNC, (unsigned long)&on), 0, "FIOASYNC");
	is(fsn_sys_fcntl(fd, F_GETFL, 0), O_ASYNC | O_NONBLOCK, "sets it");
	stream_put(group, 4, 1);
	is(sigtimedwait(&set, &info, &long_time), SIGRTMIN, "and signals again");
	fsn_sys_close(fd);
	ok(sigtimedwait(&set, &info, &no_time) == -1, "closing sends none");
}

/* ---- what a descriptor tells ---- */

static void tell(struct seq_file *m, struct file *file)
{
	fsn_seq_printf(m, "own:\t%d\n", (int)(long)file->private_data);
}

static void test_fdinfo(void)
{
	static const struct file_operations ops = { .show_fdinfo = tell };
	int fd = fsn_anon_inode_getfd("told", &ops, (void *)42, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct file *file = fsn_fget((unsigned int)fd);
	char buf[256], want[256];
	long length;

	file->f_pos = 7;
	length = fsn_show_fdinfo(file, buf, sizeof(buf));
	snprintf(want, sizeof(want), "pos:\t7\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\nown:\t42\n", O_RDWR | O_NONBLOCK,
		 fsn_container_of(file->f_path.mnt, struct mount, mnt)->mnt_id, file->f_inode->i_ino);
	is_str(buf, want, "what every file tells, and its own");
	is(length, (long)strlen(want), "its length");
	is(fsn_show_fdinfo(file, buf, 10), length, "the length, too, where it does not fit");
	is_str(buf, "pos:\t7\nfl", "then the beginning");
	snprintf(want, sizeof(want), "flags:\t0%o\n", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ok(fsn_sys_fdinfo(fd, buf, sizeof(buf)) > 0 && strstr(buf, want), "a descriptor tells O_CLOEXEC as well");
	is(fsn_sys_fdinfo(99, buf, sizeof(buf)), -EBADF, "no descriptor: -EBADF");
	is(fsn_show_fdinfo(NULL, buf, sizeof(buf)), -EINVAL, "no file: -EINVAL");
	fsn_fail_alloc(0, 1);
	is(fsn_show_fdinfo(file, buf, sizeof(buf)), -ENOMEM, "no memory: -ENOMEM");
	fsn_fail_alloc(0, 0);
	fsn_fput(file);
	fsn_sys_close(fd);
}

/* ---- processes ---- */

static void test_pidfd(void)
{
	struct file *file = NULL;
	struct pid *pid;
	siginfo_t info;
	int fd, number, hold[2];
	char byte;
	pid_t child;

	ok(fsn_task_tgid(fsn_current()) == fsn_task_tgid(fsn_current()), "a task keeps the id of its process");
	is(fsn_pid_vnr(fsn_task_tgid(fsn_current())), getpid(), "which it is");
	is(fsn_pid_vnr(fsn_task_pid(fsn_current())), (int)syscall(SYS_gettid), "and that of its thread");

	if (pipe(hold))
		return;
	child = fork();
	if (!child) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) ? 1 : 7);
	}
	pid = fsn_find_get_pid(child);
	fd = fsn_pidfd_prepare(pid, 0, &file);
	ok(fd >= 0 && file, "a process has a file");
	ok(fsn_fget((unsigned int)fd) == NULL, "that is not installed yet");
	fsn_fd_install((unsigned int)fd, file);
	is(fsn_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "it closes on exec");
	number = fsn_pidfd_number(file);
	ok(number >= 0, "there is a descriptor of the system's behind it");
	is(fsn_vfs_poll(file, NULL), 0, "the process is alive");
	close(hold[1]);
	is(waitid(P_PIDFD, (id_t)number, &info, WEXITED | WNOWAIT), 0, "it can be waited for");
	is(info.si_status, 7, "and it is the right one");
	is(fsn_vfs_poll(file, NULL), POLLIN | POLLRDNORM, "it has ended, the file says");
	waitpid(child, NULL, 0);
	is(fsn_pidfd_prepare(pid, 0, &file), -EINVAL, "nobody has the id any more: -EINVAL");
	is(fsn_pidfd_prepare(NULL, 0, &file), -EINVAL, "no id: -EINVAL");
	is(fsn_sys_close(fd), 0, "closed");
	is(fcntl(number, F_GETFD), -1, "and the system's with it");
	fsn_put_pid(pid);

	fd = fsn_pidfd_prepare(fsn_task_tgid(fsn_current()), 0, &file);
	is(fd, 0, "given back instead of installed");
	fsn_put_unused_fd((unsigned int)fd);
	fsn_fput(file);
	for (int i = 0; i < 3; i++) {
		fsn_fail_alloc((unsigned int)i, 1);
		is(fsn_pidfd_prepare(fsn_task_tgid(fsn_current()), 0, &file), -ENOMEM, "no memory: -ENOMEM");
	}
	fsn_fail_alloc(0, 0);
	stream_open(&fd, 0);
	file = fsn_fget((unsigned int)fd);
	is(fsn_pidfd_number(file), -EBADF, "another file is no process");
	fsn_fput(file);
	fsn_sys_close(fd);
	close(hold[0]);
}

int main(void)
{
	test_position();
	test_bad_memory();
	test_waiting_read();
	test_poll();
	test_flags();
	test_signal();
	test_fdinfo();
	test_pidfd();
	is(fsn_get_unused_fd_flags(0), 0, "nothing is left in the table");
	fsn_put_unused_fd(0);
	return done_testing();
}
