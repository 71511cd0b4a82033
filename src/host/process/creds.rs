// SPDX-License-Identifier: GPL-2.0-or-later
//! Who a task is. A task has two pointers: what others may do to it (`real_cred`) and what it may do itself (`cred`), which
//! `override_creds()` changes for a while. Credentials that a task has are never changed, only exchanged, and are freed
//! after a grace period: whoever looks at another task's is inside RCU.
//!
//! A task that has set nothing shares the process's: what the system says of the process when the library first needs to
//! know.

use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{fence, AtomicI64, AtomicPtr, Ordering};

use super::fork::Guarded;
use super::user_ns::{self, INIT_USER_NS};
use super::{groups, log, rcu, slab, task};
use crate::abi::primitives::{atomic_long_t, callback_head};
use crate::abi::*;

/// The highest `CAP_*` (`CAP_CHECKPOINT_RESTORE`).
pub const CAP_LAST_CAP: c_int = 40;
/// Every capability.
const CAP_FULL: kernel_cap_t = kernel_cap_t { val: (1 << (CAP_LAST_CAP + 1)) - 1 };
/// No capability.
const CAP_EMPTY: kernel_cap_t = kernel_cap_t { val: 0 };

// SAFETY: credentials that more than one thread can reach are not changed, but for the count, which is atomic.
unsafe impl Sync for cred {}
// SAFETY: nothing in them belongs to a thread.
unsafe impl Send for cred {}

/// The process's own, static: made at the first need.
struct Process {
    made: bool,
    cred: UnsafeCell<MaybeUninit<cred>>,
}
// SAFETY: written once, behind the lock, before anybody gets its address.
unsafe impl Send for Process {}

static PROCESS: Guarded<Process> = Guarded::new(Process { made: false, cred: UnsafeCell::new(MaybeUninit::uninit()) });
/// What a new task starts with: the process's own or what [`set_process`] was given. Holds a reference.
static START: AtomicPtr<cred> = AtomicPtr::new(ptr::null_mut());

fn system_cred(groups: *mut group_info) -> cred {
    let (mut uid, mut euid, mut suid) = (0, 0, 0);
    let (mut gid, mut egid, mut sgid) = (0, 0, 0);
    if !cfg!(miri) {
        // SAFETY: three words to write to.
        unsafe { libc::getresuid(&raw mut uid, &raw mut euid, &raw mut suid) };
        // SAFETY: as above.
        unsafe { libc::getresgid(&raw mut gid, &raw mut egid, &raw mut sgid) };
    }
    let caps = if euid == 0 { CAP_FULL } else { CAP_EMPTY };
    cred {
        // One for ever, and one of START.
        usage: atomic_long_t { counter: AtomicI64::new(2) },
        uid: kuid_t { val: uid },
        gid: kgid_t { val: gid },
        suid: kuid_t { val: suid },
        sgid: kgid_t { val: sgid },
        euid: kuid_t { val: euid },
        egid: kgid_t { val: egid },
        fsuid: kuid_t { val: euid },
        fsgid: kgid_t { val: egid },
        securebits: 0,
        cap_inheritable: CAP_EMPTY,
        cap_permitted: caps,
        cap_effective: caps,
        cap_bset: CAP_FULL,
        cap_ambient: CAP_EMPTY,
        user: ptr::null_mut(),
        user_ns: user_ns::init(),
        group_info: groups,
        rcu: callback_head { next: UnsafeCell::new(ptr::null_mut()), func: UnsafeCell::new(None) },
    }
}

/// The process's own.
fn process() -> *mut cred {
    let groups = groups::of_process();
    PROCESS.with(|process| {
        let place = process.cred.get().cast::<cred>();
        if !process.made {
            // SAFETY: the memory is static, and nobody else has it yet.
            unsafe { place.write(system_cred(groups)) };
            process.made = true;
        }
        place
    })
}

fn counter<'a>(cred: *const cred) -> &'a AtomicI64 {
    // SAFETY: the caller has a reference, which keeps it alive.
    let usage = unsafe { &raw const (*cred).usage };
    // SAFETY: as above; the count is changed atomically only.
    &unsafe { &*usage }.counter
}

/// Another reference.
pub fn get(cred: *const cred) {
    counter(cred).fetch_add(1, Ordering::Relaxed);
}

/// Another reference unless the last has gone already: for those who found the credentials inside RCU.
pub fn get_rcu(cred: *const cred) -> bool {
    counter(cred).fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n > 0).then_some(n + 1)).is_ok()
}

/// Gives back a reference; the last frees after a grace period.
///
/// # Safety
/// The caller owns the reference.
pub unsafe fn put(cred: *const cred) {
    let left = counter(cred).fetch_sub(1, Ordering::AcqRel) - 1;
    if left < 0 {
        log::warn("put_cred", "more references put than taken: use after free");
        return;
    }
    if left == 0 {
        // SAFETY: the last reference has gone, so the memory is ours.
        let head = unsafe { &raw mut (*cred.cast_mut()).rcu };
        // SAFETY: the head is not queued: this is the only place that does.
        unsafe { rcu::call_rcu(head, Some(free_rcu)) };
    }
}

unsafe extern "C" fn free_rcu(head: *mut callback_head) {
    let cred = head.wrapping_byte_sub(core::mem::offset_of!(cred, rcu)).cast::<cred>();
    // SAFETY: put() queued it; nobody has it any more.
    unsafe { free(cred) };
}

/// # Safety
/// Nobody else has the credentials, which kmalloc() made.
unsafe fn free(cred: *mut cred) {
    // SAFETY: the caller's promise.
    let gone = unsafe { &*cred };
    // SAFETY: the credentials' own reference.
    unsafe { groups::put(gone.group_info) };
    // SAFETY: as above.
    unsafe { user_ns::put(gone.user_ns) };
    // SAFETY: the caller's promise.
    unsafe { slab::kfree(cred.cast()) };
}

/// What a task starts with; one reference for the caller.
fn start() -> *mut cred {
    rcu::rcu_read_lock();
    let cred = loop {
        let cred = START.load(Ordering::Acquire);
        if cred.is_null() {
            let own = process();
            let _ = START.compare_exchange(ptr::null_mut(), own, Ordering::AcqRel, Ordering::Relaxed);
        } else if get_rcu(cred) {
            break cred;
        }
    };
    rcu::rcu_read_unlock();
    cred
}

/// Has tasks that are made from now on start with `cred`, on which a reference is taken; NULL: with the process's own.
///
/// # Safety
/// `cred` is NULL or the caller has a reference on it.
pub unsafe fn set_process(cred: *const cred) {
    let cred = if cred.is_null() { process().cast_const() } else { cred };
    get(cred);
    let old = START.swap(cred.cast_mut(), Ordering::AcqRel);
    if !old.is_null() {
        // SAFETY: START's reference.
        unsafe { put(old) };
    }
}

/// The calling task's.
pub fn current() -> *mut cred {
    let cred = task::current().cred.load(Ordering::Relaxed);
    if cred.is_null() {
        // The task is being made.
        return process();
    }
    cred
}

/// Gives a new task its credentials, if it has none.
pub(super) fn task_begins(task: &task_struct) {
    if !task.cred.load(Ordering::Relaxed).is_null() {
        return;
    }
    let cred = start();
    get(cred);
    task.real_cred.store(cred, Ordering::Relaxed);
    task.cred.store(cred, Ordering::Release);
}

/// Takes them from a task that nobody has any more.
pub(super) fn task_ends(task: &task_struct) {
    for place in [&task.cred, &task.real_cred] {
        let cred = place.swap(ptr::null_mut(), Ordering::AcqRel);
        if !cred.is_null() {
            // SAFETY: the task's own reference.
            unsafe { put(cred) };
        }
    }
}

/// Uses `new` for the calling task until [`revert`]; takes a reference on it. Returns what the task used before, whose
/// reference is the caller's from now on.
pub fn override_with(new: *const cred) -> *mut cred {
    get(new);
    task::current().cred.swap(new.cast_mut(), Ordering::AcqRel)
}

/// Undoes [`override_with`]: `old` is what it returned.
///
/// # Safety
/// The caller owns a reference on `old`, which becomes the task's.
pub unsafe fn revert(old: *const cred) {
    let new = task::current().cred.swap(old.cast_mut(), Ordering::AcqRel);
    // SAFETY: the task's reference.
    unsafe { put(new) };
}

/// A copy of the calling task's that may be changed; NULL without memory.
pub fn prepare() -> *mut cred {
    let new = slab::kmalloc(size_of::<cred>(), GFP_KERNEL).cast::<cred>();
    if new.is_null() {
        return new;
    }
    // SAFETY: the task's own stay as they are while it is here; the copy's count and head are written below.
    unsafe { ptr::copy_nonoverlapping(current(), new, 1) };
    // SAFETY: new memory, the caller's alone.
    let copy = unsafe { &mut *new };
    copy.usage = atomic_long_t { counter: AtomicI64::new(1) };
    copy.rcu = callback_head { next: UnsafeCell::new(ptr::null_mut()), func: UnsafeCell::new(None) };
    groups::get(copy.group_info);
    user_ns::get(copy.user_ns);
    new
}

/// Makes `new` the calling task's own, for itself and for others; the caller's reference is used up.
///
/// # Safety
/// `new` came from [`prepare`] and is not used by any task.
pub unsafe fn commit(new: *mut cred) -> c_int {
    let task = task::current();
    if task.cred.load(Ordering::Relaxed) != task.real_cred.load(Ordering::Relaxed) {
        log::bug("commit_creds", "the task's credentials are overridden");
    }
    get(new);
    fence(Ordering::Release);
    let old = task.real_cred.swap(new, Ordering::AcqRel);
    task.cred.store(new, Ordering::Release);
    // SAFETY: the task had two.
    unsafe { put(old) };
    // SAFETY: as above.
    unsafe { put(old) };
    0
}

// ---- capabilities -----------------------------------------------------------------------------------------------------

/// Whether `cred` has a capability over a namespace: its own, one made below its own by its user, or the descendants of these.
///
/// # Safety
/// Both are valid.
pub unsafe fn has_capability(cred: *const cred, target: *const user_namespace, cap: c_int) -> bool {
    if !(0..=CAP_LAST_CAP).contains(&cap) {
        log::warn("ns_capable", "no such capability");
        return false;
    }
    // SAFETY: the caller's promise; credentials in use do not change.
    let cred = unsafe { &*cred };
    let mut ns = target;
    loop {
        if ptr::eq(ns, cred.user_ns) {
            return cred.cap_effective.val & 1 << cap != 0;
        }
        // SAFETY: the target, or its parent, which it keeps.
        let here = unsafe { &*ns };
        // SAFETY: the credentials keep their namespace.
        if here.level <= unsafe { &*cred.user_ns }.level {
            return false;
        }
        // Whoever made a namespace has everything in it.
        if ptr::eq(here.parent, cred.user_ns) && here.owner.val == cred.euid.val {
            return true;
        }
        ns = here.parent;
    }
}

/// Whether the calling task has a capability over a namespace.
///
/// # Safety
/// The namespace is valid.
pub unsafe fn ns_capable(ns: *const user_namespace, cap: c_int) -> bool {
    // SAFETY: the task's own credentials, and the caller's promise.
    unsafe { has_capability(current(), ns, cap) }
}

/// [`ns_capable`] over the first namespace.
pub fn capable(cap: c_int) -> bool {
    // SAFETY: static.
    unsafe { ns_capable(&raw const INIT_USER_NS, cap) }
}

/// Whether the calling task belongs to a group, by its own group for files or by a supplementary one.
pub fn in_group(gid: kgid_t, effective: bool) -> bool {
    // SAFETY: the task's own.
    let cred = unsafe { &*current() };
    let own = if effective { cred.egid } else { cred.fsgid };
    // SAFETY: the credentials keep their groups.
    own.val == gid.val || unsafe { groups::search(cred.group_info, gid) }
}

/// A user's full capabilities in a namespace of his own.
///
/// # Safety
/// `cred` came from [`prepare`] and is used by nobody; `ns` comes with a reference, which becomes the credentials'.
pub unsafe fn enter_namespace(cred: *mut cred, ns: *mut user_namespace) {
    // SAFETY: the caller's promise.
    let cred = unsafe { &mut *cred };
    let old = core::mem::replace(&mut cred.user_ns, ns);
    cred.securebits = 0;
    cred.cap_inheritable = CAP_EMPTY;
    cred.cap_permitted = CAP_FULL;
    cred.cap_effective = CAP_FULL;
    cred.cap_ambient = CAP_EMPTY;
    cred.cap_bset = CAP_FULL;
    // SAFETY: the credentials' own reference.
    unsafe { user_ns::put(old) };
}
