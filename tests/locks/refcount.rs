// SPDX-License-Identifier: GPL-2.0-or-later
//! Reference counts: what they count, how they saturate, and the last put under a lock.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use fsnotify::abi::primitives::{mutex, refcount_struct, spinlock};

use super::{bound, Bare, Lock, ROUNDS, THREADS};

const SATURATED: i32 = i32::MIN / 2;

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
