// SPDX-License-Identifier: GPL-2.0-or-later
//! Walks over a whole hash table, which may change meanwhile: an object that is there all the time is seen at least once; after a
//! change of size it may be seen again.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed};
use core::sync::atomic::{fence, AtomicPtr};

use super::rcu;
use super::rhashtable::{bucket_of, entry, is_end, node, table, Held};
use crate::abi::{bucket_table, list_head, rhash_head, rhashtable, rhashtable_iter, rhashtable_walker, rhlist_head};

/// What a step of a walk comes to.
pub enum Step {
    /// An object.
    Object(*mut c_void),
    /// The size has changed; the walk goes on, perhaps over what it has seen.
    Again,
    /// That was all.
    End,
}

/// Prepares a walk at the table's beginning.
pub fn enter(ht: &rhashtable) -> rhashtable_iter {
    rhashtable_iter {
        ht: ptr::from_ref(ht).cast_mut(),
        p: ptr::null_mut(),
        list: ptr::null_mut(),
        walker: rhashtable_walker {
            list: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
            tbl: AtomicPtr::new(ptr::null_mut()),
        },
        slot: 0,
        skip: 0,
        end_of_table: false,
    }
}

/// Lets the walk stand in the first table. The iterator is where it stays.
pub fn settle(ht: &rhashtable, iter: &rhashtable_iter) {
    let _held = Held::new(&ht.lock);
    let first = ht.first();
    iter.walker.tbl.store(first, Relaxed);
    // SAFETY: the lock is held.
    let tbl = unsafe { table(first) };
    // SAFETY: the lock is held, and the walk leaves the list before it ends.
    unsafe { tbl.walkers.add(&iter.walker.list) };
}

/// Takes the walk off its table's list.
pub fn leave(ht: &rhashtable, iter: &rhashtable_iter) {
    let _held = Held::new(&ht.lock);
    if iter.walker.list.next.load(Relaxed).is_null() {
        // Its table has been replaced, and with it went the list.
        iter.walker.tbl.store(ptr::null_mut(), Relaxed);
    }
    // SAFETY: the lock is held.
    unsafe { iter.walker.list.del_init() };
}

/// Enters the read side. False: the size has changed since the walk stopped, and it begins anew.
pub fn start(ht: &rhashtable, iter: &mut rhashtable_iter) -> bool {
    rcu::rcu_read_lock();
    leave(ht, iter);
    if iter.end_of_table {
        return true;
    }
    let at = iter.walker.tbl.load(Relaxed);
    if at.is_null() {
        iter.walker.tbl.store(ht.first(), Relaxed);
        iter.slot = 0;
        iter.skip = 0;
        iter.p = ptr::null_mut();
        return false;
    }
    if !iter.p.is_null() {
        // SAFETY: the table was not replaced, and stays inside the read side.
        unsafe { find_again(ht, at, iter) };
    }
    true
}

/// Leaves the read side. The walk keeps its place.
pub fn stop(ht: &rhashtable, iter: &mut rhashtable_iter) {
    let at = iter.walker.tbl.load(Relaxed);
    if !at.is_null() {
        let _held = Held::new(&ht.lock);
        // SAFETY: the caller has been inside the read side since the table was found.
        let tbl = unsafe { table(at) };
        if tbl.retired.load(Relaxed) != 0 {
            iter.walker.tbl.store(ptr::null_mut(), Relaxed);
        } else {
            // SAFETY: the lock is held, and the walk leaves the list before it ends.
            unsafe { tbl.walkers.add(&iter.walker.list) };
        }
    }
    rcu::rcu_read_unlock();
}

/// The object of a position.
fn object_at(ht: &rhashtable, iter: &rhashtable_iter) -> Step {
    Step::Object(ht.object(if ht.rhlist { iter.list.cast() } else { iter.p }))
}

/// The next object; inside the read side.
pub fn next(ht: &rhashtable, iter: &mut rhashtable_iter) -> Step {
    let at = iter.walker.tbl.load(Relaxed);
    if at.is_null() {
        return Step::End;
    }
    // SAFETY: inside the read side since it was found.
    let tbl = unsafe { table(at) };
    if !iter.p.is_null() {
        if step(ht, iter) {
            iter.skip += 1;
            return object_at(ht, iter);
        }
        iter.skip = 0;
        iter.slot += 1;
    }
    while iter.slot < tbl.size {
        // SAFETY: as above.
        if unsafe { seek(ht, at, iter) } {
            iter.skip += 1;
            return object_at(ht, iter);
        }
        iter.skip = 0;
        iter.slot += 1;
    }
    iter.p = ptr::null_mut();
    // What has been moved out of this table is in the next.
    fence(Acquire);
    let future = tbl.future();
    iter.walker.tbl.store(future, Relaxed);
    if future.is_null() {
        iter.end_of_table = true;
        return Step::End;
    }
    iter.slot = 0;
    iter.skip = 0;
    Step::Again
}

/// Goes on to the next object of the chain; false at its end.
fn step(ht: &rhashtable, iter: &mut rhashtable_iter) -> bool {
    if ht.rhlist {
        // SAFETY: inside the read side since it was found.
        let same = unsafe { entry(iter.list) }.next.load(Acquire);
        if !same.is_null() {
            iter.list = same;
            return true;
        }
    }
    // SAFETY: inside the read side since it was found.
    let link = unsafe { node(iter.p) }.next.load(Acquire);
    if is_end(link) {
        return false;
    }
    iter.p = link;
    iter.list = link.cast();
    true
}

/// Calls `found` with each object of a chain, and its number, until it says yes.
///
/// # Safety
///
/// The caller has been inside the read side since it found the table.
unsafe fn search(
    ht: &rhashtable,
    tbl: *mut bucket_table,
    slot: u32,
    mut found: impl FnMut(u32, *mut rhash_head, *mut rhlist_head) -> bool,
) -> bool {
    let mut n = 0;
    // SAFETY: promised by the caller.
    let mut link = unsafe { bucket_of(tbl, slot) }.load(Acquire);
    while !is_end(link) {
        let mut list: *mut rhlist_head = link.cast();
        loop {
            if found(n, link, list) {
                return true;
            }
            n += 1;
            if !ht.rhlist {
                break;
            }
            // SAFETY: inside the read side.
            list = unsafe { entry(list) }.next.load(Acquire);
            if list.is_null() {
                break;
            }
        }
        // SAFETY: inside the read side.
        link = unsafe { node(link) }.next.load(Acquire);
    }
    false
}

/// Finds the first object of the chain that has not been returned; false if there is none.
///
/// # Safety
///
/// As for [`search`].
unsafe fn seek(ht: &rhashtable, tbl: *mut bucket_table, iter: &mut rhashtable_iter) -> bool {
    let (slot, skip) = (iter.slot, iter.skip);
    let found = |n, link, list| {
        if n < skip {
            return false;
        }
        iter.p = link;
        iter.list = list;
        true
    };
    // SAFETY: promised by the caller.
    unsafe { search(ht, tbl, slot, found) }
}

/// Finds the object that the walk stopped at; if it has gone, those before it in its chain are skipped by their number.
///
/// # Safety
///
/// As for [`search`].
unsafe fn find_again(ht: &rhashtable, tbl: *mut bucket_table, iter: &mut rhashtable_iter) {
    let (slot, p, list) = (iter.slot, iter.p, iter.list);
    let found = |n, link, at| {
        let same = if ht.rhlist { at == list } else { link == p };
        if same {
            iter.p = link;
            iter.skip = n + 1;
        }
        same
    };
    // SAFETY: promised by the caller.
    let there = unsafe { search(ht, tbl, slot, found) };
    if !there {
        iter.p = ptr::null_mut();
    }
}
