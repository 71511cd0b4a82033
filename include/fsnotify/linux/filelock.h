/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_FILELOCK_H
#define _FSN_LINUX_FILELOCK_H

#include <linux/fs.h>
#include <linux/notifier.h>

static inline int lease_register_notifier(struct notifier_block *nb)
{
	return fsn_lease_register_notifier(nb);
}

static inline void lease_unregister_notifier(struct notifier_block *nb)
{
	fsn_lease_unregister_notifier(nb);
}

#endif /* _FSN_LINUX_FILELOCK_H */
