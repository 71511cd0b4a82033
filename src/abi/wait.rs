// SPDX-License-Identifier: GPL-2.0-or-later
//! Wait queues beyond their head and entry: flags, entries that wait for a bit or a variable, and poll tables.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_ulong, c_void};
use core::sync::atomic::AtomicU32;

use super::primitives::{wait_queue_entry, wait_queue_head};
use super::task::task_struct;

/// Entry flag: at most so many of these are woken as the wake-up asks for.
pub const FSN_WQ_FLAG_EXCLUSIVE: u32 = 0x01;
/// Entry flag: woken since `wait_woken()` looked last.
pub const FSN_WQ_FLAG_WOKEN: u32 = 0x02;
/// Entry flag: for the owner of the entry.
pub const FSN_WQ_FLAG_CUSTOM: u32 = 0x04;
/// Entry flag: for the owner of the entry.
pub const FSN_WQ_FLAG_DONE: u32 = 0x08;
/// Entry flag: stays ahead of entries without it.
pub const FSN_WQ_FLAG_PRIORITY: u32 = 0x10;

/// What a waiter for a bit or a variable waits for.
#[repr(C)]
pub struct wait_bit_key {
    /// The word, or the variable.
    pub flags: UnsafeCell<*mut c_void>,
    /// The bit, -1 for a variable.
    pub bit_nr: UnsafeCell<c_int>,
    /// Deadline in jiffies of a wait with a limit.
    pub timeout: UnsafeCell<c_ulong>,
}

/// The entry of such a waiter.
#[repr(C)]
pub struct wait_bit_queue_entry {
    /// What it waits for.
    pub key: wait_bit_key,
    /// The entry proper.
    pub wq_entry: wait_queue_entry,
}

/// Sleeps once in a wait for a bit; non-zero ends the wait.
pub type wait_bit_action_f = Option<unsafe extern "C" fn(key: *mut wait_bit_key, mode: c_int) -> c_int>;

/// Called by `poll_wait()` for each queue that a file's poll operation names.
pub type poll_queue_proc = Option<
    unsafe extern "C" fn(file: *mut super::vfs::file, wait_address: *mut wait_queue_head, p: *mut poll_table_struct),
>;

/// What a file's poll operation gets: where to put its wait queues, and which events count.
#[repr(C)]
pub struct poll_table_struct {
    /// NULL: nobody wants to wait.
    pub _qproc: UnsafeCell<poll_queue_proc>,
    /// Events of interest.
    pub _key: UnsafeCell<c_uint>,
}

/// So many wait queues can one poll be on without memory of its own.
pub const FSN_POLL_ENTRIES: usize = 8;

/// A place on one wait queue of a poll.
#[repr(C)]
pub struct poll_table_entry {
    /// The queue; NULL: unused.
    pub wait_address: UnsafeCell<*mut wait_queue_head>,
    /// The poll that it belongs to.
    pub pwq: UnsafeCell<*mut poll_wqueues>,
    /// Events of interest.
    pub key: UnsafeCell<c_uint>,
    /// The entry on the queue.
    pub wait: wait_queue_entry,
}

/// A thread's stay on the wait queues of the files that it polls.
#[repr(C)]
pub struct poll_wqueues {
    /// What is handed to the poll operations.
    pub pt: poll_table_struct,
    /// Who polls.
    pub polling_task: UnsafeCell<*mut task_struct>,
    /// Non-zero once one of the queues was woken.
    pub triggered: AtomicU32,
    /// 0, or -ENOMEM when there was no memory for more places.
    pub error: UnsafeCell<c_int>,
    /// How many places are taken.
    pub inline_index: UnsafeCell<c_int>,
    /// The first places.
    pub inline_entries: [poll_table_entry; FSN_POLL_ENTRIES],
    /// The library's: further places.
    pub table: UnsafeCell<*mut c_void>,
}
