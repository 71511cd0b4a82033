// SPDX-License-Identifier: GPL-2.0-or-later
//! What a descriptor tells in `/proc/<pid>/fdinfo` (`fs/proc/fd.c`).

use super::mount::real_mount;
use super::read_write::ops;
use crate::abi::*;
use crate::host::process::seq_file::render;
use core::ffi::{c_char, c_int};
use core::fmt::{self, Write};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// Formats into a `seq_file`, which remembers by itself that something did not fit.
struct Lines<'a>(&'a mut seq_file);

impl Write for Lines<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// The lines of every file: where it stands, how it is open, the mount and the inode that it is of.
fn general(m: &mut seq_file, file: &file, close_on_exec: bool) {
    let flags = file.f_flags.load(Relaxed) & !(libc::O_CLOEXEC as u32);
    let flags = if close_on_exec { flags | libc::O_CLOEXEC as u32 } else { flags };
    let mnt = file.f_path.mnt;
    let mnt_id: c_int = if mnt.is_null() {
        0
    } else {
        // SAFETY: the file holds its mount.
        let mount = unsafe { &*real_mount(mnt) };
        // SAFETY: set when the mount was made.
        unsafe { *mount.mnt_id.get() }
    };
    // SAFETY: the file holds its inode, if it has one.
    let ino = unsafe { file.f_inode.load(Relaxed).as_ref() }.map_or(0, |inode| {
        // SAFETY: set before the inode was opened.
        unsafe { *inode.i_ino.get() }
    });
    let pos = file.f_pos.load(Relaxed);
    let _ = write!(Lines(m), "pos:\t{pos}\nflags:\t0{flags:o}\nmnt_id:\t{mnt_id}\nino:\t{ino}\n");
}

/// Writes the lines that every file has, then those of its own.
///
/// # Safety
///
/// `buf` has room for `size` bytes; no lock is held.
pub unsafe fn show(file: &file, close_on_exec: bool, buf: *mut c_char, size: usize) -> isize {
    let own = ops(file).and_then(|ops| ops.show_fdinfo);
    let this = ptr::from_ref(file).cast_mut();
    let all = |m: &mut seq_file| {
        general(m, file, close_on_exec);
        if let Some(own) = own {
            // SAFETY: the file is alive, no lock is held, and the text is nobody else's.
            unsafe { own(m, this) };
        }
        0
    };
    // SAFETY: what is written to needs neither a file nor private data in the text.
    let text = match unsafe { render(file, ptr::null_mut(), all) } {
        Ok(text) => text,
        Err(error) => return error as isize,
    };
    let bytes = text.bytes();
    if bytes.len() >= size {
        return -(libc::ENOSPC as isize);
    }
    // SAFETY: there is room for the text and its NUL.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), buf, bytes.len()) };
    // SAFETY: as above.
    unsafe { buf.wrapping_add(bytes.len()).write(0) };
    bytes.len() as isize
}
