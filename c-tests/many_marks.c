/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects with many marks, of many groups: random calls beside a model of the lists, which are plain here. Who is called, in which
 * order, with which marks in the iterator, the objects' masks, the pins on inodes and what is found must be the model's,
 * whether objects have an index, have none, or get one as they grow.
 */
#include <fsnotify/fsnotify.h>
#include "support.h"

#ifdef ORACLE
#define fsn_index_marks_from(marks) ((void)(marks))
#endif

/* in the order of the iterator's lists */
enum { SB, MOUNT, INODE, PARENT, OBJECTS };

struct model_mark {
	struct fsnotify_mark *real;
	struct fsnotify_group *group;
	int slot, object;
	__u32 mask, ignore;
	unsigned int flags;
	bool attached, kept, pinned, listed, orphan;
	struct model_mark *next, **pprev;	/* next stays when it leaves the list */
	struct model_mark *all_next;
};

struct model_object {
	struct model_mark *first;
	__u32 mask;
	bool iref;
};

enum { MAX_SLOTS = 700 };
static struct tfs *fs;
static struct path path;
static struct inode *file_inode, *dir_inode;
static struct model_object objects[OBJECTS];
static struct fsnotify_group *slots[MAX_SLOTS];
static int n_slots;
static struct model_mark *all;
static struct model_mark *kept[64], *pool[4096];
static int n_kept, n_pool;
static bool memory_short, firing;
static unsigned long n_calls, n_waits, n_rows, wrong;
static __u64 dice;

static unsigned int roll(unsigned int n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned int)(dice >> 24) % n;
}

#define agree(condition, ...) do {					\
	if (!(condition) && wrong++ < 5) {				\
		printf("# %d: %s: ", __LINE__, #condition);		\
		printf(__VA_ARGS__);					\
		printf("\n");						\
	}								\
} while (0)

/* ---- the model ---- */

static bool comes_before(const struct fsnotify_group *a, const struct fsnotify_group *b)
{
	return a->priority != b->priority ? a->priority > b->priority : a > b;
}

static void model_recalc(struct model_object *object, bool may_unpin)
{
	bool want = false;

	object->mask = 0;
	for (struct model_mark *mark = object->first; mark; mark = mark->next) {
		if (!mark->attached)
			continue;
		object->mask |= mark->mask;
		if (mark->ignore & ALL_FSNOTIFY_EVENTS)
			object->mask |= mark->ignore | (mark->flags & FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY ? 0 : FS_MODIFY);
		want |= !(mark->flags & FSNOTIFY_MARK_FLAG_NO_IREF);
	}
	object->iref = want || (!may_unpin && object->iref);
}

static int model_add(struct model_mark *mark)
{
	struct model_object *object = &objects[mark->object];
	struct model_mark **link = &object->first, *other;

	for (; (other = *link) && !(other->group == mark->group || comes_before(mark->group, other->group)); link = &other->next)
		;
	for (; other && other->group == mark->group; other = other->next)
		if (other->attached && !(mark->group->flags & FSNOTIFY_GROUP_DUPS))
			return -EEXIST;
	mark->next = *link;
	if (mark->next)
		mark->next->pprev = &mark->next;
	mark->pprev = link;
	*link = mark;
	mark->attached = mark->listed = true;
	model_recalc(object, false);
	return 0;
}

/* Leaves its list if nobody keeps it. */
static void model_put(struct model_mark *mark)
{
	struct model_object *object = &objects[mark->object];

	if (mark->attached || mark->kept || mark->pinned || !mark->listed)
		return;
	*mark->pprev = mark->next;
	if (mark->next)
		mark->next->pprev = mark->pprev;
	mark->listed = false;
	if (mark->orphan)
		return;
	model_recalc(object, true);
	if (!object->first)
		object->mask = 0, object->iref = false;
}

static struct model_mark *model_find(int object, const struct fsnotify_group *group)
{
	struct model_mark *mark = objects[object].first;

	while (mark && !(mark->group == group && mark->attached))
		mark = mark->next;
	return mark;
}

/* The walk of one event. */
static struct {
	struct model_mark *at[OBJECTS];
	struct fsnotify_group *group;
	unsigned int reported;
	__u32 mask;
	bool over;
} walk;

static const int iter_type[OBJECTS] = {
	FSNOTIFY_ITER_TYPE_SB, FSNOTIFY_ITER_TYPE_VFSMOUNT, FSNOTIFY_ITER_TYPE_INODE, FSNOTIFY_ITER_TYPE_PARENT,
};

static void model_begin(__u32 mask)
{
	__u32 interest = 0;

	walk.mask = mask;
	walk.group = NULL;
	for (int i = 0; i < OBJECTS; i++) {
		walk.at[i] = objects[i].first;
		interest |= objects[i].mask;
	}
	walk.over = !(mask & ALL_FSNOTIFY_EVENTS & interest);
}

/* On to the next group that is called; false if there is none. */
static bool model_next(void)
{
	while (!walk.over) {
		__u32 interest = 0, ignored = 0;
		struct fsnotify_group *group = NULL;

		for (int i = 0; i < OBJECTS; i++)
			if (walk.group && walk.at[i] && walk.at[i]->group == walk.group)
				walk.at[i] = walk.at[i]->next;
		for (int i = 0; i < OBJECTS; i++)
			if (walk.at[i] && (!group || comes_before(walk.at[i]->group, group)))
				group = walk.at[i]->group;
		walk.group = group;
		if (!group)
			break;
		n_rows++;
		walk.reported = 0;
		for (int i = 0; i < OBJECTS; i++) {
			struct model_mark *mark = walk.at[i];

			if (!mark || mark->group != group || (i == PARENT && !(mark->mask & FS_EVENT_ON_CHILD)))
				continue;
			walk.reported |= 1u << iter_type[i];
			if (walk.mask & FS_MODIFY && !(mark->flags & FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY))
				mark->ignore = 0;
			interest |= mark->mask;
			ignored |= mark->ignore;
		}
		if (walk.mask & ALL_FSNOTIFY_EVENTS & interest & ~ignored)
			return true;
	}
	walk.over = true;
	return false;
}

/* ---- both ---- */

static void *real_object(int object, enum fsnotify_obj_type *type)
{
	*type = object == SB ? FSNOTIFY_OBJ_TYPE_SB : object == MOUNT ? FSNOTIFY_OBJ_TYPE_VFSMOUNT : FSNOTIFY_OBJ_TYPE_INODE;
	return object == SB ? (void *)&fs->sb : object == MOUNT ? (void *)&fs->mount.mnt :
	       object == INODE ? (void *)file_inode : (void *)dir_inode;
}

/* Few want what happens often. */
static __u32 some_mask(void)
{
	__u32 mask = roll(12) ? FS_CLOSE_WRITE : 1u << roll(4);

	if (roll(40) == 0)
		mask |= FS_OPEN_PERM;
	if (roll(4))
		mask |= FS_EVENT_ON_CHILD;
	return mask;
}

static __u32 some_ignore(void)
{
	return roll(10) ? 0 : roll(2) ? FS_MODIFY : FS_ACCESS | FS_ATTRIB;
}

static void add_mark(void)
{
	struct model_mark *mark;
	int err, want;
	enum fsnotify_obj_type type;
	void *object;
	bool empty;

	if (n_pool == (int)(sizeof(pool) / sizeof(pool[0])))
		return;
	mark = (struct model_mark *)calloc(1, sizeof(*mark));
	mark->all_next = all;
	all = mark;
	mark->slot = (int)roll((unsigned int)n_slots);
	mark->group = slots[mark->slot];
	mark->object = (int)roll(OBJECTS);
	mark->mask = some_mask();
	mark->ignore = some_ignore();
	mark->flags = (roll(2) ? FSNOTIFY_MARK_FLAG_NO_IREF : 0) | (roll(3) ? 0 : FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY);
	mark->real = mark_new(mark->group, mark->mask);
	mark->real->ignore_mask = mark->ignore;
	mark->real->flags = mark->flags;
	object = real_object(mark->object, &type);
	empty = !objects[mark->object].first;
	want = model_add(mark);
	if (memory_short && !empty && roll(30) == 0) {
		fsn_fail_alloc(roll(3), 1);
		err = fsnotify_add_mark(mark->real, object, type, 0);
		fsn_fail_alloc(0, 0);
	} else {
		err = fsnotify_add_mark(mark->real, object, type, 0);
	}
	agree(err == want, "add: %d, wanted %d", err, want);
	if (!err)
		pool[n_pool++] = mark;
	/* some stay referenced beyond their end */
	if (!err && roll(8) == 0 && n_kept < (int)(sizeof(kept) / sizeof(kept[0]))) {
		mark->kept = true;
		kept[n_kept++] = mark;
	} else {
		fsnotify_put_mark(mark->real);
	}
}

static void end_mark_at(int i)
{
	struct model_mark *mark = pool[i];

	pool[i] = pool[--n_pool];
	fsnotify_get_mark(mark->real);
	fsnotify_destroy_mark(mark->real, mark->group);
	mark->attached = false;
	fsnotify_put_mark(mark->real);
	model_put(mark);
}

static void end_mark(void)
{
	if (n_pool)
		end_mark_at((int)roll((unsigned int)n_pool));
}

static void put_kept(void)
{
	int i = n_kept ? (int)roll((unsigned int)n_kept) : -1;
	struct model_mark *mark;

	if (i < 0)
		return;
	mark = kept[i];
	kept[i] = kept[--n_kept];
	mark->kept = false;
	fsnotify_put_mark(mark->real);
	model_put(mark);
}

static void change_mark(void)
{
	struct model_mark *mark = n_pool ? pool[roll((unsigned int)n_pool)] : NULL;

	if (!mark)
		return;
	fsn_spin_lock(&mark->real->lock);
	mark->real->mask = mark->mask = some_mask();
	mark->real->ignore_mask = mark->ignore = some_ignore();
	fsn_spin_unlock(&mark->real->lock);
	fsnotify_recalc_mask(mark->real->connector);
	model_recalc(&objects[mark->object], false);
}

static void find_mark(void)
{
	int object = (int)roll(OBJECTS);
	enum fsnotify_obj_type type;
	void *real = real_object(object, &type);
	struct fsnotify_group *group = slots[roll((unsigned int)n_slots)];
	struct fsnotify_mark *found = fsnotify_find_mark(real, type, group);
	struct model_mark *want = model_find(object, group);

	agree(found == (want ? want->real : NULL), "find: %p", (void *)found);
	if (found)
		fsnotify_put_mark(found);
}

/* The pins of the walk's marks, those that are on their way out left out, as fsnotify_prepare_user_wait() does it. */
static bool model_pin(void)
{
	struct model_mark *pinned[OBJECTS] = { NULL };

	/* the iterator's lists in the order of their numbers */
	static const int order[OBJECTS] = { INODE, MOUNT, SB, PARENT };

	for (int i = 0; i < OBJECTS; i++) {
		struct model_mark **at = &walk.at[order[i]];

		for (; *at && !(*at)->attached; *at = (*at)->next)
			if ((*at)->group == walk.group)
				return false;
		pinned[i] = *at;
	}
	for (int i = 0; i < OBJECTS; i++)
		if (pinned[i])
			pinned[i]->pinned = true;
	return true;
}

static void compare_walk(const struct fsnotify_iter_info *iter)
{
	agree(iter->current_group == walk.group && iter->report_mask == walk.reported, "reports 0x%x, wanted 0x%x",
	      iter->report_mask, walk.reported);
	for (int i = 0; i < OBJECTS; i++)
		agree(iter->marks[iter_type[i]] == (walk.at[i] ? walk.at[i]->real : NULL), "list %d stands elsewhere", i);
}

static void wait_as_user(struct fsnotify_iter_info *iter)
{
	bool can = model_pin(), did = fsnotify_prepare_user_wait(iter);
	struct model_mark *pinned[OBJECTS];

	agree(can == did, "prepare_user_wait: %d", did);
	compare_walk(iter);
	if (!can || !did)
		return;
	n_waits++;
	memcpy(pinned, walk.at, sizeof(pinned));
	for (int i = (int)roll(6); i; i--) {
		switch (roll(3)) {
		case 0:
			add_mark();
			break;
		case 1:
			end_mark();
			break;
		default:
			/* one of those that the walk stands on */
			for (int j = 0, object = (int)roll(OBJECTS); j < n_pool; j++)
				if (pool[j] == walk.at[object]) {
					end_mark_at(j);
					break;
				}
		}
	}
	if (roll(2))
		fsnotify_wait_marks_destroyed();
	fsnotify_finish_user_wait(iter);
	for (int i = 0; i < OBJECTS; i++) {
		static const int order[OBJECTS] = { INODE, MOUNT, SB, PARENT };
		struct model_mark *mark = pinned[order[i]];

		if (mark) {
			mark->pinned = false;
			model_put(mark);
		}
	}
}

static int handle(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		  const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)data;
	(void)data_type;
	(void)dir;
	(void)name;
	(void)cookie;
	n_calls++;
	agree(firing && model_next(), "called once too often");
	agree(group == walk.group, "another group is called");
	compare_walk(iter);
	if (wrong)
		return 0;
	switch (roll(16)) {
	case 0:
	case 1:
		wait_as_user(iter);
		break;
	case 2:
		add_mark();
		break;
	case 3:
		end_mark();
		break;
	case 4:
		change_mark();
	}
	if (mask & FS_OPEN_PERM && roll(8) == 0) {
		walk.over = true;
		return -EPERM;
	}
	return 0;
}

static struct fsnotify_ops ops;

static struct fsnotify_group *some_group(void)
{
	return group_with(&ops, roll(4) ? 0 : FSNOTIFY_GROUP_DUPS, (enum fsnotify_group_prio)roll(3));
}

static void fire(void)
{
	static const __u32 events[] = { FS_ACCESS, FS_MODIFY, FS_ATTRIB, FS_OPEN, FS_OPEN_PERM, FS_DELETE_SELF };
	__u32 mask = roll(40) ? events[roll(6)] : FS_CLOSE_WRITE;

	mask |= FS_EVENT_ON_CHILD;
	model_begin(mask);
	firing = true;
	fsnotify(mask, &path, FSNOTIFY_EVENT_PATH, dir_inode, NULL, file_inode, 0);
	firing = false;
	agree(!model_next(), "a group was not called");
}

/* The group's marks end one after the other, the newest first: of two on one object the first to end still counts the other. */
static void forget_group(struct fsnotify_group *group)
{
	for (struct model_mark *mark = all; mark; mark = mark->all_next)
		if (mark->group == group && mark->attached) {
			mark->attached = false;
			model_put(mark);
		}
	for (int i = n_pool - 1; i >= 0; i--)
		if (pool[i]->group == group)
			pool[i] = pool[--n_pool];
}

static void replace_group(void)
{
	int slot = (int)roll((unsigned int)n_slots);
	struct fsnotify_group *old = slots[slot];

	slots[slot] = some_group();
	forget_group(old);
	fsnotify_destroy_group(old);
}

/* An object loses all of its marks; those that somebody keeps stay behind on a connector without an object. */
static void clear_object(int object)
{
	struct model_mark *mark, *next;

	if (object == MOUNT)
		__fsnotify_vfsmount_delete(&fs->mount.mnt);
	else
		__fsnotify_inode_delete(object == INODE ? file_inode : dir_inode);
	for (int i = n_pool - 1; i >= 0; i--)
		if (pool[i]->object == object)
			pool[i]->attached = false, pool[i] = pool[--n_pool];
	for (mark = objects[object].first; mark; mark = next) {
		next = mark->next;
		model_put(mark);
	}
	for (mark = objects[object].first; mark; mark = mark->next)
		mark->orphan = true;
	if (objects[object].first)
		objects[object].first->pprev = &objects[object].first->next;
	objects[object].first = NULL;
	objects[object].mask = 0;
	objects[object].iref = false;
}

static void compare_objects(void)
{
	agree(fs->sb.s_fsnotify_mask == objects[SB].mask, "mask of the superblock");
	agree(fs->mount.mnt_fsnotify_mask == objects[MOUNT].mask, "mask of the mount");
	agree(file_inode->i_fsnotify_mask == objects[INODE].mask, "mask of the inode: 0x%x, wanted 0x%x", file_inode->i_fsnotify_mask,
	      objects[INODE].mask);
	agree(dir_inode->i_fsnotify_mask == objects[PARENT].mask, "mask of the parent");
	agree(icount(file_inode) == 1 + objects[INODE].iref, "references on the inode: %d", icount(file_inode));
	agree(icount(dir_inode) == 1 + objects[PARENT].iref, "references on the parent: %d", icount(dir_inode));
}

static void one_world(const char *what, int groups, int calls, __u64 seed)
{
	struct dentry *file;

	fs = fs_by_hand();
	file = file_by_hand(fs, fs->root, "file");
	path.mnt = &fs->mount.mnt;
	path.dentry = file;
	file_inode = file->d_inode;
	dir_inode = fs->root->d_inode;
	memset(objects, 0, sizeof(objects));
	dice = seed * 0x9e3779b97f4a7c15ull + 1;
	n_calls = n_waits = n_rows = wrong = 0;
	n_slots = groups;
	for (int i = 0; i < groups; i++)
		slots[i] = some_group();
	for (int i = 0; i < 3 * groups; i++)
		add_mark();
	for (int i = 0; i < calls && !wrong; i++) {
		unsigned int drawn = roll(100);

		if (drawn < 22)
			add_mark();
		else if (drawn < 40)
			end_mark();
		else if (drawn < 48)
			put_kept();
		else if (drawn < 58)
			change_mark();
		else if (drawn < 68)
			find_mark();
		else if (drawn < 70)
			replace_group();
		else if (drawn < 71 && roll(3) == 0)
			clear_object(MOUNT + (int)roll(3));
		else
			fire();
		compare_objects();
	}
	is(wrong, 0, "%s: %d groups: as the model has it (%lu rows, %lu calls, %lu waits)", what, groups, n_rows, n_calls, n_waits);
	ok(n_calls > 20 && n_waits > 2, "%s: something happened", what);
	while (n_kept && !wrong)
		put_kept();
	for (int i = 0; i < n_slots; i++) {
		forget_group(slots[i]);
		fsnotify_destroy_group(slots[i]);
	}
	fsn_quiesce();
	if (!wrong)
		compare_objects();
	is(wrong, 0, "%s: nothing is left on the objects", what);
	n_kept = n_pool = 0;
	while (all) {
		struct model_mark *mark = all;

		all = mark->all_next;
		free(mark);
	}
	fs_end(fs);
}

static void worlds(const char *what, size_t threshold)
{
	fsn_index_marks_from(threshold);
	one_world(what, 12, 4000, 1);
	one_world(what, 60, 4000, 2);
	one_world(what, 250, 3000, 3);
	one_world(what, MAX_SLOTS, 1500, 4);
	fsn_index_marks_from(24);
}

int main(void)
{
	tests_begin();
	ops = full_ops;
	ops.handle_event = handle;
	worlds("indexes as they come", 24);
#ifndef ORACLE
	worlds("no index", SIZE_MAX);
	worlds("an index everywhere", 0);
	memory_short = true;
	worlds("memory short, an index everywhere", 0);
	worlds("memory short", 24);
	memory_short = false;
#endif
	return tests_end();
}
