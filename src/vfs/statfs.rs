// SPDX-License-Identifier: GPL-2.0-or-later
//! The numbers of a filesystem (`fs/statfs.c`).

use crate::abi::*;
use core::ffi::{c_int, c_long};
use core::sync::atomic::Ordering::Relaxed;

/// `f_flags`: they mean something.
const ST_VALID: c_long = 0x0020;
const ST_RDONLY: c_long = 0x0001;
/// `mnt_flags` and the `ST_*` bit of each.
const MOUNT_FLAGS: [(c_int, c_long); 8] = [
    (0x40, ST_RDONLY),
    (0x01, 0x0002),
    (0x02, 0x0004),
    (0x04, 0x0008),
    (0x08, 0x0400),
    (0x10, 0x0800),
    (0x20, 0x1000),
    (0x80, 0x2000),
];

/// What the filesystem of a dentry says of itself; `-ENOSYS` if it says nothing.
pub fn statfs_by_dentry(dentry: &dentry) -> Result<kstatfs, c_int> {
    // SAFETY: a dentry's superblock outlives it.
    let sb = unsafe { dentry.d_sb.load(Relaxed).as_ref() }.ok_or(-libc::ENOSYS)?;
    let statfs = sb.ops().and_then(|ops| ops.statfs).ok_or(-libc::ENOSYS)?;
    // SAFETY: zero is valid for every field.
    let mut numbers: kstatfs = unsafe { core::mem::zeroed() };
    // SAFETY: both are alive, and no lock is held.
    match unsafe { statfs(dentry.as_ptr(), &raw mut numbers) } {
        0 => {}
        errno => return Err(errno),
    }
    if numbers.f_frsize == 0 {
        numbers.f_frsize = numbers.f_bsize;
    }
    Ok(numbers)
}

/// As [`statfs_by_dentry`], with the flags of the mount.
pub fn vfs_statfs(mnt: Option<&vfsmount>, dentry: &dentry) -> Result<kstatfs, c_int> {
    let mut numbers = statfs_by_dentry(dentry)?;
    // SAFETY: a word that is read at once.
    let flags = mnt.map_or(0, |mnt| unsafe { *mnt.mnt_flags.get() });
    numbers.f_flags =
        MOUNT_FLAGS.iter().filter(|(of_mount, _)| flags & of_mount != 0).fold(ST_VALID, |all, (_, st)| all | st);
    // SAFETY: a dentry's superblock outlives it.
    if unsafe { dentry.d_sb.load(Relaxed).as_ref() }.is_some_and(|sb| sb.s_flags.load(Relaxed) & SB_RDONLY != 0) {
        numbers.f_flags |= ST_RDONLY;
    }
    Ok(numbers)
}
