/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Superblocks, mounts and files: unmounting with everything that may still be there, and objects of the program's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "vfs/tree.h"
#include <fcntl.h>

static void on_put_super(struct super_block *sb)
{
	bool locked = !fsn_down_read_trylock(&sb->s_umount);

	if (!locked)
		fsn_up_read(&sb->s_umount);
	traced(locked && !sb->s_root && !(sb->s_flags & SB_ACTIVE) ? "put_super" : "put_super-early");
}

static void on_evict(struct inode *inode)
{
	traced(S_ISDIR(inode->i_mode) ? "evict-dir" : "evict");
	fsn_clear_inode(inode);
}

static void on_kill(struct super_block *sb)
{
	traced("kill_sb");
	fsn_generic_shutdown_super(sb);
}

static const struct super_operations op = { .put_super = on_put_super, .evict_inode = on_evict };
static struct file_system_type type = { .name = "testfs", .kill_sb = on_kill };

/* Cached dentries and inodes, watched and not: the kernel's order. */
static void unmount(void)
{
	struct counts before = count();
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = mounted(&type, &op);
	struct dentry *file = made(sb->s_root, "file", S_IFREG);
	struct inode *cached = fsn_new_inode(sb);

	ok(!strcmp(sb->s_id, "testfs") && sb->s_flags & SB_ACTIVE && sb->s_active.counter == 1, "a superblock of a type");
	fsn_inode_fake_hash(cached);
	fsn_iput(cached);
	watch(group, file->d_inode, FS_UNMOUNT, 0);
	fsn_dput(file);
	fsn_deactivate_super(sb);
	ok(trace_is("kill_sb evict-dir evict UNMOUNT mark-goes evict put_super"),
	   "the tree, inodes without references, watched ones with their event, put_super");
	ok(warned_by(""), "nothing to complain about");
	fsnotify_destroy_group(group);
	ok(same_counts(before), "nothing left");
}

static void busy(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, &op);
	struct dentry *held = made(sb->s_root, "held", S_IFREG);
	struct inode *one = fsn_new_inode(sb), *two = fsn_new_inode(sb);

	fsn_deactivate_super(sb);
	ok(warned_by("shrink_dcache_for_umount generic_shutdown_super"), "held dentries and inodes are warned of");
	ok(trace_is("put_super"), "the rest of the unmount goes on");
	fsn_iput(one);
	ok(trace_is("evict"), "a held inode ends as it should");
	fsn_dput(held);
	ok(trace_is("evict evict-dir"), "and a held dentry, with its parents");
	ok(count().allocations > before.allocations, "the superblock waits for the last of them");
	fsn_iput(two);
	ok(trace_is("evict") && same_counts(before), "and goes with it");
}

static void references(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, &op);
	struct vfsmount *mnt = fsn_alloc_mount(sb), *second = fsn_alloc_mount(sb);
	struct mount *mount = fsn_real_mount(mnt);

	ok(mnt->mnt_root == sb->s_root && mnt->mnt_sb == sb && fsn_d_count(sb->s_root) == 3 && sb->s_active.counter == 3,
	   "mounts hold the root and the superblock");
	ok(sb->s_mounts.next == &mount->mnt_instance && sb->s_mounts.prev == &fsn_real_mount(second)->mnt_instance, "in order");
	ok(mount->mnt_id != fsn_real_mount(second)->mnt_id && mount->mnt_id_unique < fsn_real_mount(second)->mnt_id_unique, "ids");
	ok(!fsn_mnt_has_parent(mount), "mounted nowhere");
	fsn_deactivate_super(sb);
	ok(trace_is("") && sb->s_active.counter == 2, "the superblock stays while it is mounted");
	ok(fsn_mntget(mnt) == mnt && mount->mnt_count.counter == 2 && !fsn_mntget(NULL), "mntget()");
	fsn_mntput(mnt);
	fsn_mntput(NULL);
	fsn_mntput(second);
	ok(sb->s_mounts.next == &mount->mnt_instance && sb->s_mounts.prev == &mount->mnt_instance, "one mount less");
	fsn_mntput(mnt);
	ok(trace_is("evict-dir put_super") && same_counts(before), "the last mount takes it along");
}

static int on_mark(struct fsnotify_group *group, __u32 mask, const void *data, int data_type, struct inode *dir,
		   const struct qstr *name, __u32 cookie, struct fsnotify_iter_info *iter)
{
	(void)group, (void)mask, (void)data, (void)data_type, (void)dir, (void)name, (void)cookie, (void)iter;
	return 0;
}

static void marked_mount(void)
{
	static const struct fsnotify_ops ops = { .handle_event = on_mark, .freeing_mark = on_freeing, .free_mark = on_free_mark };
	struct counts before = count();
	struct fsnotify_group *group = fsnotify_alloc_group(&ops, 0);
	struct super_block *sb = mounted(NULL, &op);
	struct vfsmount *mnt = fsn_alloc_mount(sb);
	struct fsnotify_mark *mark = (struct fsnotify_mark *)malloc(sizeof(*mark));

	fsnotify_init_mark(mark, group);
	mark->mask = FS_OPEN;
	ok(!fsnotify_add_mark(mark, mnt, FSNOTIFY_OBJ_TYPE_VFSMOUNT, 0), "a mark on a mount");
	fsnotify_put_mark(mark);
	fsn_deactivate_super(sb);
	fsn_mntput(mnt);
	ok(trace_is("mark-goes evict-dir put_super"), "goes before the mount lets go of its tree");
	fsnotify_destroy_group(group);
	ok(same_counts(before), "nothing left");
}

static int on_open(struct inode *inode, struct file *file)
{
	traced(inode == fsn_file_inode(file) ? "open" : "open-other");
	return file->f_flags & O_EXCL ? -EBUSY : 0;
}

static int on_file_release(struct inode *inode, struct file *file)
{
	traced(inode == fsn_file_inode(file) && fsn_d_inode(file->f_path.dentry) == inode ? "release" : "release-late");
	return 0;
}

static int on_fasync(int fd, struct file *file, int on)
{
	traced(fd == -1 && !on && file->f_flags & O_ASYNC ? "fasync" : "fasync-wrong");
	return 0;
}

static const struct file_operations fop = { .open = on_open, .release = on_file_release, .fasync = on_fasync };

static void files(void)
{
	struct counts before = count();
	struct super_block *sb = mounted(NULL, NULL);
	struct path path = { fsn_alloc_mount(sb), made(sb->s_root, "file", S_IFREG) };
	struct dentry *negative = fsn_d_alloc_name(sb->s_root, "negative");
	struct file *file;

	path.dentry->d_inode->i_fop = &fop;
	file = fsn_dentry_open(&path, O_RDWR | O_CREAT | O_TRUNC, NULL);
	ok(trace_is("open") && fsn_file_count(file) == 1, "opened");
	ok(fsn_path_equal(&file->f_path, &path) && fsn_d_count(path.dentry) == 2 &&
		   fsn_real_mount(path.mnt)->mnt_count.counter == 2, "with references of its own");
	ok((file->f_mode & (FMODE_READ | FMODE_WRITE)) == (FMODE_READ | FMODE_WRITE) && file->f_mode & FMODE_OPENED &&
		   file->f_flags == O_RDWR, "modes and flags");
	ok(file->f_mode & FMODE_NONOTIFY_PERM, "file_set_fsnotify_mode(): nobody asks for permission events");
	ok(fsn_get_file(file) == file && fsn_file_count(file) == 2, "get_file()");
	fsn_fput(file);
	file->f_flags |= O_ASYNC;
	ok(!fsn_file_f_owner_allocate(file), "an owner for its signals");
	fsn_fput(file);
	ok(trace_is("fasync release"), "the end: fasync(-1), release, with the path still there");
	ok(fsn_d_count(path.dentry) == 1 && fsn_real_mount(path.mnt)->mnt_count.counter == 1, "then the path is put");

	ok(fsn_PTR_ERR(fsn_dentry_open(&path, O_RDONLY | O_EXCL, NULL)) == -EBUSY && trace_is("open"), "open says no: no release");
	ok(fsn_d_count(path.dentry) == 1 && fsn_real_mount(path.mnt)->mnt_count.counter == 1, "and nothing is held");
	file = fsn_dentry_open(&path, O_PATH, NULL);
	ok(file->f_mode & FMODE_PATH && !(file->f_mode & (FMODE_READ | FMODE_WRITE)) && trace_is(""), "O_PATH does not open");
	fsn_fput(file);
	trace[0] = '\0';
	fsn_path_get(&path);
	file = fsn_alloc_file(&path, O_WRONLY | FMODE_NONOTIFY, NULL);
	ok((file->f_mode & FMODE_FSNOTIFY_MASK) == FMODE_NONOTIFY && file->f_mode & FMODE_WRITE, "FMODE_NONOTIFY");
	fsn_fput(file);
	fsn_path_get(&path);
	file = fsn_alloc_file(&path, O_RDONLY, NULL);
	ok((file->f_mode & (FMODE_READ | FMODE_WRITE)) == FMODE_READ, "alloc_file() without operations");
	fsn_fput(file);
	fsn_fail_alloc(0, 2);
	ok(fsn_PTR_ERR(fsn_alloc_file(&path, O_RDONLY, NULL)) == -ENOMEM &&
		   fsn_PTR_ERR(fsn_dentry_open(&path, O_RDONLY, NULL)) == -ENOMEM, "no memory for a file");
	fsn_fail_alloc(0, 1);
	ok(!fsn_alloc_mount(sb), "nor for a mount");
	fsn_fail_alloc(0, 0);
	fsn_fput(NULL);
	ok(fsn_d_count(path.dentry) == 1 && fsn_real_mount(path.mnt)->mnt_count.counter == 1, "counts as before");
	ok(fsn_PTR_ERR(fsn_dentry_open(&(struct path){ path.mnt, negative }, O_RDONLY, NULL)) == -ENOENT, "a negative dentry");
	fsn_dput(negative);
	fsn_path_put_init(&path);
	ok(!path.mnt && !path.dentry, "path_put_init()");
	fsn_deactivate_super(sb);
	ok(same_counts(before), "nothing left");
}

/* One struct of the program's for everything; the library must free no part of it. */
struct server {
	long before;
	struct super_block sb;
	struct mount mount;
	struct file file;
	struct inode root;
	long after;
};

static int on_own_release(struct inode *inode, struct file *file)
{
	(void)inode;
	traced("release");
	/* The program may use the memory again at once. */
	memset(file, 0x5a, sizeof(*file));
	return 0;
}

static void of_the_program(void)
{
	static const struct file_operations own_fop = { .release = on_own_release };
	struct counts before = count();
	struct server *server = (struct server *)malloc(sizeof(*server));
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct path path;

	memset(server, 0x5a, sizeof(*server));
	fsn_init_super(&server->sb, &type, NULL, SB_NOUSER);
	ok(server->sb.s_flags == (SB_NOUSER | SB_BORN | SB_ACTIVE), "flags");
	fsn_inode_init_once(&server->root);
	fsn_inode_init_always(&server->sb, &server->root);
	server->root.i_mode = S_IFDIR;
	fsn_inode_sb_list_add(&server->root);
	server->sb.s_root = fsn_d_make_root(&server->root);
	fsn_init_mount(&server->mount, &server->sb);
	path.mnt = fsn_mntget(&server->mount.mnt);
	path.dentry = fsn_dget(server->sb.s_root);
	fsn_init_file(&server->file, &path, O_RDONLY, &own_fop);
	watch(group, &server->root, FS_UNMOUNT, 0);
	fsn_fput(&server->file);
	ok(trace_is("release"), "a file of the program's");
	fsn_mntput(&server->mount.mnt);
	ok(server->sb.s_active.counter == 1 && server->sb.s_mounts.next == &server->sb.s_mounts, "a mount of the program's");
	fsn_deactivate_super(&server->sb);
	ok(trace_is("kill_sb UNMOUNT mark-goes") && !server->sb.s_fsnotify_info, "a superblock of the program's");
	ok(server->sb.s_flags & SB_DYING && server->root.i_state == (I_FREEING | I_CLEAR), "both have ended");
	fsn_put_super(&server->sb);
	ok(warned_by("put_super"), "a put too many");
	ok(server->before == server->after, "the memory is the program's");
	free(server);
	fsnotify_destroy_group(group);
	ok(same_counts(before), "nothing left");
}

/* Zeroed memory, and the program shuts it down by hand. */
static void zeroed(void)
{
	struct counts before = count();
	struct super_block *sb = (struct super_block *)calloc(1, sizeof(*sb));
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct inode *inode;

	inode = new_inode_of(sb, S_IFREG);
	watch(group, inode, FS_UNMOUNT, 0);
	fsn_iput(inode);
	ok(inode->i_count.counter == 1, "the mark holds the inode");
	fsn_generic_shutdown_super(sb);
	ok(trace_is("UNMOUNT mark-goes"), "without s_umount held, without a root");
	ok(fsn_down_write_trylock(&sb->s_umount), "s_umount is free again");
	fsn_up_write(&sb->s_umount);
	fsn_deactivate_super(sb);
	ok(trace_is("") && !sb->s_fsnotify_info, "shut down once, and what was kept for it is freed");
	free(sb);
	fsnotify_destroy_group(group);
	ok(same_counts(before), "nothing left");
}

int main(void)
{
	fsn_set_log(on_log, NULL);
	unmount();
	busy();
	references();
	marked_mount();
	files();
	of_the_program();
	zeroed();
	ok(warned_by(""), "no warning besides");
	return done_testing();
}
