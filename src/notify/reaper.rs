// SPDX-License-Identifier: GPL-2.0-or-later
//! The end of marks and connectors: freed one grace period of `fsnotify_mark_srcu` after they were cut off.
//!
//! The original keeps one list for all groups and makes whoever destroys a group wait until all of it has been worked
//! off. Here marks wait with their group. The worker goes round: it turns the parity, waits for a grace period, then
//! frees what had gathered under the old parity, group by group. Whoever destroys a group takes its marks out of
//! both parities, waits for a grace period of its own and frees them, so it never waits for another group's marks; if
//! the worker is at that very group it waits until the worker has left it.
//!
//! `REAPER.lock` protects the parity, the queues, every group's batches, the connectors that gather and `current`. It is
//! taken last: no other lock is taken under it, and no callback is called.
//!
//! What the worker is at stands in `REAPER` too, not on its stack, so that a child process, which has no worker, goes on
//! where the parent's worker was. `REAPER.callback` is held around each `free_mark` of the worker; a fork waits for it,
//! but not for long: the callback may be waiting for something that the forking thread holds.

use super::group_state::{self, Batch};
use super::index::{self, Retired};
use super::mark;
use crate::abi::*;
use crate::host::*;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// The worker starts a round this many jiffies after the first mark of it.
const DELAY: u64 = 1;

/// The worker is asked for at least once in so many times.
const ASK_AGAIN: u32 = 64;

struct Reaper {
    lock: spinlock,
    /// Rounds that have begun, plus one \[lock\].
    rounds: AtomicU64,
    /// The value of `rounds` before which the worker was last asked for; 0: not in this process.
    asked_in: AtomicU64,
    /// How often it was not asked since \[lock\].
    left_out: AtomicU32,
    /// Which of the two batches gathers.
    parity: AtomicUsize,
    /// Groups that have marks in each batch.
    queues: [hlist_head; 2],
    /// Connectors without marks and object, through `destroy_next`.
    connectors: AtomicPtr<fsnotify_mark_connector>,
    /// Those of them that the worker frees after the grace period \[worker\].
    doomed: AtomicPtr<fsnotify_mark_connector>,
    /// Memory of indexes that nobody can find any more.
    memory: AtomicPtr<Retired>,
    /// That of it which the worker frees after the grace period \[worker\].
    doomed_memory: AtomicPtr<Retired>,
    /// The group that the worker is freeing marks of.
    current: AtomicPtr<fsnotify_group>,
    /// The rest of that group's marks, after their grace period \[worker\].
    in_flight: AtomicPtr<fsnotify_mark>,
    /// Held around a `free_mark` of the worker.
    callback: mutex,
    /// The forking thread has taken `callback` \[lock, which it holds too\].
    callback_is_forks: AtomicBool,
    /// Those who wait for `current` to change.
    left: wait_queue_head,
}

static REAPER: Reaper = Reaper {
    lock: spinlock::new(),
    rounds: AtomicU64::new(1),
    asked_in: AtomicU64::new(0),
    left_out: AtomicU32::new(0),
    parity: AtomicUsize::new(0),
    queues: [const { hlist_head { first: AtomicPtr::new(ptr::null_mut()) } }; 2],
    connectors: AtomicPtr::new(ptr::null_mut()),
    doomed: AtomicPtr::new(ptr::null_mut()),
    memory: AtomicPtr::new(ptr::null_mut()),
    doomed_memory: AtomicPtr::new(ptr::null_mut()),
    current: AtomicPtr::new(ptr::null_mut()),
    in_flight: AtomicPtr::new(ptr::null_mut()),
    callback: mutex::new(),
    callback_is_forks: AtomicBool::new(false),
    left: wait_queue_head {
        lock: spinlock::new(),
        head: list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) },
    },
};

/// Those who free a group's marks themselves are readers here, so that "all marks destroyed" can wait for them.
static THIEVES: srcu_struct = srcu_struct::new();

static WORK: delayed_work = delayed_work::new(round);

struct ReaperGuard;

impl Reaper {
    fn lock(&self) -> ReaperGuard {
        self.lock.lock();
        ReaperGuard
    }
}

impl Drop for ReaperGuard {
    fn drop(&mut self) {
        // SAFETY: taken when the guard was made.
        unsafe { REAPER.lock.unlock() }
    }
}

/// Takes a mark whose last reference has been put, and which is off its object's list; and the connector, if it has no mark and no
/// object any more.
pub(crate) fn queue_mark(mark: &fsnotify_mark, conn: Option<&fsnotify_mark_connector>) {
    if let Some(conn) = conn {
        index::connector_ends(conn);
    }
    let state = group_state::of(mark.group());
    queue(|| {
        if let Some(conn) = conn {
            push_connector(conn);
        }
        let round = REAPER.parity.load(Relaxed);
        let batch = &state.batches[round];
        mark.g_list.next.store(batch.marks.load(Relaxed).cast(), Relaxed);
        batch.marks.store(mark.as_ptr(), Relaxed);
        if batch.node.is_unhashed() {
            // SAFETY: the reaper's lock is held; a group with waiting marks is kept alive by them.
            unsafe { REAPER.queues[round].add_head(&batch.node) };
        }
    });
}

/// Takes a connector that has no mark and no object any more.
pub(crate) fn queue_connector(conn: &fsnotify_mark_connector) {
    index::connector_ends(conn);
    queue(|| push_connector(conn));
}

/// The reaper's lock is held.
fn push_connector(conn: &fsnotify_mark_connector) {
    conn.obj.store(REAPER.connectors.load(Relaxed).cast(), Relaxed);
    REAPER.connectors.store(conn.as_ptr(), Relaxed);
}

/// Takes a piece of an index that nobody can find any more. A connector's lock may be held, or none.
pub(super) fn queue_memory(memory: &Retired) {
    queue(|| {
        memory.next.store(REAPER.memory.load(Relaxed), Relaxed);
        REAPER.memory.store(ptr::from_ref(memory).cast_mut(), Relaxed);
    });
}

/// Has `push` put something on a list, with the reaper's lock held, and sees to it that the worker comes.
///
/// Asking for the worker costs more than the rest. So it is left out when somebody has asked since the last round began: the next
/// round is sure then, and takes what is pushed before it begins. `asked_in` is set after the asking, so whoever finds it set
/// and then waits for the work finds that pending. Now and then it is asked again all the same: there may have been no thread to be had.
fn queue(push: impl FnOnce()) {
    let round = {
        let _guard = REAPER.lock();
        push();
        let round = REAPER.rounds.load(Relaxed);
        let left_out = REAPER.left_out.load(Relaxed);
        if REAPER.asked_in.load(Acquire) == round && left_out < ASK_AGAIN {
            REAPER.left_out.store(left_out + 1, Relaxed);
            return;
        }
        REAPER.left_out.store(0, Relaxed);
        round
    };
    queue_delayed_work(&WORK, DELAY);
    // Perhaps a round has begun since, or another thread has asked in a later one: that only makes for one question more.
    REAPER.asked_in.store(round, Release);
}

/// Empties a batch; the reaper's lock is held.
fn take(batch: &Batch) -> *mut fsnotify_mark {
    // SAFETY: the reaper's lock is held, and groups on the queue are alive.
    unsafe { batch.node.del_init() };
    batch.marks.swap(ptr::null_mut(), Relaxed)
}

/// Frees the first mark of a list and returns the rest.
///
/// # Safety
///
/// The list was taken out of a batch, and a grace period has passed since.
unsafe fn free_first(mark: NonNull<fsnotify_mark>) -> *mut fsnotify_mark {
    // SAFETY: a waiting mark is alive; only its taker frees it.
    let link = unsafe { &mark.as_ref().g_list };
    let rest = link.next.load(Relaxed).cast();
    link.init();
    // SAFETY: the last reference has been put and a grace period has passed.
    unsafe { mark::free_at_end(mark) };
    count(Counter::MarksReaped, 1);
    rest
}

/// One round of the worker.
unsafe extern "C" fn round(_work: *mut work_struct) {
    // Left over from a parent process whose worker was at it.
    free_in_flight();
    let round = {
        let _guard = REAPER.lock();
        if REAPER.doomed.load(Relaxed).is_null() {
            REAPER.doomed.store(REAPER.connectors.swap(ptr::null_mut(), Relaxed), Relaxed);
        }
        if REAPER.doomed_memory.load(Relaxed).is_null() {
            REAPER.doomed_memory.store(REAPER.memory.swap(ptr::null_mut(), Relaxed), Relaxed);
        }
        REAPER.rounds.store(REAPER.rounds.load(Relaxed) + 1, Relaxed);
        let round = REAPER.parity.load(Relaxed);
        REAPER.parity.store(round ^ 1, Relaxed);
        round
    };
    synchronize_srcu(mark_srcu());
    free_doomed();
    // Nobody adds to this round's queue any more, others only take from it.
    while take_next_group(round) {
        free_in_flight();
    }
    let more = {
        let _guard = REAPER.lock();
        !REAPER.queues[round ^ 1].is_empty()
            || !REAPER.connectors.load(Relaxed).is_null()
            || !REAPER.memory.load(Relaxed).is_null()
    };
    if more {
        queue_delayed_work(&WORK, DELAY);
    }
}

/// Makes the marks of the next group on a queue the worker's; false if the queue is empty.
fn take_next_group(round: usize) -> bool {
    let _guard = REAPER.lock();
    let node = REAPER.queues[round].first.load(Relaxed);
    if node.is_null() {
        return false;
    }
    // SAFETY: the queue links batches of this round, of groups that their waiting marks keep alive.
    let group = unsafe { group_state::group_of_batch(node, round) };
    // SAFETY: as above.
    let state = group_state::of(unsafe { &*group });
    REAPER.in_flight.store(take(&state.batches[round]), Relaxed);
    REAPER.current.store(group, Relaxed);
    true
}

/// Frees the marks that are the worker's and lets go of their group, which may be gone by then: who waits for the worker
/// to leave it compares addresses only.
fn free_in_flight() {
    loop {
        REAPER.callback.lock();
        let mark = NonNull::new(REAPER.in_flight.load(Relaxed));
        if let Some(mark) = mark {
            // SAFETY: `link` stays readable up to `free_mark`, and the worker is the only one at the list.
            let rest = unsafe { mark.as_ref() }.g_list.next.load(Relaxed).cast();
            REAPER.in_flight.store(rest, Relaxed);
            // SAFETY: put into `in_flight` after the grace period.
            unsafe { free_first(mark) };
        }
        // SAFETY: taken above.
        unsafe { REAPER.callback.unlock() };
        if mark.is_none() {
            break;
        }
    }
    REAPER.current.store(ptr::null_mut(), Release);
    wake_up(&REAPER.left);
}

/// Frees the connectors that are the worker's.
fn free_doomed() {
    while let Some(conn) = NonNull::new(REAPER.doomed.load(Relaxed)) {
        // SAFETY: a connector on the list is alive until it is freed below.
        let next = unsafe { conn.as_ref() }.obj.load(Relaxed).cast();
        REAPER.doomed.store(next, Relaxed);
        // SAFETY: a grace period has passed since it was cut off, so no reader can see it any more.
        unsafe { mark::free_connector(conn.as_ptr()) };
    }
    while let Some(memory) = NonNull::new(REAPER.doomed_memory.load(Relaxed)) {
        // SAFETY: a piece on the list is alive until it is freed below.
        let next = unsafe { memory.as_ref() }.next.load(Relaxed);
        REAPER.doomed_memory.store(next, Relaxed);
        // SAFETY: from kzalloc(); a grace period has passed since it was cut off.
        unsafe { kfree(memory.as_ptr().cast()) };
    }
}

/// Waits until the group's marks whose last reference has been put are freed, and until no handler that entered the read
/// side before runs for the group. Does not wait for other groups' marks.
pub(crate) fn reap_group(group: &fsnotify_group) {
    let state = group_state::of(group);
    if !state.had_marks.load(Acquire) {
        return;
    }
    let idx = srcu_read_lock(&THIEVES);
    let lists = {
        let _guard = REAPER.lock();
        [take(&state.batches[0]), take(&state.batches[1])]
    };
    synchronize_srcu(mark_srcu());
    for mut list in lists {
        while let Some(mark) = NonNull::new(list) {
            // SAFETY: taken out of the batches before the grace period.
            list = unsafe { free_first(mark) };
        }
    }
    srcu_read_unlock(&THIEVES, idx);
    wait_event(&REAPER.left, || REAPER.current.load(Acquire) != group.as_ptr());
}

/// Waits until every mark whose last reference was put before the call, of whatever group, is freed.
pub(crate) fn wait_all() {
    flush_delayed_work(&WORK);
    synchronize_srcu(&THIEVES);
}

/// Before a fork: nothing of the reaper is half done, as far as that can be had.
pub(crate) fn before_fork() {
    // A second at most: see the head of the file.
    let mut taken = REAPER.callback.try_lock();
    for _ in 0..1000 {
        if taken {
            break;
        }
        fork_pause();
        taken = REAPER.callback.try_lock();
    }
    REAPER.lock.lock();
    REAPER.callback_is_forks.store(taken, Relaxed);
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    let taken = REAPER.callback_is_forks.load(Relaxed);
    // SAFETY: taken by `before_fork()`.
    unsafe { REAPER.lock.unlock() };
    if taken {
        // SAFETY: as above.
        unsafe { REAPER.callback.unlock() };
    }
}

/// After a fork, in the child: the worker and whoever else was here are gone.
pub(crate) fn after_fork_in_child() {
    REAPER.lock.init();
    REAPER.callback.init();
    // The worker that was asked for is not here.
    REAPER.asked_in.store(0, Relaxed);
    init_waitqueue_head(&REAPER.left);
    // A child that has nothing to reap, and perhaps only wants to exec, gets no worker.
    let marks = REAPER.queues.iter().any(|queue| !queue.first.load(Relaxed).is_null());
    let connectors = [&REAPER.connectors, &REAPER.doomed].into_iter().any(|list| !list.load(Relaxed).is_null());
    let memory = [&REAPER.memory, &REAPER.doomed_memory].into_iter().any(|list| !list.load(Relaxed).is_null());
    if marks || connectors || memory || !REAPER.in_flight.load(Relaxed).is_null() {
        queue_delayed_work(&WORK, DELAY);
    }
}
