// SPDX-License-Identifier: GPL-2.0-or-later
//! The spinlock, and the lock word that it shares with the mutex.
//!
//! The states of the word and what changes them stand in `include/fsnotify/fsn/lock.h`, whose inline functions take and
//! release the same locks. In short: [`LOCKED`] and [`PARKED`]; zero is free; whoever finds the word taken spins
//! briefly, sets `PARKED` and sleeps; whoever finds `PARKED` at the unlock wakes one sleeper.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use parking_lot_core::SpinWait;

use super::park::{self, Wake};
use crate::abi::primitives::spinlock;

/// Somebody holds the lock (`FSN_LOCKED`).
pub(crate) const LOCKED: u32 = 1;
/// Somebody sleeps, or is about to sleep, for the lock (`FSN_PARKED`).
pub(crate) const PARKED: u32 = 2;

/// A lock word of any width; only the low 32 bits are used.
pub(super) trait Word {
    fn get(&self) -> u32;
    /// Compare and exchange; does not fail without a reason.
    fn replace(&self, old: u32, new: u32, success: Ordering) -> bool;
    fn put(&self, new: u32, order: Ordering);
    fn address(&self) -> usize {
        core::ptr::from_ref(self).cast::<()>() as usize
    }
}

impl Word for AtomicU32 {
    fn get(&self) -> u32 {
        self.load(Ordering::Relaxed)
    }
    fn replace(&self, old: u32, new: u32, success: Ordering) -> bool {
        self.compare_exchange(old, new, success, Ordering::Relaxed).is_ok()
    }
    fn put(&self, new: u32, order: Ordering) {
        self.store(new, order);
    }
}

impl Word for AtomicUsize {
    fn get(&self) -> u32 {
        self.load(Ordering::Relaxed) as u32
    }
    fn replace(&self, old: u32, new: u32, success: Ordering) -> bool {
        self.compare_exchange(old as usize, new as usize, success, Ordering::Relaxed).is_ok()
    }
    fn put(&self, new: u32, order: Ordering) {
        self.store(new as usize, order);
    }
}

/// Takes a lock whose fast path failed: spins a few rounds, then sleeps until it is woken or handed the lock.
#[cold]
pub(super) fn lock_slow<W: Word>(word: &W) {
    let mut spin = SpinWait::new();
    loop {
        let state = word.get();
        if state & LOCKED == 0 {
            if word.replace(state, state | LOCKED, Ordering::Acquire) {
                return;
            }
            continue;
        }
        if state & PARKED == 0 {
            // Nobody sleeps yet, so the holder may be about to leave.
            if spin.spin() || !word.replace(state, state | PARKED, Ordering::Relaxed) {
                continue;
            }
        }
        match park::park(word.address(), 0, || word.get() == LOCKED | PARKED) {
            Wake::Granted => return,
            Wake::Woken | Wake::Refused => spin.reset(),
        }
    }
}

/// Releases a lock that has sleepers. The word is not touched after it has been released: its memory may be gone.
#[cold]
pub(super) fn unlock_slow<W: Word>(word: &W) {
    park::unpark_one(word.address(), |selected| {
        let parked = if selected.more { PARKED } else { 0 };
        // Now and then the lock goes to the sleeper directly, or a thread that takes it again at once could starve it.
        let grant = selected.woken != 0 && selected.fair;
        if grant {
            word.put(LOCKED | parked, Ordering::Relaxed);
        } else {
            word.put(parked, Ordering::Release);
        }
        grant
    });
}

/// Takes the lock if it is free; never waits.
pub(super) fn try_lock<W: Word>(word: &W) -> bool {
    loop {
        let state = word.get();
        if state & LOCKED != 0 {
            return false;
        }
        if word.replace(state, state | LOCKED, Ordering::Acquire) {
            return true;
        }
    }
}

impl spinlock {
    /// A free lock.
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// Makes the lock free; nobody may be using it.
    pub fn init(&self) {
        self.word.store(0, Ordering::Relaxed);
    }

    /// Takes the lock; waits as long as it takes.
    #[inline]
    pub fn lock(&self) {
        if self.word.compare_exchange(0, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_err() {
            lock_slow(&self.word);
        }
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> bool {
        try_lock(&self.word)
    }

    /// Releases the lock.
    ///
    /// # Safety
    /// The caller holds the lock.
    #[inline]
    pub unsafe fn unlock(&self) {
        if self.word.compare_exchange(LOCKED, 0, Ordering::Release, Ordering::Relaxed).is_err() {
            unlock_slow(&self.word);
        }
    }

    /// Whether somebody holds the lock.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.word.load(Ordering::Relaxed) & LOCKED != 0
    }

    /// The slow path of [`lock`](Self::lock), for C's inline fast path.
    pub fn lock_contended(&self) {
        lock_slow(&self.word);
    }

    /// The slow path of [`unlock`](Self::unlock), for C's inline fast path.
    ///
    /// # Safety
    /// The caller holds the lock.
    pub unsafe fn unlock_contended(&self) {
        unlock_slow(&self.word);
    }
}

impl Default for spinlock {
    fn default() -> Self {
        Self::new()
    }
}
