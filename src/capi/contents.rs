// SPDX-License-Identifier: GPL-2.0-or-later
//! What backends ask of a file's contents and of its filesystem, for C: who may write it, the numbers of
//! the filesystem. The rules at the head of `vfs.rs` hold here too; none of these sleeps but those that call
//! `statfs`.

use crate::abi::*;
use crate::vfs::{statfs, writers};
use core::ffi::c_int;

fn errno(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}

/// Counts a writer; `-ETXTBSY` while somebody forbids it. `fsn_dentry_open()` does it for a file that it opens for writing.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_write_access(inode: *mut inode) -> c_int {
    // SAFETY: alive by the caller's promise.
    errno(writers::get_write_access(unsafe { &*inode }))
}

/// Ends `fsn_get_write_access()`.
///
/// # Safety
///
/// The caller has a reference on the inode, and is a writer.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_write_access(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    writers::put_write_access(unsafe { &*inode })
}

/// Forbids writing, as for a program that runs; `-ETXTBSY` while there are writers.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_deny_write_access(inode: *mut inode) -> c_int {
    // SAFETY: alive by the caller's promise.
    errno(writers::deny_write_access(unsafe { &*inode }))
}

/// Ends `fsn_deny_write_access()`.
///
/// # Safety
///
/// The caller has a reference on the inode, and forbids writing.
#[no_mangle]
pub unsafe extern "C" fn fsn_allow_write_access(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    writers::allow_write_access(unsafe { &*inode })
}

/// What `statfs()` says of a place: 0, `-ENOSYS` if the superblock has no `statfs`, or that one's error.
///
/// # Safety
///
/// The caller has references on the path; `buf` is memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_statfs(path: *const path, buf: *mut kstatfs) -> c_int {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's references.
    let (mnt, dentry) = (unsafe { path.mnt.as_ref() }, unsafe { &*path.dentry });
    match statfs::vfs_statfs(mnt, dentry) {
        Ok(numbers) => {
            // SAFETY: the memory is the caller's.
            unsafe { buf.write(numbers) };
            0
        }
        Err(errno) => errno,
    }
}

/// The id of a dentry's filesystem, as its `statfs` gives it: 0 or an error as of `fsn_vfs_statfs()`.
///
/// # Safety
///
/// The caller has a reference on the dentry; `fsid` is memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_get_fsid(dentry: *mut dentry, fsid: *mut kernel_fsid) -> c_int {
    // SAFETY: the caller's reference.
    match statfs::statfs_by_dentry(unsafe { &*dentry }) {
        Ok(numbers) => {
            // SAFETY: the memory is the caller's.
            unsafe { fsid.write(numbers.f_fsid) };
            0
        }
        Err(errno) => errno,
    }
}
