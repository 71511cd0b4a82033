// SPDX-License-Identifier: GPL-2.0-or-later
//! Kernel threads for C.

use core::ffi::{c_char, c_int, c_void, CStr};

use super::vfs::err_ptr;
use crate::abi::task::task_struct;
use crate::host::process::kthread;

/// Makes a thread that calls `threadfn(data)` once it was woken with `fsn_wake_up_process()`; what that returns is the
/// result of `fsn_kthread_stop()`. It has a task of its own with `FSN_PF_KTHREAD`, the name `name` (15 bytes of it), and
/// no signals. Returns the task, which is valid until the thread ends (for longer with `fsn_get_task_struct()`), or
/// `ERR_PTR(-ENOMEM)`, for lack of a thread, too.
///
/// # Safety
/// `name` is a string; `data` is what `threadfn`, which is not NULL, expects.
#[no_mangle]
pub unsafe extern "C" fn fsn_kthread_create(
    threadfn: Option<unsafe extern "C" fn(data: *mut c_void) -> c_int>,
    data: *mut c_void,
    name: *const c_char,
) -> *mut task_struct {
    // SAFETY: promised by the caller.
    let name = unsafe { CStr::from_ptr(name) };
    let task = threadfn.and_then(|function| kthread::create(function, data, name.to_bytes()));
    task.map_or(err_ptr(-libc::ENOMEM), |task| core::ptr::from_ref(task).cast_mut())
}

/// Makes `fsn_kthread_should_stop()` true for the thread, wakes it, waits for its end and returns what its function
/// returned: -EINTR if it had not been woken before and so never ran, or if it is a thread of the process that this one
/// was forked from. -EINVAL, with a warning, for other tasks.
///
/// # Safety
/// The task is valid: its thread cannot have ended, or the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_kthread_stop(task: *mut task_struct) -> c_int {
    // SAFETY: promised by the caller.
    kthread::stop(unsafe { &*task })
}

/// Whether somebody waits in `fsn_kthread_stop()` for the calling thread to end; false for threads of the program's.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_kthread_should_stop() -> bool {
    kthread::should_stop()
}
