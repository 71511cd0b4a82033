/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fanotify's records: file handles, names, pidfds. */
#include "fanotify.h"

static int place;

static void mark(int fd, unsigned int flags, uint64_t mask)
{
	must(!fanotify_mark(fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, "."), "fanotify_mark");
}

static void handles(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF | FAN_REPORT_FID);

	mark(fd, 0, FAN_CREATE | FAN_DELETE | FAN_ATTRIB | FAN_EVENT_ON_CHILD | FAN_ONDIR);
	touch("h");
	same(fanotify_events(fd, place), "CREATE fid:n", "FAN_REPORT_FID tells which directory a file was created in");
	must(!chmod("h", 0600), "chmod");
	same(fanotify_events(fd, place), "ATTRIB fid:h", "and which file has changed");
	must(!mkdir("hd", 0755) && !rmdir("hd"), "mkdir");
	same(fanotify_events(fd, place), "CREATE|DELETE|ONDIR fid:n", "directories are marked as such");
	must(!fanotify_mark(fd, FAN_MARK_ADD, FAN_DELETE_SELF, AT_FDCWD, "h") && !unlink("h"), "unlink");
	same(fanotify_events(fd, place), "DELETE_SELF fid:(gone); DELETE fid:n", "a deleted file's handle is stale");
	close(fd);
}

static void names(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME);

	mark(fd, 0, FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_OPEN | FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD | FAN_ONDIR);
	touch("a");
	same(fanotify_events(fd, place), "CLOSE_WRITE|OPEN|CREATE n/a", "FAN_REPORT_DFID_NAME tells directory and name");
	must(!rename("a", "b"), "rename");
	same(fanotify_events(fd, place), "MOVED_FROM n/a; MOVED_TO n/b", "a rename has two of them");
	must(!mkdir("sub", 0755), "mkdir");
	close(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	same(fanotify_events(fd, place), "CREATE|ONDIR n/sub; OPEN|ONDIR n/.", "a directory's own name is a dot");
	must(!unlink("b") && !rmdir("sub"), "unlink");
	same(fanotify_events(fd, place), "DELETE n/b; DELETE|ONDIR n/sub", "deleted names");
	close(fd);
}

static void targets(void)
{
	int fd = fanotify(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME_TARGET), other = fanotify(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_REPORT_PIDFD);

	mark(fd, FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_RENAME);
	mark(other, FAN_MARK_FILESYSTEM, FAN_CLOSE_WRITE);
	must(!mkdir("from", 0755) && !mkdir("to", 0755), "mkdir");
	fanotify_events(fd, place);
	touch("from/x");
	same(fanotify_events(fd, place), "CREATE from/x fid:x", "FAN_REPORT_TARGET_FID adds the file itself");
	same(fanotify_events(other, place), "CLOSE_WRITE from/x pidfd", "FAN_REPORT_PIDFD adds a pidfd");
	must(!rename("from/x", "to/y"), "rename");
	same(fanotify_events(fd, place), "RENAME old:from/x new:to/y fid:y", "FAN_RENAME has both names in one event");
	must(!unlink("to/y") && !rmdir("from") && !rmdir("to"), "rmdir");
	close(other);
	close(fd);
}

void fanotify_names(void)
{
	must(!mkdir("n", 0755) && !chdir("n"), "n");
	place = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(place >= 0, "n");
	handles();
	names();
	targets();
	check(fanotify_init(FAN_CLASS_CONTENT | FAN_REPORT_FID, 0) < 0 && errno == EINVAL, "no handles with permission events");
	if (access("/host", W_OK) == 0) {
		int fd = fanotify(FAN_CLASS_NOTIF | FAN_REPORT_FID);

		/* 6.1 wants a file system that can open its handles again; for later ones it is enough that they can be made. */
		int refused = fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE, AT_FDCWD, "/host") ? errno : 0;

		check(is_series("6.1") ? refused == ENODEV || refused == EOPNOTSUPP : !refused, "handles of a file system that cannot open them");
		close(fd);
	}
	close(place);
	must(!chdir(".."), "..");
}
