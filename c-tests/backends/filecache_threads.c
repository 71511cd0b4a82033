/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's file cache under threads: requests, unlinking and creating anew, renaming, leases, memory that is short, purges and the
 * server's own thread, all at once. Who has a file must find it open and of the right inode; at the end nothing is left.
 */
/* fsn-backends: filecache */
/* fsn-sources: filecache_nfsd.c filecache_tree.c */
/* fsn-series: 6.12 6.1 */
#include <linux/fs.h>
#include "filecache.h"

#define FILES 40
#define ASKERS 4
#define TURNS 3000

static int running, acquired, refused, wrong;

static unsigned int draw(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct nfsd_file *acquire(unsigned int *seed, struct inode **inode)
{
	unsigned int may = 1 + draw(seed) % 3;
	struct request *now = request(draw(seed) % 2 ? &net_a : &net_b, 1000 + draw(seed) % 2, 0, (int)(draw(seed) % FILES));
	struct nfsd_file *nf = NULL;
	bool keep = draw(seed) % 4;

	may = (may & 1 ? NFSD_MAY_READ : 0) | (may & 2 ? NFSD_MAY_WRITE : 0);
	if (keep)
		last_status = nfsd_file_acquire_gc(&now->rqst, &now->fh, may, &nf);
	else
		last_status = nfsd_file_acquire(&now->rqst, &now->fh, may, &nf);
	/* not before: a file that went stale while it was opened is looked up again, and may be another one then */
	*inode = now->fh.fh_dentry ? now->fh.fh_dentry->d_inode : NULL;
	fh_put(&now->fh);
	request_end();
	return last_status == nfs_ok ? nf : NULL;
}

/*
 * The original looks at the file once more after it has given its reference to the list of the unused (nfsd_file_put(), both
 * series), when a thread that empties the list may free it already: a read side keeps the memory until then.
 */
static void put(struct nfsd_file *nf)
{
	rcu_read_lock();
	nfsd_file_put(nf);
	rcu_read_unlock();
}

static void *asker(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		struct inode *inode = NULL;
		struct nfsd_file *nf = acquire(&seed, &inode);

		if (!nf) {
			bump(refused);
			continue;
		}
		bump(acquired);
		if (!nf->nf_file || file_inode(nf->nf_file) != inode || nf->nf_inode != inode ||
		    test_bit(NFSD_FILE_PENDING, &nf->nf_flags) || nf->nf_cred->fsuid.val / 2 != 500)
			bump(wrong);
		if (draw(&seed) % 8 == 0)
			nfsd_file_close_inode_sync(inode);
		if (draw(&seed) % 4 == 0)
			sched_yield();
		if (refcount_read(&nf->nf_ref) < 1)
			bump(wrong);
		put(nf);
	}
	return NULL;
}

static void *changer(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	while (peek(running)) {
		int number = (int)(draw(&seed) % FILES), other = (int)(draw(&seed) % FILES);

		if (draw(&seed) % 2 || number == other)
			world_unlink(number);
		else
			world_rename(number, other);
		world_create(number);
		usleep(50);
	}
	return NULL;
}

/* Memory that is short, purges, leases. */
static void *presser(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	while (peek(running)) {
		switch (draw(&seed) % 8) {
		case 0:
			mutex_lock(&nfsd_mutex);
			nfsd_file_cache_purge(draw(&seed) % 2 ? &net_a : NULL);
			mutex_unlock(&nfsd_mutex);
			break;
		case 1: {
			struct inode *inode = NULL;
			struct nfsd_file *nf = acquire(&seed, &inode);
#if ON_6_1
			struct file_lock lease = { .fl_flags = FL_LEASE };
#else
			struct file_lease lease = { .c = { .flc_flags = FL_LEASE } };
#endif

			if (!nf)
				break;
#if ON_6_1
			lease.fl_file = nf->nf_file;
#else
			lease.c.flc_file = nf->nf_file;
#endif
			fsn_lease_announce(F_WRLCK, &lease);
			put(nf);
			break;
		}
		case 2:
			if (cache_stat("total inodes") < 0 || cache_stat("lru entries") < 0)
				bump(wrong);
			break;
		default:
			fsn_shrink(1 + draw(&seed) % 30);
		}
		usleep(100);
	}
	return NULL;
}

/* A thread of the server, which closes what the cache leaves to it. */
static void *serving(void *arg)
{
	(void)arg;
	while (peek(running)) {
#if !ON_6_1
		nfsd_file_net_dispose(&nfsd_a);
		nfsd_file_net_dispose(&nfsd_b);
#endif
		usleep(100);
	}
	return NULL;
}

int main(void)
{
	pthread_t askers[ASKERS], others[4];

	tests_begin();
	world_begin();
	cache_up();
	for (int i = 0; i < FILES; i++)
		world_create(i);
	running = 1;
	pthread_create(&others[0], NULL, changer, (void *)1001);
	pthread_create(&others[1], NULL, presser, (void *)1002);
	pthread_create(&others[2], NULL, serving, NULL);
	pthread_create(&others[3], NULL, presser, (void *)1003);
	for (int i = 0; i < ASKERS; i++)
		pthread_create(&askers[i], NULL, asker, (void *)(uintptr_t)(i + 1));
	for (int i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
	put_value(running, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(others[i], NULL);
	is(wrong, 0, "who has a file has the right one");
	ok(acquired > ASKERS * TURNS / 2, "most requests got one: %d, %d did not", acquired, refused);
	ok(points[POINT_UNHASH] > 0 && points[POINT_GC_DISPOSED] > 0 && points[POINT_CLOSING] > 0 && points[POINT_FSNOTIFY] > 0,
	   "files went in every way: %d for want of memory, %d closed, %d events", points[POINT_GC_DISPOSED], points[POINT_CLOSING],
	   points[POINT_FSNOTIFY]);
	mutex_lock(&nfsd_mutex);
	nfsd_file_cache_purge(NULL);
	mutex_unlock(&nfsd_mutex);
	dispose();
	is(cache_stat("total inodes"), 0, "a purge empties the table");
	is(cache_stat("lru entries"), 0, "and the list");
	is(cache_stat("allocations"), ON_6_1 ? -1 : cache_stat("releases"), "every file that was made was given up");
	cache_down();
	for (int i = 0; i < FILES; i++)
		world_unlink(i);
	flush_delayed_fput();
	world_end();
	return tests_end();
}
