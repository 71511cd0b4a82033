// SPDX-License-Identifier: GPL-2.0-or-later
//! What `group.rs` asks of the other files, where they are the library's own: besides what `group.c` calls, a group's
//! state beside the struct that C sees, which finds misuse and lets a group wait for its own marks only.

use super::lock_order::{Held, Nothing};
use super::{group_state, mark, notification, reaper};
use crate::abi::*;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

pub(crate) use super::group_state::{alloc, free, register as made, unregister as ends};

/// Marks the group as destroyed; false if it was already.
pub(crate) fn first_destruction(group: &fsnotify_group) -> bool {
    !group_state::of(group).destroyed.swap(true, AcqRel)
}

/// From here on the last reference is the destroyer's to put, or to miss.
pub(crate) fn destruction_begins(group: &fsnotify_group) {
    group_state::of(group).destroying.store(true, Relaxed);
}

/// The destroyer is about to put its reference.
pub(crate) fn destruction_ends(group: &fsnotify_group) {
    group_state::of(group).destroying.store(false, Release);
}

/// Is the group its destroyer's to free when no reference is left?
pub(crate) fn destroyer_frees(group: &fsnotify_group) -> bool {
    group_state::of(group).destroying.load(Acquire)
}

/// `fsnotify_clear_marks_by_group()`.
pub(crate) fn clear_marks(held: &mut Held<'_, Nothing>, group: &fsnotify_group) {
    mark::clear_by_group(held, group, None);
}

/// In place of `fsnotify_wait_marks_destroyed()`: the group's own marks whose last reference has gone, and handlers.
pub(crate) fn wait_for_marks(group: &fsnotify_group) {
    reaper::reap_group(group);
}

/// `fsnotify_flush_notify()`.
pub(crate) fn flush(group: &fsnotify_group) {
    notification::flush(group);
}

/// Frees the overflow event. Its address may be another event's from then on.
pub(crate) fn free_overflow(group: &fsnotify_group, overflow: NonNull<fsnotify_event>) {
    group_state::of(group).overflow_freed.store(true, Relaxed);
    notification::free_event(group, overflow);
}
