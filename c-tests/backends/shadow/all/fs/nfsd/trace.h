/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trace points of the file cache: each is a call that the program counts.
 */
#ifndef SHADOW_NFSD_TRACE_H
#define SHADOW_NFSD_TRACE_H

#include "nfsd.h"

struct nfsd_file;

enum nfsd_point {
	POINT_ACQUIRE,
	POINT_ALLOC,
	POINT_CLOSE,
	POINT_CLOSING,
	POINT_CONS_ERR,
	POINT_FREE,
	POINT_FSNOTIFY,
	POINT_GC_DISPOSED,
	POINT_GC_IN_USE,
	POINT_GC_REFERENCED,
	POINT_GC_REMOVED,
	POINT_GC_WRITEBACK,
	POINT_INSERT_ERR,
	POINT_IS_CACHED,
	POINT_LRU_ADD,
	POINT_LRU_DEL,
	POINT_OPEN,
	POINT_OPENED,
	POINT_PUT,
	POINT_SHRINKER_REMOVED,
	POINT_UNHASH,
	POINTS,
};

/* The program's. @value: the status, mask or count that the point shows, if any. */
void nfsd_point(enum nfsd_point point, const void *object, long value);

#define trace_nfsd_file_acquire(rqstp, inode, may, nf, status) \
	((void)(rqstp), (void)(inode), (void)(may), nfsd_point(POINT_ACQUIRE, nf, status))
#define trace_nfsd_file_alloc(nf) nfsd_point(POINT_ALLOC, nf, 0)
#define trace_nfsd_file_close(inode) nfsd_point(POINT_CLOSE, inode, 0)
#define trace_nfsd_file_closing(nf) nfsd_point(POINT_CLOSING, nf, 0)
#define trace_nfsd_file_cons_err(rqstp, inode, may, nf) \
	((void)(rqstp), (void)(inode), nfsd_point(POINT_CONS_ERR, nf, may))
#define trace_nfsd_file_free(nf) nfsd_point(POINT_FREE, nf, 0)
#define trace_nfsd_file_fsnotify_handle_event(inode, mask) nfsd_point(POINT_FSNOTIFY, inode, mask)
#define trace_nfsd_file_gc_disposed(nf) nfsd_point(POINT_GC_DISPOSED, nf, 0)
#define trace_nfsd_file_gc_in_use(nf) nfsd_point(POINT_GC_IN_USE, nf, 0)
#define trace_nfsd_file_gc_referenced(nf) nfsd_point(POINT_GC_REFERENCED, nf, 0)
#define trace_nfsd_file_gc_removed(removed, remaining) ((void)(remaining), nfsd_point(POINT_GC_REMOVED, NULL, removed))
#define trace_nfsd_file_gc_writeback(nf) nfsd_point(POINT_GC_WRITEBACK, nf, 0)
#define trace_nfsd_file_insert_err(rqstp, inode, may, error) \
	((void)(rqstp), (void)(may), nfsd_point(POINT_INSERT_ERR, inode, error))
#define trace_nfsd_file_is_cached(inode, found) nfsd_point(POINT_IS_CACHED, inode, found)
#define trace_nfsd_file_lru_add(nf) nfsd_point(POINT_LRU_ADD, nf, 0)
#define trace_nfsd_file_lru_del(nf) nfsd_point(POINT_LRU_DEL, nf, 0)
#define trace_nfsd_file_open(nf, status) nfsd_point(POINT_OPEN, nf, status)
#define trace_nfsd_file_opened(nf, status) nfsd_point(POINT_OPENED, nf, status)
#define trace_nfsd_file_put(nf) nfsd_point(POINT_PUT, nf, 0)
#define trace_nfsd_file_shrinker_removed(removed, remaining) \
	((void)(remaining), nfsd_point(POINT_SHRINKER_REMOVED, NULL, removed))
#define trace_nfsd_file_unhash(nf) nfsd_point(POINT_UNHASH, nf, 0)

#endif /* SHADOW_NFSD_TRACE_H */
