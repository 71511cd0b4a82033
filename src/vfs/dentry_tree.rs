// SPDX-License-Identifier: GPL-2.0-or-later
//! Walks over a tree of dentries, and what they are for: shrinking it, and taking it down at an unmount.
//!
//! A walk holds `d_lock` of every dentry from its start down to where it stands, so nothing on that path can be moved or
//! freed, and no list that it is in the middle of can change.

use super::dentry::{dput, is_root, ENDED};
use super::dentry_hash::{d_unhashed, unhash};
use super::dentry_link::Claimed;
use super::links::container_of;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::waitqueue::wait_event;
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Relaxed};

/// What a visit says about going on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Into the children.
    Into,
    /// To the next dentry that is no descendant.
    Over,
}

fn first_child(dentry: &dentry) -> Option<&dentry> {
    child(dentry.d_children.first.load(Relaxed))
}

fn next_sibling(dentry: &dentry) -> Option<&dentry> {
    child(dentry.d_sib.next.load(Relaxed))
}

fn child<'a>(node: *mut hlist_node) -> Option<&'a dentry> {
    if node.is_null() {
        return None;
    }
    // SAFETY: the walk holds the parent's lock, so what is on its list stays.
    Some(unsafe { &*container_of!(node, dentry, d_sib) })
}

fn unlock(dentry: &dentry) {
    // SAFETY: the walk has locked it and goes on without it.
    unsafe { dentry.lock().unlock() }
}

/// Calls `visit` with `top` and what is under it, parents first, each of them locked.
fn walk(top: &dentry, mut visit: impl FnMut(&dentry) -> Step) {
    let mut at = top;
    at.lock().lock();
    let mut step = visit(at);
    loop {
        let down = if step == Step::Into { first_child(at) } else { None };
        let next = match down {
            Some(child) => child,
            None => match leave(top, at) {
                Some(next) => next,
                None => return,
            },
        };
        at = next;
        at.lock().lock();
        step = visit(at);
    }
}

/// Goes up until there is a next sibling; `None` when `top` has been left.
fn leave<'a>(top: &dentry, mut at: &'a dentry) -> Option<&'a dentry> {
    loop {
        if ptr::eq(at, top) {
            unlock(at);
            return None;
        }
        // SAFETY: locked, and so is the parent, which this walk came from.
        let parent = unsafe { &*at.d_parent.load(Relaxed) };
        let next = next_sibling(at);
        unlock(at);
        if next.is_some() {
            return next;
        }
        at = parent;
    }
}

/// Frees what is under a dentry and has no reference on it; what becomes free by that, too. When it returns, the ends that
/// other threads had begun there are over.
///
/// # Safety
///
/// The caller has a reference on the dentry. No lock is held that the callbacks or `fsnotify()` take.
pub unsafe fn shrink_dcache_parent(parent: &dentry) {
    loop {
        let mut found = Found::under(parent);
        if found.is_waiting() {
            wait_event(&ENDED, || {
                // What was claimed once must not be lost by looking again.
                if found.is_waiting() {
                    found = Found::under(parent);
                }
                !found.is_waiting()
            });
        }
        if found.claimed.is_empty() {
            return;
        }
        found.claimed.kill();
    }
}

/// What a look at the dentries below one has found.
struct Found {
    /// Without references: theirs are this thread's now.
    claimed: Claimed,
    /// There are some that other threads are ending.
    ending: bool,
}

impl Found {
    fn under(top: &dentry) -> Self {
        let mut found = Self { claimed: Claimed::new(), ending: false };
        walk(top, |dentry| {
            if !ptr::eq(dentry, top) {
                if dentry.claim() {
                    found.claimed.push(dentry);
                } else {
                    found.ending |= dentry.count() < 0;
                }
            }
            Step::Into
        });
        found
    }

    /// Nothing to do but to wait for others.
    fn is_waiting(&self) -> bool {
        self.ending && self.claimed.is_empty()
    }
}

/// Frees the superblock's dentries on which there is no reference.
///
/// # Safety
///
/// The superblock is mounted. No lock is held that the callbacks or `fsnotify()` take.
pub unsafe fn shrink_dcache_sb(sb: &super_block) {
    // SAFETY: a mounted superblock holds its root.
    if let Some(root) = unsafe { sb.s_root.load(Relaxed).as_ref() } {
        // SAFETY: the superblock's reference.
        unsafe { shrink_dcache_parent(root) };
    }
}

/// Takes the tree of a superblock down; what is still referenced is warned of and stays.
pub(super) fn shrink_dcache_for_umount(sb: &super_block) {
    // SAFETY: a superblock holds a reference on its root.
    let Some(root) = (unsafe { sb.s_root.swap(ptr::null_mut(), AcqRel).as_ref() }) else { return };
    // SAFETY: the superblock's reference, which is put below.
    unsafe { shrink_dcache_parent(root) };
    let mut busy = false;
    walk(root, |dentry| {
        let leaf = dentry.d_children.first.load(Relaxed).is_null();
        busy |= leaf && !(ptr::eq(dentry, root) && dentry.count() == 1);
        // Nobody looks it up any more, so it goes at its last put.
        unhash(dentry);
        Step::Into
    });
    if busy {
        warn("shrink_dcache_for_umount", "dentries are still in use");
    }
    // SAFETY: the superblock's reference.
    unsafe { dput(root.as_ptr()) };
}

/// For a filesystem that keeps its tree in memory by one reference on each dentry: puts those under `parent`.
///
/// # Safety
///
/// The caller has a reference on the dentry, and each positive, hashed one below it has one that nobody else puts.
pub unsafe fn d_genocide(parent: &dentry) {
    walk(parent, |dentry| {
        if ptr::eq(dentry, parent) {
            return Step::Into;
        }
        if d_unhashed(dentry) || dentry.d_inode.load(Relaxed).is_null() || is_root(dentry) {
            return Step::Over;
        }
        if !dentry.has(DCACHE_GENOCIDE) {
            dentry.update_flags(DCACHE_GENOCIDE, 0);
            dentry.d_lockref.count.fetch_sub(1, AcqRel);
        }
        Step::Into
    });
}
