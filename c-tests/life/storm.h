/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend for storms of threads, on top of that of support.h: groups whose handlers check that they are still wanted, that
 * queue and merge, that pin and wait; marks with anything that a mark may have. What goes wrong is counted, because assertions
 * by the million would say nothing.
 *
 * FSN_STRESS=<percent> scales the length of a storm (100), FSN_STRESS_SEED repeats its dice, though not its timing.
 */
#ifndef C_TESTS_LIFE_STORM_H
#define C_TESTS_LIFE_STORM_H

#include "../support.h"

/* ---- dice ---- */

static unsigned int storm_seed;
static __thread unsigned int dice;

static unsigned int roll(unsigned int sides)
{
	dice = dice * 1103515245u + 12345u;
	return (dice >> 12) % sides;
}

/*
 * A part of a storm, done again and again by a thread of its own: at least @rounds times at full length, and then until the
 * others have done theirs.
 */
struct part {
	void (*once)(void);
	long rounds;
};

static int parts_to_go;

static void *storm_part(void *arg)
{
	const struct part *part = (const struct part *)arg;
	const char *percent = getenv("FSN_STRESS");
	long rounds = part->rounds * (percent ? atol(percent) : 100) / 100 + 1;

	dice = storm_seed + (unsigned int)((uintptr_t)part / sizeof(*part)) * 7919u;
	while (rounds--)
		part->once();
	__atomic_sub_fetch(&parts_to_go, 1, __ATOMIC_SEQ_CST);
	while (peek(parts_to_go))
		part->once();
	return NULL;
}

T_UNUSED static void storm_run(const struct part *parts, int count)
{
	pthread_t threads[32];
	int i;

	parts_to_go = count;
	for (i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, storm_part, (void *)&parts[i]);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

T_UNUSED static void storm_begin(void)
{
	const char *seed = getenv("FSN_STRESS_SEED");
	const char *percent = getenv("FSN_STRESS");

	tests_begin();
	/* slow machines and sanitizers included; whoever makes it longer knows why */
	alarm(100 + (percent ? (unsigned int)atol(percent) : 0) * 10);
	others_hold_locks = true;
	storm_seed = seed ? (unsigned int)strtoul(seed, NULL, 0) : (unsigned int)(time(NULL) ^ getpid());
	printf("# seed %u\n", storm_seed);
}

/* ---- what must not happen, and how often what should has ---- */

static int n_late, n_foreign, n_unlocked, n_bad_error, n_left_queued;
static int n_handled, n_unmounted, n_waited, n_refused_wait, n_queued, n_merged, n_lost, n_drained, n_added, n_exists, n_gone, n_no_memory;

T_UNUSED static void storm_report(void)
{
	printf("# %d events handled, %d waits (%d refused), %d queued, %d merged, %d lost, %d drained\n", n_handled, n_waited,
	       n_refused_wait, n_queued, n_merged, n_lost, n_drained);
	printf("# %d marks added, %d not for -EEXIST, %d for -ENOENT, %d for -ENOMEM\n", n_added, n_exists, n_gone, n_no_memory);
	is(n_late, 0, "storm: no handler ran when fsnotify_destroy_group() had returned");
	is(n_foreign, 0, "storm: every mark that a handler was given is its group's");
	is(n_unlocked, 0, "storm: merge and insert were called under notification_lock");
	is(n_bad_error, 0, "storm: adding a mark failed with -EEXIST, -ENOENT or -ENOMEM only");
	is(n_left_queued, 0, "storm: nothing is queued when fsnotify_destroy_group() has returned");
	ok(n_handled && n_waited && n_queued && n_merged && n_lost && n_drained && n_added && n_exists,
	   "storm: all of it has happened");
	is(n_freeing_mark, n_added, "storm: freeing_mark was called once for each mark that was added");
}

/* ---- groups ---- */

struct sgroup {
	struct backend common;		/* first: support.h frees it */
	/* fsnotify_destroy_group() has returned */
	int ended;
	/* Others hold references on its marks, so that their end, and that of its events, may come later than the group's. */
	bool shared;
	bool inode_only, waits;
	unsigned int inserted;
};

static struct mem_cgroup *low_memory;

static struct sgroup *sgroup_of(struct fsnotify_group *group)
{
	return (struct sgroup *)backend_of(group);
}

static int storm_merge(struct fsnotify_group *group, struct fsnotify_event *event)
{
	struct tevent *last = fsn_container_of(group->notification_list.prev, struct tevent, fse.list);

	if (!fsn_spin_is_locked(&group->notification_lock))
		bump(n_unlocked);
	if (&last->fse == group->overflow_event || last->mask != fsn_container_of(event, struct tevent, fse)->mask)
		return 0;
	bump(n_merged);
	return 1;
}

static void storm_insert(struct fsnotify_group *group, struct fsnotify_event *event)
{
	(void)event;
	if (!fsn_spin_is_locked(&group->notification_lock))
		bump(n_unlocked);
	sgroup_of(group)->inserted++;
}

static void storm_queue(struct fsnotify_group *group, __u32 mask)
{
	struct mem_cgroup *old = fsn_set_active_memcg(group->memcg);
	struct tevent *event = (struct tevent *)fsn_kzalloc(sizeof(*event), FSN_GFP_KERNEL_ACCOUNT);
	int err;

	fsn_set_active_memcg(old);
	if (!event) {
		bump(n_lost);
		if (group->overflow_event || !ON_ORACLE)
			fsnotify_queue_overflow(group);
		return;
	}
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	bump(n_events_made);
	err = fsnotify_insert_event(group, &event->fse, storm_merge, storm_insert);
	if (err) {
		if (err == 2)
			bump(n_lost);
		fsnotify_destroy_event(group, &event->fse);
	} else {
		bump(n_queued);
	}
}

static void late(struct sgroup *this)
{
	if (!this->shared && peek(this->ended))
		bump(n_late);
}

static int storm_event(struct fsnotify_group *group, __u32 mask, struct fsnotify_iter_info *iter_info)
{
	struct sgroup *this = sgroup_of(group);
	int answer = 0;

	bump(n_handled);
	if (mask & FS_UNMOUNT)
		bump(n_unmounted);
	late(this);
	if (iter_info && this->waits && (mask & ALL_FSNOTIFY_PERM_EVENTS)) {
		if (fsnotify_prepare_user_wait(iter_info)) {
			usleep(roll(100));
			bump(n_waited);
			late(this);
			fsnotify_finish_user_wait(iter_info);
		} else {
			bump(n_refused_wait);
		}
		answer = roll(4) ? 0 : -EPERM;
	}
	if (this->common.queues)
		storm_queue(group, mask);
	late(this);
	return answer;
}

static int storm_handle_event(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
			      const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter_info)
{
	int type;

	(void)data, (void)data_type, (void)dir, (void)cookie;
	if (name && name->name[name->len])
		bump(n_foreign);
	for (type = 0; type < FSNOTIFY_ITER_TYPE_COUNT; type++) {
		struct fsnotify_mark *mark = fsnotify_iter_mark(iter_info, type);

		if (mark && mark->group != group)
			bump(n_foreign);
	}
	return storm_event(group, mask, iter_info);
}

static int storm_handle_inode_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir,
				    const struct qstr *name, __u32 cookie)
{
	(void)inode, (void)dir, (void)name, (void)cookie;
	return storm_event(mark->group, mask, NULL);
}

static const struct fsnotify_ops storm_ops = {
	.handle_event = storm_handle_event,
	.free_group_priv = t_free_group_priv,
	.freeing_mark = t_freeing_mark,
	.free_event = t_free_event,
	.free_mark = t_free_mark,
};

static const struct fsnotify_ops storm_inode_ops = {
	.handle_inode_event = storm_handle_inode_event,
	.free_group_priv = t_free_group_priv,
	.freeing_mark = t_freeing_mark,
	.free_event = t_free_event,
	.free_mark = t_free_mark,
};

/* A group of any kind; NULL: out of memory. */
static struct fsnotify_group *storm_group(bool shared)
{
	struct sgroup *this = (struct sgroup *)fsn_kzalloc(sizeof(*this), T_GFP);
	struct mem_cgroup *memcg = roll(2) ? low_memory : NULL, *old;
	struct fsnotify_group *group;
	struct tevent *overflow;

	if (!this)
		return NULL;
	this->shared = shared;
	this->inode_only = roll(4) == 0;
	this->waits = roll(2);
	this->common.queues = roll(4);
	old = fsn_set_active_memcg(memcg);
	group = fsnotify_alloc_group(this->inode_only ? &storm_inode_ops : &storm_ops,
				     (roll(2) ? FSNOTIFY_GROUP_USER : 0) | (roll(3) ? 0 : FSNOTIFY_GROUP_DUPS));
	fsn_set_active_memcg(old);
	if (fsn_IS_ERR(group)) {
		fsn_kfree(this);
		return NULL;
	}
	group->priority = (enum fsnotify_group_prio)roll(__FSNOTIFY_PRIO_NUM);
	group->FSN_CXX_KEYWORD(private) = this;
	if (memcg)
		group->memcg = fsn_memcg_get(memcg);
	/* bounded with an overflow event, bounded without, or not bounded but by what it is fed */
	overflow = roll(3) ? event_new(-1) : NULL;
	if (overflow)
		group->overflow_event = &overflow->fse;
	/* a bound without an overflow event is more than the original can bear */
	if (overflow || !ON_ORACLE)
		group->max_events = roll(4) ? roll(24) : 2000;
	return group;
}

/* Destroys a group, whatever the others do with it. */
static void storm_group_end(struct fsnotify_group *group)
{
	fsnotify_get_group(group);
	fsnotify_destroy_group(group);
	put_value(sgroup_of(group)->ended, 1);
	if (group->q_len || group->notification_list.next != &group->notification_list)
		bump(n_left_queued);
	fsnotify_put_group(group);
}

T_UNUSED static void storm_drain(struct fsnotify_group *group, int most)
{
	while (most--) {
		struct fsnotify_event *event;

		fsn_spin_lock(&group->notification_lock);
		event = fsnotify_peek_first_event(group);
		if (event && fsnotify_remove_first_event(group) != event)
			bump(n_foreign);
		fsn_spin_unlock(&group->notification_lock);
		if (!event)
			return;
		bump(n_drained);
		fsnotify_destroy_event(group, event);
	}
}

/* ---- marks ---- */

static const __u32 storm_masks[] = {
	FS_OPEN | FS_CLOSE_WRITE, FS_MODIFY, FS_ATTRIB | FS_EVENT_ON_CHILD, FS_CREATE | FS_DELETE | FS_ISDIR, FS_OPEN_PERM,
	FS_OPEN_PERM | FS_ACCESS_PERM | FS_EVENT_ON_CHILD, FS_RENAME | FS_MOVE, FS_MOVE_SELF | FS_DELETE_SELF | FS_UNMOUNT,
	ALL_FSNOTIFY_EVENTS, FS_MODIFY | FS_EVENT_ON_CHILD | FS_OPEN, 0,
};

static __u32 storm_mask(void)
{
	return storm_masks[roll(sizeof(storm_masks) / sizeof(storm_masks[0]))];
}

/* Adds a mark of any kind, and destroys it again one time in four. */
static void storm_add(struct fsnotify_group *group, void *object, enum fsnotify_obj_type type)
{
	struct fsnotify_mark *mark;
	int err;

	if (sgroup_of(group)->inode_only && type != FSNOTIFY_OBJ_TYPE_INODE)
		return;
	mark = mark_new(group, storm_mask());
	if (!mark)
		return;
	if (roll(3) == 0) {
		mark->ignore_mask = storm_mask();
		mark->flags |= roll(2) ? FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY : 0;
		mark->flags |= roll(2) ? FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS : 0;
	}
	mark->flags |= roll(3) ? 0 : FSNOTIFY_MARK_FLAG_NO_IREF;
	if (roll(2)) {
		err = fsnotify_add_mark(mark, object, type, 0);
	} else {
		fsnotify_group_lock(group);
		err = fsnotify_add_mark_locked(mark, object, type, 0);
		fsnotify_group_unlock(group);
	}
	if (!err)
		bump(n_added);
	else if (err == -EEXIST)
		bump(n_exists);
	else if (err == -ENOENT)
		bump(n_gone);
	else if (err == -ENOMEM)
		bump(n_no_memory);
	else
		bump(n_bad_error);
	if (!err && roll(4) == 0)
		fsnotify_destroy_mark(mark, group);
	fsnotify_put_mark(mark);
}

/* Finds the group's mark on an object and does something to it. */
static void storm_find(struct fsnotify_group *group, void *object, enum fsnotify_obj_type type)
{
	struct fsnotify_mark *mark = fsnotify_find_mark(object, type, group);

	if (!mark)
		return;
	if (mark->group != group)
		bump(n_foreign);
	switch (roll(4)) {
	case 0:
		fsnotify_destroy_mark(mark, group);
		break;
	case 1:
		fsnotify_group_lock(mark->group);
		fsnotify_detach_mark(mark);
		fsnotify_group_unlock(mark->group);
		fsnotify_free_mark(mark);
		break;
	case 2:
		/* What changes a mark holds the group's lock, and the mark is attached: that keeps the object. */
		fsnotify_group_lock(group);
		if (mark->flags & FSNOTIFY_MARK_FLAG_ATTACHED) {
			fsn_spin_lock(&mark->lock);
			mark->mask = storm_mask();
			mark->ignore_mask = roll(2) ? 0 : storm_mask();
			fsn_spin_unlock(&mark->lock);
			fsnotify_recalc_mask(mark->connector);
		}
		fsnotify_group_unlock(group);
		break;
	default:
		/* others may destroy it meanwhile */
		if (roll(8) == 0)
			usleep(50);
	}
	fsnotify_put_mark(mark);
}

/* ---- groups and dentries that several threads know ---- */

/*
 * The lock is held for reading while something is done that needs the object in being (marks are added, events fired),
 * for writing while another takes its place. What only needs a reference is done without it, beside the object's end.
 */
struct slot {
	pthread_rwlock_t lock;
	void *object;
};

static void *slot_exchange(struct slot *slot, void *object)
{
	void *old;

	pthread_rwlock_wrlock(&slot->lock);
	old = slot->object;
	slot->object = object;
	pthread_rwlock_unlock(&slot->lock);
	return old;
}

/* The group of a slot with a reference, and the slot's lock held for reading; NULL, and no lock: empty. */
static struct fsnotify_group *slot_group(struct slot *slot)
{
	struct fsnotify_group *group;

	pthread_rwlock_rdlock(&slot->lock);
	group = (struct fsnotify_group *)slot->object;
	if (group)
		fsnotify_get_group(group);
	else
		pthread_rwlock_unlock(&slot->lock);
	return group;
}

#endif /* C_TESTS_LIFE_STORM_H */
