/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tests of fork(): a child's own checks, and a backend without locks, because a lock of the test's own that another
 * thread held at the fork would be the test's fault.
 */
#ifndef C_TESTS_LIFE_FORKED_H
#define C_TESTS_LIFE_FORKED_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include "../support.h"

/* ---- children ---- */

static int n_wrong;

/* In a child: a condition that must hold. What fails is shown, and the child's exit status counts it. */
#define want(condition) want_at((condition), #condition, __LINE__)

T_UNUSED static bool want_at(bool good, const char *what, int line)
{
	if (!good) {
		bump(n_wrong);
		printf("# in a child, line %d: %s\n", line, what);
		fflush(stdout);
	}
	return good;
}

#define want_equal(got, value) __extension__ ({								\
	long long want_got = (long long)(got), want_value = (long long)(value);				\
													\
	if (!want_at(want_got == want_value, #got " == " #value, __LINE__))				\
		printf("# got %lld, want %lld\n", want_got, want_value);				\
})

/* Runs @body in a child. Returns how many conditions failed, or a signal's number as a negative one: 14 stands for a hang. */
T_UNUSED static int in_child(void (*body)(void), unsigned int seconds)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(seconds);
		n_wrong = 0;
		body();
		fflush(stdout);
		_exit(n_wrong > 100 ? 100 : n_wrong);
	}
	if (child < 0)
		return 127;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- a backend without locks ---- */

static int n_f_handled, n_f_marks_made, n_f_marks_freed, n_f_events_made, n_f_events_freed, n_f_privs_freed;
static struct mem_cgroup *f_memcg;

static int f_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			  const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	struct mem_cgroup *old = fsn_set_active_memcg(f_memcg);
	struct tevent *event = (struct tevent *)fsn_kzalloc(sizeof(*event), FSN_GFP_KERNEL_ACCOUNT);

	(void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter_info;
	fsn_set_active_memcg(old);
	bump(n_f_handled);
	if (!event)
		return 0;
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	bump(n_f_events_made);
	if (fsnotify_add_event(group, &event->fse, NULL))
		fsnotify_destroy_event(group, &event->fse);
	return 0;
}

static void f_free_event(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)group;
	bump(n_f_events_freed);
	fsn_kfree(event);
}

static void f_free_mark(struct fsnotify_mark *mark)
{
	bump(n_f_marks_freed);
	fsn_kfree(mark);
}

static void f_free_group_priv(struct fsnotify_group *group)
{
	(void)group;
	bump(n_f_privs_freed);
}

static const struct fsnotify_ops f_ops = {
	.handle_event = f_handle_event,
	.free_group_priv = f_free_group_priv,
	.free_event = f_free_event,
	.free_mark = f_free_mark,
};

static struct fsnotify_mark *f_mark(struct fsnotify_group *group, struct inode *inode, __u32 mask)
{
	struct fsnotify_mark *mark = (struct fsnotify_mark *)fsn_kzalloc(sizeof(*mark), T_GFP);

	bump(n_f_marks_made);
	fsnotify_init_mark(mark, group);
	mark->mask = mask;
	fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
	fsnotify_put_mark(mark);
	return mark;
}

T_UNUSED static void f_unmark(struct fsnotify_mark *mark)
{
	fsnotify_get_mark(mark);
	fsnotify_destroy_mark(mark, mark->group);
	fsnotify_put_mark(mark);
}

T_UNUSED static struct fsnotify_event *f_read(struct fsnotify_group *group)
{
	struct fsnotify_event *event;

	fsn_spin_lock(&group->notification_lock);
	event = fsnotify_remove_first_event(group);
	fsn_spin_unlock(&group->notification_lock);
	return event;
}

/* A group of one's own on an inode of one's own, from the beginning to the end. */
T_UNUSED static void f_whole_life(struct inode *inode)
{
	int handled = peek(n_f_handled), i;
	struct fsnotify_group *group = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_USER | FSNOTIFY_GROUP_DUPS);
	struct fsnotify_event *event;

	if (!want(!fsn_IS_ERR(group)))
		return;
	f_mark(group, inode, FS_ATTRIB | FS_OPEN);
	fsnotify_inode(inode, FS_ATTRIB);
	fsnotify_inode(inode, FS_OPEN);
	want(peek(n_f_handled) >= handled + 2);
	event = f_read(group);
	if (want(event != NULL)) {
		want_equal(((struct tevent *)event)->mask & ALL_FSNOTIFY_EVENTS, FS_ATTRIB);
		fsnotify_destroy_event(group, event);
	}
	for (i = 0; i < 20; i++)
		f_unmark(f_mark(group, inode, FS_MODIFY));
	want(group->q_len == 1);
	fsnotify_destroy_group(group);
}

#endif /* C_TESTS_LIFE_FORKED_H */
