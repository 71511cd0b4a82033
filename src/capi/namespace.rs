// SPDX-License-Identifier: GPL-2.0-or-later
//! The tree of mounts for C; the rules at the head of `vfs.rs` hold here too. None of these may be called with a lock held.

use super::vfs::err_ptr;
use crate::abi::*;
use crate::vfs::namespace;
use crate::vfs::place::Place;
use core::ffi::{c_int, c_void};

/// Flag of `fsn_umount()`, the system's `MNT_DETACH`: out of the tree at once, however much it is in use.
pub const FSN_MNT_DETACH: c_int = 2;

fn errno(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}

unsafe fn place(path: *const path) -> Result<Place, c_int> {
    // SAFETY: the caller's promise.
    let path = unsafe { path.as_ref() }.ok_or(-libc::EINVAL)?;
    // SAFETY: the caller's references.
    unsafe { Place::of(path) }.ok_or(-libc::EINVAL)
}

/// Mounts on a place, over what is mounted there already; NULL: as the root of the process's mounts (`fsn_set_fs_root()` is
/// the caller's to call). The tree takes a reference on the mount. `-EINVAL` if it is mounted somewhere, or the place is not
/// in the process's mounts; `-ENOTDIR` if only one of the two is a directory; `-EBUSY` if the same is mounted there, or there
/// is a root; `-ENOENT` if the place has been removed. The end of the kernel's `mount()`.
///
/// # Safety
///
/// The caller has references on both.
#[no_mangle]
pub unsafe extern "C" fn fsn_attach_mount(mnt: *mut vfsmount, path: *const path) -> c_int {
    if path.is_null() {
        // SAFETY: the caller's reference.
        return errno(unsafe { namespace::attach_root(mnt) });
    }
    // SAFETY: the caller's promise.
    errno(unsafe { place(path) }.and_then(|place| {
        // SAFETY: the caller's reference.
        unsafe { namespace::attach(mnt, place) }
    }))
}

/// Takes a mount out of the tree, and whatever is mounted below it, and puts the tree's references; the last use of a
/// filesystem shuts it down. `flags`: 0 or `FSN_MNT_DETACH`. `-EINVAL` if it is mounted nowhere; without the flag `-EBUSY` if
/// something is mounted below it or somebody besides the caller has a reference. The middle of the kernel's `umount()`.
///
/// # Safety
///
/// The caller has one reference on the mount, which stays the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsn_umount(mnt: *mut vfsmount, flags: c_int) -> c_int {
    // SAFETY: the caller's reference.
    errno(unsafe { namespace::umount(mnt, flags & FSN_MNT_DETACH != 0) })
}

/// What is mounted on exactly this place, with a reference; NULL if nothing is.
///
/// # Safety
///
/// The caller has references on both halves.
#[no_mangle]
pub unsafe extern "C" fn fsn_lookup_mnt(path: *const path) -> *mut vfsmount {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's reference.
    namespace::lookup_mnt(path.mnt, unsafe { &*path.dentry })
}

/// Is something of the process's mounts mounted on the dentry? It cannot be removed or renamed then (`-EBUSY`).
///
/// # Safety
///
/// The caller has a reference on the dentry.
#[no_mangle]
pub unsafe extern "C" fn fsn_is_local_mountpoint(dentry: *mut dentry) -> bool {
    // SAFETY: the caller's reference.
    namespace::is_local_mountpoint(unsafe { &*dentry })
}

/// A private copy of the mounts at and below a place: its first mount, for `fsn_iterate_mounts()`; or an error pointer
/// (`-EINVAL`, `-ENOMEM`). Ends with `fsn_drop_collected_mounts()`.
///
/// # Safety
///
/// The caller has references on both halves.
#[no_mangle]
pub unsafe extern "C" fn fsn_collect_mounts(path: *const path) -> *mut vfsmount {
    // SAFETY: the caller's promise.
    match unsafe { place(path) }.and_then(|place| namespace::collect_mounts(&place)) {
        Ok(mnt) => mnt,
        Err(errno) => err_ptr(errno),
    }
}

/// Ends a copy of `fsn_collect_mounts()`.
///
/// # Safety
///
/// It came from there, and nobody uses it any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_drop_collected_mounts(mnt: *mut vfsmount) {
    // SAFETY: the caller's promise.
    unsafe { namespace::drop_collected_mounts(mnt) }
}

/// Calls `f` with each mount of a copy, the first one first, until it returns something else than 0; what it returned last.
///
/// # Safety
///
/// `root` came from `fsn_collect_mounts()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_iterate_mounts(
    f: Option<unsafe extern "C" fn(mnt: *mut vfsmount, arg: *mut c_void) -> c_int>,
    arg: *mut c_void,
    root: *mut vfsmount,
) -> c_int {
    let Some(f) = f else { return 0 };
    let call = |mnt| {
        // SAFETY: the callback is the caller's; the mounts stay while the copy does.
        unsafe { f(mnt, arg) }
    };
    // SAFETY: the caller's promise.
    unsafe { namespace::iterate_mounts(root, call) }
}

/// Is the first place at or below the second, through whatever is mounted?
///
/// # Safety
///
/// The caller has references on both.
#[no_mangle]
pub unsafe extern "C" fn fsn_path_is_under(path1: *const path, path2: *const path) -> bool {
    // SAFETY: the caller's promise.
    let (below, above) = (unsafe { place(path1) }, unsafe { place(path2) });
    matches!((below, above), (Ok(below), Ok(above)) if namespace::path_is_under(&below, &above))
}
