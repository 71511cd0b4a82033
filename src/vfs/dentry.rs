// SPDX-License-Identifier: GPL-2.0-or-later
//! References of dentries and their end (`fs/dcache.c`); the rules of the count stand in the parent module.

use super::dentry_hash::{d_unhashed, unhash};
use super::held::{hold, try_hold, Held};
use super::hooks;
use super::inode::{dec_unless_last, iput};
use super::links::{container_of, hlist_del_init, hlist_unhashed};
use super::name;
use super::origin::Origin;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::stats::{self, Counter};
use crate::host::process::waitqueue::wake_up_all;
use crate::host::process::{rcu, slab};
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Who waits for ends that other threads have begun.
pub(super) static ENDED: wait_queue_head = wait_queue_head::new();

/// The count of a dentry whose end has begun.
pub(super) const DEAD: i32 = -128;

impl dentry {
    pub(super) fn as_ptr(&self) -> *mut dentry {
        ptr::from_ref(self).cast_mut()
    }

    pub(super) fn lock(&self) -> &spinlock {
        &self.d_lockref.lock
    }

    pub(super) fn count(&self) -> i32 {
        self.d_lockref.count.load(Relaxed)
    }

    pub(super) fn has(&self, flag: u32) -> bool {
        self.d_flags.load(Relaxed) & flag != 0
    }

    /// Clears flags, then sets some; `d_lock` is held, so a load and a store will do.
    pub(super) fn update_flags(&self, set: u32, clear: u32) {
        self.d_flags.store(self.d_flags.load(Relaxed) & !clear | set, Release);
    }

    /// The callbacks, if there are any.
    pub(super) fn ops(&self) -> Option<&dentry_operations> {
        // SAFETY: set before the dentry is used.
        let ops = unsafe { *self.d_op.get() };
        // SAFETY: the table outlives the dentry.
        unsafe { ops.as_ref() }
    }

    /// The parent: itself for a root.
    ///
    /// # Safety
    ///
    /// `d_lock` or the rename lock is held, or the dentry is at its end; and the caller has a reference or knows that
    /// the dentry does not go meanwhile.
    pub(super) unsafe fn parent(&self) -> &dentry {
        let parent = self.d_parent.load(Relaxed);
        // SAFETY: a dentry holds a reference on its parent, which the caller keeps it from changing. NULL is a
        // dentry that the program has not finished: it counts as a root.
        unsafe { parent.as_ref() }.unwrap_or(self)
    }

    /// The inode.
    ///
    /// # Safety
    ///
    /// `d_lock` is held or the caller has a reference on the dentry: either keeps the inode from changing once it is set.
    pub(crate) unsafe fn inode(&self) -> Option<&inode> {
        // SAFETY: a positive dentry holds a reference on its inode.
        unsafe { self.d_inode.load(Acquire).as_ref() }
    }

    /// Takes a reference, unless its end has begun.
    pub(super) fn get_live(&self) -> bool {
        let mut n = self.count();
        while n >= 0 {
            match self.d_lockref.count.compare_exchange_weak(n, n + 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => n = now,
            }
        }
        false
    }

    /// Begins its end, if there is no reference on it; `d_lock` is held. The winner goes on with [`kill`].
    pub(super) fn claim(&self) -> bool {
        self.d_lockref.count.compare_exchange(0, DEAD, AcqRel, Relaxed).is_ok()
    }
}

/// A root: no parent but itself.
pub fn is_root(dentry: &dentry) -> bool {
    let parent = dentry.d_parent.load(Relaxed);
    parent.is_null() || ptr::eq(parent, dentry)
}

/// Unhashed and no root: its name has been removed.
pub fn d_unlinked(dentry: &dentry) -> bool {
    d_unhashed(dentry) && !is_root(dentry)
}

/// Takes a reference and returns its argument, which may be NULL.
///
/// # Safety
///
/// NULL or a dentry on which the caller has a reference; or which it has locked, or found on a list whose lock it holds.
pub unsafe fn dget(dentry: *mut dentry) -> *mut dentry {
    // SAFETY: alive by the contract.
    if let Some(this) = unsafe { dentry.as_ref() } {
        if !this.get_live() {
            warn("dget", "the dentry is on its way out");
        }
    }
    dentry
}

/// The parent, with a reference, whatever moves meanwhile; a root is its own.
pub fn dget_parent(dentry: &dentry) -> *mut dentry {
    let _lock = hold(dentry.lock());
    // SAFETY: the dentry is locked.
    let parent = unsafe { dentry.parent() };
    parent.d_lockref.count.fetch_add(1, Relaxed);
    parent.as_ptr()
}

/// Worth keeping without references? `d_lock` is held.
fn retain(dentry: &dentry) -> bool {
    if d_unhashed(dentry) || dentry.has(DCACHE_DISCONNECTED | DCACHE_DONTCACHE) {
        return false;
    }
    match dentry.ops().and_then(|ops| ops.d_delete) {
        // SAFETY: alive and locked, as the callback's contract has it.
        Some(d_delete) => unsafe { d_delete(dentry) == 0 },
        None => true,
    }
}

/// Puts a reference. At the last one a hashed dentry is kept, for somebody to look it up again; any other is freed, and so is
/// each ancestor whose last reference that was.
///
/// # Safety
///
/// NULL or a dentry on which the caller has a reference; it has none afterwards. No lock is held that the callbacks of the
/// dentry, its inode or `fsnotify()` take.
pub unsafe fn dput(dentry: *mut dentry) {
    // SAFETY: the caller's reference keeps it alive.
    let Some(dentry) = (unsafe { dentry.as_ref() }) else { return };
    if dec_unless_last(&dentry.d_lockref.count) {
        return;
    }
    let lock = hold(dentry.lock());
    if dentry.count() <= 0 {
        warn("dput", "one put too many");
        return;
    }
    if dentry.d_lockref.count.fetch_sub(1, AcqRel) == 1 && !retain(dentry) && dentry.claim() {
        kill_upwards(dentry, lock, retain);
    }
}

/// Ends a claimed dentry, then each ancestor on which no reference is left and that `keep` does not want.
pub(super) fn kill_upwards<'a>(dentry: &'a dentry, lock: Held<'a>, keep: fn(&dentry) -> bool) {
    let mut next = kill(dentry, lock);
    while let Some((parent, lock)) = next {
        next = if !keep(parent) && parent.claim() { kill(parent, lock) } else { None };
    }
}

/// Ends a claimed dentry: off the hash, off its inode, off its parent, freed. Returns the parent, locked, if that was the
/// last reference on it.
fn kill<'a>(dentry: &'a dentry, lock: Held<'a>) -> Option<(&'a dentry, Held<'a>)> {
    // SAFETY: locked; and the claim keeps everybody else from changing it until the inode is let go below.
    let inode = unsafe { dentry.inode() };
    let (inode_lock, lock) = match inode {
        None => (None, lock),
        Some(inode) => {
            let (inode_lock, lock) = lock_inode_first(inode, dentry, lock);
            (Some(inode_lock), lock)
        }
    };
    if let Some(d_prune) = dentry.ops().and_then(|ops| ops.d_prune) {
        // SAFETY: alive and locked, as the callback's contract has it.
        unsafe { d_prune(dentry.as_ptr()) };
    }
    unhash(dentry);
    match (inode, inode_lock) {
        (Some(inode), Some(inode_lock)) => {
            detach_inode(dentry);
            let_go(dentry, inode, inode_lock, lock);
        }
        _ => drop(lock),
    }
    if dentry.is_own() {
        release(dentry);
    }
    leave_parent(dentry)
}

/// Takes `i_lock` although `d_lock`, which comes after it, is held.
fn lock_inode_first<'a>(inode: &'a inode, dentry: &'a dentry, lock: Held<'a>) -> (Held<'a>, Held<'a>) {
    if let Some(inode_lock) = try_hold(&inode.i_lock) {
        return (inode_lock, lock);
    }
    drop(lock);
    let inode_lock = hold(&inode.i_lock);
    (inode_lock, hold(dentry.lock()))
}

/// Makes the dentry negative; both locks are held. Nothing is put yet.
pub(super) fn detach_inode(dentry: &dentry) {
    dentry.update_flags(0, DCACHE_ENTRY_TYPE);
    dentry.d_inode.store(ptr::null_mut(), Release);
    // SAFETY: the list of aliases is changed under the inode's lock.
    unsafe { hlist_del_init(&dentry.d_u.d_alias) };
}

/// Drops the locks, and then the reference that the dentry had on the inode; tells the core first if no name is left.
pub(super) fn let_go(dentry: &dentry, inode: &inode, inode_lock: Held<'_>, lock: Held<'_>) {
    let nameless = inode.i_nlink.load(Relaxed) == 0 && inode.i_dentry.first.load(Relaxed).is_null();
    drop(lock);
    drop(inode_lock);
    if nameless {
        hooks::inode_remove(inode);
    }
    match dentry.ops().and_then(|ops| ops.d_iput) {
        // SAFETY: both are alive, and the reference is the callback's now.
        Some(d_iput) => unsafe { d_iput(dentry.as_ptr(), inode.as_ptr()) },
        // SAFETY: the dentry's reference, which nobody else puts.
        None => unsafe { iput(inode.as_ptr()) },
    }
}

fn release(dentry: &dentry) {
    if let Some(d_release) = dentry.ops().and_then(|ops| ops.d_release) {
        // SAFETY: the dentry is at its end and still there.
        unsafe { d_release(dentry.as_ptr()) };
    }
}

/// Takes a dead dentry off its parent's list and frees it; the parent, locked, if that was the last reference on it.
fn leave_parent<'a>(dentry: &dentry) -> Option<(&'a dentry, Held<'a>)> {
    if is_root(dentry) {
        free(dentry);
        return None;
    }
    // SAFETY: nobody moves a dead dentry, and its reference keeps the parent.
    let parent = unsafe { &*dentry.d_parent.load(Relaxed) };
    let parent_lock = hold(parent.lock());
    let lock = hold(dentry.lock());
    dentry.update_flags(DCACHE_DENTRY_KILLED, 0);
    // SAFETY: the list of children is changed under the parent's lock.
    unsafe { hlist_del_init(&dentry.d_sib) };
    drop(lock);
    drop(parent_lock);
    wake_up_all(&ENDED);
    free(dentry);
    if dec_unless_last(&parent.d_lockref.count) {
        return None;
    }
    let parent_lock = hold(parent.lock());
    (parent.d_lockref.count.fetch_sub(1, AcqRel) == 1).then_some((parent, parent_lock))
}

/// Frees a dentry that nobody can find any more.
fn free(dentry: &dentry) {
    if !hlist_unhashed(&dentry.d_u.d_alias) {
        warn("dput", "the dentry is still on the list of an inode");
    }
    name::put_name(dentry);
    if !dentry.is_own() {
        // The program may free it in the callback, so it comes last.
        release(dentry);
        return;
    }
    let head = ptr::from_ref(&dentry.d_u).cast_mut().cast::<callback_head>();
    // SAFETY: the link of the aliases is unused from here on, and as large as a callback's head.
    unsafe { rcu::call_rcu(head, Some(free_dentry)) };
}

/// After the grace period.
unsafe extern "C" fn free_dentry(head: *mut callback_head) {
    stats::add(Counter::DentryFree, 1);
    let dentry = container_of!(head, dentry, d_u);
    // SAFETY: queued by `free()`: it came from `kzalloc()`, and nobody uses it any more.
    unsafe { slab::kfree(dentry.cast()) };
}
