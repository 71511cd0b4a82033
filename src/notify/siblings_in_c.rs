// SPDX-License-Identifier: GPL-2.0-or-later
//! What `group.rs` asks of the other files, where it replaces `group.c` alone: `mark.c` and `notification.c` are those of
//! whoever links it. A group is the struct that they see and nothing more.

use super::lock_order::{Held, Nothing};
use crate::abi::*;
use core::ffi::c_uint;
use core::ptr::NonNull;

/// `FSNOTIFY_OBJ_TYPE_ANY`.
const ANY: c_uint = c_uint::MAX;

extern "C" {
    fn fsnotify_clear_marks_by_group(group: *mut fsnotify_group, obj_type: c_uint);
    fn fsnotify_wait_marks_destroyed();
    fn fsnotify_flush_notify(group: *mut fsnotify_group);
}

/// Zeroed memory for a group, charged to the current memory group if `charged`.
pub(crate) fn alloc(charged: bool) -> Option<NonNull<fsnotify_group>> {
    fsnotify_group::alloc(charged)
}

/// Frees the memory.
///
/// # Safety
///
/// `group` came from [`alloc`] and nobody can reach it.
pub(crate) unsafe fn free(group: NonNull<fsnotify_group>) {
    // SAFETY: as required of the caller.
    unsafe { fsnotify_group::free(group) };
}

/// Nothing is kept about a group.
pub(crate) fn made(_group: &fsnotify_group) {}

/// Nothing is kept about a group.
pub(crate) fn ends(_group: &fsnotify_group) {}

/// A second destruction is not noticed, as in the original.
pub(crate) fn destruction_begins(_group: &fsnotify_group) -> bool {
    true
}

/// Nothing is kept about a group.
pub(crate) fn destruction_ends(_group: &fsnotify_group) {}

/// Whoever puts the last reference frees.
pub(crate) fn destroyer_frees(_group: &fsnotify_group) -> bool {
    false
}

/// `fsnotify_clear_marks_by_group()`, which takes the group's mutex.
pub(crate) fn clear_marks(_held: &mut Held<'_, Nothing>, group: &fsnotify_group) {
    // SAFETY: the caller has a reference on the group and holds no lock.
    unsafe { fsnotify_clear_marks_by_group(group.as_ptr(), ANY) };
}

/// `fsnotify_wait_marks_destroyed()`: everybody's marks.
pub(crate) fn wait_for_marks(_group: &fsnotify_group) {
    // SAFETY: the caller holds no lock.
    unsafe { fsnotify_wait_marks_destroyed() };
}

/// `fsnotify_flush_notify()`, which takes the queue's lock.
pub(crate) fn flush(group: &fsnotify_group) {
    // SAFETY: the caller has a reference on the group and holds no lock.
    unsafe { fsnotify_flush_notify(group.as_ptr()) };
}

/// Frees the overflow event through the group's `free_event`.
pub(crate) fn free_overflow(group: &fsnotify_group, overflow: NonNull<fsnotify_event>) {
    // SAFETY: nobody uses the event any more, and no lock is held.
    unsafe { group.free_event(overflow, "fsnotify_destroy_group") };
}
