/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's file cache where something goes wrong: files that cannot be opened, requests that wait for another's opening, and
 * memory that fails at every step of starting and of acquiring.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c */
/* fsn-series: 6.12 6.1 */
#include <linux/fs.h>
#include "filecache.h"

static void openings(void)
{
	struct nfsd_file *nf;
	struct request *now;
	struct file *file;

	world_create(0);
	open_errors[0] = -EACCES;
	ok(!cached(0, NFSD_MAY_READ), "a file that cannot be opened");
	is(last_status, nfserr_acces, "has the error of that");
	ok(!nfsd_file_is_cached(world_inode(0)), "and is not kept");
	is(cache_stat("total inodes"), 0, "nothing of it is left in the table");
	is(points[POINT_FREE], 1, "it was freed");
	ok(!cached(5, NFSD_MAY_READ) && last_status == nfserr_stale, "a handle of nothing");

	if (!ON_6_1) {
		points_reset();
		open_errors[0] = -EOPENSTALE;
		nf = cached(0, NFSD_MAY_READ);
		ok(nf, "an opening that finds the handle stale is tried again");
		is(points[POINT_ALLOC], 2, "with a new file");
		nfsd_file_put(nf);
		nfsd_file_close_inode_sync(world_inode(0));
		open_errors[0] = open_errors[1] = -EOPENSTALE;
		ok(!cached(0, NFSD_MAY_READ) && last_status == nfserr_stale, "once");
	}

	/* somebody has a lease on what is open already */
	nf = cached(0, NFSD_MAY_READ);
	lease_error = -EWOULDBLOCK;
	ok(!cached(0, NFSD_MAY_READ) && last_status == nfserr_jukebox, "a lease that must be broken first");
	lease_error = 0;
	is(refcount_read(&nf->nf_ref), 1, "the reference is given back");
	nfsd_file_put(nf);
	nfsd_file_close_inode_sync(world_inode(0));

	/* with a file that is open already */
	nf = uncached(0, NFSD_MAY_READ);
	file = get_file(nf->nf_file);
	nfsd_file_put(nf);
	points_reset();
	now = request(&net_a, 1000, 0, 0);
	is(nfsd_file_acquire_opened(&now->rqst, &now->fh, NFSD_MAY_READ, file, &nf), nfs_ok, "a file that is open already");
	fh_put(&now->fh);
	request_end();
	ok(nf->nf_file == file, "is used");
	is(points[POINT_OPENED], 1, "and not opened again");
	nfsd_file_put(nf);
	filp_close(file, NULL);

#if !ON_6_1
	{
		struct svc_cred who = { { 1000 }, { 1000 } };
		const struct cred *own = current_cred();
		struct nfsd_file *local;

		nf = cached(0, NFSD_MAY_READ);
		now = request(&net_a, 1000, 0, 0);
		is(nfsd_file_acquire_local(&net_a, &who, NULL, &now->fh, NFSD_MAY_READ | NFSD_MAY_LOCALIO, &local), nfs_ok,
		   "a file for a local client");
		ok(current_cred() == own, "who stays what he was");
		ok(local != nf, "it is not shared with the network");
		ok(nfsd_file_file(local) && file_inode(nfsd_file_file(local)) == world_inode(0), "its file");
		ok(nfsd_file_put_local(local) == &net_a, "the put tells the namespace");
		fh_put(&now->fh);
		nfsd_file_put(nf);
		nfsd_file_close_inode_sync(world_inode(0));
	}
#endif
	world_unlink(0);
	is(files_open, 0, "nothing is left open");
}

/* ---- two requests at once ---- */

struct asker {
	pthread_t thread;
	struct nfsd_file *nf;
	__be32 status;
	int done;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	asker->nf = cached(0, NFSD_MAY_READ);
	asker->status = last_status;
	put_value(asker->done, 1);
	return NULL;
}

static void meeting(void)
{
	struct asker first, second;

	for (int fails = 0; fails < 3; fails++) {
		first = second = (struct asker){ .nf = NULL };
		world_create(0);
		points_reset();
		/* the first opening fails; then both */
		for (int i = 0; i < fails; i++)
			open_errors[i] = -EACCES;
		put_value(hold_openings, 1);
		pthread_create(&first.thread, NULL, ask, &first);
		wait_until(peek(openings_held) == 1);
		pthread_create(&second.thread, NULL, ask, &second);
		usleep(30000);
		ok(!peek(second.done) && peek(openings_held) == 1, "%d: who comes while a file is being opened waits", fails);
		put_value(hold_openings, 0);
		pthread_join(first.thread, NULL);
		pthread_join(second.thread, NULL);
		if (!fails) {
			ok(first.nf && second.nf == first.nf, "then both have it");
			is(refcount_read(&first.nf->nf_ref), 2, "with a reference each");
			is(points[POINT_ALLOC], 1, "it was made once");
			nfsd_file_put(first.nf);
			nfsd_file_put(second.nf);
		} else {
			ok(!first.nf && first.status == nfserr_acces, "the one who opened it has the error");
			is(points[POINT_CONS_ERR], 1, "the other saw that it came to nothing");
			if (fails == 1) {
				ok(second.nf, "and opens it himself");
				nfsd_file_put(second.nf);
			} else {
				ok(!second.nf && second.status == nfserr_acces, "and fails himself");
			}
		}
		nfsd_file_close_inode_sync(world_inode(0));
		is(cache_stat("total inodes"), 0, "nothing is left of it");
		world_unlink(0);
		dispose();
	}
	is(files_open, 0, "nothing is left open");
}

/* An inode whose last name goes while it is being opened. */
static void unlinked_meanwhile(void)
{
	struct asker first = { .nf = NULL };
	struct inode *inode = world_create(0);

	put_value(hold_openings, 1);
	pthread_create(&first.thread, NULL, ask, &first);
	wait_until(peek(openings_held) == 1);
	world_unlink(0);
	put_value(hold_openings, 0);
	pthread_join(first.thread, NULL);
	ok(first.nf, "a file that is unlinked while it is being opened is had all the same");
	ok(!test_bit(NFSD_FILE_HASHED, &first.nf->nf_flags), "but not kept");
	ok(!nfsd_file_is_cached(inode), "nor found");
	nfsd_file_put(first.nf);
	dispose();
	is(files_open, 0, "its put closes it");
}

/* ---- memory ---- */

static void starting(void)
{
	int skip, error = -ENOMEM, wrong = 0;

	for (skip = 0; error && skip < 50; skip++) {
		fsn_fail_alloc(skip, 1);
		error = cache_up();
		if (!fsn_fail_alloc(0, 0) && error)
			wrong++;
		if (error) {
			wrong += error != -ENOMEM;
			wrong += !nothing_left();
		} else if (fsn_fail_alloc(0, 0) == 0) {
			cache_down();
			wrong += !nothing_left();
		}
	}
	ok(skip > (ON_6_1 ? 5 : 6), "a start without memory fails at each of %d steps", skip - 1);
	is(wrong, 0, "with -ENOMEM, and leaves nothing behind");
}

static void acquiring(void)
{
	int failed = 0, wrong = 0, tried = 0;
	long injected = 1;

	world_create(0);
	world_create(1);
	for (int skip = 0; injected && skip < 100; skip++) {
		struct nfsd_file *nf;

		tried++;
		fsn_fail_alloc(skip, 1);
		nf = cached(0, NFSD_MAY_READ);
		injected = fsn_fail_alloc(0, 0);
		if (nf) {
			nfsd_file_put(nf);
			nfsd_file_close_inode_sync(world_inode(0));
		} else {
			failed++;
			wrong += last_status != nfserr_jukebox;
		}
		wrong += cache_stat("total inodes") != 0;
		wrong += files_open != 0;
	}
	ok(failed >= 4, "an acquisition without memory fails at %d of %d allocations", failed, tried - 1);
	is(wrong, 0, "with \"try again later\", and leaves nothing in the table");

	world_unlink(0);
	world_unlink(1);
	dispose();
}

int main(void)
{
	tests_begin();
	world_begin();
	cache_up();
	openings();
	meeting();
	unlinked_meanwhile();
	acquiring();
	cache_down();
	world_end();
	starting();
	return tests_end();
}
