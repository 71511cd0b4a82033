/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_USER_NAMESPACE_H
#define _FSN_LINUX_USER_NAMESPACE_H

#include "../fsn/cred.h"
#include "../fsn/group.h"
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#define UID_GID_MAP_MAX_BASE_EXTENTS FSN_UID_GID_MAP_EXTENTS

static inline struct user_namespace *get_user_ns(struct user_namespace *ns)
{
	return fsn_get_user_ns(ns);
}

static inline void put_user_ns(struct user_namespace *ns)
{
	fsn_put_user_ns(ns);
}

static inline int create_user_ns(struct cred *cred)
{
	return fsn_create_user_ns(cred);
}

static inline struct ucounts *alloc_ucounts(struct user_namespace *ns, kuid_t uid)
{
	return fsn_alloc_ucounts(ns, uid);
}

static inline struct ucounts *get_ucounts(struct ucounts *ucounts)
{
	return fsn_get_ucounts(ucounts);
}

static inline void put_ucounts(struct ucounts *ucounts)
{
	fsn_put_ucounts(ucounts);
}

static inline struct ucounts *inc_ucount(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	return fsn_inc_ucount(ns, uid, type);
}

static inline void dec_ucount(struct ucounts *ucounts, enum ucount_type type)
{
	fsn_dec_ucount(ucounts, type);
}

#endif /* _FSN_LINUX_USER_NAMESPACE_H */
