/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfsd's own way into the filesystem.
 */
#ifndef SHADOW_NFSD_VFS_H
#define SHADOW_NFSD_VFS_H

#include <linux/exportfs.h>
#include <linux/fs.h>
#include "nfsfh.h"

/* What a request wants of a file. */
#define NFSD_MAY_EXEC 0x001
#define NFSD_MAY_WRITE 0x002
#define NFSD_MAY_READ 0x004
#define NFSD_MAY_OWNER_OVERRIDE 0x040
#define NFSD_MAY_NOT_BREAK_LEASE 0x200
#define NFSD_MAY_LOCALIO 0x2000

/* The program's. */
__be32 nfserrno(int error);
int nfsd_open_break_lease(struct inode *inode, int access);
#ifdef FSNOTIFY_API_6_1
__be32 nfsd_open_verified(struct svc_rqst *rqstp, struct svc_fh *fhp, int access, struct file **filp);
#else
int nfsd_open_verified(struct svc_rqst *rqstp, struct svc_fh *fhp, int access, struct file **filp);
void nfsd_filp_close(struct file *file);
#endif

#endif /* SHADOW_NFSD_VFS_H */
