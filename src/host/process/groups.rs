// SPDX-License-Identifier: GPL-2.0-or-later
//! Supplementary groups: a counted, sorted array, never changed once credentials have it.

use core::ffi::c_int;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::slab;
use crate::abi::primitives::refcount_struct;
use crate::abi::*;

/// The most groups that credentials can have.
pub const NGROUPS_MAX: c_int = 65536;

struct Empty(group_info);
// SAFETY: the count is atomic, the rest does not change.
unsafe impl Sync for Empty {}

/// No groups: what stands in where the process's cannot be had.
static NONE: Empty = Empty(group_info { usage: refcount_struct::new(1), ngroups: 0, gid: [] });

/// The process's, once they are known; for ever.
static PROCESS: AtomicPtr<group_info> = AtomicPtr::new(ptr::null_mut());

fn bytes(count: usize) -> usize {
    size_of::<group_info>() + count * size_of::<kgid_t>()
}

/// The groups of an array.
///
/// # Safety
/// `groups` is valid for as long as the result is used.
unsafe fn array<'a>(groups: *const group_info) -> &'a [kgid_t] {
    // SAFETY: the caller's promise.
    let count = unsafe { (*groups).ngroups };
    // SAFETY: as above.
    let first = unsafe { &raw const (*groups).gid };
    // SAFETY: the array has as many elements as it says, behind the struct.
    unsafe { slice::from_raw_parts(first.cast(), count.max(0) as usize) }
}

/// The system's list of the process's groups, in a block that is never freed.
pub(super) fn of_process() -> *mut group_info {
    let known = PROCESS.load(Ordering::Acquire);
    if !known.is_null() {
        return known;
    }
    let made = read_process().unwrap_or((&raw const NONE.0).cast_mut());
    match PROCESS.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => made,
        Err(first) => {
            if !ptr::eq(made, &raw const NONE.0) {
                // SAFETY: made by malloc(), and lost the race.
                unsafe { libc::free(made.cast()) };
            }
            first
        }
    }
}

fn read_process() -> Option<*mut group_info> {
    if cfg!(miri) {
        return None;
    }
    // SAFETY: no room, so nothing is written.
    let count = unsafe { libc::getgroups(0, ptr::null_mut()) };
    if count <= 0 {
        return None;
    }
    // SAFETY: has no preconditions.
    let groups = unsafe { libc::malloc(bytes(count as usize)) }.cast::<group_info>();
    if groups.is_null() {
        return None;
    }
    // SAFETY: new memory, large enough.
    unsafe { groups.write(group_info { usage: refcount_struct::new(1), ngroups: count, gid: [] }) };
    // SAFETY: as above.
    let first = unsafe { &raw mut (*groups).gid }.cast::<kgid_t>();
    // SAFETY: there is room for `count`.
    let got = unsafe { libc::getgroups(count, first.cast()) };
    // SAFETY: still nobody else's; fewer groups than were counted is right, an error means none.
    unsafe { (*groups).ngroups = got.max(0) };
    // SAFETY: as above.
    unsafe { sort(groups) };
    Some(groups)
}

/// Room for `count` groups, to be filled in and sorted; NULL without memory or for a number that cannot be.
pub fn alloc(count: c_int) -> *mut group_info {
    if !(0..=NGROUPS_MAX).contains(&count) {
        return ptr::null_mut();
    }
    let groups = slab::kvmalloc(bytes(count as usize), GFP_KERNEL | __GFP_ZERO).cast::<group_info>();
    if !groups.is_null() {
        // SAFETY: new memory, large enough.
        unsafe { groups.write(group_info { usage: refcount_struct::new(1), ngroups: count, gid: [] }) };
    }
    groups
}

/// Sorts by number, as the search wants it.
///
/// # Safety
/// The groups are the caller's alone.
pub unsafe fn sort(groups: *mut group_info) {
    // SAFETY: the caller's promise.
    let count = unsafe { (*groups).ngroups };
    // SAFETY: as above.
    let first = unsafe { &raw mut (*groups).gid };
    // SAFETY: as in array(), and nobody else has them.
    unsafe { slice::from_raw_parts_mut(first.cast::<kgid_t>(), count.max(0) as usize) }
        .sort_unstable_by_key(|gid| gid.val);
}

/// Whether a group is among them.
///
/// # Safety
/// `groups` is NULL or valid.
pub unsafe fn search(groups: *const group_info, gid: kgid_t) -> bool {
    // SAFETY: the caller's promise.
    !groups.is_null() && unsafe { array(groups) }.binary_search_by_key(&gid.val, |gid| gid.val).is_ok()
}

fn count<'a>(groups: *const group_info) -> &'a refcount_struct {
    // SAFETY: the caller has a reference.
    let usage = unsafe { &raw const (*groups).usage };
    // SAFETY: as above; the count is changed atomically only.
    unsafe { &*usage }
}

/// Another reference; NULL is nothing.
pub fn get(groups: *const group_info) {
    if !groups.is_null() {
        count(groups).inc();
    }
}

/// Gives back a reference; NULL is nothing.
///
/// # Safety
/// The caller owns the reference.
pub unsafe fn put(groups: *mut group_info) {
    if !groups.is_null() && count(groups).dec_and_test() {
        // SAFETY: the last reference. Those of the process, which kmalloc() did not make, keep theirs.
        unsafe { slab::kvfree(groups.cast()) };
    }
}
