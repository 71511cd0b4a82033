// SPDX-License-Identifier: GPL-2.0-or-later
//! Credentials, user namespaces and counts for C. None of these functions takes a lock that a caller may hold; those that
//! allocate say so.

use crate::abi::*;
use crate::host::process::{creds, groups, log, ucount, user_ns};
use core::ffi::{c_int, c_uint};

/// The first user namespace (`init_user_ns`), in which a process is unless it makes others. Its limits are data of the program.
#[no_mangle]
pub static fsn_init_user_ns: user_namespace = user_namespace::first();

/// The calling task's credentials (`current_cred()`), never NULL: the process's own, as the system told them at the first
/// need, unless the thread has others. No reference is taken.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_current_cred() -> *const cred {
    creds::current()
}

/// Takes a reference (`get_cred()`) and returns the credentials; NULL is nothing.
///
/// # Safety
/// `cred` is NULL, or kept by a reference or by the caller's task.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_cred(cred: *const cred) -> *const cred {
    if !cred.is_null() {
        creds::get(cred);
    }
    cred
}

/// `fsn_get_cred()` of credentials that were found inside RCU (`get_cred_rcu()`); NULL if their last reference has gone.
///
/// # Safety
/// `cred` is NULL, or the caller is inside the RCU read side in which he found it.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_cred_rcu(cred: *const cred) -> *const cred {
    if cred.is_null() || !creds::get_rcu(cred) {
        return core::ptr::null();
    }
    cred
}

/// Gives back a reference (`put_cred()`); the last frees, after a grace period. NULL is nothing.
///
/// # Safety
/// `cred` is NULL or the caller owns a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_cred(cred: *const cred) {
    if !cred.is_null() {
        // SAFETY: promised by the caller.
        unsafe { creds::put(cred) };
    }
}

/// Has the calling task use `new` until `fsn_revert_creds()` (`override_creds()`); takes a reference on it. Returns what the
/// task used before, with the task's reference.
///
/// # Safety
/// `new` is kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_override_creds(new: *const cred) -> *const cred {
    creds::override_with(new)
}

/// Has the calling task use `old` again, whose reference becomes the task's; drops the reference on what it used till now
/// (`revert_creds()`).
///
/// # Safety
/// The caller owns a reference on `old`.
#[no_mangle]
pub unsafe extern "C" fn fsn_revert_creds(old: *const cred) {
    // SAFETY: promised by the caller.
    unsafe { creds::revert(old) };
}

/// A copy of the calling task's credentials that may be changed (`prepare_creds()`), for `fsn_commit_creds()`,
/// `fsn_override_creds()` or `fsn_put_cred()`. NULL without memory.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_prepare_creds() -> *mut cred {
    creds::prepare()
}

/// Makes `new` the calling task's credentials (`commit_creds()`); uses up the caller's reference. Returns 0. Not while they are
/// overridden: that aborts.
///
/// # Safety
/// `new` came from `fsn_prepare_creds()` and no task uses it.
#[no_mangle]
pub unsafe extern "C" fn fsn_commit_creds(new: *mut cred) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { creds::commit(new) }
}

/// Has threads that the library meets from now on begin with `cred`, on which it takes a reference; NULL: with the process's
/// own again. Threads that it has met keep theirs.
///
/// # Safety
/// `cred` is NULL or kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_cred_set_process(cred: *const cred) {
    // SAFETY: promised by the caller.
    unsafe { creds::set_process(cred) };
}

/// Whether the calling task has a capability over a namespace (`ns_capable()`): it is effective in the task's own namespace,
/// or the task's user made the namespace. A number that is no capability is warned of and refused.
///
/// # Safety
/// The namespace is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_ns_capable(ns: *const user_namespace, cap: c_int) -> bool {
    // SAFETY: promised by the caller.
    unsafe { creds::ns_capable(ns, cap) }
}

/// Whether the calling task has a capability over the first namespace (`capable()`).
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_capable(cap: c_int) -> bool {
    creds::capable(cap)
}

// ---- groups -----------------------------------------------------------------------------------------------------------

/// Room for `count` groups with one reference (`groups_alloc()`), to be filled in and sorted. NULL without memory, and for a
/// number below 0 or above 65536.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_groups_alloc(count: c_int) -> *mut group_info {
    groups::alloc(count)
}

/// Sorts groups by number (`groups_sort()`), as `fsn_groups_search()` needs them.
///
/// # Safety
/// The groups are valid and the caller's alone.
#[no_mangle]
pub unsafe extern "C" fn fsn_groups_sort(groups: *mut group_info) {
    // SAFETY: promised by the caller.
    unsafe { groups::sort(groups) };
}

/// Whether a group is among sorted groups (`groups_search()`): 1 or 0; 0 for NULL.
///
/// # Safety
/// `groups` is NULL or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_groups_search(groups: *const group_info, gid: kgid_t) -> c_int {
    // SAFETY: promised by the caller.
    c_int::from(unsafe { groups::search(groups, gid) })
}

/// Takes a reference (`get_group_info()`) and returns the groups; NULL is nothing.
///
/// # Safety
/// `groups` is NULL or kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_group_info(groups: *mut group_info) -> *mut group_info {
    groups::get(groups);
    groups
}

/// Gives back a reference (`put_group_info()`); NULL is nothing.
///
/// # Safety
/// `groups` is NULL or the caller owns a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_group_info(groups: *mut group_info) {
    // SAFETY: promised by the caller.
    unsafe { groups::put(groups) };
}

/// Gives new credentials other supplementary groups (`set_groups()`); takes a reference on them.
///
/// # Safety
/// `new` came from `fsn_prepare_creds()` and no task uses it; `groups` is kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_groups(new: *mut cred, groups: *mut group_info) {
    groups::get(groups);
    // SAFETY: promised by the caller.
    let place = unsafe { &raw mut (*new).group_info };
    // SAFETY: as above.
    let old = unsafe { place.replace(groups) };
    // SAFETY: the credentials' own reference.
    unsafe { groups::put(old) };
}

/// Whether the calling task is in a group for access to files (`in_group_p()`): 1 or 0.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_in_group_p(gid: kgid_t) -> c_int {
    c_int::from(creds::in_group(gid, false))
}

/// Whether the calling task is effectively in a group (`in_egroup_p()`): 1 or 0.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_in_egroup_p(gid: kgid_t) -> c_int {
    c_int::from(creds::in_group(gid, true))
}

// ---- user namespaces --------------------------------------------------------------------------------------------------

/// Takes a reference (`get_user_ns()`) and returns the namespace; NULL is nothing.
///
/// # Safety
/// `ns` is NULL or kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_user_ns(ns: *mut user_namespace) -> *mut user_namespace {
    user_ns::get(ns);
    ns
}

/// Gives back a reference (`put_user_ns()`); NULL is nothing.
///
/// # Safety
/// `ns` is NULL or the caller owns a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_user_ns(ns: *mut user_namespace) {
    // SAFETY: promised by the caller.
    unsafe { user_ns::put(ns) };
}

/// Makes a namespace below that of `new`, owned by its effective user, and puts `new` into it with all capabilities there
/// (`create_user_ns()`). Its maps of ids are empty, for the program to fill in; its limits are INT_MAX. 0; -ENOSPC: 33 deep, or more
/// than the user may have; -EPERM: the user or group has no name in the namespace above; -ENOMEM.
///
/// # Safety
/// `new` came from `fsn_prepare_creds()` and no task uses it.
#[no_mangle]
pub unsafe extern "C" fn fsn_create_user_ns(new: *mut cred) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { user_ns::create(new) }
}

/// # Safety
/// `ns` is NULL, which stands for the first, or valid while the reference is used.
unsafe fn deref<'a>(ns: *const user_namespace) -> &'a user_namespace {
    // SAFETY: promised by the caller.
    unsafe { ns.as_ref() }.unwrap_or(&fsn_init_user_ns)
}

/// The user that a number means in a namespace (`make_kuid()`); (uid_t)-1 where it means none.
///
/// # Safety
/// `ns` is NULL (the first) or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_make_kuid(ns: *const user_namespace, uid: c_uint) -> kuid_t {
    // SAFETY: promised by the caller.
    kuid_t { val: user_ns::id_of(&unsafe { deref(ns) }.uid_map, uid).unwrap_or(u32::MAX) }
}

/// The group that a number means in a namespace (`make_kgid()`); (gid_t)-1 where it means none.
///
/// # Safety
/// `ns` is NULL (the first) or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_make_kgid(ns: *const user_namespace, gid: c_uint) -> kgid_t {
    // SAFETY: promised by the caller.
    kgid_t { val: user_ns::id_of(&unsafe { deref(ns) }.gid_map, gid).unwrap_or(u32::MAX) }
}

/// A user's number in a namespace (`from_kuid()`); (uid_t)-1 if it has none.
///
/// # Safety
/// `ns` is NULL (the first) or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_from_kuid(ns: *const user_namespace, uid: kuid_t) -> c_uint {
    // SAFETY: promised by the caller.
    user_ns::name_of(&unsafe { deref(ns) }.uid_map, uid.val).unwrap_or(u32::MAX)
}

/// A group's number in a namespace (`from_kgid()`); (gid_t)-1 if it has none.
///
/// # Safety
/// `ns` is NULL (the first) or valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_from_kgid(ns: *const user_namespace, gid: kgid_t) -> c_uint {
    // SAFETY: promised by the caller.
    user_ns::name_of(&unsafe { deref(ns) }.gid_map, gid.val).unwrap_or(u32::MAX)
}

// ---- counts -----------------------------------------------------------------------------------------------------------

fn kind(number: c_uint, function: &'static str) -> Option<usize> {
    let kind = number as usize;
    if kind >= UCOUNTS {
        log::warn(function, "no such kind of count");
        return None;
    }
    Some(kind)
}

/// A user's counts in a namespace (`alloc_ucounts()`), with a reference; NULL without memory.
///
/// # Safety
/// The namespace is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_ucounts(ns: *mut user_namespace, uid: kuid_t) -> *mut ucounts {
    // SAFETY: promised by the caller.
    unsafe { ucount::of(ns, uid) }
}

/// Takes a reference (`get_ucounts()`) and returns the counts; NULL is nothing.
///
/// # Safety
/// `counts` is NULL or kept by a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_ucounts(counts: *mut ucounts) -> *mut ucounts {
    // SAFETY: promised by the caller.
    if let Some(counts) = unsafe { counts.as_ref() } {
        ucount::get(counts);
    }
    counts
}

/// Gives back a reference (`put_ucounts()`); NULL is nothing.
///
/// # Safety
/// `counts` is NULL or the caller owns a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_ucounts(counts: *mut ucounts) {
    // SAFETY: promised by the caller.
    unsafe { ucount::put(counts) };
}

/// One more of a kind (`enum ucount_type`) for a user, counted in the namespace and, for its makers, in those above
/// (`inc_ucount()`). The counts, with a reference that `fsn_dec_ucount()` gives back. NULL where a limit (`ucount_max`) is reached, and
/// without memory: nothing is counted then.
///
/// # Safety
/// The namespace is valid.
#[no_mangle]
pub unsafe extern "C" fn fsn_inc_ucount(ns: *mut user_namespace, uid: kuid_t, r#type: c_uint) -> *mut ucounts {
    match kind(r#type, "inc_ucount") {
        // SAFETY: promised by the caller.
        Some(kind) => unsafe { ucount::inc(ns, uid, kind) },
        None => core::ptr::null_mut(),
    }
}

/// One less (`dec_ucount()`); gives back the reference. NULL is nothing. One that was never counted is warned of.
///
/// # Safety
/// `counts` is NULL or came from `fsn_inc_ucount()` for this kind.
#[no_mangle]
pub unsafe extern "C" fn fsn_dec_ucount(counts: *mut ucounts, r#type: c_uint) {
    if let Some(kind) = kind(r#type, "dec_ucount") {
        // SAFETY: promised by the caller.
        unsafe { ucount::dec(counts, kind) };
    }
}
