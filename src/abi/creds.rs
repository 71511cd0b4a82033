// SPDX-License-Identifier: GPL-2.0-or-later
//! Who does something: credentials, user namespaces, and the counts that limit what a user may have.

use super::primitives::*;
use super::vfs::{kgid_t, kuid_t};
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::AtomicI64;

/// Extents that a map of ids has room for.
pub const FSN_UID_GID_MAP_EXTENTS: usize = 5;
/// The deepest user namespace is at this level.
pub const FSN_USER_NS_LEVEL_MAX: c_int = 32;

/// What is counted for each user of each user namespace, and limited.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ucount_type {
    /// User namespaces made.
    UCOUNT_USER_NAMESPACES = 0,
    /// Process id namespaces.
    UCOUNT_PID_NAMESPACES = 1,
    /// Host name namespaces.
    UCOUNT_UTS_NAMESPACES = 2,
    /// Namespaces of System V objects.
    UCOUNT_IPC_NAMESPACES = 3,
    /// Network namespaces.
    UCOUNT_NET_NAMESPACES = 4,
    /// Mount namespaces.
    UCOUNT_MNT_NAMESPACES = 5,
    /// Control group namespaces.
    UCOUNT_CGROUP_NAMESPACES = 6,
    /// Clock namespaces.
    UCOUNT_TIME_NAMESPACES = 7,
    /// Files of `inotify_init()`.
    UCOUNT_INOTIFY_INSTANCES = 8,
    /// Watches of inotify.
    UCOUNT_INOTIFY_WATCHES = 9,
    /// Files of `fanotify_init()`.
    UCOUNT_FANOTIFY_GROUPS = 10,
    /// Marks of fanotify.
    UCOUNT_FANOTIFY_MARKS = 11,
    /// The number of kinds.
    UCOUNT_COUNTS = 12,
}
/// [`ucount_type::UCOUNT_COUNTS`] as a length.
pub(crate) const UCOUNTS: usize = ucount_type::UCOUNT_COUNTS as usize;

/// A set of capabilities.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kernel_cap_t {
    /// Bit `CAP_*`.
    pub val: u64,
}

/// Supplementary groups, sorted by number; never changed once credentials have it.
#[repr(C)]
pub struct group_info {
    /// References.
    pub usage: refcount_struct,
    /// How many.
    pub ngroups: c_int,
    /// The groups.
    pub gid: [kgid_t; 0],
}

/// Who a task is. Once a task has it, nobody changes it: `prepare_creds()` makes a copy that may be changed.
#[repr(C)]
pub struct cred {
    /// References.
    pub usage: atomic_long_t,
    /// Real user.
    pub uid: kuid_t,
    /// Real group.
    pub gid: kgid_t,
    /// Saved user.
    pub suid: kuid_t,
    /// Saved group.
    pub sgid: kgid_t,
    /// Effective user.
    pub euid: kuid_t,
    /// Effective group.
    pub egid: kgid_t,
    /// User for access to files.
    pub fsuid: kuid_t,
    /// Group for access to files.
    pub fsgid: kgid_t,
    /// For the program; without effect here.
    pub securebits: c_uint,
    /// Capabilities that survive an exec.
    pub cap_inheritable: kernel_cap_t,
    /// Capabilities that may be made effective.
    pub cap_permitted: kernel_cap_t,
    /// Capabilities that count.
    pub cap_effective: kernel_cap_t,
    /// Bound of the capabilities.
    pub cap_bset: kernel_cap_t,
    /// Ambient capabilities.
    pub cap_ambient: kernel_cap_t,
    /// For the program: copied with the rest, not counted.
    pub user: *mut c_void,
    /// The namespace that the ids and capabilities are of; one reference.
    pub user_ns: *mut user_namespace,
    /// Supplementary groups; one reference.
    pub group_info: *mut group_info,
    /// Frees it after a grace period.
    pub rcu: callback_head,
}

/// A range of ids in a namespace and the ids that they stand for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct uid_gid_extent {
    /// First id inside.
    pub first: u32,
    /// First id outside.
    pub lower_first: u32,
    /// How many.
    pub count: u32,
}

/// A namespace's ids.
#[repr(C)]
pub struct uid_gid_map {
    /// How many extents there are.
    pub nr_extents: u32,
    /// The extents.
    pub extent: [uid_gid_extent; FSN_UID_GID_MAP_EXTENTS],
}

/// What namespaces have in common.
#[repr(C)]
pub struct ns_common {
    /// Number.
    pub inum: c_uint,
    /// References.
    pub count: refcount_struct,
}

/// A namespace of users: ids, the capabilities over it, limits.
#[repr(C)]
pub struct user_namespace {
    /// Its users.
    pub uid_map: uid_gid_map,
    /// Its groups.
    pub gid_map: uid_gid_map,
    /// The namespace that it was made in; one reference. NULL for the first.
    pub parent: *mut user_namespace,
    /// How many namespaces are above it.
    pub level: c_int,
    /// Who made it.
    pub owner: kuid_t,
    /// The maker's group.
    pub group: kgid_t,
    /// References and number.
    pub ns: ns_common,
    /// The maker's counts in `parent`, which everything in this namespace counts towards too; NULL for the first.
    pub ucounts: *mut ucounts,
    /// How many of each kind a user of this namespace may have; may be changed at any time.
    pub ucount_max: [AtomicI64; UCOUNTS],
    /// Reserve.
    pub reserved: [u64; 8],
}

/// What one user of one namespace has.
#[repr(C)]
pub struct ucounts {
    /// Link of the table of all \[the table's lock\].
    pub node: hlist_node,
    /// The namespace; one reference.
    pub ns: *mut user_namespace,
    /// The user.
    pub uid: kuid_t,
    /// References.
    pub count: atomic_t,
    /// How many of each kind.
    pub ucount: [atomic_long_t; UCOUNTS],
}
