// SPDX-License-Identifier: GPL-2.0-or-later
//! The objects that events happen on: the kernel's field names for all that its notification code touches, and what a
//! file server needs to make, link, move, unlink and drop them. A program may embed them in its own structs.

use super::backend::{fsnotify_mark_connector, fsnotify_sb_info};
use super::creds::{cred, user_namespace};
use super::primitives::*;
use super::vfs_flags::DNAME_INLINE_LEN;
use super::vfs_operations::*;
use super::vfs_walk::*;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_ulong, c_void};
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize};

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
    /// Operations or NULL.
    pub i_op: UnsafeCell<*const inode_operations>,
    /// Its superblock; set before the inode is used, stable.
    pub i_sb: AtomicPtr<super_block>,
    /// Page cache or NULL.
    pub i_mapping: UnsafeCell<*mut address_space>,
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
    /// Link of the inode hash: the library's (`insert_inode_hash()`) or the program's.
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
    /// Runs `free_inode` after a grace period.
    pub i_rcu: callback_head,
    /// `free_inode` of the superblock, which may be gone by then.
    pub free_inode: UnsafeCell<Option<unsafe extern "C" fn(inode: *mut inode)>>,
    /// The library's: tells inodes that it allocated from those that the program did; 0 for the latter.
    pub fsn_origin: AtomicUsize,
    /// Held for writing by whoever changes the directory or the file's attributes.
    pub i_rwsem: rw_semaphore,
    /// The text of a symbolic link that is in memory, or NULL.
    pub i_link: UnsafeCell<*mut c_char>,
    /// The inode's own pages; `i_mapping` points here unless the program says otherwise.
    pub i_data: address_space,
}

/// The union of a dentry's links: the alias link, and once that is unlinked the link of the queue of freed dentries.
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
    /// The library's: the shared copy of a long name that `d_name.name` points into, or NULL.
    pub fsn_name: AtomicPtr<u8>,
    /// The library's: tells dentries that it allocated from those that the program did; 0 for the latter.
    pub fsn_origin: AtomicUsize,
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
    /// File handles; NULL: none that can be found again.
    pub s_export_op: UnsafeCell<*const export_operations>,
    /// `SB_*`.
    pub s_flags: AtomicUsize,
    /// `SB_I_*`.
    pub s_iflags: UnsafeCell<c_ulong>,
    /// Magic number.
    pub s_magic: UnsafeCell<c_ulong>,
    /// The root; one reference.
    pub s_root: AtomicPtr<dentry>,
    /// Held for writing while the superblock goes away.
    pub s_umount: rw_semaphore,
    /// References of any kind.
    pub s_count: AtomicI32,
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
    /// Its user namespace.
    pub s_user_ns: UnsafeCell<*mut user_namespace>,
    /// Protects `s_inodes`.
    pub s_inode_list_lock: spinlock,
    /// All inodes \[s_inode_list_lock\].
    pub s_inodes: list_head,
    /// The library's: tells superblocks that it allocated from those that the program did; 0 for the latter.
    pub fsn_origin: AtomicUsize,
    /// The library's: shut down while inodes were still referenced, freed when the last of them goes
    /// \[s_inode_list_lock\].
    pub fsn_orphaned: AtomicU32,
    /// The same connector as `s_fsnotify_info->sb_marks`, here for 6.1's backends, which name a superblock by the address of this
    /// pointer \[connector->lock for writing\].
    pub s_fsnotify_marks: AtomicPtr<fsnotify_mark_connector>,
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
    pub mnt_idmap: UnsafeCell<*mut mnt_idmap>,
}

/// A mount, with the `vfsmount` inside.
#[repr(C)]
pub struct mount {
    /// Link of the mount hash.
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
    /// The namespace that it is mounted in, or NULL.
    pub mnt_ns: UnsafeCell<*mut mnt_namespace>,
    /// The marks.
    pub mnt_fsnotify_marks: AtomicPtr<fsnotify_mark_connector>,
    /// All events that some mark on this mount cares about \[connector->lock for writing\].
    pub mnt_fsnotify_mask: AtomicU32,
    /// Number, reused.
    pub mnt_id: UnsafeCell<c_int>,
    /// Number, never reused.
    pub mnt_id_unique: UnsafeCell<u64>,
    /// The library's: tells mounts that it allocated from those that the program did; 0 for the latter.
    pub fsn_origin: AtomicUsize,
    /// What it covered, while it leaves the tree.
    pub mnt_ex_mountpoint: AtomicPtr<dentry>,
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
    /// Page cache of the inode or NULL.
    pub f_mapping: UnsafeCell<*mut address_space>,
    /// The backend's: the group of an inotify or fanotify file.
    pub private_data: UnsafeCell<*mut c_void>,
    /// The inode, cached from `f_path`.
    pub f_inode: AtomicPtr<inode>,
    /// `O_*` \[f_lock\].
    pub f_flags: AtomicU32,
    /// Kept for the name.
    pub f_iocb_flags: AtomicU32,
    /// Credentials of whoever opened it.
    pub f_cred: UnsafeCell<*const cred>,
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
    /// The library's: tells files that it allocated from those that the program did; 0 for the latter.
    pub fsn_origin: AtomicUsize,
    /// The library's: link among the files that the worker is to end.
    pub fsn_next: AtomicPtr<file>,
}
