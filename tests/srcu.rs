// SPDX-License-Identifier: GPL-2.0-or-later
//! SRCU: a grace period waits for every reader that was inside at its start, and for no other.

mod sched;

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::{mpsc, Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use fsnotify::abi::{callback_head, srcu_struct};
use fsnotify::host::process::srcu::*;
use fsnotify::host::process::{membarrier, rcu};
use sched::{lag, linger, times, Rounds, Slow, Watchdog};

/// A domain with a life of its own for each test.
fn domain() -> &'static srcu_struct {
    if std::env::var_os("FSN_TEST_NO_MEMBARRIER").is_some() {
        membarrier::pretend_missing();
    }
    Box::leak(Box::new(srcu_struct::new()))
}

/// A thread that waits for a grace period, and whether it is through.
fn writer(ssp: &'static srcu_struct) -> (thread::JoinHandle<()>, Arc<AtomicBool>) {
    let through = Arc::new(AtomicBool::new(false));
    let flag = through.clone();
    let (started, start) = mpsc::channel();
    let thread = thread::spawn(move || {
        started.send(()).unwrap();
        synchronize_srcu(ssp);
        flag.store(true, Ordering::SeqCst);
    });
    start.recv().unwrap();
    (thread, through)
}

/// Waits until `n` grace periods have started.
fn started(ssp: &srcu_struct, n: u64) {
    sched::until("a grace period does not start", || ssp.gp_started.load(Ordering::Relaxed) >= n);
}

#[test]
fn zeroed_memory_is_a_domain() {
    // SAFETY: that zeroed memory is valid is what is tested.
    let zeroed: &'static srcu_struct = Box::leak(unsafe { Box::new(std::mem::zeroed()) });
    let _watchdog = Watchdog::new("a zeroed domain");
    synchronize_srcu(zeroed);
    let idx = srcu_read_lock(zeroed);
    assert!(idx >= 0);
    srcu_read_unlock(zeroed, idx);
    synchronize_srcu(zeroed);
}

#[test]
fn a_grace_period_waits_for_a_reader() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a grace period with one reader");
    // Both indices in turn.
    for round in 0..4 {
        let idx = srcu_read_lock(ssp);
        let (thread, through) = writer(ssp);
        started(ssp, round + 1);
        linger();
        assert!(!through.load(Ordering::SeqCst), "round {round}: the writer did not wait");
        srcu_read_unlock(ssp, idx);
        thread.join().unwrap();
        assert!(through.load(Ordering::SeqCst));
    }
}

#[test]
fn later_readers_do_not_hold_up_a_writer() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a writer behind later readers");
    let mut idx = srcu_read_lock(ssp);
    let (thread, through) = writer(ssp);
    started(ssp, 1);
    // Hand over hand, the thread is never outside; but the section that the writer waits for ends.
    while !through.load(Ordering::SeqCst) {
        let next = srcu_read_lock(ssp);
        srcu_read_unlock(ssp, idx);
        idx = next;
        thread::yield_now();
    }
    thread.join().unwrap();
    srcu_read_unlock(ssp, idx);
}

#[test]
fn a_latecomer_of_the_other_index_is_waited_for() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a latecomer");
    for _ in 0..2 {
        // Has loaded the index, and is then so slow that a grace period passes before it adds itself.
        let loaded = (ssp.idx.load(Ordering::Relaxed) & 1) as i32;
        synchronize_srcu(ssp);
        assert_ne!(loaded as u32, ssp.idx.load(Ordering::Relaxed) & 1);
        let idx = enter(ssp, loaded);
        let before = ssp.gp_started.load(Ordering::Relaxed);
        let (thread, through) = writer(ssp);
        started(ssp, before + 1);
        linger();
        assert!(!through.load(Ordering::SeqCst), "the writer did not wait for the index that is not current");
        srcu_read_unlock(ssp, idx);
        thread.join().unwrap();
    }
}

#[test]
fn a_grace_period_that_began_before_does_not_serve() {
    let ssp = domain();
    let _watchdog = Watchdog::new("two writers");
    let first = srcu_read_lock(ssp);
    let (one, _) = writer(ssp);
    started(ssp, 1);
    sched::until("the grace period does not turn", || ssp.idx.load(Ordering::Relaxed) & 1 != first as u32);
    // Inside since after the start of the first grace period, which does not wait for this reader.
    let second = srcu_read_lock(ssp);
    let (other, through) = writer(ssp);
    linger();
    srcu_read_unlock(ssp, first);
    one.join().unwrap();
    linger();
    assert!(!through.load(Ordering::SeqCst), "the second writer was content with the first grace period");
    srcu_read_unlock(ssp, second);
    other.join().unwrap();
}

/// Who has been waited for may have to wait for its turn behind this reader.
#[cfg(not(miri))]
#[test]
fn a_reader_lets_others_run_when_a_writer_has_waited_for_long() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a reader that is asked to give way");
    // Both on one processor, or there is nobody to give way to.
    let over = Arc::new(AtomicBool::new(false));
    let seen = over.clone();
    let other = thread::spawn(move || {
        sched::pin();
        while !seen.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
    });
    let gave_way = thread::spawn(move || {
        sched::pin();
        srcu_read_unlock(ssp, srcu_read_lock(ssp));
        (0..40)
            .filter(|_| {
                let held = srcu_down_read(ssp);
                let (thread, _) = writer(ssp);
                while !asked_to_give_way(ssp) {
                    std::hint::spin_loop();
                }
                let idx = srcu_read_lock(ssp);
                let before = sched::involuntary_switches();
                srcu_read_unlock(ssp, idx);
                let after = sched::involuntary_switches();
                srcu_up_read(ssp, held);
                thread.join().unwrap();
                after != before
            })
            .count()
    });
    let gave_way = gave_way.join().unwrap();
    over.store(true, Ordering::Relaxed);
    other.join().unwrap();
    assert!(gave_way >= 6, "the reader gave the processor away {gave_way} times of 40");
    assert!(!asked_to_give_way(ssp));
}

#[test]
fn a_writer_that_is_through_has_nothing_more_to_ask() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a writer that asked");
    srcu_read_unlock(ssp, srcu_read_lock(ssp));
    let held = srcu_down_read(ssp);
    let (thread, _) = writer(ssp);
    sched::until("nobody is asked to give way", || asked_to_give_way(ssp));
    srcu_up_read(ssp, held);
    thread.join().unwrap();
    assert!(!asked_to_give_way(ssp));
}

/// At first a writer looks from time to time, which would hide a wake-up that is missing.
#[test]
fn a_writer_that_sleeps_for_good_is_woken() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a long reader");
    let idx = srcu_read_lock(ssp);
    let (thread, through) = writer(ssp);
    thread::sleep(Duration::from_millis(1300));
    assert!(!through.load(Ordering::SeqCst));
    srcu_read_unlock(ssp, idx);
    let left = Instant::now();
    while !through.load(Ordering::SeqCst) {
        assert!(left.elapsed() < Duration::from_secs(20), "the writer was not woken");
        thread::sleep(Duration::from_millis(1));
    }
    thread.join().unwrap();
}

#[test]
fn nesting() {
    let ssp = domain();
    let _watchdog = Watchdog::new("nested readers");
    let outer = srcu_read_lock(ssp);
    let inner = srcu_read_lock(ssp);
    let (thread, through) = writer(ssp);
    started(ssp, 1);
    srcu_read_unlock(ssp, inner);
    linger();
    assert!(!through.load(Ordering::SeqCst), "the inner unlock ended the outer section");
    srcu_read_unlock(ssp, outer);
    thread.join().unwrap();
}

#[test]
fn held_is_true_inside_only_and_for_this_thread_only() {
    let (ssp, other) = (domain(), domain());
    assert!(!srcu_read_lock_held(ssp));
    let idx = srcu_read_lock(ssp);
    assert!(srcu_read_lock_held(ssp));
    assert!(!srcu_read_lock_held(other));
    thread::spawn(move || assert!(!srcu_read_lock_held(ssp))).join().unwrap();
    srcu_read_unlock(ssp, idx);
    assert!(!srcu_read_lock_held(ssp));
    // Unbalanced: warned of and ignored.
    srcu_read_unlock(ssp, idx);
    assert!(!srcu_read_lock_held(ssp));
    synchronize_srcu(ssp);
}

#[test]
fn a_reader_may_be_ended_by_another_thread_if_it_says_so() {
    let ssp = domain();
    let _watchdog = Watchdog::new("srcu_down_read()");
    let idx = thread::spawn(move || srcu_down_read(ssp)).join().unwrap();
    let (thread, through) = writer(ssp);
    started(ssp, 1);
    linger();
    assert!(!through.load(Ordering::SeqCst));
    srcu_up_read(ssp, idx);
    thread.join().unwrap();
}

#[test]
fn two_domains_do_not_wait_for_each_other() {
    let (one, other) = (domain(), domain());
    let _watchdog = Watchdog::new("two domains");
    let idx = srcu_read_lock(one);
    synchronize_srcu(other);
    let inner = srcu_read_lock(other);
    srcu_read_unlock(other, inner);
    srcu_read_unlock(one, idx);
    synchronize_srcu(one);
}

#[test]
fn threads_come_and_go_without_growth() {
    let ssp = domain();
    let _watchdog = Watchdog::new("threads that come and go");
    let at_once = 8;
    for _ in 0..times(3, 1250) {
        let threads: Vec<_> = (0..at_once)
            .map(|_| {
                thread::spawn(move || {
                    let idx = srcu_read_lock(ssp);
                    srcu_read_unlock(ssp, idx);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    // A joined thread may still be in its last steps, so a few more than run at once may exist.
    assert!(slots(ssp) <= 2 * at_once, "{} slots", slots(ssp));
    synchronize_srcu(ssp);
}

#[test]
fn a_domain_is_made_anew_at_the_same_place() {
    let ssp = domain();
    let _watchdog = Watchdog::new("a domain that is made anew");
    for _ in 0..3 {
        let idx = srcu_read_lock(ssp);
        // Refused, with a warning: there is a reader.
        cleanup_srcu_struct(ssp);
        assert!(srcu_read_lock_held(ssp));
        srcu_read_unlock(ssp, idx);
        // Another thread's slot, which outlives the domain in that thread.
        let (say, hear) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let other = thread::spawn(move || {
            let idx = srcu_read_lock(ssp);
            srcu_read_unlock(ssp, idx);
            tell.send(()).unwrap();
            hear.recv().unwrap();
            let idx = srcu_read_lock(ssp);
            assert!(srcu_read_lock_held(ssp));
            srcu_read_unlock(ssp, idx);
        });
        told.recv().unwrap();
        cleanup_srcu_struct(ssp);
        assert_eq!(slots(ssp), 0);
        assert_eq!(init_srcu_struct(ssp), 0);
        assert!(!srcu_read_lock_held(ssp));
        say.send(()).unwrap();
        other.join().unwrap();
        synchronize_srcu(ssp);
    }
    cleanup_srcu_struct(ssp);
}

/// What readers look at; dead once its grace period is over.
struct Version {
    dead: AtomicBool,
    /// Read by readers and written by the killer, without atomics: Miri sees a grace period that does not order them.
    text: UnsafeCell<u64>,
}

/// Readers that never see a dead version; writers that kill each version after its grace period.
fn stress(writers: usize, rounds: u32) {
    let ssp = domain();
    let _watchdog = Watchdog::new("readers and writers");
    let fresh = || Box::into_raw(Box::new(Version { dead: AtomicBool::new(false), text: UnsafeCell::new(1) }));
    let current: &'static AtomicPtr<Version> = Box::leak(Box::new(AtomicPtr::new(fresh())));
    let over: &'static AtomicU32 = Box::leak(Box::new(AtomicU32::new(0)));
    let start = Arc::new(Barrier::new(writers + 3));
    let mut threads = Vec::new();
    for _ in 0..3 {
        let start = start.clone();
        threads.push(thread::spawn(move || {
            start.wait();
            while over.load(Ordering::Relaxed) < writers as u32 {
                let idx = srcu_read_lock(ssp);
                // SAFETY: alive while this thread is inside: that is what is tested.
                let version = unsafe { &*current.load(Ordering::Acquire) };
                for _ in 0..times(1, 20) {
                    assert!(!version.dead.load(Ordering::Relaxed), "a reader sees a dead version");
                    // SAFETY: only written when no reader can be here.
                    assert_eq!(unsafe { *version.text.get() }, 1, "a reader reads a dead version");
                }
                srcu_read_unlock(ssp, idx);
            }
        }));
    }
    for _ in 0..writers {
        let start = start.clone();
        threads.push(thread::spawn(move || {
            start.wait();
            let mut killed = Vec::new();
            for _ in 0..rounds {
                let old = current.swap(fresh(), Ordering::AcqRel);
                synchronize_srcu(ssp);
                // SAFETY: freed below only.
                let old_version = unsafe { &*old };
                old_version.dead.store(true, Ordering::Relaxed);
                // SAFETY: the readers are gone.
                unsafe { *old_version.text.get() = 0 };
                killed.push(old.expose_provenance());
            }
            over.fetch_add(1, Ordering::Relaxed);
            for old in killed {
                // SAFETY: made by `fresh`, taken out by this thread alone, and no reader is inside.
                drop(unsafe { Box::from_raw(ptr::with_exposed_provenance_mut::<Version>(old)) });
            }
        }));
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    // SAFETY: the threads are gone.
    drop(unsafe { Box::from_raw(current.load(Ordering::Relaxed)) });
}

#[test]
fn readers_and_one_writer() {
    stress(1, times(3, 3000));
}

#[test]
fn readers_and_eight_writers() {
    stress(8, times(1, 500));
}

/// The two stores and two loads that the fences are for: a reader either sees what was unlinked, or is waited for.
#[test]
fn a_reader_and_a_writer_do_not_miss_each_other() {
    static START: Rounds = Rounds::new();
    static END: Rounds = Rounds::new();
    static UNLINKED: AtomicU32 = AtomicU32::new(0);
    static DEAD: AtomicU32 = AtomicU32::new(0);
    // Two threads that meet at every step get little done where others want the processors.
    static LAST: AtomicU32 = AtomicU32::new(u32::MAX);
    let enough = Duration::from_secs(20);
    let ssp = domain();
    let rounds = times(30, 20_000);
    let _watchdog = Watchdog::new("reader and writer");
    let reader = thread::spawn(move || {
        let mut slow = Slow::new();
        for round in 0..rounds {
            START.meet(round);
            if LAST.load(Ordering::SeqCst) == round {
                break;
            }
            slow.stores();
            let idx = srcu_read_lock(ssp);
            if UNLINKED.load(Ordering::Relaxed) <= round {
                for _ in 0..times(3, 300) {
                    assert!(DEAD.load(Ordering::Relaxed) <= round, "round {round}: freed under a reader");
                }
            }
            srcu_read_unlock(ssp, idx);
            END.meet(round);
        }
    });
    let begun = Instant::now();
    for round in 0..rounds {
        let last = !cfg!(miri) && begun.elapsed() > enough;
        if last {
            LAST.store(round, Ordering::SeqCst);
        }
        START.meet(round);
        if last {
            break;
        }
        lag(round);
        UNLINKED.store(round + 1, Ordering::Relaxed);
        synchronize_srcu(ssp);
        DEAD.store(round + 1, Ordering::Relaxed);
        END.meet(round);
    }
    reader.join().unwrap();
}

#[test]
fn what_a_reader_did_is_over_when_it_has_gone() {
    struct Plain(UnsafeCell<u64>);
    // SAFETY: the grace period orders the accesses: that is what is tested, under Miri.
    unsafe impl Sync for Plain {}
    for _ in 0..times(5, 50) {
        let ssp = domain();
        let text: &'static Plain = Box::leak(Box::new(Plain(UnsafeCell::new(1))));
        let inside: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let reader = thread::spawn(move || {
            let idx = srcu_read_lock(ssp);
            inside.store(true, Ordering::Relaxed);
            // SAFETY: written after the grace period only.
            let read = unsafe { *text.0.get() };
            srcu_read_unlock(ssp, idx);
            read
        });
        while !inside.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        synchronize_srcu(ssp);
        // SAFETY: the reader has gone.
        unsafe { *text.0.get() = 2 };
        assert_eq!(reader.join().unwrap(), 1);
    }
}

static CALLED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn count(head: *mut callback_head) {
    CALLED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: each head of the test below is a box of its own.
    drop(unsafe { Box::from_raw(head) });
}

#[test]
fn callbacks_come_after_readers_and_before_the_barrier() {
    let ssp = domain();
    let _watchdog = Watchdog::new("callbacks");
    let idx = srcu_read_lock(ssp);
    for _ in 0..5 {
        // SAFETY: a new head, given away.
        unsafe { call_srcu(ssp, Box::into_raw(Box::new(callback_head::new())), Some(count)) };
    }
    linger();
    assert_eq!(CALLED.load(Ordering::SeqCst), 0, "called while a reader was inside");
    srcu_read_unlock(ssp, idx);
    srcu_barrier(ssp);
    assert_eq!(CALLED.load(Ordering::SeqCst), 5);
    cleanup_srcu_struct(ssp);
}

#[test]
fn rcu_nests_and_waits() {
    let _watchdog = Watchdog::new("RCU");
    assert!(!rcu::rcu_read_lock_held());
    rcu::rcu_read_lock();
    rcu::rcu_read_lock();
    rcu::rcu_read_unlock();
    assert!(rcu::rcu_read_lock_held());
    let through: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    let thread = thread::spawn(|| {
        rcu::synchronize_rcu();
        through.store(true, Ordering::SeqCst);
    });
    linger();
    assert!(!through.load(Ordering::SeqCst), "synchronize_rcu() did not wait");
    rcu::rcu_read_unlock();
    assert!(!rcu::rcu_read_lock_held());
    thread.join().unwrap();
}

#[cfg(not(miri))]
mod processes {
    use super::*;
    use fsnotify::host::process::{slab, task};
    use std::process::Command;

    #[test]
    fn kfree_rcu_frees_after_the_readers() {
        struct Object {
            _number: u64,
            head: callback_head,
        }
        let _watchdog = Watchdog::new("kfree_rcu()");
        let object = slab::kmalloc(size_of::<Object>(), 0).cast::<Object>();
        assert!(!object.is_null());
        let head = object.wrapping_byte_add(std::mem::offset_of!(Object, head)).cast();
        // SAFETY: new memory, given away. What is freed twice or at a wrong address is caught by the allocator.
        unsafe { rcu::kvfree_call_rcu(head, object.cast()) };
        rcu::rcu_barrier();
        // SAFETY: nothing to free.
        unsafe { rcu::kvfree_call_rcu(ptr::null_mut(), ptr::null_mut()) };
    }

    #[test]
    fn a_fork_in_a_reader_keeps_this_reader_and_drops_the_others() {
        let ssp = domain();
        let _watchdog = Watchdog::new("fork in a reader");
        let (say, hear) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let stranger = thread::spawn(move || {
            let idx = srcu_read_lock(ssp);
            tell.send(()).unwrap();
            hear.recv().unwrap();
            srcu_read_unlock(ssp, idx);
        });
        told.recv().unwrap();
        // The index is the one that the child's first grace period finds, or the other: both are tried.
        for _ in 0..2 {
            let idx = srcu_read_lock(ssp);
            sched::in_child("fork in a reader", || {
                let held = srcu_read_lock_held(ssp);
                let (thread, through) = writer(ssp);
                linger();
                let waited = !through.load(Ordering::SeqCst);
                srcu_read_unlock(ssp, idx);
                thread.join().unwrap();
                // In the grandchild nobody reads at all.
                sched::in_child("fork of the child", || {
                    synchronize_srcu(ssp);
                    let idx = srcu_read_lock(ssp);
                    srcu_read_unlock(ssp, idx);
                    !srcu_read_lock_held(ssp)
                });
                held && waited
            });
            assert!(srcu_read_lock_held(ssp));
            srcu_read_unlock(ssp, idx);
        }
        say.send(()).unwrap();
        stranger.join().unwrap();
        synchronize_srcu(ssp);
    }

    #[test]
    fn a_fork_under_a_waiting_writer() {
        let ssp = domain();
        let _watchdog = Watchdog::new("fork under a writer");
        let (say, hear) = mpsc::channel::<()>();
        let stranger = thread::spawn(move || {
            let idx = srcu_read_lock(ssp);
            hear.recv().unwrap();
            srcu_read_unlock(ssp, idx);
        });
        sched::until("the reader does not come", || slots(ssp) == 1);
        let (thread, _) = writer(ssp);
        started(ssp, 1);
        // The writer holds the domain's lock, which nobody in the child will release.
        sched::in_child("fork under a writer", || {
            synchronize_srcu(ssp);
            synchronize_srcu(ssp);
            true
        });
        say.send(()).unwrap();
        thread.join().unwrap();
        stranger.join().unwrap();
    }

    std::thread_local! {
        static AT_END: AtEnd = const { AtEnd };
    }

    /// A thread-local destructor that uses the library, whatever is torn down already.
    struct AtEnd;
    static ENDED: AtomicU32 = AtomicU32::new(0);
    static DOMAIN: srcu_struct = srcu_struct::new();

    impl Drop for AtEnd {
        fn drop(&mut self) {
            use_everything();
        }
    }

    fn use_everything() {
        let idx = srcu_read_lock(&DOMAIN);
        assert!(srcu_read_lock_held(&DOMAIN));
        srcu_read_unlock(&DOMAIN, idx);
        synchronize_srcu(&DOMAIN);
        assert_eq!(task::schedule_timeout(0), 0);
        assert_eq!(task::current().tgid.load(Ordering::Relaxed), std::process::id() as i32);
        ENDED.fetch_add(1, Ordering::SeqCst);
    }

    unsafe extern "C" fn last_will(key: *mut libc::c_void) {
        use_everything();
        // SAFETY: the pointer stands for the key.
        let number = unsafe { *key.cast::<libc::pthread_key_t>() };
        // Once more in the next round, as long as there is one.
        // SAFETY: the key exists.
        unsafe { libc::pthread_setspecific(number, key) };
    }

    #[test]
    fn destructors_may_use_the_library_to_the_last() {
        let _watchdog = Watchdog::new("destructors");
        let key: &'static mut libc::pthread_key_t = Box::leak(Box::new(0));
        // SAFETY: valid arguments.
        assert_eq!(unsafe { libc::pthread_key_create(key, Some(last_will)) }, 0);
        let key: &'static libc::pthread_key_t = key;
        for _ in 0..50 {
            thread::spawn(move || {
                AT_END.with(|_| ());
                // SAFETY: the key exists.
                unsafe { libc::pthread_setspecific(*key, ptr::from_ref(key).cast()) };
            })
            .join()
            .unwrap();
        }
        assert!(ENDED.load(Ordering::SeqCst) >= 100, "{ENDED:?}");
        // Slots of ended threads are used again, those of the very last round excepted.
        assert!(slots(&DOMAIN) <= 4, "{} slots", slots(&DOMAIN));
        synchronize_srcu(&DOMAIN);
    }

    /// The tests above once more, in a process in which membarrier() is missing.
    #[test]
    fn without_membarrier() {
        if std::env::var_os("FSN_TEST_NO_MEMBARRIER").is_some() {
            return;
        }
        let status = Command::new(std::env::current_exe().unwrap())
            .env("FSN_TEST_NO_MEMBARRIER", "1")
            .args(["--test-threads=2", "--skip=without_membarrier", "--skip=threads_come_and_go", "-q"])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
    }
}
