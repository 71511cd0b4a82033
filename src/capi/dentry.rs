// SPDX-License-Identifier: GPL-2.0-or-later
//! Dentries for C; the rules at the head of `vfs.rs` hold here too.

use super::vfs::{err_ptr, is_err};
use crate::abi::*;
use crate::vfs;
use core::ffi::{c_char, c_int, c_uint, c_void, CStr};
use core::ptr;

/// Makes a negative, unhashed dentry called `name` (copied; its hash included) in `parent`, with one reference; it holds one
/// on the parent. NULL: no memory, or `d_init` said no.
///
/// # Safety
///
/// The caller has a reference on the parent; `name` is as long as it says.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_alloc(parent: *mut dentry, name: *const qstr) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    let parent = unsafe { &*parent };
    // SAFETY: as above.
    let name = unsafe { &*name };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_alloc::d_alloc(parent, name) }
}

/// As `fsn_d_alloc()` with a C string, whose hash is computed.
///
/// # Safety
///
/// The caller has a reference on the parent; `name` is a C string.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_alloc_name(parent: *mut dentry, name: *const c_char) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    let parent = unsafe { &*parent };
    // SAFETY: a C string by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_alloc::d_alloc_name(parent, name.to_bytes()) }
}

/// Makes a negative dentry without a parent. NULL: no memory.
///
/// # Safety
///
/// The superblock outlives the dentry.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_alloc_anon(sb: *mut super_block) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_alloc::d_alloc_anon(unsafe { &*sb })
}

/// Makes the root of a tree of an inode, whose reference it takes over (also if it fails). NULL: no memory, or no inode.
///
/// # Safety
///
/// NULL or an inode on which the caller has a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_make_root(root_inode: *mut inode) -> *mut dentry {
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_alloc::d_make_root(root_inode) }
}

/// Gives a new dentry its callbacks.
///
/// # Safety
///
/// Nobody else uses the dentry yet; `op` is NULL or outlives it.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_set_d_op(dentry: *mut dentry, op: *const dentry_operations) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_alloc::d_set_d_op(dentry, op) }
}

/// Gives a negative dentry its inode (NULL: none), and the caller's reference on it.
///
/// # Safety
///
/// The caller has a reference on each.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_instantiate(dentry: *mut dentry, inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_link::d_instantiate(dentry, inode) }
}

/// As `fsn_d_instantiate()`, and the dentry can be looked up from now on. It is kept without references then.
///
/// # Safety
///
/// The caller has a reference on each.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_add(dentry: *mut dentry, inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_link::d_add(dentry, inode) }
}

/// For `lookup`: as `fsn_d_add()`, returning NULL; but a directory that has a dentry already has that one moved here, and it
/// is returned with a reference. `ERR_PTR(-ELOOP)` if it would become its own ancestor. Takes over the reference on the
/// inode in every case; an `ERR_PTR` in its place is returned.
///
/// # Safety
///
/// The caller has a reference on each; the dentry is negative and unhashed.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_splice_alias(inode: *mut inode, dentry: *mut dentry) -> *mut dentry {
    if is_err(inode) {
        return inode.cast();
    }
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_link::d_splice_alias(inode, dentry) }.unwrap_or_else(|_| err_ptr(-libc::ELOOP))
}

/// `dentry` gets the place and the name of `target`, which becomes unhashed. Takes the rename lock; the caller keeps both
/// directories from other changes.
///
/// # Safety
///
/// The caller has a reference on each.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_move(dentry: *mut dentry, target: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: as above.
    let target = unsafe { &*target };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_move::d_move(dentry, target) }
}

/// The two exchange their places and names.
///
/// # Safety
///
/// As `fsn_d_move()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_exchange(dentry1: *mut dentry, dentry2: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let dentry1 = unsafe { &*dentry1 };
    // SAFETY: as above.
    let dentry2 = unsafe { &*dentry2 };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_move::d_exchange(dentry1, dentry2) }
}

/// The file of a dentry was deleted: it becomes negative if the caller's reference is the only one, otherwise unhashed. When
/// an inode without links loses its last dentry, `FS_DELETE_SELF` is reported and its marks go.
///
/// # Safety
///
/// The caller has a reference and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_delete(dentry: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_link::d_delete(dentry) }
}

/// Takes a dentry off the hash: it cannot be looked up any more and goes at its last put.
///
/// # Safety
///
/// The dentry is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_drop(dentry: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_link::d_drop(unsafe { &*dentry })
}

/// Puts an unhashed dentry on the hash.
///
/// # Safety
///
/// The dentry is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_rehash(dentry: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_link::d_rehash(unsafe { &*dentry })
}

/// The dentry of that name and hash in a directory, with a reference, or NULL.
///
/// # Safety
///
/// The caller has a reference on the parent; `name` is as long as it says.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_lookup(parent: *const dentry, name: *const qstr) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    let parent = unsafe { &*parent };
    // SAFETY: as above.
    let name = unsafe { &*name };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_hash::d_lookup(parent, name) }
}

/// Fills in the name's hash and looks it up; `ERR_PTR()` of what `d_hash` of the directory returns.
///
/// # Safety
///
/// As `fsn_d_lookup()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_hash_and_lookup(dir: *mut dentry, name: *mut qstr) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    let dir = unsafe { &*dir };
    // SAFETY: as above.
    let name = unsafe { &*name };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_hash::d_hash_and_lookup(dir, name) }.unwrap_or_else(err_ptr)
}

/// A hashed dentry of an inode (of a directory: any), with a reference, or NULL.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_find_alias(inode: *mut inode) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_link::d_find_alias(unsafe { &*inode })
}

/// Any dentry of an inode, with a reference, or NULL.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_find_any_alias(inode: *mut inode) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_link::d_find_any_alias(unsafe { &*inode })
}

/// Frees those dentries of an inode on which there is no reference.
///
/// # Safety
///
/// The caller has a reference on the inode and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_prune_aliases(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    let inode = unsafe { &*inode };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_link::d_prune_aliases(inode) }
}

/// Neither the inode nor its dentries are to be kept without references.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_mark_dontcache(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::dentry_link::d_mark_dontcache(unsafe { &*inode })
}

/// Puts one reference on each positive, hashed dentry below `parent`, as a filesystem that holds its tree in memory does
/// before it is shut down.
///
/// # Safety
///
/// Each of them has a reference that nobody else puts.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_genocide(parent: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let parent = unsafe { &*parent };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_tree::d_genocide(parent) }
}

/// Frees what is below `parent` and has no references.
///
/// # Safety
///
/// The caller has a reference and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrink_dcache_parent(parent: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let parent = unsafe { &*parent };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_tree::shrink_dcache_parent(parent) }
}

/// Frees the superblock's dentries that have no references.
///
/// # Safety
///
/// The superblock is mounted; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_shrink_dcache_sb(sb: *mut super_block) {
    // SAFETY: alive by the caller's promise.
    let sb = unsafe { &*sb };
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry_tree::shrink_dcache_sb(sb) }
}

/// Takes a reference and returns its argument; NULL does nothing. No lock is taken, and `d_lock` may be held.
///
/// # Safety
///
/// NULL or a dentry on which the caller has a reference, or which it has locked.
#[no_mangle]
pub unsafe extern "C" fn fsn_dget(dentry: *mut dentry) -> *mut dentry {
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry::dget(dentry) }
}

/// Puts a reference; NULL does nothing. At the last one a hashed dentry is kept, another one freed (`d_release`), with every
/// ancestor whose last reference that was.
///
/// # Safety
///
/// The caller has a reference, and none afterwards; it holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_dput(dentry: *mut dentry) {
    // SAFETY: the caller's promise.
    unsafe { vfs::dentry::dput(dentry) }
}

/// The parent, with a reference; a root is its own.
///
/// # Safety
///
/// The caller has a reference on the dentry.
#[no_mangle]
pub unsafe extern "C" fn fsn_dget_parent(dentry: *mut dentry) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    vfs::dentry::dget_parent(unsafe { &*dentry })
}

/// The ancestor of `p2`, or `p2` itself, whose parent is `p1`; NULL if `p1` is no ancestor. Takes the rename lock. Without a
/// reference: valid as long as nothing moves.
///
/// # Safety
///
/// The caller has a reference on each.
#[no_mangle]
pub unsafe extern "C" fn fsn_d_ancestor(p1: *mut dentry, p2: *mut dentry) -> *mut dentry {
    // SAFETY: alive by the caller's promise.
    let p1 = unsafe { &*p1 };
    // SAFETY: as above.
    let p2 = unsafe { &*p2 };
    vfs::dentry_move::d_ancestor(p1, p2)
}

/// Is the first dentry the second or below it? Takes the rename lock.
///
/// # Safety
///
/// The caller has a reference on each.
#[no_mangle]
pub unsafe extern "C" fn fsn_is_subdir(new_dentry: *mut dentry, old_dentry: *mut dentry) -> bool {
    // SAFETY: alive by the caller's promise.
    let new_dentry = unsafe { &*new_dentry };
    // SAFETY: as above.
    let old_dentry = unsafe { &*old_dentry };
    vfs::dentry_move::is_subdir(new_dentry, old_dentry)
}

/// Copies a dentry's name so that it stays as it is while the dentry is renamed. `name` must not move until its release.
///
/// # Safety
///
/// `name` is memory of that size; the caller has a reference on the dentry.
#[no_mangle]
pub unsafe extern "C" fn fsn_take_dentry_name_snapshot(name: *mut name_snapshot, dentry: *mut dentry) {
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: the caller's promise.
    unsafe { vfs::name::take_dentry_name_snapshot(name, dentry) }
}

/// Ends a snapshot.
///
/// # Safety
///
/// Taken before, and released once.
#[no_mangle]
pub unsafe extern "C" fn fsn_release_dentry_name_snapshot(name: *mut name_snapshot) {
    // SAFETY: the caller's promise.
    let name = unsafe { &*name };
    // SAFETY: the caller's promise.
    unsafe { vfs::name::release_dentry_name_snapshot(name) }
}

/// Writes the path of a dentry from the root of its tree to the end of `buf` and returns where it begins;
/// `ERR_PTR(-ENAMETOOLONG)` if `buflen` bytes are too few.
///
/// # Safety
///
/// The caller has a reference; `buf` has room for `buflen` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_dentry_path_raw(dentry: *const dentry, buf: *mut c_char, buflen: c_int) -> *mut c_char {
    let Ok(len) = usize::try_from(buflen) else { return err_ptr(-libc::ENAMETOOLONG) };
    // SAFETY: alive by the caller's promise.
    let dentry = unsafe { &*dentry };
    // SAFETY: only written from here on.
    unsafe { ptr::write_bytes(buf, 0, len) };
    // SAFETY: initialised just now, and the caller's.
    let room = unsafe { core::slice::from_raw_parts_mut(buf.cast::<u8>(), len) };
    match vfs::dentry_path::dentry_path_raw(dentry, room) {
        Some(start) => buf.wrapping_add(start),
        None => err_ptr(-libc::ENAMETOOLONG),
    }
}

/// The hash of a name of `len` bytes; `salt` is the directory's dentry.
///
/// # Safety
///
/// `name` points to that many bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_full_name_hash(salt: *const c_void, name: *const c_char, len: c_uint) -> c_uint {
    // SAFETY: the caller's promise.
    let text = unsafe { core::slice::from_raw_parts(name.cast::<u8>(), len as usize) };
    vfs::dentry_path::full_name_hash(salt, text)
}

/// The hash of a C string in the lower half, its length in the upper: `hash_len` of a `qstr`.
///
/// # Safety
///
/// `name` is a C string.
#[no_mangle]
pub unsafe extern "C" fn fsn_hashlen_string(salt: *const c_void, name: *const c_char) -> u64 {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(name) }.to_bytes();
    u64::from(vfs::dentry_path::full_name_hash(salt, text)) | (text.len() as u64) << 32
}
