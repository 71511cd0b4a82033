// SPDX-License-Identifier: GPL-2.0-or-later
//! The reader-writer lock and semaphore: readers together, writers alone, nobody passed over.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use fsnotify::abi::primitives::rwlock;
use fsnotify::abi::vfs::rw_semaphore;

use super::{bound, until, Bare, Lock, BATCH, ROUNDS, THREADS};

#[test]
fn readers_see_whole_writes() {
    bound();
    let shared =
        Arc::new((rwlock::new(), rw_semaphore::new(), Bare::new((0usize, 0usize)), Bare::new((0usize, 0usize))));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..ROUNDS / 2 {
                    if number % 4 == 0 {
                        shared.0.take();
                        let (a, b) = shared.2.get();
                        shared.2.set((a + 1, b));
                        shared.2.set((a + 1, b + 1));
                        shared.0.release();
                        shared.1.take();
                        let (a, b) = shared.3.get();
                        shared.3.set((a + 1, b));
                        shared.3.set((a + 1, b + 1));
                        shared.1.release();
                    } else {
                        shared.0.read_lock();
                        let (a, b) = shared.2.get();
                        assert_eq!(a, b);
                        // SAFETY: taken above.
                        unsafe { shared.0.read_unlock() };
                        shared.1.down_read();
                        let (a, b) = shared.3.get();
                        assert_eq!(a, b);
                        // SAFETY: taken above.
                        unsafe { shared.1.up_read() };
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    let writers = THREADS.div_ceil(4);
    assert_eq!(shared.2.get(), (writers * (ROUNDS / 2), writers * (ROUNDS / 2)));
    assert_eq!(shared.3.get(), shared.2.get());
    assert!(!shared.0.parked() && !shared.0.held() && !shared.1.parked() && !shared.1.held());
}

/// A writer comes after what earlier readers did, although they have told it so only through the lock.
#[test]
fn a_writer_comes_after_the_readers() {
    bound();
    let shared = Arc::new((rwlock::new(), Bare::new(0usize), AtomicBool::new(false)));
    let reader = {
        let shared = shared.clone();
        thread::spawn(move || {
            shared.0.read_lock();
            let seen = shared.1.get();
            // SAFETY: taken above.
            unsafe { shared.0.read_unlock() };
            shared.2.store(true, Ordering::Relaxed);
            seen
        })
    };
    until(|| shared.2.load(Ordering::Relaxed));
    shared.0.write_lock();
    shared.1.set(1);
    shared.0.release();
    assert_eq!(reader.join().unwrap(), 0);
}

/// All readers that waited for a writer read together, also if there are more of them than one wake-up takes.
#[test]
fn waiting_readers_come_in_together() {
    bound();
    const READERS: usize = 2 * BATCH + 3;
    let shared = Arc::new((rw_semaphore::new(), Barrier::new(READERS), AtomicUsize::new(0)));
    shared.0.down_write();
    let threads: Vec<_> = (0..READERS)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.2.fetch_add(1, Ordering::Relaxed);
                shared.0.down_read();
                shared.1.wait();
                // SAFETY: taken above.
                unsafe { shared.0.up_read() };
            })
        })
        .collect();
    until(|| shared.2.load(Ordering::Relaxed) == READERS && shared.0.parked());
    if !cfg!(miri) {
        // So that most of them sleep by now; the test holds for any number of sleepers.
        thread::sleep(Duration::from_millis(50));
    }
    // SAFETY: taken above.
    unsafe { shared.0.up_write() };
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(!shared.0.held() && !shared.0.parked());
}

/// Readers do not pass a waiting writer; it gets the lock from the last reader before them.
#[test]
fn readers_queue_behind_a_writer() {
    bound();
    let shared = Arc::new((rwlock::new(), AtomicUsize::new(0)));
    shared.0.read_lock();
    let writer = {
        let shared = shared.clone();
        thread::spawn(move || {
            shared.0.write_lock();
            let order = shared.1.fetch_add(1, Ordering::Relaxed);
            // SAFETY: taken above.
            unsafe { shared.0.write_unlock() };
            order
        })
    };
    until(|| shared.0.parked());
    assert!(!shared.0.read_trylock());
    let reader = {
        let shared = shared.clone();
        thread::spawn(move || {
            shared.0.read_lock();
            let order = shared.1.fetch_add(1, Ordering::Relaxed);
            // SAFETY: taken above.
            unsafe { shared.0.read_unlock() };
            order
        })
    };
    if !cfg!(miri) {
        thread::sleep(Duration::from_millis(20));
    }
    // SAFETY: taken above.
    unsafe { shared.0.read_unlock() };
    let orders = (writer.join().unwrap(), reader.join().unwrap());
    // The writer may be about to queue when the reader comes, but nobody gets in twice or not at all.
    assert!(orders == (0, 1) || orders == (1, 0), "{orders:?}");
    assert!(!shared.0.held() && !shared.0.parked());
}

#[test]
fn downgrade_admits_readers_and_no_writer() {
    bound();
    let shared = Arc::new((rw_semaphore::new(), AtomicBool::new(false)));
    shared.0.down_write();
    let reader = {
        let shared = shared.clone();
        thread::spawn(move || {
            shared.0.down_read();
            shared.1.store(true, Ordering::Relaxed);
            // SAFETY: taken above.
            unsafe { shared.0.up_read() };
        })
    };
    until(|| shared.0.parked());
    // SAFETY: taken above.
    unsafe { shared.0.downgrade_write() };
    // The reader gets through while we still read.
    reader.join().unwrap();
    assert!(shared.1.load(Ordering::Relaxed));
    assert!(!shared.0.down_write_trylock());
    // SAFETY: a reader since the downgrade.
    unsafe { shared.0.up_read() };
    assert!(shared.0.down_write_trylock());
}
