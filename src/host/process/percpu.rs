// SPDX-License-Identifier: GPL-2.0-or-later
//! Which processor a thread runs on. A thread may be moved at any moment, so data of a processor is changed atomically.

use core::sync::atomic::{AtomicU32, Ordering};

/// Data is kept for so many processors (`FSN_NR_CPUS` in `fsn/percpu.h`).
pub const NR_CPUS: u32 = 64;

/// How many processors data is kept for.
pub fn count() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let known = COUNT.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // SAFETY: has no preconditions.
    let configured = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    let count = configured.clamp(1, NR_CPUS.into()) as u32;
    COUNT.store(count, Ordering::Relaxed);
    count
}

/// The processor that the thread runs on, or did a moment ago; below [`count`].
pub fn this() -> u32 {
    if cfg!(miri) {
        return 0;
    }
    // SAFETY: has no preconditions.
    let cpu = unsafe { libc::sched_getcpu() };
    cpu.max(0) as u32 % count()
}
