// SPDX-License-Identifier: GPL-2.0-or-later
//! The objects for C: inodes, superblocks, mounts and files here, dentries in `dentry.rs`. Each function stands for the
//! kernel's of the same name without `fsn_`; where there is none it says so.
//!
//! Unless it says otherwise a function takes objects that are not NULL and on which the caller has a reference, takes the
//! spinlocks of those objects itself (none of them may be held), and may sleep in a callback.

use crate::abi::*;
use crate::vfs;
use core::ffi::{c_int, c_uint, c_ulong};
use core::ptr;

/// `ERR_PTR()`: a negative errno in the place of a pointer.
pub(super) fn err_ptr<T>(errno: c_int) -> *mut T {
    ptr::without_provenance_mut(errno as isize as usize)
}

/// Is this a negative errno in the place of a pointer?
pub(super) fn is_err<T>(pointer: *const T) -> bool {
    pointer.addr() > usize::MAX - 4095
}

/// Allocates an inode on a superblock, with one reference, one link and no type: through `alloc_inode` of the superblock, or
/// in the library's own memory. It is on the superblock's list of inodes. NULL: no memory.
///
/// # Safety
///
/// `sb` is alive and outlives the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_new_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::new_inode(sb) }
}

/// As `fsn_new_inode()`, but not on the superblock's list, so that an unmount does not look at it.
///
/// # Safety
///
/// As `fsn_new_inode()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_new_inode_pseudo(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::new_inode_pseudo(sb) }
}

/// As `fsn_new_inode_pseudo()`.
///
/// # Safety
///
/// As `fsn_new_inode()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_alloc_inode(sb: *mut super_block) -> *mut inode {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::alloc_inode(sb) }
}

/// Initialises memory of any content as an inode: zeroes it and sets up its lists. For the inode inside a struct of the
/// program's, in `alloc_inode` or before `fsn_inode_init_always()`.
///
/// # Safety
///
/// `inode` is memory of that size that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_init_once(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::inode_init_once(inode) }
}

/// Initialises what each use of an inode begins with: its superblock, one reference, one link, no dentries, no marks. 0.
///
/// # Safety
///
/// `inode` is zeroed or went through `fsn_inode_init_once()`, and nobody else uses it; `sb` outlives it.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_init_always(sb: *mut super_block, inode: *mut inode) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::inode_init_always(sb, inode) };
    0
}

/// Takes a reference.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_ihold(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::ihold(unsafe { &*inode })
}

/// Takes a reference, also the first one on an inode that is kept without. The caller holds `i_lock`.
///
/// # Safety
///
/// The inode is alive and not on its way out.
#[no_mangle]
pub unsafe extern "C" fn fsn___iget(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::__iget(unsafe { &*inode })
}

/// Takes a reference and returns the inode; NULL if it is on its way out.
///
/// # Safety
///
/// The inode's memory is there: the caller has a reference, or has it from a list whose lock it holds.
#[no_mangle]
pub unsafe extern "C" fn fsn_igrab(inode: *mut inode) -> *mut inode {
    // SAFETY: alive by the caller's promise.
    if vfs::inode::igrab(unsafe { &*inode }) {
        inode
    } else {
        ptr::null_mut()
    }
}

/// Puts a reference; NULL does nothing. At the last one the inode is evicted, or, if the superblock is active, it has links
/// and is hashed (`drop_inode` decides, if there is one), kept.
///
/// # Safety
///
/// The caller has a reference, and none afterwards; it holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_iput(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode::iput(inode) }
}

/// The default of `drop_inode`: non-zero if the inode has no links or is not hashed. `i_lock` is held.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_drop_inode(inode: *mut inode) -> c_int {
    // SAFETY: alive by the caller's promise.
    vfs::inode::generic_drop_inode(unsafe { &*inode }).into()
}

/// A `drop_inode` for superblocks that keep no inode without references: 1.
#[no_mangle]
pub extern "C" fn fsn_generic_delete_inode(_inode: *mut inode) -> c_int {
    1
}

/// The end of `evict_inode`: the inode's contents have gone.
///
/// # Safety
///
/// Called from `evict_inode` of this inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_clear_inode(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::clear_inode(unsafe { &*inode })
}

/// Ends what the library keeps for an inode that goes without `fsn_iput()`: its marks, its place in `s_remove_count`.
///
/// # Safety
///
/// Nobody else uses the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn___destroy_inode(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode_alloc::__destroy_inode(unsafe { &*inode })
}

/// Frees the memory of an inode that the library allocated: for a `destroy_inode` without `free_inode`.
///
/// # Safety
///
/// Nobody uses the inode any more.
#[no_mangle]
pub unsafe extern "C" fn fsn_free_inode_nonrcu(inode: *mut inode) {
    // SAFETY: the caller's promise.
    unsafe { vfs::inode_alloc::free_inode_nonrcu(inode) }
}

/// Puts an inode on its superblock's list, where an unmount finds it.
///
/// # Safety
///
/// The inode is alive and has its superblock.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_sb_list_add(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inode_sb_list_add(unsafe { &*inode })
}

/// Counts an inode as hashed although it is in no hash: it is kept without references.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_fake_hash(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inode_fake_hash(unsafe { &*inode })
}

/// Takes an inode off the hash chain that it is on, under the library's lock: for a program that puts it there under a lock
/// of its own, in which case it must do so itself before the inode goes.
///
/// # Safety
///
/// The inode and its chain are alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_remove_inode_hash(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::remove_inode_hash(unsafe { &*inode })
}

/// Evicts every inode of the superblock on which there is no reference.
///
/// # Safety
///
/// The superblock is alive; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_evict_inodes(sb: *mut super_block) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::evict_inodes(unsafe { &*sb })
}

/// Sets the number of links. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_nlink(inode: *mut inode, nlink: c_uint) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::set_nlink(unsafe { &*inode }, nlink)
}

/// One link more. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_inc_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::inc_nlink(unsafe { &*inode })
}

/// One link less. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_drop_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::drop_nlink(unsafe { &*inode })
}

/// No links any more. The caller serialises changes of it.
///
/// # Safety
///
/// The inode is alive.
#[no_mangle]
pub unsafe extern "C" fn fsn_clear_nlink(inode: *mut inode) {
    // SAFETY: alive by the caller's promise.
    vfs::inode::clear_nlink(unsafe { &*inode })
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
