// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: dnotify */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
/*
 * Linux's dnotify: fcntl(F_NOTIFY) on descriptors of an in-process tmpfs, with the signals that a process gets from it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/dnotify.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/sched.h>
#include <linux/sysctl.h>

#include "memfs.h"
#include "signal_log.h"
#include "tap.h"

#define MNT_DETACH 2
#define ALL (DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB)

static int notify(int fd, unsigned int what)
{
	return (int)fsn_sys_fcntl(fd, F_NOTIFY, what);
}

static int open_dir(const char *path)
{
	int fd = mem_open(path, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		fsn_sys_fcntl(fd, F_SETSIG, RT);
	return fd;
}

/* Whether somebody's mark is on the object. */
static bool marked(const char *path)
{
	int fd = mem_open(path, O_RDONLY, 0);
	struct file *file = fget((unsigned int)fd);
	bool result = READ_ONCE(file_inode(file)->i_fsnotify_mask) != 0;

	fput(file);
	mem_close(fd);
	return result;
}

/* ---- what is told ---- */

struct deed {
	const char *name;
	int (*act)(void);
	unsigned int told;		/* which of DN_* it is */
};

static int create(void) { return mem_make("/d/new", 0644); }
static int delete(void) { return mem_unlink("/d/new"); }
static int make_dir(void) { return mem_mkdir("/d/sub", 0755); }
static int remove_dir(void) { return mem_rmdir("/d/sub"); }
static int make_link(void) { return mem_link("/d/file", "/d/new"); }
static int make_symlink(void) { return mem_symlink("file", "/d/new"); }
static int move_within(void) { return mem_rename("/d/file", "/d/moved", 0); }
static int move_back(void) { return mem_rename("/d/moved", "/d/file", 0); }
static int move_out(void) { return mem_rename("/d/file", "/other/file", 0); }
static int move_in(void) { return mem_rename("/other/file", "/d/file", 0); }
static int change_mode(void) { return mem_chmod("/d/file", 0600); }
static int change_owner(void) { return mem_chown("/d/file", 1, 1); }
static int change_time(void) { return mem_utimens("/d/file", NULL, 0); }
static int change_xattr(void) { return mem_setxattr("/d/file", "user.x", "1", 1, 0); }
static int cut(void) { return mem_truncate("/d/file", 1); }
static int change_dir_mode(void) { return mem_chmod("/d", 0750); }
static int elsewhere(void) { return mem_make("/other/x", 0644) | mem_chmod("/other/x", 0600) | mem_unlink("/other/x"); }
static int below(void) { return mem_chmod("/d/deep/file", 0600) | mem_make("/d/deep/x", 0644) | mem_unlink("/d/deep/x"); }

static int file_fd, dir_fd;
static int write_some(void) { return mem_write(file_fd, "text", 4) == 4 ? 0 : -EIO; }
static int read_some(void)
{
	char text[4];

	return mem_pread(file_fd, text, 4, 0) == 4 ? 0 : -EIO;
}
static int list_dir(void)
{
	char entries[512];

	mem_lseek(dir_fd, 0, SEEK_SET);
	return mem_getdents(dir_fd, entries, sizeof(entries)) > 0 ? 0 : -EIO;
}

static const struct deed deeds[] = {
	{ "a file is created", create, DN_CREATE },
	{ "a file is deleted", delete, DN_DELETE },
	{ "a directory is made", make_dir, DN_CREATE },
	{ "a directory is removed", remove_dir, DN_DELETE },
	/* the count of links is told to who watches the file itself */
	{ "a link is made", make_link, DN_CREATE },
	{ "a link is deleted", delete, DN_DELETE },
	{ "a symbolic link is made", make_symlink, DN_CREATE },
	{ "it is deleted", delete, DN_DELETE },
	{ "a file is renamed", move_within, DN_RENAME | DN_CREATE | DN_DELETE },
	{ "and back", move_back, DN_RENAME | DN_CREATE | DN_DELETE },
	{ "a file is moved out", move_out, DN_DELETE },
	{ "a file is moved in", move_in, DN_CREATE },
	{ "a file's mode is changed", change_mode, DN_ATTRIB },
	{ "a file's owner is changed", change_owner, DN_ATTRIB },
	{ "a file's attribute is set", change_xattr, DN_ATTRIB },
	{ "a file is written", write_some, DN_MODIFY },
	{ "a file is read", read_some, DN_ACCESS },
	{ "a file is cut", cut, DN_MODIFY },
	{ "the directory is listed", list_dir, DN_ACCESS },
	{ "the directory's mode is changed", change_dir_mode, DN_ATTRIB },
	{ "something happens in another directory", elsewhere, 0 },
	{ "something happens in a directory below", below, 0 },
};

static const struct {
	const char *name;
	unsigned int bit;
} kinds[] = {
	{ "DN_ACCESS", DN_ACCESS }, { "DN_MODIFY", DN_MODIFY }, { "DN_CREATE", DN_CREATE },
	{ "DN_DELETE", DN_DELETE }, { "DN_RENAME", DN_RENAME }, { "DN_ATTRIB", DN_ATTRIB },
};

static void each_kind(void)
{
	unsigned int i, k;
	int fd = open_dir("/d"), wrong;

	dir_fd = fd;
	file_fd = mem_open("/d/file", O_RDWR, 0);
	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		is(notify(fd, kinds[k].bit | DN_MULTISHOT), 0, "F_NOTIFY with %s", kinds[k].name);
		signals();
		wrong = 0;
		for (i = 0; i < ARRAY_SIZE(deeds); i++) {
			int error = deeds[i].act(), got = signals();
			bool told = deeds[i].told & kinds[k].bit;

			if (!error && (got > 0) == told)
				continue;
			wrong++;
			printf("# %s, %s: result %d, %d signals\n", kinds[k].name, deeds[i].name, error, got);
		}
		is(wrong, 0, "%s tells what it is meant to tell", kinds[k].name);
		is(notify(fd, 0), 0, "F_NOTIFY with 0 ends it");
		change_mode();
		create();
		delete();
		is(signals(), 0, "nothing is told any more");
	}
	is(change_time(), 0, "times are set");
	mem_close(file_fd);
	mem_close(fd);
}

/* ---- which signal ---- */

static void plain_sigio(void)
{
	int fd = mem_open("/d", O_RDONLY, 0);

	is(notify(fd, DN_CREATE | DN_DELETE | DN_MULTISHOT), 0, "a directory is watched");
	signals();
	create();
	is(signals(), 1, "one signal");
	is(heard[0].signo, SIGIO, "it is SIGIO if no other was chosen");
	is(heard[0].code, SI_KERNEL, "and says only that it is the kernel's");
	is(fsn_sys_fcntl(fd, F_GETOWN, 0), getpid(), "the process that asked became the owner");
	fsn_sys_fcntl(fd, F_SETSIG, RT);
	delete();
	is(signals(), 1, "another signal");
	is(heard[0].signo, RT, "the chosen one");
	is(heard[0].fd, fd, "it tells the descriptor");
	is(heard[0].code, POLL_MSG, "and that there is news");
	is(heard[0].band, 0x441, "in the words of poll()");
	mem_close(fd);
}

static void *create_without_signals(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	create();
	delete();
	return NULL;
}

/* The process is told, not the thread whose doing it is. */
static void told_by_another_thread(void)
{
	const struct timespec pause = { 0, 1000000 };
	int fd = open_dir("/d"), patience = 10000, count;
	pthread_t thread;

	notify(fd, DN_CREATE | DN_DELETE | DN_MULTISHOT);
	signals();
	pthread_create(&thread, NULL, create_without_signals, NULL);
	pthread_join(thread, NULL);
	while (__atomic_load_n(&n_heard, __ATOMIC_SEQ_CST) < 2 && --patience)
		nanosleep(&pause, NULL);
	count = signals();
	ok(count == 2 && signals_about(fd, 2) == 2, "a thread that takes no signals makes news for the process");
	is(heard[0].code, POLL_MSG, "as any other does");
	mem_close(fd);
}

/* A descriptor's number may be given to another file by the call that closes it. */
static void replaced(void)
{
	int fd = open_dir("/d"), other = open_dir("/other");

	notify(fd, DN_CREATE | DN_MULTISHOT);
	is(fsn_sys_dup2(other, fd), fd, "another file gets the number of a watching descriptor");
	signals();
	create();
	delete();
	is(signals(), 0, "which ends the watch");
	ok(!marked("/d"), "and leaves nothing behind");
	mem_close(fd);
	mem_close(other);
}

/* Another process gets what the system lets one process send to another. */
static void owned_by_another(void)
{
	int fd = mem_open("/d", O_RDONLY, 0), status = -1;
	sigset_t set;
	pid_t child;

	sigemptyset(&set);
	sigaddset(&set, RT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	child = fork();
	if (!child) {
		struct timespec patience = { 30, 0 };
		siginfo_t info;

		if (sigtimedwait(&set, &info, &patience) != RT)
			_exit(1);
		_exit(info.si_fd == fd && info.si_band == 0x441 ? 0 : 2);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	fsn_sys_fcntl(fd, F_SETSIG, RT);
	is(fsn_sys_fcntl(fd, F_SETOWN, (unsigned long)child), 0, "a child becomes the owner");
	is(notify(fd, DN_CREATE), 0, "its parent asks for news");
	is(fsn_sys_fcntl(fd, F_GETOWN, 0), child, "which leaves the owner as it is");
	signals();
	create();
	waitpid(child, &status, 0);
	is(status, 0, "the child gets the signal with the descriptor");
	is(signals(), 0, "the parent does not");
	mem_close(fd);
	delete();
}

/* ---- how long ---- */

static void one_shot(void)
{
	int fd = open_dir("/d");

	is(notify(fd, DN_CREATE), 0, "without DN_MULTISHOT");
	signals();
	create();
	delete();
	is(signals(), 1, "the first event is told");
	create();
	is(signals(), 0, "the second is not");
	ok(!marked("/d"), "nothing on the directory asks for events any more");
	is(notify(fd, DN_DELETE), 0, "it can be asked for again");
	delete();
	is(signals(), 1, "and is told once more");

	is(notify(fd, DN_CREATE), 0, "two calls");
	is(notify(fd, DN_DELETE | DN_MULTISHOT), 0, "add up");
	create();
	delete();
	create();
	delete();
	is(signals(), 4, "to both kinds, for good");
	is(notify(fd, DN_MULTISHOT), 0, "DN_MULTISHOT alone is as 0");
	create();
	delete();
	is(signals(), 0, "and ends it");
	mem_close(fd);
}

static void several_descriptors(void)
{
	int a = open_dir("/d"), b = open_dir("/d"), c = mem_dup(a), count;

	is(notify(a, DN_CREATE | DN_MULTISHOT), 0, "two descriptors of one directory");
	is(notify(b, DN_DELETE | DN_MULTISHOT), 0, "ask for different things");
	signals();
	create();
	count = signals();
	ok(count == 1 && heard[0].fd == a, "one hears of creations");
	delete();
	count = signals();
	ok(count == 1 && heard[0].fd == b, "the other of deletions");
	is(notify(b, DN_CREATE), 0, "the second asks for both");
	create();
	count = signals();
	ok(count == 2 && signals_about(a, 2) == 1 && signals_about(b, 2) == 1, "both hear of one creation");
	delete();
	is(signals(), 1, "flags add up: what was asked for later is for good, too");

	is(notify(c, DN_ATTRIB | DN_MULTISHOT), 0, "a duplicate of the first descriptor asks, too");
	change_mode();
	count = signals();
	ok(count == 1 && heard[0].fd == c, "what both share is told with the number that asked last");
	is(mem_close(c), 0, "the end of the duplicate");
	create();
	count = signals();
	ok(count == 1 && heard[0].fd == b, "ends what the open file had asked for");
	is(mem_close(a), 0, "the first descriptor is closed");
	delete();
	is(signals(), 1, "the second still hears");
	is(mem_close(b), 0, "the second is closed");
	create();
	delete();
	is(signals(), 0, "nobody hears");
	ok(!marked("/d"), "nothing is left on the directory");
}

/* ---- what it refuses ---- */

static void refusals(void)
{
	struct fsn_stats before, after;
	int fd = mem_open("/d/file", O_RDONLY, 0), dir = open_dir("/d"), path = mem_open("/d", O_PATH, 0), error;
	long skip;

	is(notify(fd, DN_MODIFY), -ENOTDIR, "a file cannot be watched");
	is(notify(fd, 0), 0, "though it can be told to stop");
	is(notify(777, DN_MODIFY), -EBADF, "a descriptor that is not there");
	is(notify(path, DN_MODIFY), -EBADF, "a descriptor that is only a place");
	for (skip = 0, error = -ENOMEM; skip < 16 && error; skip++) {
		fsn_quiesce();
		fsn_stats(&before);
		fsn_fail_alloc(skip, 1);
		error = notify(dir, DN_MODIFY | DN_MULTISHOT);
		fsn_fail_alloc(0, 0);
		fsn_quiesce();
		fsn_stats(&after);
		if (error && (error != -ENOMEM || after.marks != before.marks || after.connectors != before.connectors))
			break;
	}
	ok(!error && skip > 2, "without memory it says so, and leaves nothing behind (%ld times)", skip - 1);
	mem_close(path);
	mem_close(fd);
	mem_close(dir);
}

static int set(const char *value)
{
	return (int)fsn_sysctl_write("fs/dir-notify-enable", value, strlen(value));
}

static void switched_off(void)
{
	int fd = open_dir("/d");

	is(set("0\n"), 2, "the sysctl is switched off");
	is(notify(fd, DN_CREATE | DN_MULTISHOT), -EINVAL, "nobody can ask");
	is(notify(fd, 0), -EINVAL, "nor take back");
	is(set("1\n"), 2, "and on");
	is(notify(fd, DN_CREATE), 0, "asking works again");
	mem_close(fd);
}

/* ---- the end of the directory, races with close ---- */

static void directory_removed(void)
{
	int fd, parent;

	mem_mkdir("/d/gone", 0755);
	fd = open_dir("/d/gone");
	parent = open_dir("/d");
	notify(fd, ALL | DN_MULTISHOT);
	notify(parent, DN_DELETE | DN_MULTISHOT);
	signals();
	is(mem_rmdir("/d/gone"), 0, "a watched directory is removed");
	ok(signals_about(parent, signals()) == 1, "its parent's watcher hears of it");
	is(notify(fd, DN_CREATE | DN_MULTISHOT), 0, "its own descriptor still takes F_NOTIFY");
	is(mem_close(fd), 0, "and is closed as any other");
	is(mem_close(parent), 0, "so is the parent's");
}

static void unmounted(void)
{
	struct fsn_stats before, after;
	int fd;

	fsn_quiesce();
	fsn_stats(&before);
	mem_mkdir("/m", 0755);
	is(mem_mount("/m"), 0, "another filesystem");
	mem_mkdir("/m/dir", 0755);
	fd = open_dir("/m/dir");
	is(notify(fd, ALL | DN_MULTISHOT), 0, "a directory of it is watched");
	is(mem_umount("/m", 0), -EBUSY, "it is in use");
	is(mem_umount("/m", MNT_DETACH), 0, "and leaves the tree");
	is(notify(fd, DN_CREATE | DN_MULTISHOT), 0, "the watch goes on");
	is(mem_close(fd), 0, "its last descriptor is closed");
	mem_rmdir("/m");
	fsn_quiesce();
	fsn_stats(&after);
	is(after.marks, before.marks, "no mark is left");
	is(after.connectors, before.connectors, "and no connector");
}

/* The descriptor was closed, and its number given to another file, between fcntl()'s lookup and dnotify's lock. */
static void closed_meanwhile(void)
{
	int fd = open_dir("/d");
	struct file *file = fget((unsigned int)fd);

	mem_close(fd);
	is(fcntl_dirnotify(fd, file, DN_CREATE | DN_MULTISHOT), 0, "a descriptor that was closed meanwhile");
	ok(!marked("/d"), "gets no watch");
	is(mem_open("/other", O_RDONLY, 0), fd, "its number is given to another file");
	is(fcntl_dirnotify(fd, file, DN_CREATE | DN_MULTISHOT), 0, "a descriptor that is another one now");
	signals();
	create();
	delete();
	is(signals(), 0, "gets no watch, either");
	ok(!marked("/d") && !marked("/other"), "nor does the other file");
	fput(file);
	mem_close(fd);
}

static void *watch_and_close(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 300; i++) {
		int fd = open_dir("/d");

		notify(fd, DN_CREATE | DN_DELETE | (i & 1 ? DN_MULTISHOT : 0));
		mem_close(fd);
	}
	return NULL;
}

/* Works on whatever descriptor has the number: its file may go at any moment. */
static void *meddle(void *number)
{
	int i;

	for (i = 0; i < 600; i++)
		notify((int)(long)number, DN_CREATE | DN_MULTISHOT);
	return NULL;
}

static void *create_and_delete(void *unused)
{
	char name[32];
	int i;

	for (i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "/d/t%d-%d", i, unused != NULL);
		mem_make(name, 0644);
		mem_unlink(name);
	}
	return NULL;
}

static void storm(void)
{
	struct fsn_stats before, after;
	pthread_t threads[5];
	int number = open_dir("/d"), i;

	mem_close(number);
	fsn_quiesce();
	fsn_stats(&before);
	signal(RT, SIG_IGN);
	pthread_create(&threads[0], NULL, watch_and_close, NULL);
	pthread_create(&threads[1], NULL, watch_and_close, NULL);
	pthread_create(&threads[2], NULL, meddle, (void *)(long)number);
	pthread_create(&threads[3], NULL, create_and_delete, NULL);
	pthread_create(&threads[4], NULL, create_and_delete, threads);
	for (i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	listen_to(RT);
	fsn_quiesce();
	fsn_stats(&after);
	is(after.marks, before.marks, "after many threads at once no mark is left");
	is(after.allocations, before.allocations, "and no memory");
	ok(!marked("/d"), "nothing on the directory asks for events");
	is(after.warnings, before.warnings, "the library had nothing to say");
}

int main(void)
{
	listen_to(SIGIO);
	listen_to(RT);
	if (mem_init()) {
		printf("1..0 # no filesystem\n");
		return 1;
	}
	mem_mkdir("/d", 0755);
	mem_mkdir("/d/deep", 0755);
	mem_mkdir("/other", 0755);
	mem_make("/d/file", 0644);
	mem_make("/d/deep/file", 0644);
	each_kind();
	plain_sigio();
	told_by_another_thread();
	owned_by_another();
	replaced();
	one_shot();
	several_descriptors();
	refusals();
	switched_off();
	directory_removed();
	unmounted();
	closed_meanwhile();
	storm();
	mem_exit();
	return done_testing();
}
