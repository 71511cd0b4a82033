// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory groups: who pays for an allocation, and how much there is to spend.
//!
//! An accounted allocation is charged to the calling thread's *active* group (`set_active_memcg()`, by which a backend
//! makes the listener pay), else to the thread's own, else to the process's. The root is not charged, as in the kernel.
//!
//! References and charges keep a group alive independently: it is freed once it has neither. While a group has no limit
//! its usage is spread over several counters so that threads do not share a line; with a limit all changes go to
//! `central`, where the comparison with the limit and the charge are one step. The sum of all counters is the usage in
//! both cases, so nothing has to be drained when the limit comes or goes.

use super::exit_key::ExitKey;
use super::fork::Guarded;
use super::log::{self, Text};
use super::rcu;
use super::stats::{self, Counter};
use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// No limit.
pub const UNLIMITED: usize = usize::MAX;
const SHARDS: usize = 16;
/// Room for a name, its NUL included.
const NAME_MAX: usize = 32;

/// One part of a group's usage, on a cache line of its own. A part may be negative; only the sum means anything.
#[repr(align(64))]
struct Shard(AtomicI64);

#[expect(clippy::declare_interior_mutable_const, reason = "only an initialiser")]
const EMPTY: Shard = Shard(AtomicI64::new(0));

/// A memory group.
#[expect(non_camel_case_types, reason = "the kernel's name")]
pub struct mem_cgroup {
    /// References; 0: only charges keep it.
    refs: AtomicUsize,
    /// Bytes that may be charged, or [`UNLIMITED`].
    limit: AtomicUsize,
    /// Charges that the limit refused.
    refused: AtomicU64,
    /// For messages and dumps.
    name: Text<NAME_MAX>,
    /// Link on [`DEAD`] \[its lock\].
    next_dead: Cell<*mut mem_cgroup>,
    central: Shard,
    shards: [Shard; SHARDS],
}

// SAFETY: `name` is written before the group is shared, `next_dead` only under the lock of `DEAD`; the rest are atomics.
unsafe impl Sync for mem_cgroup {}

impl mem_cgroup {
    const fn new(name: Text<NAME_MAX>) -> Self {
        mem_cgroup {
            refs: AtomicUsize::new(1),
            limit: AtomicUsize::new(UNLIMITED),
            refused: AtomicU64::new(0),
            name,
            next_dead: Cell::new(ptr::null_mut()),
            central: EMPTY,
            shards: [EMPTY; SHARDS],
        }
    }

    fn is_root(&self) -> bool {
        ptr::eq(self, &ROOT)
    }

    /// Bytes charged.
    fn usage(&self) -> i64 {
        self.central.0.load(Ordering::Acquire).wrapping_add(self.shards_sum())
    }

    fn shards_sum(&self) -> i64 {
        // Acquire: whoever sees a group without charges may free it, after all that the uncharging threads did to it.
        self.shards.iter().fold(0, |sum, s| sum.wrapping_add(s.0.load(Ordering::Acquire)))
    }

    /// Where the calling thread counts.
    fn counter(&self) -> &AtomicI64 {
        if self.limit.load(Ordering::Relaxed) == UNLIMITED {
            &self.shards[shard_of_thread()].0
        } else {
            &self.central.0
        }
    }

    /// Charges `bytes`; false if the limit refuses. `force` charges past it.
    fn try_charge(&self, bytes: i64, force: bool) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == UNLIMITED || force {
            self.counter().fetch_add(bytes, Ordering::Relaxed);
            return true;
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut central = self.central.0.load(Ordering::Relaxed);
        loop {
            let used = central.wrapping_add(self.shards_sum());
            if used.saturating_add(bytes) > limit {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            match self.central.0.compare_exchange_weak(central, central + bytes, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => central = now,
            }
        }
    }
}

/// The group of everything that belongs to no other. Not counted, not limited, never freed.
static ROOT: mem_cgroup = mem_cgroup::new(Text::new());
/// The process's group or NULL; holds a reference.
static PROCESS: AtomicPtr<mem_cgroup> = AtomicPtr::new(ptr::null_mut());

struct DeadList(*mut mem_cgroup);
// SAFETY: the list's groups have no references left; whoever holds the lock may free them.
unsafe impl Send for DeadList {}

/// Groups without references that charges still keep.
static DEAD: Guarded<DeadList> = Guarded::new(DeadList(ptr::null_mut()));

/// Drops a thread's own group when the thread ends.
static EXIT: ExitKey = ExitKey::new(thread_exit);

super::std::thread_local! {
    /// The group that `set_active_memcg()` chose, or NULL. Borrowed: whoever set it holds a reference.
    static ACTIVE: Cell<*mut mem_cgroup> = const { Cell::new(ptr::null_mut()) };
    /// The thread's own group or NULL; holds a reference.
    static OWN: Cell<*mut mem_cgroup> = const { Cell::new(ptr::null_mut()) };
}

/// A group that is alive because of a reference or a charge.
fn group<'a>(at: *mut mem_cgroup) -> Option<&'a mem_cgroup> {
    // SAFETY: every pointer that comes here is NULL or a group kept by a reference or a charge of the caller.
    unsafe { at.as_ref() }
}

/// Threads' variables lie far apart, so the address spreads them without any state.
fn shard_of_thread() -> usize {
    ACTIVE.with(|a| {
        let at = ptr::from_ref(a) as usize;
        ((at >> 12) ^ (at >> 21)) % SHARDS
    })
}

/// The root group, always there.
pub fn root() -> *mut mem_cgroup {
    ptr::from_ref(&ROOT).cast_mut()
}

/// A new group without a limit, with one reference; NULL without memory.
pub fn create(name: &[u8]) -> *mut mem_cgroup {
    reap();
    let mut room: *mut c_void = ptr::null_mut();
    // SAFETY: `room` is writable; the alignment is a power of two and a multiple of a pointer's size.
    if unsafe { libc::posix_memalign(&mut room, align_of::<mem_cgroup>(), size_of::<mem_cgroup>()) } != 0 {
        return ptr::null_mut();
    }
    let new: *mut mem_cgroup = room.cast();
    let mut text = Text::new();
    text.push(name);
    // SAFETY: `new` is aligned and has room for a group.
    unsafe { new.write(mem_cgroup::new(text)) };
    stats::add(Counter::MemcgAlloc, 1);
    new
}

/// One more reference; returns its argument. NULL stays NULL.
pub fn get(memcg: *mut mem_cgroup) -> *mut mem_cgroup {
    if let Some(g) = group(memcg).filter(|g| !g.is_root()) {
        if g.refs.fetch_add(1, Ordering::Relaxed) == 0 {
            g.refs.fetch_sub(1, Ordering::Relaxed);
            log::warn("mem_cgroup_get", "the memory group has no reference left");
        }
    }
    memcg
}

/// One reference less; the group is freed when nothing is charged to it either. NULL is nothing.
pub fn put(memcg: *mut mem_cgroup) {
    let Some(g) = group(memcg).filter(|g| !g.is_root()) else {
        return;
    };
    let mut refs = g.refs.load(Ordering::Relaxed);
    loop {
        if refs == 0 {
            log::warn("mem_cgroup_put", "the memory group has no reference left");
            return;
        }
        if refs == 1 {
            break;
        }
        match g.refs.compare_exchange_weak(refs, refs - 1, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => refs = now,
        }
    }
    bury(memcg, g);
    reap();
}

/// Drops what may be the last reference; then the group goes on the list in the same step, as far as [`reap`] can see.
fn bury(memcg: *mut mem_cgroup, g: &mem_cgroup) {
    DEAD.with(|dead| {
        if g.refs.fetch_sub(1, Ordering::AcqRel) == 1 {
            g.next_dead.set(dead.0);
            dead.0 = memcg;
        }
    });
}

/// Frees the groups that have neither references nor charges.
///
/// Nobody can charge to a group without references, so its parts only fall, and a sum of zero, even one read part by
/// part, means that every charge is gone. A thread that uncharges touches the group no more after that. One that uncharges
/// while the last reference goes may come between the two: then the next call finds the group.
pub fn reap() {
    DEAD.with(|dead| {
        let mut kept: *mut mem_cgroup = ptr::null_mut();
        let mut at = core::mem::replace(&mut dead.0, ptr::null_mut());
        while let Some(g) = group(at) {
            let next = g.next_dead.get();
            if g.usage() == 0 {
                // SAFETY: no reference, no charge, off the list: nobody knows the address any more.
                unsafe { libc::free(at.cast()) };
                stats::add(Counter::MemcgFree, 1);
            } else {
                g.next_dead.set(kept);
                kept = at;
            }
            at = next;
        }
        dead.0 = kept;
    });
}

/// Makes `memcg` pay for what the process's threads allocate; NULL is the root. Takes a reference of its own, and waits
/// for the threads that are charging to the group before.
pub fn set_process(memcg: *mut mem_cgroup) {
    let new = if memcg == root() { ptr::null_mut() } else { get(memcg) };
    let old = PROCESS.swap(new, Ordering::AcqRel);
    if !old.is_null() {
        rcu::synchronize_rcu();
        put(old);
    }
}

/// Runs `f` with the process's group, which stays until `f` returns.
fn with_process<R>(f: impl FnOnce(*mut mem_cgroup) -> R) -> R {
    rcu::rcu_read_lock();
    let result = f(PROCESS.load(Ordering::Acquire));
    rcu::rcu_read_unlock();
    result
}

/// Makes `memcg` pay for what the calling thread allocates; NULL: the process's again. Takes a reference of its own,
/// dropped when the thread ends. 0 or -ENOMEM.
pub fn set_current(memcg: *mut mem_cgroup) -> c_int {
    if !EXIT.arm(memcg.cast()) {
        return -libc::ENOMEM;
    }
    put(OWN.with(|o| o.replace(get(memcg))));
    0
}

unsafe extern "C" fn thread_exit(_: *mut c_void) {
    put(OWN.with(|o| o.replace(ptr::null_mut())));
}

/// Directs the calling thread's charges to `memcg` (NULL: no longer) and returns what was set before. No reference is
/// taken.
#[inline]
pub fn set_active(memcg: *mut mem_cgroup) -> *mut mem_cgroup {
    ACTIVE.with(|a| a.replace(memcg))
}

/// A reference on the group that pays for the calling thread outside of `set_active_memcg()`; without an `mm` the active
/// one comes first. Never NULL.
pub fn get_from_mm(mm: *const c_void) -> *mut mem_cgroup {
    let active = if mm.is_null() { ACTIVE.with(Cell::get) } else { ptr::null_mut() };
    let own = if active.is_null() { OWN.with(Cell::get) } else { active };
    if !own.is_null() {
        return get(own);
    }
    let process = with_process(get);
    if process.is_null() {
        root()
    } else {
        process
    }
}

/// The group that pays for the calling thread before the process's; NULL: none.
#[inline(always)]
fn of_thread() -> *mut mem_cgroup {
    let mut memcg = ACTIVE.with(Cell::get);
    if memcg.is_null() {
        memcg = OWN.with(Cell::get);
    }
    memcg
}

/// Whether anybody but the root pays for the calling thread: if not, [`charge`] does nothing.
#[inline(always)]
pub(super) fn somebody_pays() -> bool {
    let memcg = of_thread();
    if memcg.is_null() {
        !PROCESS.load(Ordering::Relaxed).is_null()
    } else {
        memcg != root()
    }
}

/// Charges `bytes` to whoever pays for this thread: the group that was charged, NULL if that is the root, `Err` if its
/// limit refused.
pub(super) fn charge(bytes: usize, force: bool) -> Result<*mut mem_cgroup, ()> {
    let memcg = of_thread();
    if !memcg.is_null() {
        return charge_to(memcg, bytes, force);
    }
    if PROCESS.load(Ordering::Relaxed).is_null() {
        return Ok(memcg);
    }
    with_process(|process| charge_to(process, bytes, force))
}

fn charge_to(memcg: *mut mem_cgroup, bytes: usize, force: bool) -> Result<*mut mem_cgroup, ()> {
    match group(memcg).filter(|g| !g.is_root()) {
        None => Ok(ptr::null_mut()),
        Some(g) if g.try_charge(bytes as i64, force) => Ok(memcg),
        Some(_) => Err(()),
    }
}

/// Takes a charge back. `memcg` may be gone afterwards.
pub(super) fn uncharge(memcg: *mut mem_cgroup, bytes: usize) {
    let Some(g) = group(memcg) else {
        return;
    };
    // Read before the charge is gone: afterwards the group may be freed at any moment.
    let dead = g.refs.load(Ordering::Relaxed) == 0;
    g.counter().fetch_sub(bytes as i64, Ordering::Release);
    if dead {
        reap();
    }
}

/// Bytes charged to the group; 0 for the root and for NULL.
pub fn usage(memcg: *mut mem_cgroup) -> usize {
    group(memcg).map_or(0, |g| usize::try_from(g.usage()).unwrap_or(0))
}

/// The limit in bytes, [`UNLIMITED`] without one.
pub fn limit(memcg: *mut mem_cgroup) -> usize {
    group(memcg).map_or(UNLIMITED, |g| g.limit.load(Ordering::Relaxed))
}

/// Sets the limit. A limit below the usage takes nothing away, but nothing more can be charged. The root has none.
pub fn set_limit(memcg: *mut mem_cgroup, bytes: usize) -> c_int {
    match group(memcg).filter(|g| !g.is_root()) {
        Some(g) => {
            g.limit.store(bytes, Ordering::Relaxed);
            0
        }
        None => -libc::EINVAL,
    }
}

/// Charges that the group's limit has refused.
pub fn refused(memcg: *mut mem_cgroup) -> u64 {
    group(memcg).map_or(0, |g| g.refused.load(Ordering::Relaxed))
}

/// The group's name, for a dump.
pub fn name<'a>(memcg: *mut mem_cgroup) -> &'a [u8] {
    match group(memcg) {
        Some(g) if g.is_root() => b"root",
        Some(g) => g.name.as_bytes(),
        None => b"",
    }
}

/// `mem_cgroup_put()` for the core, which does not know the type. NULL is nothing.
pub fn mem_cgroup_put(memcg: *mut c_void) {
    put(memcg.cast());
}
