// SPDX-License-Identifier: GPL-2.0-or-later
//! Chains of functions that are told of something, for C.

use core::ffi::{c_int, c_ulong, c_void};

use crate::abi::*;
use crate::host::process::notifier;

/// Registers a block, behind those of its own and of higher priority (`blocking_notifier_chain_register()`): 0 or -EEXIST. Sleeps.
///
/// # Safety
/// The head is initialised or zeroed; the block stays until it is unregistered.
#[no_mangle]
pub unsafe extern "C" fn fsn_blocking_notifier_chain_register(
    head: *mut blocking_notifier_head,
    block: *mut notifier_block,
) -> c_int {
    // SAFETY: promised by the caller.
    let head = unsafe { &*head };
    // SAFETY: promised by the caller.
    unsafe { head.register(block) }
}

/// Unregisters a block (`blocking_notifier_chain_unregister()`): 0 or -ENOENT. Sleeps, until the chain is not being called.
///
/// # Safety
/// The head is initialised or zeroed.
#[no_mangle]
pub unsafe extern "C" fn fsn_blocking_notifier_chain_unregister(
    head: *mut blocking_notifier_head,
    block: *mut notifier_block,
) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { &*head }.unregister(block)
}

/// Calls the functions of a chain in order, until one answers with `NOTIFY_STOP_MASK` (`blocking_notifier_call_chain()`). Returns
/// the last answer, 0 of an empty chain. Sleeps if they do.
///
/// # Safety
/// The head is initialised or zeroed; the functions may be called with `data`.
#[no_mangle]
pub unsafe extern "C" fn fsn_blocking_notifier_call_chain(
    head: *mut blocking_notifier_head,
    action: c_ulong,
    data: *mut c_void,
) -> c_int {
    // SAFETY: promised by the caller.
    let head = unsafe { &*head };
    // SAFETY: promised by the caller.
    unsafe { head.call(action, data) }
}

/// Registers a block that is told of every lease that is set (`lease_register_notifier()`): 0 or -EEXIST.
///
/// # Safety
/// The block stays until it is unregistered.
#[no_mangle]
pub unsafe extern "C" fn fsn_lease_register_notifier(block: *mut notifier_block) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { notifier::lease_register(block) }
}

/// Unregisters it (`lease_unregister_notifier()`), and waits until nobody is telling it anything. Not from its own function.
///
/// # Safety
/// The block is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_lease_unregister_notifier(block: *mut notifier_block) {
    notifier::lease_unregister(block);
}

/// Tells all who registered that a lease is being set: what the kernel's `vfs_setlease()` does for an `arg` (`F_RDLCK`, `F_WRLCK`) other
/// than `F_UNLCK`. `lease` is a `struct file_lease`, for backends of 6.1 a `struct file_lock`.
///
/// # Safety
/// `lease` is what those who are told take it for.
#[no_mangle]
pub unsafe extern "C" fn fsn_lease_announce(arg: c_ulong, lease: *mut c_void) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { notifier::lease_announce(arg, lease) }
}
