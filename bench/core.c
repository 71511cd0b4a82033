// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of the core: calls of fs/notify's own interface, with marks and groups in small and in great numbers. */
#include "backend.h"

/* ---- one object ---- */

static void get_put(long n)
{
	struct fsnotify_group *group = new_group(&silent_ops);

	TIMED(n, fsnotify_get_group(group); fsnotify_put_group(group));
}

static void hook_never_watched(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];

	TIMED(n, fsnotify_inode(inode, FIRED));
}

static void hook_other_watched(long n)
{
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, 2);

	mark_inode(new_group(&silent_ops), inodes[1], FIRED);
	TIMED(n, fsnotify_inode(inodes[0], FIRED));
}

static void call_no_marks(long n)
{
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, 2);

	mark_inode(new_group(&silent_ops), inodes[1], FIRED);
	TIMED(n, fsnotify(FIRED, inodes[0], FSNOTIFY_EVENT_INODE, NULL, NULL, inodes[0], 0));
}

static void call_no_match(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];

	mark_inode(new_group(&silent_ops), inode, NOT_FIRED);
	TIMED(n, fsnotify(FIRED, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0));
}

static void event_cycle(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	struct fsnotify_group *group = new_group(&queueing_ops);

	mark_inode(group, inode, FIRED);
	TIMED(n, fire_and_take(group, inode));
}

static void group_cycle(long n)
{
	TIMED(n, fsnotify_destroy_group(new_group(&silent_ops)));
}

/* ---- threads ---- */

#define MAX_THREADS 64

struct threads {
	struct fsnotify_group *groups[MAX_THREADS];
	struct inode *inodes[MAX_THREADS];
	long each;
};

static void get_put_body(void *arg, int number)
{
	struct threads *threads = (struct threads *)arg;
	long left;

	for (left = threads->each; left; left--) {
		fsnotify_get_group(threads->groups[number]);
		fsnotify_put_group(threads->groups[number]);
	}
}

static void event_body(void *arg, int number)
{
	struct threads *threads = (struct threads *)arg;
	long left;

	for (left = threads->each; left; left--)
		fire_and_take(threads->groups[number], threads->inodes[number]);
}

/* @n operations on all of @count threads together, on their own groups and inodes or on shared ones. */
static void threaded(int count, long n, void (*body)(void *arg, int number), bool shared)
{
	static struct threads threads;
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, count);
	struct meter meter;
	int i;

	for (i = 0; i < count; i++) {
		threads.groups[i] = shared && i ? threads.groups[0] : new_group(&queueing_ops);
		threads.inodes[i] = inodes[shared ? 0 : i];
		if (!shared || !i)
			mark_inode(threads.groups[i], threads.inodes[i], FIRED);
	}
	threads.each = n / 10 / count + 1;
	on_threads(count, body, &threads);
	threads.each = n / count;
	bench_begin(&meter);
	on_threads(count, body, &threads);
	bench_end(&meter, (double)n);
}

static void get_put_2(long n)
{
	threaded(2, n, get_put_body, false);
}

static void event_2_own(long n)
{
	threaded(2, n, event_body, false);
}

static void event_2_shared(long n)
{
	threaded(2, n, event_body, true);
}

/* ---- marks ---- */

/* Adds and removes a mark @n times while the group has @marks others; the time until all have been reaped counts. */
static void add_remove(long marks, long n)
{
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, marks + 1);
	struct fsnotify_group *group = new_group(&silent_ops);
	struct meter meter;
	long i;

	for (i = 1; i < marks; i++)
		mark_inode(group, inodes[i], NOT_FIRED);
	for (i = 0; i < n / 10; i++)
		destroy_mark(mark_inode(group, inodes[0], NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	bench_begin(&meter);
	for (i = 0; i < n; i++)
		destroy_mark(mark_inode(group, inodes[0], NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	bench_end(&meter, (double)n);
}

static void add_remove_1(long n)
{
	add_remove(1, n);
}

static void add_remove_1000(long n)
{
	add_remove(1000, n);
}

static void add_remove_1000000(long n)
{
	add_remove(fitting(n, 1200), 100000);
}

static void find_put(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	struct fsnotify_group *group = new_group(&silent_ops);

	mark_inode(group, inode, NOT_FIRED);
	TIMED(n, fsnotify_put_mark(fsnotify_find_inode_mark(inode, group)));
}

/* ---- many groups on one object ---- */

static int by_address_descending(const void *left, const void *right)
{
	const char *a = *(const char *const *)left, *b = *(const char *const *)right;

	return (a < b) - (a > b);
}

/* @n groups in the order in which the kernel lists them on an object, first to last. */
static struct fsnotify_group **new_groups(long n)
{
	struct fsnotify_group **groups = (struct fsnotify_group **)malloc(n * sizeof(*groups));
	long i;

	for (i = 0; i < n; i++)
		groups[i] = new_group(&silent_ops);
	qsort(groups, n, sizeof(*groups), by_address_descending);
	return groups;
}

/* So often that it takes about as long for few as for many. */
static long times_for(long n)
{
	return n >= 100000 ? 40 : n >= 10000 ? 400 : n >= 1000 ? 8000 : 100000;
}

/* The last of @n groups adds and removes a mark. */
static void add_last_of(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	struct fsnotify_group **groups = new_groups(n);
	long i, times = times_for(n);
	struct meter meter;

	/* each at the head of the list, or Linux's core would take minutes for this */
	for (i = n - 2; i >= 0; i--)
		mark_inode(groups[i], inode, NOT_FIRED);
	for (i = 0; i < 10; i++)
		destroy_mark(mark_inode(groups[n - 1], inode, NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	bench_begin(&meter);
	for (i = 0; i < times; i++)
		destroy_mark(mark_inode(groups[n - 1], inode, NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	bench_end(&meter, (double)times);
}

/* An event on an object of @n groups of which those from @first on are interested. */
static void fire_at(long n, long first)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	struct fsnotify_group **groups = new_groups(n);
	long i, times = times_for(n) * (first ? 1 : 2);

	for (i = n - 1; i >= 0; i--)
		mark_inode(groups[i], inode, i >= first ? FIRED : NOT_FIRED);
	TIMED(times, fsnotify(FIRED, inode, FSNOTIFY_EVENT_INODE, NULL, NULL, inode, 0));
}

static void fire_one_interested(long n)
{
	fire_at(n, n - 1);
}

static void fire_all_interested(long n)
{
	fire_at(n, 0);
}

/* ---- growth ---- */

/* @n marks in all, on at most a million inodes: one more is added and removed. */
static struct inode **many_marks(long n, struct tfs *fs, long *inodes_n)
{
	long objects = n > 1000000 ? 1000000 : n, i, done = 0;
	struct inode **inodes = new_inodes(fs, objects + 2);

	while (done < n) {
		struct fsnotify_group *group = new_group(&silent_ops);

		for (i = 0; i < objects && done < n; i++, done++)
			mark_inode(group, inodes[i], NOT_FIRED);
	}
	*inodes_n = objects;
	return inodes;
}

static void curve_add_marks(long n)
{
	struct tfs *fs = new_fs();
	long objects, i, times = 50000;
	struct inode **inodes = many_marks(n = fitting(n, n > 1000000 ? 400 : 1200), fs, &objects);
	struct fsnotify_group *group = new_group(&silent_ops);
	struct meter meter;

	bench_begin(&meter);
	for (i = 0; i < times; i++)
		destroy_mark(mark_inode(group, inodes[objects], NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	bench_end(&meter, (double)times);
}

static void curve_event_marks(long n)
{
	struct tfs *fs = new_fs();
	long objects;
	struct inode **inodes = many_marks(n = fitting(n, n > 1000000 ? 400 : 1200), fs, &objects);
	struct fsnotify_group *group = new_group(&queueing_ops);

	mark_inode(group, inodes[objects], FIRED);
	TIMED(300000, fire_and_take(group, inodes[objects]));
}

static void curve_event_threads(long n)
{
	threaded((int)n, 400000 * n, event_body, false);
}

static void curve_memory(long n)
{
	struct tfs *fs = new_fs();
	long objects = n > 1000000 ? 1000000 : n, i, done;
	struct inode **inodes = new_inodes(fs, objects);
	struct fsnotify_group *group;
	double before;

	destroy_mark(mark_inode(new_group(&silent_ops), inodes[0], NOT_FIRED));
	fsnotify_wait_marks_destroyed();
	before = resident();
	for (done = 0; done < n;) {
		group = new_group(&silent_ops);
		for (i = 0; i < objects && done < n; i++, done++)
			mark_inode(group, inodes[i], NOT_FIRED);
	}
	report("bytes", resident() - before);
}

const struct row rows[] = {
	{ "get-put", get_put, 10000000, 1 },
	{ "get-put-2", get_put_2, 20000000, 2 },
	{ "hook-never-watched", hook_never_watched, 50000000, 1 },
	{ "hook-other-watched", hook_other_watched, 20000000, 1 },
	{ "fsnotify-no-marks", call_no_marks, 20000000, 1 },
	{ "fsnotify-no-match", call_no_match, 10000000, 1 },
	{ "event", event_cycle, 2000000, 1 },
	{ "event-2-own", event_2_own, 2000000, 2 },
	{ "event-2-shared", event_2_shared, 1000000, 2 },
	{ "group", group_cycle, 500000, 1 },
	{ "mark-1", add_remove_1, 300000, 1 },
	{ "mark-1000", add_remove_1000, 300000, 1 },
	{ "mark-1000000", add_remove_1000000, 1000000, 1 },
	{ "find-put", find_put, 5000000, 1 },
	{ "groups-add-last", add_last_of, 10000, 1 },
	{ "groups-one-interested", fire_one_interested, 10000, 1 },
	{ "groups-all-interested", fire_all_interested, 1000, 1 },
	{ "curve-add-marks", curve_add_marks, 1000, 1 },
	{ "curve-event-marks", curve_event_marks, 1000, 1 },
	{ "curve-event-threads", curve_event_threads, 2, MAX_THREADS },
	{ "curve-memory", curve_memory, 100000, 1 },
	{ NULL, NULL, 0, 0 },
};
