// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Permission events: who is asked in which order, what each answer does, what is no answer, and what becomes of those who wait
 * when they are killed, when the group is closed, when the question cannot be delivered.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"

#define PERMS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)

static int perm_group(unsigned int flags, __u64 mask, const char *path)
{
	int group = group_new(flags);

	is(mark(group, ADD, mask, path), 0, "flags %#x: %s is guarded", flags, path);
	return group;
}

/* Reads the next question and says what it is. */
static void asked_(const char *file, int line, int group, struct fan_event *event, const char *want, const char *what)
{
	char text[256] = "nothing came";

	if (next_event(group, event))
		describe(event, text, sizeof(text));
	if (!tap_ok(!strcmp(text, want), file, line, "%s", what))
		printf("# got \"%s\", want \"%s\"\n", text, want);
}

#define asked(group, event, want, what) asked_(__FILE__, __LINE__, group, event, want, what)

static long reply(int group, const struct fan_event *event, unsigned int response)
{
	long n = answer(group, event->fd, response);

	close_event(event);
	return n;
}

static void test_answers(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM | FAN_OPEN | FAN_CLOSE, "/d/a");
	struct fan_event event;
	struct actor actor;
	char buf[8];

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	pause_ms(A_WHILE_MS);
	ok(!actor_over(&actor), "who opens waits");
	is(fsn_sys_read(event.fd, buf, 4), 4, "the event's descriptor can be read meanwhile");
	is(reply(group, &event, FAN_ALLOW), 8, "allow");
	is(actor_join(&actor), 0, "the open succeeds");
	expect(group, "and is told", "CLOSE_NOWRITE|OPEN fd=a");

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	is(reply(group, &event, FAN_DENY), 8, "deny");
	is(actor_join(&actor), -EPERM, "the open fails");
	expect(group, "and nobody is told of it, nor of a close");
	look("/b");
	expect(group, "other files are not asked for");
	fsn_sys_close(group);
	is(look("/d/a"), 0, "without the group nobody asks");
}

static void test_kinds(void)
{
	int group = perm_group(FAN_CLASS_PRE_CONTENT, PERMS, "/d/a");
	struct fan_event event;
	struct actor actor;

	actor_start(&actor, peruse, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	reply(group, &event, FAN_ALLOW);
	asked(group, &event, "ACCESS_PERM fd=a", "a read is asked for");
	reply(group, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "the read fails");

	mem_chmod("/d/a", 0755);
	actor_start(&actor, mem_execve, "/d/a");
	asked(group, &event, "OPEN_EXEC_PERM fd=a", "an execution is asked for");
	reply(group, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "the execution fails");
	actor_start(&actor, mem_execve, "/d/a");
	asked(group, &event, "OPEN_EXEC_PERM fd=a", "an execution is asked for");
	reply(group, &event, FAN_ALLOW);
	asked(group, &event, "OPEN_PERM fd=a", "as an open, too");
	reply(group, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "the execution fails");
	mem_chmod("/d/a", 0644);
	fsn_sys_close(group);
}

/* Pre-content before content before notification, whatever the order in which they came. */
static void test_classes(void)
{
	int notif = group_new(FAN_CLASS_NOTIF), content = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "/d/a");
	int pre = perm_group(FAN_CLASS_PRE_CONTENT, FAN_OPEN_PERM, "/d/a");
	struct fan_event event;
	struct actor actor;

	mark(notif, ADD, FAN_OPEN, "/d/a");
	actor_start(&actor, look, "/d/a");
	asked(pre, &event, "OPEN_PERM fd=a", "pre-content is asked first");
	is(poll_for(content, A_WHILE_MS), 0, "content not yet");
	reply(pre, &event, FAN_ALLOW);
	asked(content, &event, "OPEN_PERM fd=a", "then content");
	is(poll_for(notif, A_WHILE_MS), 0, "and nobody is told yet");
	reply(content, &event, FAN_ALLOW);
	is(actor_join(&actor), 0, "both allow it");
	expect(notif, "then the others are told", "OPEN fd=a");

	actor_start(&actor, look, "/d/a");
	asked(pre, &event, "OPEN_PERM fd=a", "pre-content is asked first");
	reply(pre, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "its refusal is enough");
	expect(content, "content is not even asked");
	expect(notif, "nobody is told");
	fsn_sys_close(pre);
	fsn_sys_close(content);
	fsn_sys_close(notif);
}

static void test_mounts(void)
{
	int sb = group_new(FAN_CLASS_CONTENT), mount = group_new(FAN_CLASS_CONTENT);
	struct fan_event event;
	struct actor actor;

	mark(sb, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM, "/");
	actor_start(&actor, look, "/b");
	asked(sb, &event, "OPEN_PERM fd=b", "the guard of a filesystem is asked");
	reply(sb, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "and heard");
	mark(sb, ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN_PERM, "/b");
	is(look("/b"), 0, "not for what it ignores");
	fsn_sys_close(sb);
	mark(mount, ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM | FAN_ONDIR, "/");
	actor_start(&actor, look, "/d");
	asked(mount, &event, "OPEN_PERM fd=d", "the guard of a mount is asked, for a directory, too");
	reply(mount, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "and heard");
	fsn_sys_close(mount);
}

/* What is no answer leaves the question open. */
static void test_bad_answers(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "/d/a");
	struct { struct fanotify_response response; struct fanotify_response_info_audit_rule rule; } with = {
		.rule = { .hdr = { FAN_RESPONSE_INFO_AUDIT_RULE, 0, sizeof(with.rule) } } };
	struct fan_event event;
	struct actor actor;

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	is(answer(group, event.fd, 0), -EINVAL, "neither allowed nor denied");
	is(answer(group, event.fd, FAN_ALLOW | FAN_DENY), -EINVAL, "both");
	is(answer(group, event.fd, FAN_ALLOW | 0x100), -EINVAL, "an unknown bit");
	is(answer(group, event.fd, FAN_ALLOW | FAN_AUDIT), -EINVAL, "audit, in a group without");
	is(answer(group, FAN_NOFD, FAN_ALLOW), -EINVAL, "no descriptor");
	is(answer(group, -9, FAN_ALLOW), -EINVAL, "a negative one");
	is(answer(group, 999, FAN_ALLOW), -ENOENT, "one that nobody waits for");
	is(fsn_sys_write(group, &with, 7), -EINVAL, "too short");
	is(fsn_sys_write(group, (void *)8, sizeof(struct fanotify_response)), -EFAULT, "nothing there");

	with.response = (struct fanotify_response){ event.fd, FAN_ALLOW | FAN_INFO };
	is(fsn_sys_write(group, &with, 8), -EINVAL, "information promised, none there");
	is(fsn_sys_write(group, &with, sizeof(with) - 1), -EINVAL, "too little of it");
	is(fsn_sys_write(group, &with, sizeof(with) + 1), -EINVAL, "too much of it");
	with.rule.hdr.type = FAN_RESPONSE_INFO_NONE;
	is(fsn_sys_write(group, &with, sizeof(with)), -EINVAL, "of no type");
	with.rule.hdr = (struct fanotify_response_info_header){ FAN_RESPONSE_INFO_AUDIT_RULE, 1, sizeof(with.rule) };
	is(fsn_sys_write(group, &with, sizeof(with)), -EINVAL, "with something in the padding");
	with.rule.hdr = (struct fanotify_response_info_header){ FAN_RESPONSE_INFO_AUDIT_RULE, 0, 4 };
	is(fsn_sys_write(group, &with, sizeof(with)), -EINVAL, "of another length than it says");
	with.rule.hdr.len = sizeof(with.rule);
	with.response.fd = FAN_NOFD;
	is(fsn_sys_write(group, &with, sizeof(with)), sizeof(with), "a probe whether this is known");
	ok(!actor_over(&actor), "who opens still waits");
	is(answer(group, event.fd, FAN_ALLOW), 8, "an answer");
	is(actor_join(&actor), 0, "is one");
	is(answer(group, event.fd, FAN_ALLOW), -ENOENT, "a second one is none");
	close_event(&event);
	is(audited.calls, 0, "nothing of it was audited");
	fsn_sys_close(group);
}

static void test_audit(void)
{
	int group = perm_group(FAN_CLASS_CONTENT | FAN_ENABLE_AUDIT, FAN_OPEN_PERM, "/d/a");
	struct { struct fanotify_response response; struct fanotify_response_info_audit_rule rule; } with = {
		.rule = { { FAN_RESPONSE_INFO_AUDIT_RULE, 0, sizeof(with.rule) }, 42, 1, 2 } };
	struct fan_event event;
	struct actor actor;

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	reply(group, &event, FAN_ALLOW);
	is(actor_join(&actor), 0, "allowed");
	is(audited.calls, 0, "an answer without FAN_AUDIT is not audited");

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	is(reply(group, &event, FAN_DENY | FAN_AUDIT), 8, "denied with audit");
	is(actor_join(&actor), -EPERM, "denied");
	is(audited.calls, 1, "audited once");
	is(audited.response, FAN_DENY, "with the answer");
	is(audited.rule.hdr.type, FAN_RESPONSE_INFO_NONE, "and no rule");

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "an open is asked for");
	with.response = (struct fanotify_response){ event.fd, FAN_ALLOW | FAN_AUDIT | FAN_INFO };
	is(fsn_sys_write(group, &with, sizeof(with)), sizeof(with), "allowed with audit and a rule");
	close_event(&event);
	is(actor_join(&actor), 0, "allowed");
	is(audited.calls, 2, "audited once more");
	is(audited.response, FAN_ALLOW, "with the answer");
	ok(!memcmp(&audited.rule, &with.rule, sizeof(with.rule)), "and the rule");
	fsn_sys_close(group);
}

/* A wait in a queue and a wait for an answer end when the thread is killed, and the question with them. */
static void test_killed(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "/d/a");
	struct fan_event event;
	struct actor actor;

	actor_start(&actor, look, "/d/a");
	is(poll_for(group, PATIENCE_MS), POLLIN, "a question waits to be read");
	fsn_task_interrupt(actor.task);
	pause_ms(A_WHILE_MS);
	ok(!actor_over(&actor), "a signal that does not kill ends no wait");
	fsn_task_kill(actor.task);
	is(actor_join(&actor), -ERESTARTSYS, "one that kills does");
	expect(group, "and takes the question back");

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "a question has been read");
	fsn_task_kill(actor.task);
	is(actor_join(&actor), -ERESTARTSYS, "killed while waiting for the answer");
	is(reply(group, &event, FAN_ALLOW), 8, "the answer comes too late and is taken");
	is(answer(group, event.fd, FAN_ALLOW), -ENOENT, "once");

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "a question has been read");
	fsn_task_kill(actor.task);
	is(actor_join(&actor), -ERESTARTSYS, "killed while waiting for the answer");
	close_event(&event);
	is(fsn_sys_close(group), 0, "the group is closed without having answered");
}

static void test_close(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "/d");
	struct actor actors[6];
	struct fan_event event[3];
	int i;

	mark(group, ADD, FAN_EVENT_ON_CHILD, "/d");
	for (i = 0; i < 6; i++)
		actor_start(&actors[i], look, "/d/a");
	for (i = 0; i < 3; i++)
		asked(group, &event[i], "OPEN_PERM fd=a", "some have been asked for");
	is(poll_for(group, PATIENCE_MS), POLLIN, "some wait in the queue");
	for (i = 0; i < 3; i++)
		close_event(&event[i]);
	is(fsn_sys_close(group), 0, "the group is closed");
	for (i = 0; i < 6; i++)
		is(actor_join(&actors[i]), 0, "whoever waited is allowed");
}

static void test_marks_gone(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "/d/a");
	struct fan_event event;
	struct actor actor;

	actor_start(&actor, look, "/d/a");
	asked(group, &event, "OPEN_PERM fd=a", "a question has been read");
	is(mark(group, FAN_MARK_FLUSH, 0, "/"), 0, "then the mark goes");
	is(look("/d/a"), 0, "nobody else is asked for");
	ok(!actor_over(&actor), "who waits goes on waiting");
	reply(group, &event, FAN_DENY);
	is(actor_join(&actor), -EPERM, "for the answer");
	fsn_sys_close(group);
}

/* A question that cannot be delivered is answered with no. */
static void test_undelivered(void)
{
	int group = perm_group(FAN_CLASS_CONTENT, FAN_OPEN_PERM | FAN_ONDIR, "/d"), write_only, told;
	struct fan_event event;
	struct actor actor;
	struct path at;

	actor_start(&actor, look, "/d");
	is(poll_for(group, PATIENCE_MS), POLLIN, "a question waits to be read");
	is(fsn_sys_read(group, (void *)8, 4096), -EFAULT, "into nowhere");
	is(actor_join(&actor), -EPERM, "denied");
	actor_start(&actor, look, "/d");
	is(poll_for(group, PATIENCE_MS), POLLIN, "a question waits to be read");
	is(fsn_sys_read(group, &event, 23), -EINVAL, "into too short a buffer");
	ok(!actor_over(&actor), "where it stays");
	is(fsn_sys_close(group), 0, "until the group is closed");
	is(actor_join(&actor), 0, "allowed");

	path_of("/b", &at);
	is(fsn_deny_write_access(at.dentry->d_inode), 0, "a program that runs");
	write_only = (int)sys_fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK, O_WRONLY);
	mark(write_only, ADD, FAN_OPEN_PERM, "/b");
	actor_start(&actor, look, "/b");
	is(poll_for(write_only, PATIENCE_MS), POLLIN, "a question of a file that cannot be opened for writing");
	is(read_one(write_only, &event), -ETXTBSY, "cannot be read");
	is(actor_join(&actor), -EPERM, "denied");
	fsn_sys_close(write_only);

	told = (int)sys_fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_REPORT_FD_ERROR, O_WRONLY);
	mark(told, ADD, FAN_OPEN_PERM, "/b");
	actor_start(&actor, look, "/b");
	asked(told, &event, "OPEN_PERM fd=-26", "with FAN_REPORT_FD_ERROR one is told");
	is(actor_join(&actor), -EPERM, "denied all the same");
	is(answer(told, event.fd, FAN_ALLOW), -EINVAL, "and there is nothing to answer");
	fsn_sys_close(told);
	fsn_allow_write_access(at.dentry->d_inode);
	path_put(&at);
}

int main(void)
{
	tests_begin();
	scribble("/d/a");
	test_answers();
	test_kinds();
	test_classes();
	test_mounts();
	test_bad_answers();
	test_audit();
	test_killed();
	test_close();
	test_marks_gone();
	test_undelivered();
	return tests_end();
}
