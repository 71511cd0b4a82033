// SPDX-License-Identifier: GPL-2.0-or-later
//! `poll()` on the table's descriptors (`fs/select.c`).
//!
//! A poller keeps a reference on each file whose queues it is on, so that a descriptor may be closed meanwhile; it is
//! looked up anew in each round, as the kernel does.

use super::descriptor_table::fget;
use super::file::fput;
use super::read_write::ops;
use crate::abi::*;
use crate::host::process::poll::{poll_freewait, poll_initwait, poll_schedule_timeout};
use crate::host::process::slab;
use crate::host::process::task::{current, jiffies, signal_pending};
use crate::host::process::uaccess;
use core::ffi::{c_int, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr;

/// The C library's `struct pollfd`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

/// What a file without a poll operation always is.
const ALWAYS: u32 = (libc::POLLIN | libc::POLLOUT | libc::POLLRDNORM | libc::POLLWRNORM) as u16 as u32;
/// What is reported whether it was asked for or not.
const UNASKED: u32 = (libc::POLLERR | libc::POLLHUP) as u16 as u32;

/// What the file's poll operation says; it may put the caller's entry on its queues.
///
/// # Safety
///
/// `wait` is NULL or a poll table of the calling thread's; no lock is held.
pub unsafe fn vfs_poll(file: &file, wait: *mut poll_table_struct) -> u32 {
    match ops(file).and_then(|ops| ops.poll) {
        // SAFETY: promised by the caller.
        Some(poll) => unsafe { poll(file.as_ptr(), wait) },
        None => ALWAYS,
    }
}

/// The files whose queues the poller may be on.
struct Files {
    held: *mut *mut file,
    len: usize,
}

impl Files {
    fn new(len: usize) -> Option<Self> {
        let held: *mut *mut file = slab::kzalloc(len.max(1) * size_of::<*mut file>(), GFP_KERNEL).cast();
        (!held.is_null()).then(|| Files { held, len })
    }

    fn slots(&mut self) -> &mut [*mut file] {
        // SAFETY: `len` pointers, zeroed when allocated.
        unsafe { core::slice::from_raw_parts_mut(self.held, self.len) }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for &mut file in self.slots() {
            // SAFETY: NULL, or a reference that was put here to be kept.
            unsafe { fput(file) };
        }
        // SAFETY: allocated in `new`.
        unsafe { slab::kfree(self.held.cast()) };
    }
}

/// One descriptor in one round. A file looked up in the first round is kept in `held`.
///
/// # Safety
///
/// As [`vfs_poll`].
unsafe fn one(fd: &mut PollFd, wait: *mut poll_table_struct, key: *mut c_uint, held: &mut *mut file) -> bool {
    fd.revents = 0;
    if fd.fd < 0 {
        return false;
    }
    let found = fget(fd.fd as c_uint, FMODE_PATH);
    // SAFETY: NULL, or looked up just now.
    let mask = match unsafe { found.as_ref() } {
        None => libc::POLLNVAL as u16 as u32,
        Some(file) => {
            let filter = u32::from(fd.events as u16) | UNASKED;
            // SAFETY: the poller's own field.
            unsafe { *key = filter };
            // SAFETY: promised by the caller.
            filter & unsafe { vfs_poll(file, wait) }
        }
    };
    if held.is_null() {
        *held = found;
    } else {
        // SAFETY: looked up just now.
        unsafe { fput(found) };
    }
    fd.revents = mask as i16;
    mask != 0
}

/// Waits until one of the descriptors has what it is asked for, for `timeout` milliseconds at most (for ever if it is
/// negative): how many have, 0 when the time is up, -EINTR, -ENOMEM.
pub fn poll(fds: &mut [PollFd], timeout: c_int) -> c_int {
    let Some(mut files) = Files::new(fds.len()) else { return -libc::ENOMEM };
    let mut table = MaybeUninit::<poll_wqueues>::zeroed();
    let pwq = table.as_mut_ptr();
    // SAFETY: zeroed memory of the right size, which stays where it is.
    unsafe { poll_initwait(pwq) };
    let done = rounds(fds, timeout, pwq, &mut files);
    // SAFETY: initialised above; the queues' files are kept by `files`.
    unsafe { poll_freewait(pwq) };
    done
}

fn rounds(fds: &mut [PollFd], timeout: c_int, pwq: *mut poll_wqueues, files: &mut Files) -> c_int {
    let deadline = u64::try_from(timeout).ok().map(|ms| jiffies().saturating_add(ms));
    // SAFETY: the poller is this thread's and initialised.
    let this = unsafe { &*pwq };
    let mut first = timeout != 0;
    loop {
        let wait = if first { pwq.cast::<poll_table_struct>() } else { ptr::null_mut() };
        let mut count = 0;
        for (fd, held) in fds.iter_mut().zip(files.slots()) {
            // Once something is there, nobody will sleep.
            let wait = if count == 0 { wait } else { ptr::null_mut() };
            // SAFETY: the table is this thread's, and no lock is held.
            count += c_int::from(unsafe { one(fd, wait, this.pt._key.get(), held) });
        }
        first = false;
        // SAFETY: only this thread writes it.
        let error = unsafe { *this.error.get() };
        if count != 0 {
            return count;
        }
        if signal_pending(current()) {
            return -libc::EINTR;
        }
        if error != 0 {
            return error;
        }
        let left = match deadline {
            None => FSN_MAX_SCHEDULE_TIMEOUT,
            Some(deadline) => deadline.saturating_sub(jiffies()) as i64,
        };
        if left == 0 {
            return 0;
        }
        // SAFETY: the poller is this thread's.
        unsafe { poll_schedule_timeout(pwq, FSN_TASK_INTERRUPTIBLE, left) };
    }
}

/// The memory of a caller's array; `None` where it cannot be written.
///
/// # Safety
///
/// The array is the caller's for as long as the call lasts.
pub unsafe fn array<'a>(fds: *mut c_void, count: usize) -> Option<&'a mut [PollFd]> {
    if count == 0 {
        return Some(&mut []);
    }
    if !uaccess::is_there(fds.addr(), count * size_of::<PollFd>(), uaccess::Access::Write) {
        return None;
    }
    // SAFETY: writable, and the caller's.
    Some(unsafe { core::slice::from_raw_parts_mut(fds.cast::<PollFd>(), count) })
}
