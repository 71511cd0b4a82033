/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SHRINKER_H
#define _FSN_LINUX_SHRINKER_H

#include "../fsn/reclaim.h"
#include <linux/atomic.h>
#include <linux/refcount.h>
#include <linux/types.h>

#define SHRINK_STOP FSN_SHRINK_STOP
#define SHRINK_EMPTY FSN_SHRINK_EMPTY
#define DEFAULT_SEEKS FSN_DEFAULT_SEEKS

#ifdef FSNOTIFY_API_6_1
#define register_shrinker(shrinker, ...) fsn_register_shrinker(shrinker, __VA_ARGS__)

static inline void unregister_shrinker(struct shrinker *shrinker)
{
	fsn_unregister_shrinker(shrinker);
}
#else
#define shrinker_alloc(flags, ...) fsn_shrinker_alloc(flags, __VA_ARGS__)

static inline void shrinker_register(struct shrinker *shrinker)
{
	fsn_shrinker_register(shrinker);
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	fsn_shrinker_free(shrinker);
}
#endif

#endif /* _FSN_LINUX_SHRINKER_H */
