// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the process stands: its root, its working directory, its umask (`fs/fs_struct.c`). One for all threads.

use super::held::hold;
use super::mount::path_put;
use super::place::Place;
use crate::abi::*;
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::AtomicI32;
use core::sync::atomic::Ordering::Relaxed;

// SAFETY: the paths are read and written under the lock; the rest is atomic.
unsafe impl Sync for fs_struct {}

const NOWHERE: path = path { mnt: ptr::null_mut(), dentry: ptr::null_mut() };

/// The process's own.
pub(crate) static FS: fs_struct = fs_struct {
    users: AtomicI32::new(1),
    lock: spinlock::new(),
    umask: AtomicI32::new(0o022),
    in_exec: AtomicI32::new(0),
    root: UnsafeCell::new(NOWHERE),
    pwd: UnsafeCell::new(NOWHERE),
};

/// Which of the two.
#[derive(Clone, Copy)]
pub enum Which {
    /// What "/" is.
    Root,
    /// Where a relative path begins.
    Pwd,
}

impl fs_struct {
    fn cell(&self, which: Which) -> &UnsafeCell<path> {
        match which {
            Which::Root => &self.root,
            Which::Pwd => &self.pwd,
        }
    }
}

/// The place, with references; `None` if it was never set.
pub fn get(which: Which) -> Option<Place> {
    let _lock = hold(&FS.lock);
    // SAFETY: the lock is held.
    let path = unsafe { &*FS.cell(which).get() };
    // SAFETY: what is set has references until it is replaced under the lock.
    unsafe { Place::of(path) }
}

/// Sets it, with references of its own; `None` unsets it.
pub fn set(which: Which, place: Option<Place>) {
    let new = place.map_or(NOWHERE, Place::into_path);
    let lock = hold(&FS.lock);
    // SAFETY: the lock is held.
    let old = unsafe { ptr::replace(FS.cell(which).get(), new) };
    drop(lock);
    // SAFETY: its own references; NULL is nothing.
    unsafe { path_put(&old) };
}

/// Sets the umask; the old one.
pub fn set_umask(mask: i32) -> i32 {
    FS.umask.swap(mask & 0o777, Relaxed)
}
