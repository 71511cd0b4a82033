/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory the machine has.
 */
#ifndef FSN_SYSINFO_H
#define FSN_SYSINFO_H

#include <sys/sysinfo.h>
#include "compiler.h"

#define FSN_PAGE_SHIFT 12

FSN_BEGIN_DECLS

/* Bytes of the system's unit as pages. */
static inline unsigned long fsn_sysinfo_pages(unsigned long amount, unsigned long unit)
{
	return unit >> FSN_PAGE_SHIFT ? amount * (unit >> FSN_PAGE_SHIFT) : (amount * unit) >> FSN_PAGE_SHIFT;
}

/* Memory and swap in pages, the rest as the system tells it; zero where it tells nothing. */
static inline void fsn_si_meminfo(struct sysinfo *info)
{
	unsigned long unit;

	__builtin_memset(info, 0, sizeof(*info));
	if (sysinfo(info))
		return;
	unit = info->mem_unit ? info->mem_unit : 1;
	info->totalram = fsn_sysinfo_pages(info->totalram, unit);
	info->freeram = fsn_sysinfo_pages(info->freeram, unit);
	info->sharedram = fsn_sysinfo_pages(info->sharedram, unit);
	info->bufferram = fsn_sysinfo_pages(info->bufferram, unit);
	info->totalswap = fsn_sysinfo_pages(info->totalswap, unit);
	info->freeswap = fsn_sysinfo_pages(info->freeswap, unit);
	info->totalhigh = fsn_sysinfo_pages(info->totalhigh, unit);
	info->freehigh = fsn_sysinfo_pages(info->freehigh, unit);
	info->mem_unit = 1U << FSN_PAGE_SHIFT;
}

FSN_END_DECLS

#endif /* FSN_SYSINFO_H */
