// SPDX-License-Identifier: GPL-2.0-or-later
//! Object caches: objects of one size and alignment, counted, so that a cache that is destroyed while objects are out
//! says so and stays.

use super::log;
use super::slab::{self, Shape};
use super::stats::{Counted, Slot};
use crate::abi::*;
use core::cell::UnsafeCell;
use core::ffi::{c_uint, c_void};
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

/// Initialises a new object.
///
/// cbindgen:ignore
pub type Ctor = Option<unsafe extern "C" fn(object: *mut c_void)>;

/// No counter has been looked for yet.
const NO_SHAPE_YET: u64 = 0;
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
    /// What the headers of its objects say, their counter included, if there was one left; or [`NO_SHAPE_YET`].
    shape: AtomicU64,
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
            shape: AtomicU64::new(NO_SHAPE_YET),
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

    /// What the headers of its objects say.
    #[inline]
    fn shape(&self) -> Shape {
        match self.shape.load(Ordering::Acquire) {
            NO_SHAPE_YET => self.take_slot(),
            word => Shape::from_word(word),
        }
    }

    #[cold]
    fn take_slot(&self) -> Shape {
        let taken = Slot::take();
        let mine = Shape::new(self.size, self.align, Counted::by(taken));
        match self.shape.compare_exchange(NO_SHAPE_YET, mine.word(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => mine,
            Err(other) => {
                if let Some(slot) = taken {
                    slot.give_back();
                }
                Shape::from_word(other)
            }
        }
    }

    #[inline(always)]
    fn alloc(&self, gfp: gfp_t, function: &'static str) -> *mut c_void {
        let account = if self.flags & SLAB_ACCOUNT != 0 { __GFP_ACCOUNT } else { 0 };
        match self.ctor {
            None => slab::alloc(self.shape(), gfp | account, function),
            Some(ctor) => self.alloc_constructed(ctor, gfp | account, function),
        }
    }

    #[inline(never)]
    fn alloc_constructed(
        &self,
        ctor: unsafe extern "C" fn(object: *mut c_void),
        gfp: gfp_t,
        function: &'static str,
    ) -> *mut c_void {
        let object = slab::alloc(self.shape(), gfp, function);
        if !object.is_null() {
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
    let shape = unsafe { slab::shape_of(object) };
    if shape != cache.shape() {
        foreign(shape, cache);
    }
    // SAFETY: the caller's promise.
    unsafe { slab::free(object, "kmem_cache_free") };
}

/// The object's header is not what the cache's are: an object of another cache, or one that was freed, which the free will
/// tell. Without counters caches cannot be told apart.
#[cold]
fn foreign(shape: Shape, cache: &kmem_cache) {
    if shape.counted() != cache.shape().counted() {
        log::warn("kmem_cache_free", "the object is not of this cache");
    }
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
        shape: AtomicU64::new(NO_SHAPE_YET),
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
    if let Some(slot) = Shape::from_word(c.shape.load(Ordering::Acquire)).counted().slot() {
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
