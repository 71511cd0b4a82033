// SPDX-License-Identifier: GPL-2.0-or-later
//! The exported functions: check what came from C, call the core or the host.

mod checked;
pub mod dentry;
pub mod dump;
pub mod fasync;
pub mod fsnotify;
pub mod group;
pub mod inode;
pub mod mark;
pub mod mem;
pub mod memcg;
pub mod mempool;
pub mod notification;
pub mod rcu;
pub mod sched;
pub mod sync;
pub mod v61;
pub mod versions;
pub mod vfs;
pub mod wait;
pub mod work;
