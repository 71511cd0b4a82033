// SPDX-License-Identifier: GPL-2.0-or-later
//! Processors for C. `fsn/percpu.h` has the variables that each has its own of.

use crate::host::process::percpu;
use core::ffi::c_uint;

/// The processor that the calling thread runs on, or did a moment ago (`smp_processor_id()`), below `fsn_nr_cpu_ids()`.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_smp_processor_id() -> c_uint {
    percpu::this()
}

/// How many processors data is kept for (`nr_cpu_ids`): those that the system can have, at most 64; with more, some share.
///
/// # Safety
/// None.
#[no_mangle]
pub unsafe extern "C" fn fsn_nr_cpu_ids() -> c_uint {
    percpu::count()
}
