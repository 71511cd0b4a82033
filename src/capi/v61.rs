// SPDX-License-Identifier: GPL-2.0-or-later
//! Adapters for backends written against 6.1, where the functions whose signature changed take the address of an object's
//! connector pointer instead of the object. The headers' 6.1 mode binds the kernel's names to them.

use super::mark::{fsnotify_add_mark, fsnotify_add_mark_locked, fsnotify_find_mark};
use crate::abi::{
    fsnotify_group, fsnotify_mark, fsnotify_mark_connector, fsnotify_obj_type, inode, mount, super_block,
    FSNOTIFY_OBJ_TYPE_DETACHED,
};
use crate::host::process::fields::connector_at;
use crate::host::process::log::warn;
use crate::host::process::srcu::{srcu_read_lock, srcu_read_unlock};
use core::ffi::{c_int, c_uint, c_void};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;
use libc::EINVAL;

#[expect(non_camel_case_types, reason = "the name is the kernel's")]
/// The connector pointer of an object as 6.1's backends know it.
pub type fsnotify_connp_t = *mut fsnotify_mark_connector;
/// A filesystem id; 6.12 keeps it in the backend's mark.
#[repr(C)]
pub struct fsn_v61_fsid {
    /// Its two halves.
    pub val: [c_int; 2],
}

/// The object around a connector pointer; NULL for NULL, and for what is no type of object.
fn object_of(connp: *mut fsnotify_connp_t, obj_type: c_uint) -> *mut c_void {
    const INODE: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_INODE as c_uint;
    const VFSMOUNT: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_VFSMOUNT as c_uint;
    const SB: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_SB as c_uint;
    if connp.is_null() {
        return ptr::null_mut();
    }
    match obj_type {
        INODE => connp.wrapping_byte_sub(offset_of!(inode, i_fsnotify_marks)).cast(),
        VFSMOUNT => {
            let mount = connp.wrapping_byte_sub(offset_of!(mount, mnt_fsnotify_marks)).cast::<mount>();
            mount.wrapping_byte_add(offset_of!(mount, mnt)).cast()
        }
        SB => connp.wrapping_byte_sub(offset_of!(super_block, s_fsnotify_marks)).cast(),
        _ => ptr::null_mut(),
    }
}

/// 6.1's `fsnotify_find_mark()`: the group's mark on the object whose connector pointer this is, with a reference that the caller
/// puts; NULL if there is none, or for NULL.
///
/// # Safety
///
/// `connp` is NULL or the connector pointer of a live object.
#[no_mangle]
pub unsafe extern "C" fn fsn_v61_fsnotify_find_mark(
    connp: *mut fsnotify_connp_t,
    group: *mut fsnotify_group,
) -> *mut fsnotify_mark {
    if connp.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: as required of the caller.
    let connector = unsafe { &*connp.cast::<AtomicPtr<fsnotify_mark_connector>>() };
    let srcu = &super::mark::fsnotify_mark_srcu;
    let idx = srcu_read_lock(srcu);
    // Without a connector there is no mark; with one, it knows its object and the type, which 6.1 does not pass.
    let (object, obj_type) =
        connector_at(connector).map_or((ptr::null_mut(), 0), |conn| (conn.obj.load(Relaxed), conn.obj_type()));
    srcu_read_unlock(srcu, idx);
    // A connector that is being taken off loses one after the other: there is no mark any more.
    if object.is_null() || obj_type == FSNOTIFY_OBJ_TYPE_DETACHED {
        return ptr::null_mut();
    }
    // SAFETY: the caller keeps the object.
    unsafe { fsnotify_find_mark(object, obj_type, group) }
}

/// 6.1's `fsnotify_add_mark()`; the filesystem id is ignored, as 6.12 has it in the backend's own mark. Returns as
/// `fsnotify_add_mark()` does.
///
/// # Safety
///
/// As for `fsnotify_add_mark()`; `connp` is NULL or the connector pointer of a live object of that type.
#[no_mangle]
pub unsafe extern "C" fn fsn_v61_fsnotify_add_mark(
    mark: *mut fsnotify_mark,
    connp: *mut fsnotify_connp_t,
    obj_type: c_uint,
    add_flags: c_int,
    fsid: *mut fsn_v61_fsid,
) -> c_int {
    let _ = fsid;
    let object = object_of(connp, obj_type);
    if object.is_null() {
        warn("fsnotify_add_mark", "the connector pointer leads to no object");
        return -EINVAL;
    }
    // SAFETY: as required of the caller.
    unsafe { fsnotify_add_mark(mark, object, obj_type, add_flags) }
}

/// 6.1's `fsnotify_add_mark_locked()`; the group's lock is held.
///
/// # Safety
///
/// As for [`fsn_v61_fsnotify_add_mark`].
#[no_mangle]
pub unsafe extern "C" fn fsn_v61_fsnotify_add_mark_locked(
    mark: *mut fsnotify_mark,
    connp: *mut fsnotify_connp_t,
    obj_type: c_uint,
    add_flags: c_int,
    fsid: *mut fsn_v61_fsid,
) -> c_int {
    let _ = fsid;
    let object = object_of(connp, obj_type);
    if object.is_null() {
        warn("fsnotify_add_mark_locked", "the connector pointer leads to no object");
        return -EINVAL;
    }
    // SAFETY: as required of the caller.
    unsafe { fsnotify_add_mark_locked(mark, object, obj_type, add_flags) }
}
