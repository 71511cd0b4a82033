/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library's counters: fsn_stats() fills a struct fsn_stats; both are declared in abi.h.
 */
#ifndef FSN_STATS_H
#define FSN_STATS_H

#include "types.h"

FSN_BEGIN_DECLS

/* Whether nothing of the library's is left: no object, no event, no allocation, no memory group. */
static inline bool fsn_stats_idle(const struct fsn_stats *stats)
{
	return !(stats->groups | stats->marks | stats->connectors | stats->sb_infos | stats->events_pending |
		 stats->inodes | stats->dentries | stats->allocations | stats->memcgs);
}

FSN_END_DECLS

#endif /* FSN_STATS_H */
