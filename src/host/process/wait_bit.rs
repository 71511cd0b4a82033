// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting for a bit of a word, or for a variable, without a wait queue of one's own: a table of queues, chosen by the
//! address. Entries of different addresses meet on one queue; a wake-up's key tells them apart.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_ulong, c_void};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use super::task::{current, jiffies, schedule, schedule_timeout, signal_pending_state};
use super::waitqueue::{autoremove_wake_function, init_entry, wait_loop, wake_up_key};
use crate::abi::primitives::{list_head, wait_queue_entry, wait_queue_head};
use crate::abi::task::*;
use crate::abi::wait::*;

const QUEUES: usize = 256;
static TABLE: [wait_queue_head; QUEUES] = [const { wait_queue_head::new() }; QUEUES];

const _: () = assert!(offset_of!(wait_bit_queue_entry, key) == 0);
const WQ_ENTRY: usize = offset_of!(wait_bit_queue_entry, wq_entry);
/// In [`wait_bit_key::bit_nr`]: the address is that of a variable.
const VARIABLE: c_int = -1;

/// The queue for waits on `bit` of the word at `address`, or on the variable there.
pub fn bit_waitqueue(address: *const c_void, bit: c_int) -> &'static wait_queue_head {
    let place = (address as u64).wrapping_add((bit as u64) << 56);
    let spread = (place ^ place >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &TABLE[(spread >> 56) as usize % QUEUES]
}

impl wait_bit_key {
    const fn new(address: *const c_void, bit: c_int) -> Self {
        Self { flags: UnsafeCell::new(address.cast_mut()), bit_nr: UnsafeCell::new(bit), timeout: UnsafeCell::new(0) }
    }

    /// # Safety
    /// The key does not change meanwhile: it is the caller's, or its entry is queued.
    unsafe fn place(&self) -> (*mut c_void, c_int) {
        // SAFETY: promised by the caller.
        let address = unsafe { *self.flags.get() };
        // SAFETY: promised by the caller.
        (address, unsafe { *self.bit_nr.get() })
    }
}

/// Entry function: [`autoremove_wake_function`] if the wake-up is for the entry's place, and its bit is clear.
///
/// # Safety
/// `at` is part of a queued [`wait_bit_queue_entry`], the queue's lock is held, and `key` is a [`wait_bit_key`].
pub unsafe extern "C" fn wake_bit_function(
    at: *mut wait_queue_entry,
    mode: u32,
    flags: c_int,
    key: *mut c_void,
) -> c_int {
    let waiter = at.wrapping_byte_sub(WQ_ENTRY).cast::<wait_bit_queue_entry>();
    // SAFETY: promised by the caller. The key is the entry's first member.
    let waits_for = unsafe { waiter.cast::<wait_bit_key>().as_ref() };
    // SAFETY: promised by the caller.
    let woken = unsafe { key.cast::<wait_bit_key>().as_ref() };
    let (Some(waits_for), Some(woken)) = (waits_for, woken) else { return 0 };
    // SAFETY: the entry is queued.
    let place = unsafe { waits_for.place() };
    // SAFETY: the waker's own key.
    if place != unsafe { woken.place() } {
        return 0;
    }
    // SAFETY: the word outlives the wait for it.
    if place.1 != VARIABLE && unsafe { test_bit(place.1, place.0) } {
        return 0;
    }
    // SAFETY: promised by the caller.
    unsafe { autoremove_wake_function(at, mode, flags, key) }
}

/// Makes the entry one of the calling thread for `bit` of the word at `address`, or, with -1, the variable there.
///
/// # Safety
/// The entry is valid, not queued, and the caller's alone.
pub unsafe fn init_wait_bit_entry(at: *mut wait_bit_queue_entry, address: *const c_void, bit: c_int, flags: u32) {
    // SAFETY: promised by the caller. The key is the entry's first member.
    unsafe { at.cast::<wait_bit_key>().write(wait_bit_key::new(address, bit)) };
    // SAFETY: promised by the caller.
    unsafe { init_entry(at.wrapping_byte_add(WQ_ENTRY).cast(), flags, Some(wake_bit_function)) };
}

fn blank() -> wait_bit_queue_entry {
    wait_bit_queue_entry {
        key: wait_bit_key::new(ptr::null(), VARIABLE),
        wq_entry: wait_queue_entry {
            flags: AtomicU32::new(0),
            private: UnsafeCell::new(ptr::null_mut()),
            func: UnsafeCell::new(None),
            entry: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        },
    }
}

// ---- variables ------------------------------------------------------------------------------------------------------

/// Sleeps until `done`; whoever makes it so calls [`wake_up_var`] with the same address, which is not followed.
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the address is only compared")]
pub fn wait_var_event(address: *const c_void, mut done: impl FnMut() -> bool) {
    if done() {
        return;
    }
    let mut waiter = blank();
    let at = &raw mut waiter;
    // SAFETY: a new entry in this frame.
    unsafe { init_wait_bit_entry(at, address, VARIABLE, 0) };
    let sleep = || {
        schedule();
        true
    };
    let queued = at.wrapping_byte_add(WQ_ENTRY).cast();
    // SAFETY: as above; it is off the queue when the loop ends.
    unsafe { wait_loop(bit_waitqueue(address, VARIABLE), queued, FSN_TASK_UNINTERRUPTIBLE, done, sleep) };
}

/// Wakes who waits for the variable at `address`. What the caller stored before is seen by the waiter.
#[inline]
pub fn wake_up_var(address: *const c_void) {
    wake_up_bit(address, VARIABLE);
}

// ---- bits -----------------------------------------------------------------------------------------------------------

/// The word that holds a bit, and the bit in it.
fn word_of(address: *mut c_void, bit: c_int) -> (*const AtomicUsize, usize) {
    let bits = usize::BITS as c_int;
    (address.cast::<AtomicUsize>().wrapping_add((bit / bits) as usize), 1 << (bit % bits))
}

/// # Safety
/// The address is that of a valid array of words that has the bit.
pub unsafe fn test_bit(bit: c_int, address: *mut c_void) -> bool {
    let (word, mask) = word_of(address, bit);
    // SAFETY: promised by the caller.
    let word = unsafe { &*word };
    word.load(Ordering::Acquire) & mask != 0
}

/// # Safety
/// As for [`test_bit`].
unsafe fn test_and_set_bit(bit: c_int, address: *mut c_void) -> bool {
    let (word, mask) = word_of(address, bit);
    // SAFETY: promised by the caller.
    let word = unsafe { &*word };
    word.fetch_or(mask, Ordering::SeqCst) & mask != 0
}

/// Wakes who waits for the bit, which the caller has cleared.
pub fn wake_up_bit(address: *const c_void, bit: c_int) {
    let key = wait_bit_key::new(address, bit);
    wake_up_key(bit_waitqueue(address, bit), FSN_TASK_NORMAL, 1, (&raw const key).cast_mut().cast());
}

/// Waits in `mode` until the bit is clear, or with `take` until this thread has set it. `action` sleeps; its non-zero
/// value ends the wait and is returned. `timeout` is for the actions that have a limit: jiffies from now.
///
/// # Safety
/// The word is valid during the wait, and `action` fit for being called.
pub unsafe fn wait_on_bit(
    address: *mut c_void,
    bit: c_int,
    action: wait_bit_action_f,
    mode: u32,
    timeout: c_ulong,
    take: bool,
) -> c_int {
    let mut waiter = blank();
    let at = &raw mut waiter;
    let flags = if take { FSN_WQ_FLAG_EXCLUSIVE } else { 0 };
    // SAFETY: a new entry in this frame.
    unsafe { init_wait_bit_entry(at, address, bit, flags) };
    let key = at.cast::<wait_bit_key>();
    // SAFETY: the entry of this frame, not queued yet; the key is its first member.
    unsafe { set_deadline(key, (jiffies() as c_ulong).wrapping_add(timeout)) };
    let mut result = 0;
    let done = || {
        if take {
            // SAFETY: the caller keeps the word.
            return !unsafe { test_and_set_bit(bit, address) };
        }
        // SAFETY: the caller keeps the word.
        !unsafe { test_bit(bit, address) }
    };
    let sleep = || {
        if let Some(action) = action {
            // SAFETY: the caller vouches for the action; the key is valid.
            result = unsafe { action(key, mode as c_int) };
        } else {
            schedule();
        }
        result == 0
    };
    let queued = at.wrapping_byte_add(WQ_ENTRY).cast();
    // SAFETY: as above; it is off the queue when the loop ends.
    let signal = unsafe { wait_loop(bit_waitqueue(address, bit), queued, mode, done, sleep) };
    let result = if signal != 0 { -libc::EINTR } else { result };
    // A wake-up that was meant for this waiter alone must not be lost because a signal came too.
    // SAFETY: the caller keeps the word.
    if result != 0 && take && !unsafe { test_and_set_bit(bit, address) } {
        return 0;
    }
    result
}

/// # Safety
/// The key is valid and not queued.
unsafe fn set_deadline(key: *mut wait_bit_key, deadline: c_ulong) {
    // SAFETY: promised by the caller.
    let timeout = unsafe { &*key }.timeout.get();
    // SAFETY: promised by the caller.
    unsafe { *timeout = deadline };
}

/// # Safety
/// The key is valid, and the caller's.
unsafe fn deadline_of(key: *mut wait_bit_key) -> c_ulong {
    // SAFETY: promised by the caller.
    let timeout = unsafe { &*key }.timeout.get();
    // SAFETY: promised by the caller.
    unsafe { *timeout }
}

/// Action: sleeps until woken.
///
/// # Safety
/// For [`wait_on_bit`] only.
pub unsafe extern "C" fn bit_wait(_key: *mut wait_bit_key, mode: c_int) -> c_int {
    schedule();
    interrupted(mode)
}

/// Action: the same with the limit in the key.
///
/// # Safety
/// For [`wait_on_bit`] only.
pub unsafe extern "C" fn bit_wait_timeout(key: *mut wait_bit_key, mode: c_int) -> c_int {
    // SAFETY: the key of the wait that calls this.
    let deadline = unsafe { deadline_of(key) };
    let left = deadline.wrapping_sub(jiffies() as c_ulong) as i64;
    if left <= 0 {
        return -libc::EAGAIN;
    }
    schedule_timeout(left);
    interrupted(mode)
}

fn interrupted(mode: c_int) -> c_int {
    if signal_pending_state(mode as u32, current()) {
        -libc::EINTR
    } else {
        0
    }
}

/// In the child of a fork: who waited here was a thread of the parent, or held a queue's lock there.
pub fn after_fork() {
    for queue in &TABLE {
        super::waitqueue::init_waitqueue_head(queue);
    }
}
