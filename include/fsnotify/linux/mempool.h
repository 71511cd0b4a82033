/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools with a reserve. An allocation that may sleep waits until somebody gives an element back rather than fail.
 */
#ifndef _FSN_LINUX_MEMPOOL_H
#define _FSN_LINUX_MEMPOOL_H

#include "../fsn/group.h"
#include "../fsn/mem.h"
#include <linux/gfp.h>
#include <linux/wait.h>

typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void (mempool_free_t)(void *element, void *pool_data);

static inline bool mempool_initialized(mempool_t *pool)
{
	return fsn_mempool_initialized(pool);
}

static inline int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc, mempool_free_t *free, void *pool_data)
{
	return fsn_mempool_init(pool, min_nr, alloc, free, pool_data);
}

static inline int mempool_init_kmalloc_pool(mempool_t *pool, int min_nr, size_t size)
{
	return fsn_mempool_init_kmalloc_pool(pool, min_nr, size);
}

static inline int mempool_init_slab_pool(mempool_t *pool, int min_nr, struct kmem_cache *cache)
{
	return fsn_mempool_init_slab_pool(pool, min_nr, cache);
}

static inline void mempool_exit(mempool_t *pool)
{
	fsn_mempool_exit(pool);
}

static inline void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	return fsn_mempool_alloc(pool, gfp);
}

static inline void mempool_free(void *element, mempool_t *pool)
{
	fsn_mempool_free(element, pool);
}

static inline void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return fsn_mempool_kmalloc(gfp, pool_data);
}

static inline void mempool_kfree(void *element, void *pool_data)
{
	fsn_mempool_kfree(element, pool_data);
}

static inline void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return fsn_mempool_alloc_slab(gfp, pool_data);
}

static inline void mempool_free_slab(void *element, void *pool_data)
{
	fsn_mempool_free_slab(element, pool_data);
}

#endif /* _FSN_LINUX_MEMPOOL_H */
