// SPDX-License-Identifier: GPL-2.0-or-later
//! Kernel threads: threads that the program asks for and the library makes, each with a task of its own to be woken.
//!
//! A thread comes to life asleep and runs its function after the first wake-up. Its record belongs to its task: whoever
//! holds a reference on the task may ask the thread to stop, and learn what its function returned. In the child of a
//! fork the parent's threads do not exist: stopping one there returns at once.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

use super::task::{self, current, get_task_struct, put_task_struct, schedule, set_current_state, wake_up_process};
use super::{fork, futex, log, slab, spawn};
use crate::abi::gfp::GFP_KERNEL;
use crate::abi::task::*;

/// What a thread runs; its result is that of [`stop`].
pub type Function = unsafe extern "C" fn(data: *mut c_void) -> c_int;

/// The thread is on its way.
const STARTING: u32 = 0;
/// It has a task, and sleeps or runs.
const ALIVE: u32 = 1;
/// It could get no task, and ends.
const STILLBORN: u32 = 2;
/// Its function has returned, or will never be called.
const ENDED: u32 = 3;

struct Kthread {
    function: Function,
    data: *mut c_void,
    name: [c_char; 16],
    /// The process that it lives in, as a fork generation.
    generation: u32,
    /// [`STARTING`] to [`ENDED`]; whoever waits for it sleeps on the word.
    life: AtomicU32,
    /// Non-zero once [`stop`] was called.
    should_stop: AtomicU32,
    /// \[written before `life` is `ENDED`\]
    result: AtomicI32,
    /// \[written before `life` is `ALIVE`\]
    task: AtomicPtr<task_struct>,
}

impl Kthread {
    fn enter(&self, life: u32) {
        let word = &raw const self.life;
        self.life.store(life, Ordering::Release);
        // The record may be gone by now: only its address is used.
        futex::wake(word, i32::MAX);
    }

    /// Sleeps until the thread has left the stage.
    fn wait_past(&self, life: u32) -> u32 {
        loop {
            let now = self.life.load(Ordering::Acquire);
            if now != life {
                return now;
            }
            futex::wait(&self.life, now, None);
        }
    }
}

/// The record of a task; `None` for a thread that was not made here.
fn record(task: &task_struct) -> Option<&Kthread> {
    let record = task.kthread.load(Ordering::Acquire).cast::<Kthread>();
    // SAFETY: it is freed with the task.
    unsafe { record.as_ref() }
}

/// Makes a thread that will run `function` with `data` after its first wake-up. At most 15 bytes of `name` count. `None`
/// if there is no memory or no thread to be had.
pub fn create(function: Function, data: *mut c_void, name: &[u8]) -> Option<&'static task_struct> {
    fork::register();
    let memory = slab::kzalloc(size_of::<Kthread>(), GFP_KERNEL).cast::<Kthread>();
    if memory.is_null() {
        return None;
    }
    let mut thread = Kthread {
        function,
        data,
        name: [0; 16],
        generation: fork::generation(),
        life: AtomicU32::new(STARTING),
        should_stop: AtomicU32::new(0),
        result: AtomicI32::new(-libc::EINTR),
        task: AtomicPtr::new(ptr::null_mut()),
    };
    for (to, from) in thread.name.iter_mut().zip(name).take(15) {
        *to = *from as c_char;
    }
    // SAFETY: new, large enough and aligned.
    unsafe { memory.write(thread) };
    // SAFETY: just written. The thread keeps it, with its task, until it was woken.
    let thread = unsafe { &*memory };
    if !spawn::detached(run, memory.cast()) || thread.wait_past(STARTING) == STILLBORN {
        // SAFETY: made above; there is no thread, or it has no further use for it.
        unsafe { slab::kfree(memory.cast()) };
        return None;
    }
    // SAFETY: the thread sleeps until it is woken, so its task is there.
    unsafe { thread.task.load(Ordering::Relaxed).as_ref() }
}

/// Asks a thread to stop, wakes it, waits until its function has returned and returns what that returned; `-EINTR` if it
/// never ran. `-EINVAL` for the task of any other thread.
pub fn stop(task: &task_struct) -> c_int {
    let Some(thread) = record(task) else {
        log::warn("kthread_stop", "the task is not one of kthread_create()");
        return -libc::EINVAL;
    };
    if thread.generation != fork::generation() {
        return -libc::EINTR;
    }
    get_task_struct(task);
    thread.should_stop.store(1, Ordering::SeqCst);
    wake_up_process(task);
    thread.wait_past(ALIVE);
    let result = thread.result.load(Ordering::Relaxed);
    // SAFETY: taken above.
    unsafe { put_task_struct(ptr::from_ref(task).cast_mut()) };
    result
}

/// Whether the calling thread was asked to stop; never for a thread that was not made here.
pub fn should_stop() -> bool {
    record(current()).is_some_and(|thread| thread.should_stop.load(Ordering::SeqCst) != 0)
}

/// Frees the record of a task that goes.
pub(super) fn task_ends(task: &task_struct) {
    let record = task.kthread.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: made by create() for this task, to which nobody has a reference any more.
    unsafe { slab::kfree(record) };
}

/// The life of a thread.
extern "C" fn run(record: *mut c_void) -> *mut c_void {
    // SAFETY: create()'s; it lives until this thread's task goes, or until STILLBORN is entered.
    let thread = unsafe { &*record.cast::<Kthread>() };
    name_thread(thread);
    let task = current();
    if task.shared != 0 {
        thread.enter(STILLBORN);
        return ptr::null_mut();
    }
    task.kthread.store(record, Ordering::Release);
    task.flags.fetch_or(FSN_PF_KTHREAD, Ordering::Relaxed);
    thread.task.store(ptr::from_ref(task).cast_mut(), Ordering::Relaxed);
    set_current_state(FSN_TASK_UNINTERRUPTIBLE);
    thread.enter(ALIVE);
    schedule();
    if thread.should_stop.load(Ordering::SeqCst) == 0 {
        // SAFETY: whoever created the thread chose the function for this argument.
        let result = unsafe { (thread.function)(thread.data) };
        thread.result.store(result, Ordering::Relaxed);
    }
    task::set_current_state(FSN_TASK_RUNNING);
    thread.enter(ENDED);
    ptr::null_mut()
}

fn name_thread(thread: &Kthread) {
    if !cfg!(miri) {
        // SAFETY: the name ends in NUL and is short enough.
        unsafe { libc::prctl(libc::PR_SET_NAME, thread.name.as_ptr()) };
    }
}
