/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destroying a group never queues behind strangers (promise 1): a group's end does not wait for another group's free_mark,
 * however many marks wait there, and not for the worker, which hangs in one of them. It does wait for its own marks and for
 * its own pinned handler, and fsnotify_wait_marks_destroyed() waits for all. No time is measured: what would be waited for
 * cannot happen before the destruction has returned.
 */
#include "support.h"

enum { MANY = 100000, OWN = 1000 };

/* free_mark of the stranger waits for this */
static int may_free = 1;
static int n_stranger_frees, n_own_frees, n_blocked;

static void stranger_free_mark(struct fsnotify_mark *mark)
{
	if (!peek(may_free)) {
		bump(n_blocked);
		wait_until(peek(may_free));
	}
	bump(n_stranger_frees);
	t_free_mark(mark);
}

static const struct fsnotify_ops stranger_ops = {
	.handle_event = t_handle_event,
	.free_group_priv = t_free_group_priv,
	.free_event = t_free_event,
	.free_mark = stranger_free_mark,
};

static void own_free_mark(struct fsnotify_mark *mark)
{
	bump(n_own_frees);
	t_free_mark(mark);
}

static const struct fsnotify_ops own_ops = {
	.handle_event = t_handle_event,
	.free_group_priv = t_free_group_priv,
	.free_event = t_free_event,
	.free_mark = own_free_mark,
};

struct waiter {
	pthread_t thread;
	void (*call)(struct waiter *waiter);
	struct fsnotify_group *group;
	/* own and strangers' marks freed when the call had returned */
	int own_frees, stranger_frees;
	int done;
};

static void *run_waiter(void *arg)
{
	struct waiter *waiter = (struct waiter *)arg;

	waiter->call(waiter);
	waiter->own_frees = peek(n_own_frees);
	waiter->stranger_frees = peek(n_stranger_frees);
	put_value(waiter->done, 1);
	return NULL;
}

static void start(struct waiter *waiter, void (*call)(struct waiter *waiter), struct fsnotify_group *group)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->call = call;
	waiter->group = group;
	pthread_create(&waiter->thread, NULL, run_waiter, waiter);
}

static void destroy(struct waiter *waiter)
{
	fsnotify_destroy_group(waiter->group);
}

static void wait_all(struct waiter *waiter)
{
	(void)waiter;
	fsnotify_wait_marks_destroyed();
}

static struct tfs *fs;
static struct inode *inode;

/* A group with marks that wait for the worker, which hangs in the first of them. */
static struct fsnotify_group *busy_stranger(int marks)
{
	struct fsnotify_group *group = group_with(&stranger_ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL);
	int i;

	put_value(may_free, 0);
	n_blocked = n_stranger_frees = 0;
	for (i = 0; i < marks; i++)
		unwatch(watch(group, inode, FS_ATTRIB));
	wait_until(peek(n_blocked));
	return group;
}

static struct fsnotify_group *own_group(void)
{
	struct fsnotify_group *group = group_with(&own_ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL);
	int i;

	n_own_frees = 0;
	for (i = 0; i < OWN; i++)
		watch(group, inode, FS_ATTRIB);
	return group;
}

static void strangers_marks(void)
{
	struct fsnotify_group *stranger = busy_stranger(MANY), *own = own_group(), *empty = group_new(&own_ops);
	struct waiter w, all;

	/* were it to wait for the stranger it would never return, and the alarm would end the program */
	fsnotify_destroy_group(empty);
	ok(!peek(may_free), "a group without marks ends while %d marks of a stranger wait", MANY);
	start(&w, destroy, own);
	pthread_join(w.thread, NULL);
	ok(!peek(may_free) && n_blocked == 1, "a group with marks ends while the worker hangs in a stranger's free_mark");
	is(w.own_frees, OWN, "and has waited for all of its own");
	is(w.stranger_frees, 0, "and for none of the stranger's");

	start(&all, wait_all, NULL);
	a_while();
	ok(!peek(all.done), "fsnotify_wait_marks_destroyed() does wait for the stranger's");
	start(&w, destroy, stranger);
	a_while();
	ok(!peek(w.done), "and so does the stranger's own end");
	put_value(may_free, 1);
	pthread_join(all.thread, NULL);
	pthread_join(w.thread, NULL);
	is(w.stranger_frees, MANY, "the stranger's end has waited for all of them");
	is(all.stranger_frees, MANY, "and so has fsnotify_wait_marks_destroyed()");
}

/* The other way round: who frees its marks itself, hanging, is waited for by wait_marks_destroyed() only. */
static void strangers_end(void)
{
	struct fsnotify_group *stranger, *own;
	struct waiter hanging, all;
	int i;

	put_value(may_free, 1);
	stranger = group_with(&stranger_ops, FSNOTIFY_GROUP_DUPS, FSNOTIFY_PRIO_NORMAL);
	for (i = 0; i < 10; i++)
		watch(stranger, inode, FS_ATTRIB);
	n_blocked = n_stranger_frees = 0;
	put_value(may_free, 0);
	start(&hanging, destroy, stranger);
	wait_until(peek(n_blocked));
	own = own_group();
	fsnotify_destroy_group(own);
	is(n_own_frees, OWN, "a group ends while another one's end hangs in its free_mark");
	is(n_stranger_frees, 0, "which has not come further");
	start(&all, wait_all, NULL);
	a_while();
	ok(!peek(all.done), "fsnotify_wait_marks_destroyed() waits for marks that a group's end frees");
	put_value(may_free, 1);
	pthread_join(hanging.thread, NULL);
	pthread_join(all.thread, NULL);
	is(all.stranger_frees, 10, "all of them");
}

/* ---- handlers ---- */

static int entered, may_return, prepare_result;

static void pinned_handler(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	prepare_result = fsnotify_prepare_user_wait(iter_info);
	put_value(entered, 1);
	wait_until(peek(may_return));
	if (prepare_result)
		fsnotify_finish_user_wait(iter_info);
}

static void *ask(void *arg)
{
	struct path path;

	(void)arg;
	path.mnt = &fs->mount.mnt;
	path.dentry = fs->root;
	fsnotify_path(&path, FS_OPEN_PERM);
	return NULL;
}

/* A handler that waits for somebody keeps its own group, and no other that is not part of its walk. */
static void pins(void)
{
	struct fsnotify_group *waiting = group_new(&full_ops), *own;
	struct dentry *elsewhere = file_by_hand(fs, fs->root, "elsewhere");
	struct waiter w;
	pthread_t thread;

	backend_of(waiting)->inside = pinned_handler;
	watch(waiting, inode, FS_OPEN_PERM);
	pthread_create(&thread, NULL, ask, NULL);
	wait_until(peek(entered));
	ok(prepare_result, "a handler waits for somebody");
	own = group_new(&own_ops);
	n_own_frees = 0;
	watch(own, elsewhere->d_inode, FS_ATTRIB);
	/* on the same object, but added after the walk had begun */
	watch(own, inode, FS_OPEN_PERM);
	fsnotify_destroy_group(own);
	is(n_own_frees, 2, "a stranger with a mark on the same object ends meanwhile");
	start(&w, destroy, waiting);
	a_while();
	ok(!peek(w.done), "the group that waits does not");
	put_value(may_return, 1);
	pthread_join(thread, NULL);
	pthread_join(w.thread, NULL);
	ok(peek(w.done), "until its handler is done");
}

int main(void)
{
	tests_begin();
	others_hold_locks = true;
	fs = fs_by_hand();
	inode = fs->root->d_inode;
	strangers_marks();
	strangers_end();
	pins();
	fs_end(fs);
	return tests_end();
}
