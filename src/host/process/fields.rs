// SPDX-License-Identifier: GPL-2.0-or-later
//! How the core reaches the fields of groups, marks, connectors and the objects under them. The core uses these methods
//! and nothing else, because a kernel's layout depends on its configuration; here they are plain accesses.
//!
//! A `&T` to one of these structs says that it is alive for the reference's lifetime: by a reference count, a lock or
//! the read side of `fsnotify_mark_srcu`. The pointers between them are followed on the invariants stated at the head of
//! `notify/mark.rs`; each such step is in one method here.

use super::cache::kmem_cache;
use crate::abi::*;
#[cfg(feature = "group")]
use crate::notify::lock_order::{Connector, Mark, Ordered};
use crate::vfs::name::{release_dentry_name_snapshot, take_dentry_name_snapshot};
use core::ffi::{c_int, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Type of the bits that say what an inode is.
const S_IFMT: u16 = 0o170_000;
/// A directory.
const S_IFDIR: u16 = 0o040_000;

impl fsnotify_mark {
    /// The mark's group, which the mark keeps alive.
    pub(crate) fn group(&self) -> &fsnotify_group {
        // SAFETY: set by `fsnotify_init_mark()`, which took a reference that lasts until the mark is freed.
        unsafe { &*self.group.load(Relaxed) }
    }

    /// As C sees it.
    pub(crate) fn as_ptr(&self) -> *mut fsnotify_mark {
        ptr::from_ref(self).cast_mut()
    }

    /// The connector, while the caller's reference on the mark keeps it.
    pub(crate) fn connector(&self) -> Option<&fsnotify_mark_connector> {
        // SAFETY: a mark that is referenced stays on its connector's list, and a connector with marks is not freed.
        unsafe { self.connector.load(Acquire).as_ref() }
    }

    /// Publishes or clears the connector.
    pub(crate) fn set_connector(&self, conn: Option<&fsnotify_mark_connector>) {
        self.connector.store(conn.map_or(ptr::null_mut(), |c| ptr::from_ref(c).cast_mut()), Release);
    }

    /// All of `flag` set?
    pub(crate) fn has(&self, flag: u32) -> bool {
        self.flags.load(Relaxed) & flag == flag
    }

    /// Changes flags; `mark->lock` is held, so a load and a store will do.
    pub(crate) fn update_flags(&self, set: u32, clear: u32) {
        self.flags.store((self.flags.load(Relaxed) | set) & !clear, Relaxed);
    }

    /// The next mark of the same object in the order of delivery, without the lock.
    ///
    /// The result is valid for as long as the read side of `fsnotify_mark_srcu` that `self` was found in, or while
    /// the connector's lock is held.
    pub(crate) fn next_on_object(&self) -> *mut fsnotify_mark {
        mark_of(self.obj_list.next())
    }
}

#[cfg(feature = "group")]
impl Ordered for fsnotify_mark {
    type Level = Mark;
    fn acquire(&self) {
        self.lock.lock();
    }
    unsafe fn release(&self) {
        // SAFETY: the caller holds the mark's lock.
        unsafe { self.lock.unlock() }
    }
}

#[cfg(feature = "group")]
impl Ordered for fsnotify_mark_connector {
    type Level = Connector;
    fn acquire(&self) {
        self.lock.lock();
    }
    unsafe fn release(&self) {
        // SAFETY: the caller holds the connector's lock.
        unsafe { self.lock.unlock() }
    }
}

/// The mark that embeds this `obj_list` link, or NULL.
pub(crate) fn mark_of(node: *mut hlist_node) -> *mut fsnotify_mark {
    if node.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: every node on a connector's list is the `obj_list` of a mark, so the result is inside the same object.
    unsafe { crate::abi::list::entry!(node, fsnotify_mark, obj_list) }
}

impl fsnotify_mark_connector {
    /// As C sees it.
    pub(crate) fn as_ptr(&self) -> *mut fsnotify_mark_connector {
        ptr::from_ref(self).cast_mut()
    }

    /// Type of the object, `FSNOTIFY_OBJ_TYPE_DETACHED` once it has gone.
    pub(crate) fn obj_type(&self) -> c_uint {
        c_uint::from(self.r#type.load(Relaxed))
    }

    /// Marks it detached.
    pub(crate) fn set_detached(&self) {
        self.obj.store(ptr::null_mut(), Relaxed);
        self.r#type.store(FSNOTIFY_OBJ_TYPE_DETACHED as u8, Relaxed);
    }

    /// The object that it is attached to.
    pub(crate) fn object(&self) -> Option<Object<'_>> {
        // SAFETY: a connector is detached before its object goes, so what it points to is alive.
        unsafe { Object::from_raw(self.obj.load(Relaxed), self.obj_type()) }
    }

    /// All of `flag` set?
    pub(crate) fn has(&self, flag: u16) -> bool {
        self.flags.load(Relaxed) & flag == flag
    }

    /// Changes flags; `connector->lock` is held.
    pub(crate) fn update_flags(&self, set: u16, clear: u16) {
        self.flags.store((self.flags.load(Relaxed) | set) & !clear, Relaxed);
    }

    /// The first mark on the list: by order the one of the highest priority.
    pub(crate) fn first_mark(&self) -> *mut fsnotify_mark {
        mark_of(self.list.first.load(Acquire))
    }

    /// The marks on the list; `connector->lock` is held while the iterator lives, or taken again before it goes on with
    /// a reference on the mark that it stands on.
    pub(crate) fn marks(&self) -> Marks<'_> {
        Marks { next: self.first_mark(), _list: core::marker::PhantomData }
    }
}

/// Iterator over the marks of a connector.
pub(crate) struct Marks<'a> {
    next: *mut fsnotify_mark,
    _list: core::marker::PhantomData<&'a fsnotify_mark_connector>,
}

impl<'a> Iterator for Marks<'a> {
    type Item = &'a fsnotify_mark;
    fn next(&mut self) -> Option<&'a fsnotify_mark> {
        // SAFETY: a mark on the list is alive while the connector's lock is held.
        let mark = unsafe { self.next.as_ref() }?;
        self.next = mark.next_on_object();
        Some(mark)
    }
}

/// An object that marks can be attached to.
#[derive(Clone, Copy)]
pub(crate) enum Object<'a> {
    /// An inode.
    Inode(&'a inode),
    /// A mount.
    Mount(&'a mount),
    /// A superblock.
    Sb(&'a super_block),
}

impl<'a> Object<'a> {
    /// From C's pair of pointer and type; `None` if NULL or no type of object.
    ///
    /// # Safety
    ///
    /// `obj` is NULL or a live object of that type: `struct inode`, `struct vfsmount` inside a `struct mount`, or
    /// `struct super_block`.
    pub(crate) unsafe fn from_raw(obj: *mut c_void, obj_type: c_uint) -> Option<Self> {
        if obj.is_null() {
            return None;
        }
        const INODE: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_INODE as c_uint;
        const VFSMOUNT: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_VFSMOUNT as c_uint;
        const SB: c_uint = fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_SB as c_uint;
        match obj_type {
            // SAFETY: a live inode by the contract.
            INODE => Some(Object::Inode(unsafe { &*obj.cast::<inode>() })),
            // SAFETY: a live vfsmount by the contract.
            VFSMOUNT => Some(Object::Mount(real_mount(unsafe { &*obj.cast::<vfsmount>() }))),
            // SAFETY: a live superblock by the contract.
            SB => Some(Object::Sb(unsafe { &*obj.cast::<super_block>() })),
            _ => None,
        }
    }

    /// The pointer that a connector keeps.
    pub(crate) fn as_ptr(&self) -> *mut c_void {
        match *self {
            Object::Inode(inode) => ptr::from_ref(inode).cast_mut().cast(),
            Object::Mount(mount) => ptr::from_ref(&mount.mnt).cast_mut().cast(),
            Object::Sb(sb) => ptr::from_ref(sb).cast_mut().cast(),
        }
    }

    /// `enum fsnotify_obj_type`.
    pub(crate) fn obj_type(&self) -> c_uint {
        match self {
            Object::Inode(_) => fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_INODE as c_uint,
            Object::Mount(_) => fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_VFSMOUNT as c_uint,
            Object::Sb(_) => fsnotify_obj_type::FSNOTIFY_OBJ_TYPE_SB as c_uint,
        }
    }

    /// The superblock that it lives on.
    pub(crate) fn sb(&self) -> &'a super_block {
        match *self {
            Object::Inode(inode) => inode.sb(),
            // SAFETY: a mount holds its superblock.
            Object::Mount(mount) => unsafe { &*mount.mnt.mnt_sb.load(Relaxed) },
            Object::Sb(sb) => sb,
        }
    }

    /// Where the object keeps its connector; `None` for a superblock that never had a mark on any of its objects.
    pub(crate) fn connp(&self) -> Option<&'a AtomicPtr<fsnotify_mark_connector>> {
        match *self {
            Object::Inode(inode) => Some(&inode.i_fsnotify_marks),
            Object::Mount(mount) => Some(&mount.mnt_fsnotify_marks),
            Object::Sb(sb) => sb.info().map(|info| &info.sb_marks),
        }
    }

    /// Tells where 6.1's backends look for a superblock's connector that it has one; `connector->lock` is held. The other objects
    /// have a single place for it.
    pub(crate) fn show_connector(&self, conn: Option<&fsnotify_mark_connector>) {
        if let Object::Sb(sb) = *self {
            sb.s_fsnotify_marks.store(conn.map_or(ptr::null_mut(), fsnotify_mark_connector::as_ptr), Release);
        }
    }

    /// The object's mask of interest.
    pub(crate) fn mask(&self) -> u32 {
        self.mask_word().load(Relaxed)
    }

    /// Sets the object's mask; `connector->lock` is held.
    pub(crate) fn set_mask(&self, mask: u32) {
        self.mask_word().store(mask, Relaxed);
    }

    fn mask_word(&self) -> &'a core::sync::atomic::AtomicU32 {
        match *self {
            Object::Inode(inode) => &inode.i_fsnotify_mask,
            Object::Mount(mount) => &mount.mnt_fsnotify_mask,
            Object::Sb(sb) => &sb.s_fsnotify_mask,
        }
    }
}

/// The connector at `connp`, for a reader inside `fsnotify_mark_srcu`.
pub(crate) fn connector_at(connp: &AtomicPtr<fsnotify_mark_connector>) -> Option<&fsnotify_mark_connector> {
    // SAFETY: a connector that is reachable is freed one grace period after it was cut off.
    unsafe { connp.load(Acquire).as_ref() }
}

impl inode {
    /// Its superblock.
    pub(crate) fn sb(&self) -> &super_block {
        // SAFETY: set before the inode is used and stable; a superblock outlives its inodes.
        unsafe { &*self.i_sb.load(Relaxed) }
    }

    /// `S_ISDIR(inode->i_mode)`.
    pub(crate) fn is_dir(&self) -> bool {
        self.i_mode.load(Relaxed) & S_IFMT == S_IFDIR
    }
}

impl super_block {
    /// Marks and counts, if any object of this superblock ever had a mark.
    pub(crate) fn info(&self) -> Option<&fsnotify_sb_info> {
        // SAFETY: once set it stays until `fsnotify_sb_free()`, after which nobody uses the superblock.
        unsafe { self.s_fsnotify_info.load(Acquire).as_ref() }
    }

    /// Installs `info` unless another thread was first.
    pub(crate) fn install_info(&self, info: NonNull<fsnotify_sb_info>) -> bool {
        self.s_fsnotify_info.compare_exchange(ptr::null_mut(), info.as_ptr(), AcqRel, Acquire).is_ok()
    }
}

impl fsnotify_sb_info {
    /// Objects watched by groups of priority `prio` or more.
    pub(crate) fn watched(&self, prio: usize) -> i64 {
        self.watched_objects[prio].counter.load(Acquire)
    }
}

/// The mount around a `vfsmount`.
pub(crate) fn real_mount(mnt: &vfsmount) -> &mount {
    let mnt = ptr::from_ref(mnt).cast_mut();
    // SAFETY: every vfsmount is the `mnt` of a mount.
    let mount = unsafe { crate::abi::list::entry!(mnt, mount, mnt) };
    // SAFETY: the mount is as alive as its part.
    unsafe { &*mount }
}

/// What an event is about: C's pair of a pointer and its type.
#[derive(Clone, Copy)]
pub(crate) struct Data {
    /// The pointer.
    pub ptr: *const c_void,
    /// `enum fsnotify_data_type`.
    pub kind: c_int,
}

impl Data {
    const PATH: c_int = fsnotify_data_type::FSNOTIFY_EVENT_PATH as c_int;
    const INODE: c_int = fsnotify_data_type::FSNOTIFY_EVENT_INODE as c_int;
    const DENTRY: c_int = fsnotify_data_type::FSNOTIFY_EVENT_DENTRY as c_int;
    const ERROR: c_int = fsnotify_data_type::FSNOTIFY_EVENT_ERROR as c_int;

    /// `fsnotify_data_path()`.
    pub(crate) fn path(&self) -> Option<&path> {
        if self.kind != Self::PATH {
            return None;
        }
        // SAFETY: the caller of the hook promised a live `struct path` for this type.
        unsafe { self.ptr.cast::<path>().as_ref() }
    }

    /// `fsnotify_data_dentry()`.
    pub(crate) fn dentry(&self) -> Option<&dentry> {
        match self.kind {
            // SAFETY: the caller of the hook promised a live `struct dentry` for this type.
            Self::DENTRY => unsafe { self.ptr.cast::<dentry>().as_ref() },
            // SAFETY: a path holds its dentry.
            Self::PATH => unsafe { self.path()?.dentry.as_ref() },
            _ => None,
        }
    }

    /// `fsnotify_data_inode()`.
    pub(crate) fn inode(&self) -> *mut inode {
        match self.kind {
            Self::INODE => self.ptr.cast::<inode>().cast_mut(),
            Self::ERROR => self.error().map_or(ptr::null_mut(), |report| report.inode),
            _ => self.dentry().map_or(ptr::null_mut(), |dentry| dentry.d_inode.load(Relaxed)),
        }
    }

    /// `fsnotify_data_sb()`.
    pub(crate) fn sb(&self) -> Option<&super_block> {
        let sb = match self.kind {
            // SAFETY: the caller of the hook promised a live `struct inode` for this type.
            Self::INODE => unsafe { self.ptr.cast::<inode>().as_ref() }?.i_sb.load(Relaxed),
            Self::ERROR => self.error()?.sb,
            _ => self.dentry()?.d_sb.load(Relaxed),
        };
        // SAFETY: the superblock outlives the objects on it.
        unsafe { sb.as_ref() }
    }

    fn error(&self) -> Option<&fs_error_report> {
        // SAFETY: the caller of the hook promised a live `struct fs_error_report` for this type.
        unsafe { self.ptr.cast::<fs_error_report>().as_ref() }
    }
}

/// A dentry's name, held still against a rename until the end of its life.
pub(crate) struct NameSnapshot;

impl NameSnapshot {
    /// Calls `f` with the name as it is now (`take_dentry_name_snapshot()`).
    pub(crate) fn with<R>(dentry: &dentry, f: impl FnOnce(*const qstr) -> R) -> R {
        let mut snapshot = MaybeUninit::<name_snapshot>::uninit();
        // SAFETY: the snapshot stays where it is until it is released below.
        unsafe { take_dentry_name_snapshot(snapshot.as_mut_ptr(), dentry) };
        // SAFETY: written by the call above; `name` is its first member.
        let result = f(unsafe { &raw const (*snapshot.as_ptr()).name });
        // SAFETY: written by the call above.
        let snapshot = unsafe { snapshot.assume_init_ref() };
        // SAFETY: taken above and released once.
        unsafe { release_dentry_name_snapshot(snapshot) };
        result
    }
}

/// A device, socket or pipe, by the type bits of its dentry.
pub(crate) fn d_is_special(dentry: &dentry) -> bool {
    dentry.d_flags.load(Relaxed) & DCACHE_ENTRY_TYPE == DCACHE_SPECIAL_TYPE
}

/// The mount of a path.
pub(crate) fn path_mount(path: &path) -> Option<&mount> {
    // SAFETY: a path holds its mount.
    unsafe { path.mnt.as_ref() }.map(real_mount)
}

/// The domain that protects walks over marks. Always through the exported symbol: a program that names it may hold the
/// only copy.
#[cfg(feature = "core")]
pub(crate) fn mark_srcu() -> &'static srcu_struct {
    &crate::capi::mark::fsnotify_mark_srcu
}

/// The cache of connectors.
#[cfg(feature = "core")]
pub(crate) fn connector_cache() -> &'static kmem_cache {
    let cache = crate::capi::mark::fsnotify_mark_connector_cachep.load(Relaxed);
    // SAFETY: initialised with a static cache; a program that replaces it answers for that.
    unsafe { &*cache }
}

/// Calls `f` for each child of a directory, with the inode's lock and the directory's `d_lock` held.
pub(crate) fn for_each_child(inode: &inode, mut f: impl FnMut(&dentry)) {
    inode.i_lock.lock();
    let mut alias = inode.i_dentry.first.load(Relaxed);
    while !alias.is_null() {
        // SAFETY: every node on `i_dentry` is the `d_u.d_alias` of a dentry.
        let dir = unsafe { alias.byte_sub(core::mem::offset_of!(dentry, d_u)) }.cast::<dentry>();
        // SAFETY: a dentry leaves the list under `i_lock` before it goes.
        let dir = unsafe { &*dir };
        dir.d_lockref.lock.lock();
        let mut sib = dir.d_children.first.load(Relaxed);
        while !sib.is_null() {
            // SAFETY: every node on `d_children` is the `d_sib` of a dentry.
            let child = unsafe { crate::abi::list::entry!(sib, dentry, d_sib) };
            // SAFETY: a child leaves the list under its parent's `d_lock` before it goes.
            let child = unsafe { &*child };
            f(child);
            sib = child.d_sib.next.load(Relaxed);
        }
        // SAFETY: taken above.
        unsafe { dir.d_lockref.lock.unlock() };
        alias = dir.d_u.d_alias.next.load(Relaxed);
    }
    // SAFETY: taken above.
    unsafe { inode.i_lock.unlock() };
}
