// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists of objects in the order of use. One list each: this host has one node and accounts no lists to memory groups.

use core::ffi::{c_int, c_ulong, c_void};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicI64, AtomicPtr};

use super::{log, slab};
use crate::abi::*;

/// The object has been taken off the list.
pub const LRU_REMOVED: fsn_lru_status = 0;
/// The same, and the lock was released in between.
pub const LRU_REMOVED_RETRY: fsn_lru_status = 1;
/// The object is to go to the end.
pub const LRU_ROTATE: fsn_lru_status = 2;
/// The object stays.
pub const LRU_SKIP: fsn_lru_status = 3;
/// The object stays, and the lock was released in between.
pub const LRU_RETRY: fsn_lru_status = 4;
/// The walk is to end.
pub const LRU_STOP: fsn_lru_status = 5;

impl list_lru {
    fn node(&self) -> Option<&list_lru_node> {
        // SAFETY: made by `init`, freed by `destroy`, which nobody calls while the list is used.
        unsafe { self.node.load(Relaxed).as_ref() }
    }

    /// Calls `f` with the list locked; `otherwise` if it is none.
    fn with<R>(&self, otherwise: R, f: impl FnOnce(&list_lru_node) -> R) -> R {
        let Some(node) = self.node() else {
            log::warn("list_lru", "the list is not initialised, or destroyed already");
            return otherwise;
        };
        node.lock.lock();
        let result = f(node);
        // SAFETY: taken above.
        unsafe { node.lock.unlock() };
        result
    }
}

/// Makes an empty list: 0 or -ENOMEM.
pub fn init(lru: &list_lru) -> c_int {
    let node: *mut list_lru_node = slab::kzalloc(size_of::<list_lru_node>(), GFP_KERNEL).cast();
    lru.node.store(node, Relaxed);
    if node.is_null() {
        return -libc::ENOMEM;
    }
    let unlinked = || AtomicPtr::new(ptr::null_mut::<list_head>());
    let fresh = list_lru_node {
        lock: spinlock::new(),
        lru: list_lru_one { list: list_head { next: unlinked(), prev: unlinked() }, nr_items: AtomicI64::new(0) },
    };
    // SAFETY: just allocated, and large enough.
    unsafe { node.write(fresh) };
    // SAFETY: as above.
    unsafe { &*node }.lru.list.init();
    0
}

/// Ends a list, which nobody uses any more; objects still on it are left alone. One that was never initialised is nothing.
pub fn destroy(lru: &list_lru) {
    let node = lru.node.swap(ptr::null_mut(), Relaxed);
    // SAFETY: made by `init`.
    unsafe { slab::kfree(node.cast()) };
}

/// Puts an object at the end; false if it is on a list already.
///
/// # Safety
///
/// The link is initialised, and stays until it is off the list.
pub unsafe fn add(lru: &list_lru, item: &list_head) -> bool {
    lru.with(false, |node| {
        if !item.is_empty() {
            return false;
        }
        // SAFETY: the list's lock is held; the link is on none, and stays.
        unsafe { node.lru.list.add_tail(item) };
        node.lru.nr_items.fetch_add(1, Relaxed);
        true
    })
}

/// Takes an object off; false if it is on no list.
///
/// # Safety
///
/// The link is initialised, and on no other list.
pub unsafe fn del(lru: &list_lru, item: &list_head) -> bool {
    lru.with(false, |node| {
        if item.is_empty() {
            return false;
        }
        // SAFETY: the list's lock is held.
        unsafe { node.lru.isolate(item) };
        true
    })
}

impl list_lru_one {
    /// Takes an object off, within a walk.
    ///
    /// # Safety
    ///
    /// The list's lock is held, and the object on it.
    pub unsafe fn isolate(&self, item: &list_head) {
        // SAFETY: promised by the caller.
        unsafe { item.del_init() };
        self.nr_items.fetch_sub(1, Relaxed);
    }

    /// Takes an object off and puts it at the end of another list, within a walk.
    ///
    /// # Safety
    ///
    /// The list's lock is held, and the object on it; `to` is the caller's.
    pub unsafe fn isolate_move(&self, item: &list_head, to: &list_head) {
        // SAFETY: promised by the caller.
        unsafe { self.isolate(item) };
        // SAFETY: promised by the caller.
        unsafe { to.add(item) };
    }
}

/// How many objects there are.
pub fn count(lru: &list_lru) -> c_ulong {
    lru.node().map_or(0, |node| node.lru.nr_items.load(Relaxed).max(0) as c_ulong)
}

/// Shows up to `nr_to_walk` objects (which is counted down), the least recently used first, to `isolate`, and does with each
/// what it answers. Returns how many were taken off.
///
/// # Safety
///
/// `isolate` may be called with `arg` and the list's lock held.
pub unsafe fn walk(lru: &list_lru, isolate: list_lru_walk_cb, arg: *mut c_void, nr_to_walk: &mut c_ulong) -> c_ulong {
    let Some(isolate) = isolate else { return 0 };
    lru.with(0, |node| {
        let head = (&raw const node.lru.list).cast_mut();
        let lock = (&raw const node.lock).cast_mut();
        let one = (&raw const node.lru).cast_mut();
        let mut taken = 0;
        let mut at = node.lru.list.next.load(Relaxed);
        while at != head && *nr_to_walk != 0 {
            *nr_to_walk -= 1;
            // SAFETY: on the list, with the lock held.
            let after = unsafe { &*at }.next.load(Relaxed);
            // SAFETY: promised by the caller.
            let answer = unsafe { isolate(at, one, lock, arg) };
            taken += c_ulong::from(matches!(answer, LRU_REMOVED | LRU_REMOVED_RETRY));
            match answer {
                // The lock was released: where the walk stood means nothing any more.
                LRU_RETRY | LRU_REMOVED_RETRY => at = node.lru.list.next.load(Relaxed),
                LRU_STOP => break,
                LRU_ROTATE => {
                    // SAFETY: on the list, with the lock held.
                    unsafe { rotate(node, at) };
                    at = after;
                }
                LRU_REMOVED | LRU_SKIP => at = after,
                _ => log::bug("list_lru_walk", "the callback answered what is no lru_status"),
            }
        }
        taken
    })
}

/// # Safety
///
/// The list's lock is held, and the object on it.
unsafe fn rotate(node: &list_lru_node, at: *mut list_head) {
    // SAFETY: promised by the caller.
    let item = unsafe { &*at };
    // SAFETY: promised by the caller.
    unsafe { item.del_init() };
    // SAFETY: promised by the caller; on no list now.
    unsafe { node.lru.list.add_tail(item) };
}
