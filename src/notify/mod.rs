// SPDX-License-Identifier: GPL-2.0-or-later
//! The core: one file a file of `fs/notify`. Lifetimes, references and the order of locks stand at the head of `mark.rs`.

#[cfg(feature = "core")]
mod connector;
#[cfg(feature = "core")]
pub(crate) mod fsnotify;
#[cfg(feature = "group")]
pub(crate) mod group;
#[cfg(feature = "core")]
pub(crate) mod group_state;
#[cfg(feature = "core")]
pub(crate) mod index;
#[cfg(feature = "group")]
pub mod lock_order;
#[cfg(feature = "core")]
pub(crate) mod mark;
#[cfg(feature = "core")]
pub(crate) mod notification;
#[cfg(feature = "core")]
pub(crate) mod reaper;
#[cfg(feature = "core")]
mod siblings;
#[cfg(all(feature = "group", not(feature = "core")))]
#[path = "siblings_in_c.rs"]
mod siblings;
#[cfg(feature = "core")]
mod skip_list;
#[cfg(feature = "core")]
mod walk;

/// Before a fork: what the core holds in common is whole.
#[cfg(feature = "process")]
pub(crate) fn before_fork() {
    #[cfg(feature = "core")]
    {
        reaper::before_fork();
        index::before_fork();
        group_state::before_fork();
    }
}

/// After a fork, in the parent.
#[cfg(feature = "process")]
pub(crate) fn after_fork_in_parent() {
    #[cfg(feature = "core")]
    {
        group_state::after_fork_in_parent();
        index::after_fork_in_parent();
        reaper::after_fork_in_parent();
    }
}

/// After a fork, in the child: the work of the parent's other threads goes on.
#[cfg(feature = "process")]
pub(crate) fn after_fork_in_child() {
    #[cfg(feature = "core")]
    {
        group_state::after_fork_in_child();
        index::after_fork_in_child();
        reaper::after_fork_in_child();
    }
}
