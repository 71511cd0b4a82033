// SPDX-License-Identifier: GPL-2.0-or-later
//! The resizable hash table for C. The parameters are those of the initialisation; the inline functions of
//! `fsn/rhashtable.h`, which take them again as the kernel's do, do not pass them on.
//!
//! Tables are initialised and not NULL, unless it is said. Functions of the parameters may be called with the table's lock
//! held: they must neither sleep nor use the table.

use core::ffi::{c_int, c_void};
use core::ptr;

use crate::abi::*;
use crate::host::process::rhashtable::{self as hashing, Inserted};
use crate::host::process::{log, rhashtable_resize as resizing, rhashtable_walk as walking};

/// The table, unless it is NULL or destroyed.
///
/// # Safety
/// `ht` is NULL, or initialised and valid while the reference is used.
unsafe fn live<'a>(ht: *mut rhashtable, function: &'static str) -> Option<&'a rhashtable> {
    // SAFETY: promised by the caller.
    let found = unsafe { ht.as_ref() }.filter(|ht| !ht.first_is_null());
    if found.is_none() {
        log::warn(function, "the table is not initialised, or destroyed already");
    }
    found
}

fn err_ptr(error: c_int) -> *mut c_void {
    ptr::without_provenance_mut(-(error.abs() as isize) as usize)
}

/// Makes a table ready (`rhashtable_init()`): 0, or -EINVAL for parameters without a key. Without memory it begins with few chains.
///
/// # Safety
/// `ht` is writable and unused; `params` is readable, its functions fit for the objects.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_init(ht: *mut rhashtable, params: *const rhashtable_params) -> c_int {
    // SAFETY: promised by the caller.
    let params = unsafe { &*params };
    // SAFETY: promised by the caller.
    unsafe { resizing::init(ht, params, false) }
}

/// The same for a table that may hold several objects of a key (`rhltable_init()`); `obj_hashfn` is not possible there.
///
/// # Safety
/// As for `fsn_rhashtable_init()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhltable_init(hlt: *mut rhltable, params: *const rhashtable_params) -> c_int {
    // SAFETY: promised by the caller.
    let params = unsafe { &*params };
    // SAFETY: promised by the caller. The table is the first member.
    unsafe { resizing::init(hlt.cast(), params, true) }
}

/// Ends a table (`rhashtable_free_and_destroy()`): `free`, which may be NULL, gets each object still in it. It is not waited for
/// readers. Sleeps. A table that was destroyed before is left alone.
///
/// # Safety
/// Nobody uses the table any more; `free` may be called with `arg`.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_free_and_destroy(
    ht: *mut rhashtable,
    free: fsn_rhashtable_free_fn,
    arg: *mut c_void,
) {
    // SAFETY: promised by the caller.
    if let Some(ht) = unsafe { live(ht, "rhashtable_destroy") } {
        // SAFETY: promised by the caller.
        unsafe { resizing::destroy(ht, free, arg) };
    }
}

/// The object with the key, in a `struct rhltable` the newest one, or NULL (`rhashtable_lookup()`). Valid as long as the caller
/// stays inside RCU's read side.
///
/// # Safety
/// The key is readable.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_find(ht: *mut rhashtable, key: *const c_void) -> *mut c_void {
    // SAFETY: promised by the caller.
    let Some(ht) = (unsafe { live(ht, "rhashtable_lookup") }) else { return ptr::null_mut() };
    // SAFETY: promised by the caller.
    unsafe { hashing::lookup(ht, key) }
}

/// Puts an object in, unless there is one with the key (`rhashtable_lookup_get_insert_key()`). NULL: it is in; an object: that one
/// is there; or an error as a pointer: -E2BIG, -ENOMEM, -EBUSY (other hashes are on their way, try again). `key` NULL: without
/// looking. Does not sleep.
///
/// # Safety
/// The object is in no table, and stays until a grace period after its removal.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_put(
    ht: *mut rhashtable,
    key: *const c_void,
    object: *mut c_void,
) -> *mut c_void {
    // SAFETY: promised by the caller.
    let Some(ht) = (unsafe { live(ht, "rhashtable_insert") }) else { return err_ptr(libc::EINVAL) };
    // SAFETY: promised by the caller.
    match unsafe { hashing::insert(ht, key, object) } {
        Inserted::Done => ptr::null_mut(),
        Inserted::Exists(other) => other,
        Inserted::Failed(error) => err_ptr(error),
    }
}

/// Puts an object before the others of its key, if there are any (`rhltable_insert()`): 0, -E2BIG, -ENOMEM, -EBUSY. Does not
/// sleep.
///
/// # Safety
/// As for `fsn_rhashtable_put()`; `list` is the object's link.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhltable_put(hlt: *mut rhltable, list: *mut rhlist_head) -> c_int {
    // SAFETY: promised by the caller. The table is the first member.
    let Some(ht) = (unsafe { live(hlt.cast(), "rhltable_insert") }) else { return -libc::EINVAL };
    let object = ht.object(list.cast());
    // SAFETY: promised by the caller.
    match unsafe { hashing::insert(ht, ht.key_of(object), object) } {
        Inserted::Failed(error) => error,
        Inserted::Done | Inserted::Exists(_) => 0,
    }
}

/// Takes an object out, by its link (`rhashtable_remove_fast()`, `rhltable_remove()`): 0 or -ENOENT. Readers may see it for a grace
/// period. Does not sleep.
///
/// # Safety
/// The link is that of an object that could be in the table.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_take(ht: *mut rhashtable, link: *mut rhash_head) -> c_int {
    // SAFETY: promised by the caller.
    let Some(ht) = (unsafe { live(ht, "rhashtable_remove") }) else { return -libc::ENOENT };
    // SAFETY: promised by the caller.
    unsafe { hashing::remove(ht, ht.object(link)) }
}

/// Begins a walk over a whole table (`rhashtable_walk_enter()`, `rhltable_walk_enter()`). It ends with
/// `fsn_rhashtable_walk_exit()`.
///
/// # Safety
/// `iter` is writable, and stays where it is until the walk ends.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_walk_enter(ht: *mut rhashtable, iter: *mut rhashtable_iter) {
    // SAFETY: promised by the caller.
    let table = unsafe { &*ht };
    // SAFETY: promised by the caller.
    unsafe { iter.write(walking::enter(table)) };
    // SAFETY: written just now.
    walking::settle(table, unsafe { &*iter });
}

/// # Safety
/// The walk has begun and not ended; the caller's alone.
unsafe fn walk<'a>(iter: *mut rhashtable_iter) -> (&'a rhashtable, &'a mut rhashtable_iter) {
    // SAFETY: promised by the caller.
    let iter = unsafe { &mut *iter };
    // SAFETY: the table outlives its walks.
    (unsafe { &*iter.ht }, iter)
}

/// Enters RCU's read side (also when it fails) and goes on with a walk: 0, or -EAGAIN if the size has changed since it stopped and it
/// begins anew (`rhashtable_walk_start_check()`).
///
/// # Safety
/// The walk has begun, and is stopped.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_walk_start_check(iter: *mut rhashtable_iter) -> c_int {
    // SAFETY: promised by the caller.
    let (ht, iter) = unsafe { walk(iter) };
    if walking::start(ht, iter) {
        0
    } else {
        -libc::EAGAIN
    }
}

/// The next object, NULL at the end, or -EAGAIN as a pointer: the size is being changed, and objects may come again
/// (`rhashtable_walk_next()`).
///
/// # Safety
/// The walk has been started.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_walk_next(iter: *mut rhashtable_iter) -> *mut c_void {
    // SAFETY: promised by the caller.
    let (ht, iter) = unsafe { walk(iter) };
    match walking::next(ht, iter) {
        walking::Step::Object(object) => object,
        walking::Step::Again => err_ptr(libc::EAGAIN),
        walking::Step::End => ptr::null_mut(),
    }
}

/// Leaves RCU's read side; the walk may be started again (`rhashtable_walk_stop()`).
///
/// # Safety
/// The walk has been started.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_walk_stop(iter: *mut rhashtable_iter) {
    // SAFETY: promised by the caller.
    let (ht, iter) = unsafe { walk(iter) };
    walking::stop(ht, iter);
}

/// Ends a walk (`rhashtable_walk_exit()`).
///
/// # Safety
/// The walk has begun, and is stopped.
#[no_mangle]
pub unsafe extern "C" fn fsn_rhashtable_walk_exit(iter: *mut rhashtable_iter) {
    // SAFETY: promised by the caller.
    let (ht, iter) = unsafe { walk(iter) };
    walking::leave(ht, iter);
}
