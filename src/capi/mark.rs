// SPDX-License-Identifier: GPL-2.0-or-later
//! Exports of mark.c.
//!
//! "The group's lock" is `group->mark_mutex`, taken with `fsnotify_group_lock()`. A NULL mark, group or object is reported
//! with the function's name; the call then does nothing, or returns what its text says.

use super::checked::{self, entry, entry_group_locked};
use super::versions::versioned;
use crate::abi::{
    fsnotify_group, fsnotify_iter_info, fsnotify_mark, fsnotify_mark_connector, fsnotify_obj_type, srcu_struct,
    FSNOTIFY_MARK_FLAG_ATTACHED,
};
use crate::host::process::cache::kmem_cache;
use crate::host::process::fields::Object;
use crate::host::process::log::warn;
use crate::host::process::srcu::srcu_read_lock_held;
use crate::notify::lock_order::{Group, Held};
use crate::notify::{fsnotify, mark, reaper};
use core::ffi::{c_int, c_uint, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use libc::{EEXIST, EINVAL};

versioned!(
    fsnotify_mark_srcu,
    fsnotify_mark_connector_cachep,
    fsnotify_init_mark,
    fsnotify_get_mark,
    fsnotify_put_mark,
    fsnotify_add_mark_locked,
    fsnotify_add_mark,
    fsnotify_find_mark,
    fsnotify_detach_mark,
    fsnotify_free_mark,
    fsnotify_destroy_mark,
    fsnotify_clear_marks_by_group,
    fsnotify_destroy_marks,
    fsnotify_conn_mask,
    fsnotify_recalc_mask,
    fsnotify_compare_groups,
    fsnotify_next_mark,
    fsnotify_prepare_user_wait,
    fsnotify_finish_user_wait,
    fsnotify_wait_marks_destroyed,
    fsnotify_set_children_dentry_flags,
);

/// Protects walks over the marks of an object (`fsnotify_mark_srcu`). Zero is valid, so there is nothing to initialise.
#[no_mangle]
pub static fsnotify_mark_srcu: srcu_struct = srcu_struct::new();

static CONNECTORS: kmem_cache = kmem_cache::new("fsnotify_mark_connector", size_of::<fsnotify_mark_connector>(), 0, 0);

/// The cache that connectors come from (`fsnotify_mark_connector_cachep`). Set from the start.
#[no_mangle]
pub static fsnotify_mark_connector_cachep: AtomicPtr<kmem_cache> =
    AtomicPtr::new(ptr::from_ref(&CONNECTORS).cast_mut());

/// Initialises a mark (`fsnotify_init_mark()`): zeroes it, gives it one reference, the caller's, and takes a reference on the
/// group, which lasts until the mark's `free_mark`. Mask, ignore mask and flags are the caller's to set before the mark is
/// added. No locks.
///
/// # Safety
///
/// `mark` is NULL or writable memory of a mark that nobody uses; `group` is NULL or kept by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_init_mark(mark: *mut fsnotify_mark, group: *mut fsnotify_group) {
    const NAME: &str = "fsnotify_init_mark";
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { checked::referenced_group(group, NAME) }) else { return };
    let Some(mark) = NonNull::new(mark) else { return warn(NAME, "the mark is NULL") };
    // SAFETY: as required of the caller.
    unsafe { mark::init(mark, group) }
}

/// Takes a reference on a mark (`fsnotify_get_mark()`). The caller has one, or a lock that keeps the mark. A mark whose
/// last reference has gone stays gone: the call warns and takes nothing. Any context.
///
/// # Safety
///
/// `mark` is NULL or a mark that is not freed yet.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_get_mark(mark: *mut fsnotify_mark) {
    // SAFETY: as required of the caller.
    if let Some(mark) = unsafe { checked::referenced_mark(mark, "fsnotify_get_mark") } {
        mark::get(mark);
    }
}

/// Drops a reference on a mark (`fsnotify_put_mark()`).
///
/// The last put takes the mark off its object at once (mask, counts, inode reference and connector are adjusted) and sends it
/// to the reaper, which calls `free_mark` after a grace period without locks. A mark that was never attached is freed within
/// the call. Takes the connector's lock; may drop an inode reference; neither `mark->lock` nor a connector's lock may be
/// held. A put too many on a mark that is still there, attached or on its way out, warns and does nothing.
///
/// # Safety
///
/// `mark` is NULL or a mark that is not freed yet, and the caller gives up a reference.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_put_mark(mark: *mut fsnotify_mark) {
    // SAFETY: as required of the caller.
    if let Some(mark) = unsafe { checked::referenced_mark(mark, "fsnotify_put_mark") } {
        // SAFETY: the caller gives up its reference.
        unsafe { mark::put(&mut entry(), NonNull::from(mark)) }
    }
}

/// What a mark may be added to, or the errno.
///
/// # Safety
///
/// As for `fsnotify_add_mark()`.
unsafe fn addable<'a>(
    mark: *mut fsnotify_mark,
    obj: *mut c_void,
    obj_type: c_uint,
    function: &'static str,
) -> Result<(&'a fsnotify_mark, Object<'a>), c_int> {
    // SAFETY: as required of the caller.
    let mark = unsafe { checked::referenced_mark(mark, function) }.ok_or(EINVAL)?;
    if !fsnotify::valid_obj_type(obj_type) {
        warn(function, "the object type is out of range");
        return Err(EINVAL);
    }
    // SAFETY: as required of the caller.
    let object = unsafe { Object::from_raw(obj, obj_type) }.ok_or_else(|| {
        warn(function, "the object is NULL");
        EINVAL
    })?;
    Ok((mark, object))
}

/// Adds a mark, unless it is added already; the group's lock is held.
fn add(held: &mut Held<'_, Group>, mark: &fsnotify_mark, object: Object<'_>, function: &'static str) -> c_int {
    if mark.has(FSNOTIFY_MARK_FLAG_ATTACHED) || mark.connector().is_some() {
        warn(function, "the mark is added already");
        return -EEXIST;
    }
    match mark::add_locked(held, mark, object) {
        Ok(()) => 0,
        Err(errno) => -errno,
    }
}

/// Attaches an initialised mark to its group and to an object; the group's lock is held (`fsnotify_add_mark_locked()`).
///
/// `obj` is a `struct inode`, `struct vfsmount` or `struct super_block` as `obj_type` says, kept by the caller. `add_flags` is 0
/// (the original does not look at it either). The group takes a reference of its own; the caller keeps its one. The
/// object's mask is recalculated; an inode is pinned unless the mark has `FSNOTIFY_MARK_FLAG_NO_IREF`. May sleep.
///
/// Returns 0, `-EEXIST` if the group has a mark on the object (and is not `FSNOTIFY_GROUP_DUPS`), `-ENOMEM`, `-ENOENT` if the
/// object is going away, `-EINVAL` for NULL or an object type out of range (with a warning). A mark that is added
/// already gives `-EEXIST` with a warning. On failure the mark is as it was before.
///
/// # Safety
///
/// `mark` is NULL or initialised and kept by the caller; `obj` is NULL or a live object of that type.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_add_mark_locked(
    mark: *mut fsnotify_mark,
    obj: *mut c_void,
    obj_type: c_uint,
    add_flags: c_int,
) -> c_int {
    const NAME: &str = "fsnotify_add_mark_locked";
    let _ = add_flags;
    // SAFETY: as required of the caller.
    match unsafe { addable(mark, obj, obj_type, NAME) } {
        Ok((mark, object)) => {
            if !mark.group().marks_locked() {
                warn(NAME, "the group's lock is not held");
            }
            add(&mut entry_group_locked(), mark, object, NAME)
        }
        Err(errno) => -errno,
    }
}

/// [`fsnotify_add_mark_locked`] for a caller that does not hold the group's lock (`fsnotify_add_mark()`).
///
/// # Safety
///
/// As for [`fsnotify_add_mark_locked`]; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_add_mark(
    mark: *mut fsnotify_mark,
    obj: *mut c_void,
    obj_type: c_uint,
    add_flags: c_int,
) -> c_int {
    const NAME: &str = "fsnotify_add_mark";
    let _ = add_flags;
    // SAFETY: as required of the caller.
    match unsafe { addable(mark, obj, obj_type, NAME) } {
        Ok((mark, object)) => {
            let mut held = entry();
            let mut group = crate::notify::lock_order::lock_group(&mut held, mark.group());
            add(group.held(), mark, object, NAME)
        }
        Err(errno) => -errno,
    }
}

/// The group's mark on an object, with a reference that the caller puts (`fsnotify_find_mark()`); NULL if there is none. In a
/// group with `FSNOTIFY_GROUP_DUPS`, the newest. Takes the connector's lock. An object type out of range or a NULL object
/// warns and finds nothing.
///
/// # Safety
///
/// `obj` is NULL or a live object of that type.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_find_mark(
    obj: *mut c_void,
    obj_type: c_uint,
    group: *mut fsnotify_group,
) -> *mut fsnotify_mark {
    // SAFETY: as required of the caller.
    let Some(object) = (unsafe { Object::from_raw(obj, obj_type) }) else {
        warn("fsnotify_find_mark", "no such object: NULL, or a type out of range");
        return ptr::null_mut();
    };
    mark::find(&mut entry(), object, group).map_or(ptr::null_mut(), NonNull::as_ptr)
}

/// Takes a mark off its group's list; the group's lock is held (`fsnotify_detach_mark()`).
///
/// The mark stays on its object, invisible to find, until its last reference is put. Does nothing if it is detached already.
///
/// # Safety
///
/// `mark` is NULL or kept by a reference of the caller's or the read side of `fsnotify_mark_srcu`.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_detach_mark(mark: *mut fsnotify_mark) {
    const NAME: &str = "fsnotify_detach_mark";
    // SAFETY: as required of the caller.
    let Some(mark) = (unsafe { checked::mark(mark, NAME) }) else { return };
    if !mark.group().marks_locked() {
        warn(NAME, "the group's lock is not held");
    }
    let attached = i32::from(mark.has(FSNOTIFY_MARK_FLAG_ATTACHED));
    if mark.refcnt.read() < 1 + attached && !srcu_read_lock_held(&fsnotify_mark_srcu) {
        warn(NAME, "the caller has neither a reference on the mark nor the read side");
    }
    // SAFETY: as required of the caller.
    unsafe { mark::detach(&mut entry_group_locked(), NonNull::from(mark)) }
}

/// Begins a mark's end (`fsnotify_free_mark()`): the first call tells the backend through `freeing_mark`, without locks. The mark
/// should be detached; it is freed after its last put.
///
/// # Safety
///
/// As for [`fsnotify_detach_mark`], without the group's lock.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_free_mark(mark: *mut fsnotify_mark) {
    // SAFETY: as required of the caller.
    if let Some(mark) = unsafe { checked::mark(mark, "fsnotify_free_mark") } {
        mark::free(&mut entry(), mark);
    }
}

/// Detaches and frees a mark (`fsnotify_destroy_mark()`). Takes the group's lock, so no lock may be held. The caller keeps its own
/// reference.
///
/// # Safety
///
/// `mark` is NULL or kept by a reference of the caller's or the read side; `group` is the mark's.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_destroy_mark(mark: *mut fsnotify_mark, group: *mut fsnotify_group) {
    const NAME: &str = "fsnotify_destroy_mark";
    // SAFETY: as required of the caller.
    let Some(mark) = (unsafe { checked::mark(mark, NAME) }) else { return };
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { checked::group(group, NAME) }) else { return };
    if !ptr::eq(mark.group(), group) {
        warn(NAME, "the mark belongs to another group");
        return;
    }
    // SAFETY: as required of the caller.
    unsafe { mark::destroy(&mut entry(), NonNull::from(mark), group) }
}

/// Destroys a group's marks on one type of object, or all with `FSNOTIFY_OBJ_TYPE_ANY` (`fsnotify_clear_marks_by_group()`). Takes
/// the group's lock once a mark; `freeing_mark` is called without locks. A type out of range warns and clears nothing.
///
/// # Safety
///
/// `group` is NULL or kept by the caller; no lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_clear_marks_by_group(group: *mut fsnotify_group, obj_type: c_uint) {
    const NAME: &str = "fsnotify_clear_marks_by_group";
    // SAFETY: as required of the caller.
    let Some(group) = (unsafe { checked::group(group, NAME) }) else { return };
    if obj_type == fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_ANY as c_uint {
        mark::clear_by_group(&mut entry(), group, None);
    } else if fsnotify::valid_obj_type(obj_type) {
        mark::clear_by_group(&mut entry(), group, Some(obj_type));
    } else {
        warn(NAME, "the object type is out of range");
    }
}

/// Destroys all marks on an object, by the address of its connector pointer (`fsnotify_destroy_marks()`); NULL is ignored. The
/// object's inode reference and its connector go within the call, even if a mark is still referenced. No lock may be held.
///
/// # Safety
///
/// `connp` is NULL or the connector pointer of a live object.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_destroy_marks(connp: *mut *mut fsnotify_mark_connector) {
    // SAFETY: as required of the caller; an `AtomicPtr` has the layout of the pointer that it stands for.
    if let Some(connp) = unsafe { connp.cast::<AtomicPtr<fsnotify_mark_connector>>().as_ref() } {
        mark::destroy_on_object(&mut entry(), connp);
    }
}

/// The combined mask of an object's marks (`fsnotify_conn_mask()`); 0 with a warning if the connector is NULL or its object gone.
///
/// # Safety
///
/// `conn` is NULL or kept by a mark on it that the caller keeps.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_conn_mask(conn: *mut fsnotify_mark_connector) -> u32 {
    const NAME: &str = "fsnotify_conn_mask";
    // SAFETY: as required of the caller.
    let Some(conn) = (unsafe { checked::object(conn, NAME, "the connector is NULL") }) else { return 0 };
    match conn.object() {
        Some(object) => object.mask(),
        None => {
            warn(NAME, "the connector has no object");
            0
        }
    }
}

/// Recalculates an object's mask after a mark on it was changed (`fsnotify_recalc_mask()`); NULL is ignored. Takes the
/// connector's lock, and if the object has just begun to watch its children, flags them. May pin the inode, never unpins
/// it. The caller holds `mark->lock` or the group's lock for a mark on the connector.
///
/// # Safety
///
/// `conn` is NULL or kept as said.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_recalc_mask(conn: *mut fsnotify_mark_connector) {
    // SAFETY: as required of the caller.
    if let Some(conn) = unsafe { conn.as_ref() } {
        // SAFETY: the caller holds a mark's lock or its group's lock; the mark's is the innermost of the two.
        let mut held: Held<'_, crate::notify::lock_order::Mark> = unsafe { Held::assume() };
        mark::recalc_mask(&mut held, conn);
    }
}

/// The order of delivery of two groups (`fsnotify_compare_groups()`): 1 if `b` is called before `a`, -1 if `a` is called first, 0
/// if they are the same. Higher priority first, then the higher address; NULL last.
///
/// # Safety
///
/// Each is NULL or a live group.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_compare_groups(a: *mut fsnotify_group, b: *mut fsnotify_group) -> c_int {
    mark::compare_groups(a, b)
}

/// The next mark of the same object in the order of delivery (`fsnotify_next_mark()`); NULL after the last, or for NULL. Inside the
/// read side of `fsnotify_mark_srcu`, or with the connector's lock held.
///
/// # Safety
///
/// `mark` is NULL or a mark found in the same read side.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_next_mark(mark: *mut fsnotify_mark) -> *mut fsnotify_mark {
    // SAFETY: as required of the caller.
    unsafe { mark.as_ref() }.map_or(ptr::null_mut(), fsnotify_mark::next_on_object)
}

/// Pins the marks of the current walk and leaves the read side, so that the handler may wait for long
/// (`fsnotify_prepare_user_wait()`).
///
/// Called from `handle_event` only. True: every mark of the walk is pinned, groups of later marks included, whose
/// destruction now waits; undo with `fsnotify_finish_user_wait()` in the same thread. False: a mark of the handler's own group is
/// going away; nothing is pinned, the read side is still held.
///
/// # Safety
///
/// `iter_info` is NULL or the iterator that the handler was given.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_prepare_user_wait(iter_info: *mut fsnotify_iter_info) -> bool {
    // SAFETY: as required of the caller: the handler has the iterator to itself.
    match unsafe { iter_info.as_mut() } {
        // SAFETY: as required of the caller.
        Some(iter) => unsafe { mark::prepare_user_wait(&mut entry(), iter) },
        None => {
            warn("fsnotify_prepare_user_wait", "the iterator is NULL");
            false
        }
    }
}

/// Enters the read side again and drops the pins (`fsnotify_finish_user_wait()`). A group whose destruction waited goes on when
/// the handler has returned.
///
/// # Safety
///
/// `iter_info` is NULL or the iterator of a successful `fsnotify_prepare_user_wait()` in this thread.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_finish_user_wait(iter_info: *mut fsnotify_iter_info) {
    // SAFETY: as required of the caller: the handler has the iterator to itself.
    match unsafe { iter_info.as_mut() } {
        // SAFETY: as required of the caller.
        Some(iter) => unsafe { mark::finish_user_wait(&mut entry(), iter) },
        None => warn("fsnotify_finish_user_wait", "the iterator is NULL"),
    }
}

/// Waits until every mark of any group whose last reference was put before the call is freed
/// (`fsnotify_wait_marks_destroyed()`). Sleeps; not from a handler or from `free_mark`.
///
/// # Safety
///
/// No lock is held.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_wait_marks_destroyed() {
    reaper::wait_all();
}

/// Flags the children of a directory as having a watching parent (`fsnotify_set_children_dentry_flags()`). Takes the inode's
/// `i_lock` and the `d_lock`s. Does nothing for what is not a directory; NULL warns.
///
/// # Safety
///
/// `inode` is NULL or kept by the caller.
#[no_mangle]
pub unsafe extern "C" fn fsnotify_set_children_dentry_flags(inode: *mut crate::abi::inode) {
    // SAFETY: as required of the caller.
    let inode = unsafe { checked::object(inode, "fsnotify_set_children_dentry_flags", "the inode is NULL") };
    if let Some(inode) = inode {
        fsnotify::set_children_dentry_flags(inode);
    }
}

/// Sets how many marks a new one must join for their object to get an index (24 at first), and returns what it was. An index makes attaching, finding and dispatching cost what the interested groups
/// cost; an object keeps the one that it has. 0 gives every object one, `SIZE_MAX` none. For tests and measurements: the order of
/// delivery and everything else that C sees is the same.
#[no_mangle]
pub extern "C" fn fsn_index_marks_from(marks: usize) -> usize {
    crate::notify::index::set_threshold(marks)
}
