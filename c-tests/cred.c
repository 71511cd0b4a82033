// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who does something: the process's own credentials, others for a while or for good, groups, capabilities over namespaces, ids
 * with other names inside, counts with limits on every level.
 */
#include <sys/types.h>
#include <sys/wait.h>
#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/fsnotify_backend.h>
#include "support.h"

static void own(void)
{
	const struct cred *cred = current_cred();
	gid_t groups[64];
	int count = getgroups(64, groups), found = 0;

	is(cred->uid.val, getuid(), "own: real user");
	is(cred->gid.val, getgid(), "own: real group");
	is(cred->euid.val, geteuid(), "own: effective user");
	is(cred->egid.val, getegid(), "own: effective group");
	is(cred->fsuid.val, geteuid(), "own: user for files");
	is(current_fsgid().val, getegid(), "own: group for files");
	is(cred->group_info->ngroups, count < 0 ? 0 : count, "own: as many groups as the process has");
	for (int n = 0; n < count; n++)
		found += groups_search(cred->group_info, KGIDT_INIT(groups[n]));
	is(found, count < 0 ? 0 : count, "own: each is found");
	is(capable(CAP_SYS_ADMIN), geteuid() == 0, "own: root has every capability, others none");
	is_ptr(current_user_ns(), &init_user_ns, "own: in the first namespace");
	is_ptr(current->cred, cred, "own: the task's");
	is_ptr(current_real_cred(), cred, "own: for others, too");
}

static void *looks(void *cred)
{
	*(const struct cred **)cred = get_current_cred();
	return NULL;
}

static const struct cred *of_a_thread(void)
{
	const struct cred *cred = NULL;
	pthread_t thread;

	pthread_create(&thread, NULL, looks, &cred);
	pthread_join(thread, NULL);
	return cred;
}

static void others(void)
{
	const struct cred *first = get_current_cred(), *old, *before;
	struct cred *new = prepare_creds();
	long used = atomic_long_read(&first->usage);

	is(atomic_long_read(&new->usage), 1, "prepare: one reference");
	is(new->uid.val, first->uid.val, "prepare: a copy");
	new->fsuid = KUIDT_INIT(4711);
	is(current_fsuid().val, first->fsuid.val, "prepare: which nobody has yet");
	old = override_creds(new);
	is_ptr(old, first, "override: returns the old ones");
	is_ptr(current_cred(), new, "override: the new ones count");
	is_ptr(current_real_cred(), first, "override: not for others");
	is(atomic_long_read(&new->usage), 2, "override: takes a reference");
	revert_creds(old);
	is_ptr(current_cred(), first, "revert: the old ones count again");
	is(atomic_long_read(&new->usage), 1, "revert: gives the reference back");
	is(atomic_long_read(&first->usage), used, "revert: the old ones have as many as before");

	/* as nfsd does it: the override's old ones are put at once, and a saved reference is what is reverted to */
	before = get_current_cred();
	put_cred(override_creds(new));
	revert_creds(before);
	is(atomic_long_read(&first->usage), used, "revert: to a reference that was saved");

	is(commit_creds(new), 0, "commit: 0");
	is_ptr(current_cred(), new, "commit: the new ones count");
	is_ptr(current_real_cred(), new, "commit: for others, too");
	is(atomic_long_read(&first->usage), used - 2, "commit: the task lets go of the old ones");
	before = of_a_thread();
	is_ptr(before, first, "thread: begins with the process's");
	put_cred(before);
	fsn_cred_set_process(new);
	before = of_a_thread();
	is_ptr(before, new, "thread: or with what the program has set");
	put_cred(before);
	fsn_cred_set_process(NULL);
	before = of_a_thread();
	is_ptr(before, first, "thread: and with the process's again");
	put_cred(before);

	new = prepare_creds();
	is(new->fsuid.val, 4711, "prepare: a copy of what the task has");
	abort_creds(new);
	new = prepare_creds();
	new->fsuid = first->fsuid;
	commit_creds(new);
	put_cred(first);
	is_ptr(get_cred(NULL), NULL, "get: NULL is nothing");
	put_cred(NULL);
	fsn_fail_alloc(0, 1);
	is_ptr(prepare_creds(), NULL, "prepare: NULL without memory");
	fsn_fail_alloc(0, 0);
}

static void *becomes_somebody(void *unused)
{
	struct cred *new = prepare_creds();

	(void)unused;
	new->euid = KUIDT_INIT(4712);
	commit_creds(new);
	is(current_euid().val, 4712, "thread: is somebody else");
	return NULL;
}

static void threads_and_forks(void)
{
	struct fsn_stats before, after;
	pthread_t thread;
	int status = -1;
	pid_t child;

	rcu_barrier();
	fsn_stats(&before);
	pthread_create(&thread, NULL, becomes_somebody, NULL);
	pthread_join(thread, NULL);
	is(current_euid().val, geteuid(), "thread: nobody else is");
	rcu_barrier();
	fsn_stats(&after);
	is(after.allocations, before.allocations, "thread: its credentials end with it");

	fflush(stdout);
	child = fork();
	if (!child) {
		struct ucounts *counts = inc_ucount(current_user_ns(), current_euid(), UCOUNT_INOTIFY_INSTANCES);
		struct cred *new = prepare_creds();
		bool good = counts && new && current_euid().val == geteuid();

		dec_ucount(counts, UCOUNT_INOTIFY_INSTANCES);
		commit_creds(new);
		_exit(good ? 0 : 1);
	}
	waitpid(child, &status, 0);
	is(status, 0, "fork: the child has the same credentials, and counts");
}

static void groups(void)
{
	struct group_info *groups = groups_alloc(5);
	struct cred *new = prepare_creds();
	const struct cred *old;

	for (int n = 0; n < 5; n++)
		groups->gid[n] = KGIDT_INIT((unsigned int)(n * 7919 % 5 * 100));
	groups_sort(groups);
	for (int n = 0; n < 5; n++)
		is(groups->gid[n].val, n * 100, "groups: sorted");
	is(groups_search(groups, KGIDT_INIT(300)), 1, "groups: found");
	is(groups_search(groups, KGIDT_INIT(301)), 0, "groups: not found");
	is(groups_search(NULL, KGIDT_INIT(0)), 0, "groups: nothing in none");
	set_groups(new, groups);
	is(refcount_read(&groups->usage), 2, "groups: the credentials have a reference");
	put_group_info(groups);
	new->fsgid = KGIDT_INIT(77);
	new->egid = KGIDT_INIT(78);
	old = override_creds(new);
	put_cred(new);
	is(in_group_p(KGIDT_INIT(400)), 1, "groups: the task is in a supplementary one");
	is(in_group_p(KGIDT_INIT(77)), 1, "groups: in its own for files");
	is(in_group_p(KGIDT_INIT(78)), 0, "groups: not in the effective one");
	is(in_egroup_p(KGIDT_INIT(78)), 1, "groups: for files; but effectively");
	is(in_egroup_p(KGIDT_INIT(401)), 0, "groups: not in others");
	new = prepare_creds();
	is(refcount_read(&groups->usage), 2, "groups: a copy has a reference of its own");
	put_cred(new);
	revert_creds(old);
	is_ptr(groups_alloc(-1), NULL, "groups: not less than none");
	is_ptr(groups_alloc(65537), NULL, "groups: not more than 65536");
	fsn_fail_alloc(0, 1);
	is_ptr(groups_alloc(1), NULL, "groups: NULL without memory");
	fsn_fail_alloc(0, 0);
}

/* Credentials of a user without capabilities. */
static struct cred *user(unsigned int uid)
{
	struct cred *new = prepare_creds();

	new->uid = new->euid = new->suid = new->fsuid = KUIDT_INIT(uid);
	new->egid = KGIDT_INIT(uid);
	fsn_cap_set(new, 0);
	return new;
}

static void capabilities(void)
{
	struct cred *new = user(1000), *inside;
	const struct cred *old;
	struct user_namespace *ns;

	fsn_cap_set(new, FSN_CAP_BIT(CAP_AUDIT_WRITE));
	old = override_creds(new);
	ok(capable(CAP_AUDIT_WRITE), "capable: what was set");
	ok(!capable(CAP_SYS_ADMIN), "capable: nothing else");
	ok(!capable(CAP_CHECKPOINT_RESTORE), "capable: nor the last");
	cap_raise(new->cap_effective, CAP_CHECKPOINT_RESTORE);
	ok(cap_raised(new->cap_effective, CAP_CHECKPOINT_RESTORE), "capable: the last can be raised");
	ok(capable(CAP_CHECKPOINT_RESTORE), "capable: and counts");
	cap_lower(new->cap_effective, CAP_CHECKPOINT_RESTORE);

	inside = prepare_creds();
	is(create_user_ns(inside), 0, "create_user_ns: 0");
	ns = inside->user_ns;
	is_ptr(ns->parent, &init_user_ns, "create_user_ns: below the creator's");
	is(ns->level, 1, "create_user_ns: one deeper");
	is(ns->owner.val, 1000, "create_user_ns: the creator's");
	ok(ns_capable(ns, CAP_SYS_ADMIN), "ns_capable: whoever made a namespace has everything in it");
	new->euid = KUIDT_INIT(1001);
	ok(!ns_capable(ns, CAP_SYS_ADMIN), "ns_capable: others have what they have above");
	ok(ns_capable(ns, CAP_AUDIT_WRITE), "ns_capable: which is this");
	new->euid = KUIDT_INIT(1000);
	put_cred(override_creds(inside));
	ok(ns_capable(ns, CAP_SYS_ADMIN), "ns_capable: inside there is everything");
	ok(!capable(CAP_SYS_ADMIN), "capable: nothing of that counts outside");
	ok(!capable(CAP_AUDIT_WRITE), "capable: not what the user had there either");
	log_expected = true;
	log_reset();
	ok(!capable(64), "capable: not what is no capability");
	is(n_warnings, 1, "capable: which is warned of");
	log_expected = false;
	log_reset();
	revert_creds(old);
	put_cred(inside);
	put_cred(new);
}

static void names_of_ids(void)
{
	struct user_namespace ns = { .level = 1 };

	is(from_kuid(&init_user_ns, KUIDT_INIT(0)), 0, "ids: the same in the first namespace");
	is(make_kuid(&init_user_ns, 0xfffffffe).val, 0xfffffffe, "ids: the largest");
	ok(!uid_valid(make_kuid(&init_user_ns, (uid_t)-1)), "ids: -1 is nobody");
	ns.uid_map.nr_extents = 2;
	ns.uid_map.extent[0] = (struct uid_gid_extent){ 0, 1000, 1 };
	ns.uid_map.extent[1] = (struct uid_gid_extent){ 1, 100000, 10 };
	ns.gid_map.nr_extents = 1;
	ns.gid_map.extent[0] = (struct uid_gid_extent){ 5, 50, 2 };
	is(make_kuid(&ns, 0).val, 1000, "ids: root inside is somebody outside");
	is(make_kuid(&ns, 10).val, 100009, "ids: the last of an extent");
	ok(!uid_valid(make_kuid(&ns, 11)), "ids: nobody behind it");
	is(from_kuid(&ns, KUIDT_INIT(100003)), 4, "ids: the name of somebody outside");
	is(from_kuid(&ns, KUIDT_INIT(1001)), (uid_t)-1, "ids: who has none");
	is(from_kuid_munged(&ns, KUIDT_INIT(1001)), 65534, "ids: and is shown as nobody");
	ok(!kuid_has_mapping(&ns, KUIDT_INIT(0)), "ids: root outside has no name inside");
	is(make_kgid(&ns, 6).val, 51, "ids: of groups");
	is(from_kgid(&ns, KGIDT_INIT(50)), 5, "ids: of groups, back");
	is(from_kgid_munged(&ns, KGIDT_INIT(52)), 65534, "ids: of groups, without a name");
	ok(uid_eq(KUIDT_INIT(3), KUIDT_INIT(3)) && !uid_eq(KUIDT_INIT(3), KUIDT_INIT(4)), "ids: equal or not");
	ok(gid_eq(KGIDT_INIT(3), KGIDT_INIT(3)) && !gid_eq(KGIDT_INIT(3), KGIDT_INIT(4)), "ids: of groups, too");
}

static void counts(void)
{
	long *max = &init_user_ns.ucount_max[UCOUNT_FANOTIFY_MARKS], before = *max;
	struct ucounts *one, *two, *three, *other;

	*max = 2;
	one = inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_MARKS);
	ok(one && one->ns == &init_user_ns && one->uid.val == 7, "ucount: of a user of a namespace");
	is(atomic_long_read(&one->ucount[UCOUNT_FANOTIFY_MARKS]), 1, "ucount: one");
	two = inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_MARKS);
	is_ptr(two, one, "ucount: the same counts");
	three = inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_MARKS);
	is_ptr(three, NULL, "ucount: NULL at the limit");
	is(atomic_long_read(&one->ucount[UCOUNT_FANOTIFY_MARKS]), 2, "ucount: which counts nothing");
	is(atomic_read(&one->count), 2, "ucount: and takes no reference");
	other = inc_ucount(&init_user_ns, KUIDT_INIT(8), UCOUNT_FANOTIFY_MARKS);
	ok(other && other != one, "ucount: another user has a limit of his own");
	three = inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_GROUPS);
	is_ptr(three, one, "ucount: another kind, too");
	dec_ucount(three, UCOUNT_FANOTIFY_GROUPS);
	dec_ucount(two, UCOUNT_FANOTIFY_MARKS);
	two = inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_MARKS);
	is_ptr(two, one, "ucount: there is room again when one is given back");
	*max = 0;
	is_ptr(inc_ucount(&init_user_ns, KUIDT_INIT(9), UCOUNT_FANOTIFY_MARKS), NULL, "ucount: a limit may be lowered");
	*max = before;
	get_ucounts(one);
	dec_ucount(two, UCOUNT_FANOTIFY_MARKS);
	dec_ucount(one, UCOUNT_FANOTIFY_MARKS);
	dec_ucount(other, UCOUNT_FANOTIFY_MARKS);
	log_expected = true;
	log_reset();
	dec_ucount(get_ucounts(one), UCOUNT_FANOTIFY_MARKS);
	is(n_warnings, 1, "ucount: one too many given back is warned of");
	is(atomic_long_read(&one->ucount[UCOUNT_FANOTIFY_MARKS]), 0, "ucount: and not counted");
	log_expected = false;
	log_reset();
	put_ucounts(one);
	fsn_fail_alloc(0, 1);
	is_ptr(inc_ucount(&init_user_ns, KUIDT_INIT(7), UCOUNT_FANOTIFY_MARKS), NULL, "ucount: NULL without memory");
	fsn_fail_alloc(0, 0);
	put_ucounts(NULL);
	dec_ucount(NULL, UCOUNT_FANOTIFY_MARKS);
}

static long counted(struct user_namespace *ns, unsigned int uid, enum ucount_type type)
{
	struct ucounts *counts = alloc_ucounts(ns, KUIDT_INIT(uid));
	long n = atomic_long_read(&counts->ucount[type]);

	put_ucounts(counts);
	return n;
}

/* What is counted inside counts for the maker outside. */
static void levels(void)
{
	const enum ucount_type type = UCOUNT_INOTIFY_WATCHES;
	long *max = &init_user_ns.ucount_max[type], before = *max, spaces = init_user_ns.ucount_max[UCOUNT_USER_NAMESPACES];
	struct cred *new = user(1000);
	struct user_namespace *ns;
	struct ucounts *counts[3];

	/* the namespaces of tests before this one */
	rcu_barrier();
	is(create_user_ns(new), 0, "levels: a namespace of user 1000");
	ns = new->user_ns;
	is(counted(&init_user_ns, 1000, UCOUNT_USER_NAMESPACES), 1, "levels: which counts for him");
	for (int n = 0; n < 2; n++)
		counts[n] = inc_ucount(ns, KUIDT_INIT(5), type);
	is(counted(ns, 5, type), 2, "levels: counted inside");
	is(counted(&init_user_ns, 1000, type), 2, "levels: counted for the maker outside");
	is(counted(&init_user_ns, 5, type), 0, "levels: not for the user outside");
	*max = 2;
	is_ptr(inc_ucount(ns, KUIDT_INIT(6), type), NULL, "levels: the limit outside holds for all users inside");
	is_ptr(inc_ucount(ns, KUIDT_INIT(5), type), NULL, "levels: for this one, too");
	is(counted(ns, 5, type), 2, "levels: a refusal outside counts nothing inside");
	*max = before;
	ns->ucount_max[type] = 2;
	is_ptr(inc_ucount(ns, KUIDT_INIT(5), type), NULL, "levels: so does the limit inside");
	is(counted(&init_user_ns, 1000, type), 2, "levels: a refusal inside counts nothing outside");
	counts[2] = inc_ucount(ns, KUIDT_INIT(6), type);
	is(counted(&init_user_ns, 1000, type), 3, "levels: another user inside");
	for (int n = 0; n < 3; n++)
		dec_ucount(counts[n], type);
	is(counted(&init_user_ns, 1000, type), 0, "levels: given back outside, too");

	/* deeper: the namespace's users have no names yet, so nobody can make another */
	is(create_user_ns(new), -EPERM, "levels: -EPERM for a user without a name");
	ns->uid_map = ns->gid_map = init_user_ns.uid_map;
	for (int level = 2; level <= 32; level++) {
		if (create_user_ns(new))
			ok(false, "levels: level %d", level);
		new->user_ns->uid_map = new->user_ns->gid_map = init_user_ns.uid_map;
	}
	is(new->user_ns->level, 32, "levels: 32 of them");
	is(create_user_ns(new), -ENOSPC, "levels: -ENOSPC for one more");
	is(counted(&init_user_ns, 1000, UCOUNT_USER_NAMESPACES), 32, "levels: all count at the top");
	put_cred(new);
	rcu_barrier();
	is(counted(&init_user_ns, 1000, UCOUNT_USER_NAMESPACES), 0, "levels: all go with the last reference");
	init_user_ns.ucount_max[UCOUNT_USER_NAMESPACES] = 0;
	new = user(1000);
	is(create_user_ns(new), -ENOSPC, "levels: -ENOSPC for more namespaces than the user may have");
	is_ptr(new->user_ns, &init_user_ns, "levels: the credentials stay where they are");
	init_user_ns.ucount_max[UCOUNT_USER_NAMESPACES] = spaces;
	fsn_fail_alloc(1, 1);
	is(create_user_ns(new), -ENOMEM, "levels: -ENOMEM");
	fsn_fail_alloc(0, 0);
	is(counted(&init_user_ns, 1000, UCOUNT_USER_NAMESPACES), 0, "levels: which counts nothing");
	put_cred(new);
}

/* Threads that count up and down, and never see more than the limit. */
static int too_many;

static void *counts_up_and_down(void *max)
{
	for (int n = 0; n < 20000; n++) {
		struct ucounts *counts = inc_ucount(&init_user_ns, KUIDT_INIT(70), UCOUNT_INOTIFY_INSTANCES);

		if (!counts)
			continue;
		sched_yield();
		if (atomic_long_read(&counts->ucount[UCOUNT_INOTIFY_INSTANCES]) > *(long *)max)
			bump(too_many);
		dec_ucount(counts, UCOUNT_INOTIFY_INSTANCES);
	}
	return NULL;
}

static void many_threads(void)
{
	long *max = &init_user_ns.ucount_max[UCOUNT_INOTIFY_INSTANCES], before = *max;
	pthread_t threads[4];

	*max = 1;
	for (int n = 0; n < 4; n++)
		pthread_create(&threads[n], NULL, counts_up_and_down, max);
	for (int n = 0; n < 4; n++)
		pthread_join(threads[n], NULL);
	*max = before;
	is(too_many, 0, "threads: never more than the limit");
	is(counted(&init_user_ns, 70, UCOUNT_INOTIFY_INSTANCES), 0, "threads: nothing is left counted");
}

int main(void)
{
	tests_begin();
	own();
	others();
	threads_and_forks();
	groups();
	capabilities();
	names_of_ids();
	counts();
	levels();
	many_threads();
	/* what the task was given last is the only credentials left */
	stats_before.allocations++;
	stats_before.allocated_bytes += sizeof(struct cred);
	return tests_end();
}
