// SPDX-License-Identifier: GPL-2.0-or-later
//! Bits of the objects' flag words, with the kernel's values.

/// Bytes of a name that are stored in the dentry itself.
pub const DNAME_INLINE_LEN: usize = 40;

/// `d_flags`: `d_op->d_hash` is there.
pub const DCACHE_OP_HASH: u32 = 1 << 0;
/// `d_flags`: `d_op->d_compare` is there.
pub const DCACHE_OP_COMPARE: u32 = 1 << 1;
/// `d_flags`: `d_op->d_delete` is there.
pub const DCACHE_OP_DELETE: u32 = 1 << 3;
/// `d_flags`: `d_op->d_prune` is there.
pub const DCACHE_OP_PRUNE: u32 = 1 << 4;
/// `d_flags`: goes at the last put, never cached.
pub const DCACHE_DONTCACHE: u32 = 1 << 7;
/// `d_flags`: nothing can be mounted on it.
pub const DCACHE_CANT_MOUNT: u32 = 1 << 8;
/// `d_flags`: `d_genocide()` has taken its reference.
pub const DCACHE_GENOCIDE: u32 = 1 << 9;
/// `d_flags`: off its parent's list, about to be freed.
pub const DCACHE_DENTRY_KILLED: u32 = 1 << 15;
/// `d_flags`: the parent watches its children.
pub const DCACHE_FSNOTIFY_PARENT_WATCHED: u32 = 1 << 14;
/// `d_flags`: something is mounted on it.
pub const DCACHE_MOUNTED: u32 = 1 << 16;
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
/// `f_mode`: has a position that can be set.
pub const FMODE_LSEEK: u32 = 1 << 2;
/// `f_mode`: can be read at a position.
pub const FMODE_PREAD: u32 = 1 << 3;
/// `f_mode`: can be written at a position.
pub const FMODE_PWRITE: u32 = 1 << 4;
/// `f_mode`: counts in the inode's `i_writecount`.
pub const FMODE_WRITER: u32 = 1 << 16;
/// `f_mode`: can be read.
pub const FMODE_CAN_READ: u32 = 1 << 17;
/// `f_mode`: can be written.
pub const FMODE_CAN_WRITE: u32 = 1 << 18;
/// `f_mode`: the open made the file.
pub const FMODE_CREATED: u32 = 1 << 20;
/// `f_mode`: an O_PATH descriptor.
pub const FMODE_PATH: u32 = 1 << 14;
/// `f_mode`: opened completely.
pub const FMODE_OPENED: u32 = 1 << 19;
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
/// `i_state`: may get a link although it has none (a temporary file).
pub const I_LINKABLE: u32 = 1 << 10;
/// `i_state`: drop at the last put, never cache.
pub const I_DONTCACHE: u32 = 1 << 15;

/// `s_flags`: read only.
pub const SB_RDONLY: usize = 1 << 0;
/// `s_flags`: the last reference of any kind has gone.
pub const SB_DEAD: usize = 1 << 21;
/// `s_flags`: shut down.
pub const SB_DYING: usize = 1 << 24;
/// `s_flags`: mounted by the kernel itself.
pub const SB_KERNMOUNT: usize = 1 << 22;
/// `s_flags`: set up completely.
pub const SB_BORN: usize = 1 << 29;
/// `s_flags`: in use; inodes without references are kept until it is cleared.
pub const SB_ACTIVE: usize = 1 << 30;
/// `s_flags`: cannot be mounted by a user.
pub const SB_NOUSER: usize = 1 << 31;
