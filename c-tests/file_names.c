/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files, descriptors, system calls and process ids under the kernel's names, as its backends write them.
 */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tap.h"

static int released;

static int count_release(struct inode *inode, struct file *file)
{
	(void)inode, (void)file;
	released++;
	return 0;
}

static __poll_t say_writable(struct file *file, poll_table *wait)
{
	(void)file;
	return poll_does_not_wait(wait) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static long remember(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != FIONREAD)
		return -ENOTTY;
	file->f_pos = (loff_t)arg;
	return 0;
}

static const struct file_operations operations = {
	.owner = NULL, .fop_flags = 0, .llseek = noop_llseek, .read_iter = NULL, .write_iter = NULL, .iterate_shared = NULL,
	.poll = say_writable, .unlocked_ioctl = remember, .compat_ioctl = compat_ptr_ioctl, .mmap = NULL, .fsync = NULL,
	.release = count_release, .fallocate = NULL,
};

/* ---- system calls ---- */

SYSCALL_DEFINE0(answer)
{
	return 42;
}

SYSCALL_DEFINE1(negate, int, number)
{
	return -number;
}

SYSCALL_DEFINE2(subtract, int, from, unsigned int, what)
{
	return from - (int)what;
}

SYSCALL_DEFINE3(length, const char __user *, text, size_t, most, int, add)
{
	return (long)(strlen(text) < most ? strlen(text) : most) + add;
}

SYSCALL_DEFINE6(sum, int, a, int, b, int, c, int, d, int, e, long, f)
{
	return a + b + c + d + e + f;
}

COMPAT_SYSCALL_DEFINE1(pointer, compat_uptr_t, address)
{
	return compat_ptr(address) == (void *)0x12345678UL;
}

static u64 mask_seen;

SYSCALL32_DEFINE6(mark, int, fd, unsigned int, flags, SC_ARG64(mask), int, dfd, const char __user *, pathname)
{
	(void)pathname;
	mask_seen = SC_VAL64(u64, mask);
	return fd + (int)flags + dfd;
}

static void system_calls(void)
{
	is(sys_answer(), 42, "a system call without arguments");
	is(sys_negate(5), -5, "with one");
	is(sys_subtract(7, 3), 4, "with two");
	is(sys_length("text", 10, 1), 5, "with three");
	is(sys_sum(1, 2, 3, 4, 5, 6), 21, "with six");
	is(compat_sys_pointer(0x12345678), 1, "a 32-bit program's");
	is(compat_sys_mark(1, 2, 0x89abcdef, 0x01234567, 3, NULL), 6, "one with 64 bits in two halves");
	ok(mask_seen == 0x0123456789abcdefULL, "which are put together, the lower one first");
}

/* ---- descriptors ---- */

static struct file *of_class(int number)
{
	CLASS(fd, f)(number);

	if (fd_empty(f))
		return NULL;
	is(fd_file(f)->f_count.counter, 2, "a struct fd has a reference");
	return fd_file(f);
}

static void descriptors(void)
{
	int fd = anon_inode_getfd("name", &operations, NULL, O_RDWR | O_CLOEXEC), reserved;
	struct file *file = fget((unsigned int)fd), *other;
	struct fd f;

	ok(file && file->f_op == &operations, "a file without a place");
	fput(file);
	ok(of_class(fd) == file, "CLASS(fd)");
	is(file->f_count.counter, 1, "puts it where the scope ends");
	ok(!of_class(fd + 1), "an empty one");
	f = fdget((unsigned int)fd);
	ok(!fd_empty(f) && fd_file(f) == file, "fdget()");
	fdput(f);
	f = fdget_raw(1000);
	ok(fd_empty(f) && !fd_file(f), "nobody there");
	fdput(f);
	rcu_read_lock();
	other = lookup_fdget_rcu((unsigned int)fd);
	rcu_read_unlock();
	ok(other == file, "lookup_fdget_rcu()");
	fput(other);
	ok(current->files && files_lookup_fd_rcu(current->files, (unsigned int)fd) == file, "the table of the process");
	is(vfs_poll(file, NULL), EPOLLOUT | EPOLLWRNORM, "vfs_poll()");
	is(vfs_ioctl(file, FIONREAD, 77), 0, "vfs_ioctl()");
	is(file->f_pos, 77, "reaches the file");
	is(file->f_op->llseek(file, 5, 0), 77, "noop_llseek() stays where the file is");
	is(file->f_op->compat_ioctl(file, FIONREAD, 0x100000005UL), 0, "compat_ptr_ioctl()");
	is(file->f_pos, 5, "takes the lower half");
	ok(file_can_poll(file), "file_can_poll()");
	get_file(file);
	is(filp_close(file, current->files), 0, "filp_close() ends one reference");
	is(close_fd((unsigned int)fd), 0, "close_fd() the last");
	is(released, 1, "released");
	reserved = get_unused_fd_flags(O_CLOEXEC);
	fd_install((unsigned int)reserved, anon_inode_getfile("name", &operations, NULL, O_RDONLY));
	is(close_fd((unsigned int)reserved), 0, "reserved, installed, closed");
	is(released, 2, "released");
	put_unused_fd((unsigned int)get_unused_fd_flags(0));
	is(close_fd(0), -EBADF, "nothing is left");
}

/* ---- owners and processes ---- */

static void processes(void)
{
	struct file *file = anon_inode_getfile("name", &operations, NULL, O_RDONLY), *process = NULL;
	struct pid *pid = get_pid(task_tgid(current));
	int fd;

	is(pid_vnr(pid), getpid(), "task_tgid()");
	ok(pid_has_task(pid, PIDTYPE_TGID), "which is alive");
	ok(find_get_pid(getpid()) == pid, "find_get_pid()");
	put_pid(pid);
	ok(file_f_owner(file) == NULL, "a file has no owner at first");
	is(file_f_owner_allocate(file), 0, "room for one");
	__f_setown(file, task_pid(current), PIDTYPE_TGID, 0);
	is(f_getown(file), pid_nr(task_pid(current)), "__f_setown()");
	f_delown(file);
	is(f_getown(file), 0, "f_delown()");
	is(f_setown(file, getpid(), 1), 0, "f_setown()");
	fput(file);
	fd = pidfd_prepare(pid, PIDFD_NONBLOCK, &process);
	ok(fd >= 0 && process->f_flags & O_NONBLOCK, "pidfd_prepare()");
	put_unused_fd((unsigned int)fd);
	fput(process);
	put_pid(pid);
}

int main(void)
{
	system_calls();
	descriptors();
	processes();
	return done_testing();
}
