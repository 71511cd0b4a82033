// SPDX-License-Identifier: GPL-2.0-or-later
//! Threads as tasks: `current`, sleeping until woken, pending signals, the clock.
//!
//! The state word decides: a thread that is about to sleep stores the state that a wake-up must match, checks what it
//! waits for, and calls [`schedule`]; a wake-up stores `TASK_RUNNING` and wakes the thread. Both have a full fence
//! between their store and their load, so either the condition is seen or the sleep does not happen.
//!
//! A thread that can have no task (out of memory, at its very end) shares [`SHARED`] with others of that kind. Sleeping
//! there is polling: callers of [`schedule`] check their condition again anyway.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{fence, AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use super::thread::{arm, local};
use super::{creds, fork, futex, kthread, park, pids};
use crate::abi::task::*;
use crate::abi::{files_struct, pid};

/// Identities of the process's descriptor table and memory, which are only compared.
static FILES: AtomicU32 = AtomicU32::new(0);
static MM: AtomicU32 = AtomicU32::new(0);

/// What every task has as its table of descriptors: its address is its identity.
pub fn files() -> *mut files_struct {
    (&raw const FILES).cast_mut().cast()
}

/// Stands in for the tasks of threads that can have none.
static SHARED: task_struct = task_struct::blank(1);

/// How long a thread without a task of its own sleeps at a time.
const POLL_MS: u64 = 1;

// SAFETY: `comm` is written before the task is handed out, and by its own thread at a fork; the rest is atomic.
unsafe impl Sync for task_struct {}

impl task_struct {
    const fn blank(shared: c_int) -> Self {
        Self {
            __state: AtomicU32::new(FSN_TASK_RUNNING),
            flags: AtomicU32::new(0),
            sigpending: AtomicU32::new(0),
            usage: AtomicU32::new(1),
            pid: AtomicI32::new(0),
            tgid: AtomicI32::new(0),
            comm: core::cell::UnsafeCell::new([0; 16]),
            group_leader: AtomicPtr::new(ptr::null_mut()),
            files: AtomicPtr::new(ptr::null_mut()),
            mm: AtomicPtr::new(ptr::null_mut()),
            cred: AtomicPtr::new(ptr::null_mut()),
            active_memcg: AtomicPtr::new(ptr::null_mut()),
            memcg: AtomicPtr::new(ptr::null_mut()),
            journal_info: AtomicPtr::new(ptr::null_mut()),
            shared,
            thread_pid: AtomicPtr::new(ptr::null_mut()),
            tgid_pid: AtomicPtr::new(ptr::null_mut()),
            reserved: [const { AtomicUsize::new(0) }; 6],
            fs: AtomicPtr::new(ptr::null_mut()),
            audit_context: AtomicPtr::new(ptr::null_mut()),
            kthread: AtomicPtr::new(ptr::null_mut()),
            real_cred: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Fills in what the system knows of the calling thread.
    fn describe(&self) {
        // SAFETY: has no preconditions.
        self.tgid.store(unsafe { libc::getpid() }, Ordering::Relaxed);
        self.group_leader.store(ptr::from_ref(self).cast_mut(), Ordering::Relaxed);
        self.files.store(files(), Ordering::Relaxed);
        self.mm.store((&raw const MM).cast_mut().cast(), Ordering::Relaxed);
        self.fs.store((&raw const crate::vfs::fs_struct::FS).cast_mut(), Ordering::Relaxed);
        if self.shared == 0 {
            // SAFETY: has no preconditions.
            self.pid.store(unsafe { libc::gettid() }, Ordering::Relaxed);
            if !cfg!(miri) {
                // SAFETY: 16 bytes, as the call wants; nobody else looks at the task yet.
                unsafe { libc::prctl(libc::PR_GET_NAME, self.comm.get()) };
            }
        } else {
            self.pid.store(self.tgid.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// The address under which the thread sleeps.
    fn address(&self) -> usize {
        self.__state.as_ptr() as usize
    }
}

/// The calling thread's task. Never fails; see the head of this file for threads that cannot have one.
#[inline]
pub fn current() -> &'static task_struct {
    let task = local(|local| local.task.get());
    if task.is_null() {
        return make();
    }
    // SAFETY: the thread's own task, freed at its end; what outlives the thread takes a reference.
    unsafe { &*task }
}

#[cold]
fn make() -> &'static task_struct {
    fork::register();
    let memory = if arm() {
        // SAFETY: has no preconditions.
        unsafe { libc::malloc(size_of::<task_struct>()) }.cast::<task_struct>()
    } else {
        ptr::null_mut()
    };
    if memory.is_null() {
        if SHARED.tgid.load(Ordering::Relaxed) == 0 {
            SHARED.describe();
            creds::task_begins(&SHARED);
        }
        return &SHARED;
    }
    // SAFETY: new, large enough, and aligned for any type of alignment 16 at most.
    unsafe { memory.write(task_struct::blank(0)) };
    // SAFETY: just written.
    let task = unsafe { &*memory };
    task.describe();
    local(|local| local.task.set(memory));
    creds::task_begins(task);
    task
}

/// Gives back the thread's task.
pub(super) fn thread_ends() {
    let task = local(|local| local.task.replace(ptr::null_mut()));
    if !task.is_null() {
        // SAFETY: the thread's own reference, which nobody uses from here on.
        unsafe { put_task_struct(task) };
    }
}

/// Keeps a task's memory beyond the end of its thread.
pub fn get_task_struct(task: &task_struct) {
    task.usage.fetch_add(1, Ordering::Relaxed);
}

/// Gives back a reference.
///
/// # Safety
/// The caller owns the reference.
pub unsafe fn put_task_struct(task: *mut task_struct) {
    // SAFETY: the reference keeps it alive.
    let (usage, shared) = {
        // SAFETY: as above.
        let task = unsafe { &*task };
        (&task.usage, task.shared)
    };
    if usage.fetch_sub(1, Ordering::AcqRel) == 1 && shared == 0 {
        // SAFETY: the last reference.
        creds::task_ends(unsafe { &*task });
        // SAFETY: nobody else has a reference any more.
        kthread::task_ends(unsafe { &*task });
        // SAFETY: the last reference.
        forget_pids(unsafe { &*task });
        // SAFETY: the last reference; made by malloc().
        unsafe { libc::free(task.cast::<c_void>()) };
    }
}

/// The thread's id as an object that the task keeps; NULL without memory.
pub fn task_pid(task: &task_struct) -> *mut pid {
    kept_pid(&task.thread_pid, task.pid.load(Ordering::Relaxed))
}

/// The process's.
pub fn task_tgid(task: &task_struct) -> *mut pid {
    kept_pid(&task.tgid_pid, task.tgid.load(Ordering::Relaxed))
}

fn kept_pid(place: &AtomicPtr<pid>, nr: c_int) -> *mut pid {
    let known = place.load(Ordering::Acquire);
    if !known.is_null() {
        return known;
    }
    let new = pids::get_nr(nr);
    match place.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => new,
        Err(other) => {
            // SAFETY: got above, and another thread was faster.
            unsafe { pids::put(new) };
            other
        }
    }
}

/// Gives back the ids that the task keeps: they are others, or it ends.
fn forget_pids(task: &task_struct) {
    for place in [&task.thread_pid, &task.tgid_pid] {
        // SAFETY: NULL, or the task's reference.
        unsafe { pids::put(place.swap(ptr::null_mut(), Ordering::AcqRel)) };
    }
}

// ---- sleeping and waking ----------------------------------------------------------------------------------------------

/// Sets the calling thread's state. A full fence follows: what is loaded after it is what a wake-up had stored.
#[inline]
pub fn set_current_state(state: u32) {
    current().__state.store(state, Ordering::SeqCst);
    fence(Ordering::SeqCst);
}

/// Whether a sleep in `state` ends because of a signal.
pub fn signal_pending_state(state: u32, task: &task_struct) -> bool {
    match task.sigpending.load(Ordering::SeqCst) {
        0 => false,
        FSN_SIG_INTERRUPT => state & FSN_TASK_INTERRUPTIBLE != 0,
        _ => state & (FSN_TASK_INTERRUPTIBLE | FSN_TASK_WAKEKILL) != 0,
    }
}

/// Whether the thread would sleep now; if a signal forbids it, the state becomes running.
fn would_sleep(task: &task_struct) -> bool {
    let state = task.__state.load(Ordering::SeqCst);
    state != FSN_TASK_RUNNING && !signal_pending_state(state, task)
}

/// Sleeps until the state that the caller has set is running again, or a signal ends the sleep. May return early.
pub fn schedule() {
    let task = current();
    if task.shared != 0 {
        schedule_timeout(POLL_MS as i64);
        return;
    }
    while would_sleep(task) {
        park::park(task.address(), 0, || would_sleep(task));
    }
    task.__state.store(FSN_TASK_RUNNING, Ordering::Relaxed);
}

/// [`schedule`] for `timeout` jiffies at most; returns how many are left, 0 when the time is up. The sleep is on the
/// state word itself, not on a timer of the worker: the worker may be waiting for this very thread.
pub fn schedule_timeout(timeout: i64) -> i64 {
    if timeout == FSN_MAX_SCHEDULE_TIMEOUT {
        schedule();
        return timeout;
    }
    let task = current();
    let deadline = jiffies().saturating_add(timeout.max(0) as u64);
    let left = || deadline.saturating_sub(jiffies());
    if task.shared != 0 {
        // One poll: nobody can tell this thread's wake-ups from another's.
        let poll = futex::millis(POLL_MS.min(left()));
        // SAFETY: `poll` is a valid time, and no remainder is asked for.
        unsafe { libc::nanosleep(&raw const poll, ptr::null_mut()) };
        return left() as i64;
    }
    while left() != 0 && would_sleep(task) {
        let state = task.__state.load(Ordering::SeqCst);
        if state == FSN_TASK_RUNNING {
            break;
        }
        let timed = state | FSN_TASK_TIMED;
        // A wake-up takes the state and the mark together, so it knows that it has to wake here.
        let marked = task.__state.compare_exchange(state, timed, Ordering::SeqCst, Ordering::Relaxed).is_ok();
        if marked && would_sleep(task) {
            futex::wait(&task.__state, timed, Some(futex::millis(left())));
        }
    }
    task.__state.store(FSN_TASK_RUNNING, Ordering::Relaxed);
    left() as i64
}

/// Wakes a task whose state is among `states`; false if it is not. A full fence comes first.
pub fn try_to_wake_up(task: &task_struct, states: u32) -> bool {
    let roused = rouse(task, states);
    let found = roused.is_some();
    if let Some(roused) = roused {
        roused.wake();
    }
    found
}

/// A task that may run but may not know it yet. It may find out by itself, run, and end: only addresses are kept.
#[must_use]
pub(super) struct Roused {
    state_word: *const AtomicU32,
    /// It sleeps on the state word itself.
    timed: bool,
}

/// The first half of [`try_to_wake_up`]; None if the task's state is not among `states`.
pub(super) fn rouse(task: &task_struct, states: u32) -> Option<Roused> {
    fence(Ordering::SeqCst);
    let state_word = ptr::from_ref(&task.__state);
    let mut state = task.__state.load(Ordering::SeqCst);
    loop {
        if state & states == 0 {
            return None;
        }
        match task.__state.compare_exchange_weak(state, FSN_TASK_RUNNING, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => return Some(Roused { state_word, timed: state & FSN_TASK_TIMED != 0 }),
            Err(now) => state = now,
        }
    }
}

impl Roused {
    /// The second half.
    pub(super) fn wake(self) {
        if self.timed {
            futex::wake(self.state_word, 1);
        } else {
            park::unpark_all(self.state_word as usize);
        }
    }
}

/// Wakes a task that sleeps in whatever state.
pub fn wake_up_process(task: &task_struct) -> bool {
    try_to_wake_up(task, FSN_TASK_NORMAL)
}

/// Where a kernel offers the processor to others; a process is preempted anyway.
pub fn cond_resched() {}

// ---- signals ----------------------------------------------------------------------------------------------------------

/// Whether something is pending that ends interruptible sleeps.
pub fn signal_pending(task: &task_struct) -> bool {
    task.sigpending.load(Ordering::Relaxed) != 0
}

/// Whether something is pending that ends killable sleeps.
pub fn fatal_signal_pending(task: &task_struct) -> bool {
    task.sigpending.load(Ordering::Relaxed) == FSN_SIG_KILL
}

/// Ends the task's interruptible and killable sleeps, this one and later ones, with `-ERESTARTSYS`, until
/// [`flush_signals`]. The task that threads without their own share cannot be killed.
pub fn task_kill(task: &task_struct) {
    send(task, FSN_SIG_KILL, FSN_TASK_INTERRUPTIBLE | FSN_TASK_WAKEKILL);
}

/// The same for interruptible sleeps only.
pub fn task_interrupt(task: &task_struct) {
    send(task, FSN_SIG_INTERRUPT, FSN_TASK_INTERRUPTIBLE);
}

fn send(task: &task_struct, signal: u32, states: u32) {
    if task.shared != 0 {
        return;
    }
    task.sigpending.fetch_max(signal, Ordering::SeqCst);
    try_to_wake_up(task, states);
}

/// Forgets what is pending: the thread is about to do something new.
pub fn flush_signals(task: &task_struct) {
    task.sigpending.store(0, Ordering::SeqCst);
}

// ---- allocation flags -------------------------------------------------------------------------------------------------

/// Enters a section in which allocations must not start filesystem activity; returns what ends it.
pub fn memalloc_nofs_save() -> u32 {
    let flags = &current().flags;
    let old = flags.load(Ordering::Relaxed);
    flags.store(old | FSN_PF_MEMALLOC_NOFS, Ordering::Relaxed);
    old & FSN_PF_MEMALLOC_NOFS
}

/// Ends the section: `flags` is what its beginning returned.
pub fn memalloc_nofs_restore(flags: u32) {
    let word = &current().flags;
    let old = word.load(Ordering::Relaxed);
    word.store(old & !FSN_PF_MEMALLOC_NOFS | flags & FSN_PF_MEMALLOC_NOFS, Ordering::Relaxed);
}

// ---- the clock --------------------------------------------------------------------------------------------------------

/// Nanoseconds since some time before the program started; never goes back.
pub fn ktime_get() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for the call, which cannot fail for this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Milliseconds on the same clock, with the kernel's unit of [`FSN_HZ`] ticks a second.
pub fn jiffies() -> u64 {
    ktime_get() as u64 / (1_000_000_000 / FSN_HZ)
}

// ---- fork -------------------------------------------------------------------------------------------------------------

/// In the child of a fork: the thread has other numbers.
pub fn after_fork() {
    SHARED.tgid.store(0, Ordering::Relaxed);
    let task = local(|local| local.task.get());
    if !task.is_null() {
        // SAFETY: the thread's own task.
        let task = unsafe { &*task };
        forget_pids(task);
        task.describe();
    }
    forget_pids(&SHARED);
}
