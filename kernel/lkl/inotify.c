/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inotify of the Linux Kernel Library, in this process: TAP. */
#include <lkl.h>
#include <lkl_host.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The layout of an inotify event, and the bits that are used here, as every Linux has them. */
struct event {
	int32_t wd;
	uint32_t mask, cookie, len;
	char name[];
};

#define MODIFY 0x2
#define CREATE 0x100
#define DELETE 0x200
#define IGNORED 0x8000
#define ISDIR 0x40000000

static int n_checks, n_failed;

static void check(int condition, const char *description)
{
	n_checks++;
	n_failed += !condition;
	printf("%s %d - %s\n", condition ? "ok" : "not ok", n_checks, description);
}

static char buffer[8192];
static long length, at;

/* Is this the next event? */
static int next(int fd, uint32_t mask, const char *name)
{
	const struct event *event;

	if (at >= length) {
		length = lkl_sys_read(fd, buffer, sizeof(buffer));
		at = 0;
	}
	if (at >= length)
		return 0;
	event = (const void *)(buffer + at);
	at += (long)sizeof(*event) + event->len;
	return event->mask == mask && !strcmp(event->len ? event->name : "", name);
}

static void watches(void)
{
	long fd, wd, file;

	check(!lkl_sys_mkdir("/w", 0755), "a directory");
	fd = lkl_sys_inotify_init1(LKL_O_NONBLOCK);
	check(fd >= 0, "inotify_init1");
	wd = lkl_sys_inotify_add_watch(fd, "/w", MODIFY | CREATE | DELETE);
	check(wd == 1, "inotify_add_watch");
	file = lkl_sys_open("/w/f", LKL_O_CREAT | LKL_O_WRONLY, 0644);
	check(file >= 0 && lkl_sys_write(file, "x", 1) == 1, "a file is created and written");
	lkl_sys_close(file);
	check(!lkl_sys_mkdir("/w/d", 0755) && !lkl_sys_unlink("/w/f"), "a directory is made, the file unlinked");
	check(next(fd, CREATE, "f") && next(fd, MODIFY, "f") && next(fd, CREATE | ISDIR, "d") && next(fd, DELETE, "f"), "each is told, in this order");
	check(!lkl_sys_inotify_rm_watch(fd, wd) && next(fd, IGNORED, ""), "the watch is removed");
	check(!lkl_sys_close(fd), "the group is closed");
	for (int i = 0; i < 1000; i++) {
		fd = lkl_sys_inotify_init1(0);
		if (fd < 0 || lkl_sys_inotify_add_watch(fd, "/w", CREATE) != 1 || lkl_sys_close(fd))
			break;
	}
	check(fd >= 0, "a thousand groups come and go, watching");
}

int main(void)
{
	check(!lkl_init(&lkl_host_ops) && !lkl_start_kernel("mem=64M loglevel=4"), "the kernel starts");
	if (!n_failed)
		watches();
	printf("1..%d\n", n_checks);
	if (!n_failed)
		lkl_sys_halt();
	return n_failed != 0;
}
