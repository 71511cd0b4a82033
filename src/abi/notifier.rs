// SPDX-License-Identifier: GPL-2.0-or-later
//! Chains of functions that are told of something.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_ulong, c_void};
use core::sync::atomic::AtomicPtr;

use super::vfs::rw_semaphore;

/// Is told; answers a `NOTIFY_*`.
pub type notifier_fn_t =
    Option<unsafe extern "C" fn(nb: *mut notifier_block, action: c_ulong, data: *mut c_void) -> c_int>;

/// One who is told. Stays where it is from registration to unregistration.
#[repr(C)]
pub struct notifier_block {
    /// The function.
    pub notifier_call: UnsafeCell<notifier_fn_t>,
    /// Next in the chain \[the chain's lock\].
    pub next: AtomicPtr<notifier_block>,
    /// Higher ones are told first.
    pub priority: c_int,
}

/// A chain whose functions may sleep.
#[repr(C)]
pub struct blocking_notifier_head {
    /// Held for reading while the functions are called.
    pub rwsem: rw_semaphore,
    /// The first.
    pub head: AtomicPtr<notifier_block>,
}
