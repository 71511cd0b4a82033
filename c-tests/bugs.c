// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bugs that the original has had, those that have no better place: each test carries the name under which the bug was reported.
 * Elsewhere: CVE-2026-99175 and CVE-2026-52990 in connector.c, CVE-2026-46150 and the user_waits in userwait.c,
 * CVE-2017-7533 in parent.c, CVE-2026-46040 also in mark.c, connector.c and allocfail.c.
 */
#include <linux/fsnotify_backend.h>
#include <linux/fsnotify.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "support.h"

/* ---- a stale mask ---- */

#define MASK_THREADS 3
#define MASK_ROUNDS 3000
static struct inode *shared_inode;
static int stale;

struct changer {
	pthread_t thread;
	struct fsnotify_group *group;
	struct fsnotify_mark *mark;
	__u32 bits;
};

/* After its own recalculation a mark's bits are in the object's mask if and only if the mark has them: no other sets them. */
static void *change_mask(void *arg)
{
	struct changer *c = arg;

	for (int i = 0; i < MASK_ROUNDS; i++) {
		__u32 wanted = i % 3 ? c->bits : 0, seen;

		spin_lock(&c->mark->lock);
		c->mark->mask = wanted;
		spin_unlock(&c->mark->lock);
		fsnotify_recalc_mask(c->mark->connector);
		seen = __atomic_load_n(&shared_inode->i_fsnotify_mask, __ATOMIC_SEQ_CST) & c->bits;
		if (seen != wanted)
			bump(stale);
	}
	return NULL;
}

static void concurrent_masks(void)
{
	static const __u32 bits[MASK_THREADS] = { FS_OPEN | FS_CREATE, FS_MODIFY | FS_DELETE, FS_ATTRIB | FS_ACCESS };
	struct tfs *fs = fs_by_hand();
	struct changer changers[MASK_THREADS];
	__u32 all = 0;

	shared_inode = fs->root->d_inode;
	for (int i = 0; i < MASK_THREADS; i++) {
		changers[i].group = group_new(&full_ops);
		changers[i].bits = bits[i];
		changers[i].mark = watch(changers[i].group, shared_inode, bits[i]);
	}
	for (int i = 0; i < MASK_THREADS; i++)
		pthread_create(&changers[i].thread, NULL, change_mask, &changers[i]);
	for (int i = 0; i < MASK_THREADS; i++) {
		pthread_join(changers[i].thread, NULL);
		all |= changers[i].mark->mask;
	}
	is(stale, 0, "CVE-2026-89595: concurrent mask updates leave no stale object mask behind them");
	is(shared_inode->i_fsnotify_mask, all, "CVE-2026-89595: at the end it is the union of the marks'");
	for (int i = 0; i < MASK_THREADS; i++)
		fsnotify_destroy_group(changers[i].group);
	is(shared_inode->i_fsnotify_mask, 0, "CVE-2026-89595: and zero without marks");
	fs_end(fs);
}

/* ---- walking the children ---- */

static void children_are_walked_once(void)
{
	struct tfs *fs = fs_by_hand();
	struct dentry *file = file_by_hand(fs, fs->root, "file");
	struct fsnotify_group *a = group_new(&full_ops), *b = group_new(&full_ops);
	struct fsnotify_mark *mark = watch(a, fs->root->d_inode, FS_OPEN | FS_EVENT_ON_CHILD);

	ok(file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED, "children: flagged when the parent begins to watch");
	/* Whether a walk takes place shows in a flag that it would set again. */
	file->d_flags &= ~DCACHE_FSNOTIFY_PARENT_WATCHED;
	fsnotify_recalc_mask(mark->connector);
	ok(!(file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED),
	   "CVE-2024-47660: the children are not walked again by a recalculation while the parent watches");
	watch(b, fs->root->d_inode, FS_MODIFY | FS_EVENT_ON_CHILD);
	ok(!(file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED), "CVE-2024-47660: nor for a second mark");
	file->d_flags |= DCACHE_FSNOTIFY_PARENT_WATCHED;
	fsnotify_destroy_group(a);
	fsnotify_destroy_group(b);
	ok(file->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED, "CVE-2024-47660: nor when the last mark goes");
	fs_end(fs);
}

/* ---- a reaper shared with strangers ---- */

static int stranger_in, stranger_leave;

static void slow_free_mark(struct fsnotify_mark *mark)
{
	put_value(stranger_in, 1);
	wait_until(peek(stranger_leave));
	t_free_mark(mark);
}

static const struct fsnotify_ops slow_ops = {
	.handle_event = t_handle_event, .free_group_priv = t_free_group_priv, .freeing_mark = t_freeing_mark,
	.free_event = t_free_event, .free_mark = slow_free_mark,
};

static void *wait_all(void *arg)
{
	fsnotify_wait_marks_destroyed();
	put_value(*(int *)arg, 1);
	return NULL;
}

/* fsnotify_destroy_group() in a thread of its own, so that one that waits for what it must not wait for is seen. */
struct destroyer {
	struct fsnotify_group *group;
	int done;
};

static void *run_destroyer(void *arg)
{
	struct destroyer *d = arg;

	fsnotify_destroy_group(d->group);
	put_value(d->done, 1);
	return NULL;
}

static void destroy_soon(struct fsnotify_group *group)
{
	struct destroyer d = { .group = group };
	pthread_t thread;

	pthread_create(&thread, NULL, run_destroyer, &d);
	wait_until(peek(d.done));
	pthread_join(thread, NULL);
}

static void strangers(void)
{
	static const char tag[] = "systemd#36607, kata-containers#13641, moby#38750 (goes beyond the original)";
	struct tfs *fs = fs_by_hand();
	struct inode *inode = fs->root->d_inode;
	struct fsnotify_group *stranger = group_new(&slow_ops), *mine = group_new(&full_ops), *early = group_new(&full_ops),
			      *bare = group_new(&full_ops);
	struct fsnotify_mark *strangers_mark = watch(stranger, inode, FS_OPEN), *earlier = watch(early, inode, FS_OPEN);
	int freed, global = 0, idx;
	pthread_t thread;

	watch(mine, inode, FS_OPEN);
	watch_sb(mine, &fs->sb, FS_OPEN);
	freed = peek(n_free_mark);
	/* Both wait for the same grace period, so that the same round of the reaper may have taken them. */
	idx = fsn_srcu_read_lock(&fsnotify_mark_srcu);
	unwatch(strangers_mark);
	unwatch(earlier);
	fsn_srcu_read_unlock(&fsnotify_mark_srcu, idx);
	wait_until(peek(stranger_in));
	pthread_create(&thread, NULL, wait_all, &global);

	destroy_soon(mine);
	ok(peek(n_free_mark) - freed >= 2, "%s: destroying a group does not wait for a stranger's reaping", tag);
	destroy_soon(early);
	is(peek(n_free_mark) - freed, 3, "%s: nor with a mark that was reaped along with the stranger's", tag);
	destroy_soon(bare);
	ok(!peek(stranger_leave), "%s: nor one without marks", tag);
	a_while();
	ok(!peek(global), "wait_marks_destroyed: keeps its global meaning and waits for the stranger");
	put_value(stranger_leave, 1);
	pthread_join(thread, NULL);
	ok(global, "wait_marks_destroyed: returns when every mark is freed");
	fsnotify_destroy_group(stranger);
	fs_end(fs);
}

/* The group's own marks it does wait for, even if the reaper has them in its hands. */
static void *release_later(void *arg)
{
	(void)arg;
	a_while();
	put_value(stranger_leave, 1);
	return NULL;
}

static void own_marks(void)
{
	struct tfs *fs = fs_by_hand();
	struct fsnotify_group *group = group_new(&slow_ops);
	struct fsnotify_mark *mark = watch(group, fs->root->d_inode, FS_OPEN);
	int freed = n_free_mark;
	pthread_t thread;

	stranger_in = stranger_leave = 0;
	unwatch(mark);
	wait_until(peek(stranger_in));
	pthread_create(&thread, NULL, release_later, NULL);
	fsnotify_destroy_group(group);
	is(n_free_mark - freed, 1, "destroy: waits for a mark of its own that the reaper is just freeing");
	pthread_join(thread, NULL);
	fs_end(fs);
}

/* ---- groups that come and go while events fire ---- */

#define COMERS 2
static struct tfs *busy;
static int quit;

static void *come_and_go(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (int i = 0; i < 150; i++) {
		struct fsnotify_group *group = group_bounded(i % 2 ? &full_ops : &inode_ops, 16);
		struct inode *inode = i % 4 < 2 ? busy->root->d_inode : busy->dentries->vfs.d_inode;
		struct fsnotify_mark *mark;

		backend_of(group)->queues = true;
		group->priority = rand_r(&seed) % 3;
		mark = mark_new(group, FS_OPEN | FS_MODIFY | FS_EVENT_ON_CHILD);
		fsnotify_add_mark(mark, inode, FSNOTIFY_OBJ_TYPE_INODE, 0);
		if (i % 2)
			watch_sb(group, &busy->sb, FS_MODIFY);
		if (i % 3 == 0)
			unwatch(mark);
		fsnotify_put_mark(mark);
		fsnotify_destroy_group(group);
	}
	return NULL;
}

static void *keep_firing(void *arg)
{
	struct dentry *file = arg;

	while (!peek(quit)) {
		fsnotify_dentry(file, FS_OPEN);
		fsnotify_dentry(file, FS_MODIFY);
	}
	return NULL;
}

static void stress(void)
{
	pthread_t comers[COMERS], firing[2];
	struct dentry *file;
	struct fsn_stats before, after;

	busy = fs_by_hand();
	file = file_by_hand(busy, busy->root, "file");
	fsn_quiesce();
	fsn_stats(&before);
	for (int i = 0; i < 2; i++)
		pthread_create(&firing[i], NULL, keep_firing, file);
	for (uintptr_t i = 0; i < COMERS; i++)
		pthread_create(&comers[i], NULL, come_and_go, (void *)i);
	for (int i = 0; i < COMERS; i++)
		pthread_join(comers[i], NULL);
	put_value(quit, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(firing[i], NULL);
	fsn_quiesce();
	fsn_stats(&after);
	ok(after.groups == before.groups && after.marks == before.marks && after.connectors == before.connectors &&
	   after.events_pending == before.events_pending, "stress: groups, marks, connectors and events are all gone");
	ok(watched(busy, 0) == 0 && watched(busy, 1) == 0 && watched(busy, 2) == 0, "CVE-2026-46040: stress: every count is back");
	ok(icount(file->d_inode) == 1 && icount(busy->root->d_inode) == 1, "CVE-2026-52990: stress: every inode reference is back");
	ok(!file->d_inode->i_fsnotify_mask && !busy->root->d_inode->i_fsnotify_mask && !busy->sb.s_fsnotify_mask,
	   "CVE-2026-89595: stress: every mask is zero");
	fs_end(busy);
}

int main(void)
{
	tests_begin();
	others_hold_locks = true;
	concurrent_masks();
	others_hold_locks = false;
	children_are_walked_once();
	beyond_original(strangers());
	own_marks();
	others_hold_locks = true;
	stress();
	others_hold_locks = false;
	return tests_end();
}
