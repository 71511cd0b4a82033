// SPDX-License-Identifier: GPL-2.0-or-later
//! A thread as kernel code sees it: `current`, its state, what can interrupt it.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicUsize};

/// The kernel's `ERESTARTSYS`: what interruptible and killable waits return, negated, when a signal ends them.
pub const FSN_ERESTARTSYS: c_int = 512;
/// The kernel's `HZ`: ticks of `jiffies` in a second.
pub const FSN_HZ: u64 = 1000;

/// Runs, or may run.
pub const FSN_TASK_RUNNING: u32 = 0x0000;
/// Sleeps until it is woken or a signal is pending.
pub const FSN_TASK_INTERRUPTIBLE: u32 = 0x0001;
/// Sleeps until it is woken.
pub const FSN_TASK_UNINTERRUPTIBLE: u32 = 0x0002;
/// Part of `TASK_KILLABLE`: a fatal signal ends the sleep.
pub const FSN_TASK_WAKEKILL: u32 = 0x0100;
/// Part of `TASK_IDLE`; without effect here.
pub const FSN_TASK_NOLOAD: u32 = 0x0400;
/// Accepted in a state for the sake of the kernel's code; without effect here.
pub const FSN_TASK_FREEZABLE: u32 = 0x2000;
/// Sleeps until it is woken or killed.
pub const FSN_TASK_KILLABLE: u32 = FSN_TASK_WAKEKILL | FSN_TASK_UNINTERRUPTIBLE;
/// Sleeps until it is woken.
pub const FSN_TASK_IDLE: u32 = FSN_TASK_UNINTERRUPTIBLE | FSN_TASK_NOLOAD;
/// Beside the state of a thread that sleeps in `schedule_timeout()`: it waits on the state word itself.
pub const FSN_TASK_TIMED: u32 = 0x4000_0000;
/// What an ordinary wake-up wakes.
pub const FSN_TASK_NORMAL: u32 = FSN_TASK_INTERRUPTIBLE | FSN_TASK_UNINTERRUPTIBLE;

/// Task flag: is exiting.
pub const FSN_PF_EXITING: u32 = 0x0000_0004;
/// Task flag: works for the library's work queue.
pub const FSN_PF_WQ_WORKER: u32 = 0x0000_0020;
/// Task flag: allocations must not start filesystem activity.
pub const FSN_PF_MEMALLOC_NOFS: u32 = 0x0004_0000;
/// Task flag: allocations must not start any I/O.
pub const FSN_PF_MEMALLOC_NOIO: u32 = 0x0008_0000;
/// Task flag: made by the library, not by the program.
pub const FSN_PF_KTHREAD: u32 = 0x0020_0000;

/// Value of [`task_struct::sigpending`]: interruptible sleeps end.
pub const FSN_SIG_INTERRUPT: u32 = 1;
/// Value of [`task_struct::sigpending`]: killable sleeps end too.
pub const FSN_SIG_KILL: u32 = 2;

/// A sleep of `schedule_timeout()` without a limit.
pub const FSN_MAX_SCHEDULE_TIMEOUT: i64 = i64::MAX;

/// One thread. The library makes it at the thread's first need and frees it after the thread's end; only pointers are
/// handed out, so members may be added at the end.
#[repr(C)]
pub struct task_struct {
    /// `TASK_*`: what a wake-up must match; `TASK_RUNNING` once woken.
    pub __state: AtomicU32,
    /// `PF_*` \[only its own thread writes\].
    pub flags: AtomicU32,
    /// `FSN_SIG_*`, 0 when nothing is pending.
    pub sigpending: AtomicU32,
    /// References: the thread's own and those of `fsn_get_task_struct()`.
    pub usage: AtomicU32,
    /// The thread's number.
    pub pid: AtomicI32,
    /// The process's number.
    pub tgid: AtomicI32,
    /// The thread's name when the task was made.
    pub comm: UnsafeCell<[c_char; 16]>,
    /// This task: threads are not grouped.
    pub group_leader: AtomicPtr<task_struct>,
    /// The process's descriptor table; there is one, so this is only compared.
    pub files: AtomicPtr<super::files_struct>,
    /// Identity of the process's memory; only compared.
    pub mm: AtomicPtr<c_void>,
    /// What it acts with: `real_cred`, or what `override_creds()` has put in place of it; one reference.
    pub cred: AtomicPtr<super::creds::cred>,
    /// Whom `set_active_memcg()` charges; NULL: nobody special.
    pub active_memcg: AtomicPtr<c_void>,
    /// Memory group of the thread; NULL: the process's.
    pub memcg: AtomicPtr<c_void>,
    /// For `current->journal_info` and the like of a program.
    pub journal_info: AtomicPtr<c_void>,
    /// Non-zero for the task that stands in where a thread could get none of its own.
    pub shared: c_int,
    /// The thread's and the process's id, with a reference, once somebody has asked for them.
    pub thread_pid: AtomicPtr<super::vfs::pid>,
    /// See above.
    pub tgid_pid: AtomicPtr<super::vfs::pid>,
    /// Reserve.
    pub reserved: [AtomicUsize; 6],
    /// Where the process stands.
    pub fs: AtomicPtr<super::vfs_walk::fs_struct>,
    /// What the audit system knows of the thread's system call; the program's. NULL: it is not audited.
    pub audit_context: AtomicPtr<c_void>,
    /// Of a thread of `fsn_kthread_create()`, else NULL.
    pub kthread: AtomicPtr<c_void>,
    /// Its own credentials; one reference.
    pub real_cred: AtomicPtr<super::creds::cred>,
}
