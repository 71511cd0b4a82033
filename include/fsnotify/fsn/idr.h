/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers for pointers. Whoever changes a map holds a lock of his own; fsn_idr_find() and the walks may run beside that inside
 * RCU. The functions are declared in abi.h.
 */
#ifndef FSN_IDR_H
#define FSN_IDR_H

#include "group.h"

/* Empty maps; the second's smallest number is @base. */
#define FSN_IDR_INIT_BASE(base) { .idr_base = (base) }
#define FSN_IDR_INIT { .idr_base = 0 }

FSN_BEGIN_DECLS

static inline void fsn_idr_init(struct idr *idr)
{
	fsn_idr_init_base(idr, 0);
}

/* Where fsn_idr_alloc_cyclic() goes on. */
static inline unsigned int fsn_idr_get_cursor(const struct idr *idr)
{
	return fsn_READ_ONCE(idr->idr_next);
}

static inline void fsn_idr_set_cursor(struct idr *idr, unsigned int next)
{
	fsn_WRITE_ONCE(idr->idr_next, next);
}

static inline void *fsn_idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long id = (unsigned long)*nextid;
	void *pointer = fsn_idr_get_next_ul(idr, &id);

	if (!pointer || id > 0x7fffffffUL)
		return NULL;
	*nextid = (int)id;
	return pointer;
}

FSN_END_DECLS

/* Each number whose pointer is not NULL, upwards; @entry is NULL behind the last. */
#define fsn_idr_for_each_entry(idr, entry, id) \
	for ((id) = 0; ((entry) = (__typeof__(entry))fsn_idr_get_next((idr), &(id))) != NULL; (id)++)
#define fsn_idr_for_each_entry_continue(idr, entry, id) \
	for (; ((entry) = (__typeof__(entry))fsn_idr_get_next((idr), &(id))) != NULL; (id)++)

#endif /* FSN_IDR_H */
