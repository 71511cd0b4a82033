// SPDX-License-Identifier: GPL-2.0-or-later
//! Messages: their levels, and where they go.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicU32, AtomicU64};

/// The system is about to stop (`KERN_EMERG`).
pub const FSN_LOG_EMERG: c_int = 0;
/// Action is needed at once (`KERN_ALERT`).
pub const FSN_LOG_ALERT: c_int = 1;
/// Critical (`KERN_CRIT`).
pub const FSN_LOG_CRIT: c_int = 2;
/// An error (`KERN_ERR`).
pub const FSN_LOG_ERR: c_int = 3;
/// A warning: misuse, or something that should not happen (`KERN_WARNING`).
pub const FSN_LOG_WARNING: c_int = 4;
/// Normal but worth a note (`KERN_NOTICE`).
pub const FSN_LOG_NOTICE: c_int = 5;
/// Information (`KERN_INFO`).
pub const FSN_LOG_INFO: c_int = 6;
/// For debugging (`KERN_DEBUG`); standard error does not get these.
pub const FSN_LOG_DEBUG: c_int = 7;

/// Where messages go: `function` names the function that complains, `message` has no newline at its end. Both strings
/// are only valid during the call.
pub type fsn_log_fn =
    Option<unsafe extern "C" fn(arg: *mut c_void, level: c_int, function: *const c_char, message: *const c_char)>;

/// What a rate-limited message remembers; zero is a state that has said nothing yet.
#[repr(C)]
pub struct fsn_ratelimit_state {
    /// Start of the running interval in milliseconds of the monotonic clock, plus one; 0: none yet.
    pub begin: AtomicU64,
    /// Messages in this interval.
    pub said: AtomicU32,
    /// Messages kept back in this interval.
    pub missed: AtomicU32,
}
