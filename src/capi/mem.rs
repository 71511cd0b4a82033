// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory, object caches, memory groups, log and statistics for C. `fsn/mem.h` and `fsn/log.h` have the inlines and
//! macros over these.
//!
//! None of these functions takes a lock that a caller may hold, and all may be called with any lock held; those that
//! allocate may sleep only with `__GFP_NOFAIL`.

use crate::abi::*;
use crate::host::process::cache::{self, kmem_cache};
use crate::host::process::memcg;
use crate::host::process::{log, slab, stats};
use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

/// The bytes of a C string; none for NULL.
///
/// # Safety
///
/// `s` is NULL or a C string that stays for as long as the result is used.
unsafe fn bytes<'a>(s: *const c_char) -> &'a [u8] {
    if s.is_null() {
        return &[];
    }
    // SAFETY: not NULL, so a C string by the caller's promise.
    unsafe { core::ffi::CStr::from_ptr(s) }.to_bytes()
}

/// Sends messages to `fn(arg, level, function, message)`; NULL restores standard error. 0 or -ENOMEM (nothing changed).
/// The callback may be entered from any thread, by several at once, with locks of the library held: it must not call
/// functions of the library that take group or mark locks. `arg` must stay valid for as long as a thread may still be in
/// the callback. Each distinct pair of arguments is remembered for the life of the process.
///
/// # Safety
///
/// `func` is NULL or may be called with `arg` from any thread.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_log(func: fsn_log_fn, arg: *mut c_void) -> c_int {
    log::set(func, arg)
}

/// Writes a message (`printk()`): `level` is one of `FSN_LOG_*`, `function` names the function that complains. NULL
/// strings count as empty; a newline at the end is taken off. Messages are cut at 511 bytes.
///
/// # Safety
///
/// `function` and `message` are NULL or C strings.
#[no_mangle]
pub unsafe extern "C" fn fsn_log(level: c_int, function: *const c_char, message: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe { log::log(level, function, message) };
}

/// Writes a message and aborts (`BUG()`, `panic()`).
///
/// # Safety
///
/// `function` and `message` are NULL or C strings.
#[no_mangle]
pub unsafe extern "C" fn fsn_log_bug(function: *const c_char, message: *const c_char) -> ! {
    // SAFETY: the caller's promise.
    unsafe { log::log(FSN_LOG_EMERG, function, message) };
    // SAFETY: abort has no requirement.
    unsafe { libc::abort() }
}

/// Whether a rate-limited message may be written now (`__ratelimit()`): ten in five seconds for each state. NULL state:
/// always.
///
/// # Safety
///
/// `state` is NULL or valid, `function` is NULL or a C string.
#[no_mangle]
pub unsafe extern "C" fn fsn_ratelimit(state: *mut fsn_ratelimit_state, function: *const c_char) -> bool {
    // SAFETY: the caller's promise.
    let Some(state) = (unsafe { state.as_ref() }) else {
        return true;
    };
    // SAFETY: the caller's promise.
    let name = unsafe { bytes(function) };
    log::ratelimit(state, core::str::from_utf8(name).unwrap_or("?"))
}

/// Fills in the library's counters. NULL is nothing.
///
/// # Safety
///
/// `stats` is NULL or writable.
#[no_mangle]
pub unsafe extern "C" fn fsn_stats(stats: *mut fsn_stats) {
    if stats.is_null() {
        return;
    }
    memcg::reap();
    // SAFETY: the caller's promise.
    unsafe { stats.write(stats::snapshot()) };
}

/// Memory (`kmalloc()`): `size` bytes aligned to 16, NULL if there is none. `__GFP_ZERO` zeroes it, `__GFP_ACCOUNT`
/// charges it, with `__GFP_NOFAIL` no limit applies; the other flags change nothing. No bytes give `ZERO_SIZE_PTR`.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    slab::kmalloc(size, gfp)
}

/// Zeroed memory (`kzalloc()`).
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_kzalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    slab::kzalloc(size, gfp)
}

/// Zeroed memory for an array (`kcalloc()`); NULL too if the product overflows.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_kcalloc(n: usize, size: usize, gfp: gfp_t) -> *mut c_void {
    slab::kcalloc(n, size, gfp)
}

/// `kvmalloc()`, the same as [`fsn_kmalloc`] here.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_kvmalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    slab::kvmalloc(size, gfp)
}

/// Resizes (`krealloc()`): NULL without memory, and then the old object stays; `size` 0 frees it.
///
/// # Safety
///
/// `object` is NULL or live memory of the kmalloc family.
#[no_mangle]
pub unsafe extern "C" fn fsn_krealloc(object: *mut c_void, size: usize, gfp: gfp_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { slab::krealloc(object, size, gfp) }
}

/// Frees memory of the kmalloc family or an object of a cache (`kfree()`). NULL and `ZERO_SIZE_PTR` are nothing.
///
/// # Safety
///
/// `object` is NULL or such memory, and nobody uses it any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_kfree(object: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { slab::kfree(object.cast_mut()) };
}

/// `kvfree()`.
///
/// # Safety
///
/// As for [`fsn_kfree`].
#[no_mangle]
pub unsafe extern "C" fn fsn_kvfree(object: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { slab::kvfree(object.cast_mut()) };
}

/// Overwrites and frees (`kfree_sensitive()`).
///
/// # Safety
///
/// As for [`fsn_kfree`].
#[no_mangle]
pub unsafe extern "C" fn fsn_kfree_sensitive(object: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { slab::kfree_sensitive(object.cast_mut()) };
}

/// Usable bytes of an object (`ksize()`): what was asked for; 0 for NULL.
///
/// # Safety
///
/// `object` is NULL or live memory of the kmalloc family.
#[no_mangle]
pub unsafe extern "C" fn fsn_ksize(object: *const c_void) -> usize {
    // SAFETY: the caller's promise.
    unsafe { slab::ksize(object) }
}

/// A copy of a string (`kstrdup()`); NULL for NULL or without memory.
///
/// # Safety
///
/// `s` is NULL or a C string.
#[no_mangle]
pub unsafe extern "C" fn fsn_kstrdup(s: *const c_char, gfp: gfp_t) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { slab::kstrdup(s, gfp) }
}

/// A copy of at most `max` bytes of a string, ended by a NUL (`kstrndup()`).
///
/// # Safety
///
/// `s` is NULL or has `max` bytes or a NUL before that.
#[no_mangle]
pub unsafe extern "C" fn fsn_kstrndup(s: *const c_char, max: usize, gfp: gfp_t) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { slab::kstrndup(s, max, gfp) }
}

/// A copy of `len` bytes (`kmemdup()`).
///
/// # Safety
///
/// `from` has `len` readable bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmemdup(from: *const c_void, len: usize, gfp: gfp_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { slab::kmemdup(from, len, gfp) }
}

/// Makes a cache of objects of `size` bytes (`kmem_cache_create()` with `struct kmem_cache_args`; NULL: defaults). The
/// name is copied. NULL without memory or for a bad argument; with `SLAB_PANIC` failure aborts.
///
/// # Safety
///
/// `name` is NULL or a C string, `args` is NULL or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_create_args(
    name: *const c_char,
    size: c_uint,
    args: *const kmem_cache_args,
    flags: slab_flags_t,
) -> *mut kmem_cache {
    // SAFETY: the caller's promise.
    let (align, ctor) = unsafe { args.as_ref() }.map_or((0, None), |a| (a.align, a.ctor));
    // SAFETY: the caller's promise.
    let name = unsafe { bytes(name) };
    cache::kmem_cache_create(name, size, align, flags, ctor)
}

/// Frees a cache (`kmem_cache_destroy()`); NULL is nothing. With objects still out it warns and keeps the cache.
///
/// # Safety
///
/// `cache` is NULL or made by [`fsn_kmem_cache_create_args`], and nobody uses it any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_destroy(cache: *mut kmem_cache) {
    // SAFETY: the caller's promise.
    unsafe { cache::kmem_cache_destroy(cache) };
}

/// An object (`kmem_cache_alloc()`); NULL without memory, and for a NULL cache.
///
/// # Safety
///
/// `cache` is NULL or a cache.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_alloc(cache: *mut kmem_cache, gfp: gfp_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    match unsafe { cache.as_ref() } {
        Some(c) => cache::kmem_cache_alloc(c, gfp),
        None => no_cache("kmem_cache_alloc"),
    }
}

/// A zeroed object (`kmem_cache_zalloc()`); NULL without memory, and for a NULL cache.
///
/// # Safety
///
/// `cache` is NULL or a cache.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_zalloc(cache: *mut kmem_cache, gfp: gfp_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    match unsafe { cache.as_ref() } {
        Some(c) => cache::kmem_cache_zalloc(c, gfp),
        None => no_cache("kmem_cache_zalloc"),
    }
}

#[cold]
fn no_cache(function: &'static str) -> *mut c_void {
    log::warn(function, "the cache is NULL");
    core::ptr::null_mut()
}

/// Gives an object back (`kmem_cache_free()`); a NULL object is nothing. An object of another cache is reported and
/// freed all the same.
///
/// # Safety
///
/// `cache` is a cache; `object` is NULL or a live object, and nobody uses it any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_free(cache: *mut kmem_cache, object: *mut c_void) {
    // SAFETY: the caller's promise.
    match unsafe { cache.as_ref() } {
        // SAFETY: the caller's promise.
        Some(c) => unsafe { cache::kmem_cache_free(c, object) },
        None => {
            no_cache("kmem_cache_free");
        }
    }
}

/// Bytes of a cache's objects (`kmem_cache_size()`); 0 for NULL.
///
/// # Safety
///
/// `cache` is NULL or a cache.
#[no_mangle]
pub unsafe extern "C" fn fsn_kmem_cache_size(cache: *mut kmem_cache) -> c_uint {
    // SAFETY: the caller's promise.
    unsafe { cache.as_ref() }.map_or(0, |c| c.object_size() as c_uint)
}

/// For tests: lets `skip` allocations of the process succeed, then fails `count` of them (all if negative); (0, 0) turns
/// it off. Returns how many failures the previous setting has injected.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_fail_alloc(skip: c_long, count: c_long) -> c_long {
    slab::fail_alloc(skip, count)
}
