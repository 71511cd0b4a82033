// SPDX-License-Identifier: GPL-2.0-or-later
//! Registrations for SIGIO: which files want a signal when a queue has something to read.
//!
//! A registration is on its list once for each file, found by the file. The list is walked under RCU; it changes under
//! the file's `f_lock`, then [`LIST_LOCK`]. No lock is held while a signal is sent, so a thread that is sending when a
//! registration is removed may still send, once.

use super::cache::{kmem_cache, kmem_cache_alloc, kmem_cache_free};
use super::doorbell::Doorbell;
use super::fown;
use super::log;
use super::rcu;
use super::signal::{self, Reason, Target};
use crate::abi::*;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// `magic` of a registration.
pub const FASYNC_MAGIC: c_int = 0x4601;
/// The bit of `f_flags` that says that the file is registered (`FASYNC`, `O_ASYNC`).
pub const FASYNC: u32 = libc::O_ASYNC as u32;

/// A registration. The part that C sees comes first: their addresses are the same.
#[repr(C)]
struct Registration {
    fa: fasync_struct,
    bell: Doorbell,
}

static CACHE: kmem_cache =
    kmem_cache::new("fasync_cache", size_of::<Registration>(), align_of::<Registration>(), SLAB_ACCOUNT);
/// All lists.
static LIST_LOCK: spinlock = spinlock::new();

/// Before a fork: no list is half-way changed in the child. (A file's own locks are as any lock of the program's: one
/// that another thread held stays held in the child.)
pub(super) fn before_fork() {
    LIST_LOCK.lock();
}

/// After it, in the parent and in the child.
pub(super) fn after_fork() {
    // SAFETY: taken by this thread in `before_fork`.
    unsafe { LIST_LOCK.unlock() };
}

fn entry<'a>(at: *mut fasync_struct) -> Option<&'a Registration> {
    // SAFETY: everything on a list was made here and stays until a grace period after its removal.
    unsafe { at.cast::<Registration>().as_ref() }
}

/// Runs `f` with the file's lock and the lists' lock held.
fn locked<R>(file: &file, f: impl FnOnce() -> R) -> R {
    file.f_lock.lock();
    LIST_LOCK.lock();
    let result = f();
    // SAFETY: taken above.
    unsafe { LIST_LOCK.unlock() };
    // SAFETY: taken above.
    unsafe { file.f_lock.unlock() };
    result
}

/// Runs `f` with the registration's lock held for writing, so that a sender sees all of a change or nothing.
fn write(fa: &fasync_struct, f: impl FnOnce()) {
    fa.fa_lock.write_lock();
    f();
    // SAFETY: taken above.
    unsafe { fa.fa_lock.write_unlock() };
}

/// The place on the list that points to the file's registration, or to the NULL at the end. The lists' lock is held.
fn find<'a>(file: &file, fapp: &'a AtomicPtr<fasync_struct>) -> &'a AtomicPtr<fasync_struct> {
    let mut place = fapp;
    while let Some(r) = entry(place.load(Ordering::Relaxed)) {
        if ptr::eq(r.fa.fa_file.load(Ordering::Relaxed), file) {
            break;
        }
        place = &r.fa.fa_next;
    }
    place
}

/// Registers the file for signals about the descriptor `fd` (`on` not 0), or removes its registration, and keeps
/// `FASYNC` in its flags in step. 1 if a registration came or went, 0 if there was one already (it now names `fd`) or none
/// to remove, -ENOMEM.
pub fn fasync_helper(fd: c_int, file: &file, on: c_int, fapp: &AtomicPtr<fasync_struct>) -> c_int {
    if on == 0 {
        remove(file, fapp)
    } else {
        add(fd, file, fapp)
    }
}

fn add(fd: c_int, file: &file, fapp: &AtomicPtr<fasync_struct>) -> c_int {
    let new: *mut Registration = kmem_cache_alloc(&CACHE, GFP_KERNEL).cast();
    if new.is_null() {
        return -libc::ENOMEM;
    }
    let fa = fasync_struct {
        fa_lock: rwlock::new(),
        magic: FASYNC_MAGIC.into(),
        fa_fd: fd.into(),
        fa_next: AtomicPtr::new(ptr::null_mut()),
        fa_file: AtomicPtr::new(ptr::from_ref(file).cast_mut()),
        fa_rcu: callback_head { next: ptr::null_mut::<callback_head>().into(), func: None.into() },
    };
    // SAFETY: `new` has room for a registration and is aligned.
    unsafe { new.write(Registration { fa, bell: Doorbell::new() }) };
    let added = locked(file, || match entry(find(file, fapp).load(Ordering::Relaxed)) {
        Some(old) => {
            write(&old.fa, || old.fa.fa_fd.store(fd, Ordering::Relaxed));
            false
        }
        None => {
            let first = fapp.load(Ordering::Relaxed);
            if let Some(r) = entry(new.cast()) {
                r.fa.fa_next.store(first, Ordering::Relaxed);
            }
            // Release: a walker that finds the registration finds it complete.
            fapp.store(new.cast(), Ordering::Release);
            file.f_flags.fetch_or(FASYNC, Ordering::Relaxed);
            true
        }
    });
    if !added {
        // SAFETY: made above and never shared.
        unsafe { kmem_cache_free(&CACHE, new.cast()) };
    }
    added.into()
}

fn remove(file: &file, fapp: &AtomicPtr<fasync_struct>) -> c_int {
    let gone = locked(file, || {
        let place = find(file, fapp);
        let found = place.load(Ordering::Relaxed);
        if let Some(r) = entry(found) {
            write(&r.fa, || r.fa.fa_file.store(ptr::null_mut(), Ordering::Relaxed));
            place.store(r.fa.fa_next.load(Ordering::Relaxed), Ordering::Release);
            file.f_flags.fetch_and(!FASYNC, Ordering::Relaxed);
        }
        found
    });
    match entry(gone) {
        Some(r) => {
            let head = ptr::from_ref(&r.fa.fa_rcu).cast_mut();
            // SAFETY: off its list; only walkers that were there before still see it, and `free` runs after them.
            unsafe { rcu::call_rcu(head, Some(free)) };
            1
        }
        None => 0,
    }
}

unsafe extern "C" fn free(head: *mut callback_head) {
    let at = head.wrapping_byte_sub(core::mem::offset_of!(fasync_struct, fa_rcu)).cast::<fasync_struct>();
    if let Some(r) = entry(at) {
        r.bell.close();
    }
    // SAFETY: a grace period has passed since it left its list: nobody knows it any more.
    unsafe { kmem_cache_free(&CACHE, at.cast()) };
}

/// Signals the owners of all files on the list: `band` (`POLL_IN` to `POLL_HUP`) says why. `sig` is SIGIO, or SIGURG, which
/// only files with a signal of their own get. An empty list costs one load.
#[inline]
pub fn kill_fasync(fapp: &AtomicPtr<fasync_struct>, sig: c_int, band: c_int) {
    if !fapp.load(Ordering::Relaxed).is_null() {
        kill_all(fapp, sig, band);
    }
}

#[cold]
fn kill_all(fapp: &AtomicPtr<fasync_struct>, sig: c_int, band: c_int) {
    rcu::rcu_read_lock();
    let mut at = fapp.load(Ordering::Acquire);
    while let Some(r) = entry(at) {
        if r.fa.magic.load(Ordering::Relaxed) != FASYNC_MAGIC {
            log::print(FSN_LOG_ERR, "kill_fasync", format_args!("not a registration for SIGIO"));
            break;
        }
        if let Some((target, fd)) = wanted(&r.fa) {
            if sig != libc::SIGURG || target.signum != 0 {
                signal::send(target, Reason { fd, band }, Some(&r.bell));
            }
        }
        at = r.fa.fa_next.load(Ordering::Acquire);
    }
    rcu::rcu_read_unlock();
}

/// Whom a registration wants signalled, and about which descriptor. The lock keeps the file and its owner until both
/// have been read.
fn wanted(fa: &fasync_struct) -> Option<(Target, c_int)> {
    fa.fa_lock.read_lock();
    // SAFETY: a file removes its registration before it goes, which takes the lock.
    let file = unsafe { fa.fa_file.load(Ordering::Relaxed).as_ref() };
    let target = file.and_then(fown::file_f_owner).and_then(fown::target);
    let fd = fa.fa_fd.load(Ordering::Relaxed);
    // SAFETY: taken above.
    unsafe { fa.fa_lock.read_unlock() };
    target.map(|t| (t, fd))
}

/// Signals a file's owner about the descriptor `fd` without a registration (dnotify): `band` is `POLL_IN` to `POLL_HUP`.
pub fn send_sigio(owner: &fown_struct, fd: c_int, band: c_int) {
    if let Some(target) = fown::target(owner) {
        signal::send(target, Reason { fd, band }, None);
    }
}
