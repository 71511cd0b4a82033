// SPDX-License-Identifier: GPL-2.0-or-later
//! What a descriptor tells in `/proc/<pid>/fdinfo` (`fs/proc/fd.c`).

use super::mount::real_mount;
use super::read_write::ops;
use crate::abi::*;
use crate::host::process::log::Text;
use crate::host::process::seq_file::render;
use core::ffi::c_char;
use core::fmt::Write;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// Room for the lines that every file has: four numbers and their names.
const LINES: usize = 128;

/// The number of the file's mount, 0 where there is none.
fn mount_id(file: &file) -> i32 {
    if file.f_path.mnt.is_null() {
        return 0;
    }
    // SAFETY: the file has a reference on its mount, and there is no mount without the struct around it.
    let mount = unsafe { &*real_mount(file.f_path.mnt) };
    // SAFETY: set before the mount is used.
    unsafe { *mount.mnt_id.get() }
}

/// The number of the file's inode, 0 where there is none.
fn inode_number(file: &file) -> u64 {
    // SAFETY: the file has a reference on its inode.
    let Some(inode) = (unsafe { file.f_inode.load(Relaxed).as_ref() }) else { return 0 };
    // SAFETY: set before the inode is used.
    unsafe { *inode.i_ino.get() }
}

fn lines(file: &file, close_on_exec: bool) -> Text<LINES> {
    let mut flags = file.f_flags.load(Relaxed) & !(libc::O_CLOEXEC as u32);
    if close_on_exec {
        flags |= libc::O_CLOEXEC as u32;
    }
    let mut text = Text::new();
    let pos = file.f_pos.load(Relaxed);
    let (mount, ino) = (mount_id(file), inode_number(file));
    // There is room for the longest numbers.
    let _ = write!(text, "pos:\t{pos}\nflags:\t0{flags:o}\nmnt_id:\t{mount}\nino:\t{ino}\n");
    text
}

/// Writes the lines that every file has, then those of its own. Returns the length of the whole text, of which what fits was
/// copied, with a NUL behind it; or a negative errno.
///
/// # Safety
///
/// `buf` has room for `size` bytes; no lock is held.
pub unsafe fn show(file: &file, close_on_exec: bool, buf: *mut c_char, size: usize) -> isize {
    let head = lines(file, close_on_exec);
    let own = ops(file).and_then(|ops| ops.show_fdinfo);
    let write = |m: &mut seq_file| {
        m.write(head.as_bytes());
        if let Some(own) = own {
            // SAFETY: the file is alive, and no lock is held.
            unsafe { own(m, file.as_ptr()) };
        }
        0
    };
    // SAFETY: nothing but the callback looks into the struct.
    let text = match unsafe { render(file, ptr::null_mut(), write) } {
        Ok(text) => text,
        Err(error) => return error as isize,
    };
    let bytes = text.bytes();
    if size != 0 {
        let fits = bytes.len().min(size - 1);
        // SAFETY: promised by the caller.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), buf.cast(), fits) };
        // SAFETY: as above.
        unsafe { buf.wrapping_add(fits).write(0) };
    }
    bytes.len() as isize
}
