// SPDX-License-Identifier: GPL-2.0-or-later
//! Threads of the library's own making: detached, without the program's signals.

use core::ffi::c_void;
use core::ptr;

/// Signals of faults, which must end the program, or reach its handler, where they happen.
const FAULTS: [libc::c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS, libc::SIGABRT];

/// Starts a thread that nobody joins. False: there is none to be had, and `argument` is the caller's still.
pub(crate) fn detached(start: extern "C" fn(*mut c_void) -> *mut c_void, argument: *mut c_void) -> bool {
    let old = block_signals();
    // SAFETY: a thread number is an integer, any value of which is valid.
    let mut thread: libc::pthread_t = unsafe { core::mem::zeroed() };
    // SAFETY: the function is of this library, which is never unmapped; whoever wrote it knows its argument.
    let error = unsafe { libc::pthread_create(&raw mut thread, ptr::null(), start, argument) };
    if error == 0 {
        // SAFETY: nobody has joined or detached the thread.
        unsafe { libc::pthread_detach(thread) };
    }
    if let Some(old) = old {
        // SAFETY: the mask that was read before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, ptr::null_mut()) };
    }
    error == 0
}

/// Blocks the signals that the new thread, which inherits the mask, must not get. Returns the old mask.
fn block_signals() -> Option<libc::sigset_t> {
    if cfg!(miri) {
        return None;
    }
    // SAFETY: a signal set is plain data.
    let (mut all, mut old): (libc::sigset_t, libc::sigset_t) = unsafe { core::mem::zeroed() };
    // SAFETY: a valid set.
    unsafe { libc::sigfillset(&raw mut all) };
    for signal in FAULTS {
        // SAFETY: a valid set and a valid signal.
        unsafe { libc::sigdelset(&raw mut all, signal) };
    }
    // SAFETY: both sets are valid.
    let error = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut old) };
    (error == 0).then_some(old)
}
