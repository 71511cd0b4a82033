// SPDX-License-Identifier: GPL-2.0-or-later
//! Allocation as C sees it: flags, the arguments of a cache, the pool that keeps a reserve.

use super::primitives::{spinlock_t, wait_queue_head_t};
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicI32, AtomicPtr};

/// Flags of an allocation.
pub type gfp_t = c_uint;
/// Flags of a cache.
pub type slab_flags_t = c_uint;

/// The less common arguments of `fsn_kmem_cache_create_args()`; zero is the default of each.
#[repr(C)]
pub struct kmem_cache_args {
    /// Alignment of the objects, a power of two; 0 is 16.
    pub align: c_uint,
    /// Ignored here.
    pub useroffset: c_uint,
    /// Ignored here.
    pub usersize: c_uint,
    /// Ignored here.
    pub freeptr_offset: c_uint,
    /// Ignored here.
    pub use_freeptr_offset: bool,
    /// Initialises each new object; may be NULL.
    pub ctor: Option<unsafe extern "C" fn(object: *mut c_void)>,
}

/// How a pool gets an element.
pub type fsn_mempool_alloc_fn = Option<unsafe extern "C" fn(gfp: gfp_t, pool_data: *mut c_void) -> *mut c_void>;
/// How a pool gives an element up.
pub type fsn_mempool_free_fn = Option<unsafe extern "C" fn(element: *mut c_void, pool_data: *mut c_void)>;

/// A pool that keeps `min_nr` elements in reserve, so that it can always give one in the end. Zeroed memory is a pool
/// that has not been initialised.
#[repr(C)]
pub struct mempool_s {
    /// Protects the reserve.
    pub lock: spinlock_t,
    /// Elements that the reserve holds when nothing is short.
    pub min_nr: UnsafeCell<c_int>,
    /// Elements that it holds now \[lock\].
    pub curr_nr: AtomicI32,
    /// The reserve \[lock\].
    pub elements: AtomicPtr<*mut c_void>,
    /// For the two functions.
    pub pool_data: UnsafeCell<*mut c_void>,
    /// Gets an element.
    pub alloc: UnsafeCell<fsn_mempool_alloc_fn>,
    /// Gives an element up.
    pub free: UnsafeCell<fsn_mempool_free_fn>,
    /// Who waits for an element.
    pub wait: wait_queue_head_t,
}
/// The kernel's name for [`mempool_s`].
pub type mempool_t = mempool_s;

const _: () = assert!(size_of::<mempool_s>() == 72 || !cfg!(target_pointer_width = "64"));
