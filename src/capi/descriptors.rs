// SPDX-License-Identifier: GPL-2.0-or-later
//! The process's table of descriptors, files without a place, and pidfds. The numbers are the table's own: they have nothing
//! to do with the system's descriptors.

use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::task;
use crate::vfs::{anon_inodes, close, descriptor_table as table, file as files, pidfd};
use core::ffi::{c_char, c_int, c_uint, c_void, CStr};
use core::ptr;

/// Reserves the lowest free number (`get_unused_fd_flags()`): `O_CLOEXEC` of the flags counts. -EMFILE at the limit
/// (`RLIMIT_NOFILE`), -ENOMEM. It is `fsn_fd_install()`'s or `fsn_put_unused_fd()`'s afterwards.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_unused_fd_flags(flags: c_uint) -> c_int {
    table::alloc_fd(0, flags)
}

/// Gives back a number that was reserved and not installed (`put_unused_fd()`).
///
/// # Safety
///
/// The number is the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_unused_fd(fd: c_uint) {
    table::put_unused_fd(fd);
}

/// Makes a reserved number a descriptor of the file (`fd_install()`). The caller's reference becomes the table's.
///
/// # Safety
///
/// The number is the caller's, and so is a reference on the file, which is not NULL.
#[no_mangle]
pub unsafe extern "C" fn fsn_fd_install(fd: c_uint, file: *mut file) {
    if file.is_null() {
        warn("fd_install", "the file is NULL");
        return;
    }
    table::fd_install(fd, file);
}

/// The descriptor's file with a reference (`fget()`); NULL if there is none, or it is open with `O_PATH` only. The same as
/// `fdget()`, which never borrows here.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_fget(fd: c_uint) -> *mut file {
    table::fget(fd, FMODE_PATH)
}

/// The same for any file (`fget_raw()`, `lookup_fdget_rcu()`).
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_fget_raw(fd: c_uint) -> *mut file {
    table::fget(fd, 0)
}

/// The file of a descriptor without a reference (6.1's `lookup_fd_rcu()`): it may go at any time, so it is to be compared
/// and no more.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_lookup_fd_rcu(fd: c_uint) -> *mut file {
    let file = table::fget(fd, 0);
    // SAFETY: NULL, or looked up just now.
    unsafe { files::fput(file) };
    file
}

/// Closes a descriptor (`close_fd()`): what `flush` says, or -EBADF.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsn_close_fd(fd: c_uint) -> c_int {
    close::close_fd(fd)
}

/// The end of one descriptor of a file, or of what stands for one (`filp_close()`): `flush`, dnotify's end, `fput()`.
/// Returns what `flush` said. `id` is the table, `current->files`, or NULL.
///
/// # Safety
///
/// The caller has a reference on the file, and not afterwards; it holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_filp_close(filp: *mut file, id: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { close::filp_close(filp, id) }
}

/// Says where dnotify is: its `fcntl_dirnotify()` and `dnotify_flush()`, which `F_NOTIFY` and the end of a descriptor call
/// from now on. NULL: there is none. `<linux/dnotify.h>` does this for the program that has dnotify in it.
///
/// # Safety
///
/// The functions stay for as long as they are set.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_dnotify(
    fcntl: Option<unsafe extern "C" fn(fd: c_int, filp: *mut file, arg: core::ffi::c_ulong) -> c_int>,
    flush: Option<unsafe extern "C" fn(filp: *mut file, id: *mut c_void)>,
) {
    close::set_dnotify(fcntl, flush);
}

/// Ends the files whose last reference was put where they could not be ended at once (`flush_delayed_fput()`); see
/// `fsn_fput()`.
///
/// # Safety
///
/// No lock is held, and no RCU or SRCU read side.
#[no_mangle]
pub unsafe extern "C" fn fsn_flush_delayed_fput() {
    files::flush_delayed_fput();
}

/// # Safety
///
/// NULL or a string.
unsafe fn text<'a>(name: *const c_char) -> &'a [u8] {
    if name.is_null() {
        return b"";
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(name) }.to_bytes()
}

/// A file without a place in any tree (`anon_inode_getfile()`), with these callbacks and `private_data`: `flags` are
/// `O_ACCMODE` and `O_NONBLOCK` bits. `ERR_PTR(-ENOMEM)`. The name is copied.
///
/// # Safety
///
/// `name` is a string; `fops` outlives the file.
#[no_mangle]
pub unsafe extern "C" fn fsn_anon_inode_getfile(
    name: *const c_char,
    fops: *const file_operations,
    priv_: *mut c_void,
    flags: c_int,
) -> *mut file {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) };
    // SAFETY: the caller's promise.
    let file = unsafe { anon_inodes::anon_inode_getfile(name, fops, priv_, flags) };
    if file.is_null() {
        ptr::without_provenance_mut(-(libc::ENOMEM as isize) as usize)
    } else {
        file
    }
}

/// A descriptor of such a file (`anon_inode_getfd()`): its number, or -EMFILE or -ENOMEM. `O_CLOEXEC` of the flags counts,
/// too.
///
/// # Safety
///
/// As `fsn_anon_inode_getfile()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_anon_inode_getfd(
    name: *const c_char,
    fops: *const file_operations,
    priv_: *mut c_void,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let name = unsafe { text(name) };
    // SAFETY: the caller's promise.
    unsafe { anon_inodes::anon_inode_getfd(name, fops, priv_, flags) }
}

/// Reserves a number of the table and makes a file for a process (`pidfd_prepare()`): the number, which the caller installs
/// with `*ret` or gives back, or a negative errno: -EINVAL if nothing has this id as its own any more. `flags` are those of
/// `pidfd_open()`.
///
/// # Safety
///
/// `pid` is NULL or one on which the caller holds a reference; `ret` has room for the file.
#[no_mangle]
pub unsafe extern "C" fn fsn_pidfd_prepare(pid: *mut pid, flags: c_uint, ret: *mut *mut file) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { pidfd::pidfd_prepare(pid, flags) } {
        Ok((fd, file)) => {
            // SAFETY: the caller's promise.
            unsafe { *ret = file };
            fd
        }
        Err(error) => error,
    }
}

/// The system's own descriptor of the process that such a file stands for: for `waitid()`, `pidfd_send_signal()`, `poll()`. It
/// stays the file's and is closed with it. -EBADF for any other file, and for NULL.
///
/// # Safety
///
/// NULL or a file on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_pidfd_number(file: *mut file) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { file.as_ref() }.map_or(-libc::EBADF, pidfd::pidfd_number)
}

/// The id of a task's thread (`task_pid()`), which stays while the task does; no reference for the caller. NULL without
/// memory.
///
/// # Safety
///
/// The task is `current` or one on which the caller has a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_task_pid(task: *mut task_struct) -> *mut pid {
    // SAFETY: the caller's promise.
    task::task_pid(unsafe { &*task })
}

/// The id of its process (`task_tgid()`), likewise.
///
/// # Safety
///
/// As `fsn_task_pid()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_task_tgid(task: *mut task_struct) -> *mut pid {
    // SAFETY: the caller's promise.
    task::task_tgid(unsafe { &*task })
}
