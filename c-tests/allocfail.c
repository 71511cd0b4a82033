// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations that fail, each in its turn: -ENOMEM or the overflow event, never a crash, nothing lost, nothing leaked.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "support.h"

static bool same_live(const struct fsn_stats *a, const struct fsn_stats *b)
{
	return a->groups == b->groups && a->marks == b->marks && a->connectors == b->connectors && a->sb_infos == b->sb_infos &&
	       a->events_pending == b->events_pending && a->allocations == b->allocations &&
	       a->allocated_bytes == b->allocated_bytes;
}

static void groups(void)
{
	struct fsn_stats before, after;
	struct fsnotify_group *group;
	int failures = 0;

	fsn_stats(&before);
	for (long skip = 0; ; skip++) {
		fsn_fail_alloc(skip, 1);
		group = fsnotify_alloc_group(&bare_ops, 0);
		fsn_fail_alloc(0, 0);
		if (!IS_ERR(group))
			break;
		failures++;
		is(PTR_ERR(group), -ENOMEM, "alloc_group: ERR_PTR(-ENOMEM) when allocation %ld fails", skip);
	}
	ok(failures > 0, "alloc_group: there is an allocation to fail");
	fsnotify_put_group(group);
	fsn_stats(&after);
	ok(same_live(&before, &after), "alloc_group: nothing leaks when it fails");
	ok(after.allocations_failed - before.allocations_failed >= (__u64)failures, "stats: failed allocations are counted");
}

/* The first mark of a superblock needs the superblock's state and a connector; each may be what fails. */
static void marks_on(const char *what, enum fsnotify_obj_type type)
{
	struct fsnotify_group *group = group_new(&full_ops);
	int failures = 0, err = 0;

	for (long skip = 0; ; skip++) {
		struct tfs *fs = fs_by_hand();
		struct inode *inode = fs->root->d_inode;
		void *object = type == FSNOTIFY_OBJ_TYPE_INODE ? (void *)inode :
			       type == FSNOTIFY_OBJ_TYPE_SB ? (void *)&fs->sb : (void *)&fs->mount.mnt;
		struct fsnotify_mark *mark = mark_new(group, FS_OPEN);
		int freed = n_free_mark, refs = group_refs(group);

		fsn_fail_alloc(skip, 1);
		err = fsnotify_add_mark(mark, object, type, 0);
		fsn_fail_alloc(0, 0);
		if (err) {
			failures++;
			is(err, -ENOMEM, "%s: -ENOMEM when allocation %ld fails", what, skip);
			ok(!mark->flags && mark_refs(mark) == 1 && !mark->connector && list_empty(&mark->g_list) &&
			   list_empty(&group->marks_list), "%s: the mark is as it was", what);
			is(watched(fs, 0) + watched(fs, 1) + watched(fs, 2), 0, "CVE-2026-46040: %s: no watch count leaks", what);
			ok(icount(inode) == 1 && !inode->i_fsnotify_mask && !fs->sb.s_fsnotify_mask, "%s: nor a reference or a mask", what);
			ok(!inode->i_fsnotify_marks && !fs->mount.mnt_fsnotify_marks, "%s: nor a connector", what);
			is(fsnotify_add_mark(mark, object, type, 0), 0, "%s: the same mark can be added when there is memory", what);
		}
		fsnotify_destroy_mark(mark, group);
		fsnotify_put_mark(mark);
		fsnotify_wait_marks_destroyed();
		if (n_free_mark - freed != 1 || group_refs(group) != refs - 1)
			ok(0, "%s: the mark is freed once", what);
		fs_end(fs);
		if (!err)
			break;
	}
	is(failures, 2, "%s: two allocations may fail, the superblock's state and the connector", what);
	fsnotify_destroy_group(group);
}

static void fasync(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct tfs *fs = fs_by_hand();
	struct file file;
	int err;

	file_init_by_hand(&file, fs, fs->root, FMODE_READ);
	file.private_data = group;
	fsn_fail_alloc(0, 1);
	err = fsnotify_fasync(-1, &file, 1);
	fsn_fail_alloc(0, 0);
	is(err, -EIO, "fasync: -EIO without memory, as in the original");
	is_ptr(group->fsn_fa, NULL, "fasync: not registered");
	fs_end(fs);
	fsnotify_destroy_group(group);
}

/* What a handler does, as inotify's: charge the listener, and tell it of what it loses. */
static int charging_handler(struct fsnotify_mark *mark, u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name,
			    u32 cookie)
{
	struct fsnotify_group *group = mark->group;
	struct mem_cgroup *old = set_active_memcg(group->memcg);
	struct tevent *event = kmalloc(sizeof(*event), GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL);

	(void)inode;
	(void)dir;
	(void)name;
	(void)cookie;
	set_active_memcg(old);
	if (!event) {
		fsnotify_queue_overflow(group);
		return -ENOMEM;
	}
	fsnotify_init_event(&event->fse);
	event->mask = mask;
	bump(n_events_made);
	if (fsnotify_add_event(group, &event->fse, NULL))
		fsnotify_destroy_event(group, &event->fse);
	return 0;
}

static const struct fsnotify_ops charging_ops = {
	.handle_inode_event = charging_handler, .free_group_priv = t_free_group_priv, .freeing_mark = t_freeing_mark,
	.free_event = t_free_event, .free_mark = t_free_mark,
};

static unsigned int q_len(struct fsnotify_group *group)
{
	return __atomic_load_n(&group->q_len, __ATOMIC_SEQ_CST);
}

static void events(void)
{
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *group = group_bounded(&charging_ops, 1000);
	struct mem_cgroup *listener = fsn_memcg_create("listener"), *actor = fsn_memcg_create("actor");
	unsigned long before_events;
	int queued;

	group->memcg = fsn_memcg_get(listener);
	watch(group, inode, FS_OPEN);
	fsn_memcg_set_current(actor);
	before_events = fsn_memcg_usage(actor);
	fsnotify_inode(inode, FS_OPEN);
	ok(fsn_memcg_usage(listener) >= sizeof(struct tevent), "events: the listener's memory group is charged");
	is(fsn_memcg_usage(actor), before_events, "events: the actor's is not");
	fsn_memcg_set_limit(listener, fsn_memcg_usage(listener) * 4);
	for (int i = 0; i < 100; i++)
		fsnotify_inode(inode, FS_OPEN);
	queued = group->q_len;
	ok(queued >= 2 && queued < 50, "events: the listener's limit bounds its queue (%d)", queued);
	ok(group->notification_list.prev == &group->overflow_event->list, "events: the overflow event is the last on the queue");
	ok(fsn_memcg_refused(listener) > 0, "events: the limit has refused");
	fsnotify_flush_notify(group);
	is(q_len(group), 0, "events: flushed");
	is(fsn_memcg_usage(listener), 0, "events: everything is given back");
	fsnotify_inode(inode, FS_OPEN);
	ok(group->q_len == 1 && group->notification_list.next != &group->overflow_event->list, "events: there is room again");
	fsn_memcg_set_limit(listener, 0);
	fsnotify_flush_notify(group);
	fsnotify_inode(inode, FS_OPEN);
	ok(group->q_len == 1 && group->notification_list.next == &group->overflow_event->list, "events: a limit of 0 leaves the overflow event");

	fsn_memcg_set_limit(listener, ~0UL);
	fsnotify_flush_notify(group);
	fsn_fail_alloc(0, 1);
	fsnotify_inode(inode, FS_OPEN);
	fsn_fail_alloc(0, 0);
	ok(group->q_len == 1 && group->notification_list.next == &group->overflow_event->list, "events: malloc's failure does the same");
	fsn_memcg_set_current(NULL);
	fsnotify_destroy_group(group);
	is(fsn_memcg_usage(listener), 0, "events: nothing stays charged when the group is destroyed");
	fsn_memcg_put(listener);
	fsn_memcg_put(actor);
	fs_end(fs);
}

/* A whole life, with the k-th allocation and, in the other runs, all from the k-th on failing. */
static struct tfs *life_fs;

static int whole_life(void)
{
	struct fsnotify_group *group = group_new(&full_ops);
	struct dentry *file = (struct dentry *)life_fs->dentries;
	struct fsnotify_mark *mark;
	struct path path = { .mnt = &life_fs->mount.mnt, .dentry = file };
	void *objects[] = { file->d_inode, life_fs->root->d_inode, &life_fs->mount.mnt, &life_fs->sb };
	static const enum fsnotify_obj_type types[] = {
		FSNOTIFY_OBJ_TYPE_INODE, FSNOTIFY_OBJ_TYPE_INODE, FSNOTIFY_OBJ_TYPE_VFSMOUNT, FSNOTIFY_OBJ_TYPE_SB,
	};
	int failed = 0;

	if (IS_ERR(group))
		return 1;
	backend_of(group)->queues = true;
	for (int i = 0; i < 4; i++) {
		mark = mark_new(group, FS_OPEN | FS_EVENT_ON_CHILD);
		if (!mark) {
			failed++;
			continue;
		}
		failed += fsnotify_add_mark(mark, objects[i], types[i], 0) != 0;
		fsnotify_put_mark(mark);
	}
	fsnotify_path(&path, FS_OPEN);
	fsnotify_dentry(file, FS_OPEN);
	fsnotify_destroy_group(group);
	return failed;
}

static void lives(void)
{
	int wrong = 0, hit = 0;

	for (int all = 0; all < 2; all++) {
		for (long skip = 0; skip < 24; skip++) {
			struct fsn_stats before, after;

			fsn_quiesce();
			fsn_stats(&before);
			life_fs = fs_by_hand();
			file_by_hand(life_fs, life_fs->root, "file");
			fsn_fail_alloc(skip, all ? -1 : 1);
			whole_life();
			hit += fsn_fail_alloc(0, 0) > 0;
			if (watched(life_fs, 0) || icount(life_fs->root->d_inode) != 1)
				wrong++;
			fs_end(life_fs);
			fsn_quiesce();
			fsn_stats(&after);
			if (!same_live(&before, &after)) {
				wrong++;
				printf("# skip %ld all %d: allocations %lld\n", skip, all,
				       (long long)(after.allocations - before.allocations));
			}
		}
	}
	is(wrong, 0, "a whole life: nothing leaks, whichever allocation fails");
	ok(hit >= 20, "a whole life: failures were injected in %d of 48 runs", hit);
}

int main(void)
{
	tests_begin();
	groups();
	marks_on("inode", FSNOTIFY_OBJ_TYPE_INODE);
	marks_on("mount", FSNOTIFY_OBJ_TYPE_VFSMOUNT);
	marks_on("superblock", FSNOTIFY_OBJ_TYPE_SB);
	fasync();
	events();
	lives();
	return tests_end();
}
