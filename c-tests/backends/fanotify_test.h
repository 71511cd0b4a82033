/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of fanotify share: names for objects, comparing what a group reads with what was expected, actors (threads
 * whose operations may wait for an answer), and the frame of a program.
 */
#ifndef C_TESTS_BACKENDS_FANOTIFY_TEST_H
#define C_TESTS_BACKENDS_FANOTIFY_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <fsnotify/fsn/stats.h>
#include <linux/audit.h>
#include <linux/exportfs.h>
#include <linux/fanotify.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/statfs.h>
#include <linux/syscalls.h>

#include "tap.h"
#include "memfs.h"
#include "fanotify_events.h"

#define T_UNUSED __attribute__((__unused__))
/* of a wait that must end: far beyond what any machine takes */
#define PATIENCE_MS 60000
/* of a wait that must not end */
#define A_WHILE_MS 50

#define ADD FAN_MARK_ADD
#define REMOVE FAN_MARK_REMOVE

long sys_fanotify_init(unsigned int flags, unsigned int event_f_flags);
long sys_fanotify_mark(int fanotify_fd, unsigned int flags, __u64 mask, int dfd, const char *pathname);

/* ---- groups and marks ---- */

T_UNUSED static int group_new(unsigned int flags)
{
	int fd = (int)sys_fanotify_init(flags | FAN_NONBLOCK, O_RDONLY);

	if (fd < 0)
		printf("# fanotify_init(%#x): %d\n", flags, fd);
	return fd;
}

T_UNUSED static int mark(int group, unsigned int flags, __u64 mask, const char *path)
{
	return (int)sys_fanotify_mark(group, flags, mask, AT_FDCWD, path);
}

/* ---- names of objects ---- */

struct label {
	__kernel_fsid_t fsid;
	int type;
	unsigned int bytes;
	unsigned char handle[MAX_HANDLE_SZ];
	char name[32];
};

static struct label labels[128];
static int n_labels;

T_UNUSED static int path_of(const char *name, struct path *path)
{
	return user_path_at(AT_FDCWD, name, 0, path);
}

static int encode(struct inode *inode, unsigned char *handle, int *words)
{
#ifdef FSNOTIFY_API_6_1
	return exportfs_encode_inode_fh(inode, (struct fid *)handle, words, NULL);
#else
	return exportfs_encode_fid(inode, (struct fid *)handle, words);
#endif
}

/* The object at @path is called @name in events from now on. */
T_UNUSED static void label(const char *path, const char *name)
{
	struct label *new = &labels[n_labels];
	struct path at;
	int words = MAX_HANDLE_SZ >> 2, err = path_of(path, &at);

	if (err || n_labels == (int)(sizeof(labels) / sizeof(labels[0]))) {
		printf("# no label for %s: %d\n", path, err);
		return;
	}
	vfs_get_fsid(at.dentry, &new->fsid);
	new->type = encode(at.dentry->d_inode, new->handle, &words);
	new->bytes = (unsigned int)words << 2;
	snprintf(new->name, sizeof(new->name), "%s", name);
	path_put(&at);
	n_labels++;
}

/* The newest label counts: a number may be used again. */
static const char *fid_name(const struct fan_fid *fid)
{
	int i;

	if (!fid->handle_bytes)
		return fid->handle_type == FILEID_INVALID ? "none" : "?";
	for (i = n_labels - 1; i >= 0; i--)
		if (fid->handle_bytes == labels[i].bytes && fid->handle_type == labels[i].type &&
		    !memcmp(fid->handle, labels[i].handle, labels[i].bytes) && fid->fsid[0] == labels[i].fsid.val[0] &&
		    fid->fsid[1] == labels[i].fsid.val[1])
			return labels[i].name;
	return "?";
}

/* The last name of what a descriptor is open on; the descriptor stays open. */
static const char *fd_name(int fd)
{
	static char text[64];
	struct file *file = fget(fd);

	if (!file)
		return "closed";
	snprintf(text, sizeof(text), "%s%s", (const char *)file->f_path.dentry->d_name.name,
		 file->f_inode->i_nlink ? "" : "(gone)");
	fput(file);
	return text;
}

static const struct fan_names names = { fid_name, fd_name };

/* ---- reading ---- */

/* Zero means: nothing came in time. */
T_UNUSED static int poll_for(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int ready = (int)fsn_sys_poll(&pfd, 1, ms);

	return ready > 0 ? pfd.revents : ready;
}

/* One event with everything in it; the descriptors that it brings are the caller's. 1, 0 if there is none, or an error. */
T_UNUSED static int read_one(int group, struct fan_event *event)
{
	unsigned char buf[8192] __attribute__((__aligned__(8)));
	size_t size = sizeof(struct fanotify_event_metadata);
	long n;

	/* The shortest buffer that fits takes one event and no other. */
	do {
		n = fsn_sys_read(group, buf, size);
		size += 4;
	} while (n == -EINVAL && size <= sizeof(buf));
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	return fan_parse(buf, n, event) == n ? 1 : -EPROTO;
}

T_UNUSED static void close_event(const struct fan_event *event)
{
	if (event->fd >= 0)
		fsn_sys_close(event->fd);
	if (event->has_pidfd && event->pidfd >= 0)
		fsn_sys_close(event->pidfd);
}

/* fan_format(), and whose doing it was unless it was this process's. */
static const char *describe(const struct fan_event *event, char *line, size_t size)
{
	size_t n;

	fan_format(event, &names, line, size);
	n = strlen(line);
	if (!(event->mask & FAN_Q_OVERFLOW) && event->pid != getpid())
		n += (size_t)snprintf(line + n, size - n, " pid=%s", event->pid ? "other" : "0");
	if (event->has_pidfd && event->pidfd >= 0)
		snprintf(line + n, size - n, " pidfd");
	else if (event->has_pidfd)
		snprintf(line + n, size - n, " pidfd=%d", event->pidfd);
	return line;
}

/* The whole queue is, event for event, what was expected. The list ends with NULL. */
T_UNUSED static void expect_(const char *file, int line, int group, const char *what, const char *const *want)
{
	struct fan_event event;
	char text[512];
	bool same = true;
	int n, i = 0;

	while ((n = read_one(group, &event)) > 0) {
		describe(&event, text, sizeof(text));
		if (!want[i] || strcmp(text, want[i])) {
			printf("# event %d is \"%s\", expected \"%s\"\n", i, text, want[i] ? want[i] : "no more");
			same = false;
		}
		if (want[i])
			i++;
		close_event(&event);
	}
	if (n < 0)
		printf("# read: %d\n", n);
	for (; want[i]; i++, same = false)
		printf("# no event %d, expected \"%s\"\n", i, want[i]);
	tap_ok(same && !n, file, line, "%s", what);
}

/* expect(group, "what is tested", "OPEN fd=a", "CLOSE_NOWRITE fd=a"); with no event the queue must be empty */
#define expect(group, ...) expect_(__FILE__, __LINE__, (group), FSN_FIRST(__VA_ARGS__, 0), \
				   (const char *const[]){ __VA_ARGS__, NULL } + 1)
#define FSN_FIRST(first, ...) first

/* Forgets what is queued. */
T_UNUSED static void drain(int group)
{
	struct fan_event event;

	while (read_one(group, &event) > 0)
		close_event(&event);
}

/* ---- doings that make events ---- */

T_UNUSED static int touch(const char *path)
{
	int fd = mem_open(path, O_CREAT | O_WRONLY, 0644);

	return fd < 0 ? fd : mem_close(fd);
}

T_UNUSED static int look(const char *path)
{
	int fd = mem_open(path, O_RDONLY, 0);

	return fd < 0 ? fd : mem_close(fd);
}

/* Open, read, close. */
T_UNUSED static int peruse(const char *path)
{
	char buf[4];
	int fd = mem_open(path, O_RDONLY, 0);
	long n;

	if (fd < 0)
		return fd;
	n = mem_read(fd, buf, sizeof(buf));
	mem_close(fd);
	return n < 0 ? (int)n : 0;
}

/* Open, write, close. */
T_UNUSED static int scribble(const char *path)
{
	int fd = mem_open(path, O_WRONLY, 0);
	long n;

	if (fd < 0)
		return fd;
	n = mem_write(fd, "text", 4);
	mem_close(fd);
	return n < 0 ? (int)n : 0;
}

/* ---- the system's settings ---- */

/* As echo TEXT >/proc/sys/PATH. */
T_UNUSED static int set_sysctl(const char *path, const char *text)
{
	long n = fsn_sysctl_write(path, text, strlen(text));

	return n == (long)strlen(text) ? 0 : n < 0 ? (int)n : -EIO;
}

/* ---- actors ---- */

struct actor {
	int (*work)(const char *path);
	const char *path;
	int result;
	bool over;
	struct task_struct *task;
	sem_t ready;
	pthread_t thread;
};

static void *act(void *arg)
{
	struct actor *actor = (struct actor *)arg;

	actor->task = get_task_struct(current);
	sem_post(&actor->ready);
	actor->result = actor->work(actor->path);
	__atomic_store_n(&actor->over, true, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Another thread calls @work(@path); returns once its task is known. */
T_UNUSED static void actor_start(struct actor *actor, int (*work)(const char *path), const char *path)
{
	memset(actor, 0, sizeof(*actor));
	actor->work = work;
	actor->path = path;
	sem_init(&actor->ready, 0, 0);
	if (pthread_create(&actor->thread, NULL, act, actor)) {
		printf("Bail out! no thread\n");
		exit(1);
	}
	while (sem_wait(&actor->ready))
		;
}

T_UNUSED static bool actor_over(struct actor *actor)
{
	return __atomic_load_n(&actor->over, __ATOMIC_SEQ_CST);
}

/* What @work returned; a thread that does not end is the end of the program. */
T_UNUSED static int actor_join(struct actor *actor)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	if (pthread_timedjoin_np(actor->thread, NULL, &until)) {
		printf("Bail out! an operation hangs: %s\n", actor->path);
		exit(1);
	}
	put_task_struct(actor->task);
	sem_destroy(&actor->ready);
	return actor->result;
}

/* Waits for the next event of the group, which must be a permission event. */
T_UNUSED static bool next_event(int group, struct fan_event *event)
{
	return poll_for(group, PATIENCE_MS) == POLLIN && read_one(group, event) == 1;
}

T_UNUSED static long answer(int group, int fd, unsigned int response)
{
	struct fanotify_response reply = { fd, response };

	return fsn_sys_write(group, &reply, sizeof(reply));
}

T_UNUSED static void pause_ms(long ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* ---- audit: the rest of the kernel ---- */

u32 audit_enabled = 1;

#ifdef FSNOTIFY_API_6_1
void __audit_fanotify(unsigned int response)
{
	(void)response;
}
#else
static struct {
	int calls;
	u32 response;
	struct fanotify_response_info_audit_rule rule;
} audited;

void __audit_fanotify(u32 response, struct fanotify_response_info_audit_rule *rule)
{
	audited.response = response;
	audited.rule = *rule;
	__atomic_add_fetch(&audited.calls, 1, __ATOMIC_SEQ_CST);
}
#endif

/* ---- the frame of a program ---- */

static int n_warnings;
/* messages that are no misuse of the running test */
static bool log_expected;
static char log_message[512];
static struct fsn_stats stats_before;

static void t_log(void *arg, int level, const char *function, const char *message)
{
	(void)arg;
	if (level > FSN_LOG_WARNING || strstr(message, "Using fanotify permission checks"))
		return;
	__atomic_add_fetch(&n_warnings, 1, __ATOMIC_SEQ_CST);
	snprintf(log_message, sizeof(log_message), "%s", message);
	if (!log_expected)
		printf("# warning: %s: %s\n", function, message);
}

/* A tmpfs with the directory /d and in it the file a; /b beside it. */
T_UNUSED static void tests_begin(void)
{
	const char *limit = getenv("TIMEOUT");

	/* A little earlier than c-tests/run would end the program. */
	alarm(limit && atoi(limit) > 20 ? (unsigned int)atoi(limit) - 10 : 110);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fsn_set_log(t_log, NULL);
	/* A thread's identities, once asked for, stay as long as it does. */
	task_pid(current);
	task_tgid(current);
	fsn_stats(&stats_before);
	is(mem_init(), 0, "begin: there is a tmpfs");
	mem_mkdir("/d", 0755);
	touch("/d/a");
	touch("/b");
	label("/", "/");
	label("/d", "d");
	label("/d/a", "a");
	label("/b", "b");
}

/* Nothing is left: every counter of the library is back where it was. */
T_UNUSED static int tests_end(void)
{
	struct fsn_stats now;

	mem_exit();
	fsn_quiesce();
	fsn_stats(&now);
	if (!log_expected)
		is(n_warnings, 0, "end: nobody warned of anything");
	is(now.groups, stats_before.groups, "end: no group is left");
	is(now.marks, stats_before.marks, "end: no mark is left");
	is(now.connectors, stats_before.connectors, "end: no connector is left");
	is(now.events_pending, stats_before.events_pending, "end: no event is left on a queue");
	is(now.inodes, stats_before.inodes, "end: no inode is left");
	is(now.dentries, stats_before.dentries, "end: no dentry is left");
	is(now.allocations, stats_before.allocations, "end: no allocation is left");
	is(now.allocated_bytes, stats_before.allocated_bytes, "end: no byte is left");
	return done_testing();
}

#endif /* C_TESTS_BACKENDS_FANOTIFY_TEST_H */
