// SPDX-License-Identifier: GPL-2.0-or-later
//! The small types that the kernel embeds everywhere: list links, lock words, counters, the wait queue's head.
//! Their C twins are hand-written in `include/fsnotify/fsn/` because C code works on them inline.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

use super::work::work_struct;

/// A link of a circular doubly linked list, or its head.
#[repr(C)]
pub struct list_head {
    /// Next entry; the head itself when the list is empty.
    pub next: AtomicPtr<list_head>,
    /// Previous entry.
    pub prev: AtomicPtr<list_head>,
}

/// Head of a list with a single pointer.
#[repr(C)]
pub struct hlist_head {
    /// First node or NULL.
    pub first: AtomicPtr<hlist_node>,
}

/// Node of an [`hlist_head`] list.
#[repr(C)]
pub struct hlist_node {
    /// Next node or NULL; readers may follow it without the lock.
    pub next: AtomicPtr<hlist_node>,
    /// Address of the pointer that points here; NULL when unhashed.
    pub pprev: AtomicPtr<AtomicPtr<hlist_node>>,
}

/// A lock word: the states stand in `include/fsnotify/fsn/lock.h` and in `host/process/spinlock.rs`. Zero is unlocked.
#[repr(C)]
pub struct spinlock {
    /// The lock word.
    pub word: AtomicU32,
}
/// The kernel's name for [`spinlock`].
pub type spinlock_t = spinlock;

/// A reader-writer lock in the kernel's size; zero is unlocked.
#[repr(C)]
pub struct rwlock {
    /// State: number of readers, or the writer's bit.
    pub word: AtomicU32,
    /// Waiters.
    pub wait: AtomicU32,
}
/// The kernel's name for [`rwlock`].
pub type rwlock_t = rwlock;

/// A sleeping lock. Zero is unlocked; the states of `owner` stand in `include/fsnotify/fsn/lock.h`.
#[repr(C)]
pub struct mutex {
    /// State word.
    pub owner: AtomicUsize,
    /// Kept for the kernel's size.
    pub wait_lock: spinlock,
    /// Kept for the kernel's size.
    pub osq: AtomicU32,
    /// Kept for the kernel's size.
    pub wait_list: list_head,
}

/// Head of a wait queue.
#[repr(C)]
pub struct wait_queue_head {
    /// Protects `head`.
    pub lock: spinlock,
    /// The waiters' entries; `{NULL, NULL}` (zeroed memory) counts as empty.
    pub head: list_head,
}
/// The kernel's name for [`wait_queue_head`].
pub type wait_queue_head_t = wait_queue_head;

/// Callback of a wait queue entry: wakes its waiter, returns non-zero if it did.
pub type wait_queue_func_t =
    Option<unsafe extern "C" fn(wq_entry: *mut wait_queue_entry, mode: u32, flags: c_int, key: *mut c_void) -> c_int>;

/// A waiter's entry on a wait queue.
#[repr(C)]
pub struct wait_queue_entry {
    /// `WQ_FLAG_*` \[wq_head->lock\].
    pub flags: AtomicU32,
    /// The waiter, by default its task.
    pub private: UnsafeCell<*mut c_void>,
    /// Called by a wake-up with the queue's lock held.
    pub func: UnsafeCell<wait_queue_func_t>,
    /// Link on [`wait_queue_head::head`] \[wq_head->lock\].
    pub entry: list_head,
}

/// A 32-bit counter without overflow checks.
#[repr(C)]
pub struct atomic_t {
    /// The value.
    pub counter: AtomicI32,
}

/// A counter of the machine's word size without overflow checks.
#[repr(C)]
pub struct atomic_long_t {
    /// The value.
    pub counter: AtomicI64,
}

/// A reference count that saturates and warns instead of wrapping.
#[repr(C)]
pub struct refcount_struct {
    /// The value.
    pub refs: atomic_t,
}
/// The kernel's name for [`refcount_struct`].
pub type refcount_t = refcount_struct;

/// What runs after a grace period (the kernel's `rcu_callback_t`).
pub type rcu_callback_t = Option<unsafe extern "C" fn(head: *mut callback_head)>;

/// Head of a callback that runs after a grace period.
#[repr(C)]
pub struct callback_head {
    /// Link on the host's queue.
    pub next: UnsafeCell<*mut callback_head>,
    /// What runs.
    pub func: UnsafeCell<Option<unsafe extern "C" fn(head: *mut callback_head)>>,
}

/// A sleepable read-copy-update domain. Zero is valid: the first use finds an idle domain. The size is fixed, with
/// reserve, because a program that names `fsnotify_mark_srcu` may hold the only copy of it. It contains no lock word of
/// `fsn/lock.h`: two copies of the library may share one domain, so its sleepers wait on futexes.
#[repr(C, align(64))]
pub struct srcu_struct {
    /// Which of the two reader counts new readers use (bit 0).
    pub idx: AtomicU32,
    /// Reserve.
    pub reserved_read: AtomicU32,
    /// Identity of this use of the memory; 0: not used yet.
    pub id: AtomicU64,
    /// The registered readers' slots; only ever added to, until `cleanup_srcu_struct()`.
    pub slots: AtomicPtr<c_void>,
    /// Reserve: what readers read has a cache line of its own.
    pub reserved_line: [AtomicU64; 5],
    /// One grace period at a time: a futex, and the fork generation of its holder.
    pub gp_lock: AtomicU32,
    /// Futex: non-zero while a writer sleeps for a reader in `shared`.
    pub gp_waiting: AtomicU32,
    /// Readers without a slot of their own (out of memory, thread teardown): fork generation and count.
    pub shared: [AtomicU64; 2],
    /// Grace periods started \[gp_lock for writing\].
    pub gp_started: AtomicU64,
    /// The last grace period that is complete \[gp_lock for writing\].
    pub gp_completed: AtomicU64,
    /// Callbacks of `call_srcu()`, newest first.
    pub callbacks: AtomicPtr<callback_head>,
    /// Runs them.
    pub callback_work: work_struct,
    /// Reserve.
    pub reserved: [AtomicU64; 30],
}

impl srcu_struct {
    /// An idle domain, the same as zeroed memory.
    pub const fn new() -> Self {
        Self {
            idx: AtomicU32::new(0),
            reserved_read: AtomicU32::new(0),
            id: AtomicU64::new(0),
            slots: AtomicPtr::new(core::ptr::null_mut()),
            reserved_line: [const { AtomicU64::new(0) }; 5],
            gp_lock: AtomicU32::new(0),
            gp_waiting: AtomicU32::new(0),
            shared: [const { AtomicU64::new(0) }; 2],
            gp_started: AtomicU64::new(0),
            gp_completed: AtomicU64::new(0),
            callbacks: AtomicPtr::new(core::ptr::null_mut()),
            callback_work: work_struct::idle(),
            reserved: [const { AtomicU64::new(0) }; 30],
        }
    }
}

impl Default for srcu_struct {
    fn default() -> Self {
        Self::new()
    }
}

// Of a fixed size on every target: a program may hold the only copy of the library's own domain.
const _: () = assert!(size_of::<srcu_struct>() == 384 && align_of::<srcu_struct>() == 64);

/// One registration for SIGIO on a file; allocated by `fasync_helper()`.
#[repr(C, align(8))]
pub struct fasync_struct {
    /// Protects `fa_file` and `fa_fd` against a sender.
    pub fa_lock: rwlock,
    /// `FASYNC_MAGIC`.
    pub magic: AtomicI32,
    /// The descriptor named in the signal.
    pub fa_fd: AtomicI32,
    /// Next registration of the same queue.
    pub fa_next: AtomicPtr<fasync_struct>,
    /// The file, NULL once removed.
    pub fa_file: AtomicPtr<super::vfs::file>,
    /// Frees the registration after a grace period.
    pub fa_rcu: callback_head,
}
