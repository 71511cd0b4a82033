// SPDX-License-Identifier: GPL-2.0-or-later
//! Who may write a file (`i_writecount`: above zero counts writers, below zero those who forbid them).

use crate::abi::*;
use core::ffi::c_int;
use core::sync::atomic::Ordering::{AcqRel, Relaxed};

/// One step up or down unless `refuse` says so of the value.
fn step(inode: &inode, by: c_int, refuse: fn(c_int) -> bool) -> Result<(), c_int> {
    let count = &inode.i_writecount.counter;
    let mut n = count.load(Relaxed);
    loop {
        if refuse(n) {
            return Err(-libc::ETXTBSY);
        }
        match count.compare_exchange_weak(n, n + by, AcqRel, Relaxed) {
            Ok(_) => return Ok(()),
            Err(now) => n = now,
        }
    }
}

/// One more writer; `-ETXTBSY` while somebody forbids it.
pub fn get_write_access(inode: &inode) -> Result<(), c_int> {
    step(inode, 1, |n| n < 0)
}

/// One writer less.
pub fn put_write_access(inode: &inode) {
    inode.i_writecount.counter.fetch_sub(1, AcqRel);
}

/// Forbids writers; `-ETXTBSY` while there are any.
pub fn deny_write_access(inode: &inode) -> Result<(), c_int> {
    step(inode, -1, |n| n > 0)
}

/// Ends [`deny_write_access`].
pub fn allow_write_access(inode: &inode) {
    inode.i_writecount.counter.fetch_add(1, AcqRel);
}
