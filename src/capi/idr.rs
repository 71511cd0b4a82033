// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers for pointers, for C (`struct idr`). Whoever changes a map holds a lock of his own; `fsn_idr_find()` and the walks
//! may run beside that inside RCU. NULL maps are not allowed; the memory is zeroed or initialised with `fsn_idr_init()`.

use crate::abi::*;
use crate::host::process::idr as map;
use core::ffi::{c_int, c_uint, c_ulong, c_void};
use core::sync::atomic::Ordering;

/// # Safety
/// The map is valid while the reference is used.
unsafe fn deref<'a>(idr: *const idr) -> &'a idr {
    // SAFETY: promised by the caller.
    unsafe { &*idr }
}

/// An empty map whose smallest number is `base` (`idr_init_base()`).
///
/// # Safety
/// The memory is writable, and not a map with numbers.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_init_base(idr: *mut idr, base: c_int) {
    // SAFETY: promised by the caller; zero is an empty map.
    unsafe { idr.write_bytes(0, 1) };
    // SAFETY: promised by the caller.
    unsafe { deref(idr) }.idr_base.store(base as u32, Ordering::Relaxed);
}

/// Frees all numbers (`idr_destroy()`), not what is behind them. The map is empty then and may be used again.
///
/// # Safety
/// The map is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_destroy(idr: *mut idr) {
    // SAFETY: promised by the caller.
    map::destroy(unsafe { deref(idr) });
}

/// The smallest free number from `start` up to but not including `end` (0 or less: no end), now with `pointer`, which may be
/// NULL, behind it (`idr_alloc()`). -ENOSPC: there is none; -ENOMEM; -EINVAL, with a warning, for a negative start.
///
/// # Safety
/// The map is valid and locked by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_alloc(
    idr: *mut idr,
    pointer: *mut c_void,
    start: c_int,
    end: c_int,
    gfp: gfp_t,
) -> c_int {
    // SAFETY: promised by the caller.
    map::alloc(unsafe { deref(idr) }, pointer, start, end, gfp).unwrap_or_else(|error| error)
}

/// `fsn_idr_alloc()` of any number of 32 bits (`idr_alloc_u32()`): from `*nextid`, which becomes the number, to `max`. 0 or
/// -ENOSPC or -ENOMEM.
///
/// # Safety
/// The map is valid and locked by the caller, `nextid` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_alloc_u32(
    idr: *mut idr,
    pointer: *mut c_void,
    nextid: *mut c_uint,
    max: c_ulong,
    gfp: gfp_t,
) -> c_int {
    let max = u32::try_from(max).unwrap_or(u32::MAX);
    // SAFETY: promised by the caller.
    let from = unsafe { nextid.read() };
    // SAFETY: promised by the caller.
    match map::alloc_u32(unsafe { deref(idr) }, pointer, from, max, gfp) {
        Ok(number) => {
            // SAFETY: promised by the caller.
            unsafe { nextid.write(number) };
            0
        }
        Err(error) => error,
    }
}

/// `fsn_idr_alloc()`, but from the number behind the one that was given last, and from `start` where the end is reached
/// (`idr_alloc_cyclic()`).
///
/// # Safety
/// The map is valid and locked by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_alloc_cyclic(
    idr: *mut idr,
    pointer: *mut c_void,
    start: c_int,
    end: c_int,
    gfp: gfp_t,
) -> c_int {
    // SAFETY: promised by the caller.
    map::alloc_cyclic(unsafe { deref(idr) }, pointer, start, end, gfp).unwrap_or_else(|error| error)
}

/// What is behind a number, NULL if it is free (`idr_find()`).
///
/// # Safety
/// The map is valid; the caller is inside RCU or holds the map's lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_find(idr: *const idr, id: c_ulong) -> *mut c_void {
    // SAFETY: promised by the caller.
    map::find(unsafe { deref(idr) }, id)
}

/// Frees a number (`idr_remove()`); what was behind it, NULL if it was free already.
///
/// # Safety
/// The map is valid and locked by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_remove(idr: *mut idr, id: c_ulong) -> *mut c_void {
    // SAFETY: promised by the caller.
    map::remove(unsafe { deref(idr) }, id)
}

/// Puts another pointer behind a number (`idr_replace()`); the old one, or `ERR_PTR(-ENOENT)` if the number is free.
///
/// # Safety
/// The map is valid and locked by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_replace(idr: *mut idr, pointer: *mut c_void, id: c_ulong) -> *mut c_void {
    // SAFETY: promised by the caller.
    map::replace(unsafe { deref(idr) }, pointer, id)
        .unwrap_or_else(|error| core::ptr::without_provenance_mut(error as isize as usize))
}

/// Calls `func` for each number with a pointer that is not NULL, upwards (`idr_for_each()`); `func` may remove the number
/// that it is called with. Ends with the first value other than 0, which is returned.
///
/// # Safety
/// The map is valid; the caller is inside RCU or holds the map's lock; `func` may be called.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_for_each(
    idr: *const idr,
    func: Option<unsafe extern "C" fn(id: c_int, pointer: *mut c_void, data: *mut c_void) -> c_int>,
    data: *mut c_void,
) -> c_int {
    let Some(func) = func else { return 0 };
    let mut from = 0;
    // SAFETY: promised by the caller.
    while let Some((number, pointer)) = map::next(unsafe { deref(idr) }, from) {
        let Ok(id) = c_int::try_from(number) else { break };
        // SAFETY: promised by the caller.
        let result = unsafe { func(id, pointer, data) };
        if result != 0 {
            return result;
        }
        from = number + 1;
    }
    0
}

/// The first pointer that is not NULL at or behind `*nextid`, which becomes its number (`idr_get_next_ul()`); NULL at the end.
///
/// # Safety
/// The map is valid, the caller is inside RCU or holds the map's lock; `nextid` is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_get_next_ul(idr: *mut idr, nextid: *mut c_ulong) -> *mut c_void {
    // SAFETY: promised by the caller.
    let from = unsafe { nextid.read() };
    // SAFETY: promised by the caller.
    match map::next(unsafe { deref(idr) }, from) {
        Some((number, pointer)) => {
            // SAFETY: promised by the caller.
            unsafe { nextid.write(number) };
            pointer
        }
        None => core::ptr::null_mut(),
    }
}

/// Whether there is no number (`idr_is_empty()`).
///
/// # Safety
/// The map is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_is_empty(idr: *const idr) -> bool {
    // SAFETY: promised by the caller.
    map::is_empty(unsafe { deref(idr) })
}

/// Begins a section in which the calling thread's `fsn_idr_alloc()` is as sure to find memory as with `gfp`
/// (`idr_preload()`). Memory can be waited for anywhere in a process, so nothing is set aside.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_preload(gfp: gfp_t) {
    map::preload(gfp);
}

/// Ends the section (`idr_preload_end()`).
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_idr_preload_end() {
    map::preload_end();
}
