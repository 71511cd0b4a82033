// SPDX-License-Identifier: GPL-2.0-or-later
//! A descriptor of the system's for a file of the library's: the reading end of a pipe into which the [pump](super::pump)
//! moves what the file's `read` gives.
//!
//! The pipe has one page, so it can be written exactly when it is empty: at most one buffer is on its way, and what is
//! there begins with a whole event. Its writing end is the library's. An entry on the file's wait queues rouses the pump
//! when the file has news, and the pump's epoll set when the pipe was emptied or the last reading end closed.
//!
//! Only the pump touches a descriptor once it is linked, except for [`Stream::marked`] and the link beside it.

use super::file::get_file;
use super::pump;
use super::read_write::vfs_read;
use super::select::vfs_poll;
use crate::abi::*;
use crate::host::process::descriptors::Identity;
use crate::host::process::log::warn;
use crate::host::process::waitqueue::{add_wait_queue, init_entry, remove_wait_queue};
use crate::host::process::{fork, last_error, slab};
use core::cell::{Cell, UnsafeCell};
use core::ffi::{c_int, c_void};
use core::mem::{offset_of, MaybeUninit};
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed};
use core::sync::atomic::{AtomicBool, AtomicPtr};

/// What one read takes, and the pipe holds: an atomic write.
const BUFFER: usize = 4096;
/// What is tried when one event is larger.
const LARGE_BUFFER: usize = 1 << 16;
/// Most wait queues that a file may name.
const HOOKS: usize = FSN_POLL_ENTRIES;
/// So often is one stream served before the others have their turn.
const ROUNDS: usize = 8;

const NEWS: u32 = (libc::POLLIN | libc::POLLRDNORM | libc::POLLERR | libc::POLLHUP) as u32;

/// A place on one of the file's wait queues.
#[repr(C)]
struct Hook {
    entry: wait_queue_entry,
    head: Cell<*mut wait_queue_head>,
    stream: Cell<*mut Stream>,
}

/// What stands behind a descriptor.
#[repr(C)]
pub(super) struct Stream {
    /// Handed to the file's poll operation while the hooks are set.
    table: poll_table_struct,
    hooks: [Hook; HOOKS],
    hooked: Cell<usize>,
    too_many: Cell<bool>,
    /// With a reference.
    pub(super) file: *mut file,
    /// The position that `read` is given.
    pos: UnsafeCell<i64>,
    /// The pipe's writing end, and what it is, in case the program closes descriptors that are not its own.
    pub(super) write: c_int,
    identity: Identity,
    /// Pages that the pipe has now.
    pages: Cell<usize>,
    /// The pump's bell.
    bell: Cell<MaybeUninit<pump::Bell>>,
    /// The process that it belongs to, as a fork generation.
    generation: u32,
    /// On the pump's list of streams with news.
    pub(super) marked: AtomicBool,
    /// Link of that list.
    pub(super) next_marked: AtomicPtr<Stream>,
    /// Made completely; until then the pump leaves it alone.
    pub(super) ready: AtomicBool,
    /// Over, and only kept because it is on that list. \[pump\]
    pub(super) over: Cell<bool>,
    /// Link among all streams. \[pump's lock\]
    pub(super) next: Cell<*mut Stream>,
    /// What was read and not written yet: where, from, to.
    large: Cell<*mut u8>,
    from: Cell<usize>,
    to: Cell<usize>,
    in_large: Cell<bool>,
    buffer: UnsafeCell<[u8; BUFFER]>,
}

/// What the pump does next.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing until the file or the pipe has news.
    Wait,
    /// The same again soon.
    Again,
    /// Something failed: the same again, later.
    Later,
    /// Nobody reads any more, or there is nothing more to come.
    End,
}

/// What the pipe can take.
enum Pipe {
    Empty,
    Busy,
    /// A part of a large event is still there, but there is room.
    Draining,
    Gone,
}

fn set_close_on_exec(fd: c_int, flags: c_int) -> bool {
    let on = if flags & libc::O_CLOEXEC != 0 { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: the command takes an int.
    unsafe { libc::fcntl(fd, libc::F_SETFD, on) == 0 }
}

/// A pipe of one page: reading end with the caller's flags, writing end.
fn make_pipe(flags: c_int) -> Result<[c_int; 2], c_int> {
    let mut ends = [-1; 2];
    // SAFETY: room for two descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return Err(-last_error());
    }
    // SAFETY: the command takes an int.
    let one_page = unsafe { libc::fcntl(ends[1], libc::F_SETPIPE_SZ, BUFFER as c_int) } > 0;
    // SAFETY: the command takes an int.
    let blocking = unsafe { libc::fcntl(ends[0], libc::F_SETFL, flags & libc::O_NONBLOCK) } == 0;
    if one_page && blocking && set_close_on_exec(ends[0], flags) {
        return Ok(ends);
    }
    let error = -last_error();
    for end in ends {
        close(end);
    }
    Err(error)
}

fn close(fd: c_int) {
    // SAFETY: a descriptor that this module opened.
    unsafe { libc::close(fd) };
}

/// Makes a descriptor for the file: its number, or a negative errno.
///
/// # Safety
///
/// The caller has a reference on the file, whose wait queues live as long as it does; no lock is held.
pub unsafe fn file_descriptor(file: &file, flags: c_int) -> c_int {
    let can = super::read_write::ops(file).is_some_and(|ops| ops.read.is_some() && ops.poll.is_some());
    if flags & !(libc::O_NONBLOCK | libc::O_CLOEXEC) != 0 || !can {
        return -libc::EINVAL;
    }
    if file.f_mode.load(Relaxed) & FMODE_READ == 0 {
        return -libc::EBADF;
    }
    let memory: *mut Stream = slab::kzalloc(size_of::<Stream>(), GFP_KERNEL_ACCOUNT).cast();
    if memory.is_null() {
        return -libc::ENOMEM;
    }
    let made = make_pipe(flags).and_then(|[read, write]| match Identity::of(write) {
        Some(identity) => Ok((read, write, identity)),
        None => {
            close(read);
            close(write);
            Err(-libc::EIO)
        }
    });
    let (read, write, identity) = match made {
        Ok(made) => made,
        Err(error) => {
            // SAFETY: allocated above and never shared.
            unsafe { slab::kfree(memory.cast()) };
            return error;
        }
    };
    get_file(file);
    // SAFETY: zeroed memory of the right size, for which every field is valid, and nobody else's.
    let stream = unsafe { &mut *memory };
    stream.file = file.as_ptr();
    stream.write = write;
    stream.identity = identity;
    stream.generation = fork::generation();
    stream.pages.set(1);
    match pump::start(stream, read) {
        0 => read,
        error => error,
    }
}

impl Stream {
    pub(super) fn as_ptr(&self) -> *mut Stream {
        ptr::from_ref(self).cast_mut()
    }

    fn the_file(&self) -> &file {
        // SAFETY: the stream has a reference.
        unsafe { &*self.file }
    }

    /// Whether the writing end still is the pipe.
    pub(super) fn owns_pipe(&self) -> bool {
        Identity::of(self.write) == Some(self.identity)
    }

    // ---- news of the file -------------------------------------------------------------------------------------------

    /// Puts entries on the file's wait queues. False: there are too many.
    pub(super) fn hook(&self, bell: pump::Bell) -> bool {
        self.bell.set(MaybeUninit::new(bell));
        // SAFETY: nobody else uses the table.
        unsafe { *self.table._qproc.get() = Some(enlist) };
        // SAFETY: as above.
        unsafe { *self.table._key.get() = NEWS };
        // SAFETY: the table is the first of the stream's fields, so `enlist` finds the stream.
        unsafe { vfs_poll(self.the_file(), self.as_ptr().cast()) };
        !self.too_many.get()
    }

    /// The pump's bell, once there are hooks.
    pub(super) fn bell(&self) -> pump::Bell {
        // SAFETY: set by `hook`, before anybody else sees the stream.
        unsafe { self.bell.get().assume_init() }
    }

    /// Takes them off again; afterwards none of them runs.
    pub(super) fn unhook(&self) {
        for hook in &self.hooks[..self.hooked.replace(0)] {
            // SAFETY: the queue lives as long as the file does.
            let head = unsafe { &*hook.head.get() };
            // SAFETY: queued by `enlist`.
            unsafe { remove_wait_queue(head, ptr::from_ref(&hook.entry).cast_mut()) };
        }
    }

    // ---- moving events ----------------------------------------------------------------------------------------------

    /// Moves what there is, as far as the pipe takes it.
    pub(super) fn serve(&self) -> Next {
        if self.over.get() {
            return Next::Wait;
        }
        if !self.ready.load(Acquire) {
            return Next::Later;
        }
        for _ in 0..ROUNDS {
            match self.pipe() {
                Pipe::Empty => {}
                Pipe::Busy => return Next::Wait,
                Pipe::Draining => return Next::Later,
                Pipe::Gone => return Next::End,
            }
            if self.from.get() == self.to.get() {
                match self.fill() {
                    Next::Again => {}
                    other => return other,
                }
            }
            if !self.drain() {
                return Next::Later;
            }
        }
        Next::Again
    }

    /// Reads from the file into the buffer; `Again` if there is something in it.
    fn fill(&self) -> Next {
        // SAFETY: nobody waits, and no lock is held.
        if unsafe { vfs_poll(self.the_file(), ptr::null_mut()) } & NEWS == 0 {
            return Next::Wait;
        }
        self.in_large.set(false);
        let mut done = self.read(self.buffer.get().cast(), BUFFER);
        if done == -(libc::EINVAL as isize) {
            // An event that does not fit.
            if self.large.get().is_null() {
                self.large.set(slab::kmalloc(LARGE_BUFFER, GFP_KERNEL_ACCOUNT).cast());
            }
            if self.large.get().is_null() {
                return Next::Later;
            }
            self.in_large.set(true);
            done = self.read(self.large.get(), LARGE_BUFFER);
        }
        match done {
            0 => Next::End,
            1.. => {
                self.from.set(0);
                self.to.set(done as usize);
                Next::Again
            }
            // -EAGAIN, and what a wait returns in a thread that must not wait.
            error if [libc::EAGAIN, libc::EINTR, FSN_ERESTARTSYS].contains(&(-error as c_int)) => Next::Wait,
            _ => {
                warn("fsn_file_descriptor", "the file's read fails");
                Next::Later
            }
        }
    }

    fn read(&self, to: *mut u8, room: usize) -> isize {
        let file = self.the_file();
        // SAFETY: the buffer is the pump's own, and no lock is held.
        unsafe { vfs_read(file, to.cast(), room, self.pos.get()) }
    }

    /// Writes what is in the buffer. False if the system refuses for a reason that may pass.
    fn drain(&self) -> bool {
        let start: *const u8 = if self.in_large.get() { self.large.get() } else { self.buffer.get().cast() };
        let left = self.to.get() - self.from.get();
        if left > BUFFER * self.pages.get() {
            // So that all of it is there at once; where that is refused it comes in parts. The system counts in powers of 2.
            self.resize(left.div_ceil(BUFFER).next_power_of_two());
        }
        // SAFETY: the bytes were read into the buffer.
        let done = unsafe { libc::write(self.write, start.wrapping_add(self.from.get()).cast(), left) };
        match done {
            0.. => self.from.set(self.from.get() + done as usize),
            // The next look at the pipe finds that nobody reads any more, or that it is full.
            _ => return [libc::EPIPE, libc::EAGAIN].contains(&last_error()),
        }
        if self.from.get() == self.to.get() && self.in_large.get() {
            // SAFETY: allocated in `fill`.
            unsafe { slab::kfree(self.large.replace(ptr::null_mut()).cast()) };
            self.in_large.set(false);
        }
        true
    }

    // ---- the pipe ---------------------------------------------------------------------------------------------------

    fn resize(&self, pages: usize) -> bool {
        // SAFETY: the command takes an int.
        let size = unsafe { libc::fcntl(self.write, libc::F_SETPIPE_SZ, (pages * BUFFER) as c_int) };
        if size > 0 {
            self.pages.set(pages);
        }
        size > 0
    }

    fn waiting(&self) -> usize {
        let mut bytes: c_int = 0;
        // SAFETY: the command takes a pointer to an int.
        unsafe { libc::ioctl(self.write, libc::FIONREAD, &raw mut bytes) };
        usize::try_from(bytes).unwrap_or(0)
    }

    fn can_write(&self) -> Result<bool, ()> {
        let mut fd = libc::pollfd { fd: self.write, events: libc::POLLOUT, revents: 0 };
        // SAFETY: one valid entry, no wait.
        unsafe { libc::poll(&raw mut fd, 1, 0) };
        if fd.revents & (libc::POLLERR | libc::POLLNVAL) != 0 || !self.owns_pipe() {
            return Err(());
        }
        Ok(fd.revents & libc::POLLOUT != 0)
    }

    /// A pipe of one page that can be written is empty, and the system says so. One that was made larger for a large event
    /// is made smaller once it is empty, which nobody tells.
    fn pipe(&self) -> Pipe {
        match self.can_write() {
            Err(()) => Pipe::Gone,
            Ok(false) => Pipe::Busy,
            Ok(true) if self.pages.get() == 1 => Pipe::Empty,
            Ok(true) if self.waiting() == 0 && self.resize(1) => Pipe::Empty,
            Ok(true) => Pipe::Draining,
        }
    }

    /// The end of its pipe and its memory; its reference on the file has been taken over.
    ///
    /// # Safety
    ///
    /// Unhooked and unlinked; nobody uses it afterwards.
    pub(super) unsafe fn free(&self) {
        // SAFETY: NULL or allocated in `fill`.
        unsafe { slab::kfree(self.large.get().cast()) };
        // SAFETY: allocated in `file_descriptor`.
        unsafe { slab::kfree(self.as_ptr().cast()) };
    }

    /// Closes the writing end, if it still is that.
    pub(super) fn close(&self) {
        if self.owns_pipe() {
            close(self.write);
        }
    }
}

/// Called by `poll_wait()` for each queue that the file names.
unsafe extern "C" fn enlist(_file: *mut file, head: *mut wait_queue_head, table: *mut poll_table_struct) {
    let at = table.cast::<Stream>();
    // SAFETY: `Stream::hook` passes the table at the beginning of a stream.
    let stream = unsafe { &*at };
    let index = stream.hooked.get();
    let Some(hook) = stream.hooks.get(index) else {
        stream.too_many.set(true);
        return;
    };
    hook.head.set(head);
    hook.stream.set(at);
    stream.hooked.set(index + 1);
    let entry = at.wrapping_byte_add(offset_of!(Stream, hooks) + index * size_of::<Hook>()).cast::<wait_queue_entry>();
    // SAFETY: the hook is not used yet.
    unsafe { init_entry(entry, 0, Some(on_news)) };
    // SAFETY: the queue is alive.
    let head = unsafe { &*head };
    // SAFETY: the entry stays until `unhook`.
    unsafe { add_wait_queue(head, entry, 0) };
}

/// Entry function of a hook: rouses the pump. In the child of a fork nobody is there to be roused.
unsafe extern "C" fn on_news(at: *mut wait_queue_entry, _mode: u32, _flags: c_int, key: *mut c_void) -> c_int {
    if !key.is_null() && key.addr() as u32 & NEWS == 0 {
        return 0;
    }
    // SAFETY: the entry is the first field of a hook that is on a queue.
    let stream = unsafe { &*at.cast::<Hook>() }.stream.get();
    // SAFETY: a stream is unhooked before it goes.
    let stream = unsafe { &*stream };
    if stream.generation == fork::generation() {
        pump::mark(stream, stream.bell());
    }
    0
}
