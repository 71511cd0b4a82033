// SPDX-License-Identifier: GPL-2.0-or-later
//! Wait queues: lists of waiters whose entries say how they are woken.
//!
//! A wake-up that finds nobody costs a load: no lock and no fence. In exchange a waiter that has put its entry on a
//! queue issues a heavy fence before it checks what it waits for (see `membarrier`). Either the waker's load finds the
//! entry, or the waiter finds what the waker had stored before. Once the entry is found, the queue's lock and the full
//! fences of `set_current_state()` and `try_to_wake_up()` settle the rest. An entry that stays on the queue from one
//! round of a wait to the next needs no further heavy fence.
//!
//! The waiter's stack holds its entry, so a wake-up touches the entry only under the queue's lock, and the waiter leaves
//! only after it has seen the entry taken off, or has taken it off under that lock.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::membarrier::{heavy_fence, light_fence};
use super::task::{
    current, rouse, schedule, schedule_timeout, set_current_state, signal_pending_state, try_to_wake_up,
};
use crate::abi::primitives::{list_head, spinlock, wait_queue_entry, wait_queue_func_t, wait_queue_head};
use crate::abi::task::*;
use crate::abi::wait::*;

const ENTRY: usize = offset_of!(wait_queue_entry, entry);

// SAFETY: the fields that are not atomic are the waiter's, or read under the queue's lock by wake-ups.
unsafe impl Sync for wait_queue_entry {}

// ---- links --------------------------------------------------------------------------------------------------------

/// # Safety
/// The link is valid while the reference is used.
unsafe fn link<'a>(at: *mut list_head) -> &'a list_head {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// The link of an entry, with the right to reach the whole entry again.
fn link_of(entry: *mut wait_queue_entry) -> *mut list_head {
    entry.wrapping_byte_add(ENTRY).cast()
}

fn entry_of(link: *mut list_head) -> *mut wait_queue_entry {
    link.wrapping_byte_sub(ENTRY).cast()
}

/// # Safety
/// The entry is valid while the reference is used.
unsafe fn entry<'a>(at: *mut wait_queue_entry) -> &'a wait_queue_entry {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// Puts `new` behind `before`.
///
/// # Safety
/// Both are valid, `before` is linked, and the list's lock is held.
unsafe fn insert(new: *mut list_head, before: *mut list_head) {
    // SAFETY: promised by the caller.
    let (node, previous) = unsafe { pair(new, before) };
    let after = previous.next.load(Ordering::Relaxed);
    // SAFETY: what a linked node points to is valid.
    let following = unsafe { link(after) };
    node.next.store(after, Ordering::Relaxed);
    node.prev.store(before, Ordering::Relaxed);
    following.prev.store(new, Ordering::Relaxed);
    previous.next.store(new, Ordering::Release);
}

/// # Safety
/// As for [`link`], for both.
unsafe fn pair<'a>(one: *mut list_head, other: *mut list_head) -> (&'a list_head, &'a list_head) {
    // SAFETY: promised by the caller.
    let one = unsafe { link(one) };
    // SAFETY: promised by the caller.
    let other = unsafe { link(other) };
    (one, other)
}

/// Takes `at` off its list and leaves it linked to itself. The store to `next` comes last, with release: who sees an
/// entry off its list without the lock sees all that the remover did before.
///
/// # Safety
/// `at` is linked, and the list's lock is held.
unsafe fn remove(at: *mut list_head) {
    // SAFETY: promised by the caller.
    let node = unsafe { link(at) };
    let (before, after) = (node.prev.load(Ordering::Relaxed), node.next.load(Ordering::Relaxed));
    // SAFETY: what a linked node points to is valid.
    let (previous, following) = unsafe { pair(before, after) };
    previous.next.store(after, Ordering::Relaxed);
    following.prev.store(before, Ordering::Relaxed);
    node.prev.store(at, Ordering::Relaxed);
    node.next.store(at, Ordering::Release);
}

// ---- heads and entries ----------------------------------------------------------------------------------------------

impl wait_queue_head {
    /// An empty queue, as zeroed memory is one.
    pub const fn new() -> Self {
        let head = list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) };
        Self { lock: spinlock::new(), head }
    }

    fn anchor(&self) -> *mut list_head {
        ptr::from_ref(&self.head).cast_mut()
    }

    /// Calls `f` with the lock held and the list ready for use.
    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        self.lock.lock();
        if self.head.next.load(Ordering::Relaxed).is_null() {
            self.head.prev.store(self.anchor(), Ordering::Relaxed);
            self.head.next.store(self.anchor(), Ordering::Relaxed);
        }
        let result = f();
        // SAFETY: taken above.
        unsafe { self.lock.unlock() };
        result
    }
}

impl Default for wait_queue_head {
    fn default() -> Self {
        Self::new()
    }
}

impl wait_queue_entry {
    /// An entry of the calling thread that is on no queue; it must be linked to itself by [`init_wait_entry`].
    fn blank() -> Self {
        Self {
            flags: AtomicU32::new(0),
            private: UnsafeCell::new(ptr::null_mut()),
            func: UnsafeCell::new(None),
            entry: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        }
    }

    fn private(&self) -> *mut c_void {
        // SAFETY: set before the entry is queued.
        unsafe { *self.private.get() }
    }

    fn func(&self) -> wait_queue_func_t {
        // SAFETY: set before the entry is queued.
        unsafe { *self.func.get() }
    }
}

/// Makes the entry one of the calling thread that is called by `func`, and on no queue.
///
/// # Safety
/// The entry is valid, not on a queue, and the caller's alone.
pub unsafe fn init_entry(at: *mut wait_queue_entry, flags: u32, func: wait_queue_func_t) {
    // SAFETY: promised by the caller.
    let fresh = unsafe { entry(at) };
    fresh.flags.store(flags, Ordering::Relaxed);
    let task = ptr::from_ref(current()).cast_mut().cast();
    // SAFETY: the entry is the caller's alone.
    unsafe { *fresh.private.get() = task };
    // SAFETY: as above.
    unsafe { *fresh.func.get() = func };
    fresh.entry.prev.store(link_of(at), Ordering::Relaxed);
    fresh.entry.next.store(link_of(at), Ordering::Relaxed);
}

/// [`init_entry`] with [`autoremove_wake_function`], for `prepare_to_wait()`.
///
/// # Safety
/// As for [`init_entry`].
pub unsafe fn init_wait_entry(at: *mut wait_queue_entry, flags: u32) {
    // SAFETY: promised by the caller.
    unsafe { init_entry(at, flags, Some(autoremove_wake_function)) };
}

/// Makes the memory an empty queue.
pub fn init_waitqueue_head(wq_head: &wait_queue_head) {
    wq_head.lock.init();
    wq_head.head.prev.store(wq_head.anchor(), Ordering::Relaxed);
    wq_head.head.next.store(wq_head.anchor(), Ordering::Relaxed);
}

/// Whether somebody is on the queue. A plain load: see the head of this file for what a waker needs before it.
#[inline]
pub fn waitqueue_active(wq_head: &wait_queue_head) -> bool {
    let first = wq_head.head.next.load(Ordering::Relaxed);
    !first.is_null() && !ptr::eq(first, &wq_head.head)
}

/// Where an entry goes: priority entries first, then plain ones newest first, exclusive ones oldest first.
///
/// # Safety
/// The entry is valid and off any queue; the queue's lock is held.
unsafe fn enqueue(wq_head: &wait_queue_head, at: *mut wait_queue_entry, flags: u32) {
    // SAFETY: promised by the caller.
    let flags = unsafe { entry(at) }.flags.fetch_or(flags, Ordering::Relaxed) | flags;
    let mut before = wq_head.anchor();
    if flags & FSN_WQ_FLAG_EXCLUSIVE != 0 {
        before = wq_head.head.prev.load(Ordering::Relaxed);
    } else if flags & FSN_WQ_FLAG_PRIORITY == 0 {
        loop {
            // SAFETY: `before` is on the queue, whose lock is held.
            let next = unsafe { link(before) }.next.load(Ordering::Relaxed);
            // SAFETY: as above, unless it is the head, which is not an entry.
            if ptr::eq(next, &wq_head.head) || !unsafe { has_priority(next) } {
                break;
            }
            before = next;
        }
    }
    // SAFETY: both are valid, and the lock is held.
    unsafe { insert(link_of(at), before) };
}

/// # Safety
/// `at` is the link of a queued entry, and the queue's lock is held.
unsafe fn has_priority(at: *mut list_head) -> bool {
    // SAFETY: promised by the caller.
    unsafe { entry(entry_of(at)) }.flags.load(Ordering::Relaxed) & FSN_WQ_FLAG_PRIORITY != 0
}

/// Puts an entry on a queue, with `flags` (`FSN_WQ_FLAG_EXCLUSIVE`, `FSN_WQ_FLAG_PRIORITY`) added to its own. What the
/// caller loads afterwards is what a wake-up that missed the entry had stored before.
///
/// # Safety
/// The entry is valid, on no queue, and stays valid until it has been taken off.
pub unsafe fn add_wait_queue(wq_head: &wait_queue_head, at: *mut wait_queue_entry, flags: u32) {
    // SAFETY: promised by the caller; the lock is held.
    wq_head.locked(|| unsafe { enqueue(wq_head, at, flags) });
    heavy_fence();
}

/// Takes an entry off its queue.
///
/// # Safety
/// The entry is on the queue.
pub unsafe fn remove_wait_queue(wq_head: &wait_queue_head, at: *mut wait_queue_entry) {
    // SAFETY: promised by the caller; the lock is held.
    wq_head.locked(|| unsafe { remove(link_of(at)) });
}

/// Whether the entry's link points to itself.
///
/// # Safety
/// The entry is valid.
unsafe fn off_queue(at: *mut wait_queue_entry) -> bool {
    // SAFETY: promised by the caller.
    let node = unsafe { link(link_of(at)) };
    // Acquire pairs with the release in remove(): `prev` is of the same time or later.
    ptr::eq(node.next.load(Ordering::Acquire), node) && ptr::eq(node.prev.load(Ordering::Relaxed), node)
}

/// Puts the entry on the queue unless it is there, and sets the calling thread's state.
///
/// # Safety
/// The entry is valid until [`finish_wait`], and on no other queue.
pub unsafe fn prepare_to_wait(wq_head: &wait_queue_head, at: *mut wait_queue_entry, state: u32, flags: u32) {
    let added = wq_head.locked(|| {
        // SAFETY: promised by the caller.
        let off = unsafe { off_queue(at) };
        if off {
            // SAFETY: promised by the caller; the lock is held.
            unsafe { enqueue(wq_head, at, flags) };
        }
        set_current_state(state);
        off
    });
    if added {
        heavy_fence();
    }
}

/// [`prepare_to_wait`] with the flags that the entry has, unless a signal ends waits in `state`: then the entry is off
/// the queue, so that no exclusive wake-up is lost on it, and `-ERESTARTSYS` comes back.
///
/// # Safety
/// As for [`prepare_to_wait`].
pub unsafe fn prepare_to_wait_event(wq_head: &wait_queue_head, at: *mut wait_queue_entry, state: u32) -> c_int {
    if !signal_pending_state(state, current()) {
        // SAFETY: promised by the caller.
        unsafe { prepare_to_wait(wq_head, at, state, 0) };
        return 0;
    }
    wq_head.locked(|| {
        // SAFETY: promised by the caller.
        if !unsafe { off_queue(at) } {
            // SAFETY: it is on the queue, whose lock is held.
            unsafe { remove(link_of(at)) };
        }
    });
    -FSN_ERESTARTSYS
}

/// Ends a wait: the thread's state is running, the entry off the queue.
///
/// # Safety
/// The entry is valid and on no other queue.
pub unsafe fn finish_wait(wq_head: &wait_queue_head, at: *mut wait_queue_entry) {
    current().__state.store(FSN_TASK_RUNNING, Ordering::Relaxed);
    // SAFETY: promised by the caller.
    if unsafe { off_queue(at) } {
        return;
    }
    wq_head.locked(|| {
        // SAFETY: promised by the caller.
        if !unsafe { off_queue(at) } {
            // SAFETY: it is on the queue, whose lock is held.
            unsafe { remove(link_of(at)) };
        }
    });
}

// ---- waking ---------------------------------------------------------------------------------------------------------

/// Calls the entries' functions, exclusive ones until `nr` of them woke somebody (0: all). Returns how many exclusive
/// ones did. The queue's lock is held.
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the key is only handed on, to functions that know what it is")]
pub fn wake_locked(wq_head: &wait_queue_head, mode: u32, nr: c_int, flags: c_int, key: *mut c_void) -> c_int {
    let mut left = nr;
    let mut at = wq_head.head.next.load(Ordering::Relaxed);
    while !at.is_null() && !ptr::eq(at, &wq_head.head) {
        // SAFETY: on the queue, whose lock is held. Its function may take it off, so its successor is read first.
        let next = unsafe { link(at) }.next.load(Ordering::Relaxed);
        // SAFETY: as above.
        let exclusive = unsafe { entry(entry_of(at)) }.flags.load(Ordering::Relaxed) & FSN_WQ_FLAG_EXCLUSIVE != 0;
        // SAFETY: as above.
        let woke = unsafe { call(entry_of(at), mode, flags, key) };
        if woke < 0 {
            break;
        }
        if woke != 0 && exclusive {
            left -= 1;
            if left == 0 {
                break;
            }
        }
        at = next;
    }
    nr - left
}

/// # Safety
/// The entry is queued, and the queue's lock is held.
unsafe fn call(at: *mut wait_queue_entry, mode: u32, flags: c_int, key: *mut c_void) -> c_int {
    // SAFETY: promised by the caller.
    match unsafe { entry(at) }.func() {
        // SAFETY: whoever queued the entry gave it a function for it.
        Some(func) => unsafe { func(at, mode, flags, key) },
        None => 0,
    }
}

/// The general wake-up: see [`wake_locked`].
#[inline]
pub fn wake_up_key(wq_head: &wait_queue_head, mode: u32, nr: c_int, key: *mut c_void) -> c_int {
    light_fence();
    if !waitqueue_active(wq_head) {
        return 0;
    }
    wake_up_slow(wq_head, mode, nr, key)
}

/// [`wake_up_key`] of a queue that was seen not to be empty.
#[cold]
pub fn wake_up_slow(wq_head: &wait_queue_head, mode: u32, nr: c_int, key: *mut c_void) -> c_int {
    wq_head.locked(|| wake_locked(wq_head, mode, nr, 0, key))
}

/// Wakes all plain waiters and one exclusive one. What the caller stored before is seen by whoever waits for it.
#[inline]
pub fn wake_up(wq_head: &wait_queue_head) {
    wake_up_key(wq_head, FSN_TASK_NORMAL, 1, ptr::null_mut());
}

/// Wakes all waiters.
#[inline]
pub fn wake_up_all(wq_head: &wait_queue_head) {
    wake_up_key(wq_head, FSN_TASK_NORMAL, 0, ptr::null_mut());
}

/// Entry function: wakes the task in `private` if its state is among `mode`.
///
/// # Safety
/// `at` is a queued entry whose `private` is a task; the queue's lock is held.
pub unsafe extern "C" fn default_wake_function(
    at: *mut wait_queue_entry,
    mode: u32,
    _flags: c_int,
    _key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    let task = unsafe { entry(at) }.private().cast::<task_struct>();
    // SAFETY: the task is in a wait, which it cannot leave before the queue's lock is released.
    let task = unsafe { &*task };
    c_int::from(try_to_wake_up(task, mode))
}

/// Entry function: [`default_wake_function`], and takes the entry off the queue if it woke somebody.
///
/// # Safety
/// As for [`default_wake_function`].
pub unsafe extern "C" fn autoremove_wake_function(
    at: *mut wait_queue_entry,
    mode: u32,
    _flags: c_int,
    _key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    let task = unsafe { entry(at) }.private().cast::<task_struct>();
    // SAFETY: the task is in a wait, which it cannot leave before the entry is off the queue.
    let Some(roused) = rouse(unsafe { &*task }, mode) else { return 0 };
    // Before the thread can run: it would want the lock that is held here, to do this itself.
    // SAFETY: queued, with the lock held. Its waiter may be gone as soon as this is done.
    unsafe { remove(link_of(at)) };
    roused.wake();
    1
}

/// Entry function for [`wait_woken`]: leaves a mark in the entry, so that a wake-up between two looks is not lost.
///
/// # Safety
/// As for [`default_wake_function`].
pub unsafe extern "C" fn woken_wake_function(
    at: *mut wait_queue_entry,
    mode: u32,
    flags: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { entry(at) }.flags.fetch_or(FSN_WQ_FLAG_WOKEN, Ordering::SeqCst);
    // SAFETY: promised by the caller.
    unsafe { default_wake_function(at, mode, flags, key) }
}

// ---- waiting --------------------------------------------------------------------------------------------------------

/// Sleeps until the queue of the entry has been woken since the last call, for `timeout` jiffies at most; returns what
/// is left. The entry has [`woken_wake_function`] and stays on the queue from one call to the next.
///
/// # Safety
/// The entry is the calling thread's and on a queue.
pub unsafe fn wait_woken(at: *mut wait_queue_entry, mode: u32, timeout: i64) -> i64 {
    // SAFETY: promised by the caller.
    let flags = &unsafe { entry(at) }.flags;
    set_current_state(mode);
    let mut left = timeout;
    if flags.load(Ordering::SeqCst) & FSN_WQ_FLAG_WOKEN == 0 {
        left = schedule_timeout(timeout);
    }
    current().__state.store(FSN_TASK_RUNNING, Ordering::Relaxed);
    // Acquires what the waker stored before; a later wake-up leaves its mark for the next call.
    flags.fetch_and(!FSN_WQ_FLAG_WOKEN, Ordering::SeqCst);
    left
}

/// The loop of every wait: `sleep` is called between two looks at `done`, and gives up by returning false. Returns
/// `-ERESTARTSYS` when a signal ended the wait, else 0.
///
/// # Safety
/// `at` is an initialised entry of the calling thread that is on no queue; it is off the queue afterwards.
pub(super) unsafe fn wait_loop(
    wq_head: &wait_queue_head,
    at: *mut wait_queue_entry,
    state: u32,
    mut done: impl FnMut() -> bool,
    mut sleep: impl FnMut() -> bool,
) -> c_int {
    loop {
        // SAFETY: promised by the caller.
        let signal = unsafe { prepare_to_wait_event(wq_head, at, state) };
        if done() {
            break;
        }
        if signal != 0 {
            // The entry is off the queue already.
            return signal;
        }
        // Asked at once: a waiter that is done need not be queued again, nor meet the lock that its waker may hold still.
        if !sleep() || done() {
            break;
        }
    }
    // SAFETY: promised by the caller.
    unsafe { finish_wait(wq_head, at) };
    0
}

fn forever() -> bool {
    schedule();
    true
}

/// Sleeps in `state` until `done`, which is asked before the first sleep and after each wake-up. Returns 0, or
/// `-ERESTARTSYS` when a signal that ends sleeps in `state` came first.
pub fn wait_event_state(wq_head: &wait_queue_head, state: u32, mut done: impl FnMut() -> bool) -> c_int {
    if done() {
        return 0;
    }
    let mut waiter = wait_queue_entry::blank();
    let at = &raw mut waiter;
    // SAFETY: a new entry in this frame.
    unsafe { init_wait_entry(at, 0) };
    // SAFETY: as above; it is off the queue when the loop ends.
    unsafe { wait_loop(wq_head, at, state, done, forever) }
}

/// Sleeps until `done`, whatever signals are pending.
pub fn wait_event(wq_head: &wait_queue_head, done: impl FnMut() -> bool) {
    wait_event_state(wq_head, FSN_TASK_UNINTERRUPTIBLE, done);
}

/// Sleeps until `done`, or for `timeout` jiffies. Returns 0 if `done` was not so even then, else what is left, 1 at
/// least.
pub fn wait_event_timeout(wq_head: &wait_queue_head, timeout: i64, mut done: impl FnMut() -> bool) -> i64 {
    if done() {
        return timeout.max(1);
    }
    let mut waiter = wait_queue_entry::blank();
    let at = &raw mut waiter;
    // SAFETY: a new entry in this frame.
    unsafe { init_wait_entry(at, 0) };
    let left = core::cell::Cell::new(timeout);
    let mut met = false;
    let look = || {
        met = done();
        met || left.get() == 0
    };
    let sleep = || {
        left.set(schedule_timeout(left.get()));
        true
    };
    // SAFETY: as above; it is off the queue when the loop ends.
    unsafe { wait_loop(wq_head, at, FSN_TASK_UNINTERRUPTIBLE, look, sleep) };
    if met {
        left.get().max(1)
    } else {
        0
    }
}
