/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inotify through its system calls. */
#include "events.h"

#include <poll.h>

#define LIMITS "/proc/sys/fs/inotify/"
#define INSTANCES LIMITS "max_user_instances"
#define WATCHES LIMITS "max_user_watches"
#define QUEUED LIMITS "max_queued_events"

/* What names in a directory tell; it is the same on every file system. */
static void names(const char *place)
{
	int fd = inotify(), file;

	must(inotify_add_watch(fd, ".", IN_ALL_EVENTS) == 1, "watch of a directory");
	file = open("a", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(file >= 0, "a");
	must(write(file, "text", 4) == 4, "write");
	must(pread(file, (char[4]){ 0 }, 4, 0) == 4, "read");
	close(file);
	same(inotify_events(fd), "1 CREATE a; 1 OPEN a; 1 MODIFY a; 1 ACCESS a; 1 CLOSE_WRITE a",
	     "%s: a file is created, written, read and closed, in this order", place);
	must(!chmod("a", 0644), "chmod");
	same(inotify_events(fd), "1 ATTRIB a", "%s: a changed mode", place);
	must(!rename("a", "b") && !rename("b", "c"), "rename");
	same(inotify_events(fd), "1 MOVED_FROM #1 a; 1 MOVED_TO #1 b; 1 MOVED_FROM #2 b; 1 MOVED_TO #2 c",
	     "%s: each rename has a cookie of its own for both its ends", place);
	must(!link("c", "d"), "link");
	must(!symlink("c", "s"), "symlink");
	must(!unlink("d") && !unlink("s"), "unlink");
	same(inotify_events(fd), "1 CREATE d; 1 CREATE s; 1 DELETE d; 1 DELETE s", "%s: links come and go", place);
	must(!mkdir("e", 0755) && !rmdir("e"), "mkdir");
	same(inotify_events(fd), "1 CREATE|ISDIR e; 1 DELETE|ISDIR e", "%s: directories are marked as such", place);
	must(!truncate("c", 1), "truncate");
	same(inotify_events(fd), "1 MODIFY c", "%s: a truncation is a modification", place);
	must(!unlink("c"), "unlink");
	same(inotify_events(fd), "1 DELETE c", "%s: a file is deleted", place);
	close(fd);
}

/* What watched objects tell of themselves. */
static void selves(void)
{
	int fd = inotify(), file;

	must(!mkdir("dir", 0755), "dir");
	write_file("dir/file", "");
	must(inotify_add_watch(fd, "dir", IN_ALL_EVENTS) == 1 && inotify_add_watch(fd, "dir/file", IN_ALL_EVENTS) == 2, "watches");
	file = open("dir/file", O_RDONLY | O_CLOEXEC);
	same(inotify_events(fd), "1 OPEN file; 2 OPEN", "the parent's watch is told first, with a name");
	must(!rename("dir/file", "dir/other"), "rename");
	same(inotify_events(fd), "1 MOVED_FROM #1 file; 1 MOVED_TO #1 other; 2 MOVE_SELF", "a moved file tells of itself without a cookie");
	must(!unlink("dir/other"), "unlink");
	same(inotify_events(fd), "2 ATTRIB; 1 DELETE other", "an unlinked file that is open has fewer links");
	close(file);
	same(inotify_events(fd), "1 CLOSE_NOWRITE other; 2 CLOSE_NOWRITE; 2 DELETE_SELF; 2 IGNORED", "its watch ends with its last descriptor");
	must(!rmdir("dir"), "rmdir");
	same(inotify_events(fd), "1 DELETE_SELF; 1 IGNORED", "a removed directory's watch ends");
	check(inotify_rm_watch(fd, 1) < 0 && errno == EINVAL, "a watch that has ended cannot be removed");
	close(fd);
}

static void flags(void)
{
	int fd = inotify(), file;

	write_file("f", "");
	must(!mkdir("g", 0755) && !symlink("f", "link"), "places");
	check(inotify_add_watch(fd, "f", IN_ATTRIB) == 1 && inotify_add_watch(fd, "f", IN_OPEN) == 1, "a second watch of a file is the first one");
	must(!chmod("f", 0600), "chmod");
	same(inotify_events(fd), "", "a watch's mask is replaced");
	must(inotify_add_watch(fd, "f", IN_ATTRIB | IN_MASK_ADD) == 1, "IN_MASK_ADD");
	must(!chmod("f", 0644), "chmod");
	touch("f");
	same(inotify_events(fd), "1 ATTRIB; 1 OPEN", "IN_MASK_ADD adds to it");
	check(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE) < 0 && errno == EEXIST, "IN_MASK_CREATE refuses a second mark of one group on one inode");
	check(inotify_add_watch(fd, "f", IN_OPEN | IN_ONLYDIR) < 0 && errno == ENOTDIR, "IN_ONLYDIR");
	check(inotify_add_watch(fd, "link", IN_OPEN | IN_DONT_FOLLOW) == 2, "IN_DONT_FOLLOW watches the link itself");
	check(!inotify_rm_watch(fd, 1), "a watch is removed");
	same(inotify_events(fd), "1 IGNORED", "and says so");
	check(inotify_add_watch(fd, "f", IN_OPEN | IN_ONESHOT) == 3, "numbers of watches are not used again");
	touch("f");
	touch("f");
	same(inotify_events(fd), "3 OPEN; 3 IGNORED", "IN_ONESHOT tells once");
	must(inotify_add_watch(fd, ".", IN_ALL_EVENTS | IN_EXCL_UNLINK) == 4, "IN_EXCL_UNLINK");
	file = open("f", O_WRONLY | O_CLOEXEC);
	must(!unlink("f"), "unlink");
	same(inotify_events(fd), "4 OPEN f; 4 DELETE f", "a file is opened and unlinked");
	must(write(file, "x", 1) == 1, "write");
	close(file);
	same(inotify_events(fd), "", "IN_EXCL_UNLINK hears nothing of unlinked files");
	check(inotify_add_watch(fd, ".", 0) < 0 && errno == EINVAL, "a mask without events is refused");
	check(inotify_add_watch(fd, "nothing", IN_OPEN) < 0 && errno == ENOENT, "so is what is not there");
	check(inotify_rm_watch(fd, 99) < 0 && errno == EINVAL, "and a watch that never was");
	check(inotify_init1(1) < 0 && errno == EINVAL, "and a flag that there is not");
	close(fd);
}

static void reading(void)
{
	struct pollfd polled = { .fd = inotify(), .events = POLLIN };
	char small[8], large[4096];
	int queued = -1, file;

	write_file("f", "");
	must(inotify_add_watch(polled.fd, "f", IN_MODIFY | IN_OPEN | IN_CLOSE) == 1, "watch");
	check(read(polled.fd, large, sizeof(large)) < 0 && errno == EAGAIN, "an empty queue does not block");
	check(poll(&polled, 1, 0) == 0, "and is not readable");
	file = open("f", O_WRONLY | O_CLOEXEC);
	check(poll(&polled, 1, 0) == 1 && polled.revents == POLLIN, "an event makes it readable");
	for (int i = 0; i < 5; i++)
		must(write(file, "x", 1) == 1, "write");
	close(file);
	check(!ioctl(polled.fd, FIONREAD, &queued) && queued == 3 * (int)sizeof(struct inotify_event), "FIONREAD counts three events");
	check(read(polled.fd, small, sizeof(small)) < 0 && errno == EINVAL, "a buffer smaller than an event is refused");
	same(inotify_events(polled.fd), "1 OPEN; 1 MODIFY; 1 CLOSE_WRITE", "equal events behind each other are one");
	touch("f");
	touch("f");
	same(inotify_events(polled.fd), "1 OPEN; 1 CLOSE_WRITE; 1 OPEN; 1 CLOSE_WRITE", "others are not");
	close(polled.fd);
}

static int reads_when_there_is_something(void *arg)
{
	char buffer[4096];
	int fd = *(int *)arg;

	return read(fd, buffer, sizeof(buffer)) == sizeof(struct inotify_event) ? 0 : 1;
}

static void blocking(void)
{
	int fd = inotify_init1(IN_CLOEXEC);
	pid_t reader;

	must(fd >= 0, "inotify_init1");
	write_file("f", "");
	must(inotify_add_watch(fd, "f", IN_OPEN) == 1, "watch");
	reader = child(reads_when_there_is_something, &fd);
	usleep(50000);
	check(waitpid(reader, NULL, WNOHANG) == 0, "a reader waits for an event");
	touch("f");
	check(joined(reader) == 0, "and gets it");
	close(fd);
}

static void overflow(void)
{
	char before[64], wanted[2048] = "";
	int fd;

	snprintf(before, sizeof(before), "%s", value_of(QUEUED));
	must(set_value(QUEUED, "8"), QUEUED);
	fd = inotify();
	must(inotify_add_watch(fd, ".", IN_CREATE | IN_DELETE) == 1, "watch");
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "o%d", i);
		touch(name);
		if (i < 8)
			snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "1 CREATE %s; ", name);
	}
	strcat(wanted, "-1 Q_OVERFLOW");
	same(inotify_events(fd), wanted, "a full queue ends with one overflow event");
	must(!unlink("o0"), "unlink");
	same(inotify_events(fd), "1 DELETE o0", "and takes events again when it has been read");
	close(fd);
	must(set_value(QUEUED, before), QUEUED);
}

static void unmount(void)
{
	int fd = inotify();

	must(!mkdir("m", 0755) && !mount("m", "m", "tmpfs", 0, NULL), "mount");
	write_file("m/f", "");
	must(inotify_add_watch(fd, "m/f", IN_ALL_EVENTS) == 1, "watch");
	must(!umount("m"), "umount");
	same(inotify_events(fd), "1 UNMOUNT; 1 IGNORED", "an unmounted file system ends its watches");
	close(fd);
	must(!rmdir("m"), "rmdir");
}

static void limits(void)
{
	char instances[64], watches[64];
	int fds[4];

	snprintf(instances, sizeof(instances), "%s", value_of(INSTANCES));
	snprintf(watches, sizeof(watches), "%s", value_of(WATCHES));
	must(set_value(INSTANCES, "3") && set_value(WATCHES, "2"), "limits");
	for (int i = 0; i < 3; i++)
		fds[i] = inotify();
	check(inotify_init1(0) < 0 && errno == EMFILE, "one instance more than allowed");
	close(fds[2]);
	fds[2] = inotify_init1(IN_CLOEXEC);
	check(fds[2] >= 0, "a closed one makes room");
	touch("l1");
	touch("l2");
	touch("l3");
	must(inotify_add_watch(fds[0], "l1", IN_OPEN) == 1 && inotify_add_watch(fds[1], "l2", IN_OPEN) == 1, "watches");
	check(inotify_add_watch(fds[2], "l3", IN_OPEN) < 0 && errno == ENOSPC, "one watch more than allowed");
	close(fds[0]);
	check(inotify_add_watch(fds[2], "l3", IN_OPEN) > 0, "watches of a closed instance make room");
	close(fds[1]);
	close(fds[2]);
	must(set_value(INSTANCES, instances) && set_value(WATCHES, watches), "limits");
}

/* Where the host's files are: UML's root, or nothing special. */
static void on_the_host(void)
{
	must(!chdir("/host"), "/host");
	names("hostfs");
	must(!chdir(workdir()), workdir());
}

void test_inotify(void)
{
	names("tmpfs");
	if (access("/host", W_OK) == 0)
		on_the_host();
	selves();
	flags();
	reading();
	blocking();
	overflow();
	unmount();
	limits();
}
