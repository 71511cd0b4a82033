// SPDX-License-Identifier: GPL-2.0-or-later
//! Dispatch (`fs/notify/fsnotify.c`): who is told of an event, in which order, and what becomes of the marks when an object
//! goes away.
//!
//! An event may touch up to four objects: superblock, mount, inode, and either the parent or the second directory of a
//! rename. Their lists of marks are sorted by the same order of groups, so one pass over all of them meets each group once,
//! with all of its marks for the event.

use super::lock_order::{Held, Nothing};
use super::walk::{effective_ignore_mask, left, reported, reported_mark, takes_part};
use super::walk::{Walk, INODE, INODE2, PARENT, SB, VFSMOUNT};
use super::{connector, index, mark};
use crate::abi::*;
use crate::host::*;
use core::ffi::{c_int, c_uint, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

/// An event as the hooks describe it.
#[derive(Clone, Copy)]
pub(crate) struct Event<'a> {
    /// What happened, with flags.
    pub mask: u32,
    /// The object that it happened on.
    pub data: Data,
    /// The directory that `name` is in.
    pub dir: Option<&'a inode>,
    /// The name in that directory.
    pub name: *const qstr,
    /// Joins the halves of a rename.
    pub cookie: u32,
}

fn raw_inode(inode: Option<&inode>) -> *mut inode {
    inode.map_or(ptr::null_mut(), |inode| ptr::from_ref(inode).cast_mut())
}

/// The inode that a dentry stands for.
fn dentry_inode(dentry: &dentry) -> Option<&inode> {
    // SAFETY: a referenced positive dentry keeps its inode.
    unsafe { dentry.d_inode.load(Acquire).as_ref() }
}

/// The directory that a dentry is in.
fn dentry_parent(dentry: &dentry) -> Option<&dentry> {
    // SAFETY: a dentry keeps its parent.
    unsafe { dentry.d_parent.load(Acquire).as_ref() }
}

/// Events on children that an inode's marks care about (`fsnotify_inode_watches_children()`).
pub(crate) fn inode_watches_children(inode: &inode) -> u32 {
    let mask = inode.i_fsnotify_mask.load(Relaxed);
    if mask & FS_EVENT_ON_CHILD == 0 {
        return 0;
    }
    mask & FS_EVENTS_POSS_ON_CHILD
}

/// Events that marks with this combined mask want to have reported with parent and name.
fn parent_needed_mask(mask: u32) -> u32 {
    if mask & FS_EVENT_ON_CHILD == 0 {
        return 0;
    }
    mask & FS_EVENTS_POSS_TO_PARENT
}

/// What one mark of a call wants of the event, and what it ignores.
#[inline(always)]
fn judge(mark: &fsnotify_mark, mask: u32, iter_type: usize) -> (u32, u32) {
    if mask & FS_MODIFY != 0 {
        // A modification ends what was ignored until then; this event is judged without it already.
        if !mark.has(FSNOTIFY_MARK_FLAG_IGNORED_SURV_MODIFY) && mark.ignore_mask.load(Relaxed) != 0 {
            mark.ignore_mask.store(0, Relaxed);
            index::mask_changed(mark);
        }
    }
    (mark.mask.load(Relaxed), effective_ignore_mask(mark, mask & FS_ISDIR != 0, iter_type))
}

/// Tells the current group, if its marks together are interested.
fn send_to_group(walk: &mut Walk, event: &Event<'_>) -> c_int {
    let (mut interest, mut ignored) = (0, 0);
    for (i, mark) in reported(&walk.iter) {
        let (wants, ignores) = judge(mark, event.mask, i);
        interest |= wants;
        ignored |= ignores;
    }
    if event.mask & ALL_FSNOTIFY_EVENTS & interest & !ignored == 0 {
        return 0;
    }
    call(&mut walk.iter, event)
}

/// Only a permission event has an answer, and then the first that is not 0 counts.
#[inline(always)]
fn ends_the_walk(ret: c_int, mask: u32) -> bool {
    ret != 0 && mask & ALL_FSNOTIFY_PERM_EVENTS != 0
}

/// Calls the current group with the marks that take part.
#[inline(always)]
fn call(iter: &mut fsnotify_iter_info, event: &Event<'_>) -> c_int {
    let group = iter.current_group;
    // SAFETY: the marks found in the read side keep their group.
    let ops = unsafe { &*group }.ops();
    trace::dispatch(event.mask, event.data.ptr, event.data.kind, event.cookie);
    match ops.handle_event {
        // SAFETY: the callback's contract: no lock held, inside the read side, the objects are the hook's caller's.
        Some(handle_event) => unsafe {
            handle_event(
                group,
                event.mask,
                event.data.ptr,
                event.data.kind,
                raw_inode(event.dir),
                event.name,
                event.cookie,
                iter,
            )
        },
        None => handle_event_simply(iter, ops, event),
    }
}

/// For groups with `handle_inode_event`: the parent's mark first, then the inode's.
fn handle_event_simply(iter: &fsnotify_iter_info, ops: &fsnotify_ops, event: &Event<'_>) -> c_int {
    if reported_mark(iter, SB).is_some() || reported_mark(iter, VFSMOUNT).is_some() {
        warn("fsnotify", "a mark on a superblock or mount needs a handle_event callback");
        return 0;
    }
    if event.mask & FS_RENAME != 0 {
        // The only such group that asks for FS_RENAME is dnotify, and means a rename within one directory.
        let parent = event.data.dentry().and_then(dentry_parent).and_then(dentry_inode);
        if raw_inode(event.dir) != raw_inode(parent) {
            return 0;
        }
    }
    if let Some(parent_mark) = reported_mark(iter, PARENT) {
        let ret = call_inode_event(ops, parent_mark, &Event { cookie: 0, ..*event });
        if ret != 0 {
            return ret;
        }
    }
    let Some(inode_mark) = reported_mark(iter, INODE) else { return 0 };
    // Whoever watches the child itself is told without the child flag, and with directory and name only if the event
    // is one of a directory entry.
    let mut own = Event { mask: event.mask & !FS_EVENT_ON_CHILD, ..*event };
    if own.mask & ALL_FSNOTIFY_DIRENT_EVENTS == 0 {
        own.dir = None;
        own.name = ptr::null();
    }
    call_inode_event(ops, inode_mark, &own)
}

fn call_inode_event(ops: &fsnotify_ops, mark: &fsnotify_mark, event: &Event<'_>) -> c_int {
    let Some(handle_inode_event) = ops.handle_inode_event else {
        warn("fsnotify", "the group has neither handle_event nor handle_inode_event");
        return 0;
    };
    let inode = event.data.inode();
    if inode.is_null() && event.dir.is_none() {
        warn("fsnotify", "an event without inode and directory");
        return 0;
    }
    if mark.has(FSNOTIFY_MARK_FLAG_EXCL_UNLINK) {
        // SAFETY: a path holds its dentry.
        let dentry = event.data.path().and_then(|path| unsafe { path.dentry.as_ref() });
        if dentry.is_some_and(d_unlinked) {
            return 0;
        }
    }
    // The event may have come for the sake of the group's other mark.
    if event.mask & mark.mask.load(Relaxed) & ALL_FSNOTIFY_EVENTS == 0 {
        return 0;
    }
    // SAFETY: the callback's contract: no lock held, inside the read side, the objects are the hook's caller's.
    unsafe { handle_inode_event(mark.as_ptr(), event.mask, inode, raw_inode(event.dir), event.name, event.cookie) }
}

/// Tells everybody who is interested. See `fsnotify()`.
///
/// Inlined into its callers: most events end at one of the first two questions, before an `Event` has to exist in memory.
#[inline(always)]
pub(crate) fn fsnotify(event: Event<'_>, inode: Option<&inode>) -> c_int {
    let mask = event.mask;
    let mnt = event.data.path().and_then(path_mount);
    let sb = event.data.sb();
    let info = sb.and_then(super_block::info);
    let (inode, second) = match inode {
        // An event of a directory entry: the directory itself is the object; a rename has a second one.
        None if mask & FS_RENAME != 0 => {
            let new_dir = event.data.dentry().and_then(dentry_parent).and_then(dentry_inode);
            (event.dir, new_dir.map(|dir| (INODE2, dir)))
        }
        None => (event.dir, None),
        Some(_) if mask & FS_EVENT_ON_CHILD != 0 => (inode, event.dir.map(|dir| (PARENT, dir))),
        Some(_) => (inode, None),
    };
    // Without a single mark there is nothing to protect, so the read side is not entered.
    let marked = |connp: &AtomicPtr<fsnotify_mark_connector>| !connp.load(Relaxed).is_null();
    if !info.is_some_and(|info| marked(&info.sb_marks))
        && !mnt.is_some_and(|mnt| marked(&mnt.mnt_fsnotify_marks))
        && !inode.is_some_and(|inode| marked(&inode.i_fsnotify_marks))
        && !second.is_some_and(|(_, inode)| marked(&inode.i_fsnotify_marks))
    {
        return 0;
    }
    // An object with an ignore mask that a modification has to clear shows interest in FS_MODIFY (`calc_mask()`).
    let interest = sb.map_or(0, |sb| sb.s_fsnotify_mask.load(Relaxed))
        | mnt.map_or(0, |mnt| mnt.mnt_fsnotify_mask.load(Relaxed))
        | inode.map_or(0, |inode| inode.i_fsnotify_mask.load(Relaxed))
        | second.map_or(0, |(_, inode)| inode.i_fsnotify_mask.load(Relaxed));
    if mask & ALL_FSNOTIFY_EVENTS & interest == 0 {
        return 0;
    }

    deliver(&event, info, mnt, inode, second)
}

/// Walks the marks of the objects that an event touches.
#[inline(never)]
fn deliver(
    event: &Event<'_>,
    info: Option<&fsnotify_sb_info>,
    mnt: Option<&mount>,
    inode: Option<&inode>,
    second: Option<(usize, &inode)>,
) -> c_int {
    let idx = srcu_read_lock(mark_srcu());
    let on_sb = info.and_then(|info| connector_at(&info.sb_marks));
    let on_mount = mnt.and_then(|mnt| connector_at(&mnt.mnt_fsnotify_marks));
    let on_inode = inode.and_then(|inode| connector_at(&inode.i_fsnotify_marks));
    let on_second = second.and_then(|(_, inode)| connector_at(&inode.i_fsnotify_marks));
    let alone = match (on_sb, on_mount, on_inode, on_second) {
        (None, None, Some(conn), None) => Some((INODE, conn)),
        (Some(conn), None, None, None) => Some((SB, conn)),
        (None, Some(conn), None, None) => Some((VFSMOUNT, conn)),
        (None, None, None, Some(conn)) => second.map(|(iter_type, _)| (iter_type, conn)),
        _ => None,
    };
    let (idx, answer) = match alone.filter(|(_, conn)| !index::is_indexed(conn)) {
        Some((iter_type, conn)) => deliver_on_one_list(event, iter_type, conn, idx),
        None => deliver_on_lists(event, info, mnt, inode, second, idx),
    };
    srcu_read_unlock(mark_srcu(), idx);
    answer
}

/// The walk over one list without an index, which most events are: each mark is a call of its own. Returns the index to leave the read
/// side with, and the answer.
#[inline(always)]
fn deliver_on_one_list(
    event: &Event<'_>,
    iter_type: usize,
    conn: &fsnotify_mark_connector,
    srcu_idx: c_int,
) -> (c_int, c_int) {
    let mut iter = fsnotify_iter_info {
        marks: [ptr::null_mut(); ITER_TYPE_COUNT],
        current_group: ptr::null_mut(),
        report_mask: 1 << iter_type,
        srcu_idx,
    };
    let events = event.mask & ALL_FSNOTIFY_EVENTS;
    let mut at = conn.first_mark();
    // SAFETY: found inside the read side.
    while let Some(mark) = unsafe { at.as_ref() } {
        let wanted = if mark.ignore_mask.load(Relaxed) == 0 {
            mark.mask.load(Relaxed) & events != 0 && takes_part(mark, iter_type)
        } else {
            connector::interest(mark) & events != 0 && takes_part(mark, iter_type) && {
                let (interest, ignored) = judge(mark, event.mask, iter_type);
                events & interest & !ignored != 0
            }
        };
        if !wanted {
            at = mark.next_on_object();
            continue;
        }
        iter.marks[iter_type] = at;
        iter.current_group = mark.group.load(Relaxed);
        let ret = call(&mut iter, event);
        if ends_the_walk(ret, event.mask) {
            return (left(iter.srcu_idx), ret);
        }
        // As the handler has left it: one that went out of the read side has pinned this mark.
        // SAFETY: found inside the read side, or pinned by a handler while that was left.
        at = unsafe { iter.marks[iter_type].as_ref() }.map_or(ptr::null_mut(), fsnotify_mark::next_on_object);
    }
    (left(iter.srcu_idx), 0)
}

/// The walk over several lists, or one with an index.
#[inline(never)]
fn deliver_on_lists(
    event: &Event<'_>,
    info: Option<&fsnotify_sb_info>,
    mnt: Option<&mount>,
    inode: Option<&inode>,
    second: Option<(usize, &inode)>,
    srcu_idx: c_int,
) -> (c_int, c_int) {
    let mut walk = Walk::new(event.mask, srcu_idx);
    if let Some(info) = info {
        walk.start(SB, &info.sb_marks);
    }
    if let Some(mnt) = mnt {
        walk.start(VFSMOUNT, &mnt.mnt_fsnotify_marks);
    }
    if let Some(inode) = inode {
        walk.start(INODE, &inode.i_fsnotify_marks);
    }
    if let Some((iter_type, inode)) = second {
        walk.start(iter_type, &inode.i_fsnotify_marks);
    }
    let mut answer = 0;
    walk.skip();
    while walk.select() {
        let ret = send_to_group(&mut walk, event);
        if ends_the_walk(ret, event.mask) {
            answer = ret;
            break;
        }
        walk.advance();
        walk.skip();
    }
    (left(walk.iter.srcu_idx), answer)
}

/// Do inode, mount or superblock want this event with parent and name?
fn event_needs_parent(inode: &inode, mnt_mask: u32, mask: u32) -> bool {
    // Parent and name are reported for what is not a directory only.
    if mask & FS_ISDIR != 0 {
        return false;
    }
    let wanted = parent_needed_mask(inode.i_fsnotify_mask.load(Relaxed))
        | parent_needed_mask(inode.sb().s_fsnotify_mask.load(Relaxed))
        | parent_needed_mask(mnt_mask);
    mask & wanted != 0
}

/// Is anybody interested in this event on the object itself?
fn object_watched(inode: &inode, mnt_mask: u32, mask: u32) -> bool {
    let interest = inode.i_fsnotify_mask.load(Relaxed) | mnt_mask | inode.sb().s_fsnotify_mask.load(Relaxed);
    mask & interest & ALL_FSNOTIFY_EVENTS != 0
}

/// Tells a dentry's parent and the object itself. See `__fsnotify_parent()`.
pub(crate) fn parent(dentry: &dentry, mask: u32, data: Data) -> c_int {
    let mnt_mask = data.path().and_then(path_mount).map_or(0, |mnt| mnt.mnt_fsnotify_mask.load(Relaxed));
    let Some(inode) = dentry_inode(dentry) else {
        warn("__fsnotify_parent", "the dentry is negative");
        return 0;
    };
    let parent_watched = dentry.d_flags.load(Relaxed) & DCACHE_FSNOTIFY_PARENT_WATCHED != 0;
    if !parent_watched && !object_watched(inode, mnt_mask, mask) {
        return 0;
    }
    let parent_needed = event_needs_parent(inode, mnt_mask, mask);
    let alone = Event { mask, data, dir: None, name: ptr::null(), cookie: 0 };
    if !parent_watched && !parent_needed {
        return fsnotify(alone, Some(inode));
    }
    let parent = ParentRef(dget_parent(dentry));
    let Some(dir) = parent.inode() else { return fsnotify(alone, Some(inode)) };
    let watched = inode_watches_children(dir);
    if parent_watched && watched == 0 {
        clear_child_dentry_flag(dir, dentry);
    }
    // What is read from or written to a special file does not happen on the parent's filesystem, and telling of it
    // would be a side channel.
    let special = data.path().is_some() && d_is_special(dentry) && mask & (FS_ACCESS | FS_MODIFY) != 0;
    let interested = mask & watched & ALL_FSNOTIFY_EVENTS != 0 && !special;
    if !parent_needed && !interested {
        return fsnotify(Event { dir: Some(dir), ..alone }, Some(inode));
    }
    if !ptr::eq(data.inode(), inode) {
        warn("__fsnotify_parent", "the event's data is not the child");
    }
    // The name must not change under the handlers when the dentry is renamed.
    let on_child = if interested { FS_EVENT_ON_CHILD } else { 0 };
    NameSnapshot::with(dentry, |name| {
        fsnotify(Event { mask: mask | on_child, dir: Some(dir), name, ..alone }, Some(inode))
    })
}

/// A reference on a parent, dropped at the end.
struct ParentRef(*mut dentry);

impl ParentRef {
    fn inode(&self) -> Option<&inode> {
        // SAFETY: the reference keeps the dentry.
        unsafe { self.0.as_ref() }.and_then(dentry_inode)
    }
}

impl Drop for ParentRef {
    fn drop(&mut self) {
        // SAFETY: the reference that `dget_parent()` took.
        unsafe { dput(self.0) }
    }
}

/// Clears the flag of a child whose parent has stopped watching.
fn clear_child_dentry_flag(parent: &inode, dentry: &dentry) {
    let lock = &dentry.d_lockref.lock;
    lock.lock();
    // Whoever sets the flag holds the lock and has set the parent's mask before, so a parent that watches is seen here.
    if inode_watches_children(parent) == 0 {
        let flags = dentry.d_flags.load(Relaxed);
        dentry.d_flags.store(flags & !DCACHE_FSNOTIFY_PARENT_WATCHED, Relaxed);
    }
    // SAFETY: taken above.
    unsafe { lock.unlock() };
}

/// Flags all children of a directory as having a parent that watches.
pub(crate) fn set_children_dentry_flags(inode: &inode) {
    if !inode.is_dir() {
        return;
    }
    for_each_child(inode, |child| {
        if child.d_inode.load(Relaxed).is_null() {
            return;
        }
        let lock = &child.d_lockref.lock;
        lock.lock();
        child.d_flags.store(child.d_flags.load(Relaxed) | DCACHE_FSNOTIFY_PARENT_WATCHED, Relaxed);
        // SAFETY: taken above.
        unsafe { lock.unlock() };
    });
}

/// The inode goes away: its marks go.
pub(crate) fn inode_delete(held: &mut Held<'_, Nothing>, inode: &inode) {
    mark::destroy_on_object(held, &inode.i_fsnotify_marks);
}

/// The mount goes away: its marks go.
pub(crate) fn mount_delete(held: &mut Held<'_, Nothing>, mnt: &mount) {
    mark::destroy_on_object(held, &mnt.mnt_fsnotify_marks);
}

/// The superblock goes away: every watched inode gets FS_UNMOUNT and loses its marks, then the superblock's own go, then
/// nothing of it is watched any more.
pub(crate) fn sb_delete(held: &mut Held<'_, Nothing>, sb: &super_block) {
    let Some(info) = sb.info() else { return };
    unmount_inodes(held, sb, info);
    mark::destroy_on_object(held, &info.sb_marks);
    connector::wait_unwatched(info);
    for prio in 1..PRIO_NUM {
        if info.watched(prio) != 0 {
            warn("fsnotify_sb_delete", "a group of high priority still watches the superblock");
        }
    }
}

fn unmount_inodes(held: &mut Held<'_, Nothing>, sb: &super_block, info: &fsnotify_sb_info) {
    // The inode of the last step is kept until the next one is, because the walk goes on from it.
    let mut previous: *mut inode = ptr::null_mut();
    while let Some(found) = next_referenced_inode(sb, previous) {
        // SAFETY: the reference of the step before; iput() accepts NULL.
        unsafe { iput(previous) };
        previous = found.as_ptr();
        // SAFETY: `next_referenced_inode()` took a reference.
        let inode = unsafe { found.as_ref() };
        if info.watched(0) != 0 {
            let is_dir = if inode.is_dir() { FS_ISDIR } else { 0 };
            let data = Data {
                ptr: found.as_ptr().cast_const().cast::<c_void>(),
                kind: fsnotify_data_type::FSNOTIFY_EVENT_INODE as c_int,
            };
            let event = Event { mask: FS_UNMOUNT | is_dir, data, dir: None, name: ptr::null(), cookie: 0 };
            fsnotify(event, Some(inode));
        }
        inode_delete(held, inode);
        cond_resched();
    }
    // SAFETY: as above.
    unsafe { iput(previous) };
}

/// The first inode after `previous` on the superblock's list that is in use, with a reference.
fn next_referenced_inode(sb: &super_block, previous: *mut inode) -> Option<NonNull<inode>> {
    sb.s_inode_list_lock.lock();
    let head = ptr::from_ref(&sb.s_inodes).cast_mut();
    // SAFETY: the caller holds a reference on the inode of the last step, so it is still on the list.
    let mut link = unsafe { previous.as_ref() }.map_or(&sb.s_inodes, |inode| &inode.i_sb_list).next.load(Relaxed);
    let mut found = None;
    while !link.is_null() && link != head {
        // SAFETY: every link on the list is the `i_sb_list` of an inode.
        let inode = unsafe { crate::abi::list::entry!(link, inode, i_sb_list) };
        // SAFETY: inodes leave the list before they go, under the lock that is held.
        let this = unsafe { &*inode };
        this.i_lock.lock();
        // One on its way in or out cannot have marks; one without references neither, and taking one would evict it.
        let usable = this.i_state.load(Relaxed) & (I_FREEING | I_WILL_FREE | I_NEW) == 0
            && this.i_count.counter.load(Relaxed) != 0;
        if usable {
            __iget(this);
        }
        // SAFETY: taken above.
        unsafe { this.i_lock.unlock() };
        if usable {
            found = NonNull::new(inode);
            break;
        }
        link = this.i_sb_list.next.load(Relaxed);
    }
    // SAFETY: taken above.
    unsafe { sb.s_inode_list_lock.unlock() };
    found
}

/// Decides at open time which events the file will generate, from who watches its superblock then.
pub(crate) fn file_set_mode(file: &file) {
    let mode = file.f_mode.load(Relaxed);
    if mode & FMODE_FSNOTIFY_MASK == FMODE_NONOTIFY {
        return;
    }
    // SAFETY: an open file holds its dentry, and that its superblock.
    let sb = unsafe { file.f_path.dentry.as_ref() }.and_then(|dentry| unsafe { dentry.d_sb.load(Relaxed).as_ref() });
    let watched =
        |prio: fsnotify_group_prio| sb.and_then(super_block::info).is_some_and(|info| info.watched(prio as usize) != 0);
    if !watched(fsnotify_group_prio::FSNOTIFY_PRIO_CONTENT) {
        file.f_mode.store(mode | FMODE_NONOTIFY_PERM, Relaxed);
    } else if !watched(fsnotify_group_prio::FSNOTIFY_PRIO_PRE_CONTENT) {
        file.f_mode.store(mode | FMODE_NONOTIFY | FMODE_NONOTIFY_PERM, Relaxed);
    }
}

/// The number of an object's type as C passes it, for the exports.
pub(crate) fn valid_obj_type(obj_type: c_uint) -> bool {
    obj_type < fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_COUNT as c_uint
}
