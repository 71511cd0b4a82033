// SPDX-License-Identifier: GPL-2.0-or-later
//! Groups (`fs/notify/group.c`): made, referenced, destroyed.
//!
//! A group ends in two steps. [`destroy`] cuts it off: no more events, marks gone, queue empty. The last
//! [`put`] frees it: `free_group_priv` sees a group that is still whole. Marks that somebody still references keep their
//! group until they are freed themselves.

use super::lock_order::{Held, Nothing};
use super::{group_state, mark, notification, reaper};
use crate::abi::*;
use crate::host::*;
use core::ffi::c_int;
use core::ptr::NonNull;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Makes a group with one reference, the caller's. `None`: out of memory.
pub(crate) fn alloc(ops: NonNull<fsnotify_ops>, flags: c_int) -> Option<NonNull<fsnotify_group>> {
    let gfp = if flags & FSNOTIFY_GROUP_USER != 0 { GFP_KERNEL_ACCOUNT } else { GFP_KERNEL };
    let group = group_state::alloc(gfp)?;
    // SAFETY: `group_state::alloc()` returns zeroed memory for a group, which nobody else knows yet. Zero is a valid
    // value of every field.
    let new = unsafe { &mut *group.as_ptr() };
    new.ops = ops.as_ptr();
    new.flags.store(flags, Relaxed);
    new.refcnt.set(1);
    new.notification_lock.init();
    new.notification_list.init();
    init_waitqueue_head(&new.notification_waitq);
    new.max_events.store(u32::MAX, Relaxed);
    new.mark_mutex.init();
    new.marks_list.init();
    group_state::register(new);
    count(Counter::GroupAlloc, 1);
    trace::group_alloc(group.as_ptr());
    Some(group)
}

/// Takes a reference. The caller has one, or a lock that keeps the group.
pub(crate) fn get(group: &fsnotify_group) {
    group.refcnt.inc();
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
    if old.refcnt.dec_and_test() && !group_state::of(old).destroying.load(Acquire) {
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
    group_state::unregister(old);
    trace::group_free(group.as_ptr());
    if let Some(free_group_priv) = old.ops().free_group_priv {
        // SAFETY: the callback's contract: once, at the last put, no lock held.
        unsafe { free_group_priv(group.as_ptr()) };
    }
    mem_cgroup_put(old.memcg.load(Relaxed));
    count(Counter::GroupFree, 1);
    // SAFETY: allocated by `group_state::alloc()`, and nobody can reach it any more.
    unsafe { group_state::free(group) };
}

/// Takes no more events from now on: an insertion that has the queue's lock later sees it.
pub(crate) fn stop_queueing(group: &fsnotify_group) {
    group.notification_lock.lock();
    group.shutdown.store(true, Relaxed);
    // SAFETY: taken above.
    unsafe { group.notification_lock.unlock() };
}

/// Cuts the group off and drops the caller's reference.
///
/// # Safety
///
/// The caller owns the reference and does not use the group afterwards.
pub(crate) unsafe fn destroy(held: &mut Held<'_, Nothing>, group: NonNull<fsnotify_group>) {
    // SAFETY: the caller's reference keeps the group alive until the put at the end.
    let old = unsafe { group.as_ref() };
    trace::group_destroy(group.as_ptr());
    let state = group_state::of(old);
    state.destroying.store(true, Relaxed);
    stop_queueing(old);
    mark::clear_by_group(held, old, None);
    // A pin is taken on attached marks only, under the mark's lock, and none is attached any more: the count can only
    // fall. Whoever lets it fall to zero sees `shutdown` and wakes us.
    wait_event(&old.notification_waitq, || old.user_waits.counter.load(Acquire) == 0);
    // The group's own marks whose last reference has gone, and every handler that entered the read side before.
    reaper::reap_group(old);
    // No handler runs for the group any more, so what is on the queue now is all there will be.
    notification::flush(old);
    // `fsnotify_destroy_event()` leaves the overflow event alone, so it is freed here.
    if let Some(overflow) = NonNull::new(old.overflow_event.load(Relaxed)) {
        state.overflow_freed.store(true, Relaxed);
        notification::free_event(old, overflow);
    }
    if old.refcnt.read() == 0 {
        warn("fsnotify_destroy_group", "a put too many: the caller's reference is gone already");
        // SAFETY: no reference is left, and whoever put the last one has left the group to us.
        return unsafe { free(group) };
    }
    state.destroying.store(false, Release);
    // SAFETY: the caller's reference.
    unsafe { put(group) };
}

/// Registers a file of the group for SIGIO, or removes it; the group is the file's `private_data`.
pub(crate) fn fasync(fd: c_int, file: &file, group: &fsnotify_group, on: c_int) -> c_int {
    if fasync_helper(fd, file, on, &group.fsn_fa) >= 0 {
        0
    } else {
        -EIO
    }
}

/// Has `fsnotify_destroy_group()` been called for this group before? Marks it as called.
pub(crate) fn begin_destroy(group: &fsnotify_group) -> bool {
    !group_state::of(group).destroyed.swap(true, AcqRel)
}
