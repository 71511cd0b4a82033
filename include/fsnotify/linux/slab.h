/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _FSN_LINUX_SLAB_H
#define _FSN_LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include "../fsn/mem.h"

#define SLAB_HWCACHE_ALIGN FSN_SLAB_HWCACHE_ALIGN
#define SLAB_PANIC FSN_SLAB_PANIC
#define SLAB_TYPESAFE_BY_RCU FSN_SLAB_TYPESAFE_BY_RCU
#define SLAB_ACCOUNT FSN_SLAB_ACCOUNT
#define SLAB_RECLAIM_ACCOUNT FSN_SLAB_RECLAIM_ACCOUNT
#define ZERO_SIZE_PTR FSN_ZERO_SIZE_PTR
#define ZERO_OR_NULL_PTR(x) FSN_ZERO_OR_NULL_PTR(x)
#define KMEM_CACHE(type, flags) FSN_KMEM_CACHE(type, flags)

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

static inline void *kmalloc_array(size_t count, size_t size, gfp_t flags)
{
	return fsn_kmalloc_array(count, size, flags);
}

static inline void *krealloc(void *object, size_t size, gfp_t flags)
{
	return fsn_krealloc(object, size, flags);
}

static inline void *kvmalloc(size_t size, gfp_t flags)
{
	return fsn_kvmalloc(size, flags);
}

static inline void *kvzalloc(size_t size, gfp_t flags)
{
	return fsn_kvzalloc(size, flags);
}

static inline void *kvmalloc_array(size_t count, size_t size, gfp_t flags)
{
	return fsn_kvmalloc_array(count, size, flags);
}

static inline void *kvcalloc(size_t count, size_t size, gfp_t flags)
{
	return fsn_kvcalloc(count, size, flags);
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

static inline struct kmem_cache *kmem_cache_create_args(const char *name, unsigned int size, struct kmem_cache_args *args, slab_flags_t flags)
{
	return fsn_kmem_cache_create_args(name, size, args, flags);
}

/* The third argument is an alignment, with a constructor behind the flags, or a struct kmem_cache_args. */
#define kmem_cache_create(name, size, ...) FSN_KMEM_CACHE_FORM(__VA_ARGS__, 5, 4, 0)(name, size, __VA_ARGS__)
#define FSN_KMEM_CACHE_FORM(align, flags, ctor, form, ...) FSN_KMEM_CACHE_FORM_##form
#define FSN_KMEM_CACHE_FORM_5(name, size, align, flags, ctor) fsn_kmem_cache_create(name, size, align, flags, ctor)
#define FSN_KMEM_CACHE_FORM_4(name, size, args, flags) fsn_kmem_cache_create_args(name, size, args, flags)

#endif /* _FSN_LINUX_SLAB_H */
