// SPDX-License-Identifier: GPL-2.0-or-later
//! The readers' slots of SRCU domains: a cache line for each thread and domain, in which the thread counts itself.
//!
//! Life of a slot: made at a thread's first use of a domain (or taken over from a thread that has ended), linked into
//! the domain's list for good, and freed by `cleanup_srcu_struct()` or, if its thread still holds it then, by that
//! thread. [`Slot::owner`] says who may free it, and carries the fork generation: in the child of a fork, a slot of
//! another generation belonged to a thread that does not exist there, and counts as empty and free.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::futex;
use super::thread::{arm, local, Local};
use super::{fork, membarrier};
use crate::abi::primitives::srcu_struct;

/// Nobody's; on the domain's list.
const FREE: u32 = 0;
/// A thread's; on the domain's list.
const OWNED: u32 = 1;
/// Just taken over, not yet in use.
const CLAIMED: u32 = 2;
/// A thread's; its domain has been cleaned up, so the thread frees it.
const DETACHED: u32 = 3;
const STATE: u32 = 3;

/// In [`Slot::waited`]: a writer sleeps for this slot.
pub(super) const WAITED: u32 = 1;
/// In [`Slot::waited`]: a writer has slept for some slot for long.
pub(super) const GIVE_WAY: u32 = 2;

/// `state` with the fork generation of this process.
fn stamp(state: u32) -> u32 {
    fork::generation() << 2 | state
}

/// A thread's place in a domain. Only the owner writes the counts.
#[repr(C, align(64))]
pub(super) struct Slot {
    /// Readers of each index: how often the owner is inside.
    pub(super) count: [AtomicU32; 2],
    /// Futex: what a writer has to say to the owner, [`WAITED`] and [`GIVE_WAY`].
    pub(super) waited: AtomicU32,
    /// State and fork generation.
    owner: AtomicU32,
    /// Identity of the domain when the slot was made.
    id: u64,
    /// The domain; only compared.
    domain: *const srcu_struct,
    /// Next slot of the domain; never changes once the slot is on the list.
    next: AtomicPtr<Slot>,
    /// Next slot of the owner \[only the owner\].
    next_owned: Cell<*const Slot>,
    /// What is to be freed at the end.
    memory: *mut c_void,
}

impl Slot {
    /// Whether the slot's thread was left behind by a fork.
    pub(super) fn left_behind(&self) -> bool {
        let owner = self.owner.load(Ordering::Acquire);
        owner & STATE != FREE && owner != stamp(OWNED) && owner != stamp(DETACHED)
    }

    /// Leaves the read side with `index`; heeds what a writer says.
    #[inline]
    pub(super) fn leave(&self, index: usize) {
        let count = &self.count[index];
        let left = count.load(Ordering::Relaxed) - 1;
        // Release: what the reader did is over before the writer sees it gone.
        count.store(left, Ordering::Release);
        // Between the store above and the load below; the writer stores `waited` and loads the count.
        membarrier::light_fence();
        if left == 0 && self.waited.load(Ordering::Relaxed) != 0 {
            self.heed();
        }
    }

    /// Wakes a writer that sleeps for this slot, and lets others run if one has asked for it: a reader that is waited
    /// for may be among them. See `srcu_wait`.
    #[cold]
    fn heed(&self) {
        let said = self.waited.swap(0, Ordering::Release);
        if said & WAITED != 0 {
            futex::wake(&self.waited, i32::MAX);
        }
        if said & GIVE_WAY != 0 && !self.held() {
            // SAFETY: has no preconditions.
            unsafe { libc::sched_yield() };
        }
    }

    /// Whether a writer has asked the owner to let others run.
    pub(super) fn asked_to_give_way(&self) -> bool {
        self.waited.load(Ordering::Relaxed) & GIVE_WAY != 0
    }

    /// Whether the owner is inside.
    pub(super) fn held(&self) -> bool {
        self.count.iter().any(|count| count.load(Ordering::Relaxed) != 0)
    }
}

/// The slot behind a pointer of a list.
///
/// # Safety
/// The slot has not been freed, and is not while the reference is used.
unsafe fn deref<'a>(slot: *const Slot) -> &'a Slot {
    // SAFETY: promised by the caller.
    unsafe { &*slot }
}

/// The slots of a domain; a slot that is added meanwhile may be missing.
///
/// # Safety
/// The domain is not cleaned up while the iterator is used.
pub(super) unsafe fn all<'a>(ssp: &'a srcu_struct) -> impl Iterator<Item = &'a Slot> {
    let mut at = ssp.slots.load(Ordering::Acquire).cast::<Slot>().cast_const();
    core::iter::from_fn(move || {
        if at.is_null() {
            return None;
        }
        // SAFETY: slots stay on the list until the domain is cleaned up.
        let slot: &'a Slot = unsafe { deref(at) };
        at = slot.next.load(Ordering::Relaxed);
        Some(slot)
    })
}

/// The calling thread's slot of a domain, if it has one.
#[inline]
pub(super) fn find<'a>(ssp: &'a srcu_struct) -> Option<&'a Slot> {
    local(|local| {
        if local.srcu_domain.get() == ptr::from_ref(ssp) {
            // SAFETY: the thread's own slot; only the thread itself frees it.
            let slot: &'a Slot = unsafe { deref(local.srcu_slot.get()) };
            if slot.id == ssp.id.load(Ordering::Relaxed) {
                return Some(slot);
            }
        }
        find_owned(local, ssp)
    })
}

#[cold]
fn find_owned<'a>(local: &Local, ssp: &'a srcu_struct) -> Option<&'a Slot> {
    let id = ssp.id.load(Ordering::Relaxed);
    let mut at = local.srcu_owned.get();
    while !at.is_null() {
        // SAFETY: the thread's own slot; only the thread itself frees it.
        let slot: &'a Slot = unsafe { deref(at) };
        if slot.domain == ptr::from_ref(ssp) && slot.id == id {
            local.srcu_domain.set(ssp);
            local.srcu_slot.set(slot);
            return Some(slot);
        }
        at = slot.next_owned.get();
    }
    None
}

/// The calling thread's slot of a domain, made if need be. None: no memory, or the thread is at its end.
#[cold]
pub(super) fn acquire<'a>(ssp: &'a srcu_struct) -> Option<&'a Slot> {
    if !arm() {
        return None;
    }
    fork::register();
    local(sweep);
    let id = identity(ssp);
    let slot: &'a Slot = match claim(ssp) {
        Some(slot) => slot,
        None => add(ssp, id)?,
    };
    local(|local| {
        slot.next_owned.set(local.srcu_owned.get());
        local.srcu_owned.set(slot);
        local.srcu_domain.set(ssp);
        local.srcu_slot.set(slot);
    });
    Some(slot)
}

/// The domain's identity, which tells it from earlier domains at the same address. Times serve, because cleaning up
/// takes longer than the clock's tick, and they need no counter that two copies of the library would have to share.
fn identity(ssp: &srcu_struct) -> u64 {
    let known = ssp.id.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    let fresh = super::task::ktime_get().max(1) as u64;
    match ssp.id.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => fresh,
        Err(quicker) => quicker,
    }
}

/// Takes over a slot whose thread has ended.
fn claim(ssp: &srcu_struct) -> Option<&Slot> {
    // SAFETY: the caller is about to read in the domain, so it is not being cleaned up.
    let mut slots = unsafe { all(ssp) };
    slots.find(|slot| {
        let owner = slot.owner.load(Ordering::Relaxed);
        let free = owner & STATE == FREE || owner >> 2 != stamp(0) >> 2;
        // Acquire pairs with the release of the last owner.
        if !free || slot.owner.compare_exchange(owner, stamp(CLAIMED), Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        // Zero already, unless a fork left its reader behind.
        slot.count[0].store(0, Ordering::Relaxed);
        slot.count[1].store(0, Ordering::Relaxed);
        slot.waited.store(0, Ordering::Relaxed);
        slot.owner.store(stamp(OWNED), Ordering::Release);
        true
    })
}

/// Makes a slot and puts it on the domain's list.
fn add(ssp: &srcu_struct, id: u64) -> Option<&Slot> {
    let mut memory: *mut c_void = ptr::null_mut();
    // SAFETY: the alignment is a power of two and a multiple of a pointer's size.
    if unsafe { libc::posix_memalign(&raw mut memory, align_of::<Slot>(), size_of::<Slot>()) } != 0 {
        return None;
    }
    let slot = memory.cast::<Slot>();
    let fresh = Slot {
        count: [const { AtomicU32::new(0) }; 2],
        waited: AtomicU32::new(0),
        owner: AtomicU32::new(stamp(OWNED)),
        id,
        domain: ssp,
        next: AtomicPtr::new(ptr::null_mut()),
        next_owned: Cell::new(ptr::null()),
        memory,
    };
    // SAFETY: the memory is new, large enough and aligned.
    unsafe { slot.write(fresh) };
    // SAFETY: as above, and nobody frees it before its domain is cleaned up.
    let added = unsafe { deref(slot) };
    let mut first = ssp.slots.load(Ordering::Relaxed);
    loop {
        added.next.store(first.cast(), Ordering::Relaxed);
        match ssp.slots.compare_exchange_weak(first, memory, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return Some(added),
            Err(now) => first = now,
        }
    }
}

/// Frees those of the thread's slots whose domain is gone.
fn sweep(local: &Local) {
    local.srcu_domain.set(ptr::null());
    let mut kept: *const Slot = ptr::null();
    let mut at = local.srcu_owned.get();
    while !at.is_null() {
        // SAFETY: the thread's own slot.
        let slot = unsafe { deref(at) };
        let next = slot.next_owned.get();
        if slot.owner.load(Ordering::Acquire) & STATE == DETACHED {
            // SAFETY: off its domain's list, and the list of this thread goes on without it.
            unsafe { free(slot.memory) };
        } else {
            slot.next_owned.set(kept);
            kept = slot;
        }
        at = next;
    }
    local.srcu_owned.set(kept);
}

/// # Safety
/// The memory is that of a slot that nobody has a pointer to any more.
unsafe fn free(memory: *mut c_void) {
    // SAFETY: made by posix_memalign(); nobody else frees it, as the caller promises.
    unsafe { libc::free(memory) };
}

/// Gives back the thread's slots.
pub(super) fn thread_ends() {
    local(|local| {
        local.srcu_domain.set(ptr::null());
        let mut at = local.srcu_owned.replace(ptr::null());
        while !at.is_null() {
            // SAFETY: the thread's own slot until it is released below.
            let slot = unsafe { deref(at) };
            at = slot.next_owned.get();
            if slot.held() {
                // A reader that never leaves. Its slot stays as it is: who waits for the reader waits rightly.
                super::log::warn("srcu_read_unlock", "a thread ended inside an SRCU read-side critical section");
                continue;
            }
            // Release pairs with the acquire of the next owner. Whoever sees FREE may free the slot.
            if slot.owner.compare_exchange(stamp(OWNED), stamp(FREE), Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: detached: off its domain's list, and the thread's list is gone.
                unsafe { free(slot.memory) };
            }
        }
    });
}

/// Whether the calling thread is inside some domain.
pub(super) fn inside_any() -> bool {
    local(|local| {
        let mut at = local.srcu_owned.get();
        while !at.is_null() {
            // SAFETY: the thread's own slot.
            let slot = unsafe { deref(at) };
            if slot.held() {
                return true;
            }
            at = slot.next_owned.get();
        }
        false
    })
}

/// Frees the slots of a domain that nobody reads any more.
pub(super) fn detach_all(ssp: &srcu_struct) {
    let mut at = ssp.slots.swap(ptr::null_mut(), Ordering::AcqRel).cast::<Slot>().cast_const();
    while !at.is_null() {
        // SAFETY: on the list; it is freed below at the earliest.
        let slot = unsafe { deref(at) };
        at = slot.next.load(Ordering::Relaxed);
        let left = slot.owner.compare_exchange(stamp(OWNED), stamp(DETACHED), Ordering::AcqRel, Ordering::Acquire);
        if left.is_err() {
            // SAFETY: its thread has ended, or was left behind by a fork.
            unsafe { free(slot.memory) };
        }
    }
}

/// In the child of a fork: the slots of the only thread are the only ones of this generation.
pub fn after_fork() {
    local(|local| {
        let mut at = local.srcu_owned.get();
        while !at.is_null() {
            // SAFETY: the thread's own slot.
            let slot = unsafe { deref(at) };
            let state = slot.owner.load(Ordering::Relaxed) & STATE;
            slot.owner.store(stamp(state), Ordering::Relaxed);
            // The writers were other threads.
            slot.waited.store(0, Ordering::Relaxed);
            at = slot.next_owned.get();
        }
    });
}

/// Readers without a slot, of this fork generation. The upper half of the word is the generation.
pub(super) fn shared(word: &AtomicU64) -> u32 {
    let state = word.load(Ordering::Acquire);
    if (state >> 32) as u32 == fork::generation() {
        state as u32
    } else {
        0
    }
}

/// Adds `by` to the readers without a slot; returns how many they are then. A reader that a fork left behind counts as
/// gone, and so does one that forks while it has no slot (out of memory): it must not rely on the domain in the child.
pub(super) fn change_shared(word: &AtomicU64, by: c_int) -> u32 {
    let generation = u64::from(fork::generation()) << 32;
    let mut state = word.load(Ordering::Relaxed);
    loop {
        let readers = if state >> 32 << 32 == generation { state as u32 } else { 0 };
        let next = readers.saturating_add_signed(by);
        match word.compare_exchange_weak(state, generation | u64::from(next), Ordering::SeqCst, Ordering::Relaxed) {
            Ok(_) => return next,
            Err(now) => state = now,
        }
    }
}
