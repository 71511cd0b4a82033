// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: audit_tree audit_watch audit_fsnotify */
/* fsn-sources: audit_rules.c audit_calls.c memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
/*
 * Linux's audit trees: rules about all that is below a directory, in whatever filesystems are mounted there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>

#include "audit_rules.h"
#include "memfs.h"
#include "tap.h"

#define MNT_DETACH 2

static char keys[64];
static int matches(const char *path)
{
	return call_with(path, keys, sizeof(keys));
}

/* The chunk on an object, with a reference. */
static struct audit_chunk *chunk_of(const char *path)
{
	struct audit_chunk *chunk = NULL;
	struct path found;

	if (kern_path(path, 0, &found))
		return NULL;
	rcu_read_lock();
	chunk = audit_tree_lookup(d_backing_inode(found.dentry));
	rcu_read_unlock();
	path_put(&found);
	return chunk;
}

static bool tagged(const char *path)
{
	struct audit_chunk *chunk = chunk_of(path);

	if (chunk)
		audit_put_chunk(chunk);
	return chunk != NULL;
}

/* The thread that prunes deleted trees works in its own time. */
static bool untagged_soon(const char *path)
{
	const struct timespec pause = { 0, 1000000 };
	int patience = 20000;

	while (tagged(path) && --patience)
		nanosleep(&pause, NULL);
	return patience > 0;
}

static struct fsn_stats state(void)
{
	struct fsn_stats stats;

	rules_settle();
	fsn_quiesce();
	fsn_stats(&stats);
	return stats;
}

static bool marks_soon(u64 marks)
{
	const struct timespec pause = { 0, 1000000 };
	int patience = 20000;

	while (state().marks != marks && --patience)
		nanosleep(&pause, NULL);
	return patience > 0;
}

/* First of all: no tree means no thread that prunes. */
static void without_memory(void)
{
	const struct rule rule = { .dir = "/t", .key = "k" };
	struct fsn_stats before = state();
	int error = -ENOMEM;
	long skip;

	for (skip = 0; skip < 60 && error; skip++) {
		fsn_fail_alloc(skip, 1);
		error = rule_add(&rule);
		fsn_fail_alloc(0, 0);
		if (error && error != -ENOMEM && error != -ENOSPC)
			break;
	}
	ok(!error && skip > 7, "adding a rule says that there is no memory, or works (%ld times)", skip - 1);
	is(rules_settle(), 1, "what failed has left no rule");
	is(matches("/t/a/file"), 1, "and what did not fail works");
	is(rule_del(&rule), 0, "it is deleted");
	ok(marks_soon(before.marks), "and has left no mark");
	is(rules_settle(), 0, "nor a rule");
}

static void refusals(void)
{
	struct fsn_stats before = state();

	is(rule_add(&(struct rule){ .dir = "t" }), -EINVAL, "a path that is not absolute");
	is(rule_add(&(struct rule){ .dir = "/t", .op = Audit_not_equal }), -EINVAL, "all trees but one");
	is(rule_add(&(struct rule){ .dir = "/t", .list = AUDIT_FILTER_FS }), -EINVAL, "another list");
	is(rule_add(&(struct rule){ .dir = "/none" }), -ENOENT, "a tree that is not there");
	is(rule_add(&(struct rule){ .dir = "/t/a/file/x" }), -ENOTDIR, "one below a file");
	is(rule_del(&(struct rule){ .dir = "/t" }), -ENOENT, "a rule that is not there cannot be deleted");
	is(rules_count(), 0, "no rule came of it");
	is(rules_settle(), 0, "no memory is held");
	is(state().marks, before.marks, "and no mark");
}

static void below_a_directory(void)
{
	const struct rule rule = { .dir = "/t", .key = "t" }, inner = { .dir = "/t/a", .key = "a" };
	const struct rule twin = { .dir = "/t", .key = "twin", .list = AUDIT_FILTER_EXIT };
	struct fsn_stats before = state();
	int i;

	is(rule_add(&rule), 0, "a rule about a tree");
	is(rule_add(&rule), -EEXIST, "there is one of each");
	is(matches("/t"), 1, "the directory itself matches");
	is(matches("/t/a"), 1, "and what is in it");
	is(matches("/t/a/file"), 1, "and what is below that");
	is_str(keys, "t ", "all the one rule");
	is(matches("/other"), 0, "what is beside it does not");
	is(matches("/"), 0, "nor what is above");
	is(mem_make("/t/a/new", 0644), 0, "a file is created");
	is(matches("/t/a/new"), 1, "and is below the tree at once");
	is(mem_rename("/t/a/new", "/other/new", 0), 0, "it is moved out");
	is(matches("/other/new"), 0, "and is not any more");
	is(mem_rename("/other/new", "/t/new", 0), 0, "and in");
	is(matches("/t/new"), 1, "and is again");
	mem_unlink("/t/new");

	is(rule_add(&inner), 0, "a tree in the tree");
	is(matches("/t/a/file"), 2, "what is below both matches both rules");
	is(matches("/t"), 1, "what is below the outer one that");
	is(rule_add(&twin), 0, "another rule about the same tree");
	is_ptr(rules_find("twin")->tree, rules_find("t")->tree, "shares the tree");
	is(matches("/t"), 2, "and matches");
	is(marks_on("/t"), 1, "each directory has one mark");
	is(marks_on("/t/a"), 1, "the other one, too");
	is(rule_del(&rule), 0, "one of the two is deleted");
	is(matches("/t"), 1, "the other still matches");
	is_str(keys, "twin ", "alone");
	is(rule_del(&twin), 0, "it is deleted, too");
	ok(untagged_soon("/t"), "the tree is pruned");
	is(matches("/t/a/file"), 1, "the inner one still matches");
	is(rule_del(&inner), 0, "it goes");
	ok(untagged_soon("/t/a"), "and is pruned");
	for (i = 0; i < 100; i++) {
		if (rule_add(&rule) || matches("/t") != 1 || rule_del(&rule))
			break;
	}
	is(i, 100, "a rule can come and go faster than the thread that prunes");
	ok(marks_soon(before.marks), "no mark is left");
	is(log_count(), 0, "none of it was logged");
}

/* Several paths to one directory make several trees on one inode; the list of its trees is replaced as they come and go. */
static void several_trees_on_one_inode(void)
{
	const struct rule one = { .dir = "/t", .key = "one" }, two = { .dir = "/t/a/..", .key = "two" };
	const struct rule three = { .dir = "//t", .key = "three" };
	struct audit_chunk *before, *after;
	struct fsn_stats stats = state();

	is(rule_add(&one), 0, "a tree");
	before = chunk_of("/t");
	is(rule_add(&two), 0, "the same directory by another path");
	after = chunk_of("/t");
	ok(before != after, "it has another chunk");
	ok(audit_tree_match(before, rules_find("one")->tree) && !audit_tree_match(before, rules_find("two")->tree),
	   "the old one still knows one tree");
	ok(audit_tree_match(after, rules_find("one")->tree) && audit_tree_match(after, rules_find("two")->tree),
	   "the new one both");
	audit_put_chunk(before);
	is(rule_add(&three), 0, "and by a third");
	is(matches("/t/a"), 3, "all match");
	is(marks_on("/t"), 1, "by one mark");
	is(rule_del(&one), 0, "the first is deleted");
	is(rule_del(&three), 0, "and the third");
	is(matches("/t/a"), 1, "one matches");
	is_str(keys, "two ", "the second");
	ok(!audit_tree_match(after, NULL), "no chunk knows a tree that is none");
	audit_put_chunk(after);
	is(rule_del(&two), 0, "the last is deleted");
	ok(untagged_soon("/t"), "and pruned");
	ok(marks_soon(stats.marks), "no mark is left");
}

static void across_mounts(void)
{
	const struct rule rule = { .dir = "/t", .key = "t" };
	struct fsn_stats before = state();
	int fd;

	mem_mkdir("/beside", 0755);
	mem_mount("/beside");
	mem_mkdir("/t/m", 0755);
	mem_mount("/t/m");
	mem_mkdir("/t/m/deep", 0755);
	mem_mkdir("/t/m/deep/n", 0755);
	mem_mount("/t/m/deep/n");
	is(rule_add(&rule), 0, "a tree with a filesystem in it, and one in that");
	ok(tagged("/t") && tagged("/t/m") && tagged("/t/m/deep/n"), "the roots of all are tagged");
	ok(!tagged("/t/m/deep"), "other directories are not");
	ok(!tagged("/beside"), "nor is what is mounted beside the tree");
	mem_make("/t/m/deep/n/file", 0644);
	is(matches("/t/m/deep/n/file"), 1, "a file of the innermost matches");

	mem_mkdir("/t/late", 0755);
	is(mem_mount("/t/late"), 0, "another filesystem comes later");
	mem_make("/t/late/file", 0644);
	is(matches("/t/late/file"), 0, "its files do not match");
	is(rules_tag("/t", "/t/late"), 0, "the trees above are told");
	is(matches("/t/late/file"), 1, "now they do");
	is(rules_tag("/t/late", "/other"), 0, "the tree is told of from within another mount");
	is(matches("/other"), 1, "which is below it as well");
	rules_trim();
	is(rules_tag("/none", "/t/late"), -ENOENT, "nothing can be said of what is not there");
	is(rules_tag("/t", "/none"), -ENOENT, "nor about it");

	is(rules_tag("/t/a", "/other"), 0, "another directory counts as a part of the tree");
	is(matches("/other"), 1, "and matches");
	rules_trim();
	is(matches("/other"), 0, "until the trees are trimmed to what they are");
	is(matches("/t/late/file"), 1, "which the filesystem in it is");

	fd = mem_open("/t/late/file", O_RDONLY, 0);
	is(mem_umount("/t/late", MNT_DETACH), 0, "it leaves the tree, still in use");
	{
		struct file *file = fget((unsigned int)fd);
		struct inode *root = file->f_path.mnt->mnt_root->d_inode;
		struct audit_chunk *chunk;

		rcu_read_lock();
		chunk = audit_tree_lookup(root);
		rcu_read_unlock();
		ok(chunk && audit_tree_match(chunk, rules_find("t")->tree), "and is tagged still");
		if (chunk)
			audit_put_chunk(chunk);
		rules_trim();
		rcu_read_lock();
		chunk = audit_tree_lookup(root);
		rcu_read_unlock();
		ok(!chunk, "trimming takes the tag away");
		fput(file);
	}
	mem_close(fd);
	is(mem_umount("/t/m/deep/n", 0), 0, "a tagged filesystem goes");
	is(matches("/t/m/deep/n"), 1, "the tree stays");
	is(rules_count(), 1, "with its rule");
	mem_umount("/t/m", 0);
	is(log_count(), 0, "nothing is logged");
	is(rule_del(&rule), 0, "it is deleted");
	ok(untagged_soon("/t"), "and pruned");
	mem_umount("/beside", 0);
	mem_rmdir("/beside");
	mem_rmdir("/t/late");
	mem_rmdir("/t/m");
	ok(marks_soon(before.marks), "no mark is left");
}

#define REMOVED "type=1305 op=remove_rule dir="

static void root_goes(void)
{
	const struct rule rule = { .dir = "/gone", .key = "k" }, other = { .dir = "/gone", .key = "some key" };
	struct fsn_stats before = state();
	struct audit_chunk *chunk;
	char seen[64];

	log_clear();
	mem_mkdir("/gone", 0755);
	rule_add(&rule);
	is(mem_rmdir("/gone"), 0, "the directory of a tree is deleted");
	is(rules_count(), 0, "so is its rule");
	is(log_count(), 1, "which is logged");
	is_str(log_text(0), REMOVED "\"/gone\" key=\"k\" list=4 res=1", "with its path, key and list");
	ok(marks_soon(before.marks), "no mark is left");
	is(rules_settle(), 0, "and no rule");

	log_clear();
	mem_mkdir("/gone", 0755);
	rule_add(&rule);
	rule_add(&other);
	call_begin();
	call_touch("/gone");
	mem_rmdir("/gone");
	is(rules_count(), 2, "within a call the rules stay");
	is(log_count(), 0, "until its end");
	is(call_end(seen, sizeof(seen)), 0, "where they are deleted first");
	is(rules_count(), 0, "both");
	is(log_count(), 2, "and logged");
	is_str(log_text(0), REMOVED "\"/gone\" key=736F6D65206B6579 list=4 res=1", "the newer one first");
	ok(marks_soon(before.marks), "no mark is left");

	log_clear();
	mem_mkdir("/gone", 0755);
	mem_mount("/gone");
	rule_add(&rule);
	is(mem_umount("/gone", 0), 0, "a filesystem goes that is a tree");
	is(rules_count(), 0, "so does the rule");
	is_str(log_text(0), REMOVED "\"/gone\" key=\"k\" list=4 res=1", "which is logged");

	log_clear();
	audit_enabled = AUDIT_OFF;
	rule_add(&rule);
	chunk = chunk_of("/gone");
	mem_rmdir("/gone");
	is(rules_count(), 0, "while audit is off");
	is(log_count(), 0, "nothing is logged");
	audit_enabled = AUDIT_ON;
	ok(chunk != NULL, "somebody still holds the chunk of what is gone");
	audit_put_chunk(chunk);
	ok(marks_soon(before.marks), "no mark is left");
	is(rules_settle(), 0, "and no rule");
}

static void in_use(void)
{
	const struct rule rule = { .dir = "/t", .key = "t" };
	struct fsn_stats before = state();
	struct audit_chunk *chunk;

	rule_add(&rule);
	call_begin();
	call_touch("/t/a/file");
	is(rule_del(&rule), 0, "a rule is deleted while a call is under way that touched its tree");
	ok(untagged_soon("/t"), "it is pruned meanwhile");
	is(call_end(NULL, 0), 0, "and does not match at the end");
	rule_add(&rule);
	chunk = chunk_of("/t");
	rule_del(&rule);
	ok(untagged_soon("/t"), "a chunk that somebody holds is out of sight");
	rule_add(&rule);
	ok(!audit_tree_match(chunk, rules_find("t")->tree), "and does not know the next tree of that name");
	audit_put_chunk(chunk);
	rule_del(&rule);
	ok(marks_soon(before.marks), "no mark is left");
}

/* A rule about a tree and a program, whose mark goes with the tree. */
static void with_a_program(void)
{
	const struct rule rule = { .dir = "/gone", .exe = "/other/prog", .key = "k" };
	struct fsn_stats before = state();

	log_clear();
	mem_mkdir("/gone", 0755);
	is(rule_add(&rule), 0, "a rule about a tree and a program");
	is(marks_on("/gone") + marks_on("/other"), 2, "has two marks");
	is(mem_rmdir("/gone"), 0, "the tree goes");
	is(rules_count(), 0, "and the rule");
	is(log_count(), 1, "which is logged once");
	ok(marks_soon(before.marks), "both marks are gone");
	is(rules_settle(), 0, "and the rule's memory");
}

static int stop;

static void *rules_come_and_go(void *path)
{
	const struct rule rule = { .dir = path, .key = path };
	long i, wrong = 0;

	for (i = 0; i < 100; i++) {
		int error = rule_add(&rule);

		wrong += error && error != -ENOENT && error != -EEXIST;
		error = rule_del(&rule);
		wrong += error && error != -ENOENT;
	}
	return (void *)wrong;
}

static void *trees_come_and_go(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		mem_mkdir("/s/sub", 0755);
		call_with("/s/sub", NULL, 0);
		call_begin();
		call_touch("/s/sub");
		mem_rmdir("/s/sub");
		call_end(NULL, 0);
		mem_mkdir("/s/sub", 0755);
		mem_rmdir("/s/sub");
	}
	return NULL;
}

static void *tag_and_trim(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rules_tag("/s", "/other");
		rules_trim();
	}
	return NULL;
}

static void storm(void)
{
	struct fsn_stats before = state(), after;
	pthread_t threads[4];
	void *wrong[2];

	mem_mkdir("/s", 0755);
	pthread_create(&threads[0], NULL, rules_come_and_go, "/s");
	pthread_create(&threads[1], NULL, rules_come_and_go, "/s/sub");
	pthread_create(&threads[2], NULL, trees_come_and_go, NULL);
	pthread_create(&threads[3], NULL, tag_and_trim, NULL);
	pthread_join(threads[0], &wrong[0]);
	pthread_join(threads[1], &wrong[1]);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(threads[2], NULL);
	pthread_join(threads[3], NULL);
	ok(!wrong[0] && !wrong[1], "rules come and go while trees do, and are tagged and trimmed");
	is(rules_count(), 0, "none is left");
	mem_rmdir("/s/sub");
	mem_rmdir("/s");
	ok(marks_soon(before.marks), "no mark is left");
	is(rules_settle(), 0, "nor any copy of a rule");
	after = state();
	is(after.warnings, before.warnings, "the library had nothing to say");
}

int main(void)
{
	if (mem_init()) {
		printf("1..0 # no filesystem\n");
		return 1;
	}
	mem_mkdir("/t", 0755);
	mem_mkdir("/t/a", 0755);
	mem_mkdir("/other", 0755);
	mem_make("/t/a/file", 0644);
	without_memory();
	refusals();
	below_a_directory();
	several_trees_on_one_inode();
	across_mounts();
	root_goes();
	in_use();
	with_a_program();
	storm();
	is(audit_panics(), 0, "the system has not panicked");
	mem_exit();
	return done_testing();
}
