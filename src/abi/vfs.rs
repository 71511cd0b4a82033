// SPDX-License-Identifier: GPL-2.0-or-later
//! The objects that events happen on: the kernel's field names for all that its notification code touches, and what a
//! file server needs to make, link, move, unlink and drop them. A program may embed them in its own structs.

use super::backend::{fsnotify_mark_connector, fsnotify_sb_info};
use super::primitives::*;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_long, c_uint, c_ulong, c_void};
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU16, AtomicU32, AtomicU64};

/// Bytes of a name that are stored in the dentry itself.
pub const DNAME_INLINE_LEN: usize = 40;

/// `d_flags`: the parent watches its children.
pub const DCACHE_FSNOTIFY_PARENT_WATCHED: u32 = 1 << 14;
/// `d_flags`: not connected to the root yet.
pub const DCACHE_DISCONNECTED: u32 = 1 << 5;
/// `d_flags`: mask of the type bits.
pub const DCACHE_ENTRY_TYPE: u32 = 7 << 20;
/// `d_flags` type: negative.
pub const DCACHE_MISS_TYPE: u32 = 0 << 20;
/// `d_flags` type: whiteout.
pub const DCACHE_WHITEOUT_TYPE: u32 = 1 << 20;
/// `d_flags` type: a directory that can be looked up in.
pub const DCACHE_DIRECTORY_TYPE: u32 = 2 << 20;
/// `d_flags` type: a directory without lookup.
pub const DCACHE_AUTODIR_TYPE: u32 = 3 << 20;
/// `d_flags` type: a regular file.
pub const DCACHE_REGULAR_TYPE: u32 = 4 << 20;
/// `d_flags` type: device, socket or pipe.
pub const DCACHE_SPECIAL_TYPE: u32 = 5 << 20;
/// `d_flags` type: symbolic link.
pub const DCACHE_SYMLINK_TYPE: u32 = 6 << 20;

/// `f_mode`: open for reading.
pub const FMODE_READ: u32 = 1 << 0;
/// `f_mode`: open for writing.
pub const FMODE_WRITE: u32 = 1 << 1;
/// `f_mode`: open for execution (also as `__FMODE_EXEC` in `f_flags`).
pub const FMODE_EXEC: u32 = 1 << 5;
/// `f_mode`: an O_PATH descriptor.
pub const FMODE_PATH: u32 = 1 << 14;
/// `f_mode`: alone, no events at all; with `FMODE_NONOTIFY_PERM`, no pre-content events.
pub const FMODE_NONOTIFY: u32 = 1 << 25;
/// `f_mode`: alone, no permission events; with `FMODE_NONOTIFY`, no pre-content events.
pub const FMODE_NONOTIFY_PERM: u32 = 1 << 26;
/// Both bits that say which events are not generated.
pub const FMODE_FSNOTIFY_MASK: u32 = FMODE_NONOTIFY | FMODE_NONOTIFY_PERM;

/// `i_state`: being set up.
pub const I_NEW: u32 = 1 << 0;
/// `i_state`: about to be freed, still being written.
pub const I_WILL_FREE: u32 = 1 << 6;
/// `i_state`: being freed.
pub const I_FREEING: u32 = 1 << 7;
/// `i_state`: clean; `evict_inode` may return.
pub const I_CLEAR: u32 = 1 << 8;
/// `i_state`: drop at the last put, never cache.
pub const I_DONTCACHE: u32 = 1 << 15;

/// `s_flags`: read only.
pub const SB_RDONLY: c_ulong = 1 << 0;
/// `s_flags`: mounted by the kernel itself.
pub const SB_KERNMOUNT: c_ulong = 1 << 22;
/// `s_flags`: set up completely.
pub const SB_BORN: c_ulong = 1 << 29;
/// `s_flags`: in use; inodes without references are kept until it is cleared.
pub const SB_ACTIVE: c_ulong = 1 << 30;
/// `s_flags`: cannot be mounted by a user.
pub const SB_NOUSER: c_ulong = 1 << 31;

/// A user id as the kernel sees it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kuid_t {
    /// The number.
    pub val: u32,
}
/// A group id as the kernel sees it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kgid_t {
    /// The number.
    pub val: u32,
}

/// A name with its length and hash. In C `hash` and `len` sit in an anonymous union with `hash_len`.
#[repr(C)]
pub struct qstr {
    /// The hash of the name, or 0.
    pub hash: AtomicU32,
    /// Its length in bytes.
    pub len: AtomicU32,
    /// The bytes; not necessarily ended by a NUL.
    pub name: AtomicPtr<u8>,
}

/// A copy of a dentry's name that stays valid while the dentry is renamed.
#[repr(C)]
pub struct name_snapshot {
    /// The name.
    pub name: qstr,
    /// Storage of a short one.
    pub inline_name: [u8; DNAME_INLINE_LEN],
}

/// Link in a hash chain; `pprev` NULL means unhashed.
#[repr(C)]
pub struct hlist_bl_node {
    /// Next in the chain.
    pub next: AtomicPtr<hlist_bl_node>,
    /// Address of the pointer that points here.
    pub pprev: AtomicPtr<AtomicPtr<hlist_bl_node>>,
}

/// A lock and a count beside it.
#[repr(C)]
pub struct lockref {
    /// `d_lock` of a dentry.
    pub lock: spinlock,
    /// References.
    pub count: AtomicI32,
}

/// A reader-writer semaphore in the kernel's size; zero is free.
#[repr(C)]
pub struct rw_semaphore {
    /// Readers, or the writer's bit.
    pub count: AtomicI64,
    /// The task that holds it for writing.
    pub owner: AtomicI64,
    /// Kept for the kernel's size.
    pub osq: AtomicU32,
    /// Kept for the kernel's size.
    pub wait_lock: spinlock,
    /// Kept for the kernel's size.
    pub wait_list: list_head,
}

/// A file, directory or other object of a filesystem.
#[repr(C)]
pub struct inode {
    /// Type and permissions (`S_IFMT` bits and below).
    pub i_mode: AtomicU16,
    /// The filesystem's own flags.
    pub i_opflags: AtomicU16,
    /// Owner.
    pub i_uid: UnsafeCell<kuid_t>,
    /// Group.
    pub i_gid: UnsafeCell<kgid_t>,
    /// `S_*` flags.
    pub i_flags: AtomicU32,
    /// Operations (opaque here).
    pub i_op: UnsafeCell<*const c_void>,
    /// Its superblock; set before the inode is used, stable.
    pub i_sb: AtomicPtr<super_block>,
    /// Page cache (opaque here).
    pub i_mapping: UnsafeCell<*mut c_void>,
    /// Number.
    pub i_ino: UnsafeCell<c_ulong>,
    /// Links; changed by `set_nlink()` and its siblings.
    pub i_nlink: AtomicU32,
    /// Device number of a special file.
    pub i_rdev: UnsafeCell<u32>,
    /// Size in bytes.
    pub i_size: AtomicI64,
    /// Access time, seconds.
    pub i_atime_sec: UnsafeCell<i64>,
    /// Modification time, seconds.
    pub i_mtime_sec: UnsafeCell<i64>,
    /// Change time, seconds.
    pub i_ctime_sec: UnsafeCell<i64>,
    /// Access time, nanoseconds.
    pub i_atime_nsec: UnsafeCell<u32>,
    /// Modification time, nanoseconds.
    pub i_mtime_nsec: UnsafeCell<u32>,
    /// Change time, nanoseconds.
    pub i_ctime_nsec: UnsafeCell<u32>,
    /// Generation, for file handles.
    pub i_generation: UnsafeCell<u32>,
    /// Protects `i_state`, `i_dentry` and the fall of `i_count` to zero.
    pub i_lock: spinlock,
    /// log2 of the block size.
    pub i_blkbits: UnsafeCell<u8>,
    /// Blocks of 512 bytes.
    pub i_blocks: UnsafeCell<u64>,
    /// `I_*` \[i_lock\].
    pub i_state: AtomicU32,
    /// Link of the inode hash (the program's).
    pub i_hash: hlist_node,
    /// Link of the superblock's list of unused inodes.
    pub i_lru: list_head,
    /// Link on `s_inodes` \[s_inode_list_lock\].
    pub i_sb_list: list_head,
    /// The dentries of this inode \[i_lock\].
    pub i_dentry: hlist_head,
    /// Version of its contents.
    pub i_version: AtomicU64,
    /// References.
    pub i_count: atomic_t,
    /// Writers.
    pub i_writecount: atomic_t,
    /// Operations of files opened on it.
    pub i_fop: UnsafeCell<*const file_operations>,
    /// All events that some mark on this inode cares about \[connector->lock for writing\].
    pub i_fsnotify_mask: AtomicU32,
    /// The marks \[set with compare-and-exchange, cleared under connector->lock, read under SRCU\].
    pub i_fsnotify_marks: AtomicPtr<fsnotify_mark_connector>,
    /// The program's own.
    pub i_private: UnsafeCell<*mut c_void>,
}

/// The union of a dentry's links; only the alias link is used here.
#[repr(C)]
pub struct dentry_u {
    /// Link on `inode->i_dentry` \[inode->i_lock\].
    pub d_alias: hlist_node,
}

/// A name in a directory.
#[repr(C)]
pub struct dentry {
    /// `DCACHE_*` \[d_lock\].
    pub d_flags: AtomicU32,
    /// Link of the lookup hash; unhashed means unlinked.
    pub d_hash: hlist_bl_node,
    /// The directory; the dentry itself for a root \[d_lock and rename lock\].
    pub d_parent: AtomicPtr<dentry>,
    /// The name \[d_lock\].
    pub d_name: qstr,
    /// The inode; NULL for a negative dentry \[d_lock\].
    pub d_inode: AtomicPtr<inode>,
    /// Storage of a short name.
    pub d_iname: UnsafeCell<[u8; DNAME_INLINE_LEN]>,
    /// Operations or NULL.
    pub d_op: UnsafeCell<*const dentry_operations>,
    /// The superblock.
    pub d_sb: AtomicPtr<super_block>,
    /// For the filesystem.
    pub d_time: UnsafeCell<c_ulong>,
    /// For the filesystem.
    pub d_fsdata: UnsafeCell<*mut c_void>,
    /// Lock and references.
    pub d_lockref: lockref,
    /// Link on a list of unused dentries.
    pub d_lru: list_head,
    /// Link on the parent's `d_children` \[parent's d_lock\].
    pub d_sib: hlist_node,
    /// The children \[d_lock\].
    pub d_children: hlist_head,
    /// The alias link.
    pub d_u: dentry_u,
}

/// Callbacks of a dentry; each may be NULL.
#[repr(C)]
pub struct dentry_operations {
    /// Non-zero: unhash and free at the last put.
    pub d_delete: Option<unsafe extern "C" fn(dentry: *const dentry) -> c_int>,
    /// The dentry is about to be freed.
    pub d_release: Option<unsafe extern "C" fn(dentry: *mut dentry)>,
    /// The dentry is being unhashed for good.
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
    /// The superblock's end.
    pub put_super: Option<unsafe extern "C" fn(sb: *mut super_block)>,
}

/// A mounted filesystem.
#[repr(C)]
pub struct super_block {
    /// Link on a list of superblocks (the program's).
    pub s_list: list_head,
    /// Device number, in the kernel's 32 bits.
    pub s_dev: UnsafeCell<u32>,
    /// log2 of the block size.
    pub s_blocksize_bits: UnsafeCell<u8>,
    /// Block size in bytes.
    pub s_blocksize: UnsafeCell<c_ulong>,
    /// Largest file in bytes.
    pub s_maxbytes: UnsafeCell<i64>,
    /// Its type.
    pub s_type: UnsafeCell<*mut file_system_type>,
    /// Callbacks or NULL.
    pub s_op: UnsafeCell<*const super_operations>,
    /// File handles (opaque here).
    pub s_export_op: UnsafeCell<*const c_void>,
    /// `SB_*`.
    pub s_flags: UnsafeCell<c_ulong>,
    /// `SB_I_*`.
    pub s_iflags: UnsafeCell<c_ulong>,
    /// Magic number.
    pub s_magic: UnsafeCell<c_ulong>,
    /// The root; one reference.
    pub s_root: AtomicPtr<dentry>,
    /// Held for writing while the superblock goes away.
    pub s_umount: rw_semaphore,
    /// References of any kind.
    pub s_count: UnsafeCell<c_int>,
    /// References that keep it mounted.
    pub s_active: atomic_t,
    /// Mounts of it, through `mnt_instance`.
    pub s_mounts: list_head,
    /// The filesystem's own.
    pub s_fs_info: UnsafeCell<*mut c_void>,
    /// Granularity of times in nanoseconds.
    pub s_time_gran: UnsafeCell<u32>,
    /// All events that some mark on this superblock cares about \[connector->lock for writing\].
    pub s_fsnotify_mask: AtomicU32,
    /// Marks and counts; NULL until the first mark on one of its objects \[set with compare-and-exchange\].
    pub s_fsnotify_info: AtomicPtr<fsnotify_sb_info>,
    /// Its name in messages.
    pub s_id: UnsafeCell<[c_char; 32]>,
    /// UUID.
    pub s_uuid: UnsafeCell<[u8; 16]>,
    /// Operations of new dentries.
    pub s_d_op: UnsafeCell<*const dentry_operations>,
    /// Inodes without links that are still referenced.
    pub s_remove_count: atomic_long_t,
    /// Its user namespace (opaque here).
    pub s_user_ns: UnsafeCell<*mut c_void>,
    /// Protects `s_inodes`.
    pub s_inode_list_lock: spinlock,
    /// All inodes \[s_inode_list_lock\].
    pub s_inodes: list_head,
}

/// A type of filesystem.
#[repr(C)]
pub struct file_system_type {
    /// Its name.
    pub name: *const c_char,
    /// `FS_*` flags of the type.
    pub fs_flags: c_int,
}

/// The part of a mount that filesystems see.
#[repr(C)]
pub struct vfsmount {
    /// Root of the mounted tree.
    pub mnt_root: AtomicPtr<dentry>,
    /// Its superblock.
    pub mnt_sb: AtomicPtr<super_block>,
    /// `MNT_*`.
    pub mnt_flags: UnsafeCell<c_int>,
    /// Opaque here.
    pub mnt_idmap: UnsafeCell<*mut c_void>,
}

/// A mount, with the `vfsmount` inside.
#[repr(C)]
pub struct mount {
    /// Link of the mount hash (the program's).
    pub mnt_hash: hlist_node,
    /// The mount it sits on.
    pub mnt_parent: UnsafeCell<*mut mount>,
    /// Where it sits.
    pub mnt_mountpoint: UnsafeCell<*mut dentry>,
    /// What filesystems see.
    pub mnt: vfsmount,
    /// References.
    pub mnt_count: atomic_t,
    /// Children.
    pub mnt_mounts: list_head,
    /// Link among the parent's children.
    pub mnt_child: list_head,
    /// Link on `sb->s_mounts`.
    pub mnt_instance: list_head,
    /// Name of the device.
    pub mnt_devname: UnsafeCell<*const c_char>,
    /// Link of a list of mounts.
    pub mnt_list: list_head,
    /// Opaque here.
    pub mnt_ns: UnsafeCell<*mut c_void>,
    /// The marks.
    pub mnt_fsnotify_marks: AtomicPtr<fsnotify_mark_connector>,
    /// All events that some mark on this mount cares about \[connector->lock for writing\].
    pub mnt_fsnotify_mask: AtomicU32,
    /// Number, reused.
    pub mnt_id: UnsafeCell<c_int>,
    /// Number, never reused.
    pub mnt_id_unique: UnsafeCell<u64>,
}

/// A place: a dentry as seen through a mount.
#[repr(C)]
pub struct path {
    /// The mount.
    pub mnt: *mut vfsmount,
    /// The dentry.
    pub dentry: *mut dentry,
}

/// Kinds of process ids.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum pid_type {
    /// A thread.
    PIDTYPE_PID = 0,
    /// A process.
    PIDTYPE_TGID = 1,
    /// A process group.
    PIDTYPE_PGID = 2,
    /// A session.
    PIDTYPE_SID = 3,
    /// The number of kinds.
    PIDTYPE_MAX = 4,
}

/// A referenced process id.
#[repr(C)]
pub struct pid {
    /// References.
    pub count: refcount_struct,
    /// The number.
    pub nr: c_int,
}

/// Who gets a file's signals.
#[repr(C)]
pub struct fown_struct {
    /// The file.
    pub file: *mut file,
    /// Protects what follows.
    pub lock: rwlock,
    /// The receiver or NULL \[lock\].
    pub pid: AtomicPtr<pid>,
    /// What kind of id it is \[lock\].
    pub pid_type: UnsafeCell<pid_type>,
    /// Real user of whoever set it \[lock\].
    pub uid: UnsafeCell<kuid_t>,
    /// Effective user of whoever set it \[lock\].
    pub euid: UnsafeCell<kuid_t>,
    /// The signal of `F_SETSIG`; 0 is SIGIO without details.
    pub signum: AtomicI32,
}

/// Callbacks of an open file; each may be NULL.
#[repr(C)]
pub struct file_operations {
    /// The module (NULL).
    pub owner: *mut c_void,
    /// lseek.
    pub llseek: Option<unsafe extern "C" fn(file: *mut file, offset: i64, whence: c_int) -> i64>,
    /// read.
    pub read: Option<unsafe extern "C" fn(file: *mut file, buf: *mut c_char, count: usize, pos: *mut i64) -> isize>,
    /// write.
    pub write: Option<unsafe extern "C" fn(file: *mut file, buf: *const c_char, count: usize, pos: *mut i64) -> isize>,
    /// poll; the table is `struct poll_table_struct`.
    pub poll: Option<unsafe extern "C" fn(file: *mut file, wait: *mut c_void) -> c_uint>,
    /// ioctl.
    pub unlocked_ioctl: Option<unsafe extern "C" fn(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long>,
    /// ioctl of a 32-bit caller.
    pub compat_ioctl: Option<unsafe extern "C" fn(file: *mut file, cmd: c_uint, arg: c_ulong) -> c_long>,
    /// open.
    pub open: Option<unsafe extern "C" fn(inode: *mut inode, file: *mut file) -> c_int>,
    /// close of a descriptor.
    pub flush: Option<unsafe extern "C" fn(file: *mut file, id: *mut c_void) -> c_int>,
    /// Last reference gone.
    pub release: Option<unsafe extern "C" fn(inode: *mut inode, file: *mut file) -> c_int>,
    /// FASYNC set or cleared.
    pub fasync: Option<unsafe extern "C" fn(fd: c_int, file: *mut file, on: c_int) -> c_int>,
    /// Lines of fdinfo; the first argument is `struct seq_file`.
    pub show_fdinfo: Option<unsafe extern "C" fn(m: *mut c_void, file: *mut file)>,
}

/// An open file.
#[repr(C)]
pub struct file {
    /// References.
    pub f_count: atomic_long_t,
    /// Protects `f_flags` and its registrations for signals.
    pub f_lock: spinlock,
    /// `FMODE_*`.
    pub f_mode: AtomicU32,
    /// Callbacks or NULL.
    pub f_op: UnsafeCell<*const file_operations>,
    /// Opaque here.
    pub f_mapping: UnsafeCell<*mut c_void>,
    /// The backend's: the group of an inotify or fanotify file.
    pub private_data: UnsafeCell<*mut c_void>,
    /// The inode, cached from `f_path`.
    pub f_inode: AtomicPtr<inode>,
    /// `O_*` \[f_lock\].
    pub f_flags: AtomicU32,
    /// Kept for the name.
    pub f_iocb_flags: AtomicU32,
    /// Credentials (opaque here).
    pub f_cred: UnsafeCell<*const c_void>,
    /// What was opened; one reference on each half.
    pub f_path: path,
    /// Serialises readers that use `f_pos`.
    pub f_pos_lock: mutex,
    /// Position.
    pub f_pos: AtomicI64,
    /// Who gets the file's signals; NULL until somebody asks.
    pub f_owner: AtomicPtr<fown_struct>,
    /// Write errors seen.
    pub f_wb_err: AtomicU32,
}
