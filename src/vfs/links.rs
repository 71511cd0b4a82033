// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's lists as the objects use them. All zero is as good as initialised: an empty head, an unlinked node.

use crate::abi::{hlist_head, hlist_node, list_head};
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{Relaxed, Release};

/// The object that embeds the field that a pointer points to.
macro_rules! container_of {
    ($field:expr, $object:ty, $($path:tt).+) => {
        $field.cast::<u8>().wrapping_sub(core::mem::offset_of!($object, $($path).+)).cast::<$object>()
    };
}
pub(super) use container_of;

fn addr(link: &list_head) -> *mut list_head {
    ptr::from_ref(link).cast_mut()
}

/// Makes an empty head or an unlinked entry.
pub(super) fn list_init(link: &list_head) {
    link.prev.store(addr(link), Relaxed);
    link.next.store(addr(link), Relaxed);
}

/// An empty head, or an entry that is on no list?
pub(super) fn list_empty(link: &list_head) -> bool {
    let next = link.next.load(Relaxed);
    next.is_null() || next == addr(link)
}

/// Adds an entry at the beginning.
///
/// # Safety
///
/// As [`list_add_tail()`].
pub(super) unsafe fn list_add(entry: &list_head, head: &list_head) {
    if head.next.load(Relaxed).is_null() {
        list_init(head);
    }
    // SAFETY: the first entry, or the head itself, is alive by the contract.
    let first = unsafe { &*head.next.load(Relaxed) };
    // SAFETY: by the contract; before the first is at the beginning.
    unsafe { list_add_tail(entry, first) };
}

/// Adds an entry at the end.
///
/// # Safety
///
/// The list's lock is held, its entries are alive, and the entry is on no list.
pub(super) unsafe fn list_add_tail(entry: &list_head, head: &list_head) {
    if head.next.load(Relaxed).is_null() {
        list_init(head);
    }
    let last = head.prev.load(Relaxed);
    entry.next.store(addr(head), Relaxed);
    entry.prev.store(last, Relaxed);
    // SAFETY: the last entry, or the head itself, is alive by the contract.
    unsafe { &*last }.next.store(addr(entry), Release);
    head.prev.store(addr(entry), Relaxed);
}

/// Takes an entry off its list, if it is on one.
///
/// # Safety
///
/// The list's lock is held and its entries are alive.
pub(super) unsafe fn list_del_init(entry: &list_head) {
    if list_empty(entry) {
        return;
    }
    let (next, prev) = (entry.next.load(Relaxed), entry.prev.load(Relaxed));
    // SAFETY: a linked entry's neighbours are alive by the contract.
    unsafe { &*next }.prev.store(prev, Relaxed);
    // SAFETY: as above.
    unsafe { &*prev }.next.store(next, Relaxed);
    list_init(entry);
}

/// Iterator over the nodes of a list that does not change meanwhile, except that the node it stands on may go.
pub(super) struct Nodes {
    next: *mut hlist_node,
}

impl Iterator for Nodes {
    type Item = *mut hlist_node;
    fn next(&mut self) -> Option<*mut hlist_node> {
        let node = self.next;
        // SAFETY: `nodes()` was promised that the list's nodes stay alive and linked.
        self.next = unsafe { node.as_ref() }?.next.load(Relaxed);
        Some(node)
    }
}

/// The nodes of a list.
///
/// # Safety
///
/// The list's lock is held for as long as the iterator is used.
pub(super) unsafe fn nodes(head: &hlist_head) -> Nodes {
    Nodes { next: head.first.load(Relaxed) }
}

/// Is the node on no list?
pub(super) fn hlist_unhashed(node: &hlist_node) -> bool {
    node.pprev.load(Relaxed).is_null()
}

/// Adds a node at the front.
///
/// # Safety
///
/// The list's lock is held, its nodes are alive, and the node is on no list.
pub(super) unsafe fn hlist_add_head(node: &hlist_node, head: &hlist_head) {
    let first = head.first.load(Relaxed);
    let here = ptr::from_ref(node).cast_mut();
    node.next.store(first, Relaxed);
    // SAFETY: the first node, if there is one, is alive by the contract.
    if let Some(first) = unsafe { first.as_ref() } {
        first.pprev.store(pointer_of(&node.next), Relaxed);
    }
    node.pprev.store(pointer_of(&head.first), Relaxed);
    head.first.store(here, Release);
}

/// Takes a node off its list, if it is on one.
///
/// # Safety
///
/// The list's lock is held and its nodes are alive.
pub(super) unsafe fn hlist_del_init(node: &hlist_node) {
    let (next, pprev) = (node.next.load(Relaxed), node.pprev.load(Relaxed));
    // SAFETY: a linked node's `pprev` points into its neighbour or the head, which are alive by the contract.
    let Some(here) = (unsafe { pprev.as_ref() }) else { return };
    here.store(next, Relaxed);
    // SAFETY: the next node, if there is one, is alive by the contract.
    if let Some(next) = unsafe { next.as_ref() } {
        next.pprev.store(pprev, Relaxed);
    }
    node.next.store(ptr::null_mut(), Relaxed);
    node.pprev.store(ptr::null_mut(), Relaxed);
}

fn pointer_of<T>(link: &AtomicPtr<T>) -> *mut AtomicPtr<T> {
    ptr::from_ref(link).cast_mut()
}
