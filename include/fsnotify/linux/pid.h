/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_PID_H
#define _FSN_LINUX_PID_H

#include "../fsn/fasync.h"
#include <fcntl.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct task_struct;

#define PIDFD_NONBLOCK O_NONBLOCK
#define PIDFD_THREAD O_EXCL

static inline struct pid *find_get_pid(pid_t nr)
{
	return fsn_find_get_pid(nr);
}

static inline struct pid *get_pid(struct pid *pid)
{
	return fsn_get_pid(pid);
}

static inline void put_pid(struct pid *pid)
{
	fsn_put_pid(pid);
}

/* There is one namespace of ids. */
static inline pid_t pid_nr(struct pid *pid)
{
	return fsn_pid_vnr(pid);
}

static inline pid_t pid_vnr(struct pid *pid)
{
	return fsn_pid_vnr(pid);
}

static inline bool pid_has_task(struct pid *pid, enum pid_type type)
{
	return fsn_pid_has_task(pid, type);
}

/* They stay with the task. */
static inline struct pid *task_pid(struct task_struct *task)
{
	return fsn_task_pid(task);
}

static inline struct pid *task_tgid(struct task_struct *task)
{
	return fsn_task_tgid(task);
}

static inline struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	return fsn_get_pid(type == PIDTYPE_PID ? fsn_task_pid(task) : fsn_task_tgid(task));
}

static inline int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file)
{
	return fsn_pidfd_prepare(pid, flags, file);
}

#ifdef FSNOTIFY_API_6_1
static inline int pidfd_create(struct pid *pid, unsigned int flags)
{
	struct file *file;
	int fd = fsn_pidfd_prepare(pid, flags, &file);

	if (fd >= 0)
		fsn_fd_install((unsigned int)fd, file);
	return fd;
}
#endif

#endif /* _FSN_LINUX_PID_H */
