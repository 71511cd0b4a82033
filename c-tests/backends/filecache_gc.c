/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's file cache: how files that nobody uses go, after a time or when memory is short, and the table with many of them.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c filecache_tree.c */
/* fsn-series: 6.12 6.1 */
#include <linux/exportfs.h>
#include <linux/fs.h>
#include "filecache.h"

static void shrinking(void)
{
	struct nfsd_file *used;

	for (int i = 0; i < 20; i++) {
		world_create(i);
		nfsd_file_put(cached(i, NFSD_MAY_READ));
	}
	is(cache_stat("lru entries"), 20, "twenty files are kept");
	points_reset();
	is(fsn_shrink(20), 0, "those that were just used stay");
	is(points[POINT_GC_REFERENCED], 20, "once");
	is(points[POINT_SHRINKER_REMOVED], 1, "the shrinker was asked");
	is(point_values[POINT_SHRINKER_REMOVED], 0, "and removed none");
	/* the first five are used again */
	for (int i = 0; i < 5; i++)
		nfsd_file_put(cached(i, NFSD_MAY_READ));
	is(fsn_shrink(8), 8, "then as many go as it is asked for");
	is(point_values[POINT_SHRINKER_REMOVED], 8, "it tells how many");
	dispose();
	is(files_open, 12, "they are closed");
	ok(!nfsd_file_is_cached(world_inode(5)) && !nfsd_file_is_cached(world_inode(12)), "the least recently used ones");
	ok(nfsd_file_is_cached(world_inode(13)) && nfsd_file_is_cached(world_inode(0)), "not the others");
	is(fsn_shrink(100), 12 - 5 + 5, "the rest goes, those used meanwhile at their second turn");
	dispose();
	is(files_open, 0, "none is left open");
	is(cache_stat("evictions"), 20, "evictions are counted");

	/* one that is in use is not on the list; taken while the list is walked it would leave it */
	used = cached(0, NFSD_MAY_READ);
	is(cache_stat("lru entries"), 0, "a file in use is not on the list");
	is(fsn_shrink(10), 0, "so it cannot go");
	nfsd_file_put(used);
	is(cache_stat("lru entries"), 1, "back on it");
	/* a reference that did not come through the cache: the entry leaves the list, the file stays */
	refcount_inc(&used->nf_ref);
	fsn_shrink(1);
	points_reset();
	fsn_shrink(1);
	is(points[POINT_GC_IN_USE], 1, "one in use after all leaves the list");
	is(cache_stat("lru entries"), 0, "and is not on it");
	is(files_open, 1, "and stays open");
	nfsd_file_put(used);
	pressure();
	pressure();
	for (int i = 0; i < 20; i++)
		world_unlink(i);
	is(files_open, 0, "until it is put");
}

static void writeback(void)
{
	struct nfsd_file *nf;
	struct address_space *pages;

	world_exports.flags = EXPORT_OP_FLUSH_ON_CLOSE;
	world_create(0);
	pages = world_inode(0)->i_mapping;
	nf = cached(0, NFSD_MAY_WRITE);
	ok(nf->nf_file->f_mapping == pages, "an open file knows its pages");
	nfsd_file_put(nf);
	fsn_mapping_set_tag(pages, PAGECACHE_TAG_DIRTY);
	points_reset();
	for (int i = 0; i < 3; i++)
		pressure();
	ok(points[POINT_GC_WRITEBACK] >= 3, "a file with dirty pages is left alone");
	is(files_open, 1, "and stays open");
	fsn_mapping_clear_tag(pages, PAGECACHE_TAG_DIRTY);
	fsn_mapping_set_tag(pages, PAGECACHE_TAG_WRITEBACK);
	pressure();
	is(files_open, 1, "so does one whose pages are being written");
	fsn_mapping_clear_tag(pages, PAGECACHE_TAG_WRITEBACK);
	pressure();
	pressure();
	is(files_open, 0, "then it goes");

	/* a filesystem that does not flush at close has no need of that */
	world_exports.flags = 0;
	fsn_mapping_set_tag(pages, PAGECACHE_TAG_DIRTY);
	nfsd_file_put(cached(0, NFSD_MAY_WRITE));
	pressure();
	pressure();
	is(files_open, 0, "where nothing is flushed at close, dirty pages keep no file open");

	/* an error of writing back reaches the clients */
	nf = cached(0, NFSD_MAY_WRITE);
	verifier_resets = 0;
	nfsd_file_put(nf);
	mapping_set_error(pages, -EIO);
	nf = cached(0, NFSD_MAY_WRITE);
	is(verifier_resets, 1, "an error of writing changes the verifier at the next use");
	nfsd_file_put(nf);
	nfsd_file_close_inode_sync(world_inode(0));
	is(verifier_resets, 2, "and at the end");
	nf = cached(0, NFSD_MAY_READ);
	is(verifier_resets, 2, "who only reads does not care");
	nfsd_file_put(nf);
	world_unlink(0);
	dispose();
}

/* The laundrette: two rounds, two seconds apart. */
static void delay(void)
{
	world_create(0);
	points_reset();
	nfsd_file_put(cached(0, NFSD_MAY_READ));
	wait_until(peek(points[POINT_GC_REMOVED]) >= 1);
	is(points[POINT_GC_DISPOSED], 0, "the first round lets a file stay");
	is(files_open, 1, "open");
	wait_until(peek(points[POINT_GC_DISPOSED]));
	wait_until(peek(points[POINT_GC_REMOVED]) >= 2);
	is(point_values[POINT_GC_REMOVED], 1, "the second removes it");
	ok(!nfsd_file_is_cached(world_inode(0)), "it is kept no longer");
	dispose();
	is(files_open, 0, "and closed");
	ok(cache_stat("mean age (ms)") >= 0, "the statistics tell how old files get: %ld ms", cache_stat("mean age (ms)"));
	world_unlink(0);
}

#define MANY 10000

static void many(void)
{
	int missing = 0, wrong = 0;
	long buckets;

	is(cache_stat("hash buckets"), 256, "an empty table");
	for (int i = 0; i < MANY; i++) {
		struct nfsd_file *nf;

		world_create(i);
		nf = cached(i, NFSD_MAY_READ);
		missing += !nf;
		if (nf)
			nfsd_file_put(nf);
	}
	is(missing, 0, "%d files are kept", MANY);
	fsn_flush_workqueue(NULL);
	buckets = cache_stat("hash buckets");
	ok(buckets >= MANY && buckets <= 4 * MANY, "the table has grown to %ld chains", buckets);
	is(cache_stat("total inodes"), MANY, "for as many inodes");
	is(files_open, MANY, "all open");
	for (int i = 0; i < MANY; i++) {
		struct nfsd_file *nf = cached(i, NFSD_MAY_READ);

		wrong += !nf || file_inode(nf->nf_file) != world_inode(i);
		if (nf)
			nfsd_file_put(nf);
	}
	is(wrong, 0, "each is found");
	is(files_opened, MANY, "without being opened again");
	is(cache_stat("cache hits"), MANY, "which the statistics know");
	/* half of them by unlinking, the rest at once */
	for (int i = 0; i < MANY; i += 2)
		world_unlink(i);
	dispose();
	is(files_open, MANY / 2, "unlinking closes");
	for (int i = 1; i < MANY; i += 2)
		wrong += !nfsd_file_is_cached(world_inode(i));
	is(wrong, 0, "only what is unlinked");
	mutex_lock(&nfsd_mutex);
	nfsd_file_cache_purge(&net_a);
	mutex_unlock(&nfsd_mutex);
	is(files_open, 0, "a purge closes the rest");
	is(cache_stat("total inodes"), 0, "the table is empty");
	for (int i = 0; i < 12; i++)
		fsn_flush_workqueue(NULL);
	buckets = cache_stat("hash buckets");
	ok(buckets < MANY, "and smaller: %ld chains", buckets);
	/* a purge leaves entries on no list */
	is(cache_stat("lru entries"), 0, "nothing waits for its end");
	for (int i = 1; i < MANY; i += 2)
		world_unlink(i);
}

int main(void)
{
	tests_begin();
	world_begin();
	cache_up();
	shrinking();
	writeback();
	delay();
	cache_down();
	files_opened = 0;
	cache_up();
	many();
	cache_down();
	world_end();
	return tests_end();
}
