/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: its settings, what they limit for whom, and events that were too many.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/cred.h>
#include <linux/inotify.h>
#include <linux/sysctl.h>
#include "inotify.h"
#include <limits.h>

#define INSTANCES "fs/inotify/max_user_instances"
#define WATCHES "fs/inotify/max_user_watches"
#define EVENTS "fs/inotify/max_queued_events"

/* ---- users ---- */

static const struct cred *before;

/* From here on the thread is another user, without any power; until myself(). */
static void become(unsigned int uid)
{
	struct cred *new = prepare_creds();

	new->uid = new->euid = new->suid = new->fsuid = KUIDT_INIT(uid);
	new->gid = new->egid = new->sgid = new->fsgid = KGIDT_INIT(uid);
	fsn_cap_set(new, 0);
	before = override_creds(new);
	/* the task has its own */
	put_cred(new);
}

static void myself(void)
{
	revert_creds(before);
}

/* ---- settings ---- */

static long setting(const char *path)
{
	char text[64];
	long size = fsn_sysctl_read(path, text, sizeof(text) - 1);

	if (size < 0)
		return size;
	text[size] = '\0';
	return size && text[size - 1] == '\n' ? atol(text) : -1000000;
}

static long set(const char *path, const char *text)
{
	long size = fsn_sysctl_write(path, text, strlen(text));

	return size == (long)strlen(text) ? 0 : size < 0 ? size : -1000000;
}

static void settings(void)
{
	is(setting(INSTANCES), 128, "128 instances");
	ok(setting(WATCHES) >= 8192 && setting(WATCHES) <= 1048576, "watches by the size of the memory: %ld", setting(WATCHES));
	is(setting(EVENTS), 16384, "16384 events");
	is(setting("fs/inotify/max_user_friends"), -ENOENT, "nothing else");
	is(set(INSTANCES, "77\n"), 0, "another number of instances");
	is(setting(INSTANCES), 77, "is kept");
	is(set(INSTANCES, "-1"), -EINVAL, "less than none");
	is(set(INSTANCES, "2147483648"), -EINVAL, "more than an int");
	is(set(INSTANCES, "many"), -EINVAL, "and a word are refused");
	is(set(EVENTS, "-1"), -EINVAL, "as are less than no events");
	is(setting(INSTANCES), 77, "and change nothing");
	become(1000);
	is(setting(INSTANCES), 77, "others may read it");
	is(set(INSTANCES, "1000"), -EACCES, "but not change it");
	myself();
	is(set(INSTANCES, "128"), 0, "as it was");
}

static void instances(void)
{
	int mine[3], theirs[3], i;

	set(INSTANCES, "3");
	for (i = 0; i < 3; i++)
		mine[i] = inotify_of(0);
	ok(mine[0] >= 0 && mine[2] == mine[0] + 2, "three instances");
	is(inotify_of(0), -EMFILE, "a fourth is one too many");
	become(1000);
	for (i = 0; i < 3; i++)
		theirs[i] = inotify_of(0);
	ok(theirs[0] >= 0 && theirs[2] == theirs[0] + 2, "another user has three of its own");
	is(inotify_of(0), -EMFILE, "and no more");
	fsn_sys_close(mine[1]);
	is(inotify_of(0), -EMFILE, "even if the first one has closed one");
	myself();
	mine[1] = inotify_of(0);
	ok(mine[1] >= 0, "who may have one for it");
	fsn_sys_close(theirs[0]);
	become(1000);
	theirs[0] = inotify_of(0);
	ok(theirs[0] >= 0, "an instance counts for who made it, whoever closes it");
	myself();
	set(INSTANCES, "2");
	is(inotify_of(0), -EMFILE, "a lower limit");
	fsn_sys_close(mine[0]);
	is(inotify_of(0), -EMFILE, "lets those be that are there");
	set(INSTANCES, "0");
	fsn_sys_close(mine[1]);
	fsn_sys_close(mine[2]);
	is(inotify_of(0), -EMFILE, "none at all");
	set(INSTANCES, "128");
	for (i = 0; i < 3; i++)
		fsn_sys_close(theirs[i]);
}

static void watches(void)
{
	int one = inotify_of(IN_NONBLOCK), two = inotify_of(IN_NONBLOCK), theirs, i;
	char old[32], path[16];

	snprintf(old, sizeof(old), "%ld", setting(WATCHES));
	for (i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "/l%d", i);
		mem_mkdir(path, 0755);
	}
	set(WATCHES, "4");
	is(watch(one, "/l0", IN_OPEN), 1, "a watch");
	is(watch(one, "/l1", IN_OPEN), 2, "two");
	is(watch(two, "/l0", IN_OPEN), 1, "one of another instance");
	is(watch(two, "/l1", IN_OPEN), 2, "which makes four");
	is(watch(two, "/l2", IN_OPEN), -ENOSPC, "a fifth is one too many");
	is(watch(one, "/l2", IN_OPEN), -ENOSPC, "for both");
	is(watch(one, "/l0", IN_CREATE), 1, "to change one is none more");
	is(unwatch(two, 2), 0, "one is removed");
	ok(watch(one, "/l2", IN_OPEN) > 2, "another takes its place");
	become(1000);
	theirs = inotify_of(IN_NONBLOCK);
	is(watch(theirs, "/l4", IN_OPEN), 1, "another user has its own count");
	is(watch(one, "/l4", IN_OPEN), -ENOSPC, "but not for an instance that was made by the first");
	myself();
	mem_rmdir("/l0");
	ok(watch(one, "/l3", IN_OPEN) > 0 && watch(one, "/l5", IN_OPEN) > 0, "a deleted directory frees both watches");
	is(watch(one, "/l4", IN_OPEN), -ENOSPC, "and no more");
	fsn_sys_close(one);
	ok(watch(two, "/l1", IN_OPEN) > 0 && watch(two, "/l2", IN_OPEN) > 0 && watch(two, "/l3", IN_OPEN) > 0 &&
	   watch(two, "/l4", IN_OPEN) > 0, "a closed instance frees all of its own");
	is(watch(two, "/l5", IN_OPEN), -ENOSPC, "and no more");
	fsn_sys_close(two);
	fsn_sys_close(theirs);
	is(set(WATCHES, old), 0, "as it was");
}

/* A namespace's users count in the one above it, for who made it. */
static void namespaces(void)
{
	struct cred *new = prepare_creds();
	const struct cred *inner = get_cred(new), *old;
	int inside[2], i;

	set(INSTANCES, "2");
	is(fsn_create_user_ns(new), 0, "a user namespace");
	old = override_creds(new);
	put_cred(new);
	for (i = 0; i < 2; i++)
		inside[i] = inotify_of(0);
	ok(inside[0] >= 0 && inside[1] >= 0, "two instances in it");
	is(inotify_of(0), -EMFILE, "the limit of the one above holds");
	revert_creds(old);
	is(inotify_of(0), -EMFILE, "for the same user above, too");
	fsn_sys_close(inside[0]);
	i = inotify_of(0);
	ok(i >= 0, "until one is closed");
	fsn_sys_close(i);
	fsn_sys_close(inside[1]);
	set(INSTANCES, "128");
	override_creds(inner);
	inner->user_ns->ucount_max[UCOUNT_INOTIFY_INSTANCES] = 1;
	inner->user_ns->ucount_max[UCOUNT_INOTIFY_WATCHES] = 1;
	inside[0] = inotify_of(0);
	is(inotify_of(0), -EMFILE, "the namespace's own limit");
	mem_mkdir("/ns", 0755);
	is(watch(inside[0], "/", IN_OPEN), 1, "a watch");
	is(watch(inside[0], "/ns", IN_OPEN), -ENOSPC, "and its own limit of them");
	revert_creds(old);
	is(watch(inside[0], "/ns", IN_OPEN), -ENOSPC, "which is the instance's, whoever adds it");
	fsn_sys_close(inside[0]);
	put_cred(inner);
}

static void permissions(void)
{
	int fd = inotify_of(IN_NONBLOCK);

	mem_mkdir("/private", 0700);
	make_file("/private/file");
	mem_mkdir("/passage", 0711);
	make_file("/passage/open");
	make_file("/passage/shut");
	mem_chmod("/passage/shut", 0200);
	become(1000);
	is(watch(fd, "/private", IN_OPEN), -EACCES, "a directory that may not be read");
	is(watch(fd, "/private/file", IN_OPEN), -EACCES, "a file behind it");
	is(watch(fd, "/passage", IN_OPEN), -EACCES, "a directory that may only be passed");
	is(watch(fd, "/passage/open", IN_OPEN), 1, "a file behind that one");
	is(watch(fd, "/passage/shut", IN_OPEN), -EACCES, "one that may not be read");
	myself();
	is(watch(fd, "/private", IN_OPEN), 2, "the owner of all may watch it");
	fsn_sys_close(fd);
}

static void overflows(void)
{
	int old = inotify_of(IN_NONBLOCK), fd, i;
	char path[16];

	mem_mkdir("/q", 0755);
	set(EVENTS, "3");
	fd = inotify_of(IN_NONBLOCK);
	set(EVENTS, "16384");
	watch(old, "/q", IN_CREATE);
	watch(fd, "/q", IN_CREATE);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/q/%d", i);
		make_file(path);
	}
	is_str(events(fd), "1 CREATE 0; 1 CREATE 1; 1 CREATE 2", "as many events as there may be");
	for (i = 3; i < 8; i++) {
		snprintf(path, sizeof(path), "/q/%d", i);
		make_file(path);
	}
	is(queued(fd), 7 * (int)sizeof(struct inotify_event), "of five, three and an overflow are queued");
	is(unwatch(fd, 1), 0, "the watch goes");
	is_str(events(fd), "1 CREATE 3; 1 CREATE 4; 1 CREATE 5; -1 Q_OVERFLOW", "which is lost, too");
	is(watch(fd, "/q", IN_CREATE), 2, "another watch");
	make_file("/q/8");
	is_str(events(fd), "2 CREATE 8", "has events again");
	for (i = 10; i < 20; i++) {
		snprintf(path, sizeof(path), "/q/%d", i);
		make_file(path);
	}
	is_str(events(fd), "2 CREATE 10; 2 CREATE 11; 2 CREATE 12; -1 Q_OVERFLOW", "and another overflow");
	is_str(events(old), "1 CREATE 0; 1 CREATE 1; 1 CREATE 2; 1 CREATE 3; 1 CREATE 4; 1 CREATE 5; 1 CREATE 6; 1 CREATE 7; "
	       "1 CREATE 8; 1 CREATE 10; 1 CREATE 11; 1 CREATE 12; 1 CREATE 13; 1 CREATE 14; 1 CREATE 15; 1 CREATE 16; "
	       "1 CREATE 17; 1 CREATE 18; 1 CREATE 19", "an instance keeps the limit that it began with");
	fsn_sys_close(fd);
	fsn_sys_close(old);
}

int main(void)
{
	tests_begin();
	settings();
	instances();
	watches();
	namespaces();
	permissions();
	overflows();
	return tests_end();
}
