// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: audit_fsnotify audit_watch audit_tree */
/* fsn-sources: audit_rules.c audit_calls.c memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/* fsn-series: 6.12 6.1 */
/*
 * Linux's audit marks: rules about what an executable does, which is known by its path.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/mm.h>
#include <linux/namei.h>

#include "audit_rules.h"
#include "memfs.h"
#include "tap.h"

#define MNT_DETACH 2

/* The process executes the file at the path; NULL: none. */
static void execute(const char *path)
{
	int fd = path ? mem_open(path, O_RDONLY, 0) : -1;
	struct file *file = fd < 0 ? NULL : fget((unsigned int)fd);

	fsn_set_mm_exe_file(current->mm, file);
	if (file)
		fput(file);
	if (fd >= 0)
		mem_close(fd);
}

/* How many rules a call that touches nothing matches, and which. */
static __thread char keys[64];
static int matches(void)
{
	call_begin();
	return call_end(keys, sizeof(keys));
}

static bool is_about(const char *key, const char *path)
{
	struct audit_krule *krule = rules_find(key);
	struct path found;
	bool about;

	if (!krule || kern_path(path, 0, &found))
		return false;
	about = audit_mark_compare(krule->exe, d_backing_inode(found.dentry)->i_ino, found.dentry->d_sb->s_dev);
	path_put(&found);
	return about;
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
	struct fsn_stats before = state(), after;

	is(rule_add(&(struct rule){ .exe = "bin/prog" }), -EINVAL, "a path that is not absolute");
	is(rule_add(&(struct rule){ .exe = "/bin/" }), -EINVAL, "a path that ends in a slash");
	is(rule_add(&(struct rule){ .exe = "/none/prog" }), -ENOENT, "a directory that is not there");
	is(rule_add(&(struct rule){ .exe = "/bin/prog", .watch = "bin/prog" }), -EINVAL, "another field that is wrong");
	is(rules_count(), 0, "no rule came of it");
	after = state();
	is(after.marks, before.marks, "and no mark");
	is(after.connectors, before.connectors, "and no connector");
	is(rules_settle(), 0, "and no memory is held");
}

static void follows_the_program(void)
{
	const struct rule rule = { .exe = "/bin/prog", .key = "prog" };
	struct fsn_stats before = state(), after;

	is(rule_add(&rule), 0, "a rule about a program that is not there");
	is(rule_add(&rule), -EEXIST, "there is one of each");
	execute(NULL);
	is(matches(), 0, "a process without a program matches nothing");
	mem_make("/bin/prog", 0755);
	mem_make("/bin/other", 0755);
	ok(is_about("prog", "/bin/prog"), "the program is created, and the rule is about it");
	execute("/bin/prog");
	is(matches(), 1, "a process that executes it matches");
	is_str(keys, "prog ", "the rule");
	execute("/bin/other");
	is(matches(), 0, "one that executes another does not");

	execute("/bin/prog");
	mem_make("/bin/update", 0755);
	is(mem_rename("/bin/update", "/bin/prog", 0), 0, "the program is replaced");
	ok(is_about("prog", "/bin/prog"), "the rule is about the new one");
	is(matches(), 0, "who executes the old one does not match any more");
	execute("/bin/prog");
	is(matches(), 1, "who executes the new one does");
	is(mem_rename("/bin/prog", "/bin/moved", 0), 0, "it is renamed");
	is(mem_rename("/bin/other", "/bin/prog", 0), 0, "another one has its name");
	ok(is_about("prog", "/bin/prog"), "the rule is about that");
	is(matches(), 0, "not about what was renamed");
	execute(NULL);

	is(rule_del(&rule), 0, "it is deleted");
	is(rule_del(&rule), -ENOENT, "once");
	mem_unlink("/bin/prog");
	mem_unlink("/bin/moved");
	after = state();
	is(after.marks, before.marks, "its mark is gone");
	is(rules_settle(), 0, "nothing is left");
}

static void other_programs(void)
{
	const struct rule rule = { .exe = "/bin/prog", .op = Audit_not_equal, .key = "not" };

	mem_make("/bin/prog", 0755);
	mem_make("/bin/other", 0755);
	is(rule_add(&rule), 0, "a rule about all programs but one");
	execute("/bin/prog");
	is(matches(), 0, "does not match the one");
	execute("/bin/other");
	is(matches(), 1, "but another");
	execute(NULL);
	rule_del(&rule);
	mem_unlink("/bin/prog");
	mem_unlink("/bin/other");
}

/* The group allows several marks on one object: one for each rule, all on the one directory. */
static void several_on_one_directory(void)
{
	const struct rule rules[] = {
		{ .exe = "/bin/a", .key = "a" }, { .exe = "/bin/b", .key = "b" }, { .exe = "/bin/a", .key = "again" },
	};
	struct fsn_stats before = state(), after;
	unsigned int i;

	mem_make("/bin/a", 0755);
	mem_make("/bin/b", 0755);
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		is(rule_add(&rules[i]), 0, "rule %u about programs of one directory", i);
	is(marks_on("/bin"), 3, "each has a mark, all on one directory");
	execute("/bin/a");
	is(matches(), 2, "two rules match one program");
	is_str(keys, "a again ", "in their order");
	execute("/bin/b");
	is(matches(), 1, "one the other");
	mem_make("/bin/new", 0755);
	mem_rename("/bin/new", "/bin/a", 0);
	ok(is_about("a", "/bin/a") && is_about("again", "/bin/a") && is_about("b", "/bin/b"),
	   "all marks of the directory hear that one program was replaced");
	is(rule_del(&rules[0]), 0, "one rule is deleted");
	ok(is_about("again", "/bin/a"), "its twin is not");
	execute("/bin/a");
	is(matches(), 1, "and matches");
	execute(NULL);
	rule_del(&rules[1]);
	rule_del(&rules[2]);
	mem_unlink("/bin/a");
	mem_unlink("/bin/b");
	after = state();
	is(after.marks, before.marks, "no mark is left");
	is(after.connectors, before.connectors, "and no connector");
}

#define REMOVED "type=1305 auid=4294967295 ses=4294967295  op=autoremove_rule path="

static void directory_goes(void)
{
	const struct rule rule = { .exe = "/m/prog", .key = "m" };
	struct fsn_stats before = state(), after;

	log_clear();
	mem_mkdir("/opt", 0755);
	rule_add(&(struct rule){ .exe = "/opt/prog", .key = "one" });
	rule_add(&(struct rule){ .exe = "/opt/prog too" });
	is(mem_rmdir("/opt"), 0, "the directory of two programs is deleted");
	is(rules_count(), 0, "so are the rules");
	is(log_count(), 2, "each is logged");
	is_str(log_text(0), REMOVED "2F6F70742F70726F6720746F6F key=(null) list=4 res=1", "the newer one first");
	is_str(log_text(1), REMOVED "\"/opt/prog\" key=\"one\" list=4 res=1", "with its path, its key and its list");

	log_clear();
	mem_mkdir("/opt", 0755);
	rule_add(&(struct rule){ .exe = "/opt/prog", .key = "k" });
	is(mem_rename("/opt", "/moved", 0), 0, "a directory is renamed");
	is(rules_count(), 0, "its rule is deleted");
	is_str(log_text(0), REMOVED "\"/opt/prog\" key=\"k\" list=4 res=1", "and logged");
	mem_rmdir("/moved");

	/* These marks do not ask for the end of the filesystem, and are gone after it. */
	log_clear();
	mem_mkdir("/m", 0755);
	mem_mount("/m");
	mem_make("/m/prog", 0755);
	is(rule_add(&rule), 0, "a program of another filesystem");
	is(mem_umount("/m", 0), 0, "which is unmounted");
	is(log_count(), 0, "nothing is logged");
	is(rules_count(), 1, "the rule stays");
	is(rule_del(&rule), 0, "and is deleted as any other");
	mem_rmdir("/m");
	is(rules_settle(), 0, "nothing is left");
	after = state();
	is(after.marks, before.marks, "no mark either");
}

/* A rule about a file and a program is made anew when another file has the name; its mark with it. */
static void made_anew(void)
{
	const struct rule rule = { .watch = "/w/file", .exe = "/bin/prog", .key = "both" };
	struct fsn_stats before, after;
	struct audit_fsnotify_mark *mark;

	mem_make("/bin/prog", 0755);
	before = state();
	is(rule_add(&rule), 0, "a rule about a file and a program");
	mark = rules_find("both")->exe;
	mem_make("/w/file", 0755);
	ok(rules_find("both")->exe != mark, "the file is created: the rule has another mark");
	is_str(audit_mark_path(rules_find("both")->exe), "/bin/prog", "for the same path");
	/* and so, where audit_dupe_exe() puts it, the mark of the program is on the directory of the file */
	is(marks_on("/w"), 2, "one mark for each field");
	rules_settle();
	is(marks_on("/bin"), 0, "none left over");
	mem_make("/w/x", 0755);
	mem_rename("/w/x", "/w/file", 0);
	mem_unlink("/w/file");
	rules_settle();
	is(marks_on("/w"), 2, "so it stays, whatever becomes of the file");
	is(rule_del(&rule), 0, "the rule is deleted");
	mem_rmdir("/w/dir");
	mem_mkdir("/w/dir", 0755);
	rule_add(&(struct rule){ .watch = "/w/dir/file", .exe = "/bin/prog", .key = "both" });
	log_clear();
	mem_rmdir("/w/dir");
	is(rules_count(), 0, "a directory goes with its rule");
	is(log_count(), 1, "which is logged once");
	mem_unlink("/bin/prog");
	is(rules_settle(), 0, "nothing is left");
	after = state();
	is(after.marks, before.marks, "no mark either");
}

/* Connectors are counted, not marks: see audit_watch.c. */
static void without_memory(void)
{
	const struct rule rule = { .exe = "/bin/prog", .watch = "/w/file", .key = "k" };
	struct fsn_stats before = state(), after;
	int error = -ENOMEM, panics;
	long skip;

	for (skip = 0; skip < 60 && error == -ENOMEM; skip++) {
		fsn_fail_alloc(skip, 1);
		error = rule_add(&rule);
		fsn_fail_alloc(0, 0);
	}
	ok(!error && skip > 7, "adding a rule says -ENOMEM or works (%ld times)", skip - 1);
	is(rules_settle(), 1, "what failed has left nothing");
	for (skip = 0; skip < 30; skip++) {
		panics = audit_panics();
		mem_make("/w/new", 0755);
		fsn_fail_alloc(skip, 1);
		mem_rename("/w/new", "/w/file", 0);
		fsn_fail_alloc(0, 0);
		if (audit_panics() == panics && rules_count() != 1)
			break;
		if (rules_count() == 0 && rule_add(&rule))
			break;
	}
	is(skip, 30, "a rule that cannot be made anew is dropped, and the system panics");
	is(rule_del(&rule), 0, "it is deleted");
	mem_unlink("/w/file");
	mem_unlink("/w/new");
	is(rules_settle(), 0, "nothing is left");
	after = state();
	is(after.connectors, before.connectors, "no connector either");
}

/*
 * The directory stays: audit_fsnotify.c looks at a rule whose directory goes without anything that would keep another thread
 * from freeing it.
 */
static int stop;

static void *programs_come_and_go(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		mem_make("/opt/new", 0755);
		mem_rename("/opt/new", "/opt/prog", 0);
		matches();
		mem_unlink("/opt/prog");
	}
	return NULL;
}

static void *rules_come_and_go(void *key)
{
	const struct rule rule = { .exe = "/opt/prog", .key = key };
	long i, wrong = 0;

	for (i = 0; i < 200; i++) {
		wrong += rule_add(&rule) != 0;
		wrong += rule_del(&rule) != 0;
	}
	return (void *)wrong;
}

static void storm(void)
{
	struct fsn_stats before = state(), after;
	pthread_t threads[4];
	void *wrong[2];

	mem_mkdir("/opt", 0755);
	pthread_create(&threads[0], NULL, rules_come_and_go, "one");
	pthread_create(&threads[1], NULL, rules_come_and_go, "two");
	pthread_create(&threads[2], NULL, programs_come_and_go, NULL);
	pthread_create(&threads[3], NULL, programs_come_and_go, NULL);
	pthread_join(threads[0], &wrong[0]);
	pthread_join(threads[1], &wrong[1]);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(threads[2], NULL);
	pthread_join(threads[3], NULL);
	ok(!wrong[0] && !wrong[1], "rules come and go while their program does");
	is(rules_count(), 0, "none is left");
	is(rules_settle(), 0, "nor any copy");
	mem_unlink("/opt/prog");
	mem_unlink("/opt/new");
	mem_rmdir("/opt");
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
	mem_mkdir("/bin", 0755);
	mem_mkdir("/w", 0755);
	refusals();
	follows_the_program();
	other_programs();
	several_on_one_directory();
	directory_goes();
	made_anew();
	without_memory();
	storm();
	mem_exit();
	return done_testing();
}
