// SPDX-License-Identifier: GPL-2.0-or-later
//! Magazines of free blocks that no thread has: where threads exchange them. Bounded; what finds no room goes back to malloc.

use super::fork::Guarded;
use super::magazine::{magazine, no_magazine, Class, Magazine, CLASSES};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of free blocks of one size.
const BYTES: usize = 128 * 1024;

/// Magazines that are linked through their `next`.
struct Stack {
    top: *mut Magazine,
    held: usize,
}

impl Stack {
    const fn new() -> Self {
        Stack { top: ptr::null_mut(), held: 0 }
    }

    fn push(&mut self, new: *mut Magazine) {
        magazine(new).next.store(self.top, Relaxed);
        self.top = new;
        self.held += 1;
    }

    fn pop(&mut self) -> Option<*mut Magazine> {
        if self.top.is_null() {
            return None;
        }
        let top = self.top;
        self.top = magazine(top).next.load(Relaxed);
        self.held -= 1;
        Some(top)
    }
}

/// What there is of one size.
struct Shelf {
    full: Stack,
    /// At most as many as there may be full ones: each came for a full one, and goes before a new one is made.
    empty: Stack,
}

// SAFETY: magazines on the shelf are nobody else's; whoever holds the lock may use them.
unsafe impl Send for Shelf {}

struct Place {
    /// How many full ones there are, for whoever does not have the lock: it need not be taken in vain.
    full: AtomicUsize,
    shelf: Guarded<Shelf>,
}

static PLACES: [Place; CLASSES] = [const {
    Place { full: AtomicUsize::new(0), shelf: Guarded::new(Shelf { full: Stack::new(), empty: Stack::new() }) }
}; CLASSES];

/// How many full magazines there may be.
pub(super) const fn limit(class: Class) -> usize {
    BYTES / (class.rounds() * class.bytes())
}

/// A full magazine (one with blocks, at least) for an empty one, which may be none. `None`: nothing is changed.
pub(super) fn exchange(class: Class, empty: *mut Magazine) -> Option<*mut Magazine> {
    let place = &PLACES[class.number()];
    if place.full.load(Relaxed) == 0 {
        return None;
    }
    place.shelf.with(|shelf| {
        let full = shelf.full.pop()?;
        place.full.store(shelf.full.held, Relaxed);
        if empty != no_magazine() {
            shelf.empty.push(empty);
        }
        Some(full)
    })
}

/// Takes a full magazine and returns an empty one, or [`no_magazine`]; `None` where there is no room for it.
pub(super) fn give(class: Class, full: *mut Magazine) -> Option<*mut Magazine> {
    let place = &PLACES[class.number()];
    if place.full.load(Relaxed) >= limit(class) {
        return None;
    }
    place.shelf.with(|shelf| {
        if shelf.full.held >= limit(class) {
            return None;
        }
        shelf.full.push(full);
        place.full.store(shelf.full.held, Relaxed);
        Some(shelf.empty.pop().unwrap_or(no_magazine()))
    })
}
