// SPDX-License-Identifier: GPL-2.0-or-later
//! Inodes for C; the rules at the head of `vfs.rs` hold here too.

use crate::abi::*;
use crate::vfs;
use core::ffi::{c_int, c_uint};
use core::ptr;

/// Allocates an inode on a superblock, with one reference, one link and no type: through `alloc_inode` of the superblock, or
/// in the library's own memory. It is on the superblock's list of inodes. NULL: no memory.
///
/// # Safety
///
/// `sb` is alive and outlives the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_new_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::new_inode(sb) }
}

/// As `fsn_new_inode()`, but not on the superblock's list, so that an unmount does not look at it.
///
/// # Safety
///
/// As `fsn_new_inode()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_new_inode_pseudo(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::new_inode_pseudo(sb) }
}

/// As `fsn_new_inode_pseudo()`.
///
/// # Safety
///
/// As `fsn_new_inode()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::alloc_inode(sb) }
}

/// Initialises memory of any content as an inode: zeroes it and sets up its lists. For the inode inside a struct of the
/// program's, in `alloc_inode` or before `fsn_inode_init_always()`.
///
/// # Safety
///
/// `inode` is memory of that size that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_init_once(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::inode_init_once(inode) }
}

/// Initialises what each use of an inode begins with: its superblock, one reference, one link, no dentries, no marks. 0.
///
/// # Safety
///
/// `inode` is zeroed or went through `fsn_inode_init_once()`, and nobody else uses it; `sb` outlives it.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_init_always(sb: *mut super_block, inode: *mut inode) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::inode_init_always(sb, inode) };
    0
}

/// Takes a reference.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_ihold(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::ihold(unsafe { &*inode })
}

/// Takes a reference, also the first one on an inode that is kept without. The caller holds `i_lock`.
///
/// # Safety
///
/// The inode is alive and not on its way out.
#[no_mangle]
pub unsafe extern "C" fn fsn___iget(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::__iget(unsafe { &*inode })
}

/// Takes a reference and returns the inode; NULL if it is on its way out.
///
/// # Safety
///
/// The inode's memory is there: the caller has a reference, or has it from a list whose lock it holds.
#[no_mangle]
pub unsafe extern "C" fn fsn_igrab(inode: *mut inode) -> *mut inode {
    // SAFETY: alive by the caller's promise.
    if vfs::inode::igrab(unsafe { &*inode }) {
        inode
    } else {
        ptr::null_mut()
    }
}

/// Puts a reference; NULL does nothing. At the last one the inode is evicted, or, if the superblock is active, it has links
/// and is hashed (`drop_inode` decides, if there is one), kept.
///
/// # Safety
///
/// The caller has a reference, and none afterwards; it holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_iput(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode::iput(inode) }
}

/// The default of `drop_inode`: non-zero if the inode has no links or is not hashed. `i_lock` is held.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_drop_inode(inode: *mut inode) -> c_int {
    // SAFETY: alive by the caller's promise.
    vfs::inode::generic_drop_inode(unsafe { &*inode }).into()
}

/// A `drop_inode` for superblocks that keep no inode without references: 1.
#[no_mangle]
pub extern "C" fn fsn_generic_delete_inode(_inode: *mut inode) -> c_int {
    1
}

/// The end of `evict_inode`: the inode's contents have gone.
///
/// # Safety
///
/// Called from `evict_inode` of this inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_clear_inode(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::clear_inode(unsafe { &*inode })
}

/// Ends what the library keeps for an inode that goes without `fsn_iput()`: its marks, its place in `s_remove_count`.
///
/// # Safety
///
/// Nobody else uses the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn___destroy_inode(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode_alloc::__destroy_inode(unsafe { &*inode })
}

/// Frees the memory of an inode that the library allocated: for a `destroy_inode` without `free_inode`.
///
/// # Safety
///
/// Nobody uses the inode any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_free_inode_nonrcu(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::free_inode_nonrcu(inode) }
}

/// Puts an inode on its superblock's list, where an unmount finds it.
///
/// # Safety
///
/// The inode is alive and has its superblock.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_sb_list_add(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inode_sb_list_add(unsafe { &*inode })
}

/// Counts an inode as hashed although it is in no hash: it is kept without references.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_fake_hash(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inode_fake_hash(unsafe { &*inode })
}

/// Takes an inode off the hash chain that it is on, under the library's lock: for a program that puts it there under a lock
/// of its own, in which case it must do so itself before the inode goes.
///
/// # Safety
///
/// The inode and its chain are alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_remove_inode_hash(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::remove_inode_hash(unsafe { &*inode })
}

/// Evicts every inode of the superblock on which there is no reference.
///
/// # Safety
///
/// The superblock is alive; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_evict_inodes(sb: *mut super_block) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::evict_inodes(unsafe { &*sb })
}

/// Sets the number of links. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_nlink(inode: *mut inode, nlink: c_uint) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::set_nlink(unsafe { &*inode }, nlink)
}

/// One link more. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_inc_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inc_nlink(unsafe { &*inode })
}

/// One link less. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_drop_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::drop_nlink(unsafe { &*inode })
}

/// No links any more. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_clear_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::clear_nlink(unsafe { &*inode })
}
