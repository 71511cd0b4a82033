/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kmalloc family, object caches, pools with a reserve, memory groups. The functions are declared in abi.h.
 *
 * An allocation fails with NULL: no memory, a memory group at its limit, or a failure that a test injected
 * (fsn_fail_alloc()). With FSN___GFP_ACCOUNT, or from a cache with FSN_SLAB_ACCOUNT, it is charged to the thread's active
 * memory group (fsn_set_active_memcg()), else to the thread's own (fsn_memcg_set_current()), else to the process's
 * (fsn_memcg_set_process()).
 */
#ifndef FSN_MEM_H
#define FSN_MEM_H

#include "types.h"

/* The values of an x86_64 6.12 kernel. */
#define FSN___GFP_HIGH ((gfp_t)0x20)
#define FSN___GFP_IO ((gfp_t)0x40)
#define FSN___GFP_FS ((gfp_t)0x80)
#define FSN___GFP_ZERO ((gfp_t)0x100)
#define FSN___GFP_DIRECT_RECLAIM ((gfp_t)0x400)
#define FSN___GFP_KSWAPD_RECLAIM ((gfp_t)0x800)
#define FSN___GFP_NOWARN ((gfp_t)0x2000)
#define FSN___GFP_RETRY_MAYFAIL ((gfp_t)0x4000)
#define FSN___GFP_NOFAIL ((gfp_t)0x8000)
#define FSN___GFP_NORETRY ((gfp_t)0x10000)
#define FSN___GFP_MEMALLOC ((gfp_t)0x20000)
#define FSN___GFP_NOMEMALLOC ((gfp_t)0x80000)
#define FSN___GFP_HARDWALL ((gfp_t)0x100000)
#define FSN___GFP_ACCOUNT ((gfp_t)0x400000)
#define FSN___GFP_RECLAIM (FSN___GFP_DIRECT_RECLAIM | FSN___GFP_KSWAPD_RECLAIM)

#define FSN_GFP_ATOMIC (FSN___GFP_HIGH | FSN___GFP_KSWAPD_RECLAIM)
#define FSN_GFP_KERNEL (FSN___GFP_RECLAIM | FSN___GFP_IO | FSN___GFP_FS)
#define FSN_GFP_KERNEL_ACCOUNT (FSN_GFP_KERNEL | FSN___GFP_ACCOUNT)
#define FSN_GFP_NOWAIT (FSN___GFP_KSWAPD_RECLAIM | FSN___GFP_NOWARN)
#define FSN_GFP_NOIO FSN___GFP_RECLAIM
#define FSN_GFP_NOFS (FSN___GFP_RECLAIM | FSN___GFP_IO)
#define FSN_GFP_USER (FSN___GFP_RECLAIM | FSN___GFP_IO | FSN___GFP_FS | FSN___GFP_HARDWALL)

#define FSN_SLAB_HWCACHE_ALIGN ((slab_flags_t)1 << 4)
#define FSN_SLAB_PANIC ((slab_flags_t)1 << 8)
/* Such a cache cannot be made. */
#define FSN_SLAB_TYPESAFE_BY_RCU ((slab_flags_t)1 << 9)
#define FSN_SLAB_ACCOUNT ((slab_flags_t)1 << 13)
#define FSN_SLAB_RECLAIM_ACCOUNT ((slab_flags_t)1 << 16)

/* What an allocation of no bytes returns. */
#define FSN_ZERO_SIZE_PTR ((void *)16)
#define FSN_ZERO_OR_NULL_PTR(x) ((uintptr_t)(x) <= (uintptr_t)FSN_ZERO_SIZE_PTR)

/* No limit (fsn_memcg_set_limit()). */
#define FSN_MEMCG_UNLIMITED (~0UL)

FSN_BEGIN_DECLS

static inline bool fsn_gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & FSN___GFP_DIRECT_RECLAIM;
}

/* @n * @size, or a size that cannot be had if that overflows. */
static inline size_t fsn_size_mul(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? SIZE_MAX : bytes;
}

static inline void *fsn_kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return fsn_kmalloc(fsn_size_mul(n, size), gfp);
}

static inline void *fsn_krealloc_array(void *object, size_t n, size_t size, gfp_t gfp)
{
	return fsn_krealloc(object, fsn_size_mul(n, size), gfp);
}

static inline void *fsn_kvzalloc(size_t size, gfp_t gfp)
{
	return fsn_kvmalloc(size, gfp | FSN___GFP_ZERO);
}

static inline void *fsn_kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return fsn_kvmalloc(fsn_size_mul(n, size), gfp);
}

static inline void *fsn_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return fsn_kvmalloc_array(n, size, gfp | FSN___GFP_ZERO);
}

/* The form with five arguments. */
static inline struct kmem_cache *fsn_kmem_cache_create(const char *name, unsigned int size, unsigned int align,
						       slab_flags_t flags, void (*ctor)(void *object))
{
	struct kmem_cache_args args;

	__builtin_memset(&args, 0, sizeof(args));
	args.align = align;
	args.ctor = ctor;
	return fsn_kmem_cache_create_args(name, size, &args, flags);
}

/* A cache of struct @type, named and aligned like it. */
#define FSN_KMEM_CACHE(type, flags) \
	fsn_kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), (flags), NULL)

static inline bool fsn_mempool_initialized(mempool_t *pool)
{
	return pool->elements != NULL;
}

static inline int fsn_mempool_init_kmalloc_pool(mempool_t *pool, int min_nr, size_t size)
{
	return fsn_mempool_init(pool, min_nr, fsn_mempool_kmalloc, fsn_mempool_kfree, (void *)size);
}

static inline int fsn_mempool_init_slab_pool(mempool_t *pool, int min_nr, struct kmem_cache *cache)
{
	return fsn_mempool_init(pool, min_nr, fsn_mempool_alloc_slab, fsn_mempool_free_slab, (void *)cache);
}

FSN_END_DECLS

#endif /* FSN_MEM_H */
