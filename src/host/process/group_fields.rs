// SPDX-License-Identifier: GPL-2.0-or-later
//! How the core reaches the fields of a group. `notify/group.rs` uses nothing else, because in a kernel the layout depends on
//! its configuration; here they are plain accesses.
//!
//! A `&fsnotify_group` says that the group is alive: by a reference, or because its end has not begun to free it.

use super::fasync::fasync_helper;
use super::log::warn;
use super::memcg::mem_cgroup_put;
use super::task;
use super::waitqueue::{init_waitqueue_head, wait_event};
use crate::abi::*;
#[cfg(feature = "group")]
use crate::notify::lock_order::{Group, Ordered};
use core::ffi::c_int;
use core::ptr::{self, NonNull};
use core::sync::atomic::fence;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

impl fsnotify_group {
    /// Zeroed memory for a group, charged to the current memory group if `charged`.
    #[cfg(not(feature = "core"))]
    pub(crate) fn alloc(charged: bool) -> Option<NonNull<Self>> {
        let gfp = if charged { GFP_KERNEL_ACCOUNT } else { GFP_KERNEL };
        NonNull::new(super::slab::kzalloc(size_of::<Self>(), gfp).cast())
    }

    /// Frees the memory.
    ///
    /// # Safety
    ///
    /// It came from [`Self::alloc`] and nobody can reach it.
    #[cfg(not(feature = "core"))]
    pub(crate) unsafe fn free(group: NonNull<Self>) {
        // SAFETY: came from kzalloc(), and nobody can reach it.
        unsafe { super::slab::kfree(group.as_ptr().cast()) };
    }

    /// As C sees it.
    pub(crate) fn as_ptr(&self) -> *mut fsnotify_group {
        ptr::from_ref(self).cast_mut()
    }

    /// Sets the table of callbacks, for good.
    ///
    /// # Safety
    ///
    /// Nobody else knows the group yet, and the table outlives it.
    pub(crate) unsafe fn set_ops(group: NonNull<Self>, ops: NonNull<fsnotify_ops>) {
        // SAFETY: as required of the caller.
        unsafe { (*group.as_ptr()).ops = ops.as_ptr() };
    }

    /// The table of callbacks.
    pub(crate) fn ops(&self) -> &fsnotify_ops {
        // SAFETY: `fsnotify_alloc_group()` refuses NULL, and the table outlives the group by its contract.
        unsafe { &*self.ops }
    }

    /// Calls `ops->free_group_priv`, if there is one.
    ///
    /// # Safety
    ///
    /// Once for a group, when the last reference has gone; no lock is held.
    pub(crate) unsafe fn free_priv(&self) {
        if let Some(free_group_priv) = self.ops().free_group_priv {
            // SAFETY: as required of the caller.
            unsafe { free_group_priv(self.as_ptr()) };
        }
    }

    /// Calls `ops->free_event`; warns in the name of `function` if there is none.
    ///
    /// # Safety
    ///
    /// Nobody uses the event any more, and it is on no queue; no lock is held.
    pub(crate) unsafe fn free_event(&self, event: NonNull<fsnotify_event>, function: &'static str) {
        match self.ops().free_event {
            // SAFETY: as required of the caller.
            Some(free_event) => unsafe { free_event(self.as_ptr(), event.as_ptr()) },
            None => warn(function, "the group has no free_event"),
        }
    }

    /// Sets `FSNOTIFY_GROUP_*`, for good.
    pub(crate) fn set_flags(&self, flags: c_int) {
        self.flags.store(flags, Relaxed);
    }

    /// Is `FSNOTIFY_GROUP_DUPS` set?
    pub(crate) fn allows_dups(&self) -> bool {
        self.flags.load(Relaxed) & FSNOTIFY_GROUP_DUPS != 0
    }

    /// One reference.
    pub(crate) fn init_refcnt(&self) {
        self.refcnt.set(1);
    }

    /// Nobody waits for an answer.
    pub(crate) fn init_user_waits(&self) {
        self.user_waits.counter.store(0, Relaxed);
    }

    /// Takes a reference; there is one.
    pub(crate) fn take_ref(&self) {
        self.refcnt.inc();
    }

    /// Drops a reference: was it the last?
    pub(crate) fn drop_ref(&self) -> bool {
        self.refcnt.dec_and_test()
    }

    /// Is there a reference left?
    pub(crate) fn is_referenced(&self) -> bool {
        self.refcnt.read() != 0
    }

    /// The lock of the queue, free.
    pub(crate) fn init_notification_lock(&self) {
        self.notification_lock.init();
    }

    /// An empty queue.
    pub(crate) fn init_notification_list(&self) {
        self.notification_list.init();
    }

    /// Nobody waits for events.
    pub(crate) fn init_notification_waitq(&self) {
        init_waitqueue_head(&self.notification_waitq);
    }

    /// The bound of the queue.
    pub(crate) fn set_max_events(&self, max: u32) {
        self.max_events.store(max, Relaxed);
    }

    /// The mutex, free. `flags` are the group's: in some kernels its lock class depends on them.
    pub(crate) fn init_mark_mutex(&self, _flags: c_int) {
        self.mark_mutex.init();
    }

    /// No marks.
    pub(crate) fn init_marks_list(&self) {
        self.marks_list.init();
    }

    /// The end of the mutex: nothing here, where a kernel checks that nobody holds it.
    pub(crate) fn destroy_mark_mutex(&self) {}

    /// Takes `notification_lock`.
    pub(crate) fn lock_notification(&self) {
        self.notification_lock.lock();
    }

    /// Gives `notification_lock` back.
    ///
    /// # Safety
    ///
    /// The thread holds the lock.
    pub(crate) unsafe fn unlock_notification(&self) {
        // SAFETY: as required of the caller.
        unsafe { self.notification_lock.unlock() };
    }

    /// Nobody holds `notification_lock`; what was done under it before is seen.
    #[cfg(feature = "core")]
    pub(crate) fn notification_is_free(&self) -> bool {
        let held = self.notification_lock.is_locked();
        fence(Acquire);
        !held
    }

    /// Takes no more events; `notification_lock` is held.
    pub(crate) fn set_shutdown(&self) {
        self.shutdown.store(true, Relaxed);
    }

    /// Sleeps on `notification_waitq` until nobody waits for an answer.
    pub(crate) fn wait_for_user_waits(&self) {
        wait_event(&self.notification_waitq, || self.user_waits.counter.load(Acquire) == 0);
    }

    /// The overflow event, if the backend has made one.
    pub(crate) fn overflow_event(&self) -> Option<NonNull<fsnotify_event>> {
        NonNull::new(self.overflow_event.load(Relaxed))
    }

    /// Puts the reference on the memory group that the backend has taken.
    pub(crate) fn put_memcg(&self) {
        mem_cgroup_put(self.memcg.load(Relaxed));
    }

    /// `fasync_helper()` on the group's registrations.
    pub(crate) fn fasync_helper(&self, fd: c_int, file: &file, on: c_int) -> c_int {
        fasync_helper(fd, file, on, &self.fsn_fa)
    }

    /// `fsnotify_group_lock()`.
    pub(crate) fn lock_marks(&self) {
        self.mark_mutex.lock();
        self.owner_flags.store(task::memalloc_nofs_save(), Relaxed);
    }

    /// `fsnotify_group_unlock()`.
    ///
    /// # Safety
    ///
    /// The thread holds the lock.
    pub(crate) unsafe fn unlock_marks(&self) {
        task::memalloc_nofs_restore(self.owner_flags.load(Relaxed));
        // SAFETY: the caller holds the lock.
        unsafe { self.mark_mutex.unlock() }
    }

    /// Nobody holds the lock of the marks; what was done under it before is seen.
    #[cfg(feature = "core")]
    pub(crate) fn marks_are_free(&self) -> bool {
        let held = self.mark_mutex.is_locked();
        fence(Acquire);
        !held
    }

    /// `fsnotify_group_assert_locked()`, as a question.
    pub(crate) fn marks_locked(&self) -> bool {
        self.mark_mutex.is_locked() && task::current().flags.load(Relaxed) & crate::abi::task::FSN_PF_MEMALLOC_NOFS != 0
    }
}

#[cfg(feature = "group")]
impl Ordered for fsnotify_group {
    type Level = Group;
    fn acquire(&self) {
        self.lock_marks();
    }
    unsafe fn release(&self) {
        // SAFETY: the caller holds the group's mutex.
        unsafe { self.unlock_marks() }
    }
}
