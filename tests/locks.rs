// SPDX-License-Identifier: GPL-2.0-or-later
//! The lock words and the reference count: exclusion, wake-ups, fairness, sleeping without use of the processor,
//! saturation. `cargo +nightly miri test --test locks` looks for data races and uses of freed memory in the same tests.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, Once};
use std::thread;
use std::time::Duration;

use fsnotify::abi::primitives::{mutex, refcount_struct, rwlock, spinlock};
use fsnotify::abi::vfs::rw_semaphore;
use fsnotify::capi::sync::{fsn_mutex_lock_slow, fsn_mutex_unlock_slow, fsn_spin_lock_slow, fsn_spin_unlock_slow};
use fsnotify::host::process::park::{self, Wake};

const THREADS: usize = if cfg!(miri) { 3 } else { 8 };
const ROUNDS: usize = if cfg!(miri) { 20 } else { 20_000 };
/// More than one wake-up takes at a time.
const BATCH: usize = 8;
const SATURATED: i32 = i32::MIN / 2;

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
    use std::os::unix::thread::JoinHandleExt;
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

// ---- reference counts ------------------------------------------------------------------------------------------------

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn note(_: *mut c_void, _: c_int, function: *const c_char, _: *const c_char) {
    // SAFETY: the log passes C strings.
    let function = unsafe { CStr::from_ptr(function) };
    WARNINGS.lock().unwrap().push(function.to_str().unwrap().into());
}

/// The functions that warned while `f` ran.
fn warnings(f: impl FnOnce()) -> Vec<String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    WARNINGS.lock().unwrap().clear();
    fsnotify::host::process::log::set(Some(note), ptr::null_mut());
    f();
    WARNINGS.lock().unwrap().clone()
}

#[test]
fn a_count_counts() {
    let seen = warnings(|| {
        let r = refcount_struct::new(1);
        r.inc();
        assert!(r.inc_not_zero());
        r.add(2);
        assert_eq!(r.read(), 5);
        assert!(!r.sub_and_test(2));
        r.dec();
        assert!(r.dec_not_one());
        assert!(!r.dec_not_one());
        assert!(r.dec_and_test());
        assert_eq!(r.read(), 0);
        assert!(!r.inc_not_zero());
        assert!(!r.add_not_zero(3));
        r.set(1);
        assert!(r.dec_if_one());
        r.set(i32::MAX - 1);
        r.inc();
        assert_eq!(r.read(), i32::MAX);
    });
    assert_eq!(seen, Vec::<String>::new());
}

#[test]
fn a_wrong_count_saturates_and_warns_once() {
    type Wrong = (i32, &'static str, fn(&refcount_struct));
    let cases: [Wrong; 8] = [
        (0, "refcount_inc", |r| r.inc()),
        (i32::MAX, "refcount_inc", |r| r.inc()),
        (i32::MAX, "refcount_inc_not_zero", |r| assert!(r.inc_not_zero())),
        (i32::MAX - 5, "refcount_inc_not_zero", |r| assert!(r.add_not_zero(6))),
        (0, "refcount_dec_and_test", |r| assert!(!r.dec_and_test())),
        (2, "refcount_dec_and_test", |r| assert!(!r.sub_and_test(3))),
        (1, "refcount_dec", |r| r.dec()),
        (0, "refcount_dec_and_test", |r| assert!(r.dec_not_one())),
    ];
    for (start, function, operation) in cases {
        let seen = warnings(|| {
            let r = refcount_struct::new(start);
            operation(&r);
            assert_eq!(r.read(), SATURATED, "{function} from {start}");
            // Whatever is done to it, it stays there, never reaches zero, and is not reported again.
            r.inc();
            assert!(r.inc_not_zero());
            r.add(7);
            assert!(!r.dec_and_test());
            assert!(r.dec_not_one());
            r.dec();
            assert_eq!(r.read(), SATURATED);
        });
        assert_eq!(seen, [function], "from {start}");
    }
}

/// A count is zero for nobody who looks it up under the lock: the last reference goes, and the object with it, in one
/// step under the lock.
fn last_put<L: Lock>(dec_and_lock: fn(&refcount_struct, &L) -> bool) {
    bound();
    struct Table<L>(L, Bare<Option<*const refcount_struct>>);
    // SAFETY: the pointer is used under the lock, or with a reference.
    unsafe impl<L: Sync> Sync for Table<L> {}
    // SAFETY: as above.
    unsafe impl<L: Send> Send for Table<L> {}

    let table = Arc::new(Table(L::default(), Bare(UnsafeCell::new(None))));
    let made = Arc::new(AtomicUsize::new(0));
    let freed = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (table, made, freed) = (table.clone(), made.clone(), freed.clone());
            thread::spawn(move || {
                for round in 0..ROUNDS {
                    table.0.take();
                    if round % 16 == 0 {
                        // Others drop their references meanwhile.
                        thread::yield_now();
                    }
                    let object = match table.1.get() {
                        Some(object) => {
                            // SAFETY: it is in the table, so it is alive while we hold the lock.
                            let r = unsafe { &*object };
                            assert!(r.read() > 0, "a dead object in the table");
                            r.inc();
                            object
                        }
                        None => {
                            let object = Box::into_raw(Box::new(refcount_struct::new(1))).cast_const();
                            made.fetch_add(1, Ordering::Relaxed);
                            table.1.set(Some(object));
                            object
                        }
                    };
                    table.0.release();
                    // SAFETY: we hold a reference.
                    let last = dec_and_lock(unsafe { &*object }, &table.0);
                    if last {
                        assert!(table.0.held());
                        assert_eq!(table.1.get(), Some(object));
                        table.1.set(None);
                        table.0.release();
                        // SAFETY: the last reference was ours, and nobody finds it any more.
                        drop(unsafe { Box::from_raw(object.cast_mut()) });
                        freed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(table.1.get().is_none());
    assert_eq!(made.load(Ordering::Relaxed), freed.load(Ordering::Relaxed));
}

#[test]
fn dec_and_lock_is_one_step() {
    last_put::<spinlock>(refcount_struct::dec_and_lock);
    last_put::<mutex>(refcount_struct::dec_and_mutex_lock);
}

/// What was done with one reference is seen by whoever frees the object (the release and the acquire of the last put).
#[test]
fn the_last_put_sees_everything() {
    bound();
    for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
        let shared = Arc::new((refcount_struct::new(2), Bare::new(0usize), Bare::new(0usize)));
        let put = |number: usize| {
            let shared = shared.clone();
            thread::spawn(move || {
                if number == 0 {
                    shared.1.set(1);
                } else {
                    shared.2.set(1);
                }
                if shared.0.dec_and_test() {
                    assert_eq!(shared.1.get() + shared.2.get(), 2);
                    return true;
                }
                false
            })
        };
        let (one, two) = (put(0), put(1));
        let (one, two) = (one.join().unwrap(), two.join().unwrap());
        assert!(one != two, "exactly one of them is the last");
    }
}
