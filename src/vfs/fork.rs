// SPDX-License-Identifier: GPL-2.0-or-later
//! What the objects hold in common over a fork: the locks that belong to no single object are taken before it, so that in
//! the child what they protect is whole. Locks inside an object that another thread of the parent held stay held there.

use super::{anon_inodes, dentry_hash, dentry_move, fs_struct, inode, mount, namespace, super_block};
use crate::abi::spinlock;

/// Those locks, outermost first; the chains of names come after them.
fn locks() -> [&'static spinlock; 8] {
    [
        &fs_struct::FS.lock,
        &anon_inodes::SETTING_UP,
        &dentry_move::RENAME,
        &super_block::SB_LOCK,
        &mount::MOUNT_LOCK,
        &inode::HASH_LOCK,
        // A single object's, but one that every thread uses.
        anon_inodes::inode_lock(),
        // Settles which chains there are.
        &dentry_hash::USED_LOCK,
    ]
}

/// Before a fork: takes them. Nobody may fork while holding one, in a callback of a lookup for example.
pub(crate) fn before_fork() {
    namespace::NAMESPACE.down_write();
    for lock in locks() {
        lock.lock();
    }
    for lock in dentry_hash::locks() {
        lock.lock();
    }
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    // The chains first: which of them were taken is settled while `USED_LOCK` is held.
    for lock in dentry_hash::locks().chain(locks()) {
        // SAFETY: taken before the fork by this thread.
        unsafe { lock.unlock() };
    }
    // SAFETY: as above.
    unsafe { namespace::NAMESPACE.up_write() };
}

/// After a fork, in the child: free, whoever had it or waited for it.
pub(crate) fn after_fork_in_child() {
    for lock in dentry_hash::locks().chain(locks()) {
        lock.init();
    }
    namespace::NAMESPACE.init();
}
