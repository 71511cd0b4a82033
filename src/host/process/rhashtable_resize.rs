// SPDX-License-Identifier: GPL-2.0-or-later
//! How a hash table comes to be, changes its size and goes. How objects are moved: head of `rhashtable`.
//!
//! Above three quarters of its chains it is given twice as many, below 30 hundredths, where that is wanted, fewer: by an item of
//! work. An insertion that finds as many keys as chains, or one chain too long, adds the next table itself, for the
//! worker may be late or without memory.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32};

use super::rhashtable::{bucket_of, end_of, entry, is_end, node, table, Held};
use super::{rcu, slab, task, work};
use crate::abi::*;

/// Fewest chains of any table.
const LEAST: c_uint = 4;
/// Chains of a table whose owner expects nothing.
const USUAL: c_uint = 64;
/// Most chains of any table.
const MOST: c_uint = 1 << 30;

// ---- tables -----------------------------------------------------------------------------------------------------------

/// A table of `size` empty chains, NULL without memory.
fn new_table(size: c_uint, gfp: gfp_t) -> *mut bucket_table {
    let bytes = size_of::<bucket_table>() + size as usize * size_of::<*mut rhash_head>();
    let at: *mut bucket_table = slab::kvmalloc(bytes, gfp | __GFP_ZERO).cast();
    if at.is_null() {
        return at;
    }
    // Differs from table to table, and from run to run where addresses do.
    let seed = (at.addr() as u64 ^ task::ktime_get() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let fresh = bucket_table {
        size,
        retired: AtomicU32::new(0),
        hash_rnd: (seed >> 32) as u32,
        walkers: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        rcu: callback_head { next: UnsafeCell::new(ptr::null_mut()), func: UnsafeCell::new(None) },
        future_tbl: AtomicPtr::new(ptr::null_mut()),
    };
    // SAFETY: the memory is large enough, and aligned as kmalloc aligns.
    unsafe { at.write(fresh) };
    // SAFETY: as above; the table is the caller's alone.
    let tbl = unsafe { table(at) };
    tbl.walkers.init();
    for n in 0..size {
        // SAFETY: as above, and the memory behind it is zeroed.
        let bucket = unsafe { bucket_of(at, n) };
        bucket.store(end_of(bucket), Relaxed);
    }
    at
}

const RUN_WORK: usize = core::mem::offset_of!(rhashtable, run_work);
const RCU: usize = core::mem::offset_of!(bucket_table, rcu);

unsafe extern "C" fn free_table(head: *mut callback_head) {
    let at = head.wrapping_byte_sub(RCU);
    // SAFETY: made by `new_table`; its readers have left.
    unsafe { slab::kvfree(at.cast()) };
}

/// Makes a table ready for use: 0 or -EINVAL. Without memory for what is asked it begins with few chains.
///
/// # Safety
///
/// `ht` is writable and nobody uses it yet.
pub unsafe fn init(ht: *mut rhashtable, params: &rhashtable_params, rhlist: bool) -> c_int {
    if (params.key_len == 0 && params.obj_hashfn.is_none())
        || (params.obj_hashfn.is_some() && params.obj_cmpfn.is_none())
    {
        return -libc::EINVAL;
    }
    let mut p = *params;
    let least = c_uint::from(p.min_size).checked_next_power_of_two().unwrap_or(LEAST).max(LEAST);
    p.min_size = least.min(1 << 15) as u16;
    let mut max_elems = 1 << 31;
    if p.max_size != 0 {
        p.max_size = (1 << p.max_size.ilog2()).max(c_uint::from(p.min_size));
        max_elems = p.max_size.saturating_mul(2).min(max_elems);
    }
    let wanted = match c_uint::from(p.nelem_hint) {
        0 => USUAL,
        hint => (hint * 4 / 3).next_power_of_two(),
    };
    let size = wanted.max(p.min_size.into()).min(if p.max_size == 0 { MOST } else { p.max_size });
    let mut tbl = new_table(size, GFP_KERNEL);
    if tbl.is_null() {
        tbl = new_table(p.min_size.into(), GFP_KERNEL | __GFP_NOFAIL);
    }
    let fresh = rhashtable {
        tbl: AtomicPtr::new(tbl),
        key_len: p.key_len.into(),
        max_elems,
        p: UnsafeCell::new(p),
        rhlist,
        run_work: work_struct::new(resize),
        mutex: mutex::new(),
        lock: spinlock::new(),
        nelems: atomic_t { counter: AtomicI32::new(0) },
    };
    // SAFETY: promised by the caller.
    unsafe { ht.write(fresh) };
    0
}

/// Ends a table. `free` gets each object that is still in it; without it they are left alone.
///
/// # Safety
///
/// The table is initialised, and nobody uses it any more. `free` may be called with `arg`.
pub unsafe fn destroy(ht: &rhashtable, free: fsn_rhashtable_free_fn, arg: *mut c_void) {
    work::cancel_work_sync(&ht.run_work);
    let mut at = ht.tbl.swap(ptr::null_mut(), Acquire);
    while !at.is_null() {
        // SAFETY: nobody else uses it.
        let tbl = unsafe { table(at) };
        if let Some(free) = free {
            for n in 0..tbl.size {
                // SAFETY: nobody else uses it.
                let first = unsafe { bucket_of(at, n) }.load(Relaxed);
                // SAFETY: promised by the caller.
                unsafe { free_chain(ht, first, free, arg) };
            }
        }
        let next = tbl.future();
        // SAFETY: made by `new_table`, and nobody uses it.
        unsafe { slab::kvfree(at.cast()) };
        at = next;
    }
}

/// # Safety
///
/// The chain is nobody else's any more, and `free` may be called with `arg`.
unsafe fn free_chain(
    ht: &rhashtable,
    mut link: *mut rhash_head,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void),
    arg: *mut c_void,
) {
    while !is_end(link) {
        // SAFETY: in the chain, not freed yet.
        let next = unsafe { node(link) }.next.load(Relaxed);
        while !link.is_null() {
            let same: *mut rhash_head = if ht.rhlist {
                // SAFETY: the link is the first member of such an object's.
                unsafe { entry(link.cast()) }.next.load(Relaxed).cast()
            } else {
                ptr::null_mut()
            };
            // SAFETY: promised by the caller.
            unsafe { free(ht.object(link), arg) };
            link = same;
        }
        link = next;
    }
}

// ---- when the size is to change -----------------------------------------------------------------------------------------

fn above_75(ht: &rhashtable, size: c_uint) -> bool {
    let max = ht.params().max_size;
    ht.count() > size / 4 * 3 && size < MOST && (max == 0 || size < max)
}

fn below_30(ht: &rhashtable, size: c_uint) -> bool {
    u64::from(ht.count()) < u64::from(size) * 3 / 10 && size > c_uint::from(ht.params().min_size)
}

/// The size of the last table.
fn last_size(ht: &rhashtable) -> c_uint {
    // SAFETY: the caller is inside the read side.
    unsafe { table(ht.last()) }.size
}

fn schedule(ht: &rhashtable) {
    // As a pointer into the whole table, which `resize` goes back to.
    let item = ptr::from_ref(ht).wrapping_byte_add(RUN_WORK).cast_mut().cast();
    // SAFETY: the table's end waits for the item.
    unsafe { work::queue_raw(item) };
}

/// After an insertion, inside the read side.
pub(super) fn grow_if_crowded(ht: &rhashtable) {
    if above_75(ht, last_size(ht)) {
        schedule(ht);
    }
}

/// After a removal, inside the read side.
pub(super) fn shrink_if_sparse(ht: &rhashtable) {
    if ht.params().automatic_shrinking && below_30(ht, last_size(ht)) {
        schedule(ht);
    }
}

/// Adds a table behind `last`, whose size the caller saw, for an insertion that needs room: 0 (look again), -EBUSY or
/// -ENOMEM. Inside the read side; does not sleep.
pub(super) fn grow_for_insert(ht: &rhashtable, last: *mut bucket_table, size: c_uint) -> c_int {
    let wanted = if above_75(ht, size) {
        size * 2
    } else if ht.first() != last {
        // Other hashes are on their way already.
        return -libc::EBUSY;
    } else {
        size
    };
    let new = new_table(wanted, GFP_ATOMIC | __GFP_NOWARN);
    if new.is_null() {
        // Perhaps the worker gets some.
        schedule(ht);
        // SAFETY: inside the read side.
        return if unsafe { table(last) }.future().is_null() { -libc::ENOMEM } else { 0 };
    }
    if attach(ht, last, new) {
        schedule(ht);
    }
    0
}

/// Makes `new` the successor of `last`; false, and it is freed, if that has one.
fn attach(ht: &rhashtable, last: *mut bucket_table, new: *mut bucket_table) -> bool {
    let held = Held::new(&ht.lock);
    // SAFETY: the caller is inside the read side, or holds the mutex.
    let future = &unsafe { table(last) }.future_tbl;
    let first = future.load(Relaxed).is_null();
    if first {
        future.store(new, Release);
    }
    drop(held);
    if !first {
        // SAFETY: made by `new_table`, and nobody has seen it.
        unsafe { slab::kvfree(new.cast()) };
    }
    first
}

// ---- changing it ----------------------------------------------------------------------------------------------------------

/// The item of work: chooses a size, and moves the objects until there is one table.
unsafe extern "C" fn resize(item: *mut work_struct) {
    let ht = item.wrapping_byte_sub(RUN_WORK).cast::<rhashtable>();
    // SAFETY: the table's end waits for the item.
    let ht = unsafe { &*ht };
    ht.mutex.lock();
    let last = ht.last();
    if let Some(size) = better_size(ht, last_size(ht)) {
        let new = new_table(size, GFP_KERNEL | __GFP_NOWARN);
        if !new.is_null() {
            attach(ht, last, new);
        }
    }
    while advance(ht) {}
    // SAFETY: taken above.
    unsafe { ht.mutex.unlock() };
}

fn better_size(ht: &rhashtable, size: c_uint) -> Option<c_uint> {
    if above_75(ht, size) {
        return Some(size * 2);
    }
    if !ht.params().automatic_shrinking || !below_30(ht, size) {
        return None;
    }
    let count = ht.count();
    let fewer = (count + count / 2).next_power_of_two().max(ht.params().min_size.into());
    (fewer < size).then_some(fewer)
}

/// Moves all objects of the first table to the last, and makes its successor the first. False: there is only one.
fn advance(ht: &rhashtable) -> bool {
    let old = ht.first();
    // SAFETY: the mutex is held, so the first table stays.
    let tbl = unsafe { table(old) };
    let next = tbl.future();
    if next.is_null() {
        return false;
    }
    for n in 0..tbl.size {
        let held = Held::new(&ht.lock);
        // SAFETY: as above.
        let bucket = unsafe { bucket_of(old, n) };
        while move_last(ht, bucket) {}
        drop(held);
    }
    let held = Held::new(&ht.lock);
    ht.tbl.store(next, Release);
    tbl.retired.store(1, Relaxed);
    forget_walkers(tbl);
    drop(held);
    // SAFETY: nobody finds it any more.
    unsafe { rcu::call_rcu(old.wrapping_byte_add(RCU).cast(), Some(free_table)) };
    true
}

/// Moves the last object of a chain to the last table; false if there is none. The lock is held.
fn move_last(ht: &rhashtable, bucket: &AtomicPtr<rhash_head>) -> bool {
    let mut place = bucket;
    let mut link = place.load(Relaxed);
    if is_end(link) {
        return false;
    }
    loop {
        // SAFETY: in the chain, with the lock held.
        let next = &unsafe { node(link) }.next;
        let after = next.load(Relaxed);
        if is_end(after) {
            break;
        }
        place = next;
        link = after;
    }
    let target = ht.last();
    // SAFETY: the lock is held.
    let seed = unsafe { table(target) }.hash_rnd;
    // SAFETY: the lock is held.
    let to = unsafe { bucket_of(target, ht.hash_object(seed, ht.object(link))) };
    // SAFETY: in the chain, with the lock held.
    unsafe { node(link) }.next.store(to.load(Relaxed), Release);
    to.store(link, Release);
    place.store(end_of(bucket), Release);
    true
}

/// Walks that stand in a table that is replaced begin anew: they find their link without neighbours. The lock is held.
fn forget_walkers(tbl: &bucket_table) {
    while let Some(first) = tbl.walkers.first() {
        // SAFETY: a walk takes itself off the list before it ends.
        let link = unsafe { &*first };
        // SAFETY: the lock is held.
        unsafe { link.del_init() };
        link.next.store(ptr::null_mut(), Relaxed);
    }
}
