// SPDX-License-Identifier: GPL-2.0-or-later
//! Pools with a reserve: an allocation that may sleep always succeeds in the end, because those who hold elements give
//! them back.

use super::slab;
use super::waitqueue;
use crate::abi::*;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::Ordering;

/// How long to wait for somebody to give an element back before the allocator is asked again, in jiffies (5 s).
const PATIENCE: i64 = 5000;

fn locked<R>(pool: &mempool_t, f: impl FnOnce() -> R) -> R {
    pool.lock.lock();
    let result = f();
    // SAFETY: taken above.
    unsafe { pool.lock.unlock() };
    result
}

fn min_nr(pool: &mempool_t) -> c_int {
    // SAFETY: written by `init` only.
    unsafe { *pool.min_nr.get() }
}

fn call_alloc(pool: &mempool_t, gfp: gfp_t) -> *mut c_void {
    // SAFETY: written by `init` only.
    let data = unsafe { *pool.pool_data.get() };
    // SAFETY: as above.
    match unsafe { *pool.alloc.get() } {
        // SAFETY: the program gave the function for this use, with this argument.
        Some(alloc) => unsafe { alloc(gfp, data) },
        None => ptr::null_mut(),
    }
}

fn call_free(pool: &mempool_t, element: *mut c_void) {
    // SAFETY: written by `init` only.
    let data = unsafe { *pool.pool_data.get() };
    // SAFETY: as above.
    if let Some(free) = unsafe { *pool.free.get() } {
        // SAFETY: the program gave the function for this use; the element came from its twin.
        unsafe { free(element, data) };
    }
}

/// Where element `n` of the reserve is kept. The pool's lock is held, or the pool is its only user's.
fn place(pool: &mempool_t, n: c_int) -> *mut *mut c_void {
    pool.elements.load(Ordering::Relaxed).wrapping_add(n as usize)
}

/// Takes an element out of the reserve, NULL if it is empty. The pool's lock is held.
fn take(pool: &mempool_t) -> *mut c_void {
    let left = pool.curr_nr.load(Ordering::Relaxed) - 1;
    if left < 0 {
        return ptr::null_mut();
    }
    pool.curr_nr.store(left, Ordering::Relaxed);
    // SAFETY: below `min_nr`, so inside the array, and written by `put`.
    unsafe { place(pool, left).read() }
}

/// Puts an element into the reserve, which has room for it. The pool's lock is held.
fn put(pool: &mempool_t, element: *mut c_void) {
    let n = pool.curr_nr.load(Ordering::Relaxed);
    // SAFETY: below `min_nr`, so inside the array.
    unsafe { place(pool, n).write(element) };
    pool.curr_nr.store(n + 1, Ordering::Relaxed);
}

/// Fills a pool with `min_nr` elements: 0, -EINVAL or -ENOMEM (and then nothing is left behind).
///
/// # Safety
///
/// `pool` is writable and nobody uses it yet; the functions may be called with `data` from any thread.
pub unsafe fn mempool_init(
    pool: *mut mempool_t,
    min_nr: c_int,
    alloc: fsn_mempool_alloc_fn,
    free: fsn_mempool_free_fn,
    data: *mut c_void,
) -> c_int {
    if min_nr < 0 || alloc.is_none() || free.is_none() {
        return -libc::EINVAL;
    }
    let elements: *mut *mut c_void = slab::kcalloc(min_nr as usize, size_of::<*mut c_void>(), GFP_KERNEL).cast();
    if elements.is_null() {
        return -libc::ENOMEM;
    }
    let fresh = mempool_s {
        lock: spinlock::new(),
        min_nr: min_nr.into(),
        curr_nr: 0.into(),
        elements: elements.into(),
        pool_data: data.into(),
        alloc: alloc.into(),
        free: free.into(),
        // Zero is an empty queue.
        wait: wait_queue_head {
            lock: spinlock::new(),
            head: list_head { next: ptr::null_mut::<list_head>().into(), prev: ptr::null_mut::<list_head>().into() },
        },
    };
    // SAFETY: the caller's promise.
    unsafe { pool.write(fresh) };
    // SAFETY: as above; initialised now.
    let pool = unsafe { &*pool };
    waitqueue::init_waitqueue_head(&pool.wait);
    for _ in 0..min_nr {
        let element = call_alloc(pool, GFP_KERNEL);
        if element.is_null() {
            mempool_exit(pool);
            return -libc::ENOMEM;
        }
        put(pool, element);
    }
    0
}

/// Gives up the reserve. Elements that are still out may not come back. A pool that was never initialised (zeroed memory)
/// is left alone, and so is one that was given up before.
pub fn mempool_exit(pool: &mempool_t) {
    let elements = pool.elements.load(Ordering::Relaxed);
    if elements.is_null() {
        return;
    }
    loop {
        let element = take(pool);
        if element.is_null() {
            break;
        }
        call_free(pool, element);
    }
    pool.elements.store(ptr::null_mut(), Ordering::Relaxed);
    // SAFETY: made by `mempool_init`.
    unsafe { slab::kfree(elements.cast()) };
}

/// An element: from the allocator, else from the reserve. NULL only if `gfp` does not allow to sleep; otherwise it waits
/// until an element comes back.
pub fn mempool_alloc(pool: &mempool_t, gfp: gfp_t) -> *mut c_void {
    let gfp = (gfp | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN) & !__GFP_NOFAIL;
    let hasty = gfp & !(__GFP_DIRECT_RECLAIM | __GFP_IO);
    let may_sleep = gfp & __GFP_DIRECT_RECLAIM != 0;
    let mut try_with = hasty;
    loop {
        let element = call_alloc(pool, try_with);
        if !element.is_null() {
            return element;
        }
        let reserved = locked(pool, || take(pool));
        if !reserved.is_null() || !may_sleep {
            return reserved;
        }
        if try_with == hasty {
            try_with = gfp;
            continue;
        }
        waitqueue::wait_event_timeout(&pool.wait, PATIENCE, || pool.curr_nr.load(Ordering::Relaxed) > 0);
    }
}

/// Gives an element back: to the reserve while that is not full. NULL is nothing.
///
/// # Safety
///
/// `element` is NULL or came from [`mempool_alloc`] on this pool, and nobody uses it any more.
pub unsafe fn mempool_free(element: *mut c_void, pool: &mempool_t) {
    if element.is_null() {
        return;
    }
    if pool.curr_nr.load(Ordering::Relaxed) < min_nr(pool) {
        let kept = locked(pool, || {
            let room = pool.curr_nr.load(Ordering::Relaxed) < min_nr(pool);
            if room {
                put(pool, element);
            }
            room
        });
        if kept {
            waitqueue::wake_up(&pool.wait);
            return;
        }
    }
    call_free(pool, element);
}
