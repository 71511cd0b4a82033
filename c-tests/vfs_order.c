/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits for whom: one thread is held up inside the library, by a callback or a lock of the object, and the other must not
 * get past it. Nothing here fails because a machine is slow; a pause only gives a wrong library the time to show it.
 */
#include "vfs/tree.h"
#include <pthread.h>
#include <sched.h>

static struct super_block *sb;
static int entered, left;

static void set(int *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static bool is_set(int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void await(int *flag)
{
	while (!is_set(flag))
		sched_yield();
}

static void linger(void)
{
	struct timespec pause = { 0, 20 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* A shrinker that meets an end which another thread has begun waits until it is over. */
static void slow_release(struct dentry *dentry)
{
	(void)dentry;
	set(&entered);
	linger();
	set(&left);
}

static void *slow_putter(void *dentry)
{
	fsn_dput((struct dentry *)dentry);
	return NULL;
}

static void waits_for_others(void)
{
	static const struct dentry_operations slow = { .d_release = slow_release };
	struct dentry *dentry = fsn_d_alloc_name(sb->s_root, "slow");
	pthread_t thread;

	entered = left = 0;
	fsn_d_set_d_op(dentry, &slow);
	pthread_create(&thread, NULL, slow_putter, dentry);
	await(&entered);
	fsn_shrink_dcache_parent(sb->s_root);
	ok(is_set(&left), "shrinking waits for another thread's end of a dentry");
	pthread_join(thread, NULL);
}

/* The parent stands still while the dentry is locked, and is referenced before it can move on. */
static void *asks_for_parent(void *file)
{
	set(&entered);
	fsn_dput(fsn_dget_parent((struct dentry *)file));
	set(&left);
	return NULL;
}

static void parent_under_lock(void)
{
	struct dentry *file = made(sb->s_root, "file", S_IFREG);
	pthread_t thread;

	entered = left = 0;
	fsn_spin_lock(&file->d_lockref.lock);
	pthread_create(&thread, NULL, asks_for_parent, file);
	await(&entered);
	linger();
	ok(!is_set(&left), "dget_parent() waits for d_lock");
	fsn_spin_unlock(&file->d_lockref.lock);
	pthread_join(thread, NULL);
	fsn_dput(file);
}

/* Whoever follows several parents waits for a rename under way, of whatever: here one that waits for a lock of ours. */
struct rename {
	struct dentry *file, *target;
};

static void *renames(void *arg)
{
	const struct rename *rename = (const struct rename *)arg;

	fsn_d_move(rename->file, rename->target);
	return NULL;
}

static void *asks_for_ancestor(void *file)
{
	set(&entered);
	fsn_is_subdir((struct dentry *)file, sb->s_root);
	set(&left);
	return NULL;
}

static void *asks_for_path(void *file)
{
	char room[64];

	set(&entered);
	fsn_dentry_path_raw((struct dentry *)file, room, sizeof(room));
	set(&left);
	return NULL;
}

static void during_a_rename(void *(*asks)(void *), const char *what)
{
	struct dentry *dir = made(sb->s_root, "dir", S_IFDIR), *other = made(sb->s_root, "other", S_IFREG);
	struct rename rename = { made(dir, "file", S_IFREG), fsn_d_alloc_name(dir, "target") };
	pthread_t mover, asker;

	entered = left = 0;
	fsn_spin_lock(&rename.file->d_lockref.lock);
	pthread_create(&mover, NULL, renames, &rename);
	/* It has locked the directory, so it has the rename lock. */
	while (!fsn_spin_is_locked(&dir->d_lockref.lock))
		sched_yield();
	pthread_create(&asker, NULL, asks, other);
	await(&entered);
	linger();
	ok(!is_set(&left), "%s waits for a rename under way", what);
	fsn_spin_unlock(&rename.file->d_lockref.lock);
	pthread_join(mover, NULL);
	pthread_join(asker, NULL);
	ok(named(rename.file, "target"), "which then comes about");
	fsn_dput(rename.target);
	fsn_d_drop(rename.file);
	fsn_dput(rename.file);
	fsn_d_drop(other);
	fsn_dput(other);
	fsn_d_drop(dir);
	fsn_dput(dir);
}

/* A lookup that has found its dentry and not yet its reference; d_delete() must not take that dentry for unused. */
static int slow_compare(const struct dentry *dentry, unsigned int len, const char *text, const struct qstr *name)
{
	(void)dentry;
	if (len != name->len || memcmp(text, name->name, len))
		return 1;
	set(&entered);
	linger();
	return 0;
}

static void *looks_up(void *dir)
{
	struct qstr name = fsn_qstr_in((struct dentry *)dir, "victim");

	return fsn_d_lookup((struct dentry *)dir, &name);
}

static void delete_against_lookup(void)
{
	static const struct dentry_operations slow = { .d_compare = slow_compare };
	struct dentry *dir = fsn_d_alloc_name(sb->s_root, "dir"), *victim;
	pthread_t thread;
	void *found;

	fsn_d_set_d_op(dir, &slow);
	fsn_d_add(dir, new_inode_of(sb, S_IFDIR));
	victim = made(dir, "victim", S_IFREG);
	entered = 0;
	pthread_create(&thread, NULL, looks_up, dir);
	await(&entered);
	fsn_d_delete(victim);
	pthread_join(thread, &found);
	ok(found == victim && fsn_d_is_positive(victim) && fsn_d_unlinked(victim), "who has looked a name up has its inode");
	fsn_dput((struct dentry *)found);
	fsn_dput(victim);
	fsn_dput(dir);
}

/* d_lookup() sees what has the name in this directory; there are more directories than chains. */
static void shared_chains(void)
{
	enum { MANY = 20000 };
	static struct dentry *dir[MANY];
	struct qstr name = fsn_qstr("x");
	struct dentry *found;
	unsigned int i, wrong = 0;
	char text[16];

	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%u", i);
		dir[i] = made(sb->s_root, text, S_IFDIR);
		if (i % 2) {
			found = fsn_d_alloc(dir[i], &name);
			fsn_d_add(found, NULL);
			fsn_dput(found);
		}
	}
	for (i = 0; i < MANY; i++) {
		found = fsn_d_lookup(dir[i], &name);
		wrong += i % 2 ? !found || found->d_parent != dir[i] : found != NULL;
		fsn_dput(found);
	}
	ok(!wrong, "a name in one directory is not found in another");
	for (i = 0; i < MANY; i++)
		fsn_dput(dir[i]);
}

int main(void)
{
	struct counts before;

	fsn_set_log(on_log, NULL);
	before = count();
	sb = mounted(NULL, NULL);
	waits_for_others();
	parent_under_lock();
	during_a_rename(asks_for_ancestor, "is_subdir()");
	during_a_rename(asks_for_path, "dentry_path_raw()");
	delete_against_lookup();
	shared_chains();
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
	ok(warned_by(""), "no warning");
	return done_testing();
}
