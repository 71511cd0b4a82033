// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: audit_watch audit_fsnotify audit_tree */
/* fsn-sources: audit_rules.c audit_calls.c memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
/*
 * Linux's audit watches: rules about a name follow the files that have it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>

#include "audit_rules.h"
#include "memfs.h"
#include "tap.h"

#define MNT_DETACH 2

static u64 number(const char *path)
{
	struct path found;
	u64 ino = 0;

	if (!kern_path(path, 0, &found)) {
		ino = d_backing_inode(found.dentry)->i_ino;
		path_put(&found);
	}
	return ino;
}

/* Whether the rule with the key is about the object, and in the place where calls look for it. */
static bool is_about(const char *key, const char *path)
{
	struct audit_krule *krule = rules_find(key);
	struct path found;
	bool about;

	if (!krule || kern_path(path, 0, &found))
		return false;
	about = audit_watch_compare(krule->watch, d_backing_inode(found.dentry)->i_ino, found.dentry->d_sb->s_dev) &&
		rules_bucket(key) == audit_hash_ino(d_backing_inode(found.dentry)->i_ino);
	path_put(&found);
	return about;
}

/* Whether it is about nothing: no inode has the number that it is kept under. */
static bool is_about_nothing(const char *key)
{
	return rules_bucket(key) == audit_hash_ino(AUDIT_INO_UNSET) &&
		!audit_watch_compare(rules_find(key)->watch, AUDIT_INO_UNSET, AUDIT_DEV_UNSET);
}

static int touched(const char *path)
{
	return call_with(path, NULL, 0);
}

static struct fsn_stats state(void)
{
	struct fsn_stats stats;

	rules_settle();
	fsn_quiesce();
	fsn_stats(&stats);
	return stats;
}

static void refusals(void)
{
	static const struct {
		struct rule rule;
		int error;
		const char *what;
	} cases[] = {
		{ { .watch = "w/file" }, -EINVAL, "a path that is not absolute" },
		{ { .watch = "/w/" }, -EINVAL, "a path that ends in a slash" },
		{ { .watch = "/w/file", .op = Audit_not_equal }, -EINVAL, "all files but one" },
		{ { .watch = "/w/file", .list = AUDIT_FILTER_FS }, -EINVAL, "another list" },
		{ { .watch = "/w/file", .dir = "/w" }, -EINVAL, "a file and a tree" },
		{ { .watch = "/w/file", .inode = 5 }, -EINVAL, "a file by its path and by its number" },
		{ { .watch = "/none/file" }, -ENOENT, "a directory that is not there" },
		{ { .watch = "/w/plain/file" }, -ENOTDIR, "a directory that is none" },
	};
	struct fsn_stats before = state(), after;
	unsigned int i;

	mem_make("/w/plain", 0644);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		is(rule_add(&cases[i].rule), cases[i].error, "refused: %s", cases[i].what);
	is(rule_del(&(struct rule){ .watch = "/w/file" }), -ENOENT, "a rule that is not there cannot be deleted");
	is(rules_count(), 0, "no rule came of it");
	after = state();
	is(after.marks, before.marks, "and no mark");
	is(rules_settle(), 0, "and no memory is held");
	mem_unlink("/w/plain");
}

static void follows_the_name(void)
{
	const struct rule rule = { .watch = "/w/file", .key = "name" };
	struct fsn_stats before = state(), after;
	char keys[64];
	u64 first;

	is(rule_add(&rule), 0, "a rule about a file that is not there");
	ok(is_about_nothing("name"), "is about nothing");
	is(rule_add(&rule), -EEXIST, "there is one of each");
	is(mem_make("/w/file", 0644), 0, "the file is created");
	ok(is_about("name", "/w/file"), "the rule is about it, and where it is looked for");
	is(call_with("/w/file", keys, sizeof(keys)), 1, "a call that touches the file matches");
	is_str(keys, "name ", "the rule");
	is(touched("/w"), 0, "one that touches its directory does not");
	first = number("/w/file");
	mem_make("/w/other", 0644);
	is(touched("/w/other"), 0, "nor one that touches another file");

	is(mem_unlink("/w/file"), 0, "the file is deleted");
	ok(is_about_nothing("name"), "the rule stays, about nothing");
	mem_make("/w/gap", 0644);
	is(mem_make("/w/file", 0644), 0, "another file has the name");
	ok(number("/w/file") != first && is_about("name", "/w/file"), "the rule is about that");

	is(mem_rename("/w/file", "/w/away", 0), 0, "it is renamed");
	ok(is_about_nothing("name"), "the rule does not follow the file");
	is(mem_rename("/w/other", "/w/file", 0), 0, "another file gets the name");
	ok(is_about("name", "/w/file"), "the rule is about that");
	is(mem_rename("/w/away", "/w/file", 0), 0, "a file is renamed over it");
	ok(is_about("name", "/w/file"), "the rule is about the new one");
	is(mem_rename("/w/file", "/w/gap", 2), 0, "two files change names");
	ok(is_about("name", "/w/file"), "the rule is about the one with the name");
	is(mem_unlink("/w/file"), 0, "it is deleted");
	is(mem_link("/w/gap", "/w/file"), 0, "a link has the name");
	ok(is_about("name", "/w/file"), "the rule is about what it leads to");
	is(touched("/w/gap"), 1, "whatever name is used");
	is(mem_unlink("/w/gap"), 0, "the other name is deleted");
	ok(is_about("name", "/w/file"), "which is of no concern");
	is(mem_mkdir("/w/dir", 0755), 0, "a directory is made");
	is(mem_unlink("/w/file"), 0, "the name is free");
	is(mem_rename("/w/dir", "/w/file", 0), 0, "a directory may have it");
	ok(is_about("name", "/w/file"), "and the rule is about that");
	is(mem_rmdir("/w/file"), 0, "it goes");
	ok(is_about_nothing("name"), "and the rule is about nothing");
	is(rules_count(), 1, "all that was one rule");

	is(rule_del(&rule), 0, "it is deleted");
	is(rule_del(&rule), -ENOENT, "once");
	is(rules_count(), 0, "no rule is left");
	is(rules_settle(), 0, "nor any copy of it");
	after = state();
	is(after.marks, before.marks, "nor the mark");
	is(log_count(), 0, "none of this was logged");
}

static void there_before(void)
{
	const struct rule rule = { .watch = "/w/there", .key = "there" };
	const struct rule uring = { .watch = "/w/there", .key = "uring", .list = AUDIT_FILTER_URING_EXIT };
	const struct rule sibling = { .watch = "/w/sibling", .key = "sibling" };
	struct fsn_stats before, after;
	char keys[64];

	mem_make("/w/there", 0644);
	mem_make("/w/sibling", 0644);
	before = state();
	is(rule_add(&rule), 0, "a rule about a file that is there");
	ok(is_about("there", "/w/there"), "is about it at once");
	is(rule_add(&uring), 0, "another list has rules, too");
	is_ptr(rules_find("there")->watch, rules_find("uring")->watch, "two rules about one name share the watch");
	is(rule_add(&sibling), 0, "another file of the directory");
	is(marks_on("/w"), 1, "one mark on the directory serves all");
	is(call_with("/w/there", keys, sizeof(keys)), 2, "both rules match the one file");
	is(call_with("/w/sibling", keys, sizeof(keys)), 1, "one the other");
	is_str(keys, "sibling ", "which is its own");
	mem_unlink("/w/there");
	ok(is_about_nothing("there") && is_about_nothing("uring"), "both lose the file");
	ok(is_about("sibling", "/w/sibling"), "the third does not");
	mem_make("/w/there", 0644);
	ok(is_about("there", "/w/there") && is_about("uring", "/w/there"), "both have the next one");
	is_ptr(rules_find("there")->watch, rules_find("uring")->watch, "and still share the watch");
	is(rule_del(&rule), 0, "one is deleted");
	mem_unlink("/w/there");
	mem_make("/w/there", 0644);
	ok(is_about("uring", "/w/there"), "the other goes on");
	rule_del(&uring);
	rule_del(&sibling);
	mem_unlink("/w/there");
	mem_unlink("/w/sibling");
	after = state();
	is(after.marks, before.marks, "the directory's mark goes with the last rule");
	is(rules_settle(), 0, "and everything else");
}

static void order_of_rules(void)
{
	char keys[64];

	mem_make("/w/file", 0644);
	rule_add(&(struct rule){ .watch = "/w/file", .key = "b" });
	rule_add(&(struct rule){ .watch = "/w/file", .key = "c" });
	rule_add(&(struct rule){ .watch = "/w/file", .key = "a", .prepend = true });
	call_with("/w/file", keys, sizeof(keys));
	is_str(keys, "a b c ", "rules are asked in their order");
	rule_del(&(struct rule){ .watch = "/w/file", .key = "a" });
	rule_del(&(struct rule){ .watch = "/w/file", .key = "b" });
	rule_del(&(struct rule){ .watch = "/w/file", .key = "c" });
	is(rules_count(), 0, "they are gone");
	mem_unlink("/w/file");
}

/* A call that deletes the file is matched against what the rule was about before. */
static void within_a_call(void)
{
	const struct rule rule = { .watch = "/w/file", .key = "deleted" };
	char keys[64];

	mem_make("/w/file", 0644);
	rule_add(&rule);
	call_begin();
	call_touch("/w/file");
	mem_unlink("/w/file");
	is(call_end(keys, sizeof(keys)), 1, "a call that deletes the file matches");
	is_str(keys, "deleted ", "the rule that is about another file at its end");
	mem_make("/w/file", 0644);
	mem_make("/w/x", 0644);
	call_begin();
	call_touch("/w/x");
	mem_unlink("/w/x");
	is(call_end(NULL, 0), 0, "one that deletes another file does not");
	rule_del(&rule);
	mem_unlink("/w/file");
}

/* Inode numbers repeat themselves in another filesystem. */
static void device_counts(void)
{
	char name[32];
	int i;

	mem_mkdir("/m", 0755);
	is(mem_mount("/m"), 0, "another filesystem");
	mem_make("/w/file", 0644);
	rule_add(&(struct rule){ .watch = "/w/file", .key = "dev" });
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "/m/%d", i);
		mem_make(name, 0644);
		if (number(name) >= number("/w/file"))
			break;
	}
	is(number(name), number("/w/file"), "a file in it has the same inode number");
	is(touched(name), 0, "the rule is not about that");
	is(touched("/w/file"), 1, "but about its own");
	rule_del(&(struct rule){ .watch = "/w/file", .key = "dev" });
	mem_unlink("/w/file");
	is(mem_umount("/m", 0), 0, "the filesystem goes");
	mem_rmdir("/m");
}

#define REMOVED "type=1305 auid=4294967295 ses=4294967295 op=remove_rule path="

static void directory_goes(void)
{
	struct fsn_stats before, after;

	log_clear();
	before = state();
	mem_mkdir("/w/dir", 0755);
	rule_add(&(struct rule){ .watch = "/w/dir/one", .key = "first key" });
	rule_add(&(struct rule){ .watch = "/w/dir/two" });
	mem_make("/w/dir/one", 0644);
	mem_unlink("/w/dir/one");
	is(mem_rmdir("/w/dir"), 0, "the directory of two rules is deleted");
	is(rules_count(), 0, "so are the rules");
	is(log_count(), 2, "each is logged");
	/* the one that was made anew last comes first */
	is_str(log_text(0), REMOVED "\"/w/dir/one\" key=6669727374206B6579 list=4 res=1", "with its key, in digits if it has spaces");
	is_str(log_text(1), REMOVED "\"/w/dir/two\" key=(null) list=4 res=1", "with its path and list");

	log_clear();
	mem_mkdir("/w/dir", 0755);
	rule_add(&(struct rule){ .watch = "/w/dir/one", .key = "k" });
	is(mem_rename("/w/dir", "/w/moved", 0), 0, "a directory is renamed");
	is(rules_count(), 0, "its rules are deleted");
	is_str(log_text(0), REMOVED "\"/w/dir/one\" key=\"k\" list=4 res=1", "and logged");
	mem_rmdir("/w/moved");

	log_clear();
	mem_mkdir("/m", 0755);
	mem_mount("/m");
	mem_make("/m/file", 0644);
	rule_add(&(struct rule){ .watch = "/m/file", .key = "m", .list = AUDIT_FILTER_URING_EXIT });
	is(mem_umount("/m", 0), 0, "a filesystem is unmounted");
	is(rules_count(), 0, "its rules are deleted");
	is_str(log_text(0), REMOVED "\"/m/file\" key=\"m\" list=7 res=1", "and logged");
	mem_rmdir("/m");

	log_clear();
	audit_enabled = AUDIT_OFF;
	mem_mkdir("/w/dir", 0755);
	rule_add(&(struct rule){ .watch = "/w/dir/one", .key = "k" });
	mem_rmdir("/w/dir");
	is(rules_count(), 0, "while audit is off");
	is(log_count(), 0, "nothing is logged");
	audit_enabled = AUDIT_ON;
	after = state();
	is(after.marks, before.marks, "no mark is left");
	is(rules_settle(), 0, "and no rule");
}

/*
 * Connectors are counted here, not marks: audit_init_parent() frees a mark that could not be added without putting it, so
 * the library (and a kernel's group) counts it for ever.
 */
static void without_memory(void)
{
	const struct rule rule = { .watch = "/w/file", .key = "k" };
	struct fsn_stats before = state(), after;
	int error = -ENOMEM, panics, kept = 0, dropped = 0;
	long skip;

	for (skip = 0; skip < 40 && error == -ENOMEM; skip++) {
		fsn_fail_alloc(skip, 1);
		error = rule_add(&rule);
		fsn_fail_alloc(0, 0);
	}
	ok(!error && skip > 5, "adding a rule says -ENOMEM or works (%ld times)", skip - 1);
	is(rules_settle(), 1, "what failed has left nothing");
	mem_make("/w/new", 0644);
	for (skip = 0; skip < 40; skip++) {
		panics = audit_panics();
		mem_make("/w/new", 0644);
		fsn_fail_alloc(skip, 1);
		error = mem_rename("/w/new", "/w/file", 0);
		fsn_fail_alloc(0, 0);
		if (audit_panics() == panics) {
			kept++;
			if (!error && !is_about("k", "/w/file"))
				break;
		} else if (rules_count() == 0) {
			dropped++;
			is(rule_add(&rule), 0, "a rule that could not be kept up was dropped, and is added again");
		}
	}
	is(skip, 40, "a rule is up to date, or the system has panicked");
	ok(dropped > 0 && kept > 0, "both was seen (%d, %d)", dropped, kept);
	is(rule_del(&rule), 0, "it is deleted");
	mem_unlink("/w/file");
	mem_unlink("/w/new");
	after = state();
	is(after.connectors, before.connectors, "no connector is left");
	is(rules_settle(), 0, "and no rule");
}

static int stop;

static void *rules_come_and_go(void *key)
{
	const struct rule rule = { .watch = "/w/file", .key = key }, other = { .watch = "/w/other", .key = key };
	int i, wrong = 0;

	for (i = 0; i < 150; i++) {
		wrong += rule_add(&rule) != 0;
		wrong += rule_add(&other) != 0;
		wrong += rule_del(&rule) != 0;
		wrong += rule_del(&other) != 0;
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	return (void *)(long)wrong;
}

static void *files_come_and_go(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		mem_make("/w/file", 0644);
		mem_rename("/w/file", "/w/other", 0);
		touched("/w/other");
		mem_unlink("/w/other");
	}
	return NULL;
}

static void storm(void)
{
	struct fsn_stats before = state(), after;
	pthread_t threads[4];
	void *wrong = NULL, *wrong_too = NULL;

	pthread_create(&threads[0], NULL, rules_come_and_go, "one");
	pthread_create(&threads[1], NULL, rules_come_and_go, "two");
	pthread_create(&threads[2], NULL, files_come_and_go, NULL);
	pthread_create(&threads[3], NULL, files_come_and_go, NULL);
	pthread_join(threads[0], &wrong);
	pthread_join(threads[1], &wrong_too);
	pthread_join(threads[2], NULL);
	pthread_join(threads[3], NULL);
	ok(!wrong && !wrong_too, "rules come and go while files do");
	is(rules_count(), 0, "none is left");
	is(rules_settle(), 0, "nor any copy");
	mem_unlink("/w/file");
	mem_unlink("/w/other");
	after = state();
	is(after.marks, before.marks, "no mark is left");
	is(after.warnings, before.warnings, "the library had nothing to say");
}

int main(void)
{
	if (mem_init()) {
		printf("1..0 # no filesystem\n");
		return 1;
	}
	mem_mkdir("/w", 0755);
	refusals();
	follows_the_name();
	there_before();
	order_of_rules();
	within_a_call();
	device_counts();
	directory_goes();
	without_memory();
	storm();
	mem_exit();
	return done_testing();
}
