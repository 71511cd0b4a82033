// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests of tasks, wait queues, SRCU and work share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::sync::atomic::{AtomicBool, Ordering};
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
                eprintln!("{what}: hangs");
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

/// The state of a thread as the system sees it: S when it sleeps.
pub fn state_of(tid: i32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).unwrap();
    stat[stat.rfind(')').unwrap() + 2..].chars().next().unwrap()
}
