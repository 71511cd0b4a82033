// SPDX-License-Identifier: GPL-2.0-or-later
//! Finding a dentry by its parent and name.
//!
//! What a chain's lock protects is more than its links: a dentry is unhashed before its parent or name changes, so while it
//! is on a chain that is locked, both stand still and it cannot be freed.

use super::dentry_path::full_name_hash;
use super::held::hold;
use super::name;
use crate::abi::*;
use crate::host::process::log::warn;
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr};

/// log2 of the number of chains.
const CHAIN_BITS: u32 = 14;

/// One chain.
pub(super) struct Chain {
    pub(super) lock: spinlock,
    first: AtomicPtr<hlist_bl_node>,
}

struct Table(UnsafeCell<[Chain; 1 << CHAIN_BITS]>);

// SAFETY: the chains consist of a lock word and an atomic pointer; the cell only keeps them out of read-only memory.
unsafe impl Sync for Table {}

// SAFETY: zero is a free lock and an empty chain. Untouched pages of it cost nothing.
static TABLE: Table = Table(UnsafeCell::new(unsafe { core::mem::zeroed() }));

/// A dentry was hashed once: until then a fork need not look at the chains \[USED_LOCK for writing\].
static USED: AtomicBool = AtomicBool::new(false);
/// Held over a fork, so that nobody begins to use the table meanwhile.
pub(super) static USED_LOCK: spinlock = spinlock::new();

/// The locks of all chains, in order; none if the table was never used. `USED_LOCK` is held, or about to be given back.
pub(super) fn locks() -> impl Iterator<Item = &'static spinlock> {
    // SAFETY: the table is static, and its parts are shared as atomics are.
    let table = unsafe { &*TABLE.0.get() };
    let used = if USED.load(Acquire) { &table[..] } else { &[] };
    used.iter().map(|chain| &chain.lock)
}

/// The chain of a parent and a hash.
fn chain(parent: *const dentry, hash: u32) -> &'static Chain {
    const GOLDEN: u64 = 0x61c8_8646_80b5_83eb;
    let key = (parent.addr() as u64 >> 4) ^ (u64::from(hash) << 32) ^ u64::from(hash);
    let index = (key.wrapping_mul(GOLDEN) >> (64 - CHAIN_BITS)) as usize;
    // SAFETY: the table is static, and its parts are shared as atomics are.
    let table = unsafe { &*TABLE.0.get() };
    &table[index]
}

/// The chain that a dentry is on or would be on; `d_lock` is held.
pub(super) fn chain_of(dentry: &dentry) -> &'static Chain {
    chain(dentry.d_parent.load(Relaxed), dentry.d_name.hash.load(Relaxed))
}

/// On no chain: nobody can look it up.
pub fn d_unhashed(dentry: &dentry) -> bool {
    dentry.d_hash.pprev.load(Relaxed).is_null()
}

/// Puts an unhashed dentry on its chain; `d_lock` is held.
pub(super) fn rehash(dentry: &dentry) {
    if !d_unhashed(dentry) {
        warn("d_rehash", "the dentry is hashed already");
        return;
    }
    if !USED.load(Relaxed) {
        let _lock = hold(&USED_LOCK);
        USED.store(true, Release);
    }
    let chain = chain_of(dentry);
    let _lock = hold(&chain.lock);
    let first = chain.first.load(Relaxed);
    dentry.d_hash.next.store(first, Relaxed);
    // SAFETY: what is on a chain is alive while the chain is locked.
    if let Some(first) = unsafe { first.as_ref() } {
        first.pprev.store(ptr::from_ref(&dentry.d_hash.next).cast_mut(), Relaxed);
    }
    dentry.d_hash.pprev.store(ptr::from_ref(&chain.first).cast_mut(), Relaxed);
    chain.first.store(ptr::from_ref(&dentry.d_hash).cast_mut(), Release);
}

/// Takes a dentry off its chain, if it is on one; `d_lock` is held.
pub(super) fn unhash(dentry: &dentry) {
    if d_unhashed(dentry) {
        return;
    }
    let _lock = hold(&chain_of(dentry).lock);
    let (next, pprev) = (dentry.d_hash.next.load(Relaxed), dentry.d_hash.pprev.load(Relaxed));
    // SAFETY: a hashed dentry's `pprev` points to its neighbour or to the chain.
    unsafe { &*pprev }.store(next, Relaxed);
    // SAFETY: what is on a chain is alive while the chain is locked.
    if let Some(next) = unsafe { next.as_ref() } {
        next.pprev.store(pprev, Relaxed);
    }
    dentry.d_hash.next.store(ptr::null_mut(), Relaxed);
    dentry.d_hash.pprev.store(ptr::null_mut(), Relaxed);
}

/// Is this the dentry? The chain is locked.
fn matches(dentry: &dentry, parent: &dentry, wanted: &qstr) -> bool {
    if !ptr::eq(dentry.d_parent.load(Relaxed), parent) || dentry.d_name.hash.load(Relaxed) != wanted.hash.load(Relaxed)
    {
        return false;
    }
    match parent.ops().and_then(|ops| ops.d_compare) {
        Some(d_compare) => {
            let (len, bytes) = (dentry.d_name.len.load(Relaxed), dentry.d_name.name.load(Relaxed));
            // SAFETY: the name stands still while the chain is locked.
            unsafe { d_compare(dentry, len, bytes.cast(), wanted) == 0 }
        }
        None => {
            // SAFETY: as above.
            let text = unsafe { name::bytes(&dentry.d_name) };
            // SAFETY: the wanted name is the caller's.
            text == unsafe { name::bytes(wanted) }
        }
    }
}

/// The dentry of that name in a directory, with a reference, or NULL. `name->hash` must be what the dentry was added with.
///
/// # Safety
///
/// The caller has a reference on the parent; `name` points to `len` bytes.
pub unsafe fn d_lookup(parent: &dentry, name: &qstr) -> *mut dentry {
    let chain = chain(parent, name.hash.load(Relaxed));
    let _lock = hold(&chain.lock);
    let mut node = chain.first.load(Relaxed);
    while !node.is_null() {
        let candidate = super::links::container_of!(node, dentry, d_hash);
        // SAFETY: what is on a chain is alive while the chain is locked.
        let candidate = unsafe { &*candidate };
        if matches(candidate, parent, name) && candidate.get_live() {
            return candidate.as_ptr();
        }
        node = candidate.d_hash.next.load(Relaxed);
    }
    ptr::null_mut()
}

/// Fills in the name's hash, asking the directory's `d_hash` too, and looks it up. A negative errno of `d_hash` is an error.
///
/// # Safety
///
/// As [`d_lookup`].
pub unsafe fn d_hash_and_lookup(dir: &dentry, name: &qstr) -> Result<*mut dentry, c_int> {
    // SAFETY: the name is the caller's.
    let bytes = unsafe { name::bytes(name) };
    name.hash.store(full_name_hash(ptr::from_ref(dir).cast::<c_void>(), bytes), Relaxed);
    if let Some(d_hash) = dir.ops().and_then(|ops| ops.d_hash) {
        // SAFETY: both are alive, and the callback may change the hash only.
        let err = unsafe { d_hash(dir, ptr::from_ref(name).cast_mut()) };
        if err < 0 {
            return Err(err);
        }
    }
    // SAFETY: the contract is the same.
    Ok(unsafe { d_lookup(dir, name) })
}
