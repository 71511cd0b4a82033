// SPDX-License-Identifier: GPL-2.0-or-later
//! The text form of settings: numbers separated by tabs when read, by white space when written.

use core::ffi::{c_int, c_void};

use super::log;
use crate::abi::ctl_table;
use crate::capi::sysctl::{fsn_proc_dointvec, fsn_proc_dointvec_minmax, fsn_proc_doulongvec_minmax};

/// The longest number that is understood, in characters.
const LONGEST: usize = 20;
/// The longest text that one write takes.
const PAGE: usize = 4096;

/// Whether a row's handler is one of ours, which cannot do without a variable.
pub(super) fn needs_data(row: &ctl_table) -> bool {
    row.proc_handler.is_some_and(|handler| {
        let address = handler as *const ();
        [fsn_proc_dointvec as *const (), fsn_proc_dointvec_minmax as *const (), fsn_proc_doulongvec_minmax as *const ()]
            .contains(&address)
    })
}

/// A number with its sign.
#[derive(Clone, Copy)]
pub struct Number {
    /// Whether there is a minus.
    pub negative: bool,
    /// What follows it.
    pub magnitude: u64,
}

/// How the elements of a variable are read and written.
pub trait Element: Copy {
    /// As text.
    fn show(self) -> Number;
    /// From text; None where it does not fit.
    fn parse(number: Number) -> Option<Self>;
    /// Whether it is between the limits, each of which may be missing.
    fn within(self, least: Option<Self>, greatest: Option<Self>) -> bool;
}

impl Element for c_int {
    fn show(self) -> Number {
        Number { negative: self < 0, magnitude: self.unsigned_abs().into() }
    }
    fn parse(number: Number) -> Option<Self> {
        let value = i64::try_from(number.magnitude).ok()?;
        c_int::try_from(if number.negative { -value } else { value }).ok()
    }
    fn within(self, least: Option<Self>, greatest: Option<Self>) -> bool {
        least.is_none_or(|least| least <= self) && greatest.is_none_or(|greatest| self <= greatest)
    }
}

impl Element for u64 {
    fn show(self) -> Number {
        Number { negative: false, magnitude: self }
    }
    fn parse(number: Number) -> Option<Self> {
        (!number.negative).then_some(number.magnitude)
    }
    fn within(self, least: Option<Self>, greatest: Option<Self>) -> bool {
        least.is_none_or(|least| least <= self) && greatest.is_none_or(|greatest| self <= greatest)
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|&&byte| is_space(byte)).count()..]
}

/// The number that a text begins with, in the base that its prefix tells, and the rest. White space or the end follows it.
fn number(text: &[u8]) -> Result<(Number, &[u8]), c_int> {
    let bad = -libc::EINVAL;
    let (negative, digits) = match text {
        [b'-', rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (false, text),
    };
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return Err(bad);
    }
    let (base, prefix) = match digits {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => (16, 2),
        [b'0', ..] => (8, 0),
        _ => (10, 0),
    };
    let mut magnitude = 0u64;
    let mut used = prefix;
    while let Some(digit) = digits.get(used).and_then(|&byte| char::from(byte).to_digit(base)) {
        let longer = magnitude.checked_mul(base.into()).and_then(|m| m.checked_add(digit.into()));
        magnitude = longer.ok_or(bad)?;
        used += 1;
    }
    let rest = &digits[used..];
    let length = text.len() - rest.len();
    // NUL counts among the separators, as the end of a string of C.
    if length > LONGEST || rest.first().is_some_and(|&byte| !matches!(byte, b' ' | b'\t' | b'\n' | 0)) {
        return Err(bad);
    }
    Ok((Number { negative, magnitude }, rest))
}

/// Where text is written to; what does not fit is left out.
struct Sink<'a> {
    to: &'a mut [u8],
    used: usize,
}

impl Sink<'_> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.to.get_mut(self.used) {
            *place = byte;
            self.used += 1;
        }
    }

    fn number(&mut self, number: Number) {
        let mut digits = [0; LONGEST];
        let mut first = digits.len();
        let mut rest = number.magnitude;
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number.negative {
            self.push(b'-');
        }
        digits[first..].iter().for_each(|&digit| self.push(digit));
    }
}

/// A row's limit.
///
/// # Safety
/// NULL, or a value of the type.
unsafe fn limit<T: Copy>(limit: *const c_void) -> Option<T> {
    // SAFETY: the caller's promise; other threads may change it, so it is read once.
    (!limit.is_null()).then(|| unsafe { limit.cast::<T>().read_volatile() })
}

/// The variables of a row: the address of the first, and how many there are.
fn elements<T>(row: &ctl_table) -> (*mut T, usize) {
    (row.data.cast(), row.maxlen.max(0) as usize / size_of::<T>())
}

fn show<T: Element>(row: &ctl_table, to: &mut [u8]) -> usize {
    let (first, count) = elements::<T>(row);
    let mut sink = Sink { to, used: 0 };
    for at in 0..count {
        if at != 0 {
            sink.push(b'\t');
        }
        // SAFETY: the row's variable has that many elements.
        sink.number(unsafe { first.wrapping_add(at).read_volatile() }.show());
    }
    if count != 0 {
        sink.push(b'\n');
    }
    sink.used
}

/// Sets as many elements as there are numbers; those before a bad one stay set. The bytes that were used.
fn store<T: Element>(row: &ctl_table, text: &[u8], limits: (Option<T>, Option<T>)) -> Result<usize, c_int> {
    let text = &text[..text.len().min(PAGE - 1)];
    let (first, count) = elements::<T>(row);
    let mut rest = text;
    let mut set = 0;
    while set < count {
        rest = skip_spaces(rest);
        if rest.is_empty() {
            break;
        }
        let (number, behind) = number(rest)?;
        let value = T::parse(number).filter(|value| value.within(limits.0, limits.1)).ok_or(-libc::EINVAL)?;
        // SAFETY: the row's variable has that many elements.
        unsafe { first.wrapping_add(set).write_volatile(value) };
        rest = behind;
        set += 1;
    }
    if set == 0 {
        return Err(-libc::EINVAL);
    }
    Ok(text.len() - skip_spaces(rest).len())
}

/// A handler's work for elements of one type: a read that starts at the beginning gives everything, a later one nothing; a
/// write that does not start at the beginning is ignored with a warning.
///
/// # Safety
/// `row` has elements of the type and limits that are NULL or of the type (used with `bounded`); `buffer`, `length`
/// and `pos` are a handler's.
pub unsafe fn handle<T: Element>(
    row: *const ctl_table,
    bounded: bool,
    write: bool,
    buffer: *mut c_void,
    length: *mut usize,
    pos: *mut i64,
) -> c_int {
    // SAFETY: the caller's promise.
    let row = unsafe { &*row };
    // SAFETY: as above.
    let length = unsafe { &mut *length };
    // SAFETY: as above.
    let pos = unsafe { &mut *pos };
    if row.data.is_null() || row.maxlen == 0 || *length == 0 || (*pos != 0 && !write) {
        *length = 0;
        return 0;
    }
    if write && *pos != 0 {
        log::warn("sysctl", "ignored a write that does not start at the beginning of the text");
        *pos += *length as i64;
        return 0;
    }
    if write {
        // SAFETY: the caller's promise.
        let text = unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), *length) };
        // SAFETY: as above.
        let limit = |at| if bounded { unsafe { limit::<T>(at) } } else { None };
        let limits = (limit(row.extra1), limit(row.extra2));
        match store::<T>(row, text, limits) {
            Ok(used) => *length = used,
            Err(error) => return error,
        }
    } else {
        // SAFETY: as above.
        let to = unsafe { core::slice::from_raw_parts_mut(buffer.cast::<u8>(), *length) };
        *length = show::<T>(row, to);
    }
    *pos += *length as i64;
    0
}
