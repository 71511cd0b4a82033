// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel host: what `group.rs` asks for inside a kernel. Everything is a call of `kernel/group_shim.c`, which kbuild
//! compiles with the kernel's own headers, so one object serves every configuration.

pub mod abi;
mod exports;
mod group_fields;

use core::ffi::c_int;

/// `EIO`; the shim asserts the value.
pub(crate) const EIO: c_int = 5;
/// `ENOMEM`; the shim asserts the value.
pub(crate) const ENOMEM: c_int = 12;

extern "C" {
    fn fsn_k_warn(function: *const u8, function_len: c_int, message: *const u8, message_len: c_int);
}

/// A kernel keeps no counters of ours.
pub(crate) enum Counter {
    GroupAlloc,
    GroupFree,
}

/// Counts nothing.
pub(crate) fn count(_counter: Counter, _n: i64) {}

/// A kernel traces functions by itself.
pub(crate) mod trace {
    use super::abi::fsnotify_group;

    pub(crate) fn group_alloc(_group: *mut fsnotify_group) {}
    pub(crate) fn group_destroy(_group: *mut fsnotify_group) {}
    pub(crate) fn group_free(_group: *mut fsnotify_group) {}
}

/// Warns once, with a backtrace.
pub(crate) fn warn(function: &'static str, message: &'static str) {
    // SAFETY: both are static and have these lengths.
    unsafe { fsn_k_warn(function.as_ptr(), function.len() as c_int, message.as_ptr(), message.len() as c_int) };
}
