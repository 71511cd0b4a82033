/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the core share, for programs of both modes (so only fsn_ names of the host are used):
 *
 *  - a backend that records: groups whose handlers note each call, marks from a cache, events from kmalloc, every callback
 *    counted and noted in the trail;
 *  - hand_fs.h, a filesystem made by hand;
 *  - the log, kept for the tests of misuse;
 *  - tests_begin() and tests_end(), which between them see to it that nothing is left.
 *
 * Include the headers of the library first.
 */
#ifndef C_TESTS_SUPPORT_H
#define C_TESTS_SUPPORT_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "tap.h"

#define T_UNUSED __attribute__((unused))
#define T_GFP FSN_GFP_KERNEL

/* What the original would crash at, wait for in vain or has not: left out where c-tests/oracle runs it. */
#ifdef ORACLE
#define ON_ORACLE 1
#define fsn_dump(stream) ((void)(stream))
#define beyond_original(call) (ok(true, "# SKIP the original cannot: %s", #call) ? (void)0 : (call))
#else
#define ON_ORACLE 0
#define beyond_original(call) (call)
#endif

/* ---- counters that threads share ---- */

#define bump(counter) __atomic_add_fetch(&(counter), 1, __ATOMIC_SEQ_CST)
#define peek(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define put_value(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_SEQ_CST)

/* Waits for something that another thread is sure to do; after some twenty seconds the test has failed. */
#define wait_until(condition) do {					\
	for (int tries_ = 0; !(condition); tries_++) {			\
		if (tries_ > 75000)					\
			gave_up(#condition);				\
		usleep(200);						\
	}								\
} while (0)

T_UNUSED static void gave_up(const char *condition)
{
	ok(false, "came true: %s", condition);
	done_testing();
	fflush(stdout);
	_exit(1);
}

/* Long enough for a thread that is not held up to do what it must not do yet; a test may only be fooled into passing. */
T_UNUSED static void a_while(void)
{
	usleep(30000);
}

/* ---- the trail: the order of callbacks, one letter each ---- */

static char trail[256];
static unsigned int trail_len;
static pthread_mutex_t trail_lock = PTHREAD_MUTEX_INITIALIZER;

T_UNUSED static void step(char letter)
{
	pthread_mutex_lock(&trail_lock);
	if (trail_len < sizeof(trail) - 1)
		trail[trail_len++] = letter;
	trail[trail_len] = 0;
	pthread_mutex_unlock(&trail_lock);
}

T_UNUSED static void trail_reset(void)
{
	pthread_mutex_lock(&trail_lock);
	trail_len = 0;
	trail[0] = 0;
	pthread_mutex_unlock(&trail_lock);
}

/* ---- calls of handlers, as the backend saw them ---- */

struct call {
	struct fsnotify_group *group;
	struct fsnotify_mark *mark;			/* handle_inode_event() */
	struct fsnotify_mark *marks[FSNOTIFY_ITER_TYPE_COUNT];	/* handle_event(): those reported */
	unsigned int report_mask;
	__u32 mask;
	const void *data;
	int data_type;
	struct inode *inode, *dir;
	bool named;
	char name[300];
	__u32 cookie;
};

#define MAX_CALLS 512
static struct call calls[MAX_CALLS];
static int ncalls;
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;

T_UNUSED static void calls_reset(void)
{
	pthread_mutex_lock(&calls_lock);
	memset(calls, 0, sizeof(calls[0]) * (ncalls < MAX_CALLS ? ncalls : MAX_CALLS));
	ncalls = 0;
	pthread_mutex_unlock(&calls_lock);
}

static void record(const struct call *call, const struct qstr *name)
{
	pthread_mutex_lock(&calls_lock);
	if (ncalls < MAX_CALLS) {
		struct call *to = &calls[ncalls];

		*to = *call;
		if (name) {
			unsigned int len = name->len < sizeof(to->name) ? name->len : sizeof(to->name) - 1;

			to->named = true;
			memcpy(to->name, name->name, len);
			to->name[len] = 0;
		}
	}
	ncalls++;
	pthread_mutex_unlock(&calls_lock);
}

/* Is the n-th call like this? A name of NULL stands for none. */
T_UNUSED static bool call_was(int n, __u32 mask, const struct inode *dir, const char *name, __u32 cookie)
{
	const struct call *c = &calls[n];
	bool good = n < ncalls && c->mask == mask && c->dir == dir && c->cookie == cookie && c->named == !!name &&
		    (!name || strcmp(c->name, name) == 0);

	if (!good && n < ncalls)
		printf("# call %d: mask 0x%x dir %p name %s cookie %u; wanted 0x%x %p %s %u\n", n, c->mask, (void *)c->dir,
		       c->named ? c->name : "(none)", c->cookie, mask, (const void *)dir, name ? name : "(none)", cookie);
	else if (!good)
		printf("# call %d: there were only %d\n", n, ncalls);
	return good;
}

/* ---- the backend ---- */

struct backend {
	int id;
	/* what its handler answers */
	int answer;
	/* runs inside the handler */
	void (*inside)(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info);
	/* queue an event for each call */
	bool queues;
};

struct tmark {
	struct fsnotify_mark fsn;
	int id;
};

struct tevent {
	struct fsnotify_event fse;
	__u32 mask;
	int id;
};

static struct kmem_cache *mark_cache;
static int n_freeing_mark, n_free_mark, n_free_event, n_free_overflow, n_free_priv, n_marks_made, n_events_made;
/* the last group whose free_group_priv ran, and what it looked like: set inside, compared afterwards */
static struct { void *group; int refcnt; bool shutdown, unlocked; const void *ops; unsigned int q_len; } last_priv;
/* locks that were held when a callback that must run without any was called */
static int n_locked_callbacks;
/* who holds a lock is not recorded, so with other threads about it cannot be told */
static bool others_hold_locks;

T_UNUSED static struct backend *backend_of(struct fsnotify_group *group)
{
	return (struct backend *)group->FSN_CXX_KEYWORD(private);
}

/* Another thread lets go of a lock soon (the worker frees marks of a group that is being destroyed); this one does not. */
static bool stays_locked(spinlock_t *lock)
{
	for (int i = 0; i < 1000; i++) {
		if (!fsn_spin_is_locked(lock))
			return false;
		usleep(100);
	}
	return true;
}

static void t_unlocked(struct fsnotify_group *group, struct fsnotify_mark *mark)
{
	if (others_hold_locks)
		return;
	if (stays_locked(&group->notification_lock) || (mark && stays_locked(&mark->lock)))
		bump(n_locked_callbacks);
}

static void t_freeing_mark(struct fsnotify_mark *mark, struct fsnotify_group *group)
{
	t_unlocked(group, mark);
	if (mark->flags & (FSNOTIFY_MARK_FLAG_ALIVE | FSNOTIFY_MARK_FLAG_ATTACHED))
		bump(n_locked_callbacks);
	bump(n_freeing_mark);
	step('f');
}

static void t_free_mark(struct fsnotify_mark *mark)
{
	t_unlocked(mark->group, mark);
	bump(n_free_mark);
	step('m');
	fsn_kmem_cache_free(mark_cache, mark);
}

static void t_free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	t_unlocked(group, NULL);
	if (event == group->overflow_event) {
		bump(n_free_overflow);
		step('o');
	} else {
		bump(n_free_event);
		step('e');
	}
	fsn_kfree(event);
}

static void t_free_group_priv(struct fsnotify_group *group)
{
	t_unlocked(group, NULL);
	bump(n_free_priv);
	last_priv.group = group;
	last_priv.refcnt = group->refcnt.refs.counter;
	last_priv.shutdown = group->shutdown;
	last_priv.unlocked = !fsn_mutex_is_locked(&group->mark_mutex) && group->marks_list.next == &group->marks_list &&
			     group->notification_list.next == &group->notification_list;
	last_priv.ops = group->ops;
	last_priv.q_len = group->q_len;
	step('p');
	fsn_kfree(backend_of(group));
}

static struct tevent *event_new(int id)
{
	struct tevent *event = (struct tevent *)fsn_kzalloc(sizeof(*event), T_GFP);

	if (!event)
		return NULL;
	fsnotify_init_event(&event->fse);
	event->id = id;
	bump(n_events_made);
	return event;
}

static void t_called(struct fsnotify_group *group, struct call *call, const struct qstr *name, struct fsnotify_iter_info *iter_info)
{
	struct backend *backend = backend_of(group);

	call->group = group;
	record(call, name);
	if (backend->queues) {
		struct tevent *event = event_new(0);

		if (event) {
			event->mask = call->mask;
			if (fsnotify_add_event(group, &event->fse, NULL))
				fsnotify_destroy_event(group, &event->fse);
		}
	}
	if (backend->inside)
		backend->inside(group, iter_info);
}

static int t_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			  const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	struct call call;
	int type;

	memset(&call, 0, sizeof(call));
	call.mask = mask;
	call.data = data;
	call.data_type = data_type;
	call.dir = dir;
	call.inode = fsnotify_data_inode(data, data_type);
	call.cookie = cookie;
	call.report_mask = iter_info->report_mask;
	for (type = 0; type < FSNOTIFY_ITER_TYPE_COUNT; type++)
		call.marks[type] = fsnotify_iter_mark(iter_info, type);
	t_called(group, &call, name, iter_info);
	return backend_of(group)->answer;
}

static int t_handle_inode_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
				const struct qstr *name, __u32 cookie)
{
	struct call call;

	memset(&call, 0, sizeof(call));
	call.mark = mark;
	call.mask = mask;
	call.inode = inode;
	call.dir = dir;
	call.cookie = cookie;
	t_called(mark->group, &call, name, NULL);
	return backend_of(mark->group)->answer;
}

/* Like fanotify: all events, with the iterator. */
T_UNUSED static const struct fsnotify_ops full_ops = {
	.handle_event = t_handle_event,
	.free_group_priv = t_free_group_priv,
	.freeing_mark = t_freeing_mark,
	.free_event = t_free_event,
	.free_mark = t_free_mark,
};

/* Like inotify and dnotify: inode marks only. */
T_UNUSED static const struct fsnotify_ops inode_ops = {
	.handle_inode_event = t_handle_inode_event,
	.free_group_priv = t_free_group_priv,
	.freeing_mark = t_freeing_mark,
	.free_event = t_free_event,
	.free_mark = t_free_mark,
};

/* Only what must be there. */
T_UNUSED static const struct fsnotify_ops bare_ops = {
	.handle_event = t_handle_event,
	.free_group_priv = t_free_group_priv,
	.free_event = t_free_event,
	.free_mark = t_free_mark,
};

T_UNUSED static struct fsnotify_group *group_with(const struct fsnotify_ops *ops, int flags, enum fsnotify_group_prio prio)
{
	struct backend *backend = (struct backend *)fsn_kzalloc(sizeof(*backend), T_GFP);
	struct fsnotify_group *group;

	if (!backend)
		return (struct fsnotify_group *)fsn_ERR_PTR(-ENOMEM);
	group = fsnotify_alloc_group(ops, flags);
	if (fsn_IS_ERR(group)) {
		fsn_kfree(backend);
		return group;
	}
	group->priority = prio;
	group->FSN_CXX_KEYWORD(private) = backend;
	return group;
}

T_UNUSED static struct fsnotify_group *group_new(const struct fsnotify_ops *ops)
{
	return group_with(ops, 0, FSNOTIFY_PRIO_NORMAL);
}

/* A group with a bound and an overflow event, as inotify and fanotify make it. */
T_UNUSED static struct fsnotify_group *group_bounded(const struct fsnotify_ops *ops, unsigned int max_events)
{
	struct fsnotify_group *group = group_new(ops);

	group->max_events = max_events;
	group->overflow_event = &event_new(-1)->fse;
	return group;
}

/* A mark with the caller's one reference, attached to nothing. */
T_UNUSED static struct fsnotify_mark *mark_new(struct fsnotify_group *group, __u32 mask)
{
	struct tmark *mark = (struct tmark *)fsn_kmem_cache_alloc(mark_cache, T_GFP);

	if (!mark)
		return NULL;
	fsnotify_init_mark(&mark->fsn, group);
	mark->fsn.mask = mask;
	mark->id = bump(n_marks_made);
	return &mark->fsn;
}

/* Adds a mark and keeps only the group's reference on it, so that it is there until it is destroyed. */
T_UNUSED static struct fsnotify_mark *watch_with(struct fsnotify_group *group, void *object, enum fsnotify_obj_type type,
						 __u32 mask, __u32 ignore, unsigned int flags)
{
	struct fsnotify_mark *mark = mark_new(group, mask);
	int err;

	mark->ignore_mask = ignore;
	mark->flags |= flags;
	err = fsnotify_add_mark(mark, object, type, 0);
	fsnotify_put_mark(mark);
	if (err)
		printf("# watch_with: %d\n", err);
	return err ? NULL : mark;
}

T_UNUSED static struct fsnotify_mark *watch(struct fsnotify_group *group, struct inode *inode, __u32 mask)
{
	return watch_with(group, inode, FSNOTIFY_OBJ_TYPE_INODE, mask, 0, 0);
}

T_UNUSED static struct fsnotify_mark *watch_sb(struct fsnotify_group *group, struct super_block *sb, __u32 mask)
{
	return watch_with(group, sb, FSNOTIFY_OBJ_TYPE_SB, mask, 0, 0);
}

T_UNUSED static struct fsnotify_mark *watch_mount(struct fsnotify_group *group, struct mount *mount, __u32 mask)
{
	return watch_with(group, &mount->mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT, mask, 0, 0);
}

/* Destroys a mark that the group alone has a reference on: fsnotify_destroy_mark() wants one of its caller's. */
T_UNUSED static void unwatch(struct fsnotify_mark *mark)
{
	fsnotify_get_mark(mark);
	fsnotify_destroy_mark(mark, mark->group);
	fsnotify_put_mark(mark);
}

T_UNUSED static int mark_refs(struct fsnotify_mark *mark)
{
	return __atomic_load_n(&mark->refcnt.refs.counter, __ATOMIC_SEQ_CST);
}

T_UNUSED static int group_refs(struct fsnotify_group *group)
{
	return __atomic_load_n(&group->refcnt.refs.counter, __ATOMIC_SEQ_CST);
}

#include "hand_fs.h"

/* ---- the log ---- */

static char log_function[96], log_message[512];
static int n_warnings;
/* messages that are no misuse of the running test */
static bool log_expected;

static void t_log(void *arg, int level, const char *function, const char *message)
{
	(void)arg;
	if (level > FSN_LOG_WARNING)
		return;
	bump(n_warnings);
	snprintf(log_function, sizeof(log_function), "%s", function);
	snprintf(log_message, sizeof(log_message), "%s", message);
	if (!log_expected)
		printf("# warning: %s: %s\n", function, message);
}

T_UNUSED static void log_reset(void)
{
	n_warnings = 0;
	log_function[0] = 0;
	log_message[0] = 0;
}

/* ---- the frame of a program ---- */

static struct fsn_stats stats_before;

T_UNUSED static void tests_begin(void)
{
	const char *limit = getenv("TIMEOUT");

	/* A little earlier than c-tests/run would end the program. */
	alarm(limit && atoi(limit) > 20 ? (unsigned int)atoi(limit) - 10 : 110);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fsn_set_log(t_log, NULL);
	fsn_stats(&stats_before);
	mark_cache = fsn_kmem_cache_create("test_mark", sizeof(struct tmark), 0, 0, NULL);
}

/* Nothing is left: every callback has been called once, and every counter of the library is back where it was. */
T_UNUSED static int tests_end(void)
{
	struct fsn_stats now;

	fsn_quiesce();
	fsn_kmem_cache_destroy(mark_cache);
	fsn_quiesce();
	fsn_stats(&now);
	is(n_free_mark, n_marks_made, "end: free_mark was called once for each mark made");
	is(n_free_event + n_free_overflow, n_events_made, "end: free_event was called once for each event made");
	is(n_locked_callbacks, 0, "end: no freeing callback was called with a lock held, none too early");
	if (!log_expected)
		is(n_warnings, 0, "end: the library warned of nothing");
	is(now.groups, stats_before.groups, "end: no group is left");
	is(now.marks, stats_before.marks, "end: no mark is left");
	is(now.connectors, stats_before.connectors, "end: no connector is left");
	is(now.sb_infos, stats_before.sb_infos, "end: no superblock state is left");
	is(now.events_pending, stats_before.events_pending, "end: no event is left on a queue");
	is(now.inodes, stats_before.inodes, "end: no inode is left");
	is(now.dentries, stats_before.dentries, "end: no dentry is left");
	is(now.memcgs, stats_before.memcgs, "end: no memory group is left");
	is(now.allocations, stats_before.allocations, "end: no allocation is left");
	is(now.allocated_bytes, stats_before.allocated_bytes, "end: no byte is left");
	return done_testing();
}

#endif /* C_TESTS_SUPPORT_H */
