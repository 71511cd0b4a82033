/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fork(). In the child of a process with one thread all goes on: groups that were made before, marks that wait for their end,
 * the worker, queues, charges, signals. In the child of a process with more threads, which may have been anywhere in the
 * library, groups of the child's own work.
 */
#include "life/forked.h"

static struct tfs *fs;
static struct inode *inode;
static struct fsnotify_group *group;
static struct fsn_stats clean;

static bool is_clean(void)
{
	struct fsn_stats now;

	fsn_quiesce();
	fsn_stats(&now);
	want_equal(now.groups, clean.groups);
	want_equal(now.marks, clean.marks);
	want_equal(now.connectors, clean.connectors);
	want_equal(now.events_pending, clean.events_pending);
	want_equal(now.allocations, clean.allocations);
	want_equal(now.allocated_bytes, clean.allocated_bytes);
	want_equal(n_f_marks_freed, n_f_marks_made);
	want_equal(n_f_events_freed, n_f_events_made);
	want_equal(n_warnings, 0);
	want_equal(inode->i_fsnotify_mask, 0);
	want_equal(icount(inode), 1);
	want_equal(watched(fs, 0), 0);
	want_equal(fsn_memcg_usage(f_memcg), 0);
	return n_wrong == 0;
}

/* ---- one thread ---- */

static int n_pending;

static void all_goes_on(void)
{
	/* what waited for its end in the parent ends here, too, once */
	fsnotify_wait_marks_destroyed();
	want_equal(n_f_marks_made - n_f_marks_freed, n_pending);
	f_whole_life(inode);
	/* the group from before the fork, with its marks and its queue */
	fsnotify_inode(inode, FS_ATTRIB);
	want_equal(group->q_len, 4);
	fsnotify_destroy_group(group);
	want(is_clean());
}

static void a_grandchild_too(void)
{
	struct fsnotify_group *own = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_DUPS);
	int i;

	for (i = 0; i < 500; i++)
		f_unmark(f_mark(own, inode, FS_ATTRIB));
	/* the marks keep it until they are freed */
	fsnotify_put_group(own);
	want_equal(in_child(all_goes_on, 20), 0);
	all_goes_on();
}

/* Nobody flushes: the worker comes back by itself. */
static void the_worker_returns(void)
{
	wait_until(n_f_marks_made - peek(n_f_marks_freed) == n_pending);
	want(true);
}

/* A parent at a moment of the worker's work: @busy marks are waiting or being freed, after @pause microseconds. */
static int fork_at(void (*body)(void), int busy, unsigned int pause)
{
	struct fsnotify_group *other = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_DUPS);
	int i, failed;

	group = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_USER);
	f_mark(group, inode, FS_ATTRIB);
	n_pending = 1;
	fsnotify_inode(inode, FS_ATTRIB);
	fsnotify_inode(inode, FS_ATTRIB);
	for (i = 0; i < busy; i++)
		f_unmark(f_mark(i % 2 ? group : other, fs->root->d_inode, FS_CREATE));
	fsnotify_put_group(other);
	if (pause)
		usleep(pause);
	failed = in_child(body, 20);
	/* the parent does the same, and has not noticed */
	n_wrong = 0;
	all_goes_on();
	if (n_wrong)
		printf("# the parent: %d wrong\n", n_wrong);
	return failed ? failed : n_wrong;
}

static int repeat(void (*body)(void), int times, unsigned int marks)
{
	unsigned int seed = 1;
	int failures = 0;

	while (times--) {
		unsigned int r = (seed = seed * 1103515245u + 12345u) >> 16;

		if (fork_at(body, (int)(r % marks), r % 3 ? r % 1500 : 0))
			failures++;
	}
	return failures;
}

static void one_thread(void)
{
	is(repeat(all_goes_on, 200, 3000), 0, "one thread: all goes on in the child, whatever the worker was at");
	is(repeat(the_worker_returns, 50, 3000), 0, "one thread: what waits is freed without anybody's asking");
	is(repeat(a_grandchild_too, 20, 1000), 0, "one thread: in a grandchild too");
}

/* ---- the worker hangs in a callback ---- */

static int release, hanging;

static void hanging_free_mark(struct fsnotify_mark *mark)
{
	put_value(hanging, 1);
	wait_until(peek(release));
	f_free_mark(mark);
}

static const struct fsnotify_ops hanging_ops = {
	.handle_event = f_handle_event,
	.free_event = f_free_event,
	.free_mark = hanging_free_mark,
};

static void goes_on_without_it(void)
{
	put_value(release, 1);
	log_expected = true;
	fsnotify_wait_marks_destroyed();
	f_whole_life(inode);
	fsn_quiesce();
	want(true);
}

static void hanging_callback(void)
{
	struct fsnotify_group *hangs = fsnotify_alloc_group(&hanging_ops, FSNOTIFY_GROUP_DUPS);
	int i;

	for (i = 0; i < 3; i++)
		f_unmark(f_mark(hangs, inode, FS_ATTRIB));
	wait_until(peek(hanging));
	is(in_child(goes_on_without_it, 20), 0, "a free_mark that waits for the forking thread delays a fork, and does not stop it");
	ok(!peek(release), "nor has it ended in the parent");
	put_value(release, 1);
	fsnotify_destroy_group(hangs);
	is(n_f_marks_freed, n_f_marks_made, "where it goes on");
}

/* ---- signals ---- */

static volatile int n_sigio;
static struct file signal_file;

static void on_sigio(int signo)
{
	(void)signo;
	n_sigio++;
}

static void signalled(void)
{
	int before = n_sigio, patience = 10000;

	want_equal(fsn_f_setown(&signal_file, getpid(), 1), 0);
	fsnotify_inode(inode, FS_ATTRIB);
	while (n_sigio == before && patience--)
		usleep(1000);
	want_equal(n_sigio, before + 1);
}

static void signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_sigio;
	action.sa_flags = SA_RESTART;
	sigaction(SIGIO, &action, NULL);
	group = fsnotify_alloc_group(&f_ops, 0);
	f_mark(group, inode, FS_ATTRIB);
	file_init_by_hand(&signal_file, fs, fs->root, 0);
	signal_file.private_data = group;
	is(fsnotify_fasync(5, &signal_file, 1), 0, "signals: a file asks for SIGIO");
	n_wrong = 0;
	signalled();
	is(n_wrong, 0, "signals: the parent gets it");
	is(in_child(signalled, 20), 0, "signals: the child, once it is the owner, too");
	fsnotify_fasync(-1, &signal_file, 0);
	fsn_file_f_owner_release(&signal_file);
	fsnotify_destroy_group(group);
}

/* ---- one more thread ---- */

static int leave;

static void *sleeps(void *arg)
{
	(void)arg;
	while (!peek(leave))
		usleep(1000);
	return NULL;
}

/* The parent's worker, which has just been asked for, does not come here; and with more threads the child gets none by itself. */
static void asks_for_its_own_worker(void)
{
	struct fsnotify_group *own = fsnotify_alloc_group(&f_ops, 0);

	f_unmark(f_mark(own, fs->root->d_inode, FS_CREATE));
	wait_until(peek(n_f_marks_freed) == n_f_marks_made);
	fsnotify_destroy_group(own);
	want(true);
}

static void one_more_thread(void)
{
	struct fsnotify_group *asks = fsnotify_alloc_group(&f_ops, 0);
	int i, failures = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, sleeps, NULL);
	for (i = 0; i < 10 && !failures; i++) {
		f_unmark(f_mark(asks, inode, FS_ATTRIB));
		failures += in_child(asks_for_its_own_worker, 20) != 0;
		fsnotify_wait_marks_destroyed();
	}
	is(failures, 0, "one more thread: a mark of the child is freed by the child's worker");
	put_value(leave, 1);
	pthread_join(thread, NULL);
	fsnotify_destroy_group(asks);
}

/* ---- many threads ---- */

static int stop;

static void *hammer(void *arg)
{
	struct tfs *own = (struct tfs *)arg;
	struct fsnotify_group *groups[3];
	int i;

	while (!peek(stop)) {
		for (i = 0; i < 3; i++) {
			groups[i] = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_USER | FSNOTIFY_GROUP_DUPS);
			f_mark(groups[i], own->root->d_inode, FS_ATTRIB);
			f_mark(groups[i], inode, FS_ATTRIB);
		}
		for (i = 0; i < 10; i++) {
			fsnotify_inode(own->root->d_inode, FS_ATTRIB);
			fsnotify_inode(inode, FS_ATTRIB);
			f_unmark(f_mark(groups[i % 3], own->root->d_inode, FS_CREATE));
		}
		for (i = 0; i < 3; i++)
			fsnotify_destroy_group(groups[i]);
	}
	return NULL;
}

/* All that is known of the parent's objects is that other threads were at them, so the child makes its own. */
static void own_objects(void)
{
	struct tfs *own = fs_by_hand();
	struct fsn_stats stats;
	int i;

	for (i = 0; i < 5; i++)
		f_whole_life(own->root->d_inode);
	fsnotify_wait_marks_destroyed();
	want_equal(watched(own, 0), 0);
	want_equal(icount(own->root->d_inode), 1);
	fsn_stats(&stats);
	fs_end(own);
}

__attribute__((__unused__)) static void many_threads(void)
{
	enum { HAMMERS = 4 };
	struct tfs *theirs[HAMMERS];
	pthread_t threads[HAMMERS];
	int i, failures = 0, before;

	for (i = 0; i < HAMMERS; i++)
		theirs[i] = fs_by_hand();
	for (i = 0; i < HAMMERS; i++)
		pthread_create(&threads[i], NULL, hammer, theirs[i]);
	before = peek(n_f_handled);
	wait_until(peek(n_f_handled) > before + 100);
	for (i = 0; i < 100; i++) {
		int failed = in_child(own_objects, 20);

		if (failed) {
			failures++;
			printf("# child %d: %d\n", i, failed);
		}
	}
	put_value(stop, 1);
	for (i = 0; i < HAMMERS; i++)
		pthread_join(threads[i], NULL);
	is(failures, 0, "many threads: groups of the child's own work");
	for (i = 0; i < HAMMERS; i++)
		fs_end(theirs[i]);
}

int main(void)
{
	tests_begin();
	others_hold_locks = true;
	f_memcg = fsn_memcg_create("events");
	fs = fs_by_hand();
	inode = file_by_hand(fs, fs->root, "file")->d_inode;
	/* the state of the superblock stays */
	group = fsnotify_alloc_group(&f_ops, 0);
	f_mark(group, inode, FS_ATTRIB);
	fsnotify_destroy_group(group);
	fsn_quiesce();
	fsn_stats(&clean);
	one_thread();
	one_more_thread();
	signals();
	hanging_callback();
#ifdef __SANITIZE_ADDRESS__
	ok(true, "many threads # SKIP AddressSanitizer's allocator may be caught locked by a fork");
#else
	many_threads();
#endif
	n_wrong = 0;
	ok(is_clean(), "in the parent nothing is left of it all");
	fs_end(fs);
	fsn_memcg_put(f_memcg);
	return tests_end();
}
