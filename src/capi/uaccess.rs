// SPDX-License-Identifier: GPL-2.0-or-later
//! Copies from and to memory of a caller that may not be there, for C; text of any length; processors; the security hook.

use crate::abi::*;
use crate::host::process::{percpu, security, seq_file as text, uaccess};
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};

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

// ---- text -------------------------------------------------------------------------------------------------------------

/// Has `show(m, v)` write text to a `struct seq_file` of any size, with `private` and `file` in it, and copies the beginning to
/// `buf`, ended by a NUL if `size` is not 0. The length of the whole text, the negative value that `show` returned, or -ENOMEM.
/// `show` is called again, with more room, as long as its text does not fit.
///
/// # Safety
/// `show` may be called so; `buf` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_seq_show(
    show: Option<unsafe extern "C" fn(m: *mut seq_file, v: *mut c_void) -> c_int>,
    v: *mut c_void,
    r#private: *mut c_void,
    file: *const file,
    buf: *mut c_char,
    size: usize,
) -> isize {
    let Some(show) = show else { return -libc::EINVAL as isize };
    // SAFETY: promised by the caller.
    let show = |m: &mut seq_file| unsafe { show(m, v) };
    // SAFETY: promised by the caller.
    let text = match unsafe { text::render(file, r#private, show) } {
        Ok(text) => text,
        Err(error) => return error as isize,
    };
    let bytes = text.bytes();
    if size != 0 {
        let fits = bytes.len().min(size - 1);
        // SAFETY: promised by the caller.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), buf.cast(), fits) };
        // SAFETY: as above.
        unsafe { buf.wrapping_add(fits).write(0) };
    }
    bytes.len() as isize
}

// ---- processors -------------------------------------------------------------------------------------------------------

/// The processor that the calling thread runs on, or did a moment ago (`smp_processor_id()`), below `fsn_nr_cpu_ids()`.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_smp_processor_id() -> c_uint {
    percpu::this()
}

/// How many processors data is kept for (`nr_cpu_ids`): those that the system can have, at most 64; with more, some share.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_nr_cpu_ids() -> c_uint {
    percpu::count()
}

// ---- security ---------------------------------------------------------------------------------------------------------

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
