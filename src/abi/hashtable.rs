// SPDX-License-Identifier: GPL-2.0-or-later
//! The resizable hash table: what C embeds, fills in and looks at. The chains belong to the library.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicPtr, AtomicU32};

use super::primitives::{atomic_t, callback_head, list_head, mutex, spinlock};
use super::work::work_struct;

/// Link of an object in a table.
#[repr(C)]
pub struct rhash_head {
    /// Next in the chain; an odd value ends it.
    pub next: AtomicPtr<rhash_head>,
}

/// Link of an object in a table that may hold several objects of one key.
#[repr(C)]
pub struct rhlist_head {
    /// Link of the first object of a key.
    pub rhead: rhash_head,
    /// Next object of the same key, or NULL.
    pub next: AtomicPtr<rhlist_head>,
}

/// One size of a table. The chains stand behind it.
#[repr(C)]
pub struct bucket_table {
    /// Number of chains, a power of two.
    pub size: c_uint,
    /// Non-zero once another one has taken its place \[ht->lock\].
    pub retired: AtomicU32,
    /// Seed of its hashes.
    pub hash_rnd: u32,
    /// Walks that stand in it but do not walk just now \[ht->lock\].
    pub walkers: list_head,
    /// Frees it when its readers have left.
    pub rcu: callback_head,
    /// The one that its objects are being moved to.
    pub future_tbl: AtomicPtr<bucket_table>,
}

/// Computes a hash of `len` bytes of a key.
pub type rht_hashfn_t = Option<unsafe extern "C" fn(data: *const c_void, len: u32, seed: u32) -> u32>;
/// Computes the hash of an object.
pub type rht_obj_hashfn_t = Option<unsafe extern "C" fn(data: *const c_void, len: u32, seed: u32) -> u32>;
/// Zero if the object has the key.
pub type rht_obj_cmpfn_t = Option<unsafe extern "C" fn(arg: *mut rhashtable_compare_arg, obj: *const c_void) -> c_int>;
/// Frees an object of a table that is destroyed.
pub type fsn_rhashtable_free_fn = Option<unsafe extern "C" fn(object: *mut c_void, arg: *mut c_void)>;

/// What a comparison gets.
#[repr(C)]
pub struct rhashtable_compare_arg {
    /// The table.
    pub ht: *mut rhashtable,
    /// The key that is looked for.
    pub key: *const c_void,
}

/// How a table finds the keys of its objects.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rhashtable_params {
    /// Objects that are expected; 0: unknown.
    pub nelem_hint: u16,
    /// Bytes of a key.
    pub key_len: u16,
    /// Where the key stands in an object.
    pub key_offset: u16,
    /// Where the link stands in an object.
    pub head_offset: u16,
    /// Most chains; 0: no limit.
    pub max_size: c_uint,
    /// Fewest chains.
    pub min_size: u16,
    /// Whether the table shrinks when objects leave.
    pub automatic_shrinking: bool,
    /// NULL: the library's.
    pub hashfn: rht_hashfn_t,
    /// For objects whose key is not simply a run of bytes in them; then `obj_cmpfn` is needed too.
    pub obj_hashfn: rht_obj_hashfn_t,
    /// NULL: compares bytes.
    pub obj_cmpfn: rht_obj_cmpfn_t,
}

/// A hash table that changes its size.
#[repr(C)]
pub struct rhashtable {
    /// The chains.
    pub tbl: AtomicPtr<bucket_table>,
    /// Bytes of a key.
    pub key_len: c_uint,
    /// Most keys.
    pub max_elems: c_uint,
    /// As given to its initialisation.
    pub p: UnsafeCell<rhashtable_params>,
    /// Whether it may hold several objects of one key.
    pub rhlist: bool,
    /// Changes its size.
    pub run_work: work_struct,
    /// One change of size at a time.
    pub mutex: mutex,
    /// Protects the chains against other writers, and the walks.
    pub lock: spinlock,
    /// Number of keys.
    pub nelems: atomic_t,
}

/// A [`rhashtable`] that may hold several objects of one key.
#[repr(C)]
pub struct rhltable {
    /// The table.
    pub ht: rhashtable,
}

/// The place of a walk that does not walk just now.
#[repr(C)]
pub struct rhashtable_walker {
    /// Link on [`bucket_table::walkers`] \[ht->lock\].
    pub list: list_head,
    /// Where it stands; NULL when that one has been replaced.
    pub tbl: AtomicPtr<bucket_table>,
}

/// A walk over a whole table. Its owner's alone, except for `walker`.
#[repr(C)]
pub struct rhashtable_iter {
    /// The table.
    pub ht: *mut rhashtable,
    /// The chain's entry it stands on.
    pub p: *mut rhash_head,
    /// The object it stands on, in a [`rhltable`].
    pub list: *mut rhlist_head,
    /// Its place.
    pub walker: rhashtable_walker,
    /// The chain.
    pub slot: c_uint,
    /// Objects of that chain that have been returned.
    pub skip: c_uint,
    /// Everything has been returned.
    pub end_of_table: bool,
}
