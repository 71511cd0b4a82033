// SPDX-License-Identifier: GPL-2.0-or-later
//! Text of any length for C. `fsn/seq_file.h` has what writes it.

use crate::abi::*;
use crate::host::process::seq_file as text;
use core::ffi::{c_char, c_int, c_void};

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
