// SPDX-License-Identifier: GPL-2.0-or-later
//! The links of the intrusive lists: `list_head`, `hlist_head`, `hlist_node`. The lock that protects a list is the
//! caller's business; the functions are `unsafe` for that reason and because every link of a list must be alive.

use crate::abi::{hlist_head, hlist_node, list_head};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The struct that embeds a link: `container_of()`.
macro_rules! entry {
    ($link:expr, $type:ty, $field:ident) => {
        ($link).byte_sub(core::mem::offset_of!($type, $field)).cast::<$type>()
    };
}
pub(crate) use entry;

impl list_head {
    /// An unlinked entry or empty list, by address.
    pub(crate) fn init(&self) {
        let this = ptr::from_ref(self).cast_mut();
        self.next.store(this, Relaxed);
        self.prev.store(this, Relaxed);
    }

    /// Is this an empty list, an unlinked entry, or zeroed memory?
    pub(crate) fn is_empty(&self) -> bool {
        let next = self.next.load(Relaxed);
        next.is_null() || ptr::eq(next, self)
    }

    /// The first entry's link.
    pub(crate) fn first(&self) -> Option<*mut list_head> {
        let next = self.next.load(Relaxed);
        (!next.is_null() && !ptr::eq(next, self)).then_some(next)
    }

    /// Links `new` between two neighbours.
    ///
    /// # Safety
    ///
    /// The list's lock is held; `prev` and `next` are neighbours on it and alive.
    unsafe fn link(new: &list_head, prev: *mut list_head, next: *mut list_head) {
        let this = ptr::from_ref(new).cast_mut();
        new.next.store(next, Relaxed);
        new.prev.store(prev, Relaxed);
        // SAFETY: `next` is alive by this function's contract.
        unsafe { (*next).prev.store(this, Relaxed) };
        // SAFETY: `prev` is alive by this function's contract.
        unsafe { (*prev).next.store(this, Relaxed) };
    }

    /// Links `new` at the front of this list.
    ///
    /// # Safety
    ///
    /// The list's lock is held, its links are alive, `new` is on no list and stays alive until it is taken off.
    pub(crate) unsafe fn add(&self, new: &list_head) {
        let this = ptr::from_ref(self).cast_mut();
        // SAFETY: head and first entry are neighbours of a list whose links are alive.
        unsafe { Self::link(new, this, self.next.load(Relaxed)) }
    }

    /// Links `new` at the end of this list.
    ///
    /// # Safety
    ///
    /// As for [`list_head::add`].
    pub(crate) unsafe fn add_tail(&self, new: &list_head) {
        let this = ptr::from_ref(self).cast_mut();
        // SAFETY: last entry and head are neighbours of a list whose links are alive.
        unsafe { Self::link(new, self.prev.load(Relaxed), this) }
    }

    /// Takes this entry off its list and leaves it unlinked; an entry that is on none stays as it is.
    ///
    /// # Safety
    ///
    /// The list's lock is held and its links are alive.
    pub(crate) unsafe fn del_init(&self) {
        if let Some(next) = self.first() {
            let prev = self.prev.load(Relaxed);
            // SAFETY: the neighbours of a linked entry are alive.
            unsafe { (*next).prev.store(prev, Relaxed) };
            // SAFETY: as above.
            unsafe { (*prev).next.store(next, Relaxed) };
        }
        self.init();
    }
}

impl hlist_head {
    /// Is the list empty?
    pub(crate) fn is_empty(&self) -> bool {
        self.first.load(Relaxed).is_null()
    }

    /// Publishes `new` at the front, for readers that hold no lock too (`hlist_add_head_rcu()`).
    ///
    /// # Safety
    ///
    /// The list's lock is held, its links are alive, `new` is on no list.
    pub(crate) unsafe fn add_head(&self, new: &hlist_node) {
        let first = self.first.load(Relaxed);
        new.next.store(first, Relaxed);
        new.pprev.store(ptr::from_ref(&self.first).cast_mut(), Relaxed);
        self.first.store(ptr::from_ref(new).cast_mut(), Release);
        if !first.is_null() {
            // SAFETY: a node on the list is alive.
            unsafe { (*first).pprev.store(ptr::from_ref(&new.next).cast_mut(), Relaxed) };
        }
    }
}

impl hlist_node {
    /// Is the node on no list?
    pub(crate) fn is_unhashed(&self) -> bool {
        self.pprev.load(Relaxed).is_null()
    }

    /// The next node, for a reader without the lock (`srcu_dereference()`).
    pub(crate) fn next(&self) -> *mut hlist_node {
        self.next.load(Acquire)
    }

    /// Publishes `new` before this node (`hlist_add_before_rcu()`).
    ///
    /// # Safety
    ///
    /// The list's lock is held, this node is on it, its links are alive, `new` is on no list.
    pub(crate) unsafe fn add_before(&self, new: &hlist_node) {
        let pprev = self.pprev.load(Relaxed);
        new.pprev.store(pprev, Relaxed);
        new.next.store(ptr::from_ref(self).cast_mut(), Relaxed);
        self.pprev.store(ptr::from_ref(&new.next).cast_mut(), Relaxed);
        // SAFETY: the pointer to a node on the list lies in its predecessor or in the head, which are alive.
        unsafe { (*pprev).store(ptr::from_ref(new).cast_mut(), Release) };
    }

    /// Publishes `new` behind this node (`hlist_add_behind_rcu()`).
    ///
    /// # Safety
    ///
    /// As for [`hlist_node::add_before`].
    pub(crate) unsafe fn add_behind(&self, new: &hlist_node) {
        let next = self.next.load(Relaxed);
        new.next.store(next, Relaxed);
        new.pprev.store(ptr::from_ref(&self.next).cast_mut(), Relaxed);
        self.next.store(ptr::from_ref(new).cast_mut(), Release);
        if !next.is_null() {
            // SAFETY: a node on the list is alive.
            unsafe { (*next).pprev.store(ptr::from_ref(&new.next).cast_mut(), Relaxed) };
        }
    }

    /// Takes the node off its list. `next` stays, so that a reader standing on the node goes on
    /// (`hlist_del_init_rcu()`).
    ///
    /// # Safety
    ///
    /// The list's lock is held and its links are alive; the node's memory stays for a grace period.
    pub(crate) unsafe fn del_init(&self) {
        let pprev = self.pprev.load(Relaxed);
        if pprev.is_null() {
            return;
        }
        let next = self.next.load(Relaxed);
        // SAFETY: the pointer to a node on the list lies in its predecessor or in the head, which are alive.
        unsafe { (*pprev).store(next, Release) };
        if !next.is_null() {
            // SAFETY: a node on the list is alive.
            unsafe { (*next).pprev.store(pprev, Relaxed) };
        }
        self.pprev.store(ptr::null_mut(), Relaxed);
    }
}
