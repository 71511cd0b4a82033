/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks that do not keep their inode. */
#include "fanotify.h"

/* How many inode marks does a group have? Its fdinfo tells. */
static int marks(int fd)
{
	char path[64], line[256];
	int n = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	must(info, path);
	while (fgets(line, sizeof(line), info))
		n += !strncmp(line, "fanotify ino:", 13);
	fclose(info);
	return n;
}

/* hostfs forgets an inode with its last user, so an evictable mark goes with it. tmpfs never forgets a file. */
void fanotify_marks(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF), file;

	write_file("e", "");
	must(!fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "e"), "FAN_MARK_EVICTABLE");
	check(marks(fd) == 1, "an evictable mark is there");
	touch("e");
	same(fanotify_events(fd, -1), "OPEN e", "and hears");
	check(!fanotify_mark(fd, FAN_MARK_ADD, FAN_CLOSE, AT_FDCWD, "e"), "it is made an ordinary one");
	check(fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "e") < 0 && errno == EEXIST, "but not back");
	must(!fanotify_mark(fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL), "FAN_MARK_FLUSH");
	if (access("/host", W_OK) == 0) {
		write_file("/host/e", "");
		file = open("/host/e", O_RDONLY | O_CLOEXEC);
		must(!fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_EVICTABLE, FAN_OPEN, AT_FDCWD, "/host/e"), "FAN_MARK_EVICTABLE");
		check(marks(fd) == 1, "an evictable mark is there while its inode is in use");
		close(file);
		must(set_value("/proc/sys/vm/drop_caches", "3"), "drop_caches");
		check(within(marks(fd) == 0), "and goes with it");
		must(!fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/host/e"), "fanotify_mark");
		must(set_value("/proc/sys/vm/drop_caches", "3"), "drop_caches");
		check(marks(fd) == 1, "an ordinary one keeps its inode");
		must(!unlink("/host/e"), "unlink");
	}
	close(fd);
}
