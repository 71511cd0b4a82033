// SPDX-License-Identifier: GPL-2.0-or-later
//! A group in a kernel: each method is one accessor or primitive of the shim, which the kernel's own inlines and macros are
//! behind. The same methods as those of the process host.
//!
//! A `&fsnotify_group` says that the group is alive: by a reference, or because its end has not begun to free it.

use super::abi::{file, fsnotify_event, fsnotify_group, fsnotify_ops};
use core::ffi::c_int;
use core::ptr::{self, NonNull};

type Group = *mut fsnotify_group;

extern "C" {
    fn fsn_k_alloc(charged: bool) -> Group;
    fn fsn_k_free(group: Group);
    fn fsn_k_set_ops(group: Group, ops: *const fsnotify_ops);
    fn fsn_k_free_priv(group: Group);
    fn fsn_k_free_event(group: Group, event: *mut fsnotify_event);
    fn fsn_k_set_flags(group: Group, flags: c_int);
    fn fsn_k_init_refcnt(group: Group);
    fn fsn_k_init_user_waits(group: Group);
    fn fsn_k_take_ref(group: Group);
    fn fsn_k_drop_ref(group: Group) -> bool;
    fn fsn_k_is_referenced(group: Group) -> bool;
    fn fsn_k_init_notification_lock(group: Group);
    fn fsn_k_init_notification_list(group: Group);
    fn fsn_k_init_notification_waitq(group: Group);
    fn fsn_k_set_max_events(group: Group, max: u32);
    fn fsn_k_init_mark_mutex(group: Group, flags: c_int);
    fn fsn_k_init_marks_list(group: Group);
    fn fsn_k_destroy_mark_mutex(group: Group);
    fn fsn_k_lock_notification(group: Group);
    fn fsn_k_unlock_notification(group: Group);
    fn fsn_k_set_shutdown(group: Group);
    fn fsn_k_wait_for_user_waits(group: Group);
    fn fsn_k_overflow_event(group: Group) -> *mut fsnotify_event;
    fn fsn_k_put_memcg(group: Group);
    fn fsn_k_fasync_helper(fd: c_int, file: *mut file, on: c_int, group: Group) -> c_int;
}

impl fsnotify_group {
    /// Zeroed memory for a group, charged to the current memory group if `charged`.
    pub(crate) fn alloc(charged: bool) -> Option<NonNull<Self>> {
        // SAFETY: no condition; may sleep.
        NonNull::new(unsafe { fsn_k_alloc(charged) })
    }

    /// Frees the memory.
    ///
    /// # Safety
    ///
    /// It came from [`Self::alloc`] and nobody can reach it.
    pub(crate) unsafe fn free(group: NonNull<Self>) {
        // SAFETY: as required of the caller.
        unsafe { fsn_k_free(group.as_ptr()) };
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
        unsafe { fsn_k_set_ops(group.as_ptr(), ops.as_ptr()) };
    }

    /// Calls `ops->free_group_priv`, if there is one.
    ///
    /// # Safety
    ///
    /// Once for a group, when the last reference has gone; no lock is held.
    pub(crate) unsafe fn free_priv(&self) {
        // SAFETY: as required of the caller.
        unsafe { fsn_k_free_priv(self.as_ptr()) };
    }

    /// Calls `ops->free_event`, which a group with an overflow event has.
    ///
    /// # Safety
    ///
    /// Nobody uses the event any more, and it is on no queue; no lock is held.
    pub(crate) unsafe fn free_event(&self, event: NonNull<fsnotify_event>, _function: &'static str) {
        // SAFETY: as required of the caller.
        unsafe { fsn_k_free_event(self.as_ptr(), event.as_ptr()) };
    }

    /// Sets `FSNOTIFY_GROUP_*`, for good.
    pub(crate) fn set_flags(&self, flags: c_int) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_set_flags(self.as_ptr(), flags) };
    }

    /// One reference.
    pub(crate) fn init_refcnt(&self) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_init_refcnt(self.as_ptr()) };
    }

    /// Nobody waits for an answer.
    pub(crate) fn init_user_waits(&self) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_init_user_waits(self.as_ptr()) };
    }

    /// Takes a reference; there is one.
    pub(crate) fn take_ref(&self) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_take_ref(self.as_ptr()) };
    }

    /// Drops a reference: was it the last?
    pub(crate) fn drop_ref(&self) -> bool {
        // SAFETY: the group is alive.
        unsafe { fsn_k_drop_ref(self.as_ptr()) }
    }

    /// Is there a reference left?
    pub(crate) fn is_referenced(&self) -> bool {
        // SAFETY: the group is alive.
        unsafe { fsn_k_is_referenced(self.as_ptr()) }
    }

    /// The lock of the queue, free.
    pub(crate) fn init_notification_lock(&self) {
        // SAFETY: the group is alive, and new.
        unsafe { fsn_k_init_notification_lock(self.as_ptr()) };
    }

    /// An empty queue.
    pub(crate) fn init_notification_list(&self) {
        // SAFETY: the group is alive, and new.
        unsafe { fsn_k_init_notification_list(self.as_ptr()) };
    }

    /// Nobody waits for events.
    pub(crate) fn init_notification_waitq(&self) {
        // SAFETY: the group is alive, and new.
        unsafe { fsn_k_init_notification_waitq(self.as_ptr()) };
    }

    /// The bound of the queue.
    pub(crate) fn set_max_events(&self, max: u32) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_set_max_events(self.as_ptr(), max) };
    }

    /// The mutex, free. `flags` are the group's: in 6.1 its lock class depends on them.
    pub(crate) fn init_mark_mutex(&self, flags: c_int) {
        // SAFETY: the group is alive, and new.
        unsafe { fsn_k_init_mark_mutex(self.as_ptr(), flags) };
    }

    /// No marks.
    pub(crate) fn init_marks_list(&self) {
        // SAFETY: the group is alive, and new.
        unsafe { fsn_k_init_marks_list(self.as_ptr()) };
    }

    /// The end of the mutex: a debug kernel checks that nobody holds it.
    pub(crate) fn destroy_mark_mutex(&self) {
        // SAFETY: the group is alive, and nobody else can reach it.
        unsafe { fsn_k_destroy_mark_mutex(self.as_ptr()) };
    }

    /// Takes `notification_lock`.
    pub(crate) fn lock_notification(&self) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_lock_notification(self.as_ptr()) };
    }

    /// Gives `notification_lock` back.
    ///
    /// # Safety
    ///
    /// The thread holds the lock.
    pub(crate) unsafe fn unlock_notification(&self) {
        // SAFETY: as required of the caller.
        unsafe { fsn_k_unlock_notification(self.as_ptr()) };
    }

    /// Takes no more events; `notification_lock` is held.
    pub(crate) fn set_shutdown(&self) {
        // SAFETY: the group is alive.
        unsafe { fsn_k_set_shutdown(self.as_ptr()) };
    }

    /// Sleeps on `notification_waitq` until nobody waits for an answer.
    pub(crate) fn wait_for_user_waits(&self) {
        // SAFETY: the group is alive, and the caller may sleep.
        unsafe { fsn_k_wait_for_user_waits(self.as_ptr()) };
    }

    /// The overflow event, if the backend has made one.
    pub(crate) fn overflow_event(&self) -> Option<NonNull<fsnotify_event>> {
        // SAFETY: the group is alive.
        NonNull::new(unsafe { fsn_k_overflow_event(self.as_ptr()) })
    }

    /// Puts the reference on the memory group that the backend has taken.
    pub(crate) fn put_memcg(&self) {
        // SAFETY: the group is alive, and this is its end.
        unsafe { fsn_k_put_memcg(self.as_ptr()) };
    }

    /// `fasync_helper()` on the group's registrations.
    pub(crate) fn fasync_helper(&self, fd: c_int, file: &file, on: c_int) -> c_int {
        // SAFETY: file and group are alive.
        unsafe { fsn_k_fasync_helper(fd, ptr::from_ref(file).cast_mut(), on, self.as_ptr()) }
    }
}
