// SPDX-License-Identifier: GPL-2.0-or-later
//! A spinlock that is given back when it goes out of scope: for the paths that leave in several ways.

use crate::abi::spinlock;

/// A held spinlock.
pub(super) struct Held<'a>(&'a spinlock);

/// Takes the lock until the result is dropped.
#[must_use]
pub(super) fn hold(lock: &spinlock) -> Held<'_> {
    lock.lock();
    Held(lock)
}

/// Takes the lock if it is free.
#[must_use]
pub(super) fn try_hold(lock: &spinlock) -> Option<Held<'_>> {
    lock.try_lock().then(|| Held(lock))
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: a `Held` exists only while this thread has the lock.
        unsafe { self.0.unlock() }
    }
}
