// SPDX-License-Identifier: GPL-2.0-or-later
//! Object caches: objects of one size and alignment, counted, so that a cache that is destroyed while objects are out
//! says so and stays.

use super::log;
use super::slab::{self, Request};
use super::stats::Slot;
use crate::abi::*;
use core::cell::UnsafeCell;
use core::ffi::{c_uint, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

/// Initialises a new object.
///
/// cbindgen:ignore
pub type Ctor = Option<unsafe extern "C" fn(object: *mut c_void)>;

/// No counter has been looked for yet.
const NO_SLOT_YET: u32 = 0;
/// All counters were taken: the cache's objects are not counted. (Less one it is no slot's number.)
const NO_SLOT: u32 = u32::MAX;
/// Room for a created cache's name, its NUL included.
const NAME_MAX: usize = 32;

/// A cache of objects. One in a `static` needs no call to be ready.
#[expect(non_camel_case_types, reason = "the kernel's name")]
pub struct kmem_cache {
    name: &'static str,
    size: usize,
    align: usize,
    flags: slab_flags_t,
    ctor: Ctor,
    /// Number of its counter plus one, or one of the two special values.
    slot: AtomicU32,
    /// The name of a cache made by [`kmem_cache_create`], written before anybody else sees it.
    own_name: UnsafeCell<log::Text<NAME_MAX>>,
}

// SAFETY: `own_name` is written only before the cache is shared.
unsafe impl Sync for kmem_cache {}

impl kmem_cache {
    /// A cache of objects of `size` bytes at multiples of `align` (0: 16).
    pub const fn new(name: &'static str, size: usize, align: usize, flags: slab_flags_t) -> Self {
        assert!(align == 0 || align.is_power_of_two(), "the alignment is a power of two");
        kmem_cache {
            name,
            size,
            align,
            flags,
            ctor: None,
            slot: AtomicU32::new(NO_SLOT_YET),
            own_name: UnsafeCell::new(log::Text::new()),
        }
    }

    /// Bytes of an object.
    pub fn object_size(&self) -> usize {
        self.size
    }

    fn name(&self) -> &str {
        if !self.name.is_empty() {
            return self.name;
        }
        // SAFETY: nobody writes the name any more.
        let own = unsafe { &*self.own_name.get() };
        core::str::from_utf8(own.as_bytes()).unwrap_or("?")
    }

    /// The counter of its live objects.
    fn slot(&self) -> Option<Slot> {
        match self.slot.load(Ordering::Acquire) {
            NO_SLOT_YET => self.take_slot(),
            n => Slot::from_number(n - 1),
        }
    }

    #[cold]
    fn take_slot(&self) -> Option<Slot> {
        let taken = Slot::take();
        let word = taken.map_or(NO_SLOT, |s| s.number() + 1);
        match self.slot.compare_exchange(NO_SLOT_YET, word, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => taken,
            Err(other) => {
                if let Some(mine) = taken {
                    mine.give_back();
                }
                Slot::from_number(other - 1)
            }
        }
    }

    fn alloc(&self, gfp: gfp_t, function: &'static str) -> *mut c_void {
        let account = if self.flags & SLAB_ACCOUNT != 0 { __GFP_ACCOUNT } else { 0 };
        let object = slab::alloc(Request {
            size: self.size,
            align: self.align,
            gfp: gfp | account,
            slot: self.slot(),
            function,
        });
        if let Some(ctor) = self.ctor.filter(|_| !object.is_null()) {
            // SAFETY: whoever made the cache gave this function for its objects.
            unsafe { ctor(object) };
        }
        object
    }
}

/// An object; NULL without memory.
pub fn kmem_cache_alloc(cache: &kmem_cache, gfp: gfp_t) -> *mut c_void {
    cache.alloc(gfp, "kmem_cache_alloc")
}

/// A zeroed object; NULL without memory.
pub fn kmem_cache_zalloc(cache: &kmem_cache, gfp: gfp_t) -> *mut c_void {
    cache.alloc(gfp | __GFP_ZERO, "kmem_cache_zalloc")
}

/// Gives an object back. NULL is nothing. An object of another cache is reported and freed all the same.
///
/// # Safety
///
/// `object` is NULL or a live object of the kmalloc family or of a cache, and nobody uses it any more.
pub unsafe fn kmem_cache_free(cache: &kmem_cache, object: *mut c_void) {
    if object.is_null() {
        return;
    }
    // SAFETY: the caller's promise.
    if unsafe { slab::slot_of(object) } != cache.slot() {
        log::warn("kmem_cache_free", "the object is not of this cache");
    }
    // SAFETY: the caller's promise.
    unsafe { slab::free(object, "kmem_cache_free") };
}

/// A new cache; NULL without memory or for a bad argument (an alignment that is no power of two, no size, too large).
/// With `SLAB_PANIC` failure aborts instead, as in the kernel. The name is copied.
pub fn kmem_cache_create(name: &[u8], size: c_uint, align: c_uint, flags: slab_flags_t, ctor: Ctor) -> *mut kmem_cache {
    let cache = try_create(name, size as usize, align as usize, flags, ctor);
    if cache.is_null() && flags & SLAB_PANIC != 0 {
        log::bug("kmem_cache_create", "a cache that must exist cannot be made");
    }
    cache
}

fn try_create(name: &[u8], size: usize, align: usize, flags: slab_flags_t, ctor: Ctor) -> *mut kmem_cache {
    let align = if align == 0 { 16 } else { align };
    if size == 0 || size > slab::KVMALLOC_MAX || !align.is_power_of_two() || align > 1 << 16 {
        log::warn("kmem_cache_create", "size or alignment out of range");
        return ptr::null_mut();
    }
    if flags & SLAB_TYPESAFE_BY_RCU != 0 {
        log::warn("kmem_cache_create", "SLAB_TYPESAFE_BY_RCU is not supported");
        return ptr::null_mut();
    }
    let align = if flags & SLAB_HWCACHE_ALIGN != 0 { align.max(64) } else { align };
    let room: *mut kmem_cache = slab::kmalloc(size_of::<kmem_cache>(), GFP_KERNEL).cast();
    if room.is_null() {
        return room;
    }
    let mut own_name = log::Text::new();
    own_name.push(if name.is_empty() { b"?" } else { name });
    let cache = kmem_cache {
        name: "",
        size,
        align,
        flags,
        ctor,
        slot: AtomicU32::new(NO_SLOT_YET),
        own_name: UnsafeCell::new(own_name),
    };
    // SAFETY: `room` is large enough, and aligned as kmalloc aligns.
    unsafe { room.write(cache) };
    room
}

/// Frees a cache made by [`kmem_cache_create`]. NULL is nothing. If objects are still out it warns and keeps the cache,
/// so that they can be given back.
///
/// # Safety
///
/// `cache` is NULL or such a cache, and nobody uses it any more.
pub unsafe fn kmem_cache_destroy(cache: *mut kmem_cache) {
    // SAFETY: the caller's promise.
    let Some(c) = (unsafe { cache.as_ref() }) else {
        return;
    };
    if let Some(slot) = Slot::from_number(c.slot.load(Ordering::Acquire).wrapping_sub(1)) {
        let live = slot.read();
        if live != 0 {
            let name = c.name();
            log::print(
                FSN_LOG_WARNING,
                "kmem_cache_destroy",
                format_args!("{live} objects of the cache {name} are still in use; it is kept"),
            );
            return;
        }
        slot.give_back();
    }
    // SAFETY: made by kmalloc, and the caller's alone.
    unsafe { slab::kfree(cache.cast()) };
}
