// SPDX-License-Identifier: GPL-2.0-or-later
//! Small structs in and out of the memory that a caller of a system call names.

use core::ffi::{c_int, c_ulong};
use core::mem::MaybeUninit;

/// A copy of what the address names; `None` if there is nothing to read.
pub(super) fn copy_in<T: Copy>(from: c_ulong) -> Option<T> {
    let mut value = MaybeUninit::<T>::uninit();
    let from: *const T = core::ptr::with_exposed_provenance(from as usize);
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller of the system call names valid memory.
    unsafe { core::ptr::copy_nonoverlapping(from.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), size_of::<T>()) };
    // SAFETY: copied; any bytes are valid for the plain structs that are passed.
    Some(unsafe { value.assume_init() })
}

/// Copies to where the address names: 0 or -EFAULT.
pub(super) fn copy_out<T: Copy>(to: c_ulong, value: &T) -> c_int {
    let to: *mut T = core::ptr::with_exposed_provenance_mut(to as usize);
    if to.is_null() {
        return -libc::EFAULT;
    }
    // SAFETY: the caller of the system call names valid memory.
    unsafe { core::ptr::copy_nonoverlapping(core::ptr::from_ref(value).cast::<u8>(), to.cast::<u8>(), size_of::<T>()) };
    0
}

/// Whether the memory can be read and written.
pub(super) fn writable(at: usize, _len: usize) -> bool {
    at != 0
}
