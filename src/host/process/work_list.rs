// SPDX-License-Identifier: GPL-2.0-or-later
//! The state behind `work`: the queue, the timers, what is being run. Everything here happens under one lock.
//!
//! Each time an item is queued it gets a number ([`Ticket`]), greater than all before. Waiting for "the last time the
//! item was queued" is waiting until that number is neither on the queue nor being run, which never looks at the item:
//! it may have freed itself.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::abi::primitives::{hlist_node, list_head};
use crate::abi::work::{delayed_work, work_func_t, work_struct, FSN_WORK_PENDING};

/// Number of a queued item; 0: not on the queue (idle, or waiting for its timer).
pub(super) type Ticket = usize;

const DISABLED_ONE: usize = 1 << 1;
const DISABLED: usize = 0xff << 1;
const TICKET_SHIFT: u32 = 9;

/// An item that is being run. It stands in the frame of the function that runs it.
pub(super) struct Frame {
    work: *const work_struct,
    ticket: Ticket,
    /// What was being run when this one was begun by the same thread.
    outer: *const Frame,
}

impl Frame {
    pub(super) const fn new() -> Self {
        Self { work: ptr::null(), ticket: 0, outer: ptr::null() }
    }
}

/// Whether there is somebody to run what is queued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// Nobody.
    None,
    /// Being started, or there.
    Present,
    /// There, and asleep.
    Idle,
}

pub(super) struct Lists {
    first: *mut work_struct,
    last: *mut work_struct,
    /// By time, the earliest first.
    timers: *mut delayed_work,
    /// What is being run, the innermost first. One thread at a time runs items.
    running: *const Frame,
    last_ticket: Ticket,
    pub(super) worker: Worker,
    /// Forks under way: nothing new is begun.
    pub(super) hold: u32,
}

// SAFETY: the pointers are to items that their owners keep until they are off the lists, and to frames that are taken
// off before they end; all are followed only under the lock around this.
unsafe impl Send for Lists {}

/// # Safety
/// The item is valid while the reference is used.
unsafe fn item<'a>(work: *const work_struct) -> &'a work_struct {
    // SAFETY: promised by the caller.
    unsafe { &*work }
}

/// # Safety
/// As for [`item`].
unsafe fn delayed<'a>(work: *const delayed_work) -> &'a delayed_work {
    // SAFETY: promised by the caller.
    unsafe { &*work }
}

impl work_struct {
    /// Makes any memory an idle item.
    pub(super) fn init(&self, func: unsafe extern "C" fn(*mut work_struct)) {
        self.data.store(0, Ordering::Relaxed);
        self.entry.next.store(ptr::null_mut(), Ordering::Relaxed);
        self.entry.prev.store(ptr::null_mut(), Ordering::Relaxed);
        self.set_func(func);
    }

    /// The function's cell as an atomic: domains of SRCU that were never initialised store the same function again
    /// while the worker may be reading it.
    fn func_cell(&self) -> &AtomicPtr<c_void> {
        // SAFETY: an optional function pointer is a pointer; the cell lives as long as the item, and all accesses of the
        // library are through here.
        unsafe { AtomicPtr::from_ptr(self.func.get().cast()) }
    }

    pub(super) fn set_func(&self, func: unsafe extern "C" fn(*mut work_struct)) {
        self.func_cell().store(func as *mut c_void, Ordering::Relaxed);
    }

    fn func(&self) -> work_func_t {
        let func = self.func_cell().load(Ordering::Relaxed);
        // SAFETY: the cell holds NULL or what was stored as a function of this type.
        unsafe { core::mem::transmute::<*mut c_void, work_func_t>(func) }
    }

    /// Whether the item is queued or waits for its timer.
    pub fn pending(&self) -> bool {
        self.data.load(Ordering::Acquire) & FSN_WORK_PENDING != 0
    }

    fn disabled(&self) -> bool {
        self.data.load(Ordering::Relaxed) & DISABLED != 0
    }

    fn set_state(&self, ticket: Ticket, pending: bool) {
        let disabled = self.data.load(Ordering::Relaxed) & DISABLED;
        self.data.store(ticket << TICKET_SHIFT | disabled | usize::from(pending), Ordering::Release);
    }

    fn ticket(&self) -> Ticket {
        self.data.load(Ordering::Relaxed) >> TICKET_SHIFT
    }

    fn next(&self) -> *mut work_struct {
        self.entry.next.load(Ordering::Relaxed).cast()
    }

    fn prev(&self) -> *mut work_struct {
        self.entry.prev.load(Ordering::Relaxed).cast()
    }

    fn link(&self, prev: *mut work_struct, next: *mut work_struct) {
        self.entry.prev.store(prev.cast::<list_head>(), Ordering::Relaxed);
        self.entry.next.store(next.cast::<list_head>(), Ordering::Relaxed);
    }
}

impl delayed_work {
    fn later(&self) -> *mut delayed_work {
        self.timer.entry.next.load(Ordering::Relaxed).cast()
    }

    fn set_later(&self, later: *mut delayed_work) {
        self.timer.entry.next.store(later.cast::<hlist_node>(), Ordering::Relaxed);
    }

    fn waits(&self) -> bool {
        self.timer.flags.load(Ordering::Relaxed) != 0
    }

    fn expires(&self) -> u64 {
        self.timer.expires.load(Ordering::Relaxed)
    }
}

impl Lists {
    pub(super) const fn new() -> Self {
        Self {
            first: ptr::null_mut(),
            last: ptr::null_mut(),
            timers: ptr::null_mut(),
            running: ptr::null(),
            last_ticket: 0,
            worker: Worker::None,
            hold: 0,
        }
    }

    /// Whether something waits to be run, now or later.
    pub(super) fn pending(&self) -> bool {
        !self.first.is_null() || !self.timers.is_null()
    }

    pub(super) fn queue_empty(&self) -> bool {
        self.first.is_null()
    }

    pub(super) fn last_ticket(&self) -> Ticket {
        self.last_ticket
    }

    // ---- queue and timers: the items are valid, as the callers' own contracts say --------------------------------

    /// Whether the item may be queued: neither pending nor disabled.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn accepts(&self, work: *mut work_struct) -> bool {
        // SAFETY: promised by the caller.
        let this = unsafe { item(work) };
        !this.pending() && !this.disabled()
    }

    /// Puts an item at the end of the queue.
    ///
    /// # Safety
    /// The item is valid until it is off the queue, on which it is not yet.
    pub(super) unsafe fn push(&mut self, work: *mut work_struct) {
        // SAFETY: promised by the caller.
        let this = unsafe { item(work) };
        self.last_ticket += 1;
        this.set_state(self.last_ticket, true);
        this.link(self.last, ptr::null_mut());
        if self.last.is_null() {
            self.first = work;
        } else {
            // SAFETY: on the queue.
            let last = unsafe { item(self.last) };
            last.link(last.prev(), work);
        }
        self.last = work;
    }

    /// Takes an item off the queue.
    ///
    /// # Safety
    /// The item is on the queue.
    unsafe fn unlink(&mut self, work: *mut work_struct) {
        // SAFETY: promised by the caller.
        let this = unsafe { item(work) };
        let (prev, next) = (this.prev(), this.next());
        if prev.is_null() {
            self.first = next;
        } else {
            // SAFETY: on the queue.
            let prev = unsafe { item(prev) };
            prev.link(prev.prev(), next);
        }
        if next.is_null() {
            self.last = prev;
        } else {
            // SAFETY: on the queue.
            let next = unsafe { item(next) };
            next.link(prev, next.next());
        }
        this.link(ptr::null_mut(), ptr::null_mut());
    }

    /// Lets an item wait until `expires`. True if it is the first to fire.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    pub(super) unsafe fn add_timer(&mut self, work: *mut delayed_work, expires: u64) -> bool {
        // SAFETY: promised by the caller.
        let this = unsafe { delayed(work) };
        this.work.set_state(0, true);
        this.timer.expires.store(expires, Ordering::Relaxed);
        this.timer.flags.store(1, Ordering::Relaxed);
        let mut before: *mut delayed_work = ptr::null_mut();
        let mut at = self.timers;
        while !at.is_null() {
            // SAFETY: among the timers.
            let other = unsafe { delayed(at) };
            if other.expires() > expires {
                break;
            }
            before = at;
            at = other.later();
        }
        this.set_later(at);
        if before.is_null() {
            self.timers = work;
            return true;
        }
        // SAFETY: among the timers.
        unsafe { delayed(before) }.set_later(work);
        false
    }

    /// Takes an item off the timers; false if it is not there.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn remove_timer(&mut self, work: *mut delayed_work) -> bool {
        // SAFETY: promised by the caller.
        let this = unsafe { delayed(work) };
        if !this.waits() {
            return false;
        }
        let mut before: *mut delayed_work = ptr::null_mut();
        let mut at = self.timers;
        while at != work {
            before = at;
            // SAFETY: among the timers, where `work` is as well, so the end does not come first.
            at = unsafe { delayed(at) }.later();
        }
        if before.is_null() {
            self.timers = this.later();
        } else {
            // SAFETY: among the timers.
            unsafe { delayed(before) }.set_later(this.later());
        }
        this.timer.flags.store(0, Ordering::Relaxed);
        this.work.set_state(0, false);
        true
    }

    /// Queues the items whose time has come.
    pub(super) fn fire(&mut self, now: u64) {
        while !self.timers.is_null() {
            let work = self.timers;
            // SAFETY: among the timers.
            if unsafe { delayed(work) }.expires() > now {
                break;
            }
            // SAFETY: among the timers.
            unsafe { self.remove_timer(work) };
            // SAFETY: valid, as it was among the timers, and on no list now.
            unsafe { self.push(work.cast()) };
        }
    }

    /// When the first timer fires.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        if self.timers.is_null() {
            return None;
        }
        // SAFETY: among the timers.
        Some(unsafe { delayed(self.timers) }.expires())
    }

    /// Takes an item off the queue, unless it is not there.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn withdraw(&mut self, work: *mut work_struct) -> bool {
        // SAFETY: promised by the caller.
        let this = unsafe { item(work) };
        if !this.pending() || this.ticket() == 0 {
            return false;
        }
        // SAFETY: an item with a number is on the queue.
        unsafe { self.unlink(work) };
        this.set_state(0, false);
        true
    }

    /// Takes an item off the timers, or off the queue.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn withdraw_delayed(&mut self, work: *mut delayed_work) -> bool {
        // SAFETY: promised by the caller.
        let waited = unsafe { self.remove_timer(work) };
        // SAFETY: promised by the caller.
        waited || unsafe { self.withdraw(work.cast()) }
    }

    /// Forbids queueing the item, or allows it again.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn disable(&mut self, work: *mut work_struct, on: bool) {
        // SAFETY: promised by the caller.
        let data = &unsafe { item(work) }.data;
        let old = data.load(Ordering::Relaxed);
        data.store(if on { old + DISABLED_ONE } else { old - DISABLED_ONE }, Ordering::Relaxed);
    }

    // ---- running --------------------------------------------------------------------------------------------------

    /// Whether nothing is being run.
    pub(super) fn idle(&self) -> bool {
        self.running.is_null()
    }

    /// Begins to run the first item, or `only` (which is on the queue): takes it off and notes it in `frame`, which
    /// stays where it is until [`end`](Self::end). From here on the item may be freed or queued again.
    pub(super) fn begin(&mut self, only: Option<Ticket>, frame: *mut Frame) -> (*mut work_struct, work_func_t) {
        let mut work = self.first;
        if let Some(ticket) = only {
            // SAFETY: on the queue.
            while unsafe { item(work) }.ticket() != ticket {
                // SAFETY: on the queue, where the wanted one is as well.
                work = unsafe { item(work) }.next();
            }
        }
        // SAFETY: on the queue.
        let this = unsafe { item(work) };
        let begun = Frame { work, ticket: this.ticket(), outer: self.running };
        // SAFETY: the caller's frame.
        unsafe { frame.write(begun) };
        // SAFETY: on the queue.
        unsafe { self.unlink(work) };
        this.set_state(0, false);
        self.running = frame;
        (work, this.func())
    }

    /// Ends what [`begin`](Self::begin) began last.
    pub(super) fn end(&mut self) {
        // SAFETY: frames stay valid while they are on the list.
        self.running = unsafe { (*self.running).outer };
    }

    /// After a fork: what another thread was running is not being run here. True if there was something.
    pub(super) fn abandon(&mut self) -> bool {
        !core::mem::replace(&mut self.running, ptr::null()).is_null()
    }

    fn frames(&self) -> impl Iterator<Item = &Frame> {
        let mut at = self.running;
        core::iter::from_fn(move || {
            // SAFETY: frames stay valid while they are on the list.
            let frame = unsafe { at.as_ref() }?;
            at = frame.outer;
            Some(frame)
        })
    }

    /// The number with which the item is being run, by its address.
    pub(super) fn running_ticket(&self, work: *const work_struct) -> Option<Ticket> {
        self.frames().find(|frame| frame.work == work).map(|frame| frame.ticket)
    }

    /// Whether the number is being run, or with `upto` one that is not greater.
    pub(super) fn runs(&self, ticket: Ticket, upto: bool) -> bool {
        self.frames().any(|frame| frame.ticket == ticket || upto && frame.ticket < ticket)
    }

    /// The number that the item was queued with last, or is being run with.
    ///
    /// # Safety
    /// The item is valid.
    pub(super) unsafe fn last_instance(&self, work: *const work_struct) -> Option<Ticket> {
        // SAFETY: promised by the caller.
        let this = unsafe { item(work) };
        match this.ticket() {
            0 => self.running_ticket(work),
            ticket => Some(ticket),
        }
    }

    /// Whether the number is on the queue, or with `upto` one that is not greater. Numbers ascend along the queue.
    pub(super) fn queued(&self, ticket: Ticket, upto: bool) -> bool {
        let mut at = self.first;
        while !at.is_null() {
            // SAFETY: on the queue.
            let this = unsafe { item(at) };
            if this.ticket() >= ticket || upto {
                return this.ticket() <= ticket;
            }
            at = this.next();
        }
        false
    }
}
