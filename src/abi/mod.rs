// SPDX-License-Identifier: GPL-2.0-or-later
//! What C sees: types, constants, nothing that runs (the list and cell helpers excepted). cbindgen reads these files.
//!
//! Every field that another thread or C code may change is an atomic or sits in an [`UnsafeCell`](core::cell::UnsafeCell),
//! so a shared reference to one of these structs is sound while C writes to it. Names, order and sizes are the
//! kernel's; `layout.rs` asserts them from the same table that the C compiler reads.
#![allow(non_camel_case_types, reason = "the names are the kernel's")]

pub mod backend;
pub mod creds;
/// cbindgen:ignore
pub mod gfp;
pub mod hashtable;
pub mod id_map;
pub mod layout;
pub(crate) mod list;
pub mod log;
pub mod notifier;
pub mod primitives;
pub mod reclaim;
pub mod slab;
pub mod stats;
pub mod sysctl;
pub mod task;
pub mod text;
pub mod vfs;
pub mod vfs_flags;
pub mod vfs_operations;
pub mod vfs_walk;
pub mod wait;
pub mod work;

pub use backend::*;
pub use creds::*;
pub use gfp::*;
pub use hashtable::*;
pub use id_map::*;
pub use log::*;
pub use notifier::*;
pub use primitives::*;
pub use reclaim::*;
pub use slab::*;
pub use stats::*;
pub use sysctl::*;
pub use task::*;
pub use text::*;
pub use vfs::*;
pub use vfs_flags::*;
pub use vfs_operations::*;
pub use vfs_walk::*;
pub use wait::*;
pub use work::*;
