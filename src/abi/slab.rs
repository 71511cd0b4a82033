// SPDX-License-Identifier: GPL-2.0-or-later
//! Allocation as C sees it: flags, the arguments of a cache, the pool that keeps a reserve.

use core::ffi::{c_uint, c_void};

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
