// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings by their path: the kernel's text form and errors, limits, permissions, tables that come and go.
 */
#include <linux/sysctl.h>
#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/fsnotify_backend.h>
#include "support.h"

static int one, many[3] = { 1, -2, 3 }, queued = 16384, secret = 7;
static unsigned long words[2] = { 10, 20 };
static long zero, int_max = INT_MAX;
static int handled, handler_waits, in_handler;

static int handler(const struct ctl_table *table, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	handled++;
	put_value(in_handler, 1);
	while (peek(handler_waits))
		usleep(200);
	if (write)
		return -ESRCH;
	is(table->maxlen, 17, "handler: gets its row");
	is(*ppos, 0, "handler: gets the position");
	memcpy(buffer, "hi", 2);
	*lenp = 2;
	return 0;
}

static struct ctl_table table[] = {
	{ .procname = "one", .data = &one, .maxlen = sizeof(int), .mode = 0644, .proc_handler = proc_dointvec },
	{ .procname = "many", .data = many, .maxlen = sizeof(many), .mode = 0644, .proc_handler = proc_dointvec },
	{ .procname = "queued", .data = &queued, .maxlen = sizeof(int), .mode = 0644, .proc_handler = proc_dointvec_minmax,
	  .extra1 = SYSCTL_ZERO, .extra2 = SYSCTL_ONE_THOUSAND },
	{ .procname = "words", .data = words, .maxlen = sizeof(words), .mode = 0644,
	  .proc_handler = proc_doulongvec_minmax, .extra1 = SYSCTL_LONG_ONE },
	{ .procname = "secret", .data = &secret, .maxlen = sizeof(int), .mode = 0600, .proc_handler = proc_dointvec },
	{ .procname = "readable", .data = &secret, .maxlen = sizeof(int), .mode = 0444, .proc_handler = proc_dointvec },
	{ .procname = "own", .maxlen = 17, .mode = 0644, .proc_handler = handler },
};

/* As inotify's. */
static struct ctl_table watches[] = {
	{ .procname = "max_user_watches", .data = &init_user_ns.ucount_max[UCOUNT_INOTIFY_WATCHES], .maxlen = sizeof(long),
	  .mode = 0644, .proc_handler = proc_doulongvec_minmax, .extra1 = &zero, .extra2 = &int_max },
	{ }
};

static char text[4096];

static long get(const char *path)
{
	long got = fsn_sysctl_read(path, text, sizeof(text) - 1);

	text[got > 0 ? got : 0] = '\0';
	return got;
}

static long set(const char *path, const char *to)
{
	return fsn_sysctl_write(path, to, strlen(to));
}

static void ints(void)
{
	is(get("fs/test/one"), 2, "dointvec: the length of the text");
	is_str(text, "0\n", "dointvec: a number and a newline");
	is(set("fs/test/one", "12\n"), 3, "dointvec: all of the text is used");
	is(one, 12, "dointvec: sets the variable");
	is(set("fs/test/one", "  -0x10  "), 9, "dointvec: hexadecimal, a sign, and white space around");
	is(one, -16, "dointvec: sets that");
	is(set("fs/test/one", "010"), 3, "dointvec: octal");
	is(one, 8, "dointvec: sets that");
	is(set("fs/test/one", "08"), -EINVAL, "dointvec: -EINVAL for a digit that is none in the base");
	is(set("fs/test/one", "12x"), -EINVAL, "dointvec: -EINVAL for a number that ends in something else");
	is(set("fs/test/one", "x"), -EINVAL, "dointvec: -EINVAL for no number");
	is(set("fs/test/one", "-"), -EINVAL, "dointvec: -EINVAL for a sign alone");
	is(set("fs/test/one", " \n"), -EINVAL, "dointvec: -EINVAL for white space alone");
	is(set("fs/test/one", "2147483648"), -EINVAL, "dointvec: -EINVAL beyond INT_MAX");
	is(set("fs/test/one", "-2147483649"), -EINVAL, "dointvec: -EINVAL below INT_MIN");
	is(set("fs/test/one", "99999999999999999999999"), -EINVAL, "dointvec: -EINVAL for more digits than are understood");
	is(set("fs/test/one", "000000000000000000000001"), -EINVAL, "dointvec: even if they are zeros");
	is(one, 8, "dointvec: errors leave the variable");
	is(set("fs/test/one", "-2147483648"), 11, "dointvec: INT_MIN");
	is(get("fs/test/one"), 12, "dointvec: shown");
	is_str(text, "-2147483648\n", "dointvec: as it is");
	is(set("fs/test/one", "5 6"), 2, "dointvec: the text behind the last number is not used");
	is(one, 5, "dointvec: the first number is");
	is(set("fs/test/one", ""), 0, "dointvec: nothing to write is nothing");

	is(get("fs/test/many"), 7, "dointvec: an array");
	is_str(text, "1\t-2\t3\n", "dointvec: tabs between its numbers");
	is(set("fs/test/many", "4 5"), 3, "dointvec: fewer numbers than there are");
	is(many[0] * 100 + many[1] * 10 + many[2], 453, "dointvec: the rest stays");
	is(set("fs/test/many", "7\t8\n9\n"), 6, "dointvec: any white space between");
	is(many[0] * 100 + many[1] * 10 + many[2], 789, "dointvec: all set");
	is(set("fs/test/many", "1 2 x"), -EINVAL, "dointvec: an error behind good numbers");
	is(many[0] * 100 + many[1] * 10 + many[2], 129, "dointvec: which are set already");
	is(fsn_sysctl_read("fs/test/many", text, 3), 3, "dointvec: a short buffer takes the beginning");
	ok(!memcmp(text, "1\t2", 3), "dointvec: of the text");
	is(fsn_sysctl_read("fs/test/many", text, 0), 0, "dointvec: no buffer takes nothing");
}

static void limits(void)
{
	is(set("fs/test/queued", "1000"), 4, "minmax: the greatest");
	is(set("fs/test/queued", "0"), 1, "minmax: the least");
	is(set("fs/test/queued", "1001"), -EINVAL, "minmax: -EINVAL above");
	is(set("fs/test/queued", "-1"), -EINVAL, "minmax: -EINVAL below");
	is(queued, 0, "minmax: errors leave the variable");

	is(get("fs/test/words"), 6, "ulong: shown");
	is_str(text, "10\t20\n", "ulong: as text");
	is(set("fs/test/words", "18446744073709551615 1"), 22, "ulong: the largest number");
	ok(words[0] == ULONG_MAX && words[1] == 1, "ulong: sets both");
	is(get("fs/test/words"), 23, "ulong: shown");
	is_str(text, "18446744073709551615\t1\n", "ulong: as it is");
	is(set("fs/test/words", "18446744073709551616"), -EINVAL, "ulong: -EINVAL for one more");
	is(set("fs/test/words", "-1"), -EINVAL, "ulong: -EINVAL for less than nothing");
	is(set("fs/test/words", "0"), -EINVAL, "ulong: -EINVAL below the least");
	ok(words[0] == ULONG_MAX, "ulong: errors leave the variable");
}

static void paths(void)
{
	is(get("fs/test/nothing"), -ENOENT, "path: -ENOENT for no such name");
	is(get("fs/tes/one"), -ENOENT, "path: -ENOENT for no such table");
	is(get("fs/test"), -EISDIR, "path: -EISDIR for a table");
	is(get("fs"), -EISDIR, "path: -EISDIR above a table");
	is(set("fs/test", "1"), -EISDIR, "path: -EISDIR for writing, too");
	is(get("/proc/sys/fs/test/secret"), 2, "path: may be the file's");
	is(get("fs/test/own"), 2, "handler: of the program");
	is_str(text, "hi", "handler: its text");
	is(set("fs/test/own", "1"), -ESRCH, "handler: its error");
	is(handled, 2, "handler: called once each");
}

static void permissions(void)
{
	struct cred *user = prepare_creds();

	user->euid = KUIDT_INIT(4711);
	user->egid = KGIDT_INIT(4711);
	fsn_cap_set(user, 0);
	put_group_info(user->group_info);
	user->group_info = groups_alloc(0);
	const struct cred *old = override_creds(user);

	is(get("fs/test/secret"), -EACCES, "mode: 0600 is not for others to read");
	is(set("fs/test/secret", "1"), -EACCES, "mode: nor to write");
	is(get("fs/test/one"), 2, "mode: 0644 is for others to read");
	is(set("fs/test/one", "1"), -EACCES, "mode: not to write");
	revert_creds(old);
	is(set("fs/test/readable", "1"), -EACCES, "mode: 0444 is for nobody to write");

	/* the group is root's: the bits in the middle */
	user->egid = KGIDT_INIT(0);
	table[4].mode = 0640;
	old = override_creds(user);
	is(get("fs/test/secret"), 2, "mode: 0640 is for root's group to read");
	is(set("fs/test/secret", "1"), -EACCES, "mode: not to write");
	revert_creds(old);
	table[4].mode = 0600;
	put_cred(user);
}

static void of_inotify(void)
{
	struct ctl_table_header *header = fsn_register_sysctl("fs/inotify", watches);
	long before = init_user_ns.ucount_max[UCOUNT_INOTIFY_WATCHES];

	ok(header, "ucount: a table that ends in an empty row");
	is(set("fs/inotify/max_user_watches", "1234\n"), 5, "ucount: a limit is set");
	is(init_user_ns.ucount_max[UCOUNT_INOTIFY_WATCHES], 1234, "ucount: in the first namespace");
	is(set("fs/inotify/max_user_watches", "2147483648"), -EINVAL, "ucount: -EINVAL beyond its limit");
	is(get("fs/inotify/max_user_watches"), 5, "ucount: a limit is shown");
	is_str(text, "1234\n", "ucount: as it is");
	init_user_ns.ucount_max[UCOUNT_INOTIFY_WATCHES] = before;
	unregister_sysctl_table(header);
	is(get("fs/inotify/max_user_watches"), -ENOENT, "unregister: the table is gone");
	is(get("fs/test/one"), 2, "unregister: the other is not");
	unregister_sysctl_table(NULL);
}

static void *reads_own(void *unused)
{
	char own[8];

	(void)unused;
	fsn_sysctl_read("fs/slow/own", own, sizeof(own));
	return NULL;
}

static int unregistered;

static void *unregisters(void *header)
{
	unregister_sysctl_table(header);
	put_value(unregistered, 1);
	return NULL;
}

static void unregister_waits(void)
{
	struct ctl_table_header *header = register_sysctl_sz("fs/slow", &table[6], 1);
	pthread_t reader, other;

	handler_waits = 1;
	put_value(in_handler, 0);
	pthread_create(&reader, NULL, reads_own, NULL);
	wait_until(peek(in_handler));
	pthread_create(&other, NULL, unregisters, header);
	wait_until(get("fs/slow") == -ENOENT);
	a_while();
	is(peek(unregistered), 0, "unregister: waits for who is in a handler");
	put_value(handler_waits, 0);
	pthread_join(reader, NULL);
	pthread_join(other, NULL);
	is(unregistered, 1, "unregister: ends when he has left");
}

static void bad_tables(void)
{
	struct ctl_table bad = { .procname = "bad", .mode = 0644, .maxlen = sizeof(int), .data = &one };

	log_expected = true;
	log_reset();
	is_ptr(register_sysctl_sz("fs/bad", &bad, 1), NULL, "register: not without a handler");
	bad.proc_handler = proc_dointvec;
	bad.data = NULL;
	is_ptr(register_sysctl_sz("fs/bad", &bad, 1), NULL, "register: not without a variable");
	bad.data = &one;
	bad.maxlen = 0;
	is_ptr(register_sysctl_sz("fs/bad", &bad, 1), NULL, "register: not without its size");
	bad.maxlen = sizeof(int);
	bad.mode = 0755;
	is_ptr(register_sysctl_sz("fs/bad", &bad, 1), NULL, "register: not with permissions of a program");
	bad.mode = 0644;
	is(n_warnings, 4, "register: each is said");
	bad.procname = "one";
	is_ptr(register_sysctl_sz("fs/test", &bad, 1), NULL, "register: not a name that is there");
	is(n_warnings, 5, "register: that is said, too");
	bad.procname = "bad";
	fsn_fail_alloc(0, 1);
	is_ptr(register_sysctl_sz("fs/bad", &bad, 1), NULL, "register: NULL without memory");
	fsn_fail_alloc(0, 0);
	is(get("fs/bad/bad"), -ENOENT, "register: nothing is left of those");
	fsn_fail_alloc(0, 1);
	is(get("fs/test/one"), -ENOMEM, "read: -ENOMEM without memory");
	fsn_fail_alloc(0, 1);
	is(set("fs/test/one", "77"), -ENOMEM, "write: -ENOMEM without memory");
	fsn_fail_alloc(0, 0);
	ok(one != 77, "write: which leaves the variable");
	register_sysctl_init("fs/bad", ((struct ctl_table[]){ { .procname = "x", .mode = 0644 } }));
	ok(strstr(log_message, "fs/bad"), "register_sysctl_init: says what failed");
}

int main(void)
{
	struct ctl_table_header *header;
	loff_t pos = 3;
	size_t length = 2;

	tests_begin();
	header = register_sysctl("fs/test", table);
	ok(header, "register: a table");
	ints();
	limits();
	paths();
	permissions();
	of_inotify();
	unregister_waits();
	is(proc_dointvec(&table[0], 0, text, &length, &pos), 0, "handler: a second read");
	is(length, 0, "handler: has nothing more");
	bad_tables();
	unregister_sysctl_table(header);
	return tests_end();
}
