/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Path walk: names, "." and "..", slashes, symbolic links, permissions, what a filesystem's callbacks are asked, where a
 * relative path begins; each error, and that references are given back with it.
 */
#include "vfs/tree.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static struct super_block *sb;
static struct vfsmount *mnt;

/* A name with permissions; the reference on it is its own. */
static struct dentry *entry(struct dentry *dir, const char *name, unsigned short mode)
{
	struct dentry *dentry = made(dir, name, mode);

	dentry->d_inode->i_nlink = 2;
	return dentry;
}

static struct dentry *link_to(struct dentry *dir, const char *name, const char *text)
{
	struct dentry *dentry = entry(dir, name, S_IFLNK | 0777);

	dentry->d_inode->i_link = (char *)(size_t)text;
	return dentry;
}

/* What a walk says: 0 and the dentry's name, or the error. */
static bool leads(const char *path, unsigned int flags, const char *name)
{
	struct path found;
	int err = fsn_kern_path(path, flags, &found);
	bool same;

	if (err) {
		printf("# %s: error %d\n", path, err);
		return false;
	}
	same = named(found.dentry, name) && found.mnt == mnt;
	if (!same)
		printf("# %s leads to %s\n", path, found.dentry->d_name.name);
	fsn_path_put(&found);
	return same;
}

static int fails(const char *path, unsigned int flags)
{
	struct path found;
	int err = fsn_kern_path(path, flags, &found);

	if (!err)
		fsn_path_put(&found);
	return err;
}

static struct dentry *a, *b, *f, *made_links[64];

static void names(void)
{
	char path[FSN_PATH_MAX + 8];

	ok(leads("/", 0, "/"), "the root");
	ok(leads("///", 0, "/"), "however many slashes");
	ok(leads("/a/b/f", 0, "f"), "a file");
	ok(leads("//a///b//f", 0, "f"), "more slashes");
	ok(leads("/a/b/", 0, "b"), "slashes after a directory");
	ok(leads("/a/./b/.", 0, "b"), "dots");
	ok(leads("/a/b/..", 0, "a"), "two dots");
	ok(leads("/a/../a/b/../b/f", 0, "f"), "down and up");
	ok(leads("/../../a", 0, "a"), "nothing is above the root");
	is(fails("/a/none", 0), -ENOENT, "no such name");
	is(fails("/none/b", 0), -ENOENT, "no such directory");
	is(fails("", 0), -ENOENT, "no path");
	ok(leads("", FSN_LOOKUP_EMPTY, "/"), "an empty path is where it begins, if wanted");
	is(fails("/a/b/f/", 0), -ENOTDIR, "slashes after a file");
	is(fails("/a/b/f/x", 0), -ENOTDIR, "a file is no directory");
	is(fails("/a/b/f/.", 0), -ENOTDIR, "not even for a dot");
	is(fails("/a/b/f", FSN_LOOKUP_DIRECTORY), -ENOTDIR, "a directory was wanted");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[256] = '\0';
	is(fails(path, 0), -ENOENT, "255 bytes are a name");
	path[256] = 'x';
	path[257] = '\0';
	is(fails(path, 0), -ENAMETOOLONG, "256 are none");
	memset(path, '/', sizeof(path));
	path[FSN_PATH_MAX - 1] = '\0';
	ok(leads(path, 0, "/"), "4095 bytes are a path");
	path[FSN_PATH_MAX - 1] = '/';
	path[FSN_PATH_MAX] = '\0';
	is(fails(path, 0), -ENAMETOOLONG, "4096 are none");
}

static void links(void)
{
	struct dentry *chain[42];
	char name[16], text[42][16];
	int i;

	made_links[0] = link_to(sb->s_root, "rel", "a/b");
	made_links[1] = link_to(a, "abs", "/a/b/f");
	made_links[2] = link_to(a, "up", "../rel/f");
	made_links[3] = link_to(sb->s_root, "loop", "loop");
	made_links[4] = link_to(a, "top", "///");
	made_links[5] = link_to(a, "none", "nowhere");
	made_links[6] = link_to(a, "slash", "b/");
	made_links[7] = link_to(b, "file", "f/");
	ok(leads("/rel", 0, "rel"), "a link at the end stays");
	ok(leads("/rel", FSN_LOOKUP_FOLLOW, "b"), "or is followed");
	ok(leads("/rel/", 0, "b"), "always, if slashes follow");
	ok(leads("/rel/f", 0, "f"), "a link on the way is followed");
	ok(leads("/rel/..", 0, "a"), "up from where it leads");
	ok(leads("/a/abs", FSN_LOOKUP_FOLLOW, "f"), "an absolute one");
	ok(leads("/a/up", FSN_LOOKUP_FOLLOW, "f"), "one through another");
	ok(leads("/a/top/a/b", 0, "b"), "one to the root");
	ok(leads("/a/top", FSN_LOOKUP_FOLLOW, "/"), "at the end, too");
	ok(leads("/a/slash/f", 0, "f"), "with slashes in it");
	ok(leads("/a/slash", FSN_LOOKUP_FOLLOW, "b"), "at the end, too");
	is(fails("/a/b/file", FSN_LOOKUP_FOLLOW), -ENOTDIR, "slashes in it after a file");
	is(fails("/a/none", FSN_LOOKUP_FOLLOW), -ENOENT, "one to nowhere");
	is(fails("/loop", FSN_LOOKUP_FOLLOW), -ELOOP, "one to itself");
	is(fails("/loop/x", 0), -ELOOP, "on the way");
	is(fails("/rel/f", FSN_LOOKUP_NO_SYMLINKS), -ELOOP, "none, if none is wanted");
	mnt->mnt_flags = 0x80;
	is(fails("/rel/f", 0), -ELOOP, "none on a mount that has them not followed");
	mnt->mnt_flags = 0;
	/* n40 -> n39 -> ... -> n0 -> a */
	for (i = 0; i < 42; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(text[i], sizeof(text[i]), i ? "n%d" : "a", i - 1);
		chain[i] = link_to(sb->s_root, name, text[i]);
	}
	ok(leads("/n39", FSN_LOOKUP_FOLLOW, "a"), "40 links");
	is(fails("/n40", FSN_LOOKUP_FOLLOW), -ELOOP, "41 are too many");
	ok(leads("/n19/../n18/b", 0, "b"), "40 altogether");
	is(fails("/n20/../n19/b", 0), -ELOOP, "41 altogether");
	for (i = 0; i < 42; i++) {
		fsn_d_drop(chain[i]);
		fsn_dput(chain[i]);
	}
}

/* --- what callbacks see --- */

static int lookups, texts, ends;
static unsigned int asked;

static struct dentry *on_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	(void)flags;
	lookups++;
	if (fsn_down_write_trylock(&dir->i_rwsem)) {
		fsn_up_write(&dir->i_rwsem);
		lookups += 100;
	}
	if (named(dentry, "bad"))
		return (struct dentry *)-EIO;
	if (named(dentry, "other"))
		return fsn_dget(f);
	if (named(dentry, "made"))
		fsn_d_add(dentry, new_inode_of(sb, S_IFREG | 0644));
	else
		fsn_d_add(dentry, NULL);
	return NULL;
}

static const struct inode_operations asking = { .lookup = on_lookup };

static void on_end(void *arg)
{
	ends++;
	ok(arg == &texts, "the end of the text's use");
}

static const char *on_get_link(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	(void)inode;
	texts++;
	if (named(dentry, "broken"))
		return (const char *)-EIO;
	if (named(dentry, "nothing"))
		return NULL;
	done->fn = on_end;
	done->arg = &texts;
	return "b/f";
}

static const struct inode_operations with_text = { .get_link = on_get_link };

static int on_permission(struct mnt_idmap *idmap, struct inode *inode, int mask)
{
	(void)idmap;
	(void)inode;
	asked |= (unsigned int)mask;
	return mask & 1 ? -EACCES : 0;
}

static const struct inode_operations refusing = { .permission = on_permission };

static void callbacks(void)
{
	struct dentry *asks = entry(sb->s_root, "asks", S_IFDIR | 0755);
	struct dentry *link = entry(a, "text", S_IFLNK | 0777);
	struct dentry *broken = entry(a, "broken", S_IFLNK | 0777), *nothing = entry(a, "nothing", S_IFLNK | 0777);
	struct dentry *shut = entry(sb->s_root, "shut", S_IFDIR | 0755);

	asks->d_inode->i_op = &asking;
	ok(leads("/asks/made", 0, "made"), "the filesystem is asked");
	ok(leads("/asks/made", 0, "made"), "only once");
	is(lookups, 1, "with the directory locked");
	is(fails("/asks/none", 0), -ENOENT, "it says no");
	is(fails("/asks/none", 0), -ENOENT, "and is not asked again");
	is(lookups, 2, "the answer is kept");
	is(fails("/asks/bad", 0), -EIO, "its error");
	ok(leads("/asks/other", 0, "f"), "another dentry of its choice");
	asks->d_inode->i_flags |= 1 << 4;
	is(fails("/asks/new", 0), -ENOENT, "a removed directory has no names");
	is(lookups, 4, "and is not asked");

	link->d_inode->i_op = &with_text;
	broken->d_inode->i_op = &with_text;
	nothing->d_inode->i_op = &with_text;
	ok(leads("/a/text", FSN_LOOKUP_FOLLOW, "f"), "the text of a link");
	is(ends, 1, "given back");
	is(fails("/a/text/x", 0), -ENOTDIR, "on the way");
	is(ends, 2, "given back with an error");
	is(fails("/a/broken", FSN_LOOKUP_FOLLOW), -EIO, "its error");
	ok(leads("/a/nothing", FSN_LOOKUP_FOLLOW, "a"), "no text: where the link is");
	is(texts, 4, "asked each time");

	shut->d_inode->i_op = &refusing;
	is(fails("/shut/x", 0), -EACCES, "the filesystem's own permission");
	ok(leads("/shut", 0, "shut"), "which the last name does not need");
	is(asked, 1, "it is asked for searching");
	fsn_dput(asks);
	fsn_dput(link);
	fsn_dput(broken);
	fsn_dput(nothing);
	fsn_dput(shut);
}

/* --- permissions --- */

/* Credentials of an ordinary user. */
static const struct cred *become(unsigned int uid, unsigned int gid, unsigned int group, int cap)
{
	struct cred *cred = fsn_prepare_creds();
	struct group_info *groups = fsn_groups_alloc(1);
	const struct cred *old;

	cred->fsuid.val = uid;
	cred->fsgid.val = gid;
	cred->cap_effective.val = cap < 0 ? 0 : 1ULL << cap;
	groups->gid[0].val = group;
	fsn_set_groups(cred, groups);
	fsn_put_group_info(groups);
	old = fsn_override_creds(cred);
	fsn_put_cred(cred);
	return old;
}

static int may(unsigned short mode, int mask, unsigned int uid, unsigned int gid, unsigned int group, int cap)
{
	const struct cred *old = become(uid, gid, group, cap);
	struct inode *inode = f->d_inode;
	unsigned short before = inode->i_mode;
	int err;

	inode->i_mode = mode;
	inode->i_uid.val = 100;
	inode->i_gid.val = 200;
	err = fsn_inode_permission(NULL, inode, mask);
	inode->i_mode = before;
	fsn_revert_creds(old);
	return err;
}

static void permissions(void)
{
	enum { EXEC = 1, WRITE = 2, READ = 4, OVERRIDE = 1, SEARCH = 2 };
	const struct cred *old;

	is(may(S_IFREG | 0700, READ | WRITE | EXEC, 100, 1, 1, -1), 0, "the owner");
	is(may(S_IFREG | 0077, READ, 100, 200, 1, -1), -EACCES, "the owner's bits alone count for the owner");
	is(may(S_IFREG | 0070, READ | WRITE | EXEC, 1, 200, 1, -1), 0, "the group");
	is(may(S_IFREG | 0040, READ, 1, 1, 200, -1), 0, "a supplementary group");
	is(may(S_IFREG | 0704, READ, 1, 200, 1, -1), -EACCES, "the group's bits alone count for the group");
	is(may(S_IFREG | 0004, READ, 1, 1, 1, -1), 0, "everybody");
	is(may(S_IFREG | 0774, WRITE, 1, 1, 1, -1), -EACCES, "not everybody");
	is(may(S_IFREG | 0000, READ | WRITE, 1, 1, 1, OVERRIDE), 0, "CAP_DAC_OVERRIDE");
	is(may(S_IFREG | 0000, EXEC, 1, 1, 1, OVERRIDE), -EACCES, "not for what nobody may execute");
	is(may(S_IFREG | 0100, EXEC, 1, 1, 1, OVERRIDE), 0, "but for what somebody may");
	is(may(S_IFREG | 0000, READ, 1, 1, 1, SEARCH), 0, "CAP_DAC_READ_SEARCH");
	is(may(S_IFREG | 0000, READ | WRITE, 1, 1, 1, SEARCH), -EACCES, "is not for writing");
	is(may(S_IFDIR | 0000, EXEC | READ, 1, 1, 1, SEARCH), 0, "it is for searching directories");
	is(may(S_IFDIR | 0000, EXEC | WRITE, 1, 1, 1, SEARCH), -EACCES, "not for changing them");
	is(may(S_IFDIR | 0000, EXEC | WRITE, 1, 1, 1, OVERRIDE), 0, "which the other is for");
	sb->s_flags |= SB_RDONLY;
	is(may(S_IFREG | 0777, WRITE, 100, 1, 1, OVERRIDE), -EROFS, "a filesystem that is read only");
	is(may(S_IFIFO | 0777, WRITE, 100, 1, 1, -1), 0, "which a pipe does not mind");
	sb->s_flags &= ~SB_RDONLY;
	f->d_inode->i_flags |= 1 << 3;
	is(may(S_IFREG | 0777, WRITE, 100, 1, 1, OVERRIDE), -EPERM, "an immutable file");
	is(may(S_IFREG | 0777, READ, 100, 1, 1, -1), 0, "can be read");
	f->d_inode->i_flags = 0;
	b->d_inode->i_mode = S_IFDIR | 0700;
	old = become(1, 1, 1, -1);
	is(fails("/a/b/f", 0), -EACCES, "a directory that may not be searched");
	is(fails("/a/b/none", 0), -EACCES, "which is seen before what is not there");
	is(fails("/a/b/..", 0), -EACCES, "also for a way out");
	ok(leads("/a/b", 0, "b"), "it may be found itself");
	fsn_revert_creds(old);
	b->d_inode->i_mode = S_IFDIR | 0755;
}

/* --- parents --- */

static bool is_err(const void *p, int err)
{
	return (long)p == err;
}

static void parents(void)
{
	struct dentry *dentry;
	struct path path;
	struct qstr last;
	int type;

	dentry = fsn_kern_path_parent("/a/b/f", &path);
	ok(dentry == f && path.dentry == b && path.mnt == mnt, "a name and its directory");
	fsn_dput(dentry);
	fsn_path_put(&path);
	dentry = fsn_kern_path_parent("/a/b/new", &path);
	ok(!is_err(dentry, -ENOENT) && !dentry->d_inode && named(dentry, "new"), "a name that is not there");
	fsn_dput(dentry);
	fsn_path_put(&path);
	dentry = fsn_kern_path_parent("/a/abs", &path);
	ok(named(dentry, "abs"), "a link at the end is not followed");
	fsn_dput(dentry);
	fsn_path_put(&path);
	ok(is_err(fsn_kern_path_parent("/a/..", &path), -EINVAL), "two dots are no name");
	ok(is_err(fsn_kern_path_parent("/", &path), -EINVAL), "nor is the root");
	ok(is_err(fsn_kern_path_parent("/none/x", &path), -ENOENT), "no such directory");
	ok(is_err(fsn_kern_path_parent("/a/b/f/x", &path), -ENOTDIR), "a file is no directory");

	dentry = fsn_kern_path_locked("/a/b/f", &path);
	ok(dentry == f && !fsn_down_write_trylock(&b->d_inode->i_rwsem), "with the directory locked");
	fsn_up_write(&b->d_inode->i_rwsem);
	fsn_dput(dentry);
	fsn_path_put(&path);
	ok(is_err(fsn_kern_path_locked("/a/.", &path), -EINVAL), "not for a dot");

	dentry = fsn_kern_path_create(AT_FDCWD, "/a/b/new", &path, 0);
	ok(!dentry->d_inode && path.dentry == b && !fsn_down_write_trylock(&b->d_inode->i_rwsem), "a name to be made");
	fsn_done_path_create(&path, dentry);
	ok(fsn_down_write_trylock(&b->d_inode->i_rwsem), "the lock is given back");
	fsn_up_write(&b->d_inode->i_rwsem);
	ok(is_err(fsn_kern_path_create(AT_FDCWD, "/a/b/f", &path, 0), -EEXIST), "what is there cannot be made");
	ok(is_err(fsn_kern_path_create(AT_FDCWD, "/a/b/..", &path, 0), -EEXIST), "nor what is no name");
	ok(is_err(fsn_kern_path_create(AT_FDCWD, "/a/b/new/", &path, 0), -ENOENT), "slashes are for directories");
	dentry = fsn_kern_path_create(AT_FDCWD, "/a/b/new/", &path, FSN_LOOKUP_DIRECTORY);
	ok(!is_err(dentry, -ENOENT), "which may be made");
	fsn_done_path_create(&path, dentry);

	is(fsn_path_parentat(AT_FDCWD, NULL, "/a/b/some/", 0, &path, &last, &type), 0, "the parts of a path");
	ok(type == FSN_LAST_NORM && last.len == 4 && last.name[4] == '/' && path.dentry == b, "the last name, and what follows");
	fsn_path_put(&path);
	is(fsn_path_parentat(AT_FDCWD, NULL, "..", 0, &path, &last, &type), 0, "two dots");
	is(type, FSN_LAST_DOTDOT, "are told");
	fsn_path_put(&path);
	path.mnt = mnt;
	path.dentry = a;
	{
		struct path from = path;

		is(fsn_path_parentat(AT_FDCWD, &from, "b/x", 0, &path, &last, &type), 0, "from another place");
		ok(path.dentry == b, "is there");
		fsn_path_put(&path);
	}
	ok(is_err(fsn_lookup_one_len_unlocked("..", a, 2), -EACCES), "a single name is no dots");
	ok(is_err(fsn_lookup_one_len_unlocked("b/f", a, 3), -EACCES), "and has no slash");
	dentry = fsn_lookup_one_len_unlocked("bcd", a, 1);
	ok(dentry == b, "as many bytes as were said");
	fsn_dput(dentry);
	ok(is_err(fsn_lookup_one_len_unlocked("x", f, 1), -ENOTDIR), "not in a file");
}

/* --- where a walk begins --- */

static void beginnings(void)
{
	struct path path, place = { mnt, a };
	struct file *file;
	char *page;
	int fd;

	fsn_set_fs_pwd(&place);
	ok(leads("b/f", 0, "f"), "the working directory");
	ok(leads("../a", 0, "a"), "above it");
	is(fsn_vfs_path_lookup(a, mnt, "../b/f", 0, &path), 0, "below a root of its own");
	ok(path.dentry == f, "which nothing is above");
	fsn_path_put(&path);
	is(fsn_vfs_path_lookup(a, mnt, "/b", 0, &path), 0, "an absolute path");
	ok(path.dentry == b, "begins there, too");
	fsn_path_put(&path);
	is(fsn_vfs_path_lookup(a, mnt, "abs", FSN_LOOKUP_FOLLOW, &path), -ENOENT, "and so does a link's");
	fsn_set_fs_root(&place);
	ok(leads("/b/f", 0, "f"), "another root");
	ok(leads("/../..", 0, "a"), "which nothing is above");
	ok(leads("..", 0, "a"), "from the inside");
	place.dentry = sb->s_root;
	fsn_set_fs_root(&place);

	fd = fsn_get_unused_fd_flags(0);
	place.dentry = b;
	fsn_path_get(&place);
	file = fsn_alloc_file(&place, O_RDONLY, NULL);
	fsn_fd_install((unsigned int)fd, file);
	is(fsn_user_path_at(fd, "f", 0, &path), 0, "the directory of a descriptor");
	ok(path.dentry == f, "is where it begins");
	fsn_path_put(&path);
	is(fsn_user_path_at(fd, "/a", 0, &path), 0, "unless the path is absolute");
	fsn_path_put(&path);
	is(fsn_user_path_at(fd, "", FSN_LOOKUP_EMPTY, &path), 0, "an empty path");
	ok(path.dentry == b, "is the descriptor's");
	fsn_path_put(&path);
	is(fsn_sys_close(fd), 0, "closed");
	is(fsn_user_path_at(fd, "f", 0, &path), -EBADF, "no descriptor");
	is(fsn_user_path_at(-1, "/a", 0, &path), 0, "which an absolute path does not need");
	fsn_path_put(&path);
	fd = fsn_get_unused_fd_flags(0);
	place.dentry = f;
	fsn_path_get(&place);
	fsn_fd_install((unsigned int)fd, fsn_alloc_file(&place, O_RDONLY, NULL));
	is(fsn_user_path_at(fd, "x", 0, &path), -ENOTDIR, "a file is no beginning");
	fsn_sys_close(fd);
	page = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	memset(page, '/', 4096);
	is(fsn_user_path_at(AT_FDCWD, page + 1, 0, &path), -EFAULT, "a path that runs into nothing");
	memcpy(page + 4096 - 5, "/a/b", 5);
	is(fsn_user_path_at(AT_FDCWD, page + 4096 - 5, 0, &path), 0, "one that ends before");
	fsn_path_put(&path);
	munmap(page, 4096);
	is(fsn_user_path_at(AT_FDCWD, NULL, 0, &path), -EFAULT, "none");
}

static void no_memory(void)
{
	struct path path;
	long skip, failed = 0;
	int err = -ENOMEM;

	for (skip = 0; skip < 20 && err == -ENOMEM; skip++) {
		fsn_fail_alloc(skip, 1);
		err = fails("/a/b/new", 0);
		failed += fsn_fail_alloc(0, 0);
	}
	is(err, -ENOENT, "as many failures as there are allocations");
	ok(failed > 0, "each is told");
	fsn_fail_alloc(0, 1);
	ok(is_err(fsn_kern_path_create(AT_FDCWD, "/a/b/new", &path, 0), -ENOMEM), "also when a name is to be made");
	fsn_fail_alloc(0, 0);
	ok(fsn_down_write_trylock(&b->d_inode->i_rwsem), "and nothing stays locked");
	fsn_up_write(&b->d_inode->i_rwsem);
}

int main(void)
{
	struct counts before = count();
	struct path path;
	size_t i;

	is(fails("/", 0), -ENOENT, "no root, no path");
	sb = mounted(NULL, NULL);
	mnt = fsn_alloc_mount(sb);
	fsn_deactivate_super(sb);
	path.mnt = mnt;
	path.dentry = sb->s_root;
	fsn_set_fs_root(&path);
	fsn_set_fs_pwd(&path);
	a = entry(sb->s_root, "a", S_IFDIR | 0755);
	b = entry(a, "b", S_IFDIR | 0755);
	f = entry(b, "f", S_IFREG | 0644);
	fsn_set_log(on_log, NULL);
	names();
	links();
	callbacks();
	permissions();
	parents();
	beginnings();
	no_memory();
	fsn_set_fs_root(NULL);
	fsn_set_fs_pwd(NULL);
	for (i = 0; i < 8; i++)
		fsn_dput(made_links[i]);
	fsn_dput(f);
	fsn_dput(b);
	fsn_dput(a);
	fsn_mntput(mnt);
	ok(warned_by(""), "nothing was warned of");
	ok(same_counts(before), "everything was given back");
	return done_testing();
}
