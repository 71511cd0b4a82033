// SPDX-License-Identifier: GPL-2.0-or-later
//! The types of `<linux/fsnotify_backend.h>`: groups, events, marks, connectors, the iterator and the table of callbacks.
//! The text in brackets names the lock that protects a field.

use super::creds::ucounts;
use super::id_map::idr;
use super::primitives::*;
use super::vfs::{inode, qstr, super_block};
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU16, AtomicU32, AtomicU8};

/// A file was accessed.
pub const FS_ACCESS: u32 = 0x0000_0001;
/// A file was modified.
pub const FS_MODIFY: u32 = 0x0000_0002;
/// Metadata changed.
pub const FS_ATTRIB: u32 = 0x0000_0004;
/// A file opened for writing was closed.
pub const FS_CLOSE_WRITE: u32 = 0x0000_0008;
/// A file not opened for writing was closed.
pub const FS_CLOSE_NOWRITE: u32 = 0x0000_0010;
/// A file was opened.
pub const FS_OPEN: u32 = 0x0000_0020;
/// A name went away from this directory by a rename.
pub const FS_MOVED_FROM: u32 = 0x0000_0040;
/// A name came into this directory by a rename.
pub const FS_MOVED_TO: u32 = 0x0000_0080;
/// A name was created in this directory.
pub const FS_CREATE: u32 = 0x0000_0100;
/// A name was deleted from this directory.
pub const FS_DELETE: u32 = 0x0000_0200;
/// The object itself was deleted.
pub const FS_DELETE_SELF: u32 = 0x0000_0400;
/// The object itself was moved.
pub const FS_MOVE_SELF: u32 = 0x0000_0800;
/// A file was opened for execution.
pub const FS_OPEN_EXEC: u32 = 0x0000_1000;
/// The filesystem of the inode was unmounted.
pub const FS_UNMOUNT: u32 = 0x0000_2000;
/// Events were lost because a queue was full.
pub const FS_Q_OVERFLOW: u32 = 0x0000_4000;
/// A filesystem error (fanotify).
pub const FS_ERROR: u32 = 0x0000_8000;
/// inotify's last event of a watch; shares its bit with `FS_ERROR`.
pub const FS_IN_IGNORED: u32 = 0x0000_8000;
/// May this file be opened?
pub const FS_OPEN_PERM: u32 = 0x0001_0000;
/// May this file be accessed?
pub const FS_ACCESS_PERM: u32 = 0x0002_0000;
/// May this file be opened for execution?
pub const FS_OPEN_EXEC_PERM: u32 = 0x0004_0000;
/// On a mark: interested in children, or in parent and name. On an event: reported to a watching parent.
pub const FS_EVENT_ON_CHILD: u32 = 0x0800_0000;
/// A rename, with both directories.
pub const FS_RENAME: u32 = 0x1000_0000;
/// dnotify: keep the watch after its first event.
pub const FS_DN_MULTISHOT: u32 = 0x2000_0000;
/// The event's object is a directory.
pub const FS_ISDIR: u32 = 0x4000_0000;
/// Both halves of a rename.
pub const FS_MOVE: u32 = FS_MOVED_FROM | FS_MOVED_TO;
/// Changes of directory entries: reported to the directory only.
pub const ALL_FSNOTIFY_DIRENT_EVENTS: u32 = FS_CREATE | FS_DELETE | FS_MOVE | FS_RENAME;
/// Events that wait for an answer.
pub const ALL_FSNOTIFY_PERM_EVENTS: u32 = FS_OPEN_PERM | FS_ACCESS_PERM | FS_OPEN_EXEC_PERM;
/// Events that a parent watching its children may get for a child.
pub const FS_EVENTS_POSS_ON_CHILD: u32 = ALL_FSNOTIFY_PERM_EVENTS
    | FS_ACCESS
    | FS_MODIFY
    | FS_ATTRIB
    | FS_CLOSE_WRITE
    | FS_CLOSE_NOWRITE
    | FS_OPEN
    | FS_OPEN_EXEC;
/// Events that may be reported with the parent and the name.
pub const FS_EVENTS_POSS_TO_PARENT: u32 = FS_EVENTS_POSS_ON_CHILD;
/// Events that can be reported to backends.
pub const ALL_FSNOTIFY_EVENTS: u32 = ALL_FSNOTIFY_DIRENT_EVENTS
    | FS_EVENTS_POSS_ON_CHILD
    | FS_DELETE_SELF
    | FS_MOVE_SELF
    | FS_UNMOUNT
    | FS_Q_OVERFLOW
    | FS_IN_IGNORED
    | FS_ERROR;
/// Flags that may come with an event or steer its handling.
pub const ALL_FSNOTIFY_FLAGS: u32 = FS_ISDIR | FS_EVENT_ON_CHILD | FS_DN_MULTISHOT;
/// Every bit of an event's or a mark's mask.
pub const ALL_FSNOTIFY_BITS: u32 = ALL_FSNOTIFY_EVENTS | ALL_FSNOTIFY_FLAGS;

/// Group flag: made for a user; its memory is accounted.
pub const FSNOTIFY_GROUP_USER: c_int = 0x01;
/// Group flag: several marks of the group on one object are allowed.
pub const FSNOTIFY_GROUP_DUPS: c_int = 0x02;

/// Connector flag: counted in the superblock's watched objects.
pub const FSNOTIFY_CONN_FLAG_IS_WATCHED: u16 = 0x01;
/// Connector flag: holds a reference on its inode.
pub const FSNOTIFY_CONN_FLAG_HAS_IREF: u16 = 0x02;
/// Connector flag: its object is going away, no mark can be added.
pub const FSNOTIFY_CONN_FLAG_DESTROYING: u16 = 0x04;

/// Mark flag: not freed yet.
pub const FSNOTIFY_MARK_FLAG_ALIVE: u32 = 0x0001;
/// Mark flag: on its group's list.
pub const FSNOTIFY_MARK_FLAG_ATTACHED: u32 = 0x0002;
/// Mark flag (inotify): no events of unlinked children.
pub const FSNOTIFY_MARK_FLAG_EXCL_UNLINK: u32 = 0x0010;
/// Mark flag (inotify): one event, then gone.
pub const FSNOTIFY_MARK_FLAG_IN_ONESHOT: u32 = 0x0020;
/// Mark flag (fanotify): the ignore mask survives a modification.
pub const FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY: u32 = 0x0100;
/// Mark flag (fanotify): does not pin its inode ("evictable").
pub const FSNOTIFY_MARK_FLAG_NO_IREF: u32 = 0x0200;
/// Mark flag (fanotify): the event flags in the ignore mask take effect.
pub const FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS: u32 = 0x0400;
/// Mark flag (fanotify): carries a filesystem id.
pub const FSNOTIFY_MARK_FLAG_HAS_FSID: u32 = 0x0800;
/// Mark flag (fanotify): its filesystem id is weak.
pub const FSNOTIFY_MARK_FLAG_WEAK_FSID: u32 = 0x1000;

/// Priorities of groups, called from the highest to the lowest.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fsnotify_group_prio {
    /// Normal notifiers, no permission events.
    FSNOTIFY_PRIO_NORMAL = 0,
    /// Permission events.
    FSNOTIFY_PRIO_CONTENT = 1,
    /// Pre-content events.
    FSNOTIFY_PRIO_PRE_CONTENT = 2,
    /// The number of priorities.
    __FSNOTIFY_PRIO_NUM = 3,
}
/// [`fsnotify_group_prio::__FSNOTIFY_PRIO_NUM`] as a length.
pub(crate) const PRIO_NUM: usize = fsnotify_group_prio::__FSNOTIFY_PRIO_NUM as usize;

/// What the `data` pointer of an event is.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fsnotify_data_type {
    /// Nothing.
    FSNOTIFY_EVENT_NONE = 0,
    /// A `struct path`.
    FSNOTIFY_EVENT_PATH = 1,
    /// A `struct inode`.
    FSNOTIFY_EVENT_INODE = 2,
    /// A `struct dentry`.
    FSNOTIFY_EVENT_DENTRY = 3,
    /// A `struct fs_error_report`.
    FSNOTIFY_EVENT_ERROR = 4,
}

/// Index of a mark in [`fsnotify_iter_info::marks`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fsnotify_iter_type {
    /// A mark on the inode of the event.
    FSNOTIFY_ITER_TYPE_INODE = 0,
    /// A mark on the mount.
    FSNOTIFY_ITER_TYPE_VFSMOUNT = 1,
    /// A mark on the superblock.
    FSNOTIFY_ITER_TYPE_SB = 2,
    /// A mark on the parent, which watches its children.
    FSNOTIFY_ITER_TYPE_PARENT = 3,
    /// A mark on the new directory of a rename.
    FSNOTIFY_ITER_TYPE_INODE2 = 4,
    /// The number of types.
    FSNOTIFY_ITER_TYPE_COUNT = 5,
}
/// [`fsnotify_iter_type::FSNOTIFY_ITER_TYPE_COUNT`] as a length.
pub(crate) const ITER_TYPE_COUNT: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_COUNT as usize;

/// What kind of object a mark is attached to.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum fsnotify_obj_type {
    /// Every kind (for `fsnotify_clear_marks_by_group()`).
    FSNOTIFY_OBJ_TYPE_ANY = -1,
    /// An inode.
    FSNOTIFY_OBJ_TYPE_INODE = 0,
    /// A mount.
    FSNOTIFY_OBJ_TYPE_VFSMOUNT = 1,
    /// A superblock.
    FSNOTIFY_OBJ_TYPE_SB = 2,
    /// The number of kinds.
    FSNOTIFY_OBJ_TYPE_COUNT = 3,
}
/// Type of a connector whose object has gone: the same value as `FSNOTIFY_OBJ_TYPE_COUNT`.
pub const FSNOTIFY_OBJ_TYPE_DETACHED: c_uint = 3;

/// A group's callbacks. C code owns the table, which must outlive its groups; it is never copied.
#[repr(C)]
pub struct fsnotify_ops {
    /// Handles an event for the group; called inside the read side of `fsnotify_mark_srcu`, may sleep, no lock held.
    /// Its non-zero value ends the walk of a permission event.
    pub handle_event: Option<
        unsafe extern "C" fn(
            group: *mut fsnotify_group,
            mask: u32,
            data: *const c_void,
            data_type: c_int,
            dir: *mut inode,
            file_name: *const qstr,
            cookie: u32,
            iter_info: *mut fsnotify_iter_info,
        ) -> c_int,
    >,
    /// The simple form for groups that have inode marks only and no ignore masks; used if `handle_event` is NULL.
    pub handle_inode_event: Option<
        unsafe extern "C" fn(
            mark: *mut fsnotify_mark,
            mask: u32,
            inode: *mut inode,
            dir: *mut inode,
            file_name: *const qstr,
            cookie: u32,
        ) -> c_int,
    >,
    /// Called once at the last put of the group, which is still whole; no lock held.
    pub free_group_priv: Option<unsafe extern "C" fn(group: *mut fsnotify_group)>,
    /// Called when a mark begins to go away; no lock held, the caller holds a reference on the mark.
    pub freeing_mark: Option<unsafe extern "C" fn(mark: *mut fsnotify_mark, group: *mut fsnotify_group)>,
    /// Frees an event; no lock held.
    pub free_event: Option<unsafe extern "C" fn(group: *mut fsnotify_group, event: *mut fsnotify_event)>,
    /// Frees a mark after its last put and a grace period; no lock held.
    pub free_mark: Option<unsafe extern "C" fn(mark: *mut fsnotify_mark)>,
}

/// What an event on a group's queue begins with; the backend embeds it.
#[repr(C)]
pub struct fsnotify_event {
    /// Link on the group's queue \[group->notification_lock\].
    pub list: list_head,
}

/// inotify's part of a group.
#[repr(C)]
pub struct inotify_group_private_data {
    /// Protects `idr`.
    pub idr_lock: spinlock,
    /// Watch descriptors.
    pub idr: idr,
    /// Who is charged.
    pub ucounts: UnsafeCell<*mut ucounts>,
}

/// fanotify's part of a group.
#[repr(C)]
pub struct fanotify_group_private_data {
    /// Hash of queued events for merging.
    pub merge_hash: UnsafeCell<*mut hlist_head>,
    /// Permission events that were read and not answered.
    pub access_list: list_head,
    /// Openers waiting for an answer.
    pub access_waitq: wait_queue_head,
    /// Flags of `fanotify_init()`.
    pub flags: UnsafeCell<c_int>,
    /// Flags of the event descriptors.
    pub f_flags: UnsafeCell<c_int>,
    /// Who is charged.
    pub ucounts: UnsafeCell<*mut ucounts>,
    /// Pool of error events (72 bytes).
    pub error_events_pool: [UnsafeCell<usize>; 9],
}

/// The backend's own part of a group: in C an anonymous union, so that `group->private` and its siblings are member paths.
#[repr(C)]
pub union fsnotify_group_private {
    /// A pointer of the backend.
    pub private: core::mem::ManuallyDrop<UnsafeCell<*mut c_void>>,
    /// inotify's part.
    pub inotify_data: core::mem::ManuallyDrop<inotify_group_private_data>,
    /// fanotify's part.
    pub fanotify_data: core::mem::ManuallyDrop<fanotify_group_private_data>,
}

/// A listener: its callbacks, its queue of events and its marks. Made by `fsnotify_alloc_group()` only.
#[repr(C)]
pub struct fsnotify_group {
    /// The callbacks; set at creation.
    pub ops: *const fsnotify_ops,
    /// References: the creator's, one for each initialised mark, and those taken with `fsnotify_get_group()`.
    pub refcnt: refcount_struct,
    /// Protects the queue: `notification_list`, `q_len`, `shutdown`, the overflow event's link.
    pub notification_lock: spinlock,
    /// The queued events, oldest first \[notification_lock\].
    pub notification_list: list_head,
    /// Readers of the queue wait here, and so does destruction for `user_waits`.
    pub notification_waitq: wait_queue_head,
    /// Events on the queue \[notification_lock\].
    pub q_len: AtomicU32,
    /// Most events that the queue takes before it overflows; set by the backend before the first event.
    pub max_events: AtomicU32,
    /// `enum fsnotify_group_prio`; set by the backend before the first mark.
    pub priority: AtomicU32,
    /// No more events are taken \[notification_lock for writing\].
    pub shutdown: AtomicBool,
    /// `FSNOTIFY_GROUP_*`; set at creation.
    pub flags: AtomicI32,
    /// The saved allocation flags of the task that holds `mark_mutex` \[mark_mutex\].
    pub owner_flags: AtomicU32,
    /// Protects `marks_list` and the backend's accounting of its marks.
    pub mark_mutex: mutex,
    /// Pins of user waits on the group's marks.
    pub user_waits: atomic_t,
    /// The group's attached marks, newest first \[mark_mutex\].
    pub marks_list: list_head,
    /// Registrations for SIGIO.
    pub fsn_fa: AtomicPtr<fasync_struct>,
    /// Queued in place of events that find the queue full; the backend's, freed through `free_event` at destruction.
    pub overflow_event: AtomicPtr<fsnotify_event>,
    /// Whom allocations for this group are charged to; one reference, put at the end.
    pub memcg: AtomicPtr<c_void>,
    /// The backend's own part.
    pub data: fsnotify_group_private,
}

/// A group's interest in one object; embedded by value in the backend's own struct.
#[repr(C)]
pub struct fsnotify_mark {
    /// Events of interest \[mark->lock, group->mark_mutex\].
    pub mask: AtomicU32,
    /// References: the creator's, one while on the group's list, and those of whoever found it.
    pub refcnt: refcount_struct,
    /// The group, which the mark holds a reference on; stable from `fsnotify_init_mark()` to `free_mark`.
    pub group: AtomicPtr<fsnotify_group>,
    /// Link on `group->marks_list` \[group->mark_mutex\]; after the last put on the reaper's list.
    pub g_list: list_head,
    /// Protects masks and flags, and the connector while the mark is being attached.
    pub lock: spinlock,
    /// Link on the connector's list \[connector->lock for writing, SRCU for reading\].
    pub obj_list: hlist_node,
    /// The connector, valid while a reference on the mark is held \[set under mark->lock and connector->lock\].
    pub connector: AtomicPtr<fsnotify_mark_connector>,
    /// Events and event flags to ignore \[mark->lock, group->mark_mutex\].
    pub ignore_mask: AtomicU32,
    /// `FSNOTIFY_MARK_FLAG_*` \[mark->lock\].
    pub flags: AtomicU32,
}

/// What an object points to: the list of the marks on it. Freed one grace period after its last mark has gone.
#[repr(C)]
pub struct fsnotify_mark_connector {
    /// Protects everything below.
    pub lock: spinlock,
    /// `enum fsnotify_obj_type`, or `FSNOTIFY_OBJ_TYPE_DETACHED` \[lock\].
    pub r#type: AtomicU8,
    /// Highest priority among the groups on the list \[lock\].
    pub prio: AtomicU8,
    /// `FSNOTIFY_CONN_FLAG_*` \[lock\].
    pub flags: AtomicU16,
    /// The object \[lock\]; once detached and empty, the next connector to be freed (in C a union of two names).
    pub obj: AtomicPtr<c_void>,
    /// The marks, by descending priority, then descending group address \[lock for writing, SRCU for reading\].
    pub list: hlist_head,
}

/// The state of one walk over the marks of an event.
#[repr(C)]
pub struct fsnotify_iter_info {
    /// The next mark of each type.
    pub marks: [*mut fsnotify_mark; ITER_TYPE_COUNT],
    /// The group that is being called.
    pub current_group: *mut fsnotify_group,
    /// Which of `marks` belong to this call: bits by `enum fsnotify_iter_type`.
    pub report_mask: c_uint,
    /// The read side that the walk holds.
    pub srcu_idx: c_int,
}

/// A superblock's part: attached at the first mark on one of its objects, freed by `fsnotify_sb_free()`.
#[repr(C)]
pub struct fsnotify_sb_info {
    /// The superblock's own connector.
    pub sb_marks: AtomicPtr<fsnotify_mark_connector>,
    /// Objects watched by groups of at least this priority; a pinned inode counts twice in the first.
    pub watched_objects: [atomic_long_t; PRIO_NUM],
}

/// Data of an `FS_ERROR` event.
#[repr(C)]
pub struct fs_error_report {
    /// A negative errno.
    pub error: c_int,
    /// The inode in question or NULL.
    pub inode: *mut inode,
    /// The superblock.
    pub sb: *mut super_block,
}
