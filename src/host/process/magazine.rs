// SPDX-License-Identifier: GPL-2.0-or-later
//! Free blocks that a thread keeps for its next allocations, by size: Bonwick's magazines, over malloc.
//!
//! A thread has two magazines a size: it takes from and gives to the *loaded* one; if that is empty, or full, it changes places with
//! the *spare* one; only if that does not help a whole magazine is exchanged with the [depot](super::depot). So whoever
//! frees what another thread allocates takes the depot's lock once for a magazine, and a thread that goes to and fro at the edge of one never.
//!
//! A magazine is an array of pointers, not a list through the blocks: a block that another processor has freed is not
//! touched until it is used, and who writes into freed memory cannot lead the allocator astray.
//!
//! Only the thread itself uses its magazines, so loads and stores do; atomics because the next thread takes the place over (see
//! `stats`). A thread that ends gives back what it has. In the child of a fork the magazines of the other threads are
//! given up, with what is in them, as malloc gives up its own caches of theirs: they may have stood half-way between two
//! stores, and what that means would have to be known for every processor's order of stores.

use super::{checkers, depot};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

/// Sizes; the first is of blocks that are not kept.
pub(super) const CLASSES: usize = 65;
/// Blocks in a magazine, at most.
const ROUNDS: usize = 64;
/// Bytes of the blocks in a magazine, at most.
const BYTES: usize = 8192;

/// A size of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// Of blocks that are not kept.
    pub(super) const NONE: Class = Class(0);

    /// The class for `bytes` bytes. The sizes are eight more than multiples of 16: what glibc's malloc makes of a request
    /// in any case, so that nothing is lost by rounding up.
    #[inline]
    pub(super) const fn of(bytes: usize) -> Class {
        let number = (bytes + 7) >> 4;
        if number < CLASSES {
            Class(number as u8)
        } else {
            Class::NONE
        }
    }

    /// Bytes of its blocks.
    pub(super) const fn bytes(self) -> usize {
        self.0 as usize * 16 + 8
    }

    /// Blocks of a magazine.
    pub(super) const fn rounds(self) -> usize {
        let fit = BYTES / self.bytes();
        if fit < ROUNDS {
            fit
        } else {
            ROUNDS
        }
    }

    #[inline(always)]
    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }

    /// The class of this number, which is one of a class.
    #[inline(always)]
    pub(super) const fn from_number(number: u8) -> Class {
        Class(number)
    }

    /// All but [`Class::NONE`].
    fn all() -> impl Iterator<Item = Class> {
        (1..CLASSES as u8).map(Class)
    }
}

/// Free blocks of one size.
pub(super) struct Magazine {
    count: AtomicU32,
    /// Blocks that it may hold; not changed.
    limit: u32,
    /// The next one of a list of the depot's \[its lock\].
    pub(super) next: AtomicPtr<Magazine>,
    rounds: [AtomicPtr<c_void>; ROUNDS],
}

/// Stands where a thread has none: empty and full.
static NO_MAGAZINE: Magazine = Magazine::new(0);

pub(super) fn no_magazine() -> *mut Magazine {
    ptr::from_ref(&NO_MAGAZINE).cast_mut()
}

impl Magazine {
    const fn new(limit: u32) -> Self {
        Magazine {
            count: AtomicU32::new(0),
            limit,
            next: AtomicPtr::new(ptr::null_mut()),
            rounds: [const { AtomicPtr::new(ptr::null_mut()) }; ROUNDS],
        }
    }

    /// A new one; NULL without memory.
    fn create(class: Class) -> *mut Magazine {
        // SAFETY: malloc has no requirement.
        let new: *mut Magazine = unsafe { libc::malloc(size_of::<Magazine>()) }.cast();
        if !new.is_null() {
            // SAFETY: there is room for one, aligned as malloc aligns.
            unsafe { new.write(Magazine::new(class.rounds() as u32)) };
        }
        new
    }

    #[inline(always)]
    fn pop(&self) -> Option<*mut c_void> {
        let below = self.count.load(Relaxed).wrapping_sub(1);
        let block = self.rounds.get(below as usize)?.load(Relaxed);
        self.count.store(below, Relaxed);
        Some(block)
    }

    #[inline(always)]
    fn push(&self, block: *mut c_void) -> bool {
        let count = self.count.load(Relaxed);
        match self.rounds.get(count as usize).filter(|_| count < self.limit) {
            Some(round) => {
                round.store(block, Relaxed);
                self.count.store(count + 1, Relaxed);
                true
            }
            None => false,
        }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Relaxed) == 0
    }

    /// Gives the blocks back to malloc.
    fn drain(&self) {
        while let Some(block) = self.pop() {
            // SAFETY: a block of malloc's, in nobody's use.
            unsafe { libc::free(block) };
        }
    }
}

/// A magazine of the calling thread, or one that it has just got from the depot.
#[inline(always)]
pub(super) fn magazine<'a>(at: *mut Magazine) -> &'a Magazine {
    // SAFETY: never NULL, and a thread's magazines stay until it frees them itself.
    unsafe { &*at }
}

/// Frees an empty magazine; [`NO_MAGAZINE`] is nothing.
fn discard(at: *mut Magazine) {
    if at != no_magazine() {
        // SAFETY: made by malloc, and nobody has it any more.
        unsafe { libc::free(at.cast()) };
    }
}

/// A thread's magazines.
pub(super) struct Magazines {
    loaded: [AtomicPtr<Magazine>; CLASSES],
    spare: [AtomicPtr<Magazine>; CLASSES],
}

impl Magazines {
    /// None of any size.
    pub(super) const fn new() -> Self {
        const NONE: *mut Magazine = (&raw const NO_MAGAZINE).cast_mut();
        Magazines {
            loaded: [const { AtomicPtr::new(NONE) }; CLASSES],
            spare: [const { AtomicPtr::new(NONE) }; CLASSES],
        }
    }

    /// The last block given; `None` where [`refill`](Self::refill) has to be asked.
    #[inline(always)]
    pub(super) fn pop(&self, class: Class) -> Option<*mut c_void> {
        magazine(self.loaded.get(class.number())?.load(Relaxed)).pop()
    }

    /// Keeps a block; false where [`spill`](Self::spill) has to be asked.
    #[inline(always)]
    pub(super) fn push(&self, class: Class, block: *mut c_void) -> bool {
        self.loaded.get(class.number()).is_some_and(|at| magazine(at.load(Relaxed)).push(block))
    }

    /// A block out of the other magazine or the depot. `None`: there is none to be had but malloc's.
    #[cold]
    pub(super) fn refill(&self, class: Class) -> Option<*mut c_void> {
        let loaded = &self.loaded[class.number()];
        let spare = &self.spare[class.number()];
        if magazine(spare.load(Relaxed)).is_empty() {
            let full = depot::exchange(class, loaded.load(Relaxed))?;
            loaded.store(full, Relaxed);
        } else {
            spare.store(loaded.swap(spare.load(Relaxed), Relaxed), Relaxed);
        }
        magazine(loaded.load(Relaxed)).pop()
    }

    /// Keeps a block in the other magazine or a new one, or gives it to malloc.
    ///
    /// # Safety
    ///
    /// The block is malloc's, of the class's size if it has one, and nobody uses it any more.
    #[cold]
    pub(super) unsafe fn spill(&self, class: Class, block: *mut c_void) {
        let keep = class != Class::NONE && checkers::may_keep();
        if !keep || !self.make_room(class) || !self.push(class, block) {
            // SAFETY: the caller's promise.
            unsafe { libc::free(block) };
        }
    }

    /// Loads a magazine that is not full: the spare one or an empty one. False without memory.
    fn make_room(&self, class: Class) -> bool {
        let loaded = &self.loaded[class.number()];
        let spare = &self.spare[class.number()];
        let second = spare.load(Relaxed);
        let empty = if magazine(second).count.load(Relaxed) < magazine(second).limit {
            second
        } else if second == no_magazine() {
            Magazine::create(class)
        } else {
            match depot::give(class, second) {
                Some(empty) if empty == no_magazine() => Magazine::create(class),
                Some(empty) => empty,
                None => {
                    magazine(second).drain();
                    second
                }
            }
        };
        if empty.is_null() {
            if second != no_magazine() {
                // The depot has it.
                spare.store(no_magazine(), Relaxed);
            }
            return false;
        }
        spare.store(loaded.swap(empty, Relaxed), Relaxed);
        true
    }

    /// Gives everything back, for a thread that ends: to the depot what is worth another thread's while.
    pub(super) fn give_back(&self) {
        for class in Class::all() {
            for place in [&self.loaded, &self.spare] {
                let at = place[class.number()].swap(no_magazine(), Relaxed);
                let m = magazine(at);
                let much = !m.is_empty() && m.count.load(Relaxed) * 2 >= m.limit;
                match much.then(|| depot::give(class, at)).flatten() {
                    Some(empty) => discard(empty),
                    None => {
                        m.drain();
                        discard(at);
                    }
                }
            }
        }
    }

    /// Gives up the magazines of a thread that is not there: in the child of a fork, see above.
    pub(super) fn forget(&self) {
        self.loaded.iter().chain(&self.spare).for_each(|place| place.store(no_magazine(), Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::process::stats::Mine;
    use crate::host::process::std::{collections::HashSet, thread};

    fn block(class: Class) -> *mut c_void {
        // SAFETY: malloc has no requirement.
        unsafe { libc::malloc(class.bytes()) }
    }

    fn free(block: *mut c_void) {
        // SAFETY: the tests' own, freed once.
        unsafe { libc::free(block) };
    }

    /// As a free does, where memory may be kept.
    fn keep(m: &Magazines, class: Class) -> *mut c_void {
        let block = block(class);
        assert!(m.push(class, block) || m.make_room(class) && m.push(class, block));
        block
    }

    /// As an allocation does.
    fn take(m: &Magazines, class: Class) -> Option<*mut c_void> {
        m.pop(class).or_else(|| m.refill(class))
    }

    /// How many blocks the depot has; they are freed.
    fn clear_depot(class: Class) -> usize {
        let other = Magazines::new();
        let mut count = 0;
        while let Some(block) = take(&other, class) {
            free(block);
            count += 1;
        }
        other.give_back();
        count
    }

    #[test]
    fn classes_waste_nothing() {
        for bytes in 17..=1032 {
            let class = Class::of(bytes);
            assert!((bytes..bytes + 16).contains(&class.bytes()), "{bytes} bytes in {}", class.bytes());
            assert!(class.rounds() >= 7 && class.rounds() <= ROUNDS && class.rounds() * class.bytes() <= BYTES);
            assert!(depot::limit(class) >= 16);
        }
        assert_eq!(Class::of(1033), Class::NONE);
        assert_eq!(Class::of(usize::MAX / 2), Class::NONE);
    }

    #[test]
    fn last_in_first_out() {
        let (m, class) = (Magazines::new(), Class::of(100));
        assert_eq!(take(&m, class), None, "nothing yet");
        let given: [_; 2 * ROUNDS] = core::array::from_fn(|_| keep(&m, class));
        // What does not fit into two magazines would have gone to the depot, from where it comes later.
        assert_eq!(class.rounds(), ROUNDS);
        for want in given.iter().rev() {
            assert_eq!(take(&m, class), Some(*want));
            free(*want);
        }
        assert_eq!(take(&m, class), None, "all are gone");
        assert_eq!(m.pop(Class::of(120)), None, "another size");
        m.give_back();
        assert_eq!(clear_depot(class), 0);
    }

    #[test]
    fn other_threads_get_whole_magazines() {
        let (class, n) = (Class::of(200), 10 * Class::of(200).rounds());
        let given: HashSet<usize> = {
            let m = Magazines::new();
            let given = (0..n).map(|_| keep(&m, class).expose_provenance()).collect();
            m.give_back();
            given
        };
        assert_eq!(given.len(), n);
        let m = Magazines::new();
        let mut got = HashSet::new();
        while let Some(block) = take(&m, class) {
            assert!(got.insert(block.addr()), "given out twice");
            free(block);
        }
        assert_eq!(got, given);
        m.give_back();
    }

    #[test]
    fn the_depot_is_bounded() {
        let (m, class) = (Magazines::new(), Class::of(1000));
        let most = depot::limit(class) * class.rounds();
        // The rest goes back to malloc: nothing is lost, as Miri sees.
        (0..2 * most).for_each(|_| _ = keep(&m, class));
        assert_eq!(clear_depot(class), most);
        // Empty magazines came for the full ones; they serve again.
        (0..2 * most).for_each(|_| _ = keep(&m, class));
        m.give_back();
        assert_eq!(clear_depot(class), most);
    }

    #[test]
    fn a_thread_gives_back_what_it_has() {
        let class = Class::of(300);
        let few = class.rounds() / 2 - 1;
        let live_and_die = |n: usize| {
            thread::spawn(move || {
                let mine = Mine::find().expect("memory for a block");
                (0..n).for_each(|_| _ = keep(mine.magazines(), class));
            })
            .join()
            .unwrap();
        };
        live_and_die(class.rounds() + 2);
        assert_eq!(clear_depot(class), class.rounds(), "what is worth it goes to the depot");
        live_and_die(few);
        assert_eq!(clear_depot(class), 0, "a few go to malloc");
        // The next thread with this place begins with nothing.
        thread::spawn(move || assert_eq!(take(Mine::find().unwrap().magazines(), class), None)).join().unwrap();
    }

    #[test]
    fn forgotten_blocks_are_not_given_out() {
        let (m, class) = (Magazines::new(), Class::of(400));
        let lost = keep(&m, class);
        let at = m.loaded[class.number()].load(Relaxed);
        m.forget();
        assert_eq!(take(&m, class), None);
        free(lost);
        discard(at);
    }
}
