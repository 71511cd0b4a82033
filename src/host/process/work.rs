// SPDX-License-Identifier: GPL-2.0-or-later
//! Work and delayed work: one queue, one worker thread, started at first need and gone after a second without work.
//!
//! * Items are run one after the other in the order of queueing, so no item ever runs beside itself.
//! * The worker blocks all signals but those of faults. It is a thread of the C library, because making one of those
//!   fails with an error code where std's aborts.
//! * Where no thread can be had, items stay queued: the next queueing tries again, and whoever flushes runs them himself.
//! * An item that flushes another one runs it there and then; waiting for itself is warned of and refused.
//! * A fork waits for the item that is being run, so that the child inherits whole items: those that are queued. It does
//!   not wait inside a read side that the item may be waiting for, and for a second at most (the item may wait for a
//!   lock of the forking thread): then that item is not finished in the child, and a warning says so.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::fork::{self, Guarded};
use super::task::{current, jiffies};
use super::thread::local;
use super::waitqueue::{init_waitqueue_head, wait_event, wait_event_timeout, wake_up_all};
use super::work_list::{Frame, Lists, Ticket, Worker};
use super::{futex, log, spawn, srcu_slots};
use crate::abi::primitives::wait_queue_head;
use crate::abi::task::{FSN_PF_KTHREAD, FSN_PF_WQ_WORKER};
use crate::abi::work::{delayed_work, work_struct};

static LISTS: Guarded<Lists> = Guarded::new(Lists::new());

/// Futex: changes whenever the worker has to look again. Changed inside [`LISTS`].
static SIGNAL: AtomicU32 = AtomicU32::new(0);

/// Who waits for items to be done, or for the worker's start to have failed.
static DONE: wait_queue_head = wait_queue_head::new();

/// So long does the worker stay without work, in jiffies.
const IDLE: u64 = 1000;
/// So long does a fork wait for the item that is being run, in jiffies.
const FORK_PATIENCE: i64 = 1000;

// ---- queueing ---------------------------------------------------------------------------------------------------------

/// What is left to do for who has changed the lists, outside their lock.
enum Rouse {
    Nothing,
    Wake,
    Start,
}

/// Called inside the lock, with something to run, or a new first timer, or the end of a fork. A worker that is missing
/// is started if `start`.
fn rouse(lists: &mut Lists, start: bool) -> Rouse {
    SIGNAL.fetch_add(1, Ordering::Relaxed);
    match lists.worker {
        // In the child of a fork that is not over: resume_in_child() comes.
        Worker::None if !start || lists.hold != 0 => Rouse::Nothing,
        Worker::None => {
            lists.worker = Worker::Present;
            Rouse::Start
        }
        Worker::Idle => Rouse::Wake,
        Worker::Present => Rouse::Nothing,
    }
}

impl Rouse {
    fn now(self) {
        match self {
            Rouse::Nothing => {}
            Rouse::Wake => futex::wake(&SIGNAL, 1),
            Rouse::Start => start(),
        }
    }
}

/// Queues an item. False: it is queued already and has not begun, so it will see what the caller did before; or it is
/// being cancelled.
pub fn queue_work(work: &'static work_struct) -> bool {
    // SAFETY: a static item.
    unsafe { queue_raw(ptr::from_ref(work).cast_mut()) }
}

/// [`queue_work`] of an item that lives until it is off the queue.
///
/// # Safety
/// The item is valid until its function is called, or it is cancelled.
pub unsafe fn queue_raw(work: *mut work_struct) -> bool {
    let (queued, rouse) = LISTS.with(|lists| {
        // SAFETY: promised by the caller.
        let queued = unsafe { lists.accepts(work) };
        if queued {
            // SAFETY: promised by the caller; not pending.
            unsafe { lists.push(work) };
        }
        // Also when it was queued already: the worker may have been lost in a fork, or never have started.
        let lost = lists.worker == Worker::None && lists.pending();
        (queued, if queued || lost { rouse(lists, true) } else { Rouse::Nothing })
    });
    rouse.now();
    queued
}

/// Queues an item in `delay` jiffies. False: see [`queue_work`]; a time that is running is not changed.
pub fn queue_delayed_work(work: &'static delayed_work, delay: u64) -> bool {
    // SAFETY: a static item.
    unsafe { queue_delayed_raw(ptr::from_ref(work).cast_mut(), delay) }
}

/// [`queue_delayed_work`] of an item that is not static.
///
/// # Safety
/// As for [`queue_raw`].
pub unsafe fn queue_delayed_raw(work: *mut delayed_work, delay: u64) -> bool {
    // SAFETY: promised by the caller.
    unsafe { delay_raw(work, delay, false).1 }
}

/// Queues an item in `delay` jiffies from now, whether it waits already or not. True if it did.
pub fn mod_delayed_work(work: &'static delayed_work, delay: u64) -> bool {
    // SAFETY: a static item.
    unsafe { mod_delayed_raw(ptr::from_ref(work).cast_mut(), delay) }
}

/// [`mod_delayed_work`] of an item that is not static.
///
/// # Safety
/// As for [`queue_raw`].
pub unsafe fn mod_delayed_raw(work: *mut delayed_work, delay: u64) -> bool {
    // SAFETY: promised by the caller.
    unsafe { delay_raw(work, delay, true).0 }
}

/// Whether the item was pending and has been taken back for the new time, and whether it was queued.
///
/// # Safety
/// As for [`queue_raw`].
unsafe fn delay_raw(work: *mut delayed_work, delay: u64, again: bool) -> (bool, bool) {
    let item = work.cast::<work_struct>();
    let expires = jiffies().saturating_add(delay);
    let (was, queued, rouse) = LISTS.with(|lists| {
        // SAFETY: promised by the caller.
        let was = again && unsafe { lists.withdraw_delayed(work) };
        // SAFETY: promised by the caller.
        let queued = unsafe { lists.accepts(item) };
        let mut first = lists.worker == Worker::None && lists.pending();
        if queued && delay == 0 {
            // SAFETY: promised by the caller; not pending.
            unsafe { lists.push(item) };
            first = true;
        } else if queued {
            // SAFETY: promised by the caller; not pending.
            first |= unsafe { lists.add_timer(work, expires) };
        }
        (was, queued, if first || lists.worker == Worker::None { rouse(lists, true) } else { Rouse::Nothing })
    });
    rouse.now();
    if was {
        wake_up_all(&DONE);
    }
    (was, queued)
}

// ---- waiting and cancelling -------------------------------------------------------------------------------------------

/// What somebody who waits for a number can do.
enum Step {
    /// Neither queued nor being run.
    Finished,
    /// The calling thread runs it itself.
    Itself,
    /// Run the one with this number, or the first one.
    Run(Option<Ticket>),
    /// Somebody else will.
    Sleep,
}

fn step(lists: &Lists, ticket: Ticket, upto: bool) -> Step {
    let working = local(|local| local.working.get()) != 0;
    if working && lists.runs(ticket, upto) {
        return Step::Itself;
    }
    if !lists.runs(ticket, upto) && !lists.queued(ticket, upto) {
        return Step::Finished;
    }
    if working {
        return Step::Run(if upto { None } else { Some(ticket) });
    }
    if lists.worker == Worker::None && lists.idle() && !lists.queue_empty() && lists.hold == 0 {
        return Step::Run(None);
    }
    Step::Sleep
}

/// Waits until the number (with `upto`, none up to it) is neither queued nor being run. False: it is being run by the
/// caller.
fn wait_for(function: &'static str, ticket: Ticket, upto: bool) -> bool {
    // Try to have a worker first.
    let rouse = LISTS.with(|lists| if lists.worker == Worker::None { rouse(lists, true) } else { Rouse::Nothing });
    rouse.now();
    loop {
        let mut frame = Frame::new();
        let begun = LISTS.with(|lists| match step(lists, ticket, upto) {
            Step::Run(only) => (Step::Run(only), Some(lists.begin(only, &raw mut frame))),
            other => (other, None),
        });
        match begun {
            (_, Some(begun)) => run(begun),
            (Step::Finished, _) => return true,
            (Step::Itself, _) => {
                log::warn(function, "an item of work waits for itself");
                return false;
            }
            _ => wait_event(&DONE, || LISTS.with(|lists| !matches!(step(lists, ticket, upto), Step::Sleep))),
        }
    }
}

/// Waits until the item is neither queued nor being run, as of its last queueing. False if there was nothing to wait
/// for. An item that only waits for its timer is not waited for.
pub fn flush_work(work: &work_struct) -> bool {
    // SAFETY: the item is valid.
    let instance = LISTS.with(|lists| unsafe { lists.last_instance(work) });
    instance.is_some_and(|ticket| wait_for("flush_work", ticket, false))
}

/// [`flush_work`] of an item whose timer is not waited for: it is queued at once.
pub fn flush_delayed_work(work: &delayed_work) -> bool {
    let item = ptr::from_ref(work).cast_mut();
    let (instance, rouse) = LISTS.with(|lists| {
        // SAFETY: the item is valid.
        let waited = unsafe { lists.remove_timer(item) };
        if waited {
            // SAFETY: whoever queued it keeps it until it is off the lists.
            unsafe { lists.push(item.cast()) };
        }
        // SAFETY: the item is valid.
        let instance = unsafe { lists.last_instance(item.cast()) };
        (instance, if waited { rouse(lists, true) } else { Rouse::Nothing })
    });
    rouse.now();
    instance.is_some_and(|ticket| wait_for("flush_delayed_work", ticket, false))
}

/// Waits for all that is queued now (timers not included).
pub fn flush_workqueue() {
    let last = LISTS.with(|lists| lists.last_ticket());
    wait_for("flush_workqueue", last, true);
}

/// Takes an item back; true if it was queued. It may be running.
pub fn cancel_work(work: &work_struct) -> bool {
    // SAFETY: the item is valid.
    let was = LISTS.with(|lists| unsafe { lists.withdraw(ptr::from_ref(work).cast_mut()) });
    wake_up_all(&DONE);
    was
}

/// [`cancel_work`] of an item that may wait for its timer.
pub fn cancel_delayed_work(work: &delayed_work) -> bool {
    let item = ptr::from_ref(work).cast_mut();
    // SAFETY: the item is valid.
    let was = LISTS.with(|lists| unsafe { lists.withdraw_delayed(item) });
    wake_up_all(&DONE);
    was
}

/// Takes an item back and waits until it does not run; it cannot be queued meanwhile, by itself for one. True if it was
/// queued.
pub fn cancel_work_sync(work: &work_struct) -> bool {
    cancel_sync("cancel_work_sync", work, || cancel_work(work))
}

/// [`cancel_work_sync`] of an item that may wait for its timer.
pub fn cancel_delayed_work_sync(work: &delayed_work) -> bool {
    cancel_sync("cancel_delayed_work_sync", &work.work, || cancel_delayed_work(work))
}

fn cancel_sync(function: &'static str, work: &work_struct, cancel: impl FnOnce() -> bool) -> bool {
    let item = ptr::from_ref(work).cast_mut();
    // SAFETY: the item is valid.
    LISTS.with(|lists| unsafe { lists.disable(item, true) });
    let was = cancel();
    if let Some(ticket) = LISTS.with(|lists| lists.running_ticket(item)) {
        wait_for(function, ticket, false);
    }
    // SAFETY: the item is valid.
    LISTS.with(|lists| unsafe { lists.disable(item, false) });
    was
}

// ---- running ----------------------------------------------------------------------------------------------------------

/// Calls the function of an item that [`Lists::begin`] began for this thread.
fn run((work, func): (*mut work_struct, crate::abi::work::work_func_t)) {
    local(|local| local.working.set(local.working.get() + 1));
    if let Some(func) = func {
        // SAFETY: whoever queued the item vouches for the function. The item is not touched afterwards.
        unsafe { func(work) };
    }
    local(|local| local.working.set(local.working.get() - 1));
    let rouse = LISTS.with(|lists| {
        lists.end();
        if lists.pending() {
            rouse(lists, true)
        } else {
            Rouse::Nothing
        }
    });
    // The worker may have waited for this thread; the worker itself needs no rousing.
    rouse.now();
    wake_up_all(&DONE);
}

enum Next {
    Run((*mut work_struct, crate::abi::work::work_func_t)),
    Sleep(u32, Option<u64>),
    Leave,
}

/// What the worker does next. `idle_since`: when it ran out of work.
fn next(lists: &mut Lists, idle_since: u64, frame: *mut Frame) -> Next {
    let now = jiffies();
    let seen = SIGNAL.load(Ordering::Relaxed);
    lists.fire(now);
    if lists.hold != 0 || !lists.idle() {
        lists.worker = Worker::Idle;
        return Next::Sleep(seen, None);
    }
    if !lists.queue_empty() {
        lists.worker = Worker::Present;
        return Next::Run(lists.begin(None, frame));
    }
    let limit = match lists.next_expiry() {
        Some(expiry) => expiry.saturating_sub(now).max(1),
        None if now >= idle_since + IDLE => {
            lists.worker = Worker::None;
            return Next::Leave;
        }
        None => idle_since + IDLE - now,
    };
    lists.worker = Worker::Idle;
    Next::Sleep(seen, Some(limit))
}

extern "C" fn worker(_: *mut c_void) -> *mut c_void {
    current().flags.fetch_or(FSN_PF_KTHREAD | FSN_PF_WQ_WORKER, Ordering::Relaxed);
    name_thread();
    let mut idle_since = jiffies();
    loop {
        let mut frame = Frame::new();
        match LISTS.with(|lists| next(lists, idle_since, &raw mut frame)) {
            Next::Run(begun) => {
                run(begun);
                idle_since = jiffies();
            }
            Next::Sleep(seen, limit) => futex::wait(&SIGNAL, seen, limit.map(futex::millis)),
            Next::Leave => return ptr::null_mut(),
        }
    }
}

fn name_thread() {
    if !cfg!(miri) {
        // SAFETY: the name ends in NUL and is short enough.
        unsafe { libc::prctl(libc::PR_SET_NAME, c"fsn_worker".as_ptr()) };
    }
}

/// Tests only: so many starts of the worker fail.
static FAILING: AtomicU32 = AtomicU32::new(0);

/// Tests only: the next `count` starts of the worker fail as if no thread could be had.
#[doc(hidden)]
pub fn fail_next_starts(count: u32) {
    FAILING.store(count, Ordering::SeqCst);
}

/// Tests only: whether there is a worker, or one is being started.
#[doc(hidden)]
pub fn worker_present() -> bool {
    LISTS.with(|lists| lists.worker != Worker::None)
}

/// Starts the worker, which counts as present already. If that fails, items stay queued, and whoever waits runs them.
#[cold]
fn start() {
    fork::register();
    let failing = FAILING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if failing || !spawn::detached(worker, ptr::null_mut()) {
        LISTS.with(|lists| lists.worker = Worker::None);
        wake_up_all(&DONE);
    }
}

// ---- fork -------------------------------------------------------------------------------------------------------------

/// Whether the process that forks has one thread beside the worker, so that the child may have threads again at once.
static ALONE: AtomicBool = AtomicBool::new(false);

/// Before a fork: lets the item that is being run come to its end, and begins no other.
pub fn before_fork() {
    if local(|local| local.working.get()) != 0 {
        return;
    }
    let present = LISTS.with(|lists| {
        lists.hold += 1;
        lists.worker != Worker::None
    });
    ALONE.store(threads() == Some(1 + u64::from(present) + u64::from(crate::vfs::pump::present())), Ordering::Relaxed);
    if !srcu_slots::inside_any() {
        wait_event_timeout(&DONE, FORK_PATIENCE, || LISTS.with(|lists| lists.idle()));
    }
}

/// After a fork, in the parent.
pub fn after_fork_parent() {
    if local(|local| local.working.get()) != 0 {
        return;
    }
    let rouse = LISTS.with(|lists| {
        lists.hold -= 1;
        rouse(lists, lists.pending())
    });
    rouse.now();
    wake_up_all(&DONE);
}

/// After a fork, in the child: there is no worker, unless the worker itself forked. None is started before
/// [`resume_in_child`].
pub fn after_fork() {
    init_waitqueue_head(&DONE);
    let working = local(|local| local.working.get()) != 0;
    let own = current().flags.load(Ordering::Relaxed) & FSN_PF_WQ_WORKER != 0;
    let lost = LISTS.with(|lists| {
        lists.hold = 1;
        lists.worker = if own { Worker::Present } else { Worker::None };
        !working && lists.abandon()
    });
    if lost {
        log::warn("fork", "an item of work was being run: in the child it is not finished");
    }
}

/// The last handler in the child. If its parent had one thread beside the worker, as a program that calls `daemon()`
/// has, what is queued is run; else at the next queueing or flush, for the child may only be about to exec.
pub fn resume_in_child() {
    let working = local(|local| local.working.get()) != 0;
    let rouse = LISTS.with(|lists| {
        lists.hold = 0;
        let start = !working && lists.pending() && ALONE.load(Ordering::Relaxed);
        if start {
            rouse(lists, true)
        } else {
            Rouse::Nothing
        }
    });
    rouse.now();
}

/// How many threads the process has.
fn threads() -> Option<u64> {
    // SAFETY: plain data.
    let mut status: libc::stat = unsafe { core::mem::zeroed() };
    // SAFETY: the path ends in NUL, and `status` is valid.
    let error = unsafe { libc::stat(c"/proc/self/task".as_ptr(), &raw mut status) };
    (error == 0).then(|| (status.st_nlink as u64).saturating_sub(2))
}
