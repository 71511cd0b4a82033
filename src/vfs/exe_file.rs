// SPDX-License-Identifier: GPL-2.0-or-later
//! The file that the process executes, as far as the program has named one: a server of files that runs "programs" of its
//! tree does. A process has one memory, so there is one of them.

use super::file::{fput, get_file};
use crate::abi::file;
use crate::host::process::fork::Guarded;
use core::ptr;

struct Exe(*mut file);
// SAFETY: the file is used under the lock, or with a reference that was taken under it.
unsafe impl Send for Exe {}

/// With a reference of its own.
static EXE: Guarded<Exe> = Guarded::new(Exe(ptr::null_mut()));

/// The file with a reference for the caller, or NULL.
pub fn get_mm_exe_file() -> *mut file {
    EXE.with(|exe| {
        // SAFETY: NULL, or alive because of the reference.
        if let Some(file) = unsafe { exe.0.as_ref() } {
            get_file(file);
        }
        exe.0
    })
}

/// Makes `new`, NULL for none, the file, with a reference of its own.
///
/// # Safety
/// NULL or a file on which the caller has a reference; the caller holds no lock.
pub unsafe fn set_mm_exe_file(new: *mut file) {
    // SAFETY: promised by the caller.
    if let Some(file) = unsafe { new.as_ref() } {
        get_file(file);
    }
    let old = EXE.with(|exe| core::mem::replace(&mut exe.0, new));
    // SAFETY: NULL, or the reference that was kept here.
    unsafe { fput(old) };
}
