// SPDX-License-Identifier: GPL-2.0-or-later
//! Renames. A dentry's parent and name change under the rename lock, under `d_lock` of the dentry and of both directories,
//! and while it is unhashed: each of these is enough for a reader.

use super::dentry::is_root;
use super::dentry_hash::{rehash, unhash};
use super::held::{hold, Held};
use super::hooks;
use super::links::{hlist_add_head, hlist_del_init};
use super::name;
use crate::abi::*;
use crate::host::process::log::warn;
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

/// Held by whoever moves a dentry, and by whoever follows several parents.
pub(super) static RENAME: spinlock = spinlock::new();

/// The ancestor of `below` (or itself) that is a child of `above`. The rename lock is held.
pub(super) fn ancestor<'a>(above: &dentry, below: &'a dentry) -> Option<&'a dentry> {
    let mut at = below;
    while !is_root(at) {
        // SAFETY: the rename lock is held, and each dentry holds its parent.
        let parent = unsafe { at.parent() };
        if ptr::eq(parent, above) {
            return Some(at);
        }
        at = parent;
    }
    None
}

/// The ancestor of `below`, or `below` itself, that is a child of `above`; NULL if `above` is no ancestor.
pub fn d_ancestor(above: &dentry, below: &dentry) -> *mut dentry {
    let _rename = hold(&RENAME);
    ancestor(above, below).map_or(ptr::null_mut(), dentry::as_ptr)
}

/// Is `below` the same as `above`, or under it?
pub fn is_subdir(below: &dentry, above: &dentry) -> bool {
    ptr::eq(below, above) || !d_ancestor(above, below).is_null()
}

/// `dentry` takes the place and the name of `target`, which becomes unhashed.
///
/// # Safety
///
/// The caller has a reference on each, and keeps both directories from changing meanwhile as it does for any rename.
pub unsafe fn d_move(dentry: &dentry, target: &dentry) {
    let _rename = hold(&RENAME);
    if may_move(dentry, target, "d_move") {
        move_locked(dentry, target, false);
    }
}

/// The two exchange their places and names.
///
/// # Safety
///
/// As [`d_move`].
pub unsafe fn d_exchange(a: &dentry, b: &dentry) {
    let _rename = hold(&RENAME);
    if !may_move(a, b, "d_exchange") {
        return;
    }
    if is_root(a) || is_root(b) || ancestor(a, b).is_some() {
        warn("d_exchange", "one of the two is a root or above the other");
        return;
    }
    move_locked(a, b, true);
}

/// Would the tree be one afterwards?
fn may_move(dentry: &dentry, target: &dentry, function: &'static str) -> bool {
    if ptr::eq(dentry, target) {
        warn(function, "the two are the same");
        return false;
    }
    if ancestor(dentry, target).is_some() {
        warn(function, "a directory would become its own descendant");
        return false;
    }
    if ancestor(target, dentry).is_some() {
        warn(function, "the target is above the dentry");
        return false;
    }
    if dentry.d_inode.load(Relaxed).is_null() {
        warn(function, "the dentry is negative");
    }
    true
}

/// The locks of a rename, ancestors first.
struct Locks<'a> {
    _parents: (Option<Held<'a>>, Option<Held<'a>>),
    _both: (Held<'a>, Held<'a>),
}

fn lock_all<'a>(dentry: &'a dentry, old: &'a dentry, target: &'a dentry, new: &'a dentry) -> Locks<'a> {
    let parents = if is_root(dentry) || ptr::eq(old, new) {
        (Some(hold(new.lock())), None)
    } else if ancestor(old, new).is_some() {
        (Some(hold(old.lock())), Some(hold(new.lock())))
    } else {
        // The new directory is above the old one, or the two are strangers, whose order the rename lock makes harmless.
        (Some(hold(new.lock())), Some(hold(old.lock())))
    };
    Locks { _parents: parents, _both: (hold(dentry.lock()), hold(target.lock())) }
}

/// Puts a dentry under a parent and on its list; the locks of the rename are held.
fn put_under(dentry: &dentry, parent: &dentry) {
    dentry.d_parent.store(parent.as_ptr(), Release);
    // SAFETY: the old parent, whose list it is on, is locked.
    unsafe { hlist_del_init(&dentry.d_sib) };
    // SAFETY: the new parent is locked.
    unsafe { hlist_add_head(&dentry.d_sib, &parent.d_children) };
}

/// Moves or exchanges; the rename lock is held, and neither is above the other.
pub(super) fn move_locked(dentry: &dentry, target: &dentry, exchange: bool) {
    name::adopt(dentry);
    name::adopt(target);
    // SAFETY: the rename lock is held.
    let old = unsafe { dentry.parent() };
    // SAFETY: as above.
    let new = unsafe { target.parent() };
    let was_root = is_root(dentry);
    let _locks = lock_all(dentry, old, target, new);
    unhash(dentry);
    unhash(target);
    if exchange {
        name::swap_names(dentry, target);
        put_under(target, old);
        rehash(target);
        hooks::update_flags(target);
    } else {
        name::copy_name(dentry, target);
        new.d_lockref.count.fetch_add(1, Relaxed);
        if !was_root && old.d_lockref.count.fetch_sub(1, AcqRel) <= 1 {
            // Nobody would end the directory then, so it is better kept.
            old.d_lockref.count.fetch_add(1, Relaxed);
            warn("d_move", "the caller had no reference on the old directory");
        }
    }
    put_under(dentry, new);
    rehash(dentry);
    hooks::update_flags(dentry);
}
