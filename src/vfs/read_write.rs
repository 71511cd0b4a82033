// SPDX-License-Identifier: GPL-2.0-or-later
//! What the system calls do with an open file before its own operations come (`fs/read_write.c`, `fs/ioctl.c`).
//!
//! The hooks of reading and writing are not called here: like those of opening and closing they belong to whoever serves the
//! file, in its operations.

use super::descriptor_table::set_close_on_exec;
use super::user_memory::copy_in;
use crate::abi::*;
use crate::host::process::uaccess::{access_ok, Access, Window};
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong};
use core::sync::atomic::Ordering::Relaxed;

/// Most that one call reads or writes.
const MAX_RW_COUNT: usize = (i32::MAX as usize) & !4095;
/// So much of a buffer is asked for at once; most reads take less.
const WINDOW: usize = 1 << 16;
/// The kernel's errno for "no such ioctl", which its callers do not see.
const ENOIOCTLCMD: c_long = 515;

const FIOCLEX: c_uint = 0x5451;
const FIONCLEX: c_uint = 0x5450;
const FIONBIO: c_uint = 0x5421;
const FIOASYNC: c_uint = 0x5452;

/// The file's callbacks.
pub(super) fn ops(file: &file) -> Option<&file_operations> {
    // SAFETY: set before the file is used.
    let ops = unsafe { *file.f_op.get() };
    // SAFETY: the table outlives the file.
    unsafe { ops.as_ref() }
}

/// What a caller of the system call sees of the errors that the kernel keeps to itself.
pub fn result(error: isize) -> isize {
    match -error {
        // ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK
        512..=514 | 516 => -(libc::EINTR as isize),
        _ => error,
    }
}

/// Reads: what `read` of the file says, -EBADF if it is not open for reading, -EINVAL if it cannot be read.
///
/// # Safety
///
/// `pos` is NULL or the caller's; no lock is held.
pub unsafe fn vfs_read(file: &file, buf: *mut c_char, count: usize, pos: *mut i64) -> isize {
    if file.f_mode.load(Relaxed) & FMODE_READ == 0 {
        return -(libc::EBADF as isize);
    }
    let Some(read) = ops(file).and_then(|ops| ops.read) else { return -(libc::EINVAL as isize) };
    if !access_ok(buf.addr(), count) {
        return -(libc::EFAULT as isize);
    }
    let _window = Window::open(buf.cast_const().cast(), count.min(WINDOW), Access::Write);
    // SAFETY: promised by the caller; a bad buffer is the operation's to find out.
    unsafe { read(file.as_ptr(), buf, count.min(MAX_RW_COUNT), pos) }
}

/// Writes: what `write` of the file says, -EBADF if it is not open for writing, -EINVAL if it cannot be written.
///
/// # Safety
///
/// As [`vfs_read`].
pub unsafe fn vfs_write(file: &file, buf: *const c_char, count: usize, pos: *mut i64) -> isize {
    if file.f_mode.load(Relaxed) & FMODE_WRITE == 0 {
        return -(libc::EBADF as isize);
    }
    let Some(write) = ops(file).and_then(|ops| ops.write) else { return -(libc::EINVAL as isize) };
    if !access_ok(buf.addr(), count) {
        return -(libc::EFAULT as isize);
    }
    let _window = Window::open(buf.cast(), count.min(WINDOW), Access::Read);
    // SAFETY: promised by the caller; a bad buffer is the operation's to find out.
    unsafe { write(file.as_ptr(), buf, count.min(MAX_RW_COUNT), pos) }
}

/// Moves the file's position as its `llseek` says; -ESPIPE where there is none.
pub fn llseek(file: &file, offset: i64, whence: c_int) -> i64 {
    match ops(file).and_then(|ops| ops.llseek) {
        // SAFETY: the file is alive, and no lock is held.
        Some(llseek) => unsafe { llseek(file.as_ptr(), offset, whence) },
        None => -i64::from(libc::ESPIPE),
    }
}

/// The file's own ioctl.
pub fn unlocked_ioctl(file: &file) -> Option<unsafe extern "C" fn(*mut file, c_uint, c_ulong) -> c_long> {
    ops(file)?.unlocked_ioctl
}

/// Whether readers of this file's position take turns: regular files and directories, as POSIX wants.
fn has_shared_position(file: &file) -> bool {
    const S_IFMT: u16 = 0o170_000;
    // SAFETY: the file holds a reference on its inode.
    let inode = unsafe { file.f_inode.load(Relaxed).as_ref() };
    inode.is_some_and(|inode| matches!(inode.i_mode.load(Relaxed) & S_IFMT, 0o100_000 | 0o040_000))
}

/// Runs `f` with the file's position, which moves unless `f` fails.
pub fn with_position(file: &file, f: impl FnOnce(*mut i64) -> isize) -> isize {
    let shared = has_shared_position(file);
    if shared {
        file.f_pos_lock.lock();
    }
    let mut pos = file.f_pos.load(Relaxed);
    let done = f(&raw mut pos);
    if done >= 0 {
        file.f_pos.store(pos, Relaxed);
    }
    if shared {
        // SAFETY: taken above.
        unsafe { file.f_pos_lock.unlock() };
    }
    done
}

/// The commands that every descriptor has, then the file's own; -ENOTTY where there is none.
///
/// # Safety
///
/// `arg` is what the command wants; no lock is held.
pub unsafe fn ioctl(fd: c_uint, file: &file, cmd: c_uint, arg: c_ulong) -> c_long {
    match cmd {
        FIOCLEX | FIONCLEX => {
            set_close_on_exec(fd, cmd == FIOCLEX);
            0
        }
        FIONBIO | FIOASYNC => {
            let Some(on) = copy_in::<c_int>(arg) else { return -(libc::EFAULT as c_long) };
            let flag = if cmd == FIONBIO { libc::O_NONBLOCK } else { libc::O_ASYNC } as u32;
            c_long::from(super::fcntl::set_flag(fd as c_int, file, flag, on != 0))
        }
        // SAFETY: the contract is the same.
        _ => unsafe { vfs_ioctl(file, cmd, arg) },
    }
}

/// The file's own ioctl.
///
/// # Safety
///
/// As [`ioctl`].
pub unsafe fn vfs_ioctl(file: &file, cmd: c_uint, arg: c_ulong) -> c_long {
    let Some(own) = ops(file).and_then(|ops| ops.unlocked_ioctl) else { return -(libc::ENOTTY as c_long) };
    // SAFETY: promised by the caller.
    match unsafe { own(file.as_ptr(), cmd, arg) } {
        error if error == -ENOIOCTLCMD => -(libc::ENOTTY as c_long),
        done => done,
    }
}
