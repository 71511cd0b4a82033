// SPDX-License-Identifier: GPL-2.0-or-later
//! The thread's errno: the library leaves the program's as it was where it reports nothing.

use core::ffi::c_int;

fn place() -> *mut c_int {
    // SAFETY: the call has no requirement.
    unsafe { libc::__errno_location() }
}

/// The error of the last call.
pub(super) fn get() -> c_int {
    // SAFETY: the thread's errno lives as long as the thread.
    unsafe { *place() }
}

/// Restores what was there before.
pub(super) fn set(error: c_int) {
    // SAFETY: as above, and no other thread has it.
    unsafe { *place() = error };
}
