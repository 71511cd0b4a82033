// SPDX-License-Identifier: GPL-2.0-or-later
//! Linux's filesystem-notification core (`fs/notify`) as a library with the kernel's own C interface.
//!
//! * [`abi`]: what C sees and nothing else: `repr(C)` types and constants.
//! * [`notify`]: the core, one file a file of `fs/notify`; `no_std`, asks [`host`] for everything else.
//! * `capi`: the exported functions: check what came from C, call the core.
//! * [`host`]: the list of what the core asks of a host; `host::process` supplies it for an ordinary process.
//! * [`vfs`]: the process host's inodes, dentries, superblocks, mounts and files.
//!
//! The crate is `no_std`; only the process host and its objects may name `std` (they declare it for themselves), so the
//! core cannot come to depend on it.
//!
//! Features choose a host and how much of the core is there: Cargo.toml says which.
#![no_std]
#![cfg_attr(
    all(feature = "process", not(feature = "core")),
    expect(dead_code, unused_imports, reason = "the host offers what only the core uses")
)]

// What is shipped must not unwind into C. Debug builds abort too (Cargo.toml), except under the test harness, which
// needs unwinding; release builds of the tests therefore do not exist.
#[cfg(all(not(panic = "abort"), not(debug_assertions)))]
compile_error!("libfsnotify is shipped with panic = \"abort\" only: a panic must not unwind into C");
#[cfg(feature = "process")]
#[cfg(feature = "kernel")]
compile_error!("one host: `process` or `kernel`");
#[cfg(not(any(feature = "process", feature = "kernel")))]
compile_error!("a host is needed: `process` or `kernel`");

#[cfg(feature = "process")]
pub mod abi;
#[cfg(feature = "process")]
pub mod capi;
pub mod host;
#[cfg(feature = "kernel")]
use host::kernel::abi;
pub mod notify;
#[cfg(feature = "process")]
pub mod vfs;
