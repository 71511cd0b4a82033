/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What gives memory back under pressure: lists of objects in the order of use, and shrinkers. Pressure is what a program makes
 * with fsn_shrink(). The prototypes stand in abi.h.
 */
#ifndef FSN_RECLAIM_H
#define FSN_RECLAIM_H

#include "compiler.h"
#include "types.h"

/* From scan_objects: not possible now. */
#define FSN_SHRINK_STOP (~0UL)
/* From count_objects: there is nothing at all. */
#define FSN_SHRINK_EMPTY (~0UL - 1)
#define FSN_DEFAULT_SEEKS 2

/* The name is for the kernel's files of debugging; it is not kept. */
#define fsn_shrinker_alloc(flags, ...) fsn_shrinker_alloc_flags(flags)
#define fsn_register_shrinker(shrinker, ...) fsn_register_own_shrinker(shrinker)

FSN_BEGIN_DECLS

/* Shows up to @nr_to_walk objects to @isolate. */
static inline unsigned long fsn_list_lru_walk(struct list_lru *lru, list_lru_walk_cb isolate, void *cb_arg, unsigned long nr_to_walk)
{
	return fsn_list_lru_walk_counted(lru, isolate, cb_arg, &nr_to_walk);
}

/* For a scan_objects: as many as it was asked to look at, of which those not looked at remain in @sc. */
static inline unsigned long fsn_list_lru_shrink_walk(struct list_lru *lru, struct shrink_control *sc, list_lru_walk_cb isolate,
						     void *cb_arg)
{
	return fsn_list_lru_walk_counted(lru, isolate, cb_arg, &sc->nr_to_scan);
}

/* For a count_objects. */
static inline unsigned long fsn_list_lru_shrink_count(struct list_lru *lru, struct shrink_control *sc)
{
	(void)sc;
	return fsn_list_lru_count(lru);
}

FSN_END_DECLS

#endif /* FSN_RECLAIM_H */
