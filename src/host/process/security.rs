// SPDX-License-Identifier: GPL-2.0-or-later
//! What a security module would be asked: a hook of the program's.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::abi::path;

/// Whether a path may be watched.
pub type PathNotify = unsafe extern "C" fn(path: *const path, mask: u64, obj_type: c_uint) -> c_int;

static PATH_NOTIFY: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Sets the hook; None: everything is allowed.
pub fn set_path_notify(hook: Option<PathNotify>) {
    PATH_NOTIFY.store(hook.map_or(ptr::null_mut(), |hook| hook as *mut c_void), Ordering::Release);
}

/// The hook.
pub fn path_notify() -> Option<PathNotify> {
    let hook = PATH_NOTIFY.load(Ordering::Acquire);
    // SAFETY: NULL, which is None, or a function of this type.
    unsafe { core::mem::transmute::<*mut c_void, Option<PathNotify>>(hook) }
}
