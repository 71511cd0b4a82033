/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library's table of descriptors: numbers, references, copies, the limit, and what closing calls.
 */
#include <sys/resource.h>
#include <sys/wait.h>
#include "stream.h"

static long references(struct file *file)
{
	return peek(file->f_count.counter);
}

static void test_numbers(void)
{
	int a, b, c;

	a = fsn_get_unused_fd_flags(0);
	b = fsn_get_unused_fd_flags(O_CLOEXEC);
	c = fsn_get_unused_fd_flags(0);
	is(a, 0, "the first number is 0: the table is the library's own");
	is(b, 1, "then 1");
	is(c, 2, "then 2");
	ok(fsn_fget(1) == NULL, "a reserved number has no file");
	is(fsn_sys_close(1), -EBADF, "and cannot be closed");
	fsn_put_unused_fd(1);
	is(fsn_get_unused_fd_flags(0), 1, "the lowest free number comes first");
	fsn_put_unused_fd(0);
	fsn_put_unused_fd(2);
	fsn_put_unused_fd(1);
	is(fsn_get_unused_fd_flags(0), 0, "an empty table begins at 0");
	fsn_put_unused_fd(0);
	for (int i = 0; i < 300; i++)
		if (fsn_get_unused_fd_flags(0) != i)
			ok(false, "number %d", i);
	fsn_put_unused_fd(150);
	fsn_put_unused_fd(299);
	is(fsn_get_unused_fd_flags(0), 150, "the hole in a table that has grown");
	is(fsn_get_unused_fd_flags(0), 299, "then its end");
	for (unsigned int i = 0; i < 300; i++)
		fsn_put_unused_fd(i);
}

static void test_files(void)
{
	int fd, other, before = stream_released, flushed = stream_flushed;
	struct fsnotify_group *group = stream_open(&fd, O_NONBLOCK);
	struct file *file = fsn_fget((unsigned int)fd);

	ok(file && file->private_data == group, "a file without a place has its private data");
	ok(file->f_op == &stream_ops, "and its operations");
	is(file->f_flags, O_NONBLOCK, "and the flags that mean something once it is open");
	ok(file->f_inode && file->f_path.dentry && file->f_path.mnt, "and an inode, a name and a mount");
	is(memcmp(file->f_path.dentry->d_name.name, "stream", 6), 0, "its name");
	is(references(file), 2, "the table's reference and the caller's");
	other = fsn_sys_dup(fd);
	is(other, fd + 1, "dup() takes the lowest number");
	is(references(file), 3, "and a reference");
	fsn_fput(file);
	is(fsn_sys_close(fd), 0, "the first is closed");
	is(stream_flushed, flushed + 1, "flush is called for each");
	is(stream_released, before, "release is not");
	is(fsn_sys_close(fd), -EBADF, "it is closed once only");
	ok(fsn_fget((unsigned int)other) == file, "the other is there still");
	fsn_fput(file);
	is(fsn_sys_close(other), 0, "and closed");
	is(stream_released, before + 1, "release comes with the last one, before close() returns");
	is(fsn_sys_close(-1), -EBADF, "-1 is no descriptor");
	is(fsn_sys_close(100000), -EBADF, "nor is one beyond the table");
}

static void test_kept_by_a_user(void)
{
	int fd, before = stream_released;
	struct file *file;

	stream_open(&fd, 0);
	file = fsn_fget((unsigned int)fd);
	is(fsn_sys_close(fd), 0, "closed while somebody uses the file");
	is(stream_released, before, "who keeps it");
	is(references(file), 1, "with his reference");
	fsn_fput(file);
	is(stream_released, before + 1, "until he puts it");
}

static void test_dup2(void)
{
	int a, b, before = stream_released;
	struct file *file;

	stream_open(&a, 0);
	stream_open(&b, 0);
	file = fsn_fget((unsigned int)a);
	fsn_fput(file);
	is(fsn_sys_dup2(a, b), b, "dup2() onto another file");
	is(stream_released, before + 1, "ends that one");
	ok(fsn_lookup_fd_rcu((unsigned int)b) == file, "and the number is the first one's");
	is(references(file), 2, "which has a reference for it");
	is(fsn_sys_dup2(a, a), a, "onto itself: nothing happens");
	is(fsn_sys_dup3(a, a, 0), -EINVAL, "dup3() refuses that");
	is(fsn_sys_dup3(a, 200, O_CLOEXEC), 200, "a number beyond the table");
	is(fsn_sys_fcntl(200, F_GETFD, 0), FD_CLOEXEC, "with FD_CLOEXEC");
	is(fsn_sys_dup3(a, 201, O_APPEND), -EINVAL, "but with no other flag");
	is(fsn_sys_dup2(77, a), -EBADF, "nothing to copy: -EBADF");
	is(fsn_sys_dup2(a, 1 << 30), -EBADF, "a number beyond the limit: -EBADF");
	is(fsn_get_unused_fd_flags(0), 2, "reserved");
	is(fsn_sys_dup2(a, 2), -EBUSY, "a number that is being used: -EBUSY");
	is(references(file), 3, "no reference is left by what failed");
	fsn_put_unused_fd(2);
	fsn_sys_close(200);
	fsn_sys_close(a);
	fsn_sys_close(b);
	is(stream_released, before + 2, "all closed");
}

static void test_close_on_exec(void)
{
	int fd;

	stream_open(&fd, O_CLOEXEC);
	is(fsn_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "O_CLOEXEC is kept");
	is(fsn_sys_fcntl(fd, F_SETFD, 0), 0, "cleared");
	is(fsn_sys_fcntl(fd, F_GETFD, 0), 0, "is cleared");
	is(fsn_sys_ioctl(fd, FIOCLEX, 0), 0, "FIOCLEX");
	is(fsn_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "sets it");
	is(fsn_sys_ioctl(fd, FIONCLEX, 0), 0, "FIONCLEX");
	is(fsn_sys_fcntl(fd, F_GETFD, 0), 0, "clears it");
	is(fsn_sys_fcntl(fd, F_DUPFD_CLOEXEC, 5), 5, "F_DUPFD_CLOEXEC from a number on");
	is(fsn_sys_fcntl(5, F_GETFD, 0), FD_CLOEXEC, "with FD_CLOEXEC");
	is(fsn_sys_fcntl(fd, F_DUPFD, 5), 6, "F_DUPFD");
	is(fsn_sys_fcntl(6, F_GETFD, 0), 0, "without");
	is(fsn_sys_fcntl(fd, F_DUPFD, 1UL << 40), -EINVAL, "beyond the limit: -EINVAL");
	is(fsn_sys_fcntl(99, F_GETFD, 0), -EBADF, "no such descriptor: -EBADF");
	fsn_sys_close(5);
	fsn_sys_close(6);
	fsn_sys_close(fd);
}

static void test_limit(void)
{
	struct rlimit old, low;
	int fds[4], before = stream_released;
	struct fsnotify_group *group;

	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	for (int i = 0; i < 3; i++)
		stream_open(&fds[i], 0);
	is(fds[2], 2, "as many as RLIMIT_NOFILE allows");
	group = fsnotify_alloc_group(&stream_group_ops, 0);
	is(fsn_anon_inode_getfd("stream", &stream_ops, group, 0), -EMFILE, "then -EMFILE");
	is(fsn_get_unused_fd_flags(0), -EMFILE, "for a number alone, too");
	is(fsn_sys_dup(0), -EMFILE, "and a copy");
	is(fsn_sys_fcntl(0, F_DUPFD, 3), -EINVAL, "F_DUPFD from the limit on: -EINVAL");
	setrlimit(RLIMIT_NOFILE, &old);
	is(stream_released, before, "the file's own are the caller's when there is no descriptor");
	fsnotify_destroy_group(group);
	for (int i = 0; i < 3; i++)
		fsn_sys_close(fds[i]);
	is(stream_released, before + 3, "closed");
}

static void test_no_memory(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&stream_group_ops, 0);
	int fd = -ENOMEM, failures = 0, before = stream_released;

	/* the table, the name, the file */
	for (; fd == -ENOMEM && failures < 10; failures++) {
		fsn_fail_alloc((unsigned int)failures, 1);
		fd = fsn_anon_inode_getfd("a name that is so long that it is not kept in the dentry itself", &stream_ops, group, 0);
		if (fsn_fail_alloc(0, 0) == 0)
			break;
	}
	is(fd, 0, "a descriptor in the end");
	ok(failures >= 3, "after %d attempts of which each failed elsewhere", failures);
	fsn_fail_alloc(0, 1);
	is(fsn_sys_dup3(fd, 500, 0), -ENOMEM, "no memory for a larger table: -ENOMEM");
	fsn_fail_alloc(0, 0);
	fsn_sys_close(fd);
	is(stream_released, before + 1, "closed");
}

static void test_path_only(void)
{
	static const struct file_operations no_ops;
	struct file *file = fsn_anon_inode_getfile("path", &no_ops, NULL, O_RDONLY);
	int fd = fsn_get_unused_fd_flags(0);
	char byte;

	file->f_mode |= 1U << 14;	/* FMODE_PATH */
	fsn_fd_install((unsigned int)fd, file);
	ok(fsn_fget((unsigned int)fd) == NULL, "fget() knows no file that is open as a path only");
	ok(fsn_fget_raw((unsigned int)fd) == file, "fget_raw() does");
	fsn_fput(file);
	is(fsn_sys_read(fd, &byte, 1), -EBADF, "it cannot be read");
	is(fsn_sys_ioctl(fd, FIONREAD, 0), -EBADF, "nor controlled");
	is(fsn_sys_fcntl(fd, F_SETFL, 0), -EBADF, "nor changed");
	is(fsn_sys_fcntl(fd, F_GETFD, 0), 0, "but the descriptor has its flag");
	is(fsn_sys_close(fd), 0, "and is closed");
}

/* ---- threads ---- */

static int stop;
static long looked_up;

static void *look_up(void *unused)
{
	(void)unused;
	while (!peek(stop)) {
		struct file *file = fsn_fget(0);

		if (!file)
			continue;
		if (file->f_op != &stream_ops || references(file) < 1)
			ok(false, "a file that was looked up is whole");
		fsn_fput(file);
		__atomic_add_fetch(&looked_up, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[3];
	int before = stream_released, rounds = 0, fd;

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, look_up, NULL);
	while (rounds < 2000 || peek(looked_up) < 1000) {
		stream_open(&fd, 0);
		if (fd != 0)
			break;
		fsn_sys_close(fd);
		rounds++;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	is(fd, 0, "while others look it up, a descriptor comes and goes under one number");
	is(stream_released, before + rounds, "and each file ends once");
}

/* All their names are on the list of one inode. */
static void *open_and_close(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		int fd;

		stream_open(&fd, 0);
		fsn_sys_close(fd);
	}
	return NULL;
}

static void test_opening_threads(void)
{
	pthread_t threads[4];
	int before = stream_released;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, open_and_close, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	is(stream_released, before + 80000, "threads that open and close do not meet");
}

/* ---- where the end of a file may not wait ---- */

static void test_put_inside_a_read_side(void)
{
	int fd, before = stream_released;
	struct file *file;

	stream_open(&fd, 0);
	file = fsn_fget((unsigned int)fd);
	fsn_sys_close(fd);
	fsn_rcu_read_lock();
	fsn_fput(file);
	fsn_rcu_read_unlock();
	fsn_flush_delayed_fput();
	is(peek(stream_released), before + 1, "a file whose last reference is put inside a read side ends");
	ok(!pthread_equal(stream_released_by, pthread_self()), "in another thread: it may wait for readers");
	stream_open(&fd, 0);
	fsn_sys_close(fd);
	ok(pthread_equal(stream_released_by, pthread_self()), "elsewhere it ends in the thread that puts it");
}

/* ---- fork ---- */

static void test_fork(void)
{
	int fd, status, before = stream_released;
	struct file *file;
	pid_t child;

	stream_open(&fd, 0);
	file = fsn_fget((unsigned int)fd);
	fsn_fput(file);
	child = fork();
	if (!child) {
		bool good = fsn_lookup_fd_rcu((unsigned int)fd) == file;

		good &= fsn_sys_dup(fd) == fd + 1 && references(file) == 2;
		good &= !fsn_sys_close(fd) && !fsn_sys_close(fd + 1) && stream_released == before + 1;
		_exit(!good);
	}
	waitpid(child, &status, 0);
	is(status, 0, "a child has the table and its own copies of the files");
	is(references(file), 1, "the parent's are as they were");
	fsn_sys_close(fd);
	is(stream_released, before + 1, "closed");
}

int main(void)
{
	test_numbers();
	test_files();
	test_kept_by_a_user();
	test_dup2();
	test_close_on_exec();
	test_limit();
	test_no_memory();
	test_path_only();
	test_fork();
	test_threads();
	test_opening_threads();
	test_put_inside_a_read_side();
	is(fsn_get_unused_fd_flags(0), 0, "nothing is left in the table");
	fsn_put_unused_fd(0);
	return done_testing();
}
