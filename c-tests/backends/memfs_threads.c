/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memfs by several threads at once, while somebody listens, marks come and go and a filesystem is mounted and unmounted: each
 * system call says what it may say, and everything is given back in the end. What the threads do is drawn from FSN_SEED.
 */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-cflags: -Iinclude/fsnotify */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>

#include <fsnotify/fsn/stats.h>

#include "../tap.h"
#include "memfs.h"

enum { THREADS = 4, CALLS = 3000 };

static struct fsnotify_group *group;
static unsigned long events;
static int odd;

static int on_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name,
		    __u32 cookie)
{
	(void)mark, (void)mask, (void)inode, (void)dir, (void)cookie;
	if (name && strlen((const char *)name->name) != name->len)
		__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&events, 1, __ATOMIC_RELAXED);
	return 0;
}

static void free_mark(struct fsnotify_mark *mark)
{
	free(mark);
}

static const struct fsnotify_ops ops = { .handle_inode_event = on_event, .free_mark = free_mark };

static void watch(const char *name)
{
	struct fsnotify_mark *mark;
	struct path path;

	if (kern_path(name, 0, &path))
		return;
	mark = calloc(1, sizeof(*mark));
	fsnotify_init_mark(mark, group);
	mark->mask = ALL_FSNOTIFY_EVENTS & ~(FS_OPEN_PERM | FS_ACCESS_PERM | FS_OPEN_EXEC_PERM);
	fsnotify_add_inode_mark(mark, d_inode(path.dentry), 0);
	fsnotify_put_mark(mark);
	path_put(&path);
}

/* What a call may say while others change the same names. */
static void may_say(const char *call, int result)
{
	static const int errors[] = { ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EBUSY, EXDEV, EINVAL, ELOOP, ETXTBSY,
				      ENOEXEC, EACCES, EPERM };
	size_t i;

	if (result >= 0)
		return;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (result == -errors[i])
			return;
	printf("# %s: %d\n", call, result);
	__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
}

static void draw_name(unsigned int *seed, char *name, size_t size)
{
	static const char *const dirs[] = { "/", "/d/", "/e/", "/d/s/", "/m/" };
	static const char *const names[] = { "a", "b", "c", "s", "l", "d", "e" };

	snprintf(name, size, "%s%s", dirs[rand_r(seed) % 5], names[rand_r(seed) % 7]);
}

static void with_file(unsigned int *seed, const char *name)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR | O_CREAT, O_WRONLY | O_CREAT | O_TRUNC, O_CREAT | O_EXCL,
				     O_RDONLY | O_NOFOLLOW };
	int fd = mem_open(name, flags[rand_r(seed) % 6], 0755);
	char buf[64];

	may_say("open", fd);
	if (fd < 0)
		return;
	mem_write(fd, "text", 4);
	mem_pread(fd, buf, sizeof(buf), 0);
	mem_getdents(fd, buf, sizeof(buf));
	mem_ftruncate(fd, rand_r(seed) % 100);
	may_say("close", mem_close(fd));
}

static void one_call(unsigned int *seed)
{
	char name[32], other[32];

	draw_name(seed, name, sizeof(name));
	draw_name(seed, other, sizeof(other));
	switch (rand_r(seed) % 16) {
	case 0: case 1: case 2: case 3:
		with_file(seed, name);
		break;
	case 4:
		may_say("mkdir", mem_mkdir(name, 0755));
		break;
	case 5:
		may_say("rmdir", mem_rmdir(name));
		break;
	case 6: case 7:
		may_say("unlink", mem_unlink(name));
		break;
	case 8: case 9:
		may_say("rename", mem_rename(name, other, 0));
		break;
	case 10:
		may_say("exchange", mem_rename(name, other, 2));
		break;
	case 11:
		may_say("link", mem_link(name, other));
		break;
	case 12:
		may_say("symlink", mem_symlink(other, name));
		break;
	case 13:
		may_say("chmod", mem_chmod(name, 0700));
		may_say("execve", mem_execve(name));
		break;
	case 14:
		watch(name);
		break;
	default:
		may_say("mount", mem_mount("/m"));
		may_say("umount", mem_umount("/m", 2));
		break;
	}
}

static void *caller(void *arg)
{
	unsigned int seed = *(unsigned int *)arg;
	int i;

	for (i = 0; i < CALLS; i++)
		one_call(&seed);
	return NULL;
}

int main(void)
{
	unsigned int first = getenv("FSN_SEED") ? (unsigned int)atoi(getenv("FSN_SEED")) : 1, seeds[THREADS];
	struct fsn_stats before, after;
	pthread_t threads[THREADS];
	int i;

	fsn_quiesce();
	fsn_stats(&before);
	is(mem_init(), 0, "begins");
	mem_mkdir("/d", 0755);
	mem_mkdir("/e", 0755);
	mem_mkdir("/m", 0755);
	group = fsnotify_alloc_group(&ops, 0);
	watch("/");
	watch("/d");
	for (i = 0; i < THREADS; i++) {
		seeds[i] = first + (unsigned int)i;
		pthread_create(&threads[i], NULL, caller, &seeds[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	is(odd, 0, "each call said what it may say");
	ok(events > 0, "somebody heard of it");
	printf("# %lu events\n", events);
	mem_exit();
	fsnotify_destroy_group(group);
	fsn_quiesce();
	fsn_stats(&after);
	is(after.inodes, before.inodes, "no inode is left");
	is(after.dentries, before.dentries, "no dentry");
	is(after.allocated_bytes, before.allocated_bytes, "no byte");
	return done_testing();
}
