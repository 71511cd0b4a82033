// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory groups for C. An accounted allocation (`__GFP_ACCOUNT`, `SLAB_ACCOUNT`) costs its memory group the bytes asked
//! for plus 16 (plus the alignment, where that is larger). The root is neither counted nor limited.

use crate::host::process::log;
use crate::host::process::memcg::{self, mem_cgroup};
use core::ffi::{c_char, c_int, c_ulong, c_void, CStr};

/// Makes a memory group without a limit; one reference is the caller's. The name is copied, cut at 31 bytes; NULL is an
/// empty one. NULL without memory.
///
/// # Safety
///
/// `name` is NULL or a C string.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_create(name: *const c_char) -> *mut mem_cgroup {
    if name.is_null() {
        return memcg::create(b"");
    }
    // SAFETY: not NULL, so a C string by the caller's promise.
    memcg::create(unsafe { CStr::from_ptr(name) }.to_bytes())
}

/// The root group, which needs no reference.
///
/// # Safety
///
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_root() -> *mut mem_cgroup {
    memcg::root()
}

/// One more reference; returns its argument. NULL stays NULL.
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_get(memcg: *mut mem_cgroup) -> *mut mem_cgroup {
    memcg::get(memcg)
}

/// One reference less. The group lives on while anything is charged to it. NULL is nothing.
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference, given up here.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_put(memcg: *mut mem_cgroup) {
    memcg::put(memcg);
}

/// [`fsn_memcg_put`] by the kernel's name (`mem_cgroup_put()`).
///
/// # Safety
///
/// As for [`fsn_memcg_put`].
#[no_mangle]
pub unsafe extern "C" fn fsn_mem_cgroup_put(memcg: *mut mem_cgroup) {
    memcg::put(memcg);
}

/// Makes `memcg` pay for the accounted allocations of all threads that have no group of their own; NULL: the root. The
/// library takes its own reference and drops that on the group before.
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_set_process(memcg: *mut mem_cgroup) {
    memcg::set_process(memcg);
}

/// Makes `memcg` pay for the calling thread; NULL: the process's group does again. The library's own reference is
/// dropped when the thread ends. 0 or -ENOMEM (nothing changed).
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_set_current(memcg: *mut mem_cgroup) -> c_int {
    memcg::set_current(memcg)
}

/// Bytes charged; 0 for the root and for NULL. Exact while nobody allocates or frees.
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_usage(memcg: *mut mem_cgroup) -> c_ulong {
    memcg::usage(memcg) as c_ulong
}

/// The hard limit in bytes; `ULONG_MAX`: none (also for the root and NULL).
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_limit(memcg: *mut mem_cgroup) -> c_ulong {
    memcg::limit(memcg) as c_ulong
}

/// Sets the hard limit in bytes: a charge that would exceed it fails (unless `__GFP_NOFAIL`). `ULONG_MAX` takes it away,
/// 0 refuses every charge. Below the present usage nothing is taken away. 0, or -EINVAL for the root and NULL.
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_set_limit(memcg: *mut mem_cgroup, bytes: c_ulong) -> c_int {
    let error = memcg::set_limit(memcg, bytes as usize);
    if error != 0 {
        log::warn("fsn_memcg_set_limit", "neither the root nor NULL can have a limit");
    }
    error
}

/// How many charges the limit has refused (`memory.events: max`).
///
/// # Safety
///
/// `memcg` is NULL or a group on which the caller holds a reference.
#[no_mangle]
pub unsafe extern "C" fn fsn_memcg_refused(memcg: *mut mem_cgroup) -> c_ulong {
    memcg::refused(memcg) as c_ulong
}

/// Directs the calling thread's charges to `memcg`, NULL: no longer (`set_active_memcg()`). Returns what was set before, to
/// be set again afterwards. No reference is taken: the caller holds one until then.
///
/// # Safety
///
/// `memcg` is NULL or a group that stays until another one is set.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_active_memcg(memcg: *mut mem_cgroup) -> *mut mem_cgroup {
    memcg::set_active(memcg)
}

/// A reference on the group that pays for the calling thread (`get_mem_cgroup_from_mm()`): its own, else the process's, else
/// the root; for a NULL `mm` the active one comes first. Never NULL. Given up with [`fsn_mem_cgroup_put`].
///
/// # Safety
///
/// None; `mm` is only compared with NULL.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_mem_cgroup_from_mm(mm: *const c_void) -> *mut mem_cgroup {
    memcg::get_from_mm(mm)
}
