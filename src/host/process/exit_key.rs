// SPDX-License-Identifier: GPL-2.0-or-later
//! Something to do when a thread ends. A pthread key rather than a Rust destructor: its failure is an error code instead
//! of an abort, and it runs after the destructors of C++ and Rust thread-locals, which may still use the library.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

/// A pthread key that is made at first use and never deleted (the library is never unmapped).
pub(crate) struct ExitKey {
    /// The key plus one; 0 until it exists.
    key: AtomicU32,
    at_exit: unsafe extern "C" fn(*mut c_void),
}

impl ExitKey {
    /// A key whose threads call `at_exit` with what they armed it with.
    pub(crate) const fn new(at_exit: unsafe extern "C" fn(*mut c_void)) -> Self {
        ExitKey { key: AtomicU32::new(0), at_exit }
    }

    /// Has `at_exit` called when the calling thread ends, NULL: no longer. False without memory.
    ///
    /// `at_exit` must not follow what it is called with: where `dlmopen()` has brought in another C library, whose keys
    /// have the same numbers, that may be another key's value.
    pub(crate) fn arm(&self, value: *const c_void) -> bool {
        let Some(key) = self.get() else {
            return false;
        };
        // SAFETY: the key exists and is never deleted.
        unsafe { libc::pthread_setspecific(key, value) == 0 }
    }

    fn get(&self) -> Option<libc::pthread_key_t> {
        let known = self.key.load(Ordering::Acquire);
        if known != 0 {
            return Some(known - 1);
        }
        let mut key: libc::pthread_key_t = 0;
        // SAFETY: `key` is writable and the destructor has the right type.
        if unsafe { libc::pthread_key_create(&mut key, Some(self.at_exit)) } != 0 {
            return None;
        }
        match self.key.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Some(key),
            Err(other) => {
                // SAFETY: this thread made the key and nobody else has seen it.
                unsafe { libc::pthread_key_delete(key) };
                Some(other - 1)
            }
        }
    }
}
