// SPDX-License-Identifier: GPL-2.0-or-later
//! Wait queues and tasks: no wake-up is lost, none goes to the wrong waiter, and who waits sleeps.

mod sched;

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;

use fsnotify::abi::*;
use fsnotify::host::process::wait_bit::{bit_wait_timeout, wait_on_bit, wait_var_event, wake_up_bit, wake_up_var};
use fsnotify::host::process::waitqueue::*;
use fsnotify::host::process::{membarrier, poll, task};
use sched::{lag, linger, times, until, Rounds, Slow, Watchdog};

fn queue() -> &'static wait_queue_head {
    if std::env::var_os("FSN_TEST_NO_MEMBARRIER").is_some() {
        membarrier::pretend_missing();
    }
    Box::leak(Box::new(wait_queue_head::new()))
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// An entry on the heap, which the thread that calls this owns.
fn entry(func: wait_queue_func_t) -> *mut wait_queue_entry {
    // SAFETY: zeroes are valid for every field.
    let at = Box::into_raw(Box::new(unsafe { std::mem::zeroed::<wait_queue_entry>() }));
    // SAFETY: new and this thread's alone.
    unsafe { init_entry(at, 0, func) };
    at
}

/// A task that outlives its thread, and is handed to other threads.
struct Task(AtomicPtr<task_struct>);

impl Task {
    fn none() -> &'static Self {
        leak(Self(AtomicPtr::new(ptr::null_mut())))
    }
    fn publish(&self) {
        task::get_task_struct(task::current());
        self.0.store(ptr::from_ref(task::current()).cast_mut(), Ordering::Release);
    }
    fn get(&self) -> &'static task_struct {
        until("no task is published", || !self.0.load(Ordering::Acquire).is_null());
        // SAFETY: publish() took a reference that is never given back.
        unsafe { &*self.0.load(Ordering::Acquire) }
    }
    fn asleep(&self) -> &'static task_struct {
        let task = self.get();
        until("the task does not sleep", || task.__state.load(Ordering::SeqCst) != FSN_TASK_RUNNING);
        task
    }
}

#[test]
fn no_wake_up_is_lost() {
    let (ping, pong) = (queue(), queue());
    let turn: &'static AtomicU32 = leak(AtomicU32::new(0));
    let rounds = times(30, 20_000);
    let _watchdog = Watchdog::new("ping and pong");
    // Nothing but the wake-ups orders the two: the turn is relaxed, so a missing fence shows.
    let other = thread::spawn(move || {
        for round in 0..rounds {
            wait_event(ping, || turn.load(Ordering::Relaxed) == 2 * round + 1);
            turn.store(2 * round + 2, Ordering::Relaxed);
            wake_up(pong);
        }
    });
    for round in 0..rounds {
        turn.store(2 * round + 1, Ordering::Relaxed);
        wake_up(ping);
        wait_event(pong, || turn.load(Ordering::Relaxed) == 2 * round + 2);
    }
    other.join().unwrap();
    assert!(!waitqueue_active(ping) && !waitqueue_active(pong));
}

#[test]
fn no_wake_up_is_lost_among_many_wakers() {
    let wq = queue();
    let count: &'static AtomicU32 = leak(AtomicU32::new(0));
    let rounds = times(5, 2000);
    let _watchdog = Watchdog::new("many wakers");
    for _ in 0..times(2, 5) {
        count.store(0, Ordering::Relaxed);
        let wakers: Vec<_> = (0..3)
            .map(|_| {
                thread::spawn(move || {
                    for _ in 0..rounds {
                        count.fetch_add(1, Ordering::Relaxed);
                        wake_up(wq);
                    }
                })
            })
            .collect();
        // Many short waits, so that going to sleep and waking meet at every point.
        for step in 1..=3 * rounds {
            wait_event(wq, || count.load(Ordering::Relaxed) >= step);
        }
        wakers.into_iter().for_each(|waker| waker.join().unwrap());
    }
}

/// The two sides of a wait without the rest: at least one of them sees the other.
#[test]
fn waiter_and_waker_do_not_miss_each_other() {
    static START: Rounds = Rounds::new();
    static END: Rounds = Rounds::new();
    static MET: AtomicU32 = AtomicU32::new(0);
    static SEEN: AtomicBool = AtomicBool::new(false);
    let wq = queue();
    let rounds = times(20, 20_000);
    let _watchdog = Watchdog::new("waiter and waker");
    let waker = thread::spawn(move || {
        let mut slow = Slow::new();
        for round in 0..rounds {
            START.meet(round);
            slow.stores();
            MET.store(round + 1, Ordering::Relaxed);
            membarrier::light_fence();
            let seen = waitqueue_active(wq);
            SEEN.store(seen, Ordering::Relaxed);
            END.meet(round);
        }
    });
    let at = entry(Some(autoremove_wake_function));
    for round in 0..rounds {
        START.meet(round);
        lag(round);
        // SAFETY: the entry is this thread's.
        unsafe { prepare_to_wait(wq, at, FSN_TASK_UNINTERRUPTIBLE, 0) };
        let met = MET.load(Ordering::Relaxed) == round + 1;
        END.meet(round);
        assert!(met || SEEN.load(Ordering::Relaxed), "round {round}: both missed the other");
        // SAFETY: as above.
        unsafe { finish_wait(wq, at) };
    }
    waker.join().unwrap();
    // SAFETY: off the queue.
    drop(unsafe { Box::from_raw(at) });
}

#[test]
fn zeroed_memory_is_an_empty_queue() {
    // SAFETY: that zeroed memory is valid is what is tested.
    let wq: &'static wait_queue_head = leak(unsafe { std::mem::zeroed() });
    let met: &'static AtomicBool = leak(AtomicBool::new(false));
    assert!(!waitqueue_active(wq));
    wake_up(wq);
    assert_eq!(wake_up_slow(wq, FSN_TASK_NORMAL, 1, ptr::null_mut()), 0);
    let _watchdog = Watchdog::new("a zeroed queue");
    let waiter = thread::spawn(move || wait_event(wq, || met.load(Ordering::Relaxed)));
    until("nobody waits", || waitqueue_active(wq));
    met.store(true, Ordering::Relaxed);
    wake_up(wq);
    waiter.join().unwrap();
    assert!(!waitqueue_active(wq));
}

/// A thread that waits as `waits` says, counted in `awake` when it is through.
fn exclusive_waiter(
    wq: &'static wait_queue_head,
    awake: &'static AtomicU32,
    flags: u32,
) -> (thread::JoinHandle<()>, &'static Task) {
    let task = Task::none();
    let thread = thread::spawn(move || {
        task.publish();
        let at = entry(Some(autoremove_wake_function));
        // SAFETY: the entry is this thread's.
        unsafe { prepare_to_wait(wq, at, FSN_TASK_UNINTERRUPTIBLE, flags) };
        task::schedule();
        awake.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as above.
        unsafe { finish_wait(wq, at) };
        // SAFETY: off the queue.
        drop(unsafe { Box::from_raw(at) });
    });
    task.asleep();
    (thread, task)
}

#[test]
fn exclusive_waiters_are_woken_one_at_a_time_and_in_order() {
    let wq = queue();
    let awake: &'static AtomicU32 = leak(AtomicU32::new(0));
    let _watchdog = Watchdog::new("exclusive waiters");
    let mut waiters: Vec<_> = (0..4).map(|_| exclusive_waiter(wq, awake, FSN_WQ_FLAG_EXCLUSIVE)).collect();
    let (plain, _) = exclusive_waiter(wq, awake, 0);
    assert_eq!(wake_up_key(wq, FSN_TASK_NORMAL, 1, ptr::null_mut()), 1);
    plain.join().unwrap();
    waiters.remove(0).0.join().unwrap();
    linger();
    assert_eq!(awake.load(Ordering::SeqCst), 2);
    assert_eq!(wake_up_key(wq, FSN_TASK_INTERRUPTIBLE, 1, ptr::null_mut()), 0, "woken from another state");
    assert_eq!(wake_up_key(wq, FSN_TASK_NORMAL, 2, ptr::null_mut()), 2);
    waiters.remove(0).0.join().unwrap();
    waiters.remove(0).0.join().unwrap();
    linger();
    assert_eq!(awake.load(Ordering::SeqCst), 4);
    wake_up_all(wq);
    waiters.remove(0).0.join().unwrap();
    assert!(!waitqueue_active(wq));
}

#[test]
fn a_plain_wake_up_wakes_all_plain_waiters() {
    let wq = queue();
    let awake: &'static AtomicU32 = leak(AtomicU32::new(0));
    let _watchdog = Watchdog::new("plain waiters");
    let waiters: Vec<_> = (0..4).map(|_| exclusive_waiter(wq, awake, 0)).collect();
    wake_up(wq);
    waiters.into_iter().for_each(|(thread, _)| thread.join().unwrap());
}

#[test]
fn a_wake_up_before_wait_woken_is_not_lost() {
    let wq = queue();
    let _watchdog = Watchdog::new("wait_woken()");
    let at = entry(Some(woken_wake_function));
    // SAFETY: the entry is this thread's.
    unsafe { add_wait_queue(wq, at, 0) };
    wake_up(wq);
    // Returns at once although there is no limit.
    // SAFETY: the entry is on the queue.
    assert_eq!(unsafe { wait_woken(at, FSN_TASK_INTERRUPTIBLE, FSN_MAX_SCHEDULE_TIMEOUT) }, FSN_MAX_SCHEDULE_TIMEOUT);
    // The mark has been used up.
    // SAFETY: as above.
    assert_eq!(unsafe { wait_woken(at, FSN_TASK_INTERRUPTIBLE, 5) }, 0);
    // The entry stays on the queue.
    assert!(waitqueue_active(wq));
    // SAFETY: as above.
    unsafe { remove_wait_queue(wq, at) };
    assert!(!waitqueue_active(wq));
    // SAFETY: off the queue.
    drop(unsafe { Box::from_raw(at) });
}

#[test]
fn waits_with_a_limit() {
    let wq = queue();
    let _watchdog = Watchdog::new("a wait with a limit");
    assert_eq!(wait_event_timeout(wq, 5, || false), 0);
    assert!(!waitqueue_active(wq));
    assert_eq!(wait_event_timeout(wq, 0, || true), 1);
    assert_eq!(wait_event_timeout(wq, 0, || false), 0);
    let met: &'static AtomicBool = leak(AtomicBool::new(false));
    let waker = thread::spawn(move || {
        until("nobody waits", || waitqueue_active(wq));
        met.store(true, Ordering::Relaxed);
        wake_up(wq);
    });
    let left = wait_event_timeout(wq, 1_000_000_000, || met.load(Ordering::Relaxed));
    assert!(left > 1, "{left}");
    waker.join().unwrap();
    task::set_current_state(FSN_TASK_UNINTERRUPTIBLE);
    assert_eq!(task::schedule_timeout(3), 0);
    assert_eq!(task::current().__state.load(Ordering::Relaxed), FSN_TASK_RUNNING);
}

#[test]
fn a_timed_sleep_is_woken() {
    let _watchdog = Watchdog::new("a timed sleep");
    for _ in 0..times(3, 200) {
        let task = Task::none();
        let sleeper = thread::spawn(move || {
            task.publish();
            task::set_current_state(FSN_TASK_UNINTERRUPTIBLE);
            task::schedule_timeout(1_000_000_000)
        });
        let task = task.asleep();
        assert!(task::wake_up_process(task));
        assert!(sleeper.join().unwrap() > 0);
    }
}

#[test]
fn a_wake_up_between_the_check_and_the_sleep_is_not_lost() {
    let _watchdog = Watchdog::new("schedule()");
    let task = Task::none();
    let go: &'static AtomicU32 = leak(AtomicU32::new(0));
    let rounds = times(20, 10_000);
    let sleeper = thread::spawn(move || {
        task.publish();
        for round in 1..=rounds {
            loop {
                task::set_current_state(FSN_TASK_UNINTERRUPTIBLE);
                if go.load(Ordering::Relaxed) >= round {
                    break;
                }
                task::schedule();
            }
        }
    });
    let task = task.get();
    for round in 1..=rounds {
        go.store(round, Ordering::Relaxed);
        task::wake_up_process(task);
        if round % 7 == 0 {
            thread::yield_now();
        }
    }
    sleeper.join().unwrap();
}

/// What a wait in `state` returns when `send` is done to its task, if that `ends` it.
fn signalled(state: u32, send: fn(&task_struct), ends: bool) -> Option<c_int> {
    let wq = queue();
    let task = Task::none();
    let met: &'static AtomicBool = leak(AtomicBool::new(false));
    let result: &'static AtomicI32 = leak(AtomicI32::new(1));
    let waiter = thread::spawn(move || {
        task.publish();
        result.store(wait_event_state(wq, state, || met.load(Ordering::Relaxed)), Ordering::SeqCst);
    });
    let task = task.asleep();
    send(task);
    if ends {
        until("the signal does not end the sleep", || result.load(Ordering::SeqCst) != 1);
    } else {
        linger();
    }
    let early = result.load(Ordering::SeqCst);
    met.store(true, Ordering::Relaxed);
    wake_up(wq);
    waiter.join().unwrap();
    assert!(!waitqueue_active(wq));
    (early != 1).then_some(early)
}

#[test]
fn signals_end_the_sleeps_that_they_should() {
    let _watchdog = Watchdog::new("signals");
    let ended = Some(-FSN_ERESTARTSYS);
    assert_eq!(signalled(FSN_TASK_KILLABLE, task::task_kill, true), ended);
    assert_eq!(signalled(FSN_TASK_INTERRUPTIBLE, task::task_kill, true), ended);
    assert_eq!(signalled(FSN_TASK_UNINTERRUPTIBLE, task::task_kill, false), None);
    assert_eq!(signalled(FSN_TASK_KILLABLE, task::task_interrupt, false), None);
    assert_eq!(signalled(FSN_TASK_INTERRUPTIBLE, task::task_interrupt, true), ended);
}

#[test]
fn what_is_pending_ends_later_waits_until_it_is_forgotten() {
    let wq = queue();
    task::task_kill(task::current());
    assert!(task::signal_pending(task::current()) && task::fatal_signal_pending(task::current()));
    assert_eq!(wait_event_state(wq, FSN_TASK_KILLABLE, || false), -FSN_ERESTARTSYS);
    // The condition wins.
    assert_eq!(wait_event_state(wq, FSN_TASK_KILLABLE, || true), 0);
    assert_eq!(wait_event_timeout(wq, 3, || false), 0);
    task::flush_signals(task::current());
    assert!(!task::signal_pending(task::current()));
    assert!(!waitqueue_active(wq));
}

#[test]
fn variables_are_told_apart() {
    let (one, other): (&'static AtomicU32, &'static AtomicU32) = (leak(AtomicU32::new(0)), leak(AtomicU32::new(0)));
    let address = |var: &AtomicU32| ptr::from_ref(var).cast::<c_void>();
    let looks: &'static AtomicUsize = leak(AtomicUsize::new(0));
    let _watchdog = Watchdog::new("variables");
    let waiter = thread::spawn(move || {
        wait_var_event(address(one), || {
            looks.fetch_add(1, Ordering::SeqCst);
            one.load(Ordering::Relaxed) != 0
        })
    });
    until("nobody looks", || looks.load(Ordering::SeqCst) >= 2);
    linger();
    let before = looks.load(Ordering::SeqCst);
    other.store(1, Ordering::Relaxed);
    wake_up_var(address(other));
    linger();
    assert_eq!(looks.load(Ordering::SeqCst), before, "woken for another variable");
    one.store(1, Ordering::Relaxed);
    wake_up_var(address(one));
    waiter.join().unwrap();
    wait_var_event(address(one), || true);
}

#[test]
fn a_bit_is_a_lock() {
    let word: &'static AtomicUsize = leak(AtomicUsize::new(0));
    let inside: &'static AtomicU32 = leak(AtomicU32::new(0));
    let total: &'static AtomicU32 = leak(AtomicU32::new(0));
    let (bit, rounds) = (5, times(10, 3000));
    let _watchdog = Watchdog::new("a bit as a lock");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(move || {
                for _ in 0..rounds {
                    // SAFETY: the word lives for ever.
                    let taken =
                        unsafe { wait_on_bit(word.as_ptr().cast(), bit, None, FSN_TASK_UNINTERRUPTIBLE, 0, true) };
                    assert_eq!(taken, 0);
                    assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two owners");
                    total.store(total.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    inside.fetch_sub(1, Ordering::Relaxed);
                    word.fetch_and(!(1 << bit), Ordering::Release);
                    wake_up_bit(word.as_ptr().cast(), bit);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(total.load(Ordering::Relaxed), 4 * rounds);
    word.store(1, Ordering::Relaxed);
    // SAFETY: the word lives for ever.
    let late =
        unsafe { wait_on_bit(word.as_ptr().cast(), 0, Some(bit_wait_timeout), FSN_TASK_UNINTERRUPTIBLE, 3, false) };
    assert_eq!(late, -libc::EAGAIN);
}

#[test]
fn a_poll_waits_on_several_queues() {
    let queues = [queue(), queue()];
    let (readable, writable) = (1, 4);
    let _watchdog = Watchdog::new("a poll");
    // SAFETY: zeroes are valid for every field.
    let pwq = Box::into_raw(Box::new(unsafe { std::mem::zeroed::<poll_wqueues>() }));
    // SAFETY: new, and stays there.
    unsafe { poll::poll_initwait(pwq) };
    let table = pwq.cast::<poll_table_struct>();
    for wq in queues {
        // SAFETY: the table is the poller's first member.
        let fields = unsafe { &*table };
        // SAFETY: the poller is this thread's.
        unsafe { *fields._key.get() = readable };
        // SAFETY: set by poll_initwait().
        let enlist = unsafe { *fields._qproc.get() }.unwrap();
        // SAFETY: the queue lives for ever.
        unsafe { enlist(ptr::null_mut(), ptr::from_ref(wq).cast_mut(), table) };
    }
    // SAFETY: the poller is this thread's.
    let sleep = |limit| unsafe { poll::poll_schedule_timeout(pwq, FSN_TASK_INTERRUPTIBLE, limit) };
    assert_eq!(sleep(3), 0);
    wake_up_key(queues[1], FSN_TASK_NORMAL, 1, ptr::without_provenance_mut(writable));
    assert_eq!(sleep(3), 0, "woken by news of no interest");
    wake_up_key(queues[1], FSN_TASK_NORMAL, 1, ptr::without_provenance_mut(readable as usize));
    assert!(sleep(1_000_000_000) > 0);
    let waker = thread::spawn(move || {
        linger();
        wake_up(queues[0]);
    });
    assert!(sleep(1_000_000_000) > 0);
    waker.join().unwrap();
    // SAFETY: the poller is this thread's.
    unsafe { poll::poll_freewait(pwq) };
    assert!(queues.iter().all(|wq| !waitqueue_active(wq)));
    // SAFETY: on no queue.
    drop(unsafe { Box::from_raw(pwq) });
}

#[test]
fn each_thread_is_a_task_of_its_own() {
    let mine = ptr::from_ref(task::current());
    assert!(ptr::eq(mine, task::current()));
    assert_eq!(task::current().tgid.load(Ordering::Relaxed) as u32, std::process::id());
    let other = thread::spawn(|| ptr::from_ref(task::current()).addr()).join().unwrap();
    assert_ne!(mine.addr(), other);
    let flags = task::memalloc_nofs_save();
    let inner = task::memalloc_nofs_save();
    assert_eq!((flags, inner), (0, FSN_PF_MEMALLOC_NOFS));
    task::memalloc_nofs_restore(inner);
    assert_ne!(task::current().flags.load(Ordering::Relaxed) & FSN_PF_MEMALLOC_NOFS, 0);
    task::memalloc_nofs_restore(flags);
    assert_eq!(task::current().flags.load(Ordering::Relaxed) & FSN_PF_MEMALLOC_NOFS, 0);
    let (then, ticks) = (task::ktime_get(), AtomicI64::new(task::jiffies() as i64));
    assert!(task::ktime_get() >= then && task::jiffies() as i64 >= ticks.load(Ordering::Relaxed));
}

#[cfg(not(miri))]
mod processes {
    use super::*;

    #[test]
    fn who_waits_uses_no_processor() {
        let wq = queue();
        let task = Task::none();
        let met = Arc::new(AtomicBool::new(false));
        let flag = met.clone();
        let _watchdog = Watchdog::new("a sleeper");
        let waiter = thread::spawn(move || {
            task.publish();
            wait_event(wq, || flag.load(Ordering::Relaxed));
        });
        let tid = task.asleep().pid.load(Ordering::Relaxed);
        until("the waiter does not sleep", || sched::state_of(tid) == 'S');
        for _ in 0..20 {
            thread::sleep(std::time::Duration::from_millis(2));
            assert_eq!(sched::state_of(tid), 'S');
        }
        met.store(true, Ordering::Relaxed);
        wake_up(wq);
        waiter.join().unwrap();
    }

    #[test]
    fn the_child_of_a_fork_waits_and_wakes() {
        let wq = queue();
        let var: &'static AtomicU32 = leak(AtomicU32::new(0));
        let address = |var: &AtomicU32| ptr::from_ref(var).cast::<c_void>();
        let _watchdog = Watchdog::new("fork");
        // A thread of the parent waits for the variable; the child must not meet it.
        let waiter = thread::spawn(move || wait_var_event(address(var), || var.load(Ordering::Relaxed) == 2));
        linger();
        let pid = task::current().pid.load(Ordering::Relaxed);
        sched::in_child("wait queues after a fork", || {
            let renewed = task::current().pid.load(Ordering::Relaxed) != pid;
            let met: &'static AtomicBool = leak(AtomicBool::new(false));
            let waiter = thread::spawn(move || {
                wait_event(wq, || met.load(Ordering::Relaxed));
                wait_var_event(address(var), || var.load(Ordering::Relaxed) == 1);
            });
            linger();
            met.store(true, Ordering::Relaxed);
            wake_up(wq);
            linger();
            var.store(1, Ordering::Relaxed);
            wake_up_var(address(var));
            waiter.join().is_ok() && renewed
        });
        var.store(2, Ordering::Relaxed);
        wake_up_var(address(var));
        waiter.join().unwrap();
    }

    #[test]
    fn without_membarrier() {
        if std::env::var_os("FSN_TEST_NO_MEMBARRIER").is_some() {
            return;
        }
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .env("FSN_TEST_NO_MEMBARRIER", "1")
            .args(["--test-threads=2", "--skip=without_membarrier", "-q"])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{status}");
    }
}
