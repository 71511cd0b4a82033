// SPDX-License-Identifier: GPL-2.0-or-later
//! Sleeping on a word, for what may be shared by two copies of the library, needs a time limit, or lies below
//! `parking_lot_core`: SRCU, timed sleeps of tasks, the worker.

use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

/// Sleeps while `word` is `value`, until a wake-up or for `limit` at most. May return early.
pub(super) fn wait(word: &AtomicU32, value: u32, limit: Option<libc::timespec>) {
    let limit = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word and the limit are valid during the call, which only compares the word.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, value, limit) };
}

/// Wakes up to `count` sleepers of `word`; the memory itself is not touched.
pub(super) fn wake(word: *const AtomicU32, count: i32) {
    // SAFETY: the call does not access the word.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, count) };
}

/// Clears a flag that somebody sleeps on, and wakes him.
#[cold]
pub(super) fn release(flag: &AtomicU32) {
    flag.store(0, Ordering::Release);
    wake(flag, i32::MAX);
}

/// `ms` milliseconds as a time limit.
pub(super) fn millis(ms: u64) -> libc::timespec {
    libc::timespec { tv_sec: (ms / 1000) as libc::time_t, tv_nsec: (ms % 1000 * 1_000_000) as libc::c_long }
}
