// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks, sleeping and the clock for C. NULL is not allowed where nothing else is said.

use core::ffi::{c_int, c_long, c_uint, c_ulong};

use crate::abi::task::task_struct;
use crate::host::process::task;

/// # Safety
/// The task is valid while the reference is used.
unsafe fn deref<'a>(task: *mut task_struct) -> &'a task_struct {
    // SAFETY: promised by the caller.
    unsafe { &*task }
}

/// The calling thread's task (the kernel's `current`), made at first need; never NULL. It is freed after the thread's
/// end unless `fsn_get_task_struct()` was called. Threads that can have no task (out of memory, at their very end) share
/// one, which cannot be woken or killed: their sleeps poll.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_current() -> *mut task_struct {
    core::ptr::from_ref(task::current()).cast_mut()
}

/// Takes a reference on a task's memory and returns the task.
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_task_struct(task: *mut task_struct) -> *mut task_struct {
    // SAFETY: promised by the caller.
    task::get_task_struct(unsafe { deref(task) });
    task
}

/// Gives back a reference.
///
/// # Safety
/// The caller owns a reference of `fsn_get_task_struct()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_put_task_struct(task: *mut task_struct) {
    // SAFETY: promised by the caller.
    unsafe { task::put_task_struct(task) };
}

/// Sets the calling thread's state (`FSN_TASK_*`), followed by a full fence: what is loaded afterwards is what a
/// `fsn_wake_up_process()` that comes too early for this state had stored before.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_current_state(state: c_uint) {
    task::set_current_state(state);
}

/// Sleeps until the thread is woken from the state that it has set, or a signal ends the sleep; at once if it was woken
/// already. May return early: callers loop. No lock may be held that the waker needs.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_schedule() {
    task::schedule();
}

/// `fsn_schedule()` for `timeout` jiffies (milliseconds) at most. Returns what is left, 0 when the time is up;
/// `FSN_MAX_SCHEDULE_TIMEOUT` is no limit.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_schedule_timeout(timeout: c_long) -> c_long {
    task::schedule_timeout(timeout)
}

/// Wakes a task whose state is among `states`. Returns 1, or 0 if it is in none of them (any more).
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_state(task: *mut task_struct, states: c_uint) -> c_int {
    // SAFETY: promised by the caller.
    c_int::from(task::try_to_wake_up(unsafe { deref(task) }, states))
}

/// Wakes a sleeping task. Returns 1, or 0 if it did not sleep.
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_wake_up_process(task: *mut task_struct) -> c_int {
    // SAFETY: promised by the caller.
    c_int::from(task::wake_up_process(unsafe { deref(task) }))
}

/// Ends the interruptible and killable sleeps of a task, this one and later ones, with -ERESTARTSYS (-EINTR for bits), as
/// SIGKILL does in a kernel, until `fsn_flush_signals()`. For a server whose client has gone away.
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_task_kill(task: *mut task_struct) {
    // SAFETY: promised by the caller.
    task::task_kill(unsafe { deref(task) });
}

/// `fsn_task_kill()` for interruptible sleeps only, as another signal does in a kernel.
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_task_interrupt(task: *mut task_struct) {
    // SAFETY: promised by the caller.
    task::task_interrupt(unsafe { deref(task) });
}

/// Forgets what `fsn_task_kill()` and `fsn_task_interrupt()` have left pending.
///
/// # Safety
/// `task` is `fsn_current()`, or a task that the caller holds a reference on.
#[no_mangle]
pub unsafe extern "C" fn fsn_flush_signals(task: *mut task_struct) {
    // SAFETY: promised by the caller.
    task::flush_signals(unsafe { deref(task) });
}

/// Begins a section of the calling thread in which allocations behave as with GFP_NOFS. Returns what ends it.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_memalloc_nofs_save() -> c_uint {
    task::memalloc_nofs_save()
}

/// Ends the section whose beginning returned `flags`.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_memalloc_nofs_restore(flags: c_uint) {
    task::memalloc_nofs_restore(flags);
}

/// Milliseconds on the monotonic clock (the kernel's `jiffies` with HZ = 1000).
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_jiffies() -> c_ulong {
    task::jiffies() as c_ulong
}

/// Nanoseconds on the monotonic clock.
///
/// # Safety
/// Always safe to call.
#[no_mangle]
pub unsafe extern "C" fn fsn_ktime_get() -> i64 {
    task::ktime_get()
}
