// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls that every descriptor of the table has, for C programs, and their halves for whoever holds a file.
//!
//! `fsn_sys_*` return what the system call returns: a result or a negative errno; a wait that is interrupted
//! (`fsn_task_interrupt()`, `fsn_task_kill()`) ends with -EINTR, and stays interrupted until `fsn_flush_signals()`.

use crate::abi::*;
use crate::vfs::{close, descriptor_table as table, fcntl, file as files, read_write as rw, select};
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};

/// Runs `f` with the descriptor's file; -EBADF if there is none.
fn with(fd: c_int, without: u32, f: impl FnOnce(&file) -> isize) -> isize {
    let file = table::fget(fd as c_uint, without);
    // SAFETY: NULL, or looked up just now.
    let Some(this) = (unsafe { file.as_ref() }) else { return -(libc::EBADF as isize) };
    let done = f(this);
    // SAFETY: looked up above.
    unsafe { files::fput(file) };
    rw::result(done)
}

/// `read()` at the file's position: bytes, 0 at the end, or a negative errno. A buffer that cannot be written gives -EFAULT.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_read(fd: c_int, buf: *mut c_void, count: usize) -> isize {
    with(fd, FMODE_PATH, |file| {
        rw::with_position(file, |pos| {
            // SAFETY: the position is this call's.
            unsafe { rw::vfs_read(file, buf.cast(), count, pos) }
        })
    })
}

/// `write()` at the file's position: bytes, or a negative errno. A buffer that cannot be read gives -EFAULT.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_write(fd: c_int, buf: *const c_void, count: usize) -> isize {
    with(fd, FMODE_PATH, |file| {
        rw::with_position(file, |pos| {
            // SAFETY: the position is this call's.
            unsafe { rw::vfs_write(file, buf.cast(), count, pos) }
        })
    })
}

/// `lseek()`: the new position, or a negative errno; -ESPIPE for a file that has none.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_lseek(fd: c_int, offset: i64, whence: c_int) -> i64 {
    with(fd, FMODE_PATH, |file| rw::llseek(file, offset, whence) as isize) as i64
}

/// `close()`: what the file's `flush` says, or -EBADF. The number is free afterwards in any case.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_close(fd: c_int) -> c_int {
    rw::result(close::close_fd(fd as c_uint) as isize) as c_int
}

/// `poll()`: how many of the `count` entries (`struct pollfd`) have something, 0 when `timeout` milliseconds are over (negative:
/// never), -EINTR, -ENOMEM, -EFAULT, -EINVAL for more entries than the process may have descriptors.
///
/// # Safety
///
/// The entries are the caller's; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_poll(fds: *mut c_void, count: c_ulong, timeout: c_int) -> c_int {
    if count as usize > table::limit() {
        return -libc::EINVAL;
    }
    // SAFETY: the caller's promise.
    match unsafe { select::array(fds, count as usize) } {
        Some(fds) => select::poll(fds, timeout),
        None => -libc::EFAULT,
    }
}

/// `ioctl()`: `FIONBIO`, `FIOASYNC`, `FIOCLEX` and `FIONCLEX`, then the file's own; -ENOTTY where there is none.
///
/// # Safety
///
/// `arg` is what the command wants; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_ioctl(fd: c_int, cmd: c_uint, arg: c_ulong) -> c_long {
    with(fd, FMODE_PATH, |file| {
        // SAFETY: the caller's promise.
        unsafe { rw::ioctl(fd as c_uint, file, cmd, arg) as isize }
    }) as c_long
}

/// `fcntl()`: `F_DUPFD`, `F_DUPFD_CLOEXEC`, `F_GETFD`, `F_SETFD`, `F_GETFL`, `F_SETFL`, `F_GETOWN`, `F_SETOWN`, `F_GETSIG`,
/// `F_SETSIG`, `F_GETOWN_EX`, `F_SETOWN_EX`, `F_GETOWNER_UIDS`, and `F_NOTIFY` where dnotify is there; -EINVAL for others.
///
/// # Safety
///
/// `arg` is what the command wants; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_fcntl(fd: c_int, cmd: c_int, arg: c_ulong) -> c_long {
    with(fd, 0, |file| {
        // SAFETY: the caller's promise.
        unsafe { fcntl::fcntl(fd as c_uint, file, cmd, arg) as isize }
    }) as c_long
}

/// `dup()`: the lowest free number, now a descriptor of the same file; -EBADF, -EMFILE, -ENOMEM.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_dup(fd: c_int) -> c_int {
    fcntl::dup_fd(fd as c_uint)
}

/// `dup2()`: `new_fd`, now a descriptor of the same file; what it was before is closed. -EBADF, -EBUSY, -ENOMEM.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_dup2(old_fd: c_int, new_fd: c_int) -> c_int {
    fcntl::dup_to(old_fd as c_uint, new_fd as c_uint, 0, true)
}

/// `dup3()`: as `fsn_sys_dup2()`, with `O_CLOEXEC` in the flags if wanted; -EINVAL if both are the same.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_dup3(old_fd: c_int, new_fd: c_int, flags: c_int) -> c_int {
    fcntl::dup_to(old_fd as c_uint, new_fd as c_uint, flags, false)
}

/// Reads from a file at a position of the caller's (`vfs_read()`): what its `read` says, -EBADF if it is not open for
/// reading, -EINVAL if it has no `read`. The hooks (`fsnotify_access()`) are the file's own to call. An interrupted wait is
/// -ERESTARTSYS, as in the kernel.
///
/// # Safety
///
/// The caller has a reference on the file and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_read(file: *mut file, buf: *mut c_char, count: usize, pos: *mut i64) -> isize {
    // SAFETY: the caller's promise.
    let file = unsafe { &*file };
    // SAFETY: the caller's promise.
    unsafe { rw::vfs_read(file, buf, count, pos) }
}

/// Writes to a file at a position of the caller's (`vfs_write()`), as `fsn_vfs_read()` reads.
///
/// # Safety
///
/// The caller has a reference on the file and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_write(file: *mut file, buf: *const c_char, count: usize, pos: *mut i64) -> isize {
    // SAFETY: the caller's promise.
    let file = unsafe { &*file };
    // SAFETY: the caller's promise.
    unsafe { rw::vfs_write(file, buf, count, pos) }
}

/// What the file has now (`vfs_poll()`), as `EPOLL*` bits; `wait` is NULL or a poll table that hears of more. A file without
/// `poll` can always be read and written.
///
/// # Safety
///
/// The caller has a reference on the file and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_poll(file: *mut file, wait: *mut poll_table_struct) -> c_uint {
    // SAFETY: the caller's promise.
    let file = unsafe { &*file };
    // SAFETY: the caller's promise.
    unsafe { select::vfs_poll(file, wait) }
}

/// The file's own ioctl (`vfs_ioctl()`); -ENOTTY if it has none.
///
/// # Safety
///
/// The caller has a reference on the file and holds no lock; `arg` is what the command wants.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_ioctl(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long {
    // SAFETY: the caller's promise.
    let file = unsafe { &*file };
    // SAFETY: the caller's promise.
    unsafe { rw::vfs_ioctl(file, cmd, arg) }
}

/// For a table of callbacks: seeking does nothing (`noop_llseek()`). Returns the file's position.
///
/// # Safety
///
/// The caller has a reference on the file.
#[no_mangle]
pub unsafe extern "C" fn fsn_noop_llseek(file: *mut file, offset: i64, whence: c_int) -> i64 {
    let _ = (offset, whence);
    // SAFETY: the caller's promise.
    unsafe { &*file }.f_pos.load(core::sync::atomic::Ordering::Relaxed)
}

/// For a table of callbacks: a 32-bit caller's argument is a pointer, so its upper half is taken away
/// (`compat_ptr_ioctl()`), then `unlocked_ioctl`.
///
/// # Safety
///
/// As `fsn_vfs_ioctl()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_compat_ptr_ioctl(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long {
    const ENOIOCTLCMD: c_long = 515;
    // SAFETY: the caller's promise.
    let this = unsafe { &*file };
    match rw::unlocked_ioctl(this) {
        // SAFETY: the caller's promise.
        Some(own) => unsafe { own(file, cmd, arg & c_ulong::from(u32::MAX)) },
        None => -ENOIOCTLCMD,
    }
}

/// What a descriptor's file has to tell in `/proc/<pid>/fdinfo`: see `fsn_show_fdinfo()`; `O_CLOEXEC` is among the flags if the
/// descriptor has it. -EBADF if there is no such descriptor.
///
/// # Safety
///
/// `buf` has room for `size` bytes; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_sys_fdinfo(fd: c_int, buf: *mut c_char, size: usize) -> isize {
    with(fd, 0, |file| {
        let close_on_exec = table::close_on_exec(fd as c_uint) == Some(true);
        // SAFETY: the caller's promise.
        unsafe { crate::vfs::fdinfo::show(file, close_on_exec, buf, size) }
    })
}

/// Writes what a file has to tell in `/proc/<pid>/fdinfo`: lines `pos`, `flags`, `mnt_id`, `ino`, then those of its
/// `show_fdinfo`. Returns the length of the whole text, of which what fits is copied, with a NUL behind it; -ENOMEM; -EINVAL
/// for NULL.
///
/// # Safety
///
/// NULL or a file on which the caller has a reference; `buf` has room for `size` bytes; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_show_fdinfo(file: *mut file, buf: *mut c_char, size: usize) -> isize {
    // SAFETY: the caller's promise.
    match unsafe { file.as_ref() } {
        // SAFETY: the caller's promise.
        Some(file) => unsafe { crate::vfs::fdinfo::show(file, false, buf, size) },
        None => -(libc::EINVAL as isize),
    }
}

/// Makes an ordinary descriptor of the system's that carries a file's events: for `poll()`, `select()`, epoll, `read()` and
/// `close()` in any event loop, and for other processes (`SCM_RIGHTS`). `flags` are `O_NONBLOCK` and `O_CLOEXEC`. Takes a
/// reference on the file of its own, which it puts soon after the last copy of the descriptor was closed. -EINVAL for other
/// flags, NULL, or a file that has no `read` or no `poll`; -EBADF if it is not open for reading; -ENOMEM, -EMFILE, -ENFILE,
/// -EAGAIN without a thread. `docs/host.md` says how it differs from the file's own `read`.
///
/// # Safety
///
/// NULL or a file on which the caller has a reference, whose wait queues live as long as the file does.
#[no_mangle]
pub unsafe extern "C" fn fsn_file_descriptor(file: *mut file, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { file.as_ref() } {
        // SAFETY: the caller's promise.
        Some(file) => unsafe { crate::vfs::real_descriptor::file_descriptor(file, flags) },
        None => -libc::EINVAL,
    }
}
