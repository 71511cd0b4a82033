/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_POLL_H
#define _FSN_LINUX_POLL_H

#include <poll.h>
#include <sys/epoll.h>
#include "../fsn/wait.h"
#include <linux/fs.h>
#include <linux/wait.h>


#ifndef EPOLLIN
#define EPOLLIN ((__poll_t)0x001)
#endif

static inline void poll_wait(struct file *file, struct wait_queue_head *head, struct poll_table_struct *table)
{
	fsn_poll_wait(file, head, table);
}

#endif /* _FSN_LINUX_POLL_H */
