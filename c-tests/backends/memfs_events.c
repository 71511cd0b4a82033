/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memfs by itself: what the system calls return, and which events they make in which order. A listener on a directory, a file
 * in it or the superblock writes each event into a line of text.
 */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>
#include <linux/namei.h>

#include "../tap.h"
#include "memfs.h"

static char heard[2048];

static const struct { __u32 bit; const char *word; } words[] = {
	{ FS_ACCESS, "access" }, { FS_MODIFY, "modify" }, { FS_ATTRIB, "attrib" }, { FS_CLOSE_WRITE, "close-write" },
	{ FS_CLOSE_NOWRITE, "close" }, { FS_OPEN, "open" }, { FS_MOVED_FROM, "from" }, { FS_MOVED_TO, "to" },
	{ FS_CREATE, "create" }, { FS_DELETE, "delete" }, { FS_DELETE_SELF, "delete-self" }, { FS_MOVE_SELF, "move-self" },
	{ FS_OPEN_EXEC, "exec" }, { FS_UNMOUNT, "unmount" },
};

static int on_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name,
		    __u32 cookie)
{
	size_t used = strlen(heard), i;

	(void)mark, (void)inode, (void)dir, (void)cookie;
	used += (size_t)snprintf(heard + used, sizeof(heard) - used, "%s", used ? " " : "");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (mask & words[i].bit)
			used += (size_t)snprintf(heard + used, sizeof(heard) - used, "%s,", words[i].word);
	used--;
	snprintf(heard + used, sizeof(heard) - used, "%s%s%.*s", mask & FS_ISDIR ? "/" : "", name ? ":" : "",
		 name ? (int)name->len : 0, name ? (const char *)name->name : "");
	return 0;
}

static void free_mark(struct fsnotify_mark *mark)
{
	free(mark);
}

static const struct fsnotify_ops ops = { .handle_inode_event = on_event, .free_mark = free_mark };
static struct fsnotify_group *group;

static void watch(const char *name)
{
	struct fsnotify_mark *mark = calloc(1, sizeof(*mark));
	struct path path;
	int err = kern_path(name, 0, &path);

	fsnotify_init_mark(mark, group);
	mark->mask = FS_EVENTS_POSS_ON_CHILD | FS_DELETE_SELF | FS_MOVE_SELF | FS_UNMOUNT | FS_CREATE | FS_DELETE |
		     FS_MOVED_FROM | FS_MOVED_TO | FS_EVENT_ON_CHILD;
	if (!err) {
		err = fsnotify_add_inode_mark(mark, d_inode(path.dentry), 0);
		path_put(&path);
	}
	fsnotify_put_mark(mark);
	ok(!err, "%s is watched", name);
}

static void begin(void)
{
	group = fsnotify_alloc_group(&ops, 0);
	heard[0] = '\0';
}

static void end(void)
{
	fsnotify_destroy_group(group);
}

#define expect(events, what) __extension__ ({		\
	is_str(heard, events, what);			\
	heard[0] = '\0';				\
})

static void files(void)
{
	char buf[16];
	int fd;

	is(mem_mkdir("/d", 0755), 0, "mkdir");
	begin();
	watch("/d");
	fd = mem_open("/d/f", O_RDWR | O_CREAT, 0644);
	ok(fd >= 0, "open makes a file");
	expect("create:f open:f", "a new file: made, then opened");
	is(mem_write(fd, "hello", 5), 5, "write");
	is(mem_write(fd, "", 0), 0, "write of nothing");
	expect("modify:f", "only what was written counts");
	is(mem_lseek(fd, 1, SEEK_SET), 1, "lseek");
	is(mem_read(fd, buf, sizeof(buf)), 4, "read");
	ok(!memcmp(buf, "ello", 4), "what was written");
	is(mem_read(fd, buf, sizeof(buf)), 0, "the end");
	expect("access:f", "the end of a file is no access");
	is(mem_pwrite(fd, "J", 1, 0), 1, "pwrite");
	is(mem_pread(fd, buf, 2, 0), 2, "pread");
	ok(!memcmp(buf, "Je", 2), "in its place");
	is(mem_ftruncate(fd, 5), 0, "truncate to the same size");
	is(mem_fallocate(fd, 0, 0, 100), 0, "fallocate");
	expect("modify:f access:f modify:f modify:f", "truncating and allocating are modifications");
	is(mem_close(fd), 0, "close");
	expect("close-write:f", "closed");
	is(mem_close(fd), -EBADF, "closed only once");
	is(mem_open("/d/f", O_RDONLY | O_CREAT | O_EXCL, 0644), -EEXIST, "O_EXCL");
	fd = mem_open("/d/f", O_WRONLY | O_TRUNC, 0);
	expect("open:f modify:f", "opened, then truncated");
	is(mem_read(fd, buf, 1), -EBADF, "not for reading");
	mem_close(fd);
	heard[0] = '\0';
	is(mem_open("/d/f/", O_RDONLY, 0), -ENOTDIR, "a file is no directory");
	is(mem_open("/d/g/", O_CREAT, 0), -EISDIR, "no directory can be made");
	is(mem_open("/d", O_WRONLY, 0), -EISDIR, "no directory can be written");
	is(mem_open("/d/none", O_RDONLY, 0), -ENOENT, "nothing there");
	fd = mem_open("/d/f", O_PATH, 0);
	is(mem_read(fd, buf, 1), -EBADF, "O_PATH is not for reading");
	mem_close(fd);
	expect("", "O_PATH makes no events");
	is(mem_chmod("/d/f", 0600), 0, "chmod");
	is(mem_chown("/d/f", -1, -1), 0, "chown of nothing");
	expect("attrib:f", "chmod is told, chown of nothing is not");
	end();
}

static void times(void)
{
	struct timespec both[2] = { { 1, 0 }, { 2, 0 } };

	begin();
	watch("/d");
	mem_utimens("/d/f", both, 0);
	both[0].tv_nsec = UTIME_OMIT;
	mem_utimens("/d/f", both, 0);
	both[0].tv_nsec = 0;
	both[1].tv_nsec = UTIME_OMIT;
	mem_utimens("/d/f", both, 0);
	mem_utimens("/d/f", NULL, 0);
	expect("attrib:f modify:f access:f attrib:f", "both times, one, the other, now");
	is(mem_setxattr("/d/f", "user.x", "1", 1, 0), 0, "setxattr");
	is(mem_removexattr("/d/f", "user.x"), 0, "removexattr");
	is(mem_removexattr("/d/f", "user.x"), -ENODATA, "there is none");
	expect("attrib:f attrib:f", "both are changes of attributes");
	is(mem_execve("/d/f"), -EACCES, "no program");
	mem_chmod("/d/f", 0700);
	heard[0] = '\0';
	is(mem_truncate("/d/f", 3), 0, "truncate");
	is(mem_execve("/d/f"), -ENOEXEC, "no program either");
	expect("modify:f open,exec:f access:f close:f", "opened for execution, read, closed");
	end();
}

static void names(void)
{
	struct stat st;
	char buf[512];
	int fd;

	begin();
	watch("/d");
	is(mem_link("/d/f", "/d/g"), 0, "link");
	expect("create:g", "a new name; that the inode changed is told to itself alone");
	is(mem_unlink("/d/g"), 0, "unlink");
	expect("delete:g", "one name less");
	is(mem_symlink("f", "/d/s"), 0, "symlink");
	is(mem_readlink("/d/s", buf, sizeof(buf)), 1, "readlink");
	is(mem_lstat("/d/s", &st), 0, "lstat");
	ok(S_ISLNK(st.st_mode), "a symbolic link");
	is(mem_open("/d/s", O_RDONLY | O_NOFOLLOW, 0), -ELOOP, "O_NOFOLLOW");
	fd = mem_open("/d/s", O_RDONLY, 0);
	mem_close(fd);
	expect("create:s open:f close:f", "through the link");
	is(mem_symlink("new", "/d/nowhere"), 0, "a link to nowhere");
	fd = mem_open("/d/nowhere", O_CREAT | O_WRONLY, 0600);
	ok(fd >= 0, "is opened");
	mem_close(fd);
	expect("create:nowhere create:new open:new close-write:new", "where it points to");
	is(mem_mkdir("/d/sub", 0755), 0, "mkdir");
	is(mem_mkdir("/d/sub", 0755), -EEXIST, "only once");
	is(mem_rmdir("/d/f"), -ENOTDIR, "no directory");
	is(mem_unlink("/d/sub"), -EISDIR, "a directory");
	is(mem_mkdir("/d/sub/deep", 0755), 0, "mkdir below");
	is(mem_rmdir("/d/sub"), -ENOTEMPTY, "not empty");
	is(mem_rmdir("/d/sub/deep"), 0, "rmdir");
	expect("create/:sub", "only what is in the directory itself");
	fd = mem_open("/d/sub", O_RDONLY | O_DIRECTORY, 0);
	ok(mem_getdents(fd, buf, sizeof(buf)) > 0, "getdents");
	is(mem_getdents(fd, buf, sizeof(buf)), 0, "the end");
	mem_close(fd);
	expect("open/:sub access/:sub access/:sub close/:sub", "each getdents is an access");
	is(mem_rmdir("/d/sub"), 0, "rmdir");
	expect("delete/:sub", "gone");
	end();
}

static void renames(void)
{
	int fd;

	is(mem_mkdir("/e", 0755), 0, "another directory");
	mem_close(mem_open("/d/a", O_CREAT, 0600));
	mem_close(mem_open("/d/b", O_CREAT, 0600));
	begin();
	watch("/d");
	is(mem_rename("/d/a", "/d/c", 0), 0, "rename");
	expect("from:a to:c", "old name, new name");
	is(mem_rename("/d/c", "/d/b", 1), -EEXIST, "RENAME_NOREPLACE");
	is(mem_rename("/d/c", "/d/b", 0), 0, "rename over");
	expect("from:c to:b", "what was there is told to itself alone");
	is(mem_rename("/d/b", "/e/b", 0), 0, "to another directory");
	expect("from:b", "left");
	is(mem_rename("/d/none", "/d/x", 0), -ENOENT, "nothing there");
	is(mem_rename("/d", "/d/x", 0), -EINVAL, "into itself");
	is(mem_rename("/e/b", "/d", 0), -EISDIR, "a file over a directory");
	is(mem_rename("/e/b", "/d/f", 2), 0, "RENAME_EXCHANGE");
	expect("to:f from:f", "both ways");
	mem_link("/d/f", "/d/f2");
	heard[0] = '\0';
	is(mem_rename("/d/f", "/d/f2", 0), 0, "two names of one inode");
	expect("", "nothing happens");
	end();
	begin();
	watch("/d/f");
	watch("/e/b");
	is(mem_rename("/d/f", "/e/b", 0), 0, "over a watched file");
	expect("attrib move-self delete-self", "the other has a link less, this one moved, the other is gone");
	fd = mem_open("/e/b", O_RDONLY, 0);
	mem_unlink("/d/f2");
	heard[0] = '\0';
	is(mem_unlink("/e/b"), 0, "unlink of an open file");
	expect("attrib", "it has no name, but is there");
	mem_close(fd);
	expect("close delete-self", "gone with the last close");
	end();
}

static void mounts(void)
{
	struct stat st;
	int fd;

	is(mem_mkdir("/m", 0755), 0, "a place");
	is(mem_mount("/m"), 0, "mount");
	is(mem_mkdir("/m/in", 0755), 0, "mkdir in it");
	is(mem_rmdir("/m"), -EBUSY, "a mountpoint cannot be removed");
	is(mem_rename("/d", "/m/d", 0), -EXDEV, "nor can something be moved into it");
	is(mem_stat("/m/../d", &st), 0, "up from it");
	begin();
	watch("/m/in");
	fd = mem_open("/m/in", O_RDONLY, 0);
	is(mem_umount("/m", 0), -EBUSY, "in use");
	mem_close(fd);
	heard[0] = '\0';
	is(mem_umount("/m", 0), 0, "umount");
	expect("unmount/", "told to what is watched");
	is(mem_umount("/m", 0), -EINVAL, "only once");
	is(mem_stat("/m/in", &st), -ENOENT, "what was below is seen again");
	is(mem_mount("/m"), 0, "mount again");
	is(mem_mkdir("/m/in", 0755), 0, "mkdir in it");
	watch("/m/in");
	fd = mem_open("/m/in", O_RDONLY, 0);
	heard[0] = '\0';
	is(mem_umount("/m", 2), 0, "MNT_DETACH");
	is(mem_stat("/m/in", &st), -ENOENT, "it cannot be reached");
	expect("", "but is in use");
	mem_close(fd);
	expect("close/ unmount/", "until the last close");
	end();
}

static void working_directory(void)
{
	struct stat a, b;
	struct cred *root = prepare_creds();
	const struct cred *old;
	int fd;

	is(mem_chdir("/e"), 0, "chdir");
	mem_close(mem_open("here", O_CREAT, 0600));
	is(mem_stat("/e/here", &a), 0, "a relative path");
	is(mem_chdir("/"), 0, "back");
	is(mem_stat("here", &b), -ENOENT, "not there");
	fd = mem_open("/e", O_RDONLY, 0);
	is(mem_fchdir(fd), 0, "fchdir");
	is(mem_stat("../e/./here", &b), 0, "a relative path");
	ok(a.st_ino == b.st_ino, "the same file");
	mem_chdir("/");
	/* whoever runs the test */
	root->cap_effective = CAP_FULL_SET;
	old = override_creds(root);
	put_cred(root);
	is(mem_chroot("/e"), 0, "chroot");
	revert_creds(old);
	is(mem_stat("/here", &b), 0, "another root");
	is(mem_stat("/../../here", &b), 0, "which nothing is above");
	mem_close(fd);
}

int main(void)
{
	is(mem_init(), 0, "begins");
	files();
	times();
	names();
	renames();
	mounts();
	working_directory();
	mem_exit();
	return done_testing();
}
