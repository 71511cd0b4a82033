/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that sets up its groups, becomes a daemon, and goes on with them: daemon() of the C library, and the same by hand
 * with two forks and a session of its own. The daemon reports through a pipe, because its parent has gone.
 */
#include "life/forked.h"

static int report[2];

struct server {
	struct tfs *fs;
	struct inode *inode;
	struct fsnotify_group *group;
	struct fsn_stats clean;
};

static void set_up(struct server *server, int busy)
{
	int i;

	server->fs = fs_by_hand();
	server->inode = file_by_hand(server->fs, server->fs->root, "file")->d_inode;
	f_whole_life(server->inode);
	fsn_quiesce();
	fsn_stats(&server->clean);
	server->group = fsnotify_alloc_group(&f_ops, FSNOTIFY_GROUP_USER | FSNOTIFY_GROUP_DUPS);
	f_mark(server->group, server->inode, FS_ATTRIB);
	fsnotify_inode(server->inode, FS_ATTRIB);
	fsn_memcg_set_limit(f_memcg, 100000);
	for (i = 0; i < busy; i++)
		f_unmark(f_mark(server->group, server->fs->root->d_inode, FS_CREATE));
}

/* As the daemon: from the marks that the first process had destroyed to the last counter. */
static void serve(struct server *server)
{
	struct fsn_stats now;
	int handled;

	/* Without being asked the worker frees what waits. */
	wait_until(n_f_marks_made - peek(n_f_marks_freed) == 1);
	handled = n_f_handled;
	fsnotify_inode(server->inode, FS_ATTRIB);
	want_equal(n_f_handled, handled + 1);
	want_equal(server->group->q_len, 2);
	f_whole_life(server->inode);
	/* the limit of before the fork holds, and charges are given back */
	want(fsn_memcg_usage(f_memcg) > 0);
	want_equal(fsn_memcg_limit(f_memcg), 100000);
	fsn_memcg_set_limit(f_memcg, 1);
	handled = n_f_events_made;
	fsnotify_inode(server->inode, FS_ATTRIB);
	want_equal(n_f_events_made, handled);
	fsn_memcg_set_limit(f_memcg, FSN_MEMCG_UNLIMITED);
	fsnotify_destroy_group(server->group);
	fsnotify_wait_marks_destroyed();
	fsn_quiesce();
	fsn_stats(&now);
	want_equal(now.groups, server->clean.groups);
	want_equal(now.marks, server->clean.marks);
	want_equal(now.connectors, server->clean.connectors);
	want_equal(now.events_pending, server->clean.events_pending);
	want_equal(now.allocations, server->clean.allocations);
	want_equal(fsn_memcg_usage(f_memcg), 0);
	want_equal(n_f_marks_freed, n_f_marks_made);
	want_equal(n_warnings, 0);
	fs_end(server->fs);
}

static bool by_daemon(void)
{
	/* the working directory and the descriptors stay: the report needs one */
	return daemon(1, 1) == 0;
}

static bool by_hand(void)
{
	pid_t child = fork();

	if (child > 0)
		_exit(0);
	if (child < 0 || setsid() < 0)
		return false;
	/* between the forks the library is used, too */
	fsnotify_wait_marks_destroyed();
	child = fork();
	if (child > 0)
		_exit(0);
	return child == 0;
}

static bool (*become_daemon)(void);
static int busy;

/* The program: a child of the test, which is left behind by the daemon. */
static void program(void)
{
	struct server server;
	int result;

	set_up(&server, busy);
	if (!become_daemon())
		_exit(99);
	alarm(20);
	n_wrong = 0;
	serve(&server);
	fflush(stdout);
	result = n_wrong;
	if (write(report[1], &result, sizeof(result)) != sizeof(result))
		_exit(98);
	_exit(0);
}

static int daemons(bool (*how)(void), int times)
{
	int failures = 0, result;

	become_daemon = how;
	for (; times; times--) {
		busy = times * 97 % 2000;
		if (pipe(report))
			return -1;
		if (in_child(program, 20))
			failures++;
		close(report[1]);
		/* the end of the file: the daemon has died */
		if (read(report[0], &result, sizeof(result)) != sizeof(result) || result)
			failures++;
		close(report[0]);
	}
	return failures;
}

int main(void)
{
	tests_begin();
	f_memcg = fsn_memcg_create("events");
	is(daemons(by_daemon, 30), 0, "daemon(): a server goes on with its groups");
	is(daemons(by_hand, 30), 0, "fork, setsid, fork: and so it does");
	fsn_memcg_put(f_memcg);
	return tests_end();
}
