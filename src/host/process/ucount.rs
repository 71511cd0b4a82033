// SPDX-License-Identifier: GPL-2.0-or-later
//! How much of each kind a user of a namespace has. What is counted in a namespace counts in all namespaces above it, too,
//! for the user who made the one below; each has its own limit.

use core::ffi::c_long;
use core::ptr;
use core::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, Ordering};

use super::fork::Guarded;
use super::{log, slab, user_ns};
use crate::abi::primitives::{atomic_long_t, atomic_t, hlist_node};
use crate::abi::*;

const BUCKETS: usize = 256;

/// All counts, by namespace and user: each bucket is a list through `node.next`, which points to the next `ucounts`.
struct Table([*mut ucounts; BUCKETS]);
// SAFETY: reached only through the lock.
unsafe impl Send for Table {}
static TABLE: Guarded<Table> = Guarded::new(Table([ptr::null_mut(); BUCKETS]));

// SAFETY: the counts are atomic, the link is behind the table's lock, the rest does not change.
unsafe impl Sync for ucounts {}

fn bucket(ns: *const user_namespace, uid: kuid_t) -> usize {
    let key = (ns.addr() as u64 >> 6).wrapping_add(uid.val.into());
    (key.wrapping_mul(0x61c8_8646_80b5_83eb) >> (64 - BUCKETS.trailing_zeros())) as usize
}

/// The counts behind a pointer of the table or of a reference.
fn deref<'a>(counts: *mut ucounts) -> Option<&'a ucounts> {
    // SAFETY: NULL, or kept by the table's lock or the caller's reference.
    unsafe { counts.as_ref() }
}

fn next(counts: &ucounts) -> *mut ucounts {
    counts.node.next.load(Ordering::Relaxed).cast()
}

impl Table {
    /// A user's counts, by the pointer that kmalloc() returned, which is what may be freed; NULL if there are none.
    fn find(&self, ns: *const user_namespace, uid: kuid_t) -> *mut ucounts {
        let mut at = self.0[bucket(ns, uid)];
        while let Some(counts) = deref(at) {
            if ptr::eq(counts.ns, ns) && counts.uid.val == uid.val {
                break;
            }
            at = next(counts);
        }
        at
    }

    fn add(&mut self, counts: *mut ucounts) {
        let Some(new) = deref(counts) else { return };
        let head = &mut self.0[bucket(new.ns, new.uid)];
        new.node.next.store((*head).cast(), Ordering::Relaxed);
        *head = counts;
    }

    fn remove(&mut self, gone: &ucounts) {
        let head = &mut self.0[bucket(gone.ns, gone.uid)];
        if ptr::eq(*head, gone) {
            *head = next(gone);
            return;
        }
        let mut at = deref(*head);
        while let Some(counts) = at {
            if ptr::eq(next(counts), gone) {
                counts.node.next.store(next(gone).cast(), Ordering::Relaxed);
                return;
            }
            at = deref(next(counts));
        }
    }
}

/// The counts of a user, with a reference for the caller; NULL without memory.
///
/// # Safety
/// The namespace is valid.
pub unsafe fn of(ns: *mut user_namespace, uid: kuid_t) -> *mut ucounts {
    let known = |table: &mut Table| {
        let counts = table.find(ns, uid);
        get(deref(counts)?);
        Some(counts)
    };
    if let Some(counts) = TABLE.with(known) {
        return counts;
    }
    let new = slab::kmalloc(size_of::<ucounts>(), GFP_KERNEL).cast::<ucounts>();
    if new.is_null() {
        return new;
    }
    user_ns::get(ns);
    let fresh = ucounts {
        node: hlist_node { next: AtomicPtr::new(ptr::null_mut()), pprev: AtomicPtr::new(ptr::null_mut()) },
        ns,
        uid,
        count: atomic_t { counter: AtomicI32::new(1) },
        ucount: [const { atomic_long_t { counter: AtomicI64::new(0) } }; UCOUNTS],
    };
    // SAFETY: new memory of its size.
    unsafe { new.write(fresh) };
    let first = TABLE.with(|table| {
        let first = known(table);
        if first.is_none() {
            table.add(new);
        }
        first
    });
    let Some(first) = first else { return new };
    // Another thread was faster.
    // SAFETY: nobody has seen it.
    unsafe { slab::kfree(new.cast()) };
    // SAFETY: taken above.
    unsafe { user_ns::put(ns) };
    first
}

/// Another reference.
pub fn get(counts: &ucounts) {
    counts.count.counter.fetch_add(1, Ordering::Relaxed);
}

/// Gives back a reference; the last frees.
///
/// # Safety
/// The caller owns the reference.
pub unsafe fn put(counts: *mut ucounts) {
    let Some(here) = deref(counts) else { return };
    let not_last = |n: i32| (n > 1).then(|| n - 1);
    if here.count.counter.fetch_update(Ordering::AcqRel, Ordering::Relaxed, not_last).is_ok() {
        return;
    }
    let last = TABLE.with(|table| {
        let last = here.count.counter.fetch_sub(1, Ordering::AcqRel) == 1;
        if last {
            table.remove(here);
        }
        last
    });
    if last {
        let ns = here.ns;
        // SAFETY: nobody can find it any more.
        unsafe { slab::kfree(counts.cast()) };
        // SAFETY: the counts' own reference.
        unsafe { user_ns::put(ns) };
    }
}

/// The same user's counts in the namespace, then those of each namespace's maker in the one above.
fn upwards<'a>(counts: *mut ucounts) -> impl Iterator<Item = (&'a ucounts, &'a user_namespace)> {
    let mut at = deref(counts);
    core::iter::from_fn(move || {
        let here = at?;
        // SAFETY: the counts keep their namespace, and that the counts above.
        let ns = unsafe { &*here.ns };
        at = deref(ns.ucounts);
        Some((here, ns))
    })
}

/// One more of a kind for a user, who is under his limit here and whose namespace's makers are above; the counts, with a
/// reference. NULL: a limit is reached, or no memory.
///
/// # Safety
/// The namespace is valid.
pub unsafe fn inc(ns: *mut user_namespace, uid: kuid_t, kind: usize) -> *mut ucounts {
    // SAFETY: the caller's promise.
    let counts = unsafe { of(ns, uid) };
    let below = |count: &AtomicI64, max: c_long| {
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < max).then_some(n + 1)).is_ok()
    };
    let refused = upwards(counts)
        .position(|(here, ns)| !below(&here.ucount[kind].counter, ns.ucount_max[kind].load(Ordering::Relaxed)));
    let Some(refused) = refused else { return counts };
    for (here, _) in upwards(counts).take(refused) {
        here.ucount[kind].counter.fetch_sub(1, Ordering::Relaxed);
    }
    // SAFETY: taken above.
    unsafe { put(counts) };
    ptr::null_mut()
}

/// One less, and the reference of [`inc`] given back.
///
/// # Safety
/// `counts` came from [`inc`] for this kind.
pub unsafe fn dec(counts: *mut ucounts, kind: usize) {
    for (here, _) in upwards(counts) {
        let positive = |n: i64| (n > 0).then(|| n - 1);
        if here.ucount[kind].counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, positive).is_err() {
            log::warn("dec_ucount", "more given back than was taken");
        }
    }
    // SAFETY: the caller's promise.
    unsafe { put(counts) };
}
