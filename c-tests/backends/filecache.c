/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's file cache: which requests share a file, the mark that it has on an inode, and what closes the files that it keeps.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c filecache_tree.c */
/* fsn-series: 6.12 6.1 */
#include <linux/fs.h>
#include "filecache.h"

#define NFSD_MAY_BOTH (NFSD_MAY_READ | NFSD_MAY_WRITE)

static int refs(struct nfsd_file *nf)
{
	return refcount_read(&nf->nf_ref);
}

static bool hashed(struct nfsd_file *nf)
{
	return test_bit(NFSD_FILE_HASHED, &nf->nf_flags);
}

/* Who gets the same file, and who another. */
static void sharing(void)
{
	struct nfsd_file *first, *other[9];
	bool distinct = true;

	world_create(0);
	first = cached(0, NFSD_MAY_READ);
	ok(first, "a file is acquired");
	is(refs(first), 1, "with a reference");
	ok(hashed(first) && !test_bit(NFSD_FILE_PENDING, &first->nf_flags), "it is in the table, and ready");
	ok(first->nf_file && file_inode(first->nf_file) == world_inode(0), "with an open file");
	is(first->nf_file->f_mode & (FMODE_READ | FMODE_WRITE), FMODE_READ, "open for reading");
	is(first->nf_cred->fsuid.val, 1000, "as its user");
	other[0] = cached(0, NFSD_MAY_READ);
	ok(other[0] == first, "acquired again it is the same");
	is(refs(first), 2, "with one more reference");
	is(files_opened, 1, "it was opened once");
	is(points[POINT_ALLOC], 1, "and made once");
	ok(nfsd_file_get(first) == first, "a reference more");
	nfsd_file_put(first);
	is(refs(first), 2, "and back");
	ok(cached(0, NFSD_MAY_READ | NFSD_MAY_OWNER_OVERRIDE) == first, "what else is asked for makes no difference");
	nfsd_file_put(first);
	nfsd_file_put(first);

	other[0] = first;
	other[1] = cached(0, NFSD_MAY_WRITE);
	other[2] = cached(0, NFSD_MAY_BOTH);
	other[3] = cached_for(request(&net_a, 1001, 0, 0), NFSD_MAY_READ);
	other[4] = cached_for(request(&net_a, 1000, 1, 0), NFSD_MAY_READ);
	other[5] = cached_for(request(&net_a, 1000, 2, 0), NFSD_MAY_READ);
	other[6] = cached_for(request(&net_b, 1000, 0, 0), NFSD_MAY_READ);
	other[7] = uncached(0, NFSD_MAY_READ);
	world_create(1);
	other[8] = cached(1, NFSD_MAY_READ);
	for (int i = 0; i < 9; i++)
		for (int j = 0; j < i; j++)
			distinct = distinct && other[i] && other[i] != other[j];
	ok(distinct, "others: access, user, groups, namespace, way of keeping, inode");
	is(other[1]->nf_file->f_mode & (FMODE_READ | FMODE_WRITE), FMODE_WRITE, "one open for writing");
	is(other[2]->nf_file->f_mode & (FMODE_READ | FMODE_WRITE), FMODE_READ | FMODE_WRITE, "and one for both");
	ok(cached_for(request(&net_a, 1000, 2, 0), NFSD_MAY_READ) == other[5], "the same groups share");
	nfsd_file_put(other[5]);
	is(files_open, 9, "all are open");
	is(cache_stat("total inodes"), 2, "of two inodes");
	is(cache_stat("hash buckets"), 256, "in 256 chains");
	is(cache_stat("cache hits"), 3, "three were there before");
	is(cache_stat("acquisitions"), 12, "of twelve");
	for (int i = 0; i < 9; i++)
		nfsd_file_put(other[i]);
	is(files_open, 8, "the one that is not kept is closed at its last put");
	is(cache_stat("lru entries"), 8, "the others are kept");
	is(cache_stat("releases"), 1, "one has been given up");
	ok(nfsd_file_is_cached(world_inode(0)), "an inode with a file that is kept");
	for (int i = 0; i < 3; i++)
		pressure();
	is(files_open, 0, "memory that is short closes what is kept");
	ok(!nfsd_file_is_cached(world_inode(0)), "and the inode has none");
	world_unlink(0);
	world_unlink(1);
}

static unsigned long marks(void)
{
	struct fsn_stats now;

	fsn_stats(&now);
	return now.marks;
}

/* The mark on the inode. */
static struct fsnotify_mark *mark_of(struct inode *inode, struct fsnotify_group *group)
{
#if ON_6_1
	return fsnotify_find_mark(&inode->i_fsnotify_marks, group);
#else
	return fsnotify_find_inode_mark(inode, group);
#endif
}

static void marking(void)
{
	struct inode *inode = world_create(0);
	struct nfsd_file *one = cached(0, NFSD_MAY_READ), *two = uncached(0, NFSD_MAY_WRITE);
	struct fsnotify_group *group = one->nf_mark->nfm_mark.group;
	struct fsnotify_mark *mark = mark_of(inode, group);

	ok(mark == &one->nf_mark->nfm_mark, "the inode has the cache's mark");
	is(mark->mask, FS_ATTRIB | FS_DELETE_SELF, "for the end of a name and of the inode");
	is(inode->i_fsnotify_mask & ALL_FSNOTIFY_EVENTS, FS_ATTRIB | FS_DELETE_SELF, "which the inode knows");
	ok(two->nf_mark == one->nf_mark, "files of an inode share it");
	is(refcount_read(&one->nf_mark->nfm_ref), 2, "each with a reference");
	fsnotify_put_mark(mark);
	is(marks(), 1, "there is one");
	nfsd_file_put(two);
	is(refcount_read(&one->nf_mark->nfm_ref), 1, "which a file that is closed gives back");
	world_chmod(0);
	is(points[POINT_FSNOTIFY], 1, "the cache hears of a change");
	is(point_values[POINT_FSNOTIFY], FS_ATTRIB, "of attributes");
	ok(hashed(one), "which closes nothing, as the file has a name");
	nfsd_file_put(one);
	nfsd_file_close_inode_sync(inode);
	is(files_open, 0, "the files of an inode can be closed at once");
	is(points[POINT_CLOSE], 1, "(a trace point)");
	ok(!mark_of(inode, group), "with the last of them the mark goes");
	fsn_quiesce();
	is(marks(), 0, "none is left");
	one = cached(0, NFSD_MAY_READ);
	mark = mark_of(inode, group);
	ok(mark == &one->nf_mark->nfm_mark, "acquired anew there is another");
	fsnotify_put_mark(mark);
	nfsd_file_put(one);
	nfsd_file_close_inode_sync(inode);
	world_unlink(0);
}

/* What closes a file that is kept. */
static void closing(void)
{
	struct nfsd_file *nf, *again;
	struct inode *inode;
	int before;

	world_create(0);
	nfsd_file_put(cached(0, NFSD_MAY_READ));
	inode = world_inode(0);
	before = wakes;
	world_unlink(0);
	ok(!nfsd_file_is_cached(inode), "an unlinked file is not kept");
	if (!ON_6_1) {
		is(files_open, 1, "closing it is left to a thread of the server");
		is(wakes, before + 1, "which is woken");
	}
	dispose();
	is(files_open, 0, "and closes it");
	is(cache_stat("lru entries"), 0, "nothing of it is left");

	/* a name among several is not the file */
	world_create(0);
	world_link(0, 1);
	nfsd_file_put(cached(0, NFSD_MAY_READ));
	world_unlink(0);
	dispose();
	is(files_open, 1, "a file with another name is kept");
	nf = cached(1, NFSD_MAY_READ);
	ok(nf, "and found by that");
	is(files_opened, 2, "without being opened again");
	nfsd_file_close_inode_sync(world_inode(1));
	is(files_open, 1, "a file in use is not closed under its user");
	ok(!nfsd_file_is_cached(world_inode(1)), "but not found any more");
	again = cached(1, NFSD_MAY_READ);
	is(files_open, 2, "who asks gets another");
	nfsd_file_put(again);
	world_unlink(1);
	dispose();
	is(files_open, 1, "which goes with the last name, the one in use does not");
	is(files_opened, 3, "(three openings so far)");
	nfsd_file_put(nf);
	is(files_open, 0, "until it is put");

	/* that one: put after all */
	world_create(2);
	nf = cached(2, NFSD_MAY_READ);
	world_unlink(2);
	dispose();
	ok(!hashed(nf), "a file that is unlinked while in use leaves the table");
	is(refs(nf), 1, "it stays for its user");
	before = files_open;
	nfsd_file_put(nf);
	is(files_open, before - 1, "and goes at his put");
}

static void closing_more(void)
{
	struct nfsd_file *nf;
	struct file *file;
#if ON_6_1
	struct file_lock lease = { .fl_flags = FL_POSIX };
#else
	struct file_lease lease = { .c = { .flc_flags = FL_POSIX } };
#endif
	int open = files_open;

	/* rename over it */
	world_create(0);
	world_create(1);
	nfsd_file_put(cached(0, NFSD_MAY_READ));
	nfsd_file_put(cached(1, NFSD_MAY_READ));
	world_rename(0, 1);
	dispose();
	is(files_open, open + 1, "a file that another is renamed over is closed, the other is not");
	ok(nfsd_file_is_cached(world_inode(1)), "which is found under its new name");
	nf = cached(1, NFSD_MAY_READ);
	nfsd_file_put(nf);
	is(points[POINT_LRU_DEL] > 0, 1, "(it was taken off the list of those to go)");
	world_rename(1, 2);
	dispose();
	ok(nfsd_file_is_cached(world_inode(2)), "a plain rename closes nothing");

	/* a lease on it */
	file = nf->nf_file;
#if ON_6_1
	lease.fl_file = file;
#else
	lease.c.flc_file = file;
#endif
	fsn_lease_announce(F_RDLCK, &lease);
	ok(nfsd_file_is_cached(world_inode(2)), "a lock of another kind closes nothing");
#if ON_6_1
	lease.fl_flags = FL_LEASE;
#else
	lease.c.flc_flags = FL_LEASE;
#endif
	fsn_lease_announce(F_RDLCK, &lease);
	dispose();
	is(files_open, open, "a lease closes the file");
	world_unlink(2);

	/* the namespace ends */
	world_create(0);
	nfsd_file_put(cached(0, NFSD_MAY_READ));
	nfsd_file_put(cached_for(request(&net_b, 1000, 0, 0), NFSD_MAY_READ));
	is(files_open, open + 2, "a file in each of two namespaces");
	mutex_lock(&nfsd_mutex);
	nfsd_file_cache_purge(&net_b);
	mutex_unlock(&nfsd_mutex);
	is(files_open, open + 1, "purging one closes its file only");
	mutex_lock(&nfsd_mutex);
	nfsd_file_cache_purge(NULL);
	mutex_unlock(&nfsd_mutex);
	is(files_open, open, "purging all closes the other");
	is(cache_stat("total inodes"), 0, "and empties the table");
	world_unlink(0);
}

int main(void)
{
	tests_begin();
	world_begin();
	is(cache_up(), 0, "the cache starts");
	is(cache_up(), 0, "and is not started twice");
	sharing();
	cache_down();
	is(cache_stat("cache hits"), 0, "its end resets what it has counted");
	fsn_quiesce();
	points_reset();
	is(fsn_shrink(10), 0, "it has nothing to give then");
	is(points[POINT_SHRINKER_REMOVED], 0, "nor is it asked");
	is(fsn_lease_announce(F_RDLCK, NULL), 0, "or told of leases");
	points_reset();
	files_opened = files_open = 0;
	cache_up();
	marking();
	files_opened = files_open = 0;
	closing();
	closing_more();
	mutex_lock(&nfsd_mutex);
	nfsd_file_cache_shutdown();
	nfsd_file_cache_shutdown();
	mutex_unlock(&nfsd_mutex);
	ok(!nfsd_a.fcache_dispose_list.next || list_empty(&nfsd_a.fcache_dispose_list), "nothing waits to be closed");
	world_end();
	return tests_end();
}
