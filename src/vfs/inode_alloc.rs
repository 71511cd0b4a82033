// SPDX-License-Identifier: GPL-2.0-or-later
//! Making inodes and giving their memory back.

use super::hooks;
use super::inode::{forget_removed, inode_sb_list_add};
use super::links::{container_of, list_init};
use super::origin::Origin;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::stats::{self, Counter};
use crate::host::process::{rcu, slab};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// What inodes, dentries, files and mounts are allocated with: charged to whoever the thread works for.
pub(super) const GFP: gfp_t = GFP_KERNEL_ACCOUNT;

/// A zeroed object of the library's; NULL if there is no memory.
pub(super) fn alloc_own<T: Origin>() -> *mut T {
    let object = slab::kzalloc(size_of::<T>(), GFP).cast::<T>();
    // SAFETY: the objects are valid when zeroed, and this one is nobody else's yet.
    if let Some(object) = unsafe { object.as_ref() } {
        object.set_own();
    }
    object
}

/// Initialises memory of any content as an inode: what stays true over the uses of one slab object.
///
/// # Safety
///
/// `inode` points to memory of that size that nobody else uses.
pub unsafe fn inode_init_once(inode: *mut inode) {
    // SAFETY: the memory is the caller's, and zero is valid for every field.
    unsafe { ptr::write_bytes(inode, 0, 1) };
    // SAFETY: initialised just now.
    let inode = unsafe { &*inode };
    list_init(&inode.i_lru);
    list_init(&inode.i_sb_list);
}

/// Initialises what must be for every use of an inode: one reference, one link, no marks.
///
/// # Safety
///
/// `inode` went through [`inode_init_once`] or is zeroed, and nobody else uses it; `sb` outlives it.
pub unsafe fn inode_init_always(sb: *mut super_block, inode: *mut inode) {
    // SAFETY: the memory is valid as an inode by the contract.
    let inode = unsafe { &*inode };
    // SAFETY: the superblock is alive by the contract.
    let blkbits = unsafe { &*sb }.s_blocksize_bits.get();
    inode.i_sb.store(sb, Relaxed);
    // SAFETY: the superblock's block size is set before its first inode.
    let blkbits = unsafe { *blkbits };
    // SAFETY: nobody else uses the inode yet.
    unsafe { *inode.i_blkbits.get() = blkbits };
    inode.i_flags.store(0, Relaxed);
    inode.i_state.store(0, Relaxed);
    inode.i_count.counter.store(1, Relaxed);
    inode.i_nlink.store(1, Relaxed);
    inode.i_opflags.store(0, Relaxed);
    inode.i_writecount.counter.store(0, Relaxed);
    inode.i_size.store(0, Relaxed);
    inode.i_lock.init();
    inode.i_dentry.first.store(ptr::null_mut(), Relaxed);
    inode.i_fsnotify_mask.store(0, Relaxed);
    inode.i_fsnotify_marks.store(ptr::null_mut(), Relaxed);
    inode.i_rwsem.init();
    // SAFETY: nobody else uses the inode yet.
    unsafe { *inode.i_link.get() = ptr::null_mut() };
    set_up_pages(inode);
}

/// The inode's own pages: none yet.
fn set_up_pages(inode: &inode) {
    let pages = &inode.i_data;
    pages.host.store(inode.as_ptr(), Relaxed);
    for word in [&pages.nrpages, &pages.flags, &pages.fsn_tags] {
        word.store(0, Relaxed);
    }
    pages.wb_err.store(0, Relaxed);
    // SAFETY: nobody else uses the inode yet.
    unsafe { *inode.i_mapping.get() = ptr::from_ref(pages).cast_mut() };
}

/// Allocates an inode: `alloc_inode` of the superblock, or the library's own memory. NULL if there is none.
///
/// # Safety
///
/// `sb` is alive and outlives the inode.
pub unsafe fn alloc_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: alive by the contract.
    let ops = unsafe { &*sb }.ops();
    let inode = match ops.and_then(|ops| ops.alloc_inode) {
        // SAFETY: the superblock is alive, and no lock is held.
        Some(alloc_inode) => unsafe { alloc_inode(sb) },
        None => alloc_library_inode(),
    };
    if !inode.is_null() {
        // SAFETY: the inode is new, and `alloc_inode` has initialised it once.
        unsafe { inode_init_always(sb, inode) };
    }
    inode
}

fn alloc_library_inode() -> *mut inode {
    let new = alloc_own::<inode>();
    // SAFETY: NULL or new.
    if let Some(inode) = unsafe { new.as_ref() } {
        list_init(&inode.i_lru);
        list_init(&inode.i_sb_list);
        stats::add(Counter::InodeAlloc, 1);
    }
    new
}

/// Allocates an inode that is not on its superblock's list, so that an unmount does not look at it.
///
/// # Safety
///
/// As [`alloc_inode`].
pub unsafe fn new_inode_pseudo(sb: *mut super_block) -> *mut inode {
    // SAFETY: the contract is the same.
    unsafe { alloc_inode(sb) }
}

/// Allocates an inode with one reference, on its superblock's list.
///
/// # Safety
///
/// As [`alloc_inode`].
pub unsafe fn new_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: the contract is the same.
    let inode = unsafe { alloc_inode(sb) };
    // SAFETY: NULL or new.
    if let Some(inode) = unsafe { inode.as_ref() } {
        inode_sb_list_add(inode);
    }
    inode
}

/// Ends what the library keeps for an inode: its marks, and its place among the inodes without links.
pub fn __destroy_inode(inode: &inode) {
    hooks::inode_delete(inode);
    if inode.i_nlink.load(Relaxed) == 0 {
        forget_removed(inode);
    }
}

/// Ends an evicted inode and gives its memory back: through `destroy_inode` and, after a grace period, `free_inode`; to the
/// library's memory if neither is there and it came from there.
pub(super) fn destroy_inode(inode: &inode) {
    __destroy_inode(inode);
    let ops = inode.super_ops();
    let (destroy, free) = ops.map_or((None, None), |ops| (ops.destroy_inode, ops.free_inode));
    if let Some(destroy) = destroy {
        // SAFETY: nobody uses the inode any more, and it is the callback's now if there is no `free_inode`.
        unsafe { destroy(inode.as_ptr()) };
        if free.is_none() {
            return;
        }
    }
    if free.is_none() && !inode.is_own() {
        return;
    }
    // SAFETY: the inode is at its end, so the field is this thread's.
    unsafe { *inode.free_inode.get() = free };
    // SAFETY: the head is part of the inode, which stays until the callback frees it.
    unsafe { rcu::call_rcu(ptr::from_ref(&inode.i_rcu).cast_mut(), Some(free_inode)) };
}

/// After the grace period.
unsafe extern "C" fn free_inode(head: *mut callback_head) {
    let inode = container_of!(head, inode, i_rcu);
    // SAFETY: queued by `destroy_inode()` as part of an inode that is still there.
    let callback = unsafe { &*inode }.free_inode.get();
    // SAFETY: set by `destroy_inode()` and not changed since.
    match unsafe { *callback } {
        // SAFETY: nobody uses the inode any more: it is the callback's.
        Some(free) => unsafe { free(inode) },
        // SAFETY: without a callback only inodes of the library's are queued.
        None => unsafe { free_inode_nonrcu(inode) },
    }
}

/// Frees the memory of an inode that the library allocated, for a `destroy_inode` that has nothing else to do with it.
///
/// # Safety
///
/// Nobody uses the inode any more.
pub unsafe fn free_inode_nonrcu(inode: *mut inode) {
    // SAFETY: alive until this function frees it.
    if !unsafe { &*inode }.is_own() {
        warn("free_inode_nonrcu", "the library has not allocated this inode");
        return;
    }
    stats::add(Counter::InodeFree, 1);
    // SAFETY: it came from `kzalloc()` and is nobody's.
    unsafe { slab::kfree(inode.cast()) };
}
