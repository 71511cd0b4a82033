// SPDX-License-Identifier: GPL-2.0-or-later
//! The process's table of descriptors (`fs/file.c`): numbers of the table's own, the lowest free one first.
//!
//! There is one table, which all threads share; its numbers have nothing to do with the system's. Whoever looks a
//! descriptor up gets a reference, taken under the table's lock while the table still holds its own, so a file that is
//! being closed by another thread stays until the last user has put it: neither readers nor the end of a file need a grace
//! period for that. The lock is behind the fork gate: a child has the table whole, with copies of its files.

use super::file::{fput, get_file};
use crate::abi::*;
use crate::host::process::fork::Guarded;
use crate::host::process::log::warn;
use crate::host::process::slab;
use core::ffi::{c_int, c_uint};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// A place of the table.
#[derive(Clone, Copy)]
struct Slot {
    /// The file, whose reference is the table's; NULL while the number is only reserved.
    file: *mut file,
    /// The number is in use.
    taken: bool,
    /// `FD_CLOEXEC`.
    close_on_exec: bool,
}

const FREE: Slot = Slot { file: ptr::null_mut(), taken: false, close_on_exec: false };

struct Table {
    slots: *mut Slot,
    len: usize,
    /// No number below is free.
    first: usize,
    /// How many are taken.
    used: usize,
}

// SAFETY: the memory belongs to the table and is reached under its lock only.
unsafe impl Send for Table {}

static TABLE: Guarded<Table> = Guarded::new(Table { slots: ptr::null_mut(), len: 0, first: 0, used: 0 });

/// The smallest table; it grows by doubling.
const FIRST_LEN: usize = 64;

/// What an attempt to take a number came to.
enum Taken {
    Number(c_int),
    /// The table must have room for more than so many.
    Full(usize),
    Limit,
}

impl Table {
    fn slots(&mut self) -> &mut [Slot] {
        if self.slots.is_null() {
            return &mut [];
        }
        // SAFETY: `len` slots were allocated and initialised; the table is locked.
        unsafe { core::slice::from_raw_parts_mut(self.slots, self.len) }
    }

    fn slot(&mut self, fd: c_uint) -> Option<&mut Slot> {
        self.slots().get_mut(fd as usize).filter(|slot| slot.taken)
    }

    /// Takes the lowest free number from `from` on.
    fn take(&mut self, from: usize, limit: usize, close_on_exec: bool) -> Taken {
        let start = from.max(self.first);
        let found = self.slots().iter().skip(start).position(|slot| !slot.taken).map(|at| start + at);
        let number = found.unwrap_or(start.max(self.len));
        if number >= limit {
            return Taken::Limit;
        }
        match self.slots().get_mut(number) {
            Some(slot) => *slot = Slot { taken: true, close_on_exec, ..FREE },
            None => return Taken::Full(number),
        }
        self.used += 1;
        if from <= self.first {
            self.first = number + 1;
        }
        Taken::Number(number as c_int)
    }

    /// Takes exactly this number, which is free or has a file that the caller gets.
    fn replace(&mut self, number: usize, file: *mut file, close_on_exec: bool) -> Result<*mut file, c_int> {
        let slot = &mut self.slots()[number];
        if slot.taken && slot.file.is_null() {
            return Err(-libc::EBUSY);
        }
        let old = *slot;
        *slot = Slot { file, taken: true, close_on_exec };
        self.used += usize::from(!old.taken);
        Ok(old.file)
    }

    /// Gives a number back; its file and, with the last one, the memory are the caller's.
    fn release(&mut self, fd: c_uint) -> Option<(*mut file, *mut Slot)> {
        let slot = self.slot(fd)?;
        let file = slot.file;
        *slot = FREE;
        self.used -= 1;
        self.first = self.first.min(fd as usize);
        let memory = if self.used == 0 { self.drop_memory() } else { ptr::null_mut() };
        Some((file, memory))
    }

    fn drop_memory(&mut self) -> *mut Slot {
        let memory = self.slots;
        (self.slots, self.len, self.first) = (ptr::null_mut(), 0, 0);
        memory
    }

    /// Moves the table to larger memory, unless another thread was faster. Returns the memory that is not needed.
    fn move_to(&mut self, memory: *mut Slot, len: usize) -> *mut Slot {
        if len <= self.len {
            return memory;
        }
        for (at, slot) in self.slots().iter().enumerate() {
            // SAFETY: there is room for more slots than the table has.
            unsafe { memory.wrapping_add(at).write(*slot) };
        }
        for at in self.len..len {
            // SAFETY: there is room for `len`.
            unsafe { memory.wrapping_add(at).write(FREE) };
        }
        let old = self.slots;
        (self.slots, self.len) = (memory, len);
        old
    }
}

/// How many descriptors the process may have (`RLIMIT_NOFILE`).
pub fn limit() -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: room for the result.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 1024;
    }
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX).min(c_int::MAX as usize)
}

fn free(memory: *mut Slot) {
    // SAFETY: NULL, or memory that the table has let go of or never had.
    unsafe { slab::kfree(memory.cast()) };
}

/// Makes room for the number. False without memory.
fn grow(number: usize) -> bool {
    let len = (number + 1).next_power_of_two().max(FIRST_LEN);
    let memory: *mut Slot = slab::kzalloc(len * size_of::<Slot>(), GFP_KERNEL_ACCOUNT).cast();
    if memory.is_null() {
        return false;
    }
    free(TABLE.with(|table| table.move_to(memory, len)));
    true
}

/// Reserves the lowest free number that is not below `from`: -EMFILE at the limit, -ENOMEM, -EINVAL where `from` is beyond
/// the limit.
pub fn alloc_fd(from: c_uint, flags: c_uint) -> c_int {
    let limit = limit();
    let from = from as usize;
    if from >= limit && from != 0 {
        return -libc::EINVAL;
    }
    loop {
        match TABLE.with(|table| table.take(from, limit, flags & libc::O_CLOEXEC as c_uint != 0)) {
            Taken::Number(fd) => return fd,
            Taken::Limit => return -libc::EMFILE,
            Taken::Full(number) if !grow(number) => return -libc::ENOMEM,
            Taken::Full(_) => {}
        }
    }
}

/// Gives a reserved number back.
pub fn put_unused_fd(fd: c_uint) {
    let Some((file, memory)) = TABLE.with(|table| match table.slot(fd) {
        Some(slot) if slot.file.is_null() => table.release(fd),
        _ => None,
    }) else {
        warn("put_unused_fd", "the number is not a reserved one");
        return;
    };
    debug_assert!(file.is_null());
    free(memory);
}

/// Puts a file in a reserved place. The caller's reference becomes the table's.
pub fn fd_install(fd: c_uint, file: *mut file) {
    let done = TABLE.with(|table| match table.slot(fd) {
        Some(slot) if slot.file.is_null() => {
            slot.file = file;
            true
        }
        _ => false,
    });
    if !done {
        warn("fd_install", "the number is not a reserved one");
    }
}

/// The descriptor's file with a reference for the caller, unless its mode has one of the bits; NULL if there is none.
pub fn fget(fd: c_uint, without: u32) -> *mut file {
    TABLE.with(|table| {
        let found = table.slot(fd).map_or(ptr::null_mut(), |slot| slot.file);
        // SAFETY: the table's reference keeps it alive while the table is locked.
        match unsafe { found.as_ref() } {
            Some(file) if file.f_mode.load(Relaxed) & without == 0 => {
                get_file(file);
                found
            }
            _ => ptr::null_mut(),
        }
    })
}

/// Takes the descriptor away; the table's reference on its file becomes the caller's. NULL if there is none.
pub fn take(fd: c_uint) -> *mut file {
    let taken = TABLE.with(|table| match table.slot(fd) {
        Some(slot) if !slot.file.is_null() => table.release(fd),
        _ => None,
    });
    let Some((file, memory)) = taken else { return ptr::null_mut() };
    free(memory);
    file
}

/// `FD_CLOEXEC` of the descriptor.
pub fn close_on_exec(fd: c_uint) -> Option<bool> {
    TABLE.with(|table| table.slot(fd).filter(|slot| !slot.file.is_null()).map(|slot| slot.close_on_exec))
}

/// Sets it. False if there is no such descriptor.
pub fn set_close_on_exec(fd: c_uint, on: bool) -> bool {
    TABLE.with(|table| match table.slot(fd).filter(|slot| !slot.file.is_null()) {
        Some(slot) => {
            slot.close_on_exec = on;
            true
        }
        None => false,
    })
}

/// A second descriptor for the file, the lowest free one from `from` on: its number or a negative errno.
///
/// # Safety
///
/// The caller has a reference on the file.
pub unsafe fn dup_file(file: *mut file, from: c_uint, flags: c_uint) -> c_int {
    let fd = alloc_fd(from, flags);
    if fd >= 0 {
        // SAFETY: alive by the contract.
        get_file(unsafe { &*file });
        fd_install(fd as c_uint, file);
    }
    fd
}

/// Makes `fd` a descriptor of the file, in place of the one that it was, which is for the caller to close: that file or
/// NULL, -EBADF for a number beyond the limit, -EBUSY for one that another thread is about to use, -ENOMEM.
///
/// # Safety
///
/// The caller has a reference on the file.
pub unsafe fn replace_fd(fd: c_uint, file: *mut file, flags: c_uint) -> Result<*mut file, c_int> {
    let number = fd as usize;
    if number >= limit() {
        return Err(-libc::EBADF);
    }
    // SAFETY: alive by the contract.
    get_file(unsafe { &*file });
    let close_on_exec = flags & libc::O_CLOEXEC as c_uint != 0;
    loop {
        let done = TABLE.with(|table| (number < table.len).then(|| table.replace(number, file, close_on_exec)));
        match done {
            Some(Ok(old)) => return Ok(old),
            Some(Err(error)) => {
                // SAFETY: taken above.
                unsafe { fput(file) };
                return Err(error);
            }
            None if grow(number) => {}
            None => {
                // SAFETY: taken above.
                unsafe { fput(file) };
                return Err(-libc::ENOMEM);
            }
        }
    }
}

/// The next descriptor that is not below `from`, with its file and a reference; for whoever goes over all of them.
pub fn next(from: c_uint) -> Option<(c_uint, *mut file)> {
    TABLE.with(|table| {
        let slots = table.slots().iter().enumerate().skip(from as usize);
        let (at, slot) = slots.into_iter().find(|(_, slot)| !slot.file.is_null())?;
        // SAFETY: the table's reference keeps it alive while the table is locked.
        get_file(unsafe { &*slot.file });
        Some((at as c_uint, slot.file))
    })
}
