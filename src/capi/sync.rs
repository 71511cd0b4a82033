// SPDX-License-Identifier: GPL-2.0-or-later
//! Slow paths of the lock words and of the reference counts for the inline functions in `include/fsnotify/fsn/`. Not
//! for direct use: call `fsn_spin_lock()` and its like, which are the kernel's functions of those names.
//!
//! None of these functions accepts NULL: they are reached only after the inline part has already used the object.

use core::ffi::c_void;

use crate::abi::primitives::{mutex, refcount_struct, rwlock, spinlock};
use crate::abi::vfs::rw_semaphore;
use crate::host::process::park;
use crate::host::process::refcount::Saturation;

/// Waits for a spinlock that `fsn_spin_lock()` found taken; returns with the lock held. Sleeps.
///
/// # Safety
/// `lock` points to a spinlock that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_spin_lock_slow(lock: *mut spinlock) {
    // SAFETY: valid by the caller's promise; the lock is made of atomics.
    let lock = unsafe { &*lock };
    lock.lock_contended();
}

/// Releases a spinlock that has waiters, and wakes one.
///
/// # Safety
/// `lock` points to a spinlock that the caller holds.
#[no_mangle]
pub unsafe extern "C" fn fsn_spin_unlock_slow(lock: *mut spinlock) {
    // SAFETY: valid by the caller's promise.
    let lock = unsafe { &*lock };
    // SAFETY: held by the caller's promise.
    unsafe { lock.unlock_contended() };
}

/// Waits for a mutex that `fsn_mutex_lock()` found taken; returns with the mutex held. Sleeps.
///
/// # Safety
/// `lock` points to a mutex that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_mutex_lock_slow(lock: *mut mutex) {
    // SAFETY: valid by the caller's promise; what is used of the mutex are atomics.
    let lock = unsafe { &*lock };
    lock.lock_contended();
}

/// Releases a mutex that has waiters, and wakes one.
///
/// # Safety
/// `lock` points to a mutex that the caller holds.
#[no_mangle]
pub unsafe extern "C" fn fsn_mutex_unlock_slow(lock: *mut mutex) {
    // SAFETY: valid by the caller's promise.
    let lock = unsafe { &*lock };
    // SAFETY: held by the caller's promise.
    unsafe { lock.unlock_contended() };
}

/// Waits until the lock can be had for reading; returns with it held. Sleeps.
///
/// # Safety
/// `lock` points to a reader-writer lock that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_read_lock_slow(lock: *mut rwlock) {
    // SAFETY: valid by the caller's promise; the lock is made of atomics.
    let lock = unsafe { &*lock };
    lock.read_contended();
}

/// Waits until the lock can be had for writing; returns with it held. Sleeps.
///
/// # Safety
/// `lock` points to a reader-writer lock that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_write_lock_slow(lock: *mut rwlock) {
    // SAFETY: valid by the caller's promise; the lock is made of atomics.
    let lock = unsafe { &*lock };
    lock.write_contended();
}

/// Gives a reader-writer lock to the first of those that wait for it.
///
/// # Safety
/// The caller is the writer, or the only reader while somebody waits.
#[no_mangle]
pub unsafe extern "C" fn fsn_rwlock_pass_on(lock: *mut rwlock) {
    // SAFETY: valid by the caller's promise.
    let lock = unsafe { &*lock };
    // SAFETY: held by the caller's promise.
    unsafe { lock.pass_on() };
}

/// Waits until the semaphore can be had for reading; returns with it held. Sleeps.
///
/// # Safety
/// `sem` points to a semaphore that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_down_read_slow(sem: *mut rw_semaphore) {
    // SAFETY: valid by the caller's promise; what is used of the semaphore are atomics.
    let sem = unsafe { &*sem };
    sem.read_contended();
}

/// Waits until the semaphore can be had for writing; returns with it held. Sleeps.
///
/// # Safety
/// `sem` points to a semaphore that stays valid while it is waited for.
#[no_mangle]
pub unsafe extern "C" fn fsn_down_write_slow(sem: *mut rw_semaphore) {
    // SAFETY: valid by the caller's promise; what is used of the semaphore are atomics.
    let sem = unsafe { &*sem };
    sem.write_contended();
}

/// Gives a semaphore to the first of those that wait for it.
///
/// # Safety
/// The caller is the writer, or the only reader while somebody waits.
#[no_mangle]
pub unsafe extern "C" fn fsn_rwsem_pass_on(sem: *mut rw_semaphore) {
    // SAFETY: valid by the caller's promise.
    let sem = unsafe { &*sem };
    // SAFETY: held by the caller's promise.
    unsafe { sem.pass_on() };
}

/// Turns a writer's hold on the semaphore into a reader's (the kernel's `downgrade_write`).
///
/// # Safety
/// The caller holds the semaphore for writing.
#[no_mangle]
pub unsafe extern "C" fn fsn_downgrade_write(sem: *mut rw_semaphore) {
    // SAFETY: valid by the caller's promise.
    let sem = unsafe { &*sem };
    // SAFETY: held by the caller's promise.
    unsafe { sem.downgrade_write() };
}

/// Saturates a reference count that went wrong and warns; `kind` is a value of `enum refcount_saturation_type`.
///
/// # Safety
/// `r` points to a reference count.
#[no_mangle]
pub unsafe extern "C" fn fsn_refcount_warn_saturate(r: *mut refcount_struct, kind: u32) {
    // SAFETY: valid by the caller's promise; the count is an atomic.
    let count = unsafe { &*r };
    count.warn_saturate(Saturation::from_number(kind));
}

/// Sleeps on `address` (a multiple of 4) unless `validate(data)`, called with the queue locked, says no. Returns 0 if it
/// did not sleep, 1 if it was woken, 2 if the waker left it the lock. For the library itself: where a process holds two
/// copies of it that share data, both must sleep in the same table, so they meet in this symbol.
///
/// # Safety
/// `validate` may be called with `data`, and only looks at the word.
#[no_mangle]
#[inline(never)]
pub unsafe extern "C" fn fsn_park(
    address: usize,
    tag: usize,
    validate: unsafe extern "C" fn(data: *mut c_void) -> bool,
    data: *mut c_void,
) -> u32 {
    // SAFETY: the caller's promise is the same.
    unsafe { park::park_here(address, tag, validate, data) }
}

/// Wakes those sleepers of `address` that `choose(data, tag)` selects in the order of their arrival, until it says no.
/// Before they run, `done(data, how many, whether more sleep, whether to be fair)` says if the lock is theirs. Returns
/// how many were woken. For the library itself, as `fsn_park()`.
///
/// # Safety
/// Both callbacks may be called with `data`, and only touch the word.
#[no_mangle]
#[inline(never)]
pub unsafe extern "C" fn fsn_unpark(
    address: usize,
    choose: unsafe extern "C" fn(data: *mut c_void, tag: usize) -> bool,
    done: unsafe extern "C" fn(data: *mut c_void, woken: usize, more: bool, fair: bool) -> bool,
    data: *mut c_void,
) -> usize {
    // SAFETY: the caller's promise is the same.
    unsafe { park::unpark_here(address, choose, done, data) }
}
