// SPDX-License-Identifier: GPL-2.0-or-later
//! What the library keeps about a group beside the struct that C sees: its place in the list of all groups and its marks
//! that wait for the reaper. It follows the public struct in the same allocation.

use crate::abi::list::entry;
use crate::abi::*;
use crate::host::*;
use core::mem::size_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicPtr};

/// One of a group's two batches of marks that wait for a grace period \[reaper's lock\].
#[repr(C)]
pub(crate) struct Batch {
    /// The marks, newest first, through `g_list.next`.
    pub marks: AtomicPtr<fsnotify_mark>,
    /// Link on the reaper's queue of groups while `marks` is not empty.
    pub node: hlist_node,
}

/// The library's own part of a group.
#[repr(C)]
pub(crate) struct GroupState {
    /// Marks of the reaper's even and odd rounds.
    pub batches: [Batch; 2],
    /// Link on the list of all groups \[REGISTRY.lock\].
    registry: hlist_node,
    /// `fsnotify_destroy_group()` has been called.
    pub destroyed: AtomicBool,
    /// `fsnotify_destroy_group()` is at work, with the caller's reference.
    pub destroying: AtomicBool,
    /// A mark has been attached, so a handler may have run.
    pub had_marks: AtomicBool,
    /// The overflow event has been freed, so that its address may be another event's.
    pub overflow_freed: AtomicBool,
}

/// A group and its state, as allocated.
#[repr(C)]
struct Whole {
    group: fsnotify_group,
    state: GroupState,
}

/// All groups, for the dump.
struct Registry {
    lock: spinlock,
    groups: hlist_head,
}

static REGISTRY: Registry =
    Registry { lock: spinlock::new(), groups: hlist_head { first: AtomicPtr::new(ptr::null_mut()) } };

/// Zeroed memory for a group, charged to the current memory group if `charged`.
pub(crate) fn alloc(charged: bool) -> Option<NonNull<fsnotify_group>> {
    let gfp = if charged { GFP_KERNEL_ACCOUNT } else { GFP_KERNEL };
    NonNull::new(kzalloc(size_of::<Whole>(), gfp).cast())
}

/// Frees the memory; a debug build poisons it and keeps it for a while.
///
/// # Safety
///
/// `group` came from [`alloc`] and nobody can reach it.
pub(crate) unsafe fn free(group: NonNull<fsnotify_group>) {
    #[cfg(debug_assertions)]
    // SAFETY: came from kzalloc(), and nobody can reach it.
    unsafe {
        poison::keep(group)
    };
    #[cfg(not(debug_assertions))]
    // SAFETY: came from kzalloc(), and nobody can reach it.
    unsafe {
        kfree(group.as_ptr().cast())
    };
}

/// The library's part of a group.
pub(crate) fn of(group: &fsnotify_group) -> &GroupState {
    let whole = group.as_ptr().cast::<Whole>();
    // SAFETY: groups are made by `fsnotify_alloc_group()` only, which allocates a `Whole`.
    unsafe { &(*whole).state }
}

/// The group that a batch's link belongs to.
///
/// # Safety
///
/// `node` is the `node` of `batches[round]` of a live group.
pub(crate) unsafe fn group_of_batch(node: *mut hlist_node, round: usize) -> *mut fsnotify_group {
    // SAFETY: the link lies in a batch by the contract.
    let batch = unsafe { entry!(node, Batch, node) };
    // SAFETY: both batches lie side by side at the start of the state.
    let state = unsafe { batch.sub(round) }.cast::<GroupState>();
    // SAFETY: the state lies in a whole group.
    unsafe { entry!(state, Whole, state) }.cast()
}

/// Puts a new group on the list of all groups.
pub(crate) fn register(group: &fsnotify_group) {
    REGISTRY.lock.lock();
    // SAFETY: the registry's lock is held, and groups leave the list before they are freed.
    unsafe { REGISTRY.groups.add_head(&of(group).registry) };
    // SAFETY: taken above.
    unsafe { REGISTRY.lock.unlock() };
}

/// Takes a group off the list of all groups.
pub(crate) fn unregister(group: &fsnotify_group) {
    REGISTRY.lock.lock();
    // SAFETY: the registry's lock is held and every group on the list is alive.
    unsafe { of(group).registry.del_init() };
    // SAFETY: taken above.
    unsafe { REGISTRY.lock.unlock() };
}

/// Before a fork: the list of groups is whole.
pub(crate) fn before_fork() {
    REGISTRY.lock.lock();
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    // SAFETY: taken by `before_fork()`.
    unsafe { REGISTRY.lock.unlock() };
}

/// After a fork, in the child.
pub(crate) fn after_fork_in_child() {
    REGISTRY.lock.init();
    #[cfg(debug_assertions)]
    poison::after_fork_in_child();
}

/// Calls `f` for each group with a reference held and no lock. Groups made meanwhile may be left out.
pub(crate) fn for_each(mut f: impl FnMut(&fsnotify_group)) {
    let mut current = next_group(None);
    while let Some(group) = current {
        // SAFETY: `next_group()` took a reference.
        f(unsafe { group.as_ref() });
        current = next_group(Some(group));
        // SAFETY: the reference taken by `next_group()`, given back after the step that needed its place.
        unsafe { super::group::put(group) };
    }
}

/// The first group after `previous` that still has references, with one taken.
fn next_group(previous: Option<NonNull<fsnotify_group>>) -> Option<NonNull<fsnotify_group>> {
    REGISTRY.lock.lock();
    let mut node = match previous {
        // SAFETY: the caller holds a reference on it, so it is on the list and alive.
        Some(group) => of(unsafe { group.as_ref() }).registry.next.load(Relaxed),
        None => REGISTRY.groups.first.load(Relaxed),
    };
    let mut found = None;
    while !node.is_null() {
        // SAFETY: every link on the registry is the `registry` of a live group's state.
        let state = unsafe { entry!(node, GroupState, registry) };
        // SAFETY: the state lies in a whole group.
        let whole = unsafe { entry!(state, Whole, state) };
        // SAFETY: a group on the list is alive while the registry's lock is held.
        let group = unsafe { &(*whole).group };
        if group.refcnt.inc_not_zero() {
            found = NonNull::new(group.as_ptr());
            break;
        }
        // SAFETY: as above.
        node = unsafe { (*node).next.load(Relaxed) };
    }
    // SAFETY: taken above.
    unsafe { REGISTRY.lock.unlock() };
    found
}

/// Freed groups of a debug build.
#[cfg(debug_assertions)]
pub(crate) mod poison {
    use super::{ptr, spinlock, NonNull, Relaxed, Whole};
    use crate::abi::fsnotify_group;
    use crate::host::{release, retire};
    use core::mem::size_of;
    use core::sync::atomic::{AtomicPtr, AtomicUsize};

    /// How many freed groups are kept.
    const KEPT: usize = 4096;
    /// What their memory is filled with.
    const BYTE: u8 = 0x6b;
    /// The reference count of such a group.
    const REFCNT: i32 = i32::from_ne_bytes([BYTE; 4]);

    static LOCK: spinlock = spinlock::new();
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    static GROUPS: [AtomicPtr<fsnotify_group>; KEPT] = [const { AtomicPtr::new(ptr::null_mut()) }; KEPT];

    /// Frees a group as far as counters and charges go, poisons it and keeps its memory; frees the memory of the one that
    /// has to make room.
    ///
    /// # Safety
    ///
    /// The group came from kzalloc() and nobody can reach it.
    pub(crate) unsafe fn keep(group: NonNull<fsnotify_group>) {
        // SAFETY: as required of the caller.
        unsafe { retire(group.as_ptr().cast()) };
        // SAFETY: nobody can reach it, and it is a `Whole` in size.
        unsafe { group.as_ptr().cast::<u8>().write_bytes(BYTE, size_of::<Whole>()) };
        LOCK.lock();
        let slot = NEXT.load(Relaxed);
        NEXT.store((slot + 1) % KEPT, Relaxed);
        let old = GROUPS[slot].swap(group.as_ptr(), Relaxed);
        // SAFETY: taken above.
        unsafe { LOCK.unlock() };
        if !old.is_null() {
            // SAFETY: retired when it was kept.
            unsafe { release(old.cast()) };
        }
    }

    /// Another thread may have been in [`keep`]; at worst one freed group is forgotten.
    pub(crate) fn after_fork_in_child() {
        LOCK.init();
    }

    /// Does this look like a freed group?
    pub(crate) fn is_freed(group: &fsnotify_group) -> bool {
        group.refcnt.read() == REFCNT
    }
}
