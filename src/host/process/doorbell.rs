// SPDX-License-Identifier: GPL-2.0-or-later
//! Has the system send the signals of a registration.
//!
//! A doorbell is a pipe (two descriptors, nonblocking, close-on-exec) whose reading end has the file's owner and signal
//! and is registered for SIGIO in the system: a byte written to it makes the system send the signal, from whichever
//! thread, with `POLL_IN`. The number that the system names in `si_fd` is the one under which the pipe was registered,
//! so that is done by a short-lived thread with a descriptor table of its own, in which the number is free to use; no
//! descriptor of the program is touched.
//!
//! The pipe is made at the first ring, and owner, signal and number are brought up to date at the next one. A child
//! process makes a pipe of its own, for the inherited one is shared with its parent. Where the system refuses any of it
//! [`Doorbell::ring`] says so and the caller sends the signal as well as it can.

use super::signal::Target;
use super::{errno, fork};
use crate::abi::{mutex, pid_type};
use core::cell::Cell;
use core::ffi::{c_int, c_long, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

/// How far tests have taken the means away (`fsn_fasync_without()`).
static WITHOUT: AtomicU32 = AtomicU32::new(0);
/// Doorbells are not used.
pub const WITHOUT_DOORBELL: u32 = 1;
/// The helper thread does not start from an empty table of descriptors.
pub const WITHOUT_EMPTY_TABLE: u32 = 2;

/// For tests: does without some means of the system, so that the fallbacks are used. Returns what was set before.
pub fn without(what: u32) -> u32 {
    WITHOUT.swap(what, Ordering::Relaxed)
}

fn is_without(what: u32) -> bool {
    WITHOUT.load(Ordering::Relaxed) & what != 0
}

/// Which file a descriptor shows, to find out whether the program closed ours and the number now means another.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    dev: libc::dev_t,
    ino: libc::ino_t,
}

#[derive(Clone, Copy)]
struct Pipe {
    read: c_int,
    write: c_int,
    identity: Identity,
    /// The process that made it, as a fork generation.
    generation: u32,
    /// The number that it is registered under.
    number: Option<c_int>,
    /// Kind and number of the owner that it has.
    owner: Option<(pid_type, c_int)>,
    /// The signal that it has.
    signum: c_int,
}

/// The doorbell of one registration.
pub(super) struct Doorbell {
    lock: mutex,
    /// \[lock\]
    pipe: Cell<Option<Pipe>>,
}

// SAFETY: `pipe` is used with the lock held, or by the doorbell's only user.
unsafe impl Sync for Doorbell {}

impl Doorbell {
    /// One without a pipe.
    pub(super) const fn new() -> Self {
        Doorbell { lock: mutex::new(), pipe: Cell::new(None) }
    }

    /// Has the system signal `target` about the descriptor `number`. False if it cannot. True too if the owner has ended:
    /// then there is nobody to signal.
    pub(super) fn ring(&self, target: Target, number: c_int) -> bool {
        if number < 0 || is_without(WITHOUT_DOORBELL) {
            return false;
        }
        self.lock.lock();
        let ready = self.prepare(target, number);
        // SAFETY: taken above.
        unsafe { self.lock.unlock() };
        // Outside the lock: a handler of the program's may run in this thread at the next line. The descriptors stay,
        // for whoever rings has a claim on the registration.
        match ready {
            Ready::Ring(pipe) => push_and_pull(&pipe),
            Ready::Nobody => true,
            Ready::Not => false,
        }
    }

    fn prepare(&self, target: Target, number: c_int) -> Ready {
        let known = self.pipe.get().filter(Pipe::is_usable);
        let Some(mut pipe) = known.or_else(|| self.replace()) else {
            return Ready::Not;
        };
        let ready = pipe.bring_up_to_date(target, number);
        self.pipe.set(Some(pipe));
        ready
    }

    /// Makes a new pipe; whatever descriptors of the old one are still ours are closed.
    #[cold]
    fn replace(&self) -> Option<Pipe> {
        self.close();
        Pipe::new()
    }

    /// Closes the pipe.
    pub(super) fn close(&self) {
        if let Some(old) = self.pipe.take() {
            old.close();
        }
    }
}

enum Ready {
    Ring(Pipe),
    Nobody,
    Not,
}

/// One byte in, one byte out. Between the two the system sends the signal.
fn push_and_pull(pipe: &Pipe) -> bool {
    let mut byte = 0u8;
    // SAFETY: one readable byte.
    let pushed = unsafe { libc::write(pipe.write, ptr::from_ref(&byte).cast(), 1) };
    // SAFETY: one writable byte. With several threads at it each takes one byte, whoever's it is.
    unsafe { libc::read(pipe.read, ptr::from_mut(&mut byte).cast(), 1) };
    pushed == 1
}

impl Pipe {
    fn new() -> Option<Pipe> {
        let mut ends = [-1; 2];
        // SAFETY: room for two descriptors.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
            return None;
        }
        let [read, write] = ends;
        let Some(identity) = identity(read) else {
            close(read);
            close(write);
            return None;
        };
        let generation = fork::generation();
        Some(Pipe { read, write, identity, generation, number: None, owner: None, signum: 0 })
    }

    /// Made by this process, and both descriptors still are what they were.
    fn is_usable(&self) -> bool {
        self.generation == fork::generation() && self.owns(self.read) && self.owns(self.write)
    }

    fn owns(&self, fd: c_int) -> bool {
        identity(fd) == Some(self.identity)
    }

    fn close(&self) {
        for fd in [self.read, self.write] {
            if self.owns(fd) {
                close(fd);
            }
        }
    }

    fn bring_up_to_date(&mut self, target: Target, number: c_int) -> Ready {
        if self.number != Some(number) {
            self.number = None;
            if !register(self.read, number) {
                return Ready::Not;
            }
            self.number = Some(number);
        }
        if self.signum != target.signum {
            // SAFETY: the command takes an int.
            if unsafe { libc::fcntl(self.read, F_SETSIG, target.signum) } != 0 {
                return Ready::Not;
            }
            self.signum = target.signum;
        }
        let owner = (target.kind, target.nr);
        if self.owner == Some(owner) {
            return Ready::Ring(*self);
        }
        self.owner = None;
        match set_owner(self.read, target) {
            0 => {
                self.owner = Some(owner);
                Ready::Ring(*self)
            }
            libc::ESRCH => Ready::Nobody,
            _ => Ready::Not,
        }
    }
}

const F_SETSIG: c_int = 10;
const F_SETOWN_EX: c_int = 15;

/// The kernel's `struct f_owner_ex`.
#[repr(C)]
struct OwnerEx {
    kind: c_int,
    pid: c_int,
}

/// Makes `target` the owner of a descriptor: 0 or the error.
fn set_owner(fd: c_int, target: Target) -> c_int {
    let kind = match target.kind {
        pid_type::PIDTYPE_PID => 0,
        pid_type::PIDTYPE_TGID => 1,
        pid_type::PIDTYPE_PGID => 2,
        _ => return libc::EINVAL,
    };
    let owner = OwnerEx { kind, pid: target.nr };
    // SAFETY: the command takes a pointer to such a struct.
    if unsafe { libc::fcntl(fd, F_SETOWN_EX, ptr::from_ref(&owner)) } == 0 {
        return 0;
    }
    errno::get()
}

fn close(fd: c_int) {
    // SAFETY: a descriptor that this module opened and that was just found to be ours still.
    unsafe { libc::close(fd) };
}

fn identity(fd: c_int) -> Option<Identity> {
    let mut st = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: room for the result.
    if unsafe { libc::fstat(fd, st.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: filled in by the call that succeeded.
    let st = unsafe { st.assume_init() };
    Some(Identity { dev: st.st_dev, ino: st.st_ino })
}

/// What the helper thread is to do, and whether it did.
struct Job {
    /// The pipe's reading end, in the program's table.
    read: c_int,
    number: c_int,
    /// Start from an empty table rather than from a copy of the program's.
    empty: bool,
    done: bool,
}

/// Registers the pipe for SIGIO under `number`.
fn register(read: c_int, number: c_int) -> bool {
    // An empty table holds none of the program's files open and costs nothing to make, but takes newer calls.
    (!is_without(WITHOUT_EMPTY_TABLE) && run(read, number, true)) || run(read, number, false)
}

/// Runs the helper thread to its end. All signals are blocked in it: it must not take one of the program's.
fn run(read: c_int, number: c_int, empty: bool) -> bool {
    let mut job = Job { read, number, empty, done: false };
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `all` is writable.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: `all` is initialised, `old` is writable.
    if unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr()) } != 0 {
        return false;
    }
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let arg: *mut c_void = ptr::from_mut(&mut job).cast();
    // SAFETY: `job` outlives the thread, which is joined below.
    let started = unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), helper, arg) } == 0;
    // SAFETY: filled in above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, old.as_ptr(), ptr::null_mut()) };
    if !started {
        return false;
    }
    // SAFETY: filled in by the call that succeeded.
    let thread = unsafe { thread.assume_init() };
    // SAFETY: started above, joined once. The kernel reports a thread's end before it closes the thread's files, so
    // this does not wait for the closing.
    unsafe { libc::pthread_join(thread, ptr::null_mut()) };
    job.done
}

extern "C" fn helper(job: *mut c_void) -> *mut c_void {
    // SAFETY: `run` gives its job to this thread until it is joined.
    let job = unsafe { &mut *job.cast::<Job>() };
    job.done = own_table(job).is_some_and(|read| register_here(read, job.number));
    ptr::null_mut()
}

const CLOSE_RANGE_UNSHARE: c_uint = 2;

/// Gives the calling thread a descriptor table of its own; the pipe's number in it.
fn own_table(job: &Job) -> Option<c_int> {
    if job.empty {
        return close_range(0).then(|| fetch(job.read)).flatten();
    }
    // SAFETY: only this thread's table changes.
    (close_range(c_uint::MAX) || unsafe { libc::unshare(libc::CLONE_FILES) } == 0).then_some(job.read)
}

/// A table of the thread's own without the descriptors from `first` on.
fn close_range(first: c_uint) -> bool {
    // SAFETY: with this flag only a table that is the thread's own afterwards changes.
    unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, CLOSE_RANGE_UNSHARE) == 0 }
}

/// Fetches a descriptor of the program's table, which the process's first thread still has.
fn fetch(fd: c_int) -> Option<c_int> {
    // SAFETY: getpid has no requirement.
    let me = unsafe { libc::getpid() };
    // SAFETY: pidfd_open checks its arguments.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, me, 0) };
    if process < 0 {
        return None;
    }
    // SAFETY: pidfd_getfd checks its arguments.
    let found: c_long = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process, fd, 0) };
    c_int::try_from(found).ok().filter(|&fd| fd >= 0)
}

/// Registers the file `read` for SIGIO under `number`, in the calling thread's own table.
fn register_here(read: c_int, number: c_int) -> bool {
    // SAFETY: the table is this thread's own; what `number` was in it, nobody else uses.
    if read != number && unsafe { libc::dup2(read, number) } < 0 {
        return false;
    }
    // Off first: a file that is registered keeps the number that it was registered under.
    // SAFETY: the command takes an int.
    let off = unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_NONBLOCK) } == 0;
    // SAFETY: as above.
    off && unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_NONBLOCK | libc::O_ASYNC) } == 0
}
