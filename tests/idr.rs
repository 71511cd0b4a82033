// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers for pointers beside an ordered map, and readers beside a writer; small enough for Miri, which looks at every
//! access to a node.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::collections::BTreeMap;

use fsnotify::abi::{idr, spinlock, GFP_KERNEL};
use fsnotify::host::process::{idr as map, rcu};

fn empty() -> idr {
    idr {
        lock: spinlock { word: AtomicU32::new(0) },
        flags: AtomicU32::new(0),
        head: AtomicPtr::new(ptr::null_mut()),
        idr_base: AtomicU32::new(0),
        idr_next: AtomicU32::new(0),
    }
}

fn pointer(n: u32) -> *mut c_void {
    ptr::without_provenance_mut(n as usize * 16 + 16)
}

/// A generator that needs no seed from outside.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(n)) as u32
    }
}

#[test]
fn does_what_an_ordered_map_does() {
    // Far apart, so that trees become tall and low again.
    const NUMBERS: [u32; 10] = [0, 1, 2, 63, 64, 65, 4096, 300_000, 1 << 25, i32::MAX as u32];
    let steps = if cfg!(miri) { 150 } else { 20_000 };
    let ids = empty();
    let mut known = BTreeMap::new();
    let mut random = Random(7);
    for step in 0..steps {
        let number = NUMBERS[random.below(10) as usize];
        if random.below(2) == 0 {
            let free = (number..).find(|n| !known.contains_key(n)).expect("there are more numbers than steps");
            let got = map::alloc(&ids, pointer(step), number as c_int, 0, GFP_KERNEL);
            if free > i32::MAX as u32 {
                assert_eq!(got, Err(-libc::ENOSPC));
                continue;
            }
            assert_eq!(got, Ok(free as c_int));
            known.insert(free, pointer(step));
        } else {
            let gone = known.remove(&number).unwrap_or(ptr::null_mut());
            assert_eq!(map::remove(&ids, number.into()), gone);
        }
        let next = known.range(number..).next().map(|(&n, &p)| (u64::from(n), p));
        assert_eq!(map::next(&ids, number.into()), next);
        assert_eq!(map::is_empty(&ids), known.is_empty());
    }
    for (&number, &behind) in &known {
        assert_eq!(map::find(&ids, number.into()), behind);
    }
    map::destroy(&ids);
    assert!(map::is_empty(&ids));
    rcu::rcu_barrier();
}

#[test]
fn readers_find_what_stays() {
    let rounds = if cfg!(miri) { 20 } else { 20_000 };
    let ids = empty();
    let over = AtomicBool::new(false);
    map::alloc(&ids, pointer(5), 5, 0, GFP_KERNEL).expect("there is memory");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                rcu::rcu_read_lock();
                let found = map::find(&ids, 5);
                let first = map::next(&ids, 0);
                rcu::rcu_read_unlock();
                assert_eq!(found, pointer(5));
                assert_eq!(first, Some((5, pointer(5))));
            }
        });
        for round in 0..rounds {
            let number =
                map::alloc(&ids, pointer(round), 1 << (6 + round % 24), 0, GFP_KERNEL).expect("there is memory");
            map::remove(&ids, number as u64);
        }
        over.store(true, Ordering::Relaxed);
    });
    map::destroy(&ids);
    rcu::rcu_barrier();
}
