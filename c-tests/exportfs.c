/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What names an inode and a filesystem to the outside: handles made and looked up, inodes found by number, the filesystem's id;
 * and who may write a file that is open.
 */
#define _GNU_SOURCE
#include "vfs/tree.h"
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { INO32_GEN = 1, INO32_GEN_PARENT = 2, INO64_GEN = 0x81, INVALID = 0xff, FH_FID = 2, FH_DIR_ONLY = 4 };

static struct super_block *sb;
static struct vfsmount *mnt;
static struct dentry *dir, *file;

static struct fid *fid_of(__u32 *words)
{
	return (struct fid *)words;
}

/* --- making handles --- */

static int encode(struct inode *inode, __u32 *words, int room, int *needed, int flags)
{
	*needed = room;
	return fsn_exportfs_encode_inode_fh(inode, fid_of(words), needed, NULL, flags);
}

static int on_encode(struct inode *inode, __u32 *fh, int *len, struct inode *parent)
{
	fh[0] = (__u32)inode->i_ino;
	fh[1] = parent ? (__u32)parent->i_ino : 0;
	*len = 2;
	return 0x77;
}

static void making(void)
{
	static const struct export_operations own = { .encode_fh = on_encode }, none = { .flags = 0 };
	struct inode *inode = file->d_inode;
	__u32 w[5] = { 0 };
	int n;

	inode->i_ino = 0x1234567890abcdefUL;
	inode->i_generation = 42;
	dir->d_inode->i_ino = 7;
	dir->d_inode->i_generation = 8;
	is(encode(inode, w, 4, &n, FH_FID), INO64_GEN, "a filesystem without handles");
	ok(n == 3 && w[0] == 0x90abcdef && w[1] == 0x12345678 && w[2] == 42 && !w[3], "number and generation");
	w[0] = 1;
	is(encode(inode, w, 2, &n, FH_FID), INVALID, "no room");
	ok(n == 3 && w[0] == 1, "as much as is needed, and nothing written");
	is(encode(inode, w, 4, &n, 0), -EOPNOTSUPP, "not to be looked up");
	n = 4;
	is(fsn_v61_exportfs_encode_inode_fh(inode, fid_of(w), &n, dir->d_inode), INO32_GEN_PARENT, "6.1 makes generic ones");
	ok(n == 4 && w[0] == 0x90abcdef && w[1] == 42 && w[2] == 7 && w[3] == 8, "with the parent's");
	n = 3;
	is(fsn_generic_encode_ino32_fh(inode, w, &n, dir->d_inode), INVALID, "no room for the parent");
	is(n, 4, "which needs more");
	n = 2;
	is(fsn_generic_encode_ino32_fh(inode, w, &n, NULL), INO32_GEN, "without the parent");
	is(n, 2, "half of it");
	sb->s_export_op = &own;
	is(encode(inode, w, 2, &n, FH_FID), 0x77, "handles of the filesystem's own");
	is(encode(inode, w, 2, &n, 0), -EOPNOTSUPP, "which it cannot look up");
	n = 2;
	is(fsn_v61_exportfs_encode_inode_fh(inode, fid_of(w), &n, dir->d_inode), 0x77, "6.1 does not mind");
	is(w[1], 7, "the parent is told");
	sb->s_export_op = &none;
	is(encode(inode, w, 2, &n, FH_FID), -EOPNOTSUPP, "a filesystem that wants none");
	sb->s_export_op = NULL;
	inode->i_ino = 5;
}

/* --- looking them up --- */

static int asked, refuse;

static int will_do(void *context, struct dentry *dentry)
{
	asked++;
	return context ? dentry == context : !refuse;
}

static struct inode *on_get_inode(struct super_block *of, __u64 ino, __u32 generation)
{
	struct inode *inode = fsn_ilookup(of, ino);

	if (inode && generation && inode->i_generation != generation) {
		fsn_iput(inode);
		return (struct inode *)-ESTALE;
	}
	return inode;
}

static struct dentry *on_dentry(struct super_block *of, struct fid *fid, int len, int type)
{
	return fsn_generic_fh_to_dentry(of, fid, len, type, on_get_inode);
}

static struct dentry *decode(__u32 *words, int n, int type, unsigned int flags, bool ask, void *context)
{
	return fsn_exportfs_decode_fh_raw(mnt, fid_of(words), n, type, flags, ask ? will_do : NULL, context);
}

static void looking_up(void)
{
	static const struct export_operations found = { .encode_fh = on_encode, .fh_to_dentry = on_dentry };
	__u32 w[4] = { 5, 42, 7, 8 };
	struct dentry *dentry, *other;

	ok((long)decode(w, 2, INO32_GEN, 0, false, NULL) == -ESTALE, "not without operations");
	sb->s_export_op = &found;
	fsn___insert_inode_hash(file->d_inode, 5);
	fsn___insert_inode_hash(dir->d_inode, 7);
	dentry = decode(w, 2, INO32_GEN, 0, false, NULL);
	ok(dentry == file, "a handle leads to its dentry");
	fsn_dput(dentry);
	w[1] = 43;
	ok((long)decode(w, 2, INO32_GEN, 0, false, NULL) == -ESTALE, "not to one of another generation");
	w[1] = 42;
	w[0] = 6;
	ok((long)decode(w, 2, INO32_GEN, 0, false, NULL) == -ESTALE, "nor of another number");
	w[0] = 5;
	ok((long)decode(w, 2, 99, 0, false, NULL) == -ESTALE, "nor of another kind");
	ok(!decode(w, 1, INO32_GEN, 0, false, NULL), "a short one leads nowhere");
	ok((long)decode(w, 2, INO32_GEN, FH_DIR_ONLY, false, NULL) == -ENOTDIR, "a directory was wanted");
	dentry = fsn_generic_fh_to_parent(sb, fid_of(w), 4, INO32_GEN_PARENT, on_get_inode);
	ok(dentry == dir, "the parent in the handle");
	fsn_dput(dentry);
	dentry = fsn_generic_fh_to_parent(sb, fid_of(w), 3, INO32_GEN_PARENT, on_get_inode);
	ok(dentry == dir, "also without its generation");
	fsn_dput(dentry);
	ok((long)fsn_generic_fh_to_parent(sb, fid_of(w), 4, INO32_GEN, on_get_inode) == -ESTALE, "not in a handle without");

	other = fsn_d_alloc_name(dir, "other");
	fsn_ihold(file->d_inode);
	fsn_d_add(other, file->d_inode);
	dentry = decode(w, 2, INO32_GEN, 0, true, other);
	ok(dentry == other, "the name that will do");
	fsn_dput(dentry);
	dentry = decode(w, 2, INO32_GEN, 0, true, file);
	ok(dentry == file, "whichever that is");
	fsn_dput(dentry);
	refuse = 1;
	asked = 0;
	ok((long)decode(w, 2, INO32_GEN, 0, true, NULL) == -EACCES && asked >= 2, "none will do");
	fsn_d_drop(other);
	fsn_dput(other);
	sb->s_export_op = NULL;
}

/* --- inodes by number --- */

/* The mode that it finds. */
static void *waits_for_new(void *mode)
{
	struct inode *inode = fsn_ilookup(sb, 77);

	*(unsigned short *)mode = inode->i_mode;
	return inode;
}

static struct inode *raced[2];

static void *gets(void *arg)
{
	struct inode *inode = fsn_iget_locked(sb, 78);

	if (inode->i_state & I_NEW) {
		inode->i_mode = S_IFREG | 0600;
		fsn_unlock_new_inode(inode);
	}
	return *(struct inode **)arg = inode;
}

static int is_odd(struct inode *inode, void *data)
{
	(*(int *)data)++;
	return inode->i_ino % 2;
}

static void numbers(void)
{
	struct inode *inode, *found;
	pthread_t thread[2];
	int tests = 0, i, same = 0;
	unsigned short mode = 1;
	void *result;

	ok(!fsn_ilookup(sb, 77), "no such inode");
	inode = fsn_iget_locked(sb, 77);
	ok(inode && (inode->i_state & I_NEW) && inode->i_ino == 77, "a new one");
	pthread_create(&thread[0], NULL, waits_for_new, &mode);
	while (__atomic_load_n(&inode->i_count.counter, __ATOMIC_ACQUIRE) < 2)
		usleep(1000);
	usleep(50000);
	inode->i_mode = S_IFREG | 0644;
	fsn_unlock_new_inode(inode);
	pthread_join(thread[0], &result);
	ok(result == inode && mode == (S_IFREG | 0644), "others wait until it is set up");
	fsn_iput(inode);
	found = fsn_iget_locked(sb, 77);
	ok(found == inode && !(found->i_state & I_NEW), "found again");
	fsn_iput(found);
	found = fsn_ilookup5(sb, 77, is_odd, &tests);
	ok(found == inode && tests, "by a test");
	fsn_iput(found);
	inode->i_ino = 76;
	ok(!fsn_ilookup5(sb, 77, is_odd, &tests), "which it may fail");
	inode->i_ino = 77;
	fsn_remove_inode_hash(inode);
	ok(!fsn_ilookup(sb, 77), "not once it is taken off");
	fsn_iput(inode);
	for (i = 0; i < 200; i++) {
		pthread_create(&thread[0], NULL, gets, &raced[0]);
		pthread_create(&thread[1], NULL, gets, &raced[1]);
		pthread_join(thread[0], NULL);
		pthread_join(thread[1], NULL);
		same += raced[0] == raced[1] && raced[0]->i_mode == (S_IFREG | 0600);
		fsn_clear_nlink(raced[0]);
		fsn_iput(raced[0]);
		fsn_iput(raced[1]);
	}
	is(same, 200, "two that ask at once get the same");
	ok(!fsn_ilookup(sb, 78), "which is gone with its last use");
}

/* --- dentries of their own --- */

static void aliases(void)
{
	struct inode *inode = new_inode_of(sb, S_IFREG | 0644);
	struct dentry *dentry, *again;

	ok((long)fsn_d_obtain_alias(NULL) == -ESTALE, "of nothing");
	ok((long)fsn_d_obtain_alias((struct inode *)-EIO) == -EIO, "of an error");
	fsn_ihold(inode);
	dentry = fsn_d_obtain_alias(inode);
	ok((long)dentry > 0 && dentry->d_inode == inode && dentry->d_parent == dentry, "without a parent");
	ok(dentry->d_flags & DCACHE_DISCONNECTED, "which its flags say");
	fsn_ihold(inode);
	again = fsn_d_obtain_alias(inode);
	ok(again == dentry, "the same again");
	fsn_dput(again);
	fsn_dput(dentry);
	ok(!fsn_d_find_any_alias(inode) && inode->i_count.counter == 1, "gone with its last put");
	fsn_ihold(inode);
	fsn_fail_alloc(0, 1);
	ok((long)fsn_d_obtain_alias(inode) == -ENOMEM, "no memory");
	fsn_fail_alloc(0, 0);
	is(inode->i_count.counter, 1, "the reference is used up all the same");
	fsn_iput(inode);
}

/* --- the filesystem --- */

static int on_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	if (dentry == file)
		return -EIO;
	buf->f_type = 0x1234;
	buf->f_bsize = 4096;
	buf->f_fsid.val[0] = 11;
	buf->f_fsid.val[1] = 22;
	return 0;
}

static void filesystem(void)
{
	static const struct super_operations with = { .statfs = on_statfs };
	const struct super_operations *before = sb->s_op;
	struct path path = { mnt, dir };
	__kernel_fsid_t fsid = { { 0, 0 } };
	struct kstatfs st;

	is(fsn_vfs_get_fsid(dir, &fsid), -ENOSYS, "a filesystem that says nothing");
	sb->s_op = &with;
	is(fsn_vfs_get_fsid(dir, &fsid), 0, "the id");
	ok(fsid.val[0] == 11 && fsid.val[1] == 22, "as it says");
	is(fsn_vfs_get_fsid(file, &fsid), -EIO, "its error");
	mnt->mnt_flags = 0x01 | 0x04;
	is(fsn_vfs_statfs(&path, &st), 0, "its numbers");
	ok(st.f_type == 0x1234 && st.f_frsize == 4096 && !st.f_blocks, "as it says");
	is(st.f_flags, 0x20 | 0x02 | 0x08, "and the mount's flags");
	mnt->mnt_flags = 0;
	sb->s_op = before;
}

/* --- writers --- */

static void writing(void)
{
	struct inode *inode = file->d_inode;
	struct path path = { mnt, file };
	struct file *writer, *reader;

	writer = fsn_dentry_open(&path, O_WRONLY, NULL);
	reader = fsn_dentry_open(&path, O_RDONLY, NULL);
	is(inode->i_writecount.counter, 1, "who has it open for writing counts");
	ok(fsn_inode_is_open_for_write(inode), "and is seen");
	ok(writer->f_mapping == &inode->i_data && inode->i_data.host == inode, "the file's pages");
	is(fsn_deny_write_access(inode), -ETXTBSY, "nobody can forbid it then");
	fsn_fput(writer);
	is(fsn_deny_write_access(inode), 0, "until the last close");
	ok((long)fsn_dentry_open(&path, O_RDWR, NULL) == -ETXTBSY, "it is forbidden");
	is(fsn_get_write_access(inode), -ETXTBSY, "to all");
	fsn_allow_write_access(inode);
	is(fsn_get_write_access(inode), 0, "allowed again");
	fsn_put_write_access(inode);
	is(inode->i_writecount.counter, 0, "nobody is left");
	fsn_fput(reader);
	writer = fsn_dentry_open(&path, O_PATH | O_WRONLY, NULL);
	ok(!inode->i_writecount.counter && !writer->f_op && (writer->f_mode & FMODE_PATH), "O_PATH is no writing");
	fsn_fput(writer);
}

int main(void)
{
	struct counts before = count();

	sb = mounted(NULL, NULL);
	mnt = fsn_alloc_mount(sb);
	fsn_deactivate_super(sb);
	fsn_set_log(on_log, NULL);
	dir = made(sb->s_root, "dir", S_IFDIR | 0755);
	file = made(dir, "file", S_IFREG | 0644);
	making();
	looking_up();
	numbers();
	aliases();
	filesystem();
	writing();
	fsn_dput(file);
	fsn_dput(dir);
	fsn_mntput(mnt);
	ok(warned_by(""), "nothing was warned of");
	ok(same_counts(before), "everything was given back");
	return done_testing();
}
