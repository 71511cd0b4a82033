// SPDX-License-Identifier: GPL-2.0-or-later
//! Open files (`fs/file_table.c`). A file holds a reference on each half of its path.

use super::hooks;
use super::inode_alloc::alloc_own;
use super::mount::{path_get, path_put};
use super::origin::Origin;
use super::writers::{get_write_access, put_write_access};
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::{slab, srcu, work};
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// `FASYNC` in `f_flags`: somebody wants SIGIO.
const FASYNC: u32 = libc::O_ASYNC as u32;
/// Flags that mean nothing once a file is open.
const AT_OPEN_ONLY: u32 = (libc::O_CREAT | libc::O_EXCL | libc::O_NOCTTY | libc::O_TRUNC) as u32;

/// In an `errseq_t` (`fsn/mapping.h`): somebody has seen the error.
const ERRSEQ_SEEN: u32 = 0x1000;

impl file {
    pub(super) fn as_ptr(&self) -> *mut file {
        ptr::from_ref(self).cast_mut()
    }
}

/// The mode that goes with `O_*` flags: `O_RDONLY` is 0, so reading is one more.
fn mode_of(flags: c_int) -> u32 {
    let flags = flags as u32;
    if flags & libc::O_PATH as u32 != 0 {
        return FMODE_PATH | FMODE_NONOTIFY;
    }
    ((flags & libc::O_ACCMODE as u32) + 1) & (FMODE_READ | FMODE_WRITE) | flags & FMODE_NONOTIFY
}

/// The inode's pages, and from which error of writing them back on the file wants to hear of it: one that nobody has seen
/// yet is still to be seen.
fn set_mapping(file: &file) {
    // SAFETY: the path keeps the inode.
    let Some(inode) = (unsafe { file.f_inode.load(Relaxed).as_ref() }) else { return };
    // SAFETY: settled before the inode is used.
    let mapping = unsafe { *inode.i_mapping.get() };
    // SAFETY: nobody else uses the file yet.
    unsafe { *file.f_mapping.get() = mapping };
    // SAFETY: a mapping lives as long as its inode.
    if let Some(mapping) = unsafe { mapping.as_ref() } {
        let now = mapping.wb_err.load(Acquire);
        file.f_wb_err.store(if now & ERRSEQ_SEEN != 0 { now } else { 0 }, Relaxed);
    }
}

fn set_up(file: &file, path: &path, flags: c_int, fop: *const file_operations) {
    let place = ptr::addr_of!(file.f_path).cast_mut();
    // SAFETY: nobody else uses the file yet; the references move with the pointers.
    unsafe { place.write(path { mnt: path.mnt, dentry: path.dentry }) };
    // SAFETY: the path's dentry is alive.
    if let Some(dentry) = unsafe { path.dentry.as_ref() } {
        file.f_inode.store(dentry.d_inode.load(Relaxed), Relaxed);
    }
    set_mapping(file);
    // SAFETY: nobody else uses the file yet.
    unsafe { *file.f_op.get() = fop };
    file.f_flags.store(flags as u32, Relaxed);
    file.f_mode.store(mode_of(flags) | FMODE_OPENED, Relaxed);
    file.f_count.counter.store(1, Relaxed);
}

/// A file with one reference that takes over the caller's references on the path; NULL (and they stay the caller's) if there
/// is no memory.
///
/// # Safety
///
/// The caller has a reference on each half of the path; `fop` is NULL or outlives the file.
pub unsafe fn alloc_file(path: &path, flags: c_int, fop: *const file_operations) -> *mut file {
    let new = alloc_own::<file>();
    // SAFETY: NULL or new.
    if let Some(file) = unsafe { new.as_ref() } {
        set_up(file, path, flags, fop);
    }
    new
}

/// Initialises memory of any content as [`alloc_file`] does.
///
/// # Safety
///
/// As [`alloc_file`]; `file` points to memory of that size that nobody else uses.
pub unsafe fn init_file(file: *mut file, path: &path, flags: c_int, fop: *const file_operations) {
    // SAFETY: the memory is the caller's, and zero is valid for every field.
    unsafe { ptr::write_bytes(file, 0, 1) };
    // SAFETY: zeroed just now.
    set_up(unsafe { &*file }, path, flags, fop);
}

/// Opens a place: a file with references of its own, with the callbacks of the inode's `i_fop`, whose `open` is called. Which
/// events the file makes is settled here; the hooks of the opening itself (`fsnotify_open_perm()` before,
/// `fsnotify_open()` after) are the caller's to call.
///
/// # Safety
///
/// The caller has a reference on each half of the path, whose dentry is positive.
pub unsafe fn dentry_open(path: &path, flags: c_int, cred: *const cred) -> Result<*mut file, c_int> {
    // SAFETY: alive by the contract.
    let dentry = unsafe { &*path.dentry };
    // SAFETY: the caller's reference keeps the inode from changing.
    let Some(inode) = (unsafe { dentry.inode() }) else {
        return Err(-libc::ENOENT);
    };
    // SAFETY: set before the inode is used.
    let fop = unsafe { *inode.i_fop.get() };
    // SAFETY: the caller's references are doubled below for the file.
    let new = unsafe { alloc_file(path, flags, fop) };
    // SAFETY: NULL or new.
    let Some(file) = (unsafe { new.as_ref() }) else { return Err(-libc::ENOMEM) };
    // SAFETY: alive by the contract.
    unsafe { path_get(path) };
    // SAFETY: nobody else uses the file yet.
    unsafe { *file.f_cred.get() = cred };
    if file.f_mode.load(Relaxed) & FMODE_PATH != 0 {
        // SAFETY: nobody else uses the file yet.
        unsafe { *file.f_op.get() = ptr::null() };
        return Ok(new);
    }
    if let Err(err) = count_writer(file, inode) {
        end(file);
        return Err(err);
    }
    hooks::set_file_mode(file);
    let open = ops(file).and_then(|ops| ops.open);
    if let Some(open) = open {
        // SAFETY: both are alive, and no lock is held.
        let err = unsafe { open(inode.as_ptr(), new) };
        if err != 0 {
            end(file);
            return Err(err);
        }
    }
    file.f_flags.fetch_and(!AT_OPEN_ONLY, Relaxed);
    Ok(new)
}

/// Whoever opens a file for writing is a writer for others; `-ETXTBSY` while somebody forbids that.
fn count_writer(file: &file, inode: &inode) -> Result<(), c_int> {
    const S_IFMT: u16 = 0o170_000;
    let special = matches!(inode.i_mode.load(Relaxed) & S_IFMT, 0o020_000 | 0o060_000 | 0o010_000 | 0o140_000);
    if file.f_mode.load(Relaxed) & FMODE_WRITE != 0 && !special {
        get_write_access(inode)?;
        file.f_mode.fetch_or(FMODE_WRITER, Relaxed);
    }
    Ok(())
}

fn ops(file: &file) -> Option<&file_operations> {
    // SAFETY: set before the file is used.
    let ops = unsafe { *file.f_op.get() };
    // SAFETY: the table outlives the file.
    unsafe { ops.as_ref() }
}

/// Takes a reference.
pub fn get_file(file: &file) {
    if file.f_count.counter.fetch_add(1, Relaxed) < 1 {
        warn("get_file", "the caller had no reference on the file");
    }
}

/// Files whose last reference was put inside a read side, linked by `fsn_next`.
static DELAYED: AtomicPtr<file> = AtomicPtr::new(ptr::null_mut());
static END_DELAYED: work_struct = work_struct::new(end_delayed);

/// Leaves the end of a file to the worker: it may wait for a grace period, which a thread inside a read side must not.
#[cold]
fn close_later(file: &file) {
    let mut first = DELAYED.load(Relaxed);
    loop {
        file.fsn_next.store(first, Relaxed);
        // Release: the worker sees the link.
        match DELAYED.compare_exchange_weak(first, file.as_ptr(), Release, Relaxed) {
            Ok(_) => break,
            Err(now) => first = now,
        }
    }
    work::queue_work(&END_DELAYED);
}

unsafe extern "C" fn end_delayed(_: *mut work_struct) {
    let mut at = DELAYED.swap(ptr::null_mut(), Acquire);
    // SAFETY: what is on the list has no references, and its end is the list's.
    while let Some(file) = unsafe { at.as_ref() } {
        at = file.fsn_next.load(Relaxed);
        close(file);
    }
}

/// Waits until the files that were left to the worker so far have ended.
pub fn flush_delayed_fput() {
    work::flush_work(&END_DELAYED);
}

/// Puts a reference. The last one ends the registrations for SIGIO, calls `release`, and puts the path: at once in the
/// calling thread, where the kernel waits until that returns to user space; by the worker if the thread is inside a read
/// side of RCU or SRCU. The hook `fsnotify_close()` is the caller's to call before.
///
/// # Safety
///
/// NULL or a file on which the caller has a reference; no lock is held.
pub unsafe fn fput(file: *mut file) {
    // SAFETY: the caller's reference keeps it alive.
    let Some(file) = (unsafe { file.as_ref() }) else { return };
    match file.f_count.counter.fetch_sub(1, AcqRel) - 1 {
        0 if srcu::reading() => close_later(file),
        0 => close(file),
        left if left < 0 => {
            file.f_count.counter.fetch_add(1, Relaxed);
            warn("fput", "one put too many");
        }
        _ => {}
    }
}

fn close(file: &file) {
    let this = ptr::from_ref(file).cast_mut();
    let callbacks = ops(file);
    if file.f_flags.load(Relaxed) & FASYNC != 0 {
        if let Some(fasync) = callbacks.and_then(|ops| ops.fasync) {
            // SAFETY: the file is at its end and still whole.
            unsafe { fasync(-1, this, 0) };
        }
    }
    let release = callbacks.and_then(|ops| ops.release);
    let inode = file.f_inode.load(Relaxed);
    if file.is_own() {
        if let Some(release) = release {
            // SAFETY: as above.
            unsafe { release(inode, this) };
        }
        end(file);
        return;
    }
    // The program may free its file in the callback, so it comes last.
    let path = take_path(file);
    if let Some(release) = release {
        // SAFETY: as above; the path's references are still there.
        unsafe { release(inode, this) };
    }
    // SAFETY: the file's references.
    unsafe { path_put(&path) };
}

/// Ends the file's owner, and takes over the references on the path.
fn take_path(file: &file) -> path {
    hooks::release_owner(file);
    if file.f_mode.load(Relaxed) & FMODE_WRITER != 0 {
        // SAFETY: the path holds the inode until its references are put.
        if let Some(inode) = unsafe { file.f_inode.load(Relaxed).as_ref() } {
            put_write_access(inode);
        }
    }
    path { mnt: file.f_path.mnt, dentry: file.f_path.dentry }
}

/// Gives back what a file of the library's holds, and its memory.
fn end(file: &file) {
    let path = take_path(file);
    // SAFETY: it came from `kzalloc()`, and nobody uses it any more.
    unsafe { slab::kfree(ptr::from_ref(file).cast_mut().cast()) };
    // SAFETY: the file's references.
    unsafe { path_put(&path) };
}
