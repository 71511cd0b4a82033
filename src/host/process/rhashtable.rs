// SPDX-License-Identifier: GPL-2.0-or-later
//! The resizable hash table: chains of objects found by their key, without a lock by readers inside RCU's read side.
//!
//! * A chain ends in its own bucket's address plus one. A reader whom an object that was moved, or taken out and put in again,
//!   has led into a chain of another bucket sees it by the end, and looks again.
//! * While the size changes, a table has a successor (`future_tbl`), and that may have one. Objects are moved from the first
//!   to the last, each chain's last first, linked there before they are taken out here: who does not find an object in
//!   one finds it in a later one. New ones go to the last.
//! * Writers hold `ht->lock`; whoever changes the size `ht->mutex` too (`rhashtable_resize`).
//! * Of several objects of one key (an [`rhltable`](crate::abi::rhltable)) the newest is in the chain, and leads to the others.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{fence, AtomicPtr};

use super::rcu;
use super::rhashtable_resize::{grow_for_insert, shrink_if_sparse};
use crate::abi::{
    bucket_table, rhash_head, rhashtable, rhashtable_compare_arg, rhashtable_params, rhlist_head, spinlock,
};

/// A chain longer than this asks for other hashes.
const LONG_CHAIN: u32 = 16;

/// A lock that is released at the end of its scope.
pub(super) struct Held<'a>(&'a spinlock);

impl<'a> Held<'a> {
    pub(super) fn new(lock: &'a spinlock) -> Self {
        lock.lock();
        Self(lock)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: taken in `new`.
        unsafe { self.0.unlock() };
    }
}

/// RCU's read side, until the end of the scope.
struct Reading;

impl Reading {
    fn new() -> Self {
        rcu::rcu_read_lock();
        Self
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        rcu::rcu_read_unlock();
    }
}

/// # Safety
///
/// What `at` points to stays while the reference is used: it is in a chain, and the caller inside the read side or the
/// table's lock.
pub(super) unsafe fn node<'a>(at: *mut rhash_head) -> &'a rhash_head {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// # Safety
///
/// As for [`node`], of a table's object list.
pub(super) unsafe fn entry<'a>(at: *mut rhlist_head) -> &'a rhlist_head {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// # Safety
///
/// As for [`node`], of one of the sizes of a table.
pub(super) unsafe fn table<'a>(at: *mut bucket_table) -> &'a bucket_table {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// Whether a chain ends here.
pub(super) fn is_end(at: *mut rhash_head) -> bool {
    at.addr() & 1 != 0
}

/// The end of a bucket's chain.
pub(super) fn end_of(bucket: &AtomicPtr<rhash_head>) -> *mut rhash_head {
    ptr::from_ref(bucket).cast_mut().cast::<rhash_head>().map_addr(|address| address | 1)
}

/// The bucket of a hash. The chains stand behind the table, so it takes the pointer that the table was allocated as.
///
/// # Safety
///
/// As for [`table`].
pub(super) unsafe fn bucket_of<'a>(at: *mut bucket_table, hash: u32) -> &'a AtomicPtr<rhash_head> {
    // SAFETY: promised by the caller.
    let size = unsafe { table(at) }.size;
    let place = at.wrapping_add(1).cast::<AtomicPtr<rhash_head>>().wrapping_add((hash & (size - 1)) as usize);
    // SAFETY: a table is allocated with `size` buckets behind it.
    unsafe { &*place }
}

impl bucket_table {
    /// The table that objects are being moved to; NULL if there is none.
    pub(super) fn future(&self) -> *mut bucket_table {
        self.future_tbl.load(Acquire)
    }
}

/// The library's hash: eight bytes at a time.
///
/// # Safety
///
/// `key` has `len` readable bytes.
unsafe fn hash_bytes(key: *const c_void, len: usize, seed: u32) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = (u64::from(seed) ^ len as u64).wrapping_mul(FACTOR);
    let mut at = 0;
    while at < len {
        let mut word = [0u8; 8];
        let n = (len - at).min(8);
        // SAFETY: promised by the caller.
        unsafe { ptr::copy_nonoverlapping(key.cast::<u8>().wrapping_add(at), word.as_mut_ptr(), n) };
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
        state ^= state >> 29;
        at += n;
    }
    (state.wrapping_mul(FACTOR) >> 32) as u32
}

impl rhashtable {
    pub(super) fn params(&self) -> &rhashtable_params {
        // SAFETY: written once, by the initialisation.
        unsafe { &*self.p.get() }
    }

    /// Whether there is nothing behind it: zeroed memory, or destroyed.
    pub fn first_is_null(&self) -> bool {
        self.tbl.load(Relaxed).is_null()
    }

    /// The object of a link.
    pub fn object(&self, link: *mut rhash_head) -> *mut c_void {
        link.cast::<c_void>().wrapping_byte_sub(self.params().head_offset.into())
    }

    fn link_of(&self, object: *mut c_void) -> *mut rhash_head {
        object.wrapping_byte_add(self.params().head_offset.into()).cast()
    }

    /// The first of the tables. It stays while the caller is inside the read side or holds the lock.
    pub(super) fn first(&self) -> *mut bucket_table {
        self.tbl.load(Acquire)
    }

    /// The last of the tables, which new objects go to; the same.
    pub(super) fn last(&self) -> *mut bucket_table {
        let mut at = self.first();
        loop {
            // SAFETY: tables stay for readers, and for who holds the lock.
            let next = unsafe { table(at) }.future();
            if next.is_null() {
                return at;
            }
            at = next;
        }
    }

    fn hash_key(&self, seed: u32, key: *const c_void) -> u32 {
        if let Some(hash) = self.params().hashfn {
            // SAFETY: the table's owner gave the function for its keys.
            return unsafe { hash(key, self.key_len, seed) };
        }
        // SAFETY: a key is as long as was said at initialisation.
        unsafe { hash_bytes(key, self.key_len as usize, seed) }
    }

    pub(super) fn hash_object(&self, seed: u32, object: *mut c_void) -> u32 {
        if let Some(hash) = self.params().obj_hashfn {
            // SAFETY: the table's owner gave the function for its objects.
            return unsafe { hash(object, self.key_len, seed) };
        }
        self.hash_key(seed, self.key_of(object))
    }

    /// Where the key stands in an object.
    pub fn key_of(&self, object: *const c_void) -> *const c_void {
        object.wrapping_byte_add(self.params().key_offset.into())
    }

    fn has_key(&self, object: *mut c_void, key: *const c_void) -> bool {
        if let Some(compare) = self.params().obj_cmpfn {
            let mut arg = rhashtable_compare_arg { ht: ptr::from_ref(self).cast_mut(), key };
            // SAFETY: the table's owner gave the function for its objects.
            return unsafe { compare(&mut arg, object) } == 0;
        }
        // SAFETY: both keys are as long as was said at initialisation.
        unsafe { libc::memcmp(self.key_of(object), key, self.key_len as usize) == 0 }
    }

    /// How many keys there are.
    pub(super) fn count(&self) -> c_uint {
        self.nelems.counter.load(Relaxed) as c_uint
    }
}

/// The first object with the key, NULL if there is none. It stays while the caller is inside the read side.
///
/// # Safety
///
/// The table is initialised, the key readable.
pub unsafe fn lookup(ht: &rhashtable, key: *const c_void) -> *mut c_void {
    let _reading = Reading::new();
    let mut at = ht.first();
    while !at.is_null() {
        // SAFETY: inside the read side.
        let tbl = unsafe { table(at) };
        // SAFETY: inside the read side.
        let bucket = unsafe { bucket_of(at, ht.hash_key(tbl.hash_rnd, key)) };
        loop {
            let mut link = bucket.load(Acquire);
            while !is_end(link) {
                let object = ht.object(link);
                if ht.has_key(object, key) {
                    return object;
                }
                // SAFETY: in a chain, inside the read side.
                link = unsafe { node(link) }.next.load(Acquire);
            }
            // Otherwise a move has led us astray.
            if link == end_of(bucket) {
                break;
            }
        }
        // What is not here any more was linked there before.
        fence(Acquire);
        at = tbl.future();
    }
    ptr::null_mut()
}

/// What became of an insertion.
pub enum Inserted {
    /// It is in.
    Done,
    /// There is one with the key.
    Exists(*mut c_void),
    /// -E2BIG, -ENOMEM or -EBUSY.
    Failed(c_int),
}

/// A chain with the objects of a key, or that they would go into.
struct Place<'a> {
    /// What points to the first object of the key; none if there is none.
    found: Option<&'a AtomicPtr<rhash_head>>,
    /// Its chain in the last table.
    last: &'a AtomicPtr<rhash_head>,
    length: u32,
}

/// Looks for a key in all tables; the lock is held. Without a key it looks for the place only.
fn find<'a>(ht: &'a rhashtable, key: *const c_void, object: *mut c_void) -> Place<'a> {
    let mut at = ht.first();
    loop {
        // SAFETY: the lock is held.
        let tbl = unsafe { table(at) };
        let hash = if key.is_null() { ht.hash_object(tbl.hash_rnd, object) } else { ht.hash_key(tbl.hash_rnd, key) };
        // SAFETY: the lock is held.
        let last = unsafe { bucket_of(at, hash) };
        let mut length = 0;
        let mut place = last;
        loop {
            let link = place.load(Relaxed);
            if is_end(link) {
                break;
            }
            length += 1;
            if !key.is_null() && ht.has_key(ht.object(link), key) {
                return Place { found: Some(place), last, length };
            }
            // SAFETY: in a chain, with the lock held.
            place = &unsafe { node(link) }.next;
        }
        at = tbl.future();
        if at.is_null() {
            return Place { found: None, last, length };
        }
    }
}

/// Puts an object in. With `key` NULL whether there is one already is not looked at. In a table that may hold several
/// objects of a key, it joins them. Does not sleep.
///
/// # Safety
///
/// The table is initialised; the object is in no table, and stays until a grace period after it has been taken out.
pub unsafe fn insert(ht: &rhashtable, key: *const c_void, object: *mut c_void) -> Inserted {
    let _reading = Reading::new();
    let link = ht.link_of(object);
    // SAFETY: the object is the caller's.
    let new = unsafe { node(link) };
    loop {
        let held = Held::new(&ht.lock);
        let place = find(ht, key, object);
        if let Some(found) = place.found {
            if !ht.rhlist {
                return Inserted::Exists(ht.object(found.load(Relaxed)));
            }
            join(found, link);
            return Inserted::Done;
        }
        let last = ht.last();
        // SAFETY: the lock is held.
        let size = unsafe { table(last) }.size;
        let full = ht.count() >= size && (ht.params().max_size == 0 || size < ht.params().max_size);
        if ht.count() >= ht.max_elems {
            return Inserted::Failed(-libc::E2BIG);
        }
        if full || place.length >= LONG_CHAIN {
            drop(held);
            match grow_for_insert(ht, last, size) {
                0 => continue,
                error => return Inserted::Failed(error),
            }
        }
        if ht.rhlist {
            // SAFETY: the link is the first member of such an object's.
            unsafe { entry(link.cast()) }.next.store(ptr::null_mut(), Relaxed);
        }
        new.next.store(place.last.load(Relaxed), Relaxed);
        place.last.store(link, Release);
        ht.nelems.counter.fetch_add(1, Relaxed);
        drop(held);
        super::rhashtable_resize::grow_if_crowded(ht);
        return Inserted::Done;
    }
}

/// Puts an object before the others of its key, the first of which `found` points to. The lock is held.
fn join(found: &AtomicPtr<rhash_head>, link: *mut rhash_head) {
    let old = found.load(Relaxed);
    // SAFETY: the link is the first member of such an object's.
    let new = unsafe { entry(link.cast()) };
    new.next.store(old.cast(), Relaxed);
    // SAFETY: in a chain, with the lock held.
    new.rhead.next.store(unsafe { node(old) }.next.load(Relaxed), Relaxed);
    found.store(link, Release);
}

/// Takes an object out: 0, or -ENOENT if it is not in. Readers may see it for a grace period. Does not sleep.
///
/// # Safety
///
/// The table is initialised, the object one that could be in it.
pub unsafe fn remove(ht: &rhashtable, object: *mut c_void) -> c_int {
    let _reading = Reading::new();
    let held = Held::new(&ht.lock);
    let mut at = ht.first();
    while !at.is_null() {
        // SAFETY: the lock is held.
        let tbl = unsafe { table(at) };
        // SAFETY: the lock is held.
        let mut place = unsafe { bucket_of(at, ht.hash_object(tbl.hash_rnd, object)) };
        loop {
            let link = place.load(Relaxed);
            if is_end(link) {
                break;
            }
            if take_out(ht, place, link, ht.link_of(object)) {
                drop(held);
                shrink_if_sparse(ht);
                return 0;
            }
            // SAFETY: in a chain, with the lock held.
            place = &unsafe { node(link) }.next;
        }
        at = tbl.future();
    }
    -libc::ENOENT
}

/// Takes `wanted` out if it is `link`, to which `place` points, or one of those behind it. The lock is held.
fn take_out(ht: &rhashtable, place: &AtomicPtr<rhash_head>, link: *mut rhash_head, wanted: *mut rhash_head) -> bool {
    // SAFETY: in a chain, with the lock held.
    let after = unsafe { node(link) }.next.load(Relaxed);
    if !ht.rhlist {
        if link == wanted {
            place.store(after, Release);
            ht.nelems.counter.fetch_sub(1, Relaxed);
        }
        return link == wanted;
    }
    // SAFETY: the link is the first member of such an object's.
    let first = unsafe { entry(link.cast()) };
    if link == wanted {
        let second = first.next.load(Relaxed);
        if second.is_null() {
            place.store(after, Release);
            ht.nelems.counter.fetch_sub(1, Relaxed);
        } else {
            // SAFETY: of the same key, with the lock held.
            unsafe { entry(second) }.rhead.next.store(after, Relaxed);
            place.store(second.cast(), Release);
        }
        return true;
    }
    let mut before = &first.next;
    loop {
        let at = before.load(Relaxed);
        if at.is_null() {
            return false;
        }
        // SAFETY: of the same key, with the lock held.
        let this = unsafe { entry(at) };
        if at == wanted.cast() {
            before.store(this.next.load(Relaxed), Release);
            return true;
        }
        before = &this.next;
    }
}
