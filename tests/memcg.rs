// SPDX-License-Identifier: GPL-2.0-or-later
//! Who pays for an allocation, limits, and failures that tests inject.

mod alone;

use alone::*;
use core::ffi::c_void;
use core::ptr;
use fsnotify::abi::*;
use fsnotify::host::process::memcg::{self, UNLIMITED};
use fsnotify::host::process::slab;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Barrier;
use std::thread;

#[test]
fn charges_go_to_whoever_pays() {
    let _alone = alone();
    let [process, own, active] = [c"process", c"own", c"active"].map(|n| memcg::create(n.to_bytes()));
    let take = |gfp| slab::kmalloc(100, gfp);
    let used = || [process, own, active].map(memcg::usage);

    let nobody = take(GFP_KERNEL_ACCOUNT);
    assert_eq!(used(), [0, 0, 0], "the root is not counted");
    memcg::set_process(process);
    let plain = take(GFP_KERNEL);
    assert_eq!(used(), [0, 0, 0], "not accounted");
    let a = take(GFP_KERNEL_ACCOUNT);
    assert_eq!(used(), [cost(100), 0, 0], "the process pays");
    assert_eq!(memcg::set_current(own), 0);
    let b = take(GFP_KERNEL_ACCOUNT);
    assert_eq!(used(), [cost(100), cost(100), 0], "the thread pays");
    assert!(memcg::set_active(active).is_null());
    let c = take(GFP_KERNEL_ACCOUNT);
    assert_eq!(used(), [cost(100); 3], "the active group pays");
    assert_eq!(memcg::set_active(memcg::root()), active, "the old one is returned");
    let d = take(GFP_KERNEL_ACCOUNT);
    assert_eq!(used(), [cost(100); 3], "the root, on purpose");
    let shared = Share(process);
    thread::spawn(move || {
        let e = slab::kmalloc(100, GFP_KERNEL_ACCOUNT);
        assert_eq!(memcg::usage(shared.get()), 2 * cost(100), "another thread has no group of its own");
        free(e);
    })
    .join()
    .unwrap();
    // Whoever paid is paid back, whoever is active now.
    free(c);
    assert_eq!(used(), [cost(100), cost(100), 0]);
    free(a);
    assert_eq!(used(), [0, cost(100), 0]);
    free(b);
    assert_eq!(used(), [0, 0, 0]);
    for object in [nobody, plain, d] {
        free(object);
    }
    memcg::set_active(ptr::null_mut());
    assert_eq!(memcg::set_current(ptr::null_mut()), 0);
    memcg::set_process(ptr::null_mut());
    for group in [process, own, active] {
        memcg::put(group);
    }
}

#[test]
fn the_group_that_pays_can_be_asked_for() {
    let _alone = alone();
    let mm = ptr::dangling::<c_void>();
    let [process, own, active] = [c"process", c"own", c"active"].map(|n| memcg::create(n.to_bytes()));
    let ask = |mm| {
        let found = memcg::get_from_mm(mm);
        memcg::put(found);
        found
    };
    assert_eq!(ask(mm), memcg::root());
    memcg::set_process(process);
    assert_eq!(ask(mm), process);
    memcg::set_current(own);
    assert_eq!(ask(mm), own);
    memcg::set_active(active);
    assert_eq!(ask(mm), own, "the active group is for charges");
    assert_eq!(ask(ptr::null()), active, "without an mm it comes first");
    memcg::set_active(ptr::null_mut());
    memcg::set_current(ptr::null_mut());
    memcg::set_process(ptr::null_mut());
    assert_eq!(memcg::name(process), b"process");
    for group in [process, own, active] {
        memcg::put(group);
    }
    assert!(complaints().is_empty());
}

#[test]
fn limits() {
    let _alone = alone();
    let paying = Paying::new();
    let take = |size| slab::kmalloc(size, GFP_KERNEL_ACCOUNT);
    let a = take(100);
    assert_eq!(memcg::limit(paying.0), UNLIMITED);
    assert_eq!(memcg::set_limit(paying.0, cost(100) + cost(50)), 0);
    assert!(take(51).is_null(), "a byte too many");
    assert_eq!(memcg::usage(paying.0), cost(100), "a refusal charges nothing");
    let b = take(50);
    assert!(!b.is_null(), "exactly at the limit");
    assert!(take(1).is_null());
    assert_eq!(memcg::refused(paying.0), 2);
    let c = slab::kmalloc(1000, GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
    assert!(!c.is_null(), "__GFP_NOFAIL goes past the limit");
    assert_eq!(memcg::usage(paying.0), cost(100) + cost(50) + cost(1000), "and is counted");
    let free_of_charge = slab::kmalloc(1000, GFP_KERNEL);
    assert!(!free_of_charge.is_null(), "what is not accounted is not limited");
    free(c);
    free(b);
    let b = take(50);
    assert!(!b.is_null(), "what was freed can be charged again");
    assert_eq!(memcg::set_limit(paying.0, 0), 0);
    assert!(take(1).is_null(), "0 refuses all");
    assert_eq!(memcg::set_limit(paying.0, UNLIMITED), 0);
    let d = take(1 << 20);
    assert!(!d.is_null(), "no limit any more");
    for object in [a, b, d, free_of_charge] {
        free(object);
    }
    assert_eq!(memcg::usage(paying.0), 0);
    assert_eq!(memcg::set_limit(memcg::root(), 1), -libc::EINVAL);
    assert_eq!(memcg::set_limit(ptr::null_mut(), 1), -libc::EINVAL);
}

#[test]
fn a_limit_holds_against_many_threads() {
    let _alone = alone();
    const THREADS: usize = 4;
    const SIZE: usize = 100;
    const FIT: usize = 6;
    let group = memcg::create(b"shared");
    // Charges from before the limit are spread; they count against it.
    memcg::set_active(group);
    let early: Vec<_> = (0..2).map(|_| slab::kmalloc(SIZE, GFP_KERNEL_ACCOUNT)).collect();
    memcg::set_active(ptr::null_mut());
    memcg::set_limit(group, FIT * cost(SIZE));
    let out = AtomicUsize::new(early.len());
    let refused = AtomicUsize::new(0);
    let taken = AtomicUsize::new(0);
    let shared = Share(group);
    let together = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (out, refused, taken, together) = (&out, &refused, &taken, &together);
            scope.spawn(move || {
                together.wait();
                memcg::set_active(shared.get());
                let mut mine = Vec::new();
                for round in 0..50_000 {
                    let object = slab::kmalloc(SIZE, GFP_KERNEL_ACCOUNT);
                    if object.is_null() {
                        refused.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert!(out.fetch_add(1, Ordering::SeqCst) < FIT, "more objects than the limit allows");
                        taken.fetch_add(1, Ordering::Relaxed);
                        mine.push(object);
                    }
                    if mine.len() == 2 || (round % 3 == 0 && !mine.is_empty()) {
                        out.fetch_sub(1, Ordering::SeqCst);
                        free(mine.swap_remove(0));
                    }
                }
                for object in mine {
                    out.fetch_sub(1, Ordering::SeqCst);
                    free(object);
                }
            });
        }
    });
    assert!(taken.load(Ordering::Relaxed) > 0);
    assert_eq!(memcg::refused(group), refused.load(Ordering::Relaxed) as u64);
    assert_eq!(memcg::usage(group), 2 * cost(SIZE));
    for object in early {
        free(object);
    }
    assert_eq!(memcg::usage(group), 0);
    memcg::put(group);
}

#[test]
fn a_group_lives_while_something_is_charged() {
    let alone = alone();
    let group = memcg::create(b"old");
    memcg::set_active(group);
    let objects: Vec<_> = (0..100).map(|n| slab::kmalloc(n + 1, GFP_KERNEL_ACCOUNT)).collect();
    memcg::set_active(ptr::null_mut());
    memcg::put(group);
    assert_eq!(live().2, alone.groups + 1, "kept by its charges");
    // Freed from several threads at once, the last one frees the group.
    let parts: Vec<_> = objects.chunks(25).map(|c| c.iter().map(|&o| Share(o)).collect::<Vec<_>>()).collect();
    thread::scope(|scope| {
        for part in parts {
            scope.spawn(move || part.into_iter().for_each(|o| free(o.get())));
        }
    });
    assert_eq!(live().2, alone.groups, "gone with the last one");
}

#[test]
fn references_are_checked() {
    let _alone = alone();
    let group = memcg::create(b"counted");
    memcg::set_active(group);
    let object = slab::kmalloc(1, GFP_KERNEL_ACCOUNT);
    memcg::set_active(ptr::null_mut());
    assert_eq!(memcg::get(group), group);
    memcg::put(group);
    memcg::put(group);
    assert!(complaints().is_empty());
    // The charge still keeps it.
    memcg::put(group);
    memcg::get(group);
    assert_eq!(complaints(), ["mem_cgroup_put", "mem_cgroup_get"]);
    free(object);
    memcg::put(memcg::root());
    memcg::put(ptr::null_mut());
    assert!(memcg::get(ptr::null_mut()).is_null());
    assert!(complaints().is_empty(), "the root and NULL need no reference");
}

#[test]
fn a_thread_gives_its_group_back() {
    let alone = alone();
    let group = Share(memcg::create(b"thread"));
    thread::spawn(move || {
        assert_eq!(memcg::set_current(group.get()), 0);
        memcg::put(group.get());
        let object = slab::kmalloc(1, GFP_KERNEL_ACCOUNT);
        assert_eq!(memcg::usage(group.get()), cost(1), "the thread's reference keeps it");
        free(object);
    })
    .join()
    .unwrap();
    assert_eq!(live().2, alone.groups, "dropped at its end");
}

#[test]
fn the_process_changes_groups_under_load() {
    let _alone = alone();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    free(slab::kmalloc(10, GFP_KERNEL_ACCOUNT));
                    memcg::put(memcg::get_from_mm(ptr::dangling()));
                }
            });
        }
        for _ in 0..500 {
            let group = memcg::create(b"changing");
            memcg::set_process(group);
            memcg::put(group);
        }
        memcg::set_process(ptr::null_mut());
        stop.store(true, Ordering::Relaxed);
    });
    assert!(complaints().is_empty());
}

#[test]
fn injected_failures() {
    let _alone = alone();
    let works = || {
        let object = slab::kmalloc(1, GFP_KERNEL);
        free(object);
        !object.is_null()
    };
    slab::fail_alloc(2, 3);
    let seen: Vec<_> = (0..8).map(|_| works()).collect();
    assert_eq!(seen, [true, true, false, false, false, true, true, true]);
    assert_eq!(slab::fail_alloc(0, -1), 3, "three were injected");
    assert!((0..10).all(|_| !works()), "all fail");
    let sure = slab::kmalloc(1, GFP_KERNEL | __GFP_NOFAIL);
    assert!(!sure.is_null(), "__GFP_NOFAIL does not");
    free(sure);
    assert_eq!(slab::fail_alloc(0, 0), 10);
    assert!(works());
}

#[test]
fn a_failure_leaks_no_charge() {
    let _alone = alone();
    let paying = Paying::new();
    slab::fail_alloc(0, 1);
    assert!(slab::kmalloc(100, GFP_KERNEL_ACCOUNT).is_null());
    assert_eq!(memcg::usage(paying.0), 0);
    // malloc itself fails: the charge is taken back.
    let old = limit_address_space(Some(address_space() + (512 << 20)));
    let object = slab::kmalloc(1 << 30, GFP_KERNEL_ACCOUNT);
    limit_address_space(old);
    assert!(object.is_null());
    assert_eq!(memcg::usage(paying.0), 0);
}

/// Bytes of address space in use.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

/// Sets the soft limit of the address space and returns the old one.
fn limit_address_space(soft: Option<u64>) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is writable.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) }, 0);
    let old = limit.rlim_cur;
    limit.rlim_cur = soft.unwrap_or(limit.rlim_max).min(limit.rlim_max);
    // SAFETY: `limit` is readable.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
    Some(old)
}
