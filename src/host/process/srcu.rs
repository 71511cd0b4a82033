// SPDX-License-Identifier: GPL-2.0-or-later
//! Sleepable read-copy-update: readers that never wait, writers that wait for them.
//!
//! A reader takes the index that is current, adds one to that count in its own slot, and takes it off again when it
//! leaves. A grace period ends when every reader that was inside at its start has left.
//!
//! **What a reader and a writer agree on.** The reader stores its count and then loads what the domain protects; the
//! writer stores there (unlinks something) and then loads the counts. [`membarrier`](super::membarrier) makes sure that
//! not both miss the other's store: the writer's heavy fence falls either before the reader's loads, which then see the
//! unlinking, or after them, and then the writer sees the count. The same holds for a slot that the reader has just put
//! on the domain's list, or taken over: that store precedes the count's. On leaving, the count is stored with release
//! and loaded by the writer with acquire, so all that the reader did happened before the writer goes on. Where heavy
//! fences are missing, both fences are sequentially consistent ones and the argument is the usual one.
//!
//! **Why two indices, and why both are waited for.** With a single count a writer could wait for ever, because readers
//! that come later keep it above zero. So the writer turns later readers to the other index, and waits for the old one,
//! which then only falls. But a reader may have loaded the index long ago and add itself to that count only now, after
//! other grace periods have come and gone: at the start of a grace period there may be readers under either index.
//! Hence each grace period first waits for the index that is not current (only such latecomers add to it, each at most
//! once, so it falls too), then turns, then waits for the other. A latecomer that adds itself after the heavy fence at
//! the start of the grace period came after that start, and need not be waited for. No second fence is needed at the
//! turn: the readers that count were inside at the first one, which made their counts visible.
//!
//! **Why a grace period of another writer may serve.** A writer that finds more grace periods completed than had
//! been started when it called returns at once. `gp_started` is raised before that other grace period's heavy fence and
//! read after this writer's own full fence; as the raise was not seen, the own fence came first, and with it everything
//! that this writer stored before. So readers that the other grace period did not wait for see what was unlinked here.
//!
//! How a writer waits, and what it asks of readers meanwhile: `srcu_wait`. Sleepers use futexes: two copies of the library may share a domain. A fork may leave behind readers and the holder
//! of `gp_lock`; both carry the fork generation, see `srcu_slots`.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{fence, AtomicU32, Ordering};

use super::membarrier::{heavy_fence, light_fence};
pub use super::srcu_slots::after_fork;
use super::srcu_slots::{self, acquire, change_shared, find, shared, Slot};
use super::srcu_wait::wait_for_readers;
use super::stats::{self, Counter};
use super::{fork, futex, log, work};
use crate::abi::primitives::{callback_head, srcu_struct};
use crate::abi::work::work_struct;

/// In a reader's index: it is counted in [`srcu_struct::shared`].
const SHARED: c_int = 2;

/// Makes a domain of any memory. Zeroed memory is one already. Returns 0.
pub fn init_srcu_struct(ssp: &srcu_struct) -> c_int {
    ssp.idx.store(0, Ordering::Relaxed);
    ssp.id.store(0, Ordering::Relaxed);
    ssp.slots.store(ptr::null_mut(), Ordering::Relaxed);
    ssp.gp_lock.store(0, Ordering::Relaxed);
    ssp.gp_waiting.store(0, Ordering::Relaxed);
    ssp.shared[0].store(0, Ordering::Relaxed);
    ssp.shared[1].store(0, Ordering::Relaxed);
    ssp.gp_started.store(0, Ordering::Relaxed);
    ssp.gp_completed.store(0, Ordering::Relaxed);
    ssp.callbacks.store(ptr::null_mut(), Ordering::Relaxed);
    ssp.callback_work.init(callbacks_ripe);
    0
}

/// Gives back what a domain has taken. Nobody may be inside or enter; callbacks have been waited for
/// ([`srcu_barrier`]). A domain that has readers or callbacks still is left as it is, with a warning.
pub fn cleanup_srcu_struct(ssp: &srcu_struct) {
    // SAFETY: only this call cleans up, and not before the check.
    let read = unsafe { srcu_slots::all(ssp) }.any(|slot| slot.held() && !slot.left_behind());
    if read || ssp.shared.iter().any(|word| shared(word) != 0) {
        log::warn("cleanup_srcu_struct", "the domain has readers");
        return;
    }
    if !ssp.callbacks.load(Ordering::Acquire).is_null() {
        log::warn("cleanup_srcu_struct", "the domain has callbacks: srcu_barrier() was not called");
        return;
    }
    // The end of a callback round may still look at the domain.
    work::flush_work(&ssp.callback_work);
    srcu_slots::detach_all(ssp);
    init_srcu_struct(ssp);
}

/// Enters the read side; never waits, may be nested. Returns what [`srcu_read_unlock`] needs, by the same thread.
#[inline]
pub fn srcu_read_lock(ssp: &srcu_struct) -> c_int {
    enter(ssp, (ssp.idx.load(Ordering::Relaxed) & 1) as c_int)
}

/// The second half of [`srcu_read_lock`]: `index` was current at some time before. Apart for the tests.
#[doc(hidden)]
#[inline]
pub fn enter(ssp: &srcu_struct, index: c_int) -> c_int {
    match find(ssp) {
        Some(slot) => enter_slot(slot, index),
        None => enter_first(ssp, index),
    }
}

#[inline]
fn enter_slot(slot: &Slot, index: c_int) -> c_int {
    let count = &slot.count[index as usize];
    count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    // Between the store above and the loads of what is protected.
    light_fence();
    index
}

#[cold]
fn enter_first(ssp: &srcu_struct, index: c_int) -> c_int {
    match acquire(ssp) {
        Some(slot) => enter_slot(slot, index),
        None => enter_shared(ssp, index),
    }
}

/// Leaves the read side. A call without its `srcu_read_lock()` is found, warned of, and ignored.
#[inline]
pub fn srcu_read_unlock(ssp: &srcu_struct, index: c_int) {
    if index & !1 == 0 {
        if let Some(slot) = find(ssp) {
            if slot.count[index as usize].load(Ordering::Relaxed) != 0 {
                return slot.leave(index as usize);
            }
        }
    }
    leave_shared(ssp, index);
}

#[cold]
fn leave_shared(ssp: &srcu_struct, index: c_int) {
    let word = &ssp.shared[(index & 1) as usize];
    if index & !1 != SHARED || shared(word) == 0 {
        log::warn("srcu_read_unlock", "not inside, or another thread's index");
        return;
    }
    if change_shared(word, -1) == 0 && ssp.gp_waiting.load(Ordering::SeqCst) != 0 {
        futex::release(&ssp.gp_waiting);
    }
}

/// Enters the read side for whoever calls [`srcu_up_read`], be it another thread.
pub fn srcu_down_read(ssp: &srcu_struct) -> c_int {
    let index = (ssp.idx.load(Ordering::Relaxed) & 1) as c_int;
    enter_shared(ssp, index)
}

/// Leaves what [`srcu_down_read`] entered.
pub fn srcu_up_read(ssp: &srcu_struct, index: c_int) {
    leave_shared(ssp, index);
}

fn enter_shared(ssp: &srcu_struct, index: c_int) -> c_int {
    change_shared(&ssp.shared[index as usize], 1);
    fence(Ordering::SeqCst);
    index | SHARED
}

/// Whether the calling thread is inside the read side of some domain, RCU's included.
pub fn reading() -> bool {
    srcu_slots::inside_any()
}

/// Whether the calling thread is inside. Of readers without a slot it cannot be told which thread they are: where there
/// are any, the answer is yes.
pub fn srcu_read_lock_held(ssp: &srcu_struct) -> bool {
    find(ssp).is_some_and(Slot::held) || ssp.shared.iter().any(|word| shared(word) != 0)
}

/// Waits until every reader that is inside at the time of the call has left. Must not be called inside the domain's
/// read side, where it would wait for itself (warned of).
pub fn synchronize_srcu(ssp: &srcu_struct) {
    if find(ssp).is_some_and(Slot::held) {
        log::warn("synchronize_srcu", "called inside the read side that it waits for");
    }
    // What the caller unlinked comes before the snapshot: see the head of this file.
    fence(Ordering::SeqCst);
    let snapshot = ssp.gp_started.load(Ordering::Relaxed);
    lock(&ssp.gp_lock);
    if ssp.gp_completed.load(Ordering::Acquire) <= snapshot {
        let number = ssp.gp_started.load(Ordering::Relaxed) + 1;
        ssp.gp_started.store(number, Ordering::Relaxed);
        heavy_fence();
        let current = (ssp.idx.load(Ordering::Relaxed) & 1) as usize;
        wait_for_readers(ssp, current ^ 1);
        ssp.idx.store(current as u32 ^ 1, Ordering::Relaxed);
        wait_for_readers(ssp, current);
        ssp.gp_completed.store(number, Ordering::Release);
        stats::add(Counter::GracePeriods, 1);
    }
    unlock(&ssp.gp_lock);
    fence(Ordering::SeqCst);
}

/// Tests only: how many slots a domain has.
#[doc(hidden)]
pub fn slots(ssp: &srcu_struct) -> usize {
    // SAFETY: tests do not clean the domain up meanwhile.
    unsafe { srcu_slots::all(ssp) }.count()
}

/// Tests only: whether a writer has asked the calling thread to give way.
#[doc(hidden)]
pub fn asked_to_give_way(ssp: &srcu_struct) -> bool {
    find(ssp).is_some_and(Slot::asked_to_give_way)
}

// ---- gp_lock: free, held, or held with sleepers, each in this fork generation; of another generation it is free ------

const HELD: u32 = 1;
const CONTENDED: u32 = 2;

fn lock(word: &AtomicU32) {
    let generation = fork::generation() << 2;
    let mut wanted = generation | HELD;
    loop {
        let now = word.load(Ordering::Relaxed);
        if now & 3 == 0 || now & !3 != generation {
            if word.compare_exchange(now, wanted, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
            continue;
        }
        let contended = generation | CONTENDED;
        if now == contended || word.compare_exchange(now, contended, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            futex::wait(word, contended, None);
        }
        // There may be other sleepers, so the holder has to wake again.
        wanted = contended;
    }
}

fn unlock(word: &AtomicU32) {
    if word.swap(fork::generation() << 2, Ordering::Release) & 3 == CONTENDED {
        futex::wake(word, 1);
    }
}

// ---- callbacks ------------------------------------------------------------------------------------------------------

/// Calls `func` with `head` from the worker, once every reader that is inside now has left.
///
/// # Safety
/// `head` is valid, not queued already, and left alone until it is called. The domain outlives the callback.
pub unsafe fn call_srcu(
    ssp: &srcu_struct,
    head: *mut callback_head,
    func: Option<unsafe extern "C" fn(head: *mut callback_head)>,
) {
    let func = func.map_or(ptr::null(), |func| func as *const c_void);
    // SAFETY: promised by the caller.
    unsafe { queue_callback(ssp, head, func) };
}

/// [`call_srcu`] with something else than a function, for `rcu::invoke()`.
///
/// # Safety
/// As for [`call_srcu`].
pub(super) unsafe fn call_srcu_at(ssp: &srcu_struct, head: *mut callback_head, offset: usize) {
    // SAFETY: promised by the caller.
    unsafe { queue_callback(ssp, head, ptr::without_provenance(offset)) };
}

/// # Safety
/// As for [`call_srcu`].
unsafe fn queue_callback(ssp: &srcu_struct, head: *mut callback_head, func: *const c_void) {
    // SAFETY: promised by the caller.
    let queued = unsafe { &*head };
    queued.set_func(func);
    let mut newest = ssp.callbacks.load(Ordering::Relaxed);
    loop {
        queued.set_next(newest);
        match ssp.callbacks.compare_exchange_weak(newest, head, Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => newest = now,
        }
    }
    // A domain made of zeroed memory has no function yet; every caller stores the same one.
    ssp.callback_work.set_func(callbacks_ripe);
    let work = ptr::from_ref(ssp).wrapping_byte_add(WORK).cast::<work_struct>();
    // SAFETY: the domain's own item, which lives as long as the domain.
    unsafe { work::queue_raw(work.cast_mut()) };
}

/// Where the item of work stands in a domain.
const WORK: usize = core::mem::offset_of!(srcu_struct, callback_work);

/// Waits until all callbacks that [`call_srcu`] was given before have been called.
pub fn srcu_barrier(ssp: &srcu_struct) {
    work::flush_work(&ssp.callback_work);
}

/// Waits for the readers of the callbacks that are queued, and calls them, oldest first.
unsafe extern "C" fn callbacks_ripe(work: *mut work_struct) {
    let ssp = work.wrapping_byte_sub(WORK).cast::<srcu_struct>();
    // SAFETY: the item is the member of a domain, which outlives its callbacks.
    let ssp = unsafe { &*ssp };
    let taken = ssp.callbacks.swap(ptr::null_mut(), Ordering::SeqCst);
    if taken.is_null() {
        return;
    }
    synchronize_srcu(ssp);
    let mut at = reversed(taken);
    while !at.is_null() {
        // SAFETY: on the list that was taken, so it is ours until it is called.
        let head = unsafe { &*at };
        let func = head.func();
        let ripe = at;
        at = head.next();
        super::rcu::invoke(ripe, func);
    }
}

/// The list the other way round.
fn reversed(mut newest: *mut callback_head) -> *mut callback_head {
    let mut oldest: *mut callback_head = ptr::null_mut();
    while !newest.is_null() {
        // SAFETY: on the list that the caller took.
        let head = unsafe { &*newest };
        let older = head.next();
        head.set_next(oldest);
        oldest = newest;
        newest = older;
    }
    oldest
}

impl callback_head {
    /// A head that is not queued.
    pub const fn new() -> Self {
        Self { next: core::cell::UnsafeCell::new(ptr::null_mut()), func: core::cell::UnsafeCell::new(None) }
    }

    fn next(&self) -> *mut callback_head {
        // SAFETY: only the one who took the list reads its links.
        unsafe { *self.next.get() }
    }

    fn set_next(&self, next: *mut callback_head) {
        // SAFETY: the head is on no list, or on one that nobody else looks at.
        unsafe { *self.next.get() = next };
    }

    /// The function's address; it may be an offset, which a function pointer must not hold.
    fn func(&self) -> *const c_void {
        // SAFETY: written before the head was queued, by whoever queued it; an optional function pointer is an address.
        unsafe { *self.func.get().cast::<*const c_void>() }
    }

    fn set_func(&self, func: *const c_void) {
        // SAFETY: the head is not queued, so it is the caller's alone; an optional function pointer is an address.
        unsafe { *self.func.get().cast::<*const c_void>() = func };
    }
}

impl Default for callback_head {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: a head has one owner at a time: its caller, the list, then the worker.
unsafe impl Sync for callback_head {}
