// SPDX-License-Identifier: GPL-2.0-or-later
//! How a writer of SRCU waits for readers.
//!
//! It looks a few times, then says in the reader's slot that it sleeps; the reader that leaves sees that and wakes it.
//!
//! **Readers that cannot run.** Where there are more threads than processors, a reader that was preempted inside leaves
//! only when it has its turn again, after a time slice of each thread before it; readers that are elsewhere in their code
//! keep the processors meanwhile, and none of them knows. So a writer that has waited for [`PATIENCE`] asks all readers
//! of the domain to let others run once, each when it next leaves. What that costs a reader is bounded: it is asked when
//! 1, 3, 7, 15 ... ms have passed, and not any more after a second, when the reader that is waited for sleeps rather than
//! waits for its turn.

use core::hint;
use core::sync::atomic::{AtomicU32, Ordering};

use super::futex;
use super::membarrier::heavy_fence;
use super::srcu_slots::{self, shared, GIVE_WAY, WAITED};
use crate::abi::primitives::srcu_struct;

/// A writer looks so often at a reader before it sleeps for it.
const SPINS: u32 = 64;
/// In milliseconds: a writer sleeps so long before it asks readers to give way, then twice as long before it asks again.
/// Less than a time slice, and so long that a reader that gives its slice away each time has run for a while.
const PATIENCE: u64 = 1;
/// From this time on the writer asks no more.
const TOO_LONG: u64 = 1024;

/// Waits until each slot has been seen without readers of `index`.
pub(super) fn wait_for_readers(ssp: &srcu_struct, index: usize) {
    let mut wait = Wait { ssp, patience: PATIENCE };
    // SAFETY: a domain is not cleaned up while somebody waits for its readers.
    for slot in unsafe { srcu_slots::all(ssp) } {
        wait.until(&slot.waited, || slot.count[index].load(Ordering::Acquire) == 0 || slot.left_behind());
    }
    wait.until(&ssp.gp_waiting, || shared(&ssp.shared[index]) == 0);
    if wait.asked() {
        tell_all(ssp, 0);
    }
}

struct Wait<'a> {
    ssp: &'a srcu_struct,
    /// How long to sleep before readers are asked the next time.
    patience: u64,
}

impl Wait<'_> {
    /// Waits until `gone`; whoever makes it so looks at `flag` afterwards.
    fn until(&mut self, flag: &AtomicU32, gone: impl Fn() -> bool) {
        for _ in 0..SPINS {
            if gone() {
                return;
            }
            hint::spin_loop();
        }
        loop {
            let message = if self.asked() { WAITED | GIVE_WAY } else { WAITED };
            flag.store(message, Ordering::Relaxed);
            // Between the store above and the loads in `gone`; the reader stores its count and loads the flag.
            heavy_fence();
            if gone() {
                flag.store(0, Ordering::Relaxed);
                return;
            }
            let limit = (self.patience < TOO_LONG).then(|| futex::millis(self.patience));
            futex::wait(flag, message, limit);
            if gone() {
                return;
            }
            // Nobody has left: a whole sleep, or a signal.
            if flag.load(Ordering::Relaxed) != 0 && self.patience < TOO_LONG {
                self.patience *= 2;
                tell_all(self.ssp, GIVE_WAY);
            }
        }
    }

    fn asked(&self) -> bool {
        self.patience > PATIENCE
    }
}

/// Leaves a message for the readers of all slots. No fence: a reader that misses it does nothing wrong.
fn tell_all(ssp: &srcu_struct, message: u32) {
    // SAFETY: a domain is not cleaned up while somebody waits for its readers.
    for slot in unsafe { srcu_slots::all(ssp) } {
        slot.waited.store(message, Ordering::Relaxed);
    }
}
