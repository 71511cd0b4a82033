// SPDX-License-Identifier: GPL-2.0-or-later
//! The lock words and the reference count: exclusion, wake-ups, fairness, sleeping without use of the processor,
//! saturation. `cargo +nightly miri test --test locks` looks for data races and uses of freed memory in the same tests.

mod readers;
mod refcount;

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Once};
use std::thread;
use std::time::Duration;

use fsnotify::abi::primitives::{mutex, rwlock, spinlock};
use fsnotify::abi::vfs::rw_semaphore;
use fsnotify::capi::sync::{fsn_mutex_lock_slow, fsn_mutex_unlock_slow, fsn_spin_lock_slow, fsn_spin_unlock_slow};
use fsnotify::host::process::park::{self, Wake};

const THREADS: usize = if cfg!(miri) { 3 } else { 8 };
const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };
/// More than one wake-up takes at a time.
const BATCH: usize = 8;

/// A lost wake-up shows as a test that never ends: this ends the whole program.
fn bound() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if !cfg!(miri) {
            // SAFETY: the default action of SIGALRM is wanted.
            unsafe { libc::alarm(120) };
        }
    });
}

/// Data without a lock of its own, shared by force.
struct Bare<T>(UnsafeCell<T>);

// SAFETY: the tests reach the data only with the lock under test held; that this suffices is what they test.
unsafe impl<T: Send> Sync for Bare<T> {}

impl<T: Copy> Bare<T> {
    const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }
    fn get(&self) -> T {
        // SAFETY: the lock under test is held.
        unsafe { *self.0.get() }
    }
    fn set(&self, value: T) {
        // SAFETY: the lock under test is held.
        unsafe { *self.0.get() = value }
    }
}

/// What the exclusion tests need of a lock.
trait Lock: Default + Send + Sync + 'static {
    fn take(&self);
    fn release(&self);
    fn held(&self) -> bool;
    fn parked(&self) -> bool;
}

macro_rules! lock {
    ($type:ty, $take:ident, $release:ident, $word:ident) => {
        impl Lock for $type {
            fn take(&self) {
                self.$take();
            }
            fn release(&self) {
                // SAFETY: the tests release what they took.
                unsafe { self.$release() };
            }
            fn held(&self) -> bool {
                self.is_locked()
            }
            fn parked(&self) -> bool {
                self.$word.load(Ordering::Relaxed) & 2 != 0
            }
        }
    };
}

lock!(spinlock, lock, unlock, word);
lock!(mutex, lock, unlock, owner);
lock!(rwlock, write_lock, write_unlock, word);
lock!(rw_semaphore, down_write, up_write, count);

fn until(condition: impl Fn() -> bool) {
    while !condition() {
        if cfg!(miri) {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn exclusion<L: Lock>() {
    bound();
    let shared = Arc::new((L::default(), Bare::new((0usize, 0usize))));
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (shared, start) = (shared.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    shared.0.take();
                    assert!(shared.0.held());
                    let (a, b) = shared.1.get();
                    assert_eq!(a, b, "somebody else is inside");
                    shared.1.set((a + 1, b));
                    if round % 64 == 0 {
                        // Let the others run into the held lock.
                        thread::yield_now();
                    }
                    shared.1.set((a + 1, b + 1));
                    shared.0.release();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(!shared.0.held());
    assert!(!shared.0.parked(), "nobody waits, but the word says so");
    assert_eq!(shared.1.get().0, THREADS * ROUNDS);
}

#[test]
fn spinlock_excludes() {
    exclusion::<spinlock>();
}

#[test]
fn mutex_excludes() {
    exclusion::<mutex>();
}

#[test]
fn rwlock_writers_exclude() {
    exclusion::<rwlock>();
}

#[test]
fn rwsem_writers_exclude() {
    exclusion::<rw_semaphore>();
}

/// All waiters of a held lock come through once it is released, and the lock's memory may go with the last of them.
fn wakes_all<L: Lock>() {
    bound();
    for _ in 0..if cfg!(miri) { 4 } else { 200 } {
        let lock = Arc::new((L::default(), Bare::new(0usize)));
        lock.0.take();
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || {
                    lock.0.take();
                    lock.1.set(lock.1.get() + 1);
                    lock.0.release();
                })
            })
            .collect();
        until(|| lock.0.parked());
        lock.0.release();
        threads.into_iter().for_each(|t| t.join().unwrap());
        lock.0.take();
        assert_eq!(lock.1.get(), THREADS);
        lock.0.release();
    }
}

#[test]
fn unlock_wakes() {
    wakes_all::<spinlock>();
    wakes_all::<mutex>();
    wakes_all::<rwlock>();
    wakes_all::<rw_semaphore>();
}

/// Whoever gets the lock last frees it: the unlocker before must not touch it any more.
#[test]
fn unlock_leaves_the_memory_alone() {
    bound();
    struct Shared(*mut (mutex, Bare<usize>));
    // SAFETY: freed by the thread that finds the count at 2, under the lock.
    unsafe impl Send for Shared {}
    fn put(shared: &Shared) {
        // SAFETY: alive until the second thread has been here.
        let object = unsafe { &*shared.0 };
        object.0.lock();
        let seen = object.1.get() + 1;
        object.1.set(seen);
        // SAFETY: taken above.
        unsafe { object.0.unlock() };
        if seen == 2 {
            // SAFETY: the other thread has released the lock, and is not coming back.
            drop(unsafe { Box::from_raw(shared.0) });
        }
    }
    for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
        let object = Box::into_raw(Box::new((mutex::new(), Bare::new(0))));
        let (one, two) = (Shared(object), Shared(object));
        let first = thread::spawn(move || put(&one));
        let second = thread::spawn(move || put(&two));
        first.join().unwrap();
        second.join().unwrap();
    }
}

/// Rust's inline path and the slow paths that C calls take the same locks.
#[test]
fn c_and_rust_take_the_same_lock() {
    bound();
    let shared = Arc::new((spinlock::new(), Bare::new(0usize), mutex::new(), Bare::new(0usize)));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let shared = shared.clone();
            thread::spawn(move || {
                let spin = (&raw const shared.0).cast_mut();
                let sleeping = (&raw const shared.2).cast_mut();
                for _ in 0..ROUNDS / 4 {
                    if number % 2 == 0 {
                        shared.0.lock();
                        shared.1.set(shared.1.get() + 1);
                        // SAFETY: taken above.
                        unsafe { shared.0.unlock() };
                        shared.2.lock();
                        shared.3.set(shared.3.get() + 1);
                        // SAFETY: taken above.
                        unsafe { shared.2.unlock() };
                    } else {
                        // SAFETY: the lock lives in `shared`.
                        unsafe { fsn_spin_lock_slow(spin) };
                        shared.1.set(shared.1.get() + 1);
                        // SAFETY: taken above.
                        unsafe { fsn_spin_unlock_slow(spin) };
                        // SAFETY: the lock lives in `shared`.
                        unsafe { fsn_mutex_lock_slow(sleeping) };
                        shared.3.set(shared.3.get() + 1);
                        // SAFETY: taken above.
                        unsafe { fsn_mutex_unlock_slow(sleeping) };
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert_eq!(shared.1.get(), THREADS * (ROUNDS / 4));
    assert_eq!(shared.3.get(), THREADS * (ROUNDS / 4));
}

#[test]
fn trylock_takes_only_what_is_free() {
    let (spin, sleeping, rw, sem) = (spinlock::new(), mutex::new(), rwlock::new(), rw_semaphore::new());
    assert!(spin.try_lock() && !spin.try_lock());
    assert!(sleeping.try_lock() && !sleeping.try_lock());
    assert!(rw.read_trylock() && rw.read_trylock() && !rw.write_trylock());
    assert!(sem.down_read_trylock() && sem.down_read_trylock() && !sem.down_write_trylock());
    spin.release();
    sleeping.release();
    for _ in 0..2 {
        // SAFETY: taken twice above.
        unsafe { rw.read_unlock() };
        // SAFETY: taken twice above.
        unsafe { sem.up_read() };
    }
    assert!(rw.write_trylock() && !rw.read_trylock() && !rw.write_trylock());
    assert!(sem.down_write_trylock() && !sem.down_read_trylock() && !sem.down_write_trylock());
    rw.release();
    sem.release();
    assert!(!spin.held() && !sleeping.held() && !rw.held() && !sem.held());
}

/// A lock that has been waited for is given away, so that a thread that takes it again at once does not shut others out.
/// The waiter is kept busy in a signal handler while it is queued: only the unlocker can have made it the holder.
#[test]
#[cfg(not(miri))]
fn a_waiter_is_given_the_lock() {
    use std::ffi::c_int;
    use std::os::unix::thread::JoinHandleExt;
    use std::ptr;
    use std::sync::atomic::AtomicBool;
    static HELD_UP: AtomicBool = AtomicBool::new(false);
    static GO_ON: AtomicBool = AtomicBool::new(false);
    extern "C" fn hold_up(_: c_int) {
        HELD_UP.store(true, Ordering::Release);
        while !GO_ON.load(Ordering::Acquire) {
            // SAFETY: async-signal-safe.
            unsafe { libc::poll(ptr::null_mut(), 0, 1) };
        }
    }
    bound();
    // SAFETY: the handler is async-signal-safe, and no other test uses the signal.
    unsafe { libc::signal(libc::SIGUSR1, hold_up as extern "C" fn(c_int) as libc::sighandler_t) };
    let mut given = 0;
    // Once would do if no other test shared the clock that says when to be fair.
    for _ in 0..5 {
        HELD_UP.store(false, Ordering::Relaxed);
        GO_ON.store(false, Ordering::Relaxed);
        let lock = Arc::new(mutex::new());
        lock.lock();
        let waiter = {
            let lock = lock.clone();
            thread::spawn(move || {
                lock.lock();
                // SAFETY: taken above.
                unsafe { lock.unlock() };
            })
        };
        until(|| lock.parked());
        thread::sleep(Duration::from_millis(10));
        // SAFETY: the thread has not been joined.
        unsafe { libc::pthread_kill(waiter.as_pthread_t(), libc::SIGUSR1) };
        until(|| HELD_UP.load(Ordering::Acquire));
        // SAFETY: taken above.
        unsafe { lock.unlock() };
        if lock.try_lock() {
            // SAFETY: just taken.
            unsafe { lock.unlock() };
        } else {
            given += 1;
        }
        GO_ON.store(true, Ordering::Release);
        waiter.join().unwrap();
    }
    assert!(given > 0, "the lock was never given away");
}

/// Processor time of another thread of this process.
#[cfg(not(miri))]
fn cpu_time(thread: libc::pthread_t) -> libc::timespec {
    let mut clock = 0;
    // SAFETY: the thread has not been joined.
    assert_eq!(unsafe { libc::pthread_getcpuclockid(thread, &mut clock) }, 0);
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is writable.
    assert_eq!(unsafe { libc::clock_gettime(clock, &mut time) }, 0);
    time
}

/// A waiter's processor clock stands still: three looks in a row see the same value. One that spins or polls never
/// passes.
#[cfg(not(miri))]
fn sleeps<L: Lock>() {
    use std::os::unix::thread::JoinHandleExt;
    bound();
    let lock = Arc::new(L::default());
    lock.take();
    let waiter = {
        let lock = lock.clone();
        thread::spawn(move || {
            lock.take();
            lock.release();
        })
    };
    until(|| lock.parked());
    let mut same = 0;
    let mut last = cpu_time(waiter.as_pthread_t());
    for _ in 0..50 {
        thread::sleep(Duration::from_millis(40));
        let now = cpu_time(waiter.as_pthread_t());
        same = if (now.tv_sec, now.tv_nsec) == (last.tv_sec, last.tv_nsec) { same + 1 } else { 0 };
        last = now;
        if same == 3 {
            break;
        }
    }
    lock.release();
    waiter.join().unwrap();
    assert_eq!(same, 3, "the waiter uses the processor");
}

#[test]
#[cfg(not(miri))]
fn waiters_use_no_processor() {
    sleeps::<spinlock>();
    sleeps::<mutex>();
    sleeps::<rwlock>();
    sleeps::<rw_semaphore>();
}

#[test]
fn parking_refuses_and_wakes() {
    bound();
    let word = Arc::new(AtomicUsize::new(0));
    let address = word.as_ptr() as usize;
    assert_eq!(park::park(address, 0, || false), Wake::Refused);
    assert_eq!(park::unpark_all(address), 0);

    const SLEEPERS: usize = 2 * BATCH + 1;
    let threads: Vec<_> = (0..SLEEPERS)
        .map(|_| {
            let word = word.clone();
            thread::spawn(move || {
                park::park(word.as_ptr() as usize, 0, || {
                    word.fetch_add(1, Ordering::Relaxed);
                    true
                })
            })
        })
        .collect();
    until(|| word.load(Ordering::Relaxed) == SLEEPERS);
    let mut more = false;
    let woken = park::unpark_one(address, |selected| {
        more = selected.more;
        true
    });
    assert_eq!((woken, more), (1, true));
    assert_eq!(park::unpark_all(address), SLEEPERS - 1);
    let granted = threads.into_iter().map(|t| t.join().unwrap()).filter(|wake| *wake == Wake::Granted).count();
    assert_eq!(granted, 1);
}
