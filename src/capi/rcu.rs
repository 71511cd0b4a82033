// SPDX-License-Identifier: GPL-2.0-or-later
//! SRCU and RCU for C. NULL is not allowed where nothing else is said.

use core::ffi::{c_int, c_void};

use crate::abi::primitives::{callback_head, rcu_callback_t, srcu_struct};
use crate::host::process::{rcu, srcu};

#[cfg(not(feature = "core"))]
extern "C" {
    fn fsnotify_wait_marks_destroyed();
}

/// Waits for the marks of this copy's core: by an internal name, which the dynamic linker cannot bind to another copy's.
fn wait_marks_destroyed() {
    #[cfg(feature = "core")]
    crate::notify::reaper::wait_all();
    #[cfg(not(feature = "core"))]
    // SAFETY: the caller of `fsn_quiesce()` holds no lock.
    unsafe {
        fsnotify_wait_marks_destroyed()
    };
}

/// # Safety
/// The domain is valid while the reference is used.
unsafe fn domain<'a>(ssp: *mut srcu_struct) -> &'a srcu_struct {
    // SAFETY: promised by the caller.
    unsafe { &*ssp }
}

/// Makes a domain of any memory; zeroed memory is one already. Returns 0.
///
/// # Safety
/// The memory is valid, aligned to 64 bytes, and not a domain in use.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_srcu_struct(ssp: *mut srcu_struct) -> c_int {
    // SAFETY: promised by the caller.
    srcu::init_srcu_struct(unsafe { domain(ssp) })
}

/// Frees what the domain has taken. Nobody may be inside; callbacks have been waited for with `fsn_srcu_barrier()`.
/// Otherwise it warns and leaves the domain as it is.
///
/// # Safety
/// The domain is valid, and nobody enters it meanwhile.
#[no_mangle]
pub unsafe extern "C" fn fsn_cleanup_srcu_struct(ssp: *mut srcu_struct) {
    // SAFETY: promised by the caller.
    srcu::cleanup_srcu_struct(unsafe { domain(ssp) });
}

/// Enters the read side; never waits, may be nested, may be followed by sleeping. Returns what `fsn_srcu_read_unlock()`
/// needs, by the same thread.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_read_lock(ssp: *mut srcu_struct) -> c_int {
    // SAFETY: promised by the caller.
    srcu::srcu_read_lock(unsafe { domain(ssp) })
}

/// Leaves the read side. A call without its lock is warned of and ignored.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_read_unlock(ssp: *mut srcu_struct, idx: c_int) {
    // SAFETY: promised by the caller.
    srcu::srcu_read_unlock(unsafe { domain(ssp) }, idx);
}

/// Whether the calling thread is inside the read side: 1 or 0.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_read_lock_held(ssp: *mut srcu_struct) -> c_int {
    // SAFETY: promised by the caller.
    c_int::from(srcu::srcu_read_lock_held(unsafe { domain(ssp) }))
}

/// Enters the read side for whoever calls `fsn_srcu_up_read()`, be it another thread.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_down_read(ssp: *mut srcu_struct) -> c_int {
    // SAFETY: promised by the caller.
    srcu::srcu_down_read(unsafe { domain(ssp) })
}

/// Leaves what `fsn_srcu_down_read()` entered.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_up_read(ssp: *mut srcu_struct, idx: c_int) {
    // SAFETY: promised by the caller.
    srcu::srcu_up_read(unsafe { domain(ssp) }, idx);
}

/// Waits until every reader that is inside now has left. Sleeps; not inside the domain's read side (warned of).
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_synchronize_srcu(ssp: *mut srcu_struct) {
    // SAFETY: promised by the caller.
    srcu::synchronize_srcu(unsafe { domain(ssp) });
}

/// Calls `func` with `head` from the worker, once every reader that is inside now has left. Does not sleep.
///
/// # Safety
/// The domain is valid until the callback has been called; `head` is not queued already and left alone until then.
#[no_mangle]
pub unsafe extern "C" fn fsn_call_srcu(ssp: *mut srcu_struct, head: *mut callback_head, func: rcu_callback_t) {
    // SAFETY: promised by the caller.
    let ssp = unsafe { domain(ssp) };
    // SAFETY: promised by the caller.
    unsafe { srcu::call_srcu(ssp, head, func) };
}

/// Waits until the callbacks of all `fsn_call_srcu()` before have been called. Sleeps.
///
/// # Safety
/// The domain is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_srcu_barrier(ssp: *mut srcu_struct) {
    // SAFETY: promised by the caller.
    srcu::srcu_barrier(unsafe { domain(ssp) });
}

/// Enters RCU's read side; never waits, may be nested.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_rcu_read_lock() {
    rcu::rcu_read_lock();
}

/// Leaves RCU's read side. A call without its lock is warned of and ignored.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_rcu_read_unlock() {
    rcu::rcu_read_unlock();
}

/// Whether the calling thread is inside RCU's read side: 1 or 0.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_rcu_read_lock_held() -> c_int {
    c_int::from(rcu::rcu_read_lock_held())
}

/// Waits until every RCU reader that is inside now has left. Sleeps; not inside the read side (warned of).
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_synchronize_rcu() {
    rcu::synchronize_rcu();
}

/// Calls `func` with `head` from the worker, once every reader that is inside now has left. Does not sleep.
///
/// # Safety
/// `head` is valid, not queued already, and left alone until the call.
#[no_mangle]
pub unsafe extern "C" fn fsn_call_rcu(head: *mut callback_head, func: rcu_callback_t) {
    // SAFETY: promised by the caller.
    unsafe { rcu::call_rcu(head, func) };
}

/// Frees a `fsn_kmalloc()`ed object in which `head` stands, as `fsn_call_rcu()` would (`fsn_kfree_rcu()`). With `head` NULL
/// it waits and frees at once. A NULL object with a NULL head is ignored.
///
/// # Safety
/// `head` is valid, not queued already, and left alone until the call. The object is the caller's to free, and `head` less than
/// 4096 bytes inside of it.
#[no_mangle]
pub unsafe extern "C" fn fsn_kvfree_call_rcu(head: *mut callback_head, object: *mut c_void) {
    // SAFETY: promised by the caller.
    unsafe { rcu::kvfree_call_rcu(head, object) };
}

/// Waits until the callbacks of all `fsn_call_rcu()` before have been called. Sleeps.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_rcu_barrier() {
    rcu::rcu_barrier();
}

/// Waits until nothing deferred is left: marks and connectors freed, callbacks of RCU called. For the end of a program that
/// wants to see its counters at zero, and for tests.
///
/// # Safety
///
/// No lock is held; not from a handler, `free_mark` or deferred work.
#[no_mangle]
pub unsafe extern "C" fn fsn_quiesce() {
    // What is freed may queue more, so two rounds.
    for _ in 0..2 {
        wait_marks_destroyed();
        rcu::rcu_barrier();
    }
}
