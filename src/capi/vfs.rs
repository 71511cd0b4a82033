// SPDX-License-Identifier: GPL-2.0-or-later
//! The objects for C: superblocks, mounts and files here, inodes and dentries in files of their own. Each function stands
//! for the kernel's of the same name without `fsn_`; where there is none it says so.
//!
//! Unless it says otherwise a function takes objects that are not NULL and on which the caller has a reference, takes the
//! spinlocks of those objects itself (none of them may be held), and may sleep in a callback.

use crate::abi::*;
use crate::vfs;
use core::ffi::{c_int, c_ulong};
use core::ptr;

/// `ERR_PTR()`: a negative errno in the place of a pointer.
pub(super) fn err_ptr<T>(errno: c_int) -> *mut T {
    ptr::without_provenance_mut(errno as isize as usize)
}

/// Is this a negative errno in the place of a pointer?
pub(super) fn is_err<T>(pointer: *const T) -> bool {
    pointer.addr() > usize::MAX - 4095
}

/// Allocates a mounted superblock, in the place of the kernel's `sget()`: one active reference, no root (`s_root` is the
/// caller's to set, with the reference of `fsn_d_make_root()`), `flags` on top of `SB_BORN | SB_ACTIVE`. NULL: no memory.
///
/// # Safety
///
/// `type` (with its name) and `s_op` are NULL or outlive the superblock.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_super(
    r#type: *mut file_system_type,
    s_op: *const super_operations,
    flags: c_ulong,
) -> *mut super_block {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::alloc_super(r#type, s_op, flags as usize) }
}

/// Initialises memory of any content as `fsn_alloc_super()` does: for a superblock inside a struct of the program's. No
/// function of the kernel.
///
/// # Safety
///
/// As `fsn_alloc_super()`; `sb` is memory of that size that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_super(
    sb: *mut super_block,
    r#type: *mut file_system_type,
    s_op: *const super_operations,
    flags: c_ulong,
) {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::init_super(sb, r#type, s_op, flags as usize) }
}

/// Puts an active reference; the last one shuts the superblock down (`kill_sb` of its type, or
/// `fsn_generic_shutdown_super()`), ends what the library keeps for it and frees it if the library allocated it.
///
/// # Safety
///
/// The caller has an active reference and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_deactivate_super(sb: *mut super_block) {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::deactivate_super(sb) }
}

/// As `fsn_deactivate_super()`, with `s_umount` held for writing on entry and not on return.
///
/// # Safety
///
/// As `fsn_deactivate_super()`, except for that lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_deactivate_locked_super(sb: *mut super_block) {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::deactivate_locked_super(sb) }
}

/// Shuts a superblock down, for `kill_sb`: frees its dentries, evicts its inodes, reports `FS_UNMOUNT` and removes all
/// marks, calls `put_super`. Objects that are still referenced are warned of. Gives `s_umount` back (if nobody holds it, it
/// is taken first). The superblock's own end is `fsn_deactivate_super()`.
///
/// # Safety
///
/// The superblock is alive; nobody makes, links or moves anything on it any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_shutdown_super(sb: *mut super_block) {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::generic_shutdown_super(sb) }
}

/// Puts a reference of any kind (`s_count`).
///
/// # Safety
///
/// The caller has such a reference and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_super(sb: *mut super_block) {
    // SAFETY: the caller's promise.
    unsafe { vfs::super_block::put_super(sb) }
}

/// Makes a mount of the whole of a superblock, with one reference, in the place of the kernel's `vfs_create_mount()`. It
/// holds the superblock and its root. NULL: no memory.
///
/// # Safety
///
/// The caller has an active reference on the superblock.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_mount(sb: *mut super_block) -> *mut vfsmount {
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::alloc_mount(sb) }
}

/// Initialises memory of any content as `fsn_alloc_mount()` does: for a mount inside a struct of the program's. No function
/// of the kernel.
///
/// # Safety
///
/// As `fsn_alloc_mount()`; `mount` is memory of that size that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_mount(mount: *mut mount, sb: *mut super_block) {
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::init_mount(mount, sb) }
}

/// Takes a reference and returns its argument; NULL does nothing.
///
/// # Safety
///
/// NULL or a `vfsmount` inside a `struct mount` on which the caller has a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_mntget(mnt: *mut vfsmount) -> *mut vfsmount {
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::mntget(mnt) }
}

/// Puts a reference; NULL does nothing. The last one removes the mount's marks and puts what it holds.
///
/// # Safety
///
/// As `fsn_mntget()`; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_mntput(mnt: *mut vfsmount) {
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::mntput(mnt) }
}

/// Takes a reference on each half of a path.
///
/// # Safety
///
/// Both halves are alive (or NULL).
#[no_mangle]
pub unsafe extern "C" fn fsn_path_get(path: *const path) {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::path_get(path) }
}

/// Puts the references of both halves.
///
/// # Safety
///
/// The caller has them and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_path_put(path: *const path) {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's promise.
    unsafe { vfs::mount::path_put(path) }
}

/// Makes an open file with one reference. It takes over the caller's references on the path; not if it returns
/// `ERR_PTR(-ENOMEM)`. `flags` are `O_*`; `FMODE_NONOTIFY` among them makes a file without events.
///
/// # Safety
///
/// The caller has the path's references; `fop` is NULL or outlives the file.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_file(path: *const path, flags: c_int, fop: *const file_operations) -> *mut file {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's promise.
    let file = unsafe { vfs::file::alloc_file(path, flags, fop) };
    if file.is_null() {
        err_ptr(-libc::ENOMEM)
    } else {
        file
    }
}

/// Initialises memory of any content as `fsn_alloc_file()` does: for a file inside a struct of the program's. No function of
/// the kernel.
///
/// # Safety
///
/// As `fsn_alloc_file()`; `file` is memory of that size that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn fsn_init_file(file: *mut file, path: *const path, flags: c_int, fop: *const file_operations) {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's promise.
    unsafe { vfs::file::init_file(file, path, flags, fop) }
}

/// Opens a place with references of its own: callbacks from `i_fop`, `file_set_fsnotify_mode()`, then `open`. An error of
/// `open`, `ERR_PTR(-ENOENT)` for a negative dentry, `ERR_PTR(-ENOMEM)`. The hooks `fsnotify_open_perm()` and
/// `fsnotify_open()` are the caller's: only a server knows which opens its clients made. `cred` is kept, not counted.
///
/// # Safety
///
/// The caller has the path's references and holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_dentry_open(path: *const path, flags: c_int, cred: *const cred) -> *mut file {
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's promise.
    unsafe { vfs::file::dentry_open(path, flags, cred) }.unwrap_or_else(err_ptr)
}

/// Takes a reference and returns its argument.
///
/// # Safety
///
/// The caller has a reference on the file.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_file(file: *mut file) -> *mut file {
    // SAFETY: alive by the caller's promise.
    vfs::file::get_file(unsafe { &*file });
    file
}

/// Puts a reference; NULL does nothing. The last one calls `fasync(-1, file, 0)` if `FASYNC` is set, then `release`, and puts
/// the path. `fsnotify_close()` is the caller's to call before.
///
/// # Safety
///
/// The caller has a reference, and none afterwards; it holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_fput(file: *mut file) {
    // SAFETY: the caller's promise.
    unsafe { vfs::file::fput(file) }
}
