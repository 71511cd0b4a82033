/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file handle of a request. What it names is the program's to find.
 */
#ifndef SHADOW_NFSD_NFSFH_H
#define SHADOW_NFSD_NFSFH_H

#include <linux/fs.h>
#include "nfsd.h"

#define NFSD_HANDLE_SIZE 32

/* The handle as the client sends it. */
struct knfsd_fh {
	unsigned int fh_size;
	unsigned char fh_raw[NFSD_HANDLE_SIZE];
};

struct svc_fh {
	struct knfsd_fh fh_handle;
	/* what fh_verify() found; fh_put() lets go of it */
	struct dentry *fh_dentry;
};

/* The program's: finds the object of a handle, and becomes the client's user. */
__be32 fh_verify(struct svc_rqst *rqstp, struct svc_fh *fhp, umode_t type, int access);
#ifndef FSNOTIFY_API_6_1
__be32 fh_verify_local(struct net *net, struct svc_cred *cred, struct auth_domain *client, struct svc_fh *fhp, umode_t type,
		       int access);
#endif
void fh_put(struct svc_fh *fhp);

#endif /* SHADOW_NFSD_NFSFH_H */
