// SPDX-License-Identifier: GPL-2.0-or-later
//! What comes from C, looked at before the core sees it: NULL, error pointers, and objects on their way out. A warning names
//! the exported function that was called.

use crate::abi::{fsnotify_group, fsnotify_mark};
use crate::host::process::log::warn;
use crate::notify::lock_order::{Group, Held, Nothing};

/// The token of a C caller that holds none of the ordered locks.
pub(crate) fn entry() -> Held<'static, Nothing> {
    // SAFETY: the exports that use it say that no lock may be held, or take locks further in only.
    unsafe { Held::assume() }
}

/// The token of a C caller that holds a group's mutex.
pub(crate) fn entry_group_locked() -> Held<'static, Group> {
    // SAFETY: the exports that use it say that the group's mutex is held.
    unsafe { Held::assume() }
}

/// Not NULL and no `ERR_PTR()`.
fn is_pointer<T>(ptr: *const T) -> bool {
    const MAX_ERRNO: usize = 4095;
    ptr.addr().wrapping_sub(1) < usize::MAX - MAX_ERRNO
}

/// A live object behind C's pointer.
///
/// # Safety
///
/// `ptr` is NULL, an error pointer, or valid for `'a`.
pub(crate) unsafe fn object<'a, T>(ptr: *const T, function: &'static str, what: &'static str) -> Option<&'a T> {
    if is_pointer(ptr) {
        // SAFETY: as required of the caller.
        Some(unsafe { &*ptr })
    } else {
        warn(function, what);
        None
    }
}

/// A group that is there, with or without references.
///
/// # Safety
///
/// `group` is NULL, an error pointer, or valid for `'a`.
pub(crate) unsafe fn group<'a>(group: *mut fsnotify_group, function: &'static str) -> Option<&'a fsnotify_group> {
    // SAFETY: as required of the caller.
    let group = unsafe { object(group, function, "the group is NULL") }?;
    #[cfg(all(debug_assertions, feature = "core"))]
    if crate::notify::group_state::poison::is_freed(group) {
        warn(function, "the group is freed");
        return None;
    }
    Some(group)
}

/// A group that still has references.
///
/// # Safety
///
/// As for [`group`].
pub(crate) unsafe fn referenced_group<'a>(
    group: *mut fsnotify_group,
    function: &'static str,
) -> Option<&'a fsnotify_group> {
    // SAFETY: as required of the caller.
    let group = unsafe { self::group(group, function) }?;
    if group.refcnt.read() == 0 {
        warn(function, "the group has no references left");
        return None;
    }
    Some(group)
}

/// A mark that is there.
///
/// # Safety
///
/// `mark` is NULL, an error pointer, or valid for `'a`.
pub(crate) unsafe fn mark<'a>(mark: *mut fsnotify_mark, function: &'static str) -> Option<&'a fsnotify_mark> {
    // SAFETY: as required of the caller.
    let mark = unsafe { object(mark, function, "the mark is NULL") }?;
    if mark.group.load(core::sync::atomic::Ordering::Relaxed).is_null() {
        warn(function, "the mark is not initialised");
        return None;
    }
    Some(mark)
}

/// A mark that still has references.
///
/// # Safety
///
/// As for [`mark`].
pub(crate) unsafe fn referenced_mark<'a>(
    mark: *mut fsnotify_mark,
    function: &'static str,
) -> Option<&'a fsnotify_mark> {
    // SAFETY: as required of the caller.
    let mark = unsafe { self::mark(mark, function) }?;
    if mark.refcnt.read() == 0 {
        warn(function, "the mark has no references left");
        return None;
    }
    Some(mark)
}
