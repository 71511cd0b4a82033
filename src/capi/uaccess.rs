// SPDX-License-Identifier: GPL-2.0-or-later
//! Copies from and to memory of a caller that may not be there, for C.

use crate::host::process::uaccess;
use core::ffi::{c_char, c_int, c_long, c_ulong, c_void};

/// Whether a range of addresses can be a program's at all (`access_ok()`): 1 or 0. It says nothing of what is there.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_access_ok(address: *const c_void, size: c_ulong) -> c_int {
    c_int::from(uaccess::access_ok(address.addr(), size as usize))
}

/// Copies to a caller's memory (`copy_to_user()`). Returns how many bytes could not be copied; no signal is raised.
///
/// # Safety
/// `from` has `size` bytes; the caller may write what can be written at `to`.
#[no_mangle]
pub unsafe extern "C" fn fsn_copy_to_user(to: *mut c_void, from: *const c_void, size: c_ulong) -> c_ulong {
    // SAFETY: promised by the caller.
    unsafe { uaccess::copy_to(to, from, size as usize) as c_ulong }
}

/// Copies from a caller's memory (`copy_from_user()`). Returns how many bytes could not be copied; those are zeroed. No signal
/// is raised.
///
/// # Safety
/// `to` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_copy_from_user(to: *mut c_void, from: *const c_void, size: c_ulong) -> c_ulong {
    // SAFETY: promised by the caller.
    let left = unsafe { uaccess::copy_from(to, from, size as usize) };
    let rest = to.wrapping_byte_add(size as usize - left).cast::<u8>();
    // SAFETY: the end of `to`.
    unsafe { rest.write_bytes(0, left) };
    left as c_ulong
}

/// Zeroes a caller's memory (`clear_user()`). Returns how many bytes could not be.
///
/// # Safety
/// The caller may write what can be written at `to`.
#[no_mangle]
pub unsafe extern "C" fn fsn_clear_user(to: *mut c_void, size: c_ulong) -> c_ulong {
    // SAFETY: promised by the caller.
    unsafe { uaccess::clear(to, size as usize) as c_ulong }
}

/// The size of a caller's string with its NUL (`strnlen_user()`); more than `max` if there is no NUL within that; 0 where memory
/// is not there.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_strnlen_user(from: *const c_char, max: c_long) -> c_long {
    if max <= 0 {
        return 0;
    }
    // SAFETY: only what is there is read.
    unsafe { uaccess::string_length(from.cast(), max as usize) }.map_or(0, |length| length as c_long + 1)
}

/// Copies a caller's string, at most `max` bytes (`strncpy_from_user()`). Its length without the NUL, which is copied if there
/// is room; `max` if there was not; -EFAULT.
///
/// # Safety
/// `to` has `max` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_strncpy_from_user(to: *mut c_char, from: *const c_char, max: c_long) -> c_long {
    if max <= 0 {
        return 0;
    }
    // SAFETY: only what is there is read.
    let Some(length) = (unsafe { uaccess::string_length(from.cast(), max as usize) }) else {
        return -c_long::from(libc::EFAULT);
    };
    let whole = (length + 1).min(max as usize);
    // SAFETY: promised by the caller.
    if unsafe { uaccess::copy_from(to.cast(), from.cast(), whole) } != 0 {
        return -c_long::from(libc::EFAULT);
    }
    length as c_long
}
