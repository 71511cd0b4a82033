// SPDX-License-Identifier: GPL-2.0-or-later
//! The file that the process executes, for C.

use core::ffi::c_void;

use crate::abi::file;
use crate::vfs::exe_file;

/// The file that `fsn_set_mm_exe_file()` has set, with a reference for the caller; NULL if there is none. `mm` is
/// `fsn_current()->mm`: a process has no other.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_mm_exe_file(mm: *mut c_void) -> *mut file {
    let _ = mm;
    exe_file::get_mm_exe_file()
}

/// Makes `new_exe_file` the file that the process executes, with a reference of its own; NULL for none. The old one is put.
///
/// # Safety
/// NULL or a file on which the caller has a reference; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_mm_exe_file(mm: *mut c_void, new_exe_file: *mut file) {
    let _ = mm;
    // SAFETY: promised by the caller.
    unsafe { exe_file::set_mm_exe_file(new_exe_file) };
}
