// SPDX-License-Identifier: GPL-2.0-or-later
//! Reference counts that saturate and warn instead of wrapping.
//!
//! A count that went wrong (an addition to zero, an overflow, one put too many) is set to [`SATURATED`], half-way into
//! the negative numbers, where it stays whatever is done to it: the object leaks, which is harmless beside an object
//! that is freed while it is used. The warning comes once for each count that goes wrong, not at each later use.

use core::sync::atomic::{AtomicI32, Ordering};

use super::log;
use crate::abi::primitives::{atomic_t, mutex, refcount_struct, spinlock};

/// Where a count stays that went wrong (`FSN_REFCOUNT_SATURATED`).
pub(crate) const SATURATED: i32 = i32::MIN / 2;

/// What went wrong; the values of `enum refcount_saturation_type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Saturation {
    /// `inc_not_zero` or `add_not_zero` passed the largest count.
    AddNotZeroOverflow = 0,
    /// `inc` or `add` passed the largest count.
    AddOverflow = 1,
    /// `inc` or `add` found zero.
    AddUseAfterFree = 2,
    /// A put more than there were references.
    SubUseAfterFree = 3,
    /// `dec` reached zero, which it is used where that cannot be.
    DecLeak = 4,
}

impl Saturation {
    /// The kind with C's number `kind`; an unknown one counts as a put too many.
    pub fn from_number(kind: u32) -> Self {
        match kind {
            0 => Self::AddNotZeroOverflow,
            1 => Self::AddOverflow,
            2 => Self::AddUseAfterFree,
            4 => Self::DecLeak,
            _ => Self::SubUseAfterFree,
        }
    }

    fn report(self) -> (&'static str, &'static str) {
        match self {
            Self::AddNotZeroOverflow => {
                ("refcount_inc_not_zero", "too many references: the object will never be freed")
            }
            Self::AddOverflow => ("refcount_inc", "too many references: the object will never be freed"),
            Self::AddUseAfterFree => ("refcount_inc", "reference taken on an object that has none: use after free"),
            Self::SubUseAfterFree => ("refcount_dec_and_test", "more references put than taken: use after free"),
            Self::DecLeak => ("refcount_dec", "the last reference dropped where it must not be: leak"),
        }
    }
}

impl refcount_struct {
    /// A count of `n`.
    pub const fn new(n: i32) -> Self {
        Self { refs: atomic_t { counter: AtomicI32::new(n) } }
    }

    fn word(&self) -> &AtomicI32 {
        &self.refs.counter
    }

    /// The count at this moment.
    #[inline]
    pub fn read(&self) -> i32 {
        self.word().load(Ordering::Relaxed)
    }

    /// Sets the count; nobody else may be using it.
    #[inline]
    pub fn set(&self, n: i32) {
        self.word().store(n, Ordering::Relaxed);
    }

    /// Takes `n` references; the caller has one already.
    #[inline]
    pub fn add(&self, n: i32) {
        let old = self.word().fetch_add(n, Ordering::Relaxed);
        if old == 0 {
            self.warn_saturate(Saturation::AddUseAfterFree);
        } else if old < 0 || old.wrapping_add(n) < 0 {
            self.warn_saturate(Saturation::AddOverflow);
        }
    }

    /// Takes a reference; the caller has one already.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Takes `n` references unless there are none; returns whether it did.
    #[inline]
    pub fn add_not_zero(&self, n: i32) -> bool {
        let mut old = self.read();
        while old != 0 {
            match self.word().compare_exchange_weak(old, old.wrapping_add(n), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    if old < 0 || old.wrapping_add(n) < 0 {
                        self.warn_saturate(Saturation::AddNotZeroOverflow);
                    }
                    return true;
                }
                Err(now) => old = now,
            }
        }
        false
    }

    /// Takes a reference unless there is none; returns whether it did.
    #[inline]
    pub fn inc_not_zero(&self) -> bool {
        self.add_not_zero(1)
    }

    /// Drops `n` references; returns whether they were the last ones.
    #[inline]
    #[must_use]
    pub fn sub_and_test(&self, n: i32) -> bool {
        // Release for what was done with the reference; acquire for whoever frees the object. In one operation rather
        // than with a fence, which ThreadSanitizer does not understand.
        let old = self.word().fetch_sub(n, Ordering::AcqRel);
        if old > 0 && old == n {
            return true;
        }
        if old <= 0 || old.wrapping_sub(n) < 0 {
            self.warn_saturate(Saturation::SubUseAfterFree);
        }
        false
    }

    /// Drops a reference; returns whether it was the last one.
    #[inline]
    #[must_use]
    pub fn dec_and_test(&self) -> bool {
        self.sub_and_test(1)
    }

    /// Drops a reference that cannot be the last one.
    #[inline]
    pub fn dec(&self) {
        if self.word().fetch_sub(1, Ordering::Release) <= 1 {
            self.warn_saturate(Saturation::DecLeak);
        }
    }

    /// Drops a reference unless it is the last one; returns whether it did (or the count has gone wrong).
    #[must_use]
    pub fn dec_not_one(&self) -> bool {
        let mut old = self.read();
        while old > 1 {
            match self.word().compare_exchange_weak(old, old - 1, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
        if old == 1 {
            return false;
        }
        if old != SATURATED {
            self.warn_saturate(Saturation::SubUseAfterFree);
        }
        true
    }

    /// Drops the reference if it is the only one; returns whether it did.
    #[must_use]
    pub fn dec_if_one(&self) -> bool {
        self.word().compare_exchange(1, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Drops a reference, the last one only with `lock` held. Returns true, with the lock held, if it was the last.
    #[must_use]
    pub fn dec_and_lock(&self, lock: &spinlock) -> bool {
        if self.dec_not_one() {
            return false;
        }
        lock.lock();
        if self.dec_and_test() {
            return true;
        }
        // SAFETY: taken above.
        unsafe { lock.unlock() };
        false
    }

    /// Drops a reference, the last one only with `lock` held. Returns true, with the mutex held, if it was the last.
    #[must_use]
    pub fn dec_and_mutex_lock(&self, lock: &mutex) -> bool {
        if self.dec_not_one() {
            return false;
        }
        lock.lock();
        if self.dec_and_test() {
            return true;
        }
        // SAFETY: taken above.
        unsafe { lock.unlock() };
        false
    }

    /// Saturates a count that went wrong, and warns if it had not been saturated before.
    #[cold]
    pub fn warn_saturate(&self, kind: Saturation) {
        let old = self.word().swap(SATURATED, Ordering::Relaxed);
        // Uses of a saturated count move it a little before they come here.
        let already = old.wrapping_sub(SATURATED).unsigned_abs() < SATURATED.unsigned_abs() / 2;
        if !already {
            let (function, message) = kind.report();
            log::warn(function, message);
        }
    }
}
