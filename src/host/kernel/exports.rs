// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of `group.c` for the rest of a kernel, which trusts its own pointers as the original does. What each does,
//! who owns which reference and what may be held: `capi/group.rs`. `EXPORT_SYMBOL_GPL` stands in the shim, beside the
//! kernel's prototypes.

use super::abi::{file, fsnotify_group, fsnotify_ops};
use super::ENOMEM;
use crate::notify::group;
use crate::notify::lock_order::Held;
use core::ffi::c_int;
use core::ptr::{without_provenance_mut, NonNull};

extern "C" {
    fn fsn_k_file_group(file: *const file) -> *mut fsnotify_group;
}

/// A live group behind the kernel's pointer.
///
/// # Safety
///
/// `group` is a group that stays for `'a`.
unsafe fn live<'a>(group: *mut fsnotify_group) -> &'a fsnotify_group {
    // SAFETY: as required of the caller.
    unsafe { &*group }
}

/// `fsnotify_alloc_group()`: the group, or `ERR_PTR(-ENOMEM)`. May sleep.
///
/// # Safety
///
/// `ops` points to a table that outlives the group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_alloc_group(ops: *const fsnotify_ops, flags: c_int) -> *mut fsnotify_group {
    // SAFETY: a table is not at NULL.
    let ops = unsafe { NonNull::new_unchecked(ops.cast_mut()) };
    match group::alloc(ops, flags) {
        Some(group) => group.as_ptr(),
        None => without_provenance_mut(-ENOMEM as isize as usize),
    }
}

/// `fsnotify_get_group()`.
///
/// # Safety
///
/// The caller has a reference, or a lock that keeps the group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_get_group(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    group::get(unsafe { live(group) });
}

/// `fsnotify_put_group()`.
///
/// # Safety
///
/// The caller gives up a reference.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_put_group(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller; a group is not at NULL.
    let group = unsafe { NonNull::new_unchecked(group) };
    // SAFETY: as required of the caller.
    unsafe { group::put(group) };
}

/// `fsnotify_group_stop_queueing()`.
///
/// # Safety
///
/// The caller keeps the group and does not hold `notification_lock`.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_group_stop_queueing(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    group::stop_queueing(unsafe { live(group) });
}

/// `fsnotify_destroy_group()`. Sleeps.
///
/// # Safety
///
/// The caller gives up a reference and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_destroy_group(group: *mut fsnotify_group) {
    // SAFETY: a group is not at NULL.
    let group = unsafe { NonNull::new_unchecked(group) };
    // SAFETY: the caller holds no lock.
    let mut held = unsafe { Held::assume() };
    // SAFETY: as required of the caller.
    unsafe { group::destroy(&mut held, group) };
}

/// `fsnotify_fasync()`: 0 or `-EIO`.
///
/// # Safety
///
/// `file` is an open file whose `private_data` is a group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_fasync(fd: c_int, file: *mut file, on: c_int) -> c_int {
    // SAFETY: as required of the caller.
    let group = unsafe { fsn_k_file_group(file) };
    // SAFETY: the file keeps its group.
    let group = unsafe { live(group) };
    // SAFETY: as required of the caller.
    group::fasync(fd, unsafe { &*file }, group, on)
}
