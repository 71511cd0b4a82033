/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same in the mode for backends written for 6.1: a struct fd with its file in sight, an owner in the file, descriptors
 * looked up without a reference, pidfd_create().
 */
/* fsn-cflags: -DFSNOTIFY_API_6_1 */
#include <linux/anon_inodes.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <unistd.h>
#include "tap.h"

static const struct file_operations operations;

static bool is_owned(struct file *file)
{
	struct fown_struct *owner = &file->f_owner;

	return owner->pid == task_tgid(current);
}

int main(void)
{
	int fd = anon_inode_getfd("name", &operations, NULL, O_RDONLY), process;
	struct fd f = fdget((unsigned int)fd);
	struct file *file = f.file;

	ok(file && file->f_op == &operations, "the file of a struct fd");
	is(file->f_count.counter, 2, "with a reference");
	fdput(f);
	is(file->f_count.counter, 1, "which fdput() puts");
	ok(!fdget(1000).file, "nobody there");
	rcu_read_lock();
	ok(lookup_fd_rcu((unsigned int)fd) == file, "lookup_fd_rcu()");
	rcu_read_unlock();
	is(file->f_count.counter, 1, "takes no reference");
	__f_setown(file, task_tgid(current), PIDTYPE_TGID, 0);
	ok(is_owned(file), "__f_setown() makes room for the owner, which seems to be part of the file");
	is(close_fd((unsigned int)fd), 0, "closed");
	process = pidfd_create(task_tgid(current), 0);
	is(process, 0, "pidfd_create() gives a descriptor");
	file = fget((unsigned int)process);
	ok(file && fsn_pidfd_number(file) >= 0, "of a process");
	fput(file);
	is(close_fd((unsigned int)process), 0, "closed");
	is(pidfd_create(NULL, 0), -EINVAL, "of no process: -EINVAL");
	return done_testing();
}
