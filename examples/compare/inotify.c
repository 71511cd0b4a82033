// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the running kernel's inotify says about a directory and all below it, in treewatch's words: the yardstick for
 * treewatch's events. It knows no tree, only the path of each watch, so whoever makes a directory waits until it is
 * watched before using it. Ends at SIGTERM, when every notice has been printed.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WATCHES 1024
#define NOTICES (IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CLOSE | IN_OPEN | IN_MOVE | IN_CREATE | IN_DELETE)

static const struct {
	uint32_t mask;
	const char *name;
} words[] = {
	{ IN_CREATE, "CREATE" },
	{ IN_DELETE, "DELETE" },
	{ IN_MODIFY, "MODIFY" },
	{ IN_ATTRIB, "ATTRIB" },
	{ IN_OPEN, "OPEN" },
	{ IN_ACCESS, "ACCESS" },
	{ IN_CLOSE_WRITE, "CLOSE_WRITE" },
	{ IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
};

static int fd;
/* The path of each watch, "" for the top. */
static char *watched[WATCHES];
static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static char *joined(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s%s", dir, *dir ? "/" : "", name) < 0)
		exit(1);
	return path;
}

static void watch(const char *dir)
{
	const char *path = *dir ? dir : ".";
	int wd = inotify_add_watch(fd, path, NOTICES | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK);
	struct dirent *entry;
	DIR *stream;

	if (wd < 0 || wd >= WATCHES)
		exit(1);
	free(watched[wd]);
	watched[wd] = strdup(dir);
	stream = opendir(path);
	while (stream && (entry = readdir(stream))) {
		char *below;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		below = joined(dir, entry->d_name);
		watch(below);
		free(below);
	}
	if (stream)
		closedir(stream);
}

/* A directory was renamed: so are the paths of the watches in it. */
static void rename_watches(const char *from, const char *to)
{
	size_t len = strlen(from);
	char *path;
	int i;

	for (i = 0; i < WATCHES; i++) {
		if (!watched[i] || strncmp(watched[i], from, len) || (watched[i][len] && watched[i][len] != '/'))
			continue;
		if (asprintf(&path, "%s%s", to, watched[i] + len) < 0)
			exit(1);
		free(watched[i]);
		watched[i] = path;
	}
}

static void moved(const struct inotify_event *notice, const char *path, const char *slash)
{
	static char *from;
	static uint32_t cookie;

	if (notice->mask & IN_MOVED_FROM) {
		free(from);
		from = strdup(path);
		cookie = notice->cookie;
		return;
	}
	if (!from || cookie != notice->cookie) {
		printf("MOVED ? -> %s%s\n", path, slash);
		return;
	}
	printf("MOVED %s%s -> %s%s\n", from, slash, path, slash);
	if (*slash)
		rename_watches(from, path);
}

static void print(const struct inotify_event *notice)
{
	const char *dir = notice->wd >= 0 && notice->wd < WATCHES ? watched[notice->wd] : NULL;
	bool is_dir = notice->mask & IN_ISDIR;
	const char *slash = is_dir ? "/" : "";
	char *path;
	size_t i;

	/* A directory's notice about itself repeats its parent's, except at the top. Reading directories is our own doing. */
	if (!dir || notice->mask & IN_IGNORED || (!notice->len && *dir) || (notice->len && notice->name[0] == '.'))
		return;
	if (is_dir && notice->mask & (IN_OPEN | IN_ACCESS | IN_CLOSE))
		return;
	path = notice->len ? joined(dir, notice->name) : strdup(".");
	if (notice->mask & IN_MOVE)
		moved(notice, path, slash);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (notice->mask & words[i].mask)
			printf("%s %s%s\n", words[i].name, path, slash);
	}
	if (is_dir && notice->mask & IN_CREATE)
		watch(path);
	free(path);
}

int main(int argc, char **argv)
{
	_Alignas(struct inotify_event) char buf[65536];
	struct sigaction action = { .sa_handler = stop };
	struct pollfd waiting = { .events = POLLIN };
	ssize_t len;
	char *at;

	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (argc != 2 || fd < 0 || chdir(argv[1]))
		return 1;
	sigaction(SIGTERM, &action, NULL);
	watch("");
	printf("ready\n");
	waiting.fd = fd;
	for (;;) {
		bool last = stopped;

		fflush(stdout);
		while ((len = read(fd, buf, sizeof(buf))) > 0) {
			for (at = buf; at < buf + len;) {
				const struct inotify_event *notice = (const void *)at;

				at += sizeof(*notice) + notice->len;
				print(notice);
			}
		}
		if (last)
			return 0;
		poll(&waiting, 1, 50);
	}
}
