// SPDX-License-Identifier: GPL-2.0-or-later
//! Registrations for SIGIO, owners of files and process ids for C.
//!
//! None of these takes a lock that a caller may hold, the file's `f_lock` excepted. Signals are sent with no lock held.

use crate::abi::*;
use crate::host::process::{descriptors, fasync, fown, log, pids};
use core::ffi::{c_int, c_uint};
use core::ptr;
use core::sync::atomic::AtomicPtr;

#[cold]
fn no_file(function: &'static str) -> c_int {
    log::warn(function, "the file is NULL");
    -libc::EINVAL
}

/// Registers a file for signals about its descriptor `fd` (`on` not 0), or removes its registration (`fasync_helper()`).
/// 1 if a registration came or went, 0 if it only changed or there was none, -ENOMEM; -EINVAL for NULL. Takes
/// `f_lock`. A file must be removed before it goes. The list is the caller's, NULL at first.
///
/// # Safety
///
/// `filp` is NULL or a valid file; `fapp` is NULL or a list that only this function changes.
#[no_mangle]
pub unsafe extern "C" fn fsn_fasync_helper(
    fd: c_int,
    filp: *mut file,
    on: c_int,
    fapp: *mut *mut fasync_struct,
) -> c_int {
    // SAFETY: the caller's promise.
    let file = unsafe { filp.as_ref() };
    // SAFETY: as above; an atomic pointer looks like a pointer.
    let list = unsafe { fapp.cast::<AtomicPtr<fasync_struct>>().as_ref() };
    match (file, list) {
        (Some(file), Some(list)) => fasync::fasync_helper(fd, file, on, list),
        _ => no_file("fasync_helper"),
    }
}

/// Signals the owners of all files on the list (`kill_fasync()`); `sig` is SIGIO, `band` one of `POLL_IN` to `POLL_HUP`.
/// NULL is nothing, an empty list costs one load. Handlers of the program's may run inside this call.
///
/// # Safety
///
/// `fapp` is NULL or a list of [`fsn_fasync_helper`].
#[no_mangle]
pub unsafe extern "C" fn fsn_kill_fasync(fapp: *mut *mut fasync_struct, sig: c_int, band: c_int) {
    // SAFETY: the caller's promise.
    if let Some(list) = unsafe { fapp.cast::<AtomicPtr<fasync_struct>>().as_ref() } {
        fasync::kill_fasync(list, sig, band);
    }
}

/// Signals the owner about the descriptor `fd` without a registration (`send_sigio()`, dnotify). NULL is nothing.
///
/// # Safety
///
/// `fown` is NULL or the owner of a file that stays.
#[no_mangle]
pub unsafe extern "C" fn fsn_send_sigio(fown: *mut fown_struct, fd: c_int, band: c_int) {
    // SAFETY: the caller's promise.
    if let Some(owner) = unsafe { fown.as_ref() } {
        fasync::send_sigio(owner, fd, band);
    }
}

/// Makes room for an owner if the file has none (`file_f_owner_allocate()`): 0 or -ENOMEM; -EINVAL for NULL.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_file_f_owner_allocate(filp: *mut file) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { filp.as_ref() } {
        Some(file) => fown::file_f_owner_allocate(file),
        None => no_file("file_f_owner_allocate"),
    }
}

/// Frees a file's owner at its end (`file_f_owner_release()`). `fsn_fput()` does it; a program that ends its files itself
/// calls it after it has removed their registrations. NULL is nothing.
///
/// # Safety
///
/// `filp` is NULL or a valid file that nobody else uses any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_file_f_owner_release(filp: *mut file) {
    // SAFETY: the caller's promise.
    if let Some(file) = unsafe { filp.as_ref() } {
        // SAFETY: the caller's promise.
        unsafe { fown::file_f_owner_release(file) };
    }
}

/// The file's owner, NULL if none was ever asked for (`file_f_owner()`), and for NULL.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_file_f_owner(filp: *const file) -> *mut fown_struct {
    // SAFETY: the caller's promise.
    let owner = unsafe { filp.as_ref() }.and_then(fown::file_f_owner);
    owner.map_or(ptr::null_mut(), |o| ptr::from_ref(o).cast_mut())
}

/// Makes `pid` (NULL: nobody) the owner, unless there is one and `force` is 0 (`__f_setown()`). Takes a reference of its
/// own. The file must have room for an owner.
///
/// # Safety
///
/// `filp` is NULL or a valid file; `pid` is NULL or one on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn___f_setown(filp: *mut file, pid: *mut pid, kind: pid_type, force: c_int) {
    // SAFETY: the caller's promise.
    match unsafe { filp.as_ref() } {
        // SAFETY: the caller's promise.
        Some(file) => unsafe { fown::__f_setown(file, pid, kind, force) },
        None => {
            no_file("__f_setown");
        }
    }
}

/// `F_SETOWN` (`f_setown()`): a process, a process group if negative, nobody if 0. 0, -ESRCH, -ENOMEM, -EINVAL (also
/// for a NULL file).
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_setown(filp: *mut file, who: c_int, force: c_int) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { filp.as_ref() } {
        Some(file) => fown::f_setown(file, who, force),
        None => no_file("f_setown"),
    }
}

/// `F_SETOWN_EX`: `nr` is a thread (`PIDTYPE_PID`), a process (`PIDTYPE_TGID`) or a process group (`PIDTYPE_PGID`), nobody
/// if 0. 0, -ESRCH, -ENOMEM, -EINVAL.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_setown_ex(filp: *mut file, kind: pid_type, nr: c_int) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { filp.as_ref() } {
        Some(file) => fown::f_setown_ex(file, kind, nr),
        None => no_file("f_setown_ex"),
    }
}

/// Nobody gets the file's signals any more (`f_delown()`). NULL is nothing.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_delown(filp: *mut file) {
    // SAFETY: the caller's promise.
    if let Some(file) = unsafe { filp.as_ref() } {
        fown::f_delown(file);
    }
}

/// `F_GETOWN` (`f_getown()`): the owner, negative for a group; 0 if there is none, it has ended, or the file is NULL.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_getown(filp: *mut file) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { filp.as_ref() }.map_or(0, fown::f_getown)
}

/// `F_SETSIG`: the signal for the owner; 0 is SIGIO without details. 0, -EINVAL or -ENOMEM.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_setsig(filp: *mut file, sig: c_int) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { filp.as_ref() } {
        Some(file) => fown::f_setsig(file, sig),
        None => no_file("f_setsig"),
    }
}

/// `F_GETSIG`; 0 for a NULL file.
///
/// # Safety
///
/// `filp` is NULL or a valid file.
#[no_mangle]
pub unsafe extern "C" fn fsn_f_getsig(filp: *mut file) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { filp.as_ref() }.map_or(0, fown::f_getsig)
}

/// For tests: does without means of the system so that the fallbacks are used; bit 0: without pipes, bit 1: without an
/// empty descriptor table, bit 2: without `close_range()`. Returns what was set before.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_fasync_without(what: c_uint) -> c_uint {
    descriptors::without(what)
}

/// The pid object for a number that some thread, process or group has, with a reference (`find_get_pid()`); NULL if
/// nobody has it, or without memory. There is one object for each number.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_find_get_pid(nr: c_int) -> *mut pid {
    pids::find_get(nr)
}

/// One more reference (`get_pid()`); returns its argument, NULL for NULL.
///
/// # Safety
///
/// `pid` is NULL or one on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_pid(pid: *mut pid) -> *mut pid {
    // SAFETY: the caller's promise.
    unsafe { pids::get(pid) }
}

/// One reference less (`put_pid()`). NULL is nothing.
///
/// # Safety
///
/// `pid` is NULL or one on which the caller holds a reference, given up here.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_pid(pid: *mut pid) {
    // SAFETY: the caller's promise.
    unsafe { pids::put(pid) };
}

/// The number (`pid_vnr()`, `pid_nr()`); 0 for NULL.
///
/// # Safety
///
/// `pid` is NULL or one on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_pid_vnr(pid: *mut pid) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { pids::nr(pid) }
}

/// Whether a task of this kind has the number (`pid_has_task()`); false for NULL.
///
/// # Safety
///
/// `pid` is NULL or one on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_pid_has_task(pid: *mut pid, kind: pid_type) -> bool {
    // SAFETY: the caller's promise.
    pids::has_task(unsafe { pids::nr(pid) }, kind)
}
