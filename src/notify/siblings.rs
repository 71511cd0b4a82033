// SPDX-License-Identifier: GPL-2.0-or-later
//! What `group.rs` asks of the other files, where they are the library's own: besides what `group.c` calls, a group's
//! state beside the struct that C sees, which finds misuse and lets a group wait for its own marks only.

use super::lock_order::{Held, Nothing};
use super::{group_state, mark, notification, reaper};
use crate::abi::*;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

pub(crate) use super::group_state::{alloc, free, register as made, unregister as ends};

/// From here on the last reference is the destroyer's to put, or to miss. False if the group was destroyed before; the queue's
/// lock is held.
pub(crate) fn destruction_begins(group: &fsnotify_group) -> bool {
    let state = group_state::of(group);
    if state.destroyed.load(Relaxed) {
        return false;
    }
    state.destroyed.store(true, Relaxed);
    state.destroying.store(true, Relaxed);
    true
}

/// The destroyer is about to put its reference.
pub(crate) fn destruction_ends(group: &fsnotify_group) {
    group_state::of(group).destroying.store(false, Release);
}

/// Is the group its destroyer's to free when no reference is left?
pub(crate) fn destroyer_frees(group: &fsnotify_group) -> bool {
    group_state::of(group).destroying.load(Acquire)
}

/// `fsnotify_clear_marks_by_group()`, as far as there is anything to clear.
///
/// A free mutex is looked at before the list, so an empty list is what the clearing would have found had it had the mutex at
/// the time of that look: whoever has it at that time or had it before is seen, by the mutex or by the list, and whoever takes
/// it later comes after the clearing, which does not hinder him in the original either.
pub(crate) fn clear_marks(held: &mut Held<'_, Nothing>, group: &fsnotify_group) {
    if group.marks_are_free() && group.marks_list.is_empty() {
        return;
    }
    mark::clear_by_group(held, group, None);
}

/// In place of `fsnotify_wait_marks_destroyed()`: the group's own marks whose last reference has gone, and handlers.
pub(crate) fn wait_for_marks(group: &fsnotify_group) {
    reaper::reap_group(group);
}

/// `fsnotify_flush_notify()`, as far as there is anything to flush: `shutdown` is set, so an empty queue stays empty, and what was
/// queued before that was queued under the lock that the destroyer has had since. Whoever has the lock is waited for.
pub(crate) fn flush(group: &fsnotify_group) {
    if group.notification_is_free() && group.notification_list.is_empty() {
        return;
    }
    notification::flush(group);
}

/// Frees the overflow event. Its address may be another event's from then on.
pub(crate) fn free_overflow(group: &fsnotify_group, overflow: NonNull<fsnotify_event>) {
    group_state::of(group).overflow_freed.store(true, Relaxed);
    notification::free_event(group, overflow);
}
