// SPDX-License-Identifier: GPL-2.0-or-later
//! Flags of allocations and of caches, with the values of an x86_64 6.12 kernel. `fsn/mem.h` has them for C. Those that
//! steer reclaim have no effect here beyond what [`kmalloc`](crate::host::process::slab::kmalloc) says.
#![allow(non_upper_case_globals, reason = "the names are the kernel's")]

use super::slab::{gfp_t, slab_flags_t};

/// May use the emergency reserves.
pub const __GFP_HIGH: gfp_t = 0x20;
/// May start I/O.
pub const __GFP_IO: gfp_t = 0x40;
/// May call into filesystems.
pub const __GFP_FS: gfp_t = 0x80;
/// Zeroed memory.
pub const __GFP_ZERO: gfp_t = 0x100;
/// May reclaim directly, so may sleep.
pub const __GFP_DIRECT_RECLAIM: gfp_t = 0x400;
/// May wake the background reclaim.
pub const __GFP_KSWAPD_RECLAIM: gfp_t = 0x800;
/// No message when it fails.
pub const __GFP_NOWARN: gfp_t = 0x2000;
/// Tries hard, may fail.
pub const __GFP_RETRY_MAYFAIL: gfp_t = 0x4000;
/// Does not fail: neither limits nor injected failures apply, and it waits until the system has memory.
pub const __GFP_NOFAIL: gfp_t = 0x8000;
/// Gives up early.
pub const __GFP_NORETRY: gfp_t = 0x1_0000;
/// May use all of the reserves.
pub const __GFP_MEMALLOC: gfp_t = 0x2_0000;
/// May not use the reserves.
pub const __GFP_NOMEMALLOC: gfp_t = 0x8_0000;
/// Within the cpuset.
pub const __GFP_HARDWALL: gfp_t = 0x10_0000;
/// Charged to a memory group.
pub const __GFP_ACCOUNT: gfp_t = 0x40_0000;
/// Both ways to reclaim.
pub const __GFP_RECLAIM: gfp_t = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;

/// Must not sleep, may use reserves.
pub const GFP_ATOMIC: gfp_t = __GFP_HIGH | __GFP_KSWAPD_RECLAIM;
/// The usual one.
pub const GFP_KERNEL: gfp_t = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
/// The usual one, charged to a memory group.
pub const GFP_KERNEL_ACCOUNT: gfp_t = GFP_KERNEL | __GFP_ACCOUNT;
/// Must not sleep.
pub const GFP_NOWAIT: gfp_t = __GFP_KSWAPD_RECLAIM | __GFP_NOWARN;
/// Starts no I/O.
pub const GFP_NOIO: gfp_t = __GFP_RECLAIM;
/// Does not call into filesystems.
pub const GFP_NOFS: gfp_t = __GFP_RECLAIM | __GFP_IO;
/// For a user.
pub const GFP_USER: gfp_t = __GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL;

/// Align objects to cache lines.
pub const SLAB_HWCACHE_ALIGN: slab_flags_t = 1 << 4;
/// Creation does not fail: it aborts.
pub const SLAB_PANIC: slab_flags_t = 1 << 8;
/// Memory of objects stays readable for a grace period. Not supported: such a cache cannot be created.
pub const SLAB_TYPESAFE_BY_RCU: slab_flags_t = 1 << 9;
/// All objects are charged to a memory group.
pub const SLAB_ACCOUNT: slab_flags_t = 1 << 13;
/// Objects can be reclaimed.
pub const SLAB_RECLAIM_ACCOUNT: slab_flags_t = 1 << 16;
