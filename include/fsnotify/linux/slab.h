/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SLAB_H
#define _FSN_LINUX_SLAB_H

#include "../fsn/mem.h"
#include "gfp.h"
#include "overflow.h"
#include "types.h"

#define kmalloc_array(count, size, flags) fsn_kmalloc(size_mul(count, size), flags)
#define KMEM_CACHE(type, flags) fsn_KMEM_CACHE(type, flags)

static inline void *kmalloc(size_t size, gfp_t flags)
{
	return fsn_kmalloc(size, flags);
}

static inline void *kzalloc(size_t size, gfp_t flags)
{
	return fsn_kzalloc(size, flags);
}

static inline void *kcalloc(size_t count, size_t size, gfp_t flags)
{
	return fsn_kcalloc(count, size, flags);
}

static inline void *krealloc(const void *object, size_t size, gfp_t flags)
{
	return fsn_krealloc(object, size, flags);
}

static inline void *kvmalloc(size_t size, gfp_t flags)
{
	return fsn_kvmalloc(size, flags);
}

static inline void kfree(const void *object)
{
	fsn_kfree(object);
}

static inline void kfree_sensitive(const void *object)
{
	fsn_kfree_sensitive(object);
}

static inline void kvfree(const void *object)
{
	fsn_kvfree(object);
}

static inline size_t ksize(const void *object)
{
	return fsn_ksize(object);
}

static inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	return fsn_kmem_cache_alloc(cache, flags);
}

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return fsn_kmem_cache_zalloc(cache, flags);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	fsn_kmem_cache_free(cache, object);
}

static inline void kmem_cache_destroy(struct kmem_cache *cache)
{
	fsn_kmem_cache_destroy(cache);
}

static inline unsigned int kmem_cache_size(struct kmem_cache *cache)
{
	return fsn_kmem_cache_size(cache);
}

#endif /* _FSN_LINUX_SLAB_H */
