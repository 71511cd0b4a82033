// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests of memory and messages share: they run one at a time, for counters, injected failures and the log
//! belong to the process, and each must leave nothing behind.
#![allow(dead_code, reason = "each of the test programs uses its part")]

use core::ffi::{c_char, c_int, c_void, CStr};
use core::ptr;
use fsnotify::host::process::memcg::{self, mem_cgroup};
use fsnotify::host::process::stats::{self, Counter};
use fsnotify::host::process::{log, slab};
use std::sync::{Mutex, MutexGuard};
use std::thread;

/// Counters, injected failures and the log belong to the process: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What the log was told.
static SAID: Mutex<Vec<(c_int, String, String)>> = Mutex::new(Vec::new());

unsafe extern "C" fn listen(_: *mut c_void, level: c_int, function: *const c_char, message: *const c_char) {
    // SAFETY: the log passes C strings.
    let function = unsafe { CStr::from_ptr(function) }.to_string_lossy().into_owned();
    // SAFETY: as above.
    let message = unsafe { CStr::from_ptr(message) }.to_string_lossy().into_owned();
    SAID.lock().unwrap().push((level, function, message));
}

/// A test's stay: alone, with the log captured; what it allocated must be gone at its end.
pub struct Alone {
    live: i64,
    bytes: i64,
    /// Memory groups that there were.
    pub groups: i64,
    _lock: MutexGuard<'static, ()>,
}

pub fn live() -> (i64, i64, i64) {
    memcg::reap();
    (
        stats::read(Counter::Alloc) - stats::read(Counter::Free),
        stats::read(Counter::AllocBytes) - stats::read(Counter::FreeBytes),
        stats::read(Counter::MemcgAlloc) - stats::read(Counter::MemcgFree),
    )
}

pub fn alone() -> Alone {
    let lock = ONE_AT_A_TIME.lock().unwrap_or_else(|e| e.into_inner());
    SAID.lock().unwrap().clear();
    assert_eq!(log::set(Some(listen), ptr::null_mut()), 0);
    let (live, bytes, groups) = live();
    Alone { live, bytes, groups, _lock: lock }
}

impl Drop for Alone {
    fn drop(&mut self) {
        log::set(None, ptr::null_mut());
        slab::fail_alloc(0, 0);
        if !thread::panicking() {
            assert_eq!(
                live(),
                (self.live, self.bytes, self.groups),
                "objects, bytes and groups are back where they were"
            );
        }
    }
}

pub fn said() -> Vec<(c_int, String, String)> {
    core::mem::take(&mut *SAID.lock().unwrap())
}

/// The functions that complained.
pub fn complaints() -> Vec<String> {
    said().into_iter().map(|(_, function, _)| function).collect()
}

pub fn free(object: *mut c_void) {
    // SAFETY: each test frees what it allocated, once.
    unsafe { slab::kfree(object) };
}

pub fn bytes_of<'a>(object: *mut c_void) -> &'a [u8] {
    // SAFETY: the tests pass live objects that were written or zeroed.
    let size = unsafe { slab::ksize(object) };
    // SAFETY: as above.
    unsafe { core::slice::from_raw_parts(object.cast(), size) }
}

pub fn fill(object: *mut c_void, value: u8) {
    // SAFETY: the tests pass live objects.
    let size = unsafe { slab::ksize(object) };
    // SAFETY: as above.
    unsafe { ptr::write_bytes(object.cast::<u8>(), value, size) };
}

/// What an accounted object of `size` bytes costs.
pub const fn cost(size: usize) -> usize {
    size + 16
}

/// Passes a pointer to another thread.
pub struct Share<T>(pub *mut T);

impl<T> Clone for Share<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Share<T> {}

// SAFETY: groups and caches are shared between threads on purpose.
unsafe impl<T> Send for Share<T> {}

impl<T> Share<T> {
    pub fn get(self) -> *mut T {
        self.0
    }
}

/// A group that pays for this thread until it is dropped.
pub struct Paying(pub *mut mem_cgroup);

impl Default for Paying {
    fn default() -> Self {
        Self::new()
    }
}

impl Paying {
    pub fn new() -> Self {
        let group = memcg::create(b"paying");
        memcg::set_active(group);
        Paying(group)
    }
}

impl Drop for Paying {
    fn drop(&mut self) {
        memcg::set_active(ptr::null_mut());
        memcg::put(self.0);
    }
}
