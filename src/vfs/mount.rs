// SPDX-License-Identifier: GPL-2.0-or-later
//! Mounts and paths (`fs/namespace.c`). A mount holds a reference on its root and an active one on its superblock.

use super::dentry::{dget, dput};
use super::held::hold;
use super::hooks;
use super::inode_alloc::alloc_own;
use super::links::{container_of, list_add_tail, list_del_init, list_init};
use super::origin::Origin;
use super::super_block::deactivate_super;
use crate::abi::*;
use crate::host::process::log::warn;
use crate::host::process::slab;
use core::ptr;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::{AcqRel, Relaxed};

/// Protects `s_mounts` of every superblock.
pub(super) static MOUNT_LOCK: spinlock = spinlock::new();
/// The last `mnt_id_unique`; real ones start above what the reused ids can be.
static LAST_ID: AtomicU64 = AtomicU64::new(1 << 31);

/// The mount around a `vfsmount`: there is no other kind.
pub fn real_mount(mnt: *mut vfsmount) -> *mut mount {
    container_of!(mnt, mount, mnt)
}

/// Initialises memory of any content as a mount of a superblock, with one reference, on the whole of its tree.
///
/// # Safety
///
/// `mount` points to memory of that size that nobody else uses; `sb` is alive and the caller has an active reference on it.
pub unsafe fn init_mount(mount: *mut mount, sb: *mut super_block) {
    // SAFETY: the memory is the caller's, and zero is valid for every field.
    unsafe { ptr::write_bytes(mount, 0, 1) };
    // SAFETY: zeroed just now.
    let mount = unsafe { &*mount };
    // SAFETY: alive by the contract.
    set_up(mount, unsafe { &*sb });
}

fn set_up(mount: &mount, sb: &super_block) {
    let this = ptr::from_ref(mount).cast_mut();
    let root = sb.s_root.load(Relaxed);
    sb.s_active.counter.fetch_add(1, Relaxed);
    mount.mnt.mnt_sb.store(sb.as_ptr(), Relaxed);
    // SAFETY: the superblock holds a reference on its root.
    mount.mnt.mnt_root.store(unsafe { dget(root) }, Relaxed);
    mount.mnt_count.counter.store(1, Relaxed);
    for list in [&mount.mnt_mounts, &mount.mnt_child, &mount.mnt_instance, &mount.mnt_list] {
        list_init(list);
    }
    let id = LAST_ID.fetch_add(1, Relaxed) + 1;
    // SAFETY: nobody else uses the mount yet.
    unsafe { *mount.mnt_parent.get() = this };
    // SAFETY: as above.
    unsafe { *mount.mnt_mountpoint.get() = root };
    // SAFETY: as above.
    unsafe { *mount.mnt_id.get() = (id - (1 << 31)) as i32 };
    // SAFETY: as above.
    unsafe { *mount.mnt_id_unique.get() = id };
    let _lock = hold(&MOUNT_LOCK);
    // SAFETY: the list's lock is held; mounts leave the list before they end.
    unsafe { list_add_tail(&mount.mnt_instance, &sb.s_mounts) };
}

/// Mounts a superblock nowhere in particular; NULL if there is no memory.
///
/// # Safety
///
/// `sb` is alive and the caller has an active reference on it.
pub unsafe fn alloc_mount(sb: *mut super_block) -> *mut vfsmount {
    let new = alloc_own::<mount>();
    // SAFETY: NULL or new.
    let Some(mount) = (unsafe { new.as_ref() }) else { return ptr::null_mut() };
    // SAFETY: alive by the contract.
    set_up(mount, unsafe { &*sb });
    ptr::from_ref(&mount.mnt).cast_mut()
}

/// Takes a reference and returns its argument, which may be NULL.
///
/// # Safety
///
/// NULL or a mount on which the caller has a reference.
pub unsafe fn mntget(mnt: *mut vfsmount) -> *mut vfsmount {
    if !mnt.is_null() {
        // SAFETY: alive by the contract.
        unsafe { &*real_mount(mnt) }.mnt_count.counter.fetch_add(1, Relaxed);
    }
    mnt
}

/// Puts a reference; the last one takes the mount's marks, its root's reference and the superblock's active one with it.
///
/// # Safety
///
/// NULL or a mount on which the caller has a reference; no lock is held.
pub unsafe fn mntput(mnt: *mut vfsmount) {
    if mnt.is_null() {
        return;
    }
    // SAFETY: the caller's reference keeps it alive.
    let mount = unsafe { &*real_mount(mnt) };
    match mount.mnt_count.counter.fetch_sub(1, AcqRel) - 1 {
        0 => end_mount(mount),
        left if left < 0 => {
            mount.mnt_count.counter.fetch_add(1, Relaxed);
            warn("mntput", "one put too many");
        }
        _ => {}
    }
}

fn end_mount(mount: &mount) {
    let lock = hold(&MOUNT_LOCK);
    // SAFETY: the list's lock is held; mounts leave the list before they end.
    unsafe { list_del_init(&mount.mnt_instance) };
    drop(lock);
    hooks::vfsmount_delete(&mount.mnt);
    // SAFETY: the mount's own reference.
    unsafe { dput(mount.mnt.mnt_root.load(Relaxed)) };
    let sb = mount.mnt.mnt_sb.load(Relaxed);
    if !sb.is_null() {
        // SAFETY: the mount's own reference.
        unsafe { deactivate_super(sb) };
    }
    if mount.is_own() {
        // SAFETY: it came from `kzalloc()`, and nobody uses it any more.
        unsafe { slab::kfree(ptr::from_ref(mount).cast_mut().cast()) };
    }
}

/// Takes a reference on each half.
///
/// # Safety
///
/// The caller has references on both, or knows that somebody else keeps them.
pub unsafe fn path_get(path: &path) {
    // SAFETY: alive by the contract.
    unsafe { mntget(path.mnt) };
    // SAFETY: alive by the contract.
    unsafe { dget(path.dentry) };
}

/// Puts the references of both halves.
///
/// # Safety
///
/// The caller has them; no lock is held.
pub unsafe fn path_put(path: &path) {
    // SAFETY: the caller's reference.
    unsafe { dput(path.dentry) };
    // SAFETY: the caller's reference.
    unsafe { mntput(path.mnt) };
}
