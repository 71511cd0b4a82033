/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's inotify, unmodified, on the library: who pays for its memory, and what happens when there is none.
 */
/* fsn-backends: inotify_user inotify_fsnotify fdinfo */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
#include <linux/inotify.h>
#include "inotify.h"

#define STEPS 200

static long allocations(void)
{
	struct fsn_stats stats;

	fsn_quiesce();
	fsn_stats(&stats);
	return stats.allocations;
}

/* Each allocation of an init fails once. */
static void init_without_memory(void)
{
	int first = inotify_of(0), skip, fd, refused = 0, wrong = 0;
	long before, injected = 1;

	/* what stays with the filesystem */
	watch(first, "/", IN_OPEN);
	fsn_sys_close(first);
	before = allocations();
	for (skip = 0; injected && skip < STEPS; skip++) {
		fsn_fail_alloc(skip, 1);
		fd = inotify_of(IN_NONBLOCK);
		injected = fsn_fail_alloc(0, 0);
		if (fd < 0) {
			refused++;
			/* without memory for a user's count an init says that there are too many */
			wrong += fd != -ENOMEM && fd != -EMFILE;
			continue;
		}
		wrong += fd != first || events(fd)[0] || watch(fd, "/", IN_OPEN) != 1;
		fsn_sys_close(fd);
	}
	ok(skip > 3 && skip < STEPS, "an init has some allocations: %d", skip - 1);
	ok(refused >= 3, "most of them it cannot do without: %d", refused);
	is(wrong, 0, "each refusal names its cause, each instance works");
	is(inotify_of(0), first, "no descriptor is lost");
	fsn_sys_close(first);
	is(allocations(), before, "nor memory");
}

/* Each allocation of an add fails once, with and without others' watches on the inode. */
static void add_without_memory(const char *path, const char *what)
{
	int fd = inotify_of(IN_NONBLOCK), skip, wd, refused = 0, wrong = 0;
	long before = allocations(), injected = 1;

	for (skip = 0; injected && skip < STEPS; skip++) {
		fsn_fail_alloc(skip, 1);
		wd = watch(fd, path, IN_ATTRIB);
		injected = fsn_fail_alloc(0, 0);
		if (wd < 0) {
			refused++;
			wrong += wd != -ENOMEM || events(fd)[0];
			continue;
		}
		wrong += unwatch(fd, wd) != 0;
		events(fd);
	}
	ok(skip > 2 && skip < STEPS && refused >= 1, "%s: %d allocations, %d needed", what, skip - 1, refused);
	is(wrong, 0, "%s: each refusal is -ENOMEM and leaves no event, each watch can be removed", what);
	wd = watch(fd, path, IN_ATTRIB);
	ok(wd > 0, "%s: an add with memory", what);
	mem_chmod(path, 0750);
	ok(strstr(events(fd), "ATTRIB") != NULL, "%s: and its event", what);
	unwatch(fd, wd);
	events(fd);
	if (allocations() != before)
		printf("# %ld allocations before, %ld after\n", before, allocations());
	fsn_sys_close(fd);
}

/* An event that cannot be allocated counts as one too many. */
static void events_without_memory(void)
{
	int fd = inotify_of(IN_NONBLOCK), file = mem_open("/lost", O_CREAT | O_RDWR, 0644);
	int skip, lost = 0, wrong = 0, error;
	long injected = 1;
	const char *text;

	watch(fd, "/lost", IN_ATTRIB);
	for (skip = 0; injected && skip < STEPS; skip++) {
		fsn_fail_alloc(skip, 1);
		error = mem_fchmod(file, 0600 + skip % 8);
		injected = fsn_fail_alloc(0, 0);
		text = events(fd);
		if (error)
			wrong += error != -ENOMEM || text[0];
		else if (!strcmp(text, "-1 Q_OVERFLOW"))
			lost++;
		else
			wrong += strcmp(text, "1 ATTRIB") != 0;
	}
	ok(lost >= 1 && skip < STEPS, "an event without memory is an overflow: %d", lost);
	is(wrong, 0, "anything else is an error or the event");
	fsn_fail_alloc(0, -1);
	unwatch(fd, 1);
	fsn_fail_alloc(0, 0);
	is_str(events(fd), "-1 Q_OVERFLOW", "a watch is removed without memory, too");
	is(unwatch(fd, 1), -EINVAL, "and is gone");
	mem_close(file);
	fsn_sys_close(fd);
}

/* The instance's memory group pays for its events, whoever causes them. */
static void payers(void)
{
	struct mem_cgroup *listener = fsn_memcg_create("listener"), *writer = fsn_memcg_create("writer");
	unsigned long empty, one, two, others;
	int fd, file;

	make_file("/paid");
	file = mem_open("/paid", O_RDWR, 0);
	mem_write(file, "text", 4);
	fsn_memcg_set_current(listener);
	fd = inotify_of(IN_NONBLOCK);
	is(watch(fd, "/paid", IN_ATTRIB | IN_ACCESS), 1, "an instance of a memory group");
	fsn_memcg_set_current(writer);
	/* what is freed later was freed */
	fsn_quiesce();
	empty = fsn_memcg_usage(listener);
	ok(empty > 0, "which has paid for the instance and its watch");
	others = fsn_memcg_usage(writer);
	mem_fchmod(file, 0600);
	one = fsn_memcg_usage(listener);
	ok(one > empty, "an event of another's making is the instance's to pay");
	mem_pread(file, (char[1]){ 0 }, 1, 0);
	mem_fchmod(file, 0640);
	mem_fchmod(file, 0600);
	two = fsn_memcg_usage(listener);
	is(two - empty, 3 * (one - empty), "three events cost three times as much, one merged with the last nothing");
	is(fsn_memcg_usage(writer), others, "the other has paid nothing for them");
	is_str(events(fd), "1 ATTRIB; 1 ACCESS; 1 ATTRIB", "they are read");
	is(fsn_memcg_usage(listener), empty, "read events are free");

	is(fsn_memcg_set_limit(listener, empty + (one - empty)), 0, "memory for one event");
	mem_fchmod(file, 0600);
	mem_fchmod(file, 0640);
	is_str(events(fd), "1 ATTRIB; -1 Q_OVERFLOW", "the second does not fit, and an overflow needs no memory");
	ok(fsn_memcg_refused(listener) > 0, "which the memory group has counted");
	fsn_memcg_set_limit(listener, FSN_MEMCG_UNLIMITED);
	mem_fchmod(file, 0600);
	is_str(events(fd), "1 ATTRIB", "without the limit events come again");
	fsn_memcg_set_limit(writer, others);
	is(watch(fd, "/", IN_OPEN), -ENOMEM, "a watch is to be paid by who adds it");
	fsn_memcg_set_limit(writer, FSN_MEMCG_UNLIMITED);
	fsn_sys_close(fd);
	mem_close(file);
	fsn_quiesce();
	is(fsn_memcg_usage(listener), 0, "nothing is left to pay for");
	fsn_memcg_set_current(NULL);
	fsn_memcg_put(listener);
	fsn_memcg_put(writer);
}

int main(void)
{
	int other;

	tests_begin();
	mem_mkdir("/shared", 0755);
	init_without_memory();
	add_without_memory("/", "the first watch of a filesystem");
	add_without_memory("/shared", "the first of an inode");
	other = inotify_of(0);
	watch(other, "/shared", IN_OPEN);
	add_without_memory("/shared", "the second");
	fsn_sys_close(other);
	events_without_memory();
	payers();
	return tests_end();
}
