// SPDX-License-Identifier: GPL-2.0-or-later
//! The tree of mounts (`fs/namespace.c`): what is mounted where, as path walk sees it.
//!
//! A mount in the tree has a reference of the tree's; it holds one on the mount it sits on and one on the dentry it covers.
//! The tree changes under [`NAMESPACE`] held for writing together with the lock of mounts, so either is enough to read it.
//! A covered dentry carries `DCACHE_MOUNTED`, set and cleared under both and its own lock.

use super::dentry::{d_unlinked, dput};
use super::dentry_move::is_subdir;
use super::held::hold;
use super::links::{container_of, hlist_add_head, hlist_del_init, list_add_tail, list_del_init, list_empty, nodes};
use super::lookup::can_lookup;
use super::mount::{alloc_mount, mntget, mntput, real_mount, MOUNT_LOCK};
use super::place::{Entry, Place};
use crate::abi::*;
use core::ffi::c_int;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU32, AtomicU64};

/// Held for writing by whoever changes the tree.
pub(super) static NAMESPACE: rw_semaphore = rw_semaphore::new();

/// The process's mounts.
static INIT_MNT_NS: mnt_namespace =
    mnt_namespace { root: AtomicPtr::new(ptr::null_mut()), nr_mounts: AtomicU32::new(0), event: AtomicU64::new(0) };

const CHAINS: usize = 256;

/// The mounts by the dentry that they cover \[lock of mounts\].
static COVERED: [hlist_head; CHAINS] = [const { hlist_head { first: AtomicPtr::new(ptr::null_mut()) } }; CHAINS];

fn chain(dentry: &dentry) -> &'static hlist_head {
    let key = ptr::from_ref(dentry).addr() >> 5;
    &COVERED[(key ^ (key >> 8)) % CHAINS]
}

impl mount {
    fn as_ptr(&self) -> *mut mount {
        ptr::from_ref(self).cast_mut()
    }

    fn vfsmount(&self) -> *mut vfsmount {
        ptr::from_ref(&self.mnt).cast_mut()
    }

    /// The mount it sits on: itself for one that is mounted nowhere. For a reader that keeps the tree from changing.
    fn parent(&self) -> *mut mount {
        // SAFETY: changes only while the tree does.
        unsafe { *self.mnt_parent.get() }
    }

    /// The dentry it covers; as [`Self::parent`].
    fn mountpoint(&self) -> *mut dentry {
        // SAFETY: changes only while the tree does.
        unsafe { *self.mnt_mountpoint.get() }
    }

    fn has_parent(&self) -> bool {
        !ptr::eq(self.parent(), self)
    }

    fn namespace(&self) -> *mut mnt_namespace {
        // SAFETY: changes only while the tree does.
        unsafe { *self.mnt_ns.get() }
    }
}

/// The mounts on a list; the tree is kept from changing.
struct Mounts {
    next: *mut list_head,
    head: *const list_head,
    offset: usize,
}

impl Mounts {
    fn children(mount: &mount) -> Self {
        let head = &mount.mnt_mounts;
        Self { next: head.next.load(Relaxed), head, offset: core::mem::offset_of!(mount, mnt_child) }
    }

    fn listed(mount: &mount) -> Self {
        let head = &mount.mnt_list;
        Self { next: head.next.load(Relaxed), head, offset: core::mem::offset_of!(mount, mnt_list) }
    }
}

impl Iterator for Mounts {
    type Item = *mut mount;
    fn next(&mut self) -> Option<*mut mount> {
        if self.next.is_null() || ptr::eq(self.next, self.head) {
            return None;
        }
        let mount = self.next.cast::<u8>().wrapping_sub(self.offset).cast::<mount>();
        // SAFETY: what is on the list is alive while the tree is kept from changing.
        self.next = unsafe { &*self.next }.next.load(Relaxed);
        Some(mount)
    }
}

/// Holds the tree for writing until it is dropped.
struct Changing;

impl Changing {
    fn begin() -> Self {
        NAMESPACE.down_write();
        Self
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        // SAFETY: this value exists only while this thread holds it.
        unsafe { NAMESPACE.up_write() };
    }
}

/// The mounts that cover a dentry, whichever mount they sit on; the lock of mounts is held.
fn covering(dentry: &dentry) -> impl Iterator<Item = &'static mount> + use<'_> {
    // SAFETY: the lock is held.
    unsafe { nodes(chain(dentry)) }.filter_map(move |node| {
        // SAFETY: what is on the chain is a mount, and stays while the lock is held.
        let mount = unsafe { &*container_of!(node, mount, mnt_hash) };
        ptr::eq(mount.mountpoint(), dentry).then_some(mount)
    })
}

/// What is mounted on a dentry of a mount, with a reference; NULL if nothing is.
pub fn lookup_mnt(mnt: *mut vfsmount, dentry: &dentry) -> *mut vfsmount {
    if mnt.is_null() {
        return ptr::null_mut();
    }
    let parent = real_mount(mnt);
    let _lock = hold(&MOUNT_LOCK);
    match covering(dentry).find(|mount| mount.parent() == parent) {
        // SAFETY: the tree's reference keeps it alive while the lock is held.
        Some(mount) => unsafe { mntget(mount.vfsmount()) },
        None => ptr::null_mut(),
    }
}

/// Through everything that is mounted at a place.
pub(super) fn cross(mut place: Place) -> Place {
    while place.dentry().has(DCACHE_MOUNTED) {
        let mnt = lookup_mnt(place.mnt(), place.dentry());
        // SAFETY: NULL or with a reference.
        let Some(mounted) = (unsafe { mnt.as_ref() }) else { break };
        // SAFETY: a mount holds its root.
        let root = Entry::of(unsafe { &*mounted.mnt_root.load(Relaxed) });
        // SAFETY: the reference of the lookup.
        place = unsafe { Place::from_raw(mnt, root) };
    }
    place
}

/// The place that a mount covers, below whatever covers it in turn; `None` at the top or at `root`.
pub(super) fn choose_mountpoint(mount: *mut mount, root: &Place) -> Option<Place> {
    let _lock = hold(&MOUNT_LOCK);
    // SAFETY: the caller has a reference.
    let mut at = unsafe { &*mount };
    while at.has_parent() {
        let mountpoint = at.mountpoint();
        // SAFETY: a mount holds the one it sits on.
        at = unsafe { &*at.parent() };
        if ptr::eq(root.dentry(), mountpoint) && root.mnt() == at.vfsmount() {
            return None;
        }
        if at.mnt.mnt_root.load(Relaxed) != mountpoint {
            // SAFETY: the mount holds what it covers.
            let entry = Entry::of(unsafe { &*mountpoint });
            // SAFETY: alive, as the lock keeps the tree.
            return Some(unsafe { Place::through(at.vfsmount(), entry) });
        }
    }
    None
}

/// Is something of the process's mounts mounted on it? Such a name cannot be removed.
pub fn is_local_mountpoint(dentry: &dentry) -> bool {
    if !dentry.has(DCACHE_MOUNTED) {
        return false;
    }
    let _lock = hold(&MOUNT_LOCK);
    let found = covering(dentry).any(|mount| !mount.namespace().is_null());
    found
}

/// Puts a mount on a place; the tree is held. The mount's reference is the tree's from then on.
fn connect(mount: &mount, parent: &mount, mountpoint: &dentry) {
    // SAFETY: alive, as the caller's references show.
    unsafe { mntget(parent.vfsmount()) };
    let covered = Entry::of(mountpoint).into_raw();
    let _lock = hold(&MOUNT_LOCK);
    // SAFETY: the tree is held for writing, and so is its lock.
    unsafe { *mount.mnt_parent.get() = parent.as_ptr() };
    // SAFETY: as above.
    unsafe { *mount.mnt_mountpoint.get() = covered };
    // SAFETY: as above.
    unsafe { hlist_add_head(&mount.mnt_hash, chain(mountpoint)) };
    // SAFETY: as above.
    unsafe { list_add_tail(&mount.mnt_child, &parent.mnt_mounts) };
    let _dentry_lock = hold(mountpoint.lock());
    mountpoint.update_flags(DCACHE_MOUNTED, 0);
}

fn set_namespace(mount: &mount, ns: *mut mnt_namespace) {
    let lock = hold(&MOUNT_LOCK);
    // SAFETY: the tree is held for writing, and so is its lock.
    unsafe { *mount.mnt_ns.get() = ns };
    drop(lock);
    if ns.is_null() {
        INIT_MNT_NS.nr_mounts.fetch_sub(1, Relaxed);
    } else {
        INIT_MNT_NS.nr_mounts.fetch_add(1, Relaxed);
    }
    INIT_MNT_NS.event.fetch_add(1, Relaxed);
}

fn init_ns() -> *mut mnt_namespace {
    (&raw const INIT_MNT_NS).cast_mut()
}

/// Makes a mount the root of the process's mounts; `-EBUSY` if there is one, `-EINVAL` if it is mounted already. The tree
/// takes a reference.
///
/// # Safety
///
/// The caller has a reference on the mount.
pub unsafe fn attach_root(mnt: *mut vfsmount) -> Result<(), c_int> {
    let _changing = Changing::begin();
    // SAFETY: the caller's reference.
    let mount = unsafe { &*real_mount(mnt) };
    if !mount.namespace().is_null() || mount.has_parent() {
        return Err(-libc::EINVAL);
    }
    if !INIT_MNT_NS.root.load(Relaxed).is_null() {
        return Err(-libc::EBUSY);
    }
    // SAFETY: the caller's reference.
    unsafe { mntget(mnt) };
    INIT_MNT_NS.root.store(mount.as_ptr(), Relaxed);
    set_namespace(mount, init_ns());
    Ok(())
}

/// Mounts on a place, over what is mounted there already. `-EINVAL` if the mount is mounted somewhere or the place is not in
/// the process's mounts, `-ENOTDIR` if only one of the two is a directory, `-EBUSY` if the same is mounted there, `-ENOENT`
/// if the place has been removed. The tree takes a reference.
///
/// # Safety
///
/// The caller has a reference on the mount.
pub unsafe fn attach(mnt: *mut vfsmount, place: Place) -> Result<(), c_int> {
    let _changing = Changing::begin();
    // SAFETY: the caller's reference.
    let mount = unsafe { &*real_mount(mnt) };
    let place = cross(place);
    if place.mnt().is_null() {
        return Err(-libc::EINVAL);
    }
    // SAFETY: the place has a reference on it.
    let parent = unsafe { &*real_mount(place.mnt()) };
    if parent.namespace().is_null() || !mount.namespace().is_null() || mount.has_parent() {
        return Err(-libc::EINVAL);
    }
    let root = mount.mnt.mnt_root.load(Relaxed);
    if place.dentry().has(DCACHE_CANT_MOUNT) || d_unlinked(place.dentry()) {
        return Err(-libc::ENOENT);
    }
    if parent.mnt.mnt_sb.load(Relaxed) == mount.mnt.mnt_sb.load(Relaxed)
        && ptr::eq(parent.mnt.mnt_root.load(Relaxed), place.dentry())
    {
        return Err(-libc::EBUSY);
    }
    // SAFETY: the mount holds its root.
    if can_lookup(unsafe { &*root }) != can_lookup(place.dentry()) {
        return Err(-libc::ENOTDIR);
    }
    // SAFETY: the caller's reference.
    unsafe { mntget(mnt) };
    connect(mount, parent, place.dentry());
    set_namespace(mount, init_ns());
    Ok(())
}

/// Takes a mount out of the tree; the tree is held. What it covered is kept in `mnt_ex_mountpoint`.
fn disconnect(mount: &mount) {
    if INIT_MNT_NS.root.load(Relaxed) == mount.as_ptr() {
        INIT_MNT_NS.root.store(ptr::null_mut(), Relaxed);
    }
    if !mount.namespace().is_null() {
        set_namespace(mount, ptr::null_mut());
    }
    if !mount.has_parent() {
        return;
    }
    // SAFETY: a mount holds the one it sits on.
    let parent = unsafe { &*mount.parent() }.vfsmount();
    // SAFETY: a mount holds what it covers.
    let covered = unsafe { &*mount.mountpoint() };
    let lock = hold(&MOUNT_LOCK);
    // SAFETY: the tree is held for writing, and so is its lock.
    unsafe { hlist_del_init(&mount.mnt_hash) };
    // SAFETY: as above.
    unsafe { list_del_init(&mount.mnt_child) };
    // SAFETY: as above.
    unsafe { *mount.mnt_parent.get() = mount.as_ptr() };
    // SAFETY: as above.
    unsafe { *mount.mnt_mountpoint.get() = mount.mnt.mnt_root.load(Relaxed) };
    mount.mnt_ex_mountpoint.store(covered.as_ptr(), Relaxed);
    if covering(covered).next().is_none() {
        let _dentry_lock = hold(covered.lock());
        covered.update_flags(0, DCACHE_MOUNTED);
    }
    drop(lock);
    // SAFETY: the mount's reference; the tree still has its own, or the caller's list has.
    unsafe { mntput(parent) };
}

/// The first mount below `top`, or `top` itself, that nothing is mounted on; the tree is held.
fn lowest(top: &mount) -> &mount {
    let mut at = top;
    while let Some(child) = Mounts::children(at).next() {
        // SAFETY: what is in the tree is alive while the tree is held.
        at = unsafe { &*child };
    }
    at
}

/// Takes a mount and all that is mounted below it out of the tree, from below, and puts them when the tree is free: their
/// end may shut filesystems down.
fn umount_tree(top: &mount, changing: Changing) {
    let leaving = list_head { next: AtomicPtr::new(ptr::null_mut()), prev: AtomicPtr::new(ptr::null_mut()) };
    loop {
        let mount = lowest(top);
        // SAFETY: a copied tree is on a list of its own, which nobody else knows; other mounts are on none.
        unsafe { list_del_init(&mount.mnt_list) };
        disconnect(mount);
        // SAFETY: the list is this function's.
        unsafe { list_add_tail(&mount.mnt_list, &leaving) };
        if ptr::eq(mount, top) {
            break;
        }
    }
    drop(changing);
    while !list_empty(&leaving) {
        // SAFETY: the tree's reference, which is put below, keeps it alive.
        let mount = unsafe { &*container_of!(leaving.next.load(Relaxed), mount, mnt_list) };
        // SAFETY: the list is this function's.
        unsafe { list_del_init(&mount.mnt_list) };
        // SAFETY: the mount's reference on what it covered.
        unsafe { dput(mount.mnt_ex_mountpoint.swap(ptr::null_mut(), Relaxed)) };
        // SAFETY: the tree's reference.
        unsafe { mntput(mount.vfsmount()) };
    }
}

/// `umount()`: `-EINVAL` if it is mounted nowhere; unless it is `lazy`, `-EBUSY` if something is mounted below it or somebody
/// besides the caller and the tree has a reference.
///
/// # Safety
///
/// The caller has one reference on the mount, which stays the caller's, and holds no lock.
pub unsafe fn umount(mnt: *mut vfsmount, lazy: bool) -> Result<(), c_int> {
    let changing = Changing::begin();
    // SAFETY: the caller's reference.
    let mount = unsafe { &*real_mount(mnt) };
    if mount.namespace().is_null() {
        return Err(-libc::EINVAL);
    }
    if !lazy && (!list_empty(&mount.mnt_mounts) || mount.mnt_count.counter.load(Relaxed) > 2) {
        return Err(-libc::EBUSY);
    }
    umount_tree(mount, changing);
    Ok(())
}

/// Another mount of a part of a mount's filesystem, with one reference.
fn clone_mount(old: &mount, root: &dentry) -> Result<&'static mount, c_int> {
    // SAFETY: the mount holds its superblock.
    let mnt = unsafe { alloc_mount(old.mnt.mnt_sb.load(Relaxed)) };
    if mnt.is_null() {
        return Err(-libc::ENOMEM);
    }
    // SAFETY: new, and kept by its reference.
    let new = unsafe { &*real_mount(mnt) };
    let whole = new.mnt.mnt_root.swap(Entry::of(root).into_raw(), Relaxed);
    // SAFETY: the new mount's reference on the root that it does not have now.
    unsafe { dput(whole) };
    // SAFETY: nobody else uses the new mount yet.
    unsafe { *new.mnt_mountpoint.get() = root.as_ptr() };
    // SAFETY: a word that is read at once.
    let flags = unsafe { *old.mnt.mnt_flags.get() };
    // SAFETY: nobody else uses the new mount yet.
    unsafe { *new.mnt.mnt_flags.get() = flags };
    // SAFETY: the name outlives the mounts.
    let devname = unsafe { *old.mnt_devname.get() };
    // SAFETY: nobody else uses the new mount yet.
    unsafe { *new.mnt_devname.get() = devname };
    Ok(new)
}

/// Copies what is mounted below `place`; the copies are listed through `mnt_list` of the first. The tree is held.
fn copy_tree(place: &Place) -> Result<&'static mount, (c_int, Option<&'static mount>)> {
    // SAFETY: the place has a reference on it.
    let top = unsafe { &*real_mount(place.mnt()) };
    let copy = clone_mount(top, place.dentry()).map_err(|errno| (errno, None))?;
    let (mut from, mut to) = (top, copy);
    let mut children = Mounts::children(from);
    loop {
        let Some(child) = children.next() else {
            if ptr::eq(from, top) {
                return Ok(copy);
            }
            // Up again, and on with the next one there.
            // SAFETY: a mount holds the one it sits on, and the tree is held.
            let above = unsafe { &*from.parent() };
            // SAFETY: as above.
            to = unsafe { &*to.parent() };
            children = Mounts { next: from.mnt_child.next.load(Relaxed), ..Mounts::children(above) };
            from = above;
            continue;
        };
        // SAFETY: what is in the tree is alive while the tree is held.
        let child = unsafe { &*child };
        // SAFETY: a mount holds what it covers.
        let covered = unsafe { &*child.mountpoint() };
        if ptr::eq(from, top) && !is_subdir(covered, place.dentry()) {
            continue;
        }
        // SAFETY: a mount holds its root.
        let root = unsafe { &*child.mnt.mnt_root.load(Relaxed) };
        let new = clone_mount(child, root).map_err(|errno| (errno, Some(copy)))?;
        connect(new, to, covered);
        // SAFETY: nobody else knows the list.
        unsafe { list_add_tail(&new.mnt_list, &copy.mnt_list) };
        (from, to) = (child, new);
        children = Mounts::children(from);
    }
}

/// A private copy of the mounts at and below a place, for [`iterate_mounts`]; ends with [`drop_collected_mounts`]. `-EINVAL`
/// if the place is not in the process's mounts.
pub fn collect_mounts(place: &Place) -> Result<*mut vfsmount, c_int> {
    let changing = Changing::begin();
    // SAFETY: the place has a reference on it.
    if place.mnt().is_null() || unsafe { &*real_mount(place.mnt()) }.namespace().is_null() {
        return Err(-libc::EINVAL);
    }
    match copy_tree(place) {
        Ok(copy) => Ok(copy.vfsmount()),
        Err((errno, incomplete)) => {
            if let Some(copy) = incomplete {
                umount_tree(copy, changing);
            }
            Err(errno)
        }
    }
}

/// Ends a copy of [`collect_mounts`].
///
/// # Safety
///
/// It came from there, and nobody uses it any more.
pub unsafe fn drop_collected_mounts(mnt: *mut vfsmount) {
    // SAFETY: the copy's own reference.
    umount_tree(unsafe { &*real_mount(mnt) }, Changing::begin());
}

/// Calls `f` with each mount of a copy, the first one first, until it returns something else than 0.
///
/// # Safety
///
/// `root` came from [`collect_mounts`].
pub unsafe fn iterate_mounts(root: *mut vfsmount, mut f: impl FnMut(*mut vfsmount) -> c_int) -> c_int {
    let result = f(root);
    if result != 0 {
        return result;
    }
    // SAFETY: a copied tree is the caller's alone, so it does not change.
    let copies = Mounts::listed(unsafe { &*real_mount(root) });
    for mount in copies {
        // SAFETY: as above.
        let result = f(unsafe { &*mount }.vfsmount());
        if result != 0 {
            return result;
        }
    }
    0
}

/// Is the first place at or below the second, through whatever mounts?
pub fn path_is_under(below: &Place, above: &Place) -> bool {
    NAMESPACE.down_read();
    let (mut mnt, mut dentry) = (below.mnt(), below.dentry());
    while mnt != above.mnt() && !mnt.is_null() {
        // SAFETY: the place has a reference, and each mount holds the one it sits on.
        let mount = unsafe { &*real_mount(mnt) };
        if !mount.has_parent() {
            break;
        }
        // SAFETY: a mount holds what it covers.
        dentry = unsafe { &*mount.mountpoint() };
        // SAFETY: as above.
        mnt = unsafe { &*mount.parent() }.vfsmount();
    }
    let under = mnt == above.mnt() && is_subdir(dentry, above.dentry());
    // SAFETY: taken above.
    unsafe { NAMESPACE.up_read() };
    under
}
