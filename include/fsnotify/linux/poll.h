/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library has the events of epoll as an enumeration; here they are __poll_t, after it.
 */
#ifndef _FSN_LINUX_POLL_H
#define _FSN_LINUX_POLL_H

#include <poll.h>
#include <sys/epoll.h>
#include "../fsn/wait.h"
#include <linux/fs.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#undef EPOLLIN
#undef EPOLLPRI
#undef EPOLLOUT
#undef EPOLLERR
#undef EPOLLHUP
#undef EPOLLNVAL
#undef EPOLLRDNORM
#undef EPOLLRDBAND
#undef EPOLLWRNORM
#undef EPOLLWRBAND
#undef EPOLLMSG
#undef EPOLLRDHUP
#define EPOLLIN ((__poll_t)0x0001)
#define EPOLLPRI ((__poll_t)0x0002)
#define EPOLLOUT ((__poll_t)0x0004)
#define EPOLLERR ((__poll_t)0x0008)
#define EPOLLHUP ((__poll_t)0x0010)
#define EPOLLNVAL ((__poll_t)0x0020)
#define EPOLLRDNORM ((__poll_t)0x0040)
#define EPOLLRDBAND ((__poll_t)0x0080)
#define EPOLLWRNORM ((__poll_t)0x0100)
#define EPOLLWRBAND ((__poll_t)0x0200)
#define EPOLLMSG ((__poll_t)0x0400)
#define EPOLLRDHUP ((__poll_t)0x2000)

/* What a file without a poll operation always is. */
#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

static inline void poll_wait(struct file *file, struct wait_queue_head *head, poll_table *table)
{
	fsn_poll_wait(file, head, table);
}

/* Whether nobody will wait for what the poll operation tells. */
static inline bool poll_does_not_wait(const poll_table *table)
{
	return !table || !table->_qproc;
}

static inline __poll_t poll_requested_events(const poll_table *table)
{
	return table ? table->_key : ~(__poll_t)0;
}

static inline void init_poll_funcptr(poll_table *table, poll_queue_proc enqueue)
{
	table->_qproc = enqueue;
	table->_key = ~(__poll_t)0;
}

static inline bool file_can_poll(struct file *file)
{
	return file->f_op && file->f_op->poll;
}

static inline __poll_t vfs_poll(struct file *file, poll_table *table)
{
	return fsn_vfs_poll(file, table);
}

#endif /* _FSN_LINUX_POLL_H */
