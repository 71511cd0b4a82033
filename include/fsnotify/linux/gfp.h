/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_GFP_H
#define _FSN_LINUX_GFP_H

#include <linux/gfp_types.h>

static inline bool gfpflags_allow_blocking(gfp_t flags)
{
	return fsn_gfpflags_allow_blocking(flags);
}

#endif /* _FSN_LINUX_GFP_H */
