// SPDX-License-Identifier: GPL-2.0-or-later
//! Files without a place in any tree (`fs/anon_inodes.c`): they share one inode, on a mount of the library's own.
//!
//! Superblock, mount, root and inode are statics, set up by the first such file. Each file has a dentry of its own with
//! its name, for whoever prints it.

use super::dentry_alloc;
use super::dentry_link::d_instantiate;
use super::descriptor_table::{alloc_fd, fd_install, put_unused_fd};
use super::file::alloc_file;
use super::held::hold;
use super::inode_alloc::{inode_init_always, inode_init_once};
use super::mount::{init_mount, mntget, path_put};
use super::name;
use super::super_block::init_super;
use crate::abi::*;
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// What `struct file_system_type` wants of a name.
struct Type(file_system_type);
// SAFETY: nobody writes to it.
unsafe impl Sync for Type {}

static TYPE: Type =
    Type(file_system_type { name: c"anon_inodefs".as_ptr(), fs_flags: 0, owner: ptr::null_mut(), kill_sb: None });

/// An object that is set up once and stays.
struct Lasting<T>(UnsafeCell<MaybeUninit<T>>);
// SAFETY: set up under the lock by one thread, and the objects are made to be shared.
unsafe impl<T> Sync for Lasting<T> {}

impl<T> Lasting<T> {
    const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    fn get(&self) -> *mut T {
        self.0.get().cast()
    }
}

static SB: Lasting<super_block> = Lasting::new();
static MOUNT: Lasting<mount> = Lasting::new();
static ROOT: Lasting<dentry> = Lasting::new();
static INODE: Lasting<inode> = Lasting::new();

/// Serialises the setting up; outermost of the objects' locks.
pub(super) static SETTING_UP: spinlock = spinlock::new();
static READY: AtomicBool = AtomicBool::new(false);

/// `ANON_INODE_FS_MAGIC`.
const MAGIC: usize = 0x0904_1934;
/// Readable and writable by its owner, and of no type, as the kernel's.
const MODE: u16 = 0o600;
/// Its number; there is one.
const INO: usize = 1;

/// Makes what all such files share, once.
fn set_up() {
    if READY.load(Acquire) {
        return;
    }
    let _lock = hold(&SETTING_UP);
    if READY.load(Relaxed) {
        return;
    }
    // SAFETY: nobody else uses the memory yet; the type and its name are static.
    unsafe { init_super(SB.get(), ptr::from_ref(&TYPE.0).cast_mut(), ptr::null(), SB_KERNMOUNT | SB_NOUSER) };
    // SAFETY: initialised just now.
    let sb = unsafe { &*SB.get() };
    // SAFETY: nobody else uses the superblock yet.
    unsafe { *sb.s_magic.get() = MAGIC as _ };
    // SAFETY: nobody else uses the memory yet.
    unsafe { inode_init_once(INODE.get()) };
    // SAFETY: initialised once just now, and its superblock is static.
    unsafe { inode_init_always(SB.get(), INODE.get()) };
    // SAFETY: initialised just now.
    let inode = unsafe { &*INODE.get() };
    inode.i_mode.store(MODE, Relaxed);
    // SAFETY: nobody else uses the inode yet.
    unsafe { *inode.i_ino.get() = INO as _ };
    set_up_root(sb, inode);
    // SAFETY: nobody else uses the memory yet, and the superblock's first reference is never put.
    unsafe { init_mount(MOUNT.get(), SB.get()) };
    READY.store(true, Release);
}

fn set_up_root(sb: &super_block, inode: &inode) {
    // SAFETY: the memory is zeroed, which is valid for a dentry.
    let root = unsafe { &*ROOT.get() };
    // A name this short is stored in the dentry.
    name::set_name(root, b"/", 0);
    root.d_lockref.count.store(1, Relaxed);
    root.d_parent.store(ROOT.get(), Relaxed);
    root.d_sb.store(sb.as_ptr(), Relaxed);
    super::links::list_init(&root.d_lru);
    inode.i_count.counter.fetch_add(1, Relaxed);
    // SAFETY: the dentry is complete, and the reference was taken just now.
    unsafe { d_instantiate(root, inode.as_ptr()) };
    sb.s_root.store(ROOT.get(), Relaxed);
}

/// The inode that the files share, with whose superblock and mount a test may compare.
pub fn anon_inode() -> &'static inode {
    set_up();
    // SAFETY: set up, and never ends.
    unsafe { &*INODE.get() }
}

/// The lock of that inode, set up or not.
pub(super) fn inode_lock() -> &'static spinlock {
    // SAFETY: it never ends, and zeroes are an inode with a free lock.
    let inode = unsafe { &*INODE.get() };
    &inode.i_lock
}

/// A file with these callbacks: `flags` are `O_ACCMODE` and `O_NONBLOCK` bits. NULL without memory.
///
/// # Safety
///
/// `fops` is NULL or outlives the file.
pub unsafe fn anon_inode_getfile(
    text: &[u8],
    fops: *const file_operations,
    private: *mut c_void,
    flags: c_int,
) -> *mut file {
    let inode = anon_inode();
    // SAFETY: set up by the line above.
    let sb = unsafe { &*SB.get() };
    let dentry = dentry_alloc::d_alloc_pseudo(sb, text);
    // SAFETY: NULL or new.
    let Some(new_dentry) = (unsafe { dentry.as_ref() }) else { return ptr::null_mut() };
    inode.i_count.counter.fetch_add(1, Relaxed);
    // SAFETY: the dentry is new and negative, and the reference was taken just now.
    unsafe { d_instantiate(new_dentry, inode.as_ptr()) };
    // SAFETY: set up above.
    let mnt = ptr::from_ref(&unsafe { &*MOUNT.get() }.mnt).cast_mut();
    // SAFETY: the mount never ends.
    let path = path { mnt: unsafe { mntget(mnt) }, dentry };
    // SAFETY: both references are this function's.
    let new = unsafe { alloc_file(&path, flags & (libc::O_ACCMODE | libc::O_NONBLOCK), fops) };
    // SAFETY: NULL or new.
    let Some(file) = (unsafe { new.as_ref() }) else {
        // SAFETY: as above.
        unsafe { path_put(&path) };
        return new;
    };
    // SAFETY: nobody else uses the file yet.
    unsafe { *file.private_data.get() = private };
    // SAFETY: as above.
    let mapping = unsafe { *inode.i_mapping.get() };
    // SAFETY: as above.
    unsafe { *file.f_mapping.get() = mapping };
    new
}

/// A descriptor of such a file: its number, or a negative errno.
///
/// # Safety
///
/// As [`anon_inode_getfile`].
pub unsafe fn anon_inode_getfd(text: &[u8], fops: *const file_operations, private: *mut c_void, flags: c_int) -> c_int {
    let fd = alloc_fd(0, flags as c_uint);
    if fd < 0 {
        return fd;
    }
    // SAFETY: the contract is the same.
    let file = unsafe { anon_inode_getfile(text, fops, private, flags) };
    if file.is_null() {
        put_unused_fd(fd as c_uint);
        return -libc::ENOMEM;
    }
    fd_install(fd as c_uint, file);
    fd
}
