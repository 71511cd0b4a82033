// SPDX-License-Identifier: GPL-2.0-or-later
//! What the current credentials may do with an inode (`fs/namei.c`): the mode bits, then the capabilities that go beyond them.
//! There are no access control lists here.

use crate::abi::*;
use crate::host::process::{creds, user_ns};
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

/// Execute, or search.
pub const MAY_EXEC: c_int = 1;
/// Write.
pub const MAY_WRITE: c_int = 2;
/// Read.
pub const MAY_READ: c_int = 4;

const CAP_DAC_OVERRIDE: c_int = 1;
const CAP_DAC_READ_SEARCH: c_int = 2;

const S_IFMT: u16 = 0o170_000;
const S_IFDIR: u16 = 0o040_000;
const S_IFREG: u16 = 0o100_000;
const S_IFLNK: u16 = 0o120_000;
const S_IXUGO: u16 = 0o111;
/// `i_flags`: nobody changes it.
const S_IMMUTABLE: u32 = 1 << 3;

/// Owner and group. They may change meanwhile: one of before is a permission of before.
fn owners(inode: &inode) -> (kuid_t, kgid_t) {
    let word = |at: *mut u32| {
        // SAFETY: the field is a word of an inode that is alive.
        unsafe { AtomicU32::from_ptr(at) }.load(Relaxed)
    };
    (kuid_t { val: word(inode.i_uid.get().cast()) }, kgid_t { val: word(inode.i_gid.get().cast()) })
}

/// The bits of the mode that count for these credentials: the owner's, the group's or everybody's.
fn bits(inode: &inode, mode: u16) -> u16 {
    let (uid, gid) = owners(inode);
    // SAFETY: the calling task's own.
    if uid.val == unsafe { &*creds::current() }.fsuid.val {
        return mode >> 6;
    }
    if (mode ^ (mode >> 3)) & 7 != 0 && creds::in_group(gid, false) {
        return mode >> 3;
    }
    mode
}

/// Has the task a capability in its own user namespace, and do the inode's owner and group exist there?
pub fn capable_wrt_inode_uidgid(inode: &inode, cap: c_int) -> bool {
    // SAFETY: the calling task's own.
    let ns = unsafe { &*creds::current() }.user_ns;
    let (uid, gid) = owners(inode);
    // SAFETY: the credentials keep their namespace.
    let maps = unsafe { &*ns };
    let known =
        user_ns::name_of(&maps.uid_map, uid.val).is_some() && user_ns::name_of(&maps.gid_map, gid.val).is_some();
    // SAFETY: as above.
    known && unsafe { creds::ns_capable(ns, cap) }
}

/// The default of the `permission` callback: 0 or `-EACCES`.
pub fn generic_permission(inode: &inode, mask: c_int) -> Result<(), c_int> {
    let mode = inode.i_mode.load(Relaxed);
    let wanted = (mask & (MAY_READ | MAY_WRITE | MAY_EXEC)) as u16;
    if wanted & !bits(inode, mode) == 0 {
        return Ok(());
    }
    let directory = mode & S_IFMT == S_IFDIR;
    let reads_only = if directory { mask & MAY_WRITE == 0 } else { c_int::from(wanted) == MAY_READ };
    if reads_only && capable_wrt_inode_uidgid(inode, CAP_DAC_READ_SEARCH) {
        return Ok(());
    }
    let overridable = directory || mask & MAY_EXEC == 0 || mode & S_IXUGO != 0;
    if overridable && capable_wrt_inode_uidgid(inode, CAP_DAC_OVERRIDE) {
        return Ok(());
    }
    Err(-libc::EACCES)
}

/// May the current credentials do `mask` with the inode? `-EROFS`, `-EPERM` (immutable), `-EACCES`, or what the filesystem's
/// own `permission` says.
pub fn inode_permission(inode: &inode, mask: c_int) -> Result<(), c_int> {
    if mask & MAY_WRITE != 0 {
        let kind = inode.i_mode.load(Relaxed) & S_IFMT;
        let read_only = inode.super_block().is_some_and(|sb| sb.s_flags.load(Relaxed) & SB_RDONLY != 0);
        if read_only && matches!(kind, S_IFREG | S_IFDIR | S_IFLNK) {
            return Err(-libc::EROFS);
        }
        if inode.i_flags.load(Relaxed) & S_IMMUTABLE != 0 {
            return Err(-libc::EPERM);
        }
    }
    match inode.ops().and_then(|ops| ops.permission) {
        // SAFETY: the inode is alive; nothing here maps user ids.
        Some(permission) => match unsafe { permission(ptr::null_mut(), inode.as_ptr(), mask) } {
            0 => Ok(()),
            errno => Err(errno),
        },
        None => generic_permission(inode, mask),
    }
}
