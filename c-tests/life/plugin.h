/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the plugins of the tests of dlopen() offer: the same source, linked with the library in several ways. */
#ifndef C_TESTS_LIFE_PLUGIN_H
#define C_TESTS_LIFE_PLUGIN_H

struct fsn_stats;

struct plugin {
	/* groups, marks and events of a thread's own, so many times */
	void (*use)(int times);
	/* the same from the destructor of a thread-specific key, in each of its rounds */
	void (*use_at_thread_end)(void);
	/* how many conditions have failed since the plugin was loaded */
	int (*wrong)(void);
	void (*stats)(struct fsn_stats *stats);
	void (*quiesce)(void);
	/* a group with a queued event that is kept, and its end */
	void *(*keep_group)(void);
	void (*end_group)(void *group);
	/* where the plugin's calls and data symbols end up */
	const void *(*function)(void);
	const void *(*data)(void);
	/* whether the constructor's group has had its event */
	int (*constructed)(void);
};

/* The one symbol of a plugin: extern const struct plugin plugin. */

#endif /* C_TESTS_LIFE_PLUGIN_H */
