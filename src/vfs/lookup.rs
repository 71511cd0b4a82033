// SPDX-License-Identifier: GPL-2.0-or-later
//! One name in a directory: from the dentries that are there, else from the filesystem.

use super::dentry_alloc::d_alloc;
use super::dentry_hash::{d_hash_and_lookup, d_lookup};
use super::permission::{inode_permission, MAY_EXEC};
use super::place::Entry;
use crate::abi::*;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// `i_flags`: a directory that has been removed.
pub(super) const S_DEAD: u32 = 1 << 4;

/// Holds an inode's `i_rwsem` for writing until it is dropped.
pub struct InodeLocked<'a>(&'a inode);

impl<'a> InodeLocked<'a> {
    /// Takes it.
    pub fn new(inode: &'a inode) -> Self {
        inode.i_rwsem.down_write();
        Self(inode)
    }

    /// Leaves it locked, for somebody else to unlock.
    pub fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for InodeLocked<'_> {
    fn drop(&mut self) {
        // SAFETY: this value exists only while this thread holds it.
        unsafe { self.0.i_rwsem.up_write() };
    }
}

impl inode {
    /// The callbacks, if there are any.
    pub(super) fn ops(&self) -> Option<&inode_operations> {
        // SAFETY: set before the inode is used.
        let ops = unsafe { *self.i_op.get() };
        // SAFETY: the table outlives the inode.
        unsafe { ops.as_ref() }
    }
}

/// What an error pointer stands for.
pub(super) fn check<T>(pointer: *mut T) -> Result<*mut T, c_int> {
    const MAX_ERRNO: usize = 4095;
    if pointer.addr() > usize::MAX - MAX_ERRNO {
        return Err(pointer.addr() as isize as c_int);
    }
    Ok(pointer)
}

/// A name as a `qstr`, without its hash.
pub(crate) fn qstr_of(text: &[u8]) -> qstr {
    qstr { hash: 0.into(), len: (text.len() as u32).into(), name: text.as_ptr().cast_mut().into() }
}

/// The directory's inode; `None` if it is negative or no directory.
fn directory(parent: &dentry) -> Option<&inode> {
    // SAFETY: the caller has a reference on the dentry, and directories with references stay positive.
    let inode = unsafe { parent.inode() }?;
    can_lookup(parent).then_some(inode)
}

/// Is it a directory?
pub fn can_lookup(dentry: &dentry) -> bool {
    dentry.d_flags.load(Relaxed) & DCACHE_ENTRY_TYPE == DCACHE_DIRECTORY_TYPE
}

/// Has it no inode?
pub fn is_negative(dentry: &dentry) -> bool {
    dentry.d_flags.load(Relaxed) & DCACHE_ENTRY_TYPE == DCACHE_MISS_TYPE
}

/// The name's dentry from the cache; its hash is filled in.
fn cached(parent: &dentry, name: &qstr) -> Result<Option<Entry>, c_int> {
    // SAFETY: the name points to the caller's text, and the caller has a reference on the parent.
    let found = unsafe { d_hash_and_lookup(parent, name) }?;
    // SAFETY: found with a reference.
    Ok(unsafe { Entry::from_raw(found) })
}

/// The name's dentry, positive or negative.
pub fn lookup(parent: &dentry, text: &[u8], flags: u32) -> Result<Entry, c_int> {
    let name = qstr_of(text);
    if let Some(entry) = cached(parent, &name)? {
        return Ok(entry);
    }
    let Some(dir) = directory(parent) else { return Err(-libc::ENOTDIR) };
    let _lock = InodeLocked::new(dir);
    // SAFETY: the hash is filled in by now.
    let again = unsafe { d_lookup(parent, &name) };
    // SAFETY: found with a reference.
    match unsafe { Entry::from_raw(again) } {
        Some(entry) => Ok(entry),
        None => ask(dir, parent, &name, flags),
    }
}

/// As [`lookup`], for a caller that holds the directory's `i_rwsem` for writing.
pub fn lookup_locked(parent: &dentry, text: &[u8], flags: u32) -> Result<Entry, c_int> {
    let name = qstr_of(text);
    if let Some(entry) = cached(parent, &name)? {
        return Ok(entry);
    }
    let Some(dir) = directory(parent) else { return Err(-libc::ENOTDIR) };
    ask(dir, parent, &name, flags)
}

/// Asks the filesystem; the directory is locked.
fn ask(dir: &inode, parent: &dentry, name: &qstr, flags: u32) -> Result<Entry, c_int> {
    if dir.i_flags.load(Relaxed) & S_DEAD != 0 {
        return Err(-libc::ENOENT);
    }
    if dir.ops().and_then(|ops| ops.lookup).is_none() && name.len.load(Relaxed) as usize > FSN_NAME_MAX {
        return Err(-libc::ENAMETOOLONG);
    }
    // SAFETY: the name points to the caller's text, and the caller has a reference on the parent.
    let new = unsafe { d_alloc(parent, name) };
    // SAFETY: new, with a reference.
    let Some(entry) = (unsafe { Entry::from_raw(new) }) else { return Err(-libc::ENOMEM) };
    let Some(lookup) = dir.ops().and_then(|ops| ops.lookup) else { return Ok(entry) };
    // SAFETY: both are alive, and the directory is locked as the callback's contract has it.
    let other = check(unsafe { lookup(dir.as_ptr(), new, flags) })?;
    // SAFETY: another dentry comes with a reference.
    Ok(unsafe { Entry::from_raw(other) }.unwrap_or(entry))
}

/// May somebody ask for this one name, without a path? Not "." nor "..", no slash in it, and the directory may be searched.
pub fn may_lookup_one(parent: &dentry, text: &[u8]) -> Result<(), c_int> {
    let odd = text.is_empty() || text == b"." || text == b".." || text.contains(&b'/') || text.contains(&0);
    if odd {
        return Err(-libc::EACCES);
    }
    let Some(dir) = directory(parent) else { return Err(-libc::ENOTDIR) };
    inode_permission(dir, MAY_EXEC)
}

/// A pointer for C: the dentry with its reference, or the error in its place.
pub fn into_err_ptr(result: Result<Entry, c_int>) -> *mut dentry {
    match result {
        Ok(entry) => entry.into_raw(),
        Err(errno) => ptr::without_provenance_mut(errno as isize as usize),
    }
}
