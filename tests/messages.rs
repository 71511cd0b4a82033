// SPDX-License-Identifier: GPL-2.0-or-later
//! The log and the counters.

mod alone;

use alone::*;
use core::ffi::{c_char, c_int, c_void};
use core::ptr;
use fsnotify::abi::*;
use fsnotify::host::process::stats::{self, Counter};
use fsnotify::host::process::{cache, log, slab};
use std::sync::atomic::Ordering;
use std::thread;

unsafe extern "C" fn nested(arg: *mut c_void, level: c_int, _: *const c_char, _: *const c_char) {
    let depth: *mut c_int = arg.cast();
    // SAFETY: the test passes its counter.
    let now = unsafe { *depth };
    // SAFETY: as above.
    unsafe { *depth = now + 1 };
    if now < 3 {
        log::print(level + 1, "nested", format_args!("from inside"));
    }
}

#[test]
fn the_log() {
    let _alone = alone();
    let warnings = stats::read(Counter::Warnings);
    log::warn("some_function", "something");
    log::print(FSN_LOG_INFO, "other", format_args!("{} and {}", 1, "two"));
    // SAFETY: C strings.
    unsafe { log::log(FSN_LOG_ERR, c"c_code".as_ptr(), c"with a newline\n".as_ptr()) };
    // SAFETY: NULL is allowed.
    unsafe { log::log(FSN_LOG_DEBUG, ptr::null(), ptr::null()) };
    log::print(FSN_LOG_INFO, "long", format_args!("{:>600}", "x"));
    let got = said();
    let plain = |n: usize| (got[n].0, got[n].1.as_str(), got[n].2.as_str());
    assert_eq!(plain(0), (FSN_LOG_WARNING, "some_function", "something"));
    assert_eq!(plain(1), (FSN_LOG_INFO, "other", "1 and two"));
    assert_eq!(plain(2), (FSN_LOG_ERR, "c_code", "with a newline"));
    assert_eq!(plain(3), (FSN_LOG_DEBUG, "", ""));
    assert_eq!(got[4].2.len(), 511, "cut");
    assert_eq!(stats::read(Counter::Warnings), warnings + 2, "warnings and worse are counted");

    let mut depth: c_int = 0;
    assert_eq!(log::set(Some(nested), ptr::from_mut(&mut depth).cast()), 0);
    log::warn("f", "m");
    assert_eq!(depth, 4, "the callback may write messages itself");
    // More pairs than there are static places, each with its own argument.
    let mut counts = [3 as c_int; 12];
    for count in &mut counts {
        assert_eq!(log::set(Some(nested), ptr::from_mut(count).cast()), 0);
        log::warn("f", "m");
    }
    assert_eq!(counts, [4; 12], "each callback gets its own argument");
}

#[test]
fn standard_error_by_default() {
    let _alone = alone();
    log::set(None, ptr::null_mut());
    let mut ends = [-1; 2];
    // SAFETY: room for two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: plain descriptor calls on descriptors of this test.
    let saved = unsafe { libc::dup(2) };
    // SAFETY: as above.
    unsafe { libc::dup2(ends[1], 2) };
    log::warn("some_function", "something");
    log::print(FSN_LOG_DEBUG, "f", format_args!("not for standard error"));
    log::print(FSN_LOG_ERR, "", format_args!("no function"));
    // SAFETY: as above.
    unsafe { libc::dup2(saved, 2) };
    let mut buf = [0u8; 256];
    // SAFETY: the buffer is writable.
    let len = unsafe { libc::read(ends[0], buf.as_mut_ptr().cast(), buf.len()) };
    let text = core::str::from_utf8(&buf[..len as usize]).unwrap();
    assert_eq!(text, "libfsnotify: warning: some_function: something\nlibfsnotify: error: no function\n");
    for fd in [saved, ends[0], ends[1]] {
        // SAFETY: as above.
        unsafe { libc::close(fd) };
    }
}

#[test]
fn messages_can_be_limited() {
    let _alone = alone();
    let state = fsn_ratelimit_state { begin: 0.into(), said: 0.into(), missed: 0.into() };
    let let_through = (0..50).filter(|_| log::ratelimit(&state, "f")).count();
    assert_eq!(let_through, 10);
    assert_eq!(state.missed.load(Ordering::Relaxed), 40);
    // An interval long past.
    state.begin.store(1, Ordering::Relaxed);
    assert!(log::ratelimit(&state, "f"));
    assert_eq!(said()[0].2, "40 messages suppressed");
}

#[test]
fn counters_survive_their_threads() {
    let _alone = alone();
    let before = stats::read(Counter::MarksReaped);
    for _ in 0..10 {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| stats::add(Counter::MarksReaped, 1)));
            }
        });
    }
    assert_eq!(stats::read(Counter::MarksReaped), before + 80_000);
}

#[test]
fn counters_go_on_in_a_child() {
    let _alone = alone();
    let before = stats::read(Counter::MarksReaped);
    stats::add(Counter::MarksReaped, 5);
    // SAFETY: the child only counts and leaves.
    let child = unsafe { libc::fork() };
    if child == 0 {
        stats::add(Counter::MarksReaped, 2);
        let good = stats::read(Counter::MarksReaped) == before + 7;
        // SAFETY: leaves without running anything of the parent's.
        unsafe { libc::_exit(if good { 0 } else { 1 }) };
    }
    let mut status = -1;
    // SAFETY: `status` is writable.
    unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!(status, 0);
    assert_eq!(stats::read(Counter::MarksReaped), before + 5);
}

#[test]
fn slots_are_handed_out_and_come_back() {
    let _alone = alone();
    let mut slots = Vec::new();
    while let Some(slot) = stats::Slot::take() {
        slots.push(slot);
    }
    assert!(slots.len() > 10);
    // A cache without a counter works, it only cannot tell what is out.
    let cache = cache::kmem_cache_create(b"uncounted", 24, 8, 0, None);
    // SAFETY: made above, destroyed last.
    let c = unsafe { &*cache };
    let object = cache::kmem_cache_alloc(c, GFP_KERNEL);
    // SAFETY: freed once.
    unsafe { cache::kmem_cache_free(c, object) };
    // SAFETY: nobody uses it any more.
    unsafe { cache::kmem_cache_destroy(cache) };
    let one = slots[0];
    one.add(3);
    thread::spawn(move || one.add(-2)).join().unwrap();
    assert_eq!(one.read(), 1);
    one.add(-1);
    for slot in slots {
        slot.give_back();
    }
    assert!(complaints().is_empty());
}
#[test]
fn counters_follow() {
    let _alone = alone();
    let before = stats::snapshot();
    let object = slab::kmalloc(100, GFP_KERNEL);
    let during = stats::snapshot();
    assert_eq!(during.allocations, before.allocations + 1);
    assert_eq!(during.allocated_bytes, before.allocated_bytes + 100);
    free(object);
    slab::fail_alloc(0, 1);
    assert!(slab::kmalloc(1, GFP_KERNEL).is_null());
    let after = stats::snapshot();
    assert_eq!(after.allocations, before.allocations);
    assert_eq!(after.allocated_bytes, before.allocated_bytes);
    assert_eq!(after.allocations_total, before.allocations_total + 1);
    assert_eq!(after.allocations_failed, before.allocations_failed + 1);
}

#[test]
fn grace_periods_are_counted() {
    let _alone = alone();
    let before = stats::snapshot().grace_periods;
    fsnotify::host::process::rcu::synchronize_rcu();
    assert!(stats::snapshot().grace_periods > before);
}
