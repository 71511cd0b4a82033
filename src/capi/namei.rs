// SPDX-License-Identifier: GPL-2.0-or-later
//! Path walk for C; the rules at the head of `vfs.rs` hold here too. A path ends with a NUL. Errors are the kernel's: `-ENOENT`
//! (also an empty path), `-ENOTDIR`, `-EACCES`, `-ELOOP` (more than 40 symbolic links), `-ENAMETOOLONG` (4096 bytes or more),
//! `-EBADF`, `-EFAULT`, `-ENOMEM`, or what the filesystem's callbacks return.

use super::uaccess::fsn_strncpy_from_user;
use super::vfs::err_ptr;
use crate::abi::*;
use crate::vfs::descriptor_table::fget;
use crate::vfs::file::fput;
use crate::vfs::fs_struct::{self, Which};
use crate::vfs::lookup::{self, InodeLocked};
use crate::vfs::namei::{path_lookup, path_parent, Base, Last};
use crate::vfs::permission;
use crate::vfs::place::{Entry, Place};
use core::ffi::{c_char, c_int, c_long, c_uint, CStr};
use core::mem::MaybeUninit;
use core::ptr;

fn errno(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(0)
}

/// A kernel string; too long a one is seen by the walk.
unsafe fn text<'a>(name: *const c_char) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_bytes()
}

/// Room for the longest path, NUL included.
type PathBuffer = [MaybeUninit<c_char>; libc::PATH_MAX as usize];

/// A path that a system call was given, copied so that its owner cannot change it any more (`getname()`).
fn from_caller(name: *const c_char, buffer: &mut PathBuffer) -> Result<&[u8], c_int> {
    // SAFETY: the buffer has that size; any address is good for the caller's string.
    let length = unsafe { fsn_strncpy_from_user(buffer.as_mut_ptr().cast(), name, buffer.len() as c_long) };
    let length = usize::try_from(length).map_err(|_| length as c_int)?;
    let text = buffer.get(..length).filter(|text| text.len() < buffer.len()).ok_or(-libc::ENAMETOOLONG)?;
    // SAFETY: so many bytes have been copied there.
    Ok(unsafe { core::slice::from_raw_parts(text.as_ptr().cast(), text.len()) })
}

/// Where a walk from a descriptor begins.
fn base_of(dfd: c_int, text: &[u8]) -> Result<Base, c_int> {
    if dfd == libc::AT_FDCWD || text.first() == Some(&b'/') {
        return Ok(Base::Cwd);
    }
    let file = fget(dfd as c_uint, 0);
    // SAFETY: NULL or with a reference.
    let path = unsafe { file.as_ref() }.map(|file| {
        // SAFETY: a file holds both halves of its path.
        unsafe { Place::of(&file.f_path) }
    });
    // SAFETY: the reference of the lookup; NULL does nothing.
    unsafe { fput(file) };
    path.ok_or(-libc::EBADF)?.map(Base::At).ok_or(-libc::ENOTDIR)
}

fn lookup_at(dfd: c_int, text: &[u8], flags: u32) -> Result<Place, c_int> {
    path_lookup(base_of(dfd, text)?, text, flags)
}

/// Fills in C's path, with the references.
unsafe fn give(place: Result<Place, c_int>, path: *mut path) -> c_int {
    match place {
        Ok(place) => {
            // SAFETY: the memory is the caller's.
            unsafe { path.write(place.into_path()) };
            0
        }
        Err(errno) => errno,
    }
}

/// Finds the place of a path from the working directory: 0 and references on both halves in `*path`, or a negative errno and
/// `*path` untouched. `flags` are `FSN_LOOKUP_*`.
///
/// # Safety
///
/// `name` is a string, `path` memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_kern_path(name: *const c_char, flags: c_uint, path: *mut path) -> c_int {
    // SAFETY: the caller's promise.
    let text = unsafe { text(name) };
    // SAFETY: the caller's promise.
    unsafe { give(lookup_at(libc::AT_FDCWD, text, flags), path) }
}

/// As `fsn_kern_path()`, for a path that a system call was given, relative to the directory of a descriptor (`AT_FDCWD`: to
/// the working directory).
///
/// # Safety
///
/// `path` is memory of that size; a bad `name` gives `-EFAULT`.
#[no_mangle]
pub unsafe extern "C" fn fsn_user_path_at(dfd: c_int, name: *const c_char, flags: c_uint, path: *mut path) -> c_int {
    let mut buffer = [MaybeUninit::uninit(); libc::PATH_MAX as usize];
    let place = from_caller(name, &mut buffer).and_then(|text| lookup_at(dfd, text, flags));
    // SAFETY: the caller's promise.
    unsafe { give(place, path) }
}

/// Finds the place of a path below a directory that is the root of the walk, too.
///
/// # Safety
///
/// As `fsn_kern_path()`; the caller has references on `dentry` and `mnt`.
#[no_mangle]
pub unsafe extern "C" fn fsn_vfs_path_lookup(
    dentry: *mut dentry,
    mnt: *mut vfsmount,
    name: *const c_char,
    flags: c_uint,
    path: *mut path,
) -> c_int {
    // SAFETY: the caller's references.
    let Some(root) = (unsafe { Place::of(&crate::abi::path { mnt, dentry }) }) else { return -libc::ENOENT };
    // SAFETY: the caller's promise.
    let text = unsafe { text(name) };
    // SAFETY: the caller's promise.
    unsafe { give(path_lookup(Base::Root(root), text, flags), path) }
}

/// Finds the directory of a path's last name: 0, references in `*parent`, the name in `*last` (it points into `name` and has
/// no hash yet; slashes may follow it), its kind (`FSN_LAST_*`) in `*type`. Begins at `base`, or where it is NULL at `dfd`.
/// The kernel's `filename_parentat()`.
///
/// # Safety
///
/// `name` is a string; `base` is NULL or a path with references; the others are memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_path_parentat(
    dfd: c_int,
    base: *const path,
    name: *const c_char,
    flags: c_uint,
    parent: *mut path,
    last: *mut qstr,
    r#type: *mut c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let text = unsafe { text(name) };
    // SAFETY: the caller's promise.
    let given = unsafe { base.as_ref() }.and_then(|base| {
        // SAFETY: the caller's references.
        unsafe { Place::of(base) }
    });
    let base = match given {
        Some(place) => Ok(Base::At(place)),
        None => base_of(dfd, text),
    };
    match base.and_then(|base| path_parent(base, text, flags)) {
        Ok((place, found)) => {
            // SAFETY: the memory is the caller's.
            unsafe { parent.write(place.into_path()) };
            // SAFETY: the memory is the caller's.
            unsafe { last.write(lookup::qstr_of(found.name)) };
            // SAFETY: the memory is the caller's.
            unsafe { r#type.write(found.kind) };
            0
        }
        Err(errno) => errno,
    }
}

/// The parent and the ordinary last name of a path.
fn parent_and_name(dfd: c_int, text: &[u8], odd: c_int) -> Result<(Place, Last<'_>), c_int> {
    let (place, last) = path_parent(base_of(dfd, text)?, text, 0)?;
    if last.kind == FSN_LAST_NORM {
        Ok((place, last))
    } else {
        Err(odd)
    }
}

/// Hands over both: the dentry to C's caller, the place into `*path`.
unsafe fn give_both(found: Result<(Place, Entry), c_int>, path: *mut path) -> *mut dentry {
    match found {
        Ok((place, entry)) => {
            // SAFETY: the memory is the caller's.
            unsafe { path.write(place.into_path()) };
            entry.into_raw()
        }
        Err(errno) => err_ptr(errno),
    }
}

fn dir_of(place: &Place) -> Result<&inode, c_int> {
    // SAFETY: the place has a reference on the dentry.
    unsafe { place.dentry().inode() }.ok_or(-libc::ENOENT)
}

/// The dentry of a path's last name, positive or negative, with a reference, and references on its directory in `*path`; or
/// an error pointer (`-EINVAL` for ".", ".." and "/"), and nothing in `*path`.
///
/// # Safety
///
/// As `fsn_kern_path()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_kern_path_parent(name: *const c_char, path: *mut path) -> *mut dentry {
    // SAFETY: the caller's promise.
    let text = unsafe { text(name) };
    let found = parent_and_name(libc::AT_FDCWD, text, -libc::EINVAL).and_then(|(place, last)| {
        lookup::may_lookup_one(place.dentry(), last.name)?;
        let entry = lookup::lookup(place.dentry(), last.name, 0)?;
        Ok((place, entry))
    });
    // SAFETY: the caller's promise.
    unsafe { give_both(found, path) }
}

/// As `fsn_kern_path_parent()`, and the directory's `i_rwsem` is held for writing on success.
///
/// # Safety
///
/// As `fsn_kern_path()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_kern_path_locked(name: *const c_char, path: *mut path) -> *mut dentry {
    // SAFETY: the caller's promise.
    let text = unsafe { text(name) };
    let found = parent_and_name(libc::AT_FDCWD, text, -libc::EINVAL).and_then(|(place, last)| {
        let lock = InodeLocked::new(dir_of(&place)?);
        let entry = lookup::lookup_locked(place.dentry(), last.name, 0)?;
        lock.keep();
        Ok((place, entry))
    });
    // SAFETY: the caller's promise.
    unsafe { give_both(found, path) }
}

/// For making a name: its negative dentry with a reference, references on its directory in `*path`, and the directory's
/// `i_rwsem` held for writing; `fsn_done_path_create()` ends that. `-EEXIST` if the name is there or is none, `-ENOENT` if
/// slashes follow it and no directory is to be made (`FSN_LOOKUP_DIRECTORY`).
///
/// # Safety
///
/// As `fsn_user_path_at()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_user_path_create(
    dfd: c_int,
    name: *const c_char,
    path: *mut path,
    flags: c_uint,
) -> *mut dentry {
    let mut buffer = [MaybeUninit::uninit(); libc::PATH_MAX as usize];
    let parent = from_caller(name, &mut buffer).and_then(|text| parent_and_name(dfd, text, -libc::EEXIST));
    let found = parent.and_then(|(place, last)| {
        let cannot = last.slash && flags & FSN_LOOKUP_DIRECTORY == 0;
        let lock = InodeLocked::new(dir_of(&place)?);
        let how = if cannot { 0 } else { FSN_LOOKUP_CREATE | FSN_LOOKUP_EXCL };
        let entry = lookup::lookup_locked(place.dentry(), last.name, how)?;
        match (lookup::is_negative(entry.get()), cannot) {
            (false, _) => Err(-libc::EEXIST),
            (true, true) => Err(-libc::ENOENT),
            (true, false) => {
                lock.keep();
                Ok((place, entry))
            }
        }
    });
    // SAFETY: the caller's promise.
    unsafe { give_both(found, path) }
}

/// As `fsn_user_path_create()`, for a path of the library's caller itself.
///
/// # Safety
///
/// As `fsn_kern_path()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_kern_path_create(
    dfd: c_int,
    name: *const c_char,
    path: *mut path,
    flags: c_uint,
) -> *mut dentry {
    // SAFETY: the caller's promise.
    unsafe { fsn_user_path_create(dfd, name, path, flags) }
}

/// Ends `fsn_user_path_create()`: puts the dentry, unlocks the directory, puts the path.
///
/// # Safety
///
/// Both came from there.
#[no_mangle]
pub unsafe extern "C" fn fsn_done_path_create(path: *mut path, dentry: *mut dentry) {
    // SAFETY: the caller's reference.
    drop(unsafe { Entry::from_raw(dentry) });
    // SAFETY: the caller's promise.
    let path = unsafe { &*path };
    // SAFETY: the caller's reference.
    let dir = unsafe { &*path.dentry };
    // SAFETY: the caller's reference keeps the directory positive.
    if let Some(dir) = unsafe { dir.inode() } {
        // SAFETY: locked since the create began.
        unsafe { dir.i_rwsem.up_write() };
    }
    // SAFETY: the caller's references.
    unsafe { crate::vfs::mount::path_put(path) };
}

/// The dentry of one name in a directory, positive or negative, with a reference; or an error pointer. No permission is asked
/// for. The directory's `i_rwsem` is held for writing.
///
/// # Safety
///
/// The caller has a reference on `base` and holds that lock; `last->name` points to `last->len` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_lookup_one_qstr_excl(last: *const qstr, base: *mut dentry, flags: c_uint) -> *mut dentry {
    // SAFETY: the caller's promise.
    let last = unsafe { &*last };
    // SAFETY: the caller's promise.
    let text = unsafe { crate::vfs::name::bytes(last) };
    // SAFETY: the caller's reference.
    lookup::into_err_ptr(lookup::lookup_locked(unsafe { &*base }, text, flags))
}

/// As `fsn_lookup_one_qstr_excl()`, if the current credentials may search the directory; `-EACCES` also for ".", ".." and what
/// is no single name.
///
/// # Safety
///
/// The caller has a reference on `base` and holds its `i_rwsem` for writing; `name` points to `len` bytes.
#[no_mangle]
pub unsafe extern "C" fn fsn_lookup_one_len(name: *const c_char, base: *mut dentry, len: c_int) -> *mut dentry {
    // SAFETY: the caller's promise.
    let text = unsafe { core::slice::from_raw_parts(name.cast::<u8>(), len.max(0) as usize) };
    // SAFETY: the caller's reference.
    let base = unsafe { &*base };
    let found = lookup::may_lookup_one(base, text).and_then(|()| lookup::lookup_locked(base, text, 0));
    lookup::into_err_ptr(found)
}

/// As `fsn_lookup_one_len()`, for a caller that does not hold the lock.
///
/// # Safety
///
/// As `fsn_lookup_one_len()`, except for that lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_lookup_one_len_unlocked(
    name: *const c_char,
    base: *mut dentry,
    len: c_int,
) -> *mut dentry {
    // SAFETY: the caller's promise.
    let text = unsafe { core::slice::from_raw_parts(name.cast::<u8>(), len.max(0) as usize) };
    // SAFETY: the caller's reference.
    let base = unsafe { &*base };
    let found = lookup::may_lookup_one(base, text).and_then(|()| lookup::lookup(base, text, 0));
    lookup::into_err_ptr(found)
}

/// May the current credentials do `mask` (`MAY_*`) with the inode? 0, `-EACCES`, `-EROFS`, `-EPERM`, or what its `permission`
/// says.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_inode_permission(_idmap: *mut mnt_idmap, inode: *mut inode, mask: c_int) -> c_int {
    // SAFETY: alive by the caller's promise.
    errno(permission::inode_permission(unsafe { &*inode }, mask))
}

/// The default of `permission`: by the mode bits, then by the capabilities.
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_generic_permission(_idmap: *mut mnt_idmap, inode: *mut inode, mask: c_int) -> c_int {
    // SAFETY: alive by the caller's promise.
    errno(permission::generic_permission(unsafe { &*inode }, mask))
}

/// Has the task a capability in its own user namespace, where the inode's owner and group exist, too?
///
/// # Safety
///
/// The caller has a reference on the inode.
#[no_mangle]
pub unsafe extern "C" fn fsn_capable_wrt_inode_uidgid(_idmap: *mut mnt_idmap, inode: *const inode, cap: c_int) -> bool {
    // SAFETY: alive by the caller's promise.
    permission::capable_wrt_inode_uidgid(unsafe { &*inode }, cap)
}

unsafe fn set(which: Which, path: *const path) {
    // SAFETY: the caller's promise.
    let place = unsafe { path.as_ref() }.and_then(|path| {
        // SAFETY: the caller's references.
        unsafe { Place::of(path) }
    });
    fs_struct::set(which, place);
}

unsafe fn get(which: Which, path: *mut path) -> c_int {
    let place = fs_struct::get(which);
    let (result, found) = match place {
        Some(place) => (0, place.into_path()),
        None => (-libc::ENOENT, crate::abi::path { mnt: ptr::null_mut(), dentry: ptr::null_mut() }),
    };
    // SAFETY: the memory is the caller's.
    unsafe { path.write(found) };
    result
}

/// Sets what "/" is for the process, with references of its own; NULL: nothing.
///
/// # Safety
///
/// NULL or a path with references; the caller holds no lock.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_fs_root(path: *const path) {
    // SAFETY: the caller's promise.
    unsafe { set(Which::Root, path) }
}

/// Sets where relative paths begin, with references of its own; NULL: nowhere.
///
/// # Safety
///
/// As `fsn_set_fs_root()`.
#[no_mangle]
pub unsafe extern "C" fn fsn_set_fs_pwd(path: *const path) {
    // SAFETY: the caller's promise.
    unsafe { set(Which::Pwd, path) }
}

/// The process's root, with references, in `*path`: 0, or `-ENOENT` and NULL pointers if it was never set.
///
/// # Safety
///
/// `path` is memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_fs_root(path: *mut path) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { get(Which::Root, path) }
}

/// The working directory, as `fsn_get_fs_root()`.
///
/// # Safety
///
/// `path` is memory of that size.
#[no_mangle]
pub unsafe extern "C" fn fsn_get_fs_pwd(path: *mut path) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { get(Which::Pwd, path) }
}

/// Sets the umask, and returns the old one; it begins as 022. The process's real one is not looked at.
#[no_mangle]
pub extern "C" fn fsn_set_umask(mask: c_int) -> c_int {
    fs_struct::set_umask(mask)
}
