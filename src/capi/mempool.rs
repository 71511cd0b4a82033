// SPDX-License-Identifier: GPL-2.0-or-later
//! Pools with a reserve for C.

use crate::abi::*;
use crate::host::process::cache::{self, kmem_cache};
use crate::host::process::{log, mempool, slab};
use core::ffi::{c_int, c_void};
use core::ptr;

#[cold]
fn no_pool(function: &'static str) {
    log::warn(function, "the pool is NULL");
}

/// Fills a pool with `min_nr` elements of `alloc(gfp, data)` (`mempool_init()`). 0, -ENOMEM, or -EINVAL for a NULL pool or
/// function. `alloc` must not sleep for memory when its flags lack `__GFP_DIRECT_RECLAIM`.
///
/// # Safety
///
/// `pool` is NULL, or writable and unused; the functions may be called with `data` from any thread.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_init(
    pool: *mut mempool_t,
    min_nr: c_int,
    alloc: fsn_mempool_alloc_fn,
    free: fsn_mempool_free_fn,
    data: *mut c_void,
) -> c_int {
    if pool.is_null() {
        no_pool("mempool_init");
        return -libc::EINVAL;
    }
    // SAFETY: the caller's promise.
    unsafe { mempool::mempool_init(pool, min_nr, alloc, free, data) }
}

/// Gives up a pool's reserve (`mempool_exit()`); all elements must have come back. Zeroed memory, a pool given up before, and
/// NULL are nothing.
///
/// # Safety
///
/// `pool` is NULL, zeroed, or a pool that nobody uses any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_exit(pool: *mut mempool_t) {
    // SAFETY: the caller's promise.
    if let Some(pool) = unsafe { pool.as_ref() } {
        mempool::mempool_exit(pool);
    }
}

/// An element (`mempool_alloc()`); NULL only if `gfp` does not allow to sleep (no `__GFP_DIRECT_RECLAIM`) or for a NULL pool.
/// Otherwise it waits until an element comes back: hold no lock that its holder needs.
///
/// # Safety
///
/// `pool` is NULL or a pool.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_alloc(pool: *mut mempool_t, gfp: gfp_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    match unsafe { pool.as_ref() } {
        Some(pool) => mempool::mempool_alloc(pool, gfp),
        None => {
            no_pool("mempool_alloc");
            ptr::null_mut()
        }
    }
}

/// Gives an element back (`mempool_free()`). A NULL element is nothing.
///
/// # Safety
///
/// `element` is NULL or an element of `pool` that nobody uses any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_free(element: *mut c_void, pool: *mut mempool_t) {
    // SAFETY: the caller's promise.
    match unsafe { pool.as_ref() } {
        // SAFETY: the caller's promise.
        Some(pool) => unsafe { mempool::mempool_free(element, pool) },
        None => no_pool("mempool_free"),
    }
}

/// Elements from kmalloc; `data` is their size (`mempool_kmalloc()`).
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_kmalloc(gfp: gfp_t, data: *mut c_void) -> *mut c_void {
    slab::kmalloc(data.addr(), gfp)
}

/// The counterpart of [`fsn_mempool_kmalloc`] (`mempool_kfree()`).
///
/// # Safety
///
/// `element` came from there.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_kfree(element: *mut c_void, data: *mut c_void) {
    let _ = data;
    // SAFETY: the caller's promise.
    unsafe { slab::kfree(element) };
}

/// Elements from a cache; `data` is the cache (`mempool_alloc_slab()`).
///
/// # Safety
///
/// `data` is a cache.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_alloc_slab(gfp: gfp_t, data: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { data.cast::<kmem_cache>().as_ref() }.map_or(ptr::null_mut(), |c| cache::kmem_cache_alloc(c, gfp))
}

/// The counterpart of [`fsn_mempool_alloc_slab`] (`mempool_free_slab()`).
///
/// # Safety
///
/// `element` came from there.
#[no_mangle]
pub unsafe extern "C" fn fsn_mempool_free_slab(element: *mut c_void, data: *mut c_void) {
    // SAFETY: the caller's promise.
    if let Some(cache) = unsafe { data.cast::<kmem_cache>().as_ref() } {
        // SAFETY: the caller's promise.
        unsafe { cache::kmem_cache_free(cache, element) };
    }
}
