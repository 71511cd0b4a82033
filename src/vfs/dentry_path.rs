// SPDX-License-Identifier: GPL-2.0-or-later
//! Hashes of names, and paths.

use super::dentry::is_root;
use super::dentry_move::RENAME;
use super::held::hold;
use super::name;
use crate::abi::dentry;
use core::ffi::c_void;

/// The hash of a name; `salt` is the directory, so that equal names in many directories do not meet in one chain.
pub fn full_name_hash(salt: *const c_void, text: &[u8]) -> u32 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = salt.addr() as u64 ^ 0xcbf2_9ce4_8422_2325;
    for chunk in text.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(PRIME);
        hash ^= hash >> 29;
    }
    hash = (hash ^ text.len() as u64).wrapping_mul(PRIME);
    (hash ^ (hash >> 32)) as u32
}

/// Writes the path from the root of the tree, ended by a NUL, to the end of `buf`; where in it the path begins, or `None` if
/// it does not fit.
pub fn dentry_path_raw(dentry: &dentry, buf: &mut [u8]) -> Option<usize> {
    let mut start = buf.len().checked_sub(1)?;
    buf[start] = 0;
    let _rename = hold(&RENAME);
    let mut at = dentry;
    if is_root(at) {
        start = start.checked_sub(1)?;
        buf[start] = b'/';
    }
    while !is_root(at) {
        // SAFETY: names change under the rename lock only.
        let text = unsafe { name::bytes(&at.d_name) };
        let end = start;
        start = start.checked_sub(text.len() + 1)?;
        buf[start] = b'/';
        buf[start + 1..end].copy_from_slice(text);
        // SAFETY: the rename lock is held, and each dentry holds its parent.
        at = unsafe { at.parent() };
    }
    Some(start)
}
