// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * The queue: what is merged and what is not, how it is read, polled and waited for, and that it is bounded; the descriptors that
 * come with the events.
 */
#include <linux/fanotify.h>
#include <linux/fsnotify.h>

#include <sys/resource.h>

#include "fanotify_test.h"

static int pending(int group)
{
	int bytes = -1;
	long err = fsn_sys_ioctl(group, FIONREAD, (unsigned long)&bytes);

	return err ? (int)err : bytes;
}

static int two_looks(const char *path)
{
	look(path);
	return look(path);
}

static void test_merge(void)
{
	int group = group_new(FAN_CLASS_NOTIF), by_thread = group_new(FAN_REPORT_TID), i;
	struct fan_event one, two;
	struct actor actor;

	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_CLOSE, "/");
	for (i = 0; i < 3; i++) {
		look("/d/a");
		look("/b");
	}
	is(pending(group), 48, "FIONREAD counts two events");
	expect(group, "events of one object are one, also behind another's", "CLOSE_NOWRITE|OPEN fd=a", "CLOSE_NOWRITE|OPEN fd=b");
	is(pending(group), 0, "FIONREAD counts none");
	look("/d/a");
	expect(group, "what has been read is merged with no more", "CLOSE_NOWRITE|OPEN fd=a");

	mark(by_thread, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/");
	two_looks("/b");
	actor_start(&actor, two_looks, "/b");
	actor_join(&actor);
	ok(read_one(by_thread, &one) == 1 && read_one(by_thread, &two) == 1 && !read_one(by_thread, &two),
	   "with FAN_REPORT_TID the events of two threads are two");
	is(one.pid, gettid(), "the first by this thread");
	ok(two.pid != one.pid && two.pid > 0, "the second by another");
	close_event(&one);
	close_event(&two);
	drain(group);
	fsn_sys_close(group);
	fsn_sys_close(by_thread);
}

static void test_merge_fid(void)
{
	int group = group_new(FAN_REPORT_DFID_NAME_TARGET), i;
	char name[32], text[512];
	struct fan_event event;
	int events = 0, merged = 0;

	mark(group, ADD, FAN_CREATE | FAN_DELETE | FAN_ONDIR, "/d");
	/* More names than the merge table has chains. */
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "/d/n%d", i);
		touch(name);
	}
	for (i = 499; i >= 0; i--) {
		snprintf(name, sizeof(name), "/d/n%d", i);
		mem_unlink(name);
	}
	for (; read_one(group, &event) > 0; events++) {
		snprintf(text, sizeof(text), "n%d", events);
		merged += event.mask == (FAN_CREATE | FAN_DELETE) && event.n_fids == 2 && !strcmp(event.fids[0].name, text);
	}
	is(events, 500, "one event for each of 500 names");
	is(merged, 500, "in their order, each with its creation and its removal");
	fsn_sys_close(group);
}

/* A chain of the merge table is searched only so far, so that a long queue does not make events dear. */
static void test_merge_far(void)
{
	int group = group_new(FAN_REPORT_DFID_NAME | FAN_UNLIMITED_QUEUE), i, events = 0;
	const int names = 40000;
	struct fan_event event;
	struct qstr name;
	char text[16];
	struct path at;

	path_of("/d", &at);
	mark(group, ADD, FAN_CREATE, "/d");
	for (i = 0; i < names + 2; i++) {
		/* each once, then the last and the first again */
		name.len = (u32)snprintf(text, sizeof(text), "n%d", i < names ? i : i == names ? names - 1 : 0);
		name.name = (const unsigned char *)text;
		fsnotify_name(FS_CREATE, at.dentry->d_inode, FSNOTIFY_EVENT_INODE, at.dentry->d_inode, &name, 0);
	}
	path_put(&at);
	for (; read_one(group, &event) > 0; events++)
		continue;
	is(events, names + 1, "an event long ago is not merged with, a recent one is");
	fsn_sys_close(group);
}

static void test_buffers(void)
{
	int group = group_new(FAN_CLASS_NOTIF);
	struct fanotify_event_metadata events[4];

	mark(group, ADD, FAN_OPEN | FAN_ONDIR, "/d");
	mark(group, ADD, FAN_OPEN, "/d/a");
	mark(group, ADD, FAN_OPEN, "/b");
	is(fsn_sys_read(group, events, sizeof(events)), -EAGAIN, "nothing to read");
	is(fsn_sys_read(group, events, 0), -EAGAIN, "not even nothing");
	look("/d");
	look("/d/a");
	look("/b");
	is(fsn_sys_read(group, events, 0), -EINVAL, "no buffer");
	is(fsn_sys_read(group, events, 23), -EINVAL, "a buffer too short for one");
	is(fsn_sys_read(group, events, 24), 24, "one that fits");
	is(fsn_sys_read(group, &events[1], 71), 48, "one for two and a part");
	is(fsn_sys_read(group, events, sizeof(events)), -EAGAIN, "all read");
	is_str(fd_name(events[0].fd), "d", "the first");
	is_str(fd_name(events[1].fd), "a", "the second");
	is_str(fd_name(events[2].fd), "b", "the third");
	fsn_sys_close(events[0].fd);
	fsn_sys_close(events[1].fd);
	fsn_sys_close(events[2].fd);
	look("/b");
	is(fsn_sys_read(group, (void *)8, 4096), -EFAULT, "a buffer that is not there");
	is(fsn_sys_read(group, events, sizeof(events)), -EAGAIN, "and the event is lost");
	fsn_sys_close(group);
}

static struct fanotify_event_metadata got[2];

static int read_two(const char *group)
{
	return (int)fsn_sys_read(atoi(group), got, sizeof(got));
}

static int poll_it(const char *group)
{
	return poll_for(atoi(group), PATIENCE_MS);
}

static void test_waiting(void)
{
	int group = (int)sys_fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	struct actor reader, poller;
	char number[16];

	snprintf(number, sizeof(number), "%d", group);
	mark(group, ADD, FAN_OPEN, "/b");
	is(poll_for(group, 0), 0, "nothing to poll for");
	actor_start(&poller, poll_it, number);
	actor_start(&reader, read_two, number);
	pause_ms(A_WHILE_MS);
	ok(!actor_over(&reader) && !actor_over(&poller), "a reader and a poller wait");
	look("/b");
	is(actor_join(&reader), 24, "the reader is woken and takes what is there");
	fsn_sys_close(got[0].fd);
	look("/b");
	is(actor_join(&poller), POLLIN, "the poller is woken");
	is(poll_for(group, 0), POLLIN, "a queue that is not empty is readable");
	is(read_two(number), 24, "read without waiting");
	fsn_sys_close(got[0].fd);

	actor_start(&reader, read_two, number);
	pause_ms(A_WHILE_MS);
	fsn_task_interrupt(reader.task);
	is(actor_join(&reader), -EINTR, "a signal ends the wait");

	actor_start(&reader, read_two, number);
	pause_ms(A_WHILE_MS);
	is(fsn_sys_close(group), 0, "closed under a reader");
	pause_ms(A_WHILE_MS);
	ok(!actor_over(&reader), "who goes on waiting");
	look("/b");
	is(actor_join(&reader), 24, "for an event");
	fsn_sys_close(got[0].fd);
	is(poll_for(group, 0), POLLNVAL, "then the group is gone");
}

/* The system's own descriptor of a group: for an event loop that knows nothing of the library. */
static void test_real_descriptor(void)
{
	int group = group_new(FAN_CLASS_NOTIF), fd;
	struct file *file = fget((unsigned int)group);
	struct fan_event event;
	struct pollfd pfd;
	int patience;
	char line[64];

	mark(group, ADD, FAN_OPEN, "/b");
	fd = fsn_file_descriptor(file, O_NONBLOCK | O_CLOEXEC);
	ok(fd >= 0, "a real descriptor");
	pfd = (struct pollfd){ .fd = fd, .events = POLLIN };
	is(poll(&pfd, 1, A_WHILE_MS), 0, "has nothing to read");
	look("/b");
	is(poll(&pfd, 1, PATIENCE_MS), 1, "is readable after an event");
	is(read(fd, got, sizeof(got)), 24, "is read");
	is(fan_parse(got, 24, &event), 24, "an event");
	is_str(fan_format(&event, &names, line, sizeof(line)), "OPEN fd=b", "with a descriptor of the library's");
	close_event(&event);
	close(fd);
	for (patience = PATIENCE_MS; patience && fsn_file_count(file) > 2; patience--)
		pause_ms(1);
	is(fsn_file_count(file), 2, "closed, it lets go of the group");
	fput(file);
	fsn_sys_close(group);
}

static void test_overflow(void)
{
	int group = group_new(FAN_CLASS_NOTIF), unlimited, perm;

	fsn_sys_close(group);
	is(set_sysctl("fs/fanotify/max_queued_events", "2\n"), 0, "at most two events");
	group = group_new(FAN_CLASS_NOTIF);
	unlimited = group_new(FAN_UNLIMITED_QUEUE);
	perm = group_new(FAN_CLASS_CONTENT);
	is(set_sysctl("fs/fanotify/max_queued_events", "16384\n"), 0, "of groups made from then on");
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_CLOSE | FAN_ONDIR, "/");
	mark(unlimited, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_CLOSE | FAN_ONDIR, "/");
	mark(perm, ADD, FAN_OPEN | FAN_ONDIR, "/");
	mark(perm, ADD, FAN_OPEN | FAN_ONDIR, "/d");
	mark(perm, ADD, FAN_OPEN_PERM, "/b");
	look("/");
	look("/d");
	look("/d/a");
	look("/d");
	is(look("/b"), 0, "a question that finds no place is not asked");
	is(pending(group), 72, "two events and one for those lost");
	expect(group, "a full queue does not even merge", "CLOSE_NOWRITE|OPEN fd=/", "OPEN fd=d", "Q_OVERFLOW");
	expect(unlimited, "no bound", "CLOSE_NOWRITE|OPEN fd=/", "CLOSE_NOWRITE|OPEN fd=d", "CLOSE_NOWRITE|OPEN fd=a",
	       "CLOSE_NOWRITE|OPEN fd=b");
	expect(perm, "who could not be asked is told that, too", "OPEN fd=/", "OPEN fd=d", "Q_OVERFLOW");
	fsn_sys_close(perm);
	look("/b");
	expect(group, "when there is room again all is as before", "CLOSE_NOWRITE|OPEN fd=b");
	fsn_sys_close(group);
	fsn_sys_close(unlimited);
}

/* The descriptors of events are files of their own, opened as fanotify_init() was told, and heard by no group. */
static void test_descriptors(void)
{
	int group = (int)sys_fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDWR | O_APPEND | O_CLOEXEC), fd;
	int all = group_new(FAN_CLASS_NOTIF);
	struct fan_event event;
	char buf[16];

	mark(group, ADD, FAN_OPEN, "/d/a");
	scribble("/d/a");
	is(read_one(group, &event), 1, "an event");
	fd = event.fd;
	mark(all, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE, "/");
	is(fsn_sys_fcntl(fd, F_GETFL, 0) & (O_ACCMODE | O_APPEND | O_LARGEFILE), O_RDWR | O_APPEND | O_LARGEFILE,
	   "its descriptor is open as asked");
	is(fsn_sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "and closed on exec");
	is(fsn_sys_write(fd, "more", 4), 4, "it can be written");
	is(mem_pread(fd, buf, sizeof(buf), 0), 8, "it can be read");
	ok(!memcmp(buf, "textmore", 8), "and is the file");
	is(fsn_sys_close(fd), 0, "closed");
	expect(all, "nobody is told of what goes through it");
	look("/d/a");
	mem_unlink("/d/a");
	expect(group, "a file that is gone can be opened still", "OPEN fd=a(gone)");
	touch("/d/a");
	drain(all);
	fsn_sys_close(group);
	fsn_sys_close(all);
}

static void test_no_descriptor(void)
{
	int group = group_new(FAN_CLASS_NOTIF), told = group_new(FAN_REPORT_FD_ERROR);
	struct rlimit before, none;
	struct fan_event event;

	mark(group, ADD, FAN_OPEN, "/b");
	mark(told, ADD, FAN_OPEN, "/b");
	look("/b");
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	is(read_one(group, &event), -EMFILE, "no descriptor, no event");
	is(read_one(told, &event), 1, "with FAN_REPORT_FD_ERROR an event all the same");
	setrlimit(RLIMIT_NOFILE, &before);
	is(event.fd, -EMFILE, "with the error in place of the descriptor");
	is(read_one(group, &event), 0, "the event that could not be delivered is gone");
	look("/b");
	expect(group, "the next one comes", "OPEN fd=b");
	drain(told);
	fsn_sys_close(group);
	fsn_sys_close(told);
}

int main(void)
{
	tests_begin();
	scribble("/d/a");
	test_merge();
	test_merge_fid();
	test_merge_far();
	test_buffers();
	test_waiting();
	test_real_descriptor();
	test_overflow();
	test_descriptors();
	test_no_descriptor();
	return tests_end();
}
