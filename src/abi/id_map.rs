// SPDX-License-Identifier: GPL-2.0-or-later
//! A map from small numbers to pointers.

use super::primitives::spinlock;
use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, AtomicU32};

/// Numbers and the pointers behind them; zeroed memory is an empty one.
#[repr(C)]
pub struct idr {
    /// Kept for the kernel's size: whoever changes the map brings a lock of his own.
    pub lock: spinlock,
    /// Kept for the kernel's size.
    pub flags: AtomicU32,
    /// Root of the tree, NULL while there is no number.
    pub head: AtomicPtr<c_void>,
    /// The smallest number there can be; stands for 0 in the tree.
    pub idr_base: AtomicU32,
    /// Where `idr_alloc_cyclic()` goes on.
    pub idr_next: AtomicU32,
}
