// SPDX-License-Identifier: GPL-2.0-or-later
//! What the core asks of a host. The list below is complete: the core names nothing of a host but what is
//! re-exported here, and a host is whatever supplies these names with these meanings.

pub mod process;

// Locks and counters are methods of the embedded types: `spinlock::{lock, unlock}`, `mutex::{lock, unlock, is_locked}`,
// `refcount_struct::{set, read, inc, inc_not_zero, dec_and_test, dec_and_lock}`. The fields of groups are reached through the
// methods of `group_fields`, those of marks, connectors and the objects under them through the methods of `fields`.
pub(crate) use process::fields::{connector_at, d_is_special, for_each_child, path_mount, Data, NameSnapshot, Object};
#[cfg(feature = "core")]
pub(crate) use process::fields::{connector_cache, mark_srcu};
// SRCU: readers never block and may sleep; a writer waits for those that were there before it.
pub(crate) use process::srcu::{srcu_read_lock, srcu_read_unlock, synchronize_srcu};
// Sleeping until somebody makes a condition true.
pub(crate) use process::task::cond_resched;
pub(crate) use process::wait_bit::{wait_var_event, wake_up_var};
pub(crate) use process::waitqueue::{init_waitqueue_head, wait_event, wake_up};
// Work on the worker thread; delays are in jiffies.
// (`delayed_work`, `work_struct`).
pub(crate) use process::work::{flush_delayed_work, queue_delayed_work};
// Memory, charged to the active memory group where `gfp` says so; NULL when there is none.
pub(crate) use process::cache::{kmem_cache_alloc, kmem_cache_free};
pub(crate) use process::slab::{kfree, kzalloc};
// A free in two halves, for debug builds: counters and charges, then the memory.
#[cfg(debug_assertions)]
pub(crate) use process::slab::{release, retire};
// Signals to the owner of a file.
pub(crate) use process::fasync::kill_fasync;
// A pause of about a millisecond, before a fork.
pub(crate) use process::fork::pause as fork_pause;
// Warnings (function, message), counters, trace points.
pub(crate) use process::log::warn;
pub(crate) use process::stats::{add as count, Counter};
pub(crate) use process::trace;
// The objects under the marks.
pub(crate) use crate::vfs::dentry::{d_unlinked, dget_parent, dput};
pub(crate) use crate::vfs::inode::{__iget, ihold, iput};

use core::ffi::c_int;

/// An errno, positive; the C boundary negates it.
pub(crate) type Error = c_int;
pub(crate) use libc::{EEXIST, EINVAL, EIO, ENOENT, ENOMEM, SIGIO};
/// `band` of a signal that says there is something to read.
pub(crate) const POLL_IN: c_int = 1;
