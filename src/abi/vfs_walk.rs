// SPDX-License-Identifier: GPL-2.0-or-later
//! What path walk, mounts, file handles and page caches show of themselves: the operations of an inode and what they are
//! given, the numbers of a filesystem, where a process stands.

use super::primitives::*;
use super::vfs::*;
use super::vfs_operations::mnt_idmap;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// Most bytes of a path with its NUL.
pub const FSN_PATH_MAX: usize = 4096;
/// Most bytes of one name.
pub const FSN_NAME_MAX: usize = 255;
/// Symbolic links that one walk follows.
pub const FSN_MAXSYMLINKS: u32 = 40;

/// What a walk is for: follow a symbolic link at the end.
pub const FSN_LOOKUP_FOLLOW: u32 = 0x0001;
/// It must end at a directory.
pub const FSN_LOOKUP_DIRECTORY: u32 = 0x0002;
/// It ends at the parent of the last name.
pub const FSN_LOOKUP_PARENT: u32 = 0x0010;
/// Go through what is mounted at the end.
pub const FSN_LOOKUP_MOUNTPOINT: u32 = 0x0080;
/// The last name is about to be opened.
pub const FSN_LOOKUP_OPEN: u32 = 0x0100;
/// The last name may be made.
pub const FSN_LOOKUP_CREATE: u32 = 0x0200;
/// The last name must not exist.
pub const FSN_LOOKUP_EXCL: u32 = 0x0400;
/// The last name is what a rename replaces.
pub const FSN_LOOKUP_RENAME_TARGET: u32 = 0x0800;
/// An empty path is its starting point.
pub const FSN_LOOKUP_EMPTY: u32 = 0x4000;
/// Any symbolic link is an error.
pub const FSN_LOOKUP_NO_SYMLINKS: u32 = 0x1_0000;
/// Another mount is an error.
pub const FSN_LOOKUP_NO_XDEV: u32 = 0x4_0000;

/// The kind of a path's last part: a name.
pub const FSN_LAST_NORM: c_int = 0;
/// Nothing but slashes.
pub const FSN_LAST_ROOT: c_int = 1;
/// ".".
pub const FSN_LAST_DOT: c_int = 2;
/// "..".
pub const FSN_LAST_DOTDOT: c_int = 3;

/// Seconds and nanoseconds.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct timespec64 {
    /// Seconds since 1970.
    pub tv_sec: i64,
    /// Nanoseconds.
    pub tv_nsec: c_long,
}

/// What to call when the text of a symbolic link is no longer needed.
#[repr(C)]
pub struct delayed_call {
    /// NULL: nothing.
    pub r#fn: Option<unsafe extern "C" fn(arg: *mut c_void)>,
    /// Its argument.
    pub arg: *mut c_void,
}

/// Attributes to set.
#[repr(C)]
pub struct iattr {
    /// `ATTR_*`: which of them.
    pub ia_valid: c_uint,
    /// Type and permissions.
    pub ia_mode: u16,
    /// Owner.
    pub ia_uid: kuid_t,
    /// Group.
    pub ia_gid: kgid_t,
    /// Size in bytes.
    pub ia_size: i64,
    /// Access time.
    pub ia_atime: timespec64,
    /// Modification time.
    pub ia_mtime: timespec64,
    /// Change time.
    pub ia_ctime: timespec64,
    /// The file that is truncated, with `ATTR_FILE`.
    pub ia_file: *mut file,
}

/// Attributes as `stat()` has them.
#[repr(C)]
pub struct kstat {
    /// `STATX_*`: which are filled in.
    pub result_mask: u32,
    /// Type and permissions.
    pub mode: u16,
    /// Links.
    pub nlink: c_uint,
    /// Bytes that are best read at once.
    pub blksize: u32,
    /// `STATX_ATTR_*`.
    pub attributes: u64,
    /// Which of them have a meaning.
    pub attributes_mask: u64,
    /// Number of the inode.
    pub ino: u64,
    /// Device that it is on, in the kernel's 32 bits.
    pub dev: u32,
    /// Device that it is.
    pub rdev: u32,
    /// Owner.
    pub uid: kuid_t,
    /// Group.
    pub gid: kgid_t,
    /// Size in bytes.
    pub size: i64,
    /// Access time.
    pub atime: timespec64,
    /// Modification time.
    pub mtime: timespec64,
    /// Change time.
    pub ctime: timespec64,
    /// When it was made.
    pub btime: timespec64,
    /// Blocks of 512 bytes.
    pub blocks: u64,
    /// Number of the mount.
    pub mnt_id: u64,
}

/// Callbacks of an inode; each may be NULL. Those that change a directory are called with its `i_rwsem` held for writing, as
/// `lookup` is.
#[repr(C)]
pub struct inode_operations {
    /// Finds a name: makes the dentry positive or negative with `d_add()` or `d_splice_alias()` and returns NULL, or returns
    /// another dentry in its place, or an error pointer. NULL here: the dentries that are there are all there is.
    pub lookup: Option<unsafe extern "C" fn(dir: *mut inode, dentry: *mut dentry, flags: c_uint) -> *mut dentry>,
    /// The text of a symbolic link, valid until `done` is called.
    pub get_link:
        Option<unsafe extern "C" fn(dentry: *mut dentry, inode: *mut inode, done: *mut delayed_call) -> *const c_char>,
    /// May the current credentials do `mask` (`MAY_*`)? NULL: `generic_permission()`.
    pub permission: Option<unsafe extern "C" fn(idmap: *mut mnt_idmap, inode: *mut inode, mask: c_int) -> c_int>,
    /// Copies the text of a symbolic link.
    pub readlink: Option<unsafe extern "C" fn(dentry: *mut dentry, buffer: *mut c_char, size: c_int) -> c_int>,
    /// Makes a regular file.
    pub create: Option<
        unsafe extern "C" fn(
            idmap: *mut mnt_idmap,
            dir: *mut inode,
            dentry: *mut dentry,
            mode: u16,
            excl: bool,
        ) -> c_int,
    >,
    /// Makes another name.
    pub link: Option<unsafe extern "C" fn(old_dentry: *mut dentry, dir: *mut inode, dentry: *mut dentry) -> c_int>,
    /// Removes a name that is no directory's.
    pub unlink: Option<unsafe extern "C" fn(dir: *mut inode, dentry: *mut dentry) -> c_int>,
    /// Makes a symbolic link.
    pub symlink: Option<
        unsafe extern "C" fn(
            idmap: *mut mnt_idmap,
            dir: *mut inode,
            dentry: *mut dentry,
            symname: *const c_char,
        ) -> c_int,
    >,
    /// Makes a directory.
    pub mkdir:
        Option<unsafe extern "C" fn(idmap: *mut mnt_idmap, dir: *mut inode, dentry: *mut dentry, mode: u16) -> c_int>,
    /// Removes an empty directory.
    pub rmdir: Option<unsafe extern "C" fn(dir: *mut inode, dentry: *mut dentry) -> c_int>,
    /// Makes a special file.
    pub mknod: Option<
        unsafe extern "C" fn(
            idmap: *mut mnt_idmap,
            dir: *mut inode,
            dentry: *mut dentry,
            mode: u16,
            rdev: u32,
        ) -> c_int,
    >,
    /// Moves a name; `flags` are `RENAME_*`.
    pub rename: Option<
        unsafe extern "C" fn(
            idmap: *mut mnt_idmap,
            old_dir: *mut inode,
            old_dentry: *mut dentry,
            new_dir: *mut inode,
            new_dentry: *mut dentry,
            flags: c_uint,
        ) -> c_int,
    >,
    /// Sets attributes.
    pub setattr: Option<unsafe extern "C" fn(idmap: *mut mnt_idmap, dentry: *mut dentry, attr: *mut iattr) -> c_int>,
    /// Fills in attributes.
    pub getattr: Option<
        unsafe extern "C" fn(
            idmap: *mut mnt_idmap,
            path: *const path,
            stat: *mut kstat,
            request_mask: u32,
            flags: c_uint,
        ) -> c_int,
    >,
    /// Lists the names of the extended attributes.
    pub listxattr: Option<unsafe extern "C" fn(dentry: *mut dentry, buffer: *mut c_char, size: usize) -> isize>,
}

/// The pages of a file, as far as backends ask: whose they are, errors of writing them, tags.
#[repr(C)]
pub struct address_space {
    /// The inode.
    pub host: AtomicPtr<inode>,
    /// Pages that are cached.
    pub nrpages: AtomicUsize,
    /// `AS_*`.
    pub flags: AtomicUsize,
    /// The last error of writing back: an `errseq_t`.
    pub wb_err: AtomicU32,
    /// The library's: the tags (1 << `PAGECACHE_TAG_*`) that some page has.
    pub fsn_tags: AtomicUsize,
    /// The program's own.
    pub i_private_data: UnsafeCell<*mut c_void>,
}

/// Opaque: a file handle's words; the layouts of its types are in `<linux/exportfs.h>`.
#[repr(C)]
pub struct fid {
    opaque: [u8; 0],
}

/// What makes file handles of inodes and finds them again; each may be NULL.
#[repr(C)]
pub struct export_operations {
    /// Writes the handle: at most `*max_len` words, their number to `*max_len`. Returns its type, `FILEID_INVALID` if there
    /// is no room.
    pub encode_fh:
        Option<unsafe extern "C" fn(inode: *mut inode, fh: *mut u32, max_len: *mut c_int, parent: *mut inode) -> c_int>,
    /// A dentry of the handle's inode, with a reference; NULL or an error pointer.
    pub fh_to_dentry:
        Option<unsafe extern "C" fn(sb: *mut super_block, fid: *mut fid, fh_len: c_int, fh_type: c_int) -> *mut dentry>,
    /// A dentry of the directory that the handle names as its parent.
    pub fh_to_parent:
        Option<unsafe extern "C" fn(sb: *mut super_block, fid: *mut fid, fh_len: c_int, fh_type: c_int) -> *mut dentry>,
    /// The name of a child.
    pub get_name: Option<unsafe extern "C" fn(parent: *mut dentry, name: *mut c_char, child: *mut dentry) -> c_int>,
    /// The parent of a directory that is not connected yet.
    pub get_parent: Option<unsafe extern "C" fn(child: *mut dentry) -> *mut dentry>,
    /// Writes out an inode's attributes.
    pub commit_metadata: Option<unsafe extern "C" fn(inode: *mut inode) -> c_int>,
    /// `EXPORT_OP_*`.
    pub flags: c_ulong,
}

/// The id of a filesystem.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct kernel_fsid {
    /// Two words of it.
    pub val: [c_int; 2],
}

/// What `statfs` fills in.
#[repr(C)]
pub struct kstatfs {
    /// Magic number.
    pub f_type: c_long,
    /// Block size in bytes.
    pub f_bsize: c_long,
    /// Blocks.
    pub f_blocks: u64,
    /// Free ones.
    pub f_bfree: u64,
    /// Those that anybody may use.
    pub f_bavail: u64,
    /// Inodes.
    pub f_files: u64,
    /// Free ones.
    pub f_ffree: u64,
    /// The id.
    pub f_fsid: kernel_fsid,
    /// Longest name.
    pub f_namelen: c_long,
    /// Fragment size in bytes; 0 stands for the block size.
    pub f_frsize: c_long,
    /// `ST_*`.
    pub f_flags: c_long,
    /// Reserve.
    pub f_spare: [c_long; 4],
}

/// The mounts that can be reached from the process's root.
#[repr(C)]
pub struct mnt_namespace {
    /// The mount that everything else is mounted below; NULL at first.
    pub root: AtomicPtr<mount>,
    /// How many mounts there are.
    pub nr_mounts: AtomicU32,
    /// Rises when a mount comes or goes.
    pub event: AtomicU64,
}

/// Where a process stands.
#[repr(C)]
pub struct fs_struct {
    /// References.
    pub users: AtomicI32,
    /// Protects what follows.
    pub lock: spinlock,
    /// Permissions that new files do not get \[read without the lock\].
    pub umask: AtomicI32,
    /// Kept for the name.
    pub in_exec: AtomicI32,
    /// What "/" is; one reference on each half \[lock\].
    pub root: UnsafeCell<path>,
    /// What a relative path begins at \[lock\].
    pub pwd: UnsafeCell<path>,
}
