// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random sequence of calls: random SEED CALLS [CALL...]
 *
 * Linked once with the library and once with the oracle, and must print the same. With numbers of calls, only those are
 * made: each draws for itself, so a sequence can be shortened.
 */
#include "events.h"

static const struct {
	void (*call)(void);
	unsigned int weight;
} calls[] = {
	{ group_begin, 8 }, { destroy_some_group, 2 }, { group_refs, 2 }, { compare_groups, 1 }, { clear_marks, 1 },
	{ stop_queueing, 1 },
	{ add_some_mark, 24 }, { add_again, 2 }, { find_mark, 6 }, { get_some_mark, 2 }, { put_some_mark, 8 }, { end_mark, 5 },
	{ change_mark, 8 }, { walk_marks, 1 }, { wait_destroyed, 2 },
	{ insert_some_event, 5 }, { take_event, 6 },
	{ on_file, 16 }, { on_name, 14 }, { on_anything, 12 }, { on_error, 1 }, { rename_name, 4 }, { replace_inode, 3 },
	{ flag_children, 1 }, { end_object, 3 }, { unmount_and_mount, 1 },
};

static void any_call(void)
{
	unsigned int total = 0, drawn;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		total += calls[i].weight;
	drawn = below(total);
	for (i = 0; drawn >= calls[i].weight; i++)
		drawn -= calls[i].weight;
	order[depth].last = NULL;
	calls[i].call();
}

static int by_address(const void *a, const void *b)
{
	const struct fsnotify_group *const *first = a, *const *second = b;

	return (*first > *second) - (*first < *second);
}

static void world_begin(void)
{
	struct fsnotify_group *made[GROUPS];

	for (int i = 0; i < GROUPS; i++)
		made[i] = fsnotify_alloc_group(&tables[0], 0);
	qsort(made, GROUPS, sizeof(made[0]), by_address);
	for (int i = 0; i < GROUPS; i++) {
		/* Made by the call, but what it is for is drawn now, when its place in the order is known. */
		groups[i].flags = one_in(3) ? FSNOTIFY_GROUP_DUPS : 0;
		groups[i].fsn = made[i];
		groups[i].id = i;
		made[i]->flags = groups[i].flags;
		made[i]->ops = &tables[i % 4 == 3 ? 0 : i % 4];
		made[i]->private = &groups[i];
	}
	mounted[0] = tree_new();
	mounted[1] = tree_new();
}

/* All that is left ends, and nothing may be left then. */
static void world_end(void)
{
	int left = 0;

	emit("#end\n");
	/* no callback begins anything new */
	depth = 2;
	for (int i = 0; i < n_marks; i++)
		while (marks[i].refs > 0)
			mark_put(&marks[i]);
	for (int i = 0; i < GROUPS; i++) {
		if (groups[i].state == ALIVE)
			group_destroy(&groups[i]);
		else if (groups[i].state == UNUSED)
			fsnotify_put_group(groups[i].fsn);
		for (; groups[i].extra_refs; groups[i].extra_refs--)
			fsnotify_put_group(groups[i].fsn);
	}
	fsnotify_wait_marks_destroyed();
	tell_freed(NULL);
	tell_state();
	for (int i = 0; i < 2; i++)
		tree_unmount(mounted[i]);
	trees_free();
	for (int i = 0; i < n_marks; i++)
		left += !marks[i].freed;
	for (int i = 0; i < GROUPS; i++)
		left += !groups[i].gone;
	emit("%d marks, %d events, %d not freed, %d freed twice, %d out of order\n", n_marks, n_events, left, n_freed_twice,
	     n_out_of_order);
}

static void one_call(uint64_t seed, unsigned long call)
{
	emit("#%lu\n", call);
	draw_begin(seed, call);
	any_call();
	tell_state();
}

static void no_log(void *arg, int level, const char *function, const char *message)
{
	(void)arg;
	(void)level;
	(void)function;
	(void)message;
}

int main(int argc, char **argv)
{
	uint64_t seed;
	unsigned long n;
	struct fsn_stats before, after;

	if (argc < 3) {
		fprintf(stderr, "usage: random SEED CALLS [CALL...]\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 0);
	n = strtoul(argv[2], NULL, 0);
	/* a sequence takes 20 ms; one that is being shortened is run often */
	alarm(argc > 3 ? 1 : 10);
	script_begin();
	main_thread = pthread_self();
	/* a mark on a superblock in a group like inotify's is a misuse that both have to bear */
	fsn_set_log(no_log, NULL);
	fsn_stats(&before);
	draw_begin(seed, UINT64_MAX - 1);
	world_begin();
	tell_state();
	if (argc > 3)
		for (int i = 3; i < argc; i++)
			one_call(seed, strtoul(argv[i], NULL, 0));
	else
		for (unsigned long call = 0; call < n; call++)
			one_call(seed, call);
	world_end();
	fsn_quiesce();
	fsn_stats(&after);
	emit("%lld allocations left\n", (long long)(after.allocations - before.allocations));
	script_flush();
	return n_out_of_order || n_freed_twice ? 3 : 0;
}
