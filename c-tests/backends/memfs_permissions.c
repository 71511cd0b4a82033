/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memfs for others than root: what each system call refuses, what writing takes away from a file's mode, and that what is
 * refused makes no event. And the handles of its files.
 */
/* fsn-sources: memfs.c memfs_names.c memfs_files.c memfs_attr.c */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/exportfs.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/fsnotify_backend.h>
#include <linux/namei.h>
#include <linux/statfs.h>

#include "../tap.h"
#include "memfs.h"

static __u32 heard;

static int on_event(struct fsnotify_mark *mark, __u32 mask, struct inode *inode, struct inode *dir, const struct qstr *name,
		    __u32 cookie)
{
	(void)mark, (void)inode, (void)dir, (void)name, (void)cookie;
	heard |= mask & ~(FS_ISDIR | FS_EVENT_ON_CHILD);
	return 0;
}

static void free_mark(struct fsnotify_mark *mark)
{
	free(mark);
}

static const struct fsnotify_ops ops = { .handle_inode_event = on_event, .free_mark = free_mark };

static void watch(struct fsnotify_group *group, const char *name)
{
	struct fsnotify_mark *mark = calloc(1, sizeof(*mark));
	struct path path;

	kern_path(name, 0, &path);
	fsnotify_init_mark(mark, group);
	mark->mask = FS_EVENTS_POSS_ON_CHILD | FS_EVENT_ON_CHILD | FS_CREATE | FS_DELETE | FS_MOVED_FROM | FS_MOVED_TO;
	fsnotify_add_inode_mark(mark, d_inode(path.dentry), 0);
	fsnotify_put_mark(mark);
	path_put(&path);
}

/* The events since the last look. */
static __u32 events(void)
{
	__u32 seen = heard;

	heard = 0;
	return seen;
}

/* Another user: root has every capability, whoever runs the test, and anybody else has none. */
static const struct cred *become(unsigned int uid)
{
	struct cred *cred = prepare_creds();
	const struct cred *old;

	cred->fsuid.val = cred->euid.val = uid;
	cred->fsgid.val = cred->egid.val = uid;
	cred->cap_effective = uid ? CAP_EMPTY_SET : CAP_FULL_SET;
	old = override_creds(cred);
	put_cred(cred);
	return old;
}

static void make_file(const char *name, int mode, unsigned int uid)
{
	mem_close(mem_open(name, O_CREAT | O_WRONLY, 0600));
	mem_chown(name, uid, uid);
	mem_chmod(name, mode);
}

static void refusals(void)
{
	const struct cred *old;
	struct stat st;
	int fd;

	old = become(1000);
	is(mem_open("/shut/new", O_CREAT | O_WRONLY, 0600), -EACCES, "no file in another's directory");
	is(mem_open("/shut/his", O_CREAT | O_RDONLY, 0600), -EACCES, "nor may it be looked up there");
	is(mem_mkdir("/read/new", 0700), -EACCES, "no directory");
	is(mem_symlink("x", "/read/new"), -EACCES, "no symbolic link");
	is(mem_mknod("/read/new", S_IFIFO | 0600), -EACCES, "no pipe");
	is(mem_link("/open/mine", "/read/new"), -EACCES, "no link");
	is(mem_unlink("/read/his"), -EACCES, "nothing is removed");
	is(mem_rename("/read/his", "/open/his", 0), -EACCES, "nor moved away");
	is(mem_open("/read/his", O_WRONLY, 0), -EACCES, "nor written");
	is(mem_open("/read/his", O_RDONLY | O_TRUNC, 0), -EACCES, "nor truncated");
	is(mem_truncate("/read/his", 0), -EACCES, "either way");
	is(mem_execve("/read/his"), -EACCES, "nor executed");
	is(mem_chmod("/read/his", 0777), -EPERM, "nor given other permissions");
	is(mem_chown("/open/mine", 1001, -1), -EPERM, "nor given away");
	is(mem_chown("/open/mine", -1, 1001), -EPERM, "not to a group either");
	is(mem_setxattr("/read/his", "user.x", "1", 1, 0), -EACCES, "no attribute");
	is(mem_setxattr("/open/mine", "trusted.x", "1", 1, 0), -EPERM, "none of the administrator's");
	is(mem_utimens("/read/his", NULL, 0), -EACCES, "no times");
	is(mem_unlink("/sticky/his"), -EPERM, "nothing of others' in a sticky directory");
	is(mem_rename("/sticky/his", "/sticky/x", 0), -EPERM, "it is not moved");
	is(mem_rename("/sticky/mine", "/sticky/his", 0), -EPERM, "nor replaced");
	is(mem_access("/read/his", 2), -EACCES, "access() says so");
	is(mem_access("/read/his", 4), 0, "reading is allowed");
	is(mem_chdir("/shut"), -EACCES, "nor a working directory");
	is(mem_chroot("/open"), -EPERM, "nor another root");
	is(events(), 0, "what is refused is not told");

	fd = mem_open("/read/his", O_RDONLY, 0);
	ok(fd >= 0, "what is allowed");
	mem_close(fd);
	is(mem_unlink("/sticky/mine"), 0, "one's own in a sticky directory");
	is(events(), FS_OPEN | FS_CLOSE_NOWRITE | FS_DELETE, "is told");
	fd = mem_open("/open/new", O_CREAT | O_WRONLY, 0666);
	mem_fstat(fd, &st);
	ok(st.st_uid == 1000 && st.st_gid == 1000 && (st.st_mode & 07777) == 0644, "a new file's owner and permissions");
	mem_close(fd);
	fd = mem_open("/open/none", O_CREAT | O_WRONLY, 0000);
	ok(fd >= 0, "may be written by whoever makes it");
	mem_close(fd);
	is(mem_open("/open/none", O_RDONLY, 0), -EACCES, "once");
	revert_creds(old);
}

static void bits(void)
{
	const struct cred *old = become(1000);
	struct stat st;
	int fd;

	mem_chmod("/open/mine", 06755);
	fd = mem_open("/open/mine", O_WRONLY, 0);
	events();
	is(mem_write(fd, "x", 1), 1, "writing");
	is(events(), FS_MODIFY | FS_ATTRIB, "changes the mode");
	mem_fstat(fd, &st);
	is(st.st_mode & 07777, 0755, "set-user-ID and set-group-ID go");
	is(mem_write(fd, "x", 1), 1, "writing again");
	is(events(), FS_MODIFY, "does not");
	is(mem_execve("/open/mine"), -ETXTBSY, "what is written is not executed");
	mem_close(fd);
	mem_chmod("/open/mine", 04755);
	events();
	is(mem_truncate("/open/mine", 0), 0, "truncating");
	is(events(), FS_MODIFY | FS_ATTRIB, "takes it away, too");
	mem_chmod("/open/mine", 0700);
	is(mem_execve("/open/mine"), -ENOEXEC, "what is not written is");
	revert_creds(old);
}

static void handles(void)
{
	__kernel_fsid_t one, other;
	struct dentry *dentry;
	struct fid fid;
	struct path path;
	int words = 4, type;

	kern_path("/open/mine", 0, &path);
	type = exportfs_encode_fid(d_inode(path.dentry), &fid, &words);
	ok(type == FILEID_INO32_GEN && words == 3, "a handle as of tmpfs");
	ok(exportfs_can_decode_fh(path.dentry->d_sb->s_export_op), "that can be looked up");
	dentry = exportfs_decode_fh(path.mnt, &fid, words, type, NULL, NULL);
	ok(dentry == path.dentry, "leads to its file");
	dput(dentry);
	mem_unlink("/open/mine");
	dentry = exportfs_decode_fh(path.mnt, &fid, words, type, NULL, NULL);
	ok(dentry == path.dentry, "also without a name, for as long as it is open");
	dput(dentry);
	path_put(&path);
	kern_path("/", 0, &path);
	dentry = exportfs_decode_fh(path.mnt, &fid, words, type, NULL, NULL);
	ok((long)dentry == -ESTALE, "and no longer");
	is(vfs_get_fsid(path.dentry, &one), 0, "an id");
	path_put(&path);
	mem_mount("/shut");
	kern_path("/shut", 0, &path);
	is(vfs_get_fsid(path.dentry, &other), 0, "that of another filesystem");
	ok((one.val[0] || one.val[1]) && memcmp(&one, &other, sizeof(one)), "is another");
	path_put(&path);
	mem_umount("/shut", 0);
}

int main(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	static const char *const dirs[] = { "/shut", "/read", "/open", "/sticky" };
	const struct cred *old = become(0);
	size_t i;

	is(mem_init(), 0, "begins");
	for (i = 0; i < 4; i++)
		mem_mkdir(dirs[i], 0755);
	make_file("/shut/his", 0644, 0);
	make_file("/read/his", 0644, 0);
	make_file("/open/mine", 0644, 1000);
	make_file("/sticky/his", 0644, 0);
	make_file("/sticky/mine", 0644, 1000);
	mem_chmod("/shut", 0700);
	mem_chmod("/open", 0777);
	mem_chmod("/sticky", 01777);
	for (i = 0; i < 4; i++)
		watch(group, dirs[i]);
	refusals();
	bits();
	handles();
	fsnotify_destroy_group(group);
	mem_exit();
	revert_creds(old);
	return done_testing();
}
