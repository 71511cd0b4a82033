/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: what /proc/<pid>/fdinfo would say of an instance.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"

static char info[65536];

/* The line that begins so; NULL if there is none. */
static const char *line(const char *begin)
{
	const char *at;

	for (at = info; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, begin, strlen(begin)))
			return at;
	}
	return NULL;
}

static int lines(const char *begin)
{
	const char *at;
	int count = 0;

	for (at = info; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		count += !strncmp(at, begin, strlen(begin));
	}
	return count;
}

/* What the line of the watch says, against what is known of its object. */
static void check(const char *path, int wd, u32 mask, bool link)
{
	unsigned int line_dev, line_mask, bytes, type, byte, i;
	unsigned long ino;
	char begin[32];
	const char *at;
	struct stat st;
	int used = 0;

	snprintf(begin, sizeof(begin), "inotify wd:%x ino:", wd);
	at = line(begin);
	if (!ok(at != NULL, "%s has a line", path))
		return;
	if (link)
		mem_lstat(path, &st);
	else
		mem_stat(path, &st);
	is(sscanf(at + strlen(begin), "%lx sdev:%x mask:%x ignored_mask:0 fhandle-bytes:%x fhandle-type:%x f_handle:%n", &ino,
		  &line_dev, &line_mask, &bytes, &type, &used), 5, "%s: it has the kernel's form", path);
	is(ino, st.st_ino, "%s: the inode's number", path);
	is(line_dev, st.st_dev, "%s: the device", path);
	is(line_mask, mask, "%s: the mask", path);
	ok(type != 0 && type != 0xff && bytes >= 8 && bytes <= 128, "%s: a file handle", path);
	at += strlen(begin) + used;
	for (i = 0; i < bytes && sscanf(at, "%2x", &byte) == 1; i++)
		at += 2;
	ok(i == bytes && *at == '\n', "%s: of as many bytes, and nothing behind it", path);
}

static void texts(void)
{
	int fd = inotify_of(IN_NONBLOCK), i, wd = 0;
	long whole;
	const char *newest, *oldest;
	char path[32], small[64];

	ok(fsn_sys_fdinfo(fd, info, sizeof(info)) > 0, "of an instance without watches");
	ok(line("pos:\t0\n") && line("flags:\t0") && line("ino:\t"), "what every descriptor has");
	is(lines("inotify"), 0, "and no watch");

	mem_mkdir("/i", 0755);
	make_file("/i/file");
	mem_symlink("file", "/i/link");
	is(watch(fd, "/i", IN_CREATE | IN_DELETE), 1, "a directory");
	is(watch(fd, "/i/file", IN_MODIFY | IN_EXCL_UNLINK), 2, "a file");
	is(watch(fd, "/i/link", IN_ATTRIB | IN_ONESHOT | IN_DONT_FOLLOW), 3, "a symbolic link");
	is(fsn_sys_ioctl(fd, INOTIFY_IOC_SETNEXTWD, 0xabc), 0, "a large number");
	is(watch(fd, "/", IN_ALL_EVENTS), 0xabc, "the root");
	ok(fsn_sys_fdinfo(fd, info, sizeof(info)) > 0, "of an instance with watches");
	is(lines("inotify "), 4, "each of them has a line");
	check("/i", 1, IN_CREATE | IN_DELETE, false);
	check("/i/file", 2, IN_MODIFY | IN_EXCL_UNLINK, false);
	check("/i/link", 3, IN_ATTRIB | IN_ONESHOT, true);
	check("/", 0xabc, IN_ALL_EVENTS, false);
	newest = line("inotify wd:abc ");
	oldest = line("inotify wd:1 ");
	ok(newest && oldest && newest < oldest, "the newest comes first");
	unwatch(fd, 2);
	mem_unlink("/i/link");
	ok(fsn_sys_fdinfo(fd, info, sizeof(info)) > 0, "once more");
	ok(lines("inotify ") == 2 && line("inotify wd:1 ") && line("inotify wd:abc "), "those that are left");

	for (i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "/i/many%d", i);
		make_file(path);
		wd = watch(fd, path, IN_OPEN);
	}
	ok(fsn_sys_fdinfo(fd, info, sizeof(info)) > 300 * 60, "more than a page of text");
	is(lines("inotify "), 302, "is complete");
	check(path, wd, IN_OPEN, false);
	whole = fsn_sys_fdinfo(fd, info, sizeof(info));
	memset(small, '#', sizeof(small));
	is(fsn_sys_fdinfo(fd, small, 32), whole, "a short buffer: the length of the whole text");
	ok(strnlen(small, 32) == 31 && !strncmp(small, info, 31) && small[32] == '#', "of which it has what fits");
	fsn_sys_close(fd);
	is(fsn_sys_fdinfo(fd, info, sizeof(info)) < 0, 1, "of a closed descriptor there is none");
}

int main(void)
{
	tests_begin();
	texts();
	return tests_end();
}
