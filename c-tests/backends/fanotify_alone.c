/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linux's fanotify, unmodified, on a program's own inode, linked with nothing of audit: a listener that asks for its answers to
 * be audited gets what it gets of a kernel without audit.
 */
/* fsn-backends: fanotify fanotify_user fdinfo */
/* fsn-series: 6.12 6.1 */
#include <linux/fanotify.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fsnotify.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <pthread.h>
#include "../tap.h"

long sys_fanotify_init(unsigned int flags, unsigned int event_f_flags);
long sys_fanotify_mark(int fd, unsigned int flags, __u64 mask, int dfd, const char *path);

static struct path place;

/* Opens the file as a client would; the hook's answer. */
static void *open_it(void *answer)
{
	struct file *file = dentry_open(&place, O_RDONLY, current_cred());

	*(int *)answer = fsnotify_open_perm(file);
	fput(file);
	return NULL;
}

static void quiet(void *arg, int level, const char *function, const char *message)
{
	(void)arg, (void)level, (void)function, (void)message;
}

int main(void)
{
	static struct file_system_type type = { .name = "alone" };
	static const struct super_operations super_operations;
	static const struct file_operations file_operations;
	struct super_block *sb = fsn_alloc_super(&type, &super_operations, 0);
	struct vfsmount *mnt;
	struct inode *root = new_inode(sb), *inode = new_inode(sb);
	struct qstr name = QSTR_INIT("file", 4);
	struct fanotify_event_metadata event;
	struct fanotify_response response;
	struct fsn_stats stats;
	pthread_t client;
	int fd, answer = 1;

	fsn_set_log(quiet, NULL);
	root->i_mode = S_IFDIR | 0755;
	inode->i_mode = S_IFREG | 0644;
	inode->i_fop = &file_operations;
	sb->s_root = d_make_root(root);
	mnt = fsn_alloc_mount(sb);
	fsn_attach_mount(mnt, NULL);
	fsn_set_fs_root(&(struct path){ .mnt = mnt, .dentry = sb->s_root });
	name.hash = full_name_hash(sb->s_root, "file", 4);
	place.mnt = mnt;
	place.dentry = d_alloc(sb->s_root, &name);
	d_add(place.dentry, inode);

	fd = (int)sys_fanotify_init(FAN_CLASS_CONTENT | FAN_ENABLE_AUDIT, O_RDONLY);
	is(fd, 0, "an instance whose answers are audited");
	is(sys_fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "/file"), 0, "a mark that asks");
	pthread_create(&client, NULL, open_it, &answer);
	is(fsn_sys_read(fd, &event, sizeof(event)), (long)sizeof(event), "a question");
	is(event.mask, FAN_OPEN_PERM, "may it be opened?");
	response.fd = event.fd;
	response.response = FAN_DENY | FAN_AUDIT;
	is(fsn_sys_write(fd, &response, sizeof(response)), (long)sizeof(response), "no, and this is to be audited");
	pthread_join(client, NULL);
	is(answer, -EPERM, "the client may not, and nobody is told");
	fsn_sys_close(event.fd);
	fsn_sys_close(fd);

	dput(place.dentry);
	fsn_set_fs_root(NULL);
	is(fsn_umount(mnt, 0), 0, "unmounted");
	mntput(mnt);
	fsn_deactivate_super(sb);
	fsn_quiesce();
	fsn_stats(&stats);
	is((long)(stats.groups + stats.marks + stats.connectors), 0, "nothing is left");
	return done_testing();
}
