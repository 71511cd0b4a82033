/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_RHASHTABLE_TYPES_H
#define _FSN_LINUX_RHASHTABLE_TYPES_H

#include "../fsn/rhashtable.h"
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

static inline int rhashtable_init(struct rhashtable *ht, const struct rhashtable_params *params)
{
	return fsn_rhashtable_init(ht, params);
}

static inline int rhltable_init(struct rhltable *hlt, const struct rhashtable_params *params)
{
	return fsn_rhltable_init(hlt, params);
}

#endif /* _FSN_LINUX_RHASHTABLE_TYPES_H */
