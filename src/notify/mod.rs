// SPDX-License-Identifier: GPL-2.0-or-later
//! The core: one file a file of `fs/notify`. Lifetimes, references and the order of locks stand at the head of `mark.rs`.

mod connector;
pub(crate) mod fsnotify;
pub(crate) mod group;
pub(crate) mod group_state;
pub mod lock_order;
pub(crate) mod mark;
pub(crate) mod notification;
pub(crate) mod reaper;

/// Before a fork: what the core holds in common is whole.
pub(crate) fn before_fork() {
    reaper::before_fork();
    group_state::before_fork();
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    group_state::after_fork_in_parent();
    reaper::after_fork_in_parent();
}

/// After a fork, in the child: the work of the parent's other threads goes on.
pub(crate) fn after_fork_in_child() {
    group_state::after_fork_in_child();
    reaper::after_fork_in_child();
}
