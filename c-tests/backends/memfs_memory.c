/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memfs without memory: each allocation of each system call fails once. The call says so, or does without; whatever was done
 * until then is undone, and nothing is lost.
 */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-cflags: -Iinclude/fsnotify */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/fs.h>

#include <fsnotify/fsn/stats.h>

#include "../tap.h"
#include "memfs.h"

static int open_new(void)
{
	return mem_open("/new", O_CREAT | O_WRONLY, 0600);
}

static int open_it(void)
{
	return mem_open("/file", O_RDWR, 0);
}

static int make_dir(void)
{
	return mem_mkdir("/new", 0700);
}

static int make_symlink(void)
{
	return mem_symlink("/a/rather/long/target/that/needs/memory/of/its/own", "/new");
}

static int make_long_name(void)
{
	return mem_mkdir("/a-name-that-is-too-long-to-be-stored-in-the-dentry-itself", 0700);
}

static int make_link(void)
{
	return mem_link("/file", "/new");
}

static int move_it(void)
{
	return mem_rename("/file", "/a-name-that-is-too-long-to-be-stored-in-the-dentry-itself", 0);
}

static int set_attribute(void)
{
	return mem_setxattr("/file", "user.x", "value", 5, 0);
}

static int mount_it(void)
{
	return mem_mount("/dir");
}

static int write_it(void)
{
	static char block[100000];
	int fd = mem_open("/file", O_WRONLY, 0), n = fd;

	if (fd >= 0)
		n = (int)mem_write(fd, block, sizeof(block));
	mem_close(fd);
	return n < 0 ? n : 0;
}

static void tidy(int result)
{
	if (result > 0)
		mem_close(result);
	mem_umount("/dir", 2);
	mem_rename("/a-name-that-is-too-long-to-be-stored-in-the-dentry-itself", "/file", 1);
	mem_rmdir("/a-name-that-is-too-long-to-be-stored-in-the-dentry-itself");
	mem_unlink("/new");
	mem_rmdir("/new");
	mem_removexattr("/file", "user.x");
	mem_truncate("/file", 0);
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "open that makes a file", open_new }, { "open", open_it }, { "mkdir", make_dir }, { "symlink", make_symlink },
	{ "mkdir with a long name", make_long_name }, { "link", make_link }, { "rename to a long name", move_it },
	{ "setxattr", set_attribute }, { "mount", mount_it }, { "write", write_it },
};

/* Fails the allocations one after the other, until none is left to fail. */
static void starve(size_t i)
{
	long skip, injected, failed = 0;
	int result, odd = 0;

	for (skip = 0; skip < 100; skip++) {
		fsn_fail_alloc(skip, 1);
		result = calls[i].call();
		injected = fsn_fail_alloc(0, 0);
		failed += injected;
		if (result < 0 && (!injected || (result != -ENOMEM && result != -ENOSPC && result != -ENFILE)))
			odd = result;
		tidy(result);
		if (!injected)
			break;
	}
	is(odd, 0, "%s: says what it lacks", calls[i].name);
	ok(failed > 0 && result >= 0, "%s: works with memory, after %ld without", calls[i].name, failed);
}

int main(void)
{
	struct fsn_stats before, after;
	size_t i;

	is(mem_init(), 0, "begins");
	mem_mkdir("/dir", 0755);
	mem_close(mem_open("/file", O_CREAT, 0600));
	/* what the first use of things keeps */
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		tidy(calls[i].call());
	fsn_quiesce();
	fsn_stats(&before);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		starve(i);
	fsn_quiesce();
	fsn_stats(&after);
	is(after.inodes, before.inodes, "no inode is left");
	is(after.dentries, before.dentries, "no dentry");
	/* the file's contents keep their room */
	is(after.allocations, before.allocations, "no allocation");
	mem_exit();
	return done_testing();
}
