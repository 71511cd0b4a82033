// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * All at once: files made, opened, moved and removed by several threads, while others listen, answer or do not answer, set and
 * remove marks, make and close groups, and kill those who wait. Everybody comes to an end, and nothing is left.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"

#define WORKERS 3
#define ROUNDS 1500

static int listeners[2];
static bool stop;
static struct task_struct *workers[WORKERS];
static int unexpected, events_seen, questions, denied, killed, groups_made;

static int count(int *counter)
{
	return __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

/* Errors that the others may cause. */
static void took(int err)
{
	if (err == -EPERM)
		count(&denied);
	else if (err == -ERESTARTSYS || err == -EINTR)
		count(&killed);
	else if (err < 0 && err != -ENOENT && err != -EEXIST)
		if (count(&unexpected) < 10)
			printf("# unexpected error %d\n", err);
}

static void *work(void *arg)
{
	int number = (int)(long)arg, i;
	unsigned int seed = (unsigned int)number + 1;
	char one[32], two[32];

	__atomic_store_n(&workers[number], get_task_struct(current), __ATOMIC_RELEASE);
	for (i = 0; i < ROUNDS; i++) {
		snprintf(one, sizeof(one), "/s/%d", rand_r(&seed) % 6);
		snprintf(two, sizeof(two), "/s/%d", rand_r(&seed) % 6);
		switch (rand_r(&seed) % 6) {
		case 0:
			took(touch(one));
			break;
		case 1:
			took(mem_unlink(one));
			break;
		case 2:
			took(mem_rename(one, two, 0));
			break;
		case 3:
			took(scribble(one));
			break;
		default:
			took(peruse(one));
		}
		fsn_flush_signals(current);
	}
	return NULL;
}

static void *listen_to(void *arg)
{
	int group = *(int *)arg;
	struct fan_event event;

	while (!stopped()) {
		int n = poll_for(group, 20) > 0 ? read_one(group, &event) : 0;

		if (n > 0) {
			count(&events_seen);
			close_event(&event);
		} else if (n < 0 && count(&unexpected) < 10) {
			printf("# unexpected read %d\n", n);
		}
	}
	return NULL;
}

/* Groups that are asked, answer, forget to answer, and are closed with questions open. */
static void *guard(void *arg)
{
	unsigned int seed = 17;
	struct fan_event event;
	int i, group;

	(void)arg;
	while (!stopped()) {
		group = group_new(groups_made % 2 ? FAN_CLASS_CONTENT : FAN_CLASS_PRE_CONTENT);
		count(&groups_made);
		mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM | FAN_ACCESS_PERM, "/s");
		for (i = 0; i < 40 && !stopped(); i++) {
			if (poll_for(group, 20) <= 0 || read_one(group, &event) != 1)
				continue;
			count(&questions);
			if (rand_r(&seed) % 8)
				answer(group, event.fd, rand_r(&seed) % 8 ? FAN_ALLOW : FAN_DENY);
			close_event(&event);
		}
		fsn_sys_close(group);
	}
	return NULL;
}

static void *mark_and_unmark(void *arg)
{
	static const unsigned int types[] = { FAN_MARK_INODE, FAN_MARK_MOUNT, FAN_MARK_FILESYSTEM };
	unsigned int seed = 23;
	char path[32];

	(void)arg;
	while (!stopped()) {
		unsigned int type = types[rand_r(&seed) % 3];
		int err;

		snprintf(path, sizeof(path), "/s/%d", rand_r(&seed) % 6);
		if (rand_r(&seed) % 10)
			err = mark(listeners[rand_r(&seed) % 2], (rand_r(&seed) % 2 ? ADD : REMOVE) | type,
				   rand_r(&seed) % 2 ? FAN_OPEN : FAN_CLOSE, path);
		else
			err = mark(listeners[rand_r(&seed) % 2], FAN_MARK_FLUSH | type, 0, "/");
		took(err);
		sched_yield();
	}
	return NULL;
}

static void *kill_some(void *arg)
{
	unsigned int seed = 31;

	(void)arg;
	while (!stopped()) {
		struct task_struct *task = __atomic_load_n(&workers[rand_r(&seed) % WORKERS], __ATOMIC_ACQUIRE);

		if (task)
			fsn_task_kill(task);
		pause_ms(2);
	}
	return NULL;
}

int main(void)
{
	void *(*const others[])(void *) = { guard, guard, mark_and_unmark, kill_some };
	pthread_t worker[WORKERS], listener[2], other[4];
	long i;

	tests_begin();
	mem_mkdir("/s", 0755);
	mem_mount("/s");
	listeners[0] = group_new(FAN_CLASS_NOTIF);
	listeners[1] = group_new(FAN_REPORT_DFID_NAME_TARGET);
	mark(listeners[1], ADD | FAN_MARK_FILESYSTEM, FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MODIFY, "/s");
	for (i = 0; i < WORKERS; i++)
		pthread_create(&worker[i], NULL, work, (void *)i);
	for (i = 0; i < 2; i++)
		pthread_create(&listener[i], NULL, listen_to, &listeners[i]);
	for (i = 0; i < 4; i++)
		pthread_create(&other[i], NULL, others[i], NULL);
	for (i = 0; i < WORKERS; i++)
		pthread_join(worker[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < 4; i++)
		pthread_join(other[i], NULL);
	for (i = 0; i < 2; i++)
		pthread_join(listener[i], NULL);
	for (i = 0; i < WORKERS; i++)
		put_task_struct(workers[i]);
	printf("# %d events, %d questions, %d denied, %d killed, %d groups\n", events_seen, questions, denied, killed, groups_made);
	is(unexpected, 0, "nobody met an error that none of the others can cause");
	ok(events_seen && questions && denied, "there were events, questions, and refusals");
	fsn_sys_close(listeners[0]);
	fsn_sys_close(listeners[1]);
	mem_umount("/s", 0);
	return tests_end();
}
