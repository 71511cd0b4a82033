// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Every allocation fails once: what cannot be done is told, what cannot be queued is told as lost, and nothing is left behind.
 */
#include <linux/fanotify.h>
#include <linux/fsnotify.h>

#include "fanotify_test.h"

/* Rounds in which the first allocation fails, the second, and so on; the last one meets no failure any more. */
struct rounds {
	int n;
	bool failed;
};

static bool next_round(struct rounds *rounds)
{
	if ((rounds->n && !rounds->failed) || rounds->n == 1000)
		return false;
	fsn_fail_alloc(rounds->n++, 1);
	return true;
}

static bool met_failure(struct rounds *rounds)
{
	rounds->failed = fsn_fail_alloc(0, 0) > 0;
	return rounds->failed;
}

static void test_init(void)
{
	static const unsigned int flags[] = { FAN_CLASS_NOTIF, FAN_CLASS_PRE_CONTENT, FAN_REPORT_DFID_NAME_TARGET };
	int i, wrong, fd;

	for (i = 0; i < 3; i++) {
		struct rounds rounds = { 0 };

		for (wrong = 0; next_round(&rounds);) {
			fd = (int)sys_fanotify_init(flags[i], O_RDONLY);
			if (met_failure(&rounds))
				wrong += fd != -ENOMEM && fd != -EMFILE && fd < 0;
			else
				wrong += fd < 0;
			if (fd >= 0)
				fsn_sys_close(fd);
		}
		is(wrong, 0, "init with flags %#x", flags[i]);
		ok(rounds.n > 3, "has met %d failures", rounds.n - 1);
	}
}

static void test_mark(void)
{
	static const unsigned int types[] = { FAN_MARK_INODE, FAN_MARK_MOUNT, FAN_MARK_FILESYSTEM };
	int group = group_new(FAN_REPORT_DFID_NAME | FAN_REPORT_FID), i, wrong, err;

	for (i = 0; i < 3; i++) {
		struct rounds rounds = { 0 };

		for (wrong = 0; next_round(&rounds);) {
			err = mark(group, ADD | types[i], FAN_OPEN, "/d");
			if (met_failure(&rounds))
				wrong += err && err != -ENOMEM && err != -ENOSPC;
			else
				wrong += err;
			if (!err)
				wrong += mark(group, REMOVE | types[i], FAN_OPEN, "/d") != 0;
			else
				wrong += mark(group, REMOVE | types[i], FAN_OPEN, "/d") != -ENOENT;
		}
		is(wrong, 0, "a mark of type %#x", types[i]);
		ok(rounds.n > 2, "has met %d failures", rounds.n - 1);
	}
	fsn_sys_close(group);
}

static struct file *file;
static struct dentry *dentry;
static struct inode *dir;

/* Whatever cannot be queued is told as an overflow. */
static void test_event(const char *what, unsigned int flags, __u64 mask, void (*event)(void))
{
	int group = group_new(flags), wrong = 0;
	struct rounds rounds = { 0 };
	struct fan_event got;

	mark(group, ADD | FAN_MARK_FILESYSTEM, mask, "/");
	while (next_round(&rounds)) {
		bool failed;

		event();
		failed = met_failure(&rounds);
		wrong += read_one(group, &got) != 1;
		close_event(&got);
		wrong += got.mask != mask && !(failed && got.mask == FAN_Q_OVERFLOW);
		wrong += read_one(group, &got) != 0;
	}
	is(wrong, 0, "%s: told, or told as lost", what);
	ok(rounds.n > 1, "has met %d failures", rounds.n - 1);
	fsn_sys_close(group);

	group = group_new(flags | FAN_UNLIMITED_QUEUE);
	mark(group, ADD | FAN_MARK_FILESYSTEM, mask, "/");
	wrong = 0;
	fsn_fail_alloc(0, -1);
	event();
	fsn_fail_alloc(0, 0);
	wrong += read_one(group, &got) != 1 || got.mask != mask;
	close_event(&got);
	is(wrong, 0, "%s: a queue without a bound loses nothing", what);
	fsn_sys_close(group);
}

static void modified(void)
{
	fsnotify_modify(file);
}

static void created(void)
{
	fsnotify_create(dir, dentry);
}

static void test_events(void)
{
	int fd = mem_open("/d/a", O_RDWR, 0);

	file = fget((unsigned int)fd);
	dentry = file->f_path.dentry;
	dir = dentry->d_parent->d_inode;
	test_event("a path", FAN_CLASS_NOTIF, FAN_MODIFY, modified);
	test_event("a handle", FAN_REPORT_FID, FAN_MODIFY, modified);
	test_event("a name", FAN_REPORT_DFID_NAME, FAN_CREATE, created);
	test_event("a name and two handles", FAN_REPORT_DFID_NAME_TARGET, FAN_CREATE, created);
	fput(file);
	mem_close(fd);
}

/* A question for which there is no memory is answered with an error. */
static void test_perm(void)
{
	int group = group_new(FAN_CLASS_CONTENT), fd = mem_open("/d/a", O_RDONLY, 0), err;

	file = fget((unsigned int)fd);
	mark(group, ADD, FAN_OPEN_PERM, "/d/a");
	/* It was opened when nobody was to be asked. */
	file_set_fsnotify_mode(file);
	fsn_fail_alloc(0, 1);
	err = fsnotify_open_perm(file);
	fsn_fail_alloc(0, 0);
	is(err, -ENOMEM, "a question without memory");
	expect(group, "is not put, and nothing is lost");
	fput(file);
	mem_close(fd);
	fsn_sys_close(group);
}

static void test_read(void)
{
	int group = group_new(FAN_REPORT_PIDFD), wrong = 0, n;
	struct rounds rounds = { 0 };
	unsigned char buf[64];
	struct fan_event got;

	mark(group, ADD, FAN_OPEN, "/b");
	look("/b");
	while (next_round(&rounds)) {
		bool failed;

		n = (int)fsn_sys_read(group, buf, sizeof(buf));
		failed = met_failure(&rounds);
		if (n > 0) {
			wrong += fan_parse(buf, n, &got) != n || got.fd < 0;
			close_event(&got);
		} else {
			wrong += !failed || (n != -ENOMEM && n != -ENFILE && n != -EMFILE);
		}
		drain(group);
		look("/b");
	}
	is(wrong, 0, "an event is read with its descriptors, or an error is");
	ok(rounds.n > 1, "has met %d failures", rounds.n - 1);
	fsn_sys_close(group);
}

int main(void)
{
	tests_begin();
	scribble("/d/a");
	test_init();
	test_mark();
	test_events();
	test_perm();
	test_read();
	return tests_end();
}
