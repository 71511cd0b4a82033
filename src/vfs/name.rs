// SPDX-License-Identifier: GPL-2.0-or-later
//! Names of dentries. A short one is stored in the dentry; a long one in a copy with a count of its own, which renames and
//! snapshots share, so that neither waits for the other and no event sees a freed name.
//!
//! A third kind is a string of the program's, in a dentry that the program set up itself: `d_name.name` points to neither of
//! the two. It is copied when the name is to outlive that dentry's hold on it; where there is no memory for a copy the
//! string itself is used, which is right for as long as the program keeps it.

use super::held::hold;
use super::inode_alloc::GFP;
use crate::abi::*;
use crate::host::process::{rcu, slab};
use core::mem::{offset_of, MaybeUninit};
use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Relaxed, Release};

/// A long name: this, then the bytes and a NUL.
#[repr(C)]
struct external_name {
    count: atomic_t,
    rcu: callback_head,
    name: [u8; 0],
}

/// The external name that these bytes are part of.
fn external(bytes: *mut u8) -> *mut external_name {
    bytes.wrapping_sub(offset_of!(external_name, name)).cast()
}

/// The bytes of a name.
///
/// # Safety
///
/// The name is not changed and not freed while the result is used.
pub(crate) unsafe fn bytes(name: &qstr) -> &[u8] {
    let start = name.name.load(Relaxed);
    if start.is_null() {
        return &[];
    }
    // SAFETY: a name points to as many bytes as it says.
    unsafe { core::slice::from_raw_parts(start, name.len.load(Relaxed) as usize) }
}

/// A copy of a long name, with one reference; NULL if there is no memory.
fn new_external(text: &[u8]) -> *mut u8 {
    let new = slab::kzalloc(size_of::<external_name>() + text.len() + 1, GFP).cast::<external_name>();
    // SAFETY: NULL or new, and valid when zeroed.
    let Some(header) = (unsafe { new.as_ref() }) else { return ptr::null_mut() };
    header.count.counter.store(1, Relaxed);
    let to = new.cast::<u8>().wrapping_add(offset_of!(external_name, name));
    // SAFETY: the allocation has room for the text behind the header.
    unsafe { ptr::copy_nonoverlapping(text.as_ptr(), to, text.len()) };
    to
}

fn get_external(name: *mut u8) {
    // SAFETY: the caller's dentry or snapshot has a reference.
    unsafe { &*external(name) }.count.counter.fetch_add(1, Relaxed);
}

/// Puts a reference on a long name; NULL is allowed.
fn put_external(name: *mut u8) {
    if name.is_null() {
        return;
    }
    // SAFETY: the caller has a reference.
    let header = unsafe { &*external(name) };
    if header.count.counter.fetch_sub(1, AcqRel) == 1 {
        // SAFETY: the head is part of the name, which stays until the callback frees it.
        unsafe { rcu::call_rcu(ptr::from_ref(&header.rcu).cast_mut(), Some(free_external)) };
    }
}

/// After the grace period: C code may read `d_name` in a read side of RCU.
unsafe extern "C" fn free_external(head: *mut callback_head) {
    let name = super::links::container_of!(head, external_name, rcu);
    // SAFETY: queued by `put_external()`, and nobody refers to it any more.
    unsafe { slab::kfree(name.cast()) };
}

impl dentry {
    fn inline_name(&self) -> *mut u8 {
        self.d_iname.get().cast()
    }

    /// The library's copy that `d_name` points to, or NULL.
    fn external_name(&self) -> *mut u8 {
        let own = self.fsn_name.load(Relaxed);
        if ptr::eq(own, self.d_name.name.load(Relaxed)) {
            own
        } else {
            ptr::null_mut()
        }
    }

    /// Stores a short name in the dentry.
    fn set_inline(&self, text: &[u8]) {
        debug_assert!(text.len() < DNAME_INLINE_LEN);
        let to = self.inline_name();
        // SAFETY: the text is shorter than the storage; where it lies in the same storage the two may overlap.
        unsafe { ptr::copy(text.as_ptr(), to, text.len()) };
        // SAFETY: as above.
        unsafe { to.wrapping_add(text.len()).write(0) };
        self.d_name.name.store(to, Release);
        self.fsn_name.store(ptr::null_mut(), Relaxed);
    }

    /// Points to a long name, of the library's (with the reference that goes with it) or of the program's.
    fn set_pointer(&self, name: *mut u8, own: bool) {
        self.fsn_name.store(if own { name } else { ptr::null_mut() }, Relaxed);
        self.d_name.name.store(name, Release);
    }
}

/// Gives a new dentry its name; false if there is no memory for a long one.
pub(super) fn set_name(dentry: &dentry, text: &[u8], hash: u32) -> bool {
    if text.len() < DNAME_INLINE_LEN {
        dentry.set_inline(text);
    } else {
        let copy = new_external(text);
        if copy.is_null() {
            return false;
        }
        dentry.set_pointer(copy, true);
    }
    dentry.d_name.hash.store(hash, Relaxed);
    dentry.d_name.len.store(text.len() as u32, Relaxed);
    true
}

/// The dentry needs its name no longer.
pub(super) fn put_name(dentry: &dentry) {
    put_external(dentry.external_name());
    dentry.fsn_name.store(ptr::null_mut(), Relaxed);
}

/// Makes the library's copy of a name that is a string of the program's, so that it can be given to another dentry. The
/// rename lock is held: nobody else changes the name.
pub(super) fn adopt(dentry: &dentry) {
    let name = dentry.d_name.name.load(Relaxed);
    if name.is_null() || ptr::eq(name, dentry.inline_name()) || !dentry.external_name().is_null() {
        return;
    }
    // SAFETY: the program keeps the string while the dentry has it, and the rename lock is held.
    let text = unsafe { bytes(&dentry.d_name) };
    let copy = if text.len() < DNAME_INLINE_LEN { ptr::null_mut() } else { new_external(text) };
    let _lock = hold(dentry.lock());
    if text.len() < DNAME_INLINE_LEN {
        dentry.set_inline(text);
    } else if !copy.is_null() {
        dentry.set_pointer(copy, true);
    }
}

fn copy_hash_len(from: &qstr, to: &qstr) {
    to.hash.store(from.hash.load(Relaxed), Relaxed);
    to.len.store(from.len.load(Relaxed), Relaxed);
}

/// `dentry` gets the name of `target`, which keeps it. Both are locked, unhashed and adopted.
pub(super) fn copy_name(dentry: &dentry, target: &dentry) {
    let old = dentry.external_name();
    let new = target.external_name();
    if !new.is_null() {
        get_external(new);
        dentry.set_pointer(new, true);
    } else if ptr::eq(target.d_name.name.load(Relaxed), target.inline_name()) {
        // SAFETY: the target is locked.
        dentry.set_inline(unsafe { bytes(&target.d_name) });
    } else {
        dentry.set_pointer(target.d_name.name.load(Relaxed), false);
    }
    copy_hash_len(&target.d_name, &dentry.d_name);
    put_external(old);
}

/// What a name is stored in.
enum Stored {
    Inline([u8; DNAME_INLINE_LEN], usize),
    Pointer(*mut u8, bool),
}

fn stored(dentry: &dentry) -> Stored {
    let name = dentry.d_name.name.load(Relaxed);
    if !ptr::eq(name, dentry.inline_name()) {
        return Stored::Pointer(name, !dentry.external_name().is_null());
    }
    // SAFETY: the dentry is locked.
    let text = unsafe { bytes(&dentry.d_name) };
    let mut copy = [0; DNAME_INLINE_LEN];
    copy[..text.len()].copy_from_slice(text);
    Stored::Inline(copy, text.len())
}

fn store(dentry: &dentry, name: &Stored) {
    match name {
        Stored::Inline(text, len) => dentry.set_inline(&text[..*len]),
        Stored::Pointer(name, own) => dentry.set_pointer(*name, *own),
    }
}

/// The two exchange their names. Both are locked, unhashed and adopted.
pub(super) fn swap_names(a: &dentry, b: &dentry) {
    let (name_a, name_b) = (stored(a), stored(b));
    store(a, &name_b);
    store(b, &name_a);
    for (x, y) in [(&a.d_name.hash, &b.d_name.hash), (&a.d_name.len, &b.d_name.len)] {
        y.store(x.swap(y.load(Relaxed), Relaxed), Relaxed);
    }
}

/// Where a snapshot of a long name keeps the reference that it has to put: in the room for a short one.
fn reference(snapshot: &name_snapshot) -> *mut *mut u8 {
    ptr::from_ref(&snapshot.inline_name).cast_mut().cast()
}

/// Copies a dentry's name so that it stays valid while the dentry is renamed. Ends with [`release_dentry_name_snapshot`].
///
/// # Safety
///
/// `snapshot` points to memory of that size, of any content, that nobody else uses and that does not move until the release.
pub unsafe fn take_dentry_name_snapshot(snapshot: *mut name_snapshot, dentry: &dentry) {
    // SAFETY: the memory is the caller's; zero is valid for every field.
    unsafe { snapshot.write_bytes(0, 1) };
    // SAFETY: as above.
    let room = unsafe { ptr::addr_of_mut!((*snapshot).inline_name) }.cast::<u8>();
    // SAFETY: as above.
    let name = unsafe { &*snapshot.cast::<qstr>() };
    let _lock = hold(dentry.lock());
    copy_hash_len(&dentry.d_name, name);
    // SAFETY: the dentry is locked.
    let text = unsafe { bytes(&dentry.d_name) };
    if text.len() < DNAME_INLINE_LEN {
        // SAFETY: the text and the NUL that is there already fit.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), room, text.len()) };
        name.name.store(room, Relaxed);
        return;
    }
    let mut own = dentry.external_name();
    if own.is_null() {
        own = new_external(text);
    } else {
        get_external(own);
    }
    // SAFETY: the room holds a pointer, perhaps not aligned for one.
    unsafe { room.cast::<*mut u8>().write_unaligned(own) };
    name.name.store(if own.is_null() { text.as_ptr().cast_mut() } else { own }, Relaxed);
}

/// Ends a snapshot.
///
/// # Safety
///
/// It was taken, and has not been released since.
pub unsafe fn release_dentry_name_snapshot(snapshot: &name_snapshot) {
    let name = snapshot.name.name.load(Relaxed);
    if ptr::eq(name, snapshot.inline_name.as_ptr()) {
        return;
    }
    // SAFETY: a snapshot that is not inline keeps its reference there.
    put_external(unsafe { reference(snapshot).read_unaligned() });
}

/// Calls `f` with a copy of the dentry's name that renames do not touch.
pub fn with_name_snapshot<R>(dentry: &dentry, f: impl FnOnce(&qstr) -> R) -> R {
    let mut room = MaybeUninit::uninit();
    // SAFETY: the room does not move until it is released below.
    unsafe { take_dentry_name_snapshot(room.as_mut_ptr(), dentry) };
    // SAFETY: filled in just now.
    let snapshot = unsafe { room.assume_init_ref() };
    let result = f(&snapshot.name);
    // SAFETY: taken above, released once.
    unsafe { release_dentry_name_snapshot(snapshot) };
    result
}
