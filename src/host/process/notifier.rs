// SPDX-License-Identifier: GPL-2.0-or-later
//! Chains of functions that are told of something: blocking ones, and the chain of those who are told of leases.

use core::ffi::{c_int, c_ulong, c_void};
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::fork::Guarded;
use super::{log, srcu};
use crate::abi::{blocking_notifier_head, notifier_block, srcu_struct};

/// In an answer: nobody else is told.
pub const NOTIFY_STOP_MASK: c_int = 0x8000;

/// # Safety
///
/// The block stays while the reference is used: it is in a chain that cannot change, or the caller's.
unsafe fn block<'a>(at: *mut notifier_block) -> &'a notifier_block {
    // SAFETY: promised by the caller.
    unsafe { &*at }
}

/// Puts a block behind those of its own and of higher priority: 0, or -EEXIST if it is in already. Readers may be under way.
///
/// # Safety
///
/// The chain's lock is held; the block stays until it is taken out.
unsafe fn link(head: &AtomicPtr<notifier_block>, new: *mut notifier_block) -> c_int {
    // SAFETY: promised by the caller.
    let this = unsafe { block(new) };
    let mut place = head;
    let mut before = None;
    loop {
        let at = place.load(Relaxed);
        if at == new {
            return -libc::EEXIST;
        }
        // SAFETY: in the chain, whose lock is held.
        let Some(other) = (unsafe { at.as_ref() }) else { break };
        if before.is_none() && this.priority > other.priority {
            // The rest is only looked through for the block itself.
            before = Some(place);
        }
        place = &other.next;
    }
    let place = before.unwrap_or(place);
    this.next.store(place.load(Relaxed), Relaxed);
    place.store(new, Release);
    0
}

/// Takes a block out: 0 or -ENOENT. Readers may be under way; its own link stays for them.
///
/// # Safety
///
/// The chain's lock is held.
unsafe fn unlink(head: &AtomicPtr<notifier_block>, old: *mut notifier_block) -> c_int {
    let mut place = head;
    loop {
        let at = place.load(Relaxed);
        // SAFETY: in the chain, whose lock is held.
        let Some(other) = (unsafe { at.as_ref() }) else { return -libc::ENOENT };
        if at == old {
            place.store(other.next.load(Relaxed), Release);
            return 0;
        }
        place = &other.next;
    }
}

/// Tells all in a chain, until one answers with [`NOTIFY_STOP_MASK`]. Returns the last answer; 0 of an empty chain.
///
/// # Safety
///
/// Blocks of the chain stay meanwhile; their functions may be called with `data`.
unsafe fn tell(head: &AtomicPtr<notifier_block>, action: c_ulong, data: *mut c_void) -> c_int {
    let mut answer = 0;
    let mut at = head.load(Acquire);
    while !at.is_null() {
        // SAFETY: promised by the caller.
        let this = unsafe { block(at) };
        // Read first: the function may take its own block out.
        let next = this.next.load(Acquire);
        // SAFETY: written before the registration.
        if let Some(call) = unsafe { *this.notifier_call.get() } {
            // SAFETY: whoever registered the block vouches for its function.
            answer = unsafe { call(at, action, data) };
            if answer & NOTIFY_STOP_MASK != 0 {
                break;
            }
        }
        at = next;
    }
    answer
}

// ---- blocking chains ------------------------------------------------------------------------------------------------------

impl blocking_notifier_head {
    /// Registers a block: 0 or -EEXIST. Sleeps.
    ///
    /// # Safety
    ///
    /// The block stays until it is unregistered.
    pub unsafe fn register(&self, new: *mut notifier_block) -> c_int {
        self.rwsem.down_write();
        // SAFETY: the lock is held; the rest is promised by the caller.
        let result = unsafe { link(&self.head, new) };
        // SAFETY: taken above.
        unsafe { self.rwsem.up_write() };
        if result != 0 {
            log::warn("notifier_chain_register", "the block is registered already");
        }
        result
    }

    /// Unregisters a block: 0 or -ENOENT. Sleeps, until nobody is being told.
    #[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the address is only compared")]
    pub fn unregister(&self, old: *mut notifier_block) -> c_int {
        self.rwsem.down_write();
        // SAFETY: the lock is held.
        let result = unsafe { unlink(&self.head, old) };
        // SAFETY: taken above.
        unsafe { self.rwsem.up_write() };
        result
    }

    /// Tells all.
    ///
    /// # Safety
    ///
    /// The functions may be called with `data`.
    pub unsafe fn call(&self, action: c_ulong, data: *mut c_void) -> c_int {
        if self.head.load(Acquire).is_null() {
            return 0;
        }
        self.rwsem.down_read();
        // SAFETY: with the lock held the blocks stay.
        let answer = unsafe { tell(&self.head, action, data) };
        // SAFETY: taken above.
        unsafe { self.rwsem.up_read() };
        answer
    }
}

// ---- leases ---------------------------------------------------------------------------------------------------------------

/// Who is told; changed inside [`LEASES_LOCK`], read inside [`LEASES_READ`].
static LEASES: AtomicPtr<notifier_block> = AtomicPtr::new(ptr::null_mut());
static LEASES_LOCK: Guarded<()> = Guarded::new(());
static LEASES_READ: srcu_struct = srcu_struct::new();

/// Registers a block that is told when a lease is set: 0 or -EEXIST.
///
/// # Safety
///
/// The block stays until it is unregistered.
pub unsafe fn lease_register(new: *mut notifier_block) -> c_int {
    // SAFETY: locked; the rest is promised by the caller.
    let result = LEASES_LOCK.with(|()| unsafe { link(&LEASES, new) });
    if result != 0 {
        log::warn("lease_register_notifier", "the block is registered already");
    }
    result
}

/// Unregisters a block, and waits until nobody is telling it anything. Not from its own function.
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the address is only compared")]
pub fn lease_unregister(old: *mut notifier_block) {
    // SAFETY: locked.
    if LEASES_LOCK.with(|()| unsafe { unlink(&LEASES, old) }) == 0 {
        srcu::synchronize_srcu(&LEASES_READ);
    } else {
        log::warn("lease_unregister_notifier", "the block is not registered");
    }
}

/// Tells all that a lease has been set.
///
/// # Safety
///
/// `lease` is what the registered functions take it for.
pub unsafe fn lease_announce(arg: c_ulong, lease: *mut c_void) -> c_int {
    let index = srcu::srcu_read_lock(&LEASES_READ);
    // SAFETY: inside the read side the blocks stay.
    let answer = unsafe { tell(&LEASES, arg, lease) };
    srcu::srcu_read_unlock(&LEASES_READ, index);
    answer
}
