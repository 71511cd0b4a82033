// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of the core that are latencies, teardowns and memory. */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "backend.h"

/* ---- the end of a group ---- */

static double timed_destroy(struct fsnotify_group *group)
{
	double start = now_wall();

	fsnotify_destroy_group(group);
	return now_wall() - start;
}

static void report_latencies(double *ns, long n)
{
	report("p50", percentile(ns, n, 50));
	report("p99", percentile(ns, n, 99));
}

static void destroy_1(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	double *ns = (double *)calloc(n, sizeof(*ns));
	struct meter meter;
	long i;

	bench_begin(&meter);
	for (i = -100; i < n; i++) {
		struct fsnotify_group *group = new_group(&silent_ops);
		double took;

		mark_inode(group, inode, NOT_FIRED);
		took = timed_destroy(group);
		if (i >= 0)
			ns[i] = took;
	}
	bench_end(&meter, n + 100.0);
	report_latencies(ns, n);
}

static long reaped;
static int may_reap;

/* The worker comes to a halt at the first mark until all of them wait for it. */
static void free_counted(struct fsnotify_mark *mark)
{
	while (!peek(may_reap))
		usleep(100);
	silent_ops.free_mark(mark);
	put_value(reaped, reaped + 1);
}

/*
 * While the worker reaps another group's 100,000 marks, groups with one mark end, one after the other. So many samples fall into one
 * reaping as there is time for, of Linux's core hardly more than one; hence again and again, until there are enough or @n reapings.
 */
static void destroy_1_beside(long n)
{
	enum { MARKS = 100000, AT_LEAST = 12, ENOUGH = 200, ROOM = 1000000 };
	struct fsnotify_ops counted_ops = silent_ops;
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, MARKS + 1);
	struct fsnotify_group *other, *group;
	double *ns = (double *)calloc(ROOM, sizeof(*ns));
	long samples = 0, i, round;

	counted_ops.free_mark = free_counted;
	other = new_group(&counted_ops);
	for (round = 0; round < AT_LEAST || (round < n && samples < ENOUGH); round++) {
		put_value(may_reap, 0);
		put_value(reaped, 0);
		for (i = 0; i < MARKS; i++)
			mark_inode(other, inodes[i], NOT_FIRED);
		fsnotify_clear_inode_marks_by_group(other);
		put_value(may_reap, 1);
		while (peek(reaped) < MARKS && samples < ROOM) {
			group = new_group(&silent_ops);
			mark_inode(group, inodes[MARKS], NOT_FIRED);
			ns[samples++] = timed_destroy(group);
		}
		fsnotify_wait_marks_destroyed();
	}
	report_latencies(ns, samples);
	report("samples", samples);
	report("reapings", round);
}

static void destroy_many_marks(long n)
{
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, n);
	struct fsnotify_group *group;
	struct meter meter;
	int round;
	long i;

	for (round = 0; round < 3; round++) {
		group = new_group(&silent_ops);
		for (i = 0; i < n; i++)
			mark_inode(group, inodes[i], NOT_FIRED);
		if (round == 2)
			bench_begin(&meter);
		fsnotify_destroy_group(group);
	}
	bench_end(&meter, (double)n);
}

/* @n groups, each with a mark on an inode of its own. */
static void tear_down(long n)
{
	struct fsnotify_group **groups;
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, n = fitting(n, 2200));
	struct meter meter;
	long i;

	groups = (struct fsnotify_group **)malloc(n * sizeof(*groups));
	for (i = 0; i < n; i++) {
		groups[i] = new_group(&silent_ops);
		mark_inode(groups[i], inodes[i], NOT_FIRED);
	}
	bench_begin(&meter);
	for (i = 0; i < n; i++)
		fsnotify_destroy_group(groups[i]);
	bench_end(&meter, (double)n);
}

/* ---- pauses ---- */

/* What goes on while the hook is called over and over: nothing; another thread only computes; it adds the mark. */
enum { NOTHING, COMPUTING, MARKING, PHASES };

struct prober {
	struct dentry *child;
	int run, probing, phase;
	/* on the clock, and less the time that the thread was ready to run */
	double longest[PHASES], stalled[PHASES];
};

/* How long the calling thread has been ready to run but on no processor. */
static double time_ready(int schedstat)
{
	char text[128] = "";
	double on_cpu, ready = 0;

	if (pread(schedstat, text, sizeof(text) - 1, 0) <= 0 || sscanf(text, "%lf %lf", &on_cpu, &ready) != 2)
		return 0;
	return ready;
}

static void keep_longest(double *longest, double value)
{
	if (value > *longest)
		*longest = value;
}

/* A hook on a child, over and over. */
static void *probe_child(void *arg)
{
	enum { LONG = 5000 };
	struct prober *prober = (struct prober *)arg;
	int schedstat = open("/proc/thread-self/schedstat", O_RDONLY);
	double last, pause, stalled, ready, was_ready;

	pin_thread(1);
	was_ready = time_ready(schedstat);
	last = now_wall();
	while (peek(prober->run)) {
		int phase = peek(prober->phase);

		fsnotify_dentry(prober->child, FIRED);
		pause = stalled = now_wall() - last;
		if (pause > LONG) {
			ready = time_ready(schedstat);
			stalled -= ready - was_ready;
			was_ready = ready;
		}
		keep_longest(&prober->longest[phase], pause);
		keep_longest(&prober->stalled[phase], stalled);
		last = now_wall();
		put_value(prober->probing, 1);
	}
	close(schedstat);
	return NULL;
}

/*
 * The first mark that watches the children of a directory with @n of them, and the longest that a hook on one of them takes
 * meanwhile. Beside it the floor: the longest in as long a time in which the other thread touches nothing.
 */
static void children_first_mark(long n)
{
	enum { ROUNDS = 31 };
	struct tfs *fs = new_fs();
	struct fsnotify_group *group = new_group(&silent_ops);
	double longest[PHASES][ROUNDS], stalled[PHASES][ROUNDS], took[ROUNDS], start;
	struct dentry *dir, *child = NULL;
	struct prober prober;
	pthread_t thread;
	char name[32];
	int round, phase;
	long i;

	/* the superblock is watched before */
	mark_inode(new_group(&silent_ops), fs->root->d_inode, FIRED);
	dir = dir_by_hand(fs, fs->root, "d");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%ld", i);
		child = file_by_hand(fs, dir, name);
	}
	for (round = 0; round < ROUNDS; round++) {
		memset(&prober, 0, sizeof(prober));
		prober.run = 1;
		prober.child = child;
		/* as a file is that was there when the directory was watched before */
		child->d_flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
		pin_thread(0);
		pthread_create(&thread, NULL, probe_child, &prober);
		while (!peek(prober.probing))
			usleep(100);
		put_value(prober.phase, MARKING);
		start = now_wall();
		mark_inode(group, dir->d_inode, FIRED | FS_EVENT_ON_CHILD);
		took[round] = now_wall() - start;
		put_value(prober.phase, NOTHING);
		fsnotify_clear_inode_marks_by_group(group);
		fsnotify_wait_marks_destroyed();
		child->d_flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
		put_value(prober.phase, COMPUTING);
		start = now_wall();
		while (now_wall() - start < took[round])
			;
		put_value(prober.phase, NOTHING);
		put_value(prober.run, 0);
		pthread_join(thread, NULL);
		for (phase = 0; phase < PHASES; phase++) {
			longest[phase][round] = prober.longest[phase];
			stalled[phase][round] = prober.stalled[phase];
		}
	}
	report("longest", percentile(longest[MARKING], ROUNDS, 50));
	report("stalled", percentile(stalled[MARKING], ROUNDS, 50));
	report("floor", percentile(longest[COMPUTING], ROUNDS, 50));
	report("floor-stalled", percentile(stalled[COMPUTING], ROUNDS, 50));
	report("mark", percentile(took, ROUNDS, 50));
}

static int churn;
static struct inode *churned;

static void *come_and_go(void *arg)
{
	struct fsnotify_group **groups = (struct fsnotify_group **)arg;
	long i = 0;

	pin_thread(0);
	while (peek(churn)) {
		destroy_mark(mark_inode(groups[i++ & 7], churned, NOT_FIRED));
		if (!(i & 255))
			fsnotify_wait_marks_destroyed();
	}
	return NULL;
}

/* An event on an object with @n marks of other groups while further ones come and go: the longest of 20,000 hooks. */
static void curve_pause(long n)
{
	struct tfs *fs = new_fs();
	struct fsnotify_group *groups[8];
	double *ns = (double *)calloc(20000, sizeof(*ns));
	pthread_t thread;
	long i;

	churned = new_inodes(fs, 1)[0];
	for (i = 0; i < n; i++)
		mark_inode(new_group(&silent_ops), churned, NOT_FIRED);
	for (i = 0; i < 8; i++)
		groups[i] = new_group(&silent_ops);
	mark_inode(new_group(&silent_ops), churned, FIRED);
	put_value(churn, 1);
	pin_thread(1);
	pthread_create(&thread, NULL, come_and_go, groups);
	usleep(1000);
	for (i = 0; i < 20000; i++) {
		double start = now_wall();

		fsnotify_inode(churned, FIRED);
		ns[i] = now_wall() - start;
		if (n > 1000 && i > 2000)
			break;
	}
	put_value(churn, 0);
	pthread_join(thread, NULL);
	report("p99", percentile(ns, i, 99));
	report("longest", ns[i - 1]);
}

/* ---- memory ---- */

static void bytes_mark(long n)
{
	struct tfs *fs = new_fs();
	struct inode **inodes = new_inodes(fs, n = fitting(n, 1200));
	struct fsnotify_group *group = new_group(&silent_ops);
	double before;
	long i;

	mark_inode(group, fs->root->d_inode, NOT_FIRED);
	before = resident();
	for (i = 0; i < n; i++)
		mark_inode(group, inodes[i], NOT_FIRED);
	report("bytes", (resident() - before) / n);
}

static void bytes_event(long n)
{
	struct tfs *fs = new_fs();
	struct inode *inode = new_inodes(fs, 1)[0];
	struct fsnotify_group *group = new_group(&queueing_ops);
	double before;
	long i;

	n = fitting(n, 200);
	mark_inode(group, inode, FIRED);
	fire_and_take(group, inode);
	before = resident();
	for (i = 0; i < n; i++)
		fsnotify_inode(inode, FIRED);
	report("bytes", (resident() - before) / n);
}

static void bytes_group(long n)
{
	double before;
	long i;

	n = fitting(n, 1000);
	new_group(&silent_ops);
	before = resident();
	for (i = 0; i < n; i++)
		new_group(&silent_ops);
	report("bytes", (resident() - before) / n);
}

const struct row rows[] = {
	{ "destroy-1", destroy_1, 3000, 1 },
	{ "destroy-1-beside", destroy_1_beside, 100, 2 },
	{ "destroy-100000", destroy_many_marks, 100000, 1 },
	{ "tear-down", tear_down, 1000000, 1 },
	{ "children-first-mark", children_first_mark, 100000, 2 },
	{ "curve-pause", curve_pause, 1000, 2 },
	{ "bytes-mark", bytes_mark, 1000000, 1 },
	{ "bytes-event", bytes_event, 1000000, 1 },
	{ "bytes-group", bytes_group, 200000, 1 },
	{ NULL, NULL, 0, 0 },
};
