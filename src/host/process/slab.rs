// SPDX-License-Identifier: GPL-2.0-or-later
//! The kmalloc family on top of malloc, with accounting.
//!
//! In front of each object sits a header of 16 bytes: the memory group that was charged, the size asked for, the cache
//! it came from, and a mark by which a debug build knows its own objects. Failure is a NULL pointer, whether malloc has no
//! memory, a memory group is at its limit, or a test injects it.
//!
//! An object costs its memory group its size plus the header, and the alignment where that is larger than 16.

use super::log;
use super::memcg::{self, mem_cgroup};
use super::stats::{self, Counter, Slot};
use crate::abi::*;
use core::ffi::{c_char, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// What an allocation of no bytes returns: not NULL, not to be read, taken by [`kfree`].
pub const ZERO_SIZE_PTR: *mut c_void = ptr::without_provenance_mut(16);
/// The largest size; more is refused, with a warning unless `__GFP_NOWARN` is set.
pub(crate) const KVMALLOC_MAX: usize = i32::MAX as usize;

/// Alignment of what malloc returns, and the header's size.
const MIN_ALIGN: usize = 16;
/// Mark of a live object's header.
const LIVE: u16 = 0x5ab1;
/// Mark of a freed object's header, for as long as malloc leaves it there.
const FREED: u16 = 0xdead;
/// What freed memory holds in a debug build.
#[cfg(debug_assertions)]
const POISON: c_int = 0x6b;
#[cfg(debug_assertions)]
use core::ffi::c_int;

#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Header {
    /// Who was charged; NULL: nobody.
    memcg: *mut mem_cgroup,
    /// Bytes asked for.
    size: u32,
    /// log2 of the alignment.
    align_shift: u8,
    /// Number of the cache's counter plus one, 0 for none.
    cache: u8,
    /// [`LIVE`] or [`FREED`].
    mark: u16,
}
const _: () = assert!(size_of::<Header>() == MIN_ALIGN);

impl Header {
    /// Bytes between the start of malloc's block and the object.
    fn offset(&self) -> usize {
        1 << self.align_shift
    }

    /// What the memory group pays.
    fn cost(&self) -> usize {
        self.size as usize + self.offset()
    }

    fn slot(&self) -> Option<Slot> {
        Slot::from_number(u32::from(self.cache).wrapping_sub(1))
    }
}

/// How an object is to be made.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// Bytes; not zero.
    pub(super) size: usize,
    /// A power of two.
    pub(super) align: usize,
    /// `__GFP_*`.
    pub(super) gfp: gfp_t,
    /// The cache's counter.
    pub(super) slot: Option<Slot>,
    /// Who asks, for messages.
    pub(super) function: &'static str,
}

fn is_zero_or_null(object: *const c_void) -> bool {
    object.addr() <= ZERO_SIZE_PTR.addr()
}

/// The object's header.
///
/// # Safety
///
/// `object` came from [`alloc`] and has not been freed.
unsafe fn header(object: *const c_void) -> Header {
    // SAFETY: `alloc` put a header right in front of the object.
    unsafe { header_at(object).read() }
}

fn header_at(object: *const c_void) -> *mut Header {
    object.cast::<Header>().wrapping_sub(1).cast_mut()
}

/// An object, or NULL.
pub(super) fn alloc(request: Request) -> *mut c_void {
    if request.size > KVMALLOC_MAX {
        if request.gfp & __GFP_NOWARN == 0 {
            log::warn(request.function, "the size is out of range");
        }
        return failed();
    }
    let nofail = request.gfp & __GFP_NOFAIL != 0;
    if should_fail(nofail) {
        return failed();
    }
    let align = request.align.max(MIN_ALIGN);
    let mut h = Header {
        memcg: ptr::null_mut(),
        size: request.size as u32,
        align_shift: align.trailing_zeros() as u8,
        cache: request.slot.map_or(0, |s| s.number() as u8 + 1),
        mark: LIVE,
    };
    if request.gfp & __GFP_ACCOUNT != 0 {
        match memcg::charge(h.cost(), nofail) {
            Ok(charged) => h.memcg = charged,
            Err(()) => return failed(),
        }
    }
    let Some(block) = block(h.cost(), align, request) else {
        memcg::uncharge(h.memcg, h.cost());
        return failed();
    };
    let object = block.as_ptr().wrapping_byte_add(align);
    // SAFETY: the block is `align` (at least a header) plus `size` bytes long and aligned to at least 16.
    unsafe { header_at(object).write(h) };
    if let Some(slot) = request.slot {
        slot.add(1);
    }
    stats::add_both(Counter::Alloc, 1, Counter::AllocBytes, request.size as i64);
    object
}

#[cold]
fn failed() -> *mut c_void {
    stats::add(Counter::AllocFailed, 1);
    ptr::null_mut()
}

/// malloc's memory: zeroed if asked for; with `__GFP_NOFAIL` it waits for the system to have some.
fn block(bytes: usize, align: usize, request: Request) -> Option<NonNull<c_void>> {
    let zero = request.gfp & __GFP_ZERO != 0;
    let mut tries = 0u32;
    loop {
        let block = if align > MIN_ALIGN { aligned_block(bytes, align, zero) } else { plain_block(bytes, zero) };
        if block.is_some() || request.gfp & __GFP_NOFAIL == 0 {
            return block;
        }
        tries = tries.saturating_add(1);
        if tries == 1000 {
            log::warn(request.function, "no memory for an allocation that must not fail; waiting");
        }
        let pause = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        // SAFETY: `pause` is readable, and the remaining time is not asked for.
        unsafe { libc::nanosleep(&pause, ptr::null_mut()) };
    }
}

fn plain_block(bytes: usize, zero: bool) -> Option<NonNull<c_void>> {
    NonNull::new(if zero {
        // SAFETY: calloc has no requirement.
        unsafe { libc::calloc(1, bytes) }
    } else {
        // SAFETY: malloc has no requirement.
        unsafe { libc::malloc(bytes) }
    })
}

fn aligned_block(bytes: usize, align: usize, zero: bool) -> Option<NonNull<c_void>> {
    let mut block: *mut c_void = ptr::null_mut();
    // SAFETY: `block` is writable; the alignment is a power of two and a multiple of a pointer's size.
    if unsafe { libc::posix_memalign(&mut block, align, bytes) } != 0 {
        return None;
    }
    if zero {
        // SAFETY: the block is `bytes` long.
        unsafe { ptr::write_bytes(block.cast::<u8>(), 0, bytes) };
    }
    NonNull::new(block)
}

/// Frees an object. In a debug build an object that is not live is reported and left alone.
///
/// # Safety
///
/// `object` came from [`alloc`] and nobody uses it any more.
pub(super) unsafe fn free(object: *mut c_void, function: &'static str) {
    // SAFETY: the caller's promise.
    let h = unsafe { header(object) };
    if cfg!(debug_assertions) && !is_live(&h, function) {
        return;
    }
    count_free(&h);
    // SAFETY: the object is live and the caller's alone.
    #[cfg(debug_assertions)]
    unsafe {
        libc::memset(object, POISON, h.size as usize)
    };
    // SAFETY: as above.
    unsafe { header_at(object).write(Header { mark: FREED, ..h }) };
    // SAFETY: the block begins one offset before the object.
    unsafe { libc::free(object.wrapping_byte_sub(h.offset())) };
    memcg::uncharge(h.memcg, h.cost());
}

fn count_free(h: &Header) {
    if let Some(slot) = h.slot() {
        slot.add(-1);
    }
    stats::add_both(Counter::Free, 1, Counter::FreeBytes, h.size.into());
}

/// The first half of a free: counters and charges. The memory stays until [`release`], for a debug build that keeps freed
/// objects poisoned.
///
/// # Safety
///
/// As for [`kfree`].
#[cfg(debug_assertions)]
pub(crate) unsafe fn retire(object: *mut c_void) {
    // SAFETY: the caller's promise.
    let h = unsafe { header(object) };
    count_free(&h);
    // SAFETY: the object is live and the caller's alone.
    unsafe { header_at(object).write(Header { mark: FREED, ..h }) };
    memcg::uncharge(h.memcg, h.cost());
}

/// The second half: the memory.
///
/// # Safety
///
/// `object` was given to [`retire`] and nobody uses it any more.
#[cfg(debug_assertions)]
pub(crate) unsafe fn release(object: *mut c_void) {
    // SAFETY: the header was left in place.
    let h = unsafe { header(object) };
    // SAFETY: the block begins one offset before the object.
    unsafe { libc::free(object.wrapping_byte_sub(h.offset())) };
}

#[cold]
fn complain(function: &'static str, mark: u16) -> bool {
    let message =
        if mark == FREED { "the object was freed already" } else { "not an object of kmalloc, or freed already" };
    log::warn(function, message);
    false
}

fn is_live(h: &Header, function: &'static str) -> bool {
    h.mark == LIVE || complain(function, h.mark)
}

/// The counter of the cache that the object came from.
///
/// # Safety
///
/// `object` came from [`alloc`] and has not been freed.
pub(super) unsafe fn slot_of(object: *const c_void) -> Option<Slot> {
    // SAFETY: the caller's promise.
    unsafe { header(object) }.slot()
}

/// Memory for `size` bytes, aligned to 16; NULL if there is none. `__GFP_ZERO` zeroes it, `__GFP_ACCOUNT` charges it,
/// `__GFP_NOFAIL` lets no limit or injected failure apply; other flags change nothing. No bytes give
/// [`ZERO_SIZE_PTR`].
pub fn kmalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    kmalloc_for(size, gfp, "kmalloc")
}

fn kmalloc_for(size: usize, gfp: gfp_t, function: &'static str) -> *mut c_void {
    if size == 0 {
        return ZERO_SIZE_PTR;
    }
    alloc(Request { size, align: MIN_ALIGN, gfp, slot: None, function })
}

/// [`kmalloc`], zeroed.
pub fn kzalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    kmalloc_for(size, gfp | __GFP_ZERO, "kzalloc")
}

/// Zeroed memory for `n` objects of `size` bytes; NULL too if the product overflows.
pub fn kcalloc(n: usize, size: usize, gfp: gfp_t) -> *mut c_void {
    match n.checked_mul(size) {
        Some(bytes) => kmalloc_for(bytes, gfp | __GFP_ZERO, "kcalloc"),
        None => failed(),
    }
}

/// [`kmalloc`]: sizes make no difference here.
pub fn kvmalloc(size: usize, gfp: gfp_t) -> *mut c_void {
    kmalloc_for(size, gfp, "kvmalloc")
}

/// Frees memory of the kmalloc family or an object of a cache. NULL and [`ZERO_SIZE_PTR`] are nothing.
///
/// # Safety
///
/// `object` is NULL or such memory, not freed yet, and nobody uses it any more.
pub unsafe fn kfree(object: *mut c_void) {
    if !is_zero_or_null(object) {
        // SAFETY: the caller's promise.
        unsafe { free(object, "kfree") };
    }
}

/// [`kfree`].
///
/// # Safety
///
/// As for [`kfree`].
pub unsafe fn kvfree(object: *mut c_void) {
    if !is_zero_or_null(object) {
        // SAFETY: the caller's promise.
        unsafe { free(object, "kvfree") };
    }
}

/// [`kfree`] of memory that is overwritten first.
///
/// # Safety
///
/// As for [`kfree`].
pub unsafe fn kfree_sensitive(object: *mut c_void) {
    if is_zero_or_null(object) {
        return;
    }
    // SAFETY: the caller's promise.
    let size = unsafe { ksize(object) };
    // SAFETY: the object is `size` bytes long. The call cannot be left out as a dead store.
    unsafe { libc::explicit_bzero(object, size) };
    // SAFETY: the caller's promise.
    unsafe { free(object, "kfree_sensitive") };
}

/// Bytes that may be used: what was asked for. 0 for NULL.
///
/// # Safety
///
/// `object` is NULL or live memory of the kmalloc family.
pub unsafe fn ksize(object: *const c_void) -> usize {
    if is_zero_or_null(object) {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { header(object) }.size as usize
}

/// Resizes. NULL without memory, and then the old object stays; `size` 0 frees it. Bytes beyond the old size are zero if
/// `__GFP_ZERO` is set. An object that already has the room stays where it is.
///
/// # Safety
///
/// `object` is NULL or live memory of the kmalloc family; after a success only the result may be used.
pub unsafe fn krealloc(object: *mut c_void, size: usize, gfp: gfp_t) -> *mut c_void {
    if size == 0 {
        // SAFETY: the caller's promise.
        unsafe { kfree(object) };
        return ZERO_SIZE_PTR;
    }
    // SAFETY: the caller's promise.
    let old = unsafe { ksize(object) };
    if old >= size {
        return object;
    }
    let new = kmalloc_for(size, gfp, "krealloc");
    if new.is_null() || old == 0 {
        return new;
    }
    // SAFETY: both are at least `old` bytes long and do not overlap.
    unsafe { ptr::copy_nonoverlapping(object.cast::<u8>(), new.cast::<u8>(), old) };
    // SAFETY: the caller's promise.
    unsafe { kfree(object) };
    new
}

/// A copy of `len` bytes; NULL without memory.
///
/// # Safety
///
/// `from` has `len` readable bytes.
pub unsafe fn kmemdup(from: *const c_void, len: usize, gfp: gfp_t) -> *mut c_void {
    let new = kmalloc_for(len, gfp, "kmemdup");
    if !is_zero_or_null(new) {
        // SAFETY: the caller's promise, and `new` is `len` bytes long.
        unsafe { ptr::copy_nonoverlapping(from.cast::<u8>(), new.cast::<u8>(), len) };
    }
    new
}

/// A copy of at most `max` bytes of a string, with a NUL; NULL for NULL or without memory.
///
/// # Safety
///
/// `s` is NULL or a string of at least `max` bytes or ended by a NUL.
pub unsafe fn kstrndup(s: *const c_char, max: usize, gfp: gfp_t) -> *mut c_char {
    if s.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    let len = unsafe { libc::strnlen(s, max) };
    let new: *mut c_char = kmalloc_for(len + 1, gfp, "kstrdup").cast();
    if !new.is_null() {
        // SAFETY: `s` has `len` bytes, `new` one more.
        unsafe { ptr::copy_nonoverlapping(s, new, len) };
        // SAFETY: as above.
        unsafe { new.wrapping_add(len).write(0) };
    }
    new
}

/// A copy of a string; NULL for NULL or without memory.
///
/// # Safety
///
/// `s` is NULL or a C string.
pub unsafe fn kstrdup(s: *const c_char, gfp: gfp_t) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { kstrndup(s, KVMALLOC_MAX - 1, gfp) }
}

/// Failures are being injected.
static ARMED: AtomicBool = AtomicBool::new(false);
/// Allocations to let through first.
static SKIP: AtomicI64 = AtomicI64::new(0);
/// Allocations to fail then; negative: all.
static COUNT: AtomicI64 = AtomicI64::new(0);
/// Failures injected since they were last asked for.
static INJECTED: AtomicI64 = AtomicI64::new(0);

/// For tests: lets `skip` allocations of the process succeed, then fails `count` (all if negative). (0, 0) turns it off.
/// Returns how many failures the previous setting has injected, so that a test can raise `skip` until it gets 0.
pub fn fail_alloc(skip: i64, count: i64) -> i64 {
    ARMED.store(false, Ordering::SeqCst);
    SKIP.store(skip, Ordering::SeqCst);
    COUNT.store(count, Ordering::SeqCst);
    let injected = INJECTED.swap(0, Ordering::SeqCst);
    ARMED.store(count != 0, Ordering::SeqCst);
    injected
}

#[inline]
fn should_fail(nofail: bool) -> bool {
    ARMED.load(Ordering::Relaxed) && !nofail && inject()
}

#[cold]
fn inject() -> bool {
    if SKIP.fetch_sub(1, Ordering::SeqCst) > 0 {
        return false;
    }
    let take = |count: i64| match count {
        0 => None,
        n if n < 0 => Some(n),
        n => Some(n - 1),
    };
    if COUNT.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_err() {
        return false;
    }
    INJECTED.fetch_add(1, Ordering::SeqCst);
    true
}
