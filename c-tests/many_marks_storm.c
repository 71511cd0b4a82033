/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few objects with very many marks, at the same time from more threads than there are processors: marks and groups come and go,
 * are changed, found and destroyed with their object; events walk past them, handlers pin and wait; indexes are made, given up
 * without memory and end with their objects. Some groups stay and watch: none of them may miss an event.
 */
#include <fsnotify/fsnotify.h>
#include <fsnotify/fsn/mount.h>
#include "life/storm.h"

enum { GROUPS = 220, STAYERS = 8, FILES = 2 };

static struct super_block *sb;
static struct vfsmount *mnt;
static struct dentry *files[FILES];
static struct slot groups[GROUPS];
static struct fsnotify_group *stayers[STAYERS];
/* what fires for them holds this */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int n_told, n_missed, n_rounds;

static void *any_object(enum fsnotify_obj_type *type)
{
	*type = FSNOTIFY_OBJ_TYPE_INODE;
	switch (roll(5)) {
	case 0:
		*type = FSNOTIFY_OBJ_TYPE_SB;
		return sb;
	case 1:
		*type = FSNOTIFY_OBJ_TYPE_VFSMOUNT;
		return mnt;
	case 2:
		return sb->s_root->d_inode;
	default:
		return files[roll(FILES)]->d_inode;
	}
}

static void fire(void)
{
	static const __u32 events[] = { FS_OPEN, FS_MODIFY, FS_ATTRIB, FS_OPEN_PERM };
	struct path path = { .mnt = mnt, .dentry = files[roll(FILES)] };

	fsnotify_path(&path, events[roll(4)]);
}

/* Those who stay watch different objects and priorities, and each must be told of each event. */
static void fire_and_count(void)
{
	struct path path = { .mnt = mnt, .dentry = files[0] };

	pthread_mutex_lock(&counting);
	put_value(n_told, 0);
	fsnotify_path(&path, FS_CLOSE_NOWRITE);
	if (peek(n_told) != STAYERS)
		bump(n_missed);
	bump(n_rounds);
	pthread_mutex_unlock(&counting);
}

static int told(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)data, (void)data_type, (void)dir, (void)name, (void)cookie;
	(void)group;
	if (mask & FS_CLOSE_NOWRITE)
		bump(n_told);
	if (roll(3) == 0 && fsnotify_prepare_user_wait(iter)) {
		usleep(roll(50));
		bump(n_waited);
		fsnotify_finish_user_wait(iter);
	}
	return 0;
}

static const struct fsnotify_ops stayer_ops = {
	.handle_event = told, .free_group_priv = t_free_group_priv, .freeing_mark = t_freeing_mark,
	.free_event = t_free_event, .free_mark = t_free_mark,
};

static void replace_group(void)
{
	struct fsnotify_group *old = (struct fsnotify_group *)slot_exchange(&groups[roll(GROUPS)], storm_group(true));

	if (old)
		storm_group_end(old);
}

static void share_groups(void)
{
	struct slot *slot = &groups[roll(GROUPS)];
	struct fsnotify_group *group;
	enum fsnotify_obj_type type;
	void *object;

	if (roll(40) == 0)
		replace_group();
	group = slot_group(slot);
	if (!group)
		return;
	for (unsigned int i = 1 + roll(4); i; i--) {
		object = any_object(&type);
		storm_add(group, object, type);
	}
	pthread_rwlock_unlock(&slot->lock);
	if (roll(3) == 0) {
		object = any_object(&type);
		storm_find(group, object, type);
	}
	storm_drain(group, 4);
	fsnotify_put_group(group);
}

static void look_around(void)
{
	switch (roll(4)) {
	case 0:
		fsnotify_wait_marks_destroyed();
		break;
	case 1:
		fsn_fail_alloc(roll(60), roll(6));
		usleep(100);
		fsn_fail_alloc(0, 0);
		break;
	case 2:
		/* the other file's connector ends, and with it an index that was given up */
		__fsnotify_inode_delete(files[1]->d_inode);
		break;
	default:
		fsn_index_marks_from(roll(3) ? roll(40) : 0);
	}
}

static const struct part parts[] = {
	{ fire, 1200 }, { fire, 1200 }, { fire_and_count, 600 }, { share_groups, 1500 }, { share_groups, 1500 }, { look_around, 40 },
};

int main(void)
{
	storm_begin();
	low_memory = fsn_memcg_create("low");
	fsn_memcg_set_limit(low_memory, 100000);
	sb = fsn_alloc_super(NULL, NULL, 0);
	sb->s_root = fsn_d_make_root(fsn_new_inode(sb));
	sb->s_root->d_inode->i_mode = S_IFDIR | 0755;
	mnt = fsn_alloc_mount(sb);
	for (int i = 0; i < FILES; i++) {
		struct inode *inode = fsn_new_inode(sb);

		inode->i_mode = S_IFREG | 0644;
		files[i] = fsn_d_alloc_name(sb->s_root, i ? "b" : "a");
		fsn_d_add(files[i], inode);
	}
	dice = storm_seed;
	for (int i = 0; i < GROUPS; i++) {
		pthread_rwlock_init(&groups[i].lock, NULL);
		groups[i].object = storm_group(true);
		if (i % (GROUPS / STAYERS) == 0 && i / (GROUPS / STAYERS) < STAYERS)
			stayers[i / (GROUPS / STAYERS)] = group_with(&stayer_ops, 0, (enum fsnotify_group_prio)roll(3));
	}
	for (int i = 0; i < STAYERS; i++) {
		__u32 mask = FS_CLOSE_NOWRITE | FS_EVENT_ON_CHILD;

		if (i % 4 == 0)
			watch_with(stayers[i], sb, FSNOTIFY_OBJ_TYPE_SB, mask, 0, 0);
		else if (i % 4 == 1)
			watch_with(stayers[i], mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT, mask, 0, 0);
		else
			watch(stayers[i], i % 4 == 2 ? sb->s_root->d_inode : files[0]->d_inode, mask);
		bump(n_added);
	}

	storm_run(parts, sizeof(parts) / sizeof(parts[0]));

	fsn_fail_alloc(0, 0);
	fsn_index_marks_from(24);
	for (int i = 0; i < GROUPS; i++)
		if (groups[i].object)
			storm_group_end((struct fsnotify_group *)groups[i].object);
	for (int i = 0; i < STAYERS; i++)
		fsnotify_destroy_group(stayers[i]);
	fsn_quiesce();
	storm_report();
	ok(n_rounds > 0, "storm: those who stay have been asked for (%d times)", n_rounds);
	is(n_missed, 0, "storm: and told, each time");
	ok(!sb->s_fsnotify_mask && !fsn_real_mount(mnt)->mnt_fsnotify_marks, "storm: nothing is left on superblock and mount");
	for (int i = 0; i < FILES; i++) {
		ok(!files[i]->d_inode->i_fsnotify_mask && !files[i]->d_inode->i_fsnotify_marks, "storm: nor on file %d", i);
		is(icount(files[i]->d_inode), 1, "storm: file %d has the reference that it had", i);
		fsn_dput(files[i]);
	}
	fsn_mntput(mnt);
	fsn_deactivate_super(sb);
	is(fsn_memcg_usage(low_memory), 0, "storm: nothing is charged any more");
	fsn_memcg_put(low_memory);
	return tests_end();
}
