// SPDX-License-Identifier: GPL-2.0-or-later
//! USDT trace points of the provider `fsnotify`: a `nop` and a note each, for perf, bpftrace, SystemTap or gdb
//! (`readelf -n` lists them). Pointers are passed as they are; nothing is read through them here.

use crate::abi::{fsnotify_event, fsnotify_group, fsnotify_mark};
use core::ffi::c_void;
use probe::probe;

/// A group was made.
#[inline(always)]
pub fn group_alloc(group: *const fsnotify_group) {
    probe!(fsnotify, group_alloc, group);
}

/// `fsnotify_destroy_group()` begins.
#[inline(always)]
pub fn group_destroy(group: *const fsnotify_group) {
    probe!(fsnotify, group_destroy, group);
}

/// The last reference went; the group is still whole.
#[inline(always)]
pub fn group_free(group: *const fsnotify_group) {
    probe!(fsnotify, group_free, group);
}

/// A mark was attached to `object` (an inode, mount or superblock).
#[inline(always)]
pub fn mark_add(group: *const fsnotify_group, mark: *const fsnotify_mark, object: *const c_void) {
    probe!(fsnotify, mark_add, group, mark, object);
}

/// A mark left its group's list.
#[inline(always)]
pub fn mark_detach(group: *const fsnotify_group, mark: *const fsnotify_mark) {
    probe!(fsnotify, mark_detach, group, mark);
}

/// A mark is about to be given to `free_mark`.
#[inline(always)]
pub fn mark_free(group: *const fsnotify_group, mark: *const fsnotify_mark) {
    probe!(fsnotify, mark_free, group, mark);
}

/// An event was queued; `len` is the queue's length with it.
#[inline(always)]
pub fn event_queue(group: *const fsnotify_group, event: *const fsnotify_event, len: u32) {
    probe!(fsnotify, event_queue, group, event, len);
}

/// An event was merged into one that was queued already.
#[inline(always)]
pub fn event_merge(group: *const fsnotify_group, event: *const fsnotify_event) {
    probe!(fsnotify, event_merge, group, event);
}

/// An event was lost.
#[inline(always)]
pub fn event_drop(group: *const fsnotify_group, event: *const fsnotify_event) {
    probe!(fsnotify, event_drop, group, event);
}

/// The overflow event was queued in place of `event`.
#[inline(always)]
pub fn event_overflow(group: *const fsnotify_group, event: *const fsnotify_event) {
    probe!(fsnotify, event_overflow, group, event);
}

/// An event was taken off the queue; `len` is the queue's length without it.
#[inline(always)]
pub fn event_dequeue(group: *const fsnotify_group, event: *const fsnotify_event, len: u32) {
    probe!(fsnotify, event_dequeue, group, event, len);
}

/// An event with `mask` begins its walk over the marks of its objects; `data` as given to `fsnotify()`.
#[inline(always)]
pub fn dispatch(mask: u32, data: *const c_void, data_type: i32, cookie: u32) {
    probe!(fsnotify, dispatch, mask, data, data_type, cookie);
}
