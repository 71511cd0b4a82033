// SPDX-License-Identifier: GPL-2.0-or-later
//! File handles and the hash of inodes for C; the rules at the head of `vfs.rs` hold here too. Lengths of handles are in words
//! of 32 bits.

use super::vfs::err_ptr;
use crate::abi::*;
use crate::vfs::exportfs;
use crate::vfs::place::Entry;
use crate::vfs::{dentry_link, inode_hash};
use core::ffi::{c_int, c_uint, c_ulong, c_void};
use core::ptr;

/// Finds an inode for `fsn_generic_fh_to_dentry()`: with a reference, NULL, or an error pointer.
type GetInode = Option<unsafe extern "C" fn(sb: *mut super_block, ino: u64, generation: u32) -> *mut inode>;

/// Makes a handle of an inode: returns its type; `FILEID_INVALID` (255) if `*max_len` words are not enough (they are then as
/// many as needed) or none can be made; `-EOPNOTSUPP` if the filesystem has no handles. `flags` are `EXPORT_FH_*`: with
/// `EXPORT_FH_FID` (2) a handle that cannot be looked up will do, and a filesystem without `s_export_op` gets one of number
/// and generation.
///
/// # Safety
///
/// The caller has references on `inode` and `parent` (which may be NULL); `fid` has room for `*max_len` words.
#[no_mangle]
pub unsafe extern "C" fn fsn_exportfs_encode_inode_fh(
    inode: *mut inode,
    fid: *mut fid,
    max_len: *mut c_int,
    parent: *mut inode,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let (inode, len) = (unsafe { &*inode }, unsafe { &mut *max_len });
    // SAFETY: the caller's promise.
    unsafe { exportfs::encode_inode_fh(inode, fid.cast(), len, parent, flags) }
}

/// 6.1's `exportfs_encode_inode_fh()`: a filesystem without `encode_fh` gets `fsn_generic_encode_ino32_fh()`.
///
/// # Safety
///
/// As `fsn_exportfs_encode_inode_fh()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_v61_exportfs_encode_inode_fh(
    inode: *mut inode,
    fid: *mut fid,
    max_len: *mut c_int,
    parent: *mut inode,
) -> c_int {
    // SAFETY: the caller's promise.
    let (inode, len) = (unsafe { &*inode }, unsafe { &mut *max_len });
    // SAFETY: the caller's promise.
    unsafe { exportfs::encode_inode_fh_6_1(inode, fid.cast(), len, parent) }
}

/// An `encode_fh`: number and generation in a word each, then those of `parent` if it is not NULL.
///
/// # Safety
///
/// As `fsn_exportfs_encode_inode_fh()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_encode_ino32_fh(
    inode: *mut inode,
    fh: *mut u32,
    max_len: *mut c_int,
    parent: *mut inode,
) -> c_int {
    // SAFETY: the caller's promise.
    let (inode, len) = (unsafe { &*inode }, unsafe { &mut *max_len });
    // SAFETY: the caller's promise.
    let parent = unsafe { parent.as_ref() };
    // SAFETY: the caller's promise.
    unsafe { exportfs::generic_encode_ino32_fh(inode, fh, len, parent) }
}

/// The dentry of a handle, with a reference: NULL or an error pointer as `fh_to_dentry` has it, `-ESTALE` if the filesystem
/// has none, `-ENOTDIR` with `EXPORT_FH_DIR_ONLY` (4) in the flags for anything else, `-EACCES` if `acceptable(context, dentry)`
/// is 0 for each dentry of the inode. `acceptable` NULL: any will do. Directories are not reconnected: one whose dentry has no
/// parent is `-ESTALE`.
///
/// # Safety
///
/// The caller has a reference on the mount; `fid` points to `fh_len` words.
#[no_mangle]
pub unsafe extern "C" fn fsn_exportfs_decode_fh_raw(
    mnt: *mut vfsmount,
    fid: *mut fid,
    fh_len: c_int,
    fileid_type: c_int,
    flags: c_uint,
    acceptable: Option<unsafe extern "C" fn(context: *mut c_void, dentry: *mut dentry) -> c_int>,
    context: *mut c_void,
) -> *mut dentry {
    // SAFETY: the caller's reference.
    let sb = unsafe { &*mnt }.mnt_sb.load(core::sync::atomic::Ordering::Relaxed);
    let ask = acceptable.map(|acceptable| {
        move |dentry| {
            // SAFETY: the dentry has a reference while it is asked about.
            unsafe { acceptable(context, dentry) != 0 }
        }
    });
    let ask = ask.as_ref().map(|ask| -> exportfs::Acceptable<'_> { ask });
    // SAFETY: a mount holds its superblock.
    let sb = unsafe { &*sb };
    // SAFETY: the caller's promise.
    match unsafe { exportfs::decode_fh(sb, fid, fh_len, fileid_type, flags, ask) } {
        Ok(found) => found.map_or(ptr::null_mut(), Entry::into_raw),
        Err(errno) => err_ptr(errno),
    }
}

unsafe fn by_handle(
    sb: *mut super_block,
    fid: *mut fid,
    len: c_int,
    kind: c_int,
    parent: bool,
    get_inode: GetInode,
) -> *mut dentry {
    let Some(get_inode) = get_inode else { return err_ptr(-libc::ESTALE) };
    // SAFETY: the caller's promise.
    let words = unsafe { core::slice::from_raw_parts(fid.cast::<u32>(), len.max(0) as usize) };
    let get = |ino, generation| {
        // SAFETY: the superblock is alive, and no lock is held.
        unsafe { get_inode(sb, ino, generation) }
    };
    exportfs::generic_fh_to_dentry(words, kind, parent, get).unwrap_or_else(err_ptr)
}

/// An `fh_to_dentry` for the handles of `fsn_generic_encode_ino32_fh()`: `get_inode` finds the inode.
///
/// # Safety
///
/// `sb` is alive; `fid` points to `fh_len` words.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_fh_to_dentry(
    sb: *mut super_block,
    fid: *mut fid,
    fh_len: c_int,
    fh_type: c_int,
    get_inode: Option<unsafe extern "C" fn(sb: *mut super_block, ino: u64, generation: u32) -> *mut inode>,
) -> *mut dentry {
    // SAFETY: the caller's promise.
    unsafe { by_handle(sb, fid, fh_len, fh_type, false, get_inode) }
}

/// As `fsn_generic_fh_to_dentry()`, for the parent in the handle.
///
/// # Safety
///
/// As `fsn_generic_fh_to_dentry()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_fh_to_parent(
    sb: *mut super_block,
    fid: *mut fid,
    fh_len: c_int,
    fh_type: c_int,
    get_inode: Option<unsafe extern "C" fn(sb: *mut super_block, ino: u64, generation: u32) -> *mut inode>,
) -> *mut dentry {
    // SAFETY: the caller's promise.
    unsafe { by_handle(sb, fid, fh_len, fh_type, true, get_inode) }
}

/// Any dentry of the inode, with a reference, or a new one without a parent; the caller's reference on the inode is used up.
/// `-ESTALE` for NULL, an error pointer as it is, `-ENOMEM`.
///
/// # Safety
///
/// The caller has a reference on the inode and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_obtain_alias(inode: *mut inode) -> *mut dentry {
    if super::vfs::is_err(inode) {
        return inode.cast();
    }
    // SAFETY: the caller's promise.
    unsafe { dentry_link::d_obtain_alias(inode) }.unwrap_or_else(err_ptr)
}

/// Puts the inode where `fsn_ilookup5()` finds it by that value. It is on no chain yet.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn___insert_inode_hash(inode: *mut inode, hashval: c_ulong) {
    // SAFETY: alive by the caller's promise.
    inode_hash::insert_inode_hash(unsafe { &*inode }, hashval)
}

/// The inode of that number, with a reference, or NULL.
///
/// # Safety
///
/// `sb` is alive; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_ilookup(sb: *mut super_block, ino: c_ulong) -> *mut inode {
    inode_hash::ilookup(sb, ino)
}

/// The inode that was hashed by that value and for which `test(inode, data)` is not 0, with a reference, or NULL. `test` is
/// called with a spinlock held.
///
/// # Safety
///
/// As `fsn_ilookup()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_ilookup5(
    sb: *mut super_block,
    hashval: c_ulong,
    test: Option<unsafe extern "C" fn(inode: *mut inode, data: *mut c_void) -> c_int>,
    data: *mut c_void,
) -> *mut inode {
    let Some(test) = test else { return ptr::null_mut() };
    let wanted = |inode: &inode| {
        // SAFETY: what is on a chain stays while the chains are locked.
        unsafe { test(ptr::from_ref(inode).cast_mut(), data) != 0 }
    };
    inode_hash::ilookup5(sb, hashval, &wanted)
}

/// The inode of that number, with a reference; if there is none a new one with `I_NEW`, which others wait for until
/// `fsn_unlock_new_inode()`. NULL: no memory.
///
/// # Safety
///
/// As `fsn_ilookup()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_iget_locked(sb: *mut super_block, ino: c_ulong) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { inode_hash::iget_locked(sb, ino) }
}

/// The new inode is set up.
///
/// # Safety
///
/// It came from `fsn_iget_locked()` with `I_NEW`.
#[no_mangle]
pub unsafe extern "C" fn fsn_unlock_new_inode(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    inode_hash::unlock_new_inode(unsafe { &*inode })
}
