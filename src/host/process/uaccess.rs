// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory of a caller that may not be there. A kernel catches the fault; a process asks the system first, which answers for
//! a range by faulting it in (`MADV_POPULATE_*`), and where it cannot do that, page by page, with calls that read a
//! word or add nothing to it. Nothing is changed by asking.
//!
//! An entry point that is given a buffer asks for all of it once and remembers the answer for the thread ([`Window`]); what
//! it copies there is then a plain copy. Memory that another thread unmaps between the question and the copy is a fault.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;

use super::errno;

const PAGE: usize = 4096;
/// Addresses from here on are never a program's.
const END: usize = (1 << 47) - PAGE;
/// A window is no larger: asking for memory brings it in.
const LARGEST: usize = 64 << 10;
/// Linux 5.14.
const MADV_POPULATE_READ: c_int = 22;
const MADV_POPULATE_WRITE: c_int = 23;

/// What is wanted of the memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Copy from it.
    Read,
    /// Copy to it.
    Write,
}

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    end: usize,
    access: Access,
}

const NOTHING: Range = Range { start: 0, end: 0, access: Access::Read };

super::std::thread_local! {
    static WINDOW: Cell<Range> = const { Cell::new(NOTHING) };
}

/// Whether a range can be a program's at all (`access_ok()`).
pub fn access_ok(start: usize, size: usize) -> bool {
    start.checked_add(size).is_some_and(|end| end <= END)
}

/// Whether a page can be read: the call reads a signal set and then refuses what is to be done with it.
fn page_reads(page: usize) -> bool {
    const NO_SUCH_WAY: c_int = -1;
    // Not the page's very beginning: of the first page that would be NULL, which stands for no set.
    let word = page + 8;
    // SAFETY: the system checks the address itself, and changes nothing for a way that does not exist.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            NO_SUCH_WAY,
            word as *const c_void,
            core::ptr::null_mut::<c_void>(),
            8usize,
        )
    };
    result == 0 || errno::get() != libc::EFAULT
}

/// Whether a page can be written: a futex operation that "ors" 0 into its first word, and wakes at most one waiter of it, who
/// has to expect that anyway.
fn page_writes(page: usize) -> bool {
    static NOBODY: AtomicU32 = AtomicU32::new(0);
    const OR_NOTHING: c_int = libc::FUTEX_OP_OR << 28 | libc::FUTEX_OP_CMP_LT << 24 | 0x800;
    // SAFETY: the system checks the second address itself, and 0 changes nothing there; nobody waits on the first.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            NOBODY.as_ptr(),
            libc::FUTEX_WAKE_OP | libc::FUTEX_PRIVATE_FLAG,
            0,
            0usize,
            page as *const c_void,
            OR_NOTHING,
        )
    };
    result >= 0 || errno::get() != libc::EFAULT
}

/// Brings the pages of a range in: 0, or the error. ENOMEM and EFAULT are an answer: there is nothing. Others are none: memory of
/// another kind, memory with other permissions, or a system that does not know the advice.
fn populate(start: usize, end: usize, access: Access) -> c_int {
    let advice = if access == Access::Write { MADV_POPULATE_WRITE } else { MADV_POPULATE_READ };
    // SAFETY: the advice fills in pages that are there and changes no contents.
    match unsafe { libc::madvise(start as *mut c_void, end - start, advice) } {
        0 => 0,
        _ => errno::get(),
    }
}

fn page_is_there(page: usize, access: Access) -> bool {
    match (populate(page, page + PAGE, access), access) {
        (0, _) => true,
        (libc::ENOMEM | libc::EFAULT, _) => false,
        (_, Access::Write) => page_writes(page),
        (_, Access::Read) => page_reads(page),
    }
}

/// How many bytes of a range, from its start, can be used. The thread's errno stays.
fn probe(start: usize, size: usize, access: Access) -> usize {
    if size == 0 || !access_ok(start, size) {
        return 0;
    }
    if cfg!(miri) {
        return if start < PAGE { 0 } else { size };
    }
    let first = start & !(PAGE - 1);
    let end = (start + size).next_multiple_of(PAGE);
    let kept = errno::get();
    let mut good = end;
    if populate(first, end, access) != 0 {
        good = (first..end).step_by(PAGE).find(|&page| !page_is_there(page, access)).unwrap_or(end);
    }
    errno::set(kept);
    good.saturating_sub(start).min(size)
}

/// How many bytes can be copied, from the start.
fn usable(start: usize, size: usize, access: Access) -> usize {
    let window = WINDOW.get();
    let inside = start >= window.start && start < window.end;
    if inside && (access == Access::Read || window.access == Access::Write) {
        let known = window.end - start;
        if size <= known {
            return size;
        }
        return known + probe(window.end, size - known, access);
    }
    probe(start, size, access)
}

/// Whether all of a range can be used.
pub fn is_there(start: usize, size: usize, access: Access) -> bool {
    usable(start, size, access) == size
}

/// Memory that the calling thread has asked for, until this is dropped. Windows may be nested: the inner one counts.
pub struct Window {
    outer: Range,
}

impl Window {
    /// Asks for a buffer's beginning. What of it cannot be used is outside.
    pub fn open(start: *const c_void, size: usize, access: Access) -> Self {
        let start = start.addr();
        let range = Range { start, end: start + probe(start, size.min(LARGEST), access), access };
        Self { outer: WINDOW.replace(range) }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        WINDOW.set(self.outer);
    }
}

/// Copies to a program's memory; returns how many bytes, at the end, could not be.
///
/// # Safety
/// `from` has `size` bytes. What can be written at `to` may be.
pub unsafe fn copy_to(to: *mut c_void, from: *const c_void, size: usize) -> usize {
    let good = usable(to.addr(), size, Access::Write);
    // SAFETY: so much is there; the caller's promise for the rest.
    unsafe { core::ptr::copy(from.cast::<u8>(), to.cast::<u8>(), good) };
    size - good
}

/// Copies from a program's memory; returns how many bytes, at the end, could not be.
///
/// # Safety
/// `to` has `size` bytes.
pub unsafe fn copy_from(to: *mut c_void, from: *const c_void, size: usize) -> usize {
    let good = usable(from.addr(), size, Access::Read);
    // SAFETY: so much is there; the caller's promise for the rest.
    unsafe { core::ptr::copy(from.cast::<u8>(), to.cast::<u8>(), good) };
    size - good
}

/// Zeroes a program's memory; returns how many bytes, at the end, could not be.
///
/// # Safety
/// What can be written at `to` may be.
pub unsafe fn clear(to: *mut c_void, size: usize) -> usize {
    let good = usable(to.addr(), size, Access::Write);
    // SAFETY: so much is there.
    unsafe { core::ptr::write_bytes(to.cast::<u8>(), 0, good) };
    size - good
}

/// The length of a string, at most `max`, without its NUL; None if it runs into memory that is not there.
///
/// # Safety
/// None beyond that the memory may be read.
pub unsafe fn string_length(from: *const u8, max: usize) -> Option<usize> {
    let mut length = 0;
    while length < max {
        let at = from.wrapping_add(length);
        // Up to the end of the page, which is there or not as a whole.
        let part = (PAGE - at.addr() % PAGE).min(max - length);
        if usable(at.addr(), part, Access::Read) < part {
            return None;
        }
        // SAFETY: so much is there.
        let bytes = unsafe { core::slice::from_raw_parts(at, part) };
        if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            return Some(length + end);
        }
        length += part;
    }
    Some(max)
}
