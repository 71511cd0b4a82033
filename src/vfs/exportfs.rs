// SPDX-License-Identifier: GPL-2.0-or-later
//! File handles (`fs/exportfs/expfs.c`, `fs/libfs.c`): words that name an inode for as long as it exists. A handle's length is
//! in words of 32 bits. Directories are not reconnected: a tree whose dentries are made from handles must have its parents.

use super::dentry_link::d_obtain_alias;
use super::held::hold;
use super::links::{container_of, nodes};
use super::lookup::{can_lookup, check};
use super::place::Entry;
use crate::abi::*;
use core::ffi::c_int;
use core::ptr;

/// The types of handles that are made here, with the kernel's numbers.
pub const FILEID_INO32_GEN: c_int = 1;
/// With the parent's.
pub const FILEID_INO32_GEN_PARENT: c_int = 2;
/// 64 bits of inode number.
pub const FILEID_INO64_GEN: c_int = 0x81;
/// No handle: there is no room, or the filesystem makes none.
pub const FILEID_INVALID: c_int = 0xff;

/// Flag: one that cannot be looked up will do.
pub const EXPORT_FH_FID: c_int = 2;
/// Flag of decoding: only a directory will do.
pub const EXPORT_FH_DIR_ONLY: u32 = 4;

/// Asks whether a dentry will do.
pub type Acceptable<'a> = &'a dyn Fn(*mut dentry) -> bool;

impl super_block {
    /// The filesystem's own handles, if it has any.
    fn export_ops(&self) -> Option<&export_operations> {
        // SAFETY: set before the superblock is used.
        let ops = unsafe { *self.s_export_op.get() };
        // SAFETY: the table outlives the superblock.
        unsafe { ops.as_ref() }
    }
}

/// Number and generation of an inode.
fn name_of(inode: &inode) -> (u64, u32) {
    // SAFETY: set before the inode is used.
    let (ino, generation) = (unsafe { *inode.i_ino.get() }, unsafe { *inode.i_generation.get() });
    (ino, generation)
}

/// Writes the words, if they have room; `len` is the room before and what is needed afterwards.
///
/// # Safety
///
/// `fh` has room for `len` words.
unsafe fn write(fh: *mut u32, len: &mut c_int, words: &[u32], kind: c_int) -> c_int {
    let room = *len;
    *len = words.len() as c_int;
    if room < words.len() as c_int {
        return FILEID_INVALID;
    }
    // SAFETY: there is room, by the contract.
    unsafe { ptr::copy_nonoverlapping(words.as_ptr(), fh, words.len()) };
    kind
}

/// The handle of most filesystems: number and generation, and the parent's if there is one.
///
/// # Safety
///
/// `fh` has room for `len` words.
pub unsafe fn generic_encode_ino32_fh(inode: &inode, fh: *mut u32, len: &mut c_int, parent: Option<&inode>) -> c_int {
    let (ino, generation) = name_of(inode);
    match parent.map(name_of) {
        // SAFETY: the contract is the same.
        None => unsafe { write(fh, len, &[ino as u32, generation], FILEID_INO32_GEN) },
        Some((of_parent, since)) => {
            let words = [ino as u32, generation, of_parent as u32, since];
            // SAFETY: the contract is the same.
            unsafe { write(fh, len, &words, FILEID_INO32_GEN_PARENT) }
        }
    }
}

/// A handle of an inode: its type, `FILEID_INVALID` if it has no room, `-EOPNOTSUPP` if the filesystem has none.
///
/// # Safety
///
/// `fh` has room for `len` words; `parent` is NULL or alive.
pub unsafe fn encode_inode_fh(inode: &inode, fh: *mut u32, len: &mut c_int, parent: *mut inode, flags: c_int) -> c_int {
    let Some(sb) = inode.super_block() else { return -libc::EOPNOTSUPP };
    let Some(ops) = sb.export_ops() else {
        if flags & EXPORT_FH_FID == 0 {
            return -libc::EOPNOTSUPP;
        }
        let (ino, generation) = name_of(inode);
        let words = [ino as u32, (ino >> 32) as u32, generation];
        // SAFETY: the contract is the same.
        return unsafe { write(fh, len, &words, FILEID_INO64_GEN) };
    };
    if flags & EXPORT_FH_FID == 0 && ops.fh_to_dentry.is_none() {
        return -libc::EOPNOTSUPP;
    }
    match ops.encode_fh {
        // SAFETY: the inodes are alive, and the words have the room that `len` says.
        Some(encode_fh) => unsafe { encode_fh(inode.as_ptr(), fh, len, parent) },
        None => -libc::EOPNOTSUPP,
    }
}

/// As 6.1 has it: a filesystem without handles of its own gets the generic ones.
///
/// # Safety
///
/// `fh` has room for `len` words; `parent` is NULL or alive.
pub unsafe fn encode_inode_fh_6_1(inode: &inode, fh: *mut u32, len: &mut c_int, parent: *mut inode) -> c_int {
    let ops = inode.super_block().and_then(super_block::export_ops);
    match ops.and_then(|ops| ops.encode_fh) {
        // SAFETY: as in `encode_inode_fh()`.
        Some(encode_fh) => unsafe { encode_fh(inode.as_ptr(), fh, len, parent) },
        None => {
            // SAFETY: NULL or alive.
            let parent = unsafe { parent.as_ref() };
            // SAFETY: the contract is the same.
            unsafe { generic_encode_ino32_fh(inode, fh, len, parent) }
        }
    }
}

/// A dentry of the inode that will do, whichever of its names that is.
fn acceptable_alias(found: Entry, acceptable: Acceptable<'_>) -> Option<Entry> {
    if acceptable(found.get().as_ptr()) {
        return Some(found);
    }
    // SAFETY: the entry's reference keeps the inode.
    let inode = unsafe { found.get().inode() }?;
    let mut tried: *mut dentry = ptr::null_mut();
    loop {
        let next = alias_after(inode, tried)?;
        if acceptable(next.get().as_ptr()) {
            return Some(next);
        }
        tried = next.get().as_ptr();
    }
}

/// The alias after one that was seen, in the list's order; `None` at the end, and if that one has gone meanwhile.
fn alias_after(inode: &inode, seen: *mut dentry) -> Option<Entry> {
    let _lock = hold(&inode.i_lock);
    // SAFETY: the inode is locked.
    let mut aliases = unsafe { nodes(&inode.i_dentry) }.map(|node| container_of!(node, dentry, d_u.d_alias));
    if !seen.is_null() {
        aliases.find(|alias| *alias == seen)?;
    }
    aliases.find_map(|alias| {
        // SAFETY: what is on the list stays while the inode is locked.
        let alias = unsafe { &*alias };
        // SAFETY: taken just now.
        alias.get_live().then(|| unsafe { Entry::from_raw(alias.as_ptr()) }).flatten()
    })
}

/// The dentry of a handle: `-ESTALE` if the filesystem finds none or has no handles, `-ENOTDIR` if it must be a directory,
/// `-EACCES` if no dentry of the inode will do. Without `acceptable` any will.
///
/// # Safety
///
/// `fid` points to `len` words.
pub unsafe fn decode_fh(
    sb: &super_block,
    fid: *mut fid,
    len: c_int,
    kind: c_int,
    flags: u32,
    acceptable: Option<Acceptable<'_>>,
) -> Result<Option<Entry>, c_int> {
    let find = sb.export_ops().and_then(|ops| ops.fh_to_dentry).ok_or(-libc::ESTALE)?;
    // SAFETY: the superblock is alive, and the words are the caller's.
    let found = check(unsafe { find(sb.as_ptr(), fid, len, kind) })?;
    // SAFETY: it comes with a reference.
    let Some(found) = (unsafe { Entry::from_raw(found) }) else { return Ok(None) };
    let directory = can_lookup(found.get());
    if flags & EXPORT_FH_DIR_ONLY != 0 && !directory {
        return Err(-libc::ENOTDIR);
    }
    let Some(acceptable) = acceptable else { return Ok(Some(found)) };
    if directory && found.get().has(DCACHE_DISCONNECTED) {
        return Err(-libc::ESTALE);
    }
    acceptable_alias(found, acceptable).map(Some).ok_or(-libc::EACCES)
}

/// Finds the dentry of a generic handle through `get_inode`: for `fh_to_dentry`, and with `parent` for `fh_to_parent`.
pub fn generic_fh_to_dentry(
    words: &[u32],
    kind: c_int,
    parent: bool,
    get_inode: impl FnOnce(u64, u32) -> *mut inode,
) -> Result<*mut dentry, c_int> {
    let (at, least) = if parent { (2, 3) } else { (0, 2) };
    if words.len() < least {
        return Ok(ptr::null_mut());
    }
    if kind != FILEID_INO32_GEN_PARENT && (parent || kind != FILEID_INO32_GEN) {
        return Err(-libc::ESTALE);
    }
    // A handle may end after the parent's number: any generation will do then.
    let generation = words.get(at + 1).copied().unwrap_or(0);
    let inode = check(get_inode(u64::from(words[at]), generation))?;
    // SAFETY: it comes with a reference.
    unsafe { d_obtain_alias(inode) }
}
