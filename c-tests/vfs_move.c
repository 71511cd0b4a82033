/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renames: places, names of every kind of storage, references, the flag of watched parents, snapshots, paths. */
#include "vfs/tree.h"

#define LONG_A "a-name-that-is-much-too-long-to-be-stored-in-a-dentry-itself"
#define LONG_B "another-name-that-is-much-too-long-to-be-stored-in-a-dentry"

static bool found_as(struct dentry *dir, const char *name, struct dentry *expected)
{
	struct qstr q = fsn_qstr_in(dir, name);
	struct dentry *found = fsn_d_lookup(dir, &q);

	fsn_dput(found);
	return found == expected;
}

static bool watched(const struct dentry *dentry)
{
	return dentry->d_flags & DCACHE_FSNOTIFY_PARENT_WATCHED;
}

static void one_move(const char *from, const char *to)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *dir1 = made(sb->s_root, "dir1", S_IFDIR), *dir2 = made(sb->s_root, "dir2", S_IFDIR);
	struct dentry *moved = made(dir1, from, S_IFREG), *target = fsn_d_alloc_name(dir2, to);

	fsn_d_add(target, NULL);
	fsn_d_move(moved, target);
	ok(moved->d_parent == dir2 && named(moved, to) && found_as(dir2, to, moved), "%s to %s: in its place, by its name", from, to);
	ok(found_as(dir1, from, NULL) && !dir1->d_children.first, "gone from the old one");
	ok(fsn_d_unhashed(target) && target->d_parent == dir2 && named(target, to), "the target is unhashed and keeps its name");
	ok(fsn_d_count(dir1) == 1 && fsn_d_count(dir2) == 3, "references of the directories");
	fsn_dput(target);
	ok(named(moved, to) && found_as(dir2, to, moved), "the name survives the target");
	fsn_dput(moved);
	fsn_dput(dir1);
	fsn_dput(dir2);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void one_exchange(const char *name1, const char *name2)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *dir1 = made(sb->s_root, "dir1", S_IFDIR), *dir2 = made(sb->s_root, "dir2", S_IFDIR);
	struct dentry *one = made(dir1, name1, S_IFREG), *two = made(dir2, name2, S_IFREG);

	fsn_d_exchange(one, two);
	ok(one->d_parent == dir2 && named(one, name2) && found_as(dir2, name2, one), "%s for %s: the first", name1, name2);
	ok(two->d_parent == dir1 && named(two, name1) && found_as(dir1, name1, two), "the second");
	ok(fsn_d_count(dir1) == 2 && fsn_d_count(dir2) == 2, "references of the directories");
	fsn_dput(one);
	fsn_dput(two);
	fsn_dput(dir1);
	fsn_dput(dir2);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void within(void)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *a = made(sb->s_root, "a", S_IFDIR), *b = made(a, "b", S_IFDIR), *c = made(b, "c", S_IFDIR);
	struct dentry *target = fsn_d_alloc_name(a, "d"), *up, *other;

	fsn_d_move(b, target);
	ok(b->d_parent == a && named(b, "d") && fsn_d_count(a) == 3, "within a directory");
	fsn_dput(target);
	target = fsn_d_alloc_name(sb->s_root, "up");
	fsn_d_move(c, target);
	ok(c->d_parent == sb->s_root && fsn_d_count(b) == 1, "upwards");
	fsn_dput(target);
	target = fsn_d_alloc_name(b, "down");
	fsn_d_move(c, target);
	ok(c->d_parent == b && fsn_d_count(b) == 3, "downwards");
	fsn_dput(target);
	ok(fsn_is_subdir(c, sb->s_root) && fsn_is_subdir(c, a) && fsn_is_subdir(c, c) && !fsn_is_subdir(a, c), "is_subdir()");
	ok(fsn_d_ancestor(a, c) == b && fsn_d_ancestor(sb->s_root, c) == a && !fsn_d_ancestor(c, a), "d_ancestor()");

	target = fsn_d_alloc_name(c, "loop");
	fsn_d_move(a, target);
	ok(warned_by("d_move") && a->d_parent == sb->s_root, "a directory does not move below itself");
	fsn_dput(target);
	fsn_d_move(c, a);
	ok(warned_by("d_move") && c->d_parent == b, "nor onto what it is below");
	fsn_d_move(a, a);
	ok(warned_by("d_move"), "nor onto itself");
	fsn_d_exchange(a, c);
	ok(warned_by("d_exchange") && a->d_parent == sb->s_root && c->d_parent == b, "nor are such two exchanged");
	fsn_d_exchange(a, sb->s_root);
	ok(warned_by("d_exchange"), "nor one with the root");

	/* A directory is found at a new place by lookup: its one dentry moves there. */
	up = fsn_d_alloc_name(sb->s_root, "moved-by-server");
	fsn_ihold(c->d_inode);
	other = fsn_d_splice_alias(c->d_inode, up);
	ok(other == c && c->d_parent == sb->s_root && named(c, "moved-by-server") && fsn_d_count(c) == 2, "d_splice_alias()");
	ok(c->d_inode->i_count.counter == 1 && fsn_d_count(b) == 1, "its references");
	fsn_dput(other);
	fsn_dput(up);
	up = fsn_d_alloc_name(b, "loop");
	fsn_ihold(a->d_inode);
	ok(fsn_PTR_ERR(fsn_d_splice_alias(a->d_inode, up)) == -ELOOP && a->d_inode->i_count.counter == 1 && fsn_d_count(a) == 2,
	   "d_splice_alias() into itself");
	ok(fsn_PTR_ERR(fsn_d_splice_alias((struct inode *)fsn_ERR_PTR(-EIO), up)) == -EIO, "an error passes through");
	ok(!fsn_d_splice_alias(new_inode_of(sb, S_IFREG), up) && fsn_d_is_reg(up) && !fsn_d_unhashed(up), "otherwise it is d_add()");
	fsn_dput(up);
	fsn_dput(c);
	fsn_dput(b);
	fsn_dput(a);
	fsn_deactivate_super(sb);
}

/* The flag follows the parent: when a name is made, moved and exchanged. */
static void watched_parents(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *seen = made(sb->s_root, "seen", S_IFDIR), *unseen = made(sb->s_root, "unseen", S_IFDIR);
	struct dentry *early = made(seen, "early", S_IFREG), *late, *in, *out, *target;

	ok(!watched(early), "nobody watches");
	watch(group, seen->d_inode, FS_OPEN | FS_EVENT_ON_CHILD, 0);
	watch(group, unseen->d_inode, FS_OPEN, 0);
	ok(watched(early), "a mark reaches the children that are there");
	late = fsn_d_alloc_name(seen, "late");
	ok(!watched(late), "a negative dentry has no flag");
	fsn_d_instantiate(late, new_inode_of(sb, S_IFREG));
	ok(watched(late), "d_instantiate() under a watching parent");
	out = made(seen, "out", S_IFREG);
	ok(watched(out), "d_add() under a watching parent");
	in = made(unseen, "in", S_IFREG);
	ok(!watched(in), "not where the parent does not watch its children");
	target = fsn_d_alloc_name(unseen, "target");
	fsn_d_move(early, target);
	ok(!watched(early), "moved out of it");
	fsn_dput(target);
	fsn_d_exchange(in, out);
	ok(watched(in) && !watched(out), "exchanged");
	fsn_dput(early);
	fsn_dput(late);
	fsn_dput(in);
	fsn_dput(out);
	fsn_dput(seen);
	fsn_dput(unseen);
	fsnotify_destroy_group(group);
	trace[0] = '\0';
	fsn_deactivate_super(sb);
}

static void snapshot_of(const char *before_name, const char *after_name)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *file = made(sb->s_root, before_name, S_IFREG), *target = fsn_d_alloc_name(sb->s_root, after_name);
	struct name_snapshot snapshot, again;

	fsn_take_dentry_name_snapshot(&snapshot, file);
	fsn_take_dentry_name_snapshot(&again, file);
	ok(snapshot.name.hash_len == file->d_name.hash_len, "%s: hash and length", before_name);
	ok(strlen(before_name) < DNAME_INLINE_LEN ? snapshot.name.name == snapshot.inline_name
						   : snapshot.name.name == file->d_name.name, "a long name is shared, a short one copied");
	fsn_d_move(file, target);
	fsn_dput(target);
	ok(!strcmp((const char *)snapshot.name.name, before_name) && named(file, after_name), "stays over a rename to %s", after_name);
	fsn_d_drop(file);
	fsn_dput(file);
	fsn_quiesce();
	ok(!strcmp((const char *)snapshot.name.name, before_name), "and over the dentry's end");
	fsn_release_dentry_name_snapshot(&snapshot);
	ok(!strcmp((const char *)again.name.name, before_name), "each snapshot has a reference of its own");
	fsn_release_dentry_name_snapshot(&again);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

/* A dentry of the program's whose name is a string of the program's: what the library keeps of it is a copy. */
static void names_of_the_program(const char *text)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *own = (struct dentry *)calloc(1, sizeof(*own)), *file = made(sb->s_root, "file", S_IFREG);
	char *string = strdup(text);
	struct name_snapshot snapshot;

	own->d_name = fsn_qstr_in(sb->s_root, string);
	own->d_sb = sb;
	own->d_lockref.count = 1;
	own->d_parent = fsn_dget(sb->s_root);
	fsn_take_dentry_name_snapshot(&snapshot, own);
	fsn_d_move(file, own);
	fsn_dput(own);
	memset(string, '?', strlen(string));
	free(string);
	free(own);
	ok(named(file, text) && found_as(sb->s_root, text, file), "moved over %s of the program's", text);
	ok(!strcmp((const char *)snapshot.name.name, text), "and a snapshot of it");
	fsn_release_dentry_name_snapshot(&snapshot);
	fsn_dput(file);
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

static void paths(void)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct dentry *a = made(sb->s_root, "a", S_IFDIR), *file = made(a, LONG_A, S_IFREG);
	char buf[128];
	int need = sizeof("/a/" LONG_A);

	ok(!strcmp(fsn_dentry_path_raw(file, buf, sizeof(buf)), "/a/" LONG_A), "a path");
	ok(!strcmp(fsn_dentry_path_raw(sb->s_root, buf, 2), "/"), "of the root");
	ok(fsn_dentry_path_raw(file, buf, need) == buf, "with just enough room");
	ok(fsn_PTR_ERR(fsn_dentry_path_raw(file, buf, need - 1)) == -ENAMETOOLONG, "with a byte less");
	ok(fsn_PTR_ERR(fsn_dentry_path_raw(sb->s_root, buf, 1)) == -ENAMETOOLONG &&
		   fsn_PTR_ERR(fsn_dentry_path_raw(sb->s_root, buf, 0)) == -ENAMETOOLONG &&
		   fsn_PTR_ERR(fsn_dentry_path_raw(sb->s_root, buf, -1)) == -ENAMETOOLONG, "with none");
	fsn_dput(file);
	fsn_dput(a);
	fsn_deactivate_super(sb);
}

int main(void)
{
	static const char *const names[] = { "short", LONG_A, LONG_B, "other" };
	unsigned int i, j;

	fsn_set_log(on_log, NULL);
	for (i = 0; i < fsn_ARRAY_SIZE(names); i++)
		for (j = 0; j < fsn_ARRAY_SIZE(names); j++)
			if (i != j) {
				one_move(names[i], names[j]);
				one_exchange(names[i], names[j]);
				snapshot_of(names[i], names[j]);
			}
	within();
	watched_parents();
	names_of_the_program("brief");
	names_of_the_program(LONG_A);
	paths();
	ok(warned_by(""), "no warning besides");
	return done_testing();
}
