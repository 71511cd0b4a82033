/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library can be watched (promise 5): its counters, the dump of groups, marks and queues, the notes of its trace points; and
 * in a debug build it says who touches a freed group.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fsnotify/fsnotify.h>
#include <fsnotify/mount.h>
#include "support.h"

static struct tfs *fs;
static struct inode *inode;

/* ---- counters ---- */

static struct fsn_stats last;

/* Did this counter move by that much since the last look? */
#define moved(counter, by) is((long long)(now.counter - last.counter), (by), "stats: %s: %s", what, #counter)

static void counters(void)
{
	struct fsnotify_group *group;
	struct fsnotify_event *event;
	struct fsnotify_mark *mark;
	struct fsn_stats now;
	const char *what;
	int i;

	what = "a group";
	fsn_stats(&last);
	group = group_new(&full_ops);
	fsn_stats(&now);
	moved(groups, 1);
	moved(groups_total, 1);
	/* the group and its backend's part */
	moved(allocations, 2);
	moved(allocations_total, 2);
	ok(now.allocated_bytes - last.allocated_bytes >= sizeof(*group) + sizeof(struct backend), "stats: a group: allocated_bytes");

	what = "a mark";
	last = now;
	mark = watch(group, inode, FS_ATTRIB | FS_OPEN);
	fsn_stats(&now);
	moved(marks, 1);
	moved(marks_total, 1);
	moved(connectors, 1);
	moved(connectors_total, 1);
	moved(sb_infos, 1);
	moved(sb_infos_total, 1);
	moved(groups, 0);
	moved(marks_reaped, 0);

	what = "events";
	backend_of(group)->queues = true;
	group->max_events = 2;
	group->overflow_event = &event_new(-1)->fse;
	fsn_stats(&last);
	for (i = 0; i < 4; i++)
		fsnotify_inode(inode, FS_ATTRIB);
	fsn_stats(&now);
	moved(events_pending, 3);
	moved(events_queued, 3);
	moved(events_overflowed, 1);
	moved(events_dropped, 2);
	moved(events_dequeued, 0);
	moved(events_merged, 0);

	what = "reading";
	last = now;
	fsn_spin_lock(&group->notification_lock);
	event = fsnotify_remove_first_event(group);
	fsn_spin_unlock(&group->notification_lock);
	fsnotify_destroy_event(group, event);
	fsn_stats(&now);
	moved(events_dequeued, 1);
	moved(events_pending, -1);
	moved(events_queued, 0);

	what = "the end of a mark";
	last = now;
	unwatch(mark);
	fsnotify_wait_marks_destroyed();
	fsn_stats(&now);
	moved(marks, -1);
	moved(marks_reaped, 1);
	moved(marks_total, 0);
	moved(connectors, -1);
	moved(connectors_total, 0);
	ok(now.grace_periods > last.grace_periods, "stats: the end of a mark: a grace period");

	what = "the end of a group";
	last = now;
	fsnotify_destroy_group(group);
	fsn_stats(&now);
	moved(groups, -1);
	moved(events_pending, -2);
	moved(events_dequeued, 2);
	moved(groups_total, 0);

	what = "failure and warning";
	last = now;
	fsn_fail_alloc(0, 1);
	ok(fsn_IS_ERR(fsnotify_alloc_group(&full_ops, 0)), "stats: an allocation fails");
	fsn_fail_alloc(0, 0);
	log_expected = true;
	fsnotify_put_group(NULL);
	log_expected = false;
	fsn_stats(&now);
	moved(allocations_failed, 1);
	moved(warnings, 1);
	moved(allocations, 0);
	is_str(log_function, "fsnotify_put_group", "stats: the warning names its function");
	log_reset();
	for (i = 0; i < (int)(sizeof(now.reserved) / sizeof(now.reserved[0])); i++)
		if (now.reserved[i])
			break;
	is(i, sizeof(now.reserved) / sizeof(now.reserved[0]), "stats: what is reserved is zero");
}

/* ---- the dump ---- */

static char *text;
static size_t text_len;

static void dump(void)
{
	FILE *stream;

	free(text);
	text = NULL;
	stream = open_memstream(&text, &text_len);
	is(fsn_dump(stream), 0, "dump: succeeds");
	fclose(stream);
}

/* Is this a line of the dump? */
__attribute__((__format__(__printf__, 1, 2)))
static bool has_line(const char *format, ...)
{
	char line[256];
	va_list args;
	size_t len;
	const char *at;

	va_start(args, format);
	len = (size_t)vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[len++] = '\n';
	line[len] = 0;
	for (at = text; (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return true;
	printf("# no line: %s# in:\n", line);
	for (at = text; *at; at++)
		printf("%s%c", at == text || at[-1] == '\n' ? "#   " : "", *at);
	return false;
}

static int lines_with(const char *what)
{
	int count = 0;
	const char *at;

	for (at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void dumps(void)
{
	struct fsnotify_group *group, *other;
	struct fsnotify_mark *on_inode, *on_sb, *on_mount;
	FILE *full;
	int i;

	dump();
	is(text_len, 0, "dump: nothing of nothing");
	group = group_with(&full_ops, FSNOTIFY_GROUP_USER, FSNOTIFY_PRIO_CONTENT);
	group->max_events = 20;
	backend_of(group)->queues = true;
	other = group_new(&full_ops);
	dump();
	ok(has_line("group %p refs=1 priority=1 flags=0x1 queued=0 max_events=20 user_waits=0", (void *)group), "dump: a group");
	ok(has_line("group %p refs=1 priority=0 flags=0x0 queued=0 max_events=%u user_waits=0", (void *)other, UINT_MAX),
	   "dump: another");
	is(lines_with("\n"), 2, "dump: and no more");

	inode->i_ino = 4711;
	on_inode = watch_with(group, inode, FSNOTIFY_OBJ_TYPE_INODE, FS_ATTRIB, FS_OPEN, FSNOTIFY_MARK_FLAG_NO_IREF);
	on_sb = watch_sb(group, &fs->sb, FS_ATTRIB);
	on_mount = watch_mount(other, &fs->mount, FS_OPEN);
	dump();
	ok(has_line("  mark %p refs=1 mask=0x%x ignore=0x%x flags=0x%x inode %p ino=4711", (void *)on_inode, FS_ATTRIB, FS_OPEN,
		    on_inode->flags, (void *)inode), "dump: a mark on an inode");
	ok(has_line("  mark %p refs=1 mask=0x%x ignore=0x0 flags=0x%x superblock %p", (void *)on_sb, FS_ATTRIB, on_sb->flags,
		    (void *)&fs->sb), "dump: on a superblock");
	ok(has_line("  mark %p refs=1 mask=0x%x ignore=0x0 flags=0x%x mount %p", (void *)on_mount, FS_OPEN, on_mount->flags,
		    (void *)&fs->mount), "dump: on a mount");
	ok(has_line("group %p refs=3 priority=1 flags=0x1 queued=0 max_events=20 user_waits=0", (void *)group),
	   "dump: each mark refers to its group");
	ok(strstr(strstr(text, "  mark"), "group") != NULL, "dump: marks stand below their group");

	group->overflow_event = &event_new(-1)->fse;
	fsnotify_queue_overflow(group);
	for (i = 0; i < 10; i++)
		fsnotify_inode(inode, FS_ATTRIB);
	dump();
	ok(has_line("group %p refs=3 priority=1 flags=0x1 queued=11 max_events=20 user_waits=0", (void *)group), "dump: a queue");
	ok(has_line("  event %p overflow", (void *)group->overflow_event), "dump: the overflow event");
	ok(has_line("  event %p", (void *)fsn_container_of(group->notification_list.prev, struct fsnotify_event, list)),
	   "dump: the last event");
	is(lines_with("  event "), 11, "dump: all events");
	for (i = 0; i < 9; i++)
		fsnotify_inode(inode, FS_ATTRIB);
	dump();
	is(lines_with("  event "), 16, "dump: only the head of a long queue");
	is(lines_with("  ...\n"), 1, "dump: with a sign that there is more");

	/* A group that is destroyed and kept by a mark is shown, without that mark. */
	fsnotify_get_mark(on_inode);
	fsnotify_destroy_group(group);
	dump();
	ok(has_line("group %p refs=1 priority=1 flags=0x1 queued=0 max_events=20 user_waits=0 shutdown", (void *)group),
	   "dump: a destroyed group that a mark keeps");
	is(lines_with("  mark "), 1, "dump: marks that are attached only");
	fsnotify_put_mark(on_inode);
	fsnotify_wait_marks_destroyed();

	is(fsn_dump(NULL), -EINVAL, "dump: NULL");
	full = fopen("/dev/full", "w");
	setvbuf(full, NULL, _IONBF, 0);
	is(fsn_dump(full), -EIO, "dump: a stream that takes nothing");
	fclose(full);
	fsnotify_destroy_group(other);
	dump();
	is(text_len, 0, "dump: nothing in the end");
	free(text);
}

/* ---- trace points ---- */

static void trace_points(void)
{
	static const char *const names[] = {
		"group_alloc", "group_destroy", "group_free", "mark_add", "mark_detach", "mark_free", "event_queue", "event_merge",
		"event_drop", "event_overflow", "event_dequeue", "dispatch",
	};
	const char *readelf = getenv("READELF") ? getenv("READELF") : "readelf";
	char command[512], line[512], file[400] = "/proc/self/exe";
	bool seen[sizeof(names) / sizeof(names[0])] = { false };
	int providers = 0;
	unsigned int i;
	FILE *maps = fopen("/proc/self/maps", "r"), *notes;

	/* the file that the library's code is in: the shared library, or the program */
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/libfsnotify.so"))
			snprintf(file, sizeof(file), "%s", strtok(strchr(line, '/'), "\n"));
	if (maps)
		fclose(maps);
	if (strcmp(file, "/proc/self/exe") == 0) {
		ssize_t len = readlink("/proc/self/exe", file, sizeof(file) - 1);

		file[len > 0 ? len : 0] = 0;
	}
	snprintf(command, sizeof(command), "command -v %s >/dev/null", readelf);
	if (system(command)) {
		ok(true, "trace points # SKIP %s is missing", readelf);
		return;
	}
	snprintf(command, sizeof(command), "LC_ALL=C %s -nW '%s'", readelf, file);
	notes = popen(command, "r");
	while (notes && fgets(line, sizeof(line), notes)) {
		char word[64];

		if (strstr(line, "Provider: fsnotify"))
			providers++;
		if (sscanf(line, " Name: %63s", word) == 1)
			for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
				if (strcmp(word, names[i]) == 0)
					seen[i] = true;
	}
	if (notes)
		pclose(notes);
	ok(providers >= (int)(sizeof(names) / sizeof(names[0])), "trace points: of the provider fsnotify");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(seen[i], "trace points: %s", names[i]);
}

/* ---- freed groups in a debug build ---- */

static void poison(void)
{
#ifdef FSN_TESTS_DEBUG_BUILD
	static const struct { const char *name; void (*call)(struct fsnotify_group *group); } calls_of_dead[] = {
		{ "fsnotify_get_group", fsnotify_get_group },
		{ "fsnotify_put_group", fsnotify_put_group },
		{ "fsnotify_group_stop_queueing", fsnotify_group_stop_queueing },
		{ "fsnotify_destroy_group", fsnotify_destroy_group },
		{ "fsnotify_flush_notify", fsnotify_flush_notify },
	};
	struct fsnotify_group *group = group_new(&full_ops);
	struct fsn_stats before, after;
	unsigned int i;

	fsn_stats(&before);
	fsnotify_destroy_group(group);
	fsn_stats(&after);
	is(before.allocations - after.allocations, 2, "a freed group counts as freed");
	log_expected = true;
	for (i = 0; i < sizeof(calls_of_dead) / sizeof(calls_of_dead[0]); i++) {
		log_reset();
		calls_of_dead[i].call(group);
		is(n_warnings, 1, "a freed group: a warning");
		is_str(log_function, calls_of_dead[i].name, "a freed group: it names the function");
		ok(strstr(log_message, "freed") != NULL, "a freed group: and says what is wrong: %s", log_message);
	}
	is(group_refs(group), 0x6b6b6b6b, "a freed group stays poisoned");
	log_reset();
	log_expected = false;
#else
	ok(true, "a freed group # SKIP not a debug build (make check DEBUG=1)");
#endif
}

int main(void)
{
	tests_begin();
	fs = fs_by_hand();
	inode = file_by_hand(fs, fs->root, "file")->d_inode;
	counters();
	dumps();
	trace_points();
	poison();
	fs_end(fs);
	return tests_end();
}
