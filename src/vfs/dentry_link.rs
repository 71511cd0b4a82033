// SPDX-License-Identifier: GPL-2.0-or-later
//! Names and their inodes: making a dentry positive and negative, hashing and unhashing it, an inode's aliases.

use super::dentry::{detach_inode, dput, is_root, kill_upwards, let_go};
use super::dentry_alloc::d_alloc_anon;
use super::dentry_hash::{chain_of, d_unhashed, rehash, unhash};
use super::dentry_move::{ancestor, move_locked, RENAME};
use super::held::{hold, Held};
use super::hooks;
use super::inode::iput;
use super::links::{container_of, hlist_add_head, hlist_unhashed, nodes};
use crate::abi::*;
use crate::host::process::log::warn;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::Ordering::{Relaxed, Release};

const S_IFMT: u16 = 0o170_000;
const S_IFREG: u16 = 0o100_000;
const S_IFDIR: u16 = 0o040_000;
const S_IFLNK: u16 = 0o120_000;

fn is_dir(inode: &inode) -> bool {
    inode.i_mode.load(Relaxed) & S_IFMT == S_IFDIR
}

/// The type bits of a dentry of this inode.
fn type_of(inode: &inode) -> u32 {
    match inode.i_mode.load(Relaxed) & S_IFMT {
        S_IFDIR => DCACHE_DIRECTORY_TYPE,
        S_IFREG => DCACHE_REGULAR_TYPE,
        S_IFLNK => DCACHE_SYMLINK_TYPE,
        _ => DCACHE_SPECIAL_TYPE,
    }
}

/// Makes a dentry positive; both are locked.
fn attach(dentry: &dentry, inode: &inode) {
    // SAFETY: the list of aliases is changed under the inode's lock.
    unsafe { hlist_add_head(&dentry.d_u.d_alias, &inode.i_dentry) };
    dentry.d_inode.store(inode.as_ptr(), Release);
    dentry.update_flags(type_of(inode), DCACHE_ENTRY_TYPE);
    hooks::update_flags(dentry);
}

/// Refuses an inode for a dentry that has one; the reference that came with it is put.
///
/// # Safety
///
/// NULL or an inode, with a reference.
unsafe fn refuse(dentry: &dentry, inode: *mut inode, function: &'static str) -> bool {
    let busy = !hlist_unhashed(&dentry.d_u.d_alias);
    if busy {
        warn(function, "the dentry has an inode already");
        // SAFETY: the reference was for the dentry, which does not take it.
        unsafe { iput(inode) };
    }
    busy
}

/// Gives a negative dentry its inode (NULL: none) with the caller's reference on it. It stays hashed or unhashed.
///
/// # Safety
///
/// The caller has a reference on each.
pub unsafe fn d_instantiate(dentry: &dentry, inode: *mut inode) {
    // SAFETY: the contract is the same.
    if unsafe { refuse(dentry, inode, "d_instantiate") } {
        return;
    }
    // SAFETY: alive by the contract.
    let Some(inode) = (unsafe { inode.as_ref() }) else { return };
    let _inode_lock = hold(&inode.i_lock);
    let _lock = hold(dentry.lock());
    attach(dentry, inode);
}

/// As [`d_instantiate`], and the dentry can be looked up from now on; without an inode, as a negative one.
///
/// # Safety
///
/// The caller has a reference on each.
pub unsafe fn d_add(dentry: &dentry, inode: *mut inode) {
    // SAFETY: the contract is the same.
    if unsafe { refuse(dentry, inode, "d_add") } {
        return;
    }
    // SAFETY: alive by the contract.
    let inode = unsafe { inode.as_ref() };
    let _inode_lock = inode.map(|inode| hold(&inode.i_lock));
    let _lock = hold(dentry.lock());
    if let Some(inode) = inode {
        attach(dentry, inode);
    }
    rehash(dentry);
}

/// Makes the dentry findable.
pub fn d_rehash(dentry: &dentry) {
    let _lock = hold(dentry.lock());
    rehash(dentry);
}

/// Makes the dentry unfindable; it goes at its last put.
pub fn d_drop(dentry: &dentry) {
    let _lock = hold(dentry.lock());
    unhash(dentry);
}

/// Its file has been deleted: the dentry becomes negative if nobody else has a reference on it, otherwise unfindable. An
/// inode whose last name and link that was is reported as deleted, and its marks go.
///
/// # Safety
///
/// The caller has a reference on the dentry. No lock is held that the callbacks or `fsnotify()` take.
pub unsafe fn d_delete(dentry: &dentry) {
    // SAFETY: the caller's reference keeps the inode from changing.
    let Some(inode) = (unsafe { dentry.inode() }) else {
        d_drop(dentry);
        return;
    };
    let inode_lock = hold(&inode.i_lock);
    let lock = hold(dentry.lock());
    if !ptr::eq(dentry.d_inode.load(Relaxed), inode) {
        warn("d_delete", "the dentry was deleted by somebody else at the same time");
        return;
    }
    if detach_only_user(dentry) {
        let_go(dentry, inode, inode_lock, lock);
    } else {
        unhash(dentry);
    }
}

/// Makes the dentry negative if the caller's is the only reference. Nobody can look it up meanwhile.
fn detach_only_user(dentry: &dentry) -> bool {
    let _chain = (!d_unhashed(dentry)).then(|| hold(&chain_of(dentry).lock));
    let only = dentry.count() == 1;
    if only {
        dentry.update_flags(0, DCACHE_CANT_MOUNT);
        detach_inode(dentry);
    }
    only
}

/// The dentries of an inode.
///
/// # Safety
///
/// `i_lock` is held for as long as the iterator is used.
unsafe fn aliases(inode: &inode) -> impl Iterator<Item = &dentry> {
    // SAFETY: the contract is the same.
    unsafe { nodes(&inode.i_dentry) }.map(|node| {
        // SAFETY: what is on the list is a dentry, and stays while the inode is locked.
        unsafe { &*container_of!(node, dentry, d_u.d_alias) }
    })
}

fn as_ptr(found: Option<&dentry>) -> *mut dentry {
    found.map_or(ptr::null_mut(), dentry::as_ptr)
}

/// Any dentry of the inode, with a reference, or NULL.
pub fn d_find_any_alias(inode: &inode) -> *mut dentry {
    let _lock = hold(&inode.i_lock);
    // SAFETY: the inode is locked.
    as_ptr(unsafe { aliases(inode) }.find(|alias| alias.get_live()))
}

/// A hashed dentry of the inode (for a directory: any), with a reference, or NULL.
pub fn d_find_alias(inode: &inode) -> *mut dentry {
    if is_dir(inode) {
        return d_find_any_alias(inode);
    }
    let _lock = hold(&inode.i_lock);
    // SAFETY: the inode is locked.
    as_ptr(unsafe { aliases(inode) }.find(|alias| {
        let _lock = hold(alias.lock());
        !d_unhashed(alias) && alias.get_live()
    }))
}

/// Any dentry of the inode, with a reference; if it has none, a new one without a parent, which goes at its last put. The
/// caller's reference on the inode is used up. `-ESTALE` for NULL, `-ENOMEM`.
///
/// # Safety
///
/// NULL or an inode on which the caller has a reference.
pub unsafe fn d_obtain_alias(inode: *mut inode) -> Result<*mut dentry, c_int> {
    // SAFETY: the caller's reference.
    let this = unsafe { inode.as_ref() }.ok_or(-libc::ESTALE)?;
    let mut found = d_find_any_alias(this);
    if found.is_null() {
        let new = this.super_block().map_or(ptr::null_mut(), d_alloc_anon);
        // SAFETY: NULL or new.
        if let Some(anon) = unsafe { new.as_ref() } {
            let lock = hold(&this.i_lock);
            // SAFETY: the inode is locked.
            match unsafe { aliases(this) }.find(|alias| alias.get_live()) {
                Some(alias) => {
                    found = alias.as_ptr();
                    drop(lock);
                    // SAFETY: made above.
                    unsafe { dput(new) };
                }
                None => {
                    let _lock = hold(anon.lock());
                    attach(anon, this);
                    anon.update_flags(DCACHE_DISCONNECTED, 0);
                    // The dentry has the caller's reference on the inode.
                    return Ok(new);
                }
            }
        }
    }
    // SAFETY: the caller's; the alias has its own.
    unsafe { iput(inode) };
    if found.is_null() {
        return Err(-libc::ENOMEM);
    }
    Ok(found)
}

/// Claimed dentries, chained through `d_lru`, which nothing else uses.
pub(super) struct Claimed {
    first: *mut list_head,
}

impl Claimed {
    pub(super) const fn new() -> Self {
        Self { first: ptr::null_mut() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Adds one that the caller has claimed.
    pub(super) fn push(&mut self, dentry: &dentry) {
        dentry.d_lru.next.store(self.first, Relaxed);
        self.first = ptr::from_ref(&dentry.d_lru).cast_mut();
    }

    /// Ends them, and each ancestor on which no reference is left then. No lock is held.
    pub(super) fn kill(mut self) {
        while !self.first.is_null() {
            // SAFETY: a claimed dentry stays until this thread ends it.
            let dentry = unsafe { &*container_of!(self.first, dentry, d_lru) };
            self.first = dentry.d_lru.next.load(Relaxed);
            super::links::list_init(&dentry.d_lru);
            kill_upwards(dentry, hold(dentry.lock()), |_| false);
        }
    }
}

/// Frees those dentries of the inode on which there is no reference.
///
/// # Safety
///
/// The caller has a reference on the inode. No lock is held that the callbacks or `fsnotify()` take.
pub unsafe fn d_prune_aliases(inode: &inode) {
    let mut claimed = Claimed::new();
    let lock = hold(&inode.i_lock);
    // SAFETY: the inode is locked.
    for alias in unsafe { aliases(inode) } {
        let _lock = hold(alias.lock());
        if alias.claim() {
            claimed.push(alias);
        }
    }
    drop(lock);
    claimed.kill();
}

/// The inode and its dentries are not to be kept without references.
pub fn d_mark_dontcache(inode: &inode) {
    let _lock = hold(&inode.i_lock);
    // SAFETY: the inode is locked.
    for alias in unsafe { aliases(inode) } {
        let _lock = hold(alias.lock());
        alias.update_flags(DCACHE_DONTCACHE, 0);
    }
    inode.i_state.store(inode.i_state.load(Relaxed) | I_DONTCACHE, Relaxed);
}

/// Why a directory cannot be put in the place of a dentry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpliceError {
    /// It would become its own ancestor.
    Loop,
}

/// For a directory's lookup: gives an unhashed, negative dentry its inode as [`d_add`] does and returns NULL; or, if the
/// inode is a directory that has a dentry already, moves that one here and returns it with a reference. Takes over the
/// caller's reference on the inode in every case.
///
/// # Safety
///
/// The caller has a reference on each.
pub unsafe fn d_splice_alias(inode: *mut inode, dentry: &dentry) -> Result<*mut dentry, SpliceError> {
    // SAFETY: alive by the contract.
    let directory = unsafe { inode.as_ref() }.filter(|inode| is_dir(inode));
    // SAFETY: NULL or with a reference.
    let Some(alias) = (unsafe { directory.map_or(ptr::null_mut(), d_find_any_alias).as_ref() }) else {
        // SAFETY: the contract is the same.
        unsafe { d_add(dentry, inode) };
        return Ok(ptr::null_mut());
    };
    let old_parent = splice(alias, dentry);
    // SAFETY: the caller's; the alias has its own.
    unsafe { iput(inode) };
    match old_parent {
        Some(old_parent) => {
            // SAFETY: taken for this.
            unsafe { dput(old_parent) };
            Ok(alias.as_ptr())
        }
        None => {
            // SAFETY: taken above.
            unsafe { dput(alias.as_ptr()) };
            Err(SpliceError::Loop)
        }
    }
}

/// Moves the alias to the dentry's place; its old parent, with a reference (NULL for a root), or `None` if that were a loop.
fn splice(alias: &dentry, dentry: &dentry) -> Option<*mut dentry> {
    let _rename: Held<'_> = hold(&RENAME);
    if ptr::eq(alias, dentry) || ancestor(alias, dentry).is_some() {
        return None;
    }
    let mut old_parent = ptr::null_mut();
    if !is_root(alias) {
        // SAFETY: the rename lock is held, and the alias has a reference on its parent.
        let parent = unsafe { alias.parent() };
        parent.d_lockref.count.fetch_add(1, Relaxed);
        old_parent = parent.as_ptr();
    }
    move_locked(alias, dentry, false);
    Some(old_parent)
}
