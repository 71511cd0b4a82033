/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SCHED_MM_H
#define _FSN_LINUX_SCHED_MM_H

#include <linux/memcontrol.h>
#include <linux/sched.h>

static inline unsigned int memalloc_nofs_save(void)
{
	return fsn_memalloc_nofs_save();
}

static inline void memalloc_nofs_restore(unsigned int flags)
{
	fsn_memalloc_nofs_restore(flags);
}

#endif /* _FSN_LINUX_SCHED_MM_H */
