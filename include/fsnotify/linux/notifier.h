/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_NOTIFIER_H
#define _FSN_LINUX_NOTIFIER_H

#include "../fsn/notifier.h"
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>

#define NOTIFY_DONE FSN_NOTIFY_DONE
#define NOTIFY_OK FSN_NOTIFY_OK
#define NOTIFY_STOP_MASK FSN_NOTIFY_STOP_MASK
#define NOTIFY_BAD FSN_NOTIFY_BAD
#define NOTIFY_STOP FSN_NOTIFY_STOP

#define BLOCKING_NOTIFIER_INIT(name) FSN_BLOCKING_NOTIFIER_INIT(name)
#define BLOCKING_NOTIFIER_HEAD(name) FSN_BLOCKING_NOTIFIER_HEAD(name)
#define BLOCKING_INIT_NOTIFIER_HEAD(name) FSN_BLOCKING_INIT_NOTIFIER_HEAD(name)

static inline int blocking_notifier_chain_register(struct blocking_notifier_head *nh, struct notifier_block *nb)
{
	return fsn_blocking_notifier_chain_register(nh, nb);
}

static inline int blocking_notifier_chain_unregister(struct blocking_notifier_head *nh, struct notifier_block *nb)
{
	return fsn_blocking_notifier_chain_unregister(nh, nb);
}

static inline int blocking_notifier_call_chain(struct blocking_notifier_head *nh, unsigned long val, void *v)
{
	return fsn_blocking_notifier_call_chain(nh, val, v);
}

static inline int notifier_from_errno(int err)
{
	return fsn_notifier_from_errno(err);
}

static inline int notifier_to_errno(int ret)
{
	return fsn_notifier_to_errno(ret);
}

#endif /* _FSN_LINUX_NOTIFIER_H */
