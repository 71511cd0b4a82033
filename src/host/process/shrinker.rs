// SPDX-License-Identifier: GPL-2.0-or-later
//! Shrinkers: who can give memory back when it runs short. Here it runs short when the program says so ([`shrink`]).
//!
//! A round holds a count on the shrinker it is with, so it goes over the list without a lock. Whoever takes a shrinker away first
//! bars new rounds, then waits for those under way; only then it leaves the list.

use core::cell::{Cell, UnsafeCell};
use core::ffi::{c_int, c_long, c_uint, c_ulong};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32};

use super::fork::Guarded;
use super::{log, rcu, slab, task, wait_bit};
use crate::abi::*;

/// From `scan_objects`: not possible now.
pub const SHRINK_STOP: c_ulong = c_ulong::MAX;
/// From `count_objects`: there is nothing at all.
pub const SHRINK_EMPTY: c_ulong = c_ulong::MAX - 1;
/// The library's, in `flags`: allocated here.
const ALLOCATED: c_uint = 1 << 31;
/// Objects a call, unless the shrinker says otherwise.
const BATCH: c_ulong = 128;

/// The registered ones, in the order of registration.
struct Shrinkers(list_head);

static SHRINKERS: Guarded<Shrinkers> =
    Guarded::new(Shrinkers(list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) }));

super::std::thread_local! {
    /// The shrinker whose functions this thread is calling.
    static ACTIVE: Cell<*const shrinker> = const { Cell::new(ptr::null()) };
}

/// # Safety
///
/// The shrinker is on the list, or a round is with it.
unsafe fn at<'a>(link: *mut list_head) -> &'a shrinker {
    let shrinker = link.wrapping_byte_sub(core::mem::offset_of!(shrinker, list)).cast::<shrinker>();
    // SAFETY: promised by the caller.
    unsafe { &*shrinker }
}

impl Shrinkers {
    /// The next one after `from` that takes part, with a count on it.
    fn after(&mut self, from: Option<&shrinker>) -> Option<*const shrinker> {
        let head = (&raw const self.0).cast_mut();
        let mut link = from.map_or(&self.0, |shrinker| &shrinker.list).next.load(Relaxed);
        while !link.is_null() && link != head {
            // SAFETY: on the list, which is locked.
            let shrinker = unsafe { at(link) };
            if shrinker.registered.load(Relaxed) != 0 {
                shrinker.refcount.inc();
                return Some(shrinker);
            }
            link = shrinker.list.next.load(Relaxed);
        }
        None
    }
}

// ---- registering ------------------------------------------------------------------------------------------------------------

fn make_ready(shrinker: &shrinker) -> c_int {
    let deferred: *mut atomic_long_t = slab::kzalloc(size_of::<atomic_long_t>(), GFP_KERNEL).cast();
    shrinker.nr_deferred.store(deferred, Relaxed);
    if deferred.is_null() {
        return -libc::ENOMEM;
    }
    0
}

/// A shrinker that is not registered yet; NULL without memory.
pub fn alloc(flags: c_uint) -> *mut shrinker {
    let new: *mut shrinker = slab::kzalloc(size_of::<shrinker>(), GFP_KERNEL).cast();
    if new.is_null() {
        return new;
    }
    let fresh = shrinker {
        count_objects: UnsafeCell::new(None),
        scan_objects: UnsafeCell::new(None),
        batch: 0,
        seeks: 2,
        flags: flags | ALLOCATED,
        refcount: refcount_struct { refs: atomic_t { counter: AtomicI32::new(0) } },
        registered: AtomicU32::new(0),
        rcu: callback_head { next: UnsafeCell::new(ptr::null_mut()), func: UnsafeCell::new(None) },
        private_data: ptr::null_mut(),
        list: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        nr_deferred: AtomicPtr::new(ptr::null_mut()),
        reserved: AtomicI32::new(0),
    };
    // SAFETY: just allocated, and large enough.
    unsafe { new.write(fresh) };
    // SAFETY: as above.
    if make_ready(unsafe { &*new }) != 0 {
        // SAFETY: the caller's alone.
        unsafe { slab::kfree(new.cast()) };
        return ptr::null_mut();
    }
    new
}

/// Lets rounds begin.
///
/// # Safety
///
/// The shrinker is ready, not registered, its functions may be called from any thread, and it stays until [`remove`].
pub unsafe fn register(shrinker: &shrinker) {
    // SAFETY: written before, by its owner.
    let count = unsafe { *shrinker.count_objects.get() };
    // SAFETY: as above.
    let scan = unsafe { *shrinker.scan_objects.get() };
    if count.is_none() || scan.is_none() {
        return log::warn("shrinker_register", "a shrinker needs count_objects and scan_objects");
    }
    shrinker.refcount.set(1);
    SHRINKERS.with(|shrinkers| {
        if shrinkers.0.next.load(Relaxed).is_null() {
            shrinkers.0.init();
        }
        // SAFETY: the list is locked; the link is on none and stays.
        unsafe { shrinkers.0.add_tail(&shrinker.list) };
        shrinker.registered.store(1, Relaxed);
    });
}

/// [`register`] of a shrinker that its owner allocated: 0 or -ENOMEM.
///
/// # Safety
///
/// As for [`register`].
pub unsafe fn register_own(shrinker: &shrinker) -> c_int {
    let error = make_ready(shrinker);
    if error == 0 {
        // SAFETY: promised by the caller.
        unsafe { register(shrinker) };
    }
    error
}

/// Ends a registration: waits for rounds under way. One that was not registered is left with its memory freed.
pub fn remove(shrinker: &shrinker) {
    let was = SHRINKERS.with(|_| shrinker.registered.swap(0, Relaxed)) != 0;
    if was {
        if !shrinker.refcount.dec_and_test() {
            wait_bit::wait_var_event((&raw const shrinker.refcount).cast(), || {
                shrinker.refcount.refs.counter.load(Acquire) == 0
            });
        }
        // SAFETY: the list is locked.
        SHRINKERS.with(|_| unsafe { shrinker.list.del_init() });
    }
    let deferred = shrinker.nr_deferred.swap(ptr::null_mut(), Relaxed);
    // SAFETY: made by `make_ready`; no round is with the shrinker.
    unsafe { slab::kfree(deferred.cast()) };
}

/// [`remove`], and frees it after a grace period.
///
/// # Safety
///
/// The shrinker came from [`alloc`], and nobody uses it any more.
pub unsafe fn free(shrinker: *mut shrinker) {
    // SAFETY: promised by the caller.
    let this = unsafe { &*shrinker };
    if this.flags & ALLOCATED == 0 {
        return log::warn("shrinker_free", "the shrinker was not made by shrinker_alloc()");
    }
    remove(this);
    // SAFETY: promised by the caller.
    unsafe { rcu::kvfree_call_rcu((&raw const this.rcu).cast_mut(), shrinker.cast()) };
}

// ---- rounds -------------------------------------------------------------------------------------------------------------------

/// Memory is short: has each shrinker look at `nr` of its objects (and at what it had to leave before), in batches. Returns how
/// many they say they let go. From within a shrinker it does nothing.
pub fn shrink(nr: c_ulong) -> c_ulong {
    if !ACTIVE.get().is_null() {
        return 0;
    }
    let mut freed: c_ulong = 0;
    let mut from: Option<*const shrinker> = None;
    loop {
        // SAFETY: the count of the round keeps it.
        let last = from.map(|shrinker| unsafe { &*shrinker });
        let next = SHRINKERS.with(|shrinkers| shrinkers.after(last));
        if let Some(shrinker) = last {
            leave(shrinker);
        }
        let Some(shrinker) = next else { return freed };
        ACTIVE.set(shrinker);
        // SAFETY: as above.
        freed = freed.saturating_add(round(unsafe { &*shrinker }, nr));
        ACTIVE.set(ptr::null());
        from = Some(shrinker);
    }
}

/// Drops a round's count.
fn leave(shrinker: &shrinker) {
    let address = (&raw const shrinker.refcount).cast();
    if shrinker.refcount.dec_and_test() {
        wait_bit::wake_up_var(address);
    }
}

fn round(shrinker: &shrinker, nr: c_ulong) -> c_ulong {
    // SAFETY: not changed while registered.
    let Some(count) = (unsafe { *shrinker.count_objects.get() }) else { return 0 };
    // SAFETY: as above.
    let Some(scan) = (unsafe { *shrinker.scan_objects.get() }) else { return 0 };
    let this = ptr::from_ref(shrinker).cast_mut();
    let mut sc = shrink_control { gfp_mask: GFP_KERNEL, nid: 0, nr_to_scan: 0, nr_scanned: 0, memcg: ptr::null_mut() };
    // SAFETY: the shrinker's owner vouches for the function.
    let freeable = unsafe { count(this, &mut sc) };
    if freeable == 0 || freeable == SHRINK_EMPTY {
        return 0;
    }
    // SAFETY: made by `make_ready`; there as long as the round is with the shrinker.
    let deferred = unsafe { &*shrinker.nr_deferred.load(Relaxed) };
    let left = deferred.counter.swap(0, SeqCst).max(0) as c_ulong;
    // Old debts must not empty a cache that is in use.
    let mut want = nr.saturating_add(left).min(freeable.saturating_mul(2));
    let batch = if shrinker.batch > 0 { shrinker.batch as c_ulong } else { BATCH };
    let mut freed: c_ulong = 0;
    while want != 0 {
        sc.nr_to_scan = want.min(batch);
        sc.nr_scanned = sc.nr_to_scan;
        // SAFETY: the shrinker's owner vouches for the function.
        let now = unsafe { scan(this, &mut sc) };
        if now == SHRINK_STOP {
            break;
        }
        freed = freed.saturating_add(now);
        // At least one a call, or a shrinker that looks at nothing keeps us for ever.
        want = want.saturating_sub(sc.nr_scanned.max(1));
        task::cond_resched();
    }
    deferred.counter.fetch_add(want.min(c_long::MAX as c_ulong) as c_long, SeqCst);
    freed
}

/// In the child of a fork: rounds of other threads are not under way here.
pub fn after_fork() {
    SHRINKERS.with(|shrinkers| {
        let head = (&raw const shrinkers.0).cast_mut();
        let mut link = shrinkers.0.next.load(Relaxed);
        while !link.is_null() && link != head {
            // SAFETY: on the list, which is locked.
            let shrinker = unsafe { at(link) };
            let own = i32::from(ptr::eq(ACTIVE.get(), shrinker));
            let registered = i32::from(shrinker.registered.load(Relaxed) != 0);
            shrinker.refcount.set(own + registered);
            link = shrinker.list.next.load(Relaxed);
        }
    });
}

const _: () = assert!(size_of::<AtomicI64>() == size_of::<atomic_long_t>());
