/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_UIDGID_H
#define _FSN_LINUX_UIDGID_H

#include "../fsn/cred.h"
#include <linux/types.h>

typedef struct kuid_t kuid_t;
typedef struct kgid_t kgid_t;

#define KUIDT_INIT(value) (kuid_t){ value }
#define KGIDT_INIT(value) (kgid_t){ value }
#define GLOBAL_ROOT_UID KUIDT_INIT(0)
#define GLOBAL_ROOT_GID KGIDT_INIT(0)
#define INVALID_UID KUIDT_INIT(FSN_INVALID_ID)
#define INVALID_GID KGIDT_INIT(FSN_INVALID_ID)

struct user_namespace;

#define init_user_ns fsn_init_user_ns

static inline uid_t __kuid_val(kuid_t uid)
{
	return uid.val;
}

static inline gid_t __kgid_val(kgid_t gid)
{
	return gid.val;
}

static inline bool uid_eq(kuid_t left, kuid_t right)
{
	return fsn_uid_eq(left, right);
}

static inline bool gid_eq(kgid_t left, kgid_t right)
{
	return fsn_gid_eq(left, right);
}

static inline bool uid_lt(kuid_t left, kuid_t right)
{
	return left.val < right.val;
}

static inline bool gid_lt(kgid_t left, kgid_t right)
{
	return left.val < right.val;
}

static inline bool uid_valid(kuid_t uid)
{
	return uid.val != FSN_INVALID_ID;
}

static inline bool gid_valid(kgid_t gid)
{
	return gid.val != FSN_INVALID_ID;
}

static inline kuid_t make_kuid(const struct user_namespace *ns, uid_t uid)
{
	return fsn_make_kuid(ns, uid);
}

static inline kgid_t make_kgid(const struct user_namespace *ns, gid_t gid)
{
	return fsn_make_kgid(ns, gid);
}

static inline uid_t from_kuid(const struct user_namespace *ns, kuid_t uid)
{
	return fsn_from_kuid(ns, uid);
}

static inline gid_t from_kgid(const struct user_namespace *ns, kgid_t gid)
{
	return fsn_from_kgid(ns, gid);
}

static inline uid_t from_kuid_munged(const struct user_namespace *ns, kuid_t uid)
{
	return fsn_from_kuid_munged(ns, uid);
}

static inline gid_t from_kgid_munged(const struct user_namespace *ns, kgid_t gid)
{
	return fsn_from_kgid_munged(ns, gid);
}

static inline bool kuid_has_mapping(const struct user_namespace *ns, kuid_t uid)
{
	return from_kuid(ns, uid) != (uid_t)-1;
}

static inline bool kgid_has_mapping(const struct user_namespace *ns, kgid_t gid)
{
	return from_kgid(ns, gid) != (gid_t)-1;
}

#endif /* _FSN_LINUX_UIDGID_H */
