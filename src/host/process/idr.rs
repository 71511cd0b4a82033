// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers for pointers: the smallest free number, or the next one round and round; a search without a lock.
//!
//! A radix tree with 64 slots a node. The root says how tall it is, so readers need nothing but the root. Whoever changes
//! the tree brings a lock; readers are inside RCU or hold that lock. A new number's nodes are made and linked with each
//! other first and then hung into the tree by one store, so a reader sees none of them or all, and a failed allocation
//! leaves the tree as it was. Nodes that have become empty go after a grace period.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::{log, rcu, slab};
use crate::abi::primitives::callback_head;
use crate::abi::{gfp_t, idr, __GFP_ZERO};

/// Bits of a number that one node stands for, and its slots.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Nodes on the way to any number of 32 bits, and as many to make the tree taller.
const DEPTH: usize = 6;

/// A node; the memory is zeroed. Only `shift` and `slots` are looked at by readers. It begins with its head, which is written
/// to while the last readers are still in it.
#[repr(C)]
struct Node {
    rcu: callback_head,
    /// log2 of the numbers that one slot stands for; set before the node can be found.
    shift: AtomicU64,
    /// Slots in use: of a leaf those with a number (whose pointer may be NULL), else those with a node.
    used: AtomicU64,
    /// Slots without a free number beneath.
    full: AtomicU64,
    /// Pointers of the program in a leaf, else nodes.
    slots: [AtomicPtr<c_void>; SLOTS],
}

impl Node {
    fn shift(&self) -> u32 {
        self.shift.load(Ordering::Relaxed) as u32
    }

    fn is_leaf(&self) -> bool {
        self.shift() == 0
    }

    /// The largest number in a tree with this root.
    fn max(&self) -> u64 {
        max_of(self.shift())
    }

    fn slot_of(&self, number: u64) -> usize {
        (number >> self.shift()) as usize % SLOTS
    }

    fn child(&self, slot: usize) -> Option<&Node> {
        deref(self.slots[slot].load(Ordering::Acquire))
    }

    fn has(&self, slot: usize) -> bool {
        self.used.load(Ordering::Relaxed) & 1 << slot != 0
    }

    fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed) == u64::MAX
    }

    fn is_empty(&self) -> bool {
        self.used.load(Ordering::Relaxed) == 0
    }

    /// Sets or clears a bit of `used` or `full`: only the holder of the lock writes.
    fn mark(word: &AtomicU64, slot: usize, on: bool) {
        let old = word.load(Ordering::Relaxed);
        word.store(if on { old | 1 << slot } else { old & !(1 << slot) }, Ordering::Relaxed);
    }

    /// Fills a slot. `full` says whether a free number is left beneath.
    fn fill(&self, slot: usize, pointer: *mut c_void, full: bool) {
        Self::mark(&self.used, slot, true);
        Self::mark(&self.full, slot, full);
        self.slots[slot].store(pointer, Ordering::Release);
    }
}

/// A node by its link, which is what kmalloc() returned: only that may be freed.
fn deref<'a>(link: *mut c_void) -> Option<&'a Node> {
    // SAFETY: NULL or a node, which outlives the reader or the holder of the lock.
    unsafe { link.cast::<Node>().as_ref() }
}

/// Frees a node once no reader can be in it; NULL is nothing.
fn retire(link: *mut c_void) {
    if !link.is_null() {
        // SAFETY: the node is not linked any more, so nobody else frees it; its head is used for nothing else.
        unsafe { rcu::kvfree_call_rcu(link.cast(), link) };
    }
}

fn max_of(shift: u32) -> u64 {
    (1 << (shift + BITS)) - 1
}

/// The shift of the smallest tree that has `number`.
fn shift_for(number: u64) -> u32 {
    (0..).step_by(BITS as usize).find(|&shift| max_of(shift) >= number).unwrap_or(0)
}

fn root(idr: &idr) -> Option<&Node> {
    deref(idr.head.load(Ordering::Acquire))
}

fn base(idr: &idr) -> u64 {
    idr.idr_base.load(Ordering::Relaxed).into()
}

/// The smallest free number that is not less than `from`; beyond the tree if it is full from there.
fn free_number(idr: &idr, from: u64) -> u64 {
    let Some(root) = root(idr).filter(|root| from <= root.max()) else {
        return from;
    };
    let mut number = from;
    'again: while number <= root.max() {
        let mut node = root;
        loop {
            let first = node.slot_of(number);
            let free = !node.full.load(Ordering::Relaxed) & (u64::MAX << first);
            if free == 0 {
                // Nothing from here to the end of this node: go on behind it, from the root.
                number = (number | max_of(node.shift())) + 1;
                continue 'again;
            }
            let slot = free.trailing_zeros() as usize;
            if slot != first {
                let below = (1 << node.shift()) - 1;
                number = (number & !max_of(node.shift())) | (slot as u64) << node.shift();
                debug_assert_eq!(number & below, 0);
            }
            match node.child(slot) {
                Some(child) if !node.is_leaf() => node = child,
                _ => return number,
            }
        }
    }
    number
}

/// The nodes from the root towards `number`, and how many they are.
fn path(idr: &idr, number: u64) -> ([Option<&Node>; DEPTH], usize) {
    let mut path = [None; DEPTH];
    let mut length = 0;
    let mut node = root(idr).filter(|root| number <= root.max());
    while let Some(at) = node {
        path[length] = Some(at);
        length += 1;
        node = if at.is_leaf() { None } else { at.child(at.slot_of(number)) };
    }
    (path, length)
}

/// New nodes, not linked yet; freed if they are dropped before they are.
struct Fresh {
    nodes: [*mut c_void; 2 * DEPTH],
    length: usize,
}

impl Fresh {
    /// A node, and the link to it.
    fn node(&mut self, shift: u32, gfp: gfp_t) -> Option<(&'static Node, *mut c_void)> {
        // Zeroed memory of a node's size is a valid node.
        let link = slab::kmalloc(size_of::<Node>(), gfp | __GFP_ZERO);
        let node = deref(link)?;
        node.shift.store(shift.into(), Ordering::Relaxed);
        self.nodes[self.length] = link;
        self.length += 1;
        Some((node, link))
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        for &node in &self.nodes[..self.length] {
            // SAFETY: made by kmalloc() and found by nobody.
            unsafe { slab::kfree(node) };
        }
    }
}

/// Hangs `pointer` in at `number`, which is free. False without memory: nothing has changed.
fn insert(idr: &idr, number: u64, pointer: *mut c_void, gfp: gfp_t) -> bool {
    let mut fresh = Fresh { nodes: [ptr::null_mut(); 2 * DEPTH], length: 0 };
    let old_link = idr.head.load(Ordering::Relaxed);
    let old_root = deref(old_link);
    let (path, length) = path(idr, number);
    // What is missing: the whole way from a taller root, or only its lower end.
    let (hook, mut slot_shift) = match (length.checked_sub(1).and_then(|last| path[last]), old_root) {
        (Some(last), _) => (Some(last), last.shift()),
        (None, Some(old)) => (None, shift_for(number).max(old.shift() + BITS) + BITS),
        (None, None) => (None, shift_for(number) + BITS),
    };
    // From the node under the hook down to the leaf.
    let mut top: *mut c_void = ptr::null_mut();
    let mut above: Option<&Node> = None;
    while slot_shift > 0 {
        slot_shift -= BITS;
        let Some((node, link)) = fresh.node(slot_shift, gfp) else { return false };
        match above {
            Some(above) => above.fill(above.slot_of(number), link, false),
            None => top = link,
        }
        above = Some(node);
    }
    // A taller root takes the old one along, below as many nodes with one child as it needs.
    if let (None, Some(old)) = (hook, old_root) {
        let mut beside = deref(top);
        while let Some(node) = beside {
            if node.shift() == old.shift() + BITS {
                node.fill(0, old_link, old.is_full());
                break;
            }
            beside = match node.child(0) {
                Some(child) => Some(child),
                None => {
                    let Some((child, link)) = fresh.node(node.shift() - BITS, gfp) else { return false };
                    node.fill(0, link, false);
                    Some(child)
                }
            };
        }
    }
    if let Some(leaf) = above {
        leaf.fill(leaf.slot_of(number), pointer, true);
    }
    let link = if top.is_null() { pointer } else { top };
    match hook {
        Some(hook) => hook.fill(hook.slot_of(number), link, hook.is_leaf()),
        None => idr.head.store(link, Ordering::Release),
    }
    fresh.length = 0;
    propagate_full(idr, number);
    true
}

/// Tells the nodes above a number what became of the ones below.
fn propagate_full(idr: &idr, number: u64) {
    let (path, length) = path(idr, number);
    for pair in path[..length].windows(2).rev() {
        if let [Some(above), Some(below)] = pair {
            Node::mark(&above.full, above.slot_of(number), below.is_full());
        }
    }
}

/// The smallest free number from `from` to `max`, now with `pointer` behind it. `-ENOSPC`: there is none; `-ENOMEM`.
pub fn alloc_u32(idr: &idr, pointer: *mut c_void, from: u32, max: u32, gfp: gfp_t) -> Result<u32, c_int> {
    let base = base(idr);
    let Some(max) = u64::from(max).checked_sub(base) else { return Err(-libc::ENOSPC) };
    let number = free_number(idr, u64::from(from).saturating_sub(base));
    if number > max {
        return Err(-libc::ENOSPC);
    }
    if !insert(idr, number, pointer, gfp | preloaded()) {
        return Err(-libc::ENOMEM);
    }
    Ok((number + base) as u32)
}

fn last_of(end: c_int) -> u32 {
    if end > 0 {
        end as u32 - 1
    } else {
        i32::MAX as u32
    }
}

/// The smallest free number from `start` up to `end`, which is not meant any more; no end if it is 0 or less.
pub fn alloc(idr: &idr, pointer: *mut c_void, start: c_int, end: c_int, gfp: gfp_t) -> Result<c_int, c_int> {
    if start < 0 {
        log::warn("idr_alloc", "the start is negative");
        return Err(-libc::EINVAL);
    }
    alloc_u32(idr, pointer, start as u32, last_of(end), gfp).map(|number| number as c_int)
}

/// [`alloc`], but behind the number that was given last; from `start` again where the end is reached.
pub fn alloc_cyclic(idr: &idr, pointer: *mut c_void, start: c_int, end: c_int, gfp: gfp_t) -> Result<c_int, c_int> {
    let max = last_of(end);
    let next = idr.idr_next.load(Ordering::Relaxed);
    let from = if (next as c_int) < start { start as u32 } else { next };
    let number = match alloc_u32(idr, pointer, from, max, gfp) {
        Err(error) if error == -libc::ENOSPC && from as i64 > start.into() => {
            alloc_u32(idr, pointer, start as u32, max, gfp)?
        }
        result => result?,
    };
    idr.idr_next.store(number.wrapping_add(1), Ordering::Relaxed);
    Ok(number as c_int)
}

/// The pointer behind a number, or NULL.
pub fn find(idr: &idr, number: u64) -> *mut c_void {
    let Some(number) = number.checked_sub(base(idr)) else { return ptr::null_mut() };
    let mut node = root(idr).filter(|root| number <= root.max());
    while let Some(at) = node {
        let slot = at.slot_of(number);
        if at.is_leaf() {
            return at.slots[slot].load(Ordering::Acquire);
        }
        node = at.child(slot);
    }
    ptr::null_mut()
}

/// The leaf and slot of a number that is in use.
fn leaf(idr: &idr, number: u64) -> Option<(&Node, usize)> {
    let (path, length) = path(idr, number.checked_sub(base(idr))?);
    let leaf = path[length.checked_sub(1)?].filter(|node| node.is_leaf())?;
    let slot = leaf.slot_of(number - base(idr));
    leaf.has(slot).then_some((leaf, slot))
}

/// Puts another pointer behind a number; the old one, or `-ENOENT`.
pub fn replace(idr: &idr, pointer: *mut c_void, number: u64) -> Result<*mut c_void, c_int> {
    let (leaf, slot) = leaf(idr, number).ok_or(-libc::ENOENT)?;
    Ok(leaf.slots[slot].swap(pointer, Ordering::AcqRel))
}

/// Frees a number; what was behind it, NULL if it was free.
pub fn remove(idr: &idr, number: u64) -> *mut c_void {
    if leaf(idr, number).is_none() {
        return ptr::null_mut();
    }
    let number = number - base(idr);
    let (path, length) = path(idr, number);
    let mut old = ptr::null_mut();
    let mut emptied = false;
    for node in path[..length].iter().rev().flatten() {
        let slot = node.slot_of(number);
        Node::mark(&node.full, slot, false);
        if node.is_leaf() {
            old = node.slots[slot].swap(ptr::null_mut(), Ordering::AcqRel);
            Node::mark(&node.used, slot, false);
        } else if emptied {
            Node::mark(&node.used, slot, false);
            retire(node.slots[slot].swap(ptr::null_mut(), Ordering::AcqRel));
        }
        emptied = node.is_empty();
    }
    if emptied {
        retire(idr.head.swap(ptr::null_mut(), Ordering::AcqRel));
    }
    shrink(idr);
    old
}

/// Takes away roots whose only child is the first.
fn shrink(idr: &idr) {
    while let Some(top) = root(idr).filter(|top| !top.is_leaf() && top.used.load(Ordering::Relaxed) == 1) {
        // Readers in the old root go on to the child from there.
        retire(idr.head.swap(top.slots[0].load(Ordering::Relaxed), Ordering::AcqRel));
    }
}

/// The first number from `from` on with a pointer that is not NULL.
pub fn next(idr: &idr, from: u64) -> Option<(u64, *mut c_void)> {
    let base = base(idr);
    let root = root(idr)?;
    let mut number = from.saturating_sub(base);
    'again: while number <= root.max() {
        let mut node = root;
        loop {
            let pointer = node.slots[node.slot_of(number)].load(Ordering::Acquire);
            if pointer.is_null() {
                // The next slot, and if this was the node's last, from the root again.
                number = (number | ((1 << node.shift()) - 1)) + 1;
                if node.slot_of(number) == 0 {
                    continue 'again;
                }
                continue;
            }
            if node.is_leaf() {
                return Some((number + base, pointer));
            }
            let Some(child) = deref(pointer) else { continue };
            node = child;
        }
    }
    None
}

/// Whether no number is in use.
pub fn is_empty(idr: &idr) -> bool {
    idr.head.load(Ordering::Relaxed).is_null()
}

/// Frees all numbers, but not what is behind them. The cursor stays.
pub fn destroy(idr: &idr) {
    retire_tree(idr.head.swap(ptr::null_mut(), Ordering::AcqRel));
}

/// Nodes are six deep at most.
fn retire_tree(link: *mut c_void) {
    if let Some(node) = deref(link).filter(|node| !node.is_leaf()) {
        node.slots.iter().for_each(|slot| retire_tree(slot.load(Ordering::Acquire)));
    }
    retire(link);
}

// ---- preloading -------------------------------------------------------------------------------------------------------

super::std::thread_local! {
    /// Flags of `idr_preload()`, while the thread is in such a section.
    static PRELOADED: core::cell::Cell<gfp_t> = const { core::cell::Cell::new(0) };
}

fn preloaded() -> gfp_t {
    PRELOADED.get()
}

/// Begins a section in which the calling thread's numbers are as sure to be had as with `gfp`. In a kernel this sets nodes
/// aside, because under a spin lock memory cannot be waited for; here it can, so the flags are all that is kept.
pub fn preload(gfp: gfp_t) {
    PRELOADED.set(gfp);
}

/// Ends the section.
pub fn preload_end() {
    PRELOADED.set(0);
}
