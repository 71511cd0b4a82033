// SPDX-License-Identifier: GPL-2.0-or-later
//! The reader-writer semaphore: the reader-writer lock's word and rules (see `rwlock`) in the kernel's larger structure.

use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, Ordering};

use super::rwlock::{
    downgrade, pass_on, read_slow, read_unlock, try_read, try_write, write_slow, write_unlock, WAITERS,
};
use super::spinlock::Word;
use crate::abi::primitives::{list_head, spinlock};
use crate::abi::vfs::rw_semaphore;

impl Word for AtomicI64 {
    fn get(&self) -> u32 {
        self.load(Ordering::Relaxed) as u32
    }
    fn replace(&self, old: u32, new: u32, success: Ordering) -> bool {
        self.compare_exchange(i64::from(old), i64::from(new), success, Ordering::Relaxed).is_ok()
    }
    fn put(&self, new: u32, order: Ordering) {
        self.store(i64::from(new), order);
    }
}

impl rw_semaphore {
    /// A free semaphore. Its unused list is as zeroed memory would have it.
    pub const fn new() -> Self {
        Self {
            count: AtomicI64::new(0),
            owner: AtomicI64::new(0),
            osq: AtomicU32::new(0),
            wait_lock: spinlock::new(),
            wait_list: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
        }
    }

    /// Makes the semaphore free; nobody may be using it.
    pub fn init(&self) {
        let head = (&raw const self.wait_list).cast_mut();
        self.count.store(0, Ordering::Relaxed);
        self.owner.store(0, Ordering::Relaxed);
        self.osq.store(0, Ordering::Relaxed);
        self.wait_lock.init();
        self.wait_list.next.store(head, Ordering::Relaxed);
        self.wait_list.prev.store(head, Ordering::Relaxed);
    }

    /// Takes the semaphore for reading, beside other readers.
    #[inline]
    pub fn down_read(&self) {
        if !try_read(&self.count) {
            read_slow(&self.count);
        }
    }

    /// Takes the semaphore for reading if no writer holds or awaits it.
    #[inline]
    pub fn down_read_trylock(&self) -> bool {
        try_read(&self.count)
    }

    /// Releases a reader's hold.
    ///
    /// # Safety
    /// The caller holds the semaphore for reading.
    #[inline]
    pub unsafe fn up_read(&self) {
        read_unlock(&self.count);
    }

    /// Takes the semaphore alone.
    #[inline]
    pub fn down_write(&self) {
        if !try_write(&self.count) {
            write_slow(&self.count);
        }
    }

    /// Takes the semaphore alone if it is free.
    #[inline]
    pub fn down_write_trylock(&self) -> bool {
        try_write(&self.count)
    }

    /// Releases the writer's hold.
    ///
    /// # Safety
    /// The caller holds the semaphore for writing.
    #[inline]
    pub unsafe fn up_write(&self) {
        write_unlock(&self.count);
    }

    /// Turns the writer's hold into a reader's, without letting another writer in between.
    ///
    /// # Safety
    /// The caller holds the semaphore for writing.
    pub unsafe fn downgrade_write(&self) {
        downgrade(&self.count);
    }

    /// Whether anybody holds the semaphore.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.count.get() & !WAITERS != 0
    }

    /// The slow path of [`down_read`](Self::down_read), for C's inline fast path.
    pub fn read_contended(&self) {
        read_slow(&self.count);
    }

    /// The slow path of [`down_write`](Self::down_write), for C's inline fast path.
    pub fn write_contended(&self) {
        write_slow(&self.count);
    }

    /// Gives the semaphore on: the slow path of both releases, for C's inline fast paths.
    ///
    /// # Safety
    /// The caller is the writer, or the only reader and somebody waits.
    pub unsafe fn pass_on(&self) {
        pass_on(&self.count);
    }
}

impl Default for rw_semaphore {
    fn default() -> Self {
        Self::new()
    }
}
