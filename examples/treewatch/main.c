// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * treewatch: mirrors a directory, reports what happens in it through libfsnotify, and listens with three groups.
 *
 * It is built like a file server. The tree is its own (mirror.c), it calls the hooks where it changes the tree (change.c),
 * and whoever wants to know listens with a group (printer.c, counter.c, sleeper.c). Only the requests do not come from
 * clients, but from the system's inotify on the real directory (source.c, scan.c).
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

/* How long a rename may wait for its second half, and the reading of the tree for silence, in milliseconds. */
#define SETTLE_MS 50

struct options {
	const char *directory;
	/* 0: until a signal */
	unsigned long seconds;
	/* lines in a step, 0: all */
	unsigned long limit;
};

static const char usage[] =
	"usage: treewatch [--seconds N] [--limit N] [DIRECTORY]\n"
	"Mirrors DIRECTORY (by default a new one) and prints what happens in it, until Ctrl-C or for N seconds.\n"
	"  --limit N  prints N events of a step at most; a step begins when DIRECTORY/" SOURCE_STEP_NAME "\n"
	"             is written with its title, and treewatch removes that file when all before it is printed\n";

static bool number(const char *text, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = text ? strtoul(text, &end, 10) : 0;
	return text && *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool parse(int argc, char **argv, struct options *o)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seconds") || !strcmp(argv[i], "--limit")) {
			unsigned long *value = argv[i][2] == 's' ? &o->seconds : &o->limit;

			if (!number(argv[++i], value))
				return false;
		} else if (argv[i][0] == '-' || o->directory) {
			return false;
		} else {
			o->directory = argv[i];
		}
	}
	return true;
}

/* A descriptor that is readable when it is time to stop. No thread has been made yet, so none gets the signals. */
static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Follows the directory until a signal, the end of the time, or the end of the directory. */
static void follow(struct source *s, int signals, unsigned long seconds)
{
	struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	long long end = seconds ? now_ms() + seconds * 1000LL : LLONG_MAX;

	while (!s->gone) {
		long long wait = source_waits(s) ? SETTLE_MS : -1;
		long long left = end - now_ms();

		if (left <= 0)
			break;
		if (seconds && (wait < 0 || left < wait))
			wait = left < INT_MAX ? left : INT_MAX;
		if (!poll(fds, 2, wait)) {
			source_settle(s);
			/* The notice of it may have been lost. */
			source_step(s);
		}
		source_read(s);
		if (fds[1].revents)
			break;
	}
	if (s->gone)
		printf("the directory has gone\n");
	/* What had happened before the signal belongs to it. */
	source_read(s);
	source_settle(s);
}

static void begin_step(void *arg, const char *title)
{
	printer_step(arg, title);
}

static int start_listeners(struct printer *p, struct counter *c, struct sleeper *s, struct mirror *m, unsigned long limit)
{
	int err = counter_start(c, m);

	if (!err)
		err = sleeper_start(s, m);
	if (!err)
		err = printer_start(p, m, limit);
	return err;
}

/* The order of the end: who listens, who is listened to, who pays; then what waits for a grace period. */
static int tear_down(struct printer *p, struct counter *c, struct sleeper *s, struct source *source, struct mirror *m)
{
	m->on_directory = NULL;
	source_close(source);
	if (p->group)
		fsnotify_destroy_group(p->group);
	if (c->group)
		fsnotify_destroy_group(c->group);
	if (s->group)
		fsnotify_destroy_group(s->group);
	mirror_unmount(m);
	fsn_memcg_put(p->memcg);
	fsn_memcg_put(s->memcg);
	fsn_quiesce();
	printf("\nGroups destroyed, names dropped, superblock shut down, mount put.\n");
	return report_leftovers(m);
}

static int run(const struct options *o, const char *directory, int signals)
{
	/* Too large for the stack, and there is one. */
	static struct mirror mirror;
	static struct printer printer;
	static struct counter counter;
	static struct sleeper sleeper;
	static struct source source;
	int err = mirror_mount(&mirror, directory);

	if (err) {
		fprintf(stderr, "treewatch: %s: %s\n", directory, strerror(-err));
		return 1;
	}
	err = source_open(&source, &mirror);
	if (err) {
		fprintf(stderr, "treewatch: inotify: %s%s\n", strerror(-err),
			err == -EMFILE ? " (see fs.inotify.max_user_instances)" : "");
		mirror_unmount(&mirror);
		return 1;
	}
	printf("treewatch: %s: %lu directories, %lu names\n", mirror.path, mirror.directories, mirror.names);
	fflush(stdout);
	err = start_listeners(&printer, &counter, &sleeper, &mirror, o->limit);
	if (err) {
		fprintf(stderr, "treewatch: no listeners: %s\n", strerror(-err));
	} else {
		source.on_step = begin_step;
		source.on_step_arg = &printer;
		/* It may have been written before anybody watched. */
		source_step(&source);
		follow(&source, signals, o->seconds);
		printer_stop(&printer);
		report_figures(&printer, &counter, &sleeper, &source);
	}
	return tear_down(&printer, &counter, &sleeper, &source, &mirror) || err ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	char temporary[] = "/tmp/treewatch-XXXXXX";
	const char *directory;
	int signals, status;

	if (!parse(argc, argv, &options)) {
		fputs(usage, stderr);
		return 2;
	}
	signals = stop_signals();
	if (signals < 0) {
		perror("treewatch: signalfd");
		return 1;
	}
	directory = options.directory ? options.directory : mkdtemp(temporary);
	if (!directory) {
		perror("treewatch: /tmp");
		return 1;
	}
	status = run(&options, directory, signals);
	if (!options.directory && rmdir(directory))
		printf("treewatch: %s is left: %s\n", directory, strerror(errno));
	close(signals);
	return status;
}
