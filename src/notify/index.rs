// SPDX-License-Identifier: GPL-2.0-or-later
//! An index beside a long list of marks, so that cost follows interest: attaching and finding a mark does not walk the
//! others, and an event passes over the groups that it is not for.
//!
//! A connector's list stays complete and in order, and short lists have nothing else. A mark that joins
//! [`THRESHOLD`] others makes the index, which the connector keeps to its end. `connector->lock` protects it for writing, the
//! read side of `fsnotify_mark_srcu` for reading. Where memory for a node is missing the index is given up for good and the
//! list serves; so it does for a reader that meets change after change.
//!
//! Nodes lie where their groups' priorities were when the marks were added. A backend sets the priority before its first mark; if
//! one is changed later all the same, what lies in a wrong place is not relied on and the list serves.
//!
//! The interest that is known here is that of the time when the mark was linked, detached, or recalculated with
//! `fsnotify_recalc_mask()`.

use super::connector::Wanted;
use super::lock_order::Locked;
use super::reaper;
use super::skip_list::{Key, SkipList};
use crate::abi::*;
use crate::host::*;
use core::mem::size_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};

pub(super) use super::skip_list::{Node, Retired, Unsteady};

/// Private flag of a connector: it has an index. No kernel flag has this bit.
const INDEXED: u16 = 0x8000;
/// Buckets of the table of indexes.
const BUCKETS: usize = 256;

/// How many others a mark has to join.
static THRESHOLD: AtomicUsize = AtomicUsize::new(24);

/// Sets [`THRESHOLD`] and returns what it was.
pub(crate) fn set_threshold(marks: usize) -> usize {
    THRESHOLD.swap(marks, Relaxed)
}

/// Is a list with one mark and this many others worth an index?
pub(super) fn is_long(others: usize) -> bool {
    others >= THRESHOLD.load(Relaxed)
}

/// The index of one connector.
#[repr(C)]
pub(super) struct Index {
    retired: Retired,
    conn: *const fsnotify_mark_connector,
    /// Next in the bucket \[table's lock for writing\].
    next: AtomicPtr<Index>,
    /// Nodes are missing: the list serves.
    broken: AtomicBool,
    /// The core itself has changed masks since they were taken.
    stale: AtomicBool,
    marks: SkipList,
}

struct Table {
    lock: spinlock,
    buckets: [AtomicPtr<Index>; BUCKETS],
}

/// All indexes by connector.
static TABLE: Table = Table { lock: spinlock::new(), buckets: [const { AtomicPtr::new(ptr::null_mut()) }; BUCKETS] };

fn bucket(conn: *const fsnotify_mark_connector) -> &'static AtomicPtr<Index> {
    let hash = (conn.addr() as u64 >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &TABLE.buckets[(hash >> 56) as usize % BUCKETS]
}

/// Has the connector an index? Without a lock, for whoever keeps the connector.
pub(super) fn is_indexed(conn: &fsnotify_mark_connector) -> bool {
    conn.has(INDEXED)
}

/// The connector's index, for a reader. It is there as long as the connector.
pub(super) fn of(conn: &fsnotify_mark_connector) -> Option<&Index> {
    if !is_indexed(conn) {
        return None;
    }
    let mut at = bucket(conn).load(Acquire);
    loop {
        // SAFETY: an index is freed a grace period after it left the table, and the caller is inside the read side.
        let index = unsafe { at.as_ref() }?;
        if ptr::eq(index.conn, conn) {
            return (!index.broken.load(Acquire)).then_some(index);
        }
        at = index.next.load(Acquire);
    }
}

/// The same for whoever holds the connector's lock: the read side is for other connectors' indexes on the way.
fn of_locked<'a>(conn: &Conn<'a>) -> Option<&'a Index> {
    let conn = conn.object();
    if !is_indexed(conn) {
        return None;
    }
    let idx = srcu_read_lock(mark_srcu());
    let index = of(conn);
    srcu_read_unlock(mark_srcu(), idx);
    index
}

/// What [`Index::next_interested`] found.
pub(super) struct Found<'a> {
    /// The mark's own node.
    pub own: &'a Node,
    /// The first interested one, if there is any.
    pub interested: Option<&'a Node>,
}

impl Index {
    /// The first mark at or after `mark` in the order of delivery that one of these events may be for. `hint` is the node that the
    /// caller found last, inside the same read side.
    ///
    /// Inside the read side; `mark` is on the list, or was when the read side was entered.
    pub fn next_interested<'a>(
        &'a self,
        mark: &fsnotify_mark,
        events: u32,
        hint: Option<&'a Node>,
    ) -> Result<Found<'a>, Unsteady> {
        let is_it = |node: &&Node| ptr::eq(node.mark(), mark) && !node.is_gone();
        let found = self.read(|| {
            let hinted = hint.and_then(|node| Some(node).filter(is_it).or_else(|| node.next(0).filter(is_it)));
            let own = hinted.or_else(|| self.marks.node_of(mark))?;
            Some(Found { own, interested: own.first_interested(events) })
        })?;
        let found = found.ok_or(Unsteady)?; // gone from the index, so gone from the list
        let misplaced = |node: &Node| !node.is_in_place();
        if misplaced(found.own) || found.interested.is_some_and(misplaced) {
            return Err(Unsteady);
        }
        Ok(found)
    }

    /// The first mark of a group, or the first after where it would be. Inside the read side.
    pub fn first_from(&self, group: &fsnotify_group) -> Result<Option<&Node>, Unsteady> {
        let key = Key::first_of(group);
        self.read(|| self.marks.before(&key).next(0))
    }

    fn read<T>(&self, look: impl Fn() -> T) -> Result<T, Unsteady> {
        let found = self.marks.read(look)?;
        // An index that is given up has no nodes left.
        if self.broken.load(Acquire) {
            return Err(Unsteady);
        }
        Ok(found)
    }

    /// The index cannot be kept complete: its nodes go, the rest stays until the connector goes.
    fn give_up(&self) {
        self.broken.store(true, Release);
        self.marks.clear(|node| reaper::queue_memory(&node.retired));
    }
}

type Conn<'a> = Locked<'a, fsnotify_mark_connector>;

/// Makes an index of a list that has become long. Without memory for it the list serves.
pub(super) fn build(conn: &Conn<'_>) {
    let this = conn.object();
    if is_indexed(this) {
        return;
    }
    let Some(index) = NonNull::new(kzalloc(size_of::<Index>(), GFP_NOWAIT).cast::<Index>()) else { return };
    let Some(marks) = SkipList::new((this.as_ptr().addr() >> 4) as u32) else {
        // SAFETY: from kzalloc(), and nobody knows it.
        return unsafe { kfree(index.as_ptr().cast()) };
    };
    let new = Index {
        retired: Retired::new(),
        conn: this,
        next: AtomicPtr::new(ptr::null_mut()),
        broken: AtomicBool::new(false),
        stale: AtomicBool::new(false),
        marks,
    };
    // SAFETY: fresh memory of the right size.
    unsafe { index.as_ptr().write(new) };
    // SAFETY: initialised just now, and freed with the connector.
    let index = unsafe { index.as_ref() };
    if !fill(&index.marks, conn) {
        index.give_up();
    }
    // Left behind only if C has cleared the flag of a connector at this place.
    forget(this);
    TABLE.lock.lock();
    let bucket = bucket(this);
    index.next.store(bucket.load(Relaxed), Relaxed);
    bucket.store(ptr::from_ref(index).cast_mut(), Release);
    // SAFETY: taken above.
    unsafe { TABLE.lock.unlock() };
    conn.update_flags(INDEXED, 0);
}

/// Adds the marks of the list. The newest comes first among those of one group, so the ages fall. False if there is no memory,
/// or if the list is not in the order of the groups' priorities, because one was changed after its first mark.
fn fill(marks: &SkipList, conn: &Conn<'_>) -> bool {
    let whole = conn.marks().count() as u64;
    for (before, mark) in (0..whole).rev().zip(conn.marks()) {
        marks.set_age(before);
        if !marks.insert(mark) {
            return false;
        }
    }
    marks.set_age(whole);
    let mut at = marks.head();
    conn.marks().all(|mark| {
        let Some(next) = at.next(0) else { return false };
        at = next;
        ptr::eq(at.mark(), mark)
    })
}

/// A place on a connector's list.
pub(super) enum Place<'a> {
    /// Behind this mark.
    Behind(&'a fsnotify_mark),
    /// At the front.
    Front,
    /// The group has an attached mark already, and may have one only.
    Taken,
}

/// Is a node's mark attached? The connector's lock is held.
fn is_attached(node: &Node) -> bool {
    // SAFETY: nodes are unlinked with their marks, under the lock that is held.
    unsafe { &*node.mark() }.has(FSNOTIFY_MARK_FLAG_ATTACHED)
}

/// Where a new mark belongs, if there is an index.
pub(super) fn place<'a>(conn: &Conn<'a>, mark: &fsnotify_mark) -> Option<Place<'a>> {
    let marks = &of_locked(conn)?.marks;
    if !mark.group().allows_dups() && find_in(marks, mark.group().as_ptr()).is_some() {
        return Some(Place::Taken);
    }
    let key = Key::first_of(mark.group());
    // SAFETY: nodes are unlinked with their marks, under the lock that is held; the head has no mark.
    Some(unsafe { marks.before(&key).mark().as_ref() }.map_or(Place::Front, Place::Behind))
}

/// A mark has been linked to the list.
pub(super) fn added(conn: &Conn<'_>, mark: &fsnotify_mark) {
    if let Some(index) = of_locked(conn) {
        if !index.marks.insert(mark) {
            index.give_up();
        }
    }
}

/// A mark leaves the list.
pub(super) fn removed(conn: &Conn<'_>, mark: &fsnotify_mark) {
    let Some(index) = of_locked(conn) else { return };
    if let Some(node) = index.marks.node_of(mark) {
        index.marks.remove(node);
        reaper::queue_memory(&node.retired);
    }
}

/// A mark on the list has been detached from its group, and does not count any more when the mask is recalculated.
pub(super) fn detached(conn: &Conn<'_>, mark: &fsnotify_mark) {
    let Some(index) = of_locked(conn) else { return };
    if let Some(node) = index.marks.node_of(mark) {
        index.marks.judge(node, mark);
    }
}

/// What the attached marks want of the object, if there is an index.
pub(super) fn wanted(conn: &Conn<'_>) -> Option<Wanted> {
    let index = of_locked(conn)?;
    if index.stale.swap(false, Relaxed) {
        index.marks.judge_all();
    }
    Some(index.marks.wanted())
}

/// Takes all masks anew, after C changed some.
pub(super) fn refresh(conn: &Conn<'_>) {
    if let Some(index) = of_locked(conn) {
        index.stale.store(false, Relaxed);
        index.marks.judge_all();
    }
}

/// An event has cleared an ignore mask: the next recalculation takes all masks anew. Inside the read side.
pub(super) fn mask_changed(mark: &fsnotify_mark) {
    if let Some(index) = mark.connector().and_then(of) {
        index.stale.store(true, Relaxed);
    }
}

/// The group's attached mark, the newest of several, if there is an index: `Some(None)` says that there is none.
pub(super) fn find<'a>(conn: &Conn<'a>, group: *const fsnotify_group) -> Option<Option<&'a fsnotify_mark>> {
    let found = find_in(&of_locked(conn)?.marks, group);
    // SAFETY: nodes are unlinked with their marks, under the lock that is held.
    Some(found.map(|node| unsafe { &*node.mark() }))
}

/// The first attached mark of a group. The group is known by its address only, so it is looked for under each priority.
fn find_in(marks: &SkipList, group: *const fsnotify_group) -> Option<&Node> {
    (0..PRIO_NUM as u32).find_map(|prio| marks.find(&Key { prio, group: group.addr(), age: u64::MAX }, is_attached))
}

/// The connector has lost its last mark and is cut off: its index goes when it goes itself, a grace period later.
pub(super) fn connector_ends(conn: &fsnotify_mark_connector) {
    if is_indexed(conn) {
        forget(conn);
    }
}

/// Takes the index of a connector out of the table, and frees it and its nodes after a grace period.
fn forget(conn: &fsnotify_mark_connector) {
    TABLE.lock.lock();
    let mut link = bucket(conn);
    let mut found = None;
    // SAFETY: the table's lock is held, and indexes in the table are alive.
    while let Some(index) = unsafe { link.load(Relaxed).as_ref() } {
        if ptr::eq(index.conn, conn) {
            link.store(index.next.load(Relaxed), Release);
            found = Some(index);
            break;
        }
        link = &index.next;
    }
    // SAFETY: taken above.
    unsafe { TABLE.lock.unlock() };
    if let Some(index) = found {
        index.give_up();
        reaper::queue_memory(&index.marks.head().retired);
        reaper::queue_memory(&index.retired);
    }
}

/// Before a fork: the table is whole.
pub(crate) fn before_fork() {
    TABLE.lock.lock();
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    // SAFETY: taken by `before_fork()`.
    unsafe { TABLE.lock.unlock() };
}

/// After a fork, in the child.
pub(crate) fn after_fork_in_child() {
    TABLE.lock.init();
}
