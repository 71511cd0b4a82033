// SPDX-License-Identifier: GPL-2.0-or-later
//! Where waiters of a lock word sleep: `parking_lot_core`'s table, behind the fork gate.
//!
//! * Every call into the table happens inside the gate; a sleeper leaves the gate once it is queued. There is no timed
//!   sleep, because a sleeper whose time is up would lock its bucket without having passed the gate.
//! * All sleepers are queued under a fixed set of keys ([`KEYS`]) and tell each other apart by the address in their park
//!   token. So a child can find and drop every sleeper that it did not inherit. Leaving them would not do: a sleeper is
//!   a record in its thread's local data, and the C library gives the memory of the parent's threads to new threads.
//! * Two copies of the library in one process (a program linked with the archive that also loads the shared object)
//!   may meet at one lock word, but each copy has its own table. Sleeping and waking therefore go through the exported
//!   `fsn_park` and `fsn_unpark`, which the dynamic linker binds to one definition for both copies wherever it binds
//!   the data symbols to one.

use core::cell::Cell;
use core::ffi::c_void;
use core::mem;
use core::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use parking_lot_core::{FilterOp, ParkResult, ParkToken, UnparkResult, UnparkToken};

use super::fork;

/// How a sleep ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// The condition for sleeping did not hold any more: nobody slept.
    Refused,
    /// Woken: look again.
    Woken,
    /// Woken, and the waker left the lock in the sleeper's hands.
    Granted,
}

/// What a waker does with the next sleeper in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Select {
    /// Wake it.
    Wake,
    /// Let it and all behind it sleep.
    Stop,
}

/// What a waker learns before those that it selected run; nobody can start to sleep on that address meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Selected {
    /// How many will be woken.
    pub woken: usize,
    /// Whether more of them sleep on this address.
    pub more: bool,
    /// Now and then true (about every half millisecond of contention): give the lock away instead of racing for it.
    pub fair: bool,
}

/// At most so many are woken by one call: parking_lot_core then needs no memory for the list of them.
pub(crate) const BATCH: usize = 8;

/// Values of a sleeper's tag: the two low bits of a word's address are free.
pub(crate) const TAG_MASK: usize = 3;

const WOKEN: UnparkToken = UnparkToken(0);
const GRANTED: UnparkToken = UnparkToken(1);

/// The addresses of these bytes are the keys: no other user of parking_lot_core in this process can have them.
static KEYS: [AtomicU8; 256] = [const { AtomicU8::new(0) }; 256];

/// Whether anybody ever slept here.
static USED: AtomicBool = AtomicBool::new(false);

fn key(address: usize) -> usize {
    let spread = (address as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let index = (spread >> 56) as usize;
    (&raw const KEYS[index]) as usize
}

type Validate = unsafe extern "C" fn(data: *mut c_void) -> bool;
type Choose = unsafe extern "C" fn(data: *mut c_void, tag: usize) -> bool;
type Done = unsafe extern "C" fn(data: *mut c_void, woken: usize, more: bool, fair: bool) -> bool;

// ---- what the primitives call -------------------------------------------------------------------------------------

/// Sleeps until an [`unpark`] of `address` selects this thread, unless `validate` says no. `validate` is called with
/// the queue locked: it must only look at the word. `address` is a multiple of 4, `tag` at most [`TAG_MASK`]. Not
/// allowed inside [`fork::Guarded::with`].
pub fn park<F: FnMut() -> bool>(address: usize, tag: usize, mut validate: F) -> Wake {
    // Inside the function, where cbindgen does not see it: the definition is in capi/sync.rs.
    extern "C" {
        fn fsn_park(address: usize, tag: usize, validate: Validate, data: *mut c_void) -> u32;
    }
    unsafe extern "C" fn call<F: FnMut() -> bool>(data: *mut c_void) -> bool {
        // SAFETY: `data` is the closure below, which lives in the frame of the caller that waits for fsn_park().
        let validate = unsafe { &mut *data.cast::<F>() };
        validate()
    }
    // SAFETY: `call` is the right trampoline for the closure that `data` points to.
    match unsafe { fsn_park(address, tag, call::<F>, (&raw mut validate).cast()) } {
        0 => Wake::Refused,
        1 => Wake::Woken,
        _ => Wake::Granted,
    }
}

/// Asks `choose` about the sleepers of `address` in the order of their arrival, until it says [`Select::Stop`] or
/// [`BATCH`] are selected; then calls `done`, and wakes the selected. If `done` returns true they are
/// [`Wake::Granted`]. Both are called with the queue locked and must only touch the word. Returns how many were woken.
pub fn unpark<C: FnMut(usize) -> Select, D: FnMut(Selected) -> bool>(address: usize, choose: C, done: D) -> usize {
    extern "C" {
        fn fsn_unpark(address: usize, choose: Choose, done: Done, data: *mut c_void) -> usize;
    }
    unsafe extern "C" fn choose_one<C: FnMut(usize) -> Select, D>(data: *mut c_void, tag: usize) -> bool {
        // SAFETY: `data` is the pair below, which lives in the frame of the caller of fsn_unpark().
        let pair = unsafe { &mut *data.cast::<(C, D)>() };
        (pair.0)(tag) == Select::Wake
    }
    unsafe extern "C" fn finish<C, D: FnMut(Selected) -> bool>(
        data: *mut c_void,
        woken: usize,
        more: bool,
        fair: bool,
    ) -> bool {
        // SAFETY: as in choose_one().
        let pair = unsafe { &mut *data.cast::<(C, D)>() };
        (pair.1)(Selected { woken, more, fair })
    }
    let mut pair = (choose, done);
    // SAFETY: both trampolines are those of the pair that `data` points to.
    unsafe { fsn_unpark(address, choose_one::<C, D>, finish::<C, D>, (&raw mut pair).cast()) }
}

/// Wakes the first sleeper of `address`, if there is one; `done` is called in either case. See [`unpark`].
pub fn unpark_one<D: FnMut(Selected) -> bool>(address: usize, done: D) -> usize {
    let mut first = true;
    unpark(address, |_| if mem::take(&mut first) { Select::Wake } else { Select::Stop }, done)
}

/// Wakes all sleepers of `address`; the caller has changed the word so that none of them wants to sleep again. Returns
/// how many were woken.
pub fn unpark_all(address: usize) -> usize {
    let mut total = 0;
    loop {
        let mut more = false;
        total += unpark(
            address,
            |_| Select::Wake,
            |selected| {
                more = selected.more;
                false
            },
        );
        if !more {
            return total;
        }
    }
}

// ---- the one definition behind the exported pair ------------------------------------------------------------------

/// The body of `fsn_park`: 0 refused, 1 woken, 2 granted.
///
/// # Safety
/// `validate` may be called with `data` once, before this returns.
pub unsafe fn park_here(address: usize, tag: usize, validate: Validate, data: *mut c_void) -> u32 {
    debug_assert!(address & TAG_MASK == 0 && tag <= TAG_MASK);
    debug_assert!(!fork::inside(), "sleeping inside the fork gate");
    fork::enter();
    USED.store(true, Ordering::Relaxed);
    let asleep = Cell::new(false);
    let validate = || {
        // SAFETY: promised by our caller.
        unsafe { validate(data) }
    };
    let before_sleep = || {
        asleep.set(true);
        fork::leave();
    };
    // SAFETY: the key is ours; `validate` looks at the word only; before_sleep neither parks nor panics; timed_out is
    // never called, for there is no timeout.
    let result = unsafe {
        parking_lot_core::park(key(address), validate, before_sleep, |_, _| {}, ParkToken(address | tag), None)
    };
    if !asleep.get() {
        fork::leave();
    }
    match result {
        ParkResult::Unparked(GRANTED) => 2,
        ParkResult::Unparked(_) => 1,
        ParkResult::Invalid | ParkResult::TimedOut => 0,
    }
}

/// The body of `fsn_unpark`.
///
/// # Safety
/// `choose` and `done` may be called with `data` before this returns.
pub unsafe fn unpark_here(address: usize, choose: Choose, done: Done, data: *mut c_void) -> usize {
    debug_assert!(address & TAG_MASK == 0);
    let _inside = fork::Inside::enter();
    let mut woken = 0;
    let more = Cell::new(false);
    let filter = |ParkToken(token)| {
        if token & !TAG_MASK != address {
            return FilterOp::Skip;
        }
        // SAFETY: promised by our caller.
        if woken < BATCH && unsafe { choose(data, token & TAG_MASK) } {
            woken += 1;
            return FilterOp::Unpark;
        }
        more.set(true);
        FilterOp::Stop
    };
    let finish = |result: UnparkResult| {
        // SAFETY: promised by our caller.
        match unsafe { done(data, result.unparked_threads, more.get(), result.be_fair) } {
            true => GRANTED,
            false => WOKEN,
        }
    };
    // SAFETY: the key is ours; the two callbacks only touch the word.
    let result = unsafe { parking_lot_core::unpark_filter(key(address), filter, finish) };
    result.unparked_threads
}

/// Drops all sleepers from the table. Only for the child of a fork, before the gate opens: the sleepers are records of
/// threads that exist in the parent only, and no bucket is locked.
pub(super) fn forget_all() {
    if !USED.load(Ordering::Relaxed) {
        return;
    }
    for key in &KEYS {
        loop {
            let mut dropped = 0;
            // SAFETY: the key is ours; the callbacks touch nothing else.
            let result = unsafe {
                parking_lot_core::unpark_filter(
                    (&raw const *key) as usize,
                    |_| {
                        dropped += 1;
                        if dropped <= BATCH {
                            FilterOp::Unpark
                        } else {
                            FilterOp::Stop
                        }
                    },
                    |_| WOKEN,
                )
            };
            if !result.have_more_threads {
                break;
            }
        }
    }
}
