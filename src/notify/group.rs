// SPDX-License-Identifier: GPL-2.0-or-later
//! Groups (`fs/notify/group.c`): made, referenced, destroyed.
//!
//! A group ends in two steps. [`destroy`] cuts it off: no more events, marks gone, queue empty. The last
//! [`put`] frees it: `free_group_priv` sees a group that is still whole. Marks that somebody still references keep their
//! group until they are freed themselves.
//!
//! This file may replace `group.c` alone: it reaches fields through the host's methods, and what it asks of the other
//! files of `fs/notify` goes through [`siblings`], which are the library's own or somebody else's in C.

use super::lock_order::{Held, Nothing};
use super::siblings;
use crate::abi::*;
use crate::host::*;
use core::ffi::c_int;
use core::ptr::NonNull;

/// Makes a group with one reference, the caller's. `None`: out of memory.
pub(crate) fn alloc(ops: NonNull<fsnotify_ops>, flags: c_int) -> Option<NonNull<fsnotify_group>> {
    let charged = flags & FSNOTIFY_GROUP_USER != 0;
    let group = siblings::alloc(charged)?;
    // SAFETY: zeroed memory for a group, which nobody else knows yet; zero is a valid value of every field.
    unsafe { fsnotify_group::set_ops(group, ops) };
    // SAFETY: as above; from here on it is shared.
    let new = unsafe { group.as_ref() };
    new.set_flags(flags);
    new.init_refcnt();
    new.init_user_waits();
    new.init_notification_lock();
    new.init_notification_list();
    new.init_notification_waitq();
    new.set_max_events(u32::MAX);
    new.init_mark_mutex(flags);
    new.init_marks_list();
    siblings::made(new);
    count(Counter::GroupAlloc, 1);
    trace::group_alloc(group.as_ptr());
    Some(group)
}

/// Takes a reference. The caller has one, or a lock that keeps the group.
pub(crate) fn get(group: &fsnotify_group) {
    group.take_ref();
}

/// Drops a reference; the last one frees the group.
///
/// # Safety
///
/// The caller owns the reference and does not use the group afterwards.
pub(crate) unsafe fn put(group: NonNull<fsnotify_group>) {
    // SAFETY: the caller's reference keeps the group alive up to the decrement.
    let old = unsafe { group.as_ref() };
    // While a group is being destroyed the destroyer has a reference, unless it was put once too often before: then the
    // group is the destroyer's to free.
    if old.drop_ref() && !siblings::destroyer_frees(old) {
        // SAFETY: that was the last reference.
        unsafe { free(group) }
    }
}

/// The group's end, without references.
///
/// # Safety
///
/// The count has just fallen to zero, so nobody else can reach the group.
unsafe fn free(group: NonNull<fsnotify_group>) {
    // SAFETY: still whole: only the count has changed.
    let old = unsafe { group.as_ref() };
    siblings::ends(old);
    trace::group_free(group.as_ptr());
    // SAFETY: once, at the last put, no lock held.
    unsafe { old.free_priv() };
    old.put_memcg();
    old.destroy_mark_mutex();
    count(Counter::GroupFree, 1);
    // SAFETY: allocated by `siblings::alloc()`, and nobody can reach it any more.
    unsafe { siblings::free(group) };
}

/// Takes no more events from now on: an insertion that has the queue's lock later sees it.
pub(crate) fn stop_queueing(group: &fsnotify_group) {
    stop_queueing_if(group, |_| true);
}

/// The same if `agrees`, which is asked with the queue's lock held. Returns what it says.
fn stop_queueing_if(group: &fsnotify_group, agrees: fn(&fsnotify_group) -> bool) -> bool {
    group.lock_notification();
    let agreed = agrees(group);
    if agreed {
        group.set_shutdown();
    }
    // SAFETY: taken above.
    unsafe { group.unlock_notification() };
    agreed
}

/// Cuts the group off and drops the caller's reference; false, with nothing done, if that was called for before.
///
/// # Safety
///
/// The caller owns the reference and does not use the group afterwards.
pub(crate) unsafe fn destroy(held: &mut Held<'_, Nothing>, group: NonNull<fsnotify_group>) -> bool {
    // SAFETY: the caller's reference keeps the group alive until the put at the end.
    let old = unsafe { group.as_ref() };
    if !stop_queueing_if(old, siblings::destruction_begins) {
        return false;
    }
    trace::group_destroy(group.as_ptr());
    siblings::clear_marks(held, old);
    // A pin is taken on attached marks only, under the mark's lock, and none is attached any more: the count can only
    // fall. Whoever lets it fall to zero sees `shutdown` and wakes us.
    old.wait_for_user_waits();
    // The marks whose last reference has gone, and every handler that entered the read side before.
    siblings::wait_for_marks(old);
    // No handler runs for the group any more, so what is on the queue now is all there will be.
    siblings::flush(old);
    // `fsnotify_destroy_event()` leaves the overflow event alone, so it is freed here.
    if let Some(overflow) = old.overflow_event() {
        siblings::free_overflow(old, overflow);
    }
    if siblings::destroyer_frees(old) && !old.is_referenced() {
        warn("fsnotify_destroy_group", "a put too many: the caller's reference is gone already");
        // SAFETY: no reference is left, and whoever put the last one has left the group to us.
        unsafe { free(group) };
        return true;
    }
    siblings::destruction_ends(old);
    // SAFETY: the caller's reference.
    unsafe { put(group) };
    true
}

/// Registers a file of the group for SIGIO, or removes it; the group is the file's `private_data`.
pub(crate) fn fasync(fd: c_int, file: &file, group: &fsnotify_group, on: c_int) -> c_int {
    if group.fasync_helper(fd, file, on) >= 0 {
        0
    } else {
        -EIO
    }
}
