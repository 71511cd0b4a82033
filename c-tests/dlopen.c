/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fsn-cflags: -Wl,--as-needed -ldl */
/*
 * A program that has nothing of the library itself and loads it: in plugins, with and without constructors, closed and opened
 * again; threads that outlive the dlclose(), that use the library while their thread-local data is torn down, and that come and
 * go by the thousand. As c-tests/shared/dlopen the plugin has the shared library beneath it, as c-tests/static/dlopen the
 * static one inside.
 */
#include "life/load.h"
#include <malloc.h>

static const char *plugin_name;

/*
 * The documented exception: a thread that has to wait for the first time while its thread-local data is torn down registers
 * parking_lot_core's destructor with a C library that calls none any more.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:__cxa_thread_atexit_impl\n";
}

/* ---- open, close, open ---- */

static void open_and_close(void)
{
	struct fsn_stats first, second, after;
	const struct plugin *plugin, *again;
	const void *function;
	void *handle, *group;
	int i;

	ok(!dlsym(RTLD_DEFAULT, "fsnotify_alloc_group"), "the program has nothing of the library");
	handle = loaded(plugin_name, RTLD_LOCAL);
	plugin = plugin_of(handle);
	if (!ok(plugin != NULL, "a plugin is loaded"))
		exit(done_testing());
	is(plugin->constructed(), 1, "its constructor has used the library");
	plugin->use(50);
	is(plugin->wrong(), 0, "the plugin uses the library");
	plugin->quiesce();
	plugin->stats(&first);
	function = plugin->function();
	dlclose(handle);

	for (i = 0; i < 20; i++) {
		handle = loaded(plugin_name, RTLD_LOCAL);
		again = plugin_of(handle);
		if (!again || again->function() != function || again->constructed() != 1)
			break;
		again->use(5);
		if (again->wrong())
			break;
		again->quiesce();
		again->stats(&second);
		if (!same_live(&first, &second))
			break;
		dlclose(handle);
	}
	is(i, 20, "opened and closed again and again, it is the same library and nothing is left of the plugin");
	ok(second.groups_total > first.groups_total + 20, "whose totals have grown");

	handle = loaded(plugin_name, RTLD_LOCAL);
	again = plugin_of(handle);
	group = again->keep_group();
	if (!is_static()) {
		void *library = loaded("../../libfsnotify.so", RTLD_NOLOAD);

		ok(library != NULL, "the library is loaded");
		dlclose(library);
		dlclose(library);
		dlclose(library);
		library = loaded("../../libfsnotify.so", RTLD_NOLOAD);
		ok(library != NULL, "and stays, however often it is closed");
	}
	again->end_group(group);
	again->quiesce();
	again->stats(&after);
	ok(same_live(&first, &after), "a group that was made before the library was closed ends after it");
	dlclose(handle);
}

/* ---- threads ---- */

static pthread_barrier_t used, closed;

static void *outlive(void *arg)
{
	const struct plugin *plugin = (const struct plugin *)arg;

	plugin->use(3);
	pthread_barrier_wait(&used);
	pthread_barrier_wait(&closed);
	/* what the library keeps for this thread goes now */
	return NULL;
}

static void threads_outlive(void)
{
	enum { THREADS = 16 };
	void *handle = loaded(plugin_name, RTLD_LOCAL);
	const struct plugin *plugin = plugin_of(handle);
	pthread_t threads[THREADS];
	struct fsn_stats before, after;
	int i;

	plugin->quiesce();
	plugin->stats(&before);
	pthread_barrier_init(&used, NULL, THREADS + 1);
	pthread_barrier_init(&closed, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, outlive, (void *)plugin);
	pthread_barrier_wait(&used);
	dlclose(handle);
	pthread_barrier_wait(&closed);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	handle = loaded(plugin_name, RTLD_LOCAL);
	plugin = plugin_of(handle);
	plugin->quiesce();
	plugin->stats(&after);
	ok(same_live(&before, &after), "threads that end after the dlclose() leave nothing");
	dlclose(handle);
}

static void *torn_down(void *arg)
{
	const struct plugin *plugin = (const struct plugin *)arg;

	plugin->use_at_thread_end();
	return NULL;
}

static void *used_and_torn_down(void *arg)
{
	const struct plugin *plugin = (const struct plugin *)arg;

	plugin->use(1);
	plugin->use_at_thread_end();
	return NULL;
}

static void *short_life(void *arg)
{
	const struct plugin *plugin = (const struct plugin *)arg;

	plugin->use(1);
	return NULL;
}

static void threads_by(int threads, void *(*body)(void *), const struct plugin *plugin)
{
	pthread_t running[8];
	int i, j;

	for (i = 0; i < threads; i += 8) {
		for (j = 0; j < 8; j++)
			if (pthread_create(&running[j], NULL, body, (void *)plugin))
				abort();
		for (j = 0; j < 8; j++)
			pthread_join(running[j], NULL);
	}
}

static long resident_pages(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	long size = 0, resident = 0;

	if (statm) {
		if (fscanf(statm, "%ld %ld", &size, &resident) != 2)
			resident = 0;
		fclose(statm);
	}
	return resident;
}

static void threads_come_and_go(void)
{
	void *handle = loaded(plugin_name, RTLD_LOCAL);
	const struct plugin *plugin = plugin_of(handle);
	struct fsn_stats before, after;
	long pages;

	plugin->quiesce();
	plugin->stats(&before);
	threads_by(200, torn_down, plugin);
	threads_by(200, used_and_torn_down, plugin);
	plugin->quiesce();
	plugin->stats(&after);
	is(plugin->wrong(), 0, "hooks and marks work while thread-local data is torn down, in every round");
	ok(same_live(&before, &after), "and leave nothing");

	/* a debug build keeps some thousand freed groups, a thread's one each */
	threads_by(5000, short_life, plugin);
	pages = resident_pages();
	threads_by(6000, short_life, plugin);
	pages = resident_pages() - pages;
	plugin->quiesce();
	plugin->stats(&after);
	is(plugin->wrong(), 0, "thousands of threads come and go");
	ok(same_live(&before, &after), "and leave nothing");
	/* A hundred bytes a thread would be 146 pages. */
	printf("# %ld pages more\n", pages);
	ok(pages < 140 || SANITIZED || getenv("VALGRIND"), "nor does the process grow%s", SANITIZED ? " # SKIP sanitized" : "");
	dlclose(handle);
}

/* Two plugins that do not know of each other. */
static void two_plugins(void)
{
	void *one, *two, *three;
	const struct plugin *plugins[3];

	if (SANITIZED) {
		ok(true, "three plugins # SKIP the static library is not built with a sanitizer");
		return;
	}
	plugins[0] = plugin_of(one = loaded("../life/plugin-one.so", RTLD_LOCAL));
	plugins[1] = plugin_of(two = loaded("../life/plugin-two.so", RTLD_LOCAL));
	plugins[2] = plugin_of(three = loaded("../life/plugin-shared.so", RTLD_LOCAL));
	if (!ok(plugins[0] && plugins[1] && plugins[2], "two plugins with the static library inside, one with the shared one"))
		return;
	ok(plugins[0]->function() != plugins[1]->function() && plugins[0]->function() != plugins[2]->function() &&
	   plugins[1]->function() != plugins[2]->function(), "three plugins: each has a library of its own");
	ok(plugins[0]->data() != plugins[1]->data() && plugins[0]->data() != plugins[2]->data(), "three plugins: and its own data");
	use_together(plugins, 3, "three plugins");
	dlclose(one);
	dlclose(two);
	dlclose(three);
}

int main(void)
{
	alarm(100);
	plugin_name = is_static() ? "../life/plugin-one.so" : "../life/plugin-shared.so";
	open_and_close();
	threads_outlive();
	threads_come_and_go();
	two_plugins();
	return done_testing();
}
