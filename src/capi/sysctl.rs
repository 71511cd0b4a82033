// SPDX-License-Identifier: GPL-2.0-or-later
//! Settings for C: registered as rows of tables, read and written as text by their path, as below `/proc/sys`.

use crate::abi::*;
use crate::host::process::sysctl::{self, ctl_table_header};
use crate::host::process::sysctl_text;
use core::ffi::{c_char, c_int, c_void, CStr};

/// The bytes of a C string; none for NULL.
///
/// # Safety
/// `s` is NULL or a C string that stays for as long as the result is used.
unsafe fn bytes<'a>(s: *const c_char) -> &'a [u8] {
    if s.is_null() {
        return &[];
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(s) }.to_bytes()
}

/// Registers the `size` rows of a table, fewer if a row without a name ends it (`register_sysctl_sz()`). NULL without memory,
/// for a row without handler or variable or with other permissions than rw, and where a row of that name exists; it is said in the log.
///
/// # Safety
/// `path` is a C string; the table has that many rows, which stay until `fsn_unregister_sysctl_table()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_register_sysctl_sz(
    path: *const c_char,
    table: *const ctl_table,
    size: usize,
) -> *mut ctl_table_header {
    // SAFETY: promised by the caller.
    let path = unsafe { bytes(path) };
    // SAFETY: promised by the caller.
    unsafe { sysctl::register(path, table, size) }
}

/// Takes a table away (`unregister_sysctl_table()`); waits for those who read or write a row of it. NULL is nothing. May
/// sleep; not from a handler of the table.
///
/// # Safety
/// `header` is NULL or what registering returned, once.
#[no_mangle]
pub unsafe extern "C" fn fsn_unregister_sysctl_table(header: *mut ctl_table_header) {
    // SAFETY: promised by the caller.
    unsafe { sysctl::unregister(header) };
}

/// Reads a setting's text, as one read(2) of the file of that path below `/proc/sys` (which the path may begin with). The
/// bytes put into `buf`, no NUL among them; -ENOENT, -EISDIR, -EACCES by the row's mode and the calling task's credentials, -ENOMEM, or
/// the handler's error.
///
/// # Safety
/// `path` is a C string; `buf` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_sysctl_read(path: *const c_char, buf: *mut c_char, size: usize) -> isize {
    // SAFETY: promised by the caller.
    let path = unsafe { bytes(path) };
    if size == 0 {
        return 0;
    }
    // SAFETY: promised by the caller.
    let to = unsafe { core::slice::from_raw_parts_mut(buf.cast::<u8>(), size) };
    sysctl::read(path, to, &mut 0).map_or_else(|error| error as isize, |used| used as isize)
}

/// Sets a setting from text, as one write(2) of the file. The bytes used, which is all of them where the text is good; errors as of
/// `fsn_sysctl_read()`.
///
/// # Safety
/// `path` is a C string; `text` has `size` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_sysctl_write(path: *const c_char, text: *const c_char, size: usize) -> isize {
    // SAFETY: promised by the caller.
    let path = unsafe { bytes(path) };
    if size == 0 {
        return 0;
    }
    // SAFETY: promised by the caller.
    let text = unsafe { core::slice::from_raw_parts(text.cast::<u8>(), size) };
    sysctl::write(path, text, &mut 0).map_or_else(|error| error as isize, |used| used as isize)
}

/// Handler of `int` variables (`proc_dointvec()`). Numbers are decimal, octal with 0 or hexadecimal with 0x; -EINVAL for
/// anything else and what does not fit.
///
/// # Safety
/// `table` is a row whose variable is an array of `int` of `maxlen` bytes; the others are a handler's.
#[no_mangle]
pub unsafe extern "C" fn fsn_proc_dointvec(
    table: *const ctl_table,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut i64,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { sysctl_text::handle::<c_int>(table, false, write != 0, buffer, lenp, ppos) }
}

/// `fsn_proc_dointvec()` between two limits (`proc_dointvec_minmax()`): -EINVAL outside of them.
///
/// # Safety
/// As for `fsn_proc_dointvec()`; `extra1` and `extra2` are NULL or an `int` each.
#[no_mangle]
pub unsafe extern "C" fn fsn_proc_dointvec_minmax(
    table: *const ctl_table,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut i64,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { sysctl_text::handle::<c_int>(table, true, write != 0, buffer, lenp, ppos) }
}

/// Handler of `unsigned long` variables between two limits (`proc_doulongvec_minmax()`).
///
/// # Safety
/// `table` is a row whose variable is an array of `unsigned long` of `maxlen` bytes, and whose `extra1` and `extra2` are NULL or an
/// `unsigned long` each; the others are a handler's.
#[no_mangle]
pub unsafe extern "C" fn fsn_proc_doulongvec_minmax(
    table: *const ctl_table,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut i64,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { sysctl_text::handle::<u64>(table, true, write != 0, buffer, lenp, ppos) }
}
