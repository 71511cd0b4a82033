// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests of tasks, wait queues, SRCU and work share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// So often under Miri, else so often.
pub fn times(miri: u32, native: u32) -> u32 {
    if cfg!(miri) {
        miri
    } else {
        native
    }
}

/// Ends the process when `what` takes for ever: a lost wake-up would hang the suite instead of failing it.
pub struct Watchdog(std::sync::Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Watchdog {
    pub fn new(what: &'static str) -> Self {
        let over = std::sync::Arc::new(AtomicBool::new(false));
        let seen = over.clone();
        let thread = (!cfg!(miri)).then(|| {
            thread::spawn(move || {
                for _ in 0..600 {
                    thread::park_timeout(Duration::from_millis(100));
                    if seen.load(Ordering::Relaxed) {
                        return;
                    }
                }
                // Past the capture of the harness, which an abort would lose.
                let _ = std::io::stderr().write_all(format!("thread panicked: {what}: hangs\n").as_bytes());
                std::process::abort();
            })
        });
        Self(over, thread)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        if let Some(thread) = self.1.take() {
            thread.thread().unpark();
            thread.join().unwrap();
        }
    }
}

/// Gives others time to do what they must not do.
pub fn linger() {
    thread::sleep(Duration::from_millis(if cfg!(miri) { 1 } else { 60 }));
}

/// Waits until `done`, with the watchdog as the limit.
pub fn until(what: &'static str, mut done: impl FnMut() -> bool) {
    let _watchdog = Watchdog::new(what);
    while !done() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Runs `child` in a forked process, which must return true within a minute.
#[cfg(not(miri))]
pub fn in_child(what: &'static str, child: impl FnOnce() -> bool) {
    // SAFETY: the child calls the library, whose fork handlers are what is tested, and leaves by _exit().
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: has no preconditions; ends a child that hangs.
        unsafe { libc::alarm(60) };
        let ok = child();
        // SAFETY: has no preconditions.
        unsafe { libc::_exit(if ok { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the child was forked above.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    assert_eq!(status, 0, "{what}: the child failed, or hung (signal 14)");
}

/// Keeps the calling thread on the first processor that it may run on.
#[cfg(not(miri))]
pub fn pin() {
    // SAFETY: zeroes are a set of no processor.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of_val(&set);
    // SAFETY: the set is valid for writes of its size.
    assert_eq!(unsafe { libc::sched_getaffinity(0, size, &raw mut set) }, 0);
    // SAFETY: each number is below the set's size.
    let first = (0..libc::CPU_SETSIZE as usize).find(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).unwrap();
    // SAFETY: as above.
    let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    unsafe { libc::CPU_SET(first, &mut one) };
    // SAFETY: the set is valid for reads of its size.
    assert_eq!(unsafe { libc::sched_setaffinity(0, size, &raw const one) }, 0);
}

/// How often the calling thread has lost the processor while it could go on.
#[cfg(not(miri))]
pub fn involuntary_switches() -> i64 {
    // SAFETY: zeroes are a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: `usage` is valid for writes.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) }, 0);
    usage.ru_nivcsw
}

/// The state of a thread as the system sees it: S when it sleeps.
pub fn state_of(tid: i32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).unwrap();
    stat[stat.rfind(')').unwrap() + 2..].chars().next().unwrap()
}

/// Two threads that do something at the same moment, round after round.
pub struct Rounds(AtomicU32);

impl Rounds {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }
    /// Returns when the other thread has come to the same point for the `n`th time, counting from 0.
    pub fn meet(&self, n: u32) {
        self.0.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0_u32;
        while self.0.load(Ordering::SeqCst) < 2 * (n + 1) {
            spins += 1;
            if spins.is_multiple_of(4096) || cfg!(miri) {
                thread::yield_now();
            }
            std::hint::spin_loop();
        }
    }
}

/// Lets the other side get ahead, by another little bit each round, so that the two meet at every point.
pub fn lag(round: u32) {
    for _ in 0..if cfg!(miri) { 0 } else { round % 256 } {
        std::hint::spin_loop();
    }
}

/// Fills the processor's store buffer with stores that take long, so that the next stores stay in it for a while and
/// a fence that is missing after them shows.
pub struct Slow(Vec<AtomicU64>, usize);

impl Slow {
    pub fn new() -> Self {
        let words = if cfg!(miri) { 1024 } else { 8 << 20 };
        Self((0..words).map(|_| AtomicU64::new(0)).collect(), 1)
    }
    pub fn stores(&mut self) {
        for _ in 0..if cfg!(miri) { 0 } else { 24 } {
            self.1 = self.1.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.0[(self.1 >> 20) % self.0.len()].store(1, Ordering::Relaxed);
        }
    }
}
