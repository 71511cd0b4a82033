// SPDX-License-Identifier: GPL-2.0-or-later
//! Errors and warnings through one settable callback; standard error until a program sets one.
//!
//! Nothing here allocates, takes a lock or formats through `std`, so a message can be written from anywhere: with the
//! library's locks held, while memory is short, from a thread that is ending, from inside the callback itself. The
//! callback may be entered by several threads at once.

use super::errno;
use super::stats::{self, Counter};
use crate::abi::{fsn_log_fn, fsn_ratelimit_state, FSN_LOG_DEBUG, FSN_LOG_EMERG, FSN_LOG_WARNING};
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_void};
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Longest message, its NUL included; longer ones are cut.
pub(crate) const MESSAGE_MAX: usize = 512;
/// Longest function name, its NUL included.
const FUNCTION_MAX: usize = 96;

/// A callback with its argument. Immutable once published and never freed, so that a reader needs no lock and sees the
/// two together; a program that sets the same pair again gets the same sink.
struct Sink {
    func: fsn_log_fn,
    arg: *mut c_void,
    next: *mut Sink,
}

/// A few sinks that need no memory.
const STATIC_SINKS: usize = 4;

struct StaticSink {
    taken: AtomicBool,
    sink: UnsafeCell<Sink>,
}

// SAFETY: the sink is written only by the thread that changed `taken` from false to true, before it is published.
unsafe impl Sync for StaticSink {}

#[expect(clippy::declare_interior_mutable_const, reason = "only the initialiser of the array below")]
const FREE_SINK: StaticSink = StaticSink {
    taken: AtomicBool::new(false),
    sink: UnsafeCell::new(Sink { func: None, arg: core::ptr::null_mut(), next: core::ptr::null_mut() }),
};

static STATIC: [StaticSink; STATIC_SINKS] = [FREE_SINK; STATIC_SINKS];
/// Every sink ever set.
static SINKS: AtomicPtr<Sink> = AtomicPtr::new(core::ptr::null_mut());
/// The one in force; NULL is standard error.
static CURRENT: AtomicPtr<Sink> = AtomicPtr::new(core::ptr::null_mut());

/// A published sink.
fn sink(ptr: *mut Sink) -> Option<&'static Sink> {
    // SAFETY: a sink that was published is never written again and never freed.
    unsafe { ptr.as_ref() }
}

/// Room for a new sink: a static one, else from malloc; NULL without memory.
fn new_sink() -> *mut Sink {
    for slot in &STATIC {
        if !slot.taken.swap(true, Ordering::Relaxed) {
            return slot.sink.get();
        }
    }
    // SAFETY: malloc has no requirement.
    unsafe { libc::malloc(size_of::<Sink>()) }.cast()
}

/// Sends messages to `func(arg, ...)` from now on; `None` restores standard error. 0 or -ENOMEM (nothing changed).
/// A thread that is inside the old callback may still be there when this returns.
pub fn set(func: fsn_log_fn, arg: *mut c_void) -> c_int {
    let Some(wanted) = func else {
        CURRENT.store(core::ptr::null_mut(), Ordering::Release);
        return 0;
    };
    let first = SINKS.load(Ordering::Acquire);
    let mut at = first;
    while let Some(s) = sink(at) {
        if s.arg == arg && s.func.is_some_and(|f| f as usize == wanted as usize) {
            CURRENT.store(at, Ordering::Release);
            return 0;
        }
        at = s.next;
    }
    let new = new_sink();
    if new.is_null() {
        return -libc::ENOMEM;
    }
    let mut next = first;
    loop {
        // SAFETY: `new` has room for a sink and is not published yet.
        unsafe { new.write(Sink { func, arg, next }) };
        match SINKS.compare_exchange_weak(next, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => break,
            Err(now) => next = now,
        }
    }
    CURRENT.store(new, Ordering::Release);
    0
}

/// Text in a fixed buffer, always NUL-terminated, cut where it does not fit.
pub struct Text<const N: usize> {
    buf: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    /// An empty text.
    pub const fn new() -> Self {
        Text { buf: [0; N], len: 0 }
    }

    /// Appends bytes up to the first NUL.
    pub fn push(&mut self, bytes: &[u8]) {
        for &b in bytes {
            if b == 0 || self.len + 1 >= N {
                break;
            }
            self.buf[self.len] = b;
            self.len += 1;
        }
    }

    /// As a C string.
    pub fn as_ptr(&self) -> *const c_char {
        self.buf.as_ptr().cast()
    }

    /// Without the NUL.
    pub fn as_bytes(&self) -> &[u8] {
        &self.buf[..self.len]
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.push(s.as_bytes());
        Ok(())
    }
}

/// A warning of the library about `function`: misuse by a caller, or a state that should not be.
#[cold]
pub fn warn(function: &'static str, message: &'static str) {
    let mut text = Text::<MESSAGE_MAX>::new();
    text.push(message.as_bytes());
    emit(FSN_LOG_WARNING, function, &text);
}

/// A message of the host with arguments.
#[cold]
pub fn print(level: c_int, function: &str, message: fmt::Arguments<'_>) {
    let mut text = Text::<MESSAGE_MAX>::new();
    // Writing into a `Text` cannot fail; an argument's own failure would only cut the message.
    let _ = fmt::write(&mut text, message);
    emit(level, function, &text);
}

fn emit(level: c_int, function: &str, message: &Text<MESSAGE_MAX>) {
    let mut name = Text::<FUNCTION_MAX>::new();
    name.push(function.as_bytes());
    deliver(level, &name, message);
}

/// A message of C code. NULL strings count as empty; one newline at the end is taken off, for the kernel's messages
/// carry it.
///
/// # Safety
///
/// `function` and `message` are NULL or C strings.
pub unsafe fn log(level: c_int, function: *const c_char, message: *const c_char) {
    let mut name = Text::<FUNCTION_MAX>::new();
    // SAFETY: the caller passes NULL or a C string.
    name.push(unsafe { c_bytes(&function) });
    let mut text = Text::<MESSAGE_MAX>::new();
    // SAFETY: as above.
    let bytes = unsafe { c_bytes(&message) };
    text.push(bytes.strip_suffix(b"\n").unwrap_or(bytes));
    deliver(level, &name, &text);
}

/// The bytes of a C string, none for NULL.
///
/// # Safety
///
/// `*s` is NULL or a C string that outlives the borrow.
unsafe fn c_bytes(s: &*const c_char) -> &[u8] {
    if s.is_null() {
        return &[];
    }
    // SAFETY: not NULL, so a C string by the caller's promise.
    unsafe { core::ffi::CStr::from_ptr(*s) }.to_bytes()
}

fn deliver(level: c_int, function: &Text<FUNCTION_MAX>, message: &Text<MESSAGE_MAX>) {
    if level <= FSN_LOG_WARNING {
        stats::add(Counter::Warnings, 1);
    }
    let current = sink(CURRENT.load(Ordering::Acquire));
    match current.and_then(|s| s.func.map(|f| (f, s.arg))) {
        Some((func, arg)) => {
            // SAFETY: the program gave this function for this use, with this argument; the strings live on this stack.
            unsafe { func(arg, level, function.as_ptr(), message.as_ptr()) };
        }
        None if level < FSN_LOG_DEBUG => write_stderr(level, function, message),
        None => {}
    }
}

/// One line in one `write`, so that lines of several threads do not mix. errno stays as it was.
fn write_stderr(level: c_int, function: &Text<FUNCTION_MAX>, message: &Text<MESSAGE_MAX>) {
    const NAMES: [&str; 8] = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];
    let mut line = Text::<{ MESSAGE_MAX + FUNCTION_MAX + 32 }>::new();
    line.push(b"libfsnotify: ");
    line.push(NAMES[level.clamp(FSN_LOG_EMERG, FSN_LOG_DEBUG) as usize].as_bytes());
    line.push(b": ");
    if !function.as_bytes().is_empty() {
        line.push(function.as_bytes());
        line.push(b": ");
    }
    line.push(message.as_bytes());
    line.push(b"\n");
    let before = errno::get();
    let bytes = line.as_bytes();
    // SAFETY: the buffer is `len` bytes long. A failure has nowhere to be reported.
    unsafe { libc::write(libc::STDERR_FILENO, bytes.as_ptr().cast(), bytes.len()) };
    errno::set(before);
}

/// Length of an interval, the kernel's default.
const INTERVAL_MS: u64 = 5000;
/// Messages an interval, the kernel's default.
const BURST: u32 = 10;

/// Whether one more message may be written: ten in five seconds, as `printk_ratelimit()` has it. Racing threads may let
/// a message more or less through.
pub fn ratelimit(state: &fsn_ratelimit_state, function: &str) -> bool {
    let now = monotonic_ms() + 1;
    let begin = state.begin.load(Ordering::Relaxed);
    if begin == 0 || now.wrapping_sub(begin) > INTERVAL_MS {
        state.begin.store(now, Ordering::Relaxed);
        state.said.store(0, Ordering::Relaxed);
        let missed = state.missed.swap(0, Ordering::Relaxed);
        if missed != 0 {
            print(FSN_LOG_WARNING, function, format_args!("{missed} messages suppressed"));
        }
    }
    if state.said.fetch_add(1, Ordering::Relaxed) < BURST {
        return true;
    }
    state.missed.fetch_add(1, Ordering::Relaxed);
    false
}

fn monotonic_ms() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is writable. The coarse clock always exists on Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &mut ts) };
    ts.tv_sec as u64 * 1000 + ts.tv_nsec as u64 / 1_000_000
}

/// The end: writes the message and aborts (`BUG()`, `panic()`).
#[cold]
pub fn bug(function: &str, message: &str) -> ! {
    print(FSN_LOG_EMERG, function, format_args!("{message}"));
    // SAFETY: abort has no requirement.
    unsafe { libc::abort() }
}
