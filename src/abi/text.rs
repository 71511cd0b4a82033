// SPDX-License-Identifier: GPL-2.0-or-later
//! What lines of text are written to.

use super::primitives::mutex;
use super::vfs::file;
use core::ffi::{c_char, c_int, c_void};

/// How a sequence of objects is shown.
#[repr(C)]
pub struct seq_operations {
    /// The object at `*pos`, or NULL.
    pub start: Option<unsafe extern "C" fn(m: *mut seq_file, pos: *mut i64) -> *mut c_void>,
    /// The end of a part.
    pub stop: Option<unsafe extern "C" fn(m: *mut seq_file, v: *mut c_void)>,
    /// The object after `v`, or NULL; moves `*pos`.
    pub next: Option<unsafe extern "C" fn(m: *mut seq_file, v: *mut c_void, pos: *mut i64) -> *mut c_void>,
    /// Writes an object's text.
    pub show: Option<unsafe extern "C" fn(m: *mut seq_file, v: *mut c_void) -> c_int>,
}

/// A buffer that text is written to.
#[repr(C)]
pub struct seq_file {
    /// The text.
    pub buf: *mut c_char,
    /// Room for it in bytes.
    pub size: usize,
    /// What has been read already.
    pub from: usize,
    /// Bytes in use; `size` once the text did not fit.
    pub count: usize,
    /// Where `seq_pad()` fills up to.
    pub pad_until: usize,
    /// Number of the object.
    pub index: i64,
    /// Position of the reader.
    pub read_pos: i64,
    /// Serialises readers.
    pub lock: mutex,
    /// How the objects are shown.
    pub op: *const seq_operations,
    /// For files that can be polled.
    pub poll_event: c_int,
    /// The file that is read.
    pub file: *const file,
    /// The program's own.
    pub private: *mut c_void,
}
