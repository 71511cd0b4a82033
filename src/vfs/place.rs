// SPDX-License-Identifier: GPL-2.0-or-later
//! References that give themselves back: on a dentry, and on both halves of a path.

use super::dentry::{dget, dput};
use super::mount::{mntget, path_get, path_put};
use crate::abi::*;
use core::ptr;

/// A reference on a dentry.
pub struct Entry(ptr::NonNull<dentry>);

impl Entry {
    /// Takes over the caller's reference; `None` for NULL.
    ///
    /// # Safety
    ///
    /// NULL or a dentry on which the caller has a reference, which is this value's afterwards.
    pub unsafe fn from_raw(dentry: *mut dentry) -> Option<Self> {
        ptr::NonNull::new(dentry).map(Self)
    }

    /// A reference of its own.
    pub fn of(dentry: &dentry) -> Self {
        // SAFETY: alive, as the caller's reference shows.
        unsafe { dget(dentry.as_ptr()) };
        Self(ptr::NonNull::from(dentry))
    }

    /// The dentry.
    pub fn get(&self) -> &dentry {
        // SAFETY: the reference keeps it alive.
        unsafe { self.0.as_ref() }
    }

    /// Hands the reference to the caller.
    pub fn into_raw(self) -> *mut dentry {
        let dentry = self.0.as_ptr();
        core::mem::forget(self);
        dentry
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: this value's own reference.
        unsafe { dput(self.0.as_ptr()) };
    }
}

/// A reference on each half of a path; the mount may be missing, the dentry not.
pub struct Place {
    mnt: *mut vfsmount,
    dentry: ptr::NonNull<dentry>,
}

impl Place {
    /// References of its own on a path that somebody keeps; `None` if there is nothing.
    ///
    /// # Safety
    ///
    /// NULL pointers, or both halves are alive.
    pub unsafe fn of(path: &path) -> Option<Self> {
        let dentry = ptr::NonNull::new(path.dentry)?;
        // SAFETY: the contract is the same.
        unsafe { path_get(path) };
        Some(Self { mnt: path.mnt, dentry })
    }

    /// A dentry, whose reference goes into it, as seen through a mount.
    ///
    /// # Safety
    ///
    /// NULL or a mount that is alive.
    pub unsafe fn through(mnt: *mut vfsmount, entry: Entry) -> Self {
        // SAFETY: the contract is the same.
        let mnt = unsafe { mntget(mnt) };
        // SAFETY: taken just now, and the entry's.
        unsafe { Self::from_raw(mnt, entry) }
    }

    /// Takes over a reference on a mount.
    ///
    /// # Safety
    ///
    /// NULL or a mount on which the caller has a reference, which is this value's afterwards.
    pub unsafe fn from_raw(mnt: *mut vfsmount, entry: Entry) -> Self {
        let dentry = entry.0;
        core::mem::forget(entry);
        Self { mnt, dentry }
    }

    /// The dentry.
    pub fn dentry(&self) -> &dentry {
        // SAFETY: the reference keeps it alive.
        unsafe { self.dentry.as_ref() }
    }

    /// The mount, or NULL.
    pub fn mnt(&self) -> *mut vfsmount {
        self.mnt
    }

    /// Are they the same place?
    pub fn same(&self, other: &Place) -> bool {
        self.mnt == other.mnt && self.dentry == other.dentry
    }

    /// Hands the references to the caller.
    pub fn into_path(self) -> path {
        let path = path { mnt: self.mnt, dentry: self.dentry.as_ptr() };
        core::mem::forget(self);
        path
    }
}

impl Clone for Place {
    fn clone(&self) -> Self {
        let path = path { mnt: self.mnt, dentry: self.dentry.as_ptr() };
        // SAFETY: both are alive, as the references show.
        unsafe { path_get(&path) };
        Self { mnt: self.mnt, dentry: self.dentry }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // SAFETY: this value's own references.
        unsafe { path_put(&path { mnt: self.mnt, dentry: self.dentry.as_ptr() }) };
    }
}
