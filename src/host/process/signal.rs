// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals on behalf of a file, as `send_sigio()` sends them: the owner's signal with `si_code`, `si_fd` and `si_band`, or
//! plain SIGIO.
//!
//! A program may choose a `si_code` of the kernel's only in signals to the calling thread itself. The ways, best first:
//!
//! | receiver | way | what arrives |
//! |---|---|---|
//! | the calling thread, or the process that its number names | queued to oneself | exactly the kernel's signal |
//! | anybody else, for a registration | the system sends it ([`Doorbell`]) | exactly the kernel's signal |
//! | this process, without a doorbell | queued to oneself | as the kernel's, but the calling thread comes first among those that could take it, not the process's first thread |
//! | another thread or process, without a doorbell | queued with `SI_SIGIO` | `si_fd` and `si_band` are right, `si_code` is `SI_SIGIO` |
//! | a thread of another process, a process group, without a doorbell | kill | the signal without details |
//!
//! Plain SIGIO has `SI_KERNEL` in the first three rows and `SI_USER` in the others.

use super::doorbell::Doorbell;
use super::errno;
use super::stats::{self, Counter};
use crate::abi::pid_type;
use core::ffi::{c_int, c_long};
use core::ptr;

/// Data can be read (`POLL_IN`).
const POLL_IN: c_int = 1;
/// The `si_code` that says: this is about a file, whatever the signal's own codes mean.
const SI_SIGIO: c_int = -5;
/// Sent by the kernel.
const SI_KERNEL: c_int = 0x80;
/// The poll events of `POLL_IN` to `POLL_HUP`, as `si_band` has them.
const BANDS: [c_long; 6] = [0x041, 0x304, 0x441, 0x008, 0x082, 0x018];

/// Whom to signal, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// A thread, process or process group.
    pub(super) nr: c_int,
    /// Which of them.
    pub(super) kind: pid_type,
    /// The signal of `F_SETSIG` or 0.
    pub(super) signum: c_int,
}

/// What the signal is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    /// The descriptor's number.
    pub(super) fd: c_int,
    /// `POLL_*`.
    pub(super) band: c_int,
}

/// The kernel's `siginfo` of a poll signal.
#[repr(C)]
#[derive(Clone, Copy)]
struct SigInfo {
    signo: c_int,
    errno: c_int,
    code: c_int,
    #[cfg(target_pointer_width = "64")]
    pad: c_int,
    band: c_long,
    fd: c_int,
    rest: [c_int; 25],
}
const _: () = assert!(size_of::<SigInfo>() >= size_of::<libc::siginfo_t>());

fn info(signo: c_int, code: c_int, band: c_long, fd: c_int) -> SigInfo {
    SigInfo {
        signo,
        errno: 0,
        code,
        #[cfg(target_pointer_width = "64")]
        pad: 0,
        band,
        fd,
        rest: [0; 25],
    }
}

/// SIGIO without details, as the kernel sends it.
fn plain() -> SigInfo {
    info(libc::SIGIO, SI_KERNEL, 0, 0)
}

/// The signal with its details. Signals that have `si_code`s of their own get `SI_SIGIO`.
fn detailed(signum: c_int, reason: Reason, code: c_int) -> SigInfo {
    let ambiguous =
        [libc::SIGILL, libc::SIGFPE, libc::SIGSEGV, libc::SIGBUS, libc::SIGTRAP, libc::SIGCHLD, libc::SIGSYS];
    let code = if ambiguous.contains(&signum) { SI_SIGIO } else { code };
    let band = usize::try_from(reason.band - POLL_IN).ok().and_then(|n| BANDS.get(n)).copied().unwrap_or(-1);
    info(signum, code, band, reason.fd)
}

fn gettid() -> c_int {
    // SAFETY: gettid has no requirement.
    unsafe { libc::syscall(libc::SYS_gettid) as c_int }
}

fn getpid() -> c_int {
    // SAFETY: getpid has no requirement.
    unsafe { libc::getpid() }
}

/// Queues a signal for the process to which the thread `tid` belongs.
fn queue_process(tid: c_int, si: &SigInfo) -> bool {
    // SAFETY: `si` is a complete siginfo.
    unsafe { libc::syscall(libc::SYS_rt_sigqueueinfo, tid, si.signo, ptr::from_ref(si)) == 0 }
}

/// Queues a signal for a thread of this process.
fn queue_thread(tid: c_int, si: &SigInfo) -> bool {
    // SAFETY: `si` is a complete siginfo.
    unsafe { libc::syscall(libc::SYS_rt_tgsigqueueinfo, getpid(), tid, si.signo, ptr::from_ref(si)) == 0 }
}

/// Whether `tid` is a thread of this process.
fn is_ours(tid: c_int) -> bool {
    // SAFETY: signal 0 only asks whether the thread exists.
    unsafe { libc::syscall(libc::SYS_tgkill, getpid(), tid, 0) == 0 }
}

/// Sends the file's signal to its owner. errno stays as it was.
pub(super) fn send(target: Target, reason: Reason, bell: Option<&Doorbell>) {
    stats::add(Counter::Signals, 1);
    let before = errno::get();
    let me = gettid();
    let to_myself = target.nr == me && target.kind != pid_type::PIDTYPE_PGID;
    if to_myself {
        with_fallback(target, reason, |si| queue_own(target, me, si));
    } else if !(reason.band == POLL_IN && bell.is_some_and(|b| b.ring(target, reason.fd))) {
        without_doorbell(target, reason, me);
    }
    errno::set(before);
}

/// The file's signal, or plain SIGIO if there is no other or the queue is full.
fn with_fallback(target: Target, reason: Reason, queue: impl Fn(&SigInfo) -> bool) {
    if target.signum == 0 || !queue(&detailed(target.signum, reason, reason.band)) {
        // What then fails, fails in the kernel too.
        queue(&plain());
    }
}

fn queue_own(target: Target, me: c_int, si: &SigInfo) -> bool {
    if target.kind == pid_type::PIDTYPE_PID {
        queue_thread(me, si)
    } else {
        queue_process(me, si)
    }
}

fn without_doorbell(target: Target, reason: Reason, me: c_int) {
    let ours = target.kind != pid_type::PIDTYPE_PGID && is_ours(target.nr);
    match target.kind {
        pid_type::PIDTYPE_TGID if ours => with_fallback(target, reason, |si| queue_process(me, si)),
        pid_type::PIDTYPE_PID if ours => elsewhere(target, reason, |si| queue_thread(target.nr, si)),
        pid_type::PIDTYPE_TGID => elsewhere(target, reason, |si| queue_process(target.nr, si)),
        _ => elsewhere(target, reason, |_| false),
    }
}

/// To whom a `si_code` of the kernel's may not be sent.
fn elsewhere(target: Target, reason: Reason, queue: impl Fn(&SigInfo) -> bool) {
    let sent = target.signum != 0 && queue(&detailed(target.signum, reason, SI_SIGIO));
    if sent {
        return;
    }
    let details = matches!(target.kind, pid_type::PIDTYPE_PGID | pid_type::PIDTYPE_PID) && target.signum != 0;
    // A full queue means plain SIGIO, as in the kernel; where details were never possible the chosen signal comes first.
    if !details || !kill(target, target.signum) {
        kill(target, libc::SIGIO);
    }
}

fn kill(target: Target, sig: c_int) -> bool {
    match target.kind {
        // SAFETY: tkill checks its arguments.
        pid_type::PIDTYPE_PID => unsafe { libc::syscall(libc::SYS_tkill, target.nr, sig) == 0 },
        // SAFETY: kill checks its arguments.
        pid_type::PIDTYPE_PGID => unsafe { libc::kill(-target.nr, sig) == 0 },
        // SAFETY: kill checks its arguments.
        _ => unsafe { libc::kill(target.nr, sig) == 0 },
    }
}
