/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who does something: credentials, groups, capabilities, user namespaces, counts with limits. The functions are declared in
 * abi.h.
 *
 * A thread begins with the process's credentials, as the system told them when the library first needed them: all capabilities for
 * root, none for others. A server that acts for its clients gives its threads theirs:
 *
 *	struct cred *new = fsn_prepare_creds();		a copy that may be changed
 *	new->euid = new->fsuid = client;
 *	fsn_cap_set(new, 0);
 *	fsn_commit_creds(new);				or fsn_override_creds(), for a while
 */
#ifndef FSN_CRED_H
#define FSN_CRED_H

#include "types.h"

__extension__ struct group_info {
	refcount_t usage;
	int ngroups;
	/* sorted */
	struct kgid_t gid[];
};

#define FSN_CAP_BIT(cap) ((__u64)1 << (cap))
#define FSN_CAP_FULL (FSN_CAP_BIT(41) - 1)
#define FSN_INVALID_ID ((unsigned int)-1)
#define FSN_OVERFLOW_ID 65534

FSN_BEGIN_DECLS

static inline struct user_namespace *fsn_current_user_ns(void)
{
	return fsn_current_cred()->user_ns;
}

static inline const struct cred *fsn_get_current_cred(void)
{
	return fsn_get_cred(fsn_current_cred());
}

static inline struct cred *fsn_get_new_cred(struct cred *cred)
{
	return (struct cred *)fsn_get_cred(cred);
}

/* Gives up what fsn_prepare_creds() made. */
static inline void fsn_abort_creds(struct cred *new_cred)
{
	fsn_put_cred(new_cred);
}

/* The capabilities of new credentials, as bits FSN_CAP_BIT(CAP_...). */
static inline void fsn_cap_set(struct cred *new_cred, __u64 caps)
{
	new_cred->cap_permitted.val = caps & FSN_CAP_FULL;
	new_cred->cap_effective.val = caps & FSN_CAP_FULL;
}

static inline bool fsn_uid_eq(struct kuid_t left, struct kuid_t right)
{
	return left.val == right.val;
}

static inline bool fsn_gid_eq(struct kgid_t left, struct kgid_t right)
{
	return left.val == right.val;
}

/* As fsn_from_kuid(), but an id without a number is shown as one that stands for all such. */
static inline unsigned int fsn_from_kuid_munged(const struct user_namespace *ns, struct kuid_t uid)
{
	const unsigned int number = fsn_from_kuid(ns, uid);

	return number == FSN_INVALID_ID ? FSN_OVERFLOW_ID : number;
}

static inline unsigned int fsn_from_kgid_munged(const struct user_namespace *ns, struct kgid_t gid)
{
	const unsigned int number = fsn_from_kgid(ns, gid);

	return number == FSN_INVALID_ID ? FSN_OVERFLOW_ID : number;
}

FSN_END_DECLS

#endif /* FSN_CRED_H */
