// SPDX-License-Identifier: GPL-2.0-or-later
//! RCU: an SRCU domain of its own, whose readers need not carry an index.

use core::ffi::c_void;

use super::srcu::{self, srcu_read_lock, srcu_read_unlock};
use super::thread::local;
use super::{log, slab};
use crate::abi::primitives::{callback_head, srcu_struct};

static DOMAIN: srcu_struct = srcu_struct::new();

/// A callback's "function" below this is the offset of the head in an object that is to be freed.
const OFFSETS: usize = 4096;

/// What [`call_rcu`] calls.
pub type Callback = Option<unsafe extern "C" fn(head: *mut callback_head)>;

/// Enters the read side; never waits, may be nested.
#[inline]
pub fn rcu_read_lock() {
    local(|local| {
        let nesting = local.rcu_nesting.get();
        if nesting == 0 {
            local.rcu_index.set(srcu_read_lock(&DOMAIN));
        }
        local.rcu_nesting.set(nesting + 1);
    });
}

/// Leaves the read side.
#[inline]
pub fn rcu_read_unlock() {
    local(|local| match local.rcu_nesting.get() {
        0 => log::warn("rcu_read_unlock", "not inside"),
        1 => {
            local.rcu_nesting.set(0);
            srcu_read_unlock(&DOMAIN, local.rcu_index.get());
        }
        nesting => local.rcu_nesting.set(nesting - 1),
    });
}

/// Whether the calling thread is inside.
pub fn rcu_read_lock_held() -> bool {
    local(|local| local.rcu_nesting.get() != 0)
}

/// Waits until every reader that is inside now has left.
pub fn synchronize_rcu() {
    srcu::synchronize_srcu(&DOMAIN);
}

/// Calls `func` with `head` from the worker, once every reader that is inside now has left.
///
/// # Safety
/// `head` is valid, not queued already, and left alone until it is called.
pub unsafe fn call_rcu(head: *mut callback_head, func: Callback) {
    // SAFETY: promised by the caller; the domain is static.
    unsafe { srcu::call_srcu(&DOMAIN, head, func) };
}

/// Frees the `kmalloc()`ed object that `head` is `offset` bytes inside of, as [`call_rcu`] would. Without a head, waits
/// and frees at once.
///
/// # Safety
/// As for [`call_rcu`]; the object is the caller's to free, and `offset` less than 4096.
pub unsafe fn kvfree_call_rcu(head: *mut callback_head, object: *mut c_void) {
    if head.is_null() {
        if object.is_null() {
            return;
        }
        synchronize_rcu();
        // SAFETY: promised by the caller.
        return unsafe { slab::kfree(object) };
    }
    let offset = head.addr() - object.addr();
    debug_assert!(offset < OFFSETS);
    // SAFETY: promised by the caller; a small address in place of a function is never called, see invoke().
    unsafe { srcu::call_srcu_at(&DOMAIN, head, offset + 1) };
}

/// Waits until all callbacks queued before have been called.
pub fn rcu_barrier() {
    srcu::srcu_barrier(&DOMAIN);
}

/// Calls the function at an address, or frees the object whose head is at that offset (plus one).
pub(super) fn invoke(head: *mut callback_head, func: *const c_void) {
    if func.addr() <= OFFSETS {
        let object = head.wrapping_byte_sub(func.addr().saturating_sub(1)).cast::<c_void>();
        if !func.is_null() {
            // SAFETY: kvfree_call_rcu()'s caller gave the object to be freed.
            unsafe { slab::kfree(object) };
        }
        return;
    }
    // SAFETY: what is not an offset was stored as a function.
    let func = unsafe { core::mem::transmute::<*const c_void, unsafe extern "C" fn(*mut callback_head)>(func) };
    // SAFETY: whoever queued the head vouches for its function.
    unsafe { func(head) };
}
