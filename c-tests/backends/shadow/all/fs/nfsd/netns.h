/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace, and what nfsd keeps for each.
 */
#ifndef SHADOW_NFSD_NETNS_H
#define SHADOW_NFSD_NETNS_H

#include <linux/filelock.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct svc_serv;

/* Modules keep their own things in a namespace, by a number that each has. */
struct net {
	void *gen[2];
};

static inline void *net_generic(const struct net *net, unsigned int id)
{
	return net->gen[id];
}

extern unsigned int nfsd_net_id;

struct nfsd_net {
	/* NULL while no server runs */
	struct svc_serv *nfsd_serv;
	/* files that a thread of the server is to close */
	spinlock_t fcache_dispose_lock;
	struct list_head fcache_dispose_list;
#ifdef FSNOTIFY_API_6_1
	struct work_struct fcache_dispose_work;
#endif
};

/* The program's: what was written may be lost, so clients must send it again. */
void nfsd_reset_write_verifier(struct nfsd_net *nn);

#endif /* SHADOW_NFSD_NETNS_H */
