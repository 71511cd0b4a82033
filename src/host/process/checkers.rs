// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether freed memory may be kept for the next allocation, or somebody watches what malloc and free are called with.
//!
//! A sanitizer or valgrind sees a use after free or a leak only if each object is malloc's, and given back to it. So does a
//! debug build, whose objects are poisoned. `FSN_MAGAZINES=0` in the environment turns keeping off as well, `FSN_MAGAZINES=1`
//! turns it on whatever else is found; the tests need that.

use core::ffi::{c_char, CStr};
use core::sync::atomic::{AtomicU8, Ordering};

/// [`KEEP`]: not looked at yet.
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// The answer never changes: blocks that are kept are larger than what was asked for.
static KEEP: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Whether freed memory may be kept.
pub(super) fn may_keep() -> bool {
    match KEEP.load(Ordering::Relaxed) {
        UNKNOWN => look(),
        known => known == YES,
    }
}

#[cold]
fn look() -> bool {
    let found = if wanted() { YES } else { NO };
    // Two threads may look at once, and the environment may change between them: the first answer holds.
    match KEEP.compare_exchange(UNKNOWN, found, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => found == YES,
        Err(first) => first == YES,
    }
}

fn wanted() -> bool {
    if cfg!(miri) {
        return false;
    }
    match environment(c"FSN_MAGAZINES") {
        Some(b"0") => false,
        Some(b"1") => true,
        _ => !cfg!(debug_assertions) && !sanitized() && !under_valgrind(),
    }
}

fn environment(name: &CStr) -> Option<&'static [u8]> {
    // SAFETY: the name is a C string. Whoever changes the environment while other threads read it breaks getenv() for all.
    let value: *const c_char = unsafe { libc::getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: a C string of the environment, which is looked at only while it cannot have changed yet.
    Some(unsafe { CStr::from_ptr(value) }.to_bytes())
}

/// Valgrind loads parts of its tools into the program.
fn under_valgrind() -> bool {
    environment(c"LD_PRELOAD").is_some_and(|list| list.windows(9).any(|part| part == b"vgpreload"))
}

/// Addresses of functions that the run-time libraries of the sanitizers have; NULL for those that are not there.
const SANITIZERS: usize = 5;

// A table in assembly, because the references are weak: Rust has no name for that.
#[cfg(all(not(miri), target_pointer_width = "64"))]
core::arch::global_asm!(
    ".weak __asan_init",
    ".weak __hwasan_init",
    ".weak __lsan_init",
    ".weak __msan_init",
    ".weak __tsan_init",
    ".pushsection .data.rel.ro.fsn_sanitizers, \"aw\"",
    ".balign 8",
    ".globl fsn_sanitizers",
    ".hidden fsn_sanitizers",
    "fsn_sanitizers:",
    ".quad __asan_init",
    ".quad __hwasan_init",
    ".quad __lsan_init",
    ".quad __msan_init",
    ".quad __tsan_init",
    ".popsection",
);

#[cfg(all(not(miri), target_pointer_width = "64"))]
fn sanitized() -> bool {
    extern "C" {
        static fsn_sanitizers: [usize; SANITIZERS];
    }
    // SAFETY: the table above, which nobody writes.
    unsafe { &fsn_sanitizers }.iter().any(|&address| address != 0)
}

#[cfg(any(miri, not(target_pointer_width = "64")))]
fn sanitized() -> bool {
    false
}
