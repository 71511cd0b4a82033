// SPDX-License-Identifier: GPL-2.0-or-later
//! Text of any length: written to a buffer that says when it was too small, and then written again to a larger one.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use super::slab;
use crate::abi::*;

/// The first buffer.
const PAGE: usize = 4096;

impl seq_file {
    /// Over memory of the caller's.
    ///
    /// # Safety
    /// `buf` has `size` bytes for as long as the result is used.
    pub unsafe fn over(buf: *mut c_char, size: usize, file: *const file, private: *mut c_void) -> Self {
        // SAFETY: zeroed memory is a valid seq_file: pointers are NULL, the lock is free.
        let zeroed = unsafe { core::mem::zeroed::<seq_file>() };
        seq_file { buf, size, file, private, ..zeroed }
    }

    /// Whether something did not fit.
    pub fn has_overflowed(&self) -> bool {
        self.count == self.size
    }

    /// Appends bytes; if they do not fit, none, and the buffer counts as full.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        if self.count + bytes.len() >= self.size {
            self.count = self.size;
            return false;
        }
        // SAFETY: there is room behind `count`.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.buf.wrapping_add(self.count).cast(), bytes.len()) };
        self.count += bytes.len();
        true
    }

    /// Appends one byte, into the last place too.
    pub fn putc(&mut self, byte: u8) {
        if self.count < self.size {
            // SAFETY: there is room behind `count`.
            unsafe { self.buf.wrapping_add(self.count).cast::<u8>().write(byte) };
            self.count += 1;
        }
    }
}

/// Text that [`render`] has made; freed with it.
pub struct Text {
    buf: *mut c_char,
    count: usize,
}

impl Text {
    /// The text.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the buffer has as many bytes.
        unsafe { core::slice::from_raw_parts(self.buf.cast(), self.count) }
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        // SAFETY: made by render(), and nobody else's.
        unsafe { slab::kvfree(self.buf.cast()) };
    }
}

/// Has `show` write everything, once more with twice the room as long as it does not fit. `-ENOMEM`, or what `show` says.
///
/// # Safety
/// `file` and `private` are what `show` expects in the struct.
pub unsafe fn render(
    file: *const file,
    private: *mut c_void,
    mut show: impl FnMut(&mut seq_file) -> c_int,
) -> Result<Text, c_int> {
    let mut size = PAGE;
    loop {
        let buf = slab::kvmalloc(size, GFP_KERNEL | __GFP_ACCOUNT).cast::<c_char>();
        if buf.is_null() {
            return Err(-libc::ENOMEM);
        }
        let mut text = Text { buf, count: 0 };
        // SAFETY: the buffer was made for it and outlives it.
        let mut m = unsafe { seq_file::over(buf, size, file, private) };
        let result = show(&mut m);
        if result < 0 {
            return Err(result);
        }
        if !m.has_overflowed() {
            text.count = m.count;
            return Ok(text);
        }
        size = size.checked_mul(2).ok_or(-libc::ENOMEM)?;
    }
}
