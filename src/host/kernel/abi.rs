// SPDX-License-Identifier: GPL-2.0-or-later
//! What a kernel's structs are to this side: names. Their layout depends on the kernel's configuration, so nobody here
//! looks into them, and a pointer is all there is.
#![allow(non_camel_case_types, reason = "the names are the kernel's")]

use core::cell::UnsafeCell;
use core::ffi::c_int;

/// Bytes of unknown number that others change.
type Opaque = [UnsafeCell<u8>; 0];

/// A group.
#[repr(C)]
pub struct fsnotify_group(Opaque);
/// A group's callbacks.
#[repr(C)]
pub struct fsnotify_ops(Opaque);
/// A queued event.
#[repr(C)]
pub struct fsnotify_event(Opaque);
/// An open file.
#[repr(C)]
pub struct file(Opaque);

/// Group flag: made for a user; its memory is accounted. The shim asserts the value.
pub const FSNOTIFY_GROUP_USER: c_int = 0x01;
