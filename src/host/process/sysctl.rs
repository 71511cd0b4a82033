// SPDX-License-Identifier: GPL-2.0-or-later
//! Settings by their path: tables of rows that programs register, found by name, read and written as text.

use core::ffi::{c_char, c_int, c_void, CStr};
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use super::fork::Guarded;
use super::{creds, log, slab, wait_bit};
use crate::abi::*;

/// The largest text that is taken.
const MAX_TEXT: usize = 4 << 20;

/// A registered table. The path's bytes stand behind the struct.
#[expect(non_camel_case_types, reason = "the name is the kernel's")]
pub struct ctl_table_header {
    next: *mut ctl_table_header,
    rows: *const ctl_table,
    count: usize,
    /// Readers and writers under way, and [`GOING`].
    users: AtomicU32,
    path: *const u8,
    path_length: usize,
}

/// Bit of `users`: being unregistered.
const GOING: u32 = 1 << 31;

struct Tables(*mut ctl_table_header);
// SAFETY: reached only through the lock.
unsafe impl Send for Tables {}
static TABLES: Guarded<Tables> = Guarded::new(Tables(ptr::null_mut()));

fn deref<'a>(header: *mut ctl_table_header) -> Option<&'a ctl_table_header> {
    // SAFETY: NULL, or kept by the lock or by a count in `users`.
    unsafe { header.as_ref() }
}

impl ctl_table_header {
    fn path(&self) -> &[u8] {
        // SAFETY: written when the header was made.
        unsafe { core::slice::from_raw_parts(self.path, self.path_length) }
    }

    fn rows(&self) -> impl Iterator<Item = &ctl_table> {
        // SAFETY: the program's table stays until it is unregistered.
        (0..self.count).map(|at| unsafe { &*self.rows.wrapping_add(at) })
    }

    fn enter(&self) -> bool {
        let more = |n: u32| (n & GOING == 0).then_some(n + 1);
        self.users.fetch_update(Ordering::Acquire, Ordering::Relaxed, more).is_ok()
    }

    fn leave(&self) {
        let users: *const AtomicU32 = &self.users;
        if self.users.fetch_sub(1, Ordering::Release) == GOING + 1 {
            // Only the address: the header may be freed by now.
            wait_bit::wake_up_var(users.cast());
        }
    }
}

fn name_of(row: &ctl_table) -> &[u8] {
    // SAFETY: rows in use have a name, a C string that stays as long as the row.
    unsafe { CStr::from_ptr(row.procname) }.to_bytes()
}

fn complain(path: &[u8], row: &ctl_table, why: &str) {
    let text = |bytes| core::str::from_utf8(bytes).unwrap_or("?");
    log::print(
        FSN_LOG_ERR,
        "register_sysctl",
        format_args!("table check failed: {}/{} {why}", text(path), text(name_of(row))),
    );
}

/// Whether a row can be used.
fn row_is_good(path: &[u8], row: &ctl_table) -> bool {
    let why = if row.proc_handler.is_none() {
        "No proc_handler"
    } else if super::sysctl_text::needs_data(row) && row.data.is_null() {
        "No data"
    } else if super::sysctl_text::needs_data(row) && row.maxlen == 0 {
        "No maxlen"
    } else if row.mode & 0o666 != row.mode {
        "bogus .mode"
    } else {
        return true;
    };
    complain(path, row, why);
    false
}

/// Adds the rows of a table, `count` of them or up to one without a name, below a path. NULL without memory, for a row
/// that cannot be used, or a name that is there already.
///
/// # Safety
/// The rows stay until [`unregister`].
pub unsafe fn register(path: &[u8], rows: *const ctl_table, count: usize) -> *mut ctl_table_header {
    // SAFETY: the caller's promise: a row without a name ends a table that is shorter than `count`.
    let named = |at: &usize| unsafe { !(*rows.wrapping_add(*at)).procname.is_null() };
    let count = (0..count).take_while(named).count();
    let path = path.trim_ascii().strip_suffix(b"/").unwrap_or(path);
    let memory = slab::kmalloc(size_of::<ctl_table_header>() + path.len(), GFP_KERNEL).cast::<ctl_table_header>();
    if memory.is_null() {
        return memory;
    }
    let new = ctl_table_header {
        next: ptr::null_mut(),
        rows,
        count,
        users: AtomicU32::new(0),
        path: memory.wrapping_add(1).cast(),
        path_length: path.len(),
    };
    // SAFETY: new memory of its size and the path's.
    unsafe { memory.write(new) };
    // SAFETY: as above.
    unsafe { ptr::copy_nonoverlapping(path.as_ptr(), memory.wrapping_add(1).cast(), path.len()) };
    // SAFETY: just written, and nobody else has it.
    let header = unsafe { &mut *memory };
    let good = header.rows().all(|row| row_is_good(path, row));
    let twice = good
        && TABLES.with(|tables| {
            let twice = header.rows().any(|row| lookup(tables, path, name_of(row)).is_some());
            if !twice {
                header.next = tables.0;
                tables.0 = memory;
            }
            twice
        });
    if twice {
        log::warn("register_sysctl", "sysctl duplicate entry");
    }
    if twice || !good {
        // SAFETY: made above, and not linked.
        unsafe { slab::kfree(memory.cast()) };
        return ptr::null_mut();
    }
    memory
}

/// Takes a table away; waits until nobody reads or writes one of its rows. NULL is nothing.
///
/// # Safety
/// `header` is NULL or came from [`register`] and is not unregistered yet.
pub unsafe fn unregister(header: *mut ctl_table_header) {
    let Some(gone) = deref(header) else { return };
    TABLES.with(|tables| {
        let mut link = &raw mut tables.0;
        // SAFETY: the list's head or a link in a header of the list, and the lock is held.
        while let Some(at) = deref(unsafe { *link }) {
            if ptr::eq(at, gone) {
                // SAFETY: as above.
                unsafe { *link = at.next };
                break;
            }
            link = (&raw const at.next).cast_mut();
        }
        gone.users.fetch_or(GOING, Ordering::Relaxed);
    });
    wait_bit::wait_var_event((&raw const gone.users).cast(), || gone.users.load(Ordering::Acquire) == GOING);
    // SAFETY: made by register(), and nobody can find it or is in it.
    unsafe { slab::kfree(header.cast()) };
}

fn headers(tables: &Tables) -> impl Iterator<Item = &'static ctl_table_header> {
    let mut at = deref(tables.0);
    core::iter::from_fn(move || {
        let here = at?;
        at = deref(here.next);
        Some(here)
    })
}

fn lookup(tables: &Tables, path: &[u8], name: &[u8]) -> Option<(&'static ctl_table_header, &'static ctl_table)> {
    headers(tables).filter(|header| header.path() == path).find_map(|header| {
        let row = header.rows().find(|row| name_of(row) == name)?;
        Some((header, row))
    })
}

/// Whether a path is a directory: of a table, or above one.
fn is_directory(tables: &Tables, path: &[u8]) -> bool {
    headers(tables).any(|header| {
        let rest = header.path().strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || path.is_empty() || rest[0] == b'/')
    })
}

/// Whether the calling task may read (4) or write (2) a row.
fn permitted(row: &ctl_table, want: u16) -> bool {
    const ROOT: kgid_t = kgid_t { val: 0 };
    // SAFETY: the task's own credentials.
    let euid = unsafe { &*creds::current() }.euid.val;
    let mode = if euid == 0 {
        row.mode >> 6
    } else if creds::in_group(ROOT, true) {
        row.mode >> 3
    } else {
        row.mode
    };
    want & !mode == 0
}

/// Finds the row at a path and calls its handler. `-ENOENT`, `-EISDIR`, `-EACCES`, or what the handler says.
fn call(path: &[u8], write: bool, buffer: *mut c_void, length: usize, pos: &mut i64) -> Result<usize, c_int> {
    let path = path.strip_prefix(b"/proc/sys/").unwrap_or(path);
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let cut = path.iter().rposition(|&byte| byte == b'/');
    let (directory, name) = cut.map_or((&path[..0], path), |cut| (&path[..cut], &path[cut + 1..]));
    let (header, row) = TABLES.with(|tables| match lookup(tables, directory, name) {
        Some((header, row)) if header.enter() => Ok((header, row)),
        _ if is_directory(tables, path) => Err(-libc::EISDIR),
        _ => Err(-libc::ENOENT),
    })?;
    let mut used = length;
    let result = match row.proc_handler {
        _ if !permitted(row, if write { 2 } else { 4 }) => -libc::EACCES,
        // SAFETY: the program vouches for its row; the buffer has a byte behind `length` bytes.
        Some(handler) => unsafe { handler(row, c_int::from(write), buffer, &raw mut used, pos) },
        None => -libc::EINVAL,
    };
    header.leave();
    if result < 0 {
        return Err(result);
    }
    Ok(used)
}

/// A buffer of the handlers' own, as they would get it in a kernel, with a NUL behind the text.
fn with_buffer(length: usize, f: impl FnOnce(*mut c_char) -> Result<usize, c_int>) -> Result<usize, c_int> {
    if length >= MAX_TEXT {
        return Err(-libc::ENOMEM);
    }
    let buffer = slab::kvmalloc(length + 1, GFP_KERNEL | __GFP_ZERO).cast::<c_char>();
    if buffer.is_null() {
        return Err(-libc::ENOMEM);
    }
    let result = f(buffer);
    // SAFETY: made above.
    unsafe { slab::kvfree(buffer.cast()) };
    result
}

/// A setting's text from `*pos` on, which moves; the bytes put into `to`, at most its length.
pub fn read(path: &[u8], to: &mut [u8], pos: &mut i64) -> Result<usize, c_int> {
    with_buffer(to.len(), |buffer| {
        let used = call(path, false, buffer.cast(), to.len(), pos)?.min(to.len());
        // SAFETY: the handler has written that much.
        to[..used].copy_from_slice(unsafe { core::slice::from_raw_parts(buffer.cast(), used) });
        Ok(used)
    })
}

/// Sets a setting from text; the bytes used.
pub fn write(path: &[u8], text: &[u8], pos: &mut i64) -> Result<usize, c_int> {
    with_buffer(text.len(), |buffer| {
        // SAFETY: the buffer has room for the text, and a NUL behind it.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast(), text.len()) };
        call(path, true, buffer.cast(), text.len(), pos)
    })
}
