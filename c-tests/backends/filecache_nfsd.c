/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rest of nfsd for the tests of its file cache: see filecache.h. */
#include <linux/fs.h>
#include "filecache.h"

/* ---- the frame of a program ---- */

static struct fsn_stats before;
int n_warnings;

static void on_log(void *arg, int level, const char *function, const char *message)
{
	(void)arg;
	printf("# %s: %s\n", function, message);
	if (level <= FSN_LOG_WARNING)
		bump(n_warnings);
}

void tests_begin(void)
{
	const char *limit = getenv("TIMEOUT");

	alarm(limit && atoi(limit) > 20 ? (unsigned int)atoi(limit) - 10 : 110);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fsn_set_log(on_log, NULL);
	/* the thread's own credentials stay with it */
	request_end();
	fsn_stats(&before);
}

/* Nothing of the library's is more than it was. */
bool nothing_left(void)
{
	struct fsn_stats now;
	bool nothing;

	fsn_quiesce();
	fsn_stats(&now);
	nothing = now.groups == before.groups && now.marks == before.marks && now.connectors == before.connectors &&
	       now.sb_infos == before.sb_infos && now.inodes == before.inodes && now.dentries == before.dentries &&
	       now.allocations == before.allocations && now.allocated_bytes == before.allocated_bytes;

	if (!nothing)
		printf("# left: groups %ld marks %ld connectors %ld inodes %ld dentries %ld allocations %ld bytes %ld\n",
		       (long)(now.groups - before.groups), (long)(now.marks - before.marks), (long)(now.connectors - before.connectors),
		       (long)(now.inodes - before.inodes), (long)(now.dentries - before.dentries),
		       (long)(now.allocations - before.allocations), (long)(now.allocated_bytes - before.allocated_bytes));
	return nothing;
}

/* ---- the server, as its file cache sees it ---- */

unsigned int nfsd_net_id = 1;
struct mutex nfsd_mutex = __MUTEX_INITIALIZER(nfsd_mutex);
struct nfsd_net nfsd_a, nfsd_b;
struct net net_a = { { NULL, &nfsd_a } }, net_b = { { NULL, &nfsd_b } };
int open_errors[8], hold_openings, openings_held, lease_error, verifier_resets, wakes;
int points[POINTS];
long point_values[POINTS];
__thread __be32 last_status;
/* Only its address counts. */
static char server;

void nfsd_point(enum nfsd_point point, const void *object, long value)
{
	(void)object;
	bump(points[point]);
	put_value(point_values[point], value);
}

void points_reset(void)
{
	memset(points, 0, sizeof(points));
	memset(point_values, 0, sizeof(point_values));
}

void svc_wake_up(struct svc_serv *serv)
{
	(void)serv;
	bump(wakes);
}

void nfsd_reset_write_verifier(struct nfsd_net *nn)
{
	(void)nn;
	bump(verifier_resets);
}

__be32 nfserrno(int error)
{
	switch (error) {
	case 0:
		return nfs_ok;
	case -ENOENT:
		return nfserr_noent;
	case -EACCES:
		return nfserr_acces;
	case -ESTALE:
	case -EOPENSTALE:
		return nfserr_stale;
	case -ENOMEM:
	case -EWOULDBLOCK:
		return nfserr_jukebox;
	default:
		return nfserr_io;
	}
}

int nfsd_open_break_lease(struct inode *inode, int access)
{
	(void)inode, (void)access;
	return lease_error;
}

/* The thread becomes the client's user, as nfsd_setuser() has it. */
static bool become(const struct svc_cred *who, int groups)
{
	struct group_info *list = groups_alloc(groups);
	struct cred *new;

	request_end();
	new = prepare_creds();
	if (!list || !new) {
		if (list)
			put_group_info(list);
		if (new)
			abort_creds(new);
		return false;
	}
	for (int i = 0; i < groups; i++)
		list->gid[i].val = 100 + i;
	new->fsuid = who->cr_uid;
	new->fsgid = who->cr_gid;
	set_groups(new, list);
	put_group_info(list);
	put_cred(override_creds(new));
	put_cred(new);
	return true;
}

void request_end(void)
{
	revert_creds(get_cred(current_real_cred()));
}

static int number_of(const struct svc_fh *fhp)
{
	int number;

	memcpy(&number, fhp->fh_handle.fh_raw, sizeof(number));
	return number;
}

static __be32 verify(const struct svc_cred *who, int groups, struct svc_fh *fhp, umode_t type)
{
	struct dentry *entry = fhp->fh_dentry;

	if (!entry) {
		entry = world_lookup(number_of(fhp));
		if (!entry)
			return nfserr_stale;
		fhp->fh_dentry = entry;
	}
	if ((fhp->fh_dentry->d_inode->i_mode & S_IFMT) != type)
		return nfserr_io;
	return become(who, groups) ? nfs_ok : nfserr_jukebox;
}

__be32 fh_verify(struct svc_rqst *rqstp, struct svc_fh *fhp, umode_t type, int access)
{
	(void)access;
	return verify(&rqstp->rq_cred, container_of(rqstp, struct request, rqst)->groups, fhp, type);
}

#if !ON_6_1
__be32 fh_verify_local(struct net *net, struct svc_cred *cred, struct auth_domain *client, struct svc_fh *fhp, umode_t type,
		       int access)
{
	(void)net, (void)client, (void)access;
	return verify(cred, 0, fhp, type);
}
#endif

void fh_put(struct svc_fh *fhp)
{
	if (fhp->fh_dentry)
		dput(fhp->fh_dentry);
	fhp->fh_dentry = NULL;
}

static int open_file(struct svc_fh *fhp, int access, struct file **filp)
{
	struct path path = { world_mount(), fhp->fh_dentry };
	struct file *file;
	int flags = O_RDONLY;

	bump(openings_held);
	while (peek(hold_openings))
		usleep(200);
	__atomic_sub_fetch(&openings_held, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < 8; i++)
		if (open_errors[i]) {
			int error = open_errors[i];

			open_errors[i] = 0;
			return error;
		}
	if (access & NFSD_MAY_WRITE)
		flags = access & NFSD_MAY_READ ? O_RDWR : O_WRONLY;
	file = dentry_open(&path, flags, current_cred());
	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	*filp = file;
	return 0;
}

#if ON_6_1
__be32 nfsd_open_verified(struct svc_rqst *rqstp, struct svc_fh *fhp, int access, struct file **filp)
{
	(void)rqstp;
	return nfserrno(open_file(fhp, access, filp));
}
#else
int nfsd_open_verified(struct svc_rqst *rqstp, struct svc_fh *fhp, int access, struct file **filp)
{
	(void)rqstp;
	return open_file(fhp, access, filp);
}

void nfsd_filp_close(struct file *file)
{
	get_file(file);
	filp_close(file, NULL);
	__fput_sync(file);
}
#endif

/* ---- requests ---- */

struct request *request(struct net *net, unsigned int user, int groups, int number)
{
	static __thread struct request now;

	memset(&now, 0, sizeof(now));
	now.xprt.xpt_net = net;
	now.rqst.rq_xprt = &now.xprt;
	now.rqst.rq_cred.cr_uid.val = user;
	now.rqst.rq_cred.cr_gid.val = user;
	now.groups = groups;
	now.fh.fh_handle.fh_size = sizeof(number);
	memcpy(now.fh.fh_handle.fh_raw, &number, sizeof(number));
	return &now;
}

struct nfsd_file *cached_for(struct request *request, unsigned int may)
{
	struct nfsd_file *nf = NULL;

	last_status = nfsd_file_acquire_gc(&request->rqst, &request->fh, may, &nf);
	fh_put(&request->fh);
	request_end();
	return last_status == nfs_ok ? nf : NULL;
}

struct nfsd_file *cached(int number, unsigned int may)
{
	return cached_for(request(&net_a, 1000, 0, number), may);
}

struct nfsd_file *uncached(int number, unsigned int may)
{
	struct request *now = request(&net_a, 1000, 0, number);
	struct nfsd_file *nf = NULL;

	last_status = nfsd_file_acquire(&now->rqst, &now->fh, may, &nf);
	fh_put(&now->fh);
	request_end();
	return last_status == nfs_ok ? nf : NULL;
}

int cache_up(void)
{
	int error;

	mutex_lock(&nfsd_mutex);
	error = nfsd_file_cache_init();
	mutex_unlock(&nfsd_mutex);
	if (error)
		return error;
	nfsd_file_cache_start_net(&net_a);
	nfsd_file_cache_start_net(&net_b);
	nfsd_a.nfsd_serv = nfsd_b.nfsd_serv = (struct svc_serv *)&server;
	return 0;
}

void cache_down(void)
{
	mutex_lock(&nfsd_mutex);
	nfsd_a.nfsd_serv = nfsd_b.nfsd_serv = NULL;
	nfsd_file_cache_shutdown_net(&net_a);
	nfsd_file_cache_shutdown_net(&net_b);
	nfsd_file_cache_shutdown();
	mutex_unlock(&nfsd_mutex);
}

void dispose(void)
{
#if ON_6_1
	flush_work(&nfsd_a.fcache_dispose_work);
	flush_work(&nfsd_b.fcache_dispose_work);
#else
	/* eight files a call */
	while (!list_empty(&nfsd_a.fcache_dispose_list))
		nfsd_file_net_dispose(&nfsd_a);
	while (!list_empty(&nfsd_b.fcache_dispose_list))
		nfsd_file_net_dispose(&nfsd_b);
#endif
	flush_delayed_fput();
}

void pressure(void)
{
	fsn_shrink(2 * WORLD_FILES);
	dispose();
}

static int show_stats(struct seq_file *m, void *v)
{
	return nfsd_file_cache_stats_show(m, v);
}

long cache_stat(const char *name)
{
	char text[1024] = "", *at;

	fsn_seq_show(show_stats, NULL, NULL, NULL, text, sizeof(text));
	at = strstr(text, name);
	if (!at)
		return -1;
	at += strlen(name);
	return strtol(at + strspn(at, ": "), NULL, 10);
}
