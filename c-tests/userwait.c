// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handlers that wait for somebody: fsnotify_prepare_user_wait() pins the marks of the walk and leaves the read side,
 * fsnotify_finish_user_wait() undoes both. What a group's end waits for.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include "support.h"

/* A handler that waits: each step is announced and allowed by the main thread. */
static int prepared, may_finish, finished, may_return, prepare_result;
/* destroyed inside the handler, before it waits; detached only, if there is another reference */
static struct fsnotify_mark *victims[3];

static void wait_inside(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	for (int i = 0; i < 3; i++) {
		if (victims[i])
			fsnotify_destroy_mark(victims[i], victims[i]->group);
		victims[i] = NULL;
	}
	prepare_result = fsnotify_prepare_user_wait(iter_info);
	put_value(prepared, 1);
	wait_until(peek(may_finish));
	if (prepare_result)
		fsnotify_finish_user_wait(iter_info);
	put_value(finished, 1);
	wait_until(peek(may_return));
}

static void forget(void)
{
	prepared = may_finish = finished = may_return = 0;
	prepare_result = -1;
	memset(victims, 0, sizeof(victims));
	calls_reset();
}

static struct tfs *fs;
static struct dentry *file;
static int event_result;

/* Asks for the permission to open the file; all four objects are concerned. */
static int ask(void)
{
	struct path path = { .mnt = &fs->mount.mnt, .dentry = file };

	return fsnotify_path(&path, FS_OPEN_PERM);
}

static void *open_file(void *arg)
{
	(void)arg;
	event_result = ask();
	return NULL;
}

/* fsnotify_destroy_group() in a thread, and whether it has returned. */
struct destroyer {
	pthread_t thread;
	struct fsnotify_group *group;
	int done;
};

static void *run_destroyer(void *arg)
{
	struct destroyer *d = arg;

	fsnotify_destroy_group(d->group);
	put_value(d->done, 1);
	return NULL;
}

static void start_destroyer(struct destroyer *d, struct fsnotify_group *group)
{
	d->group = group;
	d->done = 0;
	fsnotify_get_group(group);
	pthread_create(&d->thread, NULL, run_destroyer, d);
	/* Its marks are gone, so that it has come to where it waits, or is past it. */
	wait_until(peek(group->shutdown));
	a_while();
}

static void end_destroyer(struct destroyer *d)
{
	wait_until(peek(d->done));
	pthread_join(d->thread, NULL);
	fsnotify_put_group(d->group);
}

/* While the handler waits: who is pinned, that the read side is free, who waits for it. */
static void pins(void)
{
	struct fsnotify_group *waiting, *later, *stranger;
	struct fsnotify_mark *on_inode, *on_sb, *laters, *strangers;
	struct destroyer own, other;
	pthread_t thread;
	int freed;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	later = group_new(&full_ops);
	stranger = group_new(&full_ops);
	on_inode = watch(waiting, file->d_inode, FS_OPEN_PERM);
	on_sb = watch_sb(waiting, &fs->sb, FS_OPEN_PERM);
	laters = watch(later, fs->root->d_inode, FS_OPEN_PERM | FS_EVENT_ON_CHILD);
	backend_of(waiting)->inside = wait_inside;
	forget();
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(peek(prepared));
	ok(prepare_result, "prepare: true");
	is(atomic_read(&waiting->user_waits), 2, "prepare: both marks of the handler's group are pinned");
	ok(mark_refs(on_inode) == 2 && mark_refs(on_sb) == 2, "prepare: with a reference each");
	is(atomic_read(&later->user_waits), 1, "behaviour 5: marks of groups later in the walk are pinned too");
	is(mark_refs(laters), 2, "behaviour 5: with a reference");

	strangers = watch(stranger, fs->root->d_inode, FS_CREATE);
	freed = n_free_mark;
	unwatch(strangers);
	fsnotify_wait_marks_destroyed();
	is(n_free_mark - freed, 1, "prepare: leaves the read side: other marks are freed while the handler waits");
	fsnotify_destroy_group(stranger);

	start_destroyer(&other, later);
	start_destroyer(&own, waiting);
	ok(!peek(other.done), "behaviour 5: destroying a group later in the walk waits for another group's handler");
	ok(!peek(own.done), "destroy: waits for the group's own handler");
	ok(list_empty(&waiting->marks_list), "destroy: but the marks are destroyed before");
	put_value(may_finish, 1);
	wait_until(peek(finished));
	is(atomic_read(&waiting->user_waits), 0, "finish: nothing is pinned any more");
	is(atomic_read(&later->user_waits), 0, "finish: of any group");
	a_while();
	ok(!peek(own.done), "behaviour 6: destroy waits for a handler that runs on after finish_user_wait");
	ok(!peek(other.done), "behaviour 6: of another group, too, for it is inside the read side");
	put_value(may_return, 1);
	pthread_join(thread, NULL);
	end_destroyer(&own);
	end_destroyer(&other);
	ok(own.done && other.done, "user_waits (linux-fsdevel, 2025-05-20): both destructions return when the handler has");
	is(event_result, 0, "prepare: the event goes on to its end");
	fs_end(fs);
}

/* A group that is destroyed during the wait is not called any more, the ones after it are. */
static void walk_goes_on(void)
{
	struct fsnotify_group *waiting, *gone, *last;
	struct destroyer d;
	pthread_t thread;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);
	gone = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	last = group_new(&full_ops);
	watch(waiting, file->d_inode, FS_OPEN_PERM);
	watch(gone, file->d_inode, FS_OPEN_PERM);
	watch(last, file->d_inode, FS_OPEN_PERM);
	backend_of(waiting)->inside = wait_inside;
	backend_of(last)->answer = -EPERM;
	forget();
	may_return = 1;
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(peek(prepared));
	is(atomic_read(&gone->user_waits), 0, "prepare: pins the heads of the lists, not all that stands behind them");
	start_destroyer(&d, gone);
	end_destroyer(&d);
	ok(d.done, "destroy: of a group without pins returns while a handler waits");
	put_value(may_finish, 1);
	pthread_join(thread, NULL);
	is(ncalls, 2, "walk: goes on behind a mark that went while the handler waited");
	ok(calls[0].group == waiting && calls[1].group == last, "walk: with the group behind it");
	is(event_result, -EPERM, "walk: whose answer counts");
	fsnotify_destroy_group(waiting);
	fsnotify_destroy_group(last);
	fs_end(fs);
}

/* Marks of other groups that are dead when the handler prepares: stepped over. */
static void dead_mark_of_another_group(bool referenced)
{
	const char *how = referenced ? "detached but referenced" : "without references";
	struct fsnotify_group *waiting, *dead, *next;
	struct fsnotify_mark *on_sb, *behind;
	pthread_t thread;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);
	dead = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	next = group_new(&full_ops);
	watch(waiting, file->d_inode, FS_OPEN_PERM);
	on_sb = mark_new(dead, FS_OPEN_PERM);
	fsnotify_add_mark(on_sb, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0);
	if (!referenced)
		fsnotify_put_mark(on_sb);
	behind = watch_sb(next, &fs->sb, FS_OPEN_PERM);
	backend_of(waiting)->inside = wait_inside;
	backend_of(dead)->answer = -EACCES;
	backend_of(next)->answer = -EPERM;
	forget();
	victims[0] = on_sb;
	may_return = 1;
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(peek(prepared));
	ok(prepare_result, "behaviour 5: prepare steps over a dead mark of another group (%s)", how);
	is(atomic_read(&waiting->user_waits), 1, "behaviour 5: its own mark is pinned (%s)", how);
	is(atomic_read(&dead->user_waits), 0, "behaviour 5: the dead one is not (%s)", how);
	is(atomic_read(&next->user_waits), 1, "behaviour 5: the one behind the dead one is (%s)", how);
	if (referenced)
		is(mark_refs(on_sb), 1, "behaviour 5: no reference on the dead mark stays (%s)", how);
	put_value(may_finish, 1);
	pthread_join(thread, NULL);
	is(ncalls, 2, "CVE-2026-46150: a dead mark of an unrelated group does not end the permission check (%s)", how);
	ok(calls[1].group == next && event_result == -EPERM,
	   "CVE-2026-46150: the group behind it is asked, and its refusal counts (%s)", how);
	is(mark_refs(behind), 1, "finish: drops the pin (%s)", how);
	if (referenced)
		fsnotify_put_mark(on_sb);
	fsnotify_destroy_group(waiting);
	fsnotify_destroy_group(dead);
	fsnotify_destroy_group(next);
	fs_end(fs);
}

/*
 * Nor is one taken for a moment: it could be the last one when the group is destroyed, and keep the mark where events find it,
 * when the destruction does not wait for them any more.
 */
static void dead_mark_is_left_alone(void)
{
	struct fsnotify_group *waiting, *dead;
	struct fsnotify_mark *on_sb;
	pthread_t thread;

	if (ON_ORACLE)
		return;
	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_PRE_CONTENT);
	dead = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	watch(waiting, file->d_inode, FS_OPEN_PERM);
	on_sb = mark_new(dead, FS_OPEN_PERM);
	fsnotify_add_mark(on_sb, &fs->sb, FSNOTIFY_OBJ_TYPE_SB, 0);
	fsnotify_destroy_mark(on_sb, dead);
	backend_of(waiting)->inside = wait_inside;
	forget();
	may_finish = may_return = 1;
	others_hold_locks = true;
	fsn_spin_lock(&on_sb->lock);
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(fsn_spin_is_contended(&on_sb->lock));
	is(mark_refs(on_sb), 1, "prepare: takes no reference on a dead mark, not for a moment");
	fsn_spin_unlock(&on_sb->lock);
	pthread_join(thread, NULL);
	others_hold_locks = false;
	ok(prepare_result, "prepare: and steps over it");
	fsnotify_put_mark(on_sb);
	fsnotify_destroy_group(waiting);
	fsnotify_destroy_group(dead);
	fs_end(fs);
}

static void *wait_destroyed(void *arg)
{
	fsnotify_wait_marks_destroyed();
	put_value(*(int *)arg, 1);
	return NULL;
}

/* The handler's own mark on the superblock is dead: the pins taken before are undone, the read side stays. */
static void dead_mark_of_the_own_group(void)
{
	struct fsnotify_group *waiting, *other;
	struct fsnotify_mark *on_mount, *on_sb, *others;
	pthread_t thread, waiter;
	int all_destroyed = 0;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	other = group_new(&full_ops);
	others = watch(other, file->d_inode, FS_OPEN_PERM);
	on_sb = watch_sb(waiting, &fs->sb, FS_OPEN_PERM);
	on_mount = watch_mount(waiting, &fs->mount, FS_OPEN_PERM);
	backend_of(waiting)->inside = wait_inside;
	forget();
	victims[0] = on_sb;
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(peek(prepared));
	ok(!prepare_result, "behaviour 5: prepare fails on a dead mark of its own group");
	is(atomic_read(&other->user_waits), 0, "behaviour 5: the pin on another group's mark is undone");
	is(atomic_read(&waiting->user_waits), 0, "behaviour 5: and that on its own other mark");
	ok(mark_refs(others) == 1 && mark_refs(on_mount) == 1, "behaviour 5: with their references");
	pthread_create(&waiter, NULL, wait_destroyed, &all_destroyed);
	a_while();
	ok(!peek(all_destroyed), "behaviour 5: the read side is still held after the failure");
	put_value(may_finish, 1);
	put_value(may_return, 1);
	pthread_join(thread, NULL);
	pthread_join(waiter, NULL);
	ok(all_destroyed, "behaviour 5: until the handler returns");
	is(ncalls, 2, "prepare: the walk goes on after a failure");
	fsnotify_destroy_group(other);
	ok(1, "user_waits (linux-fsdevel, 2025-05-20): destruction of a group whose pin was undone returns");
	fsnotify_destroy_group(waiting);
	fs_end(fs);
}

/* A pin that is undone while a destruction waits for it wakes the destruction. */
static struct destroyer undone;
static struct fsnotify_group *undone_group;
static struct fsnotify_mark *own_dead;

static void pin_then_fail(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	/*
	 * First a wait that succeeds; while it lasts the other group's destruction begins and comes to its wait; then this
	 * group's mark dies and the second preparation, from the same iterator, cannot pin the other group any more.
	 */
	(void)group;
	if (!fsnotify_prepare_user_wait(iter_info))
		return;
	put_value(prepared, 1);
	wait_until(peek(may_finish));
	fsnotify_destroy_mark(own_dead, own_dead->group);
	fsnotify_finish_user_wait(iter_info);
	put_value(prepare_result, fsnotify_prepare_user_wait(iter_info));
	put_value(finished, 1);
}

static void waits_come_back_to_zero(void)
{
	struct fsnotify_group *waiting;
	pthread_t thread;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	waiting = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	undone_group = group_new(&full_ops);
	watch(undone_group, file->d_inode, FS_OPEN_PERM);
	own_dead = watch_sb(waiting, &fs->sb, FS_OPEN_PERM);
	backend_of(waiting)->inside = pin_then_fail;
	forget();
	pthread_create(&thread, NULL, open_file, NULL);
	wait_until(peek(prepared));
	start_destroyer(&undone, undone_group);
	ok(!peek(undone.done), "destroy: waits for the pin");
	put_value(may_finish, 1);
	wait_until(peek(finished));
	is(prepare_result, 0, "prepare: fails for its own dead mark");
	pthread_join(thread, NULL);
	end_destroyer(&undone);
	ok(undone.done, "user_waits (linux-fsdevel, 2025-05-20): every way out of a wait takes the count back and wakes the destruction");
	is(atomic_read(&waiting->user_waits), 0, "user_waits: back to zero");
	fsnotify_destroy_group(waiting);
	fs_end(fs);
}

/* Many waits at once, against groups that come and go. */
#define THREADS 4
#define ROUNDS 60
static int stop;

static void short_wait(struct fsnotify_group *group, struct fsnotify_iter_info *iter_info)
{
	(void)group;
	if (fsnotify_prepare_user_wait(iter_info)) {
		sched_yield();
		fsnotify_finish_user_wait(iter_info);
	}
}

static void *many_events(void *arg)
{
	(void)arg;
	while (!peek(stop))
		ask();
	return NULL;
}

static void stress(void)
{
	struct fsnotify_group *steady;
	pthread_t threads[THREADS];

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	steady = group_with(&full_ops, 0, FSNOTIFY_PRIO_CONTENT);
	watch(steady, file->d_inode, FS_OPEN_PERM);
	watch_sb(steady, &fs->sb, FS_OPEN_PERM);
	backend_of(steady)->inside = short_wait;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, many_events, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		struct fsnotify_group *group = group_with(&full_ops, 0, i % 3);

		watch(group, file->d_inode, FS_OPEN_PERM);
		watch_sb(group, &fs->sb, FS_OPEN_PERM);
		if (i % 2)
			watch_mount(group, &fs->mount, FS_OPEN_PERM);
		backend_of(group)->inside = short_wait;
		sched_yield();
		fsnotify_destroy_group(group);
	}
	put_value(stop, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	is(atomic_read(&steady->user_waits), 0, "stress: no pin is left");
	is(watched(fs, 0), 3, "stress: only the steady group's marks are left");
	fsnotify_destroy_group(steady);
	fs_end(fs);
}

int main(void)
{
	tests_begin();
	pins();
	walk_goes_on();
	dead_mark_of_another_group(false);
	dead_mark_of_another_group(true);
	dead_mark_is_left_alone();
	dead_mark_of_the_own_group();
	waits_come_back_to_zero();
	others_hold_locks = true;
	stress();
	others_hold_locks = false;
	return tests_end();
}
