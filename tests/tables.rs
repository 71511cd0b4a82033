// SPDX-License-Identifier: GPL-2.0-or-later
//! Hash tables, lists in the order of use and shrinkers from several threads, small enough for Miri; what they do one by one
//! is tested in c-tests.

mod sched;

use core::ffi::{c_ulong, c_void};
use std::mem::{offset_of, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;

use fsnotify::abi::*;
use fsnotify::host::process::rhashtable::{self as hashing, Inserted};
use fsnotify::host::process::{
    list_lru as lists, rcu, rhashtable_resize as resizing, rhashtable_walk as walking, work,
};
use sched::{linger, times, until};

#[repr(C)]
struct Thing {
    key: usize,
    link: rhash_head,
}

fn thing(key: usize) -> *mut Thing {
    Box::into_raw(Box::new(Thing { key, link: rhash_head { next: ptr::null_mut::<rhash_head>().into() } }))
}

const PARAMS: rhashtable_params = rhashtable_params {
    nelem_hint: 0,
    key_len: size_of::<usize>() as u16,
    key_offset: offset_of!(Thing, key) as u16,
    head_offset: offset_of!(Thing, link) as u16,
    max_size: 0,
    min_size: 4,
    automatic_shrinking: true,
    hashfn: None,
    obj_hashfn: None,
    obj_cmpfn: None,
};

/// A table that threads share; it stays where it is.
struct Table(Box<MaybeUninit<rhashtable>>);

// SAFETY: a table is made for use by several threads.
unsafe impl Sync for Table {}

impl Table {
    fn new() -> Self {
        let mut memory = Box::new(MaybeUninit::uninit());
        // SAFETY: the memory is writable and unused.
        assert_eq!(unsafe { resizing::init(memory.as_mut_ptr(), &PARAMS, false) }, 0);
        Self(memory)
    }

    fn ht(&self) -> &rhashtable {
        // SAFETY: initialised in `new`.
        unsafe { &*self.0.as_ptr() }
    }

    fn find(&self, key: usize) -> *mut Thing {
        // SAFETY: initialised, and the key readable.
        unsafe { hashing::lookup(self.ht(), (&raw const key).cast()) }.cast()
    }

    fn insert(&self, object: *mut Thing) -> bool {
        let key = object.wrapping_byte_add(offset_of!(Thing, key));
        // SAFETY: in no table; taken out before it is freed.
        matches!(unsafe { hashing::insert(self.ht(), key.cast(), object.cast()) }, Inserted::Done)
    }

    fn remove(&self, object: *mut Thing) -> bool {
        // SAFETY: an object of the table's kind.
        unsafe { hashing::remove(self.ht(), object.cast()) == 0 }
    }
}

/// Miri wants every thread to have ended at the end of the test.
fn leave() {
    rcu::rcu_barrier();
    if cfg!(miri) {
        until("the worker stays", || !work::worker_present());
        linger();
    }
}

#[test]
fn readers_find_what_stays() {
    let table = Table::new();
    let stable: Vec<usize> = (0..8).collect();
    for &key in &stable {
        assert!(table.insert(thing(key)));
    }
    let going = AtomicBool::new(true);
    let missed = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while going.load(Ordering::Relaxed) {
                    for &key in &stable {
                        rcu::rcu_read_lock();
                        let found = table.find(key);
                        // SAFETY: objects stay for readers.
                        if found.is_null() || unsafe { &*found }.key != key {
                            missed.fetch_add(1, Ordering::Relaxed);
                        }
                        rcu::rcu_read_unlock();
                    }
                    thread::yield_now();
                }
            });
        }
        for round in 0..times(2, 40) {
            let others: Vec<*mut Thing> = (0..60).map(|n| thing(1000 * (round as usize + 1) + n)).collect();
            for &other in &others {
                while !table.insert(other) {
                    work::flush_workqueue();
                }
            }
            work::flush_workqueue();
            for &other in &others {
                assert!(table.remove(other));
            }
            work::flush_workqueue();
            rcu::synchronize_rcu();
            for other in others {
                // SAFETY: made by `thing`, out of the table, and its readers have left.
                drop(unsafe { Box::from_raw(other) });
            }
        }
        going.store(false, Ordering::Relaxed);
    });
    assert_eq!(missed.load(Ordering::Relaxed), 0);

    let mut iter = walking::enter(table.ht());
    walking::settle(table.ht(), &iter);
    let mut seen = 0;
    walking::start(table.ht(), &mut iter);
    loop {
        match walking::next(table.ht(), &mut iter) {
            walking::Step::Object(_) => seen += 1,
            walking::Step::Again => seen = 0,
            walking::Step::End => break,
        }
    }
    walking::stop(table.ht(), &mut iter);
    walking::leave(table.ht(), &iter);
    assert_eq!(seen, stable.len());
    unsafe extern "C" fn free(object: *mut c_void, _: *mut c_void) {
        // SAFETY: made by `thing`.
        drop(unsafe { Box::from_raw(object.cast::<Thing>()) });
    }
    // SAFETY: nobody uses the table any more.
    unsafe { resizing::destroy(table.ht(), Some(free), ptr::null_mut()) };
    leave();
}

unsafe extern "C" fn take(
    item: *mut list_head,
    list: *mut list_lru_one,
    _: *mut spinlock,
    count: *mut c_void,
) -> fsn_lru_status {
    // SAFETY: a walk calls with its list, locked.
    let list = unsafe { &*list };
    // SAFETY: and an object on it.
    let item = unsafe { &*item };
    // SAFETY: as above.
    unsafe { list.isolate(item) };
    // SAFETY: the argument of the test's walk.
    unsafe { &*count.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
    lists::LRU_REMOVED
}

#[test]
fn walks_and_owners_take_each_once() {
    let lru = list_lru { node: ptr::null_mut::<list_lru_node>().into() };
    assert_eq!(lists::init(&lru), 0);
    let walked = AtomicUsize::new(0);
    let balance = AtomicUsize::new(0);
    let going = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            while going.load(Ordering::Relaxed) {
                let mut nr: c_ulong = 4;
                // SAFETY: the callback is made for this argument.
                unsafe { lists::walk(&lru, Some(take), (&raw const walked).cast_mut().cast(), &mut nr) };
                thread::yield_now();
            }
        });
        let owners: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let items: Vec<list_head> = (0..4).map(|_| unlinked()).collect();
                    let mut mine = 0usize;
                    for n in 0..times(40, 4000) as usize {
                        let item = &items[n % items.len()];
                        // SAFETY: the link stays until it is taken off below.
                        mine += usize::from(unsafe { lists::add(&lru, item) });
                        if n % 3 == 0 {
                            // SAFETY: on this list or on none.
                            mine -= usize::from(unsafe { lists::del(&lru, item) });
                        }
                    }
                    for item in &items {
                        // SAFETY: on this list or on none.
                        mine -= usize::from(unsafe { lists::del(&lru, item) });
                    }
                    balance.fetch_add(mine, Ordering::Relaxed);
                })
            })
            .collect();
        for owner in owners {
            owner.join().unwrap();
        }
        going.store(false, Ordering::Relaxed);
    });
    assert_eq!(balance.load(Ordering::Relaxed), walked.load(Ordering::Relaxed));
    assert_eq!(lists::count(&lru), 0);
    lists::destroy(&lru);
}

/// A link that is on no list: zeroed, as memory of the kernel's `kzalloc()` would have it.
fn unlinked() -> list_head {
    list_head { next: ptr::null_mut::<list_head>().into(), prev: ptr::null_mut::<list_head>().into() }
}
