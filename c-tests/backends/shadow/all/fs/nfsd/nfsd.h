/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the file cache knows of the rest of nfsd: the server's lock, its answers, the request that is served.
 */
#ifndef SHADOW_NFSD_NFSD_H
#define SHADOW_NFSD_NFSD_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/types.h>
#include "netns.h"

/* Serializes start and stop of the server. */
extern struct mutex nfsd_mutex;

/* Answers to a client stand in network byte order. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define NFSD_BE32(number) ((__be32)(number))
#else
#define NFSD_BE32(number) ((__be32)__builtin_bswap32(number))
#endif
#define nfs_ok NFSD_BE32(0)
#define nfserr_perm NFSD_BE32(1)
#define nfserr_noent NFSD_BE32(2)
#define nfserr_io NFSD_BE32(5)
#define nfserr_acces NFSD_BE32(13)
#define nfserr_stale NFSD_BE32(70)
/* Try again later. */
#define nfserr_jukebox NFSD_BE32(10008)

/* The program's: a thread of the server finds something to do. */
struct svc_serv;
void svc_wake_up(struct svc_serv *serv);

/* The connection that a request came by. */
struct svc_xprt {
	struct net *xpt_net;
};

struct svc_cred {
	kuid_t cr_uid;
	kgid_t cr_gid;
};

struct auth_domain;

/* A request. */
struct svc_rqst {
	struct svc_xprt *rq_xprt;
	struct net *rq_bc_net;
	struct svc_cred rq_cred;
};

#define SVC_NET(rqst) ((rqst)->rq_xprt ? (rqst)->rq_xprt->xpt_net : (rqst)->rq_bc_net)

#endif /* SHADOW_NFSD_NFSD_H */
