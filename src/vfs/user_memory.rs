// SPDX-License-Identifier: GPL-2.0-or-later
//! Small structs in and out of the memory that a caller of a system call names.

use crate::host::process::uaccess::{self, Access};
use core::ffi::{c_int, c_ulong};
use core::mem::MaybeUninit;

/// A copy of what the address names; `None` if there is nothing to read.
pub(super) fn copy_in<T: Copy>(from: c_ulong) -> Option<T> {
    let mut value = MaybeUninit::<T>::uninit();
    let from: *const T = core::ptr::with_exposed_provenance(from as usize);
    // SAFETY: there is room for a value.
    if unsafe { uaccess::copy_from(value.as_mut_ptr().cast(), from.cast(), size_of::<T>()) } != 0 {
        return None;
    }
    // SAFETY: copied; any bytes are valid for the plain structs that are passed.
    Some(unsafe { value.assume_init() })
}

/// Copies to where the address names: 0 or -EFAULT.
pub(super) fn copy_out<T: Copy>(to: c_ulong, value: &T) -> c_int {
    let to: *mut T = core::ptr::with_exposed_provenance_mut(to as usize);
    // SAFETY: the caller of the system call names memory that may be written, if it can be.
    if unsafe { uaccess::copy_to(to.cast(), core::ptr::from_ref(value).cast(), size_of::<T>()) } != 0 {
        return -libc::EFAULT;
    }
    0
}

/// Whether the memory can be read and written.
pub(super) fn writable(at: usize, len: usize) -> bool {
    uaccess::is_there(at, len, Access::Write)
}
