// SPDX-License-Identifier: GPL-2.0-or-later
//! What `fsn_stats()` fills in.

/// The library's counters. Names in the plural alone count what exists now, `*_total` what was ever made; the events'
/// fields other than `events_pending` are totals.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct fsn_stats {
    /// Groups that exist.
    pub groups: u64,
    /// Groups ever made.
    pub groups_total: u64,
    /// Marks initialised and not yet given back through `free_mark`.
    pub marks: u64,
    /// Marks ever initialised.
    pub marks_total: u64,
    /// Marks that were freed after their grace period.
    pub marks_reaped: u64,
    /// Connectors (watched objects) that exist.
    pub connectors: u64,
    /// Connectors ever made.
    pub connectors_total: u64,
    /// Superblocks that carry notification state.
    pub sb_infos: u64,
    /// Superblocks that ever did.
    pub sb_infos_total: u64,
    /// Events on queues now.
    pub events_pending: u64,
    /// Events ever queued, overflow events included.
    pub events_queued: u64,
    /// Events taken off a queue.
    pub events_dequeued: u64,
    /// Events merged into a queued one.
    pub events_merged: u64,
    /// Events lost.
    pub events_dropped: u64,
    /// Overflow events queued.
    pub events_overflowed: u64,
    /// Inodes that the library made and that exist.
    pub inodes: u64,
    /// Inodes that the library ever made.
    pub inodes_total: u64,
    /// Dentries that the library made and that exist.
    pub dentries: u64,
    /// Dentries that the library ever made.
    pub dentries_total: u64,
    /// Allocations (`fsn_kmalloc()`, caches, the library's own objects) that exist.
    pub allocations: u64,
    /// Allocations ever made.
    pub allocations_total: u64,
    /// Bytes of the allocations that exist, as asked for.
    pub allocated_bytes: u64,
    /// Allocations that failed.
    pub allocations_failed: u64,
    /// Memory groups that exist, the root not counted.
    pub memcgs: u64,
    /// Memory groups ever made.
    pub memcgs_total: u64,
    /// Messages of level warning or worse.
    pub warnings: u64,
    /// Grace periods completed.
    pub grace_periods: u64,
    /// Signals asked for on behalf of files with FASYNC.
    pub signals: u64,
    /// Zero; counters to come.
    pub reserved: [u64; 36],
}

const _: () = assert!(size_of::<fsn_stats>() == 512);
