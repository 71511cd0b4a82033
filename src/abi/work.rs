// SPDX-License-Identifier: GPL-2.0-or-later
//! Deferred work in the kernel's sizes. Zeroed memory plus a function is a valid, idle item.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

use super::primitives::{hlist_node, list_head};

/// What an item of work does; called on the library's worker thread with no lock held.
pub type work_func_t = Option<unsafe extern "C" fn(work: *mut work_struct)>;

/// Flag in [`work_struct::data`]: queued, or waiting for its timer.
pub const FSN_WORK_PENDING: usize = 1;

/// An item of work.
#[repr(C)]
pub struct work_struct {
    /// `FSN_WORK_PENDING`, how often it is disabled, and the number that it was queued with.
    pub data: AtomicUsize,
    /// Link on the queue \[the queue's lock\].
    pub entry: list_head,
    /// What it does; fetched before it is called, so the function may free the item.
    pub func: UnsafeCell<work_func_t>,
}

// SAFETY: `func` is written by the owner before the item is queued, and only read after that; the rest is atomic.
unsafe impl Sync for work_struct {}

/// A timer in the kernel's size; part of [`delayed_work`] only.
#[repr(C)]
pub struct timer_list {
    /// Link among the timers \[the queue's lock\].
    pub entry: hlist_node,
    /// When it fires, in jiffies.
    pub expires: AtomicU64,
    /// Non-NULL while it waits.
    pub function: AtomicPtr<c_void>,
    /// Unused.
    pub flags: AtomicU32,
}

/// An item of work that is queued when its time has come.
#[repr(C)]
pub struct delayed_work {
    /// The work.
    pub work: work_struct,
    /// When it is queued.
    pub timer: timer_list,
    /// Kept for the kernel's size.
    pub wq: AtomicPtr<workqueue_struct>,
    /// Kept for the kernel's size.
    pub cpu: AtomicI32,
}

/// A queue of work. All names lead to one queue and one worker.
#[repr(C)]
pub struct workqueue_struct {
    /// `WQ_*` it was asked for with.
    pub flags: AtomicU32,
    /// Unused.
    pub max_active: c_int,
}

const fn unlinked() -> list_head {
    list_head { next: AtomicPtr::new(core::ptr::null_mut()), prev: AtomicPtr::new(core::ptr::null_mut()) }
}

impl work_struct {
    /// An idle item without a function.
    pub(crate) const fn idle() -> Self {
        Self { data: AtomicUsize::new(0), entry: unlinked(), func: UnsafeCell::new(None) }
    }

    /// An idle item that calls `func`.
    pub const fn new(func: unsafe extern "C" fn(*mut work_struct)) -> Self {
        Self { data: AtomicUsize::new(0), entry: unlinked(), func: UnsafeCell::new(Some(func)) }
    }
}

impl delayed_work {
    /// An idle item that calls `func` with its [`delayed_work::work`].
    pub const fn new(func: unsafe extern "C" fn(*mut work_struct)) -> Self {
        Self {
            work: work_struct::new(func),
            timer: timer_list {
                entry: hlist_node {
                    next: AtomicPtr::new(core::ptr::null_mut()),
                    pprev: AtomicPtr::new(core::ptr::null_mut()),
                },
                expires: AtomicU64::new(0),
                function: AtomicPtr::new(core::ptr::null_mut()),
                flags: AtomicU32::new(0),
            },
            wq: AtomicPtr::new(core::ptr::null_mut()),
            cpu: AtomicI32::new(0),
        }
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<work_struct>() == 32);
    assert!(core::mem::offset_of!(work_struct, func) == 24);
    assert!(size_of::<timer_list>() == 40);
    assert!(core::mem::offset_of!(delayed_work, wq) == 72);
    assert!(size_of::<delayed_work>() == 88);
};
