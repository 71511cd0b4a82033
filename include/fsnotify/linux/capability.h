/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The C library includes a header of this name too.
 */
#ifndef _FSN_LINUX_CAPABILITY_H
#define _FSN_LINUX_CAPABILITY_H

#pragma GCC system_header
#include_next <linux/capability.h>

#include "../fsn/cred.h"
#include <linux/types.h>

typedef struct kernel_cap_t kernel_cap_t;

struct user_namespace;
struct inode;

#define CAP_EMPTY_SET ((kernel_cap_t){ 0 })
#define CAP_FULL_SET ((kernel_cap_t){ FSN_CAP_FULL })
#define cap_clear(c) ((void)((c).val = 0))
#define cap_raise(c, flag) ((void)((c).val |= FSN_CAP_BIT(flag)))
#define cap_lower(c, flag) ((void)((c).val &= ~FSN_CAP_BIT(flag)))
#define cap_raised(c, flag) (((c).val & FSN_CAP_BIT(flag)) != 0)

static inline bool capable(int cap)
{
	return fsn_capable(cap);
}

static inline bool ns_capable(struct user_namespace *ns, int cap)
{
	return fsn_ns_capable(ns, cap);
}

static inline bool ns_capable_noaudit(struct user_namespace *ns, int cap)
{
	return fsn_ns_capable(ns, cap);
}

#ifdef FSNOTIFY_API_6_1
static inline bool capable_wrt_inode_uidgid(struct user_namespace *mnt_userns, const struct inode *inode, int cap)
{
	(void)mnt_userns;
	return fsn_capable_wrt_inode_uidgid(NULL, inode, cap);
}
#else
static inline bool capable_wrt_inode_uidgid(struct mnt_idmap *idmap, const struct inode *inode, int cap)
{
	return fsn_capable_wrt_inode_uidgid(idmap, inode, cap);
}
#endif

#endif /* _FSN_LINUX_CAPABILITY_H */
