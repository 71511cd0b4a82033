// SPDX-License-Identifier: GPL-2.0-or-later
//! Work for C. There is one queue and one worker, whatever queue is named; the `wq` arguments are not looked at and may be
//! NULL. Items are not, except where it is said.

use core::ffi::{c_int, c_uint, c_ulong};
use core::sync::atomic::AtomicU32;

use crate::abi::work::{delayed_work, work_struct, workqueue_struct};
use crate::host::process::work;

/// # Safety
/// The item is valid while the reference is used.
unsafe fn item<'a>(work: *mut work_struct) -> &'a work_struct {
    // SAFETY: promised by the caller.
    unsafe { &*work }
}

/// # Safety
/// The item is valid while the reference is used.
unsafe fn delayed<'a>(dwork: *mut delayed_work) -> &'a delayed_work {
    // SAFETY: promised by the caller.
    unsafe { &*dwork }
}

static SYSTEM: workqueue_struct = workqueue_struct { flags: AtomicU32::new(0), max_active: 1 };

/// The queue (the kernel's `system_wq` and its siblings).
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_system_wq() -> *mut workqueue_struct {
    (&raw const SYSTEM).cast_mut()
}

/// The queue, behind `fsn_alloc_workqueue()`; `flags` are not looked at.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_workqueue_flags(_flags: c_uint, _max_active: c_int) -> *mut workqueue_struct {
    (&raw const SYSTEM).cast_mut()
}

/// Waits for all items that are queued now (timers not included). Sleeps.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_flush_workqueue(_wq: *mut workqueue_struct) {
    work::flush_workqueue();
}

/// Ends the use of a queue of `fsn_alloc_workqueue()`: waits for all items that are queued now. Sleeps.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_destroy_workqueue(_wq: *mut workqueue_struct) {
    work::flush_workqueue();
}

/// Queues an item. False: it is queued already and has not begun, so it will see what the caller did before; or it is being
/// cancelled. Does not sleep.
///
/// # Safety
/// The item is initialised, and valid until its function is called or it has been cancelled.
#[no_mangle]
pub unsafe extern "C" fn fsn_queue_work(_wq: *mut workqueue_struct, work: *mut work_struct) -> bool {
    // SAFETY: promised by the caller.
    unsafe { work::queue_raw(work) }
}

/// Queues an item in `delay` jiffies (milliseconds). False: see `fsn_queue_work()`. Does not sleep.
///
/// # Safety
/// The item is initialised, and valid until its function is called or it has been cancelled.
#[no_mangle]
pub unsafe extern "C" fn fsn_queue_delayed_work(
    _wq: *mut workqueue_struct,
    dwork: *mut delayed_work,
    delay: c_ulong,
) -> bool {
    // SAFETY: promised by the caller.
    unsafe { work::queue_delayed_raw(dwork, delay) }
}

/// Queues an item in `delay` jiffies from now, whether it waits already or not. True if it did. Does not sleep.
///
/// # Safety
/// The item is initialised, and valid until its function is called or it has been cancelled.
#[no_mangle]
pub unsafe extern "C" fn fsn_mod_delayed_work(
    _wq: *mut workqueue_struct,
    dwork: *mut delayed_work,
    delay: c_ulong,
) -> bool {
    // SAFETY: promised by the caller.
    unsafe { work::mod_delayed_raw(dwork, delay) }
}

/// Waits until the item has run for the last time that it was queued. False if there was nothing to wait for. Sleeps; in an
/// item's own function it warns and returns false.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_flush_work(work: *mut work_struct) -> bool {
    // SAFETY: promised by the caller.
    work::flush_work(unsafe { item(work) })
}

/// The same; a timer is not waited for, the item is queued at once. Sleeps.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_flush_delayed_work(dwork: *mut delayed_work) -> bool {
    // SAFETY: promised by the caller.
    work::flush_delayed_work(unsafe { delayed(dwork) })
}

/// Takes an item back; true if it was queued. It may be running. Does not sleep.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_cancel_work(work: *mut work_struct) -> bool {
    // SAFETY: promised by the caller.
    work::cancel_work(unsafe { item(work) })
}

/// Takes an item back and waits until it does not run; it cannot be queued meanwhile. True if it was queued. Sleeps.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_cancel_work_sync(work: *mut work_struct) -> bool {
    // SAFETY: promised by the caller.
    work::cancel_work_sync(unsafe { item(work) })
}

/// `fsn_cancel_work()`, for an item that may wait for its timer.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_cancel_delayed_work(dwork: *mut delayed_work) -> bool {
    // SAFETY: promised by the caller.
    work::cancel_delayed_work(unsafe { delayed(dwork) })
}

/// `fsn_cancel_work_sync()`, for an item that may wait for its timer.
///
/// # Safety
/// The item is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_cancel_delayed_work_sync(dwork: *mut delayed_work) -> bool {
    // SAFETY: promised by the caller.
    work::cancel_delayed_work_sync(unsafe { delayed(dwork) })
}
