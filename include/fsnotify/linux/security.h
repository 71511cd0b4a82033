/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SECURITY_H
#define _FSN_LINUX_SECURITY_H

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>

static inline int security_path_notify(const struct path *path, u64 mask, unsigned int obj_type)
{
	return fsn_security_path_notify(path, mask, obj_type);
}

#endif /* _FSN_LINUX_SECURITY_H */
