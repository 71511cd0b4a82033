// SPDX-License-Identifier: GPL-2.0-or-later
//! The process host: what a kernel would have given the core, for an ordinary process. One file a primitive.
pub(crate) extern crate std;

pub mod cache;
mod checkers;
pub mod creds;
mod depot;
pub(crate) mod descriptors;
pub(crate) mod doorbell;
mod errno;
pub(crate) mod exit_key;
pub mod fasync;
pub mod fields;
pub mod fork;
pub mod fown;
mod futex;
mod group_fields;
pub mod groups;
pub mod idr;
pub mod kthread;
pub mod list_lru;
pub mod log;
mod magazine;
pub mod membarrier;
pub mod memcg;
pub mod mempool;
pub mod mutex;
pub mod notifier;
pub mod park;
pub mod percpu;
pub mod pids;
pub mod poll;
pub mod rcu;
pub mod refcount;
pub mod rhashtable;
pub mod rhashtable_resize;
pub mod rhashtable_walk;
pub mod rwlock;
pub mod rwsem;
pub mod security;
pub mod seq_file;
pub mod shrinker;
pub(crate) mod signal;
pub mod slab;
pub(crate) mod spawn;
pub mod spinlock;
pub mod srcu;
mod srcu_slots;
mod srcu_wait;
pub mod stats;
pub mod sysctl;
pub mod sysctl_text;
pub mod taint;
pub mod task;
pub mod thread;
pub mod trace;
pub mod uaccess;
pub mod ucount;
pub mod user_ns;
pub mod wait_bit;
pub mod waitqueue;
pub mod work;
mod work_list;

/// The errno of the calling thread's last failed call of the system.
pub(crate) fn last_error() -> core::ffi::c_int {
    errno::get()
}

/// Restores it.
pub(crate) fn set_last_error(error: core::ffi::c_int) {
    errno::set(error);
}
