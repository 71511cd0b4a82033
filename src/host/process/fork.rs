// SPDX-License-Identifier: GPL-2.0-or-later
//! What makes the process host survive `fork()`.
//!
//! `parking_lot_core` keeps its sleepers in a hidden table of locked buckets: a child that was forked while another
//! thread held a bucket would wait for that bucket for ever. Every entry into `parking_lot` and `parking_lot_core`
//! therefore goes through the *gate*: a count of the threads inside and a bit that closes it. `pthread_atfork()`'s
//! prepare handler closes the gate and waits until nobody but the forking thread is inside; the parent reopens it, the
//! child forgets the sleepers that it did not inherit (they are threads of the parent) and starts afresh.
//!
//! Rules for what runs inside the gate ([`Guarded::with`]): it is short, it never sleeps, takes no lock word, calls
//! nothing of the program's. Sleepers are outside the gate (see `park`).
//!
//! A lock word that another thread held at the moment of the fork stays held in the child, as any POSIX mutex does.
//! State that is touched only through [`Guarded`] is whole in the child.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU8, Ordering};

use parking_lot::Mutex;

use super::{fasync, membarrier, park, shrinker, srcu, stats, task, wait_bit, work};

/// What runs at a fork: in the thread that forks, outside the gate, so it may use lock words and [`Guarded`].
pub type Handler = fn();

// ---- handlers of other modules: their owners add them here, callees before callers --------------------------------

/// Before the fork, last entry first: take what must not be held by another thread. The worker comes
/// to rest before anything is taken that its item may need.
const PREPARE: &[Handler] = &[
    fasync::before_fork,
    crate::vfs::fork::before_fork,
    crate::notify::before_fork,
    work::before_fork,
    crate::vfs::pump::before_fork,
];
/// After the fork in the parent, in order: release what [`PREPARE`] took.
const PARENT: &[Handler] = &[
    fasync::after_fork,
    crate::vfs::fork::after_fork_in_parent,
    crate::notify::after_fork_in_parent,
    work::after_fork_parent,
    crate::vfs::pump::after_fork_in_parent,
];
/// After the fork in the child, in order: make free what [`PREPARE`] took, or another fork under way may have taken, and
/// forget the threads that are gone.
const CHILD: &[Handler] = &[
    stats::after_fork,
    fasync::after_fork,
    membarrier::after_fork,
    srcu::after_fork,
    task::after_fork,
    wait_bit::after_fork,
    shrinker::after_fork,
    work::after_fork,
    crate::vfs::fork::after_fork_in_child,
    crate::vfs::pump::after_fork_in_child,
    crate::notify::after_fork_in_child,
    work::resume_in_child,
];

// ---------------------------------------------------------------------------------------------------------------------

/// Bit of [`GATE`]: a fork is under way, nobody may enter. The other bits count the threads inside.
const CLOSED: u32 = 1 << 31;

static GATE: AtomicU32 = AtomicU32::new(0);
static GENERATION: AtomicU32 = AtomicU32::new(0);

super::std::thread_local! {
    /// How often this thread is inside; only the first entry counts in [`GATE`]. It has no destructor, so it is valid
    /// while the thread's other thread-local data is torn down.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Whether this thread, which forks, is the one that closed the gate.
    static CLOSER: Cell<bool> = const { Cell::new(false) };
}

/// How many forks lie between this process and the one that loaded the library.
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Passes the gate, or waits until the fork that closed it is over. A thread that is inside already passes at once.
pub(super) fn enter() {
    register();
    let depth = DEPTH.get();
    if depth == 0 {
        let mut state = GATE.load(Ordering::Relaxed);
        loop {
            if state & CLOSED != 0 {
                wait(state);
                state = GATE.load(Ordering::Relaxed);
                continue;
            }
            match GATE.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
    }
    DEPTH.set(depth + 1);
}

/// Undoes one [`enter`]; the last one lets a waiting fork go on.
pub(super) fn leave() {
    let depth = DEPTH.get() - 1;
    DEPTH.set(depth);
    if depth == 0 && GATE.fetch_sub(1, Ordering::Release) & CLOSED != 0 {
        wake();
    }
}

/// Whether the calling thread is inside the gate.
pub(super) fn inside() -> bool {
    DEPTH.get() != 0
}

/// A stay inside the gate; ends when dropped.
pub(super) struct Inside(());

impl Inside {
    pub(super) fn enter() -> Self {
        enter();
        Self(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        leave();
    }
}

/// State that C never sees, behind a lock that a fork can neither catch held nor catch half-way.
pub struct Guarded<T> {
    state: Mutex<T>,
}

impl<T> Guarded<T> {
    /// Wraps `state`.
    pub const fn new(state: T) -> Self {
        Self { state: Mutex::new(state) }
    }

    /// Calls `f` with the state, locked and inside the gate. `f` must be short: it must not sleep, take a lock word,
    /// call the program's code, or come back to the same object.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // Declared first, dropped last: the lock is released inside the gate.
        let _inside = Inside::enter();
        let mut state = self.state.lock();
        f(&mut state)
    }
}

/// Waits about a millisecond, for a handler that has to wait for another thread.
pub(crate) fn pause() {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    // SAFETY: the time is ours; what remains of it after a signal does not matter.
    unsafe { libc::nanosleep(&pause, ptr::null_mut()) };
}

// ---- registration ---------------------------------------------------------------------------------------------------

/// 0: not yet, 1: under way or done.
static REGISTERED: AtomicU8 = AtomicU8::new(0);

/// Asks the C library to call the handlers below at every fork. Idempotent; a failure (no memory) is tried again at the
/// next need.
pub fn register() {
    if REGISTERED.load(Ordering::Relaxed) == 0 {
        register_slow();
    }
}

#[cold]
fn register_slow() {
    if cfg!(miri) || REGISTERED.swap(1, Ordering::Relaxed) != 0 {
        return;
    }
    // SAFETY: the three handlers are functions of this library, which is never unmapped (-z nodelete).
    let error = unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
    if error != 0 {
        REGISTERED.store(0, Ordering::Relaxed);
    }
}

/// Registers when the library is loaded, so that no fork can come before the first need.
extern "C" fn register_at_load() {
    register();
}

#[used]
#[cfg_attr(not(miri), link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = register_at_load;

unsafe extern "C" fn prepare() {
    let inside = inside();
    if !inside {
        // Inside the gate nobody may wait for a lock: such a fork does without what these would take. The library never
        // does this itself.
        PREPARE.iter().rev().for_each(|handler| handler());
    }
    let mut state = GATE.load(Ordering::Relaxed);
    loop {
        if state & CLOSED != 0 {
            if inside {
                // The fork that closed it waits for us to come out: ours comes first, and the gate stays its own.
                break;
            }
            // Another thread forks: one after the other.
            wait(state);
            state = GATE.load(Ordering::Relaxed);
            continue;
        }
        match GATE.compare_exchange_weak(state, state | CLOSED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => {
                CLOSER.set(true);
                break;
            }
            Err(now) => state = now,
        }
    }
    loop {
        let state = GATE.load(Ordering::Acquire);
        if state & !CLOSED <= u32::from(inside) {
            break;
        }
        wait(state);
    }
    // Counts as inside until the fork is over: handlers of others that run in between may call the library.
    DEPTH.set(DEPTH.get() + 1);
}

unsafe extern "C" fn parent() {
    DEPTH.set(DEPTH.get() - 1);
    if CLOSER.take() {
        GATE.fetch_and(!CLOSED, Ordering::Release);
        wake();
    }
    if !inside() {
        PARENT.iter().for_each(|handler| handler());
    }
}

unsafe extern "C" fn child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    park::forget_all();
    CLOSER.set(false);
    DEPTH.set(DEPTH.get() - 1);
    GATE.store(u32::from(inside()), Ordering::Release);
    for handler in CHILD {
        handler();
    }
}

// ---- waiting at the gate: plain futexes, for nothing of parking_lot may be used there ---------------------------------

fn wait(seen: u32) {
    // SAFETY: the word is a static; FUTEX_WAIT only compares it with `seen`, and no timeout is given.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            GATE.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            seen,
            ptr::null::<libc::timespec>(),
        )
    };
}

fn wake() {
    // SAFETY: the word is a static; FUTEX_WAKE does not touch it.
    unsafe { libc::syscall(libc::SYS_futex, GATE.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, i32::MAX) };
}
