// SPDX-License-Identifier: GPL-2.0-or-later
//! Files that stand for a process: each wraps a descriptor of the system's (`pidfd_open()`), whose number a program may
//! ask for.

use super::anon_inodes::anon_inode_getfile;
use super::descriptor_table::{alloc_fd, put_unused_fd};
use crate::abi::*;
use crate::host::process::pids;
use core::ffi::{c_int, c_long, c_uint};
use core::ptr;

/// The file's callbacks, whose address tells such files from others.
struct Ops(file_operations);
// SAFETY: nobody writes to it.
unsafe impl Sync for Ops {}

static OPS: Ops = Ops(file_operations { release: Some(release), poll: Some(poll), ..file_operations::NONE });

/// The system's descriptor, in `private_data`.
fn number(file: &file) -> c_int {
    // SAFETY: set before the file is used.
    unsafe { *file.private_data.get() }.addr() as c_int
}

unsafe extern "C" fn release(_inode: *mut inode, file: *mut file) -> c_int {
    // SAFETY: the file is at its end and still whole.
    let number = number(unsafe { &*file });
    // SAFETY: the file's own.
    unsafe { libc::close(number) };
    0
}

/// Readable once the process has ended. Nobody is told of that moment: a program that wants to wait uses the system's
/// descriptor.
unsafe extern "C" fn poll(file: *mut file, _wait: *mut poll_table_struct) -> c_uint {
    // SAFETY: the caller keeps the file.
    let mut fd = libc::pollfd { fd: number(unsafe { &*file }), events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid entry, no wait.
    if unsafe { libc::poll(&raw mut fd, 1, 0) } <= 0 {
        return 0;
    }
    (libc::POLLIN | libc::POLLRDNORM) as u32
}

fn open(nr: c_int, flags: c_uint) -> c_int {
    // SAFETY: pidfd_open checks its arguments.
    let fd: c_long = unsafe { libc::syscall(libc::SYS_pidfd_open, nr, flags) };
    match c_int::try_from(fd) {
        Ok(fd) if fd >= 0 => fd,
        _ => match crate::host::process::last_error() {
            // It has ended since it was looked at.
            libc::ESRCH => -libc::EINVAL,
            error => -error,
        },
    }
}

/// Reserves a descriptor and makes a file for it: the number and the file, both for the caller to install or give back,
/// or a negative errno: -EINVAL if no process has this id (any more).
///
/// # Safety
///
/// `pid` is NULL or an object on which the caller holds a reference.
pub unsafe fn pidfd_prepare(pid: *mut pid, flags: c_uint) -> Result<(c_int, *mut file), c_int> {
    const PIDFD_THREAD: c_uint = libc::O_EXCL as c_uint;
    let kind = if flags & PIDFD_THREAD != 0 { pid_type::PIDTYPE_PID } else { pid_type::PIDTYPE_TGID };
    // SAFETY: promised by the caller.
    let nr = unsafe { pids::nr(pid) };
    if !pids::has_task(nr, kind) {
        return Err(-libc::EINVAL);
    }
    let fd = alloc_fd(0, libc::O_CLOEXEC as c_uint);
    if fd < 0 {
        return Err(fd);
    }
    let system = open(nr, flags);
    if system < 0 {
        put_unused_fd(fd as c_uint);
        return Err(system);
    }
    let access = libc::O_RDWR | flags as c_int & libc::O_NONBLOCK;
    // SAFETY: the callbacks are static.
    let file = unsafe {
        anon_inode_getfile(b"[pidfd]", &raw const OPS.0, ptr::without_provenance_mut(system as usize), access)
    };
    if file.is_null() {
        // SAFETY: opened above.
        unsafe { libc::close(system) };
        put_unused_fd(fd as c_uint);
        return Err(-libc::ENOMEM);
    }
    Ok((fd, file))
}

/// The system's descriptor that such a file wraps; -EBADF for any other file. It ends with the file.
pub fn pidfd_number(file: &file) -> c_int {
    // SAFETY: set before the file is used.
    let ops = unsafe { *file.f_op.get() };
    if ptr::eq(ops, &raw const OPS.0) {
        number(file)
    } else {
        -libc::EBADF
    }
}
