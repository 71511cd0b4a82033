// SPDX-License-Identifier: GPL-2.0-or-later
//! What has happened that whoever reads a report of a fault should know of.

use core::sync::atomic::{AtomicU64, Ordering};

static MASK: AtomicU64 = AtomicU64::new(0);

/// Notes a flag for the life of the process.
pub fn add(flag: u32) {
    MASK.fetch_or(1u64.checked_shl(flag).unwrap_or(0), Ordering::Relaxed);
}

/// The flags, as bits.
pub fn get() -> u64 {
    MASK.load(Ordering::Relaxed)
}
