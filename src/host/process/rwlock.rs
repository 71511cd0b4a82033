// SPDX-License-Identifier: GPL-2.0-or-later
//! The reader-writer lock, and the word that it shares with the semaphore (`rwsem`).
//!
//! The states of the word stand in `include/fsnotify/fsn/lock.h`. Whoever cannot have the lock queues in order of
//! arrival, readers behind waiting writers too; once somebody waits, the lock goes from hand to hand: the last holder
//! gives it to the writer at the head of the queue, or to the readers there. Reading is therefore not recursive.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, Ordering};

use parking_lot_core::SpinWait;

use super::park::{self, Select, Wake};
use super::spinlock::Word;
use crate::abi::primitives::rwlock;

/// A writer holds the lock (`FSN_RW_WRITER`).
pub(crate) const WRITER: u32 = 1;
/// Somebody waits: nobody may take the lock but by being given it (`FSN_RW_WAITERS`).
pub(crate) const WAITERS: u32 = 2;
/// One reader (`FSN_RW_READER`).
pub(crate) const READER: u32 = 4;

const TAG_READER: usize = 0;
const TAG_WRITER: usize = 1;

/// Takes the lock for reading if no writer holds or awaits it.
#[inline]
pub(super) fn try_read<W: Word>(word: &W) -> bool {
    loop {
        let state = word.get();
        if state & (WRITER | WAITERS) != 0 {
            return false;
        }
        if word.replace(state, state + READER, Ordering::Acquire) {
            return true;
        }
    }
}

/// Takes the lock for writing if it is free.
#[inline]
pub(super) fn try_write<W: Word>(word: &W) -> bool {
    word.replace(0, WRITER, Ordering::Acquire)
}

#[cold]
pub(super) fn read_slow<W: Word>(word: &W) {
    if wait(word, TAG_READER, || try_read(word)) && word.get() & WAITERS != 0 {
        admit_readers(word);
    }
}

#[cold]
pub(super) fn write_slow<W: Word>(word: &W) {
    wait(word, TAG_WRITER, || try_write(word));
}

/// Waits until `take` succeeds or the lock was given to us (returns true in the latter case).
fn wait<W: Word>(word: &W, tag: usize, take: impl Fn() -> bool) -> bool {
    let mut spin = SpinWait::new();
    loop {
        if take() {
            return false;
        }
        let state = word.get();
        if state & WAITERS == 0 {
            // For whom the lock is free by now there is nothing to wait for.
            let taken = if tag == TAG_WRITER { state != 0 } else { state & WRITER != 0 };
            if !taken || spin.spin() {
                continue;
            }
            if !word.replace(state, state | WAITERS, Ordering::Relaxed) {
                continue;
            }
        }
        // The holder cannot leave without a look at the queue once WAITERS is set.
        match park::park(word.address(), tag, || word.get() & WAITERS != 0) {
            Wake::Granted => return true,
            Wake::Woken | Wake::Refused => {}
        }
    }
}

#[inline]
pub(super) fn read_unlock<W: Word>(word: &W) {
    loop {
        let state = word.get();
        if state == READER | WAITERS {
            // The last reader stays counted until it has given the lock on, so nobody changes the word meanwhile.
            return pass_on(word);
        }
        if word.replace(state, state - READER, Ordering::Release) {
            return;
        }
    }
}

#[inline]
pub(super) fn write_unlock<W: Word>(word: &W) {
    if !word.replace(WRITER, 0, Ordering::Release) {
        pass_on(word);
    }
}

/// Turns the writer's hold into a reader's; readers at the head of the queue come in too.
pub(super) fn downgrade<W: Word>(word: &W) {
    loop {
        let state = word.get();
        if word.replace(state, state - WRITER + READER, Ordering::Release) {
            break;
        }
    }
    if word.get() & WAITERS != 0 {
        admit_readers(word);
    }
}

/// Gives the lock, of which the caller is the only holder, to the head of the queue. Does not touch the word after that.
#[cold]
pub(super) fn pass_on<W: Word>(word: &W) {
    let next = Cell::new(0);
    park::unpark(
        word.address(),
        |tag| {
            if tag == TAG_WRITER && next.get() == 0 {
                next.set(WRITER);
            } else if tag == TAG_READER && next.get() & WRITER == 0 {
                next.set(next.get() + READER);
            } else {
                return Select::Stop;
            }
            Select::Wake
        },
        |selected| {
            let waiters = if selected.more { WAITERS } else { 0 };
            word.put(next.get() | waiters, Ordering::Release);
            true
        },
    );
}

/// Lets the readers at the head of the queue in beside the caller, who reads: one wake-up takes only a batch of them.
#[cold]
fn admit_readers<W: Word>(word: &W) {
    park::unpark(
        word.address(),
        |tag| if tag == TAG_READER { Select::Wake } else { Select::Stop },
        |selected| {
            // Other readers may leave meanwhile, but we hold the lock, and while WAITERS is set nobody else comes in.
            let keep = if selected.more { !0 } else { !WAITERS };
            loop {
                let state = word.get();
                if word.replace(state, (state + selected.woken as u32 * READER) & keep, Ordering::Relaxed) {
                    break;
                }
            }
            true
        },
    );
}

impl rwlock {
    /// A free lock.
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0), wait: AtomicU32::new(0) }
    }

    /// Makes the lock free; nobody may be using it.
    pub fn init(&self) {
        self.word.store(0, Ordering::Relaxed);
        self.wait.store(0, Ordering::Relaxed);
    }

    /// Takes the lock for reading, beside other readers.
    #[inline]
    pub fn read_lock(&self) {
        if !try_read(&self.word) {
            read_slow(&self.word);
        }
    }

    /// Takes the lock for reading if no writer holds or awaits it.
    #[inline]
    pub fn read_trylock(&self) -> bool {
        try_read(&self.word)
    }

    /// Releases a reader's hold.
    ///
    /// # Safety
    /// The caller holds the lock for reading.
    #[inline]
    pub unsafe fn read_unlock(&self) {
        read_unlock(&self.word);
    }

    /// Takes the lock alone.
    #[inline]
    pub fn write_lock(&self) {
        if !try_write(&self.word) {
            write_slow(&self.word);
        }
    }

    /// Takes the lock alone if it is free.
    #[inline]
    pub fn write_trylock(&self) -> bool {
        try_write(&self.word)
    }

    /// Releases the writer's hold.
    ///
    /// # Safety
    /// The caller holds the lock for writing.
    #[inline]
    pub unsafe fn write_unlock(&self) {
        write_unlock(&self.word);
    }

    /// The slow path of [`read_lock`](Self::read_lock), for C's inline fast path.
    pub fn read_contended(&self) {
        read_slow(&self.word);
    }

    /// The slow path of [`write_lock`](Self::write_lock), for C's inline fast path.
    pub fn write_contended(&self) {
        write_slow(&self.word);
    }

    /// Gives the lock on: the slow path of both unlocks, for C's inline fast paths.
    ///
    /// # Safety
    /// The caller is the writer, or the only reader and somebody waits.
    pub unsafe fn pass_on(&self) {
        pass_on(&self.word);
    }

    /// Whether anybody holds the lock.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.word.get() & !WAITERS != 0
    }
}

impl Default for rwlock {
    fn default() -> Self {
        Self::new()
    }
}
