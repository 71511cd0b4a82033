/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of Linux's inotify share: its system calls, its events as text, and an end at which nothing may be left.
 *
 * Events are read from the descriptor and written down as "WD EVENT[+EVENT...] [NAME] [~COOKIE]", joined by "; ". Cookies are
 * numbered in the order in which the program meets them, so that equal numbers are equal cookies.
 */
#ifndef BACKENDS_INOTIFY_H
#define BACKENDS_INOTIFY_H

#include <linux/fsnotify_backend.h>
#include <linux/inotify.h>
#include <linux/mount.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "memfs.h"
#include "tap.h"

/* The system calls that inotify_user.c defines. */
long sys_inotify_init(void);
long sys_inotify_init1(int flags);
long sys_inotify_add_watch(int fd, const char *pathname, u32 mask);
long sys_inotify_rm_watch(int fd, s32 wd);

__attribute__((__unused__))
static int inotify_of(int flags)
{
	return (int)sys_inotify_init1(flags);
}

__attribute__((__unused__))
static int watch(int fd, const char *path, u32 mask)
{
	return (int)sys_inotify_add_watch(fd, path, mask);
}

__attribute__((__unused__))
static int unwatch(int fd, int wd)
{
	return (int)sys_inotify_rm_watch(fd, wd);
}

static const struct event_name {
	u32 bit;
	const char *name;
} event_names[] = {
	{ IN_ACCESS, "ACCESS" }, { IN_MODIFY, "MODIFY" }, { IN_ATTRIB, "ATTRIB" }, { IN_CLOSE_WRITE, "CLOSE_WRITE" },
	{ IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" }, { IN_OPEN, "OPEN" }, { IN_MOVED_FROM, "MOVED_FROM" },
	{ IN_MOVED_TO, "MOVED_TO" }, { IN_CREATE, "CREATE" }, { IN_DELETE, "DELETE" }, { IN_DELETE_SELF, "DELETE_SELF" },
	{ IN_MOVE_SELF, "MOVE_SELF" }, { IN_UNMOUNT, "UNMOUNT" }, { IN_Q_OVERFLOW, "Q_OVERFLOW" }, { IN_IGNORED, "IGNORED" },
	{ IN_ISDIR, "ISDIR" },
};

struct text {
	char *at, *end;
};

__attribute__((__format__(__printf__, 2, 3), __unused__))
static void add_text(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->at, text->end - text->at, format, args);
	va_end(args);
	if (length > 0)
		text->at = length < text->end - text->at ? text->at + length : text->end - 1;
}

static int cookie_number(u32 cookie)
{
	static u32 known[64];
	static int count;
	int i;

	for (i = 0; i < count; i++)
		if (known[i] == cookie)
			return i + 1;
	if (count == 64)
		return 0;
	known[count++] = cookie;
	return count;
}

/* One event; what is wrong with its form is said, too. Returns its size. */
static size_t add_event(struct text *text, const char *raw, size_t left)
{
	struct inotify_event event;
	const char *name = raw + sizeof(event);
	const char *joint = " ";
	size_t length, i;

	if (left < sizeof(event)) {
		add_text(text, "CUT-OFF");
		return left;
	}
	memcpy(&event, raw, sizeof(event));
	if (event.len > left - sizeof(event)) {
		add_text(text, "CUT-OFF-NAME");
		return left;
	}
	add_text(text, "%d", event.wd);
	for (i = 0; i < sizeof(event_names) / sizeof(event_names[0]); i++) {
		if (!(event.mask & event_names[i].bit))
			continue;
		add_text(text, "%s%s", joint, event_names[i].name);
		event.mask &= ~event_names[i].bit;
		joint = "+";
	}
	if (event.mask)
		add_text(text, "+0x%x", event.mask);
	if (event.len) {
		length = strnlen(name, event.len);
		add_text(text, " %.*s", (int)length, name);
		/* the name, one zero at least, and more up to a multiple of the event's size */
		if (event.len != (length + sizeof(event)) / sizeof(event) * sizeof(event))
			add_text(text, " WRONG-LENGTH-%u", event.len);
		for (i = length; i < event.len; i++)
			if (name[i])
				add_text(text, " WRONG-PADDING");
	}
	if (event.cookie)
		add_text(text, " ~%d", cookie_number(event.cookie));
	return sizeof(event) + event.len;
}

/* @size bytes that were read. In a buffer of the thread's own, until the next call. */
__attribute__((__unused__))
static const char *events_text(const char *raw, ssize_t size)
{
	static __thread char buffer[16384];
	struct text text = { buffer, buffer + sizeof(buffer) };
	ssize_t done = 0;

	buffer[0] = '\0';
	if (size < 0)
		add_text(&text, "error %d", (int)-size);
	while (done < size) {
		if (done)
			add_text(&text, "; ");
		done += add_event(&text, raw + done, size - done);
	}
	return buffer;
}

/* Takes all that is queued, however long; "" for nothing. */
__attribute__((__unused__))
static const char *events(int fd)
{
	static __thread char raw[65536];
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	if (fsn_sys_poll(&ready, 1, 0) != 1)
		return "";
	return events_text(raw, fsn_sys_read(fd, raw, sizeof(raw)));
}

/* What is queued, in bytes. */
__attribute__((__unused__))
static int queued(int fd)
{
	int bytes = -1;
	long error = fsn_sys_ioctl(fd, FIONREAD, (unsigned long)&bytes);

	return error ? (int)error : bytes;
}

/* An empty file. */
__attribute__((__unused__))
static void make_file(const char *path)
{
	int fd = mem_open(path, O_CREAT | O_WRONLY, 0644);

	if (fd < 0)
		ok(false, "%s is made: %d", path, fd);
	else
		mem_close(fd);
}

static struct fsn_stats stats_before;

__attribute__((__unused__))
static void tests_begin(void)
{
	fsn_stats(&stats_before);
	is(mem_init(), 0, "a tree in memory");
}

/* To be called without descriptors, but for what mem_exit() ends. */
__attribute__((__unused__))
static int tests_end(void)
{
	struct fsn_stats after;

	mem_exit();
	fsn_quiesce();
	fsn_stats(&after);
#define same(field) is(after.field, stats_before.field, "as many %s as before", #field)
	same(groups);
	same(marks);
	same(connectors);
	same(sb_infos);
	same(events_pending);
	same(inodes);
	same(dentries);
	same(allocations);
#undef same
	return done_testing();
}

#endif /* BACKENDS_INOTIFY_H */
