// SPDX-License-Identifier: GPL-2.0-or-later
//! The kmalloc family, object caches and pools with a reserve.

mod alone;

use alone::*;
use core::ffi::{c_int, c_void, CStr};
use core::ptr;
use fsnotify::abi::*;
use fsnotify::host::process::cache::{self, kmem_cache};
use fsnotify::host::process::slab::{self, ZERO_SIZE_PTR};
use fsnotify::host::process::{memcg, mempool, waitqueue};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[test]
fn kmalloc_family() {
    let _alone = alone();
    assert_eq!(slab::kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
    free(ZERO_SIZE_PTR);
    free(ptr::null_mut());
    let dirty = slab::kmalloc(1000, GFP_KERNEL);
    fill(dirty, 0xff);
    free(dirty);
    for size in [1, 7, 16, 1000, 1 << 20] {
        let object = slab::kzalloc(size, GFP_KERNEL);
        assert_eq!(object.addr() % 16, 0, "aligned");
        assert!(bytes_of(object).iter().all(|&b| b == 0) && bytes_of(object).len() == size, "zeroed, {size} bytes");
        free(object);
    }
    assert!(slab::kcalloc(usize::MAX / 2, 3, GFP_KERNEL).is_null(), "the product overflows");
    assert!(slab::kmalloc(1 << 40, GFP_KERNEL).is_null(), "out of range");
    assert_eq!(complaints(), ["kmalloc"]);
    assert!(slab::kmalloc(1 << 40, GFP_KERNEL | __GFP_NOWARN).is_null());
    assert!(complaints().is_empty(), "__GFP_NOWARN");
}

#[test]
fn krealloc_and_copies() {
    let _alone = alone();
    let realloc = |object, size, gfp| {
        // SAFETY: live objects, replaced by the result.
        unsafe { slab::krealloc(object, size, gfp) }
    };
    let a = realloc(ptr::null_mut(), 10, GFP_KERNEL);
    fill(a, 0x42);
    let b = realloc(a, 5, GFP_KERNEL);
    assert_eq!(a, b, "smaller: stays where it is");
    let c = realloc(b, 5000, GFP_KERNEL | __GFP_ZERO);
    assert!(bytes_of(c)[..10].iter().all(|&x| x == 0x42), "the old bytes");
    assert!(bytes_of(c)[10..].iter().all(|&x| x == 0), "the new ones are zero");
    slab::fail_alloc(0, 1);
    assert!(realloc(c, 10000, GFP_KERNEL).is_null());
    assert_eq!(slab::fail_alloc(0, 0), 1);
    assert_eq!(bytes_of(c).len(), 5000, "a failure leaves the old object");
    assert_eq!(realloc(c, 0, GFP_KERNEL), ZERO_SIZE_PTR, "no bytes: freed");

    // SAFETY: C strings and readable bytes.
    let s = unsafe { slab::kstrdup(c"name".as_ptr(), GFP_KERNEL) };
    // SAFETY: made above.
    assert_eq!(unsafe { CStr::from_ptr(s) }, c"name");
    free(s.cast());
    // SAFETY: as above.
    let s = unsafe { slab::kstrndup(c"name".as_ptr(), 2, GFP_KERNEL) };
    // SAFETY: made above.
    assert_eq!(unsafe { CStr::from_ptr(s) }, c"na");
    free(s.cast());
    // SAFETY: NULL is allowed.
    assert!(unsafe { slab::kstrdup(ptr::null(), GFP_KERNEL) }.is_null());
    // SAFETY: as above.
    let m = unsafe { slab::kmemdup(b"abc".as_ptr().cast(), 3, GFP_KERNEL) };
    assert_eq!(bytes_of(m), b"abc");
    // SAFETY: made above, freed once.
    unsafe { slab::kfree_sensitive(m) };
}

unsafe extern "C" fn stamp(object: *mut c_void) {
    // SAFETY: objects of the test's cache are at least one byte.
    unsafe { object.cast::<u8>().write(0x77) };
}

#[test]
fn caches() {
    let _alone = alone();
    static FIXED: kmem_cache = kmem_cache::new("fixed", 40, 64, 0);
    for align in [0u32, 8, 64, 128, 4096] {
        let cache = cache::kmem_cache_create(b"aligned", 24, align, 0, Some(stamp));
        // SAFETY: made above.
        let c = unsafe { &*cache };
        let object = cache::kmem_cache_alloc(c, GFP_KERNEL);
        assert_eq!(object.addr() % (align.max(16) as usize), 0, "aligned to {align}");
        assert_eq!(bytes_of(object)[0], 0x77, "the constructor ran");
        // SAFETY: objects are freed once.
        unsafe { cache::kmem_cache_free(c, object) };
        // SAFETY: nobody uses the cache any more.
        unsafe { cache::kmem_cache_destroy(cache) };
    }
    let dirty = slab::kmalloc(40, GFP_KERNEL);
    fill(dirty, 0xff);
    free(dirty);
    let object = cache::kmem_cache_zalloc(&FIXED, GFP_KERNEL);
    assert_eq!(object.addr() % 64, 0);
    assert!(bytes_of(object).iter().all(|&b| b == 0));
    free(object);
    assert!(complaints().is_empty(), "kfree() takes an object of a cache");
    assert!(cache::kmem_cache_create(b"bad", 0, 8, 0, None).is_null());
    assert!(cache::kmem_cache_create(b"bad", 8, 24, 0, None).is_null());
    assert!(cache::kmem_cache_create(b"bad", 8, 8, SLAB_TYPESAFE_BY_RCU, None).is_null());
    assert_eq!(complaints(), ["kmem_cache_create"; 3]);
    slab::fail_alloc(0, 1);
    assert!(cache::kmem_cache_create(b"no memory", 8, 8, 0, None).is_null());
}

#[test]
fn a_cache_with_objects_is_kept() {
    let _alone = alone();
    let cache = cache::kmem_cache_create(b"leaky", 24, 8, SLAB_ACCOUNT, None);
    // SAFETY: made above; destroyed last.
    let c = unsafe { &*cache };
    let paying = Paying::new();
    let one = cache::kmem_cache_alloc(c, GFP_KERNEL);
    let two = cache::kmem_cache_alloc(c, GFP_KERNEL);
    assert_eq!(memcg::usage(paying.0), 2 * cost(24), "SLAB_ACCOUNT");
    // Freed by another thread and by another name: the count is the cache's all the same.
    let shared = Share(two);
    thread::spawn(move || free(shared.get())).join().unwrap();
    // SAFETY: it refuses, which is the test.
    unsafe { cache::kmem_cache_destroy(cache) };
    let (level, function, message) = said().pop().expect("a warning");
    assert_eq!((level, function.as_str()), (FSN_LOG_WARNING, "kmem_cache_destroy"));
    assert!(message.contains("1 objects of the cache leaky"), "{message}");
    // SAFETY: freed once; the cache is still there.
    unsafe { cache::kmem_cache_free(c, one) };
    // SAFETY: nobody uses it any more.
    unsafe { cache::kmem_cache_destroy(cache) };
    assert!(complaints().is_empty());
}

#[test]
fn an_object_of_another_cache_is_reported() {
    let _alone = alone();
    static MINE: kmem_cache = kmem_cache::new("mine", 16, 0, 0);
    static OTHER: kmem_cache = kmem_cache::new("other", 16, 0, 0);
    let object = cache::kmem_cache_alloc(&MINE, GFP_KERNEL);
    // SAFETY: freed once, though through the wrong cache.
    unsafe { cache::kmem_cache_free(&OTHER, object) };
    assert_eq!(complaints(), ["kmem_cache_free"]);
    let object = slab::kmalloc(16, GFP_KERNEL);
    // SAFETY: as above.
    unsafe { cache::kmem_cache_free(&OTHER, object) };
    assert_eq!(complaints(), ["kmem_cache_free"]);
}

#[test]
#[cfg(debug_assertions)]
fn a_debug_build_knows_its_objects() {
    let _alone = alone();
    #[repr(align(16))]
    struct Foreign([u8; 64]);
    let mut foreign = Foreign([0; 64]);
    let object: *mut c_void = ptr::from_mut(&mut foreign.0[32]).cast();
    // SAFETY: the memory in front of it is readable, and an object without the mark is left alone.
    unsafe { slab::kfree(object) };
    assert_eq!(complaints(), ["kfree"]);
    assert!(foreign.0.iter().all(|&b| b == 0), "nothing was written");
}

static POOL_CALLS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn pool_alloc(gfp: gfp_t, data: *mut c_void) -> *mut c_void {
    POOL_CALLS.fetch_add(1, Ordering::Relaxed);
    slab::kmalloc(data.addr(), gfp)
}

unsafe extern "C" fn pool_free(element: *mut c_void, _: *mut c_void) {
    // SAFETY: from `pool_alloc`.
    unsafe { slab::kfree(element) };
}

/// A pool of three elements of 32 bytes.
fn pool() -> Box<mempool_t> {
    let mut room = Box::<mempool_t>::new_uninit();
    let data = ptr::without_provenance_mut(32);
    // SAFETY: writable room, and functions that fit.
    let error = unsafe { mempool::mempool_init(room.as_mut_ptr(), 3, Some(pool_alloc), Some(pool_free), data) };
    assert_eq!(error, 0);
    // SAFETY: initialised above.
    unsafe { room.assume_init() }
}

fn give_back(pool: &mempool_t, element: *mut c_void) {
    // SAFETY: from this pool, given back once.
    unsafe { mempool::mempool_free(element, pool) };
}

#[test]
fn pools_keep_a_reserve() {
    let _alone = alone();
    let pool = pool();
    assert_eq!(size_of::<mempool_t>(), 72);
    slab::fail_alloc(0, -1);
    let taken: Vec<_> = (0..3).map(|_| mempool::mempool_alloc(&pool, GFP_NOWAIT)).collect();
    assert!(taken.iter().all(|e| !e.is_null()), "the reserve, without any memory");
    assert!(mempool::mempool_alloc(&pool, GFP_NOWAIT).is_null(), "empty, and not allowed to sleep");
    thread::scope(|scope| {
        let shared = Share(ptr::from_ref(&*pool).cast_mut());
        // SAFETY: the pool outlives the scope.
        let waiter = scope.spawn(move || mempool::mempool_alloc(unsafe { &*shared.get() }, GFP_KERNEL).addr());
        give_back(&pool, taken[0]);
        assert_eq!(waiter.join().unwrap(), taken[0].addr(), "a sleeper gets what comes back");
    });
    slab::fail_alloc(0, 0);
    let extra = mempool::mempool_alloc(&pool, GFP_KERNEL);
    for &element in taken.iter().chain([&extra]) {
        give_back(&pool, element);
    }
    assert_eq!(pool.curr_nr.load(Ordering::Relaxed), 3, "full, the rest was freed");
    mempool::mempool_exit(&pool);
    mempool::mempool_exit(&pool);
}

static WAKE_UPS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn count_wake_up(_: *mut wait_queue_entry, _: u32, _: c_int, _: *mut c_void) -> c_int {
    WAKE_UPS.fetch_add(1, Ordering::Relaxed);
    0
}

#[test]
fn a_pool_wakes_who_waits() {
    let _alone = alone();
    let pool = pool();
    let mut entry = Box::<wait_queue_entry>::new_uninit();
    // SAFETY: room for an entry, on no queue.
    unsafe { waitqueue::init_entry(entry.as_mut_ptr(), 0, Some(count_wake_up)) };
    // SAFETY: the entry stays until it is taken off below.
    unsafe { waitqueue::add_wait_queue(&pool.wait, entry.as_mut_ptr(), 0) };
    let element = mempool::mempool_alloc(&pool, GFP_KERNEL);
    give_back(&pool, element);
    assert_eq!(WAKE_UPS.load(Ordering::Relaxed), 0, "the reserve was full");
    slab::fail_alloc(0, 1);
    let element = mempool::mempool_alloc(&pool, GFP_KERNEL);
    give_back(&pool, element);
    assert_eq!(WAKE_UPS.load(Ordering::Relaxed), 1, "an element came back into the reserve");
    // SAFETY: put on the queue above.
    unsafe { waitqueue::remove_wait_queue(&pool.wait, entry.as_mut_ptr()) };
    mempool::mempool_exit(&pool);
}

#[test]
fn a_pool_that_cannot_be_filled_leaves_nothing() {
    let _alone = alone();
    let mut failures = 0;
    for skip in 0.. {
        let mut room = Box::<mempool_t>::new_uninit();
        slab::fail_alloc(skip, 1);
        let data = ptr::without_provenance_mut(32);
        // SAFETY: as in `pool`.
        let error = unsafe { mempool::mempool_init(room.as_mut_ptr(), 3, Some(pool_alloc), Some(pool_free), data) };
        if slab::fail_alloc(0, 0) == 0 {
            assert_eq!(error, 0);
            // SAFETY: initialised.
            mempool::mempool_exit(unsafe { room.assume_init_ref() });
            break;
        }
        assert_eq!(error, -libc::ENOMEM);
        failures += 1;
    }
    assert_eq!(failures, 4, "the array and each element");
}
