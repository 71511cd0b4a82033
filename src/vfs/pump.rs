// SPDX-License-Identifier: GPL-2.0-or-later
//! The thread that serves the [real descriptors](super::real_descriptor): one for all of them, there while there are any,
//! with the program's signals blocked.
//!
//! It sleeps in an epoll set of the pipes' writing ends and of a *bell*, an eventfd that whoever wakes a file's queue rings
//! after he has put the stream on the list of the marked ones. It must never wait for a file's events, so something is
//! always pending for its task: interruptible waits return at once. The end of a file may wait; that is left to a thread
//! of its own.
//!
//! A fork waits until the pump is between two streams (for a second at most). In the child there is no pump and no stream:
//! the child's copies of the writing ends are closed, a descriptor that was inherited carries the parent's events, and the
//! child's copies of the files stay open until it ends.

use super::file::fput;
use super::real_descriptor::{Next, Stream};
use crate::abi::*;
use crate::host::process::descriptors::Identity;
use crate::host::process::fork::{self, Guarded};
use crate::host::process::log::warn;
use crate::host::process::task::{self, current};
use crate::host::process::{last_error, set_last_error, spawn, srcu};
use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

struct Pump {
    streams: *mut Stream,
    /// There is a thread, and these descriptors are open.
    running: bool,
    epoll: c_int,
    bell: Option<Bell>,
    /// The thread's task, only compared.
    task: *const task_struct,
    /// A fork is under way.
    hold: bool,
    /// The thread is not asleep.
    busy: bool,
}

// SAFETY: the streams are reached as the head of `real_descriptor` says.
unsafe impl Send for Pump {}

static PUMP: Guarded<Pump> = Guarded::new(Pump {
    streams: ptr::null_mut(),
    running: false,
    epoll: -1,
    bell: None,
    task: ptr::null(),
    hold: false,
    busy: false,
});

/// Serialises the making of streams, so that a thread that cannot be started is nobody else's trouble.
static MAKING: mutex = mutex::new();

/// Streams with news, linked by `next_marked`.
static MARKED: AtomicPtr<Stream> = AtomicPtr::new(ptr::null_mut());

/// How often a fork looks whether the pump has come to rest, a millisecond apart.
const FORK_PATIENCE: u32 = 1000;
/// After a failure the next attempt comes so much later, in milliseconds.
const LATER_MS: c_int = 10;

/// Puts a stream on the list of those with news, and rings unless somebody else has to.
pub(super) fn mark(stream: &Stream, bell: Bell) {
    if stream.marked.swap(true, AcqRel) {
        return;
    }
    let mut first = MARKED.load(Relaxed);
    loop {
        stream.next_marked.store(first, Relaxed);
        // Release: the pump sees the link.
        match MARKED.compare_exchange_weak(first, stream.as_ptr(), Release, Relaxed) {
            Ok(_) => break,
            Err(now) => first = now,
        }
    }
    if first.is_null() {
        bell.ring();
    }
}

/// The eventfd that wakes the pump.
#[derive(Clone, Copy)]
pub(super) struct Bell {
    fd: c_int,
    identity: Identity,
}

impl Bell {
    fn new() -> Option<Bell> {
        // SAFETY: has no requirement.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        match Identity::of(fd) {
            Some(identity) => Some(Bell { fd, identity }),
            None => {
                close(fd);
                None
            }
        }
    }

    /// Wakes the pump. The descriptor is looked at first: a program that closes descriptors that are not its own must not
    /// find eight bytes in a file of its own.
    fn ring(self) {
        let before = last_error();
        if Identity::of(self.fd) == Some(self.identity) {
            let one: u64 = 1;
            // SAFETY: eight readable bytes. The bell is nonblocking.
            unsafe { libc::write(self.fd, ptr::from_ref(&one).cast(), 8) };
        }
        set_last_error(before);
    }

    /// Takes the ringing off.
    fn answer(self) {
        let mut rung = 0u64;
        // SAFETY: eight writable bytes. The bell is nonblocking.
        unsafe { libc::read(self.fd, ptr::from_mut(&mut rung).cast(), 8) };
    }
}

fn control(epoll: c_int, fd: c_int, events: c_int, data: *mut Stream) -> bool {
    let mut event = libc::epoll_event { events: events as u32, u64: data.addr() as u64 };
    // SAFETY: a valid event.
    unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) == 0 }
}

fn close(fd: c_int) {
    if fd >= 0 {
        // SAFETY: a descriptor that this module opened.
        unsafe { libc::close(fd) };
    }
}

impl Pump {
    /// Opens what the thread sleeps on.
    fn open(&mut self) -> Result<Bell, c_int> {
        // SAFETY: has no requirement.
        self.epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        self.bell = Bell::new();
        if let Some(bell) = self.bell {
            if control(self.epoll, bell.fd, libc::EPOLLIN, ptr::null_mut()) {
                return Ok(bell);
            }
        }
        let error = -last_error();
        self.shut();
        Err(error)
    }

    fn shut(&mut self) {
        close(self.epoll);
        close(self.bell.take().map_or(-1, |bell| bell.fd));
        (self.epoll, self.running) = (-1, false);
    }

    /// Puts a stream on the list and into the epoll set.
    fn admit(&mut self, stream: &Stream) -> Admitted {
        let known = self.bell.filter(|_| self.running);
        let first = known.is_none();
        let bell = match known.map_or_else(|| self.open(), Ok) {
            Ok(bell) => bell,
            Err(error) => return Admitted::Error(error),
        };
        if !control(self.epoll, stream.write, libc::EPOLLOUT | libc::EPOLLET, stream.as_ptr()) {
            let error = -last_error();
            if first {
                self.shut();
            }
            return Admitted::Error(error);
        }
        stream.next.set(self.streams);
        self.streams = stream.as_ptr();
        self.running = true;
        if first {
            Admitted::First(bell)
        } else {
            Admitted::Running(bell)
        }
    }

    /// The first stream; without one, the end of the thread.
    fn give_up(&mut self) -> *mut Stream {
        if self.streams.is_null() {
            // The descriptors' numbers may be somebody else's by now.
            (self.busy, self.running, self.epoll, self.bell) = (false, false, -1, None);
        }
        self.streams
    }

    fn unlink(&mut self, stream: &Stream) {
        if self.streams == stream.as_ptr() {
            self.streams = stream.next.get();
            return;
        }
        let mut at = self.streams;
        // SAFETY: a stream on the list is alive, and the list is locked.
        while let Some(s) = unsafe { at.as_ref() } {
            if s.next.get() == stream.as_ptr() {
                s.next.set(stream.next.get());
                return;
            }
            at = s.next.get();
        }
    }
}

/// Begins to serve a stream whose reading end is `read`: 0, or a negative errno, and then both of them are gone.
pub(super) fn start(stream: &Stream, read: c_int) -> c_int {
    MAKING.lock();
    let admitted = match PUMP.with(|pump| pump.admit(stream)) {
        Admitted::Error(error) => Err(error),
        Admitted::Running(bell) => Ok(bell),
        Admitted::First(bell) if spawn::detached(thread, ptr::null_mut()) => Ok(bell),
        Admitted::First(_) => {
            PUMP.with(|pump| {
                pump.unlink(stream);
                pump.shut();
            });
            Err(-libc::EAGAIN)
        }
    };
    // SAFETY: taken above.
    unsafe { MAKING.unlock() };
    let bell = match admitted {
        Ok(bell) => bell,
        Err(error) => {
            close(read);
            stream.close();
            let file = stream.file;
            // SAFETY: nobody has seen it, or nobody is there to look at it.
            unsafe { stream.free() };
            // SAFETY: the stream's reference.
            unsafe { fput(file) };
            return error;
        }
    };
    let hooked = stream.hook(bell);
    if !hooked {
        // The pump finds that nobody reads, and ends it.
        close(read);
    }
    mark(stream, bell);
    // From here on it is the pump's.
    stream.ready.store(true, Release);
    if hooked {
        0
    } else {
        -libc::ENOMEM
    }
}

/// Whether a stream was put on the list.
enum Admitted {
    Running(Bell),
    /// It is the first, and there is no thread yet.
    First(Bell),
    Error(c_int),
}

// ---- the thread -----------------------------------------------------------------------------------------------------

extern "C" fn thread(_: *mut c_void) -> *mut c_void {
    if !cfg!(miri) {
        // SAFETY: the name ends in NUL and is short enough.
        unsafe { libc::prctl(libc::PR_SET_NAME, c"fsn_pump".as_ptr()) };
    }
    current().flags.fetch_or(FSN_PF_KTHREAD, Relaxed);
    task::task_interrupt(current());
    let mut later = false;
    let (epoll, bell) = PUMP.with(|pump| {
        pump.task = ptr::from_ref(current());
        (pump.epoll, pump.bell)
    });
    let Some(bell) = bell else { return ptr::null_mut() };
    loop {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 16];
        let timeout = if later { LATER_MS } else { -1 };
        // SAFETY: room for so many events.
        let count = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), events.len() as c_int, timeout) };
        if count < 0 && last_error() != libc::EINTR {
            warn("fsn_file_descriptor", "the program has closed descriptors that are not its own");
            give_up();
            return ptr::null_mut();
        }
        rouse();
        let tried_again = core::mem::take(&mut later);
        for event in &events[..usize::try_from(count).unwrap_or(0)] {
            later |= match event.u64 {
                0 => {
                    bell.answer();
                    false
                }
                at => serve(ptr::with_exposed_provenance(at as usize)),
            };
        }
        later |= serve_marked();
        if tried_again {
            later |= serve_all();
        }
        if PUMP.with(|pump| pump.streams.is_null()) {
            // Those that ended while they were on the list.
            serve_marked();
        }
        if rest() {
            return ptr::null_mut();
        }
    }
}

/// The thread has something to do; it waits where a fork is under way.
fn rouse() {
    while PUMP.with(|pump| {
        pump.busy = !pump.hold;
        pump.hold
    }) {
        fork::pause();
    }
}

/// The thread has nothing to do. True: it has nobody to serve either, and ends.
fn rest() -> bool {
    PUMP.with(|pump| {
        pump.busy = false;
        let end = pump.streams.is_null();
        if end {
            pump.shut();
        }
        end
    })
}

fn serve_marked() -> bool {
    let mut later = false;
    let mut at = MARKED.swap(ptr::null_mut(), Acquire);
    // SAFETY: a stream stays while it is on the list.
    while let Some(stream) = unsafe { at.as_ref() } {
        at = stream.next_marked.load(Relaxed);
        // Before it is served: news that come meanwhile mark it again.
        stream.marked.store(false, Release);
        if stream.over.get() {
            // SAFETY: it was kept for this list.
            unsafe { stream.free() };
        } else {
            later |= serve(stream);
        }
    }
    later
}

/// All streams, after one of them has failed.
fn serve_all() -> bool {
    let mut later = false;
    let mut at = PUMP.with(|pump| pump.streams);
    // SAFETY: only this thread takes streams off the list.
    while let Some(stream) = unsafe { at.as_ref() } {
        at = stream.next.get();
        later |= serve(stream);
    }
    later
}

/// Serves a stream. True: it must be served again a little later.
fn serve(stream: *const Stream) -> bool {
    // SAFETY: only this thread ends streams, and each is served before the next event is looked at.
    let stream = unsafe { &*stream };
    match stream.serve() {
        Next::Wait => {}
        Next::Again => mark(stream, stream.bell()),
        Next::Later => return true,
        Next::End => end(stream),
    }
    false
}

fn end(stream: &Stream) {
    stream.unhook();
    let epoll = PUMP.with(|pump| {
        pump.unlink(stream);
        pump.epoll
    });
    let file = stream.file;
    let own = stream.owns_pipe();
    if own {
        // A process that is being made may have the pipe open, too: closing it is not enough.
        // SAFETY: no event is needed for this.
        unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, stream.write, ptr::null_mut()) };
    }
    stream.close();
    stream.over.set(true);
    if own && !stream.marked.load(Acquire) {
        // Otherwise the list of the marked ones has it, or the program closed the pipe and the epoll set may name it still:
        // such a stream stays.
        // SAFETY: unhooked and unlinked just now.
        unsafe { stream.free() };
    }
    // SAFETY: the stream's reference is passed on.
    let last = unsafe { &*file }.f_count.counter.load(Relaxed) == 1;
    if !last || !spawn::detached(release, file.cast()) {
        release(file.cast());
    }
}

/// Puts a file. Its end may wait, so something pending must not disturb it.
extern "C" fn release(file: *mut c_void) -> *mut c_void {
    let task = current();
    let pending = task.sigpending.swap(0, Relaxed);
    // SAFETY: whoever starts this passes a reference on.
    unsafe { fput(file.cast()) };
    task.sigpending.store(pending, Relaxed);
    ptr::null_mut()
}

/// The thread's own descriptors are gone: every stream ends.
fn give_up() {
    rouse();
    loop {
        let first = PUMP.with(Pump::give_up);
        // SAFETY: only this thread takes streams off the list.
        let Some(stream) = (unsafe { first.as_ref() }) else { break };
        while !stream.ready.load(Acquire) {
            // It is being made.
            fork::pause();
        }
        end(stream);
        serve_marked();
    }
}

// ---- fork -----------------------------------------------------------------------------------------------------------

/// Whether there is a thread.
pub(crate) fn present() -> bool {
    PUMP.with(|pump| pump.running)
}

/// Before a fork: lets the pump come to rest, unless it is the one that forks or may be waiting for who does.
pub(crate) fn before_fork() {
    let me = ptr::from_ref(current());
    let wait = PUMP.with(|pump| {
        pump.hold = true;
        pump.running && pump.task != me
    });
    if !wait || srcu::reading() {
        return;
    }
    for _ in 0..FORK_PATIENCE {
        if !PUMP.with(|pump| pump.busy) {
            break;
        }
        fork::pause();
    }
}

/// After a fork, in the parent.
pub(crate) fn after_fork_in_parent() {
    PUMP.with(|pump| pump.hold = false);
}

/// After a fork, in the child: no thread, and nobody to serve.
pub(crate) fn after_fork_in_child() {
    MAKING.init();
    MARKED.store(ptr::null_mut(), Relaxed);
    let mut at = PUMP.with(|pump| {
        pump.shut();
        (pump.hold, pump.busy) = (false, false);
        core::mem::replace(&mut pump.streams, ptr::null_mut())
    });
    // SAFETY: the list is the child's own copy.
    while let Some(stream) = unsafe { at.as_ref() } {
        at = stream.next.get();
        stream.close();
    }
}
