// SPDX-License-Identifier: GPL-2.0-or-later
//! fork() while other threads are in the middle of everything: the child's locks, its parking table and its guarded
//! state are whole. A child that hangs is ended by its own alarm, and fails the test.
#![cfg(not(miri))]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use fsnotify::abi::primitives::{mutex, rwlock, spinlock};
use fsnotify::host::process::fork::{self, Guarded};
use fsnotify::host::process::park;

const FORKS: usize = 200;

/// Always the same number twice, outside `with`.
static STATE: Guarded<(usize, usize)> = Guarded::new((0, 0));

fn bound() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the default action of SIGALRM is wanted.
        unsafe { libc::alarm(120) };
    });
}

fn bump() {
    STATE.with(|state| {
        state.0 += 1;
        thread::yield_now();
        state.1 += 1;
    });
}

/// Runs `child` in a child of this process; it must come to its end in time and return true.
fn forked(child: impl FnOnce() -> bool) {
    // SAFETY: what the child does is the subject of the test.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: the default action of SIGALRM is wanted.
            unsafe { libc::alarm(20) };
            let code = if child() { 0 } else { 1 };
            // SAFETY: ends the child without what the test harness would do at its exit.
            unsafe { libc::_exit(code) }
        }
        pid => {
            assert!(pid > 0, "fork failed");
            let mut status = 0;
            // SAFETY: our child.
            assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
            assert!(!libc::WIFSIGNALED(status), "the child hung or crashed: signal {}", libc::WTERMSIG(status));
            assert_eq!(libc::WEXITSTATUS(status), 0, "the child saw something broken");
        }
    }
}

/// Threads that contend for a lock of every kind and for the guarded state.
struct Hammers {
    stop: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

fn hammer(number: usize) -> Hammers {
    struct Locks(spinlock, mutex, rwlock);
    let locks = Arc::new(Locks(spinlock::new(), mutex::new(), rwlock::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let threads = (0..number)
        .map(|_| {
            let (locks, stop) = (locks.clone(), stop.clone());
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    locks.0.lock();
                    thread::yield_now();
                    // SAFETY: taken above.
                    unsafe { locks.0.unlock() };
                    locks.1.lock();
                    thread::yield_now();
                    // SAFETY: taken above.
                    unsafe { locks.1.unlock() };
                    locks.2.read_lock();
                    thread::yield_now();
                    // SAFETY: taken above.
                    unsafe { locks.2.read_unlock() };
                    locks.2.write_lock();
                    // SAFETY: taken above.
                    unsafe { locks.2.write_unlock() };
                    bump();
                }
            })
        })
        .collect();
    Hammers { stop, threads }
}

impl Hammers {
    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|t| t.join().unwrap());
    }
}

/// Threads contend for one lock until each has had it `rounds` times. In a child, new threads get the memory of those
/// that were not inherited, their records in the parking table included.
fn contend(threads: usize, rounds: usize) -> bool {
    let shared = Arc::new((mutex::new(), AtomicUsize::new(0)));
    shared.0.lock();
    let waiters: Vec<_> = (0..threads)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..rounds {
                    shared.0.lock();
                    shared.1.fetch_add(1, Ordering::Relaxed);
                    thread::yield_now();
                    // SAFETY: taken above.
                    unsafe { shared.0.unlock() };
                }
            })
        })
        .collect();
    while shared.0.owner.load(Ordering::Relaxed) & 2 == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    // SAFETY: taken above.
    unsafe { shared.0.unlock() };
    waiters.into_iter().all(|t| t.join().is_ok()) && shared.1.load(Ordering::Relaxed) == threads * rounds
}

/// What a child of a process with many threads may do with locks.
fn use_locks() -> bool {
    let (spin, sleeping) = (spinlock::new(), mutex::new());
    spin.lock();
    // SAFETY: taken above.
    unsafe { spin.unlock() };
    sleeping.lock();
    // SAFETY: taken above.
    unsafe { sleeping.unlock() };
    // Every bucket of the parking table can be locked.
    for word in 0..512usize {
        if park::unpark_all(0x1000 + 4 * word) != 0 {
            return false;
        }
    }
    let whole = STATE.with(|state| state.0 == state.1);
    bump();
    whole
}

#[test]
fn children_of_a_busy_parent_have_whole_locks() {
    bound();
    let hammers = hammer(6);
    for _ in 0..FORKS {
        forked(use_locks);
    }
    hammers.end();
    STATE.with(|state| assert_eq!(state.0, state.1));
}

/// Threads that nearly always hold a bucket of the parking table or the guarded state: no fork catches them there.
#[test]
fn a_fork_waits_for_those_inside() {
    bound();
    static WORDS: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
    static SLOW: Guarded<bool> = Guarded::new(false);
    fn linger() {
        thread::sleep(Duration::from_millis(2));
    }
    fn address(number: usize) -> usize {
        WORDS[number].as_ptr() as usize
    }
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..3)
        .map(|number| {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    match number {
                        // Both callbacks are called with the bucket locked.
                        0 => {
                            park::park(address(0), 0, || {
                                linger();
                                false
                            });
                        }
                        1 => {
                            park::unpark_one(address(1), |_| {
                                linger();
                                false
                            });
                        }
                        _ => SLOW.with(|busy| {
                            *busy = true;
                            linger();
                            *busy = false;
                        }),
                    }
                }
            })
        })
        .collect();
    for _ in 0..FORKS / 10 {
        forked(|| {
            (0..3).all(|number| park::unpark_all(address(number)) == 0) && SLOW.with(|busy| !*busy) && use_locks()
        });
    }
    stop.store(true, Ordering::Relaxed);
    threads.into_iter().for_each(|t| t.join().unwrap());
}

#[test]
fn children_of_a_busy_parent_can_start_threads() {
    bound();
    let hammers = hammer(6);
    for _ in 0..FORKS / 10 {
        forked(|| contend(4, 50));
    }
    hammers.end();
}

/// The parent's sleepers are not the child's: a lock that the forking thread holds is released there as if nobody
/// waited, and new threads that live in the memory of those sleepers are woken like any others.
#[test]
fn a_child_forgets_the_sleepers() {
    bound();
    let lock = Arc::new(mutex::new());
    lock.lock();
    let sleepers: Vec<_> = (0..12)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || {
                lock.lock();
                // SAFETY: taken above.
                unsafe { lock.unlock() };
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(100));
    for _ in 0..10 {
        forked(|| {
            let waiting = lock.owner.load(Ordering::Relaxed) == 3;
            // SAFETY: the forking thread took it.
            unsafe { lock.unlock() };
            let free = lock.owner.load(Ordering::Relaxed) == 0;
            waiting && free && (0..10).all(|_| contend(12, 5))
        });
    }
    // SAFETY: taken above.
    unsafe { lock.unlock() };
    sleepers.into_iter().for_each(|t| t.join().unwrap());
}

/// Whether a thread may fork while another runs its prepare handlers. glibc before 2.36 holds a lock meanwhile, so there
/// a fork inside the gate waits for the other fork, which waits for the gate.
fn forks_interleave() -> bool {
    // SAFETY: has no requirement.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: a static string.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    let number: Vec<u32> = version.to_str().unwrap().split('.').map(|n| n.parse().unwrap_or(0)).collect();
    number >= vec![2, 36]
}

/// A thread may fork inside the gate: it does not wait for itself, and what it holds stays its own on both sides.
#[test]
fn a_fork_inside_the_gate_does_not_wait_for_itself() {
    if !forks_interleave() {
        return;
    }
    bound();
    static OTHER: Guarded<usize> = Guarded::new(0);
    let hammers = hammer(3);
    for round in 0..50 {
        OTHER.with(|value| {
            assert_eq!(*value, round);
            forked(|| {
                *value += 1;
                use_locks()
            });
            *value += 1;
        });
    }
    forked(|| OTHER.with(|value| *value == 50) && use_locks());
    hammers.end();
}

/// Nor does it wait for another fork that waits for it.
#[test]
fn a_fork_inside_the_gate_goes_before_one_that_waits() {
    if !forks_interleave() {
        return;
    }
    bound();
    static OTHER: Guarded<usize> = Guarded::new(0);
    let inside = Arc::new(AtomicBool::new(false));
    let outsider = {
        let inside = inside.clone();
        thread::spawn(move || {
            while !inside.load(Ordering::Acquire) {
                thread::yield_now();
            }
            forked(|| OTHER.with(|value| *value == 1) && use_locks());
        })
    };
    OTHER.with(|value| {
        inside.store(true, Ordering::Release);
        // The other thread closes the gate meanwhile, and waits for us.
        thread::sleep(Duration::from_millis(100));
        forked(use_locks);
        *value += 1;
    });
    outsider.join().unwrap();
}

#[test]
fn forks_of_several_threads_take_turns() {
    bound();
    let hammers = hammer(2);
    let forkers: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(|| {
                for _ in 0..FORKS / 4 {
                    forked(use_locks);
                }
            })
        })
        .collect();
    forkers.into_iter().for_each(|t| t.join().unwrap());
    hammers.end();
}

#[test]
fn a_child_is_a_new_generation() {
    bound();
    let before = fork::generation();
    forked(|| {
        let child = fork::generation();
        child == before + 1 && {
            forked(|| fork::generation() == child + 1);
            true
        }
    });
    assert_eq!(fork::generation(), before);
}
