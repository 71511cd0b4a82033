// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel threads: they sleep until woken, have a task of their own, stop when asked, and say what their function returned.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "tap.h"

static DECLARE_WAIT_QUEUE_HEAD(news);
/* A thread of the parent sleeps on the other one. */
static DECLARE_WAIT_QUEUE_HEAD(own_news);
static int ran, rounds, seen;

struct witness {
	struct task_struct *task;
	char name[TASK_COMM_LEN];
	int flags, pid;
	bool signals, asked;
};

static int look(void *data)
{
	struct witness *witness = data;
	sigset_t mask;

	witness->task = current;
	memcpy(witness->name, current->comm, sizeof(witness->name));
	witness->flags = (int)current->flags;
	witness->pid = current->pid;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	witness->signals = !sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGSEGV);
	witness->asked = kthread_should_stop();
	__atomic_store_n(&ran, 1, __ATOMIC_SEQ_CST);
	wake_up_all(&news);
	wait_event(news, kthread_should_stop());
	/* who stops it waits for as long as it takes */
	fsn_msleep(20);
	return 41;
}

static void own_task(void)
{
	struct witness witness = { 0 };
	struct task_struct *task = kthread_run(look, &witness, "looker/%d of the first kind", 3);

	if (!ok(!IS_ERR(task), "a thread"))
		return;
	wait_event(news, __atomic_load_n(&ran, __ATOMIC_SEQ_CST));
	get_task_struct(task);
	is_ptr(witness.task, task, "its task is what kthread_run() returned");
	is_str(witness.name, "looker/3 of the", "it has the name, cut to 15 bytes");
	ok(witness.flags & PF_KTHREAD, "it says that it is a kernel thread");
	ok(witness.pid != current->pid && witness.pid == task->pid, "it has a number of its own");
	ok(!witness.signals, "the program's signals are not its own, faults are");
	ok(!witness.asked, "nobody asked it to stop before");
	ok(!kthread_should_stop(), "nor is the caller asked, ever");
	__atomic_store_n(&ran, 0, __ATOMIC_SEQ_CST);
	/* stopping wakes the thread from the queue itself */
	is(kthread_stop(task), 41, "stopping it returns what its function returned");
	is(kthread_stop(task), 41, "and does so again while there is a reference");
	put_task_struct(task);
	is(kthread_stop(current), -EINVAL, "a thread of the program cannot be stopped");
}

static int count(void *queue)
{
	__atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
	wake_up_all((struct wait_queue_head *)queue);
	return 7;
}

static void sleeps_first(void)
{
	struct task_struct *task;

	ran = 0;
	task = kthread_create(count, &news, "unborn");
	is(READ_ONCE(task->__state), TASK_UNINTERRUPTIBLE, "a new thread sleeps");
	get_task_struct(task);
	is(kthread_stop(task), -EINTR, "one that was never woken says -EINTR");
	is(ran, 0, "and its function was not called");
	put_task_struct(task);

	task = kthread_create(count, &news, "late");
	get_task_struct(task);
	is(wake_up_process(task), 1, "the first wake-up wakes it");
	wait_event(news, __atomic_load_n(&ran, __ATOMIC_SEQ_CST) == 1);
	is(kthread_stop(task), 7, "a function that has returned leaves its result");
	put_task_struct(task);
}

/* The loop of every such thread: what there is to do is announced by a variable and a wake-up. */
static int serve(void *unused)
{
	(void)unused;
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (__atomic_load_n(&rounds, __ATOMIC_SEQ_CST) == seen && !kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
		if (__atomic_load_n(&rounds, __ATOMIC_SEQ_CST) != seen) {
			__atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
			wake_up_all(&news);
		}
	}
	return seen;
}

static void ping_pong(void)
{
	struct task_struct *task = kthread_run(serve, NULL, "server");
	int i;

	for (i = 1; i <= 2000; i++) {
		__atomic_store_n(&rounds, i, __ATOMIC_SEQ_CST);
		wake_up_process(task);
		wait_event(news, __atomic_load_n(&seen, __ATOMIC_SEQ_CST) == i);
	}
	is(kthread_stop(task), 2000, "no wake-up is lost between a look and a sleep");
}

static void without_memory(void)
{
	struct task_struct *task;

	fsn_fail_alloc(0, 1);
	task = kthread_run(count, &news, "none");
	fsn_fail_alloc(0, 0);
	is(PTR_ERR(task), -ENOMEM, "without memory there is no thread");
}

/* What a child finds out, as a digit. */
static char looks_around(struct task_struct *parents)
{
	struct task_struct *own;

	if (kthread_stop(parents) != -EINTR)
		return '1';
	ran = 0;
	own = kthread_create(count, &own_news, "child's");
	if (IS_ERR(own))
		return '2';
	get_task_struct(own);
	wake_up_process(own);
	wait_event(own_news, __atomic_load_n(&ran, __ATOMIC_SEQ_CST) == 1);
	return kthread_stop(own) == 7 ? '0' : '3';
}

static void in_a_child(void)
{
	struct witness witness = { 0 };
	struct task_struct *task;
	char found = '?';
	pid_t child;
	int ends[2];

	ran = 0;
	task = kthread_run(look, &witness, "parent's");
	wait_event(news, __atomic_load_n(&ran, __ATOMIC_SEQ_CST));
	if (pipe(ends))
		return;
	child = fork();
	if (!child) {
		alarm(20);
		found = looks_around(task);
		if (write(ends[1], &found, 1) == 1)
			/* not an exit, at which memcheck would look for what the parent's thread had */
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	close(ends[1]);
	is(read(ends[0], &found, 1), 1, "a child comes to its end");
	is(found, '0', "in a child the parent's threads are gone, and new ones can be had");
	close(ends[0]);
	waitpid(child, NULL, 0);
	is(kthread_stop(task), 41, "the parent's lives on");
}

int main(void)
{
	own_task();
	sleeps_first();
	ping_pong();
	without_memory();
	in_a_child();
	return done_testing();
}
