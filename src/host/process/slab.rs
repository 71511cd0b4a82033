// SPDX-License-Identifier: GPL-2.0-or-later
//! The kmalloc family on top of malloc, with accounting.
//!
//! In front of each object sits a header of 16 bytes: the memory group that was charged, the size asked for, the cache
//! it came from, and a mark by which a debug build knows its own objects. Failure is a NULL pointer, whether malloc has no
//! memory, a memory group is at its limit, or a test injects it.
//!
//! An object costs its memory group its size plus the header, and the alignment where that is larger than 16. Freed blocks
//! of up to a kilobyte are kept for the thread's next allocations ([`magazine`](super::magazine)), unless [somebody
//! watches](super::checkers); whether a block is new or was kept, it is charged, counted and refused the same.

use super::checkers;
use super::log;
use super::magazine::Class;
use super::memcg::{self, mem_cgroup};
use super::stats::{self, Counted, Counter, Mine};
use crate::abi::*;
use core::ffi::{c_char, c_void};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// What an allocation of no bytes returns: not NULL, not to be read, taken by [`kfree`].
pub const ZERO_SIZE_PTR: *mut c_void = ptr::without_provenance_mut(16);
/// The largest size; more is refused, with a warning unless `__GFP_NOWARN` is set.
pub(crate) const KVMALLOC_MAX: usize = i32::MAX as usize;

/// Alignment of what malloc returns, and the header's size.
const MIN_ALIGN: usize = 16;
/// The mark in a header's shape.
const MARK: u64 = 0xfff << 52;
/// That of a live object.
const LIVE: u64 = 0x5ab << 52;
/// That of a freed one, for as long as malloc leaves it there.
const FREED: u64 = 0xdea << 52;
/// What freed memory holds in a debug build.
#[cfg(debug_assertions)]
const POISON: c_int = 0x6b;
#[cfg(debug_assertions)]
use core::ffi::c_int;

/// What is known of an object before there is one, as one word. Bits 0 to 31: the size asked for. 32 to 39: the class of its
/// block. 40 to 47: its [`Counted`]. 48 to 51: the logarithm of the alignment, less 4. The rest: [`LIVE`] or [`FREED`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct Shape(u64);

impl Shape {
    /// Of objects of `size` bytes, not 0 and at most [`KVMALLOC_MAX`], at multiples of `align`, a power of two up to 2^16.
    #[inline]
    pub(super) const fn new(size: usize, align: usize, counted: Counted) -> Shape {
        let (align, class) =
            if align > MIN_ALIGN { (align, Class::NONE) } else { (MIN_ALIGN, Class::of(size + MIN_ALIGN)) };
        let shift = align.trailing_zeros() as u64 - MIN_ALIGN.trailing_zeros() as u64;
        Shape(size as u64 | (class.number() as u64) << 32 | (counted.number() as u64) << 40 | shift << 48 | LIVE)
    }

    /// As a word that is never 0.
    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// The opposite of [`word`](Self::word).
    pub(super) const fn from_word(word: u64) -> Shape {
        Shape(word)
    }

    #[inline]
    const fn size(self) -> usize {
        self.0 as u32 as usize
    }

    /// Bytes between the start of malloc's block and the object.
    #[inline]
    const fn offset(self) -> usize {
        MIN_ALIGN << (self.0 >> 48 & 15)
    }

    /// What the memory group pays.
    #[inline]
    const fn cost(self) -> usize {
        self.size() + self.offset()
    }

    #[inline(always)]
    pub(super) const fn counted(self) -> Counted {
        Counted::from_number((self.0 >> 40) as u8)
    }

    /// Where such a block may be kept.
    #[inline(always)]
    const fn class(self) -> Class {
        Class::from_number((self.0 >> 32) as u8)
    }

    #[inline(always)]
    const fn mark(self) -> u64 {
        self.0 & MARK
    }

    #[inline(always)]
    const fn freed(self) -> Shape {
        Shape(self.0 & !MARK | FREED)
    }
}

#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Header {
    /// Who was charged; NULL: nobody.
    memcg: *mut mem_cgroup,
    shape: Shape,
}
const _: () = assert!(size_of::<Header>() == MIN_ALIGN);

fn is_zero_or_null(object: *const c_void) -> bool {
    object.addr() <= ZERO_SIZE_PTR.addr()
}

fn header_at(object: *const c_void) -> *mut Header {
    object.cast::<Header>().wrapping_sub(1).cast_mut()
}

/// What the header says of the object.
///
/// # Safety
///
/// `object` came from [`alloc`] and has not been freed.
#[inline]
pub(super) unsafe fn shape_of(object: *const c_void) -> Shape {
    // SAFETY: `alloc` put a header right in front of the object.
    unsafe { (*header_at(object)).shape }
}

/// Who pays for the object.
///
/// # Safety
///
/// As for [`shape_of`].
#[inline]
unsafe fn payer_of(object: *const c_void) -> *mut mem_cgroup {
    // SAFETY: as above.
    unsafe { (*header_at(object)).memcg }
}

/// An object, or NULL. `function` is who asks, for messages.
///
/// This is the short way, of which every instruction counts: a block at hand, nobody to charge, no failure to inject.
#[inline(always)]
pub(super) fn alloc(shape: Shape, gfp: gfp_t, function: &'static str) -> *mut c_void {
    let Some(mine) = Mine::known() else {
        return alloc_slowly(shape, gfp, function);
    };
    if ARMED.load(Ordering::Relaxed) || (gfp & __GFP_ACCOUNT != 0 && memcg::somebody_pays()) {
        return alloc_slowly(shape, gfp, function);
    }
    let Some(block) = mine.magazines().pop(shape.class()) else {
        return alloc_slowly(shape, gfp, function);
    };
    let object = block.wrapping_byte_add(MIN_ALIGN);
    // SAFETY: a block of the class has room for a header and the object, and is aligned to 16.
    unsafe { header_at(object).write(Header { memcg: ptr::null_mut(), shape }) };
    count_alloc(mine, shape);
    if gfp & __GFP_ZERO != 0 {
        // SAFETY: as above.
        return unsafe { libc::memset(object, 0, shape.size()) };
    }
    object
}

/// The whole way.
#[cold]
#[inline(never)]
fn alloc_slowly(shape: Shape, gfp: gfp_t, function: &'static str) -> *mut c_void {
    let nofail = gfp & __GFP_NOFAIL != 0;
    if should_fail(nofail) {
        return failed();
    }
    let mut memcg = ptr::null_mut();
    if gfp & __GFP_ACCOUNT != 0 {
        match memcg::charge(shape.cost(), nofail) {
            Ok(charged) => memcg = charged,
            Err(()) => return failed(),
        }
    }
    let mine = Mine::find();
    let kept = mine.map(Mine::magazines).and_then(|m| m.pop(shape.class()).or_else(|| m.refill(shape.class())));
    let Some(block) = kept.or_else(|| new_block(shape, gfp, function)) else {
        memcg::uncharge(memcg, shape.cost());
        return failed();
    };
    let object = block.wrapping_byte_add(shape.offset());
    if kept.is_some() && gfp & __GFP_ZERO != 0 {
        // SAFETY: the block is `offset` plus `size` bytes long.
        unsafe { ptr::write_bytes(object.cast::<u8>(), 0, shape.size()) };
    }
    // SAFETY: the offset is at least a header, and the block aligned to at least 16.
    unsafe { header_at(object).write(Header { memcg, shape }) };
    match mine {
        Some(m) => count_alloc(m, shape),
        None => {
            shape.counted().add(1);
            stats::add(Counter::Alloc, 1);
            stats::add(Counter::AllocBytes, shape.size() as i64);
        }
    }
    object
}

#[inline(always)]
fn count_alloc(mine: Mine, shape: Shape) {
    mine.add_to(shape.counted(), 1);
    mine.add(Counter::Alloc, 1);
    mine.add(Counter::AllocBytes, shape.size() as i64);
}

#[cold]
fn failed() -> *mut c_void {
    stats::add(Counter::AllocFailed, 1);
    ptr::null_mut()
}

/// malloc's memory: zeroed if asked for; with `__GFP_NOFAIL` it waits for the system to have some.
fn new_block(shape: Shape, gfp: gfp_t, function: &'static str) -> Option<*mut c_void> {
    let zero = gfp & __GFP_ZERO != 0;
    let mut bytes = shape.cost();
    if shape.class() != Class::NONE && checkers::may_keep() {
        bytes = shape.class().bytes();
    }
    let mut tries = 0u32;
    loop {
        let plain = shape.offset() == MIN_ALIGN;
        let block = if plain { plain_block(bytes, zero) } else { aligned_block(bytes, shape.offset(), zero) };
        if !block.is_null() {
            return Some(block);
        }
        if gfp & __GFP_NOFAIL == 0 {
            return None;
        }
        tries = tries.saturating_add(1);
        if tries == 1000 {
            log::warn(function, "no memory for an allocation that must not fail; waiting");
        }
        let pause = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        // SAFETY: `pause` is readable, and the remaining time is not asked for.
        unsafe { libc::nanosleep(&pause, ptr::null_mut()) };
    }
}

fn plain_block(bytes: usize, zero: bool) -> *mut c_void {
    if zero {
        // SAFETY: calloc has no requirement.
        unsafe { libc::calloc(1, bytes) }
    } else {
        // SAFETY: malloc has no requirement.
        unsafe { libc::malloc(bytes) }
    }
}

fn aligned_block(bytes: usize, align: usize, zero: bool) -> *mut c_void {
    let mut block: *mut c_void = ptr::null_mut();
    // SAFETY: `block` is writable; the alignment is a power of two and a multiple of a pointer's size.
    if unsafe { libc::posix_memalign(&mut block, align, bytes) } != 0 {
        return ptr::null_mut();
    }
    if zero {
        // SAFETY: the block is `bytes` long.
        unsafe { ptr::write_bytes(block.cast::<u8>(), 0, bytes) };
    }
    block
}

/// Frees an object. One that is known not to be live (it was freed, and malloc has not had it since) is reported and left alone.
///
/// # Safety
///
/// `object` came from [`alloc`] and nobody uses it any more.
#[inline(always)]
pub(super) unsafe fn free(object: *mut c_void, function: &'static str) {
    // SAFETY: the caller's promise.
    let shape = unsafe { shape_of(object) };
    if shape.mark() != LIVE {
        return complain(function, shape);
    }
    // SAFETY: the caller's promise.
    let memcg = unsafe { payer_of(object) };
    // SAFETY: the object is live and the caller's alone.
    #[cfg(debug_assertions)]
    unsafe {
        libc::memset(object, POISON, shape.size())
    };
    // SAFETY: as above.
    unsafe { (*header_at(object)).shape = shape.freed() };
    if let Some(mine) = Mine::known().filter(|_| memcg.is_null()) {
        // A block that can be kept has no more than a header before the object.
        if mine.magazines().push(shape.class(), object.wrapping_byte_sub(MIN_ALIGN)) {
            count_free(mine, shape);
            return;
        }
    }
    // SAFETY: the caller's promise.
    unsafe { free_slowly(object, shape, memcg) };
}

/// The whole way.
///
/// # Safety
///
/// As for [`free`]; shape and payer are the object's.
#[cold]
#[inline(never)]
unsafe fn free_slowly(object: *mut c_void, shape: Shape, memcg: *mut mem_cgroup) {
    let block = object.wrapping_byte_sub(shape.offset());
    match count_free_anywhere(shape).map(Mine::magazines) {
        Some(m) => {
            if !m.push(shape.class(), block) {
                // SAFETY: the caller's promise; a block of a class has its size.
                unsafe { m.spill(shape.class(), block) };
            }
        }
        // SAFETY: the caller's promise.
        None => unsafe { libc::free(block) },
    }
    memcg::uncharge(memcg, shape.cost());
}

#[inline(always)]
fn count_free(mine: Mine, shape: Shape) {
    mine.add_to(shape.counted(), -1);
    mine.add(Counter::Free, 1);
    mine.add(Counter::FreeBytes, shape.size() as i64);
}

/// Counts a free in the thread's block, which is returned, or in that of all threads without one.
fn count_free_anywhere(shape: Shape) -> Option<Mine> {
    let mine = Mine::find();
    match mine {
        Some(m) => count_free(m, shape),
        None => {
            shape.counted().add(-1);
            stats::add(Counter::Free, 1);
            stats::add(Counter::FreeBytes, shape.size() as i64);
        }
    }
    mine
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
    let shape = unsafe { shape_of(object) };
    // SAFETY: the caller's promise.
    let memcg = unsafe { payer_of(object) };
    count_free_anywhere(shape);
    // SAFETY: the object is live and the caller's alone.
    unsafe { (*header_at(object)).shape = shape.freed() };
    memcg::uncharge(memcg, shape.cost());
}

/// The second half: the memory.
///
/// # Safety
///
/// `object` was given to [`retire`] and nobody uses it any more.
#[cfg(debug_assertions)]
pub(crate) unsafe fn release(object: *mut c_void) {
    // SAFETY: the header was left in place.
    let shape = unsafe { shape_of(object) };
    // SAFETY: the block begins one offset before the object.
    unsafe { libc::free(object.wrapping_byte_sub(shape.offset())) };
}

#[cold]
fn complain(function: &'static str, shape: Shape) {
    let freed = shape.mark() == FREED;
    log::warn(
        function,
        if freed { "the object was freed already" } else { "not an object of kmalloc, or freed already" },
    );
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
    if size > KVMALLOC_MAX {
        return out_of_range(gfp, function);
    }
    alloc(Shape::new(size, MIN_ALIGN, Counted::NOT), gfp, function)
}

#[cold]
fn out_of_range(gfp: gfp_t, function: &'static str) -> *mut c_void {
    if gfp & __GFP_NOWARN == 0 {
        log::warn(function, "the size is out of range");
    }
    failed()
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
    unsafe { shape_of(object) }.size()
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
