// SPDX-License-Identifier: GPL-2.0-or-later
//! `fcntl()` on the table's descriptors (`fs/fcntl.c`).

use super::close::{dnotify_fcntl, filp_close};
use super::descriptor_table as table;
use super::file::fput;
use super::held::hold;
use super::read_write::ops;
use super::user_memory::{copy_in, copy_out, Numbers};
use crate::abi::*;
use crate::host::process::fown;
use core::ffi::{c_int, c_long, c_uint, c_ulong};
use core::sync::atomic::Ordering::Relaxed;

const F_SETSIG: c_int = 10;
const F_GETSIG: c_int = 11;
const F_SETOWN_EX: c_int = 15;
const F_GETOWN_EX: c_int = 16;
const F_GETOWNER_UIDS: c_int = 17;

/// What `F_SETFL` may change.
const SETFL_MASK: u32 = (libc::O_APPEND | libc::O_NONBLOCK | libc::O_DIRECT | libc::O_NOATIME | libc::O_ASYNC) as u32;
const FASYNC: u32 = libc::O_ASYNC as u32;

/// The kernel's `struct f_owner_ex`.
#[repr(C)]
#[derive(Clone, Copy)]
struct OwnerEx {
    kind: c_int,
    pid: c_int,
}
impl Numbers for OwnerEx {}

/// Runs a command on a descriptor whose file the caller has looked up.
///
/// # Safety
///
/// `arg` is what the command wants; no lock is held.
pub unsafe fn fcntl(fd: c_uint, file: &file, cmd: c_int, arg: c_ulong) -> c_long {
    if file.f_mode.load(Relaxed) & FMODE_PATH != 0
        && ![libc::F_DUPFD, libc::F_DUPFD_CLOEXEC, libc::F_GETFD, libc::F_SETFD, libc::F_GETFL].contains(&cmd)
    {
        return -c_long::from(libc::EBADF);
    }
    let number = arg as c_int;
    c_long::from(match cmd {
        libc::F_DUPFD => dup(file, arg, 0),
        libc::F_DUPFD_CLOEXEC => dup(file, arg, libc::O_CLOEXEC as c_uint),
        libc::F_GETFD => table::close_on_exec(fd).map_or(-libc::EBADF, |on| if on { libc::FD_CLOEXEC } else { 0 }),
        libc::F_SETFD if table::set_close_on_exec(fd, number & libc::FD_CLOEXEC != 0) => 0,
        libc::F_SETFD => -libc::EBADF,
        libc::F_GETFL => file.f_flags.load(Relaxed) as c_int,
        libc::F_SETFL => set_flags(fd as c_int, file, number as u32, SETFL_MASK),
        libc::F_GETOWN => fown::f_getown(file),
        libc::F_SETOWN => fown::f_setown(file, number, 1),
        F_GETSIG => fown::f_getsig(file),
        // A signal number has more bits than an int only by mistake.
        F_SETSIG => c_int::try_from(arg).map_or(-libc::EINVAL, |sig| fown::f_setsig(file, sig)),
        F_GETOWN_EX => owner(file, arg),
        F_SETOWN_EX => set_owner(file, arg),
        F_GETOWNER_UIDS => owner_uids(file, arg),
        // SAFETY: alive, and no lock is held.
        libc::F_NOTIFY => unsafe { dnotify_fcntl(fd as c_int, file.as_ptr(), arg) },
        _ => -libc::EINVAL,
    })
}

fn dup(file: &file, from: c_ulong, flags: c_uint) -> c_int {
    let Ok(from) = c_uint::try_from(from) else { return -libc::EINVAL };
    // SAFETY: the caller of `fcntl` keeps the file.
    unsafe { table::dup_file(file.as_ptr(), from, flags) }
}

/// Sets or clears one of the flags of `F_SETFL`: 0 or a negative errno.
pub(super) fn set_flag(fd: c_int, file: &file, flag: u32, on: bool) -> c_int {
    set_flags(fd, file, if on { flag } else { 0 }, flag)
}

/// Gives the flags of `mask` the values that they have in `flags`. A change of `O_ASYNC` is the file's own to make.
fn set_flags(fd: c_int, file: &file, flags: u32, mask: u32) -> c_int {
    let change = (flags ^ file.f_flags.load(Relaxed)) & mask;
    if change & FASYNC != 0 {
        match ops(file).and_then(|ops| ops.fasync) {
            Some(fasync) => {
                // SAFETY: the file is alive, and no lock is held.
                let error = unsafe { fasync(fd, file.as_ptr(), c_int::from(flags & FASYNC != 0)) };
                if error < 0 {
                    return error;
                }
            }
            // FIOASYNC says so where F_SETFL does not mind.
            None if mask == FASYNC => return -libc::ENOTTY,
            None => {}
        }
    }
    // FIOASYNC leaves the flag to the file's own operation.
    if mask != FASYNC {
        let _lock = hold(&file.f_lock);
        file.f_flags.store(flags & mask | file.f_flags.load(Relaxed) & !mask, Relaxed);
    }
    0
}

fn owner(file: &file, to: c_ulong) -> c_int {
    let (kind, pid) = fown::f_getown_ex(file).unwrap_or((pid_type::PIDTYPE_TGID, 0));
    let kind = match kind {
        pid_type::PIDTYPE_PID => 0,
        pid_type::PIDTYPE_TGID => 1,
        _ => 2,
    };
    copy_out(to, &OwnerEx { kind, pid })
}

fn set_owner(file: &file, from: c_ulong) -> c_int {
    let Some(OwnerEx { kind, pid }) = copy_in(from) else { return -libc::EFAULT };
    let kind = match kind {
        0 => pid_type::PIDTYPE_PID,
        1 => pid_type::PIDTYPE_TGID,
        2 => pid_type::PIDTYPE_PGID,
        _ => return -libc::EINVAL,
    };
    fown::f_setown_ex(file, kind, pid)
}

fn owner_uids(file: &file, to: c_ulong) -> c_int {
    copy_out(to, &fown::users(file))
}

/// A second descriptor (`dup()`): its number, or a negative errno.
pub fn dup_fd(fd: c_uint) -> c_int {
    let file = table::fget(fd, 0);
    if file.is_null() {
        return -libc::EBADF;
    }
    // SAFETY: looked up just now.
    let new = unsafe { table::dup_file(file, 0, 0) };
    // SAFETY: as above.
    unsafe { fput(file) };
    new
}

/// Makes `new` a descriptor of what `old` is, closing what it was (`dup3()`; with `same` allowed, `dup2()`).
pub fn dup_to(old: c_uint, new: c_uint, flags: c_int, same: bool) -> c_int {
    if flags & !libc::O_CLOEXEC != 0 || (old == new && !same) {
        return -libc::EINVAL;
    }
    let file = table::fget(old, 0);
    if file.is_null() {
        return -libc::EBADF;
    }
    let replaced = if old == new {
        Ok(core::ptr::null_mut())
    } else {
        // SAFETY: looked up just now.
        unsafe { table::replace_fd(new, file, flags as c_uint) }
    };
    // SAFETY: looked up above.
    unsafe { fput(file) };
    match replaced {
        Ok(before) => {
            if !before.is_null() {
                // SAFETY: the table's reference, which is this function's now.
                unsafe { filp_close(before, crate::host::process::task::files().cast()) };
            }
            new as c_int
        }
        Err(error) => error,
    }
}
