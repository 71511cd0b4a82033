// SPDX-License-Identifier: GPL-2.0-or-later
//! Process ids as counted objects. There is one object for each number that somebody holds, so comparing pointers
//! compares ids, as backends do. An object says nothing about whether its process still exists: [`has_task`] asks.

use super::errno;
use super::fork::Guarded;
use super::slab;
use crate::abi::*;
use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicI32;

const BUCKETS: usize = 64;

/// A pid with its link in the table. The pid comes first: their addresses are the same.
#[repr(C)]
struct Node {
    pid: pid,
    /// \[the table's lock\]
    next: UnsafeCell<*mut Node>,
}

struct Table([*mut Node; BUCKETS]);
// SAFETY: the nodes belong to the table and are linked and unlinked under its lock only.
unsafe impl Send for Table {}

static TABLE: Guarded<Table> = Guarded::new(Table([ptr::null_mut(); BUCKETS]));

fn bucket(nr: c_int) -> usize {
    nr as usize % BUCKETS
}

fn node<'a>(at: *mut Node) -> Option<&'a Node> {
    // SAFETY: nodes in the table are valid, and so is one that the caller holds a reference on.
    unsafe { at.as_ref() }
}

fn next(n: &Node) -> *mut Node {
    // SAFETY: the table's lock is held.
    unsafe { *n.next.get() }
}

fn set_next(n: &Node, to: *mut Node) {
    // SAFETY: the table's lock is held, or the node is not in the table yet.
    unsafe { *n.next.get() = to };
}

/// The table's object for `nr` with one more reference, or NULL.
fn lookup(table: &Table, nr: c_int) -> *mut pid {
    let mut at = table.0[bucket(nr)];
    while let Some(n) = node(at) {
        // One whose last reference is going may still be linked; it stays dead.
        if n.pid.nr == nr && n.pid.count.inc_not_zero() {
            return at.cast();
        }
        at = next(n);
    }
    ptr::null_mut()
}

/// The object for the number `nr`, with a reference for the caller; NULL without memory. Does not ask whether such a
/// process exists.
pub fn get_nr(nr: c_int) -> *mut pid {
    let known = TABLE.with(|table| lookup(table, nr));
    if !known.is_null() {
        return known;
    }
    let new: *mut Node = slab::kmalloc(size_of::<Node>(), GFP_KERNEL).cast();
    if new.is_null() {
        return ptr::null_mut();
    }
    let count = refcount_struct { refs: atomic_t { counter: AtomicI32::new(1) } };
    let fresh = Node { pid: pid { count, nr }, next: UnsafeCell::new(ptr::null_mut()) };
    // SAFETY: `new` has room for a node and is aligned.
    unsafe { new.write(fresh) };
    let winner = TABLE.with(|table| {
        let other = lookup(table, nr);
        if other.is_null() {
            if let Some(n) = node(new) {
                set_next(n, table.0[bucket(nr)]);
            }
            table.0[bucket(nr)] = new;
        }
        other
    });
    if winner.is_null() {
        return new.cast();
    }
    // SAFETY: made above and never shared.
    unsafe { slab::kfree(new.cast()) };
    winner
}

/// [`get_nr`], but NULL too if nothing has this number.
pub fn find_get(nr: c_int) -> *mut pid {
    if exists(nr) {
        get_nr(nr)
    } else {
        ptr::null_mut()
    }
}

/// One more reference; returns its argument. NULL stays NULL.
///
/// # Safety
///
/// `pid` is NULL or an object of [`get_nr`] on which somebody holds a reference.
pub unsafe fn get(pid: *mut pid) -> *mut pid {
    // SAFETY: the caller's promise.
    if let Some(p) = unsafe { pid.as_ref() } {
        p.count.inc();
    }
    pid
}

/// One reference less. NULL is nothing.
///
/// # Safety
///
/// `pid` is NULL or an object of [`get_nr`] on which the caller holds a reference, given up here.
pub unsafe fn put(pid: *mut pid) {
    // SAFETY: the caller's promise.
    let Some(p) = (unsafe { pid.as_ref() }) else {
        return;
    };
    if !p.count.dec_and_test() {
        return;
    }
    let gone: *mut Node = pid.cast();
    let slot = bucket(p.nr);
    TABLE.with(|table| {
        if table.0[slot] == gone {
            table.0[slot] = node(gone).map_or(ptr::null_mut(), next);
            return;
        }
        let mut at = table.0[slot];
        while let Some(n) = node(at) {
            if next(n) == gone {
                set_next(n, node(gone).map_or(ptr::null_mut(), next));
                return;
            }
            at = next(n);
        }
    });
    // SAFETY: the last reference went and the table does not know it any more.
    unsafe { slab::kfree(gone.cast()) };
}

fn signal_zero(nr: c_int) -> bool {
    // SAFETY: signal 0 only asks whether the receiver exists.
    if unsafe { libc::kill(nr, 0) } == 0 {
        return true;
    }
    errno::get() == libc::EPERM
}

/// Whether a thread, a process or a process group has this number.
pub fn exists(nr: c_int) -> bool {
    nr > 0 && (signal_zero(nr) || signal_zero(-nr))
}

/// Whether somebody of this kind has this number: a thread or process, or a member of the group.
pub fn has_task(nr: c_int, kind: pid_type) -> bool {
    nr > 0
        && match kind {
            pid_type::PIDTYPE_PID | pid_type::PIDTYPE_TGID => signal_zero(nr),
            pid_type::PIDTYPE_PGID => signal_zero(-nr),
            // SAFETY: getsid only asks.
            pid_type::PIDTYPE_SID => unsafe { libc::getsid(nr) >= 0 },
            pid_type::PIDTYPE_MAX => false,
        }
}

/// The number; 0 for NULL.
///
/// # Safety
///
/// `pid` is NULL or an object on which somebody holds a reference.
pub unsafe fn nr(pid: *const pid) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { pid.as_ref() }.map_or(0, |p| p.nr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::Ordering;

    #[test]
    fn one_object_for_each_number() {
        let a = get_nr(1234567);
        let b = get_nr(1234567);
        let c = get_nr(1234567 + BUCKETS as c_int);
        assert!(!a.is_null());
        assert_eq!(a, b, "the same number, the same object");
        assert_ne!(a, c, "another number in the same bucket");
        for p in [a, b, c] {
            // SAFETY: each was got above.
            unsafe { put(p) };
        }
        let live = TABLE.with(|t| lookup(t, 1234567));
        assert!(live.is_null(), "freed with its last reference");
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri knows no kill()")]
    fn knows_who_exists() {
        let me = std_pid();
        assert!(has_task(me, pid_type::PIDTYPE_TGID));
        assert!(!has_task(0x3fff_fff0, pid_type::PIDTYPE_TGID));
        assert!(!exists(0));
        assert!(!exists(-1));
    }

    fn std_pid() -> c_int {
        crate::host::process::std::process::id() as c_int
    }

    #[test]
    fn counts_order() {
        let p = get_nr(7654321);
        // SAFETY: got above.
        let same = unsafe { get(p) };
        assert_eq!(p, same);
        // SAFETY: one reference each.
        unsafe { put(same) };
        // SAFETY: the other reference still holds it.
        assert_eq!(unsafe { nr(p) }, 7654321);
        assert_eq!(count_of(p), 1);
        // SAFETY: the last reference.
        unsafe { put(p) };
    }

    fn count_of(p: *mut pid) -> i32 {
        // SAFETY: the caller holds a reference.
        unsafe { &*p }.count.refs.counter.load(Ordering::Relaxed)
    }
}
