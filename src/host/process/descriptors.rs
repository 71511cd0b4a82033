// SPDX-License-Identifier: GPL-2.0-or-later
//! Registers a pipe for SIGIO under a descriptor number of one's choice, without touching that number in the program.
//!
//! The system remembers the number under which `O_ASYNC` was set, so a short-lived thread sets it in a descriptor table
//! of its own, where every number is free to use. Ways to such a table:
//!
//! * an empty one (`close_range` with `CLOSE_RANGE_UNSHARE` over everything), into which the pipe is fetched by a pidfd.
//!   Cheap, and holds none of the program's files open;
//! * a copy (`close_range` over nothing, or `unshare`), where seccomp filters or older systems refuse the other.
//!
//! An emulated `close_range` that ignores the flag would close the program's own descriptors. So it is used only after
//! a harmless call has been seen to work; otherwise `unshare`, which has no such half-way meaning, is used alone.

use core::ffi::{c_int, c_long, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use super::log::Text;

/// How far tests have taken the means away (`fsn_fasync_without()`).
static WITHOUT: AtomicU32 = AtomicU32::new(0);
/// Doorbells are not used.
pub const WITHOUT_DOORBELL: u32 = 1;
/// The helper thread does not start from an empty table of descriptors.
pub const WITHOUT_EMPTY_TABLE: u32 = 2;
/// The helper thread does not use `close_range`.
pub const WITHOUT_CLOSE_RANGE: u32 = 4;

/// For tests: does without some means of the system, so that the fallbacks are used. Returns what was set before.
pub fn without(what: u32) -> u32 {
    WITHOUT.swap(what, Ordering::Relaxed)
}

pub(super) fn is_without(what: u32) -> bool {
    WITHOUT.load(Ordering::Relaxed) & what != 0
}

/// Which file a descriptor shows, to find out whether the program closed ours and the number now means another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    dev: libc::dev_t,
    ino: libc::ino_t,
}

impl Identity {
    /// That of an open descriptor.
    pub(crate) fn of(fd: c_int) -> Option<Identity> {
        let mut st = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: room for the result.
        if unsafe { libc::fstat(fd, st.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: filled in by the call that succeeded.
        Some(Identity::from(unsafe { st.assume_init() }))
    }

    /// That of what a path leads to.
    fn at(path: &Text<PATH_MAX>) -> Option<Identity> {
        let mut st = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: a C string and room for the result.
        if unsafe { libc::stat(path.as_ptr(), st.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: filled in by the call that succeeded.
        Some(Identity::from(unsafe { st.assume_init() }))
    }

    fn from(st: libc::stat) -> Identity {
        Identity { dev: st.st_dev, ino: st.st_ino }
    }
}

/// Room for a path into /proc.
const PATH_MAX: usize = 32;

/// What the helper thread is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Find out whether `close_range` really gives a table of its own.
    Probe,
    /// Register, from an empty table.
    FromEmpty,
    /// Register, from a copy of the program's table.
    FromCopy,
}

/// What the helper thread is given, and whether it did it.
struct Job {
    task: Task,
    /// The pipe's reading end, in the program's table.
    read: c_int,
    number: c_int,
    done: bool,
}

const UNKNOWN: u32 = 0;
const REAL: u32 = 1;
const UNUSABLE: u32 = 2;
/// Whether `close_range` gives a thread its own table here.
static CLOSE_RANGE: AtomicU32 = AtomicU32::new(UNKNOWN);

fn close_range_is_real(read: c_int) -> bool {
    if CLOSE_RANGE.load(Ordering::Relaxed) == UNKNOWN {
        let found = if run(Task::Probe, read, -1) { REAL } else { UNUSABLE };
        CLOSE_RANGE.store(found, Ordering::Relaxed);
    }
    CLOSE_RANGE.load(Ordering::Relaxed) == REAL && !is_without(WITHOUT_CLOSE_RANGE)
}

/// Registers the pipe for SIGIO under `number`.
pub(super) fn register(read: c_int, number: c_int) -> bool {
    let empty = close_range_is_real(read) && !is_without(WITHOUT_EMPTY_TABLE);
    (empty && run(Task::FromEmpty, read, number)) || run(Task::FromCopy, read, number)
}

/// Runs the helper thread to its end. All signals are blocked in it: it must not take one of the program's.
fn run(task: Task, read: c_int, number: c_int) -> bool {
    let mut job = Job { task, read, number, done: false };
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
    job.done = match job.task {
        Task::Probe => probe(job.read),
        Task::FromEmpty => close_range(0) && fetch(job.read).is_some_and(|read| register_here(read, job.number)),
        Task::FromCopy => copy(job.read) && register_here(job.read, job.number),
    };
    ptr::null_mut()
}

/// Gives the calling thread a copy of the program's table.
fn copy(read: c_int) -> bool {
    if close_range_is_real(read) {
        return close_range(c_uint::MAX);
    }
    // SAFETY: only this thread's table changes.
    unsafe { libc::unshare(libc::CLONE_FILES) == 0 }
}

/// Makes a descriptor in what should be the thread's own table and looks whether the program has it too.
fn probe(read: c_int) -> bool {
    if !close_range(c_uint::MAX) {
        return false;
    }
    // SAFETY: the command takes an int.
    let mine = unsafe { libc::fcntl(read, libc::F_DUPFD_CLOEXEC, 0) };
    if mine < 0 {
        return false;
    }
    let pipe = Identity::of(mine);
    // /proc/self is the process's first thread, not this one.
    let first = Identity::at(&proc_path(read));
    let theirs = Identity::at(&proc_path(mine));
    // SAFETY: opened above; if the table is the program's after all, it has to go again.
    unsafe { libc::close(mine) };
    // The first comparison tells that /proc is there to be asked.
    pipe.is_some() && first == pipe && theirs != pipe
}

fn proc_path(fd: c_int) -> Text<PATH_MAX> {
    let mut path = Text::new();
    // A number always fits.
    let _ = core::fmt::Write::write_fmt(&mut path, format_args!("/proc/self/fd/{fd}"));
    path
}

const CLOSE_RANGE_UNSHARE: c_uint = 2;

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
