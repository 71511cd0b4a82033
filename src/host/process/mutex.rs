// SPDX-License-Identifier: GPL-2.0-or-later
//! The mutex: the spinlock's word and rules (see `spinlock`) in the kernel's larger structure.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use super::spinlock::{lock_slow, try_lock, unlock_slow, LOCKED};
use crate::abi::primitives::{list_head, mutex, spinlock};

const FREE: usize = 0;
const TAKEN: usize = LOCKED as usize;

impl mutex {
    /// A free mutex. Its unused list is as zeroed memory would have it, which is as good as an empty one.
    pub const fn new() -> Self {
        Self {
            owner: AtomicUsize::new(FREE),
            wait_lock: spinlock::new(),
            osq: AtomicU32::new(0),
            wait_list: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        }
    }

    /// Makes the mutex free; nobody may be using it.
    pub fn init(&self) {
        let head = (&raw const self.wait_list).cast_mut();
        self.owner.store(FREE, Ordering::Relaxed);
        self.wait_lock.init();
        self.osq.store(0, Ordering::Relaxed);
        self.wait_list.next.store(head, Ordering::Relaxed);
        self.wait_list.prev.store(head, Ordering::Relaxed);
    }

    /// Takes the mutex; sleeps as long as it takes.
    #[inline]
    pub fn lock(&self) {
        if self.owner.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
            lock_slow(&self.owner);
        }
    }

    /// Takes the mutex if it is free.
    #[inline]
    pub fn try_lock(&self) -> bool {
        try_lock(&self.owner)
    }

    /// Releases the mutex.
    ///
    /// # Safety
    /// The caller holds the mutex.
    #[inline]
    pub unsafe fn unlock(&self) {
        if self.owner.compare_exchange(TAKEN, FREE, Ordering::Release, Ordering::Relaxed).is_err() {
            unlock_slow(&self.owner);
        }
    }

    /// Whether somebody holds the mutex.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.owner.load(Ordering::Relaxed) & TAKEN != 0
    }

    /// The slow path of [`lock`](Self::lock), for C's inline fast path.
    pub fn lock_contended(&self) {
        lock_slow(&self.owner);
    }

    /// The slow path of [`unlock`](Self::unlock), for C's inline fast path.
    ///
    /// # Safety
    /// The caller holds the mutex.
    pub unsafe fn unlock_contended(&self) {
        unlock_slow(&self.owner);
    }
}

impl Default for mutex {
    fn default() -> Self {
        Self::new()
    }
}
