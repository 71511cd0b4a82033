// SPDX-License-Identifier: GPL-2.0-or-later
//! The tables of callbacks of the objects, and what their prototypes name but nobody here looks into.

use super::text::seq_file;
use super::vfs::*;
use super::vfs_walk::*;
use super::wait::poll_table_struct;
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};

/// Opaque: a mapping of user ids.
#[repr(C)]
pub struct mnt_idmap {
    opaque: [u8; 0],
}
/// Opaque: a module.
#[repr(C)]
pub struct module {
    opaque: [u8; 0],
}
/// Opaque: a read or write under way.
#[repr(C)]
pub struct kiocb {
    opaque: [u8; 0],
}
/// Opaque: the memory that it goes to or comes from.
#[repr(C)]
pub struct iov_iter {
    opaque: [u8; 0],
}
/// Opaque: who reads a directory.
#[repr(C)]
pub struct dir_context {
    opaque: [u8; 0],
}
/// Opaque: a range of mapped memory.
#[repr(C)]
pub struct vm_area_struct {
    opaque: [u8; 0],
}
/// Opaque: a table of descriptors; there is one.
#[repr(C)]
pub struct files_struct {
    opaque: [u8; 0],
}

/// Callbacks of a dentry; each may be NULL.
#[repr(C)]
pub struct dentry_operations {
    /// Computes `name->hash` where the filesystem's names are not compared byte by byte. No lock is held.
    pub d_hash: Option<unsafe extern "C" fn(dir: *const dentry, name: *mut qstr) -> c_int>,
    /// Zero if the names are equal. The lock of the hash chain is held.
    pub d_compare: Option<
        unsafe extern "C" fn(dentry: *const dentry, len: c_uint, str_: *const c_char, name: *const qstr) -> c_int,
    >,
    /// Non-zero: unhash and free at the last put. d_lock is held.
    pub d_delete: Option<unsafe extern "C" fn(dentry: *const dentry) -> c_int>,
    /// Called for a new dentry; a negative errno frees it again.
    pub d_init: Option<unsafe extern "C" fn(dentry: *mut dentry) -> c_int>,
    /// The dentry is about to be freed. For a dentry that the program allocated this is the last that the library does
    /// with it, so the callback may free it.
    pub d_release: Option<unsafe extern "C" fn(dentry: *mut dentry)>,
    /// The dentry is about to be unhashed for good. d_lock is held.
    pub d_prune: Option<unsafe extern "C" fn(dentry: *mut dentry)>,
    /// In place of `iput()` when the dentry lets go of its inode.
    pub d_iput: Option<unsafe extern "C" fn(dentry: *mut dentry, inode: *mut inode)>,
}

/// Callbacks of a superblock; each may be NULL.
#[repr(C)]
pub struct super_operations {
    /// Allocates an inode, usually inside a larger struct.
    pub alloc_inode: Option<unsafe extern "C" fn(sb: *mut super_block) -> *mut inode>,
    /// The inode is at its end; frees it unless `free_inode` is set too.
    pub destroy_inode: Option<unsafe extern "C" fn(inode: *mut inode)>,
    /// Frees the inode's memory.
    pub free_inode: Option<unsafe extern "C" fn(inode: *mut inode)>,
    /// The inode was changed.
    pub dirty_inode: Option<unsafe extern "C" fn(inode: *mut inode, flags: c_int)>,
    /// Non-zero: the inode goes at its last put, otherwise it may be kept while `SB_ACTIVE`. i_lock is held.
    pub drop_inode: Option<unsafe extern "C" fn(inode: *mut inode) -> c_int>,
    /// The inode's end; must call `clear_inode()`.
    pub evict_inode: Option<unsafe extern "C" fn(inode: *mut inode)>,
    /// The superblock's end: its dentries and its inodes without references have gone.
    pub put_super: Option<unsafe extern "C" fn(sb: *mut super_block)>,
    /// Fills in the numbers of `statfs()`; for backends that ask for the filesystem's id.
    pub statfs: Option<unsafe extern "C" fn(dentry: *mut dentry, buf: *mut kstatfs) -> c_int>,
}

/// A type of filesystem.
#[repr(C)]
pub struct file_system_type {
    /// Its name.
    pub name: *const c_char,
    /// `FS_*` flags of the type.
    pub fs_flags: c_int,
    /// The module (NULL).
    pub owner: *mut module,
    /// Called with `s_umount` held for writing when the last active reference has gone; it must end in
    /// `generic_shutdown_super()`, which is what NULL stands for.
    pub kill_sb: Option<unsafe extern "C" fn(sb: *mut super_block)>,
}

/// Callbacks of an open file; each may be NULL. All of the kernel's names are there; those that nothing here calls are for
/// the program's own use.
#[repr(C)]
pub struct file_operations {
    /// The module (NULL).
    pub owner: *mut module,
    /// `FOP_*`.
    pub fop_flags: c_uint,
    /// lseek.
    pub llseek: Option<unsafe extern "C" fn(file: *mut file, offset: i64, whence: c_int) -> i64>,
    /// read.
    pub read: Option<unsafe extern "C" fn(file: *mut file, buf: *mut c_char, count: usize, pos: *mut i64) -> isize>,
    /// write.
    pub write: Option<unsafe extern "C" fn(file: *mut file, buf: *const c_char, count: usize, pos: *mut i64) -> isize>,
    /// Not called here.
    pub read_iter: Option<unsafe extern "C" fn(iocb: *mut kiocb, to: *mut iov_iter) -> isize>,
    /// Not called here.
    pub write_iter: Option<unsafe extern "C" fn(iocb: *mut kiocb, from: *mut iov_iter) -> isize>,
    /// Not called here.
    pub iterate_shared: Option<unsafe extern "C" fn(file: *mut file, ctx: *mut dir_context) -> c_int>,
    /// poll.
    pub poll: Option<unsafe extern "C" fn(file: *mut file, wait: *mut poll_table_struct) -> c_uint>,
    /// ioctl.
    pub unlocked_ioctl: Option<unsafe extern "C" fn(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long>,
    /// ioctl of a 32-bit caller.
    pub compat_ioctl: Option<unsafe extern "C" fn(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long>,
    /// Not called here.
    pub mmap: Option<unsafe extern "C" fn(file: *mut file, vma: *mut vm_area_struct) -> c_int>,
    /// open.
    pub open: Option<unsafe extern "C" fn(inode: *mut inode, file: *mut file) -> c_int>,
    /// close of a descriptor.
    pub flush: Option<unsafe extern "C" fn(file: *mut file, id: *mut c_void) -> c_int>,
    /// Last reference gone.
    pub release: Option<unsafe extern "C" fn(inode: *mut inode, file: *mut file) -> c_int>,
    /// Not called here.
    pub fsync: Option<unsafe extern "C" fn(file: *mut file, start: i64, end: i64, datasync: c_int) -> c_int>,
    /// FASYNC set or cleared.
    pub fasync: Option<unsafe extern "C" fn(fd: c_int, file: *mut file, on: c_int) -> c_int>,
    /// Not called here.
    pub fallocate: Option<unsafe extern "C" fn(file: *mut file, mode: c_int, offset: i64, len: i64) -> c_long>,
    /// Lines of fdinfo.
    pub show_fdinfo: Option<unsafe extern "C" fn(m: *mut seq_file, file: *mut file)>,
}

impl file_operations {
    /// No callbacks, to build a table from.
    pub(crate) const NONE: Self = Self {
        owner: core::ptr::null_mut(),
        fop_flags: 0,
        llseek: None,
        read: None,
        write: None,
        read_iter: None,
        write_iter: None,
        iterate_shared: None,
        poll: None,
        unlocked_ioctl: None,
        compat_ioctl: None,
        mmap: None,
        open: None,
        flush: None,
        release: None,
        fsync: None,
        fasync: None,
        fallocate: None,
        show_fdinfo: None,
    };
}
