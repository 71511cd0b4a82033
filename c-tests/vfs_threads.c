/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that rename, look up, ask for parents and names, delete and shrink the same few objects. Every name is one letter
 * repeated as often as the letter says, so that a torn one shows.
 */
#include "vfs/tree.h"
#include <pthread.h>
#include <sched.h>

enum { DIRS = 3, FILES = 6, LETTERS = 10, ROUNDS = 4000 };

static struct super_block *sb;
static struct dentry *dirs[DIRS], *files[FILES];
static unsigned long torn, astray, missed;

static void bad(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static unsigned int length(char letter)
{
	return 1 + 11 * (unsigned int)(letter - 'a');
}

static const char *letters(char *room, unsigned int which)
{
	memset(room, 'a' + (int)which, length((char)('a' + which)));
	room[length((char)('a' + which))] = '\0';
	return room;
}

static bool whole(const unsigned char *name, unsigned int len)
{
	unsigned int i;

	for (i = 1; i < len; i++)
		if (name[i] != name[0])
			return false;
	return len && name[0] >= 'a' && name[0] < 'a' + LETTERS && len == length((char)name[0]) && !name[len];
}

static bool is_dir_of_ours(const struct dentry *dentry)
{
	unsigned int i;

	for (i = 0; i < DIRS; i++)
		if (dentry == dirs[i])
			return true;
	return false;
}

/* Renames and exchanges. */
static void *mover(void *arg)
{
	unsigned int seed = (unsigned int)(size_t)arg, i;
	char room[128];

	for (i = 0; i < ROUNDS; i++) {
		struct dentry *file = files[next(&seed) % FILES], *other = files[next(&seed) % FILES];
		struct dentry *target;

		if (i % 4 == 0 && file != other) {
			fsn_d_exchange(file, other);
			continue;
		}
		target = fsn_d_alloc_name(dirs[next(&seed) % DIRS], letters(room, next(&seed) % LETTERS));
		fsn_d_move(file, target);
		fsn_dput(target);
	}
	return NULL;
}

/* Parents, names and paths of what moves. */
static void *reader(void *arg)
{
	unsigned int seed = (unsigned int)(size_t)arg, i;
	char path[256];

	for (i = 0; i < ROUNDS; i++) {
		struct dentry *file = files[next(&seed) % FILES], *parent = fsn_dget_parent(file);
		struct name_snapshot snapshot;

		if (!is_dir_of_ours(parent) || !fsn_d_is_dir(parent))
			bad(&astray);
		fsn_take_dentry_name_snapshot(&snapshot, file);
		fsn_dput(parent);
		if (!whole(snapshot.name.name, snapshot.name.len))
			bad(&torn);
		fsn_release_dentry_name_snapshot(&snapshot);
		if (!fsn_is_subdir(file, sb->s_root) || fsn_is_subdir(sb->s_root, file))
			bad(&astray);
		if (fsn_IS_ERR(fsn_dentry_path_raw(file, path, sizeof(path))))
			bad(&torn);
	}
	return NULL;
}

/* Looks names up, by hash and by inode. */
static void *finder(void *arg)
{
	unsigned int seed = (unsigned int)(size_t)arg, i;
	char room[128];

	for (i = 0; i < ROUNDS; i++) {
		struct dentry *dir = dirs[next(&seed) % DIRS], *found;
		struct inode *inode = files[next(&seed) % FILES]->d_inode;
		struct qstr name = fsn_qstr_in(dir, letters(room, next(&seed) % LETTERS));

		found = fsn_d_lookup(dir, &name);
		if (found) {
			struct name_snapshot snapshot;

			fsn_take_dentry_name_snapshot(&snapshot, found);
			if (!whole(snapshot.name.name, snapshot.name.len))
				bad(&torn);
			fsn_release_dentry_name_snapshot(&snapshot);
			fsn_dput(found);
		}
		found = fsn_d_find_alias(inode);
		if (found && found->d_inode != inode)
			bad(&missed);
		fsn_dput(found);
	}
	return NULL;
}

/* Makes names of its own that others find while it deletes them. */
static void *churner(void *arg)
{
	unsigned int seed = (unsigned int)(size_t)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		struct dentry *dir = dirs[next(&seed) % DIRS], *file, *again;
		struct qstr name = fsn_qstr_in(dir, "churn");

		again = fsn_d_lookup(dir, &name);
		if (again) {
			/* Whoever has a reference may look at the inode, whatever the others do. */
			struct inode *inode = fsn_d_inode(again);

			if (inode && inode->i_sb != sb)
				bad(&missed);
			if (inode && next(&seed) % 2)
				fsn_d_delete(again);
			fsn_dput(again);
			continue;
		}
		file = made(dir, "churn", S_IFREG);
		if (next(&seed) % 8 == 0)
			fsn_shrink_dcache_parent(dir);
		if (next(&seed) % 4 == 0)
			fsn_d_drop(file);
		fsn_dput(file);
	}
	return NULL;
}

static void run(void *(*const body[])(void *), unsigned int threads, const char *what)
{
	pthread_t thread[8];
	unsigned int i;

	for (i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, body[i], (void *)(size_t)(i + 1));
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	ok(!torn, "%s: no torn name", what);
	ok(!astray, "%s: no parent but ours", what);
	ok(!missed, "%s: no inode but the right one", what);
}

/* The last puts of a chain of directories, from several threads at once. */
static struct dentry *chain[64];

static void *putter(void *arg)
{
	unsigned int i, first = (unsigned int)(size_t)arg;

	for (i = first; i < 64; i += 4)
		fsn_dput(chain[i]);
	return NULL;
}

static void chains(void)
{
	pthread_t thread[4];
	unsigned int i, round;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < 64; i++) {
			chain[i] = made(i ? chain[i - 1] : sb->s_root, "link", S_IFDIR);
			fsn_d_drop(chain[i]);
		}
		for (i = 0; i < 4; i++)
			pthread_create(&thread[i], NULL, putter, (void *)(size_t)i);
		for (i = 0; i < 4; i++)
			pthread_join(thread[i], NULL);
	}
	ok(fsn_d_count(sb->s_root) == 1 + DIRS, "chains of directories end whoever puts last");
}

/* A shrinker that meets an end which another thread has begun waits until it is over. */
static int entered, left;

static void slow_release(struct dentry *dentry)
{
	struct timespec pause = { 0, 20 * 1000 * 1000 };

	(void)dentry;
	__atomic_store_n(&entered, 1, __ATOMIC_RELEASE);
	nanosleep(&pause, NULL);
	__atomic_store_n(&left, 1, __ATOMIC_RELEASE);
}

static void *slow_putter(void *dentry)
{
	fsn_dput((struct dentry *)dentry);
	return NULL;
}

static void waits_for_others(void)
{
	static const struct dentry_operations slow = { .d_release = slow_release };
	struct dentry *dentry = fsn_d_alloc_name(dirs[0], "slow");
	pthread_t thread;

	fsn_d_set_d_op(dentry, &slow);
	pthread_create(&thread, NULL, slow_putter, dentry);
	while (!__atomic_load_n(&entered, __ATOMIC_ACQUIRE))
		sched_yield();
	fsn_shrink_dcache_parent(dirs[0]);
	ok(__atomic_load_n(&left, __ATOMIC_ACQUIRE), "shrinking waits for another thread's end of a dentry");
	pthread_join(thread, NULL);
}

int main(void)
{
	static void *(*const renames[])(void *) = { mover, mover, reader, finder };
	static void *(*const names[])(void *) = { churner, churner, churner, mover };
	struct counts before;
	unsigned int i, sum = 0;
	char room[128];

	fsn_set_log(on_log, NULL);
	before = count();
	sb = mounted(NULL, NULL);
	for (i = 0; i < DIRS; i++) {
		char name[] = { 'd', (char)('0' + i), '\0' };

		dirs[i] = made(sb->s_root, name, S_IFDIR);
	}
	for (i = 0; i < FILES; i++)
		files[i] = made(dirs[i % DIRS], letters(room, i), S_IFREG);
	run(renames, 4, "renames");
	run(names, 4, "deletions");
	chains();
	waits_for_others();
	for (i = 0; i < FILES; i++)
		sum += fsn_d_count(files[i]);
	ok(sum == FILES, "each file has the reference that it had");
	fsn_shrink_dcache_sb(sb);
	for (i = 0, sum = 0; i < DIRS; i++)
		sum += fsn_d_count(dirs[i]);
	ok(sum == DIRS + FILES, "each directory has its own and one for each file");
	for (i = 0; i < FILES; i++)
		fsn_dput(files[i]);
	for (i = 0; i < DIRS; i++)
		fsn_dput(dirs[i]);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
	ok(warned_by(""), "no warning");
	return done_testing();
}
