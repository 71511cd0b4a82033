// SPDX-License-Identifier: GPL-2.0-or-later
//! What the host keeps for each thread, and how it goes away with the thread.
//!
//! The data itself has no destructor, so it is valid from a thread's first instruction to its last. A key of the C
//! library tells when the thread ends; such destructors run after those of C++ and Rust, in up to four rounds. Each
//! round gives everything back; what is used again by a later destructor is given back in the next round, and when the
//! rounds are used up the thread falls back to shared objects ([`arm`] says no).

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr;

use super::exit_key::ExitKey;
use super::srcu_slots::{self, Slot};
use super::task;
use crate::abi::primitives::srcu_struct;
use crate::abi::task::task_struct;

/// A thread's own data.
pub(super) struct Local {
    /// The thread's task, NULL: not made yet.
    pub(super) task: Cell<*mut task_struct>,
    /// The domain and the slot that were used last.
    pub(super) srcu_domain: Cell<*const srcu_struct>,
    pub(super) srcu_slot: Cell<*const Slot>,
    /// All slots of the thread, linked by [`Slot::next_owned`].
    pub(super) srcu_owned: Cell<*const Slot>,
    /// Nesting of `rcu_read_lock()`, and the index that the outermost got.
    pub(super) rcu_nesting: Cell<u32>,
    pub(super) rcu_index: Cell<c_int>,
    /// How many items of work are being run by this thread, one inside the other.
    pub(super) working: Cell<u32>,
    /// Whether the key is set.
    armed: Cell<bool>,
    /// How often the key's destructor has run.
    rounds: Cell<u8>,
}

super::std::thread_local! {
    static LOCAL: Local = const {
        Local {
            task: Cell::new(ptr::null_mut()),
            srcu_domain: Cell::new(ptr::null()),
            srcu_slot: Cell::new(ptr::null()),
            srcu_owned: Cell::new(ptr::null()),
            rcu_nesting: Cell::new(0),
            rcu_index: Cell::new(0),
            working: Cell::new(0),
            armed: Cell::new(false),
            rounds: Cell::new(0),
        }
    };
}

/// The calling thread's data. `f` must not keep it.
#[inline]
pub(super) fn local<R>(f: impl FnOnce(&Local) -> R) -> R {
    LOCAL.with(f)
}

/// After so many rounds nothing new is made: the C library promises four.
const ROUNDS: u8 = 3;

/// Makes sure that the thread gives back at its end what it is about to own. False: it must not own anything (more).
pub(super) fn arm() -> bool {
    local(|local| {
        if local.armed.get() {
            return true;
        }
        if local.rounds.get() >= ROUNDS {
            return false;
        }
        // The value is never followed; it only must not be NULL.
        let armed = KEY.arm(ptr::without_provenance(1));
        local.armed.set(armed);
        armed
    })
}

static KEY: ExitKey = ExitKey::new(thread_ends);

unsafe extern "C" fn thread_ends(_: *mut c_void) {
    local(|local| {
        local.armed.set(false);
        local.rounds.set(local.rounds.get() + 1);
    });
    srcu_slots::thread_ends();
    task::thread_ends();
}
