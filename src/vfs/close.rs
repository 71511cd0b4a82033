// SPDX-License-Identifier: GPL-2.0-or-later
//! Closing descriptors (`filp_close()`), and what dnotify has to do with them: it lies outside the library, so its object
//! file says where it is.

use super::descriptor_table;
use super::file::fput;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::task::files;
use core::ffi::{c_int, c_uint, c_ulong, c_void};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// `F_NOTIFY` of `fcntl()`, as dnotify has it.
pub type DnotifyFcntl = unsafe extern "C" fn(fd: c_int, filp: *mut file, arg: c_ulong) -> c_int;
/// The end of a descriptor, as dnotify has it.
pub type DnotifyFlush = unsafe extern "C" fn(filp: *mut file, id: *mut c_void);

/// The two functions' addresses, 0: there is no dnotify.
static FCNTL: AtomicUsize = AtomicUsize::new(0);
static FLUSH: AtomicUsize = AtomicUsize::new(0);

/// Says who serves `F_NOTIFY` and hears of closed descriptors.
pub fn set_dnotify(fcntl: Option<DnotifyFcntl>, flush: Option<DnotifyFlush>) {
    FLUSH.store(flush.map_or(0, |f| f as usize), Release);
    FCNTL.store(fcntl.map_or(0, |f| f as usize), Release);
}

/// `F_NOTIFY`; -EINVAL without dnotify.
///
/// # Safety
///
/// `filp` is alive; no lock is held.
pub unsafe fn dnotify_fcntl(fd: c_int, filp: *mut file, arg: c_ulong) -> c_int {
    let address = FCNTL.load(Acquire);
    if address == 0 {
        return -libc::EINVAL;
    }
    // SAFETY: what is not 0 was stored as such a function.
    let fcntl = unsafe { core::mem::transmute::<usize, DnotifyFcntl>(address) };
    // SAFETY: promised by the caller.
    unsafe { fcntl(fd, filp, arg) }
}

fn dnotify_flush(filp: *mut file, id: *mut c_void) {
    let address = FLUSH.load(Acquire);
    if address != 0 {
        // SAFETY: what is not 0 was stored as such a function.
        let flush = unsafe { core::mem::transmute::<usize, DnotifyFlush>(address) };
        // SAFETY: the file is alive, and no lock is held.
        unsafe { flush(filp, id) };
    }
}

/// The end of one descriptor of a file: `flush`, then dnotify's part, then the descriptor's reference. Returns what
/// `flush` said.
///
/// # Safety
///
/// The caller has the descriptor's reference, and not afterwards; no lock is held.
pub unsafe fn filp_close(filp: *mut file, id: *mut c_void) -> c_int {
    // SAFETY: alive by the contract.
    let file = unsafe { &*filp };
    if file.f_count.counter.load(Relaxed) == 0 {
        warn("filp_close", "the file has no references");
        return 0;
    }
    // SAFETY: set before the file is used.
    let ops = unsafe { *file.f_op.get() };
    // SAFETY: the table outlives the file.
    let flush = unsafe { ops.as_ref() }.and_then(|ops| ops.flush);
    // SAFETY: the file is alive, and no lock is held.
    let result = flush.map_or(0, |flush| unsafe { flush(filp, id) });
    if file.f_mode.load(Relaxed) & FMODE_PATH == 0 {
        dnotify_flush(filp, id);
    }
    // SAFETY: the descriptor's.
    unsafe { fput(filp) };
    result
}

/// Closes a descriptor: what `flush` says, or -EBADF.
pub fn close_fd(fd: c_uint) -> c_int {
    let file = descriptor_table::take(fd);
    if file.is_null() {
        return -libc::EBADF;
    }
    // SAFETY: the table's reference is this function's now.
    unsafe { filp_close(file, files().cast()) }
}
