/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds and loads what the tests of dlopen() load: beside the program, as c-tests/rules.mk puts it. */
#ifndef C_TESTS_LIFE_LOAD_H
#define C_TESTS_LIFE_LOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fsnotify/fsnotify.h>
#include "../tap.h"
#include "plugin.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* @name relative to the directory of the program. */
__attribute__((__unused__)) static const char *beside(const char *name)
{
	static __thread char path[PATH_MAX + 64];
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = 0;
	snprintf(path, sizeof(path), "%s/%s", dirname(self), name);
	return path;
}

/* Is this the program that is linked with the static library? */
__attribute__((__unused__)) static bool is_static(void)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = 0;
	return strcmp(basename(dirname(self)), "static") == 0;
}

__attribute__((__unused__)) static void *loaded(const char *name, int flags)
{
	void *handle = dlopen(beside(name), RTLD_NOW | flags);

	if (!handle)
		printf("# %s\n", dlerror());
	return handle;
}

__attribute__((__unused__)) static const struct plugin *plugin_of(void *handle)
{
	return handle ? (const struct plugin *)dlsym(handle, "plugin") : NULL;
}

/* What exists now; totals and what came to be known only later left out. */
static bool same_live(const struct fsn_stats *a, const struct fsn_stats *b)
{
	bool same = a->groups == b->groups && a->marks == b->marks && a->connectors == b->connectors &&
		    a->sb_infos == b->sb_infos && a->events_pending == b->events_pending && a->allocations == b->allocations &&
		    a->allocated_bytes == b->allocated_bytes && a->memcgs == b->memcgs;

	if (!same)
		printf("# groups %ld, marks %ld, connectors %ld, events %ld, allocations %ld, bytes %ld more than before\n",
		       (long)(a->groups - b->groups), (long)(a->marks - b->marks), (long)(a->connectors - b->connectors),
		       (long)(a->events_pending - b->events_pending), (long)(a->allocations - b->allocations),
		       (long)(a->allocated_bytes - b->allocated_bytes));
	return same;
}

static void *use_plugin(void *plugin)
{
	((const struct plugin *)plugin)->use(20);
	return NULL;
}

/* Threads that use several plugins at the same time; then each one's counters are back. */
__attribute__((__unused__)) static void use_together(const struct plugin *const *plugins, int count, const char *what)
{
	struct fsn_stats before[8], now;
	pthread_t threads[8][4];
	int i, j;

	for (i = 0; i < count; i++) {
		plugins[i]->quiesce();
		plugins[i]->stats(&before[i]);
	}
	for (i = 0; i < count; i++)
		for (j = 0; j < 4; j++)
			pthread_create(&threads[i][j], NULL, use_plugin, (void *)plugins[i]);
	for (i = 0; i < count; i++)
		for (j = 0; j < 4; j++)
			pthread_join(threads[i][j], NULL);
	for (i = 0; i < count; i++) {
		plugins[i]->quiesce();
		plugins[i]->stats(&now);
		is(plugins[i]->wrong(), 0, "%s: number %d works", what, i);
		ok(now.groups_total > before[i].groups_total, "%s: number %d has counted what it did", what, i);
		ok(same_live(&now, &before[i]), "%s: number %d has nothing left", what, i);
	}
}

#endif /* C_TESTS_LIFE_LOAD_H */
