/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_MM_H
#define _FSN_LINUX_MM_H

#include "../fsn/mem.h"
#include "../fsn/sysinfo.h"
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/types.h>

struct mm_struct;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)

static inline void si_meminfo(struct sysinfo *info)
{
	fsn_si_meminfo(info);
}

static inline struct file *get_mm_exe_file(struct mm_struct *mm)
{
	return fsn_get_mm_exe_file(mm);
}

#endif /* _FSN_LINUX_MM_H */
