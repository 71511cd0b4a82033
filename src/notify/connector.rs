// SPDX-License-Identifier: GPL-2.0-or-later
//! Connectors: the list of the marks on one object, its combined mask, and the references that it holds on the object
//! (the part of `fs/notify/mark.c` that works under `connector->lock`).

use super::index;
use super::lock_order::{lock_connector, Before, Connector, Held, Locked};
use crate::abi::*;
use crate::host::*;
use core::mem::size_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// An inode reference that a connector has given up. It is dropped when no lock is held: `iput()` may do a lot.
#[must_use = "the inode reference must be dropped outside of the locks"]
pub(crate) struct DroppedInode(Option<NonNull<inode>>);

impl DroppedInode {
    /// Nothing to drop.
    pub(crate) const NONE: DroppedInode = DroppedInode(None);

    /// Drops the reference and its count of a watched object.
    pub(crate) fn put(self) {
        let Some(inode) = self.0 else { return };
        // SAFETY: the reference that is dropped below keeps the inode.
        let sb: *const super_block = unsafe { inode.as_ref() }.sb();
        // SAFETY: the connector's reference, given up by `update_iref()` or `detach_from_object()`.
        unsafe { iput(inode.as_ptr()) };
        // SAFETY: the superblock waits for its watched objects before it goes.
        put_watched_object(unsafe { &*sb });
    }
}

/// The superblock's part for its marks, allocated if this is the first mark on any of its objects.
pub(crate) fn attach_info(sb: &super_block) -> Result<(), Error> {
    if sb.info().is_some() {
        return Ok(());
    }
    let new = kzalloc(size_of::<fsnotify_sb_info>(), GFP_KERNEL).cast::<fsnotify_sb_info>();
    let new = NonNull::new(new).ok_or(ENOMEM)?;
    if sb.install_info(new) {
        count(Counter::SbInfoAlloc, 1);
    } else {
        // SAFETY: not installed, so nobody else knows it.
        unsafe { kfree(new.as_ptr().cast()) };
    }
    Ok(())
}

/// Gives an object a connector without marks, unless another thread was first.
pub(crate) fn attach(connp: &AtomicPtr<fsnotify_mark_connector>, object: Object<'_>) -> Result<(), Error> {
    let conn = kmem_cache_alloc(connector_cache(), GFP_KERNEL).cast::<fsnotify_mark_connector>();
    if conn.is_null() {
        return Err(ENOMEM);
    }
    let new = fsnotify_mark_connector {
        lock: spinlock::new(),
        r#type: (object.obj_type() as u8).into(),
        prio: 0.into(),
        flags: 0.into(),
        obj: AtomicPtr::new(object.as_ptr()),
        list: hlist_head { first: AtomicPtr::new(ptr::null_mut()) },
    };
    // SAFETY: fresh memory of the cache for connectors.
    unsafe { conn.write(new) };
    // Readers of `connp` see an initialised connector.
    if connp.compare_exchange(ptr::null_mut(), conn, AcqRel, Relaxed).is_ok() {
        count(Counter::ConnectorAlloc, 1);
    } else {
        // SAFETY: not published, so nobody else knows it.
        unsafe { kmem_cache_free(connector_cache(), conn.cast()) };
    }
    Ok(())
}

/// The object's connector with its lock held, unless the object has none or is just losing it.
///
/// For those who come from the object. Whoever holds a reference on one of the marks may lock the connector directly.
pub(crate) fn grab<'a, L: Before<Connector>>(
    held: &'a mut Held<'_, L>,
    connp: &'a AtomicPtr<fsnotify_mark_connector>,
) -> Option<Locked<'a, fsnotify_mark_connector>> {
    let idx = srcu_read_lock(mark_srcu());
    let conn = connector_at(connp).map(|conn| lock_connector(held, conn));
    // While its lock is held and it is attached, the connector cannot be cut off, so the read side has done its work.
    let conn = conn.filter(|conn| conn.obj_type() != FSNOTIFY_OBJ_TYPE_DETACHED);
    srcu_read_unlock(mark_srcu(), idx);
    conn
}

/// Adjusts the superblock's counts of watched objects to the marks that are on the list.
pub(crate) fn update_watchers(sb: &super_block, conn: &Locked<'_, fsnotify_mark_connector>) {
    let Some(info) = sb.info() else { return };
    // The list is ordered by priority, so its first mark has the highest.
    let first = conn.object().object().and_then(|_| conn.marks().next());
    let mut highest = first.map_or(0, |mark| mark.group().priority.load(Relaxed) as usize);
    if highest >= PRIO_NUM {
        warn("fsnotify_add_mark", "the group's priority is out of range");
        highest = 0;
    }
    // An object whose highest priority is `p` counts in watched_objects[0..=p]; the first is handled below.
    let before = usize::from(conn.prio.load(Relaxed));
    for prio in before + 1..=highest {
        info.watched_objects[prio].counter.fetch_add(1, Relaxed);
    }
    for prio in highest + 1..=before {
        info.watched_objects[prio].counter.fetch_sub(1, Relaxed);
    }
    conn.prio.store(highest as u8, Relaxed);

    let counted = conn.has(FSNOTIFY_CONN_FLAG_IS_WATCHED);
    if first.is_some() && !counted {
        conn.update_flags(FSNOTIFY_CONN_FLAG_IS_WATCHED, 0);
        get_watched_object(sb);
    } else if first.is_none() && counted {
        conn.update_flags(0, FSNOTIFY_CONN_FLAG_IS_WATCHED);
        put_watched_object(sb);
    }
}

fn get_watched_object(sb: &super_block) {
    if let Some(info) = sb.info() {
        info.watched_objects[0].counter.fetch_add(1, Relaxed);
    }
}

fn put_watched_object(sb: &super_block) {
    let Some(info) = sb.info() else { return };
    let watched = &info.watched_objects[0];
    let address = ptr::from_ref(watched).cast();
    // The superblock may go as soon as the count is zero; only its address is used then.
    if watched.counter.fetch_sub(1, AcqRel) == 1 {
        wake_up_var(address);
    }
}

/// Waits until no object of the superblock is watched.
pub(crate) fn wait_unwatched(info: &fsnotify_sb_info) {
    let watched = &info.watched_objects[0];
    wait_var_event(ptr::from_ref(watched).cast(), || watched.counter.load(Acquire) == 0);
}

/// Events that a mark makes its object interesting for (`fsnotify_calc_mask()`).
fn calc_mask(mark: &fsnotify_mark) -> u32 {
    let mask = mark.mask.load(Relaxed);
    let ignore = mark.ignore_mask.load(Relaxed);
    if ignore & ALL_FSNOTIFY_EVENTS == 0 {
        return mask;
    }
    // A modification may have to clear the ignore mask, and a parent's interest in ignoring must be seen as interest.
    let clears = if mark.has(FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY) { 0 } else { FS_MODIFY };
    mask | clears | ignore
}

/// Events for which a mark may have to be called, attached or not. FS_MODIFY may have to clear its ignore mask.
pub(crate) fn interest(mark: &fsnotify_mark) -> u32 {
    let clears = mark.ignore_mask.load(Relaxed) != 0 && !mark.has(FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY);
    mark.mask.load(Relaxed) | if clears { FS_MODIFY } else { 0 }
}

/// What attached marks want of their object: its mask, and above it that the inode be pinned.
#[derive(Clone, Copy)]
pub(crate) struct Wanted(pub u64);

impl Wanted {
    const IREF: u64 = 1 << 32;

    /// What one mark wants: nothing, if it is detached.
    pub(crate) fn of(mark: &fsnotify_mark) -> Self {
        if !mark.has(FSNOTIFY_MARK_FLAG_ATTACHED) {
            return Wanted(0);
        }
        let iref = if mark.has(FSNOTIFY_MARK_FLAG_NO_IREF) { 0 } else { Self::IREF };
        Wanted(u64::from(calc_mask(mark)) | iref)
    }

    /// What all marks on a list want, from the list itself. A list that has become long gets its index here, after its newest mark
    /// has been added.
    fn of_all(conn: &Locked<'_, fsnotify_mark_connector>) -> Self {
        let (mut all, mut marks) = (0, 0_usize);
        for mark in conn.marks() {
            all |= Self::of(mark).0;
            marks += 1;
        }
        if marks.checked_sub(1).is_some_and(index::is_long) {
            index::build(conn);
        }
        Wanted(all)
    }
}

/// Sets the object's mask from the attached marks; says whether one of them wants the inode pinned.
fn recalc(conn: &Locked<'_, fsnotify_mark_connector>) -> bool {
    // The object may be gone already.
    let Some(object) = conn.object().object() else { return false };
    let Wanted(all) = index::wanted(conn).unwrap_or_else(|| Wanted::of_all(conn));
    object.set_mask(all as u32);
    all & Wanted::IREF != 0 && matches!(object, Object::Inode(_))
}

/// Takes or gives up the connector's one reference on its inode.
fn update_iref(conn: &Locked<'_, fsnotify_mark_connector>, want: bool) -> DroppedInode {
    let Some(Object::Inode(inode)) = conn.object().object() else { return DroppedInode::NONE };
    match (conn.has(FSNOTIFY_CONN_FLAG_HAS_IREF), want) {
        (false, true) => {
            ihold(inode);
            get_watched_object(inode.sb());
            conn.update_flags(FSNOTIFY_CONN_FLAG_HAS_IREF, 0);
            DroppedInode::NONE
        }
        (true, false) => {
            conn.update_flags(0, FSNOTIFY_CONN_FLAG_HAS_IREF);
            DroppedInode(Some(NonNull::from(inode)))
        }
        _ => DroppedInode::NONE,
    }
}

/// Recalculates after a mark was added or changed. May pin the inode but never unpins it: a reference on a mark that
/// wants the pin may still be held, and its last put unpins.
pub(crate) fn recalc_and_pin(conn: &Locked<'_, fsnotify_mark_connector>) {
    let want = recalc(conn) || conn.has(FSNOTIFY_CONN_FLAG_HAS_IREF);
    let DroppedInode(None) = update_iref(conn, want) else { unreachable!("the flag stays set") };
}

/// Recalculates after a mark left the list; the inode reference to drop, if none of the others wants it.
pub(crate) fn recalc_and_unpin(conn: &Locked<'_, fsnotify_mark_connector>) -> DroppedInode {
    let want = recalc(conn);
    update_iref(conn, want)
}

/// Does the connector's inode watch what happens to its children?
pub(crate) fn watches_children(conn: &fsnotify_mark_connector) -> bool {
    match conn.object() {
        Some(Object::Inode(inode)) => super::fsnotify::inode_watches_children(inode) != 0,
        _ => false,
    }
}

/// Cuts the connector off its object; the inode reference to drop, if it had one. Marks may still be on the list.
pub(crate) fn detach_from_object(conn: &Locked<'_, fsnotify_mark_connector>) -> DroppedInode {
    let Some(object) = conn.object().object() else { return DroppedInode::NONE };
    object.set_mask(0);
    let dropped = match object {
        // The flag stays: nobody looks at it on a detached connector.
        Object::Inode(inode) if conn.has(FSNOTIFY_CONN_FLAG_HAS_IREF) => DroppedInode(Some(NonNull::from(inode))),
        _ => DroppedInode::NONE,
    };
    if let Some(connp) = object.connp() {
        connp.store(ptr::null_mut(), core::sync::atomic::Ordering::Release);
    }
    object.show_connector(None);
    let sb = object.sb();
    conn.set_detached();
    update_watchers(sb, conn);
    dropped
}
