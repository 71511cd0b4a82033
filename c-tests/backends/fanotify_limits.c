// SPDX-License-Identifier: GPL-2.0-or-later
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-cflags: -D_GNU_SOURCE */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
/*
 * Users without privileges, limits of groups and marks for each user, and what fdinfo shows.
 */
#include <linux/fanotify.h>

#include "fanotify_test.h"

#define GROUPS "fs/fanotify/max_user_groups"
#define MARKS "fs/fanotify/max_user_marks"
#define EVENTS "fs/fanotify/max_queued_events"

/* The calling thread acts as this user, who has no capabilities. */
static const struct cred *become(unsigned int uid)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	cred->uid = cred->euid = cred->suid = cred->fsuid = KUIDT_INIT(uid);
	cap_clear(cred->cap_effective);
	cap_clear(cred->cap_permitted);
	old = override_creds(cred);
	put_cred(cred);
	return old;
}

static long init_once(unsigned int flags)
{
	long fd = sys_fanotify_init(flags, O_RDONLY);

	if (fd >= 0)
		fsn_sys_close((int)fd);
	return fd < 0 ? fd : 0;
}

static int look_at_b(const char *unused)
{
	(void)unused;
	return look("/b");
}

static void test_unprivileged(void)
{
	static const unsigned int refused[] = { FAN_CLASS_CONTENT, FAN_CLASS_PRE_CONTENT, FAN_REPORT_TID, FAN_REPORT_PIDFD,
		FAN_REPORT_FD_ERROR, FAN_UNLIMITED_QUEUE, FAN_UNLIMITED_MARKS };
	int group, admin = group_new(FAN_REPORT_FID), wrong = 0;
	const struct cred *root;
	struct actor actor;
	size_t i;

	mem_chmod("/d/a", 0600);
	root = become(1000);
	is(init_once(FAN_CLASS_NOTIF), -EPERM, "without privileges no descriptors in events");
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		wrong += init_once(FAN_REPORT_FID | refused[i]) != -EPERM;
	is(wrong, 0, "and nothing else that needs them");
	is(init_once(FAN_REPORT_FID | FAN_ENABLE_AUDIT), -EPERM, "nor audit");
	is(init_once(0x80000000u | FAN_REPORT_FID), -EINVAL, "nor what is nobody's to ask for");
	group = group_new(FAN_REPORT_DFID_NAME_TARGET);
	ok(group >= 0, "but handles and names");
	is(mark(group, ADD, FAN_OPEN | FAN_EVENT_ON_CHILD | FAN_CREATE, "/"), 0, "of inodes");
	is(mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN, "/"), -EPERM, "not of mounts");
	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/"), -EPERM, "not of filesystems");
	is(mark(admin, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/"), -EPERM, "not even in a group made with them");
	is(mark(group, ADD, FAN_OPEN, "/d/a"), -EACCES, "nor of what one may not read");
	look("/b");
	expect(group, "one's own doings have a process", "OPEN dfid=//b fid=b");
	revert_creds(root);

	is(mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/"), -EPERM, "not even with privileges in a group made without");
	is(mark(admin, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, "/"), 0, "with privileges in one made with them");
	actor_start(&actor, look_at_b, NULL);
	actor_join(&actor);
	expect(group, "what a thread of one's own does is one's own", "OPEN dfid=//b fid=b");
	mem_chmod("/d/a", 0644);
	fsn_sys_close(admin);
	fsn_sys_close(group);
}

static void test_groups(void)
{
	const struct cred *root;
	int one, two, three;

	is(set_sysctl(GROUPS, "2\n"), 0, "two groups a user");
	one = group_new(FAN_CLASS_NOTIF);
	two = group_new(FAN_CLASS_NOTIF);
	is(init_once(FAN_CLASS_NOTIF), -EMFILE, "the third is one too many");
	root = become(1000);
	three = group_new(FAN_REPORT_FID);
	ok(three >= 0, "another user has two of his own");
	revert_creds(root);
	fsn_sys_close(two);
	is(init_once(FAN_CLASS_NOTIF), 0, "a closed one makes room");
	fsn_sys_close(one);
	fsn_sys_close(three);
	is(set_sysctl(GROUPS, "-1\n"), -EINVAL, "less than none cannot be set");
	is(set_sysctl(GROUPS, "128\n"), 0, "the usual number");
}

static void test_marks(void)
{
	int one, two, unlimited, early = group_new(FAN_UNLIMITED_MARKS);
	const struct cred *root;

	mark(early, ADD, FAN_OPEN, "/");
	is(set_sysctl(MARKS, "2\n"), 0, "two marks a user");
	one = group_new(FAN_CLASS_NOTIF);
	two = group_new(FAN_REPORT_FID);
	unlimited = group_new(FAN_UNLIMITED_MARKS);
	is(mark(one, ADD, FAN_OPEN, "/d/a"), 0, "the first");
	is(mark(two, ADD, FAN_OPEN, "/d/a"), 0, "the second, in another group");
	is(mark(one, ADD, FAN_OPEN, "/b"), -ENOSPC, "the third is one too many");
	is(mark(one, ADD, FAN_ACCESS, "/d/a"), 0, "a mark that is there can grow");
	is(mark(unlimited, ADD, FAN_OPEN, "/b"), 0, "a group without limit");
	is(mark(unlimited, ADD, FAN_OPEN, "/d/a"), 0, "has none");
	is(mark(unlimited, ADD, FAN_OPEN, "/d"), 0, "at all");
	fsn_sys_close(unlimited);
	is(mark(one, ADD, FAN_OPEN, "/b"), -ENOSPC, "whose end makes no room");
	is(mark(two, REMOVE, FAN_OPEN, "/d/a"), 0, "a mark removed");
	is(mark(one, ADD, FAN_OPEN, "/b"), 0, "does");
	is(mark(two, ADD, FAN_OPEN, "/d/a"), -ENOSPC, "for one");
	is(mark(one, FAN_MARK_FLUSH, 0, "/"), 0, "a flush");
	is(mark(two, ADD, FAN_OPEN, "/d/a"), 0, "makes room");
	is(mark(two, ADD, FAN_OPEN, "/b"), 0, "for two");
	root = become(1000);
	is(mark(two, ADD, FAN_OPEN, "/d"), -ENOSPC, "the group's user counts, not who marks");
	revert_creds(root);
	fsn_sys_close(two);
	is(mark(one, ADD, FAN_OPEN, "/b"), 0, "a closed group makes room");
	is(mark(one, REMOVE, FAN_OPEN, "/b"), 0, "removed");
	touch("/gone");
	is(mark(one, ADD, FAN_OPEN, "/gone"), 0, "the mark of a file");
	is(mark(one, ADD, FAN_OPEN, "/b"), 0, "another");
	mem_unlink("/gone");
	is(mark(one, ADD, FAN_OPEN, "/d"), 0, "goes with it");
	fsn_sys_close(one);
	fsn_sys_close(early);
	is(set_sysctl(MARKS, "1048576\n"), 0, "the usual number");
}

static void test_sysctl(void)
{
	char text[32];
	long n = fsn_sysctl_read(EVENTS, text, sizeof(text));

	ok(n == 6 && !memcmp(text, "16384\n", 6), "16384 events by default");
	is(set_sysctl(EVENTS, "-1\n"), -EINVAL, "not less than none");
	is(set_sysctl(EVENTS, "many\n"), -EINVAL, "a number");
	n = fsn_sysctl_read(GROUPS, text, sizeof(text));
	ok(n == 4 && !memcmp(text, "128\n", 4), "128 groups a user");
	n = fsn_sysctl_read(MARKS, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	ok(atol(text) >= 8192 && atol(text) <= 1048576, "marks by the memory of the machine: %ld", atol(text));
}

/* The line of an inode's mark. */
static void inode_line(char *line, size_t size, const char *path, unsigned int flags, unsigned int mask, unsigned int ignored)
{
	unsigned char handle[MAX_HANDLE_SZ];
	int words = MAX_HANDLE_SZ >> 2, type, i;
	struct path at;
	size_t n;

	path_of(path, &at);
	type = exportfs_encode_fid(at.dentry->d_inode, (struct fid *)handle, &words);
	n = (size_t)snprintf(line, size, "fanotify ino:%lx sdev:%x mflags:%x mask:%x ignored_mask:%x fhandle-bytes:%x "
			     "fhandle-type:%x f_handle:", at.dentry->d_inode->i_ino, at.mnt->mnt_sb->s_dev, flags, mask,
			     ignored, words << 2, type);
	for (i = 0; i < words << 2; i++)
		n += (size_t)snprintf(line + n, size - n, "%02x", handle[i]);
	snprintf(line + n, size - n, "\n");
	path_put(&at);
}

static void test_fdinfo(void)
{
	int group = (int)sys_fanotify_init(FAN_NONBLOCK | FAN_CLASS_CONTENT, O_RDWR);
	char text[2048], want[2048], line[512];
	struct path at;
	const char *from;

	path_of("/", &at);
	mark(group, ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM, "/");
	mark(group, ADD | FAN_MARK_MOUNT, FAN_OPEN | FAN_ONDIR, "/");
	mark(group, ADD | FAN_MARK_IGNORE_SURV, FAN_CLOSE | FAN_EVENT_ON_CHILD, "/d");
	mark(group, ADD | FAN_MARK_EVICTABLE, FAN_MODIFY, "/b");
	mark(group, ADD | FAN_MARK_EVICTABLE | FAN_MARK_IGNORED_MASK, FAN_ACCESS, "/b");
	ok(fsn_sys_fdinfo(group, text, sizeof(text)) > 0, "fdinfo has something to show");
	from = strstr(text, "fanotify flags");
	snprintf(want, sizeof(want), "fanotify flags:%x event-flags:%x\n", FAN_NONBLOCK | FAN_CLASS_CONTENT, O_RDWR | O_LARGEFILE);
	inode_line(line, sizeof(line), "/b", FAN_MARK_EVICTABLE, FAN_MODIFY, FAN_ACCESS);
	strcat(want, line);
	inode_line(line, sizeof(line), "/d", FAN_MARK_IGNORE_SURV, 0, FAN_CLOSE | FAN_EVENT_ON_CHILD);
	strcat(want, line);
	snprintf(line, sizeof(line), "fanotify mnt_id:%x mflags:0 mask:%x ignored_mask:0\n", container_of(at.mnt, struct mount, mnt)->mnt_id,
		 FAN_OPEN | FAN_ONDIR);
	strcat(want, line);
	snprintf(line, sizeof(line), "fanotify sdev:%x mflags:0 mask:%x ignored_mask:0\n", at.mnt->mnt_sb->s_dev, FAN_OPEN_PERM);
	strcat(want, line);
	path_put(&at);
	is_str(from ? from : text, want, "the group and its marks, the newest first");
	is(fsn_sys_fdinfo(group, line, 64), (long)strlen(text), "a text that does not fit has its length");
	ok(strlen(line) == 63 && !strncmp(line, text, 63), "and is cut");
	fsn_sys_close(group);
}

int main(void)
{
	tests_begin();
	test_sysctl();
	test_unprivileged();
	test_groups();
	test_marks();
	test_fdinfo();
	return tests_end();
}
