// SPDX-License-Identifier: GPL-2.0-or-later
//! The exported functions: check what came from C, call the core or the host.

#[cfg(feature = "group")]
mod checked;
pub mod dentry;
pub mod descriptors;
#[cfg(feature = "core")]
pub mod dump;
pub mod exe_file;
pub mod fasync;
pub mod file_ops;
#[cfg(feature = "core")]
pub mod fsnotify;
#[cfg(feature = "group")]
pub mod group;
pub mod inode;
pub mod kthread;
#[cfg(feature = "core")]
pub mod mark;
pub mod mem;
pub mod memcg;
pub mod mempool;
#[cfg(feature = "core")]
pub mod notification;
pub mod notifier;
pub mod rcu;
pub mod reclaim;
pub mod rhashtable;
pub mod sched;
pub mod sync;
#[cfg(feature = "core")]
pub mod v61;
#[cfg(feature = "group")]
pub mod versions;
pub mod vfs;
pub mod wait;
pub mod work;
