// SPDX-License-Identifier: GPL-2.0-or-later
//! The order of locks as types: `group->mark_mutex`, then `mark->lock`, then `connector->lock`.
//!
//! A [`Held`] token says which of the three the thread holds at most. Taking a lock borrows the token of the outer level
//! and yields the token of the inner one, so that while a lock is held the outer token cannot be used, and a lock of an
//! outer level cannot be taken at all: it does not compile. Callbacks that the contract promises to call without
//! locks ask for `&mut Held<Nothing>`, which nobody can produce while holding one of them.
//!
//! In order:
//!
//! ```
//! use fsnotify::notify::lock_order::*;
//! fn allowed<L: Before<Connector>>(_: &mut Held<'_, L>) {}
//! fn f(held: &mut Held<'_, Mark>) { allowed(held) }
//! ```
//!
//! A mark's lock under a connector's lock:
//!
//! ```compile_fail,E0277
//! use fsnotify::notify::lock_order::*;
//! fn allowed<L: Before<Mark>>(_: &mut Held<'_, L>) {}
//! fn f(held: &mut Held<'_, Connector>) { allowed(held) }
//! ```
//!
//! A group's mutex under a mark's lock:
//!
//! ```compile_fail,E0277
//! use fsnotify::notify::lock_order::*;
//! fn allowed<L: Before<Group>>(_: &mut Held<'_, L>) {}
//! fn f(held: &mut Held<'_, Mark>) { allowed(held) }
//! ```
//!
//! A lock of the same level twice:
//!
//! ```compile_fail,E0277
//! use fsnotify::notify::lock_order::*;
//! use fsnotify::abi::fsnotify_mark;
//! fn f(held: &mut Held<'_, Nothing>, a: &fsnotify_mark, b: &fsnotify_mark) {
//!     let mut first = lock_mark(held, a);
//!     let second = lock_mark(first.held(), b);
//! }
//! ```
//!
//! The outer token while an inner lock is held:
//!
//! ```compile_fail,E0499
//! use fsnotify::notify::lock_order::*;
//! use fsnotify::abi::{fsnotify_group, fsnotify_mark};
//! fn f(held: &mut Held<'_, Nothing>, group: &fsnotify_group, mark: &fsnotify_mark) {
//!     let locked = lock_mark(held, mark);
//!     let late = lock_group(held, group);
//!     drop(locked);
//! }
//! ```
//!
//! The same two locks in order:
//!
//! ```
//! use fsnotify::notify::lock_order::*;
//! use fsnotify::abi::{fsnotify_group, fsnotify_mark, fsnotify_mark_connector};
//! fn f(held: &mut Held<'_, Nothing>, group: &fsnotify_group, mark: &fsnotify_mark, conn: &fsnotify_mark_connector) {
//!     let mut group = lock_group(held, group);
//!     let mut mark = lock_mark(group.held(), mark);
//!     let conn = lock_connector(mark.held(), conn);
//! }
//! ```

#[cfg(feature = "process")]
use crate::abi::{fsnotify_group, fsnotify_mark, fsnotify_mark_connector};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;

/// None of the three locks is held.
pub struct Nothing;
/// `group->mark_mutex` is held.
pub struct Group;
/// `mark->lock` is held.
pub struct Mark;
/// `connector->lock` is held.
pub struct Connector;

/// A thread that holds at most `Self` may take a lock of `Level`.
pub trait Before<Level> {}
impl Before<Group> for Nothing {}
impl Before<Mark> for Nothing {}
impl Before<Mark> for Group {}
impl Before<Connector> for Nothing {}
impl Before<Connector> for Group {}
impl Before<Connector> for Mark {}

/// The innermost level that the thread holds; neither `Copy` nor `Send`.
pub struct Held<'a, Level>(PhantomData<(&'a mut Level, *mut ())>);

impl<Level> Held<'_, Level> {
    /// Makes a token from nothing, at the edge to C.
    ///
    /// # Safety
    ///
    /// The thread holds a lock of `Level` and none of an inner level.
    pub unsafe fn assume() -> Self {
        Held(PhantomData)
    }

    fn nested<Inner>(&mut self) -> Held<'_, Inner> {
        Held(PhantomData)
    }
}

/// An object with a lock of one level.
pub trait Ordered {
    /// The level.
    type Level;
    /// Takes the lock.
    fn acquire(&self);
    /// Gives it back.
    ///
    /// # Safety
    ///
    /// The thread holds it.
    unsafe fn release(&self);
}

/// A locked object; dropping it unlocks.
pub struct Locked<'a, T: Ordered> {
    object: &'a T,
    held: Held<'a, T::Level>,
}

impl<'a, T: Ordered> Locked<'a, T> {
    #[cfg(feature = "process")]
    fn new<'o: 'a, Outer: Before<T::Level>>(outer: &'a mut Held<'_, Outer>, object: &'o T) -> Self {
        object.acquire();
        Locked { object, held: outer.nested() }
    }

    /// Wraps a lock that is held already.
    ///
    /// # Safety
    ///
    /// The thread holds the object's lock, took it under `outer`, and nobody else will give it back.
    pub unsafe fn assume<'o: 'a, Outer: Before<T::Level>>(outer: &'a mut Held<'_, Outer>, object: &'o T) -> Self {
        Locked { object, held: outer.nested() }
    }

    /// The token for locks further in.
    pub fn held(&mut self) -> &mut Held<'a, T::Level> {
        &mut self.held
    }

    /// The object, for as long as its owner keeps it.
    pub fn object(&self) -> &'a T {
        self.object
    }

    /// Drops the guard and leaves the lock held: the caller of the C function gives it back.
    pub fn keep(self) {
        let _ = ManuallyDrop::new(self);
    }
}

impl<T: Ordered> Deref for Locked<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.object
    }
}

impl<T: Ordered> Drop for Locked<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the guard exists, so the lock is held by this thread and is given back once.
        unsafe { self.object.release() }
    }
}

/// Takes `group->mark_mutex` (`fsnotify_group_lock()`).
#[cfg(feature = "process")]
pub fn lock_group<'a, L: Before<Group>>(
    held: &'a mut Held<'_, L>,
    group: &'a fsnotify_group,
) -> Locked<'a, fsnotify_group> {
    Locked::new(held, group)
}

/// Takes `mark->lock`.
#[cfg(feature = "process")]
pub fn lock_mark<'a, L: Before<Mark>>(held: &'a mut Held<'_, L>, mark: &'a fsnotify_mark) -> Locked<'a, fsnotify_mark> {
    Locked::new(held, mark)
}

/// Takes `connector->lock`.
#[cfg(feature = "process")]
pub fn lock_connector<'a, L: Before<Connector>>(
    held: &'a mut Held<'_, L>,
    connector: &'a fsnotify_mark_connector,
) -> Locked<'a, fsnotify_mark_connector> {
    Locked::new(held, connector)
}
