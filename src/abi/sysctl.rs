// SPDX-License-Identifier: GPL-2.0-or-later
//! Settings with a name and a text form.

use core::ffi::{c_char, c_int, c_void};

/// A setting. The program owns the row, which must stay until it is unregistered.
#[repr(C)]
pub struct ctl_table {
    /// Its name; NULL ends a table.
    pub procname: *const c_char,
    /// The variable.
    pub data: *mut c_void,
    /// Its size in bytes.
    pub maxlen: c_int,
    /// Permissions.
    pub mode: u16,
    /// Reads the setting as text, or writes it: `buffer` has `*lenp` bytes, of which `*lenp` are used afterwards; `*ppos`
    /// is the position in the text, moved on. 0 or a negative errno.
    pub proc_handler: Option<
        unsafe extern "C" fn(
            table: *const ctl_table,
            write: c_int,
            buffer: *mut c_void,
            lenp: *mut usize,
            ppos: *mut i64,
        ) -> c_int,
    >,
    /// Kept for the name.
    pub poll: *mut c_void,
    /// For the handler: the least value.
    pub extra1: *mut c_void,
    /// For the handler: the greatest value.
    pub extra2: *mut c_void,
}
