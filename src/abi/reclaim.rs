// SPDX-License-Identifier: GPL-2.0-or-later
//! What gives memory back under pressure: lists in order of use, and shrinkers.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32};

use super::primitives::{atomic_long_t, callback_head, list_head, refcount_struct, spinlock};

/// `enum lru_status`, as a number.
pub type fsn_lru_status = c_uint;

/// The list itself.
#[repr(C)]
pub struct list_lru_one {
    /// Least recently used first \[the node's lock\].
    pub list: list_head,
    /// How many there are \[the node's lock\].
    pub nr_items: AtomicI64,
}

/// A list with its lock.
#[repr(C)]
pub struct list_lru_node {
    /// Protects the list.
    pub lock: spinlock,
    /// The list.
    pub lru: list_lru_one,
}

/// A list of objects in the order of use. There is one list, whatever node or memory group an object is of.
#[repr(C)]
pub struct list_lru {
    /// The list; NULL before initialisation and after destruction.
    pub node: AtomicPtr<list_lru_node>,
}

/// Decides on one object of a walk, with the list's lock held; answers an `LRU_*`. Only for `LRU_RETRY` and
/// `LRU_REMOVED_RETRY` it may have released the lock in between.
pub type list_lru_walk_cb = Option<
    unsafe extern "C" fn(
        item: *mut list_head,
        list: *mut list_lru_one,
        lock: *mut spinlock,
        cb_arg: *mut c_void,
    ) -> fsn_lru_status,
>;

/// One round with one shrinker.
#[repr(C)]
pub struct shrink_control {
    /// What the shrinker may do for it (`GFP_KERNEL`).
    pub gfp_mask: c_uint,
    /// Node (0).
    pub nid: c_int,
    /// So many objects are to be looked at.
    pub nr_to_scan: c_ulong,
    /// So many were; `scan_objects` may correct it.
    pub nr_scanned: c_ulong,
    /// NULL: everybody's memory.
    pub memcg: *mut c_void,
}

/// Number of objects that could go, or what `scan_objects` freed.
pub type fsn_shrinker_fn = Option<unsafe extern "C" fn(shrinker: *mut shrinker, sc: *mut shrink_control) -> c_ulong>;

/// Whoever can give memory back. Zeroed memory with both functions can be registered.
#[repr(C)]
pub struct shrinker {
    /// How many objects could go; 0: none, or not now.
    pub count_objects: UnsafeCell<fsn_shrinker_fn>,
    /// Lets up to `nr_to_scan` go; `SHRINK_STOP`: not possible now.
    pub scan_objects: UnsafeCell<fsn_shrinker_fn>,
    /// Objects a call; 0: 128.
    pub batch: c_long,
    /// What it costs to make an object again.
    pub seeks: c_int,
    /// `SHRINKER_*`.
    pub flags: c_uint,
    /// Rounds under way, and one for the registration.
    pub refcount: refcount_struct,
    /// Whether rounds may begin \[the library's\].
    pub registered: AtomicU32,
    /// Frees it.
    pub rcu: callback_head,
    /// The owner's.
    pub private_data: *mut c_void,
    /// Link among the shrinkers \[the library's\].
    pub list: list_head,
    /// Objects that a round had to leave for the next.
    pub nr_deferred: AtomicPtr<atomic_long_t>,
    /// Reserve.
    pub reserved: AtomicI32,
}
