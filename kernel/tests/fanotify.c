/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fanotify through its system calls: events with descriptors, the queue, limits. */
#include "fanotify.h"

#define LIMITS "/proc/sys/fs/fanotify/"

int fanotify(unsigned int flags)
{
	int fd = fanotify_init(flags | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);

	must(fd >= 0, "fanotify_init");
	return fd;
}

static void mark(int fd, unsigned int flags, uint64_t mask, const char *path)
{
	must(!fanotify_mark(fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path), "fanotify_mark");
}

static int touches(void *path)
{
	touch(path);
	return 0;
}

static void descriptors(const char *place)
{
	int fd = fanotify(FAN_CLASS_NOTIF), kept, file;

	/* hostfs forgets a file that nobody uses, and knows it as another one when it is used again. */
	write_file("f", "text");
	kept = open("f", O_PATH | O_CLOEXEC);
	must(kept >= 0, "f");
	mark(fd, 0, FAN_OPEN | FAN_MODIFY | FAN_ACCESS | FAN_CLOSE, "f");
	file = open("f", O_RDWR | O_CLOEXEC);
	must(file >= 0 && pread(file, (char[1]){ 0 }, 1, 0) == 1 && pwrite(file, "x", 1, 0) == 1, "f");
	close(file);
	same(fanotify_events(fd, -1), "ACCESS|MODIFY|CLOSE_WRITE|OPEN f", "%s: what happens to a file before it is read is one event", place);
	must(joined(child(touches, "f")) == 0, "child");
	same(fanotify_events(fd, -1), "CLOSE_WRITE|OPEN other f", "%s: what another process does", place);
	must(!fanotify_mark(fd, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "f"), "FAN_MARK_REMOVE");
	touch("f");
	same(fanotify_events(fd, -1), "CLOSE_WRITE f", "%s: a part of the mask is removed", place);
	must(!fanotify_mark(fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL), "FAN_MARK_FLUSH");
	touch("f");
	same(fanotify_events(fd, -1), "", "%s: all marks are removed", place);
	check(fanotify_mark(fd, FAN_MARK_REMOVE, FAN_OPEN, AT_FDCWD, "f") < 0 && errno == ENOENT, "%s: a mark that is not there", place);
	mark(fd, 0, FAN_OPEN | FAN_CLOSE | FAN_EVENT_ON_CHILD, ".");
	touch("f");
	same(fanotify_events(fd, -1), "CLOSE_WRITE|OPEN f", "%s: a directory's mark hears of its files", place);
	must(!mkdir("d", 0755), "d");
	close(open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	same(fanotify_events(fd, -1), "", "%s: but not of directories", place);
	mark(fd, 0, FAN_OPEN | FAN_ONDIR | FAN_EVENT_ON_CHILD, ".");
	close(open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	same(fanotify_events(fd, -1), "CLOSE_NOWRITE|OPEN d", "%s: unless it has FAN_ONDIR", place);
	must(!rmdir("d") && !unlink("f"), "f");
	close(kept);
	close(fd);
}

static void ignored(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF);

	write_file("f", "");
	write_file("g", "");
	mark(fd, 0, FAN_OPEN | FAN_EVENT_ON_CHILD, ".");
	mark(fd, FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "f");
	touch("f");
	touch("g");
	same(fanotify_events(fd, -1), "OPEN g", "an ignored mask");
	must(!fanotify_mark(fd, FAN_MARK_REMOVE | FAN_MARK_IGNORED_MASK, FAN_OPEN, AT_FDCWD, "f"), "FAN_MARK_REMOVE");
	mark(fd, FAN_MARK_IGNORED_MASK, FAN_OPEN, "f");
	touch("f");
	same(fanotify_events(fd, -1), "", "ignores");
	write_file("f", "changed");
	fanotify_events(fd, -1);
	touch("f");
	same(fanotify_events(fd, -1), "OPEN f", "until the file is changed");
	close(fd);
}

static void mounts(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF), whole = fanotify(FAN_CLASS_NOTIF);

	must(!mkdir("m", 0755) && !mkdir("n", 0755) && !mount("m", "m", "tmpfs", 0, NULL) && !mount("m", "n", NULL, MS_BIND, NULL), "mounts");
	mark(fd, FAN_MARK_MOUNT, FAN_CLOSE_WRITE, "m");
	mark(whole, FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE, "m");
	touch("m/f");
	same(fanotify_events(fd, -1), "CLOSE_WRITE f", "a mount's mark");
	same(fanotify_events(whole, -1), "CLOSE_WRITE f", "and a file system's hear of a file");
	touch("n/g");
	same(fanotify_events(fd, -1), "", "another mount of it is none of the first's business");
	same(fanotify_events(whole, -1), "CLOSE_WRITE g", "but it is of the file system's");
	must(!umount("n") && !umount("m"), "umount");
	check(fanotify_mark(fd, FAN_MARK_REMOVE | FAN_MARK_MOUNT, FAN_CLOSE_WRITE, AT_FDCWD, "m") < 0 && errno == ENOENT, "marks end with their mount");
	must(!rmdir("m") && !rmdir("n"), "rmdir");
	close(whole);
	close(fd);
}

static void queue(void)
{
	char before[64], wanted[512] = "";
	int fd;

	snprintf(before, sizeof(before), "%s", value_of(LIMITS "max_queued_events"));
	must(set_value(LIMITS "max_queued_events", "4"), "max_queued_events");
	fd = fanotify(FAN_CLASS_NOTIF);
	mark(fd, 0, FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, ".");
	for (char name[] = "qa"; name[1] < 'i'; name[1]++) {
		touch(name);
		if (name[1] < 'e')
			snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "CLOSE_WRITE %s; ", name);
	}
	strcat(wanted, "Q_OVERFLOW nobody");
	same(fanotify_events(fd, -1), wanted, "a full queue ends with an overflow event");
	close(fd);
	fd = fanotify(FAN_CLASS_NOTIF | FAN_UNLIMITED_QUEUE);
	mark(fd, 0, FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, ".");
	for (char name[] = "qa"; name[1] < 'g'; name[1]++)
		touch(name);
	same(fanotify_events(fd, -1), "CLOSE_WRITE qa; CLOSE_WRITE qb; CLOSE_WRITE qc; CLOSE_WRITE qd; CLOSE_WRITE qe; CLOSE_WRITE qf",
	     "an unlimited queue does not");
	close(fd);
	must(set_value(LIMITS "max_queued_events", before), "max_queued_events");
}

static void limits(void)
{
	char groups[64], marks[64];
	int fd, other;

	snprintf(groups, sizeof(groups), "%s", value_of(LIMITS "max_user_groups"));
	snprintf(marks, sizeof(marks), "%s", value_of(LIMITS "max_user_marks"));
	must(set_value(LIMITS "max_user_groups", "2") && set_value(LIMITS "max_user_marks", "1"), "limits");
	fd = fanotify(FAN_CLASS_NOTIF);
	other = fanotify(FAN_CLASS_NOTIF);
	check(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY) < 0 && errno == EMFILE, "one group more than allowed");
	write_file("f", "");
	write_file("g", "");
	mark(fd, 0, FAN_OPEN, "f");
	check(fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "g") < 0 && errno == ENOSPC, "one mark more than allowed");
	close(fd);
	check(!fanotify_mark(other, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "g"), "a closed group's marks make room");
	fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
	check(fd >= 0, "and so does the group");
	close(fd);
	close(other);
	must(set_value(LIMITS "max_user_groups", groups) && set_value(LIMITS "max_user_marks", marks), "limits");
}

void test_fanotify(void)
{
	descriptors("tmpfs");
	if (access("/host", W_OK) == 0) {
		must(!chdir("/host"), "/host");
		descriptors("hostfs");
		must(!chdir(workdir()), workdir());
	}
	ignored();
	mounts();
	queue();
	limits();
	fanotify_names();
	fanotify_permissions();
	fanotify_marks();
}
