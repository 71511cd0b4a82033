/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_IDR_H
#define _FSN_LINUX_IDR_H

#include "../fsn/idr.h"
#include <linux/gfp.h>
#include <linux/rcupdate.h>

#define IDR_INIT_BASE(name, base) FSN_IDR_INIT_BASE(base)
#define IDR_INIT(name) FSN_IDR_INIT
#define DEFINE_IDR(name) struct idr name = FSN_IDR_INIT
#define idr_for_each_entry(idr, entry, id) fsn_idr_for_each_entry(idr, entry, id)
#define idr_for_each_entry_continue(idr, entry, id) fsn_idr_for_each_entry_continue(idr, entry, id)

static inline void idr_init(struct idr *idr)
{
	fsn_idr_init(idr);
}

static inline void idr_init_base(struct idr *idr, int base)
{
	fsn_idr_init_base(idr, base);
}

static inline void idr_destroy(struct idr *idr)
{
	fsn_idr_destroy(idr);
}

static inline int idr_alloc(struct idr *idr, void *pointer, int start, int end, gfp_t gfp)
{
	return fsn_idr_alloc(idr, pointer, start, end, gfp);
}

static inline int idr_alloc_u32(struct idr *idr, void *pointer, u32 *nextid, unsigned long max, gfp_t gfp)
{
	return fsn_idr_alloc_u32(idr, pointer, nextid, max, gfp);
}

static inline int idr_alloc_cyclic(struct idr *idr, void *pointer, int start, int end, gfp_t gfp)
{
	return fsn_idr_alloc_cyclic(idr, pointer, start, end, gfp);
}

static inline void *idr_find(const struct idr *idr, unsigned long id)
{
	return fsn_idr_find(idr, id);
}

static inline void *idr_remove(struct idr *idr, unsigned long id)
{
	return fsn_idr_remove(idr, id);
}

static inline void *idr_replace(struct idr *idr, void *pointer, unsigned long id)
{
	return fsn_idr_replace(idr, pointer, id);
}

static inline int idr_for_each(const struct idr *idr, int (*fn)(int id, void *pointer, void *data), void *data)
{
	return fsn_idr_for_each(idr, fn, data);
}

static inline void *idr_get_next(struct idr *idr, int *nextid)
{
	return fsn_idr_get_next(idr, nextid);
}

static inline void *idr_get_next_ul(struct idr *idr, unsigned long *nextid)
{
	return fsn_idr_get_next_ul(idr, nextid);
}

static inline bool idr_is_empty(const struct idr *idr)
{
	return fsn_idr_is_empty(idr);
}

static inline unsigned int idr_get_cursor(const struct idr *idr)
{
	return fsn_idr_get_cursor(idr);
}

static inline void idr_set_cursor(struct idr *idr, unsigned int next)
{
	fsn_idr_set_cursor(idr, next);
}

static inline void idr_preload(gfp_t gfp)
{
	fsn_idr_preload(gfp);
}

static inline void idr_preload_end(void)
{
	fsn_idr_preload_end();
}

#endif /* _FSN_LINUX_IDR_H */
