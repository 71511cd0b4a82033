// SPDX-License-Identifier: GPL-2.0-or-later
//! The process host's objects: what a file server makes, links, moves, unlinks and drops.

pub mod dentry;
pub mod file;
pub mod inode;
pub mod mount;
pub mod super_block;
