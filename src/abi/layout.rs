// SPDX-License-Identifier: GPL-2.0-or-later
//! Sizes, offsets and values, asserted from the table that the C compiler reads too.
//!
//! `build.rs` reads `include/fsnotify/fsn/layout.def` and writes a `const` assertion for each of its lines; a wrong one
//! names the line. The table holds for 64-bit targets.

#[cfg(target_pointer_width = "64")]
mod asserted {
    use super::super::{
        backend::*, creds::*, id_map::*, primitives::*, sysctl::*, text::*, vfs::*, vfs_flags::*, vfs_operations::*,
    };
    use core::mem::{offset_of, size_of};

    include!(concat!(env!("OUT_DIR"), "/layout.rs"));
}
