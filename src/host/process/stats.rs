// SPDX-License-Identifier: GPL-2.0-or-later
//! Counters that cost a load and a store.
//!
//! Each thread owns a block of counters that only it writes, so no counter is ever changed with a locked instruction; a
//! reader adds all blocks up. Blocks are never freed: when a thread ends the next new thread takes its block over, with the
//! numbers in it, for only sums mean anything. A thread without a block (no memory for one, or its end has begun)
//! counts in a shared block with read-modify-write.
//!
//! A sum is exact once the threads that count are quiet; while they run it is as consistent as any snapshot of several
//! variables. In the child of a fork all numbers go on from where the parent stood.

use super::exit_key::ExitKey;
use super::magazine::Magazines;
use crate::abi::fsn_stats;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Counter {
    /// Groups made.
    GroupAlloc,
    /// Groups freed.
    GroupFree,
    /// Marks initialised.
    MarkAlloc,
    /// Marks given back to their backend.
    MarkFree,
    /// Connectors made.
    ConnectorAlloc,
    /// Connectors freed.
    ConnectorFree,
    /// Superblock infos made.
    SbInfoAlloc,
    /// Superblock infos freed.
    SbInfoFree,
    /// Events put on a queue, overflow events included.
    EventQueued,
    /// Events taken off a queue.
    EventDequeued,
    /// Events merged into a queued one.
    EventMerged,
    /// Events lost: queue full, group shutting down, or no memory.
    EventDropped,
    /// Overflow events queued.
    EventOverflow,
    /// Inodes made.
    InodeAlloc,
    /// Inodes freed.
    InodeFree,
    /// Dentries made.
    DentryAlloc,
    /// Dentries freed.
    DentryFree,
    /// Allocations made.
    Alloc,
    /// Allocations freed.
    Free,
    /// Bytes allocated.
    AllocBytes,
    /// Bytes freed.
    FreeBytes,
    /// Allocations that failed: no memory, a memory group's limit, or an injected failure.
    AllocFailed,
    /// Messages of level warning and worse.
    Warnings,
    /// Grace periods completed.
    GracePeriods,
    /// Marks freed after their grace period.
    MarksReaped,
    /// Signals asked for by `kill_fasync()` and `send_sigio()`.
    Signals,
    /// Memory groups made.
    MemcgAlloc,
    /// Memory groups freed.
    MemcgFree,
    /// The number of counters.
    Count,
}

/// Counters of a block: those of [`Counter`], then one that is nobody's, then the ones handed out by [`Slot`].
const SLOTS: usize = FIRST_DYNAMIC + DYNAMIC;
/// How many are handed out.
const DYNAMIC: usize = 64;
/// The first slot that is handed out.
const FIRST_DYNAMIC: usize = NOBODYS + 1;
/// What [`Counted::NOT`] is counted in: cheaper than a look whether to count.
const NOBODYS: usize = Counter::Count as usize;

#[repr(C, align(64))]
struct Block {
    counts: [AtomicI64; SLOTS],
    /// The free memory that the thread keeps; its own, too.
    magazines: Magazines,
    /// A live thread writes here.
    owned: AtomicBool,
    /// The next block; set before the block is published.
    next: AtomicPtr<Block>,
}

impl Block {
    const fn new() -> Self {
        Block {
            counts: [const { AtomicI64::new(0) }; SLOTS],
            magazines: Magazines::new(),
            owned: AtomicBool::new(true),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

/// The block of threads without one, the last of the chain. Changed with read-modify-write.
static SHARED: Block = Block::new();
/// The chain of all other blocks; it only grows.
static BLOCKS: AtomicPtr<Block> = AtomicPtr::new(ptr::null_mut());
/// Gives a thread's block back when it ends.
static EXIT: ExitKey = ExitKey::new(thread_exit);

super::std::thread_local! {
    /// This thread's block or NULL.
    static MINE: Cell<*const Block> = const { Cell::new(ptr::null()) };
    /// The thread is past giving its block back, or could not get one.
    static WITHOUT: Cell<bool> = const { Cell::new(false) };
}

/// A block of the chain.
fn block(at: *const Block) -> Option<&'static Block> {
    // SAFETY: blocks are static or leaked on purpose, and their fields are atomics.
    unsafe { at.as_ref() }
}

/// Adds `n` to a counter.
#[inline]
pub fn add(counter: Counter, n: i64) {
    add_at(counter as usize, n);
}

/// The calling thread's block, found once for several things: finding it is the larger part of the cost of each.
#[derive(Clone, Copy)]
pub(super) struct Mine(&'static Block);

impl Mine {
    /// The block, if the thread has one already.
    #[inline(always)]
    pub(super) fn known() -> Option<Mine> {
        block(MINE.with(Cell::get)).map(Mine)
    }

    /// The block; `None` if the thread cannot have one.
    #[inline]
    pub(super) fn find() -> Option<Mine> {
        Mine::known().or_else(|| acquire().map(Mine))
    }

    /// Adds `n` to a counter.
    #[inline(always)]
    pub(super) fn add(self, counter: Counter, n: i64) {
        bump(&self.0.counts[counter as usize], n);
    }

    /// Adds `n` to a counter that was handed out, or to nobody's.
    #[inline(always)]
    pub(super) fn add_to(self, counted: Counted, n: i64) {
        if let Some(count) = self.0.counts.get(counted.index()) {
            bump(count, n);
        }
    }

    /// The free memory that the thread keeps.
    #[inline(always)]
    pub(super) fn magazines(self) -> &'static Magazines {
        &self.0.magazines
    }
}

#[inline]
fn add_at(index: usize, n: i64) {
    match block(MINE.with(Cell::get)) {
        Some(b) => bump(&b.counts[index], n),
        None => add_slow(index, n),
    }
}

/// Only the owner of the block comes here, so the load and the store need not be one step.
#[inline]
fn bump(count: &AtomicI64, n: i64) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

#[cold]
fn add_slow(index: usize, n: i64) {
    match acquire() {
        Some(b) => bump(&b.counts[index], n),
        None => {
            SHARED.counts[index].fetch_add(n, Ordering::Relaxed);
        }
    }
}

/// The sum of a counter.
pub fn read(counter: Counter) -> i64 {
    read_at(counter as usize)
}

fn read_at(index: usize) -> i64 {
    let mut sum = SHARED.counts[index].load(Ordering::Relaxed);
    let mut at: *const Block = BLOCKS.load(Ordering::Acquire);
    while let Some(b) = block(at) {
        sum = sum.wrapping_add(b.counts[index].load(Ordering::Relaxed));
        at = b.next.load(Ordering::Relaxed);
    }
    sum
}

/// Takes a block for this thread: one that an ended thread left, else a new one.
fn acquire() -> Option<&'static Block> {
    if WITHOUT.with(Cell::get) {
        return None;
    }
    let b = reuse().or_else(grow)?;
    if !EXIT.arm(ptr::from_ref(b).cast()) {
        b.owned.store(false, Ordering::Release);
        WITHOUT.with(|w| w.set(true));
        return None;
    }
    MINE.with(|m| m.set(b));
    Some(b)
}

fn reuse() -> Option<&'static Block> {
    let mut at: *const Block = BLOCKS.load(Ordering::Acquire);
    while let Some(b) = block(at) {
        // Acquire: the counts that the last owner stored are seen.
        if !b.owned.load(Ordering::Relaxed)
            && b.owned.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
        {
            return Some(b);
        }
        at = b.next.load(Ordering::Relaxed);
    }
    None
}

fn grow() -> Option<&'static Block> {
    let mut room: *mut c_void = ptr::null_mut();
    // SAFETY: `room` is writable; the alignment is a power of two and a multiple of a pointer's size.
    if unsafe { libc::posix_memalign(&mut room, align_of::<Block>(), size_of::<Block>()) } != 0 {
        return None;
    }
    let new: *mut Block = room.cast();
    // SAFETY: `new` is aligned and has room for a block.
    unsafe { new.write(Block::new()) };
    let b = block(new)?;
    let mut first = BLOCKS.load(Ordering::Relaxed);
    loop {
        b.next.store(first, Ordering::Relaxed);
        match BLOCKS.compare_exchange_weak(first, new, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return Some(b),
            Err(now) => first = now,
        }
    }
}

unsafe extern "C" fn thread_exit(_: *mut c_void) {
    let mine = MINE.with(|m| m.replace(ptr::null()));
    WITHOUT.with(|w| w.set(true));
    if let Some(b) = block(mine) {
        b.magazines.give_back();
        // Release: the next owner sees what this thread counted.
        b.owned.store(false, Ordering::Release);
    }
}

/// In the child of a fork: the blocks of threads that do not exist here are free for new ones.
pub fn after_fork() {
    let mine = MINE.with(Cell::get);
    let mut at: *const Block = BLOCKS.load(Ordering::Acquire);
    while let Some(b) = block(at) {
        if !ptr::eq(b, mine) {
            b.magazines.forget();
            b.owned.store(false, Ordering::Release);
        }
        at = b.next.load(Ordering::Relaxed);
    }
}

/// Which dynamic slots are taken.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// A counter that is handed out at run time (the live objects of a cache). It starts at zero, and whoever gives it
/// back leaves it at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

impl Slot {
    /// Takes a slot; `None` when all are taken.
    pub fn take() -> Option<Slot> {
        let mut taken = TAKEN.load(Ordering::Relaxed);
        loop {
            let free = (!taken).trailing_zeros();
            if free as usize >= DYNAMIC {
                return None;
            }
            match TAKEN.compare_exchange_weak(taken, taken | 1 << free, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(Slot(free)),
                Err(now) => taken = now,
            }
        }
    }

    /// Gives a slot back whose sum is zero.
    pub fn give_back(self) {
        TAKEN.fetch_and(!(1 << self.0), Ordering::AcqRel);
    }

    /// Adds `n`.
    #[inline]
    pub fn add(self, n: i64) {
        add_at(self.index(), n);
    }

    /// The sum.
    pub fn read(self) -> i64 {
        read_at(self.index())
    }

    const fn index(self) -> usize {
        FIRST_DYNAMIC + self.0 as usize
    }
}

/// A slot's number plus one, or zero: which slot something is counted in, for a place that has a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted(u8);

impl Counted {
    /// In none.
    pub(super) const NOT: Counted = Counted(0);

    /// In this slot, if there is one.
    pub(super) const fn by(slot: Option<Slot>) -> Counted {
        match slot {
            Some(Slot(number)) => Counted(number as u8 + 1),
            None => Counted::NOT,
        }
    }

    #[inline(always)]
    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// The opposite of [`number`](Self::number).
    #[inline(always)]
    pub(super) const fn from_number(number: u8) -> Counted {
        Counted(number)
    }

    /// The slot.
    pub(super) fn slot(self) -> Option<Slot> {
        (1..=DYNAMIC).contains(&self.0.into()).then(|| Slot(u32::from(self.0) - 1))
    }

    /// Adds `n` to it.
    pub(super) fn add(self, n: i64) {
        if self.slot().is_some() {
            add_at(self.index(), n);
        }
    }

    #[inline(always)]
    const fn index(self) -> usize {
        NOBODYS + self.0 as usize
    }
}

/// All counters.
pub fn snapshot() -> fsn_stats {
    use Counter::*;
    let total = |made: Counter| read(made) as u64;
    // Freed first: a thing made and freed in between must not make the difference negative.
    let live = |made: Counter, gone: Counter| {
        let gone = read(gone);
        read(made).saturating_sub(gone).max(0) as u64
    };
    fsn_stats {
        groups: live(GroupAlloc, GroupFree),
        groups_total: total(GroupAlloc),
        marks: live(MarkAlloc, MarkFree),
        marks_total: total(MarkAlloc),
        marks_reaped: total(MarksReaped),
        connectors: live(ConnectorAlloc, ConnectorFree),
        connectors_total: total(ConnectorAlloc),
        sb_infos: live(SbInfoAlloc, SbInfoFree),
        sb_infos_total: total(SbInfoAlloc),
        events_pending: live(EventQueued, EventDequeued),
        events_queued: total(EventQueued),
        events_dequeued: total(EventDequeued),
        events_merged: total(EventMerged),
        events_dropped: total(EventDropped),
        events_overflowed: total(EventOverflow),
        inodes: live(InodeAlloc, InodeFree),
        inodes_total: total(InodeAlloc),
        dentries: live(DentryAlloc, DentryFree),
        dentries_total: total(DentryAlloc),
        allocations: live(Alloc, Free),
        allocations_total: total(Alloc),
        allocated_bytes: live(AllocBytes, FreeBytes),
        allocations_failed: total(AllocFailed),
        memcgs: live(MemcgAlloc, MemcgFree),
        memcgs_total: total(MemcgAlloc),
        warnings: total(Warnings),
        grace_periods: total(GracePeriods),
        signals: total(Signals),
        reserved: [0; 36],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::process::std::thread;

    fn blocks() -> usize {
        let mut count = 0;
        let mut at: *const Block = BLOCKS.load(Ordering::Acquire);
        while let Some(b) = block(at) {
            count += 1;
            at = b.next.load(Ordering::Relaxed);
        }
        count
    }

    #[test]
    fn blocks_are_used_again() {
        let once = || thread::spawn(|| add(Counter::Signals, 1)).join().unwrap();
        (0..10).for_each(|_| once());
        let before = blocks();
        (0..100).for_each(|_| once());
        // Other tests' threads may take some meanwhile, but not one for each of the hundred.
        assert!(blocks() < before + 50, "{} blocks after {before}", blocks());
    }

    #[test]
    fn slots_know_their_range() {
        assert_eq!(Counted::NOT.slot(), None);
        assert_eq!(Counted::from_number(DYNAMIC as u8 + 1).slot(), None);
        assert_eq!(Counted::from_number(u8::MAX).slot(), None);
        assert_eq!(Counted::by(Some(Slot(3))).slot(), Some(Slot(3)));
        assert_eq!(Counted::by(Some(Slot(3))).index(), Slot(3).index());
    }
}
