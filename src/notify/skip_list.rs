// SPDX-License-Identifier: GPL-2.0-or-later
//! The marks of one object in the order of delivery, as a skip list whose links know what the marks that they pass over are
//! interested in.
//!
//! Whoever changes a list holds `connector->lock`. Readers are inside `fsnotify_mark_srcu`: a node is freed one grace
//! period after it was unlinked, and keeps its links until then. What a reader concludes from several links counts only if
//! `version` is the same before and after.

use super::connector::{self, Wanted};
use crate::abi::*;
use crate::host::*;
use core::mem::size_of;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{fence, AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// Levels of the head, enough for millions: one node in four is on the next level.
pub(super) const LEVELS: usize = 11;
/// How often a reader looks again while the list changes.
const TRIES: usize = 4;

/// Memory that waits for a grace period: what every node begins with.
#[repr(C)]
pub(super) struct Retired {
    /// \[reaper's lock\]
    pub next: AtomicPtr<Retired>,
}

impl Retired {
    /// Not waiting yet.
    pub const fn new() -> Self {
        Retired { next: AtomicPtr::new(ptr::null_mut()) }
    }
}

/// One level of a node: its link, and what the marks from this node up to the linked one are interested in.
struct Level {
    next: AtomicPtr<Node>,
    /// What they, as far as they are attached, want of the object: [`Wanted`].
    wanted: AtomicU64,
    /// Events for which one of them, attached or not, may have to be called.
    interest: AtomicU32,
}

/// The place in the order of delivery: descending by priority, by group, and by age, newest first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The group's priority when the mark was added.
    pub prio: u32,
    /// The group's address.
    pub group: usize,
    /// A number that grows from mark to mark.
    pub age: u64,
}

impl Key {
    /// The first place of a group's marks.
    pub fn first_of(group: &fsnotify_group) -> Self {
        Key { prio: group.priority.load(Relaxed), group: group.as_ptr().addr(), age: u64::MAX }
    }

    fn is_before(&self, other: &Key) -> bool {
        (self.prio, self.group, self.age) > (other.prio, other.group, other.age)
    }

    fn same_group(&self, other: &Key) -> bool {
        (self.prio, self.group) == (other.prio, other.group)
    }
}

/// A mark on the list, or the head.
#[repr(C)]
pub(super) struct Node {
    /// For the reaper.
    pub retired: Retired,
    mark: *mut fsnotify_mark,
    key: Key,
    /// Unlinked: what it links is of the past.
    gone: AtomicBool,
    height: u32,
    /// `height` of them, behind the node in the same memory.
    levels: *const Level,
}

impl Node {
    fn alloc(mark: *mut fsnotify_mark, key: Key, height: usize) -> Option<NonNull<Node>> {
        let bytes = size_of::<Node>() + height * size_of::<Level>();
        let node = NonNull::new(kzalloc(bytes, GFP_NOWAIT).cast::<Node>())?;
        // SAFETY: the memory has room for levels behind the node; zeroed ones are valid.
        let levels = unsafe { node.as_ptr().add(1) }.cast::<Level>();
        let gone = AtomicBool::new(false);
        let new = Node { retired: Retired::new(), mark, key, gone, height: height as u32, levels };
        // SAFETY: fresh memory.
        unsafe { node.write(new) };
        Some(node)
    }

    fn as_ptr(&self) -> *mut Node {
        ptr::from_ref(self).cast_mut()
    }

    fn level(&self, level: usize) -> &Level {
        debug_assert!(level < self.height());
        // SAFETY: `level` is below `height`.
        let at = unsafe { self.levels.add(level) };
        // SAFETY: as above.
        unsafe { &*at }
    }

    fn height(&self) -> usize {
        self.height as usize
    }

    /// Has it been unlinked?
    pub fn is_gone(&self) -> bool {
        self.gone.load(Relaxed)
    }

    /// The node that a level links.
    pub fn next(&self, level: usize) -> Option<&Node> {
        // SAFETY: linked nodes are valid under the lock or inside the read side.
        unsafe { self.level(level).next.load(Acquire).as_ref() }
    }

    /// The mark; NULL for the head.
    pub fn mark(&self) -> *mut fsnotify_mark {
        self.mark
    }

    /// Is the group's priority still what it was when the mark was added? The caller keeps the mark, or is inside the read side.
    pub fn is_in_place(&self) -> bool {
        // SAFETY: a mark outlives its node, or both stay for the grace period; the head is never asked.
        unsafe { &*self.mark }.group().priority.load(Relaxed) == self.key.prio
    }

    /// Sets what the mark itself is interested in.
    fn judge(&self, mark: &fsnotify_mark) {
        let own = self.level(0);
        own.interest.store(connector::interest(mark), Relaxed);
        own.wanted.store(Wanted::of(mark).0, Relaxed);
    }

    /// Sums up the level below between this node and the next of `level`.
    fn sum_up(&self, level: usize) {
        let above = self.level(level);
        let end = above.next.load(Relaxed).cast_const();
        let (mut interest, mut wanted) = (0, 0);
        let mut at = Some(self);
        while let Some(node) = at.filter(|&node| !ptr::eq(node, end)) {
            let below = node.level(level - 1);
            interest |= below.interest.load(Relaxed);
            wanted |= below.wanted.load(Relaxed);
            at = node.next(level - 1);
        }
        above.interest.store(interest, Relaxed);
        above.wanted.store(wanted, Relaxed);
    }

    /// The first node from this one on that is interested.
    pub fn first_interested(&self, events: u32) -> Option<&Node> {
        let mut at = self;
        while at.level(0).interest.load(Relaxed) & events == 0 {
            // The furthest link that passes over nobody who is interested.
            let mut level = 0;
            while level + 1 < at.height() && at.level(level + 1).interest.load(Relaxed) & events == 0 {
                level += 1;
            }
            at = at.next(level)?;
        }
        Some(at)
    }
}

/// The list changed all the time.
pub(super) struct Unsteady;

/// The list. It lives as long as its connector.
pub(super) struct SkipList {
    head: NonNull<Node>,
    /// Odd while links change.
    version: AtomicUsize,
    /// Age of the newest mark \[connector->lock\].
    age: AtomicU64,
    /// State of the dice that are thrown for heights \[connector->lock\].
    dice: AtomicU32,
}

/// Links are being changed.
struct Change<'a>(&'a AtomicUsize);

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.store(self.0.load(Relaxed).wrapping_add(1), Release);
    }
}

impl SkipList {
    /// An empty list; `None`: out of memory.
    pub fn new(seed: u32) -> Option<Self> {
        let head = Node::alloc(ptr::null_mut(), Key { prio: 0, group: 0, age: 0 }, LEVELS)?;
        let (version, age) = (AtomicUsize::new(0), AtomicU64::new(0));
        Some(SkipList { head, version, age, dice: AtomicU32::new(seed | 1) })
    }

    /// The head: no mark, before all of them.
    pub fn head(&self) -> &Node {
        // SAFETY: the head lives as long as the list.
        unsafe { self.head.as_ref() }
    }

    fn change(&self) -> Change<'_> {
        self.version.store(self.version.load(Relaxed).wrapping_add(1), Relaxed);
        fence(Release);
        Change(&self.version)
    }

    /// Runs a reader until what it found is of one piece.
    pub fn read<T>(&self, look: impl Fn() -> T) -> Result<T, Unsteady> {
        for _ in 0..TRIES {
            let version = self.version.load(Acquire);
            if version & 1 == 0 {
                let found = look();
                fence(Acquire);
                if self.version.load(Relaxed) == version {
                    return Ok(found);
                }
            }
            core::hint::spin_loop();
        }
        Err(Unsteady)
    }

    /// The last node of each level that comes before a place.
    fn path(&self, key: &Key) -> [&Node; LEVELS] {
        let mut path = [self.head(); LEVELS];
        let mut at = self.head();
        for level in (0..LEVELS).rev() {
            while let Some(next) = at.next(level).filter(|next| next.key.is_before(key)) {
                at = next;
            }
            path[level] = at;
        }
        path
    }

    /// The last node that comes before a place; the head, if none does.
    pub fn before(&self, key: &Key) -> &Node {
        let mut at = self.head();
        for level in (0..LEVELS).rev() {
            while let Some(next) = at.next(level).filter(|next| next.key.is_before(key)) {
                at = next;
            }
        }
        at
    }

    /// The first node of a group that is as wanted.
    pub fn find(&self, first: &Key, wanted: impl Fn(&Node) -> bool) -> Option<&Node> {
        let mut at = self.before(first).next(0);
        while let Some(node) = at.filter(|node| node.key.same_group(first)) {
            if wanted(node) {
                return Some(node);
            }
            at = node.next(0);
        }
        None
    }

    /// A mark's node. It lies where the group's priority was when the mark was added.
    pub fn node_of(&self, mark: &fsnotify_mark) -> Option<&Node> {
        let now = Key::first_of(mark.group());
        let others = (0..PRIO_NUM as u32).filter(|&prio| prio != now.prio).map(|prio| Key { prio, ..now });
        core::iter::once(now).chain(others).find_map(|key| self.find(&key, |node| ptr::eq(node.mark, mark)))
    }

    /// One in four is a level higher.
    fn throw_height(&self) -> usize {
        let mut dice = self.dice.load(Relaxed);
        dice ^= dice << 13;
        dice ^= dice >> 17;
        dice ^= dice << 5;
        self.dice.store(dice, Relaxed);
        (1 + dice.trailing_zeros() as usize / 2).min(LEVELS)
    }

    /// Sets the age of the newest mark, so that the next one is older than those that are there.
    pub fn set_age(&self, age: u64) {
        self.age.store(age, Relaxed);
    }

    /// Adds a mark; false if there is no memory, or if its group has a priority that there is none of.
    #[must_use]
    pub fn insert(&self, mark: &fsnotify_mark) -> bool {
        let age = self.age.load(Relaxed) + 1;
        let key = Key { age, ..Key::first_of(mark.group()) };
        if key.prio as usize >= PRIO_NUM {
            return false;
        }
        let Some(node) = Node::alloc(mark.as_ptr(), key, self.throw_height()) else { return false };
        // SAFETY: initialised, and freed only after it was removed.
        let node = unsafe { node.as_ref() };
        self.age.store(age, Relaxed);
        let path = self.path(&key);
        node.judge(mark);
        let _change = self.change();
        for (level, before) in path.iter().enumerate().take(node.height()) {
            node.level(level).next.store(before.level(level).next.load(Relaxed), Relaxed);
            before.level(level).next.store(node.as_ptr(), Release);
        }
        sum_up(&path, node);
        true
    }

    /// Unlinks a node; it keeps its own links for those who stand on it.
    pub fn remove(&self, node: &Node) {
        let path = self.path(&node.key);
        node.gone.store(true, Relaxed);
        let _change = self.change();
        for (level, before) in path.iter().enumerate() {
            if level < node.height() {
                before.level(level).next.store(node.level(level).next.load(Relaxed), Release);
            }
            if level > 0 {
                before.sum_up(level);
            }
        }
    }

    /// Takes a node's masks anew.
    pub fn judge(&self, node: &Node, mark: &fsnotify_mark) {
        let path = self.path(&node.key);
        let _change = self.change();
        node.judge(mark);
        sum_up(&path, node);
    }

    /// Takes all masks anew.
    pub fn judge_all(&self) {
        let _change = self.change();
        let mut at = self.head().next(0);
        while let Some(node) = at {
            // SAFETY: nodes are unlinked with their marks, under the lock that is held.
            node.judge(unsafe { &*node.mark });
            at = node.next(0);
        }
        for level in 1..LEVELS {
            let mut at = Some(self.head());
            while let Some(node) = at {
                node.sum_up(level);
                at = node.next(level);
            }
        }
    }

    /// What the attached marks want of the object.
    pub fn wanted(&self) -> Wanted {
        let mut all = 0;
        let mut at = Some(self.head());
        while let Some(node) = at {
            all |= node.level(LEVELS - 1).wanted.load(Relaxed);
            at = node.next(LEVELS - 1);
        }
        Wanted(all)
    }

    /// Unlinks all nodes at once and passes them on.
    pub fn clear(&self, mut unlinked: impl FnMut(&Node)) {
        let mut at = self.head().next(0);
        {
            let _change = self.change();
            for level in 0..LEVELS {
                self.head().level(level).next.store(ptr::null_mut(), Release);
            }
        }
        while let Some(node) = at {
            at = node.next(0);
            node.gone.store(true, Relaxed);
            unlinked(node);
        }
    }
}

/// Brings the sums up to date that a change at `node` touches; `path` leads to it.
fn sum_up(path: &[&Node; LEVELS], node: &Node) {
    for (level, before) in path.iter().enumerate().skip(1) {
        if level < node.height() {
            node.sum_up(level);
        }
        before.sum_up(level);
    }
}

#[cfg(all(test, feature = "process"))]
mod tests {
    use super::*;
    use core::mem::MaybeUninit;
    extern crate std;

    use std::boxed::Box;
    use std::sync::Mutex;
    use std::thread;
    use std::vec::Vec;

    const MARKS: usize = 40;

    fn zeroed<T>() -> &'static T {
        let memory = Box::leak(Box::new(MaybeUninit::<T>::zeroed()));
        // SAFETY: used for groups and marks only, of which all zero is a valid value.
        unsafe { memory.assume_init_ref() }
    }

    /// Marks of groups of three priorities; one in eight is interested.
    fn some_marks() -> Vec<&'static fsnotify_mark> {
        let mark = |i: usize| {
            let group = zeroed::<fsnotify_group>();
            group.priority.store(i as u32 % 3, Relaxed);
            let mark = zeroed::<fsnotify_mark>();
            mark.group.store(group.as_ptr(), Relaxed);
            mark.mask.store(if i.is_multiple_of(8) { FS_OPEN } else { FS_ACCESS }, Relaxed);
            mark
        };
        (0..MARKS).map(mark).collect()
    }

    /// What the tests leave behind, so that it counts as known: nobody frees it.
    static KEPT: Mutex<Vec<Vec<AtomicPtr<Node>>>> = Mutex::new(Vec::new());

    fn end(list: SkipList, removed: Vec<AtomicPtr<Node>>) {
        let mut nodes = removed;
        list.clear(|node| nodes.push(AtomicPtr::new(node.as_ptr())));
        nodes.push(AtomicPtr::new(list.head().as_ptr()));
        KEPT.lock().unwrap().push(nodes);
    }

    fn interested(list: &SkipList) -> Result<Vec<*mut fsnotify_mark>, Unsteady> {
        let mut found = Vec::new();
        let mut at = list.read(|| list.head().next(0).and_then(|first| first.first_interested(FS_OPEN)))?;
        while let Some(node) = at {
            found.push(node.mark());
            at = list.read(|| node.next(0).and_then(|next| next.first_interested(FS_OPEN)))?;
        }
        Ok(found)
    }

    #[test]
    fn interest_is_summed_up() {
        let marks = some_marks();
        let list = SkipList::new(1).unwrap();
        let mut removed = Vec::new();
        for round in 0..3 {
            marks.iter().for_each(|mark| assert!(list.insert(mark)));
            assert_eq!(interested(&list).ok().unwrap().len(), MARKS / 8);
            let keys = core::iter::successors(list.head().next(0), |node| node.next(0)).map(|node| node.key);
            let keys: Vec<_> = keys.collect();
            assert!(keys.windows(2).all(|pair| pair[0].is_before(&pair[1])));
            for mark in marks.iter().skip(round).step_by(8) {
                let node = list.node_of(mark).unwrap();
                list.remove(node);
                removed.push(AtomicPtr::new(node.as_ptr()));
            }
            assert_eq!(interested(&list).ok().unwrap().len(), if round == 0 { 0 } else { MARKS / 8 });
            list.clear(|node| removed.push(AtomicPtr::new(node.as_ptr())));
        }
        end(list, removed);
    }

    /// A writer changes links before and behind those who stay; whoever reads meanwhile finds them all, or knows that it may not.
    #[test]
    fn readers_find_what_stays() {
        let marks = some_marks();
        let list = SkipList::new(7).unwrap();
        marks.iter().for_each(|mark| assert!(list.insert(mark)));
        let (list, marks) = (SharedList(list), Shared(marks));
        let removed = thread::scope(|scope| {
            let (list, marks) = (&list, &marks);
            let writer = scope.spawn(move || {
                let mut removed = Vec::new();
                for i in 0..30 {
                    let mark = marks.get()[i % 5 * 8 + 1];
                    let node = list.get().node_of(mark).unwrap();
                    list.get().remove(node);
                    removed.push(AtomicPtr::new(node.as_ptr()));
                    assert!(list.get().insert(mark));
                }
                removed
            });
            for _ in 0..10 {
                if let Ok(found) = interested(list.get()) {
                    assert_eq!(found.len(), MARKS / 8);
                }
            }
            writer.join().unwrap()
        });
        end(list.0, removed);
    }

    struct Shared(Vec<&'static fsnotify_mark>);
    struct SharedList(SkipList);

    // SAFETY: the core shares marks among threads.
    unsafe impl Sync for Shared {}
    // SAFETY: one thread changes the list, as the connector's lock would have it; nodes are freed when both are done.
    unsafe impl Sync for SharedList {}

    impl Shared {
        fn get(&self) -> &[&'static fsnotify_mark] {
            &self.0
        }
    }

    impl SharedList {
        fn get(&self) -> &SkipList {
            &self.0
        }
    }
}
