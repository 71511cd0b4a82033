/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: what it tells of changes to a tree, in which order, and when it says it once.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"

#define EXCHANGE 2
#define DETACH 2

static void files(void)
{
	int fd = inotify_of(IN_NONBLOCK), file;
	char text[8];

	mem_mkdir("/f", 0755);
	is(watch(fd, "/f", IN_ALL_EVENTS), 1, "a directory");
	file = mem_open("/f/a", O_CREAT | O_EXCL | O_RDWR, 0644);
	is(watch(fd, "/f/a", IN_ALL_EVENTS), 2, "and a file in it");
	is_str(events(fd), "1 CREATE a; 1 OPEN a", "made and opened");
	mem_write(file, "hello", 5);
	is_str(events(fd), "1 MODIFY a; 2 MODIFY", "written");
	mem_pread(file, text, 5, 0);
	is_str(events(fd), "1 ACCESS a; 2 ACCESS", "read");
	is(mem_pread(file, text, 5, 100), 0, "the end");
	is_str(events(fd), "", "gives no event");
	mem_ftruncate(file, 2);
	is_str(events(fd), "1 MODIFY a; 2 MODIFY", "shortened");
	mem_fchmod(file, 0600);
	is_str(events(fd), "1 ATTRIB a; 2 ATTRIB", "another mode");
	mem_chown("/f/a", 0, 0);
	is_str(events(fd), "1 ATTRIB a; 2 ATTRIB", "another owner");
	mem_utimens("/f/a", NULL, 0);
	is_str(events(fd), "1 ATTRIB a; 2 ATTRIB", "other times");
	mem_close(file);
	is_str(events(fd), "1 CLOSE_WRITE a; 2 CLOSE_WRITE", "closed after writing");
	file = mem_open("/f/a", O_RDONLY, 0);
	mem_close(file);
	is_str(events(fd), "1 OPEN a; 2 OPEN; 1 CLOSE_NOWRITE a; 2 CLOSE_NOWRITE", "opened for reading and closed");
	file = mem_open("/f/a", O_WRONLY | O_TRUNC, 0);
	mem_close(file);
	is_str(events(fd), "1 OPEN a; 2 OPEN; 1 MODIFY a; 2 MODIFY; 1 CLOSE_WRITE a; 2 CLOSE_WRITE", "opened with O_TRUNC");
	is(mem_open("/f/missing", O_RDONLY, 0), -ENOENT, "an open that fails");
	is(mem_mkdir("/f/a", 0755), -EEXIST, "and a mkdir");
	is_str(events(fd), "", "give no event");
	mem_link("/f/a", "/f/b");
	is_str(events(fd), "2 ATTRIB; 1 CREATE b", "a second name");
	mem_symlink("a", "/f/s");
	mem_mknod("/f/p", S_IFIFO | 0600);
	is_str(events(fd), "1 CREATE s; 1 CREATE p", "a symbolic link, a pipe");
	mem_unlink("/f/b");
	is_str(events(fd), "2 ATTRIB; 1 DELETE b", "a name is removed");
	mem_unlink("/f/a");
	is_str(events(fd), "2 ATTRIB; 2 DELETE_SELF; 2 IGNORED; 1 DELETE a", "and the last one");
	fsn_sys_close(fd);
}

/* The file lives on while it is open, and its watch with it. */
static void open_and_deleted(void)
{
	int fd = inotify_of(IN_NONBLOCK), file;

	mem_mkdir("/o", 0755);
	file = mem_open("/o/a", O_CREAT | O_RDWR, 0644);
	is(watch(fd, "/o/a", IN_ALL_EVENTS), 1, "an open file");
	mem_unlink("/o/a");
	is_str(events(fd), "1 ATTRIB", "loses its name");
	mem_write(file, "x", 1);
	is_str(events(fd), "1 MODIFY", "and is written");
	mem_close(file);
	is_str(events(fd), "1 CLOSE_WRITE; 1 DELETE_SELF; 1 IGNORED", "it goes when it is closed");
	fsn_sys_close(fd);
}

static void directories(void)
{
	int fd = inotify_of(IN_NONBLOCK), directory;
	char entries[1024];

	mem_mkdir("/d", 0755);
	is(watch(fd, "/d", IN_ALL_EVENTS), 1, "a directory");
	mem_mkdir("/d/sub", 0755);
	is_str(events(fd), "1 CREATE+ISDIR sub", "a directory in it");
	is(watch(fd, "/d/sub", IN_ALL_EVENTS), 2, "is watched, too");
	directory = mem_open("/d/sub", O_RDONLY | O_DIRECTORY, 0);
	while (mem_getdents(directory, entries, sizeof(entries)) > 0)
		;
	mem_close(directory);
	is_str(events(fd), "1 OPEN+ISDIR sub; 2 OPEN+ISDIR; 1 ACCESS+ISDIR sub; 2 ACCESS+ISDIR; "
	       "1 ACCESS+ISDIR sub; 2 ACCESS+ISDIR; 1 CLOSE_NOWRITE+ISDIR sub; 2 CLOSE_NOWRITE+ISDIR", "listed in two reads, the last of which finds the end");
	mem_chmod("/d/sub", 0700);
	is_str(events(fd), "1 ATTRIB+ISDIR sub; 2 ATTRIB+ISDIR", "another mode");
	make_file("/d/sub/x");
	is_str(events(fd), "2 CREATE x; 2 OPEN x; 2 CLOSE_WRITE x", "what is in it is no business of the upper one");
	is(mem_rmdir("/d/sub"), -ENOTEMPTY, "removed while something is in it");
	mem_unlink("/d/sub/x");
	is_str(events(fd), "2 DELETE x", "emptied");
	mem_rmdir("/d/sub");
	is_str(events(fd), "2 DELETE_SELF; 2 IGNORED; 1 DELETE+ISDIR sub", "removed");
	fsn_sys_close(fd);
}

static void moves(void)
{
	int fd = inotify_of(IN_NONBLOCK);
	u32 mask = IN_MOVE | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB | IN_CREATE | IN_DELETE;

	mem_mkdir("/m", 0755);
	mem_mkdir("/m/one", 0755);
	mem_mkdir("/m/two", 0755);
	make_file("/m/one/a");
	is(watch(fd, "/m/one", mask), 1, "one directory");
	is(watch(fd, "/m/two", mask), 2, "another");
	is(watch(fd, "/m/one/a", mask), 3, "a file");
	mem_rename("/m/one/a", "/m/one/b", 0);
	is_str(events(fd), "1 MOVED_FROM a ~1; 1 MOVED_TO b ~1; 3 MOVE_SELF", "a new name: two events, one cookie");
	mem_rename("/m/one/b", "/m/two/b", 0);
	is_str(events(fd), "1 MOVED_FROM b ~2; 2 MOVED_TO b ~2; 3 MOVE_SELF", "a new place: another cookie");
	mem_rename("/m/two/b", "/m/b", 0);
	is_str(events(fd), "2 MOVED_FROM b ~3; 3 MOVE_SELF", "out of sight");
	mem_rename("/m/b", "/m/one/b", 0);
	is_str(events(fd), "1 MOVED_TO b ~4; 3 MOVE_SELF", "and back");

	make_file("/m/two/c");
	is(watch(fd, "/m/two/c", mask), 4, "a file that will be replaced");
	is_str(events(fd), "2 CREATE c", "is there");
	mem_rename("/m/one/b", "/m/two/c", 0);
	is_str(events(fd), "1 MOVED_FROM b ~5; 2 MOVED_TO c ~5; 4 ATTRIB; 3 MOVE_SELF; 4 DELETE_SELF; 4 IGNORED",
	       "replaced: it goes after the move");
	is(mem_rename("/m/two/c", "/m/two/c", 0), 0, "to its own name");
	is_str(events(fd), "", "which is no move");

	make_file("/m/one/x");
	is_str(events(fd), "1 CREATE x", "a second file");
	is(watch(fd, "/m/one/x", mask), 5, "watched");
	mem_rename("/m/one/x", "/m/two/c", EXCHANGE);
	is_str(events(fd), "1 MOVED_FROM x ~6; 2 MOVED_TO c ~6; 5 MOVE_SELF; 2 MOVED_FROM c ~7; 1 MOVED_TO x ~7; 3 MOVE_SELF",
	       "exchanged: two moves");
	mem_mkdir("/m/one/sub", 0755);
	is(watch(fd, "/m/one/sub", mask), 6, "a directory");
	is_str(events(fd), "1 CREATE+ISDIR sub", "made");
	mem_rename("/m/one/sub", "/m/two/sub", 0);
	is_str(events(fd), "1 MOVED_FROM+ISDIR sub ~8; 2 MOVED_TO+ISDIR sub ~8; 6 MOVE_SELF", "moved, without IN_ISDIR of itself");
	is(mem_rename("/m/two", "/m/two/sub/two", 0), -EINVAL, "a move into itself");
	is(mem_rename("/m/two/sub", "/m/one/x", 0), -ENOTDIR, "a directory onto a file");
	is(mem_rename("/m/one/missing", "/m/one/y", 0), -ENOENT, "nothing");
	is_str(events(fd), "", "give no event");
	fsn_sys_close(fd);
}

static void merges(void)
{
	int fd = inotify_of(IN_NONBLOCK), a, b;

	mem_mkdir("/g", 0755);
	a = mem_open("/g/a", O_CREAT | O_RDWR, 0644);
	b = mem_open("/g/b", O_CREAT | O_RDWR, 0644);
	is(watch(fd, "/g", IN_MODIFY | IN_ATTRIB), 1, "a directory");
	mem_write(a, "x", 1);
	mem_write(a, "x", 1);
	mem_write(a, "x", 1);
	is_str(events(fd), "1 MODIFY a", "three writes in a row are one event");
	mem_write(a, "x", 1);
	is_str(events(fd), "1 MODIFY a", "a write after the read is a new one");
	mem_write(a, "x", 1);
	mem_write(b, "x", 1);
	mem_write(a, "x", 1);
	is_str(events(fd), "1 MODIFY a; 1 MODIFY b; 1 MODIFY a", "only the last event is looked at");
	mem_write(a, "x", 1);
	mem_fchmod(a, 0600);
	mem_write(a, "x", 1);
	is_str(events(fd), "1 MODIFY a; 1 ATTRIB a; 1 MODIFY a", "different events stay apart");
	is(watch(fd, "/g/a", IN_MODIFY), 2, "the file itself");
	mem_write(a, "x", 1);
	mem_write(a, "x", 1);
	is_str(events(fd), "1 MODIFY a; 2 MODIFY; 1 MODIFY a; 2 MODIFY", "as do those of different watches");
	is(unwatch(fd, 2), 0, "removed");
	is(watch(fd, "/g/a", IN_MODIFY), 3, "and added");
	is(unwatch(fd, 3), 0, "and removed");
	is_str(events(fd), "2 IGNORED; 3 IGNORED", "two ends of watches are two");
	fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 2);
	is(watch(fd, "/g/a", IN_MODIFY), 2, "an old number");
	is(unwatch(fd, 2), 0, "removed");
	fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 2);
	is(watch(fd, "/g/b", IN_MODIFY), 2, "and given out again");
	is(unwatch(fd, 2), 0, "and removed");
	is_str(events(fd), "2 IGNORED; 2 IGNORED", "are two even if they are equal");
	is(watch(fd, "/g/a", IN_MODIFY), 3, "the one file");
	is(watch(fd, "/g/b", IN_MODIFY), 4, "the other");
	is(unwatch(fd, 1), 0, "without their directory");
	is_str(events(fd), "1 IGNORED", "whose watch ends");
	mem_write(a, "x", 1);
	mem_write(b, "x", 1);
	is_str(events(fd), "3 MODIFY; 4 MODIFY", "events that differ in their watch alone are two");
	mem_close(a);
	mem_close(b);
	fsn_sys_close(fd);
}

static void unmounts(void)
{
	int fd = inotify_of(IN_NONBLOCK), file;

	mem_mkdir("/mnt", 0755);
	is(watch(fd, "/mnt", IN_ALL_EVENTS), 1, "the directory below");
	is(mem_mount("/mnt"), 0, "a filesystem on it");
	is_str(events(fd), "", "is no event");
	mem_mkdir("/mnt/d", 0755);
	is(watch(fd, "/mnt/d", IN_CREATE), 2, "a directory of it");
	make_file("/mnt/d/f");
	is_str(events(fd), "2 CREATE f", "has events");
	file = mem_open("/mnt/d/f", O_RDONLY, 0);
	is(mem_umount("/mnt", 0), -EBUSY, "unmounted while a file is open");
	is_str(events(fd), "", "which is no event");
	mem_close(file);
	is(mem_umount("/mnt", 0), 0, "unmounted");
	is_str(events(fd), "2 UNMOUNT+ISDIR; 2 IGNORED", "asked for or not");
	is(unwatch(fd, 2), -EINVAL, "and the watch is gone");
	make_file("/mnt/below");
	is_str(events(fd), "1 CREATE below; 1 OPEN below; 1 CLOSE_WRITE below", "the one below is not");

	is(mem_mount("/mnt"), 0, "another filesystem");
	file = mem_open("/mnt/f", O_CREAT | O_RDWR, 0644);
	is(watch(fd, "/mnt", IN_ALL_EVENTS), 3, "its root");
	is(mem_umount("/mnt", DETACH), 0, "detached while a file is open");
	is_str(events(fd), "", "it is still there");
	mem_write(file, "x", 1);
	is_str(events(fd), "3 MODIFY f", "and has events");
	mem_close(file);
	is_str(events(fd), "3 CLOSE_WRITE f; 3 UNMOUNT+ISDIR; 3 IGNORED", "until the file is closed");
	fsn_sys_close(fd);
}

int main(void)
{
	tests_begin();
	files();
	open_and_deleted();
	directories();
	moves();
	merges();
	unmounts();
	return tests_end();
}
