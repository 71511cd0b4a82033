/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's file cache where something goes wrong: files that cannot be opened, requests that wait for another's opening, and
 * memory that fails at every step of starting and of acquiring.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c filecache_tree.c */
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
		ok(local == nf, "it is the network's: the way in is no part of what files are told apart by");
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
	int failed = 0, wrong = 0;
	long injected = 1;

	for (int skip = 0; injected && skip < 50; skip++) {
		int error;

		fsn_fail_alloc(skip, 1);
		error = cache_up();
		injected = fsn_fail_alloc(0, 0);
		if (error) {
			failed++;
			wrong += error != -ENOMEM || !injected;
		} else {
			/* the first table is had in any case, if only a small one */
			wrong += injected && skip > 0;
			cache_down();
		}
		wrong += !nothing_left();
	}
	is(failed, ON_6_1 ? 5 : 6, "a start without memory fails at each of its steps");
	is(wrong, 0, "with -ENOMEM, and leaves nothing behind");
	is(n_warnings, failed, "it tells each time");
	n_warnings = 0;
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

/* ---- a table that is full while the worker, which would make a larger one, is held up ---- */

static int worker_held, worker_may_go;

static void hold_worker(struct work_struct *work)
{
	(void)work;
	put_value(worker_held, 1);
	wait_until(peek(worker_may_go));
}

static DECLARE_WORK(holder, hold_worker);

static void full(void)
{
	int missing = 0, refused = 0;
	long injected = 1;

	queue_work(system_wq, &holder);
	wait_until(peek(worker_held));
	for (int i = 0; i < 600; i++)
		world_create(i);
	for (int i = 0; i < 256; i++)
		nfsd_file_put(cached(i, NFSD_MAY_READ));
	is(cache_stat("total inodes"), 256, "as many inodes as chains");
	points_reset();
	for (int skip = 0; injected && skip < 20; skip++) {
		struct nfsd_file *nf;

		fsn_fail_alloc(skip, 1);
		nf = cached(256, NFSD_MAY_READ);
		injected = fsn_fail_alloc(0, 0);
		if (points[POINT_INSERT_ERR] && !refused) {
			refused++;
			is(point_values[POINT_INSERT_ERR], -ENOMEM, "without memory for a larger table the next is refused");
			ok(!nf && last_status == nfserr_jukebox, "for now");
			is(cache_stat("total inodes"), 256, "and is not in");
		}
		if (nf)
			nfsd_file_put(nf);
	}
	is(refused, 1, "(at one of the allocations)");
	for (int i = 0; i < 600; i++) {
		struct nfsd_file *nf = cached(i, NFSD_MAY_READ);

		missing += !nf;
		if (nf)
			nfsd_file_put(nf);
	}
	is(missing, 0, "with memory all are taken, though the worker is held up");
	is(cache_stat("hash buckets"), 256, "into the larger tables behind the first");
	put_value(worker_may_go, 1);
	fsn_flush_workqueue(NULL);
	ok(cache_stat("hash buckets") >= 1024, "which the worker makes one: %ld chains", cache_stat("hash buckets"));
	for (int i = 0; i < 600; i++)
		missing += !nfsd_file_is_cached(world_inode(i));
	is(missing, 0, "with all of them");
	for (int i = 0; i < 600; i++)
		world_unlink(i);
	dispose();
	is(files_open, 0, "nothing is left open");
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
	full();
	cache_down();
	world_end();
	starting();
	return tests_end();
}
