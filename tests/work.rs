// SPDX-License-Identifier: GPL-2.0-or-later
//! Work: each queueing is one run, never two at once; nothing is lost, whatever happens to the worker.

mod sched;

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use fsnotify::abi::*;
use fsnotify::host::process::{task, work};
use sched::{linger, times, until, Watchdog};

/// There is one worker: the tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// So far away that only a mistake fires it.
const FAR: u64 = 1_000_000_000;

/// Miri wants every thread to have ended at the end of the test.
fn leave() {
    if cfg!(miri) {
        until("the worker stays", || !work::worker_present());
        linger();
    }
}

/// An item that counts its runs and does what the test asks for.
#[repr(C)]
struct Item {
    work: work_struct,
    runs: AtomicU32,
    begun: AtomicU32,
    /// Does not end while this is set.
    hold: AtomicBool,
    /// Queues itself so often.
    again: AtomicU32,
    /// Order of the last run among all.
    place: AtomicU32,
    thread: AtomicU64,
    busy: AtomicBool,
}

static PLACES: AtomicU32 = AtomicU32::new(0);

fn item() -> &'static Item {
    Box::leak(Box::new(Item {
        work: work_struct::new(run),
        runs: AtomicU32::new(0),
        begun: AtomicU32::new(0),
        hold: AtomicBool::new(false),
        again: AtomicU32::new(0),
        place: AtomicU32::new(0),
        thread: AtomicU64::new(0),
        busy: AtomicBool::new(false),
    }))
}

impl Item {
    fn queue(&'static self) -> bool {
        // SAFETY: the item lives for ever. The pointer is to the whole of it, which its function wants.
        unsafe { work::queue_raw(ptr::from_ref(self).cast_mut().cast()) }
    }
    fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }
    fn begun(&self, times: u32) {
        until("the item does not begin", || self.begun.load(Ordering::SeqCst) >= times);
    }
}

fn me() -> u64 {
    // SAFETY: has no preconditions.
    unsafe { libc::pthread_self() as u64 }
}

unsafe extern "C" fn run(at: *mut work_struct) {
    // SAFETY: queued by Item::queue().
    let item: &'static Item = unsafe { &*at.cast() };
    assert!(!item.busy.swap(true, Ordering::SeqCst), "runs twice at once");
    item.begun.fetch_add(1, Ordering::SeqCst);
    item.thread.store(me(), Ordering::SeqCst);
    while item.hold.load(Ordering::SeqCst) {
        thread::sleep(std::time::Duration::from_millis(1));
    }
    if item.again.load(Ordering::SeqCst) != 0 {
        item.again.fetch_sub(1, Ordering::SeqCst);
        item.queue();
    }
    item.place.store(PLACES.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
    item.busy.store(false, Ordering::SeqCst);
    item.runs.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn queue_and_flush() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("queue and flush"));
    let item = item();
    assert!(!work::flush_work(&item.work), "nothing to wait for");
    for round in 1..=times(5, 1000) {
        assert!(item.queue());
        work::flush_work(&item.work);
        assert_eq!(item.runs(), round);
    }
    assert_ne!(item.thread.load(Ordering::SeqCst), me());
    leave();
}

#[test]
fn an_item_that_has_not_begun_is_not_queued_twice() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("pending items"));
    let (first, second) = (item(), item());
    first.hold.store(true, Ordering::SeqCst);
    first.queue();
    first.begun(1);
    assert!(second.queue());
    assert!(!second.queue());
    assert!(second.work.pending());
    // The one that runs may be queued again.
    assert!(first.queue());
    assert!(!first.queue());
    first.hold.store(false, Ordering::SeqCst);
    work::flush_workqueue();
    assert_eq!((first.runs(), second.runs()), (2, 1));
    assert!(second.place.load(Ordering::SeqCst) < first.place.load(Ordering::SeqCst));
    leave();
}

#[test]
fn flush_waits_for_the_last_queueing() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("an item that queues itself"));
    let item = item();
    item.hold.store(true, Ordering::SeqCst);
    item.again.store(1, Ordering::SeqCst);
    item.queue();
    item.begun(1);
    item.hold.store(false, Ordering::SeqCst);
    until("the first run does not end", || item.runs() >= 1);
    work::flush_work(&item.work);
    assert_eq!(item.runs(), 2);
    leave();
}

#[test]
fn flush_waits_for_a_running_item() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("flush of a running item"));
    let item = item();
    item.hold.store(true, Ordering::SeqCst);
    item.queue();
    item.begun(1);
    let over: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    let flusher = thread::spawn(move || {
        work::flush_work(&item.work);
        over.store(true, Ordering::SeqCst);
    });
    linger();
    assert!(!over.load(Ordering::SeqCst), "flush_work() did not wait");
    item.hold.store(false, Ordering::SeqCst);
    flusher.join().unwrap();
    assert_eq!(item.runs(), 1);
    leave();
}

#[test]
fn many_threads_queue_and_flush() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("many threads"));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(|| {
                let item = item();
                let mut queued = 0;
                for round in 0..times(5, 500) {
                    queued += u32::from(item.queue());
                    if round % 3 == 0 {
                        work::flush_work(&item.work);
                        assert_eq!(item.runs(), queued);
                    }
                }
                work::flush_work(&item.work);
                assert_eq!(item.runs(), queued);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    leave();
}

static TARGET: AtomicPtr<work_struct> = AtomicPtr::new(ptr::null_mut());
static WAITED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn flush_target(_: *mut work_struct) {
    // SAFETY: set by the test, to an item that lives for ever.
    let target = unsafe { &*TARGET.load(Ordering::SeqCst) };
    WAITED.store(u32::from(work::flush_work(target)) + 1, Ordering::SeqCst);
}

#[test]
fn an_item_may_flush_another_but_not_itself() {
    static FLUSHER: work_struct = work_struct::new(flush_target);
    let (_turn, _watchdog) = (turn(), Watchdog::new("flush inside an item"));
    let (first, other) = (item(), item());
    first.hold.store(true, Ordering::SeqCst);
    first.queue();
    first.begun(1);
    // Both wait behind the first: the flusher runs the other one where it is.
    TARGET.store(ptr::from_ref(&other.work).cast_mut(), Ordering::SeqCst);
    work::queue_work(&FLUSHER);
    other.queue();
    first.hold.store(false, Ordering::SeqCst);
    work::flush_work(&FLUSHER);
    assert_eq!((WAITED.load(Ordering::SeqCst), other.runs()), (2, 1));
    work::flush_work(&other.work);
    assert_eq!(other.runs(), 1);

    TARGET.store(ptr::from_ref(&FLUSHER).cast_mut(), Ordering::SeqCst);
    work::queue_work(&FLUSHER);
    work::flush_work(&FLUSHER);
    assert_eq!(WAITED.load(Ordering::SeqCst), 1, "waited for itself");
    leave();
}

static FREED: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn free_itself(at: *mut work_struct) {
    // SAFETY: the test gave the item away; nothing may touch it any more.
    drop(unsafe { Box::from_raw(at) });
    FREED.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn an_item_may_free_itself() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("items that free themselves"));
    for _ in 0..times(5, 1000) {
        let at = Box::into_raw(Box::new(work_struct::new(free_itself)));
        // SAFETY: the item lives until it frees itself.
        assert!(unsafe { work::queue_raw(at) });
    }
    work::flush_workqueue();
    assert_eq!(FREED.load(Ordering::SeqCst), times(5, 1000));
    leave();
}

static DELAYED_RUNS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn count(_: *mut work_struct) {
    DELAYED_RUNS.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn delayed_work() {
    static LATER: delayed_work = delayed_work::new(count);
    let (_turn, _watchdog) = (turn(), Watchdog::new("delayed work"));
    let runs = || DELAYED_RUNS.load(Ordering::SeqCst);
    assert!(!work::flush_delayed_work(&LATER));
    // Fires by itself.
    assert!(work::queue_delayed_work(&LATER, 2));
    until("the timer does not fire", || runs() == 1);
    // A flush does not wait for the timer.
    assert!(work::queue_delayed_work(&LATER, FAR));
    assert!(!work::queue_delayed_work(&LATER, 0), "the time must not change");
    linger();
    assert_eq!(runs(), 1);
    assert!(work::flush_delayed_work(&LATER));
    assert_eq!(runs(), 2);
    // Taken back.
    work::queue_delayed_work(&LATER, FAR);
    assert!(work::cancel_delayed_work_sync(&LATER));
    assert!(!work::cancel_delayed_work_sync(&LATER));
    assert!(!work::flush_delayed_work(&LATER));
    assert!(!LATER.work.pending());
    // Another time.
    assert!(!work::mod_delayed_work(&LATER, FAR));
    assert!(work::mod_delayed_work(&LATER, 1));
    until("the new time does not come", || runs() == 3);
    work::queue_delayed_work(&LATER, 0);
    work::flush_delayed_work(&LATER);
    assert_eq!(runs(), 4);
    leave();
}

static ORDER: Mutex<Vec<usize>> = Mutex::new(Vec::new());

unsafe extern "C" fn note(at: *mut work_struct) {
    ORDER.lock().unwrap().push(at.addr());
}

#[test]
fn timers_fire_in_the_order_of_their_times() {
    static ITEMS: [delayed_work; 4] = [const { delayed_work::new(note) }; 4];
    let (_turn, _watchdog) = (turn(), Watchdog::new("timers"));
    for (index, delay) in [30, 10, 40, 20].into_iter().enumerate() {
        assert!(work::queue_delayed_work(&ITEMS[index], delay));
    }
    until("the timers do not fire", || ORDER.lock().unwrap().len() == 4);
    // The queueing takes time as well, so the times decide, not the delays.
    let mut by_time: Vec<_> = ITEMS.iter().map(|item| (item.timer.expires.load(Ordering::Relaxed), item)).collect();
    by_time.sort_by_key(|(expires, _)| *expires);
    let expected: Vec<_> = by_time.into_iter().map(|(_, item)| ptr::from_ref(item).addr()).collect();
    assert_eq!(*ORDER.lock().unwrap(), expected);
    leave();
}

#[test]
fn cancel_stops_an_item_that_queues_itself() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("cancel"));
    let item = item();
    item.hold.store(true, Ordering::SeqCst);
    item.again.store(u32::MAX, Ordering::SeqCst);
    item.queue();
    item.begun(1);
    let canceller = thread::spawn(move || work::cancel_work_sync(&item.work));
    // It queues itself while the cancel waits for it.
    until("the cancel does not begin", || item.work.data.load(Ordering::SeqCst) > FSN_WORK_PENDING);
    item.hold.store(false, Ordering::SeqCst);
    assert!(!canceller.join().unwrap(), "was running, not queued");
    let runs = item.runs();
    assert!(!item.busy.load(Ordering::SeqCst) && !item.work.pending(), "queued itself while it was cancelled");
    linger();
    assert_eq!((item.runs(), runs), (1, 1), "runs after it was cancelled");
    // Not disabled for ever.
    item.again.store(0, Ordering::SeqCst);
    assert!(item.queue());
    work::flush_work(&item.work);
    assert_eq!(item.runs(), runs + 1);

    // An item that has not begun is taken back; one that runs is waited for.
    let (first, second) = (self::item(), self::item());
    first.hold.store(true, Ordering::SeqCst);
    first.queue();
    first.begun(1);
    second.queue();
    assert!(work::cancel_work(&second.work));
    assert!(!work::cancel_work(&second.work));
    let canceller = thread::spawn(|| work::cancel_work_sync(&first.work));
    linger();
    assert_eq!(first.runs(), 0);
    first.hold.store(false, Ordering::SeqCst);
    assert!(!canceller.join().unwrap(), "was running, not queued");
    assert_eq!((first.runs(), second.runs()), (1, 0));
    leave();
}

#[test]
fn the_worker_leaves_and_comes_back() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("the worker"));
    let item = item();
    for round in 1..=2 {
        item.queue();
        work::flush_work(&item.work);
        assert_eq!(item.runs(), round);
        until("the worker stays", || !work::worker_present());
    }
    leave();
}

#[test]
fn without_a_thread_whoever_flushes_runs_the_item() {
    let (_turn, _watchdog) = (turn(), Watchdog::new("no worker"));
    until("the worker stays", || !work::worker_present());
    let (first, second) = (item(), item());
    work::fail_next_starts(100);
    assert!(first.queue());
    assert!(second.queue());
    linger();
    assert_eq!(first.runs(), 0);
    assert!(work::flush_work(&second.work));
    assert_eq!((first.runs(), second.runs()), (1, 1));
    assert_eq!(second.thread.load(Ordering::SeqCst), me());
    assert!(first.place.load(Ordering::SeqCst) < second.place.load(Ordering::SeqCst));
    // One more failure. The next queueing finds a thread again, and what was left behind is run with it.
    work::fail_next_starts(1);
    first.queue();
    assert!(!work::worker_present());
    second.queue();
    until("nothing is run", || first.runs() == 2 && second.runs() == 2);
    leave();
}

#[cfg(not(miri))]
mod processes {
    use super::*;
    use std::mem::zeroed;

    static BLOCKED: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn look_at_mask(_: *mut work_struct) {
        // SAFETY: a signal set is plain data.
        let mut mask: libc::sigset_t = unsafe { zeroed() };
        // SAFETY: only reads the mask.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut mask) };
        // SAFETY: a valid set.
        let blocked = |signal| unsafe { libc::sigismember(&raw const mask, signal) } == 1;
        let all = [libc::SIGTERM, libc::SIGINT, libc::SIGIO, libc::SIGUSR1, libc::SIGCHLD, libc::SIGALRM];
        let ok = all.into_iter().all(blocked) && !blocked(libc::SIGSEGV);
        BLOCKED.store(if ok { 1 } else { 2 }, Ordering::SeqCst);
    }

    #[test]
    fn the_worker_gets_no_signals() {
        static LOOK: work_struct = work_struct::new(look_at_mask);
        let (_turn, _watchdog) = (turn(), Watchdog::new("signals"));
        work::queue_work(&LOOK);
        work::flush_work(&LOOK);
        assert_eq!(BLOCKED.load(Ordering::SeqCst), 1);
        // The starter's own mask is as it was.
        // SAFETY: a signal set is plain data.
        let mut mask: libc::sigset_t = unsafe { zeroed() };
        // SAFETY: only reads the mask.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut mask) };
        // SAFETY: a valid set.
        assert_eq!(unsafe { libc::sigismember(&raw const mask, libc::SIGUSR1) }, 0);
    }

    #[test]
    fn a_fork_waits_for_the_running_item_and_the_child_has_the_rest() {
        let (_turn, _watchdog) = (turn(), Watchdog::new("fork with queued work"));
        for _ in 0..5 {
            let (first, second) = (item(), item());
            first.hold.store(true, Ordering::SeqCst);
            first.queue();
            first.begun(1);
            second.queue();
            let tid = task::current().pid.load(Ordering::Relaxed);
            let forking: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
            let release = thread::spawn(move || {
                // The forking thread sleeps: it waits for the item.
                until("the fork does not wait", || forking.load(Ordering::SeqCst) && sched::state_of(tid) == 'S');
                first.hold.store(false, Ordering::SeqCst);
            });
            forking.store(true, Ordering::SeqCst);
            sched::in_child("queued work in a child", || {
                // Whole: the running item has ended, the other one has not begun.
                let whole = first.runs() == 1 && !first.busy.load(Ordering::SeqCst) && second.runs() == 0;
                let third = item();
                third.queue();
                work::flush_work(&third.work);
                whole && second.runs() == 1 && third.runs() == 1
            });
            release.join().unwrap();
            work::flush_work(&second.work);
            assert_eq!((first.runs(), second.runs()), (1, 1));
        }
    }

    #[test]
    fn the_child_of_a_lonely_thread_goes_on_by_itself() {
        static LATER: delayed_work = delayed_work::new(count);
        let (_turn, _watchdog) = (turn(), Watchdog::new("daemon()"));
        sched::in_child("the lonely parent", || {
            // One application thread, as in a program that calls daemon().
            let (first, before) = (item(), DELAYED_RUNS.load(Ordering::SeqCst));
            first.queue();
            work::flush_work(&first.work);
            work::queue_delayed_work(&LATER, 30);
            sched::in_child("the daemon", || {
                // Nothing of the library is called here.
                until("the worker is not there", || DELAYED_RUNS.load(Ordering::SeqCst) == before + 1);
                true
            });
            work::flush_delayed_work(&LATER);
            DELAYED_RUNS.load(Ordering::SeqCst) == before + 1
        });
    }

    static FORKED: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn fork_here(_: *mut work_struct) {
        sched::in_child("fork in an item", || {
            let item = item();
            item.queue();
            // Runs it here: this thread is the worker.
            work::flush_work(&item.work) && item.runs() == 1
        });
        FORKED.fetch_add(1, Ordering::SeqCst);
    }

    #[test]
    fn an_item_may_fork() {
        static FORK: work_struct = work_struct::new(fork_here);
        let (_turn, _watchdog) = (turn(), Watchdog::new("fork in an item"));
        work::queue_work(&FORK);
        work::flush_work(&FORK);
        assert_eq!(FORKED.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_fork_does_not_wait_for_an_item_that_waits_for_the_forking_thread() {
        let (_turn, _watchdog) = (turn(), Watchdog::new("fork under a stuck item"));
        let (stuck, behind) = (item(), item());
        stuck.hold.store(true, Ordering::SeqCst);
        stuck.queue();
        stuck.begun(1);
        behind.queue();
        // Nobody lets the item go on before the fork is over.
        sched::in_child("fork under a stuck item", || work::flush_work(&behind.work) && behind.runs() == 1);
        stuck.hold.store(false, Ordering::SeqCst);
        work::flush_work(&behind.work);
        assert_eq!((stuck.runs(), behind.runs()), (1, 1));
    }

    #[test]
    fn a_timed_sleep_does_not_need_the_worker() {
        let (_turn, _watchdog) = (turn(), Watchdog::new("a sleep beside a busy worker"));
        let item = item();
        item.hold.store(true, Ordering::SeqCst);
        item.queue();
        item.begun(1);
        // The item waits for this thread, whose sleep must end all the same.
        task::set_current_state(FSN_TASK_UNINTERRUPTIBLE);
        assert_eq!(task::schedule_timeout(5), 0);
        item.hold.store(false, Ordering::SeqCst);
        work::flush_work(&item.work);
    }
}
