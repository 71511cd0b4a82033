// SPDX-License-Identifier: GPL-2.0-or-later
//! User namespaces: the ids, capabilities and limits of those inside; and their counts.

use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::{creds, slab, ucount};
use crate::abi::primitives::refcount_struct;
use crate::abi::*;

/// The first namespace's number.
const INIT_INUM: u32 = 0xefff_fffd;
/// Namespaces are counted, too.
const NAMESPACES: usize = ucount_type::UCOUNT_USER_NAMESPACES as usize;
/// What an id that has no name in a namespace is shown as.
pub const OVERFLOW_ID: u32 = 65534;

const EVERY_ID: uid_gid_map = {
    const NONE: uid_gid_extent = uid_gid_extent { first: 0, lower_first: 0, count: 0 };
    let mut map = uid_gid_map { nr_extents: 1, extent: [NONE; FSN_UID_GID_MAP_EXTENTS] };
    map.extent[0].count = u32::MAX;
    map
};

// SAFETY: references and limits are atomic; the rest is written before others can find the namespace.
unsafe impl Sync for user_namespace {}

/// The first namespace. Programs reach it under its exported name, which may be a copy of the linker's making.
pub(crate) use crate::capi::cred::fsn_init_user_ns as INIT_USER_NS;

impl user_namespace {
    /// The first namespace: every id is itself, nothing is limited.
    pub(crate) const fn first() -> Self {
        Self {
            uid_map: EVERY_ID,
            gid_map: EVERY_ID,
            parent: ptr::null_mut(),
            level: 0,
            owner: kuid_t { val: 0 },
            group: kgid_t { val: 0 },
            ns: ns_common { inum: INIT_INUM, count: refcount_struct::new(1) },
            ucounts: ptr::null_mut(),
            ucount_max: [const { AtomicI64::new(i32::MAX as i64) }; UCOUNTS],
            reserved: [0; 8],
        }
    }
}

/// The address of the first namespace.
pub(super) fn init() -> *mut user_namespace {
    (&raw const INIT_USER_NS).cast_mut()
}

fn count<'a>(ns: *const user_namespace) -> &'a refcount_struct {
    // SAFETY: the caller has a reference.
    let count = unsafe { &raw const (*ns).ns.count };
    // SAFETY: as above; the count is changed atomically only.
    unsafe { &*count }
}

/// Another reference; NULL is nothing, and the first namespace needs none.
pub fn get(ns: *const user_namespace) {
    if !ns.is_null() && !ptr::eq(ns, init()) {
        count(ns).inc();
    }
}

/// Gives back a reference; the last frees the namespace, which lets go of its parent in turn.
///
/// # Safety
/// `ns` is NULL or the caller owns the reference.
pub unsafe fn put(mut ns: *mut user_namespace) {
    while !ns.is_null() && !ptr::eq(ns, init()) && count(ns).dec_and_test() {
        // SAFETY: the last reference has gone, so the namespace is ours.
        let gone = unsafe { &*ns };
        let parent = gone.parent;
        let charged = gone.ucounts;
        // SAFETY: made by kmalloc().
        unsafe { slab::kfree(ns.cast()) };
        if !charged.is_null() {
            // SAFETY: charged when the namespace was made.
            unsafe { ucount::dec(charged, NAMESPACES) };
        }
        ns = parent;
    }
}

/// Makes a namespace below that of `new`, owned by its effective user, and puts `new` into it with every capability there.
/// `-ENOSPC`: too deep, or more namespaces than the user may have; `-EPERM`: the user or group has no name in the parent;
/// `-ENOMEM`.
///
/// # Safety
/// `new` came from `prepare_creds()` and is used by nobody.
pub unsafe fn create(new: *mut cred) -> c_int {
    // SAFETY: the caller's promise.
    let who = unsafe { &*new };
    let (parent, owner, group) = (who.user_ns, who.euid, who.egid);
    // SAFETY: the credentials keep their namespace.
    let above = unsafe { &*parent };
    if above.level >= FSN_USER_NS_LEVEL_MAX {
        return -libc::ENOSPC;
    }
    // SAFETY: as above.
    let charged = unsafe { ucount::inc(parent, owner, NAMESPACES) };
    if charged.is_null() {
        return -libc::ENOSPC;
    }
    let refuse = |error: c_int| {
        // SAFETY: charged just now.
        unsafe { ucount::dec(charged, NAMESPACES) };
        -error
    };
    if name_of(&above.uid_map, owner.val).is_none() || name_of(&above.gid_map, group.val).is_none() {
        return refuse(libc::EPERM);
    }
    let ns = slab::kmalloc(size_of::<user_namespace>(), GFP_KERNEL).cast::<user_namespace>();
    if ns.is_null() {
        return refuse(libc::ENOMEM);
    }
    static NUMBER: AtomicU32 = AtomicU32::new(INIT_INUM + 1);
    let mut made = user_namespace::first();
    made.uid_map.nr_extents = 0;
    made.gid_map.nr_extents = 0;
    made.parent = parent;
    made.level = above.level + 1;
    made.owner = owner;
    made.group = group;
    made.ns.inum = NUMBER.fetch_add(1, Ordering::Relaxed);
    made.ucounts = charged;
    // SAFETY: new memory of its size.
    unsafe { ns.write(made) };
    get(parent);
    // SAFETY: the caller's promise; the namespace's first reference becomes the credentials'.
    unsafe { creds::enter_namespace(new, ns) };
    0
}

// ---- ids --------------------------------------------------------------------------------------------------------------

fn extents(map: &uid_gid_map) -> &[uid_gid_extent] {
    &map.extent[..(map.nr_extents as usize).min(FSN_UID_GID_MAP_EXTENTS)]
}

/// The id that a name inside stands for.
pub fn id_of(map: &uid_gid_map, name: u32) -> Option<u32> {
    let extent = extents(map).iter().find(|e| name.checked_sub(e.first).is_some_and(|n| n < e.count))?;
    Some(name - extent.first + extent.lower_first)
}

/// The name inside of an id.
pub fn name_of(map: &uid_gid_map, id: u32) -> Option<u32> {
    let extent = extents(map).iter().find(|e| id.checked_sub(e.lower_first).is_some_and(|n| n < e.count))?;
    Some(id - extent.lower_first + extent.first)
}
