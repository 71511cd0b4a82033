// SPDX-License-Identifier: GPL-2.0-or-later
//! What the core asks of a host. The list below is complete: the core names nothing of a host but what is
//! re-exported here, and a host is whatever supplies these names with these meanings.

/// cbindgen:ignore
#[cfg(feature = "kernel")]
pub mod kernel;
#[cfg(feature = "process")]
pub mod process;

/// The list, for all of the core. In a kernel `group.rs` alone asks: of a group's fields, of the counters and trace points
/// (which a kernel has elsewhere) and of [`kernel::warn`].
#[cfg(feature = "process")]
mod asked {
    // Locks and counters are methods of the embedded types: `spinlock::{lock, unlock}`, `mutex::{lock, unlock, is_locked}`,
    // `refcount_struct::{set, read, inc, inc_not_zero, dec_and_test, dec_and_lock}`. The fields of groups are reached through the
    // methods of `group_fields`, those of marks, connectors and the objects under them through the methods of `fields`.
    pub(crate) use super::process::fields::{
        connector_at, d_is_special, for_each_child, path_mount, Data, NameSnapshot, Object,
    };
    #[cfg(feature = "core")]
    pub(crate) use super::process::fields::{connector_cache, mark_srcu};
    // SRCU: readers never block and may sleep; a writer waits for those that were there before it.
    pub(crate) use super::process::srcu::{srcu_read_lock, srcu_read_unlock, synchronize_srcu};
    // Sleeping until somebody makes a condition true.
    pub(crate) use super::process::task::cond_resched;
    pub(crate) use super::process::wait_bit::{wait_var_event, wake_up_var};
    pub(crate) use super::process::waitqueue::{init_waitqueue_head, wait_event, wake_up};
    // Work on the worker thread; delays are in jiffies.
    // (`delayed_work`, `work_struct`).
    pub(crate) use super::process::work::{flush_delayed_work, queue_delayed_work};
    // Memory, charged to the active memory group where `gfp` says so; NULL when there is none.
    pub(crate) use super::process::cache::{kmem_cache_alloc, kmem_cache_free};
    pub(crate) use super::process::slab::{kfree, kzalloc};
    // A free in two halves, for debug builds: counters and charges, then the memory.
    #[cfg(debug_assertions)]
    pub(crate) use super::process::slab::{release, retire};
    // Signals to the owner of a file.
    pub(crate) use super::process::fasync::kill_fasync;
    // A pause of about a millisecond, before a fork.
    pub(crate) use super::process::fork::pause as fork_pause;
    // Warnings (function, message), counters, trace points.
    pub(crate) use super::process::log::warn;
    pub(crate) use super::process::stats::{add as count, Counter};
    pub(crate) use super::process::trace;
    // The objects under the marks.
    pub(crate) use crate::vfs::dentry::{d_unlinked, dget_parent, dput};
    pub(crate) use crate::vfs::inode::{__iget, ihold, iput};
    /// An errno, positive; the C boundary negates it.
    pub(crate) type Error = core::ffi::c_int;
    /// `band` of a signal that says there is something to read.
    pub(crate) const POLL_IN: core::ffi::c_int = 1;
    pub(crate) use libc::{EEXIST, EINVAL, EIO, ENOENT, ENOMEM, SIGIO};
}
#[cfg(feature = "process")]
pub(crate) use asked::*;
#[cfg(feature = "kernel")]
pub(crate) use kernel::{count, trace, warn, Counter, EIO};
