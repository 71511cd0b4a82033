// SPDX-License-Identifier: GPL-2.0-or-later
//! Making dentries.

use super::dentry_link::d_instantiate;
use super::dentry_path::full_name_hash;
use super::held::hold;
use super::inode::iput;
use super::inode_alloc::alloc_own;
use super::links::{hlist_add_head, list_init};
use super::name;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::slab;
use crate::host::process::stats::{self, Counter};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// A negative root of that name with one reference, or NULL if there is no memory or `d_init` says no.
fn alloc(sb: &super_block, text: &[u8], hash: u32) -> *mut dentry {
    let new = alloc_own::<dentry>();
    // SAFETY: NULL or new.
    let Some(dentry) = (unsafe { new.as_ref() }) else { return new };
    if !name::set_name(dentry, text, hash) {
        // SAFETY: nobody has seen it.
        unsafe { slab::kfree(new.cast()) };
        return ptr::null_mut();
    }
    dentry.d_lockref.count.store(1, Relaxed);
    dentry.d_parent.store(new, Relaxed);
    dentry.d_sb.store(sb.as_ptr(), Relaxed);
    list_init(&dentry.d_lru);
    // SAFETY: set before the superblock's first dentry.
    let ops = unsafe { *sb.s_d_op.get() };
    // SAFETY: the table outlives the superblock's dentries.
    unsafe { d_set_d_op(dentry, ops) };
    if let Some(d_init) = dentry.ops().and_then(|ops| ops.d_init) {
        // SAFETY: the dentry is new and complete.
        if unsafe { d_init(new) } != 0 {
            name::put_name(dentry);
            // SAFETY: nobody keeps a dentry that `d_init` has refused.
            unsafe { slab::kfree(new.cast()) };
            return ptr::null_mut();
        }
    }
    stats::add(Counter::DentryAlloc, 1);
    new
}

/// A negative, unhashed dentry of that name in a directory, with one reference; it holds one on the parent. The name is
/// copied. NULL if there is no memory.
///
/// # Safety
///
/// The caller has a reference on the parent; `name` points to `len` bytes.
pub unsafe fn d_alloc(parent: &dentry, name: &qstr) -> *mut dentry {
    // SAFETY: the name is the caller's.
    let text = unsafe { name::bytes(name) };
    // SAFETY: a dentry's superblock outlives it.
    let sb = unsafe { &*parent.d_sb.load(Relaxed) };
    let new = alloc(sb, text, name.hash.load(Relaxed));
    // SAFETY: NULL or new.
    if let Some(dentry) = unsafe { new.as_ref() } {
        let _lock = hold(parent.lock());
        parent.d_lockref.count.fetch_add(1, Relaxed);
        dentry.d_parent.store(parent.as_ptr(), Relaxed);
        // SAFETY: the list of children is changed under the parent's lock.
        unsafe { hlist_add_head(&dentry.d_sib, &parent.d_children) };
    }
    new
}

/// As [`d_alloc`], with the hash computed.
///
/// # Safety
///
/// The caller has a reference on the parent.
pub unsafe fn d_alloc_name(parent: &dentry, text: &[u8]) -> *mut dentry {
    let name = qstr {
        hash: full_name_hash(parent.as_ptr().cast(), text).into(),
        len: (text.len() as u32).into(),
        name: text.as_ptr().cast_mut().into(),
    };
    // SAFETY: the contract is the same, and the name points to the text.
    unsafe { d_alloc(parent, &name) }
}

/// A dentry without a parent, called "/".
pub fn d_alloc_anon(sb: &super_block) -> *mut dentry {
    alloc(sb, b"/", 0)
}

/// A dentry without a parent, of that name, that is in no tree: of a file that has no place.
pub fn d_alloc_pseudo(sb: &super_block, text: &[u8]) -> *mut dentry {
    alloc(sb, text, 0)
}

/// The root of a tree; takes over the caller's reference on the inode, also when it returns NULL for want of memory.
///
/// # Safety
///
/// NULL or an inode on which the caller has a reference.
pub unsafe fn d_make_root(root_inode: *mut inode) -> *mut dentry {
    // SAFETY: alive by the contract.
    let Some(inode) = (unsafe { root_inode.as_ref() }) else { return ptr::null_mut() };
    let Some(sb) = inode.super_block() else {
        warn("d_make_root", "the inode has no superblock");
        return ptr::null_mut();
    };
    let new = d_alloc_anon(sb);
    // SAFETY: NULL or new.
    match unsafe { new.as_ref() } {
        // SAFETY: the reference goes to the dentry.
        Some(dentry) => unsafe { d_instantiate(dentry, root_inode) },
        // SAFETY: the reference is this function's to put.
        None => unsafe { iput(root_inode) },
    }
    new
}

/// Gives a dentry its callbacks; once.
///
/// # Safety
///
/// `ops` is NULL or outlives the dentry, and nobody else uses the dentry yet.
pub unsafe fn d_set_d_op(dentry: &dentry, ops: *const dentry_operations) {
    if dentry.ops().is_some() {
        warn("d_set_d_op", "the dentry has its operations already");
        return;
    }
    // SAFETY: nobody else uses the dentry.
    unsafe { *dentry.d_op.get() = ops };
    let Some(ops) = dentry.ops() else { return };
    let present = [
        (ops.d_hash.is_some(), DCACHE_OP_HASH),
        (ops.d_compare.is_some(), DCACHE_OP_COMPARE),
        (ops.d_delete.is_some(), DCACHE_OP_DELETE),
        (ops.d_prune.is_some(), DCACHE_OP_PRUNE),
    ];
    let flags = present.iter().filter(|(there, _)| *there).fold(0, |flags, (_, flag)| flags | flag);
    dentry.update_flags(flags, 0);
}
