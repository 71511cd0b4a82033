/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MEMCONTROL_H
#define _FSN_LINUX_MEMCONTROL_H

#include <linux/mm.h>
#include <linux/types.h>

struct mm_struct;

static inline struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg)
{
	return fsn_set_active_memcg(memcg);
}

static inline struct mem_cgroup *get_mem_cgroup_from_mm(struct mm_struct *mm)
{
	return fsn_get_mem_cgroup_from_mm(mm);
}

static inline void mem_cgroup_put(struct mem_cgroup *memcg)
{
	fsn_mem_cgroup_put(memcg);
}

#endif /* _FSN_LINUX_MEMCONTROL_H */
