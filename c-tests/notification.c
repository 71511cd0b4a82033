// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue of a group (fs/notify/notification.c).
 */
#include <linux/fsnotify_backend.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "support.h"

/* What the callbacks saw. */
static int n_merge, n_insert, merge_answer, merge_locked, insert_locked, merge_saw_len, insert_saw_len;
static struct fsnotify_event *merge_saw, *insert_saw;

static int merge(struct fsnotify_group *group, struct fsnotify_event *event)
{
	n_merge++;
	merge_locked = spin_is_locked(&group->notification_lock);
	merge_saw = event;
	merge_saw_len = group->q_len;
	return merge_answer;
}

static void insert(struct fsnotify_group *group, struct fsnotify_event *event)
{
	n_insert++;
	insert_locked = spin_is_locked(&group->notification_lock);
	insert_saw = event;
	insert_saw_len = group->q_len;
}

static void forget(void)
{
	n_merge = n_insert = merge_answer = merge_locked = insert_locked = merge_saw_len = insert_saw_len = 0;
	merge_saw = insert_saw = NULL;
}

static struct fsnotify_event *take(struct fsnotify_group *group)
{
	struct fsnotify_event *event;

	spin_lock(&group->notification_lock);
	event = fsnotify_remove_first_event(group);
	spin_unlock(&group->notification_lock);
	return event;
}

static struct fsnotify_event *look(struct fsnotify_group *group)
{
	struct fsnotify_event *event;

	spin_lock(&group->notification_lock);
	event = fsnotify_peek_first_event(group);
	spin_unlock(&group->notification_lock);
	return event;
}

static bool empty(struct fsnotify_group *group)
{
	bool is_empty;

	spin_lock(&group->notification_lock);
	is_empty = fsnotify_notify_queue_is_empty(group);
	spin_unlock(&group->notification_lock);
	return is_empty;
}

static void cookies(void)
{
	u32 first = fsnotify_get_cookie(), next;
	int wrong = 0;

	for (int i = 1; i <= 1000; i++) {
		next = fsnotify_get_cookie();
		wrong += next != first + i;
	}
	is(wrong, 0, "cookie: each is one more than the one before");
	ok(first != 0, "cookie: the first is not 0");
}

#define COOKIE_THREADS 4
#define COOKIES 2000
static u32 drawn[COOKIE_THREADS][COOKIES];

static void *draw(void *arg)
{
	u32 *to = arg;

	for (int i = 0; i < COOKIES; i++)
		to[i] = fsnotify_get_cookie();
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static void cookies_of_threads(void)
{
	pthread_t threads[COOKIE_THREADS];
	u32 *all = &drawn[0][0];
	int twice = 0;

	for (int i = 0; i < COOKIE_THREADS; i++)
		pthread_create(&threads[i], NULL, draw, drawn[i]);
	for (int i = 0; i < COOKIE_THREADS; i++)
		pthread_join(threads[i], NULL);
	qsort(all, COOKIE_THREADS * COOKIES, sizeof(*all), by_value);
	for (int i = 1; i < COOKIE_THREADS * COOKIES; i++)
		twice += all[i] == all[i - 1];
	is(twice, 0, "cookie: no two threads draw the same");
}

static void first_in_first_out(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tevent *events[3];
	int freed = n_free_event;

	is_ptr(look(group), NULL, "peek: nothing on an empty queue");
	is_ptr(take(group), NULL, "remove: nothing from an empty queue");
	ok(empty(group), "empty: yes");
	for (int i = 0; i < 3; i++) {
		events[i] = event_new(i);
		is(fsnotify_add_event(group, &events[i]->fse, NULL), 0, "add: event %d is queued", i);
		is(group->q_len, i + 1, "add: q_len is %d", i + 1);
	}
	ok(!empty(group), "empty: no");
	is_ptr(look(group), &events[0]->fse, "peek: the oldest");
	is(group->q_len, 3, "peek: it stays");
	is_ptr(take(group), &events[0]->fse, "remove: the oldest");
	is(group->q_len, 2, "remove: q_len is one less");
	ok(list_empty(&events[0]->fse.list), "remove: the event's link is initialised again");
	spin_lock(&group->notification_lock);
	fsnotify_remove_queued_event(group, &events[2]->fse);
	spin_unlock(&group->notification_lock);
	is(group->q_len, 1, "remove_queued: takes one out of the middle or the end");
	ok(list_empty(&events[2]->fse.list), "remove_queued: the event's link is initialised again");
	is_ptr(take(group), &events[1]->fse, "remove: the next one");
	is(n_free_event - freed, 0, "remove: frees nothing");
	for (int i = 0; i < 3; i++)
		fsnotify_destroy_event(group, &events[i]->fse);
	is(n_free_event - freed, 3, "destroy_event: calls free_event");
	fsnotify_destroy_event(group, NULL);
	is(n_free_event - freed, 3, "destroy_event: NULL is nothing");
	fsnotify_destroy_group(group);
}

static void merging(void)
{
	struct fsnotify_group *group = group_bounded(&full_ops, 2);
	struct tevent *first = event_new(1), *second = event_new(2), *third = event_new(3);

	forget();
	is(fsnotify_insert_event(group, &first->fse, merge, insert), 0, "insert: 0 for a queued event");
	is(n_merge, 0, "insert: merge is not asked on an empty queue");
	ok(n_insert == 1 && insert_locked && insert_saw == &first->fse, "insert: the insert callback is called under the lock");
	is(insert_saw_len, 1, "insert: the event counts already when the insert callback is called");

	forget();
	merge_answer = 1;
	is(fsnotify_insert_event(group, &second->fse, merge, insert), 1, "merge: its answer is returned");
	ok(n_merge == 1 && merge_locked && merge_saw == &second->fse, "merge: called under the lock with the new event");
	is(n_insert, 0, "merge: the insert callback is not called for a merged event");
	is(group->q_len, 1, "merge: a merged event is not queued");
	merge_answer = 42;
	is(fsnotify_insert_event(group, &second->fse, merge, insert), 42, "merge: any non-zero answer is returned as it is");
	merge_answer = -7;
	is(fsnotify_insert_event(group, &second->fse, merge, insert), -7, "merge: a negative one too");

	forget();
	is(fsnotify_insert_event(group, &second->fse, merge, insert), 0, "merge: its 0 queues the event");
	ok(n_merge == 1 && n_insert == 1 && merge_saw_len == 1 && insert_saw_len == 2, "merge: asked before the event is queued");

	forget();
	merge_answer = 1;
	is(fsnotify_insert_event(group, &third->fse, merge, insert), 2, "overflow: 2 when the queue is full");
	is(n_merge, 0, "behaviour 7: merge is not asked when the overflow event is queued");
	ok(n_insert == 1 && insert_locked && insert_saw == group->overflow_event,
	   "behaviour 7: the insert callback is called for the overflow event");
	is(group->q_len, 3, "behaviour 7: the overflow event counts in q_len, max_events + 1 in all");
	forget();
	is(fsnotify_insert_event(group, &third->fse, merge, insert), 2, "overflow: 2 again");
	ok(n_merge == 0 && n_insert == 0 && group->q_len == 3, "overflow: queued once only");

	fsnotify_destroy_event(group, take(group));
	fsnotify_destroy_event(group, take(group));
	is_ptr(look(group), group->overflow_event, "overflow: it is the last in the queue");
	is(group->q_len, 1, "overflow: alone now");
	forget();
	is(fsnotify_insert_event(group, &third->fse, merge, insert), 0, "overflow: there is room again behind it");
	is(n_merge, 1, "overflow: merge may see the overflow event in the queue");
	is_ptr(take(group), group->overflow_event, "overflow: taken");
	ok(list_empty(&group->overflow_event->list), "overflow: its link is initialised when it is taken");
	fsnotify_destroy_event(group, group->overflow_event);
	is(n_free_overflow, 0, "destroy_event: leaves the overflow event alone");
	fsnotify_flush_notify(group);
	is(group->q_len, 0, "flush: nothing is left");
	fsnotify_destroy_group(group);
	is(n_free_overflow, 1, "destroy_group: frees the overflow event");
}

static void bounds(void)
{
	struct fsnotify_group *group = group_bounded(&full_ops, 0);
	struct tevent *event = event_new(1);
	struct fsn_stats before, after;

	fsn_stats(&before);
	is(fsnotify_add_event(group, &event->fse, NULL), 2, "max_events 0: every event overflows");
	is(group->q_len, 1, "max_events 0: the overflow event is queued all the same");
	is_ptr(take(group), group->overflow_event, "max_events 0: it is the overflow event");
	fsn_stats(&after);
	is(after.events_overflowed - before.events_overflowed, 1, "stats: an overflow is counted");
	is(fsnotify_add_event(group, group->overflow_event, NULL), 2,
	   "behaviour 7: inserting the overflow event returns 2 although it is queued");
	is(group->q_len, 1, "overflow: queued by itself");
	is(fsnotify_add_event(group, group->overflow_event, NULL), 2, "overflow: again, while it is queued");
	is(group->q_len, 1, "overflow: it is still there once");
	fsnotify_flush_notify(group);
	ok(group->q_len == 0 && list_empty(&group->overflow_event->list), "flush: takes the overflow event off too");
	is(n_free_overflow, 1, "flush: but does not free it");
	fsnotify_queue_overflow(group);
	is(group->q_len, 1, "queue_overflow: queues it");
	group->max_events = 2;
	is(fsnotify_add_event(group, &event->fse, NULL), 0, "max_events 2: one more");
	is(group->q_len, 2, "overflow: counts against the bound while it is queued");
	fsnotify_destroy_group(group);

	group = group_bounded(&full_ops, 1);
	event = event_new(1);
	is(fsnotify_add_event(group, &event->fse, NULL), 0, "max_events 1: the first is queued");
	event = event_new(2);
	is(fsnotify_add_event(group, &event->fse, NULL), 2, "max_events 1: the second overflows");
	is(group->q_len, 2, "max_events 1: one and the overflow event");
	fsnotify_destroy_event(group, &event->fse);
	fsnotify_destroy_group(group);
}

static void overflow_without_event(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tevent *event = event_new(1);
	struct fsn_stats before, after;
	int freed = n_free_event;

	group->max_events = 0;
	fsn_stats(&before);
	is(fsnotify_insert_event(group, &event->fse, merge, insert), 2,
	   "defect not inherited (goes beyond the original): overflow without overflow_event returns 2");
	fsn_stats(&after);
	is(group->q_len, 0, "defect not inherited: nothing is queued");
	is(after.events_dropped - before.events_dropped, 1, "defect not inherited: the loss is counted");
	is(n_free_event - freed, 0, "defect not inherited: the caller keeps the event");
	fsnotify_destroy_event(group, &event->fse);
	fsnotify_destroy_group(group);
}

static void flushing(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	int freed = n_free_event;

	for (int i = 0; i < 100; i++)
		fsnotify_add_event(group, &event_new(i)->fse, NULL);
	is(group->q_len, 100, "no bound: a hundred events");
	fsnotify_flush_notify(group);
	is(n_free_event - freed, 100, "flush: every event goes through free_event");
	ok(group->q_len == 0 && list_empty(&group->notification_list), "flush: the queue is empty");
	fsnotify_destroy_group(group);
}

/* A reader like inotify's read(): sleeps on notification_waitq until there is an event. */
static struct fsnotify_group *read_from;
static int n_read, reader_ready;

static void *reader(void *arg)
{
	int wanted = *(int *)arg;

	while (peek(n_read) < wanted) {
		struct fsnotify_event *event;

		put_value(reader_ready, 1);
		wait_event(read_from->notification_waitq, !empty(read_from));
		event = take(read_from);
		if (event) {
			fsnotify_destroy_event(read_from, event);
			bump(n_read);
		}
	}
	return NULL;
}

/* A poller: its entry's function is called by the wake-up. */
static int n_polled;

static int poll_wake(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	(void)entry;
	(void)mode;
	(void)flags;
	(void)key;
	bump(n_polled);
	return 0;
}

static void waking(void)
{
	struct fsnotify_group *group = read_from = group_new(&full_ops);
	DEFINE_WAIT_FUNC(poller, poll_wake);
	int wanted = 50;
	pthread_t thread;

	add_wait_queue(&group->notification_waitq, &poller);
	fsnotify_add_event(group, &event_new(0)->fse, NULL);
	is(n_polled, 1, "wake-up: an entry as poll's is called by the insertion");
	forget();
	merge_answer = 1;
	fsnotify_insert_event(group, &event_new(1)->fse, merge, NULL);
	is(n_polled, 1, "wake-up: a merged event wakes nobody");
	fsnotify_destroy_event(group, merge_saw);
	fsnotify_flush_notify(group);
	is(n_polled, 1, "wake-up: flush_notify wakes nobody");
	remove_wait_queue(&group->notification_waitq, &poller);

	pthread_create(&thread, NULL, reader, &wanted);
	wait_until(peek(reader_ready));
	for (int i = 0; i < wanted; i++) {
		fsnotify_add_event(group, &event_new(i)->fse, NULL);
		if (i % 8 == 0)
			wait_until(peek(n_read) == i + 1);
	}
	wait_until(peek(n_read) == wanted);
	pthread_join(thread, NULL);
	is(n_read, wanted, "wake-up: a reader that sleeps on notification_waitq gets every event");
	fsnotify_destroy_group(group);

	group = group_bounded(&full_ops, 0);
	add_wait_queue(&group->notification_waitq, &poller);
	n_polled = 0;
	fsnotify_queue_overflow(group);
	is(n_polled, 1, "wake-up: the overflow event wakes too");
	fsnotify_queue_overflow(group);
	is(n_polled, 1, "wake-up: and only when it is queued");
	remove_wait_queue(&group->notification_waitq, &poller);
	fsnotify_destroy_group(group);
}

static void fasync(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct file file;

	file_init_by_hand(&file, fs, fs->root, FMODE_READ);
	file.private_data = group;
	is(fsnotify_fasync(-1, &file, 1), 0, "fasync: on");
	ok(group->fsn_fa, "fasync: registered");
	is(fsnotify_fasync(-1, &file, 1), 0, "fasync: on twice is no error");
	is(fsnotify_fasync(-1, &file, 0), 0, "fasync: off");
	is_ptr(group->fsn_fa, NULL, "fasync: not registered");
	is(fsnotify_fasync(-1, &file, 0), 0, "fasync: off twice is no error");
	fs_end(fs);
	fsnotify_destroy_group(group);
}

int main(void)
{
	tests_begin();
	cookies();
	cookies_of_threads();
	first_in_first_out();
	merging();
	bounds();
	beyond_original(overflow_without_event());
	flushing();
	waking();
	fasync();
	return tests_end();
}
