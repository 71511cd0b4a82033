// SPDX-License-Identifier: GPL-2.0-or-later
//! Poll tables: how a file's poll operation tells a poller which wait queues will announce news, and the poller's sleep.

use core::ffi::{c_int, c_void};
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use super::slab;
use super::task::{current, schedule_timeout, set_current_state};
use super::waitqueue::{add_wait_queue, default_wake_function, init_entry, remove_wait_queue};
use crate::abi::gfp::GFP_KERNEL;
use crate::abi::primitives::{wait_queue_entry, wait_queue_head};
use crate::abi::task::FSN_TASK_RUNNING;
use crate::abi::vfs::file;
use crate::abi::wait::*;

const WAIT: usize = offset_of!(poll_table_entry, wait);
const ENTRIES: usize = offset_of!(poll_wqueues, inline_entries);
const _: () = assert!(offset_of!(poll_wqueues, pt) == 0);
/// Where a page's places begin, and how many there are.
const PAGE: usize = offset_of!(Page, entries);
const PAGE_ENTRIES: usize = 48;

/// # Safety
/// The poller is valid while the reference is used.
unsafe fn poller<'a>(at: *mut poll_wqueues) -> &'a poll_wqueues {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// # Safety
/// The pointer is to a field that nobody else uses now.
unsafe fn set<T>(field: *mut T, value: T) {
    // SAFETY: promised by the caller.
    unsafe { *field = value };
}

/// # Safety
/// The pointer is to a field that nobody writes now.
unsafe fn get<T: Copy>(field: *mut T) -> T {
    // SAFETY: promised by the caller.
    unsafe { *field }
}

/// Makes the calling thread ready to poll.
///
/// # Safety
/// `pwq` is valid, on no queue, and stays where it is until [`poll_freewait`].
pub unsafe fn poll_initwait(pwq: *mut poll_wqueues) {
    // SAFETY: promised by the caller.
    let this = unsafe { poller(pwq) };
    // SAFETY: the caller's own.
    unsafe { set(this.pt._qproc.get(), Some(enlist)) };
    // SAFETY: the caller's own.
    unsafe { set(this.pt._key.get(), u32::MAX) };
    // SAFETY: the caller's own.
    unsafe { set(this.polling_task.get(), core::ptr::from_ref(current()).cast_mut()) };
    // SAFETY: the caller's own.
    unsafe { set(this.error.get(), 0) };
    // SAFETY: the caller's own.
    unsafe { set(this.inline_index.get(), 0) };
    // SAFETY: the caller's own.
    unsafe { set(this.table.get(), core::ptr::null_mut()) };
    this.triggered.store(0, Ordering::Relaxed);
}

/// Places beyond those in the poller itself.
#[repr(C)]
struct Page {
    next: *mut Page,
    used: usize,
    entries: [poll_table_entry; PAGE_ENTRIES],
}

/// A place that is not used yet, NULL without memory.
fn free_place(this: &poll_wqueues, pwq: *mut poll_wqueues) -> *mut poll_table_entry {
    // SAFETY: the poller is this thread's.
    let index = unsafe { get(this.inline_index.get()) } as usize;
    if index < FSN_POLL_ENTRIES {
        // SAFETY: the poller is this thread's.
        unsafe { set(this.inline_index.get(), index as c_int + 1) };
        return pwq.wrapping_byte_add(ENTRIES).cast::<poll_table_entry>().wrapping_add(index);
    }
    // SAFETY: the poller is this thread's.
    let first: *mut Page = unsafe { get(this.table.get()) }.cast();
    // SAFETY: NULL or allocated below.
    if let Some(used) = unsafe { first.as_ref() }.map(|page| page.used).filter(|&used| used < PAGE_ENTRIES) {
        // SAFETY: as above.
        unsafe { (*first).used = used + 1 };
        return first.wrapping_byte_add(PAGE).cast::<poll_table_entry>().wrapping_add(used);
    }
    let new: *mut Page = slab::kzalloc(size_of::<Page>(), GFP_KERNEL).cast();
    // SAFETY: NULL, or zeroed memory of the right size, for which every field is valid.
    let Some(page) = (unsafe { new.as_mut() }) else { return core::ptr::null_mut() };
    page.next = first;
    page.used = 1;
    // SAFETY: the poller is this thread's.
    unsafe { set(this.table.get(), new.cast()) };
    new.wrapping_byte_add(PAGE).cast()
}

/// Puts the poller on a queue. Called by a file's poll operation through `poll_wait()`.
///
/// # Safety
/// `p` belongs to a poller that [`poll_initwait`] made, of this thread; the queue outlives its stay there.
unsafe extern "C" fn enlist(_file: *mut file, wait_address: *mut wait_queue_head, p: *mut poll_table_struct) {
    let pwq = p.cast::<poll_wqueues>();
    // SAFETY: promised by the caller.
    let this = unsafe { poller(pwq) };
    let place = free_place(this, pwq);
    // SAFETY: NULL, or a place of the poller's.
    let Some(entry) = (unsafe { place.as_ref() }) else {
        // SAFETY: the poller is this thread's.
        unsafe { set(this.error.get(), -libc::ENOMEM) };
        return;
    };
    // SAFETY: a place that is not used yet.
    unsafe { set(entry.wait_address.get(), wait_address) };
    // SAFETY: a place that is not used yet.
    unsafe { set(entry.pwq.get(), pwq) };
    // SAFETY: the poller is this thread's.
    let key = unsafe { get(this.pt._key.get()) };
    // SAFETY: a place that is not used yet.
    unsafe { set(entry.key.get(), key) };
    let wait = place.wrapping_byte_add(WAIT).cast::<wait_queue_entry>();
    // SAFETY: a place that is not used yet.
    unsafe { init_entry(wait, 0, Some(poll_wake)) };
    // SAFETY: promised by the caller.
    let queue = unsafe { &*wait_address };
    // SAFETY: the entry stays until poll_freewait().
    unsafe { add_wait_queue(queue, wait, 0) };
}

/// Entry function: wakes the poller if the news is of interest, and leaves a mark.
unsafe extern "C" fn poll_wake(at: *mut wait_queue_entry, mode: u32, flags: c_int, key: *mut c_void) -> c_int {
    let place = at.wrapping_byte_sub(WAIT).cast::<poll_table_entry>();
    // SAFETY: the entry is part of a place of a poller, which is queued.
    let place = unsafe { &*place };
    // SAFETY: set before the entry was queued.
    let interest = unsafe { get(place.key.get()) };
    if !key.is_null() && key.addr() as u32 & interest == 0 {
        return 0;
    }
    // SAFETY: set before the entry was queued.
    let pwq = unsafe { get(place.pwq.get()) };
    // SAFETY: the poller is on the queue still.
    unsafe { poller(pwq) }.triggered.store(1, Ordering::SeqCst);
    // SAFETY: the entry is of a task and queued, with the queue's lock held.
    unsafe { default_wake_function(at, mode, flags, key) }
}

/// Sleeps until one of the queues has news, for `timeout` jiffies at most; returns what is left, 0 when the time is up.
///
/// # Safety
/// `pwq` is the calling thread's, made by [`poll_initwait`].
pub unsafe fn poll_schedule_timeout(pwq: *mut poll_wqueues, state: u32, timeout: i64) -> i64 {
    // SAFETY: promised by the caller.
    let this = unsafe { poller(pwq) };
    let mut left = timeout;
    set_current_state(state);
    if this.triggered.load(Ordering::SeqCst) == 0 {
        left = schedule_timeout(timeout);
    }
    current().__state.store(FSN_TASK_RUNNING, Ordering::Relaxed);
    // News that come after this are seen by the next look at the files, or leave the mark again.
    this.triggered.swap(0, Ordering::SeqCst);
    left
}

/// Takes the poller off all queues.
///
/// # Safety
/// `pwq` is the calling thread's, made by [`poll_initwait`]; the queues still exist.
pub unsafe fn poll_freewait(pwq: *mut poll_wqueues) {
    // SAFETY: promised by the caller.
    let this = unsafe { poller(pwq) };
    // SAFETY: the poller is this thread's.
    let count = unsafe { get(this.inline_index.get()) } as usize;
    for index in 0..count {
        let place = pwq.wrapping_byte_add(ENTRIES).cast::<poll_table_entry>().wrapping_add(index);
        // SAFETY: the place is used.
        unsafe { leave(place) };
    }
    // SAFETY: the poller is this thread's.
    unsafe { set(this.inline_index.get(), 0) };
    // SAFETY: the poller is this thread's.
    let mut at: *mut Page = unsafe { get(this.table.get()) }.cast();
    // SAFETY: NULL or allocated by `free_place`.
    while let Some((next, used)) = unsafe { at.as_ref() }.map(|page| (page.next, page.used)) {
        for index in 0..used {
            let place = at.wrapping_byte_add(PAGE).cast::<poll_table_entry>().wrapping_add(index);
            // SAFETY: the place is used.
            unsafe { leave(place) };
        }
        // SAFETY: allocated by `free_place`, and none of its entries is on a queue any more.
        unsafe { slab::kfree(at.cast()) };
        at = next;
    }
    // SAFETY: the poller is this thread's.
    unsafe { set(this.table.get(), core::ptr::null_mut()) };
}

/// Takes a place off its queue.
///
/// # Safety
/// The place is used, and its queue still exists.
unsafe fn leave(place: *mut poll_table_entry) {
    // SAFETY: promised by the caller.
    let entry = unsafe { &*place };
    // SAFETY: set when the place was taken.
    let queue = unsafe { get(entry.wait_address.get()) };
    // SAFETY: promised by the caller.
    let queue = unsafe { &*queue };
    // SAFETY: the entry was queued by enlist(), and poll_wake() leaves it there.
    unsafe { remove_wait_queue(queue, place.wrapping_byte_add(WAIT).cast()) };
}
