// SPDX-License-Identifier: GPL-2.0-or-later
//! Exports of notification.c.
//!
//! "The queue's lock" is `group->notification_lock`. A NULL group is reported with the function's name and otherwise ignored.

use super::checked;
use super::versions::versioned;
use crate::abi::{fsnotify_event, fsnotify_group};
use crate::host::process::log::warn;
use crate::notify::notification;
use core::ffi::c_int;
use core::ptr::{self, NonNull};

versioned!(
    fsnotify_get_cookie,
    fsnotify_destroy_event,
    fsnotify_insert_event,
    fsnotify_remove_queued_event,
    fsnotify_peek_first_event,
    fsnotify_remove_first_event,
    fsnotify_flush_notify,
);

/// A number that joins the two halves of a rename (`fsnotify_get_cookie()`). Never the same twice in 2^32 calls. Any
/// context, no locks.
///
/// # Safety
///
/// None; `unsafe` like every export.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_get_cookie() -> u32 {
    notification::cookie()
}

/// Gives an event that is off the queue back to the backend's `free_event` (`fsnotify_destroy_event()`).
///
/// The group's overflow event is left alone, so it may be passed; NULL is ignored. An event that is still queued is taken off
/// with a warning. The queue's lock must not be held; `free_event` is called without locks.
///
/// # Safety
///
/// `group` is NULL or kept by the caller; `event` is NULL or the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_destroy_event(group: *mut fsnotify_group, event: *mut fsnotify_event) {
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { checked::group(group, "fsnotify_destroy_event") }) else { return };
    if let Some(event) = NonNull::new(event) {
        notification::destroy_event(group, event);
    }
}

/// Queues an event for a group (`fsnotify_insert_event()`).
///
/// Returns
/// * 0: queued; the group owns the event;
/// * the non-zero value of `merge`: merged into an event on the queue; the caller keeps the event;
/// * 2: not queued, the caller keeps the event: the group is shutting down, or the queue is full. If it is full the group's
///   `overflow_event` is queued in its place, unless it is queued already. Passing the overflow event itself queues
///   it and returns 2.
///
/// `merge` (may be NULL) is called with the queue's lock held if the queue is not empty, and not for an overflow event.
/// `insert` (may be NULL) is called with the queue's lock held after an event was put on the queue, for an overflow event
/// too. Readers waiting on `notification_waitq` are woken and SIGIO is sent after the lock was dropped. `event` must have
/// been initialised with `fsnotify_init_event()` or be zero. An event that is on this queue already is left there with a
/// warning and 0; one that is on another list, with a warning and 2. A group without `overflow_event` loses what finds
/// its queue full; the loss is counted.
///
/// # Safety
///
/// `group` is NULL or kept by the caller; `event` is NULL or the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_insert_event(
    group: *mut fsnotify_group,
    event: *mut fsnotify_event,
    merge: Option<unsafe extern "C" fn(group: *mut fsnotify_group, event: *mut fsnotify_event) -> c_int>,
    insert: Option<unsafe extern "C" fn(group: *mut fsnotify_group, event: *mut fsnotify_event)>,
) -> c_int {
    // SAFETY: as required of the caller.
    match unsafe { checked::group(group, "fsnotify_insert_event") } {
        Some(group) => notification::insert_event(group, NonNull::new(event), merge, insert),
        None => notification::DROPPED,
    }
}

/// The group, if C holds its queue's lock; a warning otherwise.
///
/// # Safety
///
/// `group` is NULL or kept by the caller.
unsafe fn locked<'a>(group: *mut fsnotify_group, function: &'static str) -> Option<&'a fsnotify_group> {
    // SAFETY: as required of the caller.
    let group = unsafe { checked::group(group, function) }?;
    if !group.notification_lock.is_locked() {
        warn(function, "notification_lock is not held");
    }
    Some(group)
}

/// Takes one event off the queue (`fsnotify_remove_queued_event()`); the caller owns it from now on. The queue's lock is held.
/// An event that is on no list warns and changes nothing.
///
/// # Safety
///
/// `group` is NULL or kept by the caller, `event` is on its queue, and the queue's lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_remove_queued_event(group: *mut fsnotify_group, event: *mut fsnotify_event) {
    const NAME: &str = "fsnotify_remove_queued_event";
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { locked(group, NAME) }) else { return };
    // SAFETY: as required of the caller.
    let Some(known) = (unsafe { checked::object(event, NAME, "the event is NULL") }) else { return };
    if known.list.is_empty() {
        warn(NAME, "the event is not queued");
        return;
    }
    if let Some(event) = NonNull::new(event) {
        notification::remove_queued(group, event);
    }
}

/// The oldest event, left on the queue (`fsnotify_peek_first_event()`); NULL if the queue is empty. The queue's lock is held,
/// and the result is valid until it is dropped.
///
/// # Safety
///
/// `group` is NULL or kept by the caller, and the queue's lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_peek_first_event(group: *mut fsnotify_group) -> *mut fsnotify_event {
    // SAFETY: as required of the caller.
    let group = unsafe { locked(group, "fsnotify_peek_first_event") };
    group.and_then(notification::first).map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Takes the oldest event off the queue (`fsnotify_remove_first_event()`); NULL if the queue is empty. The caller owns the event
/// and gives it back with `fsnotify_destroy_event()`. The queue's lock is held.
///
/// # Safety
///
/// `group` is NULL or kept by the caller, and the queue's lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_remove_first_event(group: *mut fsnotify_group) -> *mut fsnotify_event {
    // SAFETY: as required of the caller.
    let group = unsafe { locked(group, "fsnotify_remove_first_event") };
    group.and_then(notification::remove_first).map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Frees everything that is queued, through `free_event` (`fsnotify_flush_notify()`). The queue's lock must not be held; it is
/// dropped around each `free_event`.
///
/// # Safety
///
/// `group` is NULL or kept by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_flush_notify(group: *mut fsnotify_group) {
    // SAFETY: as required of the caller.
    if let Some(group) = unsafe { checked::group(group, "fsnotify_flush_notify") } {
        notification::flush(group);
    }
}
