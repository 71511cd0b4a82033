// SPDX-License-Identifier: GPL-2.0-or-later
//! The process host's objects: what a file server makes, links, moves, unlinks and drops.
//!
//! Locks, outermost first, as in the kernel: `i_rwsem`, the tree of mounts, `s_umount`, the rename lock, the lock of mounts,
//! `s_inode_list_lock`, the chains of inodes, `i_lock`, `d_lock` of a dentry before that of its descendants, the lock of a
//! chain of names.
//!
//! Lifetimes. A dentry holds one reference on its parent and one on its inode; a mount holds one on its root and an
//! active one on its superblock; a file holds one on each half of its path. An inode does not hold its superblock:
//! it must be gone before the superblock is, and one that is not keeps a superblock of the library's allocated.
//!
//! A dentry's count changes by atomic operations. It rises from any value that is not negative while one of these is
//! held: a reference, `d_lock`, the inode's `i_lock` with the dentry on `i_dentry`, the lock of the hash chain that it is
//! on, or `d_lock` of a child. It falls to zero only under `d_lock`. Whoever sees zero under `d_lock` and exchanges it for
//! [`dentry::DEAD`] owns the dentry's end: nobody takes a reference any more, nobody else frees it. So no path here needs
//! an RCU read side of its own; memory that the library allocated is freed after a grace period for the C code that does.
//!
//! An object that the program allocated is never freed here: the field `fsn_origin` of the library's own carries a tag
//! made from the object's address, which zeroed memory cannot have and a copy of the struct does not match.

mod held;
mod hooks;
mod links;
mod origin;
pub(crate) mod pump;
mod user_memory;

pub mod anon_inodes;
pub mod close;
pub mod dentry;
pub mod dentry_alloc;
pub mod dentry_hash;
pub mod dentry_link;
pub mod dentry_move;
pub mod dentry_path;
pub mod dentry_tree;
pub mod descriptor_table;
pub mod exe_file;
pub mod exportfs;
pub mod fcntl;
pub mod fdinfo;
pub mod file;
pub(crate) mod fork;
pub mod fs_struct;
pub mod inode;
pub mod inode_alloc;
pub mod inode_hash;
pub mod lookup;
pub mod mount;
pub mod name;
pub mod namei;
pub mod namespace;
pub mod permission;
pub mod pidfd;
pub mod place;
pub mod read_write;
pub mod real_descriptor;
pub mod select;
pub mod statfs;
pub mod super_block;
pub mod writers;
