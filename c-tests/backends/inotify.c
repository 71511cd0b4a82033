/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: its instances, and all that can be done with their descriptors.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"
#include <sys/ioctl.h>
#include <sys/mman.h>

#define EVENT ((int)sizeof(struct inotify_event))

static void instances(void)
{
	int flags[] = { 1, O_RDWR, O_APPEND, 0x80, ~(O_CLOEXEC | O_NONBLOCK), -1 };
	int plain = inotify_of(0), closing = inotify_of(IN_CLOEXEC), eager = inotify_of(IN_NONBLOCK);
	int both = inotify_of(IN_CLOEXEC | IN_NONBLOCK), old = (int)sys_inotify_init();
	unsigned int i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		is(inotify_of(flags[i]), -EINVAL, "init with the flags 0x%x", flags[i]);
	ok(plain >= 0 && closing > plain && eager > closing && both > eager && old > both, "five instances");
	is(fsn_sys_fcntl(plain, F_GETFD, 0), 0, "a plain one stays open in a new program");
	is(fsn_sys_fcntl(closing, F_GETFD, 0), FD_CLOEXEC, "one with IN_CLOEXEC does not");
	is(fsn_sys_fcntl(both, F_GETFD, 0), FD_CLOEXEC, "nor does one with both flags");
	is(fsn_sys_fcntl(plain, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_RDONLY, "a plain one is for reading and blocks");
	is(fsn_sys_fcntl(eager, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_NONBLOCK, "one with IN_NONBLOCK does not block");
	is(fsn_sys_fcntl(old, F_GETFL, 0) & (O_NONBLOCK | O_ACCMODE), O_RDONLY, "inotify_init() makes a plain one");
	is(fsn_sys_write(plain, "x", 1), -EBADF, "it is not for writing");
	is(fsn_sys_close(plain), 0, "closed");
	is(fsn_sys_close(plain), -EBADF, "closed twice");
	is(inotify_of(0), plain, "the lowest number is given out again");
	fsn_sys_close(plain);
	fsn_sys_close(closing);
	fsn_sys_close(eager);
	fsn_sys_close(both);
	fsn_sys_close(old);
}

static void refusals(void)
{
	char long_name[300], long_path[5000];
	int fd = inotify_of(IN_NONBLOCK), file = mem_open("/file", O_CREAT | O_RDWR, 0644), i;

	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	long_name[0] = '/';
	for (i = 0; i < (int)sizeof(long_path) - 1; i++)
		long_path[i] = i % 2 ? '.' : '/';
	long_path[sizeof(long_path) - 1] = '\0';
	mem_symlink("/loop", "/loop");
	mem_symlink("/nowhere", "/dangling");

	is(watch(-1, "/", IN_OPEN), -EBADF, "add to no descriptor");
	is(watch(1000000, "/", IN_OPEN), -EBADF, "add to a descriptor that is not open");
	is(watch(file, "/", IN_OPEN), -EINVAL, "add to a file that is no instance");
	is(watch(fd, "/", 0), -EINVAL, "a mask without a bit");
	is(watch(fd, "/", 0x00001000), -EINVAL, "a mask with a bit that inotify does not know");
	is(watch(fd, "/", IN_OPEN | 0x00010000), -EINVAL, "one with others beside");
	is(watch(fd, "/", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), -EINVAL, "IN_MASK_ADD and IN_MASK_CREATE");
	is(watch(-1, "/", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), -EBADF, "these on no descriptor");
	is(watch(-1, "/", 0), -EINVAL, "no bit on no descriptor");
	is(watch(fd, NULL, IN_OPEN), -EFAULT, "a path at NULL");
	is(watch(fd, (const char *)1, IN_OPEN), -EFAULT, "a path at an address without memory");
	is(watch(fd, "", IN_OPEN), -ENOENT, "an empty path");
	is(watch(fd, "/missing", IN_OPEN), -ENOENT, "a path that leads to nothing");
	is(watch(fd, "/dangling", IN_OPEN), -ENOENT, "a symbolic link that leads to nothing");
	is(watch(fd, "/file/x", IN_OPEN), -ENOTDIR, "a path through a file");
	is(watch(fd, "/file", IN_OPEN | IN_ONLYDIR), -ENOTDIR, "IN_ONLYDIR for a file");
	is(watch(fd, "/loop", IN_OPEN), -ELOOP, "a symbolic link to itself");
	is(watch(fd, long_name, IN_OPEN), -ENAMETOOLONG, "a name that is too long");
	is(watch(fd, long_path, IN_OPEN), -ENAMETOOLONG, "a path that is too long");
	is(unwatch(-1, 1), -EBADF, "remove from no descriptor");
	is(unwatch(file, 1), -EINVAL, "remove from a file that is no instance");
	is(unwatch(fd, 1), -EINVAL, "remove a watch that never was");
	is(unwatch(fd, 0), -EINVAL, "remove the watch 0");
	is(unwatch(fd, -1), -EINVAL, "remove the watch -1");
	is_str(events(fd), "", "none of this gives an event");
	mem_close(file);
	fsn_sys_close(fd);
}

static void reading(void)
{
	static char page[4096];
	struct pollfd ready;
	int fd = inotify_of(IN_NONBLOCK), value, copy;
	char *edge;
	ssize_t size;

	mem_mkdir("/dir", 0755);
	is(fsn_sys_read(fd, page, sizeof(page)), -EAGAIN, "nothing to read");
	is(fsn_sys_read(fd, page, 0), -EAGAIN, "not even into no buffer");
	ready = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM };
	is(fsn_sys_poll(&ready, 1, 0), 0, "nothing to poll for");
	is(queued(fd), 0, "FIONREAD of an empty queue");

	is(watch(fd, "/dir", IN_CREATE | IN_DELETE), 1, "a watch");
	make_file("/dir/a");
	mem_unlink("/dir/a");
	is(fsn_sys_poll(&ready, 1, 0), 1, "something to poll for");
	is(ready.revents, POLLIN | POLLRDNORM, "to read it");
	is(queued(fd), 4 * EVENT, "FIONREAD of two events with names");

	is(fsn_sys_read(fd, page, 0), -EINVAL, "a buffer of no bytes");
	is(fsn_sys_read(fd, page, EVENT), -EINVAL, "one that holds the event without its name");
	is(fsn_sys_read(fd, page, 2 * EVENT - 1), -EINVAL, "one that is a byte too short");
	is(queued(fd), 4 * EVENT, "leave everything where it was");
	size = fsn_sys_read(fd, page, 2 * EVENT);
	is_str(events_text(page, size), "1 CREATE a", "one that holds just one event");
	size = fsn_sys_read(fd, page, sizeof(page));
	is_str(events_text(page, size), "1 DELETE a", "the next read gets the other one");

	/* names whose length with the zero is a multiple of the event's size, and one less and more */
	mem_mkdir("/dir/123456789012345", 0755);
	mem_mkdir("/dir/1234567890123456", 0755);
	mem_mkdir("/dir/12345678901234", 0755);
	is(queued(fd), 7 * EVENT, "names are padded");
	size = fsn_sys_read(fd, page, 6 * EVENT);
	is(size, 5 * EVENT, "two whole events go into a buffer that is too short for three");
	is_str(events_text(page, size), "1 CREATE+ISDIR 123456789012345; 1 CREATE+ISDIR 1234567890123456", "in their order");
	is_str(events(fd), "1 CREATE+ISDIR 12345678901234", "the third later");
	mem_rmdir("/dir/12345678901234");
	mem_rmdir("/dir/123456789012345");
	mem_rmdir("/dir/1234567890123456");
	is_str(events(fd), "1 DELETE+ISDIR 12345678901234; 1 DELETE+ISDIR 123456789012345; 1 DELETE+ISDIR 1234567890123456",
	       "several events in one read");

	/* bad memory: the event that meets it is lost, as in the kernel */
	edge = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(edge + 4096, 4096, PROT_NONE);
	make_file("/dir/a");
	is(fsn_sys_ioctl(fd, FIONREAD, (unsigned long)(edge + 4096)), -EFAULT, "FIONREAD into bad memory");
	is(fsn_sys_read(fd, NULL, 4096), -EFAULT, "a read to NULL");
	is_str(events(fd), "", "took the event");
	make_file("/dir/b");
	mem_mkdir("/dir/c", 0755);
	is(fsn_sys_read(fd, edge + 4096 - 2 * EVENT, 4096), -EFAULT, "a read whose second event meets bad memory");
	is_str(events(fd), "", "took both events");
	make_file("/dir/d");
	is(fsn_sys_read(fd, edge + 4096 - EVENT, 4096), -EFAULT, "one that meets it in the middle of an event");
	make_file("/dir/e");
	size = fsn_sys_read(fd, edge + 4096 - 2 * EVENT, 2 * EVENT);
	is_str(events_text(edge + 4096 - 2 * EVENT, size), "1 CREATE e", "one that ends where the memory does");
	munmap(edge, 2 * 4096);

	is(fsn_sys_ioctl(fd, FIONBIO + 0x1000, (unsigned long)&value), -ENOTTY, "another ioctl");
	is(fsn_sys_ioctl(-1, FIONREAD, (unsigned long)&value), -EBADF, "an ioctl of no descriptor");
	is(fsn_sys_read(-1, page, 1), -EBADF, "a read from none");

	copy = fsn_sys_dup(fd);
	make_file("/dir/f");
	fsn_sys_close(fd);
	is_str(events(copy), "1 CREATE f", "a copied descriptor reads on when the first one is closed");
	fsn_sys_close(copy);
	is(fsn_sys_read(copy, page, 1), -EBADF, "and is closed with the instance");
}

static void numbers(void)
{
	int fd = inotify_of(IN_NONBLOCK), i;
	char path[16];

	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/n%d", i);
		mem_mkdir(path, 0755);
	}
	is(watch(fd, "/n0", IN_OPEN), 1, "the first watch");
	is(watch(fd, "/n1", IN_OPEN), 2, "the second");
	is(watch(fd, "/n0", IN_CREATE), 1, "the first one changed");
	is(unwatch(fd, 2), 0, "the second removed");
	is(unwatch(fd, 2), -EINVAL, "removed twice");
	is(watch(fd, "/n1", IN_OPEN), 3, "a number does not come back soon");
	is_str(events(fd), "2 IGNORED", "a removed watch says so");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 0), -EINVAL, "next number 0");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, -1), -EINVAL, "next number -1");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 0x80000000UL), -EINVAL, "next number too large");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 1000), 0, "next number 1000");
	is(watch(fd, "/n2", IN_OPEN), 1000, "comes next");
	is(watch(fd, "/n3", IN_OPEN), 1001, "and the one after it");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 1000), 0, "next number one that is taken");
	is(watch(fd, "/n4", IN_OPEN), 1002, "the first free one after it comes");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 0x7fffffff), 0, "next number the last");
	is(watch(fd, "/n5", IN_OPEN), 0x7fffffff, "comes");
	is(watch(fd, "/n6", IN_OPEN), 2, "the lowest free one after the last");
	is(watch(fd, "/n7", IN_OPEN), 4, "and the next");
	is(unwatch(fd, 0x7fffffff), 0, "the last is removed");
	is_str(events(fd), "2147483647 IGNORED", "and says so");
	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/n%d", i);
		mem_rmdir(path);
	}
	is_str(events(fd), "1 IGNORED; 3 IGNORED; 1000 IGNORED; 1001 IGNORED; 1002 IGNORED; 2 IGNORED; 4 IGNORED",
	       "the others go with their directories");
	fsn_sys_close(fd);
}

/* Closed with watches and events: all of it goes, and what is watched goes on. */
static void closing(void)
{
	int fd = inotify_of(IN_NONBLOCK), other = inotify_of(IN_NONBLOCK);

	mem_mkdir("/closing", 0755);
	is(watch(fd, "/closing", IN_ALL_EVENTS), 1, "a watch of an instance that will be closed");
	is(watch(other, "/closing", IN_CREATE), 1, "and one of another");
	make_file("/closing/a");
	ok(queued(fd) > 0, "events are queued");
	is(fsn_sys_close(fd), 0, "closed with them");
	is_str(events(other), "1 CREATE a", "the other one has its events");
	make_file("/closing/b");
	is_str(events(other), "1 CREATE b", "and goes on");
	fsn_sys_close(other);
	make_file("/closing/c");
}

int main(void)
{
	tests_begin();
	instances();
	refusals();
	reading();
	numbers();
	closing();
	return tests_end();
}
