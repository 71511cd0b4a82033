// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists in the order of use, and shrinkers, for C. Arguments are not NULL, unless it is said.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use crate::abi::*;
use crate::host::process::{list_lru as lists, shrinker as shrinkers};

/// # Safety
/// The pointer is valid while the reference is used.
unsafe fn valid<'a, T>(at: *mut T) -> &'a T {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// Makes an empty list (`list_lru_init()`): 0 or -ENOMEM.
///
/// # Safety
/// `lru` is writable and unused.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_init(lru: *mut list_lru) -> c_int {
    // SAFETY: promised by the caller.
    lists::init(unsafe { valid(lru) })
}

/// Ends a list (`list_lru_destroy()`); objects on it are left alone. Zeroed memory, and a list ended before, are nothing.
///
/// # Safety
/// Nobody uses the list any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_destroy(lru: *mut list_lru) {
    // SAFETY: promised by the caller.
    lists::destroy(unsafe { valid(lru) });
}

/// Puts an object at the end, as the most recently used; false if it is on a list already (`list_lru_add_obj()`; 6.1's
/// `list_lru_add()`). Takes the list's lock.
///
/// # Safety
/// The link is initialised, and stays until it is off the list.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_add_obj(lru: *mut list_lru, item: *mut list_head) -> bool {
    // SAFETY: promised by the caller.
    let lru = unsafe { valid(lru) };
    // SAFETY: promised by the caller.
    let item = unsafe { valid(item) };
    // SAFETY: promised by the caller.
    unsafe { lists::add(lru, item) }
}

/// Takes an object off; false if it is on no list (`list_lru_del_obj()`; 6.1's `list_lru_del()`). Takes the list's lock.
///
/// # Safety
/// The link is initialised, and on no other list.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_del_obj(lru: *mut list_lru, item: *mut list_head) -> bool {
    // SAFETY: promised by the caller.
    let lru = unsafe { valid(lru) };
    // SAFETY: promised by the caller.
    let item = unsafe { valid(item) };
    // SAFETY: promised by the caller.
    unsafe { lists::del(lru, item) }
}

/// How many objects there are (`list_lru_count()`). No lock is taken.
///
/// # Safety
/// The list is initialised.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_count(lru: *mut list_lru) -> c_ulong {
    // SAFETY: promised by the caller.
    lists::count(unsafe { valid(lru) })
}

/// Shows up to `*nr_to_walk` objects, which is counted down, to `isolate`, the least recently used first, and does with each what it
/// answers (`list_lru_walk()`). Returns how many were taken off. The list's lock is held when `isolate` is called.
///
/// # Safety
/// `isolate` may be called with `cb_arg`; `nr_to_walk` is the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_walk_counted(
    lru: *mut list_lru,
    isolate: list_lru_walk_cb,
    cb_arg: *mut c_void,
    nr_to_walk: *mut c_ulong,
) -> c_ulong {
    // SAFETY: promised by the caller.
    let lru = unsafe { valid(lru) };
    // SAFETY: promised by the caller.
    let nr = unsafe { &mut *nr_to_walk };
    // SAFETY: promised by the caller.
    unsafe { lists::walk(lru, isolate, cb_arg, nr) }
}

/// Takes an object off within a walk (`list_lru_isolate()`).
///
/// # Safety
/// For the callback of a walk: its list, and the object that it was called with.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_isolate(list: *mut list_lru_one, item: *mut list_head) {
    // SAFETY: promised by the caller.
    let list = unsafe { valid(list) };
    // SAFETY: promised by the caller.
    let item = unsafe { valid(item) };
    // SAFETY: promised by the caller.
    unsafe { list.isolate(item) };
}

/// Moves an object to the front of another list within a walk (`list_lru_isolate_move()`).
///
/// # Safety
/// As for `fsn_list_lru_isolate()`; `head` is the caller's.
#[no_mangle]
pub unsafe extern "C" fn fsn_list_lru_isolate_move(
    list: *mut list_lru_one,
    item: *mut list_head,
    head: *mut list_head,
) {
    // SAFETY: promised by the caller.
    let list = unsafe { valid(list) };
    // SAFETY: promised by the caller.
    let item = unsafe { valid(item) };
    // SAFETY: promised by the caller.
    let head = unsafe { valid(head) };
    // SAFETY: promised by the caller.
    unsafe { list.isolate_move(item, head) };
}

/// A shrinker that is not registered yet, NULL without memory; behind `fsn_shrinker_alloc()`. Its functions are to be set.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrinker_alloc_flags(flags: c_uint) -> *mut shrinker {
    shrinkers::alloc(flags)
}

/// Lets a shrinker be asked (`shrinker_register()`).
///
/// # Safety
/// From `fsn_shrinker_alloc()`, not registered; its functions may be called from any thread that calls `fsn_shrink()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrinker_register(shrinker: *mut shrinker) {
    // SAFETY: promised by the caller.
    let shrinker = unsafe { valid(shrinker) };
    // SAFETY: promised by the caller.
    unsafe { shrinkers::register(shrinker) };
}

/// Ends a shrinker of `fsn_shrinker_alloc()`, registered or not (`shrinker_free()`): waits until nobody asks it, frees it after a grace
/// period. NULL is nothing. Not from its own functions. Sleeps.
///
/// # Safety
/// Nobody uses the shrinker any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrinker_free(shrinker: *mut shrinker) {
    if !shrinker.is_null() {
        // SAFETY: promised by the caller.
        unsafe { shrinkers::free(shrinker) };
    }
}

/// Lets a shrinker of the program's own be asked: 0 or -ENOMEM; behind 6.1's `register_shrinker()`.
///
/// # Safety
/// Its functions are set; it is not registered, and stays until `fsn_unregister_shrinker()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_register_own_shrinker(shrinker: *mut shrinker) -> c_int {
    // SAFETY: promised by the caller.
    let shrinker = unsafe { valid(shrinker) };
    // SAFETY: promised by the caller.
    unsafe { shrinkers::register_own(shrinker) }
}

/// Ends that: waits until nobody asks it (6.1's `unregister_shrinker()`). One that is not registered is left alone. Not from its own
/// functions. Sleeps.
///
/// # Safety
/// The shrinker is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_unregister_shrinker(shrinker: *mut shrinker) {
    // SAFETY: promised by the caller.
    shrinkers::remove(unsafe { valid(shrinker) });
}

/// Memory is short, says the program: each registered shrinker is asked how many objects could go, then to look at `nr` of them, and
/// at what it had to leave at an earlier call, in batches. What it answers with `SHRINK_STOP` is left for the next call.
/// Returns how many objects went. From within a shrinker it does nothing. It stands for the reclaim of a kernel, which derives
/// `nr` from the pressure; here the host's memory is the system's to reclaim, and only the program knows when.
///
/// # Safety
/// No lock is held that a shrinker takes.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrink(nr: c_ulong) -> c_ulong {
    shrinkers::shrink(nr)
}
