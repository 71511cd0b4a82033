/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_CRED_H
#define _FSN_LINUX_CRED_H

#include "../fsn/cred.h"
#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/sched/user.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#define current_cred_xxx(member) (current_cred()->member)
#define current_uid() (current_cred_xxx(uid))
#define current_gid() (current_cred_xxx(gid))
#define current_euid() (current_cred_xxx(euid))
#define current_egid() (current_cred_xxx(egid))
#define current_suid() (current_cred_xxx(suid))
#define current_sgid() (current_cred_xxx(sgid))
#define current_fsuid() (current_cred_xxx(fsuid))
#define current_fsgid() (current_cred_xxx(fsgid))
#define current_cap() (current_cred_xxx(cap_effective))
#define current_user() (current_cred_xxx(user))
#define current_real_cred() ((const struct cred *)current->real_cred)
/* Inside RCU. */
#define __task_cred(task) ((const struct cred *)fsn_smp_load_acquire(&(task)->real_cred))

static inline const struct cred *current_cred(void)
{
	return fsn_current_cred();
}

static inline const struct cred *get_current_cred(void)
{
	return fsn_get_current_cred();
}

static inline struct user_namespace *current_user_ns(void)
{
	return fsn_current_user_ns();
}

static inline const struct cred *get_cred(const struct cred *cred)
{
	return fsn_get_cred(cred);
}

static inline const struct cred *get_cred_rcu(const struct cred *cred)
{
	return fsn_get_cred_rcu(cred);
}

static inline struct cred *get_new_cred(struct cred *cred)
{
	return fsn_get_new_cred(cred);
}

static inline void put_cred(const struct cred *cred)
{
	fsn_put_cred(cred);
}

static inline const struct cred *override_creds(const struct cred *new_cred)
{
	return fsn_override_creds(new_cred);
}

static inline void revert_creds(const struct cred *old)
{
	fsn_revert_creds(old);
}

static inline struct cred *prepare_creds(void)
{
	return fsn_prepare_creds();
}

static inline int commit_creds(struct cred *new_cred)
{
	return fsn_commit_creds(new_cred);
}

static inline void abort_creds(struct cred *new_cred)
{
	fsn_abort_creds(new_cred);
}

static inline struct group_info *groups_alloc(int count)
{
	return fsn_groups_alloc(count);
}

static inline void groups_free(struct group_info *groups)
{
	fsn_put_group_info(groups);
}

static inline void groups_sort(struct group_info *groups)
{
	fsn_groups_sort(groups);
}

static inline int groups_search(const struct group_info *groups, kgid_t gid)
{
	return fsn_groups_search(groups, gid);
}

static inline struct group_info *get_group_info(struct group_info *groups)
{
	return fsn_get_group_info(groups);
}

static inline void put_group_info(struct group_info *groups)
{
	fsn_put_group_info(groups);
}

static inline void set_groups(struct cred *new_cred, struct group_info *groups)
{
	fsn_set_groups(new_cred, groups);
}

static inline int in_group_p(kgid_t gid)
{
	return fsn_in_group_p(gid);
}

static inline int in_egroup_p(kgid_t gid)
{
	return fsn_in_egroup_p(gid);
}

#endif /* _FSN_LINUX_CRED_H */
