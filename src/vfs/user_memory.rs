// SPDX-License-Identifier: GPL-2.0-or-later
//! Small structs in and out of the memory that a caller of a system call names.

use crate::host::process::uaccess;
use core::ffi::{c_int, c_ulong};
use core::mem::MaybeUninit;
use core::ptr;

/// A struct of numbers, for which any bytes are valid.
pub(super) trait Numbers: Copy {}
impl Numbers for c_int {}
impl Numbers for [u32; 2] {}

/// A copy of what the address names; `None` if there is nothing to read.
pub(super) fn copy_in<T: Numbers>(from: c_ulong) -> Option<T> {
    let mut value = MaybeUninit::<T>::uninit();
    let from = ptr::with_exposed_provenance(from as usize);
    // SAFETY: room for the value.
    let left = unsafe { uaccess::copy_from(value.as_mut_ptr().cast(), from, size_of::<T>()) };
    // SAFETY: all of it was copied, and any bytes are valid.
    (left == 0).then(|| unsafe { value.assume_init() })
}

/// Copies to where the address names: 0 or -EFAULT.
pub(super) fn copy_out<T: Numbers>(to: c_ulong, value: &T) -> c_int {
    let to = ptr::with_exposed_provenance_mut(to as usize);
    // SAFETY: the value is there; the caller of the system call wants it written.
    match unsafe { uaccess::copy_to(to, ptr::from_ref(value).cast(), size_of::<T>()) } {
        0 => 0,
        _ => -libc::EFAULT,
    }
}
