// SPDX-License-Identifier: GPL-2.0-or-later
//! Finding an inode by its superblock and number (`fs/inode.c`). An inode on a chain may be on its way out: whoever finds such
//! a one waits until it has left the chain and looks again.

use super::held::hold;
use super::inode::{igrab, inode_sb_list_add, iput, HASH_LOCK};
use super::inode_alloc::{alloc_inode, destroy_inode};
use super::links::{container_of, hlist_add_head, nodes};
use crate::abi::*;
use crate::host::process::waitqueue::{wait_event, wake_up_all};
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const CHAINS: usize = 1024;

static TABLE: [hlist_head; CHAINS] = [const { hlist_head { first: AtomicPtr::new(ptr::null_mut()) } }; CHAINS];

/// Who waits for an inode to leave its chain, or to be set up.
static CHANGED: wait_queue_head = wait_queue_head::new();

fn chain(sb: *const super_block, hashval: u64) -> &'static hlist_head {
    const GOLDEN: u64 = 0x61c8_8646_80b5_83eb;
    let key = (hashval ^ (sb.addr() as u64 >> 6)).wrapping_mul(GOLDEN);
    &TABLE[(key >> 54) as usize % CHAINS]
}

/// What was found on a chain.
enum Found<'a> {
    /// With a reference.
    Inode(&'a inode),
    /// On its way out.
    Going,
    Nothing,
}

/// The inode of that superblock which `test` wants; the chains are locked.
fn find<'a>(sb: *const super_block, hashval: u64, test: &dyn Fn(&inode) -> bool) -> Found<'a> {
    // SAFETY: the chains are locked.
    for node in unsafe { nodes(chain(sb, hashval)) } {
        // SAFETY: what is on a chain stays while the chains are locked.
        let inode = unsafe { &*container_of!(node, inode, i_hash) };
        if ptr::eq(inode.i_sb.load(Relaxed), sb) && test(inode) {
            return if igrab(inode) { Found::Inode(inode) } else { Found::Going };
        }
    }
    Found::Nothing
}

/// Somebody waits for what has happened to an inode.
pub(super) fn changed() {
    wake_up_all(&CHANGED);
}

/// Is the one that was found still on its way out?
fn is_going(sb: *const super_block, hashval: u64, test: &dyn Fn(&inode) -> bool) -> bool {
    let lock = hold(&HASH_LOCK);
    let found = find(sb, hashval, test);
    drop(lock);
    if let Found::Inode(another) = found {
        // SAFETY: the reference that came with it.
        unsafe { iput(another.as_ptr()) };
    }
    matches!(found, Found::Going)
}

/// Acquire: what was set up before the bit went is seen after this.
fn is_new(inode: &inode) -> bool {
    inode.i_state.load(Acquire) & I_NEW != 0
}

/// Puts the inode where it is found by `hashval`.
pub fn insert_inode_hash(inode: &inode, hashval: u64) {
    let _lock = hold(&HASH_LOCK);
    // SAFETY: the chains are locked, and an inode that is on one is taken off it before it goes.
    unsafe { hlist_add_head(&inode.i_hash, chain(inode.i_sb.load(Relaxed), hashval)) };
}

/// The inode that `test` wants, with a reference, set up completely; NULL if there is none. `test` is called with a spinlock
/// held.
pub fn ilookup5(sb: *const super_block, hashval: u64, test: &dyn Fn(&inode) -> bool) -> *mut inode {
    loop {
        let lock = hold(&HASH_LOCK);
        let found = find(sb, hashval, test);
        drop(lock);
        match found {
            Found::Nothing => return ptr::null_mut(),
            Found::Inode(inode) => {
                wait_event(&CHANGED, || !is_new(inode));
                return inode.as_ptr();
            }
            Found::Going => wait_event(&CHANGED, || !is_going(sb, hashval, test)),
        }
    }
}

fn has_number(ino: u64) -> impl Fn(&inode) -> bool {
    move |inode| {
        // SAFETY: set before the inode is on a chain.
        unsafe { *inode.i_ino.get() == ino }
    }
}

/// The inode of that number, with a reference; NULL if there is none.
pub fn ilookup(sb: *const super_block, ino: u64) -> *mut inode {
    ilookup5(sb, ino, &has_number(ino))
}

/// The inode of that number, with a reference; a new one, with `I_NEW`, if there is none. NULL without memory.
///
/// # Safety
///
/// `sb` is alive and outlives the inode.
pub unsafe fn iget_locked(sb: *mut super_block, ino: u64) -> *mut inode {
    loop {
        let found = ilookup(sb, ino);
        if !found.is_null() {
            return found;
        }
        // SAFETY: the contract is the same.
        let new = unsafe { alloc_inode(sb) };
        // SAFETY: NULL or new.
        let Some(inode) = (unsafe { new.as_ref() }) else { return new };
        // SAFETY: nobody else uses the inode yet.
        unsafe { *inode.i_ino.get() = ino };
        let lock = hold(&HASH_LOCK);
        let found = find(sb, ino, &has_number(ino));
        if matches!(found, Found::Nothing) {
            inode.i_state.store(I_NEW, Relaxed);
            // SAFETY: the chains are locked.
            unsafe { hlist_add_head(&inode.i_hash, chain(sb, ino)) };
            drop(lock);
            inode_sb_list_add(inode);
            return new;
        }
        drop(lock);
        // Somebody was faster.
        destroy_inode(inode);
        if let Found::Inode(theirs) = found {
            wait_event(&CHANGED, || !is_new(theirs));
            return theirs.as_ptr();
        }
    }
}

/// The inode is set up: others may use it.
pub fn unlock_new_inode(inode: &inode) {
    let lock = hold(&inode.i_lock);
    inode.i_state.store(inode.i_state.load(Relaxed) & !I_NEW, Release);
    drop(lock);
    changed();
}
