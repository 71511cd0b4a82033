// SPDX-License-Identifier: GPL-2.0-or-later
//! Exports of fsnotify.c. The inlines of `<linux/fsnotify.h>` call them.

use super::checked::{self, entry};
use super::versions::versioned;
use crate::abi::{dentry, file, inode, qstr, super_block, vfsmount};
use crate::host::process::fields::{real_mount, Data};
use crate::host::process::log::warn;
use crate::host::process::slab::kfree;
use crate::host::process::stats::{self, Counter};
use crate::notify::fsnotify::{self as dispatch, Event};
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::Ordering::AcqRel;

versioned!(
    fsnotify,
    __fsnotify_parent,
    __fsnotify_inode_delete,
    __fsnotify_vfsmount_delete,
    fsnotify_sb_delete,
    fsnotify_sb_free,
    file_set_fsnotify_mode,
);

/// Tells everybody who is interested in an event (`fsnotify()`).
///
/// `mask` is one `FS_*` event with flags. `data` is what `data_type` (`enum fsnotify_data_type`) says: the object that it happened
/// on. `dir` is the directory that `file_name` is in, or NULL; `inode` is the inode that it is reported to, NULL for an
/// event of a directory entry, which is reported to `dir`. With `FS_EVENT_ON_CHILD` it is reported to `dir` as the parent
/// too. `cookie` joins the halves of a rename. All objects are the caller's for the time of the call.
///
/// Groups are called by descending priority, then descending address, each once, inside the read side of
/// `fsnotify_mark_srcu`, without locks. Returns 0, or for a permission event the first non-zero answer, which ends the walk.
///
/// # Safety
///
/// Each pointer is NULL or a live object of its type, `data` of the type that `data_type` says.
#[no_mangle]
pub unsafe extern "C" fn fsnotify(
    mask: u32,
    data: *const c_void,
    data_type: c_int,
    dir: *mut inode,
    file_name: *const qstr,
    inode: *mut inode,
    cookie: u32,
) -> c_int {
    let data = Data { ptr: data, kind: data_type };
    // SAFETY: as required of the caller.
    let dir = unsafe { dir.as_ref() };
    // SAFETY: as required of the caller.
    let inode = unsafe { inode.as_ref() };
    dispatch::fsnotify(Event { mask, data, dir, name: file_name, cookie }, inode)
}

/// Tells a dentry's parent, if it watches or if its parent and name are asked for, and the object itself
/// (`__fsnotify_parent()`). `data` and `data_type` as for `fsnotify()`, and stand for the same inode as `dentry`.
/// Returns what `fsnotify()` returns. A NULL or negative dentry warns and tells nobody.
///
/// # Safety
///
/// `dentry` is NULL or kept by the caller; `data` is of the type that `data_type` says.
#[no_mangle]
pub unsafe extern "C" fn __fsnotify_parent(
    dentry: *mut dentry,
    mask: u32,
    data: *const c_void,
    data_type: c_int,
) -> c_int {
    // SAFETY: as required of the caller.
    match unsafe { checked::object(dentry, "__fsnotify_parent", "the dentry is NULL") } {
        Some(dentry) => dispatch::parent(dentry, mask, Data { ptr: data, kind: data_type }),
        None => 0,
    }
}

/// Removes the marks of an inode that goes away (`__fsnotify_inode_delete()`). The inode reference that they hold is dropped within
/// the call, even if one of them is still referenced. No lock may be held; NULL warns.
///
/// # Safety
///
/// `inode` is NULL or kept by the caller.
#[no_mangle]
pub unsafe extern "C" fn __fsnotify_inode_delete(inode: *mut inode) {
    // SAFETY: as required of the caller.
    if let Some(inode) = unsafe { checked::object(inode, "__fsnotify_inode_delete", "the inode is NULL") } {
        dispatch::inode_delete(&mut entry(), inode);
    }
}

/// Removes the marks of a mount that goes away (`__fsnotify_vfsmount_delete()`). `mnt` lies in a `struct mount`. No lock may be
/// held; NULL warns.
///
/// # Safety
///
/// `mnt` is NULL or the `mnt` of a `struct mount` that the caller keeps.
#[no_mangle]
pub unsafe extern "C" fn __fsnotify_vfsmount_delete(mnt: *mut vfsmount) {
    // SAFETY: as required of the caller.
    if let Some(mnt) = unsafe { checked::object(mnt, "__fsnotify_vfsmount_delete", "the mount is NULL") } {
        dispatch::mount_delete(&mut entry(), real_mount(mnt));
    }
}

/// Removes all marks from a superblock that is unmounted (`fsnotify_sb_delete()`): each watched inode gets FS_UNMOUNT and loses its
/// marks, then the superblock's own go, then it waits until no connector references an object of it. Sleeps; no lock
/// may be held; NULL warns.
///
/// # Safety
///
/// `sb` is NULL or kept by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_sb_delete(sb: *mut super_block) {
    // SAFETY: as required of the caller.
    if let Some(sb) = unsafe { checked::object(sb, "fsnotify_sb_delete", "the superblock is NULL") } {
        dispatch::sb_delete(&mut entry(), sb);
    }
}

/// Frees what the library has attached to a superblock (`fsnotify_sb_free()`), after `fsnotify_sb_delete()`. NULL warns.
///
/// # Safety
///
/// `sb` is NULL or kept by the caller, has no marks and gets none any more.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_sb_free(sb: *mut super_block) {
    // SAFETY: as required of the caller.
    let Some(sb) = (unsafe { checked::object(sb, "fsnotify_sb_free", "the superblock is NULL") }) else { return };
    let info = sb.s_fsnotify_info.swap(ptr::null_mut(), AcqRel);
    if !info.is_null() {
        stats::add(Counter::SbInfoFree, 1);
        // SAFETY: from kzalloc(), and nobody uses it any more.
        unsafe { kfree(info.cast()) };
    }
}

/// Decides when a file is opened which events it will generate (`file_set_fsnotify_mode()`): without listeners for permission
/// events on its superblock its `FMODE_NONOTIFY_PERM` is set, and so on. A later listener does not see files opened before. NULL
/// warns.
///
/// # Safety
///
/// `file` is NULL or the caller's, with `f_path` set.
#[no_mangle]
pub unsafe extern "C" fn file_set_fsnotify_mode(file: *mut file) {
    // SAFETY: as required of the caller.
    match unsafe { file.as_ref() } {
        Some(file) => dispatch::file_set_mode(file),
        None => warn("file_set_fsnotify_mode", "the file is NULL"),
    }
}
