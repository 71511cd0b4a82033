// SPDX-License-Identifier: GPL-2.0-or-later
//! Who gets a file's signals: the owner of `F_SETOWN`, the signal of `F_SETSIG`.

use super::log;
use super::pids;
use super::signal::Target;
use super::slab;
use crate::abi::*;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::Ordering;

/// The file's owner, if one was ever asked for. It stays until the file goes.
pub fn file_f_owner(file: &file) -> Option<&fown_struct> {
    let owner = file.f_owner.load(Ordering::Acquire);
    // SAFETY: set once with a complete object that lives as long as the file.
    unsafe { owner.as_ref() }
}

/// Makes room for an owner if there is none yet: 0 or -ENOMEM.
pub fn file_f_owner_allocate(file: &file) -> c_int {
    if file_f_owner(file).is_some() {
        return 0;
    }
    let new: *mut fown_struct = slab::kzalloc(size_of::<fown_struct>(), GFP_KERNEL).cast();
    if new.is_null() {
        return -libc::ENOMEM;
    }
    // SAFETY: zeroed memory of the right size; zero is valid for each other field.
    unsafe { (*new).file = ptr::from_ref(file).cast_mut() };
    if file.f_owner.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // Another thread was faster.
        // SAFETY: made above and never shared.
        unsafe { slab::kfree(new.cast()) };
    }
    0
}

/// Frees the owner of a file at its end.
///
/// # Safety
///
/// Nobody else uses the file any more, and it is on no list of registrations.
pub unsafe fn file_f_owner_release(file: &file) {
    let owner = file.f_owner.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: the file's, and nobody else looks at the file.
    let Some(o) = (unsafe { owner.as_ref() }) else {
        return;
    };
    // SAFETY: the owner holds a reference on its pid.
    unsafe { pids::put(o.pid.load(Ordering::Relaxed)) };
    // SAFETY: made by `file_f_owner_allocate`.
    unsafe { slab::kfree(owner.cast()) };
}

/// Runs `f` with the owner's lock held for reading.
fn read<R>(owner: &fown_struct, f: impl FnOnce() -> R) -> R {
    owner.lock.read_lock();
    let result = f();
    // SAFETY: taken above.
    unsafe { owner.lock.read_unlock() };
    result
}

fn kind(owner: &fown_struct) -> pid_type {
    // SAFETY: the owner's lock is held, so nobody writes.
    unsafe { *owner.pid_type.get() }
}

/// Makes `pid` (NULL: nobody) the owner, unless there is one already and `force` is 0. Takes a reference of its own. The
/// file must have room for an owner.
///
/// # Safety
///
/// `pid` is NULL or an object on which the caller holds a reference.
pub unsafe fn __f_setown(file: &file, pid: *mut pid, kind: pid_type, force: c_int) {
    let Some(owner) = file_f_owner(file) else {
        log::warn("__f_setown", "the file has no room for an owner; call file_f_owner_allocate() first");
        return;
    };
    // SAFETY: the caller's promise.
    let mut spare = unsafe { pids::get(pid) };
    owner.lock.write_lock();
    let old = owner.pid.load(Ordering::Relaxed);
    if force != 0 || old.is_null() {
        owner.pid.store(spare, Ordering::Release);
        spare = old;
        // SAFETY: the lock is held for writing.
        unsafe { *owner.pid_type.get() = kind };
        if !pid.is_null() {
            set_users(owner);
        }
    }
    // SAFETY: taken above.
    unsafe { owner.lock.write_unlock() };
    // SAFETY: the reference on the old owner, or on the one that was not needed.
    unsafe { pids::put(spare) };
}

/// `F_GETOWNER_UIDS`: real and effective user of whoever set the owner, 0 and 0 if nobody did.
pub fn users(file: &file) -> [u32; 2] {
    file_f_owner(file).map_or([0; 2], |owner| {
        read(owner, || {
            // SAFETY: the lock is held, so nobody writes.
            let uid = unsafe { *owner.uid.get() };
            // SAFETY: as above.
            let euid = unsafe { *owner.euid.get() };
            [uid.val, euid.val]
        })
    })
}

/// Remembers who set the owner. The owner's lock is held for writing.
fn set_users(owner: &fown_struct) {
    // SAFETY: getuid has no requirement.
    let uid = unsafe { libc::getuid() };
    // SAFETY: geteuid has no requirement.
    let euid = unsafe { libc::geteuid() };
    // SAFETY: the lock is held for writing.
    unsafe { *owner.uid.get() = kuid_t { val: uid } };
    // SAFETY: as above.
    unsafe { *owner.euid.get() = kuid_t { val: euid } };
}

/// `F_SETOWN`: a process, or a process group if `who` is negative; 0 is nobody. 0, -ESRCH, -EINVAL or -ENOMEM.
pub fn f_setown(file: &file, who: c_int, force: c_int) -> c_int {
    match who.checked_neg() {
        None => -libc::EINVAL,
        Some(group) if who < 0 => set(file, group, pid_type::PIDTYPE_PGID, force),
        Some(_) => set(file, who, pid_type::PIDTYPE_TGID, force),
    }
}

/// `F_SETOWN_EX`: `nr` is a number of the given kind (not a session), 0 is nobody. 0, -ESRCH, -EINVAL or -ENOMEM.
pub fn f_setown_ex(file: &file, kind: pid_type, nr: c_int) -> c_int {
    if !matches!(kind, pid_type::PIDTYPE_PID | pid_type::PIDTYPE_TGID | pid_type::PIDTYPE_PGID) {
        return -libc::EINVAL;
    }
    set(file, nr, kind, 1)
}

fn set(file: &file, nr: c_int, kind: pid_type, force: c_int) -> c_int {
    let error = file_f_owner_allocate(file);
    if error != 0 {
        return error;
    }
    if nr != 0 && !pids::exists(nr) {
        return -libc::ESRCH;
    }
    let new = if nr == 0 { ptr::null_mut() } else { pids::get_nr(nr) };
    if nr != 0 && new.is_null() {
        return -libc::ENOMEM;
    }
    // SAFETY: got above.
    unsafe { __f_setown(file, new, kind, force) };
    // SAFETY: got above; the owner has its own reference.
    unsafe { pids::put(new) };
    0
}

/// Nobody gets the file's signals any more.
pub fn f_delown(file: &file) {
    if file_f_owner(file).is_some() {
        // SAFETY: no pid.
        unsafe { __f_setown(file, ptr::null_mut(), pid_type::PIDTYPE_TGID, 1) };
    }
}

/// `F_GETOWN`: the owner's number, negative for a group; 0 if there is none or it has ended.
pub fn f_getown(file: &file) -> c_int {
    let Some((kind, nr)) = f_getown_ex(file) else {
        return 0;
    };
    if kind == pid_type::PIDTYPE_PGID {
        -nr
    } else {
        nr
    }
}

/// `F_GETOWN_EX`: kind and number of the owner; `None` if there is none or it has ended.
pub fn f_getown_ex(file: &file) -> Option<(pid_type, c_int)> {
    let owner = file_f_owner(file)?;
    let (kind, nr) = read(owner, || (kind(owner), number(owner)));
    pids::has_task(nr, kind).then_some((kind, nr))
}

/// The owner's number, 0 if there is none. The owner's lock is held.
fn number(owner: &fown_struct) -> c_int {
    // SAFETY: the owner holds a reference on its pid, and the lock keeps it.
    unsafe { pids::nr(owner.pid.load(Ordering::Acquire)) }
}

/// `F_SETSIG`: 0 is SIGIO without details. 0, -EINVAL or -ENOMEM.
pub fn f_setsig(file: &file, sig: c_int) -> c_int {
    if !(0..=libc::SIGRTMAX()).contains(&sig) {
        return -libc::EINVAL;
    }
    let error = file_f_owner_allocate(file);
    if error != 0 {
        return error;
    }
    if let Some(owner) = file_f_owner(file) {
        owner.signum.store(sig, Ordering::Relaxed);
    }
    0
}

/// `F_GETSIG`.
pub fn f_getsig(file: &file) -> c_int {
    file_f_owner(file).map_or(0, |owner| owner.signum.load(Ordering::Relaxed))
}

/// Whom to signal and how; `None` without an owner.
pub(super) fn target(owner: &fown_struct) -> Option<Target> {
    read(owner, || {
        let nr = number(owner);
        (nr != 0).then(|| Target { nr, kind: kind(owner), signum: owner.signum.load(Ordering::Relaxed) })
    })
}
