// SPDX-License-Identifier: GPL-2.0-or-later
//! Exports of group.c.
//!
//! A NULL group, or an error pointer in its place, is reported with the function's name and otherwise ignored.

use super::checked::{self, entry};
use super::versions::versioned;
use crate::abi::{file, fsnotify_group, fsnotify_ops};
use crate::host::process::log::warn;
use crate::notify::group;
use core::ffi::c_int;
use core::ptr::NonNull;
use libc::{EINVAL, EIO, ENOMEM};

versioned!(
    fsnotify_alloc_group,
    fsnotify_get_group,
    fsnotify_put_group,
    fsnotify_group_stop_queueing,
    fsnotify_destroy_group,
    fsnotify_fasync,
);

/// An errno as a pointer (`ERR_PTR()`).
fn err_ptr<T>(errno: c_int) -> *mut T {
    core::ptr::without_provenance_mut((-errno) as isize as usize)
}

/// Creates a group (`fsnotify_alloc_group()`).
///
/// The caller owns the one reference and gives it back with `fsnotify_destroy_group()`, or with `fsnotify_put_group()` if
/// the group never had marks or events. `ops` must outlive the group and is not copied. `flags` are
/// `FSNOTIFY_GROUP_*`; with `FSNOTIFY_GROUP_USER` the group's memory is charged. `priority`, `max_events`,
/// `overflow_event`, `memcg` and the private part are the caller's to set before the group is used. No locks are
/// held or taken; may sleep.
///
/// Returns the group, `ERR_PTR(-ENOMEM)`, or `ERR_PTR(-EINVAL)` if `ops` is NULL (with a warning).
///
/// # Safety
///
/// `ops` is NULL or points to a table that outlives the group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_alloc_group(ops: *const fsnotify_ops, flags: c_int) -> *mut fsnotify_group {
    let Some(ops) = NonNull::new(ops.cast_mut()) else {
        warn("fsnotify_alloc_group", "ops is NULL");
        return err_ptr(EINVAL);
    };
    group::alloc(ops, flags).map_or(err_ptr(ENOMEM), NonNull::as_ptr)
}

/// Takes a reference on a group (`fsnotify_get_group()`).
///
/// The caller has a reference already, or a lock that keeps the group. A group whose last reference has gone stays gone:
/// the call warns and takes nothing. Any context; takes no locks.
///
/// # Safety
///
/// `group` is NULL or a group that is not freed yet.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_get_group(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    if let Some(group) = unsafe { checked::referenced_group(group, "fsnotify_get_group") } {
        group::get(group);
    }
}

/// Drops a reference on a group; the last one frees it (`fsnotify_put_group()`).
///
/// At the last put `free_group_priv` is called once, on a group that is still whole, without locks; then the reference on
/// `group->memcg` is dropped and the memory freed. A put too many on a group that is on its way out warns and does nothing;
/// one that takes the creator's reference while marks keep the group is found by `fsnotify_destroy_group()`.
///
/// # Safety
///
/// `group` is NULL or a group that is not freed yet, and the caller gives up a reference.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_put_group(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    if let Some(group) = unsafe { checked::referenced_group(group, "fsnotify_put_group") } {
        // SAFETY: the caller gives up its reference.
        unsafe { group::put(NonNull::from(group)) }
    }
}

/// Lets the group take no more events (`fsnotify_group_stop_queueing()`).
///
/// An insertion that begins after the return is answered with 2. Takes `notification_lock`; must not be held.
///
/// # Safety
///
/// `group` is NULL or a group that the caller keeps.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_group_stop_queueing(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    if let Some(group) = unsafe { checked::group(group, "fsnotify_group_stop_queueing") } {
        group::stop_queueing(group);
    }
}

/// Ends a group: no more events, marks gone, queue empty, one reference dropped (`fsnotify_destroy_group()`).
///
/// In this order: stops queueing; destroys all marks; waits until no mark of the group is pinned by a user wait; waits until
/// each mark whose last reference has been put has had its grace period and its `free_mark`, and until handlers inside the
/// read side are done; frees what is queued through `free_event`; frees the overflow event the same way; drops the caller's
/// reference. Marks that somebody still references are not waited for: they keep the group. Does not wait for
/// other groups' marks. Sleeps; no lock may be held, and it must not be called from a handler or from `free_mark`.
///
/// A second call on a group that lives on warns and drops nothing. If the caller's reference was put already while marks kept
/// the group, that is found here with a warning, and the group ends as usual.
///
/// # Safety
///
/// `group` is NULL or a group that the caller has a reference on and gives up.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_destroy_group(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { checked::referenced_group(group, "fsnotify_destroy_group") }) else { return };
    // SAFETY: the caller holds no lock and gives up its reference.
    if !unsafe { group::destroy(&mut entry(), NonNull::from(group)) } {
        warn("fsnotify_destroy_group", "the group was destroyed before");
    }
}

/// Adds a group's file to, or removes it from, those that get SIGIO when the group has an event (`fsnotify_fasync()`): the
/// `fasync` of a backend's file operations.
///
/// `fd` is the descriptor named in the signal; `file->private_data` is the group; `on` non-zero adds. The file must be
/// removed (`on` 0) before it is released. Returns 0 or `-EIO`. Takes `file->f_lock`; may sleep.
///
/// # Safety
///
/// `file` is NULL or a live file whose `private_data` is a live group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_fasync(fd: c_int, file: *mut file, on: c_int) -> c_int {
    // SAFETY: as required of the caller.
    let Some(file) = (unsafe { checked::object(file, "fsnotify_fasync", "the file is NULL") }) else { return -EIO };
    // SAFETY: backends set the field before the file can be used.
    let group = unsafe { *file.private_data.get() };
    // SAFETY: as required of the caller.
    match unsafe { checked::group(group.cast(), "fsnotify_fasync") } {
        Some(group) => group::fasync(fd, file, group, on),
        None => -EIO,
    }
}
