// SPDX-License-Identifier: GPL-2.0-or-later
//! The queue of a group (`fs/notify/notification.c`).
//!
//! An event is on at most one queue, through its own link. Whoever takes it off owns it and gives it back to the backend
//! with `fsnotify_destroy_event()`. The overflow event belongs to the group: it is queued in place of whatever finds the
//! queue full, once until it is taken off, and freed when the group is destroyed.

use super::group_state;
use crate::abi::list::entry;
use crate::abi::*;
use crate::host::*;
use core::ffi::c_int;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

/// Asks the backend to merge an event into one on the queue; non-zero if it did.
pub(crate) type MergeFn = unsafe extern "C" fn(group: *mut fsnotify_group, event: *mut fsnotify_event) -> c_int;
/// Tells the backend that an event was put on the queue.
pub(crate) type InsertFn = unsafe extern "C" fn(group: *mut fsnotify_group, event: *mut fsnotify_event);

/// The event is on the queue.
pub(crate) const QUEUED: c_int = 0;
/// The event is not on the queue: it overflowed, or the group takes no more.
pub(crate) const DROPPED: c_int = 2;

static SYNC_COOKIE: AtomicU32 = AtomicU32::new(0);

/// A number that joins the two halves of a rename.
pub(crate) fn cookie() -> u32 {
    SYNC_COOKIE.fetch_add(1, Relaxed).wrapping_add(1)
}

/// A group whose `notification_lock` is held by this thread.
struct Queue<'a>(&'a fsnotify_group);

impl<'a> Queue<'a> {
    fn lock(group: &'a fsnotify_group) -> Self {
        group.notification_lock.lock();
        Queue(group)
    }

    fn first(&self) -> Option<NonNull<fsnotify_event>> {
        first(self.0)
    }

    /// Puts an event on the queue and tells the backend so.
    #[inline(always)]
    fn push(&self, event: NonNull<fsnotify_event>, insert: Option<InsertFn>) {
        let group = self.0;
        group.q_len.store(group.q_len.load(Relaxed).wrapping_add(1), Relaxed);
        // SAFETY: the event is alive: the caller gives it to the queue.
        let link = unsafe { &event.as_ref().list };
        // SAFETY: the queue's lock is held, queued events are alive, and this one is on no list (the caller checked).
        unsafe { group.notification_list.add_tail(link) };
        if let Some(insert) = insert {
            // SAFETY: the callback's contract: the queue's lock is held and the event has just been put on the queue.
            unsafe { insert(group.as_ptr(), event.as_ptr()) };
        }
    }

    fn contains(&self, event: NonNull<fsnotify_event>) -> bool {
        let head = ptr::from_ref(&self.0.notification_list).cast_mut();
        let mut link = self.0.notification_list.next.load(Relaxed);
        while link != head {
            if link.cast() == event.as_ptr() {
                return true;
            }
            // SAFETY: queued events are alive while the lock is held.
            link = unsafe { (*link).next.load(Relaxed) };
        }
        false
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        // SAFETY: taken by `lock()`.
        unsafe { self.0.notification_lock.unlock() }
    }
}

/// Is the event's link on a list? Zeroed memory counts as unlinked, like `fsnotify_init_event()`.
fn is_linked(event: NonNull<fsnotify_event>) -> bool {
    // SAFETY: the caller owns the event or its queue's lock.
    !unsafe { event.as_ref() }.list.is_empty()
}

/// Queues an event, or the overflow event in its place. See `fsnotify_insert_event()`.
pub(crate) fn insert_event(
    group: &fsnotify_group,
    event: Option<NonNull<fsnotify_event>>,
    merge: Option<MergeFn>,
    insert: Option<InsertFn>,
) -> c_int {
    let queue = Queue::lock(group);
    let full = group.q_len.load(Relaxed) >= group.max_events.load(Relaxed);
    let is_overflow = |event: NonNull<fsnotify_event>| event.as_ptr() == group.overflow_event.load(Relaxed);
    let event = match event {
        Some(event) if !group.shutdown.load(Relaxed) && !full && !is_overflow(event) && !is_linked(event) => event,
        _ => return insert_otherwise(queue, event, insert),
    };
    if let Some(merge) = merge.filter(|_| !group.notification_list.is_empty()) {
        // SAFETY: the callback's contract: the queue's lock is held and the queue is not empty.
        let value = unsafe { merge(group.as_ptr(), event.as_ptr()) };
        if value != 0 {
            drop(queue);
            trace::event_merge(group.as_ptr(), event.as_ptr());
            count(Counter::EventMerged, 1);
            return value;
        }
    }
    queue.push(event, insert);
    let len = group.q_len.load(Relaxed);
    drop(queue);
    trace::event_queue(group.as_ptr(), event.as_ptr(), len);
    announce(group);
    QUEUED
}

/// An insertion that does not end with the event on the queue.
#[cold]
#[inline(never)]
fn insert_otherwise(queue: Queue<'_>, event: Option<NonNull<fsnotify_event>>, insert: Option<InsertFn>) -> c_int {
    let group = queue.0;
    let overflow = NonNull::new(group.overflow_event.load(Relaxed));
    let shutdown = group.shutdown.load(Relaxed);
    if let Some(event) = event.filter(|&event| !shutdown && Some(event) != overflow && is_linked(event)) {
        let here = queue.contains(event);
        drop(queue);
        warn("fsnotify_insert_event", "the event is on a queue already");
        return if here { QUEUED } else { DROPPED };
    }
    // Full, or the overflow event itself. A group that has none just loses the event.
    let Some(overflow) = overflow.filter(|&overflow| !shutdown && !is_linked(overflow)) else {
        drop(queue);
        let raw = event.map_or(ptr::null_mut(), NonNull::as_ptr);
        trace::event_drop(group.as_ptr(), raw);
        count(Counter::EventDropped, 1);
        return DROPPED;
    };
    queue.push(overflow, insert);
    drop(queue);
    trace::event_overflow(group.as_ptr(), overflow.as_ptr());
    count(Counter::EventOverflow, 1);
    if event != Some(overflow) {
        count(Counter::EventDropped, 1);
    }
    announce(group);
    DROPPED
}

/// Something has been queued: tells those who wait for it. The queue's lock is not held.
#[inline(always)]
fn announce(group: &fsnotify_group) {
    count(Counter::EventQueued, 1);
    wake_up(&group.notification_waitq);
    kill_fasync(&group.fsn_fa, SIGIO, POLL_IN);
}

/// The oldest event on the queue; the caller holds `notification_lock`.
pub(crate) fn first(group: &fsnotify_group) -> Option<NonNull<fsnotify_event>> {
    let link = group.notification_list.first()?;
    // SAFETY: every link on the queue is the `list` of an event.
    NonNull::new(unsafe { entry!(link, fsnotify_event, list) })
}

/// Takes an event off the queue; the caller holds `notification_lock` and owns the event from now on.
pub(crate) fn remove_queued(group: &fsnotify_group, event: NonNull<fsnotify_event>) {
    // SAFETY: an event on the queue is alive.
    let link = unsafe { &event.as_ref().list };
    // Left unlinked, so that the overflow event can be seen to be off the queue.
    // SAFETY: the caller holds the queue's lock, and queued events are alive.
    unsafe { link.del_init() };
    group.q_len.store(group.q_len.load(Relaxed).wrapping_sub(1), Relaxed);
    count(Counter::EventDequeued, 1);
    trace::event_dequeue(group.as_ptr(), event.as_ptr(), group.q_len.load(Relaxed));
}

/// Takes the oldest event off the queue; the caller holds `notification_lock`.
pub(crate) fn remove_first(group: &fsnotify_group) -> Option<NonNull<fsnotify_event>> {
    let event = first(group)?;
    remove_queued(group, event);
    Some(event)
}

/// Hands an event back to the backend.
pub(crate) fn free_event(group: &fsnotify_group, event: NonNull<fsnotify_event>) {
    // SAFETY: the event is off the queue, and no lock is held.
    unsafe { group.free_event(event, "fsnotify_destroy_event") };
}

/// Frees an event that is off the queue; leaves the overflow event alone.
pub(crate) fn destroy_event(group: &fsnotify_group, event: NonNull<fsnotify_event>) {
    // A handler that is called for a destroyed mark of a destroyed group may have been given its memory again.
    let overflow_lives = || !group_state::of(group).overflow_freed.load(Relaxed);
    if event.as_ptr() == group.overflow_event.load(Relaxed) && overflow_lives() {
        return;
    }
    // A permission event may have been taken off by another thread a moment ago, so what a look without the lock
    // says is asked again under it.
    let queued = is_linked(event) && {
        let queue = Queue::lock(group);
        let queued = is_linked(event);
        if queue.contains(event) {
            remove_queued(group, event);
        }
        queued
    };
    if queued {
        warn("fsnotify_destroy_event", "the event is still queued");
    }
    free_event(group, event);
}

/// Frees all that is queued.
pub(crate) fn flush(group: &fsnotify_group) {
    loop {
        let queue = Queue::lock(group);
        let Some(event) = queue.first() else { return };
        remove_queued(group, event);
        drop(queue);
        destroy_event(group, event);
    }
}
