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

/*
 * A file that is always below "in", although nothing between the two stays: of two branches one is in, the file moves over
 * to the other when that has come in, and the first leaves. Whoever follows the parents one by one without the rename lock
 * ends up outside.
 */
enum { DEPTH = 24 };

static struct dentry *in, *out, *wanderer;
static int wandering;

static void *branches(void *arg)
{
	struct dentry *branch[2][DEPTH], *target;
	unsigned int i, b;

	(void)arg;
	for (b = 0; b < 2; b++)
		for (i = 0; i < DEPTH; i++)
			branch[b][i] = made(i ? branch[b][i - 1] : b ? out : in, "branch", S_IFDIR);
	wanderer = made(branch[0][DEPTH - 1], "a", S_IFREG);
	__atomic_store_n(&wandering, 1, __ATOMIC_RELEASE);
	for (i = 0; i < ROUNDS; i++) {
		b = i % 2;
		target = fsn_d_alloc_name(in, b ? "one" : "two");
		fsn_d_move(branch[!b][0], target);
		fsn_dput(target);
		target = fsn_d_alloc_name(branch[!b][DEPTH - 1], "a");
		fsn_d_move(wanderer, target);
		fsn_dput(target);
		target = fsn_d_alloc_name(out, "away");
		fsn_d_move(branch[b][0], target);
		fsn_dput(target);
	}
	__atomic_store_n(&wandering, 2, __ATOMIC_RELEASE);
	for (b = 0; b < 2; b++)
		for (i = DEPTH; i--;)
			fsn_dput(branch[b][i]);
	return NULL;
}

static void below(void)
{
	char room[512];
	pthread_t thread;
	unsigned long outside = 0, wrong_path = 0;

	in = made(sb->s_root, "in", S_IFDIR);
	out = made(sb->s_root, "out", S_IFDIR);
	pthread_create(&thread, NULL, branches, NULL);
	while (!__atomic_load_n(&wandering, __ATOMIC_ACQUIRE))
		sched_yield();
	while (__atomic_load_n(&wandering, __ATOMIC_ACQUIRE) == 1) {
		const char *path = fsn_dentry_path_raw(wanderer, room, sizeof(room));

		outside += !fsn_is_subdir(wanderer, in);
		wrong_path += fsn_IS_ERR(path) || strncmp(path, "/in/", 4);
	}
	pthread_join(thread, NULL);
	ok(!outside, "is_subdir() sees one state of the tree");
	ok(!wrong_path, "so does dentry_path_raw()");
	fsn_d_drop(wanderer);
	fsn_dput(wanderer);
	fsn_shrink_dcache_sb(sb);
	fsn_dput(in);
	fsn_dput(out);
}

/* Directories that only the file in them keeps: a parent is there, or it is not the parent. */
static int housed;

static void *landlord(void *file)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		struct dentry *house = made(dirs[0], "house", S_IFDIR), *old = fsn_dget_parent((struct dentry *)file);
		struct dentry *target = fsn_d_alloc_name(house, "b");

		fsn_d_drop(house);
		fsn_d_move((struct dentry *)file, target);
		fsn_dput(target);
		fsn_dput(house);
		fsn_dput(old);
	}
	__atomic_store_n(&housed, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void parents(void)
{
	struct dentry *file = made(dirs[1], "b", S_IFREG);
	pthread_t thread;
	unsigned long dead = 0;

	pthread_create(&thread, NULL, landlord, file);
	while (!__atomic_load_n(&housed, __ATOMIC_ACQUIRE)) {
		struct dentry *parent = fsn_dget_parent(file);

		dead += (int)fsn_d_count(parent) <= 0 || !fsn_d_is_dir(parent);
		fsn_dput(parent);
	}
	pthread_join(thread, NULL);
	ok(!dead, "dget_parent() gives no parent that has gone");
	fsn_d_drop(file);
	fsn_dput(file);
}

/* A name that is there is found, although others of its hash chain come and go. */
static struct dentry *with_hash(struct dentry *dir, const char *text)
{
	struct qstr name = fsn_qstr(text);

	return fsn_d_alloc(dir, &name);
}

static int stopped;

static void *commuter(void *arg)
{
	struct dentry *file = with_hash(dirs[0], "commuter"), *target;
	unsigned int i;

	(void)arg;
	fsn_d_add(file, new_inode_of(sb, S_IFREG));
	for (i = 0; i < 20 * ROUNDS; i++) {
		target = with_hash(dirs[i % 2], "commuter");
		fsn_d_move(file, target);
		fsn_dput(target);
	}
	fsn_d_drop(file);
	fsn_dput(file);
	__atomic_store_n(&stopped, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void standing(void)
{
	struct dentry *resident[2], *found;
	struct qstr name = fsn_qstr("resident");
	unsigned long absent = 0;
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		resident[i] = with_hash(dirs[i], "resident");
		fsn_d_add(resident[i], new_inode_of(sb, S_IFREG));
	}
	pthread_create(&thread, NULL, commuter, NULL);
	for (i = 0; !__atomic_load_n(&stopped, __ATOMIC_ACQUIRE); i++) {
		found = fsn_d_lookup(dirs[i % 2], &name);
		absent += found != resident[i % 2];
		fsn_dput(found);
	}
	pthread_join(thread, NULL);
	ok(!absent, "a lookup finds what is there while its chain changes");
	for (i = 0; i < 2; i++) {
		fsn_d_drop(resident[i]);
		fsn_dput(resident[i]);
	}
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
	below();
	parents();
	standing();
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
