// SPDX-License-Identifier: GPL-2.0-or-later
//! Wait queues for C. NULL is not allowed anywhere. All functions may be called with locks held that are taken before
//! the queue's own lock, except those that sleep.

use core::ffi::{c_int, c_long, c_uint, c_ulong, c_void};
use core::sync::atomic::Ordering;

use crate::abi::primitives::{wait_queue_entry, wait_queue_head};
use crate::abi::wait::*;
use crate::host::process::{poll, wait_bit, waitqueue};

/// # Safety
/// The queue is valid while the reference is used.
unsafe fn queue<'a>(wq_head: *mut wait_queue_head) -> &'a wait_queue_head {
    // SAFETY: promised by the caller.
    unsafe { &*wq_head }
}

/// The flags of an entry.
///
/// # Safety
/// The entry is valid while the reference is used.
unsafe fn flags<'a>(wq_entry: *mut wait_queue_entry) -> &'a core::sync::atomic::AtomicU32 {
    // SAFETY: promised by the caller.
    let wq_entry = unsafe { &*wq_entry };
    &wq_entry.flags
}

/// Puts an entry on a queue; the next wake-up calls its function. A wake-up that misses it has stored what the caller
/// loads afterwards.
///
/// # Safety
/// Both are valid; the entry is initialised and on no queue, and stays valid until it is taken off.
#[no_mangle]
pub unsafe extern "C" fn fsn_add_wait_queue(wq_head: *mut wait_queue_head, wq_entry: *mut wait_queue_entry) {
    // SAFETY: promised by the caller.
    unsafe { flags(wq_entry) }.fetch_and(!FSN_WQ_FLAG_EXCLUSIVE, Ordering::Relaxed);
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::add_wait_queue(wq_head, wq_entry, 0) };
}

/// `fsn_add_wait_queue()` behind all others, to be woken one at a time.
///
/// # Safety
/// Both are valid; the entry is initialised and on no queue, and stays valid until it is taken off.
#[no_mangle]
pub unsafe extern "C" fn fsn_add_wait_queue_exclusive(wq_head: *mut wait_queue_head, wq_entry: *mut wait_queue_entry) {
    // SAFETY: promised by the caller.
    unsafe { flags(wq_entry) }.fetch_and(!FSN_WQ_FLAG_EXCLUSIVE, Ordering::Relaxed);
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::add_wait_queue(wq_head, wq_entry, FSN_WQ_FLAG_EXCLUSIVE) };
}

/// `fsn_add_wait_queue()` ahead of all others, to be woken first; it may end the wake-up.
///
/// # Safety
/// Both are valid; the entry is initialised and on no queue, and stays valid until it is taken off.
#[no_mangle]
pub unsafe extern "C" fn fsn_add_wait_queue_priority(wq_head: *mut wait_queue_head, wq_entry: *mut wait_queue_entry) {
    // SAFETY: promised by the caller.
    unsafe { flags(wq_entry) }.fetch_and(!FSN_WQ_FLAG_EXCLUSIVE, Ordering::Relaxed);
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::add_wait_queue(wq_head, wq_entry, FSN_WQ_FLAG_PRIORITY) };
}

/// Takes an entry off its queue.
///
/// # Safety
/// Both are valid, and the entry is on the queue.
#[no_mangle]
pub unsafe extern "C" fn fsn_remove_wait_queue(wq_head: *mut wait_queue_head, wq_entry: *mut wait_queue_entry) {
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::remove_wait_queue(wq_head, wq_entry) };
}

/// Makes an entry one of the calling thread that a wake-up takes off its queue.
///
/// # Safety
/// The entry is valid memory and on no queue.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_wait_entry(wq_entry: *mut wait_queue_entry, flags: c_int) {
    // SAFETY: promised by the caller.
    unsafe { waitqueue::init_wait_entry(wq_entry, flags as u32) };
}

/// Puts the entry on the queue unless it is there, and sets the thread's state. What the caller loads afterwards decides
/// whether it calls `fsn_schedule()`.
///
/// # Safety
/// `wq_entry` is valid and initialised; `wq_head` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_prepare_to_wait(
    wq_head: *mut wait_queue_head,
    wq_entry: *mut wait_queue_entry,
    state: c_int,
) {
    // SAFETY: promised by the caller.
    unsafe { flags(wq_entry) }.fetch_and(!FSN_WQ_FLAG_EXCLUSIVE, Ordering::Relaxed);
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::prepare_to_wait(wq_head, wq_entry, state as u32, 0) };
}

/// `fsn_prepare_to_wait()` to be woken one at a time. Returns whether the queue was empty.
///
/// # Safety
/// `wq_entry` is valid and initialised; `wq_head` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_prepare_to_wait_exclusive(
    wq_head: *mut wait_queue_head,
    wq_entry: *mut wait_queue_entry,
    state: c_int,
) -> bool {
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    let was_empty = !waitqueue::waitqueue_active(wq_head);
    // SAFETY: promised by the caller.
    unsafe { waitqueue::prepare_to_wait(wq_head, wq_entry, state as u32, FSN_WQ_FLAG_EXCLUSIVE) };
    was_empty
}

/// `fsn_prepare_to_wait()` with the flags of the entry. Returns 0, or -ERESTARTSYS with the entry off the queue if a
/// signal ends sleeps in `state`.
///
/// # Safety
/// `wq_entry` is valid and initialised; `wq_head` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_prepare_to_wait_event(
    wq_head: *mut wait_queue_head,
    wq_entry: *mut wait_queue_entry,
    state: c_int,
) -> c_long {
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    c_long::from(unsafe { waitqueue::prepare_to_wait_event(wq_head, wq_entry, state as u32) })
}

/// Ends a wait: the thread's state is running, the entry off the queue.
///
/// # Safety
/// `wq_entry` is valid and initialised; `wq_head` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_finish_wait(wq_head: *mut wait_queue_head, wq_entry: *mut wait_queue_entry) {
    // SAFETY: promised by the caller.
    let wq_head = unsafe { queue(wq_head) };
    // SAFETY: promised by the caller.
    unsafe { waitqueue::finish_wait(wq_head, wq_entry) };
}

/// Sleeps in state `mode` until the entry's queue has been woken since the last call, for `timeout` jiffies at most;
/// returns what is left.
///
/// # Safety
/// The entry is the calling thread's, has `fsn_woken_wake_function()`, and is on a queue.
#[no_mangle]
pub unsafe extern "C" fn fsn_wait_woken(wq_entry: *mut wait_queue_entry, mode: c_uint, timeout: c_long) -> c_long {
    // SAFETY: promised by the caller.
    unsafe { waitqueue::wait_woken(wq_entry, mode, timeout) }
}

/// The wake-up behind the `fsn_wake_up()` family, for a queue that was seen not to be empty. Wakes the entries whose task
/// is in a state of `mode`: all plain ones and `nr` exclusive ones (0: all). Returns the number of exclusive ones.
///
/// # Safety
/// The queue is valid, and `key` what the entries' functions expect.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_slow(
    wq_head: *mut wait_queue_head,
    mode: c_uint,
    nr: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    waitqueue::wake_up_slow(unsafe { queue(wq_head) }, mode, nr, key)
}

/// The same with the queue's lock held by the caller.
///
/// # Safety
/// As for `fsn_wake_up_slow()`; the caller holds the queue's lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_locked_slow(
    wq_head: *mut wait_queue_head,
    mode: c_uint,
    nr: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    waitqueue::wake_locked(unsafe { queue(wq_head) }, mode, nr, 0, key)
}

/// Entry function: wakes the task in `private`. Returns 1 if it slept in a state of `mode`.
///
/// # Safety
/// The entry is on a queue whose lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_default_wake_function(
    wq_entry: *mut wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { waitqueue::default_wake_function(wq_entry, mode, sync, key) }
}

/// Entry function: wakes the task in `private`, and takes the entry off the queue if it slept in a state of `mode`.
///
/// # Safety
/// The entry is on a queue whose lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_autoremove_wake_function(
    wq_entry: *mut wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { waitqueue::autoremove_wake_function(wq_entry, mode, sync, key) }
}

/// Entry function of `fsn_wait_woken()`.
///
/// # Safety
/// The entry is on a queue whose lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_woken_wake_function(
    wq_entry: *mut wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { waitqueue::woken_wake_function(wq_entry, mode, sync, key) }
}

// ---- bits and variables -----------------------------------------------------------------------------------------------

/// The queue for waits on a bit of the word at an address; with -1, on the variable there.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_bit_waitqueue(word: *mut c_void, bit: c_int) -> *mut wait_queue_head {
    core::ptr::from_ref(wait_bit::bit_waitqueue(word, bit)).cast_mut()
}

/// Makes an entry one of the calling thread for the variable at `var`.
///
/// # Safety
/// The entry is valid memory and on no queue.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_wait_var_entry(wbq_entry: *mut wait_bit_queue_entry, var: *mut c_void, flags: c_int) {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::init_wait_bit_entry(wbq_entry, var, -1, flags as u32) };
}

/// Wakes who waits for the variable at `var`, which the caller has changed. The address is not followed.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_var(var: *mut c_void) {
    wait_bit::wake_up_var(var);
}

/// Wakes who waits for a bit, which the caller has cleared. The address is not followed.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_bit(word: *mut c_void, bit: c_int) {
    wait_bit::wake_up_bit(word, bit);
}

/// Waits in state `mode` until the bit is clear; between two looks `action` sleeps, and its non-zero value ends the wait
/// and is returned. Else 0; -EINTR for a signal.
///
/// # Safety
/// The word stays valid during the wait.
#[no_mangle]
pub unsafe extern "C" fn fsn_out_of_line_wait_on_bit(
    word: *mut c_void,
    bit: c_int,
    action: wait_bit_action_f,
    mode: c_uint,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::wait_on_bit(word, bit, action, mode, 0, false) }
}

/// The same for `timeout` jiffies at most, if the action is `fsn_bit_wait_timeout()`; -EAGAIN when the time is up.
///
/// # Safety
/// The word stays valid during the wait.
#[no_mangle]
pub unsafe extern "C" fn fsn_out_of_line_wait_on_bit_timeout(
    word: *mut c_void,
    bit: c_int,
    action: wait_bit_action_f,
    mode: c_uint,
    timeout: c_ulong,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::wait_on_bit(word, bit, action, mode, timeout, false) }
}

/// Waits until the caller has set the bit, as its only owner. Returns 0, or a value of `action` without the bit.
///
/// # Safety
/// The word stays valid during the wait.
#[no_mangle]
pub unsafe extern "C" fn fsn_out_of_line_wait_on_bit_lock(
    word: *mut c_void,
    bit: c_int,
    action: wait_bit_action_f,
    mode: c_uint,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::wait_on_bit(word, bit, action, mode, 0, true) }
}

/// Action of a wait for a bit: sleeps until woken. -EINTR for a signal.
///
/// # Safety
/// Called by the functions above.
#[no_mangle]
pub unsafe extern "C" fn fsn_bit_wait(key: *mut wait_bit_key, mode: c_int) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::bit_wait(key, mode) }
}

/// The same until the wait's time is up: then -EAGAIN.
///
/// # Safety
/// Called by the functions above.
#[no_mangle]
pub unsafe extern "C" fn fsn_bit_wait_timeout(key: *mut wait_bit_key, mode: c_int) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::bit_wait_timeout(key, mode) }
}

/// Entry function of a wait for a bit or a variable.
///
/// # Safety
/// The entry is part of a `wait_bit_queue_entry` on a queue whose lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_bit_function(
    wq_entry: *mut wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { wait_bit::wake_bit_function(wq_entry, mode, sync, key) }
}

// ---- polling ------------------------------------------------------------------------------------------------------------

/// Makes the calling thread ready to poll: hand `&pwq->pt` to the files' poll operations. At most
/// `FSN_POLL_ENTRIES` queues; beyond that `pwq->error` is -ENOMEM.
///
/// # Safety
/// `pwq` is valid memory that stays where it is until `fsn_poll_freewait()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_poll_initwait(pwq: *mut poll_wqueues) {
    // SAFETY: promised by the caller.
    unsafe { poll::poll_initwait(pwq) };
}

/// Sleeps in `state` until one of the queues has news, for `timeout` jiffies at most. Returns what is left, 0 when the time
/// is up. Look at the files again before the next call.
///
/// # Safety
/// `pwq` is the calling thread's, made by `fsn_poll_initwait()`; the queues still exist.
#[no_mangle]
pub unsafe extern "C" fn fsn_poll_schedule_timeout(pwq: *mut poll_wqueues, state: c_int, timeout: c_long) -> c_long {
    // SAFETY: promised by the caller.
    unsafe { poll::poll_schedule_timeout(pwq, state as u32, timeout) }
}

/// Takes the poller off all queues.
///
/// # Safety
/// `pwq` is the calling thread's, made by `fsn_poll_initwait()`; the queues still exist.
#[no_mangle]
pub unsafe extern "C" fn fsn_poll_freewait(pwq: *mut poll_wqueues) {
    // SAFETY: promised by the caller.
    unsafe { poll::poll_freewait(pwq) };
}
