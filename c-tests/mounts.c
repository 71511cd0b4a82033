/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of mounts: what may be mounted where, what a walk sees of it, what unmounting takes along, private copies for
 * whoever visits the mounts below a place, and all of it by several threads at once.
 */
#include "vfs/tree.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static struct super_block *root_sb;
static struct vfsmount *root;

static struct dentry *directory(struct dentry *dir, const char *name)
{
	struct dentry *dentry = made(dir, name, S_IFDIR | 0755);

	fsn_dput(dentry);
	return dentry;
}

/* A mount of a new filesystem; the caller's only reference is the mount's. */
static struct vfsmount *filesystem(const char *name)
{
	struct super_block *sb = mounted(NULL, NULL);
	struct vfsmount *mnt;

	directory(sb->s_root, name);
	mnt = fsn_alloc_mount(sb);
	fsn_deactivate_super(sb);
	return mnt;
}

static int attach(struct vfsmount *mnt, const char *where)
{
	struct path path;
	int err = fsn_kern_path(where, 0, &path);

	if (err)
		return err;
	err = fsn_attach_mount(mnt, &path);
	fsn_path_put(&path);
	return err;
}

static int detach(struct vfsmount *mnt, int flags)
{
	return fsn_umount(mnt, flags);
}

static struct vfsmount *mount_of(const char *name)
{
	struct path path;

	if (fsn_kern_path(name, 0, &path))
		return NULL;
	fsn_path_put(&path);
	return path.mnt;
}

static int walk(const char *name)
{
	struct path path;
	int err = fsn_kern_path(name, 0, &path);

	if (!err)
		fsn_path_put(&path);
	return err;
}

static void mounting(void)
{
	struct vfsmount *one = filesystem("one"), *two = filesystem("two"), *found;
	struct dentry *m = directory(root_sb->s_root, "m"), *gone;
	struct path path = { root, root_sb->s_root }, place;

	fsn_dput(made(root_sb->s_root, "file", S_IFREG | 0644));
	is(fsn_attach_mount(one, NULL), -EBUSY, "one root");
	is(fsn_attach_mount(root, &path), -EINVAL, "what is mounted is not mounted again");
	is(attach(one, "/file"), -ENOTDIR, "a directory on a file");
	is(attach(one, "/m"), 0, "mounted");
	is(attach(one, "/m"), -EINVAL, "once");
	ok(mount_of("/m") == one && mount_of("/m/one") == one, "a walk goes through it");
	ok(mount_of("/m/..") == root && mount_of("/m/one/../../m/one") == one, "and back");
	ok(m->d_flags & DCACHE_MOUNTED, "the dentry says so");
	ok(fsn_is_local_mountpoint(m) && !fsn_is_local_mountpoint(root_sb->s_root), "only the covered one");
	place.mnt = root;
	place.dentry = m;
	found = fsn_lookup_mnt(&place);
	ok(found == one, "found by its place");
	fsn_mntput(found);
	place.mnt = two;
	ok(!fsn_lookup_mnt(&place), "not through another mount");

	is(attach(two, "/m"), 0, "over another one");
	ok(mount_of("/m") == two && walk("/m/one") == -ENOENT && !walk("/m/two"), "the upper one is seen");
	ok(mount_of("/m/..") == root, "up from both");
	is(fsn_kern_path("/m/..", FSN_LOOKUP_NO_XDEV, &place), -EXDEV, "other mounts may be unwanted");
	is(fsn_kern_path("/m", FSN_LOOKUP_NO_XDEV, &place), -EXDEV, "in both directions");
	is(detach(one, 0), -EBUSY, "something is mounted on it");
	is(detach(two, 0), 0, "unmounted");
	is(detach(two, 0), -EINVAL, "once");
	ok(mount_of("/m") == one, "the lower one is seen again");
	is(fsn_kern_path("/m/one", 0, &place), 0, "in use");
	is(detach(one, 0), -EBUSY, "is not unmounted");
	is(detach(one, FSN_MNT_DETACH), 0, "unless it must");
	ok(walk("/m/one") == -ENOENT && !(m->d_flags & DCACHE_MOUNTED), "nothing is seen of it");
	ok(!fsn_vfs_path_lookup(place.dentry, place.mnt, ".", 0, &path), "who uses it goes on");
	fsn_path_put(&path);
	fsn_path_put(&place);
	fsn_mntput(one);

	gone = fsn_dget(directory(root_sb->s_root, "gone"));
	path.mnt = root;
	path.dentry = gone;
	fsn_d_drop(gone);
	is(fsn_attach_mount(two, &path), -ENOENT, "not on what has been removed");
	fsn_dput(gone);
	path.mnt = two;
	path.dentry = two->mnt_root;
	one = filesystem("one");
	is(fsn_attach_mount(one, &path), -EINVAL, "not on what is mounted nowhere");
	is(fsn_attach_mount(one, NULL), -EBUSY, "there is a root");
	fsn_mntput(one);
	fsn_mntput(two);
}

/* --- what goes when the last use goes --- */

static void on_put_super(struct super_block *sb)
{
	(void)sb;
	traced("put-super");
}

static const struct super_operations ops = { .put_super = on_put_super };

static void unmounting(void)
{
	struct fsnotify_group *group = fsnotify_alloc_group(&listener, 0);
	struct super_block *sb = mounted(NULL, &ops);
	struct dentry *in = directory(sb->s_root, "in");
	struct vfsmount *mnt = fsn_alloc_mount(sb), *below = filesystem("below");
	struct path place;

	is(watch(group, in->d_inode, FS_UNMOUNT, 0), 0, "watched");
	fsn_deactivate_super(sb);
	attach(mnt, "/m");
	attach(below, "/m/in");
	fsn_mntput(below);
	is(fsn_kern_path("/m", 0, &place), 0, "in use");
	is(fsn_umount(mnt, FSN_MNT_DETACH), 0, "unmounted with what is below it");
	fsn_mntput(mnt);
	ok(trace_is(""), "its filesystem stays while it is used");
	fsn_path_put(&place);
	ok(trace_is("UNMOUNT mark-goes put-super"), "FS_UNMOUNT comes with the last use");
	fsnotify_destroy_group(group);
}

/* --- private copies --- */

struct visit {
	int n, stop_at;
	struct vfsmount *seen[16];
};

static int on_mount(struct vfsmount *mnt, void *arg)
{
	struct visit *visit = (struct visit *)arg;

	visit->seen[visit->n++] = mnt;
	return visit->n == visit->stop_at ? 42 : 0;
}

static bool shows(const struct visit *visit, int n, struct vfsmount *original)
{
	return visit->seen[n] != original && visit->seen[n]->mnt_sb == original->mnt_sb &&
	       visit->seen[n]->mnt_root == original->mnt_root;
}

static void copies(void)
{
	struct vfsmount *x = filesystem("x"), *y = filesystem("y"), *z = filesystem("z"), *top;
	struct path path, other;
	struct visit visit = { 0, 0, { NULL } };
	long skip, failed = 0;

	directory(root_sb->s_root, "n");
	attach(x, "/m");
	attach(y, "/m/x");
	attach(z, "/n");
	fsn_kern_path("/", 0, &path);
	top = fsn_collect_mounts(&path);
	ok(top != root && top->mnt_root == root_sb->s_root, "a copy");
	is(fsn_iterate_mounts(on_mount, &visit, top), 0, "all are visited");
	is(visit.n, 4, "four of them");
	ok(visit.seen[0] == top && shows(&visit, 1, x) && shows(&visit, 2, y) && shows(&visit, 3, z), "each below its own");
	visit.n = 0;
	visit.stop_at = 2;
	is(fsn_iterate_mounts(on_mount, &visit, top), 42, "until one says so");
	is(visit.n, 2, "and no further");
	is(fsn_umount(top, 0), -EINVAL, "a copy is mounted nowhere");
	is(fsn_umount(z, 0), 0, "what was copied can be unmounted");
	fsn_drop_collected_mounts(top);
	ok(mount_of("/m/x") == y, "the original stays");
	fsn_path_put(&path);

	visit.n = visit.stop_at = 0;
	fsn_kern_path("/m/x", 0, &path);
	top = fsn_collect_mounts(&path);
	is(fsn_iterate_mounts(on_mount, &visit, top), 0, "from a mount on");
	ok(visit.n == 1 && shows(&visit, 0, y), "only what is below");
	fsn_drop_collected_mounts(top);
	fsn_path_put(&path);

	/* a part of a filesystem: what is mounted beside it is not part of the copy */
	directory(x->mnt_root, "beside");
	attach(z, "/m/beside");
	fsn_kern_path("/m", 0, &path);
	path.mnt = x;
	fsn_dput(path.dentry);
	path.dentry = fsn_dget(fsn_d_first_child(x->mnt_root));
	visit.n = 0;
	top = fsn_collect_mounts(&path);
	fsn_iterate_mounts(on_mount, &visit, top);
	is(visit.n, 2, "a part and what is mounted on it");
	ok(visit.seen[0]->mnt_root == path.dentry, "from there on");
	fsn_drop_collected_mounts(top);

	for (skip = 0, top = (struct vfsmount *)-ENOMEM; skip < 20 && (long)top == -ENOMEM; skip++) {
		fsn_fail_alloc(skip, 1);
		top = fsn_collect_mounts(&path);
		failed += fsn_fail_alloc(0, 0);
	}
	ok(failed == 2 && (long)top > 0, "without memory for one of them there is no copy");
	fsn_drop_collected_mounts(top);
	fsn_path_put(&path);

	fsn_kern_path("/m/x/y", 0, &path);
	fsn_kern_path("/m", 0, &other);
	ok(fsn_path_is_under(&path, &other), "below, through a mount");
	ok(!fsn_path_is_under(&other, &path), "not the other way");
	ok(fsn_path_is_under(&path, &path), "below itself");
	fsn_path_put(&other);
	fsn_kern_path("/n", 0, &other);
	ok(!fsn_path_is_under(&path, &other), "beside");
	fsn_path_put(&other);
	fsn_umount(y, FSN_MNT_DETACH);
	fsn_kern_path("/m", 0, &other);
	ok(!fsn_path_is_under(&path, &other), "not once it is unmounted");
	ok((long)fsn_collect_mounts(&path) == -EINVAL, "of which there is no copy");
	fsn_path_put(&other);
	fsn_path_put(&path);
	fsn_umount(x, FSN_MNT_DETACH);
	ok(!(long)fsn_lookup_mnt(&(struct path){ root, root_sb->s_root }), "nothing is left");
	fsn_mntput(x);
	fsn_mntput(y);
	fsn_mntput(z);
}

/* --- by several threads --- */

static int stop, walks, odd;

static void *walker(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		struct path path;
		int err = fsn_kern_path("/m/in/../in", 0, &path);

		if (!err)
			fsn_path_put(&path);
		else if (err != -ENOENT)
			__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
		if (!fsn_kern_path("/m", 0, &path)) {
			struct vfsmount *copy = fsn_collect_mounts(&path);

			if ((long)copy > 0)
				fsn_drop_collected_mounts(copy);
			else if ((long)copy != -EINVAL)
				__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
			fsn_path_put(&path);
		}
		__atomic_fetch_add(&walks, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* What is mounted below another thread's mount goes with it. */
static void expect_raced(int err)
{
	if (err && err != -EINVAL && err != -ENOENT)
		__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
}

static void *mounter(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 300; i++) {
		struct vfsmount *mnt = filesystem("in"), *upper = filesystem("in");

		expect_raced(attach(mnt, "/m"));
		expect_raced(attach(upper, "/m/in"));
		if (i % 2)
			expect_raced(fsn_umount(upper, FSN_MNT_DETACH));
		expect_raced(fsn_umount(mnt, FSN_MNT_DETACH));
		if (fsn_real_mount(mnt)->mnt_ns || mnt->mnt_root != mnt->mnt_sb->s_root)
			__atomic_fetch_add(&odd, 1, __ATOMIC_RELAXED);
		fsn_mntput(upper);
		fsn_mntput(mnt);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t walkers[2], mounters[2];
	int i;

	for (i = 0; i < 2; i++)
		pthread_create(&walkers[i], NULL, walker, NULL);
	for (i = 0; i < 2; i++)
		pthread_create(&mounters[i], NULL, mounter, NULL);
	for (i = 0; i < 2; i++)
		pthread_join(mounters[i], NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 2; i++)
		pthread_join(walkers[i], NULL);
	is(odd, 0, "mounting, unmounting, walking and copying at once");
	ok(walks > 0, "something was walked");
}

/* --- over a fork --- */

/* On a place that no other thread of the parent used. */
static int in_child(void)
{
	struct vfsmount *mnt = filesystem("child");
	int err = attach(mnt, "/n");

	if (!err)
		err = walk("/n/child");
	if (!err)
		err = fsn_umount(mnt, 0);
	if (!err && walk("/n/child") != -ENOENT)
		err = -1;
	fsn_mntput(mnt);
	return err;
}

static void forks(void)
{
	pthread_t thread;
	int i, good = 0;

	stop = 0;
	pthread_create(&thread, NULL, mounter, NULL);
	for (i = 0; i < 20; i++) {
		pid_t child = fork();
		int status = -1;

		if (!child) {
			alarm(20);
			_exit(in_child() != 0);
		}
		waitpid(child, &status, 0);
		good += status == 0;
	}
	pthread_join(thread, NULL);
	is(good, 20, "forked while another thread mounts: the child mounts, too");
}

int main(void)
{
	struct counts before = count();
	struct path path;

	root_sb = mounted(NULL, NULL);
	root = fsn_alloc_mount(root_sb);
	fsn_deactivate_super(root_sb);
	fsn_set_log(on_log, NULL);
	is(fsn_attach_mount(root, NULL), 0, "the root");
	path.mnt = root;
	path.dentry = root_sb->s_root;
	fsn_set_fs_root(&path);
	mounting();
	unmounting();
	copies();
	threads();
	forks();
	is(fsn_umount(root, 0), -EBUSY, "the root is in use");
	fsn_set_fs_root(NULL);
	is(fsn_umount(root, 0), 0, "and unmounted like others when it is not");
	fsn_mntput(root);
	ok(warned_by(""), "nothing was warned of");
	ok(same_counts(before), "everything was given back");
	return done_testing();
}
