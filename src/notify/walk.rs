// SPDX-License-Identifier: GPL-2.0-or-later
//! The walk over the marks of an event: group by group in the order of delivery, over up to four lists at once.
//!
//! The iterator's current mark of each list is the first one of the current group or of a later one, also where an index has
//! moved the walk past groups that none of their marks makes interested.

use super::{connector, index, mark};
use crate::abi::*;
use crate::host::*;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;

pub(super) const INODE: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_INODE as usize;
pub(super) const VFSMOUNT: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_VFSMOUNT as usize;
pub(super) const SB: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_SB as usize;
pub(super) const PARENT: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_PARENT as usize;
pub(super) const INODE2: usize = fsnotify_iter_type::FSNOTIFY_ITER_TYPE_INODE2 as usize;

/// Which events the mark's ignore mask means, with the flags that say where it applies (`fsnotify_ignore_mask()`).
fn ignore_mask(mark: &fsnotify_mark) -> u32 {
    let ignore = mark.ignore_mask.load(Relaxed);
    if mark.has(FSNOTIFY_MARK_FLAG_HAS_IGNORE_FLAGS) {
        return ignore;
    }
    // Without flags of its own it applies to directories, and to children if the mark watches them.
    (ignore | FS_ISDIR) & !FS_EVENT_ON_CHILD | mark.mask.load(Relaxed) & FS_EVENT_ON_CHILD
}

/// Events that the mark ignores here (`fsnotify_effective_ignore_mask()`).
pub(super) fn effective_ignore_mask(mark: &fsnotify_mark, is_dir: bool, iter_type: usize) -> u32 {
    let events = mark.ignore_mask.load(Relaxed) & ALL_FSNOTIFY_EVENTS;
    if events == 0 || (!is_dir && iter_type != PARENT) {
        return events;
    }
    let mask = ignore_mask(mark);
    let applies = (!is_dir || mask & FS_ISDIR != 0) && (iter_type != PARENT || mask & FS_EVENT_ON_CHILD != 0);
    if applies {
        mask & ALL_FSNOTIFY_EVENTS
    } else {
        0
    }
}

/// So many marks are passed one by one before the index is asked, which costs about as much.
const BY_STEPS: usize = 16;

/// The numbers of the bits that are set.
#[inline]
fn bits(set: impl Into<u32>) -> impl Iterator<Item = usize> {
    let mut set = set.into();
    core::iter::from_fn(move || {
        let lowest = (set != 0).then(|| set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        lowest
    })
}

/// The parent watches its children, but does this mark?
#[inline(always)]
pub(super) fn takes_part(mark: &fsnotify_mark, iter_type: usize) -> bool {
    iter_type != PARENT || (mark.mask.load(Relaxed) | ignore_mask(mark)) & FS_EVENT_ON_CHILD != 0
}

/// The index to leave the read side with.
#[inline(always)]
pub(super) fn left(srcu_idx: c_int) -> c_int {
    srcu_idx & !mark::LEFT_READ_SIDE
}

fn mark_in(iter: &fsnotify_iter_info, iter_type: usize) -> Option<&fsnotify_mark> {
    // SAFETY: found inside the read side, or pinned by a handler while that was left.
    unsafe { iter.marks[iter_type].as_ref() }
}

/// The marks that take part in the current call.
pub(super) fn reported(iter: &fsnotify_iter_info) -> impl Iterator<Item = (usize, &fsnotify_mark)> {
    bits(iter.report_mask).filter_map(|i| mark_in(iter, i).map(|mark| (i, mark)))
}

/// The mark of one list, if it takes part in the current call.
pub(super) fn reported_mark(iter: &fsnotify_iter_info, iter_type: usize) -> Option<&fsnotify_mark> {
    mark_in(iter, iter_type).filter(|_| iter.report_mask & (1 << iter_type) != 0)
}

/// One walk over the marks of an event. The struct is C's, because handlers see it.
pub(super) struct Walk {
    /// What handlers see.
    pub iter: fsnotify_iter_info,
    /// The events that a mark must be interested in for its group to be called.
    events: u32,
    /// Lists that have not come to their end.
    lists: u8,
    /// Lists with an index.
    indexed: u8,
    /// The node of each list's mark, where it is known; None: of no list.
    nodes: Option<[Known; ITER_TYPE_COUNT]>,
}

/// A mark of an index with its node. The node may be gone once a handler has left the read side.
#[derive(Clone, Copy)]
struct Known {
    mark: *mut fsnotify_mark,
    node: *const index::Node,
}

impl Known {
    const NOTHING: Known = Known { mark: ptr::null_mut(), node: ptr::null() };
}

impl Walk {
    /// A walk inside the read side.
    #[inline(always)]
    pub fn new(events: u32, srcu_idx: c_int) -> Self {
        Walk {
            iter: fsnotify_iter_info {
                marks: [ptr::null_mut(); ITER_TYPE_COUNT],
                current_group: ptr::null_mut(),
                report_mask: 0,
                srcu_idx,
            },
            events: events & ALL_FSNOTIFY_EVENTS,
            lists: 0,
            indexed: 0,
            nodes: None,
        }
    }

    /// Starts at the first mark of an object.
    #[inline(always)]
    pub fn start(&mut self, iter_type: usize, connp: &AtomicPtr<fsnotify_mark_connector>) {
        let Some(conn) = connector_at(connp) else { return };
        self.lists |= 1 << iter_type;
        self.set_mark(iter_type, conn.first_mark());
        if index::is_indexed(conn) {
            self.indexed |= 1 << iter_type;
        }
    }

    /// Moves a list on.
    #[inline(always)]
    fn set_mark(&mut self, i: usize, mark: *mut fsnotify_mark) {
        self.iter.marks[i] = mark;
        if mark.is_null() {
            self.lists &= !(1 << i);
        }
    }

    fn know(&mut self, i: usize, known: Known) {
        self.nodes.get_or_insert([Known::NOTHING; ITER_TYPE_COUNT])[i] = known;
    }

    /// Between two calls: leaves out groups that none of their marks makes interested, mark by mark where a single list is
    /// left, and by the index where there is one and interest is rare.
    #[inline(always)]
    pub fn skip(&mut self) {
        if self.lists.is_power_of_two() {
            self.skip_on_one_list(self.lists.trailing_zeros() as usize);
        } else if self.indexed & self.lists != 0 && !self.more_of_current() {
            self.skip_to_interested();
        }
    }

    /// The call for a mark that stands alone and has no interest, not even in clearing what it ignores, would end at once.
    #[inline(always)]
    fn skip_on_one_list(&mut self, i: usize) {
        let mut steps = 0;
        while let Some(mark) = self.mark(i) {
            if connector::interest(mark) & self.events != 0 {
                return;
            }
            if steps >= BY_STEPS && self.indexed & (1 << i) != 0 && !self.more_of_current() {
                return self.skip_to_interested();
            }
            steps += 1;
            let next = mark.next_on_object();
            self.set_mark(i, next);
        }
    }

    /// Is there another mark of the current group?
    fn more_of_current(&self) -> bool {
        let current = self.iter.current_group;
        bits(self.lists).any(|i| self.mark(i).is_some_and(|mark| mark.group.load(Relaxed) == current))
    }

    #[inline(never)]
    fn skip_to_interested(&mut self) {
        // The first group that a list has to offer: without an index, or where the index is of no use now, the next one.
        let mut best: *mut fsnotify_group = ptr::null_mut();
        for i in bits(self.lists) {
            let Some(mark) = self.mark(i) else { continue };
            let found = self.index(i).map(|index| index.next_interested(mark, self.events, self.node(i)));
            let interested = match found {
                Some(Ok(index::Found { own, interested })) => {
                    let interested = interested.map(index::Node::mark);
                    let known = Known { mark: own.mark(), node: own };
                    self.know(i, known);
                    let Some(interested) = interested else { continue };
                    interested
                }
                Some(Err(index::Unsteady)) | None => {
                    self.know(i, Known::NOTHING);
                    self.iter.marks[i]
                }
            };
            // SAFETY: found inside the read side.
            let group = unsafe { &*interested }.group.load(Relaxed);
            if mark::compare_groups(best, group) > 0 {
                best = group;
            }
        }
        for i in bits(self.lists) {
            self.move_to(i, best);
        }
    }

    /// Moves a list on to a group's first mark, or to where it would be; to the end for no group.
    fn move_to(&mut self, i: usize, group: *mut fsnotify_group) {
        let Some(mark) = self.mark(i) else { return };
        // SAFETY: a mark found inside the read side keeps its group; NULL for none.
        let Some(group) = (unsafe { group.as_ref() }) else {
            self.set_mark(i, ptr::null_mut());
            return;
        };
        if mark::compare_groups(group, mark.group.load(Relaxed)) <= 0 {
            return;
        }
        // Not simply the interested one: before it there may be others of the group, several or a destroyed one.
        // Only from a node that is in its place: otherwise the group's may lie behind it.
        let index = self.node(i).and_then(|_| self.index(i));
        let place = index.ok_or(index::Unsteady).and_then(|index| index.first_from(group));
        let known = match place {
            Ok(node) => node.map_or(Known::NOTHING, |node| Known { mark: node.mark(), node }),
            Err(index::Unsteady) => {
                let mut at = Some(mark);
                while let Some(mark) = at.filter(|at| mark::compare_groups(group, at.group.load(Relaxed)) > 0) {
                    // SAFETY: inside the read side.
                    at = unsafe { mark.next_on_object().as_ref() };
                }
                Known { mark: at.map_or(ptr::null_mut(), fsnotify_mark::as_ptr), node: ptr::null() }
            }
        };
        self.set_mark(i, known.mark);
        self.know(i, known);
    }

    /// The index of a list, if it has one.
    fn index(&self, i: usize) -> Option<&index::Index> {
        if self.indexed & (1 << i) == 0 {
            return None;
        }
        self.mark(i)?.connector().and_then(index::of)
    }

    /// The node that was found last on a list.
    fn node(&self, i: usize) -> Option<&index::Node> {
        // SAFETY: found inside the read side; `advance()` forgets it if that was left.
        unsafe { self.nodes.as_ref()?[i].node.as_ref() }
    }

    fn mark(&self, iter_type: usize) -> Option<&fsnotify_mark> {
        mark_in(&self.iter, iter_type)
    }

    /// Chooses the next group and its marks; false when all groups have been called.
    #[inline(always)]
    pub fn select(&mut self) -> bool {
        if self.lists.is_power_of_two() {
            let i = self.lists.trailing_zeros() as usize;
            let next = self.mark(i).map(|mark| (mark.group.load(Relaxed), takes_part(mark, i)));
            if let Some((group, takes_part)) = next {
                self.iter.current_group = group;
                self.iter.report_mask = if takes_part { self.lists.into() } else { 0 };
                return true;
            }
        }
        self.lists != 0 && self.select_among_lists()
    }

    #[inline(never)]
    fn select_among_lists(&mut self) -> bool {
        let mut chosen: *mut fsnotify_group = ptr::null_mut();
        for i in bits(self.lists) {
            if let Some(mark) = self.mark(i) {
                let group = mark.group.load(Relaxed);
                if mark::compare_groups(chosen, group) > 0 {
                    chosen = group;
                }
            }
        }
        self.iter.current_group = chosen;
        self.iter.report_mask = 0;
        if chosen.is_null() {
            return false;
        }
        for i in bits(self.lists) {
            let Some(mark) = self.mark(i) else { continue };
            if mark.group.load(Relaxed) != chosen {
                continue;
            }
            if takes_part(mark, i) {
                self.iter.report_mask |= 1 << i;
            }
        }
        true
    }

    /// Steps over the marks of the group that was called, those that were not reported included.
    #[inline(always)]
    pub fn advance(&mut self) {
        if self.iter.srcu_idx & mark::LEFT_READ_SIDE != 0 {
            self.iter.srcu_idx &= !mark::LEFT_READ_SIDE;
            self.nodes = None;
        }
        for i in bits(self.lists) {
            if let Some(mark) = self.mark(i) {
                if mark.group.load(Relaxed) == self.iter.current_group {
                    let next = mark.next_on_object();
                    self.set_mark(i, next);
                }
            }
        }
    }
}
