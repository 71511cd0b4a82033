// SPDX-License-Identifier: GPL-2.0-or-later
//! References and links of inodes, and their end (`fs/inode.c`).
//!
//! `i_count` falls to zero only under `i_lock`; what it means is decided there: the inode stays in memory, or `I_FREEING`
//! is set and from then on it belongs to whoever set it.

use super::held::{hold, Held};
use super::inode_alloc::destroy_inode;
use super::inode_hash;
use super::links::{container_of, hlist_del_init, hlist_unhashed, list_add, list_del_init, list_empty, list_init};
use super::super_block::orphan_gone;
use crate::abi::*;
use crate::host::process::log::warn;
use core::ptr;
use core::sync::atomic::AtomicI32;
use core::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

/// `I_FREEING` was set, or is about to be: no new reference.
const GOING: u32 = I_FREEING | I_WILL_FREE;

/// Protects the links of `i_hash` that the library takes off.
pub(super) static HASH_LOCK: spinlock = spinlock::new();

/// Takes one off a count that stays above zero; false if it would not.
pub(super) fn dec_unless_last(count: &AtomicI32) -> bool {
    let mut n = count.load(Relaxed);
    while n > 1 {
        match count.compare_exchange_weak(n, n - 1, Release, Relaxed) {
            Ok(_) => return true,
            Err(now) => n = now,
        }
    }
    false
}

impl inode {
    pub(super) fn as_ptr(&self) -> *mut inode {
        ptr::from_ref(self).cast_mut()
    }

    /// The superblock; `None` only for an inode that the program has not finished setting up.
    pub(super) fn super_block(&self) -> Option<&super_block> {
        // SAFETY: set before the inode is used, and the superblock outlives its inodes.
        unsafe { self.i_sb.load(Relaxed).as_ref() }
    }

    /// The superblock's callbacks, if it has any.
    pub(super) fn super_ops(&self) -> Option<&super_operations> {
        self.super_block().and_then(super_block::ops)
    }

    fn set_state(&self, bits: u32) {
        self.i_state.store(self.i_state.load(Relaxed) | bits, Relaxed);
    }
}

/// Takes a reference; the caller has one already.
pub fn ihold(inode: &inode) {
    if inode.i_count.counter.fetch_add(1, Relaxed) < 1 {
        warn("ihold", "the caller had no reference on the inode");
    }
}

/// Takes a reference, also the first one on an inode that is kept without; `i_lock` is held.
pub fn __iget(inode: &inode) {
    inode.i_count.counter.fetch_add(1, Relaxed);
}

/// Takes a reference unless the inode is on its way out.
pub fn igrab(inode: &inode) -> bool {
    let _lock = hold(&inode.i_lock);
    let stays = inode.i_state.load(Relaxed) & GOING == 0;
    if stays {
        __iget(inode);
    }
    stays
}

/// Puts a reference; at the last one the inode goes or is kept, see [`generic_drop_inode`].
///
/// # Safety
///
/// NULL, or an inode on which the caller has a reference; it has none afterwards. No lock may be held that the
/// superblock's callbacks or `fsnotify()` take.
pub unsafe fn iput(inode: *mut inode) {
    // SAFETY: the caller's reference keeps it alive.
    let Some(inode) = (unsafe { inode.as_ref() }) else { return };
    if inode.i_state.load(Relaxed) & I_CLEAR != 0 {
        warn("iput", "the inode has been cleared already");
        return;
    }
    let count = &inode.i_count.counter;
    if dec_unless_last(count) {
        return;
    }
    let lock = hold(&inode.i_lock);
    match count.fetch_sub(1, AcqRel) - 1 {
        0 => last_put(inode, lock),
        left if left < 0 => {
            count.fetch_add(1, Relaxed);
            warn("iput", "one put too many");
        }
        _ => {}
    }
}

fn last_put(inode: &inode, lock: Held<'_>) {
    if inode.i_state.load(Relaxed) & I_NEW != 0 {
        warn("iput", "the last reference on an inode that is still being set up");
    }
    let drop = match inode.super_ops().and_then(|ops| ops.drop_inode) {
        // SAFETY: the inode is alive and locked, as the callback's contract has it.
        Some(drop_inode) => unsafe { drop_inode(inode.as_ptr()) != 0 },
        None => generic_drop_inode(inode),
    };
    let active = inode.super_block().is_some_and(|sb| sb.s_flags.load(Relaxed) & SB_ACTIVE != 0);
    if !drop && active && inode.i_state.load(Relaxed) & I_DONTCACHE == 0 {
        return;
    }
    inode.set_state(I_FREEING);
    core::mem::drop(lock);
    evict(inode);
}

/// The default of `drop_inode`: an inode goes at its last put if it has no link, or is in no hash in which somebody could
/// find it again.
pub fn generic_drop_inode(inode: &inode) -> bool {
    inode.i_nlink.load(Relaxed) == 0 || hlist_unhashed(&inode.i_hash)
}

/// Ends an inode on which this thread has set `I_FREEING`.
fn evict(inode: &inode) {
    if !list_empty(&inode.i_lru) {
        list_init(&inode.i_lru);
    }
    let orphaned = inode_sb_list_del(inode);
    let sb = inode.i_sb.load(Relaxed);
    match inode.super_ops().and_then(|ops| ops.evict_inode) {
        // SAFETY: `I_FREEING` makes the inode this thread's, and no lock is held.
        Some(evict_inode) => unsafe { evict_inode(inode.as_ptr()) },
        None => clear_inode(inode),
    }
    if inode.i_state.load(Relaxed) & I_CLEAR == 0 {
        warn("evict_inode", "the callback has not called clear_inode()");
        clear_inode(inode);
    }
    remove_inode_hash(inode);
    // Whoever found the inode under its lock before it was unlinked has let go of the lock after this.
    core::mem::drop(hold(&inode.i_lock));
    destroy_inode(inode);
    if orphaned {
        // SAFETY: the superblock stays until each of its orphans has said this.
        unsafe { orphan_gone(sb) };
    }
}

/// The inode's contents have gone: the last thing that `evict_inode` does.
pub fn clear_inode(inode: &inode) {
    let state = inode.i_state.load(Relaxed);
    if state & I_FREEING == 0 || state & I_CLEAR != 0 {
        warn("clear_inode", "the inode is not being evicted");
        return;
    }
    inode.i_state.store(I_FREEING | I_CLEAR, Relaxed);
}

/// Takes an inode off the chain that `i_hash` puts it on. A program with a lock of its own for its chains does it itself, at
/// the latest in `evict_inode`.
pub fn remove_inode_hash(inode: &inode) {
    let lock = hold(&HASH_LOCK);
    let hashed = !hlist_unhashed(&inode.i_hash);
    // SAFETY: chains that the program left to the library are changed under its lock.
    unsafe { hlist_del_init(&inode.i_hash) };
    core::mem::drop(lock);
    if hashed {
        inode_hash::changed();
    }
}

/// Counts an inode as hashed although it is on no chain: it stays in memory without references.
pub fn inode_fake_hash(inode: &inode) {
    let _lock = hold(&HASH_LOCK);
    if hlist_unhashed(&inode.i_hash) {
        inode.i_hash.pprev.store(ptr::from_ref(&inode.i_hash.next).cast_mut(), Relaxed);
    }
}

/// Puts the inode on its superblock's list, where an unmount finds it: the newest first, which is the order of its events.
pub fn inode_sb_list_add(inode: &inode) {
    let Some(sb) = inode.super_block() else {
        warn("inode_sb_list_add", "the inode has no superblock");
        return;
    };
    let _lock = hold(&sb.s_inode_list_lock);
    if list_empty(&inode.i_sb_list) {
        // SAFETY: the list's lock is held, and what is on it is taken off before it is freed.
        unsafe { list_add(&inode.i_sb_list, &sb.s_inodes) };
    } else {
        warn("inode_sb_list_add", "the inode is on a list already");
    }
}

/// Takes it off again; true if the superblock is waiting for the last of its inodes.
fn inode_sb_list_del(inode: &inode) -> bool {
    let Some(sb) = inode.super_block() else { return false };
    let _lock = hold(&sb.s_inode_list_lock);
    if list_empty(&inode.i_sb_list) {
        return false;
    }
    // SAFETY: the list's lock is held, and what is on it is taken off before it is freed.
    unsafe { list_del_init(&inode.i_sb_list) };
    sb.fsn_orphaned.load(Relaxed) != 0
}

/// Evicts every inode of the superblock on which there is no reference.
pub fn evict_inodes(sb: &super_block) {
    // The evicted ones, chained through `i_lru`, which no list uses once `I_FREEING` is set.
    let mut chain: *mut list_head = ptr::null_mut();
    let lock = hold(&sb.s_inode_list_lock);
    // SAFETY: the list's lock is held until the walk is over.
    for inode in unsafe { sb.inodes() } {
        let _lock = hold(&inode.i_lock);
        if inode.i_count.counter.load(Relaxed) != 0 || inode.i_state.load(Relaxed) & (GOING | I_NEW) != 0 {
            continue;
        }
        inode.set_state(I_FREEING);
        inode.i_lru.next.store(chain, Relaxed);
        chain = ptr::from_ref(&inode.i_lru).cast_mut();
    }
    core::mem::drop(lock);
    while !chain.is_null() {
        let inode = container_of!(chain, inode, i_lru);
        // SAFETY: `I_FREEING` makes the inodes of the chain this thread's.
        let inode = unsafe { &*inode };
        chain = inode.i_lru.next.load(Relaxed);
        list_init(&inode.i_lru);
        evict(inode);
    }
}

fn remove_count(inode: &inode, n: i64) {
    if let Some(sb) = inode.super_block() {
        sb.s_remove_count.counter.fetch_add(n, Relaxed);
    }
}

/// One link less; the last one makes the inode go at its last put.
pub fn drop_nlink(inode: &inode) {
    let n = inode.i_nlink.load(Relaxed);
    if n == 0 {
        warn("drop_nlink", "the inode has no links");
        return;
    }
    inode.i_nlink.store(n - 1, Relaxed);
    if n == 1 {
        remove_count(inode, 1);
    }
}

/// No links any more.
pub fn clear_nlink(inode: &inode) {
    if inode.i_nlink.load(Relaxed) != 0 {
        inode.i_nlink.store(0, Relaxed);
        remove_count(inode, 1);
    }
}

/// Sets the number of links.
pub fn set_nlink(inode: &inode, nlink: u32) {
    if nlink == 0 {
        clear_nlink(inode);
        return;
    }
    if inode.i_nlink.load(Relaxed) == 0 {
        forget_removed(inode);
    }
    inode.i_nlink.store(nlink, Relaxed);
}

/// One link more.
pub fn inc_nlink(inode: &inode) {
    let n = inode.i_nlink.load(Relaxed);
    if n == 0 {
        if inode.i_state.load(Relaxed) & I_LINKABLE == 0 {
            warn("inc_nlink", "the inode had no links left");
        }
        forget_removed(inode);
    }
    inode.i_nlink.store(n + 1, Relaxed);
}

/// An inode without links is no longer one. An inode made from zeroed memory was never counted, so zero stays zero.
pub(super) fn forget_removed(inode: &inode) {
    let Some(sb) = inode.super_block() else { return };
    let count = &sb.s_remove_count.counter;
    let mut n = count.load(Relaxed);
    while n > 0 {
        match count.compare_exchange_weak(n, n - 1, Relaxed, Relaxed) {
            Ok(_) => return,
            Err(now) => n = now,
        }
    }
}
