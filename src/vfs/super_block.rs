// SPDX-License-Identifier: GPL-2.0-or-later
//! Superblocks: making them, and their end (`fs/super.c`).
//!
//! `s_active` counts what keeps a superblock mounted: the creator's reference and one for each mount. When it falls to
//! zero the superblock is shut down; `s_count` (the active references together hold one of it) decides when it is freed.

use super::dentry_tree::shrink_dcache_for_umount;
use super::held::hold;
use super::hooks;
use super::inode::{dec_unless_last, evict_inodes};
use super::inode_alloc::alloc_own;
use super::links::{container_of, list_empty, list_init};
use super::origin::Origin;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::slab;
use core::ffi::{c_char, CStr};
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Relaxed};

/// Protects `s_count` of every superblock.
pub(super) static SB_LOCK: spinlock = spinlock::new();

impl super_block {
    pub(super) fn as_ptr(&self) -> *mut super_block {
        ptr::from_ref(self).cast_mut()
    }

    /// The callbacks, if there are any.
    pub(super) fn ops(&self) -> Option<&super_operations> {
        // SAFETY: set before the superblock is used.
        let ops = unsafe { *self.s_op.get() };
        // SAFETY: the table outlives the superblock.
        unsafe { ops.as_ref() }
    }

    fn fs_type(&self) -> Option<&file_system_type> {
        // SAFETY: set before the superblock is used.
        let fs_type = unsafe { *self.s_type.get() };
        // SAFETY: the type outlives its superblocks.
        unsafe { fs_type.as_ref() }
    }

    /// The inodes on the list.
    ///
    /// # Safety
    ///
    /// `s_inode_list_lock` is held for as long as the iterator is used.
    pub(super) unsafe fn inodes(&self) -> Inodes<'_> {
        Inodes { next: self.s_inodes.next.load(Relaxed), head: &self.s_inodes }
    }
}

/// Iterator over `s_inodes`.
pub(super) struct Inodes<'a> {
    next: *mut list_head,
    head: &'a list_head,
}

impl<'a> Iterator for Inodes<'a> {
    type Item = &'a inode;
    fn next(&mut self) -> Option<&'a inode> {
        if self.next.is_null() || ptr::eq(self.next, self.head) {
            return None;
        }
        let inode = container_of!(self.next, inode, i_sb_list);
        // SAFETY: the list's lock is held, so what is on it stays.
        let inode = unsafe { &*inode };
        self.next = inode.i_sb_list.next.load(Relaxed);
        Some(inode)
    }
}

/// Initialises memory of any content as a mounted superblock: one active reference, no root, no inodes. `flags` are added to
/// `SB_BORN` and `SB_ACTIVE`.
///
/// # Safety
///
/// `sb` points to memory of that size that nobody else uses; `fs_type` (with its name) and `s_op` are NULL or outlive it.
pub unsafe fn init_super(
    sb: *mut super_block,
    fs_type: *mut file_system_type,
    s_op: *const super_operations,
    flags: usize,
) {
    // SAFETY: the memory is the caller's, and zero is valid for every field.
    unsafe { ptr::write_bytes(sb, 0, 1) };
    // SAFETY: zeroed just now.
    set_up(unsafe { &*sb }, fs_type, s_op, flags);
}

fn set_up(sb: &super_block, fs_type: *mut file_system_type, s_op: *const super_operations, flags: usize) {
    for list in [&sb.s_list, &sb.s_mounts, &sb.s_inodes] {
        list_init(list);
    }
    // SAFETY: nobody else uses the superblock yet.
    unsafe { *sb.s_type.get() = fs_type };
    // SAFETY: as above.
    unsafe { *sb.s_op.get() = s_op };
    // SAFETY: as above.
    unsafe { *sb.s_maxbytes.get() = i64::from(i32::MAX) };
    // SAFETY: as above.
    unsafe { *sb.s_time_gran.get() = 1_000_000_000 };
    sb.s_flags.store(flags | SB_BORN | SB_ACTIVE, Relaxed);
    sb.s_count.store(1, Relaxed);
    sb.s_active.counter.store(1, Relaxed);
    let name = sb.fs_type().map_or(ptr::null(), |t| t.name);
    if !name.is_null() {
        // SAFETY: a type's name is a string that outlives it.
        set_id(sb, unsafe { CStr::from_ptr(name) });
    }
}

fn set_id(sb: &super_block, name: &CStr) {
    // SAFETY: nobody else uses the superblock yet.
    let id = unsafe { &mut *sb.s_id.get() };
    let room = id.len() - 1;
    for (to, from) in id[..room].iter_mut().zip(name.to_bytes()) {
        *to = *from as c_char;
    }
}

/// Allocates a superblock, as [`init_super`]; NULL if there is no memory.
///
/// # Safety
///
/// As [`init_super`].
pub unsafe fn alloc_super(
    fs_type: *mut file_system_type,
    s_op: *const super_operations,
    flags: usize,
) -> *mut super_block {
    let new = alloc_own::<super_block>();
    // SAFETY: NULL or new.
    if let Some(sb) = unsafe { new.as_ref() } {
        set_up(sb, fs_type, s_op, flags);
    }
    new
}

/// Shuts a superblock down: its dentries, then its inodes without references go; `FS_UNMOUNT` for the watched ones, and
/// their marks and references go; `put_super`. Inodes that are still referenced are warned of.
///
/// Ends the caller's hold on `s_umount`; where nobody holds it, it is taken.
///
/// # Safety
///
/// The superblock is alive; nobody makes, links or moves anything on it any more.
pub unsafe fn generic_shutdown_super(sb: *mut super_block) {
    // SAFETY: alive by the contract.
    let sb = unsafe { &*sb };
    if !sb.s_umount.is_locked() {
        sb.s_umount.down_write();
    }
    shrink_dcache_for_umount(sb);
    sb.s_flags.fetch_and(!SB_ACTIVE, Relaxed);
    evict_inodes(sb);
    hooks::sb_delete(sb);
    if let Some(put_super) = sb.ops().and_then(|ops| ops.put_super) {
        // SAFETY: alive, and locked as the callback's contract has it.
        unsafe { put_super(sb.as_ptr()) };
    }
    count_orphans(sb);
    sb.s_flags.fetch_or(SB_DYING, Relaxed);
    // SAFETY: the caller's hold is this function's to end, or it was taken above.
    unsafe { sb.s_umount.up_write() };
}

/// Inodes that somebody still references keep the superblock's memory.
fn count_orphans(sb: &super_block) {
    let _lock = hold(&sb.s_inode_list_lock);
    // SAFETY: the list's lock is held until the count is made.
    let n = unsafe { sb.inodes() }.count();
    if n != 0 {
        warn("generic_shutdown_super", "inodes are still referenced");
        // One more for the superblock's own last reference, put in `put_super()`.
        sb.fsn_orphaned.store(u32::try_from(n).unwrap_or(u32::MAX - 1) + 1, Relaxed);
    }
}

/// One of those that an orphaned superblock waits for has gone.
///
/// # Safety
///
/// The caller was counted, and says so once.
pub(super) unsafe fn orphan_gone(sb: *mut super_block) {
    // SAFETY: the superblock stays until the last of those it waits for has said so.
    let sb = unsafe { &*sb };
    let lock = hold(&sb.s_inode_list_lock);
    let left = sb.fsn_orphaned.load(Relaxed) - 1;
    sb.fsn_orphaned.store(left, Relaxed);
    drop(lock);
    if left == 0 {
        free_super(sb);
    }
}

fn free_super(sb: &super_block) {
    hooks::sb_free(sb);
    if sb.is_own() {
        // SAFETY: it came from `kzalloc()`, and nobody uses it any more.
        unsafe { slab::kfree(sb.as_ptr().cast()) };
    }
}

/// Puts an active reference. The last one shuts the superblock down through `kill_sb` of its type (without one, through
/// [`generic_shutdown_super`]) and puts the reference that they held together.
///
/// # Safety
///
/// The caller has an active reference, or the superblock was made without any count and nobody else puts it; no lock is
/// held.
pub unsafe fn deactivate_super(sb: *mut super_block) {
    // SAFETY: alive by the contract.
    if dec_unless_last(&unsafe { &*sb }.s_active.counter) {
        return;
    }
    // SAFETY: as above.
    unsafe { &*sb }.s_umount.down_write();
    // SAFETY: the contract is the same, and the lock is held.
    unsafe { deactivate_locked_super(sb) };
}

/// As [`deactivate_super`], with `s_umount` held for writing, which it gives back.
///
/// # Safety
///
/// As [`deactivate_super`]; the caller holds `s_umount` for writing.
pub unsafe fn deactivate_locked_super(sb_ptr: *mut super_block) {
    // SAFETY: alive by the contract.
    let sb = unsafe { &*sb_ptr };
    if sb.s_active.counter.fetch_sub(1, AcqRel) > 1 {
        // SAFETY: held by the contract.
        unsafe { sb.s_umount.up_write() };
        return;
    }
    sb.s_active.counter.store(0, Relaxed);
    if sb.s_flags.load(Relaxed) & SB_DYING != 0 {
        // The program has called generic_shutdown_super() itself.
        // SAFETY: held by the contract.
        unsafe { sb.s_umount.up_write() };
    } else {
        shut_down(sb);
    }
    // SAFETY: the active references' own.
    unsafe { put_super(sb_ptr) };
}

/// The last active reference has gone; `s_umount` is held, and is not afterwards.
fn shut_down(sb: &super_block) {
    match sb.fs_type().and_then(|t| t.kill_sb) {
        // SAFETY: alive, and `s_umount` is held as the callback's contract has it.
        Some(kill_sb) => unsafe { kill_sb(sb.as_ptr()) },
        // SAFETY: nobody has an active reference, so nobody changes the tree.
        None => unsafe { generic_shutdown_super(sb.as_ptr()) },
    }
}

/// Puts a reference of any kind. The last one frees what the core keeps for the superblock, and the superblock itself if the
/// library allocated it and none of its inodes is left.
///
/// # Safety
///
/// The caller has such a reference; no lock is held.
pub unsafe fn put_super(sb: *mut super_block) {
    // SAFETY: alive by the contract.
    let sb = unsafe { &*sb };
    let lock = hold(&SB_LOCK);
    let left = sb.s_count.load(Relaxed) - 1;
    sb.s_count.store(left.max(0), Relaxed);
    drop(lock);
    if left > 0 {
        return;
    }
    if sb.s_flags.fetch_or(SB_DEAD, Relaxed) & SB_DEAD != 0 {
        warn("put_super", "one put too many");
        return;
    }
    if !list_empty(&sb.s_mounts) {
        warn("put_super", "the superblock still has mounts");
    }
    if sb.fsn_orphaned.load(Relaxed) == 0 {
        free_super(sb);
    } else {
        // SAFETY: the superblock's own part of the count.
        unsafe { orphan_gone(sb.as_ptr()) };
    }
}
