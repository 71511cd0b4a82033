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

use super::descriptors::{self, register, Identity};
use super::signal::Target;
use super::{errno, fork};
use crate::abi::{mutex, pid_type};
use core::cell::Cell;
use core::ffi::c_int;
use core::ptr;

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
        if number < 0 || descriptors::is_without(descriptors::WITHOUT_DOORBELL) {
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
        let Some(identity) = Identity::of(read) else {
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
        Identity::of(fd) == Some(self.identity)
    }

    fn close(&self) {
        if self.generation == fork::generation() && self.owns(self.read) {
            // Otherwise the end of the writing side would be a last signal, if the helper thread's table, which goes a
            // moment after the thread, still shows the reading side. A child leaves this alone: it is the parent's too.
            // SAFETY: the command takes an int.
            unsafe { libc::fcntl(self.read, libc::F_SETFL, libc::O_NONBLOCK) };
        }
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
