// SPDX-License-Identifier: GPL-2.0-or-later
//! Marks (`fs/notify/mark.c`): a group's interest in one object.
#![doc = concat!("\n\n", include_str!("../../docs/lifetimes.md"))]

use super::lock_order::*;
use super::{connector, fsnotify, group, group_state, index, reaper};
use crate::abi::*;
use crate::host::*;
use core::ffi::{c_int, c_uint};
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

const ALIVE: u32 = FSNOTIFY_MARK_FLAG_ALIVE;
const ATTACHED: u32 = FSNOTIFY_MARK_FLAG_ATTACHED;

/// In an iterator's `srcu_idx`, which only the core reads: a handler has left the read side and is back, so what was found in it before,
/// besides the marks that were pinned, may be gone.
pub(super) const LEFT_READ_SIDE: c_int = 1 << 30;

/// Initialises a mark: one reference, the caller's, and one on the group.
///
/// # Safety
///
/// `mark` is writable memory that nobody else uses.
pub(crate) unsafe fn init(mark: NonNull<fsnotify_mark>, group: &fsnotify_group) {
    // SAFETY: writable by the contract; all zero is a valid mark.
    unsafe { mark.as_ptr().write_bytes(0, 1) };
    // SAFETY: initialised above, and alive by the contract.
    let mark = unsafe { mark.as_ref() };
    mark.lock.init();
    mark.refcnt.set(1);
    group::get(group);
    mark.group.store(group.as_ptr(), Relaxed);
    mark.set_connector(None);
    count(Counter::MarkAlloc, 1);
}

/// Takes a reference; the caller has one, or a lock that keeps the mark.
pub(crate) fn get(mark: &fsnotify_mark) {
    mark.refcnt.inc();
}

/// Drops a reference. The last one takes the mark off its object and sends it to the reaper.
///
/// # Safety
///
/// The caller owns the reference and does not use the mark afterwards, except under the read side.
pub(crate) unsafe fn put<L: Before<Connector>>(held: &mut Held<'_, L>, mark: NonNull<fsnotify_mark>) {
    // SAFETY: the caller's reference keeps the mark up to the decrement.
    let this = unsafe { mark.as_ref() };
    let Some(conn) = this.connector() else {
        // Never attached: nobody can have found it.
        if this.refcnt.dec_and_test() {
            // SAFETY: that was the last reference, and no reader knows the mark.
            unsafe { free_at_end(mark) };
        }
        return;
    };
    // Whoever walks the list under its lock may take references, so the last one goes under that lock.
    if !this.refcnt.dec_and_lock(&conn.lock) {
        return;
    }
    // SAFETY: `dec_and_lock()` returned with the lock held.
    let conn = unsafe { Locked::assume(held, conn) };
    if this.has(ATTACHED) {
        // The group's list has a reference, so this was somebody's put too many: what it took is given back.
        this.refcnt.set(1);
        drop(conn);
        warn("fsnotify_put_mark", "a put too many: the mark is still attached");
        return;
    }
    index::removed(&conn, this);
    // SAFETY: the connector's lock is held, and the mark's memory stays for a grace period.
    unsafe { this.obj_list.del_init() };
    let last = conn.list.is_empty();
    let dropped = if last {
        connector::detach_from_object(&conn)
    } else {
        if let Some(object) = conn.object().object() {
            connector::update_watchers(object.sb(), &conn);
        }
        connector::recalc_and_unpin(&conn)
    };
    this.set_connector(None);
    let conn_ref = conn.object();
    drop(conn);
    dropped.put();
    // Children's flags stay as they are: `__fsnotify_parent()` clears those that have become wrong.
    reaper::queue_mark(this, last.then_some(conn_ref));
}

/// The mark's end: `free_mark`, then its reference on the group.
///
/// # Safety
///
/// The last reference has been put, and either the mark was never attached or a grace period has passed.
pub(crate) unsafe fn free_at_end(mark: NonNull<fsnotify_mark>) {
    // SAFETY: nobody else reaches the mark, and its memory is there until `free_mark`.
    let group = unsafe { mark.as_ref() }.group().as_ptr();
    trace::mark_free(group, mark.as_ptr());
    count(Counter::MarkFree, 1);
    // SAFETY: the mark's own reference, dropped below, keeps the group.
    match unsafe { &*group }.ops().free_mark {
        // SAFETY: the callback's contract: after the last put and the grace period, no lock held.
        Some(free_mark) => unsafe { free_mark(mark.as_ptr()) },
        None => warn("fsnotify_put_mark", "the group has no free_mark"),
    }
    if let Some(group) = NonNull::new(group) {
        // SAFETY: the reference taken by `fsnotify_init_mark()`.
        unsafe { group::put(group) };
    }
}

/// Frees a connector.
///
/// # Safety
///
/// It has no mark and no object, and a grace period has passed since.
pub(crate) unsafe fn free_connector(conn: *mut fsnotify_mark_connector) {
    count(Counter::ConnectorFree, 1);
    // SAFETY: from the same cache; nobody can see it any more.
    unsafe { kmem_cache_free(connector_cache(), conn.cast()) };
}

/// Recalculates an object's mask after C changed marks on it. The caller holds something that keeps the connector and
/// its object: a mark's lock, or the mutex of its group.
pub(crate) fn recalc_mask<L: Before<Connector>>(held: &mut Held<'_, L>, conn: &fsnotify_mark_connector) {
    index::refresh(&lock_connector(held, conn));
    recalc_known(held, conn);
}

/// The same after a mark was added: what is known of the others stays.
fn recalc_known<L: Before<Connector>>(held: &mut Held<'_, L>, conn: &fsnotify_mark_connector) {
    let began = {
        let conn = lock_connector(held, conn);
        let watched = connector::watches_children(&conn);
        connector::recalc_and_pin(&conn);
        !watched && connector::watches_children(&conn)
    };
    // Children learn of it when the parent begins to watch them; the end of it they find out themselves.
    if began {
        if let Some(Object::Inode(inode)) = conn.object() {
            fsnotify::set_children_dentry_flags(inode);
        }
    }
}

/// Puts the mark into its place on the object's list.
fn add_to_object(held: &mut Held<'_, Group>, mark: &fsnotify_mark, object: Object<'_>) -> Result<(), Error> {
    let sb = object.sb();
    connector::attach_info(sb)?;
    let connp = object.connp().ok_or(EINVAL)?;
    loop {
        let mut mark = lock_mark(held, mark);
        let this = mark.object();
        if let Some(conn) = connector::grab(mark.held(), connp) {
            if conn.has(FSNOTIFY_CONN_FLAG_DESTROYING) {
                return Err(ENOENT);
            }
            link(&conn, this)?;
            connector::update_watchers(sb, &conn);
            this.set_connector(Some(conn.object()));
            return Ok(());
        }
        drop(mark);
        connector::attach(connp, object)?;
    }
}

/// Links the mark in order: before the first one that does not have to be called earlier.
fn link(conn: &Locked<'_, fsnotify_mark_connector>, mark: &fsnotify_mark) -> Result<(), Error> {
    match index::place(conn, mark) {
        Some(index::Place::Taken) => return Err(EEXIST),
        // SAFETY: the connector's lock is held and the mark is on no object's list.
        Some(index::Place::Behind(other)) => unsafe { other.obj_list.add_behind(&mark.obj_list) },
        // SAFETY: as above.
        Some(index::Place::Front) => unsafe { conn.list.add_head(&mark.obj_list) },
        None => return walk_and_link(conn, mark),
    }
    index::added(conn, mark);
    Ok(())
}

/// Finds the mark's place by walking the list, and links it.
fn walk_and_link(conn: &Locked<'_, fsnotify_mark_connector>, mark: &fsnotify_mark) -> Result<(), Error> {
    let mut last = None;
    for other in conn.marks() {
        let same = ptr::eq(other.group(), mark.group());
        if same && other.has(ATTACHED) && !mark.group().allows_dups() {
            return Err(EEXIST);
        }
        if compare_groups(other.group.load(Relaxed), mark.group.load(Relaxed)) >= 0 {
            // SAFETY: the connector's lock is held and the mark is on no object's list.
            unsafe { other.obj_list.add_before(&mark.obj_list) };
            return Ok(());
        }
        last = Some(other);
    }
    match last {
        // SAFETY: as above.
        Some(last) => unsafe { last.obj_list.add_behind(&mark.obj_list) },
        None => {
            // SAFETY: as above.
            unsafe { conn.list.add_head(&mark.obj_list) };
            if let Some(object) = conn.object().object() {
                object.show_connector(Some(conn.object()));
            }
        }
    }
    Ok(())
}

/// The order of delivery: positive if `b` comes first, 0 for the same group, negative if `a` comes first. NULL comes last.
pub(crate) fn compare_groups(a: *const fsnotify_group, b: *const fsnotify_group) -> c_int {
    if a == b {
        return 0;
    }
    // SAFETY: NULL or a live group, by the contract of the callers.
    let Some(first) = (unsafe { a.as_ref() }) else { return 1 };
    // SAFETY: as above.
    let Some(second) = (unsafe { b.as_ref() }) else { return -1 };
    let (pa, pb) = (first.priority.load(Relaxed), second.priority.load(Relaxed));
    match pa.cmp(&pb) {
        core::cmp::Ordering::Less => 1,
        core::cmp::Ordering::Greater => -1,
        core::cmp::Ordering::Equal if a < b => 1,
        core::cmp::Ordering::Equal => -1,
    }
}

/// Attaches an initialised mark to its group and an object; the group's mutex is held.
pub(crate) fn add_locked(held: &mut Held<'_, Group>, mark: &fsnotify_mark, object: Object<'_>) -> Result<(), Error> {
    let group = mark.group();
    {
        let mark = lock_mark(held, mark);
        mark.update_flags(ALIVE | ATTACHED, 0);
        // SAFETY: the group's mutex is held, and the mark is on no list.
        unsafe { group.marks_list.add(&mark.g_list) };
        get(&mark);
    }
    let state = group_state::of(group);
    if !state.had_marks.load(Relaxed) {
        state.had_marks.store(true, Release);
    }
    if let Err(error) = add_to_object(held, mark, object) {
        {
            let mark = lock_mark(held, mark);
            mark.update_flags(0, ALIVE | ATTACHED);
            // SAFETY: the group's mutex is held.
            unsafe { mark.g_list.del_init() };
        }
        // SAFETY: the reference taken for the group's list; the caller still has its own.
        unsafe { put(held, NonNull::from(mark)) };
        return Err(error);
    }
    trace::mark_add(group.as_ptr(), mark.as_ptr(), object.as_ptr());
    if let Some(conn) = mark.connector() {
        recalc_known(held, conn);
    }
    Ok(())
}

/// The group's mark on an object, with a reference for the caller. In a group that allows several, the newest.
pub(crate) fn find(
    held: &mut Held<'_, Nothing>,
    object: Object<'_>,
    group: *const fsnotify_group,
) -> Option<NonNull<fsnotify_mark>> {
    let connp = object.connp()?;
    let conn = connector::grab(held, connp)?;
    let known = index::find(&conn, group);
    let found =
        known.unwrap_or_else(|| conn.marks().find(|mark| ptr::eq(mark.group(), group) && mark.has(ATTACHED)))?;
    get(found);
    Some(NonNull::from(found))
}

/// Takes a mark off its group's list and drops that list's reference; the mark stays on its object until its last put.
///
/// # Safety
///
/// The caller has a reference on the mark or is inside the read side.
pub(crate) unsafe fn detach(held: &mut Held<'_, Group>, mark: NonNull<fsnotify_mark>) {
    // SAFETY: kept by the caller's reference or read side.
    if end(held, unsafe { mark.as_ref() }, ATTACHED) & ATTACHED != 0 {
        // SAFETY: the reference of the group's list.
        unsafe { put(held, mark) };
    }
}

/// Takes away those of `flags` (attached, alive) that the mark has, and returns them. The reference of the group's list, if it was
/// attached, and the word to the backend, if it was alive, are the caller's from then on.
fn end(held: &mut Held<'_, Group>, mark: &fsnotify_mark, flags: u32) -> u32 {
    let mut this = lock_mark(held, mark);
    let had = this.flags.load(Relaxed) & flags;
    this.update_flags(0, had);
    if had & ATTACHED != 0 {
        // SAFETY: the group's mutex is held.
        unsafe { this.g_list.del_init() };
        if let Some(conn) = mark.connector().filter(|conn| index::is_indexed(conn)) {
            index::detached(&lock_connector(this.held(), conn), mark);
        }
        trace::mark_detach(mark.group().as_ptr(), mark.as_ptr());
    }
    had
}

/// Begins a mark's end: tells the backend, once.
pub(crate) fn free(held: &mut Held<'_, Nothing>, mark: &fsnotify_mark) {
    {
        let mark = lock_mark(held, mark);
        if !mark.has(ALIVE) {
            return;
        }
        mark.update_flags(0, ALIVE);
    }
    tell_of_the_end(held, mark);
}

/// `freeing_mark`, for whoever has taken the mark's life.
fn tell_of_the_end(_held: &mut Held<'_, Nothing>, mark: &fsnotify_mark) {
    let group = mark.group();
    if let Some(freeing_mark) = group.ops().freeing_mark {
        // SAFETY: the callback's contract: once a mark, no lock held, the caller keeps the mark.
        unsafe { freeing_mark(mark.as_ptr(), group.as_ptr()) };
    }
}

/// Detaches and frees a mark.
///
/// # Safety
///
/// The caller has a reference on the mark or is inside the read side; `group` is the mark's.
pub(crate) unsafe fn destroy(held: &mut Held<'_, Nothing>, mark: NonNull<fsnotify_mark>, group: &fsnotify_group) {
    // SAFETY: the caller keeps the mark.
    let this = unsafe { mark.as_ref() };
    let had = {
        let mut group = lock_group(held, group);
        let had = end(group.held(), this, ATTACHED | ALIVE);
        if had & ATTACHED != 0 {
            // SAFETY: the reference of the group's list.
            unsafe { put(group.held(), mark) };
        }
        had
    };
    if had & ALIVE != 0 {
        tell_of_the_end(held, this);
    }
}

/// Destroys the group's marks: all of them, or those on one type of object.
pub(crate) fn clear_by_group(held: &mut Held<'_, Nothing>, group: &fsnotify_group, obj_type: Option<c_uint>) {
    let Some(obj_type) = obj_type else { return clear_list(held, group, &group.marks_list) };
    // While the mutex is dropped anybody may destroy any mark, so only the first of a list is ever safe to take. Those
    // to be destroyed are therefore moved to a list of their own first, in one go; the mutex protects that list too.
    let chosen = list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) };
    chosen.init();
    {
        let group = lock_group(held, group);
        let head = ptr::from_ref(&group.marks_list).cast_mut();
        let mut link = group.marks_list.next.load(Relaxed);
        while link != head {
            // SAFETY: the links of `marks_list` are those of live marks while the mutex is held.
            let mark = unsafe { crate::abi::list::entry!(link, fsnotify_mark, g_list) };
            // SAFETY: as above.
            let mark = unsafe { &*mark };
            link = mark.g_list.next.load(Relaxed);
            if mark.connector().is_some_and(|conn| conn.obj_type() == obj_type) {
                // SAFETY: the mutex is held.
                unsafe { mark.g_list.del_init() };
                // SAFETY: the mutex is held, the mark was just taken off its list.
                unsafe { chosen.add(&mark.g_list) };
            }
        }
    }
    clear_list(held, group, &chosen);
}

/// Destroys marks from the front of a list until it is empty.
fn clear_list(held: &mut Held<'_, Nothing>, group: &fsnotify_group, list: &list_head) {
    loop {
        let (mark, had) = {
            let mut group = lock_group(held, group);
            let Some(link) = list.first() else { return };
            // SAFETY: the links of the list are those of live marks while the mutex is held.
            let Some(mark) = NonNull::new(unsafe { crate::abi::list::entry!(link, fsnotify_mark, g_list) }) else {
                return;
            };
            // What is on the list is attached, so the list's reference is ours from here on.
            // SAFETY: as above.
            (mark, end(group.held(), unsafe { mark.as_ref() }, ATTACHED | ALIVE))
        };
        if had & ALIVE != 0 {
            // SAFETY: kept by the reference of the group's list.
            tell_of_the_end(held, unsafe { mark.as_ref() });
        }
        // SAFETY: the reference of the group's list.
        unsafe { put(held, mark) };
    }
}

/// Destroys all marks on an object and cuts its connector off. Marks that somebody still references stay on the
/// connector, which has no object any more.
pub(crate) fn destroy_on_object(held: &mut Held<'_, Nothing>, connp: &AtomicPtr<fsnotify_mark_connector>) {
    let (conn, first) = {
        let Some(conn) = connector::grab(held, connp) else { return };
        // A mark added before the cursor from now on would survive: none is added.
        conn.update_flags(FSNOTIFY_CONN_FLAG_DESTROYING, 0);
        match conn.marks().next() {
            Some(first) => {
                get(first);
                (conn.object().as_ptr(), NonNull::from(first))
            }
            None => {
                // Attached by somebody who has not linked its mark yet and will not find it again: nobody else frees it.
                let empty = conn.object();
                let dropped = connector::detach_from_object(&conn);
                drop(conn);
                dropped.put();
                return reaper::queue_connector(empty);
            }
        }
    };
    // SAFETY: a referenced mark stays on the list, and a connector with marks is not freed: `mark` keeps it below.
    let conn = unsafe { &*conn };
    let mut mark = first;
    loop {
        // SAFETY: kept by the reference taken under the connector's lock.
        let this = unsafe { mark.as_ref() };
        // SAFETY: as above.
        unsafe { destroy(held, mark, this.group()) };
        let (next, dropped) = {
            let conn = lock_connector(held, conn);
            // The mark is still on the list, so the walk goes on from it.
            let next = NonNull::new(this.next_on_object());
            match next {
                Some(next) => {
                    // SAFETY: on the list, whose lock is held.
                    get(unsafe { next.as_ref() });
                    (Some(next), connector::DroppedInode::NONE)
                }
                // Cut off now rather than at the last put: a referenced mark must not delay the inode's end or an unmount.
                None => (None, connector::detach_from_object(&conn)),
            }
        };
        // SAFETY: the reference taken under the connector's lock.
        unsafe { put(held, mark) };
        dropped.put();
        match next {
            Some(next) => mark = next,
            None => return,
        }
    }
}

/// Takes a reference on a mark found without a lock and counts a pin on its group; fails if the mark is not attached any
/// more.
///
/// A mark that is not attached is left alone: a reference, taken if only to be put again, could be the last one when its group is
/// destroyed, and keep the mark on its object's list for readers that the destroyer does not wait for.
fn pin(held: &mut Held<'_, Nothing>, mark: NonNull<fsnotify_mark>) -> bool {
    // SAFETY: the caller is inside the read side, so the mark stays, referenced or not.
    let locked = lock_mark(held, unsafe { mark.as_ref() });
    // Who detaches the mark takes the mark's lock before the reference of the group's list is put. And while it is attached its
    // group has not got past the clearing of its marks, so it will see the count.
    if !locked.has(ATTACHED) || !locked.refcnt.inc_not_zero() {
        return false;
    }
    locked.group().user_waits.counter.fetch_add(1, Relaxed);
    true
}

/// Undoes [`pin`], and wakes whoever destroys the group.
fn unpin(held: &mut Held<'_, Nothing>, mark: *mut fsnotify_mark) {
    let Some(mark) = NonNull::new(mark) else { return };
    // SAFETY: the pin's reference keeps the mark, and `user_waits` keeps the group until it is decremented.
    let group = unsafe { mark.as_ref() }.group();
    let waitq = &group.notification_waitq;
    // SAFETY: the pin's reference.
    unsafe { put(held, mark) };
    // The group's destruction may go on as soon as the count is zero; it goes through a grace period after that, and
    // the caller is inside the read side, so the group is still there for the wake-up.
    if group.user_waits.counter.fetch_sub(1, AcqRel) == 1 && group.shutdown.load(Acquire) {
        wake_up(waitq);
    }
}

/// Pins the marks of an iterator and leaves the read side. On failure everything is as it was.
///
/// # Safety
///
/// `iter` is the iterator that the calling handler was given.
pub(crate) unsafe fn prepare_user_wait(held: &mut Held<'_, Nothing>, iter: &mut fsnotify_iter_info) -> bool {
    for i in 0..ITER_TYPE_COUNT {
        while let Some(mark) = NonNull::new(iter.marks[i]) {
            if pin(held, mark) {
                break;
            }
            // SAFETY: inside the read side.
            let this = unsafe { mark.as_ref() };
            if ptr::eq(this.group(), iter.current_group) {
                for &pinned in iter.marks[..i].iter().rev() {
                    unpin(held, pinned);
                }
                return false;
            }
            // A mark of another group is going away: the walk steps over it.
            iter.marks[i] = this.next_on_object();
        }
    }
    srcu_read_unlock(mark_srcu(), iter.srcu_idx & !LEFT_READ_SIDE);
    true
}

/// Enters the read side again and drops the pins.
///
/// # Safety
///
/// `iter` is the iterator of a successful [`prepare_user_wait`].
pub(crate) unsafe fn finish_user_wait(held: &mut Held<'_, Nothing>, iter: &mut fsnotify_iter_info) {
    iter.srcu_idx = srcu_read_lock(mark_srcu()) | LEFT_READ_SIDE;
    for &mark in &iter.marks {
        unpin(held, mark);
    }
}
