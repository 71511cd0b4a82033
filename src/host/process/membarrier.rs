// SPDX-License-Identifier: GPL-2.0-or-later
//! Fences of which one side costs nothing.
//!
//! Two threads that each store to one place and then load the other's must both have a full fence in between, or each
//! may miss the other's store. Where one side is frequent (readers of SRCU, wake-ups that find nobody) and the other is
//! rare (grace periods, going to sleep), the frequent side has a compiler barrier only ([`light_fence`]) and the rare
//! side makes the system run a full fence on every processor that runs a thread of this process ([`heavy_fence`],
//! `membarrier(PRIVATE_EXPEDITED)`). That fence falls at some point of the frequent side's program: before its load,
//! which then sees what the rare side stored; or after its load, and so after its store, which the rare side then sees.
//!
//! Where the call is missing (old kernels, a sandbox's filter, Miri) both sides run a real fence. The call may also
//! vanish while the process runs, when it puts itself into a sandbox. Then light fences become real, and heavy fences
//! outwait those that began before: a store leaves a processor's buffer within microseconds, at a context switch at once.

use core::sync::atomic::{compiler_fence, fence, AtomicU32, AtomicU8, Ordering};

/// Non-zero once light fences may be compiler barriers. C's inline functions read it too. A copy of it in a program
/// that is not position-independent may stay 0, which is only slower.
#[no_mangle]
pub static fsn_membarrier_ready: AtomicU32 = AtomicU32::new(0);

const UNKNOWN: u8 = 0;
const READY: u8 = 1;
const VANISHED: u8 = 2;
const MISSING: u8 = 3;
static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

const CMD_PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const CMD_REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

fn membarrier(command: libc::c_int) -> bool {
    if cfg!(miri) {
        return false;
    }
    // SAFETY: the call reads and writes no memory of ours.
    (unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }) == 0
}

/// The frequent side: between its store and its load.
#[inline]
pub fn light_fence() {
    if fsn_membarrier_ready.load(Ordering::Relaxed) != 0 {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// The rare side: between its store and its load.
pub fn heavy_fence() {
    fence(Ordering::SeqCst);
    match STATE.load(Ordering::SeqCst) {
        READY => {
            if !membarrier(CMD_PRIVATE_EXPEDITED) {
                vanish();
            }
        }
        MISSING => {}
        UNKNOWN => probe(),
        _ => settle(),
    }
    fence(Ordering::SeqCst);
}

/// Asks for the call, once. Until then light fences are real ones, so the answer may come at any time.
#[cold]
pub fn probe() {
    let found = if membarrier(CMD_REGISTER_PRIVATE_EXPEDITED) { READY } else { MISSING };
    let first = STATE.compare_exchange(UNKNOWN, found, Ordering::SeqCst, Ordering::SeqCst).is_ok();
    if first && found == READY {
        fsn_membarrier_ready.store(1, Ordering::SeqCst);
    }
    if !first || found == READY {
        // Light fences may be compiler barriers by now.
        heavy_fence();
    }
}

#[cold]
fn vanish() {
    let _ = STATE.compare_exchange(READY, VANISHED, Ordering::SeqCst, Ordering::SeqCst);
    fsn_membarrier_ready.store(0, Ordering::SeqCst);
    settle();
    STATE.store(MISSING, Ordering::SeqCst);
}

/// Outwaits the light fences that were compiler barriers still.
fn settle() {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 10_000_000 };
    // SAFETY: `pause` is a valid time, and no remainder is asked for.
    unsafe { libc::nanosleep(&raw const pause, core::ptr::null_mut()) };
}

/// In the child of a fork: its memory is new to the system, which may want to be asked again.
pub fn after_fork() {
    if STATE.load(Ordering::SeqCst) == READY && !membarrier(CMD_REGISTER_PRIVATE_EXPEDITED) {
        // There is one thread, so nobody is in the middle of a light fence.
        fsn_membarrier_ready.store(0, Ordering::SeqCst);
        STATE.store(MISSING, Ordering::SeqCst);
    }
}

/// Tests only: both sides run real fences from now on, as where the call is missing.
#[doc(hidden)]
pub fn pretend_missing() {
    STATE.store(VANISHED, Ordering::SeqCst);
    fsn_membarrier_ready.store(0, Ordering::SeqCst);
    settle();
    STATE.store(MISSING, Ordering::SeqCst);
}

/// When the library is loaded: the process has one thread then, and registering is cheapest.
extern "C" fn probe_at_load() {
    if STATE.load(Ordering::SeqCst) == UNKNOWN {
        probe();
    }
}

#[used]
#[cfg_attr(not(miri), link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = probe_at_load;
