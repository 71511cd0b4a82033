/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: watches and the flags they are added with.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"

static void touch(const char *path)
{
	int fd = mem_open(path, O_RDONLY, 0);

	if (fd < 0)
		ok(false, "%s is opened: %d", path, fd);
	else
		mem_close(fd);
}

/* What a second add does to the first. */
static void adding_again(void)
{
	int fd = inotify_of(IN_NONBLOCK);

	make_file("/again");
	is(watch(fd, "/again", IN_OPEN | IN_MASK_CREATE), 1, "IN_MASK_CREATE for a new watch");
	is(watch(fd, "/again", IN_OPEN | IN_MASK_CREATE), -EEXIST, "IN_MASK_CREATE for one that is there");
	touch("/again");
	is_str(events(fd), "1 OPEN", "which stays as it was");
	is(watch(fd, "/again", IN_CLOSE_NOWRITE | IN_MASK_ADD), 1, "IN_MASK_ADD");
	touch("/again");
	is_str(events(fd), "1 OPEN; 1 CLOSE_NOWRITE", "adds an event");
	is(watch(fd, "/again", IN_CLOSE_NOWRITE), 1, "without it");
	touch("/again");
	is_str(events(fd), "1 CLOSE_NOWRITE", "the new mask replaces the old one");
	is(unwatch(fd, 1), 0, "removed");
	is(watch(fd, "/again", IN_OPEN | IN_MASK_ADD), 2, "IN_MASK_ADD for one that is not there makes it");
	is(watch(fd, "/again", IN_ONESHOT | IN_MASK_ADD), 2, "IN_MASK_ADD adds flags");
	touch("/again");
	touch("/again");
	is_str(events(fd), "1 IGNORED; 2 OPEN; 2 IGNORED", "which count");
	is(watch(fd, "/again", IN_OPEN | IN_ONESHOT), 3, "a watch for one event");
	is(watch(fd, "/again", IN_OPEN), 3, "replaced by one for many");
	touch("/again");
	touch("/again");
	is_str(events(fd), "3 OPEN", "equal events that follow each other are one");
	is(unwatch(fd, 3), 0, "and the watch is still there");
	fsn_sys_close(fd);
	mem_unlink("/again");
}

static void oneshot(void)
{
	int fd = inotify_of(IN_NONBLOCK);

	mem_mkdir("/once", 0755);
	is(watch(fd, "/once", IN_CREATE | IN_DELETE | IN_ONESHOT), 1, "a watch for one event");
	make_file("/once/a");
	make_file("/once/b");
	is_str(events(fd), "1 CREATE a; 1 IGNORED", "ends with the first");
	is(unwatch(fd, 1), -EINVAL, "and is not there any more");
	is(watch(fd, "/once", IN_CREATE | IN_ONESHOT), 2, "a new one has a new number");
	is(unwatch(fd, 2), 0, "and can be removed before its event");
	is_str(events(fd), "2 IGNORED", "which says so");
	is(watch(fd, "/once", IN_OPEN | IN_ONESHOT), 3, "one more");
	touch("/once");
	is_str(events(fd), "3 OPEN+ISDIR; 3 IGNORED", "the directory itself");
	fsn_sys_close(fd);
}

static void kinds_of_objects(void)
{
	int fd = inotify_of(IN_NONBLOCK);
	struct stat st;

	mem_mkdir("/kinds", 0755);
	make_file("/kinds/file");
	mem_symlink("/kinds/file", "/kinds/link");
	mem_symlink("/kinds", "/kinds-link");
	mem_link("/kinds/file", "/kinds/hard");
	mem_mknod("/kinds/pipe", S_IFIFO | 0644);

	is(watch(fd, "/kinds", IN_ATTRIB | IN_ONLYDIR), 1, "IN_ONLYDIR for a directory");
	is(watch(fd, "/kinds-link", IN_ATTRIB | IN_ONLYDIR), 1, "through a symbolic link it is the same");
	is(watch(fd, "/kinds-link", IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW), -ENOTDIR, "the link itself is none");
	is(watch(fd, "/kinds/link", IN_ATTRIB | IN_ONLYDIR), -ENOTDIR, "nor is the file that a link leads to");
	is(unwatch(fd, 1), 0, "removed");
	is_str(events(fd), "1 IGNORED", "the directory's");

	is(watch(fd, "/kinds/file", IN_ATTRIB), 2, "a file");
	is(watch(fd, "/kinds/link", IN_ATTRIB), 2, "the same file through a symbolic link");
	is(watch(fd, "/kinds/hard", IN_ATTRIB), 2, "and through its other name");
	is(watch(fd, "/kinds/link", IN_ATTRIB | IN_DONT_FOLLOW), 3, "the link itself");
	is(watch(fd, "/kinds/pipe", IN_ATTRIB), 4, "a pipe");
	mem_chmod("/kinds/link", 0600);
	is_str(events(fd), "2 ATTRIB", "a change through the link is the file's");
	mem_utimens("/kinds/link", NULL, AT_SYMLINK_NOFOLLOW);
	is_str(events(fd), "3 ATTRIB", "a change of the link is the link's");
	mem_chmod("/kinds/pipe", 0600);
	is_str(events(fd), "4 ATTRIB", "the pipe's");
	mem_lstat("/kinds/link", &st);
	ok(S_ISLNK(st.st_mode), "the link is still one");
	mem_unlink("/kinds/link");
	is_str(events(fd), "3 ATTRIB; 3 IGNORED", "the link goes");
	mem_unlink("/kinds/hard");
	is_str(events(fd), "2 ATTRIB", "the file loses a name");
	mem_unlink("/kinds/file");
	is_str(events(fd), "2 ATTRIB; 2 IGNORED", "and the last one");
	fsn_sys_close(fd);
}

/* A directory's watch, and what is done with a file that has no name there any more. */
static void excl_unlink(void)
{
	int with = inotify_of(IN_NONBLOCK), without = inotify_of(IN_NONBLOCK), file;

	mem_mkdir("/excl", 0755);
	file = mem_open("/excl/f", O_CREAT | O_RDWR, 0644);
	is(watch(with, "/excl", IN_MODIFY | IN_CLOSE | IN_EXCL_UNLINK), 1, "IN_EXCL_UNLINK");
	is(watch(without, "/excl", IN_MODIFY | IN_CLOSE), 1, "a watch without it");
	mem_write(file, "x", 1);
	is_str(events(with), "1 MODIFY f", "a write to a file with a name");
	is_str(events(without), "1 MODIFY f", "is seen by both");
	mem_unlink("/excl/f");
	mem_write(file, "x", 1);
	is_str(events(with), "", "one to a file without a name is not seen with the flag");
	is_str(events(without), "1 MODIFY f", "and is without it");
	is(watch(with, "/excl", IN_MODIFY | IN_CLOSE), 1, "the flag goes with the old mask");
	mem_close(file);
	is_str(events(with), "1 CLOSE_WRITE f", "so that the end of the file is seen");
	is_str(events(without), "1 CLOSE_WRITE f", "by both");
	fsn_sys_close(with);
	fsn_sys_close(without);
}

/* Masks that name no event, and bits that inotify sets by itself. */
static void masks(void)
{
	int fd = inotify_of(IN_NONBLOCK), file;

	mem_mkdir("/masks", 0755);
	is(watch(fd, "/masks", IN_ONLYDIR), 1, "a flag alone");
	make_file("/masks/a");
	is_str(events(fd), "", "makes a watch without events");
	is(watch(fd, "/masks", IN_ISDIR), 1, "a bit that only events have");
	make_file("/masks/b");
	is_str(events(fd), "", "is taken, and means nothing");
	is(watch(fd, "/masks", IN_IGNORED | IN_Q_OVERFLOW | IN_UNMOUNT), 1, "as are the others of that kind");
	make_file("/masks/c");
	is_str(events(fd), "", "which mean nothing, too");
	is(watch(fd, "/masks", IN_ALL_EVENTS), 1, "all events");
	file = mem_open("/masks/d", O_CREAT | O_RDWR, 0644);
	mem_write(file, "text", 4);
	mem_pread(file, (char[4]){ 0 }, 4, 0);
	mem_fchmod(file, 0600);
	mem_close(file);
	is_str(events(fd), "1 CREATE d; 1 OPEN d; 1 MODIFY d; 1 ACCESS d; 1 ATTRIB d; 1 CLOSE_WRITE d", "are delivered");
	is(watch(fd, "/masks", IN_CLOSE), 1, "a set of two");
	touch("/masks/d");
	file = mem_open("/masks/d", O_WRONLY, 0);
	mem_close(file);
	is_str(events(fd), "1 CLOSE_NOWRITE d; 1 CLOSE_WRITE d", "is both");
	touch("/masks");
	is_str(events(fd), "1 CLOSE_NOWRITE+ISDIR", "the directory itself has no name");
	fsn_sys_close(fd);
}

/* A file and its directory in one instance, and one object in two. */
static void several(void)
{
	int one = inotify_of(IN_NONBLOCK), two = inotify_of(IN_NONBLOCK);

	mem_mkdir("/several", 0755);
	make_file("/several/f");
	is(watch(one, "/several", IN_OPEN | IN_DELETE), 1, "a directory");
	is(watch(one, "/several/f", IN_OPEN | IN_DELETE_SELF), 2, "and its file");
	is(watch(two, "/several/f", IN_OPEN), 1, "the file in another instance");
	touch("/several/f");
	is_str(events(one), "1 OPEN f; 2 OPEN", "the directory's watch comes first, with the name");
	is_str(events(two), "1 OPEN", "the other instance has its own");
	is(unwatch(one, 1), 0, "the directory's watch goes");
	touch("/several/f");
	is_str(events(one), "1 IGNORED; 2 OPEN", "the file's stays");
	mem_unlink("/several/f");
	is_str(events(one), "2 DELETE_SELF; 2 IGNORED", "until it is deleted");
	is_str(events(two), "1 OPEN; 1 IGNORED", "in both");
	fsn_sys_close(one);
	fsn_sys_close(two);
}

int main(void)
{
	tests_begin();
	adding_again();
	oneshot();
	kinds_of_objects();
	excl_unlink();
	masks();
	several();
	return tests_end();
}
