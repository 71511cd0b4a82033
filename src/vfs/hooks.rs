// SPDX-License-Identifier: GPL-2.0-or-later
//! What the objects tell the core at their ends, through its exported functions; without the feature `core`, those of
//! whoever links the host.

use crate::abi::*;
use core::ffi::c_int;
#[cfg(not(feature = "core"))]
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

// The exports; build.rs has the linker bind such calls inside the library.
#[cfg(feature = "core")]
use crate::capi::fsnotify::{
    __fsnotify_inode_delete, __fsnotify_vfsmount_delete, file_set_fsnotify_mode, fsnotify, fsnotify_sb_delete,
    fsnotify_sb_free,
};

#[cfg(not(feature = "core"))]
extern "C" {
    fn __fsnotify_inode_delete(inode: *mut inode);
    fn __fsnotify_vfsmount_delete(mnt: *mut vfsmount);
    fn fsnotify_sb_delete(sb: *mut super_block);
    fn fsnotify_sb_free(sb: *mut super_block);
    fn file_set_fsnotify_mode(file: *mut file);
    fn fsnotify(
        mask: u32,
        data: *const c_void,
        data_type: c_int,
        dir: *mut inode,
        name: *const qstr,
        inode: *mut inode,
        cookie: u32,
    ) -> c_int;
}

// group.c itself asks for none of these: who links libfsnotify_group and uses none of the library's inodes, mounts,
// superblocks and opened files need not have them.
#[cfg(all(not(feature = "core"), not(miri)))]
core::arch::global_asm!(
    ".weak __fsnotify_inode_delete",
    ".weak __fsnotify_vfsmount_delete",
    ".weak fsnotify_sb_delete",
    ".weak fsnotify_sb_free",
    ".weak file_set_fsnotify_mode",
    ".weak fsnotify",
);

const S_IFMT: u16 = 0o170_000;
const S_IFDIR: u16 = 0o040_000;

fn as_mut<T>(object: &T) -> *mut T {
    ptr::from_ref(object).cast_mut()
}

/// The inode's marks go, silently.
pub(super) fn inode_delete(inode: &inode) {
    // SAFETY: the inode is alive, and its end is the caller's.
    unsafe { __fsnotify_inode_delete(as_mut(inode)) }
}

/// The inode has no name left: `FS_DELETE_SELF`, then its marks go.
pub(super) fn inode_remove(inode: &inode) {
    if is_watched(inode) {
        let dir = if inode.i_mode.load(Relaxed) & S_IFMT == S_IFDIR { FS_ISDIR } else { 0 };
        let this = as_mut(inode);
        let data_type = fsnotify_data_type::FSNOTIFY_EVENT_INODE as c_int;
        // SAFETY: the caller still holds a reference on the inode, which is also the event's data.
        unsafe { fsnotify(FS_DELETE_SELF | dir, this.cast(), data_type, ptr::null_mut(), ptr::null(), this, 0) };
    }
    inode_delete(inode);
}

/// Does anything on the inode's superblock have a mark?
fn is_watched(inode: &inode) -> bool {
    // SAFETY: an inode's superblock outlives it.
    let Some(sb) = (unsafe { inode.i_sb.load(Relaxed).as_ref() }) else { return false };
    // SAFETY: the superblock's information is freed with the superblock.
    let info = unsafe { sb.s_fsnotify_info.load(Acquire).as_ref() };
    info.is_some_and(|info| info.watched_objects[0].counter.load(Relaxed) != 0)
}

/// The mount's marks go.
pub(super) fn vfsmount_delete(mnt: &vfsmount) {
    // SAFETY: the mount is alive, and its end is the caller's.
    unsafe { __fsnotify_vfsmount_delete(as_mut(mnt)) }
}

/// `FS_UNMOUNT` for the watched inodes of a superblock that is going, then its marks and theirs go.
pub(super) fn sb_delete(sb: &super_block) {
    // SAFETY: the superblock is alive, and its end is the caller's.
    unsafe { fsnotify_sb_delete(as_mut(sb)) }
}

/// The last of the superblock: its information is freed.
pub(super) fn sb_free(sb: &super_block) {
    // SAFETY: nobody else uses the superblock any more.
    unsafe { fsnotify_sb_free(as_mut(sb)) }
}

/// Settles which events a new file makes.
pub(super) fn set_file_mode(file: &file) {
    // SAFETY: the file is alive, and nobody else uses it yet.
    unsafe { file_set_fsnotify_mode(as_mut(file)) }
}

/// Frees what says who gets the file's signals.
pub(super) fn release_owner(file: &file) {
    // SAFETY: the file is at its end.
    unsafe { crate::capi::fasync::fsn_file_f_owner_release(as_mut(file)) }
}

/// The flag that a dentry must carry so that the marks on its parent see its events; `d_lock` is held, so a change of the
/// parent's interest after this finds the dentry in its walk over the children.
pub(super) fn update_flags(dentry: &dentry) {
    let flags = dentry.d_flags.load(Relaxed);
    let flags = if parent_watches(dentry) {
        flags | DCACHE_FSNOTIFY_PARENT_WATCHED
    } else {
        flags & !DCACHE_FSNOTIFY_PARENT_WATCHED
    };
    dentry.d_flags.store(flags, Relaxed);
}

fn parent_watches(dentry: &dentry) -> bool {
    // SAFETY: the parent cannot change while the dentry is locked, and the dentry holds a reference on it.
    let Some(parent) = (unsafe { dentry.d_parent.load(Relaxed).as_ref() }) else { return false };
    // SAFETY: a directory with children stays positive.
    let Some(dir) = (unsafe { parent.d_inode.load(Relaxed).as_ref() }) else { return false };
    let mask = dir.i_fsnotify_mask.load(Relaxed);
    mask & FS_EVENT_ON_CHILD != 0 && mask & FS_EVENTS_POSS_ON_CHILD != 0
}
