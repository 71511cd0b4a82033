// SPDX-License-Identifier: GPL-2.0-or-later
//! What a program is asked before something is allowed, and what it is told of what taints.

use crate::abi::*;
use crate::host::process::{security, taint};
use core::ffi::{c_int, c_uint, c_ulong};

/// Asks the program's hook whether a path may be watched for the events in `mask`, by a mark on an object of the kind `obj_type`
/// (`security_path_notify()`): 0 without a hook, else what it returns.
///
/// # Safety
/// The path is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_security_path_notify(path: *const path, mask: u64, obj_type: c_uint) -> c_int {
    // SAFETY: promised by the caller.
    security::path_notify().map_or(0, |hook| unsafe { hook(path, mask, obj_type) })
}

/// Sets the hook of `fsn_security_path_notify()`, which returns 0 or a negative errno. NULL: everything is allowed. A thread
/// may still be in the old one.
///
/// # Safety
/// `hook` is NULL or may be called from any thread.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_security_path_notify(
    hook: Option<unsafe extern "C" fn(path: *const path, mask: u64, obj_type: c_uint) -> c_int>,
) {
    security::set_path_notify(hook);
}

/// Notes that something has happened after which the process is not what it was (`add_taint()`): `flag` is one of the kernel's
/// `TAINT_*`, below 64; others are ignored.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_add_taint(flag: c_uint) {
    taint::add(flag);
}

/// What `fsn_add_taint()` has noted: bit `TAINT_*` (`get_taint()`).
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_taint() -> c_ulong {
    taint::get()
}
